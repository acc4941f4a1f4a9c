//! Spectrum: shows the frequencies that pass through. The screen reads what is tapped at `out` and draws it by these settings.
//!
//! Face cells: [0] peak of the last call.

use crate::through::through;
use patchlight_core::{Face, ModuleSpec, audio, choice, db, module, percent};
use patchlight_engine::{BuildContext, Unit};

pub const SPEC: ModuleSpec = module("view.spectrum", "Spectrum")
    .about("Shows which frequencies pass through. Put it anywhere in a cable's way; it changes nothing.")
    .tags(&["analyser", "analyzer", "fft", "frequency", "look", "display", "view", "eq"])
    .inputs(&[audio("in", "Signal to look at")])
    .params(&[
        choice("size", &["1024", "2048", "4096", "8192"], 2).about("Frames of each picture: more shows finer frequencies, later"),
        percent("smoothing", 0.6).about("How slowly the picture falls back"),
        db("floor_db", -120.0..=-30.0, -90.0).about("The level at the bottom of the picture").hidden(),
        db("slope_db", 0.0..=6.0, 3.0).about("Tilts the picture by this much an octave, so that music looks level").hidden(),
    ])
    .outputs(&[audio("out", "The same signal, unchanged")])
    .face(Face::Spectrum);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    through(context)
}
