//! Absolute value, and the halves of a signal.

use crate::frame_map::{Frame, FrameMap, frame_map};
use patchlight_core::{ModuleSpec, control, module};
use patchlight_engine::simd::{Simd, SimdBase, f32x8, select, splat};
use patchlight_engine::{BuildContext, Unit};

pub const SPEC: ModuleSpec = module("math.abs", "Abs")
    .about("The size of a signal without its sign; also its upper half, its lower half and its sign. For sound, take a rectifier.")
    .tags(&["absolute", "magnitude", "sign", "half", "positive", "negative", "rectify"])
    .inputs(&[control("in", "Any signal")])
    .outputs(&[
        control("out", "Its size"),
        control("positive", "What is above 0, else 0"),
        control("negative", "What is below 0, turned upward, else 0"),
        control("sign", "1 above 0, −1 below, 0 at 0"),
    ])
    .bundles();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    frame_map::<Abs, 1, 0, 4>(context)
}

struct Abs;

impl FrameMap<1, 0, 4> for Abs {
    #[inline(always)]
    fn map<S: Simd>(simd: S, frame: &Frame<S, 1, 0>) -> [f32x8<S>; 4] {
        let (x, zero, one) = (frame.inputs[0], splat(simd, 0.0), splat(simd, 1.0));
        let sign = select(x.simd_gt(zero), one, select(x.simd_lt(zero), -one, zero));
        [x.abs(), x.max(zero), (-x).max(zero), sign]
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::value;

    #[test]
    fn sizes_halves_and_signs() {
        for (x, expected) in [(0.5, [0.5, 0.5, 0.0, 1.0]), (-2.0, [2.0, 0.0, 2.0, -1.0]), (0.0, [0.0; 4])] {
            assert_eq!([0, 1, 2, 3].map(|output| value(&SPEC, build, &[], &[("in", x)], output)), expected);
        }
    }
}
