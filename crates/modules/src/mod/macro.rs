//! Macro: one knob for many.

use crate::frame_map::{Frame, FrameMap, frame_map};
use patchlight_core::{ModuleSpec, control, module, percent};
use patchlight_engine::simd::{Simd, f32x8, splat};
use patchlight_engine::{BuildContext, Unit};

pub const SPEC: ModuleSpec = module("mod.macro", "Macro")
    .about("One knob that moves many: wire it to as many parameters as you like, each cable with its own amount.")
    .tags(&["knob", "control", "performance", "assign", "slider", "fader", "constant"])
    .params(&[percent("value", 0.0).about("Where the knob stands")])
    .outputs(&[
        control("out", "From 0 to 1"),
        control("inverted", "From 1 down to 0"),
        control("bipolar", "From −1 over 0 in the middle to 1"),
    ])
    .bundles();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    frame_map::<Macro, 0, 1, 3>(context)
}

struct Macro;

impl FrameMap<0, 1, 3> for Macro {
    #[inline(always)]
    fn map<S: Simd>(simd: S, frame: &Frame<S, 0, 1>) -> [f32x8<S>; 3] {
        let (x, one) = (frame.knobs[0], splat(simd, 1.0));
        [x, one - x, x + x - one]
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::value;

    #[test]
    fn three_ways_to_say_one_thing() {
        assert_eq!([0, 1, 2].map(|output| value(&SPEC, build, &[("value", 0.75)], &[], output)), [0.75, 0.25, 0.5]);
    }
}
