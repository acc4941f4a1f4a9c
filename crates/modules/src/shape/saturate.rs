//! Saturation of three kinds, oversampled.
//!
//! * tape: `tanh(x)`, symmetric, odd harmonics only.
//! * tube: `tanh` of a shifted signal, less what the shift alone gives: one side gives in before the other, even harmonics.
//! * transistor: `x/(1 + x⁴)^¼`, straight for long and then flat: hard, bright.
//!
//! The curve runs at 1, 2, 4 or 8 times the rate ([`crate::dsp::oversample`]), and so does the mix with the dry signal: both pass the same
//! filters, so they never comb.

use crate::dsp::lane_glide::LaneShares;
use crate::dsp::levels::factor_from_db;
use crate::dsp::oversample::{DcBlock, OVERSAMPLING as RATES, latency_frames};
use crate::dsp::oversample_lanes::{LaneCurve, LaneDcBlock, LaneOversampler};
use crate::glide::switch_step;
use patchlight_core::{Face, ModuleSpec, audio, bipolar, choice, db, hz, module, percent, preset};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, exp, f32x8, inlined, load, select, splat, store, tanh};
use patchlight_engine::{BuildContext, GroupIo, LaneKernel, LaneParam, LaneVisit, Oct, Unit, eight_lanes, lane_state};

const DRIVE: usize = 0;
const KIND: usize = 1;
const BIAS: usize = 2;
const TONE: usize = 3;
const MIX: usize = 4;
const OUTPUT: usize = 5;
const OVERSAMPLING: usize = 6;

pub const SPEC: ModuleSpec = module("shape.saturate", "Saturate")
    .about("Warmth to grit: tape, tube or transistor. A little on a bass makes it heard on small speakers.")
    .tags(&["distortion", "drive", "overdrive", "warm", "dirt", "grit", "fuzz", "harmonics"])
    .inputs(&[audio("in", "Signal to saturate")])
    .params(&[
        db("drive_db", 0.0..=48.0, 12.0).about("How hard it is pushed"),
        choice("kind", &["tape", "tube", "transistor"], 0).about("Tape is round, tube leans to one side, transistor is hard"),
        bipolar("bias", 0.0).about("Shifts the signal on the curve: even harmonics"),
        hz("tone_hz", 500.0..=20_000.0, 20_000.0).about("Low-pass behind the curve"),
        percent("mix", 1.0).about("Saturated against clean"),
        db("output_db", -36.0..=12.0, -6.0).about("Level behind it all").hidden(),
        choice("oversampling", RATES, 2).about("More is cleaner and costs more").structural().hidden(),
    ])
    .presets(&[
        preset("Tape glue", "tape warm", "kind tape; drive_db 9; tone_hz 12000; output_db -5"),
        preset("Tube warmth", "tube even", "kind tube; drive_db 12; bias 30"),
        preset("Transistor fuzz", "fuzz hard", "kind transistor; drive_db 36; tone_hz 4500; output_db -14"),
        preset("Bass growl", "bass parallel", "kind tube; drive_db 24; tone_hz 3000; mix 55; output_db -8"),
        preset("Just a hair", "subtle mix", "kind tape; drive_db 4; output_db -2"),
    ])
    .outputs(&[audio("out", "Saturated signal")])
    .bundles()
    .latency(|params, _| latency_frames(params[OVERSAMPLING] as usize))
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    let stages = context.params.get(OVERSAMPLING).map_or(2, |stages| *stages as usize);
    eight_lanes(context, |lanes| Saturate {
        oversampler: LaneOversampler::new(stages),
        kinds: LaneShares::default(),
        dc: LaneDcBlock::default(),
        tone: [0.0; 8],
        step: switch_step(lanes.sample_rate_hz),
    })
}

struct Saturate {
    oversampler: LaneOversampler,
    kinds: LaneShares<3>,
    dc: LaneDcBlock,
    tone: Oct,
    step: f32,
}

/// What the tube is moved by, what that alone gives, and the slope there.
const TUBE_BIAS: f32 = 0.5;
const TUBE_REST: f32 = 0.462_117_16;
const TUBE_SLOPE: f32 = 0.786_447_7;

/// The knobs in a frame.
struct Curve<S: Simd> {
    drive: f32x8<S>,
    bias: f32x8<S>,
    mix: f32x8<S>,
    kinds: [f32x8<S>; 3],
    heard: [bool; 3],
}

impl<S: Simd> LaneCurve<S> for Curve<S> {
    #[inline(always)]
    fn at(&mut self, simd: S, x: f32x8<S>) -> f32x8<S> {
        let driven = x.mul_add(self.drive, self.bias);
        let mut y = splat(simd, 0.0);
        if self.heard[0] {
            y = tanh(simd, driven) * self.kinds[0];
        }
        if self.heard[1] {
            let leaning = tanh(simd, driven + splat(simd, TUBE_BIAS)) - splat(simd, TUBE_REST);
            y = (leaning * splat(simd, 1.0 / TUBE_SLOPE)).mul_add(self.kinds[1], y);
        }
        if self.heard[2] {
            let square = driven * driven;
            y = (driven / square.mul_add(square, splat(simd, 1.0)).sqrt().sqrt()).mul_add(self.kinds[2], y);
        }
        (y - x).mul_add(self.mix, x)
    }
}

/// Where the tone knob lets everything through.
const OPEN_HZ: f32 = 19_900.0;

/// The pole of the low-pass behind the curve.
#[inline(always)]
fn tone_pole<S: Simd>(simd: S, tone_hz: f32x8<S>, rate_hz: f32) -> f32x8<S> {
    let pole = exp(simd, tone_hz * splat(simd, -std::f32::consts::TAU / rate_hz));
    select(tone_hz.simd_ge(splat(simd, OPEN_HZ)), splat(simd, 0.0), pole)
}

impl LaneKernel for Saturate {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let (input, rate_hz) = (io.input(0), io.sample_rate_hz());
        let (drive, bias, mix) = (io.param(DRIVE), io.param(BIAS), io.param(MIX));
        let (tone_hz, output_db) = (io.param(TONE), io.param(OUTPUT));
        let chosen = io.param(KIND).first() as usize;
        let heard = self.kinds.begin(chosen);
        let dc_pole = DcBlock::pole(rate_hz);
        let moves = [drive, tone_hz, output_db].iter().any(|param| matches!(param, LaneParam::Signal(_)));
        let made = inlined(
            #[inline(always)]
            |n: usize| {
                let level = factor_from_db(simd, output_db.at(simd, n));
                (factor_from_db(simd, drive.at(simd, n)), tone_pole(simd, tone_hz.at(simd, n), rate_hz), level)
            },
        );
        let mut now = made(0);
        let mut tone = load(simd, &self.tone);
        let out = io.output(0);
        for n in 0..out.len() {
            if moves {
                now = made(n);
            }
            let (drive, pole, level) = now;
            let kinds = self.kinds.next(simd, chosen, self.step);
            let mut curve = Curve { drive, bias: bias.at(simd, n), mix: mix.at(simd, n), kinds, heard };
            let y = self.oversampler.run(simd, load(simd, &input[n]), &mut curve);
            let y = self.dc.next(simd, y, dc_pole);
            tone = (tone - y).mul_add(pole, y);
            store(tone * level, &mut out[n]);
        }
        store(tone, &mut self.tone);
    }

    fn reset(&mut self) {
        self.oversampler.reset();
        (self.kinds, self.dc, self.tone) = (LaneShares::default(), LaneDcBlock::default(), [0.0; 8]);
    }

    fn latency_frames(&self) -> usize {
        self.oversampler.latency_frames()
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        lane_state!(visit; self.oversampler, self.kinds, self.dc, self.tone);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};
    use patchlight_testkit::{Spectrum, alias_db, db};

    const LEN: usize = 65_536;

    fn through(params: &[(&'static str, f32)], hz: f64, level: f32) -> Vec<f32> {
        let mut params = params.to_vec();
        params.push(("output_db", 0.0));
        let mut solo = Solo::new(&SPEC, build, &SoloConfig { params, ..SoloConfig::default() }, &["in"]);
        let sine = |n: usize| level * (std::f64::consts::TAU * hz * n as f64 / 48_000.0).sin() as f32;
        solo.drive("in", vec![(0..LEN + 9600).map(sine).collect()]);
        solo.run(LEN + 9600, 64).mono(0)[9600..].to_vec()
    }

    #[test]
    fn aliases_lie_seventy_decibels_down_at_four_times_the_rate() {
        // 1 kHz, moved to a bin.
        let hz = 48_000.0 / LEN as f64 * 1365.0;
        for kind in 0..3 {
            let found = alias_db(&through(&[("kind", kind as f32), ("drive_db", 12.0)], hz, 1.0), 48_000.0, hz);
            assert!(found < -70.0, "kind {kind}: {found} dB");
        }
    }

    #[test]
    fn tape_makes_odd_harmonics_and_tube_even_ones() {
        let hz = 48_000.0 / LEN as f64 * 1365.0;
        let second = |kind: f32| {
            let spectrum = Spectrum::new(&through(&[("kind", kind), ("drive_db", 6.0)], hz, 0.7), 48_000.0);
            db(spectrum.at(2.0 * hz) / spectrum.at(hz))
        };
        assert!(second(0.0) < -80.0, "{}", second(0.0));
        assert!(second(1.0) > -40.0, "{}", second(1.0));
    }

    #[test]
    fn dry_passes_the_filters_flat() {
        // Bins of the spectrum near 100 Hz, 1, 10 and 18 kHz.
        for hz in [137.0, 1365.0, 13_653.0, 24_576.0].map(|bin| 48_000.0 / LEN as f64 * bin) {
            let out = through(&[("mix", 0.0)], hz, 0.5);
            let found = db(Spectrum::new(&out, 48_000.0).at(hz) / 0.5);
            assert!(found.abs() < 0.3, "{hz} Hz: {found} dB");
        }
    }
}
