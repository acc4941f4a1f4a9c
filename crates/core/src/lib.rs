//! The vocabulary of Patchlight: units, ids and the declarations of modules.
//!
//! Everything else speaks in these words. A module is declared once as a [`ModuleSpec`]; the palette, the faceplate, the
//! file format's defaults and range checks, the reference page and the contract suite are all derived from it.
//!
//! **Invariant:** this crate depends on serde and nothing else.

mod curve;
mod formula;
mod id;
mod library;
mod module;
mod note;
mod parse;
mod preset;
mod randomize;
mod scale;
mod signal;
mod spec;
mod spot;
mod steps;
mod unit;

pub use curve::{CurveError, CurvePoint, DrawnCurve};
pub use formula::{Formula, FormulaError, NAMES as FORMULA_NAMES};
pub use id::{ModuleId, PortRef, PortRefError, is_valid_id};
pub use library::Library;
pub use module::{
    DataKind, DataSpec, Lag, ModuleSpec, curve_text, formula_text, key_map_text, module, sample_file, scale_text, steps_text,
    wavetable_name,
};
pub use note::{C4_HZ, hz_from_octaves, note_name, octaves_from_hz, parse_note};
pub use parse::{ValueError, parse_value};
pub use preset::{Preset, PresetError, Settings, preset};
pub use randomize::{chance_of, musical_range, randomized};
pub use scale::{KeyMap, Scale, ScaleError, key_octaves};
pub use signal::{Channels, LaneLayout, MAX_VOICES, SignalKind, Voices};
pub use spec::{
    Curve, Face, Family, ParamKind, ParamSpec, PortSpec, audio, bipolar, bpm, cents, choice, control, db, degrees, gate, hz, integer,
    percent, pitch, ratio, secs, semitones, toggle, unit,
};
pub use spot::Spot;
pub use steps::{Step, StepError, Steps};
pub use unit::{ModMap, Unit};
