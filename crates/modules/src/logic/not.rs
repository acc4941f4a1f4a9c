//! Not: the opposite of a gate.

use crate::frame_map::{Frame, FrameMap, frame_map};
use patchlight_core::{ModuleSpec, gate, module};
use patchlight_engine::simd::{Simd, SimdBase, f32x8, select, splat};
use patchlight_engine::{BuildContext, Unit};

pub const SPEC: ModuleSpec = module("logic.not", "Not")
    .about("On while its gate is off. Plays in the gaps of another rhythm.")
    .tags(&["inverter", "invert", "opposite", "boolean", "off", "gap"])
    .inputs(&[gate("in", "The gate to turn over")])
    .outputs(&[gate("out", "On while the gate is off")])
    .bundles();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    frame_map::<Not, 1, 0, 1>(context)
}

struct Not;

impl FrameMap<1, 0, 1> for Not {
    #[inline(always)]
    fn map<S: Simd>(simd: S, frame: &Frame<S, 1, 0>) -> [f32x8<S>; 1] {
        [select(frame.inputs[0].simd_gt(splat(simd, 0.5)), splat(simd, 0.0), splat(simd, 1.0))]
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::value;

    #[test]
    fn on_is_off_and_off_is_on() {
        assert_eq!([0.0, 0.4, 0.6, 1.0].map(|x| value(&SPEC, build, &[], &[("in", x)], 0)), [1.0, 1.0, 0.0, 0.0]);
    }
}
