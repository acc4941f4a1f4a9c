//! State-variable filter: low, high, band, notch, peak and a morph between them, 12 or 24 dB an octave.
//!
//! The trapezoidal ("zero-delay") form of A. Simper, *Linear Trapezoidal Integrated SVF* (Cytomic, 2013): exact at its cutoff after
//! pre-warping, and stable under modulation at audio rate, since its states are the integrators' own. At resonance 0 both slopes
//! are Butterworth, so the cutoff is the −3 dB point: `k = √2·(1 − r)` for one stage; for two, the first stands at 2·cos(π/8) and the
//! second at 2·cos(3π/8)·(1 − r).
//!
//! Face: `[0]` cutoff in Hz, `[1]` resonance of the first voice, as modulated.

use patchlight_core::{Face, ModuleSpec, audio, choice, db, hz, module, percent, pitch};
use patchlight_engine::simd::{Simd, SimdBase, exp2, f32x8, load, splat, store, tan_pi, tanh};
use patchlight_engine::{BuildContext, FACE, GroupIo, LaneKernel, Oct, Unit, eight_lanes};

const CUTOFF: usize = 0;
const RESONANCE: usize = 1;
const MODE: usize = 2;
const SLOPE: usize = 3;
const MORPH: usize = 4;
const DRIVE: usize = 5;
const TRACKING: usize = 6;

pub const SPEC: ModuleSpec = module("filter.svf", "Filter")
    .about("Clean filter of every shape: low, high, band, notch, peak. Try it after an oscillator, an envelope on its cutoff.")
    .tags(&["lowpass", "low-pass", "highpass", "high-pass", "bandpass", "notch", "wah", "tone", "brightness", "state variable"])
    .inputs(&[audio("in", "Signal to filter"), pitch("pitch", "Moves the cutoff with the notes played, as far as tracking says")])
    .params(&[
        hz("cutoff_hz", 20.0..=20_000.0, 1_000.0).about("Corner frequency: where the filter begins to work"),
        percent("resonance", 0.1).about("Emphasis at the cutoff; near 100 % it rings"),
        choice("mode", &["low", "high", "band", "notch", "peak", "morph"], 0).about("What is let through"),
        choice("slope", &["12 dB", "24 dB"], 0).about("How steeply the rest is turned down, per octave"),
        percent("morph", 0.0).about("In morph mode: from low through band to high").hidden(),
        db("drive_db", 0.0..=36.0, 0.0).about("Pushes the input into soft saturation").hidden(),
        percent("tracking", 1.0).about("How much the pitch input moves the cutoff; 100 % follows the keys").hidden(),
    ])
    .outputs(&[audio("out", "Filtered signal")])
    .eight_lanes()
    .face(Face::Filter);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| {
        let value = |index: usize| lanes.build.params.get(index).copied().unwrap_or(SPEC.params[index].default);
        let start = Glide { weights: weights(value(MODE), value(MORPH)), slope: value(SLOPE) };
        Svf { first: Stage::default(), second: Stage::default(), glide: start, start, shown: [0.0; 2] }
    })
}

#[derive(Clone, Copy, Default)]
struct Stage {
    ic1: Oct,
    ic2: Oct,
}

/// What must not jump: the mix of low, band and high, and the share of the second stage.
#[derive(Clone, Copy)]
struct Glide {
    weights: [f32; 3],
    slope: f32,
}

struct Svf {
    first: Stage,
    second: Stage,
    glide: Glide,
    start: Glide,
    shown: [f32; 2],
}

/// Shares of low, band and high in the output.
fn weights(mode: f32, morph: f32) -> [f32; 3] {
    match mode as u32 {
        0 => [1.0, 0.0, 0.0],
        1 => [0.0, 0.0, 1.0],
        2 => [0.0, 1.0, 0.0],
        3 => [1.0, 0.0, 1.0],
        4 => [1.0, 0.0, -1.0],
        _ => [(1.0 - 2.0 * morph).max(0.0), 1.0 - (2.0 * morph - 1.0).abs(), (2.0 * morph - 1.0).max(0.0)],
    }
}

/// Damping of one stage without resonance, and of the two of a fourth-order Butterworth.
const K_ONE: f32 = std::f32::consts::SQRT_2;
const K_FIRST: f32 = 1.847_759;
const K_SECOND: f32 = 0.765_366_9;
/// The least damping: a ring of about Q = 140, held by the clamp of the states.
const K_LEAST: f32 = 0.005;
const STATE_LIMIT: f32 = 16.0;

#[derive(Clone, Copy)]
struct Coefficients<S: Simd> {
    g: f32x8<S>,
    a1: f32x8<S>,
    k: f32x8<S>,
}

#[inline(always)]
fn coefficients<S: Simd>(simd: S, g: f32x8<S>, k: f32x8<S>) -> Coefficients<S> {
    let k = k.max(splat(simd, K_LEAST));
    Coefficients { g, k, a1: splat(simd, 1.0) / (splat(simd, 1.0) + g * (g + k)) }
}

/// One stage: the weighted sum of its low, band and high outputs.
#[inline(always)]
fn stage<S: Simd>(
    simd: S,
    c: Coefficients<S>,
    ic1: &mut f32x8<S>,
    ic2: &mut f32x8<S>,
    input: f32x8<S>,
    weights: &[f32x8<S>; 3],
) -> f32x8<S> {
    let v3 = input - *ic2;
    let a2 = c.g * c.a1;
    let v1 = c.a1 * *ic1 + a2 * v3;
    let v2 = *ic2 + c.g * v1;
    let limit = splat(simd, STATE_LIMIT);
    let two = splat(simd, 2.0);
    *ic1 = (two * v1 - *ic1).max(-limit).min(limit);
    *ic2 = (two * v2 - *ic2).max(-limit).min(limit);
    let band = c.k * v1;
    weights[0] * v2 + weights[1] * band + weights[2] * (input - band - v2)
}

impl LaneKernel for Svf {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let (frames, rate) = (io.frames(), io.sample_rate_hz());
        let (input, key) = (io.input(0), io.input(1));
        let is_tracking = io.is_connected(1);
        let (cutoff, resonance, drive, tracking) = (io.param(CUTOFF), io.param(RESONANCE), io.param(DRIVE), io.param(TRACKING));
        let goal = weights(io.param(MODE).first(), io.param(MORPH).first());
        let slope_goal = io.param(SLOPE).first();
        let glide_step = 1.0 / (0.005 * rate);
        let is_steady = !is_tracking
            && matches!(cutoff, patchlight_engine::LaneParam::Constant(_))
            && matches!(resonance, patchlight_engine::LaneParam::Constant(_))
            && self.glide.slope == slope_goal;
        let (mut a_ic1, mut a_ic2) = (load(simd, &self.first.ic1), load(simd, &self.first.ic2));
        let (mut b_ic1, mut b_ic2) = (load(simd, &self.second.ic1), load(simd, &self.second.ic2));
        let one = splat(simd, 1.0);
        let highest = splat(simd, 0.49);
        let per_rate = splat(simd, 1.0 / rate);
        let find = |n: usize, slope: f32| {
            let mut hz = cutoff.at(simd, n);
            if is_tracking {
                hz *= exp2(simd, load(simd, &key[n]) * tracking.at(simd, n));
            }
            let g = tan_pi(simd, (hz * per_rate).min(highest));
            let open = one - resonance.at(simd, n);
            let first = open * splat(simd, K_ONE * (1.0 - slope)) + splat(simd, K_FIRST * slope);
            (coefficients(simd, g, first), coefficients(simd, g, open * splat(simd, K_SECOND)), hz)
        };
        let (mut first, mut second, mut hz) = find(0, self.glide.slope);
        let driven = drive.first() > 0.0 || matches!(drive, patchlight_engine::LaneParam::Signal(_));
        let out = io.output(0);
        for n in 0..frames {
            for (weight, goal) in self.glide.weights.iter_mut().zip(goal) {
                *weight += (goal - *weight).clamp(-glide_step, glide_step);
            }
            self.glide.slope += (slope_goal - self.glide.slope).clamp(-glide_step, glide_step);
            if !is_steady {
                (first, second, hz) = find(n, self.glide.slope);
            }
            let weights = self.glide.weights.map(|weight| splat(simd, weight));
            let mut x = load(simd, &input[n]);
            if driven {
                let gain = exp2(simd, drive.at(simd, n) * splat(simd, 0.166_096_4));
                // Unity for small signals at no drive; the louder the push, the rounder.
                let amount = one - one / gain;
                x = x + (tanh(simd, x * gain) - x) * amount;
            }
            let a = stage(simd, first, &mut a_ic1, &mut a_ic2, x, &weights);
            let b = stage(simd, second, &mut b_ic1, &mut b_ic2, a, &weights);
            store(a + (b - a) * splat(simd, self.glide.slope), &mut out[n]);
        }
        store(a_ic1, &mut self.first.ic1);
        store(a_ic2, &mut self.first.ic2);
        store(b_ic1, &mut self.second.ic1);
        store(b_ic2, &mut self.second.ic2);
        let mut lanes = [0.0; 8];
        store(hz, &mut lanes);
        self.shown = [lanes[0], resonance.first()];
    }

    fn reset(&mut self) {
        (self.first, self.second, self.glide) = (Stage::default(), Stage::default(), self.start);
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        face[..2].copy_from_slice(&self.shown);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};
    use patchlight_testkit::{magnitude_response_db, peak};

    fn response(params: &[(&'static str, f32)], at_hz: &[f64]) -> Vec<f64> {
        let config = SoloConfig { params: params.to_vec(), ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &["in"]);
        let mut impulse = vec![0.0; 32_768];
        impulse[0] = 1.0;
        solo.drive("in", vec![impulse]);
        let rendered = solo.run(32_768, 64);
        at_hz.iter().map(|hz| magnitude_response_db(rendered.mono(0), 48_000.0, *hz)).collect()
    }

    #[test]
    fn without_resonance_the_cutoff_is_the_minus_three_db_point_of_both_slopes() {
        for cutoff in [100.0_f32, 1000.0, 8000.0] {
            for slope in [0.0, 1.0] {
                let params = [("cutoff_hz", cutoff), ("resonance", 0.0), ("slope", slope)];
                let c = f64::from(cutoff);
                let found = response(&params, &[c * 0.99, c * 1.01, c * 0.05]);
                assert!(found[0] > -3.0103 && found[1] < -3.0103, "{cutoff} Hz, slope {slope}: {found:?}");
                assert!(found[2].abs() < 0.05);
            }
        }
    }

    #[test]
    fn slopes_are_twelve_and_twenty_four_decibels_an_octave() {
        for (slope, expected) in [(0.0, -12.04), (1.0, -24.08)] {
            let found = response(&[("cutoff_hz", 200.0), ("resonance", 0.0), ("slope", slope)], &[1000.0, 2000.0]);
            assert!((found[1] - found[0] - expected).abs() < 0.5, "{found:?}");
            let found = response(&[("cutoff_hz", 8000.0), ("resonance", 0.0), ("mode", 1.0), ("slope", slope)], &[500.0, 1000.0]);
            assert!((found[1] - found[0] + expected).abs() < 0.5, "{found:?}");
        }
    }

    #[test]
    fn the_response_is_the_bilinear_transform_of_the_analog_one() {
        let (cutoff, resonance) = (1000.0_f64, 0.7);
        let k = std::f64::consts::SQRT_2 * (1.0 - resonance);
        let warp = |hz: f64| (std::f64::consts::PI * hz / 48_000.0).tan();
        let hz = [100.0, 500.0, 900.0, 1000.0, 1200.0, 3000.0, 9000.0];
        let found = response(&[("cutoff_hz", 1000.0), ("resonance", 0.7)], &hz);
        for (hz, found) in hz.iter().zip(found) {
            let w = warp(*hz) / warp(cutoff);
            let expected = -10.0 * ((1.0 - w * w).powi(2) + (k * w).powi(2)).log10();
            assert!((found - expected).abs() < 0.1, "{hz} Hz: {found} for {expected}");
        }
    }

    #[test]
    fn wild_modulation_at_audio_rate_stays_bounded() {
        let config = SoloConfig { params: vec![("resonance", 0.95)], ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &["in", "cutoff_hz", "resonance"]);
        let noise = |seed: u32| {
            (0..48_000_u32)
                .map(|n| ((n.wrapping_mul(2_654_435_761).wrapping_add(seed)) >> 8) as f32 / 8_388_608.0 - 1.0)
                .collect::<Vec<_>>()
        };
        solo.drive("in", vec![noise(1)]);
        solo.drive("cutoff_hz", vec![noise(77).iter().map(|x| x * 4.0).collect()]);
        solo.drive("resonance", vec![noise(5)]);
        let rendered = solo.run(48_000, 64);
        assert!(!solo.is_faulty() && peak(rendered.mono(0)) < 40.0);
    }
}
