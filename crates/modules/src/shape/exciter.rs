//! Exciter: new highs, made of what is there.
//!
//! The highs are split off, pushed into a tanh that leans to one side, what that adds is high-passed again and mixed to the sound, which itself
//! waits for as long as the filters of the oversampling take and stays as it is.

use crate::dsp::levels::factor_from_db;
use crate::dsp::oversample::{OVERSAMPLING as RATES, latency_frames};
use crate::dsp::oversample_lanes::{LaneCurve, LaneOversampler, Ring};
use crate::dsp::{LaneSvf, LaneSvfFactors};
use patchlight_core::{Face, ModuleSpec, audio, choice, db, hz, module, percent, preset};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, f32x8, inlined, load, splat, store, tan_pi, tanh};
use patchlight_engine::{BuildContext, GroupIo, LaneKernel, LaneParam, LaneVisit, Unit, eight_lanes, lane_state};

const FREQUENCY: usize = 0;
const DRIVE: usize = 1;
const COLOR: usize = 2;
const AMOUNT: usize = 3;
const OVERSAMPLING: usize = 4;

pub const SPEC: ModuleSpec = module("shape.exciter", "Exciter")
    .about("Adds sparkle that an equalizer cannot: new harmonics above what is there. A little on voices, guitars and whole mixes.")
    .tags(&["aural exciter", "enhancer", "presence", "air", "sparkle", "bright", "harmonics", "treble"])
    .inputs(&[audio("in", "Sound to brighten")])
    .params(&[
        hz("frequency_hz", 500.0..=12_000.0, 3_000.0).about("Highs above this make the new ones"),
        db("drive_db", 0.0..=36.0, 12.0).about("How many harmonics are made"),
        percent("color", 0.5).about("From odd harmonics (hard) to even ones (silky)"),
        percent("amount", 0.25).about("How much of the new highs is added"),
        choice("oversampling", RATES, 2).about("More is cleaner and costs more").structural().hidden(),
    ])
    .presets(&[
        preset("Air", "voice bright", "frequency_hz 7000; drive_db 9; amount 20"),
        preset("Presence", "voice clear", "frequency_hz 3000; amount 25"),
        preset("Crisp drums", "drum bright", "frequency_hz 4500; drive_db 18; color 70; amount 35"),
        preset("Dull tape", "restore", "frequency_hz 2000; drive_db 14; amount 45"),
        preset("Sizzle", "effect", "frequency_hz 9000; drive_db 30; color 100; amount 60"),
    ])
    .outputs(&[audio("out", "Brightened sound")])
    .bundles()
    .latency(|params, _| latency_frames(params[OVERSAMPLING] as usize))
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    let stages = context.params.get(OVERSAMPLING).map_or(2, |stages| *stages as usize);
    eight_lanes(context, |_| {
        let oversampler = LaneOversampler::new(stages);
        Exciter { dry: Ring::new(oversampler.latency_frames() + 1), oversampler, before: LaneSvf::default(), behind: LaneSvf::default() }
    })
}

struct Exciter {
    oversampler: LaneOversampler,
    /// The sound, until what is made of it is there too.
    dry: Ring,
    before: LaneSvf,
    behind: LaneSvf,
}

/// The filters lie no higher, as a share of the rate.
const HIGHEST: f32 = 0.45;
/// The most that the curve leans.
const MOST_LEAN: f32 = 0.8;

/// The knobs in a frame: what the curve adds to a straight line of its own slope.
#[derive(Clone, Copy)]
struct Making<S: Simd> {
    push: f32x8<S>,
    lean: f32x8<S>,
    rest: f32x8<S>,
    slope: f32x8<S>,
}

impl<S: Simd> LaneCurve<S> for Making<S> {
    #[inline(always)]
    fn at(&mut self, simd: S, x: f32x8<S>) -> f32x8<S> {
        let pushed = x * self.push;
        (tanh(simd, pushed + self.lean) - self.rest) / self.slope - pushed
    }
}

impl LaneKernel for Exciter {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let (input, rate_hz) = (io.input(0), io.sample_rate_hz());
        let (frequency, drive, color, amount) = (io.param(FREQUENCY), io.param(DRIVE), io.param(COLOR), io.param(AMOUNT));
        let moves = [frequency, drive, color].iter().any(|param| matches!(param, LaneParam::Signal(_)));
        let made = inlined(
            #[inline(always)]
            |n: usize| {
                let turns = (frequency.at(simd, n) * splat(simd, 1.0 / rate_hz)).min(splat(simd, HIGHEST));
                let lean = color.at(simd, n) * splat(simd, MOST_LEAN);
                let rest = tanh(simd, lean);
                let slope = splat(simd, 1.0) - rest * rest;
                (
                    LaneSvfFactors::new(simd, tan_pi(simd, turns), splat(simd, std::f32::consts::SQRT_2)),
                    Making { push: factor_from_db(simd, drive.at(simd, n)), lean, rest, slope },
                )
            },
        );
        let (mut factors, mut making) = made(0);
        let out = io.output(0);
        for n in 0..out.len() {
            if moves {
                (factors, making) = made(n);
            }
            let x = load(simd, &input[n]);
            let highs = self.before.next(simd, x, &factors).high;
            let added = self.oversampler.run(simd, highs, &mut making);
            let added = self.behind.next(simd, added, &factors).high;
            let dry = load(simd, &self.dry.push(x)[0]);
            store(added.mul_add(amount.at(simd, n), dry), &mut out[n]);
        }
    }

    fn reset(&mut self) {
        self.oversampler.reset();
        self.dry.reset();
        (self.before, self.behind) = (LaneSvf::default(), LaneSvf::default());
    }

    fn latency_frames(&self) -> usize {
        self.oversampler.latency_frames()
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        lane_state!(visit; self.oversampler, self.dry, self.before, self.behind);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, sine};
    use patchlight_testkit::{Spectrum, db};

    #[test]
    fn it_adds_harmonics_and_leaves_the_rest() {
        let hz = 48_000.0 / 65_536.0 * 5_461.0;
        let level = |color: f32, input_hz: f64, at_hz: f64| {
            let params = [("color", color), ("amount", 1.0)];
            let rendered = driven(&SPEC, build, &params, &[("in", sine(input_hz, 0.2, 75_136))], 75_136);
            db(Spectrum::new(&rendered.mono(0)[9_600..], 48_000.0).at(at_hz))
        };
        assert!(level(1.0, hz, 2.0 * hz) > -40.0 && level(0.0, hz, 2.0 * hz) < -80.0 && level(0.0, hz, 3.0 * hz) > -50.0);
        let low = 48_000.0 / 65_536.0 * 200.0;
        assert!((level(0.5, low, low) - db(0.2)).abs() < 0.1 && level(0.5, low, 2.0 * low) < -90.0);
    }
}
