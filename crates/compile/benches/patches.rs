//! Whole patches: how long a second of sound takes, by the clock, with one thread and with two.
//!
//! `cargo bench -p patchlight-compile --bench patches`. Shared machines are noisy: compare within one run.

#[path = "workloads/thousand.rs"]
mod thousand;
#[path = "workloads.rs"]
#[expect(dead_code, reason = "the peers' workloads are read from their files here")]
mod workloads;

use divan::Bencher;
use patchlight_compile::{Compiler, NoSamples, StreamSpec};
use patchlight_engine::{Controller, EngineConfig, EventKind, Message, Renderer, engine};
use patchlight_modules::LIBRARY;
use patchlight_patch::{Cable, Edit, Module, Patch, read_patch};
use std::path::PathBuf;

fn main() {
    divan::main();
}

const RATE: usize = 48_000;
/// Made here rather than read: two equal halves, a thousand modules of forty kinds, sixteen thousand sines.
const HALVES: &str = "two_halves";
const THOUSAND: &str = "thousand_mixed";
const SINES: &str = "sixteen_thousand_sines";

/// The patches of a folder beside `patches`, by file name without ending.
fn names(folder: &str) -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.path().file_name()?.to_str()?.strip_suffix(".ron").map(|name| format!("/{name}")))
        .collect();
    names.sort();
    names
}

fn all() -> Vec<String> {
    let factory = names("patches").into_iter().map(|name| format!("patches{name}"));
    let peers = names("patches/bench").into_iter().map(|name| format!("patches/bench{name}"));
    [HALVES, THOUSAND, SINES].map(str::to_owned).into_iter().chain(factory).chain(peers).collect()
}

fn open(name: &str) -> Patch {
    match name {
        HALVES => return halves(),
        THOUSAND => return thousand::mixed(THOUSAND, 50),
        SINES => return sines(),
        _ => {}
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(format!("{name}.ron"));
    let text = std::fs::read_to_string(path).expect("a patch");
    read_patch(&text, &LIBRARY).expect("it reads").0
}

/// Two groups of eight supersaws with a filter each that an LFO moves, a mix of their own and a reverb; they meet at the output.
fn halves() -> Patch {
    let mut patch = Patch::default();
    let mut add = |id: String, module: Module| patch.apply(Edit::add(id.as_str(), module)).expect("the id is new");
    add("out".to_owned(), Module::new("io.audio_out", [0.0, 0.0]));
    for half in ["a", "b"] {
        for voice in 0..8 {
            add(format!("lfo_{half}{voice}"), Module::new("mod.lfo", [0.0, 0.0]).with_param("rate_hz", 0.3 + 0.1 * voice as f32));
            add(format!("saw_{half}{voice}"), Module::new("osc.supersaw", [0.0, 0.0]).with_param("pitch_semitones", voice as f32));
            add(format!("filter_{half}{voice}"), Module::new("filter.ladder", [0.0, 0.0]));
        }
        add(format!("plate_{half}"), Module::new("fx.reverb_plate", [0.0, 0.0]));
    }
    let mut wire = |cable: String, amount: f32| {
        patch.apply(Edit::connect(cable.parse().expect("a cable"), Cable::with_amount(amount))).expect("both ends are there");
    };
    for half in ["a", "b"] {
        for voice in 0..8 {
            wire(format!("saw_{half}{voice}.out -> filter_{half}{voice}.in"), 1.0);
            wire(format!("lfo_{half}{voice}.out -> filter_{half}{voice}.cutoff_hz"), 0.5);
            wire(format!("filter_{half}{voice}.out -> plate_{half}.in"), 0.1);
        }
        wire(format!("plate_{half}.out -> out.in"), 0.3);
    }
    patch
}

fn sines() -> Patch {
    let mut patch = Patch::default();
    patch.apply(Edit::add("out", Module::new("io.audio_out", [0.0, 0.0]))).expect("the id is new");
    for number in 0..16_000 {
        let id = format!("sine_{number}");
        let sine = Module::new("osc.analog", [0.0, 0.0])
            .with_param("shape", 0.0)
            .with_param("pitch_semitones", (number % 960) as f32 * 0.1 - 48.0);
        patch.apply(Edit::add(id.as_str(), sine)).expect("the id is new");
        let cable = format!("{id}.out -> out.in").parse().expect("a cable");
        patch.apply(Edit::connect(cable, Cable::with_amount(1e-4))).expect("both ends are there");
    }
    patch
}

/// Sixteen voices of two oscillators, a ladder and an amplifier that an envelope opens, and an output with its limiter.
fn voices() -> Patch {
    let mut patch = Patch::default();
    for (id, module) in [
        ("keys", Module::new("io.note_in", [0.0, 0.0]).with_param("voices", 16.0)),
        ("osc_1", Module::new("osc.analog", [0.0, 0.0])),
        ("osc_2", Module::new("osc.analog", [0.0, 0.0]).with_param("fine_cents", 7.0)),
        ("env", Module::new("env.adsr", [0.0, 0.0])),
        ("ladder", Module::new("filter.ladder", [0.0, 0.0])),
        ("vca", Module::new("amp.vca", [0.0, 0.0])),
        ("out", Module::new("io.audio_out", [0.0, 0.0])),
    ] {
        patch.apply(Edit::add(id, module)).expect("the id is new");
    }
    for (cable, amount) in [
        ("keys.pitch -> osc_1.pitch", 1.0),
        ("keys.pitch -> osc_2.pitch", 1.0),
        ("keys.gate -> env.gate", 1.0),
        ("osc_1.out -> ladder.in", 0.5),
        ("osc_2.out -> ladder.in", 0.5),
        ("env.out -> ladder.fm", 2.0),
        ("ladder.out -> vca.in", 1.0),
        ("env.out -> vca.level", 1.0),
        ("vca.out -> out.in", 0.1),
    ] {
        patch.apply(Edit::connect(cable.parse().expect("a cable"), Cable::with_amount(amount))).expect("both ends are there");
    }
    patch
}

struct Player {
    compiler: Compiler,
    controller: Controller,
    renderer: Renderer,
}

impl Player {
    fn new(patch: &Patch, threads: usize) -> Self {
        let config = EngineConfig { threads, ..EngineConfig::new(RATE as f32) };
        let (mut controller, mut renderer) = engine(config);
        controller.telemetry().watch(false);
        for helper in renderer.take_helpers() {
            std::thread::spawn(move || helper.run());
        }
        let mut compiler = Compiler::new(StreamSpec::offline(RATE as f32), config);
        let update = compiler.update(patch, &NoSamples);
        update.messages.into_iter().for_each(|message| controller.send(message));
        let mut player = Self { compiler, controller, renderer };
        // Costs are measured, a better plan is made, and both ways are tried.
        (0..3).for_each(|_| player.second());
        player
    }

    fn second(&mut self) {
        let (mut left, mut right) = ([0.0; 512], [0.0; 512]);
        for start in (0..RATE).step_by(512) {
            let count = (RATE - start).min(512);
            if let Some(message) = self.compiler.sweep(self.controller.telemetry()) {
                self.controller.send(message);
            }
            self.controller.pump();
            self.renderer.render(None, [&mut left[..count], &mut right[..count]]);
        }
    }
}

#[divan::bench(args = all(), consts = [1, 2], sample_count = 11, sample_size = 1)]
fn a_second<const THREADS: usize>(bencher: Bencher, name: &str) {
    let mut player = Player::new(&open(name), THREADS);
    bencher.bench_local(|| player.second());
}

/// What is asleep beside what sounds, the output included.
#[divan::bench(args = [16, 0], sample_count = 51, sample_size = 1)]
fn sixteen_voices_of_which_sound(bencher: Bencher, sounding: u8) {
    // The three seconds that it takes to set up are long enough to fall asleep.
    let mut player = Player::new(&voices(), 1);
    for number in 0..sounding {
        let kind = EventKind::NoteOn { channel: 0, key: 40 + 2 * number, velocity: 0.8 };
        player.controller.send(Message::Event { frame: 0, kind });
    }
    player.second();
    bencher.bench_local(|| player.second());
}
