//! Ladder: a four-pole low-pass with saturation in its feedback, after R. Moog's of 1965.
//!
//! Four trapezoidal one-poles in a row, the feedback solved without delay (V. Zavalishin, *The Art of VA Filter Design*, ch. 5) and
//! the sum at the input passed through tanh. With `G = g/(1 + g)` and pole states `s`, the last output is `G⁴·u + S`, so
//! `u = tanh((x − k·S)/(1 + k·G⁴))`. Since tanh has no memory it only lowers the loop gain: self-oscillation, at `k` = 4, stays in tune.
//!
//! Face: `[0]` cutoff in Hz, `[1]` resonance of the first voice, as modulated.

use patchlight_core::{Face, ModuleSpec, audio, choice, db, hz, module, percent, pitch};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, exp2, f32x8, load, splat, store, tan_pi, tanh};
use patchlight_engine::{BuildContext, FACE, GroupIo, LaneKernel, LaneParam, Oct, Unit, eight_lanes};

const CUTOFF: usize = 0;
const RESONANCE: usize = 1;
const DRIVE: usize = 2;
const POLES: usize = 3;
const BASS: usize = 4;
const TRACKING: usize = 5;

pub const SPEC: ModuleSpec = module("filter.ladder", "Ladder")
    .about("Warm low-pass that sings near full resonance. Try saw, ladder, vca.")
    .tags(&["lowpass", "low-pass", "moog", "acid", "fat", "warm", "brightness", "talking"])
    .inputs(&[audio("in", "Signal to filter"), pitch("pitch", "Moves the cutoff with the notes played, as far as tracking says")])
    .params(&[
        hz("cutoff_hz", 20.0..=20_000.0, 1_000.0).about("Corner frequency: everything above is turned down"),
        percent("resonance", 0.2).about("0 is gentle; from 95 % on it sings by itself"),
        db("drive_db", -12.0..=36.0, 0.0).about("How hard the input is pushed into the ladder"),
        choice("poles", &["6 dB", "12 dB", "18 dB", "24 dB"], 3).about("How steeply the highs fall, per octave").hidden(),
        percent("bass", 0.5).about("Brings back the bass that resonance takes away").hidden(),
        percent("tracking", 1.0).about("How much the pitch input moves the cutoff; 100 % follows the keys").hidden(),
    ])
    .outputs(&[audio("out", "Filtered signal")])
    .eight_lanes()
    .face(Face::Filter);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| {
        let poles = lanes.build.params.get(POLES).copied().unwrap_or(SPEC.params[POLES].default);
        Ladder { states: [[0.0; 8]; 4], taps: taps(poles), start: taps(poles), shown: [0.0; 2] }
    })
}

struct Ladder {
    states: [Oct; 4],
    /// Shares of the four poles' outputs; they glide.
    taps: [f32; 4],
    start: [f32; 4],
    shown: [f32; 2],
}

fn taps(poles: f32) -> [f32; 4] {
    std::array::from_fn(|pole| if pole == (poles as usize).min(3) { 1.0 } else { 0.0 })
}

/// Feedback at full resonance: a little above the 4 at which the ladder begins to sing.
const K_FULL: f32 = 4.2;
const OCTAVES_PER_DB: f32 = 0.166_096_4;

struct Coefficients<S: Simd> {
    big_g: f32x8<S>,
    k: f32x8<S>,
    /// 1 / (1 + k·G⁴).
    solve: f32x8<S>,
    input_gain: f32x8<S>,
    output_gain: f32x8<S>,
}

impl LaneKernel for Ladder {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let (frames, rate) = (io.frames(), io.sample_rate_hz());
        let (input, key, is_tracking) = (io.input(0), io.input(1), io.is_connected(1));
        let (cutoff, resonance, drive) = (io.param(CUTOFF), io.param(RESONANCE), io.param(DRIVE));
        let (bass, tracking, goal) = (io.param(BASS), io.param(TRACKING), taps(io.param(POLES).first()));
        let glide_step = 1.0 / (0.005 * rate);
        let one = splat(simd, 1.0);
        let find_g = |n: usize| {
            let mut hz = cutoff.at(simd, n);
            if is_tracking {
                hz *= exp2(simd, load(simd, &key[n]) * tracking.at(simd, n));
            }
            let g = tan_pi(simd, (hz * splat(simd, 1.0 / rate)).min(splat(simd, 0.49)));
            (g / (one + g), hz)
        };
        let finish = |n: usize, big_g: f32x8<S>| {
            let k = resonance.at(simd, n) * splat(simd, K_FULL);
            let gain = exp2(simd, drive.at(simd, n) * splat(simd, OCTAVES_PER_DB));
            let g2 = big_g * big_g;
            Coefficients {
                big_g,
                k,
                solve: one / k.mul_add(g2 * g2, one),
                input_gain: gain * (bass.at(simd, n) * k + one),
                // Half of the push in decibels is taken back, so that drive adds colour more than level.
                output_gain: exp2(simd, drive.at(simd, n) * splat(simd, -0.5 * OCTAVES_PER_DB)),
            }
        };
        let moves = |param: &LaneParam<'_>| matches!(param, LaneParam::Signal(_));
        let moves_g = is_tracking || moves(&cutoff);
        let moves_any = moves_g || moves(&resonance) || moves(&drive) || moves(&bass);
        let (mut big_g, mut hz) = find_g(0);
        let mut c = finish(0, big_g);
        let [mut s1, mut s2, mut s3, mut s4] = self.states.map(|state| load(simd, &state));
        let out = io.output(0);
        for n in 0..frames {
            if moves_g {
                (big_g, hz) = find_g(n);
            }
            if moves_any {
                c = finish(n, big_g);
            }
            let g = c.big_g;
            let rest = one - g;
            let carried = rest * g.mul_add(g.mul_add(g.mul_add(s1, s2), s3), s4);
            let u = tanh(simd, (load(simd, &input[n]) * c.input_gain - c.k * carried) * c.solve);
            let pole = |x: f32x8<S>, s: &mut f32x8<S>| {
                let v = (x - *s) * g;
                let y = v + *s;
                *s = y + v;
                y
            };
            let y1 = pole(u, &mut s1);
            let y2 = pole(y1, &mut s2);
            let y3 = pole(y2, &mut s3);
            let y4 = pole(y3, &mut s4);
            let mut mixed = splat(simd, 0.0);
            for ((tap, goal), y) in self.taps.iter_mut().zip(goal).zip([y1, y2, y3, y4]) {
                *tap += (goal - *tap).clamp(-glide_step, glide_step);
                mixed = y.mul_add(splat(simd, *tap), mixed);
            }
            store(mixed * c.output_gain, &mut out[n]);
        }
        for (state, s) in self.states.iter_mut().zip([s1, s2, s3, s4]) {
            store(s, state);
        }
        let mut lanes = [0.0; 8];
        store(hz, &mut lanes);
        self.shown = [lanes[0], resonance.first()];
    }

    fn reset(&mut self) {
        (self.states, self.taps) = ([[0.0; 8]; 4], self.start);
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        face[..2].copy_from_slice(&self.shown);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};
    use patchlight_testkit::{cents_between, frequency_hz, magnitude_response_db, rms_db};

    /// The impulse response, small enough that tanh is a straight line.
    fn response(params: &[(&'static str, f32)], at_hz: &[f64]) -> Vec<f64> {
        let mut params = params.to_vec();
        params.push(("bass", 0.0));
        let mut solo = Solo::new(&SPEC, build, &SoloConfig { params, ..SoloConfig::default() }, &["in"]);
        let mut impulse = vec![0.0; 32_768];
        impulse[0] = 0.001;
        solo.drive("in", vec![impulse]);
        let rendered = solo.run(32_768, 64);
        at_hz.iter().map(|hz| magnitude_response_db(rendered.mono(0), 48_000.0, *hz) + 60.0).collect()
    }

    #[test]
    fn the_small_signal_response_is_four_poles_in_a_loop() {
        let warp = |hz: f64| (std::f64::consts::PI * hz / 48_000.0).tan();
        for resonance in [0.0_f32, 0.5] {
            let k = 4.2 * f64::from(resonance);
            let hz = [50.0, 200.0, 600.0, 1000.0, 1500.0, 4000.0];
            let found = response(&[("cutoff_hz", 1000.0), ("resonance", resonance)], &hz);
            for (hz, found) in hz.iter().zip(found) {
                let w = warp(*hz) / warp(1000.0);
                // |1/((1 + jw)⁴ + k)|
                let (re, im) = (1.0 - 6.0 * w.powi(2) + w.powi(4) + k, 4.0 * w - 4.0 * w.powi(3));
                let expected = -10.0 * (re * re + im * im).log10();
                assert!((found - expected).abs() < 0.2, "{hz} Hz at {resonance}: {found} for {expected}");
            }
        }
    }

    #[test]
    fn taps_fall_by_six_decibels_an_octave_each() {
        for poles in 0..4 {
            let found = response(&[("cutoff_hz", 100.0), ("resonance", 0.0), ("poles", poles as f32)], &[1600.0, 3200.0]);
            let expected = -6.02 * f64::from(poles + 1);
            assert!((found[1] - found[0] - expected).abs() < 1.0, "{poles}: {found:?}");
        }
    }

    #[test]
    fn it_sings_in_tune_with_its_cutoff() {
        for cutoff in [110.0_f32, 440.0, 1760.0, 5000.0] {
            let config = SoloConfig { params: vec![("cutoff_hz", cutoff), ("resonance", 1.0)], ..SoloConfig::default() };
            let mut solo = Solo::new(&SPEC, build, &config, &["in"]);
            let mut click = vec![0.0; 64];
            click[0] = 0.5;
            solo.drive("in", vec![click]);
            let rendered = solo.run(96_000, 64);
            let tail = &rendered.mono(0)[48_000..];
            assert!(rms_db(tail) > -30.0, "{cutoff} Hz: {}", rms_db(tail));
            let sung = frequency_hz(tail, 48_000.0, f64::from(cutoff));
            let cents = cents_between(f64::from(cutoff), sung);
            assert!(cents.abs() < 5.0, "{cutoff} Hz sings at {sung}, {cents} cents");
        }
    }
}
