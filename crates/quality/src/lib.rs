//! How good the modules sound: measurements of rendered samples against formulas, each with its bar.
//!
//! A measurement is a function of a [`Subject`], whatever module that is; `tests/bad.rs` gives each one a module that is bad on purpose, and it must
//! miss its bar there. [`all`] measures the library; the program of this crate prints the table that is kept as `docs/quality.md`.

pub mod dynamics;
pub mod filters;
pub mod oscillators;
pub mod reverbs;
pub mod samples;
pub mod shapers;
pub mod times;

use patchlight_core::ModuleSpec;
use patchlight_engine::{Build, Data, Rendered, Solo, SoloConfig};
use patchlight_modules::data_of;
use std::fmt;

/// What is measured: a module, and how it is set.
#[derive(Clone, Debug)]
pub struct Subject {
    pub spec: &'static ModuleSpec,
    pub build: Build,
    pub params: Vec<(&'static str, f32)>,
    pub data: Vec<Data>,
}

impl Subject {
    /// A module of the library.
    ///
    /// # Panics
    /// When there is none of this kind.
    #[must_use]
    pub fn of(kind: &str) -> Self {
        let entry = patchlight_modules::find(kind).expect("a module of the library");
        Self::new(entry.spec, entry.build)
    }

    /// Any module, with its default data.
    #[must_use]
    pub fn new(spec: &'static ModuleSpec, build: Build) -> Self {
        let data = spec.data.iter().map(|field| data_of(field.kind, field.default).unwrap_or_default());
        Self { spec, build, params: Vec::new(), data: data.collect() }
    }

    /// The same, set otherwise. Parameters that the module does not have are left out.
    #[must_use]
    pub fn with(&self, params: &[(&'static str, f32)]) -> Self {
        let mut subject = self.clone();
        for (id, value) in params.iter().filter(|(id, _)| self.spec.param(id).is_some()) {
            subject.params.retain(|(known, _)| known != id);
            subject.params.push((id, *value));
        }
        subject
    }

    /// What it makes of signals, by the ids of inputs and parameters; one voice, silence after their ends.
    #[must_use]
    pub fn render(&self, sample_rate_hz: f32, signals: &[(&'static str, Vec<f32>)], frames: usize) -> Rendered {
        let ends: Vec<&str> = signals.iter().map(|(id, _)| *id).collect();
        let config = SoloConfig { sample_rate_hz, params: self.params.clone(), data: self.data.clone(), ..SoloConfig::default() };
        let mut solo = Solo::new(self.spec, self.build, &config, &ends);
        signals.iter().for_each(|(id, signal)| solo.drive(id, vec![signal.clone()]));
        solo.run(frames, 64)
    }
}

/// What a figure must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bar {
    Under(f64),
    Over(f64),
    /// This far from 0 at most.
    Within(f64),
}

impl Bar {
    #[must_use]
    pub fn is_met(self, value: f64) -> bool {
        match self {
            Self::Under(limit) => value < limit,
            Self::Over(limit) => value > limit,
            Self::Within(limit) => value.abs() <= limit,
        }
    }
}

/// A row of the table.
#[derive(Clone, Debug)]
pub struct Figure {
    /// The kind of the module.
    pub module: &'static str,
    pub what: String,
    pub value: f64,
    pub unit: &'static str,
    pub bar: Bar,
}

impl Figure {
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.bar.is_met(self.value)
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { module, what, value, unit, bar } = self;
        let digits = if value.abs() < 10.0 { 2 } else { 1 };
        // No −0.
        let value = if value.abs() < 0.005 { 0.0 } else { *value };
        let bar = match bar {
            Bar::Under(limit) => format!("under {limit}"),
            Bar::Over(limit) => format!("over {limit}"),
            Bar::Within(limit) => format!("within ±{limit}"),
        };
        let verdict = if self.is_met() { "met" } else { "**missed**" };
        write!(f, "| `{module}` | {what} | {value:.digits$} {unit} | {bar} {unit} | {verdict} |")
    }
}

/// Of the figures of one thing at several places, the one that is furthest from its aim.
pub(crate) fn worst(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().fold(0.0, |worst: f64, value| if value.is_nan() || value.abs() > worst.abs() { value } else { worst })
}

/// Everything that has a bar, in the order of the bars.
#[must_use]
pub fn all() -> Vec<Figure> {
    let parts: [fn() -> Vec<Figure>; 7] =
        [oscillators::figures, filters::figures, times::figures, shapers::figures, dynamics::figures, reverbs::figures, samples::figures];
    parts.into_iter().flat_map(|part| part()).collect()
}
