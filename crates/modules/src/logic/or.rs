//! Or: any of the gates.

use crate::four_gates::{GATES, INPUTS, INVERTED, both};
use crate::frame_map::{Frame, FrameMap, frame_map};
use patchlight_core::{ModuleSpec, gate, module};
use patchlight_engine::simd::{Simd, SimdBase, f32x8, select, splat};
use patchlight_engine::{BuildContext, Unit};

pub const SPEC: ModuleSpec = module("logic.or", "Or")
    .about("On while any of the gates is on. Joins rhythms.")
    .tags(&["any", "either", "merge", "boolean", "union", "join"])
    .inputs(INPUTS)
    .outputs(&[gate("out", "On while at least one gate is on"), INVERTED])
    .bundles();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    frame_map::<Or, GATES, 0, 2>(context)
}

struct Or;

impl FrameMap<GATES, 0, 2> for Or {
    #[inline(always)]
    fn map<S: Simd>(simd: S, frame: &Frame<S, GATES, 0>) -> [f32x8<S>; 2] {
        let (half, one, zero) = (splat(simd, 0.5), splat(simd, 1.0), splat(simd, 0.0));
        let mut out = zero;
        for index in 0..GATES {
            out = select(frame.inputs[index].simd_gt(half), one, out);
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
    fn one_gate_is_enough() {
        for (a, b) in [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)] {
            assert_eq!(out(&[("a", a), ("b", b)])[0], f32::max(a, b));
        }
        assert_eq!(out(&[("d", 1.0)]), [1.0, 0.0]);
    }
}
