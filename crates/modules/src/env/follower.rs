//! Envelope follower: how loud a sound is, as a signal.
//!
//! The rectified (peak) or squared (RMS) signal through a one-pole smoother whose time constant is the attack while it rises and the
//! release while it falls. RMS is the root of the smoothed square, as U. Zölzer, *DAFX*, section 4.2.1.
//!
//! Face: `[0]` level, `[1]` 1 while the gate is open.

use crate::dsp::lane_glide::LaneSwitch;
use crate::dsp::levels::{factor_from_db, gain_from_db};
use crate::glide::switch_step;
use patchlight_core::{Face, ModuleSpec, audio, choice, control, db, gate, module, preset, secs};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, exp, f32x8, load, select, splat, store};
use patchlight_engine::{BuildContext, FACE, GROUP, GroupIo, LaneKernel, LaneParam, LaneVisit, Oct, Unit, eight_lanes, lane_state};

const ATTACK: usize = 0;
const RELEASE: usize = 1;
const DETECT: usize = 2;
const GAIN: usize = 3;
const THRESHOLD: usize = 4;

pub const SPEC: ModuleSpec = module("env.follower", "Follower")
    .about("Turns loudness into a signal: let a drum open a filter, or a voice play a synth.")
    .tags(&["envelope", "detector", "sidechain", "auto-wah", "loudness", "level", "duck"])
    .inputs(&[audio("in", "Sound to follow").mono()])
    .params(&[
        secs("attack_secs", 0.0001..=1.0, 0.005).about("How fast it rises (time constant)"),
        secs("release_secs", 0.001..=5.0, 0.1).about("How fast it falls (time constant)"),
        choice("detect", &["peak", "RMS"], 0).about("Peak follows the waveform, RMS the power"),
        db("gain_db", -24.0..=48.0, 0.0).about("Makes quiet sounds reach further").hidden(),
        db("threshold_db", -60.0..=0.0, -24.0).about("Above this the gate is open").hidden(),
    ])
    .presets(&[
        preset("Quick", "drum fast", "attack_secs 0.0005; release_secs 0.05"),
        preset("Smooth", "level slow", "attack_secs 0.03; release_secs 0.5; detect RMS"),
        preset("Auto-wah", "filter guitar", "attack_secs 0.008; release_secs 0.18; gain_db 12"),
        preset("Onset", "trigger gate", "attack_secs 0.0003; release_secs 0.09; threshold_db -18"),
        preset("Loudness", "rms meter", "attack_secs 0.3; release_secs 0.3; detect RMS"),
    ])
    .outputs(&[control("out", "Level, 0 to 1 and beyond"), gate("gate", "Open while the level is above the threshold")])
    .bundles()
    .face(Face::Envelope);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| Follower {
        rate_hz: lanes.sample_rate_hz,
        peak: [0.0; GROUP],
        square: [0.0; GROUP],
        detect: LaneSwitch::default(),
        is_open: [0.0; GROUP],
        shown: [0.0; GROUP],
    })
}

struct Follower {
    rate_hz: f32,
    peak: Oct,
    square: Oct,
    /// 0 is peak, 1 RMS; glides.
    detect: LaneSwitch,
    /// 1 while the gate is open.
    is_open: Oct,
    shown: Oct,
}

/// The gate closes this far under its threshold, so that it does not flutter.
const HYSTERESIS: f32 = 0.7;
/// The lowest threshold: digital silence opens no gate.
const LOWEST_DB: f32 = -59.9;

/// What the knobs say, in factors.
#[derive(Clone, Copy)]
struct Tuned<S: Simd> {
    attack: f32x8<S>,
    release: f32x8<S>,
    gain: f32x8<S>,
    threshold: f32x8<S>,
}

impl<S: Simd> Tuned<S> {
    #[inline(always)]
    fn new(simd: S, [attack, release, gain, threshold]: &[LaneParam<'_>; 4], rate_hz: f32, frame: usize) -> Self {
        let frames = splat(simd, -1.0 / rate_hz);
        Self {
            attack: exp(simd, frames / attack.at(simd, frame)),
            release: exp(simd, frames / release.at(simd, frame)),
            gain: gain_from_db(simd, gain.at(simd, frame)),
            threshold: factor_from_db(simd, threshold.at(simd, frame).max(splat(simd, LOWEST_DB))),
        }
    }
}

/// A smoother's next state.
#[inline(always)]
fn follow<S: Simd>(state: f32x8<S>, x: f32x8<S>, tuned: &Tuned<S>) -> f32x8<S> {
    (state - x).mul_add(select(x.simd_gt(state), tuned.attack, tuned.release), x)
}

impl LaneKernel for Follower {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let input = io.input(0);
        let knobs = [io.param(ATTACK), io.param(RELEASE), io.param(GAIN), io.param(THRESHOLD)];
        let detect = io.param(DETECT).first();
        let is_settled = self.detect.begin(detect);
        let (goal, step) = (splat(simd, detect), switch_step(self.rate_hz));
        let moves = knobs.iter().any(|knob| matches!(knob, LaneParam::Signal(_)));
        let mut tuned = Tuned::new(simd, &knobs, self.rate_hz, 0);
        let (one, zero, hysteresis) = (splat(simd, 1.0), splat(simd, 0.0), splat(simd, HYSTERESIS));
        let (mut peak, mut square, mut open) = (load(simd, &self.peak), load(simd, &self.square), load(simd, &self.is_open));
        let mut level = zero;
        let [out, gate] = io.outputs::<2>();
        for (n, x) in input.iter().enumerate() {
            if moves {
                tuned = Tuned::new(simd, &knobs, self.rate_hz, n);
            }
            let x = load(simd, x);
            peak = follow(peak, x.abs(), &tuned);
            square = follow(square, x * x, &tuned);
            let share = if is_settled { goal } else { self.detect.next(simd, goal, step) };
            level = (square.sqrt() - peak).mul_add(share, peak) * tuned.gain;
            let threshold = select(open.simd_gt(zero), tuned.threshold * hysteresis, tuned.threshold);
            open = select(level.simd_gt(threshold), one, zero);
            store(level, &mut out[n]);
            store(open, &mut gate[n]);
        }
        store(peak, &mut self.peak);
        store(square, &mut self.square);
        store(open, &mut self.is_open);
        store(level, &mut self.shown);
    }

    fn reset(&mut self) {
        (self.peak, self.square, self.is_open, self.shown) = ([0.0; GROUP], [0.0; GROUP], [0.0; GROUP], [0.0; GROUP]);
        self.detect = LaneSwitch::default();
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        face[..2].copy_from_slice(&[self.shown[lane], self.is_open[lane]]);
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        lane_state!(visit; self.peak, self.square, self.detect, self.is_open, self.shown);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};

    #[test]
    fn attack_and_release_are_time_constants_and_rms_is_the_power() {
        let config = SoloConfig { params: vec![("attack_secs", 0.02), ("release_secs", 0.1)], ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &["in"]);
        solo.drive("in", vec![vec![1.0; 9600]]);
        let out = solo.run(24_000, 64);
        let level = out.mono(0);
        assert!((level[960] - (1.0 - (-1.0_f32).exp())).abs() < 0.01, "{}", level[960]);
        assert!((level[9600 + 4800] / level[9599] - (-1.0_f32).exp()).abs() < 0.01);
        let config = SoloConfig { params: vec![("detect", 1.0), ("attack_secs", 0.3), ("release_secs", 0.3)], ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &["in"]);
        solo.drive("in", vec![(0..192_000).map(|n| 0.5 * (n as f32 * 0.131).sin()).collect()]);
        let out = solo.run(192_000, 64);
        assert!((out.mono(0)[191_000] - 0.5 * std::f32::consts::FRAC_1_SQRT_2).abs() < 0.005);
    }
}
