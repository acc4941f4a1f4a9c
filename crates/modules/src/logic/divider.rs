//! Divider: lets every so-manieth trigger through.

use crate::pulse::{Edge, level};
use patchlight_core::{ModuleSpec, gate, integer, module};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

pub const SPEC: ModuleSpec = module("logic.divider", "Divider")
    .about("Lets every second, third or hundredth trigger through, as long as it lasts. Two dividers of one clock make a polyrhythm.")
    .tags(&["divide", "every", "nth", "polyrhythm", "skip", "clock divider", "subharmonic"])
    .inputs(&[gate("in", "The triggers or gates"), gate("reset", "The next trigger is the first")])
    .params(&[
        integer("division", 1..=64, 2).about("One of so many is let through"),
        integer("offset", 0..=63, 0).about("Which of them: 0 is the first"),
    ])
    .outputs(&[gate("out", "The triggers that are let through"), gate("others", "All the others")]);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |_| Divider::default())
}

#[derive(Default)]
struct Divider {
    edge: Edge,
    reset: Edge,
    /// Triggers so far.
    count: u32,
    passes: bool,
}

impl RowKernel for Divider {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (input, reset) = (io.input(0), io.input(1));
        let (division, offset) = (io.param(0), io.param(1));
        let [out, others] = io.outputs();
        for n in 0..out.len() {
            if self.reset.rises(reset[n]) {
                self.count = 0;
            }
            if self.edge.rises(input[n]) {
                let division = division.at(n).max(1.0) as u32;
                self.passes = self.count % division == offset.at(n) as u32 % division;
                self.count = self.count.wrapping_add(1);
            }
            let is_on = self.edge.is_high();
            (out[n], others[n]) = (level(is_on && self.passes), level(is_on && !self.passes));
        }
    }

    fn reset(&mut self) {
        *self = Self::default();
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[0] = level(self.passes && self.edge.is_high());
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, gate};

    #[test]
    fn every_third_passes_and_a_reset_begins_anew() {
        let input = gate(1000, &[(0, 50), (100, 150), (200, 250), (300, 350), (400, 450), (500, 550)]);
        let inputs = [("in", input), ("reset", gate(1000, &[(360, 361)]))];
        let rendered = driven(&SPEC, build, &[("division", 3.0)], &inputs, 1000);
        assert_eq!(rendered.mono(0), gate(1000, &[(0, 50), (300, 350), (400, 450)]));
        assert_eq!(rendered.outputs[1][0], gate(1000, &[(100, 150), (200, 250), (500, 550)]));
        let rendered = driven(&SPEC, build, &[("division", 3.0), ("offset", 4.0)], &inputs[..1], 1000);
        assert_eq!(rendered.mono(0), gate(1000, &[(100, 150), (400, 450)]));
    }
}
