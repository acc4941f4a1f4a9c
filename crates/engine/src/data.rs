//! Data of modules that is not a number: samples and patterns, shared and immutable.

use crate::wavetable::Wavetable;
use patchlight_core::{DrawnCurve, Formula, KeyMap, Scale, Steps};
use std::sync::Arc;

/// A decoded audio file.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub sample_rate_hz: f32,
    /// One or two channels of equal length.
    pub channels: Vec<Vec<f32>>,
}

impl Sample {
    /// Frames of a channel.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }
}

/// One field of a module's data, as units receive it.
#[derive(Clone, Debug, Default)]
pub enum Data {
    /// Nothing chosen, or what was chosen could not be loaded.
    #[default]
    None,
    Steps(Arc<Steps>),
    Sample(Arc<Sample>),
    Formula(Arc<Formula>),
    Curve(Arc<DrawnCurve>),
    Wavetable(Arc<Wavetable>),
    Scale(Arc<Scale>),
    KeyMap(Arc<KeyMap>),
}

impl Data {
    #[must_use]
    pub fn formula(&self) -> Option<&Arc<Formula>> {
        if let Self::Formula(formula) = self { Some(formula) } else { None }
    }

    #[must_use]
    pub fn curve(&self) -> Option<&Arc<DrawnCurve>> {
        if let Self::Curve(curve) = self { Some(curve) } else { None }
    }

    #[must_use]
    pub fn steps(&self) -> Option<&Arc<Steps>> {
        if let Self::Steps(steps) = self { Some(steps) } else { None }
    }

    #[must_use]
    pub fn sample(&self) -> Option<&Arc<Sample>> {
        if let Self::Sample(sample) = self { Some(sample) } else { None }
    }

    #[must_use]
    pub fn wavetable(&self) -> Option<&Arc<Wavetable>> {
        if let Self::Wavetable(table) = self { Some(table) } else { None }
    }

    #[must_use]
    pub fn scale(&self) -> Option<&Arc<Scale>> {
        if let Self::Scale(scale) = self { Some(scale) } else { None }
    }

    #[must_use]
    pub fn key_map(&self) -> Option<&Arc<KeyMap>> {
        if let Self::KeyMap(map) = self { Some(map) } else { None }
    }
}
