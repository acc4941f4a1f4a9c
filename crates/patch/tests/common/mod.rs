//! A small library of declarations, and patches made of them.
#![allow(dead_code, reason = "every test file is a crate of its own and uses a part of this")]

use patchlight_core::{
    Library, ModuleId, ModuleSpec, audio, choice, control, db, gate, hz, integer, module, percent, pitch, sample_file, steps_text, toggle,
};
use patchlight_patch::{CableId, Patch, read_patch};

const ANALOG: ModuleSpec = module("osc.analog", "Analog").inputs(&[pitch("pitch", "Note")]).outputs(&[audio("out", "Sound")]).params(&[
    choice("shape", &["sine", "triangle", "saw", "square"], 2),
    integer("octave", -4..=4, 0),
    percent("width", 0.5),
]);
const LADDER: ModuleSpec = module("filter.ladder", "Ladder")
    .inputs(&[audio("in", "Signal to filter")])
    .outputs(&[audio("out", "Filtered signal")])
    .params(&[hz("cutoff_hz", 20.0..=20_000.0, 1_000.0), percent("resonance", 0.2), choice("slope", &["6 dB", "24 dB"], 1)]);
const SVF: ModuleSpec = module("filter.svf", "SVF")
    .inputs(&[audio("signal", "Signal to filter"), control("tilt", "Tilt")])
    .outputs(&[audio("low", "Low-pass"), audio("high", "High-pass")])
    .params(&[hz("cutoff_hz", 20.0..=20_000.0, 1_000.0), choice("slope", &["12 dB", "24 dB"], 0)]);
const LFO: ModuleSpec =
    module("mod.lfo", "LFO").outputs(&[control("out", "Modulation")]).params(&[hz("rate_hz", 0.01..=100.0, 1.0), toggle("sync", false)]);
const STEPS: ModuleSpec = module("seq.steps", "Steps")
    .inputs(&[gate("clock", "Next step")])
    .outputs(&[pitch("pitch", "Note"), gate("gate", "Note on")])
    .params(&[toggle("loop", true)])
    .data(&[steps_text("steps", "C4 . . .", "The pattern")]);
const PLAYER: ModuleSpec =
    module("sample.player", "Player").outputs(&[audio("out", "Sound")]).data(&[sample_file("file", "What is played")]);
const COMPRESSOR: ModuleSpec = module("dyn.compressor", "Compressor")
    .inputs(&[audio("in", "Signal"), audio("key", "What ducks it")])
    .outputs(&[audio("out", "Signal")])
    .params(&[db("threshold_db", -60.0..=0.0, -18.0)]);
const NOTE_IN: ModuleSpec =
    module("io.note_in", "Notes")
        .outputs(&[pitch("pitch", "Note"), gate("gate", "Note on")])
        .params(&[integer("voices", 1..=32, 8).structural()]);

static SPECS: [&ModuleSpec; 8] = [&ANALOG, &LADDER, &SVF, &LFO, &STEPS, &PLAYER, &COMPRESSOR, &NOTE_IN];

pub const LIBRARY: Library = Library::new(&SPECS);

/// The frozen example of version 1: it has everything that a file can have.
pub const FIXTURE: &str = include_str!("../fixtures/v1_everything.ron");

pub fn fixture() -> Patch {
    read_patch(FIXTURE, &LIBRARY).expect("the fixture is a patch").0
}

pub fn cable(text: &str) -> CableId {
    text.parse().expect("the id of a cable")
}

pub fn id(text: &str) -> ModuleId {
    ModuleId::from(text)
}
