//! Voltage-controlled amplifier: a signal times a gain, on a linear or an exponential law.

use patchlight_core::{ModuleSpec, audio, choice, control, db, module};
use patchlight_engine::simd::{Simd, SimdBase, exp2, load, select, splat, store};
use patchlight_engine::{BuildContext, GroupIo, LaneKernel, Unit, eight_lanes};

const GAIN: usize = 0;
const LAW: usize = 1;

pub const SPEC: ModuleSpec = module("amp.vca", "VCA")
    .about("Turns a sound up and down with another signal: the envelope's door. Try adsr into level.")
    .tags(&["volume", "gain", "amplifier", "level", "tremolo"])
    .inputs(&[audio("in", "Signal to turn up and down"), control("level", "How open it is, 0 to 1. Not wired, it is fully open")])
    .params(&[
        db("gain_db", -60.0..=12.0, 0.0).about("Gain when fully open; −60 dB is off"),
        choice("law", &["linear", "exponential"], 0)
            .about("Linear follows the level exactly; exponential spreads it over 60 dB, as the ear hears"),
    ])
    .outputs(&[audio("out", "The signal at its new level")])
    .eight_lanes();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| Vca { law: lanes.build.params.get(LAW).copied().unwrap_or(0.0) })
}

struct Vca {
    /// 0 is linear, 1 exponential; it glides between them so that switching does not click.
    law: f32,
}

/// −60 dB is the bottom of the exponential law and of the gain knob.
const RANGE_DB: f32 = 60.0;
const OCTAVES_PER_DB: f32 = 0.166_096_4;

impl LaneKernel for Vca {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let frames = io.frames();
        let (input, level, is_wired) = (io.input(0), io.input(1), io.is_connected(1));
        let (gain_db, law) = (io.param(GAIN), io.param(LAW).first());
        let law_step = 1.0 / (0.005 * io.sample_rate_hz());
        let out = io.output(0);
        let (zero, one) = (splat(simd, 0.0), splat(simd, 1.0));
        for n in 0..frames {
            let db = gain_db.at(simd, n);
            let gain = exp2(simd, db * splat(simd, OCTAVES_PER_DB));
            let gain = select(db.simd_gt(splat(simd, -RANGE_DB)), gain, zero);
            self.law += (law - self.law).clamp(-law_step, law_step);
            let open = if is_wired { load(simd, &level[n]).max(zero) } else { one };
            let exponential = exp2(simd, (open.min(one) - one) * splat(simd, RANGE_DB * OCTAVES_PER_DB));
            let exponential = select(open.simd_gt(zero), exponential, zero);
            let curve = open + (exponential - open) * splat(simd, self.law);
            store(load(simd, &input[n]) * curve * gain, &mut out[n]);
        }
    }

    fn reset(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};

    fn level_through(law: f32, level: f32) -> f32 {
        let config = SoloConfig { params: vec![("law", law)], ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &["in", "level"]);
        solo.drive("in", vec![vec![1.0; 4800]]);
        solo.drive("level", vec![vec![level; 4800]]);
        solo.run(4800, 64).mono(0)[4799]
    }

    #[test]
    fn the_linear_law_is_a_product_and_the_exponential_spans_sixty_decibels() {
        assert!((level_through(0.0, 0.25) - 0.25).abs() < 1e-6);
        assert!((level_through(1.0, 1.0) - 1.0).abs() < 1e-5);
        assert!((20.0 * level_through(1.0, 0.5).log10() + 30.0).abs() < 0.01);
        assert_eq!(level_through(1.0, 0.0), 0.0);
    }
}
