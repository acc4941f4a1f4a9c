//! What the tests of many modules share.

use patchlight_core::ModuleSpec;
use patchlight_engine::{Build, Rendered, Solo, SoloConfig};

/// What an output stands at when inputs and parameters stand still.
pub(crate) fn value(
    spec: &'static ModuleSpec,
    build: Build,
    params: &[(&'static str, f32)],
    inputs: &[(&'static str, f32)],
    output: usize,
) -> f32 {
    let signals: Vec<(&'static str, Vec<f32>)> = inputs.iter().map(|(id, value)| (*id, vec![*value; 64])).collect();
    driven(spec, build, params, &signals, 64).outputs[output][0][63]
}

/// What a module makes of signals, one lane each; silence after their ends.
pub(crate) fn driven(
    spec: &'static ModuleSpec,
    build: Build,
    params: &[(&'static str, f32)],
    inputs: &[(&'static str, Vec<f32>)],
    frames: usize,
) -> Rendered {
    let ends: Vec<&str> = inputs.iter().map(|(id, _)| *id).collect();
    let mut solo = Solo::new(spec, build, &SoloConfig { params: params.to_vec(), ..SoloConfig::default() }, &ends);
    inputs.iter().for_each(|(id, signal)| solo.drive(id, vec![signal.clone()]));
    solo.run(frames, 64)
}

/// A gate that is on from each first frame up to the second.
pub(crate) fn gate(frames: usize, on: &[(usize, usize)]) -> Vec<f32> {
    (0..frames).map(|n| if on.iter().any(|(from, to)| (*from..*to).contains(&n)) { 1.0 } else { 0.0 }).collect()
}

/// The frames on which a gate rises; one that is on from the start rises on frame 0.
pub(crate) fn rises(gate: &[f32]) -> Vec<usize> {
    (0..gate.len()).filter(|n| gate[*n] > 0.5 && (*n == 0 || gate[n - 1] <= 0.5)).collect()
}

/// How many frames a gate is on.
pub(crate) fn frames_on(gate: &[f32]) -> usize {
    gate.iter().filter(|x| **x > 0.5).count()
}

/// A sine over ±`level` at 48 kHz.
pub(crate) fn sine(hz: f64, level: f64, frames: usize) -> Vec<f32> {
    (0..frames).map(|n| (level * (std::f64::consts::TAU * hz * n as f64 / 48_000.0).sin()) as f32).collect()
}
