//! Attenuverter: a signal smaller, larger or turned over, and moved up or down.

use crate::frame_map::{Frame, FrameMap, frame_map};
use patchlight_core::{ModuleSpec, audio, module, unit};
use patchlight_engine::simd::{Simd, f32x8};
use patchlight_engine::{BuildContext, Unit};

pub const SPEC: ModuleSpec = module("math.attenuvert", "Attenuvert")
    .about("Makes a signal smaller or turns it over: from full at the right over nothing in the middle to upside down at the left.")
    .tags(&["attenuverter", "attenuate", "invert", "amount", "depth", "scale", "negate"])
    .inputs(&[audio("in", "Signal to scale")])
    .params(&[
        unit("amount", -2.0..=2.0, 1.0).about("1 leaves it as it is, 0 takes it away, −1 turns it over"),
        unit("offset", -2.0..=2.0, 0.0).about("Added behind the amount"),
    ])
    .outputs(&[audio("out", "in · amount + offset"), audio("inverted", "The same turned over")])
    .bundles();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    frame_map::<Attenuvert, 1, 2, 2>(context)
}

struct Attenuvert;

impl FrameMap<1, 2, 2> for Attenuvert {
    #[inline(always)]
    fn map<S: Simd>(_simd: S, frame: &Frame<S, 1, 2>) -> [f32x8<S>; 2] {
        let [amount, offset] = frame.knobs;
        let out = frame.inputs[0] * amount + offset;
        [out, -out]
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::value;

    #[test]
    fn smaller_larger_and_upside_down() {
        let out = |amount: f32, offset: f32, output: usize| {
            value(&SPEC, build, &[("amount", amount), ("offset", offset)], &[("in", 0.5)], output)
        };
        assert_eq!([out(1.0, 0.0, 0), out(-1.0, 0.0, 0), out(0.5, 1.0, 0), out(0.5, 1.0, 1)], [0.5, -0.5, 1.25, -1.25]);
    }
}
