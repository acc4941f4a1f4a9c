//! Minimum and maximum of the signals that are wired.

use crate::frame_map::{Frame, FrameMap, frame_map};
use patchlight_core::{ModuleSpec, control, module, unit};
use patchlight_engine::simd::{Simd, SimdBase, f32x8};
use patchlight_engine::{BuildContext, Unit};

pub const SPEC: ModuleSpec = module("math.min_max", "Min max")
    .about("The lower and the higher of two signals at each moment. One signal and the knob: a floor and a ceiling.")
    .tags(&["minimum", "maximum", "lowest", "highest", "limit", "floor", "ceiling", "rectify"])
    .inputs(&[control("a", "The first signal"), control("b", "The second signal; not wired, the knob stands for it")])
    .params(&[unit("b_value", -10.0..=10.0, 0.0).about("What the first signal is compared with while b is not wired")])
    .outputs(&[control("min", "The lower of both"), control("max", "The higher of both"), control("range", "How far apart they are")])
    .bundles();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    frame_map::<MinMax, 2, 1, 3>(context)
}

struct MinMax;

impl FrameMap<2, 1, 3> for MinMax {
    #[inline(always)]
    fn map<S: Simd>(_simd: S, frame: &Frame<S, 2, 1>) -> [f32x8<S>; 3] {
        let a = frame.inputs[0];
        let b = if frame.wired[1] { frame.inputs[1] } else { frame.knobs[0] };
        let (min, max) = (a.min(b), a.max(b));
        [min, max, max - min]
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::value;

    #[test]
    fn the_lower_and_the_higher_come_out() {
        let both = [("a", 0.25), ("b", -0.5)];
        assert_eq!([0, 1, 2].map(|output| value(&SPEC, build, &[("b_value", 9.0)], &both, output)), [-0.5, 0.25, 0.75]);
        assert_eq!(value(&SPEC, build, &[("b_value", 9.0)], &[("a", 0.25)], 1), 9.0);
    }
}
