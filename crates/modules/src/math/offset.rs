//! Offset: adds a constant, or is one.

use crate::frame_map::{Frame, FrameMap, frame_map};
use patchlight_core::{ModuleSpec, control, module, unit};
use patchlight_engine::simd::{Simd, f32x8};
use patchlight_engine::{BuildContext, Unit};

pub const SPEC: ModuleSpec = module("math.offset", "Offset")
    .about("Adds a constant to a control signal. With nothing wired it is that constant.")
    .tags(&["constant", "dc", "add", "shift", "bias", "value", "number"])
    .inputs(&[control("in", "Signal to move; not wired, it is 0")])
    .params(&[
        unit("coarse", -10.0..=10.0, 0.0).about("Added to the signal"),
        unit("fine", -0.1..=0.1, 0.0).about("Added too, for the last bit"),
    ])
    .outputs(&[control("out", "The signal and both knobs")])
    .bundles();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    frame_map::<Offset, 1, 2, 1>(context)
}

struct Offset;

impl FrameMap<1, 2, 1> for Offset {
    #[inline(always)]
    fn map<S: Simd>(_simd: S, frame: &Frame<S, 1, 2>) -> [f32x8<S>; 1] {
        [frame.inputs[0] + (frame.knobs[0] + frame.knobs[1])]
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::value;

    #[test]
    fn it_adds_and_stands_alone() {
        assert_eq!(value(&SPEC, build, &[("coarse", 2.0)], &[("in", -0.5)], 0), 1.5);
        assert_eq!(value(&SPEC, build, &[("coarse", 1.0), ("fine", 0.0625)], &[], 0), 1.0625);
    }
}
