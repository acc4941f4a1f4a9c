//! Drift: the slow wandering of analogue circuits, each voice in its own way.
//!
//! Random numbers from −1 to 1, joined by a uniform cubic B-spline: its slope and its curvature never jump, and it stays within ±1.
//!
//! Face cells: [0] the drift, −1 to 1.

use crate::dsp::rng::{channel_salt, identity};
use crate::dsp::slow_phase::{SlowPhases, SlowStep};
use crate::pulse::chance;
use fearless_simd::SimdMask;
use patchlight_core::{Face, ModuleSpec, cents, control, hz, module, pitch};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, f32x8, i32x8, load, splat, store};
use patchlight_engine::{BuildContext, FACE, GROUP, GroupIo, LaneKernel, LaneState, LaneVisit, Oct, Unit, eight_lanes, lane_state};

const RATE: usize = 0;
const DEPTH: usize = 1;

pub const SPEC: ModuleSpec = module("mod.drift", "Drift")
    .about("Slow random wandering, different for every voice: what makes chords of oscillators alive. Put it before their pitch.")
    .tags(&["drift", "random", "analog", "detune", "slow", "alive", "vintage", "wander"])
    .inputs(&[pitch("pitch", "The pitch to drift from, in octaves")])
    .params(&[
        hz("rate_hz", 0.01..=20.0, 0.4).about("How often it turns elsewhere"),
        cents("depth_cents", 0.0..=200.0, 8.0).about("How far the pitch drifts at most"),
    ])
    .outputs(&[pitch("out", "The pitch with its drift, in octaves"), control("drift", "The drift alone, −1 to 1, whatever the depth")])
    .bundles()
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| {
        let seed = |lane: usize| {
            let (seed, voice) = identity(lanes, lane);
            (seed ^ channel_salt(lanes)).wrapping_add(voice as u64 * 0x2545_f491)
        };
        let seeds = std::array::from_fn(seed);
        Drift { seeds, state: State::new(&seeds) }
    })
}

struct Drift {
    seeds: [u64; GROUP],
    state: State,
}

struct State {
    phase: SlowPhases,
    stretches: [u64; GROUP],
    /// The numbers that the curve lies between now.
    points: [Oct; 4],
    drift: Oct,
}

impl State {
    fn new(seeds: &[u64; GROUP]) -> Self {
        let none = [0.0; GROUP];
        let mut state = Self { phase: SlowPhases::default(), stretches: [0; GROUP], points: [none; 4], drift: none };
        seeds.iter().enumerate().for_each(|(lane, seed)| state.draw(lane, *seed));
        state
    }

    fn draw(&mut self, lane: usize, seed: u64) {
        for (ahead, points) in self.points.iter_mut().enumerate() {
            points[lane] = 2.0 * chance(seed, self.stretches[lane].cast_signed() + ahead as i64) - 1.0;
        }
    }

    /// The curve at `x`, 0 to 1, of its present stretch.
    #[inline(always)]
    fn curve<S: Simd>(&self, simd: S, x: f32x8<S>) -> f32x8<S> {
        let [a, b, c, d] = &self.points;
        let (a, b, c, d) = (load(simd, a), load(simd, b), load(simd, c), load(simd, d));
        let y = splat(simd, 1.0) - x;
        (a * (y * y * y) + b * inner_weight(simd, x) + c * inner_weight(simd, y) + d * (x * x * x)) * splat(simd, 1.0 / 6.0)
    }
}

/// The weight of one of the two points that the curve is between, six times.
#[inline(always)]
fn inner_weight<S: Simd>(simd: S, x: f32x8<S>) -> f32x8<S> {
    (x * x).mul_add(splat(simd, 3.0) * x - splat(simd, 6.0), splat(simd, 4.0))
}

impl LaneKernel for Drift {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let rate_hz = io.sample_rate_hz();
        let (rate, depth, pitch) = (io.param(RATE), io.param(DEPTH), io.input(0));
        let [out, alone] = io.outputs::<2>();
        let mut phase = self.state.phase.load(simd);
        for n in 0..out.len() {
            let drift = self.state.curve(simd, phase.turns(simd));
            store(drift, &mut alone[n]);
            store((depth.at(simd, n) * splat(simd, 1.0 / 1200.0)).mul_add(drift, load(simd, &pitch[n])), &mut out[n]);
            let ended = phase.advance(simd, &SlowStep::new(simd, rate.at(simd, n) * splat(simd, 1.0 / rate_hz)));
            if ended.simd_lt(i32x8::splat(simd, 0)).any_true() {
                let ended: [i32; GROUP] = ended.into();
                for lane in (0..GROUP).filter(|lane| ended[*lane] < 0) {
                    self.state.stretches[lane] += 1;
                    self.state.draw(lane, self.seeds[lane]);
                }
            }
        }
        self.state.phase.store(phase);
        self.state.drift = alone[alone.len() - 1];
    }

    fn reset(&mut self) {
        self.state = State::new(&self.seeds);
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        face[0] = self.state.drift[lane];
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        let State { phase, stretches, points, drift } = &mut self.state;
        lane_state!(visit; self.seeds, *phase, *stretches, *drift);
        points.iter_mut().for_each(|points| points.visit(visit));
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};
    use patchlight_testkit::{peak, rms};

    fn lanes(params: &[(&'static str, f32)], seed: u64) -> [Vec<Vec<f32>>; 2] {
        let config = SoloConfig { params: params.to_vec(), voices: 4, seed, ..SoloConfig::default() };
        let mut outputs = Solo::new(&SPEC, build, &config, &[]).run(48_000 * 40, 64).outputs;
        let drift = outputs.pop().expect("two outputs");
        [outputs.pop().expect("two outputs"), drift]
    }

    #[test]
    fn it_wanders_evenly_within_its_depth() {
        let [out, drift] = lanes(&[("rate_hz", 5.0), ("depth_cents", 60.0)], 1);
        for (out, drift) in out.iter().zip(&drift) {
            let mean = drift.iter().sum::<f32>() / drift.len() as f32;
            assert!(mean.abs() < 0.12 && peak(drift) <= 1.0 && peak(drift) > 0.6, "{mean}, {}", peak(drift));
            assert!((0.3..0.5).contains(&rms(drift)), "{}", rms(drift));
            assert!(out.iter().zip(drift).all(|(out, drift)| (out * 1200.0 - 60.0 * drift).abs() < 1e-3));
        }
    }

    #[test]
    fn its_speed_never_jumps() {
        let [_, drift] = lanes(&[("rate_hz", 5.0)], 1);
        let steps: Vec<f32> = drift[0].windows(2).map(|pair| pair[1] - pair[0]).collect();
        let fastest = peak(&steps);
        // A stretch is 9600 frames: the fastest is about one in a stretch, and it takes hundreds of frames to change.
        assert!(fastest < 1.5 / 9600.0, "{fastest}");
        assert!(steps.windows(2).all(|pair| (pair[1] - pair[0]).abs() < fastest / 100.0));
    }

    #[test]
    fn voices_and_modules_wander_apart() {
        let ([_, one], [_, other]) = (lanes(&[("rate_hz", 5.0)], 1), lanes(&[("rate_hz", 5.0)], 2));
        for (a, b) in [(&one[0], &one[1]), (&one[0], &one[3]), (&one[0], &other[0])] {
            let both = a.iter().zip(b).map(|(x, y)| f64::from(x * y)).sum::<f64>() / a.len() as f64;
            assert!(both.abs() / (rms(a) * rms(b)) < 0.25, "{both}");
        }
        assert_eq!(one[0], lanes(&[("rate_hz", 5.0)], 1)[1][0]);
    }
}
