//! Velocity curve: fits a keyboard to a player and a sound.
//!
//! out = low + (high − low)·in^(4^−curve): straight in the middle, to the right soft playing is lifted, to the left it is pushed down.

use crate::frame_map::{Frame, FrameMap, frame_map};
use patchlight_core::{ModuleSpec, bipolar, control, module, percent};
use patchlight_engine::simd::{Simd, SimdBase, exp2, f32x8, log2, select, splat};
use patchlight_engine::{BuildContext, Unit};

pub const SPEC: ModuleSpec = module("note.velocity_curve", "Velocity curve")
    .about("Bends how hard you play into how loud it sounds: lifts soft playing, tames hard hits, keeps within a range.")
    .tags(&["velocity", "dynamics", "touch", "response", "sensitivity", "gamma", "compress"])
    .inputs(&[control("in", "Velocity, or any control from 0 to 1")])
    .params(&[
        bipolar("curve", 0.0).about("To the right soft playing gets louder, to the left softer still"),
        percent("low", 0.0).about("What the softest note gives"),
        percent("high", 1.0).about("What the hardest note gives"),
    ])
    .outputs(&[control("out", "The bent velocity")])
    .bundles();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    frame_map::<VelocityCurve, 1, 3, 1>(context)
}

struct VelocityCurve;

impl FrameMap<1, 3, 1> for VelocityCurve {
    #[inline(always)]
    fn map<S: Simd>(simd: S, frame: &Frame<S, 1, 3>) -> [f32x8<S>; 1] {
        let (zero, one) = (splat(simd, 0.0), splat(simd, 1.0));
        let [curve, low, high] = frame.knobs;
        let x = frame.inputs[0].max(zero).min(one);
        let bent = exp2(simd, log2(simd, x) * exp2(simd, curve * splat(simd, -2.0)));
        [low + (high - low) * select(x.simd_gt(zero), bent, zero)]
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::value;

    #[test]
    fn the_curve_is_its_formula() {
        for (curve, x) in [(0.0_f32, 0.3_f32), (0.5, 0.3), (-0.5, 0.3), (1.0, 0.9)] {
            let found = value(&SPEC, build, &[("curve", curve), ("low", 0.1), ("high", 0.8)], &[("in", x)], 0);
            let expected = 0.1 + 0.7 * x.powf(4.0_f32.powf(-curve));
            assert!((found - expected).abs() < 1e-5, "{curve}: {found} for {expected}");
        }
        assert_eq!([0.0, 1.0].map(|x| value(&SPEC, build, &[("curve", 1.0)], &[("in", x)], 0)), [0.0, 1.0]);
    }
}
