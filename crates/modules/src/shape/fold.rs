//! Wavefolder: what is too loud is turned back, again and again.
//!
//! Sine: sin(π/2·x). Triangle: the line itself, reflected at ±1, its corners rounded ([`crate::dsp::corners`]). Both of a signal that is pushed and moved first. After D. Buchla's timbre circuit and
//! S. Serge's wave multipliers; see F. Esqueda et al., *Virtual analog Buchla 259 wavefolder* (DAFx 2017).

use crate::dsp::corners::{Corners, Rounding};
use crate::dsp::lane_glide::LaneSwitch;
use crate::dsp::oversample::{DcBlock, OVERSAMPLING as RATES, late_curve_frames};
use crate::dsp::oversample_lanes::{LaneCurve, LaneDcBlock, LaneOversampler};
use crate::glide::switch_step;
use patchlight_core::{Curve, Face, ModuleSpec, audio, bipolar, choice, module, percent, preset, unit};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, f32x8, load, select, sin_turns, splat, store};
use patchlight_engine::{BuildContext, GroupIo, LaneKernel, LaneVisit, Unit, eight_lanes, lane_state};

const FOLDS: usize = 0;
const SYMMETRY: usize = 1;
const KIND: usize = 2;
const MIX: usize = 3;
const OVERSAMPLING: usize = 4;

pub const SPEC: ModuleSpec = module("shape.fold", "Wavefolder")
    .about("Turns a simple wave into a rich one that changes with loudness. A sine, this and an envelope are a west-coast voice.")
    .tags(&["wavefolder", "fold", "buchla", "serge", "west coast", "timbre", "harmonics", "fm-like"])
    .inputs(&[audio("in", "A simple wave, best a sine or a triangle")])
    .params(&[
        unit("folds", 0.25..=16.0, 2.0).curve(Curve::Log).about("How often a full-scale wave is turned back; 1 leaves it whole"),
        bipolar("symmetry", 0.0).about("Moves the wave up or down before it is folded: even harmonics"),
        choice("kind", &["sine", "triangle"], 0).about("Round or sharp corners"),
        percent("mix", 1.0).about("Folded against clean"),
        choice("oversampling", RATES, 3).about("More is cleaner and costs more").structural().hidden(),
    ])
    .presets(&[
        preset("Gentle fold", "west coast", "folds 1.5"),
        preset("Buchla", "west coast bright", "folds 4; kind sine"),
        preset("Lopsided", "even harmonics", "folds 3; symmetry 45"),
        preset("Shredder", "harsh", "folds 12; kind triangle"),
        preset("Half and half", "parallel", "folds 5; mix 40"),
    ])
    .outputs(&[audio("out", "Folded sound")])
    .bundles()
    .latency(|params, _| late_curve_frames(params[OVERSAMPLING] as usize))
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    let stages = context.params.get(OVERSAMPLING).map_or(3, |stages| *stages as usize);
    eight_lanes(context, |lanes| Fold {
        oversampler: LaneOversampler::new(stages),
        sharp: LaneSwitch::default(),
        step: switch_step(lanes.sample_rate_hz),
        dc: LaneDcBlock::default(),
        corners: Corners::default(),
    })
}

struct Fold {
    oversampler: LaneOversampler,
    corners: Corners,
    /// 1 is the triangle.
    sharp: LaneSwitch,
    step: f32,
    dc: LaneDcBlock,
}

/// Reflected at ±1 as often as it takes.
#[inline(always)]
fn triangle<S: Simd>(simd: S, x: f32x8<S>) -> f32x8<S> {
    let turns = (x - splat(simd, 1.0)) * splat(simd, 0.25);
    splat(simd, 1.0) - (turns - turns.round_ties_even()).abs() * splat(simd, 4.0)
}

/// The knobs in a frame.
struct Folding<'r, S: Simd> {
    rounding: &'r mut Rounding<S>,
    folds: f32x8<S>,
    moved: f32x8<S>,
    mix: f32x8<S>,
    sharp: f32x8<S>,
    /// What silence becomes.
    rest: f32x8<S>,
    has_sine: bool,
    has_triangle: bool,
}

impl<S: Simd> Folding<'_, S> {
    #[inline(always)]
    fn folded(&self, simd: S, x: f32x8<S>) -> f32x8<S> {
        let mut y = splat(simd, 0.0);
        if self.has_sine {
            y += (splat(simd, 1.0) - self.sharp) * sin_turns(simd, x * splat(simd, 0.25));
        }
        if self.has_triangle {
            y = triangle(simd, x).mul_add(self.sharp, y);
        }
        y
    }

    /// Rounds the corner of the triangle that lies between the sample before and this one. They lie two apart: of more than one, the last.
    #[inline(always)]
    fn round(&mut self, simd: S, x: f32x8<S>, pushed: f32x8<S>) {
        let (one, half) = (splat(simd, 1.0), splat(simd, 0.5));
        let before = self.rounding.before().mul_add(self.folds, self.moved);
        // The stretch between two corners; even ones rise. The corner is where the upper of the two begins.
        let (from, to) = (((before + one) * half).floor(), ((pushed + one) * half).floor());
        let upper = select(to.simd_gt(from), to, to + one);
        let is_even = ((upper * half).floor() * splat(simd, 2.0)).simd_eq(upper);
        let bend = select(is_even, splat(simd, 2.0), splat(simd, -2.0)) * self.folds * self.mix * self.sharp;
        let place = (upper * splat(simd, 2.0) - one - self.moved) / self.folds;
        self.rounding.pass(simd, x, place, bend);
    }
}

impl<S: Simd> LaneCurve<S> for Folding<'_, S> {
    const IS_LATE: bool = true;

    #[inline(always)]
    fn at(&mut self, simd: S, x: f32x8<S>) -> f32x8<S> {
        let pushed = x.mul_add(self.folds, self.moved);
        if self.has_triangle {
            self.round(simd, x, pushed);
        }
        let y = (self.folded(simd, pushed) - self.rest - x).mul_add(self.mix, x);
        self.rounding.next(simd, x, y)
    }
}

impl LaneKernel for Fold {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let input = io.input(0);
        let (folds, symmetry, mix, kind) = (io.param(FOLDS), io.param(SYMMETRY), io.param(MIX), io.param(KIND).first());
        let pole = DcBlock::pole(io.sample_rate_hz());
        let is_settled = self.sharp.begin(kind);
        let goal = splat(simd, kind);
        let mut rounding = self.corners.begin(simd);
        let out = io.output(0);
        for n in 0..out.len() {
            let sharp = if is_settled { goal } else { self.sharp.next(simd, goal, self.step) };
            let mut folding = Folding {
                rounding: &mut rounding,
                folds: folds.at(simd, n),
                moved: symmetry.at(simd, n),
                mix: mix.at(simd, n),
                sharp,
                rest: splat(simd, 0.0),
                has_sine: !is_settled || kind < 1.0,
                has_triangle: !is_settled || kind > 0.0,
            };
            folding.rest = folding.folded(simd, folding.moved);
            let y = self.oversampler.run(simd, load(simd, &input[n]), &mut folding);
            store(self.dc.next(simd, y, pole), &mut out[n]);
        }
        self.corners.end(rounding);
    }

    fn reset(&mut self) {
        self.oversampler.reset();
        (self.sharp, self.dc, self.corners) = (LaneSwitch::default(), LaneDcBlock::default(), Corners::default());
    }

    fn latency_frames(&self) -> usize {
        self.oversampler.late_curve_frames()
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        lane_state!(visit; self.oversampler, self.corners, self.sharp, self.dc);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, sine};
    use patchlight_testkit::{Spectrum, alias_db, db, rms};

    #[test]
    fn a_triangle_turns_back_at_one() {
        // Slow enough that the filters leave it as it is, and less what the middle of a line is moved by.
        let ramp: Vec<f32> = (0..4_000).map(|n| if n < 2_000 { 0.0 } else { 0.6 }).collect();
        let params = [("folds", 2.5), ("kind", 1.0), ("oversampling", 0.0)];
        let out = driven(&SPEC, build, &params, &[("in", ramp)], 4_000);
        // 0.6 · 2.5 = 1.5 comes back to 0.5; by then the middle of the line has moved a little.
        assert!((out.mono(0)[2_008] - 0.5).abs() < 0.01, "{}", out.mono(0)[2_008]);
    }

    /// The harmonics of sin(β·sin) are Bessel functions: J₁ and J₃ of β = folds·π/2.
    #[test]
    fn harmonics_are_those_of_the_formula() {
        let hz = 48_000.0 / 65_536.0 * 300.0;
        let rendered = driven(&SPEC, build, &[("folds", 2.0)], &[("in", sine(hz, 1.0, 75_136))], 75_136);
        let spectrum = Spectrum::new(&rendered.mono(0)[9_600..], 48_000.0);
        let bessel = |order: i32, x: f64| {
            let at = |k: i32| (std::f64::consts::PI * f64::from(k) / 400.0, if k == 0 || k == 400 { 0.5 } else { 1.0 });
            (0..=400).map(at).map(|(t, weight)| weight * (f64::from(order) * t - x * t.sin()).cos()).sum::<f64>() / 400.0
        };
        let expected = (bessel(3, std::f64::consts::PI) / bessel(1, std::f64::consts::PI)).abs();
        let found = spectrum.at(3.0 * hz) / spectrum.at(hz);
        assert!((found / expected - 1.0).abs() < 0.01, "{found} for {expected}");
    }

    #[test]
    fn aliases_lie_seventy_decibels_down_at_four_times_the_rate() {
        let hz = 48_000.0 / 65_536.0 * 1_365.0;
        for (kind, folds) in [(0.0, 4.0), (1.0, 2.5), (1.0, 4.0)] {
            let params = [("folds", folds), ("kind", kind), ("oversampling", 2.0)];
            let rendered = driven(&SPEC, build, &params, &[("in", sine(hz, 1.0, 75_136))], 75_136);
            // Against all that sounds: at some folds the fundamental is all but gone.
            let sound = &rendered.mono(0)[9_600..];
            let found = alias_db(sound, 48_000.0, hz) + db(Spectrum::new(sound, 48_000.0).at(hz)) - db(rms(sound));
            println!("kind {kind}, {folds} folds: {found} dB");
            assert!(found < -70.0, "kind {kind}, {folds} folds: {found} dB");
        }
    }
}
