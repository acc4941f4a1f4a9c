//! All-pass: lets all through and turns the phase. Mixed with the dry sound it is a phaser, in a row it smears clicks into zaps.
//!
//! Stages of the second order, 1 − 2·k·band of a state-variable filter (V. Zavalishin, *The Art of VA Filter Design*, ch. 4).

use crate::dsp::lane_glide::{LaneFollow, LaneSwitch};
use crate::dsp::{LaneSvf, LaneSvfFactors};
use crate::glide::switch_step;
use patchlight_core::{Curve, Face, ModuleSpec, audio, bipolar, hz, integer, module, percent, preset, unit};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, exp2, f32x8, inlined, load, log2, splat, store, tan_pi};
use patchlight_engine::{BuildContext, FACE, GroupIo, LaneKernel, LaneParam, LaneVisit, Oct, Unit, eight_lanes, lane_state};

const FREQUENCY: usize = 0;
const Q: usize = 1;
const STAGES: usize = 2;
const FEEDBACK: usize = 3;
const MIX: usize = 4;
const MOST: usize = 24;

pub const SPEC: ModuleSpec = module("filter.allpass", "All-pass")
    .about("Turns the phase and leaves the loudness: half mixed it cuts moving notches like a phaser, many stages smear drums into lasers.")
    .tags(&["phase", "phaser", "dispersion", "disperser", "smear", "notch", "zap", "rotate"])
    .inputs(&[audio("in", "Sound to turn")])
    .params(&[
        hz("frequency_hz", 20.0..=20_000.0, 800.0).about("Where the phase turns over"),
        unit("q", 0.1..=20.0, 0.7).curve(Curve::Log).about("How suddenly it turns there"),
        integer("stages", 1..=24, 4).about("How often, one behind the other"),
        bipolar("feedback", 0.0).about("From the end back to the beginning: sharper"),
        percent("mix", 0.5).about("The turned against the dry sound: 50 % is a phaser, 100 % turns only"),
    ])
    .presets(&[
        preset("Slow phaser", "phaser classic", "frequency_hz 700; stages 4; feedback 50"),
        preset("Deep phaser", "phaser deep", "frequency_hz 500; stages 12; feedback 70; mix 50"),
        preset("Laser tail", "dispersion effect", "frequency_hz 300; stages 24; q 4; mix 100"),
        preset("Phase turner", "utility phase", "frequency_hz 120; stages 2; q 0.5; mix 100"),
        preset("Negative", "phaser hollow", "frequency_hz 900; stages 6; feedback -60"),
    ])
    .outputs(&[audio("out", "The turned sound")])
    .bundles()
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| Allpass {
        stages: [Stage::default(); MOST],
        narrowness: LaneFollow::default(),
        last: [0.0; 8],
        step: switch_step(lanes.sample_rate_hz),
    })
}

#[derive(Clone, Copy, Default)]
struct Stage {
    filter: LaneSvf,
    /// 0 is out of the row, 1 in it.
    on: LaneSwitch,
}

struct Allpass {
    stages: [Stage; MOST],
    /// log2 of q; an octave takes ten milliseconds.
    narrowness: LaneFollow,
    last: Oct,
    step: f32,
}

/// The loop never gains.
const MOST_FEEDBACK: f32 = 0.95;
/// The phase turns no higher than at this share of the rate.
const HIGHEST: f32 = 0.45;

impl LaneKernel for Allpass {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let (input, rate_hz) = (io.input(0), io.sample_rate_hz());
        let (frequency, q, feedback, mix) = (io.param(FREQUENCY), io.param(Q), io.param(FEEDBACK), io.param(MIX));
        let count = io.param(STAGES).first() as usize;
        let mut first = [0.0; 8];
        store(log2(simd, q.at(simd, 0)), &mut first);
        let settled = self.narrowness.begin(&first);
        let moves = !settled || [frequency, q].iter().any(|param| matches!(param, LaneParam::Signal(_)));
        let factors = inlined(
            #[inline(always)]
            |n: usize, narrowness: f32x8<S>| {
                let turns = (frequency.at(simd, n) * splat(simd, 1.0 / rate_hz)).min(splat(simd, HIGHEST));
                LaneSvfFactors::new(simd, tan_pi(simd, turns), exp2(simd, -narrowness))
            },
        );
        // Stages beyond these are out of the row, and stay there.
        let mut gliding = [false; MOST];
        let mut used = 0;
        for (index, stage) in self.stages.iter_mut().enumerate() {
            gliding[index] = !stage.on.begin(if index < count { 1.0 } else { 0.0 });
            if index < count || gliding[index] {
                used = index + 1;
            }
        }
        let (zero, one, two) = (splat(simd, 0.0), splat(simd, 1.0), splat(simd, 2.0));
        let mut now = factors(0, load(simd, self.narrowness.now()));
        let mut last = load(simd, &self.last);
        let out = io.output(0);
        for n in 0..out.len() {
            if moves {
                let narrowness = self.narrowness.next(simd, log2(simd, q.at(simd, n)), 0.5 * self.step);
                now = factors(n, narrowness);
            }
            let dry = load(simd, &input[n]);
            let mut x = (last * feedback.at(simd, n)).mul_add(splat(simd, MOST_FEEDBACK), dry);
            for index in 0..used {
                let stage = &mut self.stages[index];
                let turned = x - stage.filter.next(simd, x, &now).band * two;
                if gliding[index] {
                    let goal = if index < count { one } else { zero };
                    x = (turned - x).mul_add(stage.on.next(simd, goal, self.step), x);
                } else {
                    x = turned;
                }
            }
            last = x;
            store((x - dry).mul_add(mix.at(simd, n), dry), &mut out[n]);
        }
        store(last, &mut self.last);
    }

    fn reset(&mut self) {
        (self.stages, self.last, self.narrowness) = ([Stage::default(); MOST], [0.0; 8], LaneFollow::default());
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        face[0] = self.last[lane];
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        for Stage { filter, on } in &mut self.stages {
            lane_state!(visit; *filter, *on);
        }
        lane_state!(visit; self.narrowness, self.last);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::driven;
    use patchlight_testkit::magnitude_response_db;

    #[test]
    fn alone_it_is_flat_and_mixed_it_has_notches() {
        let mut impulse = vec![0.0; 65_536];
        impulse[0] = 1.0;
        let at = |params: &[(&'static str, f32)], hz: f64| {
            magnitude_response_db(driven(&SPEC, build, params, &[("in", impulse.clone())], 65_536).mono(0), 48_000.0, hz)
        };
        for hz in [100.0, 800.0, 5_000.0] {
            assert!(at(&[("mix", 1.0)], hz).abs() < 0.02, "{hz} Hz");
        }
        // One stage turns by half a turn at its frequency: there it cancels the dry sound.
        assert!(at(&[("stages", 1.0)], 800.0) < -50.0 && at(&[("stages", 1.0)], 50.0).abs() < 0.3);
    }
}
