//! Flip-flop: changes over at each clock, or takes what `data` says then (a D flip-flop).

use crate::pulse::{Edge, level};
use patchlight_core::{ModuleSpec, gate, module};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

pub const SPEC: ModuleSpec = module("logic.flip_flop", "Flip flop")
    .about("Changes over each time its clock rises: on, off, on. Half as fast as the clock, or a foot switch that stays.")
    .tags(&["toggle", "t flip-flop", "d flip-flop", "half", "alternate", "memory", "divide by two"])
    .inputs(&[
        gate("clock", "Each rise changes over, or takes over data"),
        gate("data", "If wired, what the output becomes at the next rise of the clock"),
        gate("set", "Turns it on"),
        gate("reset", "Turns it off"),
    ])
    .outputs(&[gate("out", "The state"), gate("inverted", "The opposite")]);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |_| FlipFlop::default())
}

#[derive(Default)]
struct FlipFlop {
    is_on: bool,
    clock: Edge,
    set: Edge,
    reset: Edge,
}

impl RowKernel for FlipFlop {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let [clock, data, set, reset] = [0, 1, 2, 3].map(|input| io.input(input));
        let has_data = io.is_connected(1);
        let [out, inverted] = io.outputs();
        for n in 0..out.len() {
            if self.clock.rises(clock[n]) {
                self.is_on = if has_data { data[n] > 0.5 } else { !self.is_on };
            }
            if self.set.rises(set[n]) {
                self.is_on = true;
            }
            // Who asks for both gets silence.
            if self.reset.rises(reset[n]) {
                self.is_on = false;
            }
            (out[n], inverted[n]) = (level(self.is_on), level(!self.is_on));
        }
    }

    fn reset(&mut self) {
        *self = Self::default();
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[0] = level(self.is_on);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, gate};

    #[test]
    fn it_changes_over_and_takes_data() {
        let clock = gate(800, &[(100, 150), (200, 250), (300, 350), (400, 450)]);
        let toggled = driven(&SPEC, build, &[], &[("clock", clock.clone()), ("reset", gate(800, &[(450, 460)]))], 800);
        assert_eq!(toggled.mono(0), gate(800, &[(100, 200), (300, 400)]));
        let data = gate(800, &[(150, 310)]);
        let taken = driven(&SPEC, build, &[], &[("clock", clock), ("data", data), ("set", gate(800, &[(600, 601)]))], 800);
        assert_eq!(taken.mono(0), gate(800, &[(200, 400), (600, 800)]));
    }
}
