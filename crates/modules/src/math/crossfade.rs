//! Crossfade: from one signal to another.
//!
//! Linear keeps the sum of both gains at 1, for signals that are alike; constant power keeps the sum of their squares at 1 (sine and cosine of a
//! quarter turn), for signals that have nothing to do with each other.

use crate::dsp::lane_glide::LaneSwitch;
use crate::glide::switch_step;
use patchlight_core::{ModuleSpec, audio, choice, module, percent};
use patchlight_engine::simd::{Simd, load, sin_cos_pi, splat, store};
use patchlight_engine::{BuildContext, GroupIo, LaneKernel, LaneParam, LaneVisit, Unit, eight_lanes, lane_state};

const POSITION: usize = 0;
const LAW: usize = 1;

pub const SPEC: ModuleSpec = module("math.crossfade", "Crossfade")
    .about("Blends from one signal to another. Move the position with an LFO or an envelope to morph between sounds.")
    .tags(&["blend", "mix", "morph", "fade", "ab", "dry wet", "xfade", "vector"])
    .inputs(&[audio("a", "Heard at 0 %"), audio("b", "Heard at 100 %")])
    .params(&[
        percent("position", 0.5).about("0 % is a alone, 100 % b alone"),
        choice("law", &["linear", "constant power"], 0)
            .about("Linear for signals that are alike; constant power keeps different sounds equally loud on the way"),
    ])
    .outputs(&[audio("out", "The blend")])
    .bundles();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| Crossfade { law: LaneSwitch::default(), step: switch_step(lanes.sample_rate_hz) })
}

struct Crossfade {
    /// 1 is constant power.
    law: LaneSwitch,
    step: f32,
}

impl LaneKernel for Crossfade {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let frames = io.frames();
        let (a, b) = (io.input(0), io.input(1));
        let position = io.param(POSITION);
        let goal = io.param(LAW).first();
        let is_settled = self.law.begin(goal);
        let moves = matches!(position, LaneParam::Signal(_)) || !is_settled;
        let (one, half, goal) = (splat(simd, 1.0), splat(simd, 0.5), splat(simd, goal));
        let mut gains = (one, one);
        let out = io.output(0);
        for n in 0..frames {
            if moves || n == 0 {
                let law = if is_settled { goal } else { self.law.next(simd, goal, self.step) };
                let x = position.at(simd, n);
                // A quarter turn is half of π.
                let (sine, cosine) = sin_cos_pi(simd, x * half);
                let line = one - x;
                gains = (line + (cosine - line) * law, x + (sine - x) * law);
            }
            store(load(simd, &a[n]) * gains.0 + load(simd, &b[n]) * gains.1, &mut out[n]);
        }
    }

    fn reset(&mut self) {
        self.law = LaneSwitch::default();
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        lane_state!(visit; self.law);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::value;

    #[test]
    fn both_laws_keep_what_they_promise() {
        for position in [0.0, 0.2, 0.5, 0.9, 1.0] {
            let gain = |law: f32, input: &'static str| value(&SPEC, build, &[("position", position), ("law", law)], &[(input, 1.0)], 0);
            assert!((gain(0.0, "a") + gain(0.0, "b") - 1.0).abs() < 1e-6);
            assert!((gain(1.0, "a").powi(2) + gain(1.0, "b").powi(2) - 1.0).abs() < 1e-6);
            assert!((gain(0.0, "b") - position).abs() < 1e-6);
        }
    }
}
