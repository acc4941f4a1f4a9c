//! Rectify: turns the lower half of a wave up, or takes it away. The corner where it does so is rounded ([`crate::dsp::corners`]).

use crate::dsp::corners::{Corners, Rounding};
use crate::dsp::lane_glide::LaneSwitch;
use crate::dsp::oversample::{DcBlock, OVERSAMPLING as RATES, late_curve_frames};
use crate::dsp::oversample_lanes::{LaneCurve, LaneDcBlock, LaneOversampler};
use crate::glide::switch_step;
use patchlight_core::{Face, ModuleSpec, audio, bipolar, choice, module, percent, preset, toggle};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, f32x8, load, select, splat, store};
use patchlight_engine::{BuildContext, GroupIo, LaneKernel, LaneVisit, Unit, eight_lanes, lane_state};

const AMOUNT: usize = 0;
const BIAS: usize = 1;
const DC: usize = 2;
const MIX: usize = 3;
const OVERSAMPLING: usize = 4;

pub const SPEC: ModuleSpec = module("shape.rectify", "Rectify")
    .about("Turns the lower half of a wave up: an octave higher and hollow. Half way it takes it away.")
    .tags(&["rectifier", "octave up", "octavia", "half wave", "full wave", "fuzz", "absolute"])
    .inputs(&[audio("in", "Sound to rectify")])
    .params(&[
        percent("amount", 1.0).about("0 leaves it as it is, 50 % takes the lower half away, 100 % turns it up"),
        bipolar("bias", 0.0).about("Where the lower half begins").hidden(),
        toggle("dc_block", true).about("Keeps the result around zero").hidden(),
        percent("mix", 1.0).about("Rectified against clean"),
        choice("oversampling", RATES, 2).about("More is cleaner and costs more").structural().hidden(),
    ])
    .presets(&[
        preset("Octave up", "octave fuzz", "amount 100"),
        preset("Half wave", "even harmonics", "amount 50"),
        preset("Biased", "texture", "amount 80; bias 30"),
        preset("Envelope", "utility", "amount 100; dc_block off"),
        preset("Shimmer", "parallel", "amount 100; mix 35"),
    ])
    .outputs(&[audio("out", "Rectified sound")])
    .bundles()
    .latency(|params, _| late_curve_frames(params[OVERSAMPLING] as usize))
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    let stages = context.params.get(OVERSAMPLING).map_or(2, |stages| *stages as usize);
    eight_lanes(context, |lanes| Rectify {
        oversampler: LaneOversampler::new(stages),
        corners: Corners::default(),
        dc: LaneDcBlock::default(),
        blocked: LaneSwitch::default(),
        step: switch_step(lanes.sample_rate_hz),
    })
}

struct Rectify {
    oversampler: LaneOversampler,
    corners: Corners,
    dc: LaneDcBlock,
    /// 1 keeps the result around zero.
    blocked: LaneSwitch,
    step: f32,
}

/// The knobs in a frame.
struct Turning<'r, S: Simd> {
    /// What the lower half is multiplied with.
    lower: f32x8<S>,
    bias: f32x8<S>,
    mix: f32x8<S>,
    rounding: &'r mut Rounding<S>,
}

impl<S: Simd> Turning<'_, S> {
    #[inline(always)]
    fn turned(&self, simd: S, x: f32x8<S>) -> f32x8<S> {
        let moved = x - self.bias;
        let y = select(moved.simd_lt(splat(simd, 0.0)), moved * self.lower, moved) + self.bias;
        (y - x).mul_add(self.mix, x)
    }
}

impl<S: Simd> LaneCurve<S> for Turning<'_, S> {
    const IS_LATE: bool = true;

    #[inline(always)]
    fn at(&mut self, simd: S, x: f32x8<S>) -> f32x8<S> {
        self.rounding.pass(simd, x, self.bias, (splat(simd, 1.0) - self.lower) * self.mix);
        let y = self.turned(simd, x);
        self.rounding.next(simd, x, y)
    }
}

impl LaneKernel for Rectify {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let input = io.input(0);
        let (amount, bias, mix, dc) = (io.param(AMOUNT), io.param(BIAS), io.param(MIX), io.param(DC).first());
        self.blocked.begin(dc);
        let pole = DcBlock::pole(io.sample_rate_hz());
        let (zero, one, goal) = (splat(simd, 0.0), splat(simd, 1.0), splat(simd, dc));
        let mut rounding = self.corners.begin(simd);
        let out = io.output(0);
        for n in 0..out.len() {
            let lower = amount.at(simd, n).mul_add(splat(simd, -2.0), one);
            let mut curve = Turning { lower, bias: bias.at(simd, n), mix: mix.at(simd, n), rounding: &mut rounding };
            // Where silence comes to lie is taken off, so that silence stays silence.
            let rest = curve.turned(simd, zero);
            let y = self.oversampler.run(simd, load(simd, &input[n]), &mut curve) - rest;
            let blocked = self.dc.next(simd, y, pole);
            let share = self.blocked.next(simd, goal, self.step);
            store((blocked - y).mul_add(share, y), &mut out[n]);
        }
        self.corners.end(rounding);
    }

    fn reset(&mut self) {
        self.oversampler.reset();
        (self.corners, self.dc, self.blocked) = (Corners::default(), LaneDcBlock::default(), LaneSwitch::default());
    }

    fn latency_frames(&self) -> usize {
        self.oversampler.late_curve_frames()
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        lane_state!(visit; self.oversampler, self.corners, self.dc, self.blocked);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, sine};
    use patchlight_testkit::{Spectrum, alias_db, db};

    fn spectrum(amount: f32) -> (Spectrum, Vec<f32>) {
        let hz = 48_000.0 / 65_536.0 * 1_365.0;
        let params = [("amount", amount), ("oversampling", 2.0)];
        let rendered = driven(&SPEC, build, &params, &[("in", sine(hz, 1.0, 75_136))], 75_136);
        let samples = rendered.mono(0)[9_600..].to_vec();
        (Spectrum::new(&samples, 48_000.0), samples)
    }

    #[test]
    fn a_full_wave_is_an_octave_up_and_a_half_wave_has_both() {
        let hz = 48_000.0 / 65_536.0 * 1_365.0;
        let (full, samples) = spectrum(1.0);
        // |sin| is 2/π − 4/π·Σ cos(2kωt)/(4k² − 1).
        assert!(db(full.at(hz)) < -60.0 && (full.at(2.0 * hz) - 4.0 / (3.0 * std::f64::consts::PI)).abs() < 0.005);
        let found = alias_db(&samples, 48_000.0, 2.0 * hz);
        assert!(found < -70.0, "at four times the rate: {found} dB");
        let (half, _) = spectrum(0.5);
        assert!((half.at(hz) - 0.5).abs() < 0.005);
    }
}
