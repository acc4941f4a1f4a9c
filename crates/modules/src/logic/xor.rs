//! Exclusive or: an odd number of the gates.

use crate::four_gates::{GATES, INPUTS, INVERTED, both};
use crate::frame_map::{Frame, FrameMap, frame_map};
use patchlight_core::{ModuleSpec, gate, module};
use patchlight_engine::simd::{Simd, SimdBase, f32x8, select, splat};
use patchlight_engine::{BuildContext, Unit};

pub const SPEC: ModuleSpec = module("logic.xor", "Xor")
    .about("On while an odd number of the gates are on: with two, while they differ. Two even rhythms make an uneven one.")
    .tags(&["exclusive or", "differ", "odd", "parity", "boolean"])
    .inputs(INPUTS)
    .outputs(&[gate("out", "On while an odd number of gates are on"), INVERTED])
    .bundles();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    frame_map::<Xor, GATES, 0, 2>(context)
}

struct Xor;

impl FrameMap<GATES, 0, 2> for Xor {
    #[inline(always)]
    fn map<S: Simd>(simd: S, frame: &Frame<S, GATES, 0>) -> [f32x8<S>; 2] {
        let (half, one, zero) = (splat(simd, 0.5), splat(simd, 1.0), splat(simd, 0.0));
        let mut out = zero;
        for index in 0..GATES {
            out = select(frame.inputs[index].simd_gt(half), one - out, out);
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
    fn an_odd_number_must_be_on() {
        for (a, b) in [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)] {
            assert_eq!(out(&[("a", a), ("b", b)])[0], if a == b { 0.0 } else { 1.0 });
        }
        assert_eq!(out(&[("a", 1.0), ("b", 1.0), ("c", 1.0)])[0], 1.0);
    }
}
