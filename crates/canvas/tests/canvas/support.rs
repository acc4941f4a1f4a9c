//! A small library and a patch with everything that the canvas draws, for tests and for the picture of the example.

use patchlight_canvas::{Document, ModuleSignals, OutputSignal, Signals};
use patchlight_core::{
    Face, Library, ModuleId, ModuleSpec, audio, cents, choice, control, curve_text, db, gate, hz, integer, module, percent, pitch, ratio,
    secs, semitones, steps_text, toggle,
};
use patchlight_patch::{Cable, Edit, Module, Patch};
use std::f32::consts::TAU;

const STEPS: ModuleSpec = module("seq.steps", "Steps")
    .inputs(&[gate("clock", "Moves on by one step"), gate("reset", "The next step is the first")])
    .params(&[
        choice("division", &["1/4", "1/8", "1/16", "1/32"], 2).about("The note value of a step"),
        percent("gate_length", 0.5).about("How much of a step a note lasts"),
        semitones("transpose_semitones", -36.0..=36.0, 0.0).about("Moves all notes up or down"),
    ])
    .data(&[steps_text("steps", "C2 . G1 C2! _ . Eb2 C2 . C3 Bb1 . C2 F1 Eb2! G2", "The pattern")])
    .outputs(&[pitch("pitch", "Pitch of the newest note"), gate("gate", "On while a note plays")])
    .face(Face::Steps);

const ANALOG: ModuleSpec = module("osc.analog", "Analog")
    .inputs(&[pitch("pitch", "Pitch in octaves; adds to the knobs"), audio("sync", "Hard sync")])
    .params(&[
        choice("shape", &["sine", "triangle", "saw", "square"], 2).about("Waveform; changes are crossfaded"),
        semitones("pitch_semitones", -60.0..=60.0, 0.0).about("Pitch from C4, added to the pitch input"),
        integer("unison", 1..=16, 1).about("Oscillators for each note, level with one"),
        cents("detune_cents", 0.0..=100.0, 14.0).about("How far the outermost unison oscillators are out of tune"),
    ])
    .outputs(&[audio("out", "The oscillator").mono()])
    .face(Face::Wave);

const LADDER: ModuleSpec = module("filter.ladder", "Ladder")
    .inputs(&[audio("in", "Signal to filter"), pitch("pitch", "Moves the cutoff with the notes played")])
    .params(&[
        hz("cutoff_hz", 20.0..=20_000.0, 1_000.0).about("Corner frequency: everything above is turned down"),
        percent("resonance", 0.2).about("0 is gentle; from 95 % on it sings by itself"),
        db("drive_db", -12.0..=36.0, 0.0).about("How hard the input is pushed into the ladder"),
    ])
    .outputs(&[audio("out", "Filtered signal")])
    .face(Face::Filter);

const ADSR: ModuleSpec = module("env.adsr", "ADSR")
    .inputs(&[gate("gate", "Begins the attack when it opens, the release when it closes")])
    .params(&[
        secs("attack_secs", 0.0005..=20.0, 0.005).about("Time to rise to the top"),
        secs("decay_secs", 0.001..=20.0, 0.25).about("Time to fall to the sustain level"),
        percent("sustain", 0.6).about("Level held while the gate is open"),
        secs("release_secs", 0.001..=30.0, 0.3).about("Time to fall to silence after the gate closes"),
    ])
    .outputs(&[control("out", "The envelope, 0 to 1")])
    .face(Face::Envelope);

const LFO: ModuleSpec = module("mod.lfo", "LFO")
    .params(&[
        hz("rate_hz", 0.01..=100.0, 1.0).about("Cycles per second"),
        choice("shape", &["sine", "triangle", "saw up", "saw down", "square"], 0).about("The form of a cycle"),
        toggle("unipolar", false).about("Puts out 0 to 1 instead of −1 to 1"),
    ])
    .outputs(&[control("out", "The wave")])
    .face(Face::Wave);

const KICK: ModuleSpec = module("osc.kick_808", "808 Kick")
    .inputs(&[gate("trigger", "Strikes the drum")])
    .params(&[
        hz("tune_hz", 20.0..=200.0, 49.0).about("Pitch of the boom"),
        secs("decay_secs", 0.05..=4.0, 0.62).about("How long it booms"),
    ])
    .outputs(&[audio("out", "The drum")])
    .face(Face::Wave);

const COMPRESSOR: ModuleSpec = module("dyn.compressor", "Compressor")
    .inputs(&[audio("in", "Signal to compress"), audio("key", "What it listens to; without a cable, the signal itself")])
    .params(&[
        db("threshold_db", -60.0..=0.0, -24.0).about("Where it begins to work"),
        ratio("ratio", 1.0..=20.0, 4.0).about("How much it turns down"),
        db("knee_db", 0.0..=24.0, 6.0).about("How gently it begins"),
        secs("attack_secs", 0.0001..=0.3, 0.005).about("How fast it turns down"),
        secs("release_secs", 0.005..=3.0, 0.12).about("How fast it lets go"),
        percent("mix", 1.0).about("How much of it is heard").hidden(),
    ])
    .outputs(&[audio("out", "Compressed signal")])
    .face(Face::Dynamics);

const DELAY: ModuleSpec = module("fx.delay", "Delay")
    .inputs(&[audio("in", "Signal to repeat")])
    .params(&[
        secs("time_secs", 0.001..=2.0, 0.281).about("Time between repeats"),
        percent("feedback", 0.62).about("How much of each repeat is repeated"),
        percent("mix", 0.3).about("How much of it is heard"),
    ])
    .outputs(&[audio("out", "Signal and repeats")])
    .face(Face::Echoes);

const SCOPE: ModuleSpec = module("view.scope", "Scope")
    .inputs(&[audio("in", "Signal to look at")])
    .params(&[secs("time_secs", 0.001..=0.16, 0.02), choice("trigger", &["rising", "falling", "free"], 0)])
    .outputs(&[audio("out", "The same signal, unchanged")])
    .face(Face::Scope);

const SPECTRUM: ModuleSpec = module("view.spectrum", "Spectrum")
    .inputs(&[audio("in", "Signal to look at")])
    .params(&[choice("size", &["1024", "2048", "4096", "8192"], 2), percent("smoothing", 0.6)])
    .outputs(&[audio("out", "The same signal, unchanged")])
    .face(Face::Spectrum);

const VCA: ModuleSpec = module("amp.vca", "VCA")
    .inputs(&[audio("in", "Signal"), control("level", "How open it is")])
    .params(&[db("gain_db", -60.0..=12.0, 0.0).about("Gain"), integer("voices", 1..=16, 1).structural()])
    .outputs(&[audio("out", "Signal")]);

const MSEG: ModuleSpec = module("env.mseg", "MSEG")
    .data(&[curve_text("curve", "0,0 0.5,1 1,0", "The curve")])
    .outputs(&[control("out", "The curve")])
    .face(Face::Curve);

const OUTPUT: ModuleSpec = module("io.audio_out", "Audio out")
    .inputs(&[audio("in", "Sound to hear").stereo()])
    .params(&[db("level_db", -60.0..=12.0, 0.0).about("Level of everything"), toggle("limiter", true).about("Holds peaks under −0.3 dB")])
    .face(Face::Meter);

/// Every declaration above.
pub const LIBRARY: Library =
    Library::new(&[&STEPS, &ANALOG, &LADDER, &ADSR, &LFO, &KICK, &COMPRESSOR, &DELAY, &SCOPE, &SPECTRUM, &VCA, &MSEG, &OUTPUT]);

/// A bass with a kick that ducks it, a loop, a cable with an amount, one that is off, and a module that nobody knows.
pub fn patch() -> Patch {
    let mut patch = Patch { name: "Pumping Bass".to_owned(), ..Patch::default() };
    let mut add = |id: &str, module: Module| apply(&mut patch, Edit::add(id, module));
    add("steps", Module::new("seq.steps", [0.0, 0.0]));
    add("lfo", Module::new("mod.lfo", [0.0, 240.0]).with_param("rate_hz", 0.31));
    add("kick", Module::new("osc.kick_808", [0.0, 480.0]));
    add("osc", Module::new("osc.analog", [310.0, 0.0]).with_param("unison", 7.0).with_param("pitch_semitones", -12.0));
    add("env", Module::new("env.adsr", [310.0, 270.0]).with_param("decay_secs", 0.24).with_param("attack_secs", 0.012));
    add("filter", Module::new("filter.ladder", [640.0, 0.0]).with_param("cutoff_hz", 1_240.0).with_param("resonance", 0.63));
    add("room", Module::new("fx.reverb_cathedral", [310.0, 510.0]));
    add("comp", Module::new("dyn.compressor", [640.0, 280.0]));
    add("delay", Module::new("fx.delay", [980.0, 0.0]));
    add("scope", Module::new("view.scope", [980.0, 230.0]));
    add("out", Module::new("io.audio_out", [980.0, 530.0]));
    let mut wire = |id: &str, cable: Cable| apply(&mut patch, Edit::connect(id.parse().expect("a cable"), cable));
    wire("steps.pitch -> osc.pitch", Cable::default());
    wire("steps.gate -> env.gate", Cable::default());
    wire("steps.pitch -> filter.pitch", Cable { on: false, ..Cable::default() });
    wire("lfo.out -> filter.cutoff_hz", Cable::with_amount(0.8));
    wire("osc.out -> filter.in", Cable::default());
    wire("env.out -> filter.resonance", Cable::with_amount(0.25));
    wire("filter.out -> comp.in", Cable::default());
    wire("kick.out -> comp.key", Cable::with_amount(0.708));
    wire("kick.out -> room.in", Cable::default());
    wire("comp.out -> delay.in", Cable::default());
    wire("delay.out -> out.in", Cable::default());
    wire("delay.out -> scope.in", Cable::default());
    wire("comp.out -> scope.in", Cable::default());
    patch
}

fn apply(patch: &mut Patch, edit: Edit) {
    patch.apply(edit).expect("the patch takes it");
}

/// A document of [`patch`].
pub fn document() -> Document {
    Document::new(patch(), LIBRARY)
}

/// What an engine would measure in [`patch`] at some moment.
pub fn signals() -> Signals {
    let rate = 48_000.0;
    let mut signals = Signals { sample_rate_hz: rate, ..Signals::default() };
    let saw = |hz: f32, level: f32| wave(rate, move |t| level * (2.0 * (t * hz).fract() - 1.0));
    let round = |hz: f32, level: f32| {
        wave(rate, move |t| level * ((TAU * hz * t).sin() + 0.35 * (TAU * 2.0 * hz * t).sin() + 0.22 * (TAU * 5.0 * hz * t + 1.0).sin()))
    };
    let mut set = |id: &str, cells: &[f32], outputs: Vec<OutputSignal>, voices: usize| {
        let mut face = [0.0; 16];
        face[..cells.len()].copy_from_slice(cells);
        let entry = ModuleSignals { face, voices, channels: 1, outputs, ..ModuleSignals::default() };
        signals.modules.insert(ModuleId::from(id), entry);
    };
    set("steps", &[6.0, 16.0, 1.0, 1.0], vec![steady(-1.75), steady(1.0)], 1);
    set("lfo", &[0.42, 0.48], vec![steady(0.48)], 1);
    set("kick", &[49.0], vec![wave(rate, |t| 0.9 * (-t * 14.0).exp() * (TAU * (49.0 * t + 1.8 * (1.0 - (-t * 40.0).exp()))).sin())], 1);
    set("osc", &[65.4], vec![saw(65.4, 0.5)], 8);
    set("env", &[2.0, 0.8], vec![steady(0.8)], 8);
    set("filter", &[1_240.0, 0.63], vec![round(65.4, 0.35)], 8);
    set("comp", &[-11.2, 8.4], vec![round(65.4, 0.2)], 1);
    set("delay", &[], vec![round(65.4, 0.25)], 1);
    set("scope", &[], vec![round(65.4, 0.45)], 1);
    set("out", &[0.7, 0.62, 0.0, 0.3, 0.28], vec![], 1);
    signals
}

fn steady(value: f32) -> OutputSignal {
    OutputSignal { peak: value.abs(), rms: value.abs(), last: value, samples: vec![value; 4096] }
}

fn wave(rate_hz: f32, value_at: impl Fn(f32) -> f32) -> OutputSignal {
    let samples: Vec<f32> = (0..8192).map(|i| value_at(i as f32 / rate_hz)).collect();
    let peak = samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    let rms = (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32).sqrt();
    OutputSignal { peak, rms, last: samples[samples.len() - 1], samples }
}
