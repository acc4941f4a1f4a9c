//! From the text of a data field to what a unit is given.

use crate::factory_wavetable;
use patchlight_core::DataKind;
use patchlight_engine::Data;
use std::sync::Arc;

/// The data that a text stands for, as far as no file is needed. Nothing for text that cannot be read, for files, and for an empty scale or
/// keyboard map, which is none.
#[must_use]
pub fn data_of(kind: DataKind, text: &str) -> Option<Data> {
    match kind {
        DataKind::Steps => text.parse().ok().map(|steps| Data::Steps(Arc::new(steps))),
        DataKind::Formula => text.parse().ok().map(|formula| Data::Formula(Arc::new(formula))),
        DataKind::Curve => text.parse().ok().map(|curve| Data::Curve(Arc::new(curve))),
        DataKind::Scale => text.parse().ok().map(|scale| Data::Scale(Arc::new(scale))),
        DataKind::KeyMap => text.parse().ok().map(|map| Data::KeyMap(Arc::new(map))),
        DataKind::Wavetable => factory_wavetable(text).map(Data::Wavetable),
        DataKind::Sample => None,
    }
}
