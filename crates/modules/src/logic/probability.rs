//! Probability: chance decides for each gate whether it passes here or there.

use crate::pulse::{Edge, chance, level};
use patchlight_core::{ModuleSpec, gate, module, percent, toggle};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

pub const SPEC: ModuleSpec = module("logic.probability", "Probability")
    .about("Lets each gate through by chance; the others leave by the other way. The same dice every time the patch is played.")
    .tags(&["chance", "random", "bernoulli", "dice", "coin", "maybe", "variation", "generative"])
    .inputs(&[gate("in", "The gates to decide on"), gate("reset", "Throws the same numbers again from the start")])
    .params(&[
        percent("probability", 0.5).about("How many of the gates pass"),
        toggle("latch", false).about("The way that was chosen stays open until the next gate, in place of gates as they come").hidden(),
    ])
    .outputs(&[gate("yes", "The gates that pass"), gate("no", "All the others")]);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |lane| Probability { seed: lane.seed, edge: Edge::LOW, reset: Edge::LOW, count: 0, passes: false })
}

struct Probability {
    seed: u64,
    edge: Edge,
    reset: Edge,
    count: i64,
    passes: bool,
}

impl RowKernel for Probability {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (input, reset) = (io.input(0), io.input(1));
        let (probability, latch) = (io.param(0), io.param(1));
        let [yes, no] = io.outputs();
        for n in 0..yes.len() {
            if self.reset.rises(reset[n]) {
                self.count = 0;
            }
            if self.edge.rises(input[n]) {
                self.passes = chance(self.seed, self.count) < probability.at(n);
                self.count += 1;
            }
            let is_on = self.edge.is_high() || (latch.at(n) >= 0.5 && self.count > 0);
            (yes[n], no[n]) = (level(is_on && self.passes), level(is_on && !self.passes));
        }
    }

    fn reset(&mut self) {
        (self.edge, self.reset, self.count, self.passes) = (Edge::LOW, Edge::LOW, 0, false);
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[0] = level(self.passes && self.edge.is_high());
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, frames_on, rises};

    #[test]
    fn as_many_pass_as_the_knob_says() {
        let input: Vec<f32> = (0..20_000).map(|n| if n % 10 < 5 { 1.0 } else { 0.0 }).collect();
        for probability in [0.0, 0.25, 1.0] {
            let rendered = driven(&SPEC, build, &[("probability", probability)], &[("in", input.clone())], 20_000);
            let passed = rises(rendered.mono(0)).len();
            assert!((passed as f32 - 2000.0 * probability).abs() < 60.0, "{passed} of 2000 at {probability}");
            assert_eq!(frames_on(rendered.mono(0)) + frames_on(&rendered.outputs[1][0]), 10_000, "each gate leaves one way, whole");
        }
    }

    #[test]
    fn a_reset_throws_the_same_again() {
        let input: Vec<f32> = (0..2000).map(|n| if n % 10 < 5 { 1.0 } else { 0.0 }).collect();
        let reset: Vec<f32> = (0..2000).map(|n| if n == 1000 { 1.0 } else { 0.0 }).collect();
        let rendered = driven(&SPEC, build, &[], &[("in", input), ("reset", reset)], 2000);
        assert_eq!(rendered.mono(0)[..1000], rendered.mono(0)[1000..]);
    }
}
