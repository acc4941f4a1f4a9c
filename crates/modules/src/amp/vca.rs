//! Voltage-controlled amplifier: a signal times a gain, on a linear or an exponential law.

use crate::dsp::lane_glide::LaneSwitch;
use crate::dsp::levels::{OCTAVES_PER_DB, gain_from_db};
use crate::glide::switch_step;
use patchlight_core::{ModuleSpec, audio, choice, control, db, module};
use patchlight_engine::simd::{Simd, SimdBase, exp2, f32x8, load, select, splat, store};
use patchlight_engine::{BuildContext, GroupIo, LaneKernel, LaneParam, LaneVisit, Unit, eight_lanes, lane_state};

const IN: usize = 0;
const LEVEL_IN: usize = 1;

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
    .bundles();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| Vca { law: LaneSwitch::default(), step: switch_step(lanes.sample_rate_hz) })
}

struct Vca {
    /// 0 is linear, 1 exponential; it glides between them so that switching does not click.
    law: LaneSwitch,
    step: f32,
}

/// −60 dB is the bottom of the exponential law and of the gain knob.
const RANGE_DB: f32 = 60.0;

/// The exponential law.
#[inline(always)]
fn curved<S: Simd>(simd: S, open: f32x8<S>) -> f32x8<S> {
    let (zero, one) = (splat(simd, 0.0), splat(simd, 1.0));
    let curve = exp2(simd, (open.min(one) - one) * splat(simd, RANGE_DB * OCTAVES_PER_DB));
    select(open.simd_gt(zero), curve, zero)
}

impl LaneKernel for Vca {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let frames = io.frames();
        let input = io.input(IN);
        let level = io.wired(LEVEL_IN);
        let (gain_db, law) = (io.param(GAIN), io.param(LAW).first());
        let is_settled = self.law.begin(law);
        let moves = matches!(gain_db, LaneParam::Signal(_));
        let mut factor = gain_from_db(simd, gain_db.at(simd, 0));
        let (zero, one) = (splat(simd, 0.0), splat(simd, 1.0));
        let out = io.output(0);
        // What stands still is found out before the frames: they differ in what they compute, not in what comes out.
        match level {
            None if !moves => {
                for n in 0..frames {
                    store(load(simd, &input[n]) * factor, &mut out[n]);
                }
            }
            Some(level) if !moves && law == 0.0 && is_settled => {
                for n in 0..frames {
                    store(load(simd, &input[n]) * load(simd, &level[n]).max(zero) * factor, &mut out[n]);
                }
            }
            _ => {
                let goal = splat(simd, law);
                for n in 0..frames {
                    if moves {
                        factor = gain_from_db(simd, gain_db.at(simd, n));
                    }
                    let open = if let Some(level) = level { load(simd, &level[n]).max(zero) } else { one };
                    let share = self.law.next(simd, goal, self.step);
                    let curve = open * (one - share) + curved(simd, open) * share;
                    store(load(simd, &input[n]) * curve * factor, &mut out[n]);
                }
            }
        }
    }

    fn reset(&mut self) {
        self.law = LaneSwitch::default();
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        lane_state!(visit; self.law);
    }
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
