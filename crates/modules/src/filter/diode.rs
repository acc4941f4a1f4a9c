//! Diode ladder: the filter of the little silver box that made acid.
//!
//! Four poles that load each other: v₁' = u − 2v₁ + v₂, v₂' = v₁ − 2v₂ + v₃, v₃' = v₂ − 2v₃ + v₄, v₄' = v₃ − v₄ (V. Zavalishin, *The Art of VA
//! Filter Design*, ch. 5). That is 1/(s⁴ + 7s³ + 15s² + 10s + 1), whose phase turns over at ω = √(10/7), where it is 1/18.39: with so much
//! feedback it sings there. Time is scaled so that this is the cutoff. The row of trapezoidal integrators is solved from its end, the
//! input bends as tanh.
//!
//! Face: `[0]` cutoff in Hz, as modulated, `[1]` resonance.

use crate::dsp::cutoff::{Cutoff, Places};
use crate::dsp::levels::OCTAVES_PER_DB;
use patchlight_core::{Face, ModuleSpec, audio, db, hz, module, percent, pitch, preset};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, exp2, f32x8, inlined, load, splat, store, tan_pi, tanh};
use patchlight_engine::{BuildContext, FACE, GROUP, GroupIo, LaneKernel, LaneVisit, Oct, Unit, eight_lanes, lane_state};

const CUTOFF: usize = 0;
const RESONANCE: usize = 1;
const DRIVE: usize = 2;
const BASS: usize = 3;
const TRACKING: usize = 4;

const PLACES: Places = Places { cutoff_param: CUTOFF, tracking_param: TRACKING, pitch_input: 1, fm_input: Some(2) };

pub const SPEC: ModuleSpec = module("filter.diode", "Diode ladder")
    .about("The rubbery filter of acid basses: steep, with a resonance that squelches. Try a saw, a short decay and a slide.")
    .tags(&["303", "acid", "ladder", "squelch", "lowpass", "low-pass", "tb-303", "bass", "18 dB"])
    .inputs(&[
        audio("in", "Signal to filter"),
        pitch("pitch", "Moves the cutoff with the notes played, as far as tracking says"),
        audio("fm", "Moves the cutoff at audio rate, by 1 kHz for 1").mono(),
    ])
    .params(&[
        hz("cutoff_hz", 20.0..=20_000.0, 800.0).about("Where it peaks and sings; it begins to take off two octaves below"),
        percent("resonance", 0.5).about("Emphasis at the cutoff; from 96 % on it sings by itself"),
        db("drive_db", 0.0..=36.0, 6.0).about("Pushes the signal into the diodes"),
        percent("bass", 0.5).about("Gives back the bass that resonance takes away").hidden(),
        percent("tracking", 1.0).about("How much the pitch input moves the cutoff; 100 % follows the keys").hidden(),
    ])
    .presets(&[
        preset("Acid line", "acid 303", "cutoff_hz 350; resonance 80; drive_db 10"),
        preset("Rubber", "bass soft", "cutoff_hz 250; resonance 40; bass 80"),
        preset("Nasal", "lead thin", "cutoff_hz 900; resonance 70; bass 0"),
        preset("Burnt", "dirty acid", "cutoff_hz 500; resonance 90; drive_db 28"),
        preset("Quiet", "low gentle", "cutoff_hz 1200; resonance 10; drive_db 0"),
    ])
    .outputs(&[audio("out", "Filtered signal")])
    .bundles()
    .face(Face::Filter);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |_| Diode { poles: [[0.0; GROUP]; 4], shown: [[0.0; GROUP]; 2] })
}

/// Feedback at full resonance: 18.39 is where it begins to sing.
const K_FULL: f32 = 19.1;
/// √(7/10): brings the frequency at which it sings to the cutoff.
const SCALE: f32 = 0.836_66;

struct Diode {
    poles: [Oct; 4],
    shown: [Oct; 2],
}

/// The row of poles, solved from its end: each v is a + b times the one before.
#[derive(Clone, Copy)]
struct Row<S: Simd> {
    g: f32x8<S>,
    /// 1 over the diagonal, from the first pole to the last.
    d: [f32x8<S>; 4],
    /// The product of all b: how much of the input arrives at the end at once.
    through: f32x8<S>,
}

impl<S: Simd> Row<S> {
    #[inline(always)]
    fn new(simd: S, g: f32x8<S>) -> Self {
        let one = splat(simd, 1.0);
        let two = g + g + one;
        let d4 = one / (one + g);
        let d3 = one / (two - g * g * d4);
        let d2 = one / (two - g * g * d3);
        let d1 = one / (two - g * g * d2);
        let g2 = g * g;
        Self { g, d: [d1, d2, d3, d4], through: g2 * g2 * (d1 * d2) * (d3 * d4) }
    }

    /// What comes of the states alone: the a of each pole.
    #[inline(always)]
    fn settle(&self, s: &[f32x8<S>; 4]) -> [f32x8<S>; 4] {
        let a4 = s[3] * self.d[3];
        let a3 = (s[2] + self.g * a4) * self.d[2];
        let a2 = (s[1] + self.g * a3) * self.d[1];
        let a1 = (s[0] + self.g * a2) * self.d[0];
        [a1, a2, a3, a4]
    }
}

impl LaneKernel for Diode {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let (frames, input) = (io.frames(), io.input(0));
        let cutoff = Cutoff::new(io, &PLACES);
        let (resonance, drive, bass) = (io.param(RESONANCE), io.param(DRIVE), io.param(BASS));
        let moves = cutoff.moves();
        let tune = inlined(
            #[inline(always)]
            |n: usize| Row::new(simd, tan_pi(simd, cutoff.turns(simd, n)) * splat(simd, SCALE)),
        );
        let mut row = tune(0);
        let mut s = [splat(simd, 0.0); 4];
        for index in 0..4 {
            s[index] = load(simd, &self.poles[index]);
        }
        let one = splat(simd, 1.0);
        let out = io.output(0);
        for n in 0..frames {
            if moves {
                row = tune(n);
            }
            let k = resonance.at(simd, n) * splat(simd, K_FULL);
            let db = drive.at(simd, n) * splat(simd, OCTAVES_PER_DB);
            let x = load(simd, &input[n]) * exp2(simd, db) * (bass.at(simd, n) * k).mul_add(splat(simd, 0.25), one);
            let a = row.settle(&s);
            // The end of the row if nothing came in: each pole gives on a share of the one before.
            let rest = row.g * row.d[3];
            let b3 = row.g * row.d[2];
            let b2 = row.g * row.d[1];
            let end = a[3] + rest * (a[2] + b3 * (a[1] + b2 * a[0]));
            let u = tanh(simd, (x - k * end) / k.mul_add(row.through, one));
            let v1 = a[0] + row.g * row.d[0] * u;
            let v2 = a[1] + b2 * v1;
            let v3 = a[2] + b3 * v2;
            let v4 = a[3] + rest * v3;
            s = [v1 + v1 - s[0], v2 + v2 - s[1], v3 + v3 - s[2], v4 + v4 - s[3]];
            store(v4 * exp2(simd, db * splat(simd, -0.5)), &mut out[n]);
        }
        for index in 0..4 {
            store(s[index], &mut self.poles[index]);
        }
        let last = frames.saturating_sub(1);
        store(cutoff.hz(simd, last).max(splat(simd, 0.0)), &mut self.shown[0]);
        store(resonance.at(simd, last), &mut self.shown[1]);
    }

    fn reset(&mut self) {
        self.poles = [[0.0; GROUP]; 4];
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        (face[0], face[1]) = (self.shown[0][lane], self.shown[1][lane]);
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        let [a, b, c, d] = &mut self.poles;
        lane_state!(visit; *a, *b, *c, *d);
    }
}

#[cfg(test)]
mod tests {
    use super::{SCALE, SPEC, build};
    use crate::testing::driven;
    use patchlight_testkit::{cents_between, frequency_hz, magnitude_response_db, rms};

    #[test]
    fn quiet_signals_hear_the_formula() {
        let warp = |hz: f64| (std::f64::consts::PI * hz / 48_000.0).tan();
        let mut impulse = vec![0.0; 65_536];
        impulse[0] = 0.001;
        let params = [("cutoff_hz", 2_000.0), ("resonance", 0.0), ("drive_db", 0.0)];
        let rendered = driven(&SPEC, build, &params, &[("in", impulse)], 65_536);
        for hz in [50.0, 300.0, 1_000.0, 2_000.0, 5_000.0] {
            let w = warp(hz) / (warp(2_000.0) * f64::from(SCALE));
            let (real, imaginary) = (w.powi(4) - 15.0 * w * w + 1.0, 10.0 * w - 7.0 * w.powi(3));
            let expected = -10.0 * (real * real + imaginary * imaginary).log10();
            let found = magnitude_response_db(rendered.mono(0), 48_000.0, hz) + 60.0;
            assert!((found - expected).abs() < 0.2, "{hz} Hz: {found} for {expected}");
        }
    }

    #[test]
    fn it_sings_at_its_cutoff() {
        for hz in [110.0, 800.0, 3_000.0] {
            let mut kick = vec![0.0; 144_000];
            kick[0] = 1.0;
            let rendered = driven(&SPEC, build, &[("cutoff_hz", hz), ("resonance", 1.0)], &[("in", kick)], 144_000);
            let sung = &rendered.mono(0)[96_000..];
            let cents = cents_between(f64::from(hz), frequency_hz(sung, 48_000.0, f64::from(hz)));
            assert!(cents.abs() < 5.0 && rms(sung) > 1e-4, "{hz} Hz: {cents} cents, {}", rms(sung));
        }
    }
}
