//! What all parts of the contract share: the modules, what drives them, an allocator that counts, and how failures are told.

use patchlight_core::{DataKind, ModuleSpec, ParamKind, SignalKind};
use patchlight_engine::{BuildContext, Data, EventKind, FACE, Io, LaneWords, Rendered, Sample, Solo, SoloConfig, Unit};
use patchlight_modules::{CATALOG, Entry};
pub use patchlight_testkit::noise;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fmt::Write;
use std::sync::Arc;

thread_local! {
    static FORBIDDEN: Cell<bool> = const { Cell::new(false) };
    static VIOLATIONS: Cell<u32> = const { Cell::new(0) };
    static BUILD: Cell<Option<patchlight_engine::Build>> = const { Cell::new(None) };
}

/// The system's allocator, counting what happens while a unit works. Counting instead of aborting, so the module can be named.
struct Counting;

fn count() {
    if FORBIDDEN.get() {
        VIOLATIONS.set(VIOLATIONS.get() + 1);
    }
}

// SAFETY: passes every call on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: passed on from the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count();
        // SAFETY: passed on from the caller.
        unsafe { System.dealloc(pointer, layout) };
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count();
        // SAFETY: passed on from the caller.
        unsafe { System.realloc(pointer, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations and frees by units on this thread since it was last asked.
pub fn take_violations() -> u32 {
    VIOLATIONS.replace(0)
}

/// A unit under watch: nothing of what runs on the audio thread may allocate or free.
struct Watched(Box<dyn Unit>);

fn forbidding<R>(work: impl FnOnce() -> R) -> R {
    FORBIDDEN.set(true);
    let result = work();
    FORBIDDEN.set(false);
    result
}

impl Unit for Watched {
    fn process(&mut self, io: &mut Io<'_>) {
        forbidding(|| self.0.process(io));
    }

    fn reset(&mut self) {
        forbidding(|| self.0.reset());
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        forbidding(|| self.0.telemetry(lane, face));
    }

    fn swap_data(&mut self, lane: usize, index: usize, data: &mut Data) {
        forbidding(|| self.0.swap_data(lane, index, data));
    }

    fn take_data(&mut self, lane: usize, index: usize) -> Data {
        forbidding(|| self.0.take_data(lane, index))
    }

    fn save_lane(&mut self, lane: usize, words: &mut LaneWords) {
        forbidding(|| self.0.save_lane(lane, words));
    }

    fn load_lane(&mut self, lane: usize, words: &LaneWords) {
        forbidding(|| self.0.load_lane(lane, words));
    }

    fn lead(&mut self, frames: usize) {
        forbidding(|| self.0.lead(frames));
    }

    fn latency_frames(&self) -> usize {
        self.0.latency_frames()
    }
}

fn build_watched(context: &BuildContext<'_>) -> Box<dyn Unit> {
    let build = BUILD.get().expect("`solo` chose a module on this thread");
    Box::new(Watched(build(context)))
}

/// A module alone, under watch, with its default data, and notes to play if it listens to them.
pub fn solo(entry: &Entry, config: &SoloConfig, driven: &[&str]) -> Solo {
    BUILD.set(Some(entry.build));
    let config = SoloConfig { data: entry.spec.data.iter().map(default_data).collect(), ..config.clone() };
    let mut solo = Solo::new(entry.spec, build_watched, &config, driven);
    for (index, key) in [60_u8, 67, 64, 72].into_iter().enumerate() {
        let start = 37 + 211 * index as u64;
        solo.event(start, EventKind::NoteOn { channel: 0, key, velocity: 0.8 });
        solo.event(start + 1500, EventKind::NoteOff { channel: 0, key });
    }
    solo.device_input(noise(71, 4096), noise(72, 4096));
    solo
}

/// Modules of one kind that share a unit, under watch, each with its default data.
pub fn bundle(entry: &Entry, configs: &[SoloConfig], driven: &[&str]) -> Solo {
    BUILD.set(Some(entry.build));
    let with_data = |config: &SoloConfig| SoloConfig { data: entry.spec.data.iter().map(default_data).collect(), ..config.clone() };
    Solo::bundle(entry.spec, build_watched, &configs.iter().map(with_data).collect::<Vec<_>>(), driven)
}

/// The declared default of a data field; a tone where a sample is wanted.
pub fn default_data(field: &patchlight_core::DataSpec) -> Data {
    match field.kind {
        DataKind::Sample => {
            let tone = |hz: f32| (0..48_000).map(|n| 0.5 * (std::f32::consts::TAU * hz * n as f32 / 48_000.0).sin()).collect();
            Data::Sample(Arc::new(Sample { sample_rate_hz: 48_000.0, channels: vec![tone(220.0), tone(330.0)] }))
        }
        kind => patchlight_modules::data_of(kind, field.default).unwrap_or_default(),
    }
}

/// The modules under test.
pub fn modules() -> impl Iterator<Item = &'static Entry> {
    let only = std::env::var("CONTRACT_ONLY").unwrap_or_default();
    CATALOG.iter().filter(move |entry| entry.spec.id.starts_with(only.as_str()))
}

/// Runs a check over every module and tells all failures at once.
pub fn hold_all(promise: &str, check: impl Fn(&'static Entry, &mut Vec<String>)) {
    let mut report = String::new();
    for entry in modules() {
        let mut failures = Vec::new();
        check(entry, &mut failures);
        for failure in failures {
            writeln!(report, "  {}: {failure}", entry.spec.id).expect("writing to a string");
        }
    }
    assert!(report.is_empty(), "{promise}, but\n{report}");
}

/// A gate that is on for half of every `period` frames.
pub fn gates(period: usize, frames: usize) -> Vec<f32> {
    (0..frames).map(|n| if n % period < period / 2 { 1.0 } else { 0.0 }).collect()
}

pub fn sine(hz: f32, level: f32, sample_rate_hz: f32, frames: usize) -> Vec<f32> {
    (0..frames).map(|n| level * (std::f64::consts::TAU * f64::from(hz) * n as f64 / f64::from(sample_rate_hz)).sin() as f32).collect()
}

/// Every input, and every parameter that cables can move.
pub fn all_ends(spec: &ModuleSpec) -> Vec<&'static str> {
    inputs(spec).into_iter().chain(spec.params.iter().filter(|param| param.modulatable()).map(|param| param.id)).collect()
}

/// Every input, and every number that cables can move (no choices, switches or whole numbers).
pub fn numeric_ends(spec: &ModuleSpec) -> Vec<&'static str> {
    let numbers = spec.params.iter().filter(|param| param.modulatable() && param.kind == ParamKind::Number);
    inputs(spec).into_iter().chain(numbers.map(|param| param.id)).collect()
}

pub fn inputs(spec: &ModuleSpec) -> Vec<&'static str> {
    spec.inputs.iter().map(|port| port.id).collect()
}

/// What a musician might plug in here: a signal of the port's kind that differs by lane; a gentle wobble into parameters.
pub fn musical_drive(spec: &ModuleSpec, id: &str, lane: usize, frames: usize) -> Vec<f32> {
    let voice = lane as f32;
    match spec.input(id).map(|(_, port)| port.kind) {
        Some(SignalKind::Audio) => sine(150.0 + 37.0 * voice, 0.5, 48_000.0, frames),
        Some(SignalKind::Gate) => gates(450 + 70 * lane, frames),
        Some(SignalKind::Pitch) => (0..frames).map(|n| (n / 700) as f32 * 0.25 - voice / 12.0).collect(),
        Some(SignalKind::Control) => sine(9.0 + voice, 0.5, 48_000.0, frames).iter().map(|x| x + 0.5).collect(),
        None => sine(11.0 + voice, 0.1, 48_000.0, frames),
    }
}

/// All samples a module made, with where each row came from.
pub fn rows<'a>(spec: &'a ModuleSpec, rendered: &'a Rendered) -> impl Iterator<Item = (String, &'a [f32])> {
    let outputs = spec.outputs.iter().zip(&rendered.outputs).flat_map(|(port, lanes)| {
        lanes.iter().enumerate().map(move |(lane, samples)| (format!("{} (lane {lane})", port.id), samples.as_slice()))
    });
    outputs.chain(rendered.master.iter().map(|samples| ("the device".to_owned(), samples.as_slice())))
}
