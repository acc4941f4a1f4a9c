//! Sequential switch: one of several signals after the other, moved on by a clock.

use crate::pulse::Edge;
use patchlight_core::{ModuleSpec, choice, control, gate, integer, module, secs};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

const WAYS: usize = 8;
const FIRST_SIGNAL: usize = 2;

pub const SPEC: ModuleSpec = module("logic.sequential_switch", "Sequential switch")
    .about("Passes one of up to eight signals on, the next at each clock. Eight knobs make a sequencer, eight LFOs a collage.")
    .tags(&["switch", "sequencer", "select", "rotate", "clocked", "multiplexer", "steps"])
    .inputs(&[
        gate("clock", "Each rise moves on to the next signal"),
        gate("reset", "Back to the first signal"),
        control("in_1", "The first signal"),
        control("in_2", "The second signal"),
        control("in_3", "The third signal"),
        control("in_4", "The fourth signal"),
        control("in_5", "The fifth signal"),
        control("in_6", "The sixth signal"),
        control("in_7", "The seventh signal"),
        control("in_8", "The eighth signal"),
    ])
    .params(&[
        integer("ways", 2..=8, 4).about("How many of the signals take part"),
        choice("order", &["forward", "backward", "back and forth"], 0).about("Which signal follows"),
        secs("fade_secs", 0.0..=1.0, 0.0).about("How long one signal fades into the next").hidden(),
    ])
    .outputs(&[control("out", "The signal whose turn it is"), control("position", "Its number, 0 to 1 over all that take part")]);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |lane| Switch { rate_hz: lane.sample_rate_hz, state: State::default() })
}

struct Switch {
    rate_hz: f32,
    state: State,
}

#[derive(Default)]
struct State {
    clock: Edge,
    reset: Edge,
    /// Clocks since the start; nothing before the first.
    count: Option<i64>,
    now: usize,
    before: usize,
    /// 0 to 1 on the way from the signal before to that of now.
    faded: f32,
}

/// Which of `ways` signals has its turn after `count` clocks.
fn turn(count: i64, ways: i64, order: usize) -> usize {
    let place = match order {
        0 => count.rem_euclid(ways),
        1 => (-count).rem_euclid(ways),
        _ => {
            let round = count.rem_euclid(2 * ways - 2);
            round.min(2 * ways - 2 - round)
        }
    };
    place as usize
}

impl RowKernel for Switch {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (clock, reset) = (io.input(0), io.input(1));
        let signals: [&[f32]; WAYS] = std::array::from_fn(|way| io.input(FIRST_SIGNAL + way));
        let [ways, order, fade] = [0, 1, 2].map(|index| io.param(index));
        let state = &mut self.state;
        let [out, position] = io.outputs();
        for n in 0..out.len() {
            if state.reset.rises(reset[n]) {
                state.count = None;
            }
            if state.clock.rises(clock[n]) {
                state.count = Some(state.count.map_or(0, |count| count + 1));
            }
            let (ways, order) = (ways.at(n) as i64, order.at(n) as usize);
            let now = turn(state.count.unwrap_or(0), ways, order);
            if now != state.now {
                (state.before, state.now, state.faded) = (state.now, now, 0.0);
            }
            let fade_frames = fade.at(n) * self.rate_hz;
            state.faded = if fade_frames > 1.0 { (state.faded + 1.0 / fade_frames).min(1.0) } else { 1.0 };
            let (from, to) = (signals[state.before][n], signals[state.now][n]);
            out[n] = if state.faded < 1.0 { from + (to - from) * state.faded } else { to };
            position[n] = state.now as f32 / (ways - 1) as f32;
        }
    }

    fn reset(&mut self) {
        self.state = State::default();
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[0] = self.state.now as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build, turn};
    use crate::testing::{driven, gate};

    #[test]
    fn orders_are_what_they_are_called() {
        let eight = |order: usize| (0..8).map(|count| turn(count, 4, order)).collect::<Vec<_>>();
        assert_eq!(eight(0), [0, 1, 2, 3, 0, 1, 2, 3]);
        assert_eq!(eight(1), [0, 3, 2, 1, 0, 3, 2, 1]);
        assert_eq!(eight(2), [0, 1, 2, 3, 2, 1, 0, 1]);
    }

    #[test]
    fn a_clock_moves_it_on() {
        let inputs = [
            ("clock", gate(1000, &[(100, 110), (200, 210), (300, 310), (400, 410)])),
            ("reset", gate(1000, &[(450, 451)])),
            ("in_1", vec![1.0; 1000]),
            ("in_2", vec![2.0; 1000]),
            ("in_3", vec![3.0; 1000]),
        ];
        let rendered = driven(&SPEC, build, &[("ways", 3.0)], &inputs, 1000);
        assert_eq!([50, 150, 250, 350, 440, 500].map(|n| rendered.mono(0)[n]), [1.0, 1.0, 2.0, 3.0, 1.0, 1.0]);
        let rendered = driven(&SPEC, build, &[("ways", 3.0), ("fade_secs", 0.001)], &inputs, 1000);
        assert!((rendered.mono(0)[200 + 23] - 1.5).abs() < 1e-4, "{}", rendered.mono(0)[223]);
    }
}
