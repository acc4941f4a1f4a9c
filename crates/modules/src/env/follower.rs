//! Envelope follower: how loud a sound is, as a signal.
//!
//! The rectified (peak) or squared (RMS) signal through a one-pole smoother whose time constant is the attack while it rises and the
//! release while it falls. RMS is the root of the smoothed square, as U. Zölzer, *DAFX*, section 4.2.1.
//!
//! Face: `[0]` level, `[1]` 1 while the gate is open.

use crate::dsp::Memo;
use crate::glide::gain_from_db;
use patchlight_core::{Face, ModuleSpec, audio, choice, control, db, gate, module, preset, secs};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

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
    .face(Face::Envelope);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |lane| {
        let rate = lane.sample_rate_hz;
        Follower { rate, peak: 0.0, square: 0.0, mix: None, is_open: false, shown: 0.0, attack: Memo::new(), release: Memo::new() }
    })
}

struct Follower {
    rate: f32,
    peak: f32,
    square: f32,
    /// 0 is peak, 1 RMS; glides.
    mix: Option<f32>,
    is_open: bool,
    shown: f32,
    attack: Memo<f32, f32>,
    release: Memo<f32, f32>,
}

/// The gate closes this far under its threshold, so that it does not flutter.
const HYSTERESIS: f32 = 0.7;

impl RowKernel for Follower {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let input = io.input(0);
        let params: [_; 5] = std::array::from_fn(|index| io.param(index));
        let rate = self.rate;
        let pole = |secs: f32| (-1.0 / (secs * rate)).exp();
        let step = 1.0 / (0.005 * rate);
        let [out, gate] = io.outputs::<2>();
        for (n, x) in input.iter().enumerate() {
            let attack = self.attack.get(params[ATTACK].at(n), pole);
            let release = self.release.get(params[RELEASE].at(n), pole);
            let follow = |state: f32, x: f32| x + (state - x) * if x > state { attack } else { release };
            self.peak = follow(self.peak, x.abs());
            self.square = follow(self.square, x * x);
            let goal = params[DETECT].at(n);
            let mix = self.mix.map_or(goal, |mix| mix + (goal - mix).clamp(-step, step));
            self.mix = Some(mix);
            let level = (self.peak + (self.square.sqrt() - self.peak) * mix) * gain_from_db(params[GAIN].at(n));
            let threshold = gain_from_db(params[THRESHOLD].at(n).max(-59.9));
            self.is_open = level > if self.is_open { threshold * HYSTERESIS } else { threshold };
            (out[n], gate[n]) = (level, if self.is_open { 1.0 } else { 0.0 });
            self.shown = level;
        }
    }

    fn reset(&mut self) {
        (self.peak, self.square, self.mix, self.is_open, self.shown) = (0.0, 0.0, None, false, 0.0);
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[..2].copy_from_slice(&[self.shown, if self.is_open { 1.0 } else { 0.0 }]);
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
