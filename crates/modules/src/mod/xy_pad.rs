//! X-Y pad: two controls under one finger, and the four corners.

use crate::frame_map::{Frame, FrameMap, frame_map};
use patchlight_core::{ModuleSpec, control, module, percent};
use patchlight_engine::simd::{Simd, f32x8, splat};
use patchlight_engine::{BuildContext, Unit};

pub const SPEC: ModuleSpec = module("mod.xy_pad", "X-Y pad")
    .about("Two controls at once, and the four corners as a mix that adds up to one: blends four sounds like a vector synth.")
    .tags(&["xy", "pad", "vector", "joystick", "morph", "corners", "performance", "blend"])
    .params(&[percent("x", 0.5).about("From left to right"), percent("y", 0.5).about("From bottom to top")])
    .outputs(&[
        control("x", "From left to right, 0 to 1"),
        control("y", "From bottom to top, 0 to 1"),
        control("bottom_left", "How near that corner, 0 to 1; the four add up to 1"),
        control("bottom_right", "How near that corner, 0 to 1"),
        control("top_left", "How near that corner, 0 to 1"),
        control("top_right", "How near that corner, 0 to 1"),
    ])
    .bundles();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    frame_map::<XyPad, 0, 2, 6>(context)
}

struct XyPad;

impl FrameMap<0, 2, 6> for XyPad {
    #[inline(always)]
    fn map<S: Simd>(simd: S, frame: &Frame<S, 0, 2>) -> [f32x8<S>; 6] {
        let ([x, y], one) = (frame.knobs, splat(simd, 1.0));
        let (left, bottom) = (one - x, one - y);
        [x, y, left * bottom, x * bottom, left * y, x * y]
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::value;

    #[test]
    fn corners_add_up_to_one() {
        for (x, y) in [(0.0, 0.0), (1.0, 0.0), (0.25, 0.75)] {
            let all: Vec<f32> = (0..6).map(|output| value(&SPEC, build, &[("x", x), ("y", y)], &[], output)).collect();
            assert_eq!((all[0], all[1], all[5]), (x, y, x * y));
            assert!((all[2..].iter().sum::<f32>() - 1.0).abs() < 1e-6);
        }
    }
}
