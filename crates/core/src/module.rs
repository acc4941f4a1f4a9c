//! Declarations: what a module is, said once.
//!
//! ```
//! use patchlight_core::{ModuleSpec, audio, hz, module, percent};
//!
//! pub const SPEC: ModuleSpec = module("filter.ladder", "Ladder")
//!     .about("Warm low-pass that sings near full resonance. Try saw, ladder, vca.")
//!     .inputs(&[audio("in", "Signal to filter")])
//!     .params(&[
//!         hz("cutoff_hz", 20.0..=20_000.0, 1_000.0).about("Corner frequency"),
//!         percent("resonance", 0.2).about("0 is gentle, 100 % sings by itself"),
//!     ])
//!     .outputs(&[audio("out", "Filtered signal")]);
//! assert_eq!(SPEC.params[0].name(), "cutoff");
//! ```

use crate::preset::Preset;
use crate::signal::{LaneLayout, Voices};
use crate::spec::{Face, Family, ParamSpec, PortSpec};
use serde::Serialize;

/// What a piece of a module's data is. In the file it is a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DataKind {
    /// The path of an audio file.
    Sample,
    /// A pattern ([`crate::Steps`]).
    Steps,
    /// A formula ([`crate::Formula`]).
    Formula,
    /// Points joined by lines ([`crate::DrawnCurve`]).
    Curve,
    /// The name of a wavetable that comes along, or the path of an audio file that holds one.
    Wavetable,
    /// A scale ([`crate::Scale`]); empty is none.
    Scale,
    /// A keyboard map ([`crate::KeyMap`]); empty is none.
    KeyMap,
}

/// Data that is not a number: a sample, a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DataSpec {
    pub id: &'static str,
    pub about: &'static str,
    pub kind: DataKind,
    pub default: &'static str,
    /// What comes along, by name; empty where anything may be written.
    pub choices: &'static [&'static str],
}

/// A pattern of steps written as text.
#[must_use]
pub const fn steps_text(id: &'static str, default: &'static str, about: &'static str) -> DataSpec {
    DataSpec { id, about, kind: DataKind::Steps, default, choices: &[] }
}

/// A formula written as text.
#[must_use]
pub const fn formula_text(id: &'static str, default: &'static str, about: &'static str) -> DataSpec {
    DataSpec { id, about, kind: DataKind::Formula, default, choices: &[] }
}

/// A curve written as text.
#[must_use]
pub const fn curve_text(id: &'static str, default: &'static str, about: &'static str) -> DataSpec {
    DataSpec { id, about, kind: DataKind::Curve, default, choices: &[] }
}

/// A wavetable that comes along, by name, the first by default; or the path of an audio file that holds one, with the frames of its
/// cycles behind an @ where the file does not say (`growl.wav@1024`).
#[must_use]
pub const fn wavetable_name(id: &'static str, choices: &'static [&'static str], about: &'static str) -> DataSpec {
    DataSpec { id, about, kind: DataKind::Wavetable, default: choices[0], choices }
}

/// A scale written as text, none by default.
#[must_use]
pub const fn scale_text(id: &'static str, about: &'static str) -> DataSpec {
    DataSpec { id, about, kind: DataKind::Scale, default: "", choices: &[] }
}

/// A keyboard map written as text, none by default.
#[must_use]
pub const fn key_map_text(id: &'static str, about: &'static str) -> DataSpec {
    DataSpec { id, about, kind: DataKind::KeyMap, default: "", choices: &[] }
}

/// The path of an audio file, relative to the patch.
#[must_use]
pub const fn sample_file(id: &'static str, about: &'static str) -> DataSpec {
    DataSpec { id, about, kind: DataKind::Sample, default: "", choices: &[] }
}

/// Frames by which the outputs are behind the inputs, from the parameters (in their order) and the sample rate in hertz.
#[derive(Clone, Copy, Debug)]
pub struct Lag(pub fn(&[f32], f32) -> usize);

impl PartialEq for Lag {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::fn_addr_eq(self.0, other.0)
    }
}

/// The declaration of a module.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ModuleSpec {
    /// `family.snake_name`, permanent.
    pub id: &'static str,
    pub name: &'static str,
    pub about: &'static str,
    /// Words a musician would search for: `wobble`, `duck`, `pluck`.
    pub tags: &'static [&'static str],
    pub inputs: &'static [PortSpec],
    pub outputs: &'static [PortSpec],
    pub params: &'static [ParamSpec],
    pub data: &'static [DataSpec],
    pub presets: &'static [Preset],
    pub voices: Voices,
    pub layout: LaneLayout,
    /// Single voices of several such modules may run as the lanes of one unit.
    pub bundles: bool,
    /// Where the outputs lag behind the inputs.
    #[serde(skip)]
    pub lag: Option<Lag>,
    /// By how much its sound comes late, which parallel paths are to wait for.
    #[serde(skip)]
    pub latency: Option<Lag>,
    /// Sets what all modules share, such as the tempo: it never runs at the same time as another.
    pub leads_all: bool,
    pub face: Face,
}

/// Begins a declaration. Without more it follows its inputs' voices and takes rows.
#[must_use]
pub const fn module(id: &'static str, name: &'static str) -> ModuleSpec {
    ModuleSpec {
        id,
        name,
        about: "",
        tags: &[],
        inputs: &[],
        outputs: &[],
        params: &[],
        data: &[],
        presets: &[],
        voices: Voices::Follow,
        layout: LaneLayout::Rows,
        bundles: false,
        lag: None,
        latency: None,
        leads_all: false,
        face: Face::None,
    }
}

impl ModuleSpec {
    #[must_use]
    pub const fn about(mut self, about: &'static str) -> Self {
        self.about = about;
        self
    }

    #[must_use]
    pub const fn tags(mut self, tags: &'static [&'static str]) -> Self {
        self.tags = tags;
        self
    }

    #[must_use]
    pub const fn inputs(mut self, inputs: &'static [PortSpec]) -> Self {
        self.inputs = inputs;
        self
    }

    #[must_use]
    pub const fn outputs(mut self, outputs: &'static [PortSpec]) -> Self {
        self.outputs = outputs;
        self
    }

    #[must_use]
    pub const fn params(mut self, params: &'static [ParamSpec]) -> Self {
        self.params = params;
        self
    }

    #[must_use]
    pub const fn data(mut self, data: &'static [DataSpec]) -> Self {
        self.data = data;
        self
    }

    /// Settings to begin with, under names.
    #[must_use]
    pub const fn presets(mut self, presets: &'static [Preset]) -> Self {
        self.presets = presets;
        self
    }

    #[must_use]
    pub const fn voices(mut self, voices: Voices) -> Self {
        self.voices = voices;
        self
    }

    /// Runs eight lanes at once.
    #[must_use]
    pub const fn eight_lanes(mut self) -> Self {
        self.layout = LaneLayout::Groups;
        self
    }

    /// Runs eight lanes at once, and those lanes may be eight modules of the patch: each lane has its own parameters (only
    /// choices, switches and what is wired are the same for all) and remembers only what its kernel's `state` shows.
    #[must_use]
    pub const fn bundles(mut self) -> Self {
        self.layout = LaneLayout::Groups;
        self.bundles = true;
        self
    }

    /// Says by how many frames the outputs lag behind the inputs at least, for parameters that nothing moves: a loop through the
    /// module is then run that many frames at a time. Its unit must have `lead`.
    #[must_use]
    pub const fn lags(mut self, frames: fn(&[f32], f32) -> usize) -> Self {
        self.lag = Some(Lag(frames));
        self
    }

    /// Says by how many frames the sound comes late, because the module looks ahead: parallel paths wait for it. May depend on
    /// structural parameters only, and must be what its unit says.
    #[must_use]
    pub const fn latency(mut self, frames: fn(&[f32], f32) -> usize) -> Self {
        self.latency = Some(Lag(frames));
        self
    }

    /// Says that the module sets what all share, such as the tempo.
    #[must_use]
    pub const fn leads_all(mut self) -> Self {
        self.leads_all = true;
        self
    }

    #[must_use]
    pub const fn face(mut self, face: Face) -> Self {
        self.face = face;
        self
    }

    /// The family, from the id.
    ///
    /// # Panics
    /// When the word before the dot is no family; the contract suite holds every id to it.
    #[must_use]
    pub fn family(&self) -> Family {
        Family::of(self.id).expect("every id begins with its family")
    }

    #[must_use]
    pub fn input(&self, id: &str) -> Option<(usize, &'static PortSpec)> {
        self.inputs.iter().enumerate().find(|(_, port)| port.id == id)
    }

    #[must_use]
    pub fn output(&self, id: &str) -> Option<(usize, &'static PortSpec)> {
        self.outputs.iter().enumerate().find(|(_, port)| port.id == id)
    }

    #[must_use]
    pub fn param(&self, id: &str) -> Option<(usize, &'static ParamSpec)> {
        self.params.iter().enumerate().find(|(_, param)| param.id == id)
    }

    #[must_use]
    pub fn data_field(&self, id: &str) -> Option<(usize, &'static DataSpec)> {
        self.data.iter().enumerate().find(|(_, field)| field.id == id)
    }
}
