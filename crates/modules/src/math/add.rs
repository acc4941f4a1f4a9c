//! Add: two signals, each times its amount, and a constant.

use crate::frame_map::{Frame, FrameMap, frame_map};
use patchlight_core::{ModuleSpec, audio, module, unit};
use patchlight_engine::simd::{Simd, f32x8};
use patchlight_engine::{BuildContext, Unit};

pub const SPEC: ModuleSpec = module("math.add", "Add")
    .about("The sum of two signals, each as strong as you like, turned over where its amount is below 0.")
    .tags(&["sum", "plus", "mix", "subtract", "difference", "minus", "combine"])
    .inputs(&[audio("a", "The first signal"), audio("b", "The second signal; amount b at −1 takes it away")])
    .params(&[
        unit("amount_a", -10.0..=10.0, 1.0).about("How much of the first signal"),
        unit("amount_b", -10.0..=10.0, 1.0).about("How much of the second signal; −1 is the difference of both"),
        unit("offset", -2.0..=2.0, 0.0).about("Added to the sum").hidden(),
    ])
    .outputs(&[audio("out", "a · amount a + b · amount b + offset")])
    .bundles();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    frame_map::<Add, 2, 3, 1>(context)
}

struct Add;

impl FrameMap<2, 3, 1> for Add {
    #[inline(always)]
    fn map<S: Simd>(_simd: S, frame: &Frame<S, 2, 3>) -> [f32x8<S>; 1] {
        let [a, b] = frame.inputs;
        let [amount_a, amount_b, offset] = frame.knobs;
        [a * amount_a + b * amount_b + offset]
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::value;

    #[test]
    fn sums_and_differences() {
        let out = |params: &[(&'static str, f32)]| value(&SPEC, build, params, &[("a", 0.75), ("b", 0.5)], 0);
        assert_eq!(out(&[]), 1.25);
        assert_eq!(out(&[("amount_b", -1.0)]), 0.25);
        assert_eq!(out(&[("amount_a", 2.0), ("amount_b", 0.0), ("offset", -2.0)]), -0.5);
    }
}
