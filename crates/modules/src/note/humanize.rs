//! Humanize: small differences of time, strength and pitch, new for each note.

use crate::dsp::GateLine;
use crate::pulse::{Edge, chance, level};
use patchlight_core::{ModuleSpec, cents, control, gate, module, percent, pitch, secs};
use patchlight_engine::{BuildContext, RowIo, RowKernel, Unit, rows};

const TIMING: usize = 0;
const STRENGTH: usize = 1;
const DETUNE: usize = 2;

pub const SPEC: ModuleSpec = module("note.humanize", "Humanize")
    .about("No two notes alike: each a little late, a little softer, a little out of tune. A hand in place of a machine.")
    .tags(&["human", "random", "timing", "velocity", "detune", "loose", "feel", "variation"])
    .inputs(&[gate("gate", "The notes"), control("velocity", "How strong they are; not wired, 1"), pitch("pitch", "Their pitch")])
    .params(&[
        secs("timing_secs", 0.0..=0.1, 0.012).about("A note comes up to so much later"),
        percent("strength", 0.2).about("A note is up to so much softer"),
        cents("detune_cents", 0.0..=100.0, 4.0).about("A note is up to so much higher or lower"),
    ])
    .outputs(&[
        gate("gate", "The notes, in their own time"),
        control("velocity", "How strong they are now"),
        pitch("pitch", "Their pitch now"),
    ]);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |lane| Humanize { seed: lane.seed, state: State::new() })
}

struct Humanize {
    seed: u64,
    state: State,
}

struct State {
    line: GateLine,
    arrives: Edge,
    leaves: Edge,
    /// Notes that arrived, and that left.
    arrived: i64,
    left: i64,
    delay_frames: u64,
    /// Shares of the knobs for the note that sounds: 0 to 1 softer, −1 to 1 higher.
    softer: f32,
    higher: f32,
}

impl State {
    const fn new() -> Self {
        let (arrives, leaves) = (Edge::LOW, Edge::LOW);
        Self { line: GateLine::new(), arrives, leaves, arrived: 0, left: 0, delay_frames: 0, softer: 0.0, higher: 0.0 }
    }
}

impl RowKernel for Humanize {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let [gates, velocities, pitches] = [0, 1, 2].map(|input| io.input(input));
        let has_velocity = io.is_connected(1);
        let [timing, strength, detune] = [TIMING, STRENGTH, DETUNE].map(|index| io.param(index));
        let (seed, rate_hz, state) = (self.seed, io.sample_rate_hz(), &mut self.state);
        let [gate, velocity, pitch] = io.outputs();
        for n in 0..gate.len() {
            if state.arrives.rises(gates[n]) {
                state.delay_frames = (chance(seed, 3 * state.arrived) * timing.at(n) * rate_hz).round() as u64;
                state.arrived += 1;
            }
            gate[n] = level(state.line.next(gates[n] > 0.5, state.delay_frames));
            if state.leaves.rises(gate[n]) {
                state.softer = chance(seed, 3 * state.left + 1);
                state.higher = 2.0 * chance(seed, 3 * state.left + 2) - 1.0;
                state.left += 1;
            }
            let played = if has_velocity { velocities[n] } else { 1.0 };
            velocity[n] = played * (1.0 - state.softer * strength.at(n));
            pitch[n] = pitches[n] + state.higher * detune.at(n) / 1_200.0;
        }
    }

    fn reset(&mut self) {
        self.state = State::new();
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, rises};

    #[test]
    fn notes_differ_within_the_knobs() {
        let gates: Vec<f32> = (0..96_000).map(|n| if n % 2_000 < 1_000 { 1.0 } else { 0.0 }).collect();
        let params = [("timing_secs", 0.01), ("strength", 0.5), ("detune_cents", 10.0)];
        let rendered = driven(&SPEC, build, &params, &[("gate", gates)], 96_000);
        let begins = rises(rendered.mono(0));
        assert_eq!(begins.len(), 48);
        let late: Vec<usize> = begins.iter().enumerate().map(|(number, frame)| frame - 2_000 * number).collect();
        assert!(late.iter().all(|frames| *frames <= 480) && late.iter().max() > Some(&300) && late.iter().min() < Some(&150));
        let at = |output: usize| begins.iter().map(|frame| rendered.outputs[output][0][*frame]).collect::<Vec<_>>();
        assert!(at(1).iter().all(|velocity| (0.5..=1.0).contains(velocity)));
        assert!(at(2).iter().all(|pitch| pitch.abs() <= 10.0 / 1_200.0 + 1e-6) && at(2).iter().any(|pitch| *pitch < -0.003));
    }
}
