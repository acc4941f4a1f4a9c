//! No click when a parameter jumps.
//!
//! A module is driven by a tone (and gates ten times a second), a parameter jumps from its default to its ends and back, and
//! the largest step between neighbouring samples of each audio output is compared with the largest that the module makes
//! anyway with the parameter standing at either setting. The engine ramps numbers over five milliseconds, as here.

use crate::harness::{gates, hold_all, inputs, sine, solo};
use patchlight_core::{ModuleSpec, ParamSpec, SignalKind};
use patchlight_engine::{Rendered, Solo, SoloConfig};
use patchlight_modules::Entry;
use patchlight_testkit::largest_step;

const RATE_HZ: f32 = 48_000.0;
/// Not a whole number of cycles in a window, so that jumps meet the tone where it is loud.
const TONE_HZ: f32 = 197.0;
/// Two periods of the gates.
const WINDOW: usize = 9600;
/// Windows for which a module is driven: three to begin with, three for each of three jumps.
const WINDOWS: usize = 12;
/// Numbers glide over 5 ms.
const RAMP_FRAMES: u32 = 240;
/// A jump may make the steepest slope of either setting this much steeper …
const STEEPER: f32 = 2.0;
/// … and add this: a full-scale change spread over about a millisecond.
const EXTRA: f32 = 0.03;

/// Parameters whose jump is a jump in sound by their nature, each with the reason.
const JUMPS: &[(&str, &str, &str)] = &[
    ("shape.crush", "bits", "the stairs of few bits are steps: that is the effect"),
    ("shape.crush", "rate_hz", "what is held at a low rate jumps to the next value: that is the effect"),
    ("osc.modal", "pitch_semitones", "what rings is carried up with the pitch, and high tones are steep"),
];

fn driven(entry: &'static Entry) -> Solo {
    let frames = WINDOW * WINDOWS;
    let ends = inputs(entry.spec);
    let mut solo = solo(entry, &SoloConfig::default(), &ends);
    for port in entry.spec.inputs {
        let lane = match port.kind {
            SignalKind::Audio => sine(TONE_HZ, 0.5, RATE_HZ, frames),
            SignalKind::Gate => gates(WINDOW / 2, frames),
            SignalKind::Control => vec![0.7; frames],
            SignalKind::Pitch => vec![0.0; frames],
        };
        solo.drive(port.id, vec![lane]);
    }
    solo
}

/// The largest step of each audio lane, the device's included. `before` is the last sample of what came before.
fn steps(spec: &ModuleSpec, rendered: &Rendered, before: &mut [f32]) -> Vec<f32> {
    let audio = spec.outputs.iter().zip(&rendered.outputs).filter(|(port, _)| port.kind == SignalKind::Audio);
    let lanes = audio.flat_map(|(_, lanes)| lanes).chain(&rendered.master);
    let mut found = Vec::new();
    for (samples, before) in lanes.zip(before) {
        found.push(largest_step(samples).1.max((samples[0] - *before).abs()));
        *before = samples[samples.len() - 1];
    }
    found
}

fn audio_lanes(spec: &ModuleSpec) -> usize {
    spec.outputs.iter().filter(|port| port.kind == SignalKind::Audio).count() * 2 + 2
}

/// Jumps one parameter through its range, and tells where it clicked.
fn listen(entry: &'static Entry, solo: &mut Solo, param: &ParamSpec, failures: &mut Vec<String>) {
    let spec = entry.spec;
    let mut before = vec![0.0; audio_lanes(spec)];
    solo.run(WINDOW, 64);
    steps(spec, &solo.run(WINDOW, 64), &mut before);
    let mut steady = steps(spec, &solo.run(WINDOW, 64), &mut before);
    for value in [param.min, param.max, param.default] {
        solo.set(param.id, value, RAMP_FRAMES);
        let jump = steps(spec, &solo.run(WINDOW, 64), &mut before);
        steps(spec, &solo.run(WINDOW, 64), &mut before);
        let after = steps(spec, &solo.run(WINDOW, 64), &mut before);
        for (lane, step) in jump.iter().enumerate() {
            let bound = STEEPER * steady[lane].max(after[lane]) + EXTRA;
            if *step > bound {
                failures.push(format!("{} to {value}: a step of {step} in audio lane {lane}, where {bound} would pass", param.id));
            }
        }
        steady = after;
    }
}

#[test]
fn no_parameter_clicks_when_it_jumps() {
    hold_all("no parameter clicks when it jumps", |entry, failures| {
        let spec = entry.spec;
        let is_heard = spec.outputs.iter().any(|port| port.kind == SignalKind::Audio) || spec.outputs.is_empty();
        for param in spec.params.iter().filter(|param| is_heard && !param.structural) {
            if !JUMPS.iter().any(|(module, id, _)| *module == spec.id && *id == param.id) {
                listen(entry, &mut driven(entry), param, failures);
            }
        }
    });
}

#[test]
fn every_allowed_jump_exists_and_has_a_reason() {
    for (module, param, reason) in JUMPS {
        let entry = patchlight_modules::find(module).unwrap_or_else(|| panic!("{module} is no module"));
        assert!(entry.spec.param(param).is_some() && reason.len() > 12, "{module} {param}: {reason}");
    }
}
