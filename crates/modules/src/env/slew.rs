//! Slew: limits how fast a signal may rise and fall.

use crate::dsp::levels::OCTAVES_PER_60_DB;
use patchlight_core::{ModuleSpec, choice, control, gate, module, secs};
use patchlight_engine::simd::{Simd, SimdBase, exp2, load, select, splat, store};
use patchlight_engine::{BuildContext, GROUP, GroupIo, LaneKernel, LaneVisit, Oct, Unit, eight_lanes, lane_state};

const RISE: usize = 0;
const FALL: usize = 1;
const SHAPE: usize = 2;

pub const SPEC: ModuleSpec = module("env.slew", "Slew")
    .about("Limits how fast a signal rises and falls: rounds steps, makes envelopes of gates, glides of pitches.")
    .tags(&["slew limiter", "lag", "smooth", "glide", "portamento", "integrator", "attack", "decay"])
    .inputs(&[control("in", "Signal to slow down")])
    .params(&[
        secs("rise_secs", 0.0..=20.0, 0.1).about("How long a rise by 1 takes; 0 is at once"),
        secs("fall_secs", 0.0..=20.0, 0.1).about("How long a fall by 1 takes; 0 is at once"),
        choice("shape", &["linear", "exponential"], 0)
            .about("At equal speed, or fast first and slow at the end (to within 0.1 % in the time)"),
    ])
    .outputs(&[control("out", "The slowed signal"), gate("rising", "On while it rises"), gate("falling", "On while it falls")])
    .bundles();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| Slew { rate_hz: lanes.sample_rate_hz, level: [0.0; GROUP] })
}

struct Slew {
    rate_hz: f32,
    level: Oct,
}

/// It has arrived when it is this near.
const NEAR: f32 = 1e-5;

impl LaneKernel for Slew {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let (frames, input) = (io.frames(), io.input(0));
        let (rise, fall) = (io.param(RISE), io.param(FALL));
        let is_linear = io.param(SHAPE).first() < 0.5;
        let (zero, one, near) = (splat(simd, 0.0), splat(simd, 1.0), splat(simd, NEAR));
        let mut level = load(simd, &self.level);
        let [out, rising, falling] = io.outputs::<3>();
        for n in 0..frames {
            let goal = load(simd, &input[n]);
            let left = goal - level;
            let is_up = left.simd_gt(zero);
            let slew_frames = select(is_up, rise.at(simd, n), fall.at(simd, n)) * splat(simd, self.rate_hz);
            let moved = if is_linear {
                let step = one / slew_frames.max(one);
                left.max(-step).min(step)
            } else {
                left * (one - exp2(simd, splat(simd, -OCTAVES_PER_60_DB) / slew_frames.max(one)))
            };
            let next = select(slew_frames.simd_gt(one), level + moved, goal);
            level = select((goal - next).abs().simd_lt(near), goal, next);
            store(level, &mut out[n]);
            let is_moving = level.simd_eq(goal);
            store(select(is_moving, zero, select(is_up, one, zero)), &mut rising[n]);
            store(select(is_moving, zero, select(is_up, zero, one)), &mut falling[n]);
        }
        store(level, &mut self.level);
    }

    fn reset(&mut self) {
        self.level = [0.0; GROUP];
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        lane_state!(visit; self.level);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, frames_on, gate};

    #[test]
    fn rises_and_falls_take_their_times() {
        let params = [("rise_secs", 0.1), ("fall_secs", 0.05)];
        let inputs = [("in", gate(16_000, &[(1_000, 10_000)]))];
        let rendered = driven(&SPEC, build, &params, &inputs, 16_000);
        assert!((frames_on(&rendered.outputs[1][0]) as f32 - 4_800.0).abs() < 3.0);
        assert!((frames_on(&rendered.outputs[2][0]) as f32 - 2_400.0).abs() < 3.0);
        assert!((rendered.mono(0)[999 + 2_400] - 0.5).abs() < 1e-3);
        let curved = driven(&SPEC, build, &[&params[..], &[("shape", 1.0)]].concat(), &inputs, 16_000);
        assert!((curved.mono(0)[999 + 4_800] - 0.999).abs() < 1e-4, "60 dB nearer in its time");
    }
}
