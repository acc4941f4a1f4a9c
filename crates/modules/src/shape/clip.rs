//! Clip: cuts off what is too loud, from a soft bend to a straight cut.
//!
//! Hard: x between ±1, its corners rounded ([`crate::dsp::corners`]). Soft: straight up to a knee, then a cubic that arrives flat at 1.
//! Sine: sin(π/2·x) up to 1.

use crate::dsp::corners::{Corners, Rounding};
use crate::dsp::lane_glide::LaneShares;
use crate::dsp::levels::factor_from_db;
use crate::dsp::oversample::{OVERSAMPLING as RATES, late_curve_frames};
use crate::dsp::oversample_lanes::{LaneCurve, LaneOversampler};
use crate::glide::switch_step;
use patchlight_core::{Face, ModuleSpec, audio, choice, db, module, percent, preset};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, f32x8, inlined, load, select, sin_turns, splat, store};
use patchlight_engine::{BuildContext, GroupIo, LaneKernel, LaneParam, LaneVisit, Unit, eight_lanes, lane_state};

const DRIVE: usize = 0;
const CEILING: usize = 1;
const KIND: usize = 2;
const KNEE: usize = 3;
const MIX: usize = 4;
const OVERSAMPLING: usize = 5;

pub const SPEC: ModuleSpec = module("shape.clip", "Clip")
    .about("Cuts off peaks: loud drums get louder, basses get edges. Hard for bite, soft for warmth.")
    .tags(&["clipper", "distortion", "limit", "hard clip", "soft clip", "loud", "overdrive", "peak"])
    .inputs(&[audio("in", "Sound to clip")])
    .params(&[
        db("drive_db", 0.0..=36.0, 0.0).about("How hard it is pushed against the ceiling"),
        db("ceiling_db", -24.0..=0.0, 0.0).about("Nothing is louder"),
        choice("kind", &["hard", "soft", "sine"], 0).about("A straight cut, a bend before it, or all bend"),
        percent("knee", 0.5).about("How early the soft kind begins to bend"),
        percent("mix", 1.0).about("Clipped against clean").hidden(),
        choice("oversampling", RATES, 2).about("More is cleaner and costs more").structural().hidden(),
    ])
    .presets(&[
        preset("Safety", "limit clean", "kind soft; drive_db 0; ceiling_db -1; knee 30"),
        preset("Warm push", "soft drive", "kind soft; drive_db 9; ceiling_db -3; knee 80"),
        preset("Square it", "hard fuzz", "kind hard; drive_db 30; ceiling_db -9"),
        preset("Rounded", "sine drive", "kind sine; drive_db 12; ceiling_db -4"),
        preset("Parallel grit", "parallel", "kind hard; drive_db 18; ceiling_db -8; mix 35"),
    ])
    .outputs(&[audio("out", "Clipped sound")])
    .bundles()
    .latency(|params, _| late_curve_frames(params[OVERSAMPLING] as usize))
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    let stages = context.params.get(OVERSAMPLING).map_or(2, |stages| *stages as usize);
    eight_lanes(context, |lanes| Clip {
        oversampler: LaneOversampler::new(stages),
        corners: Corners::default(),
        kinds: LaneShares::default(),
        step: switch_step(lanes.sample_rate_hz),
    })
}

struct Clip {
    oversampler: LaneOversampler,
    corners: Corners,
    kinds: LaneShares<3>,
    step: f32,
}

/// Straight up to `1 − knee`, then bent so that slope and curve join and end at ±1.
#[inline(always)]
fn soft<S: Simd>(simd: S, x: f32x8<S>, knee: f32x8<S>) -> f32x8<S> {
    let (zero, one, size) = (splat(simd, 0.0), splat(simd, 1.0), x.abs());
    let straight = one - knee;
    // Over three knees' way the slope falls from 1 to 0 as a parabola, and the level rises by one knee.
    let left = one - ((size - straight) / (knee * splat(simd, 3.0)).max(splat(simd, 1e-6))).max(zero).min(one);
    let bent = straight + knee * (one - left * left * left);
    select(size.simd_lt(straight), size, bent).copysign(x)
}

/// The knobs in a frame.
struct Clipping<'r, S: Simd> {
    push: f32x8<S>,
    ceiling: f32x8<S>,
    knee: f32x8<S>,
    mix: f32x8<S>,
    kinds: [f32x8<S>; 3],
    heard: [bool; 3],
    rounding: &'r mut Rounding<S>,
}

impl<S: Simd> LaneCurve<S> for Clipping<'_, S> {
    const IS_LATE: bool = true;

    #[inline(always)]
    fn at(&mut self, simd: S, x: f32x8<S>) -> f32x8<S> {
        let one = splat(simd, 1.0);
        let pushed = x * self.push;
        let cut = pushed.max(-one).min(one);
        let mut y = splat(simd, 0.0);
        if self.heard[0] {
            y = cut * self.kinds[0];
            let (place, bend) = (one / self.push, self.kinds[0] * self.mix * self.ceiling * self.push);
            self.rounding.pass(simd, x, place, -bend);
            self.rounding.pass(simd, x, -place, bend);
        }
        if self.heard[1] {
            y = soft(simd, pushed, self.knee).mul_add(self.kinds[1], y);
        }
        if self.heard[2] {
            y = sin_turns(simd, cut * splat(simd, 0.25)).mul_add(self.kinds[2], y);
        }
        let mixed = (y * self.ceiling - x).mul_add(self.mix, x);
        self.rounding.next(simd, x, mixed)
    }
}

impl LaneKernel for Clip {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let input = io.input(0);
        let (drive, ceiling, knee, mix) = (io.param(DRIVE), io.param(CEILING), io.param(KNEE), io.param(MIX));
        let chosen = io.param(KIND).first() as usize;
        let heard = self.kinds.begin(chosen);
        let moves = [drive, ceiling].iter().any(|param| matches!(param, LaneParam::Signal(_)));
        let levels = inlined(
            #[inline(always)]
            |n: usize| {
                let ceiling = factor_from_db(simd, ceiling.at(simd, n));
                (factor_from_db(simd, drive.at(simd, n)) / ceiling, ceiling)
            },
        );
        let mut now = levels(0);
        let mut rounding = self.corners.begin(simd);
        let out = io.output(0);
        for n in 0..out.len() {
            if moves {
                now = levels(n);
            }
            let (push, ceiling) = now;
            let kinds = self.kinds.next(simd, chosen, self.step);
            let (knee, mix) = (knee.at(simd, n), mix.at(simd, n));
            let mut curve = Clipping { push, ceiling, knee, mix, kinds, heard, rounding: &mut rounding };
            store(self.oversampler.run(simd, load(simd, &input[n]), &mut curve), &mut out[n]);
        }
        self.corners.end(rounding);
    }

    fn reset(&mut self) {
        self.oversampler.reset();
        (self.corners, self.kinds) = (Corners::default(), LaneShares::default());
    }

    fn latency_frames(&self) -> usize {
        self.oversampler.late_curve_frames()
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        lane_state!(visit; self.oversampler, self.corners, self.kinds);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::dsp::oversample::CURVE_LAG;
    use crate::testing::{driven, sine};
    use patchlight_testkit::alias_db;

    /// What a ramp from 0 to 2, slow enough that the filters leave it as it is, is bent to, by what went in.
    fn bent(params: &[(&'static str, f32)]) -> Vec<(f32, f32)> {
        let ramp: Vec<f32> = (0..20_000).map(|n| n as f32 / 10_000.0).collect();
        let mut params = params.to_vec();
        params.push(("oversampling", 0.0));
        let rendered = driven(&SPEC, build, &params, &[("in", ramp.clone())], 20_000);
        ramp.iter().zip(&rendered.mono(0)[CURVE_LAG..]).map(|(x, y)| (*x, *y)).collect()
    }

    #[test]
    fn the_soft_bend_is_its_formula_and_ends_at_one() {
        for knee in [10.0_f32, 50.0, 100.0].map(|percent| percent / 100.0) {
            for (x, y) in bent(&[("kind", 1.0), ("knee", knee)]) {
                let t = ((x - 1.0 + knee) / (3.0 * knee)).clamp(0.0, 1.0);
                let expected = if x < 1.0 - knee { x } else { 1.0 - knee + knee * (1.0 - (1.0 - t).powi(3)) };
                assert!((y - expected).abs() < 1e-4, "knee {knee}: {x} gives {y}, not {expected}");
            }
        }
        for (x, y) in bent(&[("kind", 0.0), ("drive_db", 6.0), ("ceiling_db", -6.0)]) {
            let expected = (x * 1.995_262).min(0.501_187);
            assert!((y - expected).abs() < 1e-3, "{x} gives {y}, not {expected}");
        }
    }

    #[test]
    fn aliases_lie_seventy_decibels_down_at_four_times_the_rate() {
        let hz = 48_000.0 / 65_536.0 * 1_365.0;
        for kind in [0.0, 1.0, 2.0] {
            for drive_db in [3.0, 6.0, 18.0] {
                let params = [("kind", kind), ("drive_db", drive_db), ("oversampling", 2.0)];
                let rendered = driven(&SPEC, build, &params, &[("in", sine(hz, 1.0, 75_136))], 75_136);
                let found = alias_db(&rendered.mono(0)[9_600..], 48_000.0, hz);
                println!("kind {kind}, {drive_db} dB: {found}");
                assert!(found < -70.0, "kind {kind}, {drive_db} dB: {found} dB");
            }
        }
    }
}
