//! Exclusive or: an odd number of the gates.

use crate::frame_map::{Frame, FrameMap, frame_map};
use patchlight_core::{ModuleSpec, gate, module};
use patchlight_engine::simd::{Simd, SimdBase, f32x8, select, splat};
use patchlight_engine::{BuildContext, Unit};

const INPUTS: usize = 4;

pub const SPEC: ModuleSpec = module("logic.xor", "Xor")
    .about("On while an odd number of the gates are on: with two, while they differ. Two even rhythms make an uneven one.")
    .tags(&["exclusive or", "differ", "odd", "parity", "boolean"])
    .inputs(&[
        gate("a", "The first gate"),
        gate("b", "The second gate"),
        gate("c", "A third gate, if wired"),
        gate("d", "A fourth gate, if wired"),
    ])
    .outputs(&[gate("out", "On while an odd number of gates are on"), gate("inverted", "On while `out` is off")])
    .bundles();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    frame_map::<Xor, INPUTS, 0, 2>(context)
}

struct Xor;

impl FrameMap<INPUTS, 0, 2> for Xor {
    #[inline(always)]
    fn map<S: Simd>(simd: S, frame: &Frame<S, INPUTS, 0>) -> [f32x8<S>; 2] {
        let (half, one, zero) = (splat(simd, 0.5), splat(simd, 1.0), splat(simd, 0.0));
        let mut out = zero;
        for index in 0..INPUTS {
            out = select(frame.inputs[index].simd_gt(half), one - out, out);
        }
        [out, one - out]
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
