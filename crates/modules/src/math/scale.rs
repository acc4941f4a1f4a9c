//! Scale: maps one range to another, out = out_low + (in − in_low)·(out_high − out_low)/(in_high − in_low).

use crate::glide::{Glide, switch_step};
use patchlight_core::{ModuleSpec, control, module, toggle, unit};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, load, select, splat, store};
use patchlight_engine::{BuildContext, GroupIo, LaneKernel, LaneParam, Unit, eight_lanes};

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
    .outputs(&[control("out", "The mapped signal")])
    .eight_lanes();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| Scale { clip: Glide::default(), switch_step: switch_step(lanes.sample_rate_hz) })
}

struct Scale {
    clip: Glide,
    switch_step: f32,
}

impl LaneKernel for Scale {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let (frames, input) = (io.frames(), io.input(0));
        let [in_low, in_high, out_low, out_high, clip] = [IN_LOW, IN_HIGH, OUT_LOW, OUT_HIGH, CLIP].map(|index| io.param(index));
        let out = io.output(0);
        let narrowest = splat(simd, NARROWEST);
        for n in 0..frames {
            let (low, from, to) = (in_low.at(simd, n), out_low.at(simd, n), out_high.at(simd, n));
            let width = in_high.at(simd, n) - low;
            let width = select(width.abs().simd_lt(narrowest), narrowest.copysign(width), width);
            let mapped = (load(simd, &input[n]) - low) / width * (to - from) + from;
            let clipped = mapped.max(from.min(to)).min(from.max(to));
            let wanted = match clip {
                LaneParam::Constant(value) => value[0],
                LaneParam::Signal(values) => values[n][0],
            };
            let share = splat(simd, self.clip.next(wanted, self.switch_step));
            store(mapped + (clipped - mapped) * share, &mut out[n]);
        }
    }

    fn reset(&mut self) {
        self.clip.forget();
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
