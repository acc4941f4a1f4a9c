//! And: all of the gates that are wired.

use crate::four_gates::{GATES, INPUTS, INVERTED, both};
use crate::frame_map::{Frame, FrameMap, frame_map};
use patchlight_core::{ModuleSpec, gate, module};
use patchlight_engine::simd::{Simd, SimdBase, f32x8, select, splat};
use patchlight_engine::{BuildContext, Unit};

pub const SPEC: ModuleSpec = module("logic.and", "And")
    .about("On while all gates that are wired are on. Lets a rhythm through only while another gate allows it.")
    .tags(&["both", "all", "gate", "boolean", "mask", "intersection"])
    .inputs(INPUTS)
    .outputs(&[gate("out", "On while every wired gate is on"), INVERTED])
    .bundles();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    frame_map::<And, GATES, 0, 2>(context)
}

struct And;

impl FrameMap<GATES, 0, 2> for And {
    #[inline(always)]
    fn map<S: Simd>(simd: S, frame: &Frame<S, GATES, 0>) -> [f32x8<S>; 2] {
        let (half, one, zero) = (splat(simd, 0.5), splat(simd, 1.0), splat(simd, 0.0));
        let mut out = if frame.wired.contains(&true) { one } else { zero };
        for index in 0..GATES {
            if frame.wired[index] {
                out = select(frame.inputs[index].simd_gt(half), out, zero);
            }
        }
        both(simd, out)
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::value;

    fn out(gates: &[(&'static str, f32)]) -> [f32; 2] {
        [0, 1].map(|output| value(&SPEC, build, &[], gates, output))
    }

    #[test]
    fn all_wired_gates_must_be_on() {
        for (a, b) in [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)] {
            assert_eq!(out(&[("a", a), ("b", b)]), [a * b, 1.0 - a * b]);
        }
        assert_eq!(out(&[("b", 1.0), ("d", 1.0)]), [1.0, 0.0], "what is not wired does not count");
        assert_eq!(out(&[]), [0.0, 1.0]);
    }
}
