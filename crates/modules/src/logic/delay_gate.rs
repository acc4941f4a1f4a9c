//! Delay gate: a gate that comes later, and stays as long as it was or as long as you say.

use crate::dsp::GateLine;
use crate::pulse::{Edge, level};
use patchlight_core::{ModuleSpec, gate, module, secs};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

pub const SPEC: ModuleSpec = module("logic.delay_gate", "Delay gate")
    .about("The same gate, later. With a length it makes gates of triggers and triggers of gates.")
    .tags(&["delay", "later", "trigger delay", "gate length", "pulse", "flam", "echo"])
    .inputs(&[gate("in", "The gate to delay")])
    .params(&[
        secs("delay_secs", 0.0..=10.0, 0.1).about("How much later it comes"),
        secs("length_secs", 0.0..=10.0, 0.0).about("How long it stays on; 0 is as long as it was"),
    ])
    .outputs(&[gate("out", "The gate, later"), gate("end", "On for five milliseconds when the gate has ended")]);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |lane| DelayGate { rate_hz: lane.sample_rate_hz, state: State::new() })
}

struct DelayGate {
    rate_hz: f32,
    state: State,
}

struct State {
    line: GateLine,
    edge: Edge,
    /// Frames that a gate of a set length goes on.
    left: u64,
    was_on: bool,
    end_left: u32,
}

impl State {
    const fn new() -> Self {
        Self { line: GateLine::new(), edge: Edge::LOW, left: 0, was_on: false, end_left: 0 }
    }
}

impl RowKernel for DelayGate {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (input, delay, length) = (io.input(0), io.param(0), io.param(1));
        let (rate_hz, state) = (self.rate_hz, &mut self.state);
        let frames = |secs: f32| (secs * rate_hz).round() as u64;
        let [out, end] = io.outputs();
        for n in 0..out.len() {
            let gate = state.line.next(input[n] > 0.5, frames(delay.at(n)));
            let length = frames(length.at(n));
            if state.edge.rises(level(gate)) {
                state.left = length;
            }
            let is_on = if length > 0 { state.left > 0 } else { gate };
            state.left = state.left.saturating_sub(1);
            if state.was_on && !is_on {
                state.end_left = frames(0.005) as u32;
            }
            state.was_on = is_on;
            (out[n], end[n]) = (level(is_on), level(state.end_left > 0));
            state.end_left = state.end_left.saturating_sub(1);
        }
    }

    fn reset(&mut self) {
        self.state = State::new();
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[0] = level(self.state.was_on);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, gate};

    #[test]
    fn it_comes_later_to_the_frame() {
        let inputs = [("in", gate(2000, &[(100, 150), (160, 400)]))];
        let rendered = driven(&SPEC, build, &[("delay_secs", 0.01)], &inputs, 2000);
        assert_eq!(rendered.mono(0), gate(2000, &[(580, 630), (640, 880)]));
        assert_eq!(rendered.outputs[1][0], gate(2000, &[(630, 870), (880, 1120)]));
        let rendered = driven(&SPEC, build, &[("delay_secs", 0.0), ("length_secs", 0.001)], &inputs, 2000);
        assert_eq!(rendered.mono(0), gate(2000, &[(100, 148), (160, 208)]));
    }
}
