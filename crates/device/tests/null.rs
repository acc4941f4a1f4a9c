//! Live equals offline: what the null device plays, recorded while notes arrive, against a bounce of the same notes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

use patchlight_compile::{Compiler, NoSamples, StreamSpec};
use patchlight_device::{AudioDevice, AudioOptions, NULL_DEVICE};
use patchlight_engine::{Controller, EngineConfig, EventKind, Message, Renderer, SCOPE_FRAMES, Telemetry, engine};
use patchlight_modules::LIBRARY;
use patchlight_patch::{Patch, read_patch};
use std::time::{Duration, Instant};

const PATCH: &str = r#"(
    patchlight: 1,
    name: "live",
    modules: {
        "keys": (kind: "io.note_in", at: (0, 0), params: {"voices": 1}),
        "osc": (kind: "osc.analog", at: (260, 0)),
        "filter": (kind: "filter.ladder", at: (520, 0)),
        "env": (kind: "env.adsr", at: (520, 300)),
        "vca": (kind: "amp.vca", at: (780, 0)),
        "out": (kind: "io.audio_out", at: (1040, 0)),
    },
    cables: {
        "keys.pitch -> osc.pitch": (),
        "keys.gate -> env.gate": (),
        "osc.out -> filter.in": (),
        "env.out -> filter.cutoff_hz": (amount: 2),
        "filter.out -> vca.in": (),
        "env.out -> vca.level": (),
        "vca.out -> out.in": (),
    },
)"#;

fn patch() -> Patch {
    read_patch(PATCH, &LIBRARY).unwrap().0
}

/// An engine that plays the patch, the amplifier's output being recorded into tap 0 from the first frame on.
fn playing(stream: StreamSpec) -> (Controller, Renderer) {
    let config = EngineConfig::new(stream.sample_rate_hz);
    let (mut controller, renderer) = engine(config);
    let mut compiler = Compiler::new(stream, config);
    compiler.update(&patch(), &NoSamples).messages.into_iter().for_each(|message| controller.send(message));
    let slot = compiler.slot_of("vca").unwrap();
    controller.send(Message::Tap { tap: 0, watched: Some((slot, 0)) });
    (controller, renderer)
}

/// What a tap records, all of it: the tap itself keeps the newest frames only.
struct Recorder {
    heard: Vec<f32>,
    newest: Vec<f32>,
}

impl Recorder {
    fn new() -> Self {
        Self { heard: Vec::new(), newest: vec![0.0; SCOPE_FRAMES / 2] }
    }

    fn listen(&mut self, telemetry: &Telemetry) {
        let written = telemetry.read_tap(0, &mut self.newest) as usize;
        let new = written - self.heard.len();
        assert!(new <= self.newest.len(), "the tap was read too late: the machine stood still for {new} frames");
        self.heard.extend_from_slice(&self.newest[self.newest.len() - new..]);
    }
}

#[test]
fn what_the_null_device_plays_is_what_a_bounce_renders() {
    let (mut controller, renderer) = playing(StreamSpec::live(48_000.0));
    let telemetry = controller.telemetry().clone();
    let device = AudioDevice::start(renderer, AudioOptions { device: Some(NULL_DEVICE.to_owned()), ..AudioOptions::default() }).unwrap();
    let mut recorder = Recorder::new();
    let mut events: Vec<(u64, EventKind)> = Vec::new();
    let started = Instant::now();
    let mut key = 40;
    while started.elapsed() < Duration::from_millis(1_800) {
        // A tenth of a second ahead, on no block's first frame.
        let frame = telemetry.frame() + 4_800 + u64::from(key) * 7;
        if started.elapsed() < Duration::from_millis(1_400) && events.last().is_none_or(|(last, _)| frame > last + 5_000) {
            let kinds =
                [EventKind::NoteOn { channel: 0, key, velocity: 0.3 + 0.01 * f32::from(key) }, EventKind::NoteOff { channel: 0, key }];
            for (number, kind) in kinds.into_iter().enumerate() {
                events.push((frame + 3_001 * number as u64, kind));
                controller.send(Message::Event { frame: frame + 3_001 * number as u64, kind });
            }
            key += 3;
        }
        controller.pump();
        recorder.listen(&telemetry);
        std::thread::sleep(Duration::from_millis(10));
    }
    drop(device);
    assert!(events.len() >= 12, "{} notes were played", events.len() / 2);
    let live = recorder.heard;

    let (mut controller, mut renderer) = playing(StreamSpec::offline(48_000.0));
    let telemetry = controller.telemetry().clone();
    events.into_iter().for_each(|(frame, kind)| controller.send(Message::Event { frame, kind }));
    let mut recorder = Recorder::new();
    let (mut left, mut right) = ([0.0; 777], [0.0; 777]);
    while recorder.heard.len() < live.len() {
        controller.pump();
        renderer.render(None, [&mut left, &mut right]);
        recorder.listen(&telemetry);
    }
    let differs = live.iter().zip(&recorder.heard).position(|(live, offline)| live.to_bits() != offline.to_bits());
    assert_eq!(differs, None, "of {} frames", live.len());
    assert!(live.iter().any(|sample| sample.abs() > 0.1), "it sounds");
}
