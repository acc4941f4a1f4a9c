//! Clip: cuts off what is too loud, from a soft bend to a straight cut.
//!
//! Hard: x between ±1. Soft: straight up to a knee, then a cubic that arrives flat at 1. Sine: sin(π/2·x) up to 1.

use crate::dsp::oversample::{OVERSAMPLING as RATES, Oversampler};
use crate::glide::{Glide, gain_from_db, switch_step};
use patchlight_core::{Face, ModuleSpec, audio, choice, db, module, percent, preset};
use patchlight_engine::{BuildContext, RowIo, RowKernel, Unit, rows};

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
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    let stages = context.params.get(OVERSAMPLING).map_or(2, |stages| *stages as usize);
    rows(context, |lane| Clip { oversampler: Oversampler::new(stages), kinds: [Glide::off(); 3], step: switch_step(lane.sample_rate_hz) })
}

struct Clip {
    oversampler: Oversampler,
    /// Shares of the three kinds; they glide.
    kinds: [Glide; 3],
    step: f32,
}

/// Straight up to `1 − knee`, then bent so that slope and curve join: y = 1 − (1 − t)³·knee/3·… with the end at ±1.
fn soft(x: f32, knee: f32) -> f32 {
    let size = x.abs();
    let straight = 1.0 - knee;
    if size <= straight || knee < 1e-3 {
        return x.clamp(-1.0, 1.0);
    }
    // Over three knees' way the slope falls from 1 to 0 as a parabola, and the level rises by one knee.
    let t = ((size - straight) / (3.0 * knee)).min(1.0);
    let bent = straight + knee * (1.0 - (1.0 - t).powi(3));
    bent.copysign(x)
}

fn shape(x: f32, kinds: [f32; 3], knee: f32) -> f32 {
    let hard = x.clamp(-1.0, 1.0);
    let mut y = kinds[0] * hard;
    if kinds[1] > 0.0 {
        y += kinds[1] * soft(x, knee);
    }
    if kinds[2] > 0.0 {
        y += kinds[2] * (hard * std::f32::consts::FRAC_PI_2).sin();
    }
    y
}

impl RowKernel for Clip {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let input = io.input(0);
        let [drive, ceiling, kind, knee, mix] = [DRIVE, CEILING, KIND, KNEE, MIX].map(|index| io.param(index));
        let out = io.output(0);
        for n in 0..out.len() {
            let chosen = kind.at(n) as usize;
            let mut kinds = [0.0; 3];
            for (index, share) in self.kinds.iter_mut().enumerate() {
                kinds[index] = share.next(if index == chosen { 1.0 } else { 0.0 }, self.step);
            }
            let (ceiling, knee, mix) = (gain_from_db(ceiling.at(n)), knee.at(n), mix.at(n));
            let push = gain_from_db(drive.at(n)) / ceiling;
            out[n] = self.oversampler.run(input[n], &mut |x| x + (shape(x * push, kinds, knee) * ceiling - x) * mix);
        }
    }

    fn reset(&mut self) {
        self.oversampler.reset();
        self.kinds.iter_mut().for_each(Glide::forget);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build, soft};
    use crate::testing::{driven, sine};
    use patchlight_testkit::alias_db;

    #[test]
    fn the_soft_bend_joins_smoothly_and_ends_at_one() {
        for knee in [0.1, 0.5, 1.0] {
            let slope = |x: f32| (soft(x + 1e-3, knee) - soft(x - 1e-3, knee)) / 2e-3;
            let begin = 1.0 - knee;
            assert!((slope(begin + 0.002) - 1.0).abs() < 0.06 && slope(begin + 3.0 * knee + 0.01).abs() < 1e-3);
            assert!((soft(9.0, knee) - 1.0).abs() < 1e-6 && (soft(-9.0, knee) + 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn aliases_lie_seventy_decibels_down_at_four_times_the_rate() {
        let hz = 48_000.0 / 65_536.0 * 1_365.0;
        for kind in [1.0, 2.0] {
            let params = [("kind", kind), ("drive_db", 6.0)];
            let rendered = driven(&SPEC, build, &params, &[("in", sine(hz, 1.0, 75_136))], 75_136);
            let found = alias_db(&rendered.mono(0)[9_600..], 48_000.0, hz);
            assert!(found < -70.0, "kind {kind}: {found} dB");
        }
        // A straight cut has corners: twice as many doublings are its due.
        let params = [("drive_db", 6.0), ("oversampling", 3.0)];
        let rendered = driven(&SPEC, build, &params, &[("in", sine(hz, 1.0, 75_136))], 75_136);
        let found = alias_db(&rendered.mono(0)[9_600..], 48_000.0, hz);
        assert!(found < -70.0, "hard: {found} dB");
    }
}
