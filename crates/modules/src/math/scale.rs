//! Scale: maps one range to another, out = out_low + (in − in_low)·(out_high − out_low)/(in_high − in_low).

use crate::dsp::lane_glide::LaneSwitch;
use crate::glide::switch_step;
use patchlight_core::{ModuleSpec, control, module, preset, toggle, unit};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, f32x8, load, select, splat, store};
use patchlight_engine::{BuildContext, GroupIo, LaneKernel, LaneParam, LaneVisit, Unit, eight_lanes, lane_state};

const IN_LOW: usize = 0;
const IN_HIGH: usize = 1;
const OUT_LOW: usize = 2;
const OUT_HIGH: usize = 3;
const CLIP: usize = 4;

/// A narrower input range counts as this wide, so that nothing is divided by nothing.
const NARROWEST: f32 = 0.01;

pub const SPEC: ModuleSpec = module("math.scale", "Scale")
    .about("Maps one range to another: −1…1 to 0…1, an envelope upside down, a slider to two octaves.")
    .tags(&["range", "map", "offset", "attenuate", "invert", "rescale", "convert"])
    .inputs(&[control("in", "Signal to map")])
    .params(&[
        unit("in_low", -10.0..=10.0, -1.0).about("The input that gives `out low`"),
        unit("in_high", -10.0..=10.0, 1.0).about("The input that gives `out high`; at least 0.01 from `in low`"),
        unit("out_low", -10.0..=10.0, 0.0).about("The output at `in low`"),
        unit("out_high", -10.0..=10.0, 1.0).about("The output at `in high`"),
        toggle("clip", false).about("Keeps the output between `out low` and `out high`"),
    ])
    .presets(&[
        preset("Up from zero", "unipolar", "in_low -1; in_high 1; out_low 0; out_high 1"),
        preset("Both ways", "bipolar", "in_low 0; in_high 1; out_low -1; out_high 1"),
        preset("Turned over", "invert", "in_low 0; in_high 1; out_low 1; out_high 0"),
        preset("Only the top", "threshold", "in_low 0.5; in_high 1; out_low 0; out_high 1; clip on"),
        preset("Two octaves", "pitch", "in_low 0; in_high 1; out_low 0; out_high 2"),
    ])
    .outputs(&[control("out", "The mapped signal")])
    .bundles();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| Scale { clip: LaneSwitch::default(), step: switch_step(lanes.sample_rate_hz) })
}

struct Scale {
    /// 1 where the range is kept.
    clip: LaneSwitch,
    step: f32,
}

/// A straight line through two points.
#[derive(Clone, Copy)]
struct Line<S: Simd> {
    slope: f32x8<S>,
    from: f32x8<S>,
    low: f32x8<S>,
    ends: (f32x8<S>, f32x8<S>),
}

impl<S: Simd> Line<S> {
    #[inline(always)]
    fn new(simd: S, params: &[LaneParam<'_>; 4], n: usize) -> Self {
        let (low, from, to) = (params[IN_LOW].at(simd, n), params[OUT_LOW].at(simd, n), params[OUT_HIGH].at(simd, n));
        let (width, narrowest) = (params[IN_HIGH].at(simd, n) - low, splat(simd, NARROWEST));
        let width = select(width.abs().simd_lt(narrowest), narrowest.copysign(width), width);
        Self { slope: (to - from) / width, from, low, ends: (from.min(to), from.max(to)) }
    }

    #[inline(always)]
    fn at(&self, x: f32x8<S>) -> f32x8<S> {
        (x - self.low).mul_add(self.slope, self.from)
    }
}

impl LaneKernel for Scale {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let (frames, input) = (io.frames(), io.input(0));
        let params = [io.param(IN_LOW), io.param(IN_HIGH), io.param(OUT_LOW), io.param(OUT_HIGH)];
        let clip = io.param(CLIP).first();
        let is_settled = self.clip.begin(clip);
        let moves = params.iter().any(|param| matches!(param, LaneParam::Signal(_)));
        let mut line = Line::new(simd, &params, 0);
        let out = io.output(0);
        if clip == 0.0 && is_settled {
            for n in 0..frames {
                if moves {
                    line = Line::new(simd, &params, n);
                }
                store(line.at(load(simd, &input[n])), &mut out[n]);
            }
            return;
        }
        let (one, goal) = (splat(simd, 1.0), splat(simd, clip));
        for n in 0..frames {
            if moves {
                line = Line::new(simd, &params, n);
            }
            let mapped = line.at(load(simd, &input[n]));
            let clipped = mapped.max(line.ends.0).min(line.ends.1);
            let share = self.clip.next(simd, goal, self.step);
            store(select(share.simd_gt(splat(simd, 0.0)), mapped * (one - share) + clipped * share, mapped), &mut out[n]);
        }
    }

    fn reset(&mut self) {
        self.clip = LaneSwitch::default();
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        lane_state!(visit; self.clip);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};

    fn mapped(params: &[(&'static str, f32)], input: f32) -> f32 {
        let mut solo = Solo::new(&SPEC, build, &SoloConfig { params: params.to_vec(), ..SoloConfig::default() }, &["in"]);
        solo.drive("in", vec![vec![input; 64]]);
        solo.run(64, 64).mono(0)[63]
    }

    #[test]
    fn ranges_map_to_ranges() {
        assert_eq!([-1.0, 0.0, 1.0, 3.0].map(|x| mapped(&[], x)), [0.0, 0.5, 1.0, 2.0]);
        let upside_down = [("in_low", 0.0), ("out_low", 2.0), ("out_high", -2.0)];
        assert_eq!([0.0, 0.25, 1.0].map(|x| mapped(&upside_down, x)), [2.0, 1.0, -2.0]);
        let clipped = [("clip", 1.0), ("out_low", 2.0), ("out_high", -2.0)];
        assert_eq!([-9.0, 0.0, 9.0].map(|x| mapped(&clipped, x)), [2.0, 0.0, -2.0]);
        assert!(mapped(&[("in_low", 1.0), ("in_high", 1.0)], 1.5).is_finite());
    }
}
