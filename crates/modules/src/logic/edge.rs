//! Edge: short triggers at the beginning and the end of a gate.

use crate::pulse::level;
use patchlight_core::{ModuleSpec, gate, module, secs};
use patchlight_engine::{BuildContext, RowIo, RowKernel, Unit, rows};

pub const SPEC: ModuleSpec = module("logic.edge", "Edge")
    .about("Triggers where a gate begins and where it ends. Starts a second envelope when the key is let go.")
    .tags(&["trigger", "rise", "fall", "begin", "end", "release", "transition", "gate to trigger"])
    .inputs(&[gate("in", "The gate to look at")])
    .params(&[secs("length_secs", 0.0005..=1.0, 0.005).about("How long the triggers are")])
    .outputs(&[gate("rise", "When the gate begins"), gate("fall", "When it ends"), gate("both", "When it begins and when it ends")]);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |_| Edges::default())
}

#[derive(Default)]
struct Edges {
    was_on: bool,
    rise_left: u32,
    fall_left: u32,
}

impl RowKernel for Edges {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (input, length, rate_hz) = (io.input(0), io.param(0), io.sample_rate_hz());
        let [rise, fall, both] = io.outputs();
        for n in 0..rise.len() {
            let is_on = input[n] > 0.5;
            if is_on != self.was_on {
                let frames = ((length.at(n) * rate_hz).round() as u32).max(1);
                *(if is_on { &mut self.rise_left } else { &mut self.fall_left }) = frames;
                self.was_on = is_on;
            }
            (rise[n], fall[n]) = (level(self.rise_left > 0), level(self.fall_left > 0));
            both[n] = rise[n].max(fall[n]);
            self.rise_left = self.rise_left.saturating_sub(1);
            self.fall_left = self.fall_left.saturating_sub(1);
        }
    }

    fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, gate};

    #[test]
    fn both_ends_of_a_gate_are_marked() {
        let rendered = driven(&SPEC, build, &[("length_secs", 0.001)], &[("in", gate(600, &[(100, 300)]))], 600);
        let found = [0, 1, 2].map(|output| rendered.outputs[output][0].clone());
        assert_eq!(found, [gate(600, &[(100, 148)]), gate(600, &[(300, 348)]), gate(600, &[(100, 148), (300, 348)])]);
    }
}
