//! Pan: puts a mono sound between left and right at constant power: left cos θ, right sin θ, θ from 0 to π/2.

use patchlight_core::{ModuleSpec, audio, bipolar, module};
use patchlight_engine::simd::{Simd, SimdFloat, f32x8, load, sin_cos_pi, splat, store};
use patchlight_engine::{BuildContext, GroupIo, LaneKernel, LaneParam, LaneVisit, Unit, eight_lanes};

const POSITION: usize = 0;

pub const SPEC: ModuleSpec = module("amp.pan", "Pan")
    .about("Puts a sound between left and right, as loud everywhere. With an LFO it wanders.")
    .tags(&["panorama", "stereo", "position", "auto-pan", "autopan", "left", "right", "place"])
    .inputs(&[audio("in", "Sound to place; stereo is made mono first").mono()])
    .params(&[bipolar("position", 0.0).about("From left (−100 %) to right (100 %); in the middle both sides are 3 dB down")])
    .outputs(&[audio("out", "The sound in its place").stereo()])
    .bundles();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |_| Pan)
}

/// Has no state: a frame depends on nothing but itself.
struct Pan;

/// Left and right gains of positions from −1 to 1.
#[inline(always)]
fn gains<S: Simd>(simd: S, position: f32x8<S>) -> (f32x8<S>, f32x8<S>) {
    let quarter = splat(simd, 0.25);
    let (right, left) = sin_cos_pi(simd, position.mul_add(quarter, quarter));
    (left, right)
}

impl LaneKernel for Pan {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let (frames, input, position) = (io.frames(), io.input(0), io.param(POSITION));
        let moves = matches!(position, LaneParam::Signal(_));
        let (mut left_gain, mut right_gain) = gains(simd, position.at(simd, 0));
        let [left, right] = io.stereo(0);
        for n in 0..frames {
            if moves {
                (left_gain, right_gain) = gains(simd, position.at(simd, n));
            }
            let x = load(simd, &input[n]);
            store(x * left_gain, &mut left[n]);
            store(x * right_gain, &mut right[n]);
        }
    }

    fn reset(&mut self) {}

    fn state(&mut self, _visit: &mut LaneVisit<'_>) {}
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};
    use std::f32::consts::FRAC_1_SQRT_2;

    #[test]
    fn power_is_the_same_everywhere_and_the_ends_are_silent_on_the_other_side() {
        for (position, left, right) in
            [(-1.0, 1.0, 0.0), (0.0, FRAC_1_SQRT_2, FRAC_1_SQRT_2), (1.0, 0.0, 1.0), (0.5, 0.382_683_4, 0.923_879_5)]
        {
            let config = SoloConfig { params: vec![("position", position)], ..SoloConfig::default() };
            let mut solo = Solo::new(&SPEC, build, &config, &["in"]);
            solo.drive("in", vec![vec![1.0; 64]]);
            let out = solo.run(64, 64).outputs.remove(0);
            assert!((out[0][63] - left).abs() < 1e-6 && (out[1][63] - right).abs() < 1e-6, "{position}: {} {}", out[0][63], out[1][63]);
        }
    }
}
