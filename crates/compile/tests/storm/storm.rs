//! Half a minute of playing while two hundred random edits a second fall on the patch.

use crate::edits::{Storm, Touching};
use crate::memory::held_bytes;
use crate::rig::{RATE, connect, module, sine};
use assert_no_alloc::assert_no_alloc;
use patchlight_compile::{Compiler, NoSamples, SampleSource, StreamSpec};
use patchlight_engine::{EngineConfig, EventKind, Message, Renderer, Sample, Wavetable, engine};
use patchlight_patch::{Edit, Patch};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What a device asks for at a time.
const BUFFER: usize = 256;
const EDITS: u64 = 6_000;
const FRAMES_PER_EDIT: u64 = 240;
/// Buffers that may take longer than a device waits. Measured on two virtual processors that compilers kept busy: none to eight of
/// 5,800, not the same ones in a second run of the same storm, and no more often where an edit arrives than where none does.
const HICCUPS: u64 = 8;
/// Slots that may be taken at the most: the modules of the storm, and those of the last edits that fade or wait for their return.
const MOST_SLOTS: u32 = 64;

/// Two sounds, and none that is missing.
struct Shelf([Arc<Sample>; 2]);

impl Shelf {
    fn new() -> Self {
        let tone = |hz: f32| (0..9_600).map(|n| (std::f32::consts::TAU * hz * n as f32 / 48_000.0).sin()).collect::<Vec<f32>>();
        let sample = |channels: Vec<Vec<f32>>| Arc::new(Sample { sample_rate_hz: RATE as f32, channels });
        Self([sample(vec![tone(220.0)]), sample(vec![tone(330.0), tone(331.0)])])
    }
}

impl SampleSource for Shelf {
    fn sample(&self, path: &str) -> Result<Option<Arc<Sample>>, String> {
        match path {
            "tone.wav" => Ok(Some(Arc::clone(&self.0[0]))),
            "other.wav" => Ok(Some(Arc::clone(&self.0[1]))),
            _ => Err("there is no such file".to_owned()),
        }
    }

    fn wavetable(&self, path: &str, cycle_frames: usize) -> Result<Option<Arc<Wavetable>>, String> {
        NoSamples.wavetable(path, cycle_frames)
    }
}

/// What the audio thread saw.
#[derive(Debug, Default)]
struct Report {
    buffers: u64,
    sounding: u64,
    broken_samples: u64,
    over_budget: u64,
    longest_secs: f64,
    cpu_secs: f64,
}

/// Processor seconds of this thread: what another program takes away from it does not count.
fn thread_cpu_secs() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is there to be written to.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// Renders at the pace of a device until it is told to stop.
fn play(mut renderer: Renderer, stop: &AtomicBool) -> Report {
    let mut report = Report::default();
    let (mut left, mut right) = ([0.0; BUFFER], [0.0; BUFFER]);
    let buffer_secs = BUFFER as f64 / RATE;
    let started = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        let due = Duration::from_secs_f64(report.buffers as f64 * buffer_secs);
        std::thread::sleep(due.saturating_sub(started.elapsed()));
        let before = thread_cpu_secs();
        assert_no_alloc(|| renderer.render(None, [&mut left, &mut right]));
        let took_secs = thread_cpu_secs() - before;
        report.buffers += 1;
        report.cpu_secs += took_secs;
        report.longest_secs = report.longest_secs.max(took_secs);
        report.over_budget += u64::from(took_secs > buffer_secs);
        report.broken_samples += left.iter().chain(&right).filter(|x| !x.is_finite()).count() as u64;
        report.sounding += u64::from(left.iter().any(|x| x.abs() > 1e-4));
    }
    report
}

/// The main side: patch, compiler and controller, as the studio has them.
struct Main {
    patch: Patch,
    compiler: Compiler,
    controller: patchlight_engine::Controller,
    shelf: Shelf,
    most_slots: u32,
}

impl Main {
    fn sync(&mut self) {
        let update = self.compiler.update(&self.patch, &self.shelf);
        update.messages.into_iter().for_each(|message| self.controller.send(message));
        self.tick();
        let taken = self.compiler.running().map(|running| running.slot + 1).max().unwrap_or(0);
        self.most_slots = self.most_slots.max(taken);
    }

    fn tick(&mut self) {
        if let Some(message) = self.compiler.sweep(self.controller.telemetry()) {
            self.controller.send(message);
        }
        self.controller.pump();
    }

    fn edit(&mut self, edit: Edit) {
        self.patch.apply(edit).unwrap();
        self.sync();
    }

    /// Ticks until the engine has come to a frame.
    fn wait_for(&mut self, frame: u64) {
        while self.controller.telemetry().frame() < frame {
            self.tick();
            std::thread::sleep(Duration::from_micros(500));
        }
    }

    /// A patch that sounds for as long as it is left alone.
    fn begin(&mut self) {
        let kept = [("osc", sine(0.0)), ("keys", module("io.note_in")), ("out", module("io.audio_out"))];
        kept.into_iter().for_each(|(id, module)| self.edit(Edit::add(id, module)));
        self.edit(connect("osc.out -> out.in", 0.3));
    }

    /// So many edits at their pace, from an empty patch to an empty patch.
    fn blow(&mut self, storm: &mut Storm, edits: u64) {
        self.begin();
        let start = self.controller.telemetry().frame();
        for number in 0..edits {
            self.wait_for(start + number * FRAMES_PER_EDIT);
            let edit = storm.next(&self.patch);
            self.edit(edit);
            let (channel, key) = (0, 36 + (number / 2 * 7 % 48) as u8);
            let on = EventKind::NoteOn { channel, key, velocity: 0.7 };
            let kind = if number % 2 == 0 { on } else { EventKind::NoteOff { channel, key } };
            self.controller.send(Message::Event { frame: 0, kind });
        }
        self.end();
    }

    fn end(&mut self) {
        self.patch = Patch::default();
        self.sync();
        let frame = self.controller.telemetry().frame();
        self.wait_for(frame + 24_000);
        // And what comes home from there.
        for _ in 0..200 {
            self.tick();
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

#[test]
fn two_hundred_edits_a_second_for_half_a_minute_neither_break_nor_hold_up_the_sound() {
    let config = EngineConfig::new(RATE as f32);
    let (controller, renderer) = engine(config);
    let compiler = Compiler::new(StreamSpec::live(RATE as f32), config);
    let mut main = Main { patch: Patch::default(), compiler, controller, shelf: Shelf::new(), most_slots: 0 };
    let stop = AtomicBool::new(false);
    let (report, before, after) = std::thread::scope(|scope| {
        let audio = scope.spawn(|| play(renderer, &stop));
        let mut storm = Storm::new(2026, Touching::Anything(&["osc", "keys", "out"]));
        // A gust first, so that tables are there that modules make once and keep.
        main.blow(&mut storm, EDITS / 10);
        let before = held_bytes();
        main.blow(&mut storm, EDITS);
        let after = held_bytes();
        stop.store(true, Ordering::Relaxed);
        (audio.join().unwrap(), before, after)
    });
    let load = report.cpu_secs / (report.buffers as f64 * BUFFER as f64 / RATE);
    println!("{report:?}, load {load:.2}, slots {}, bytes held {}", main.most_slots, after - before);
    assert_eq!(report.broken_samples, 0, "{report:?}");
    assert!(report.over_budget <= HICCUPS, "{report:?}");
    assert!(report.buffers as f64 * BUFFER as f64 >= 30.0 * RATE, "half a minute was played: {report:?}");
    assert!(report.sounding * 10 > report.buffers * 8, "it sounds nearly all the time: {report:?}");
    assert!(main.most_slots <= MOST_SLOTS, "slots are used again: {} were taken", main.most_slots);
    assert_eq!(main.controller.pending(), 0);
    assert!(main.controller.telemetry().deferred() == 0, "the way home was never full");
    assert!(after - before < 1 << 20, "{} bytes are held more than before", after - before);
}
