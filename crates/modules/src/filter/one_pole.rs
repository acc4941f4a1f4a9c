//! One pole: the gentlest filter, 6 dB an octave, low or high.
//!
//! A trapezoidal integrator with its loop solved (V. Zavalishin, *The Art of VA Filter Design*, ch. 3): `v = (x − s)·G`, `low = v + s`, `s = low + v`,
//! `G = g/(1 + g)`, `g = tan(π·f/rate)`, so that the cutoff is the −3 dB point at every rate.
//!
//! Face: `[0]` cutoff in Hz, as modulated.

use crate::dsp::cutoff::{Cutoff, Places};
use crate::dsp::lane_glide::LaneSwitch;
use crate::glide::switch_step;
use patchlight_core::{Face, ModuleSpec, audio, choice, hz, module, percent, pitch};
use patchlight_engine::simd::{Simd, SimdFloat, f32x8, load, splat, store};
use patchlight_engine::{BuildContext, FACE, GROUP, GroupIo, LaneKernel, LaneVisit, Oct, Unit, eight_lanes, lane_state};

const CUTOFF: usize = 0;
const MODE: usize = 1;
const TRACKING: usize = 2;

const PLACES: Places = Places { cutoff_param: CUTOFF, tracking_param: TRACKING, pitch_input: 1, fm_input: None };

pub const SPEC: ModuleSpec = module("filter.one_pole", "One pole")
    .about("Takes off a little of the top or the bottom. Gentle enough to leave in everywhere; smooths control signals too.")
    .tags(&["lowpass", "low-pass", "highpass", "high-pass", "6 dB", "smooth", "tone", "lag", "gentle"])
    .inputs(&[audio("in", "Signal to filter"), pitch("pitch", "Moves the cutoff with the notes played, as far as tracking says")])
    .params(&[
        hz("cutoff_hz", 1.0..=20_000.0, 1_000.0).about("Where the signal is 3 dB down"),
        choice("mode", &["low", "high"], 0).about("What is let through"),
        percent("tracking", 1.0).about("How much the pitch input moves the cutoff; 100 % follows the keys").hidden(),
    ])
    .outputs(&[audio("out", "Filtered signal")])
    .bundles()
    .face(Face::Filter);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| OnePole { state: State::default(), step: switch_step(lanes.sample_rate_hz), shown_hz: [0.0; GROUP] })
}

struct OnePole {
    state: State,
    step: f32,
    shown_hz: Oct,
}

#[derive(Default)]
struct State {
    pole: Oct,
    /// 1 lets the highs through.
    high: LaneSwitch,
}

/// A trapezoidal one-pole.
struct Stage<S: Simd> {
    share: f32x8<S>,
    pole: f32x8<S>,
}

impl<S: Simd> Stage<S> {
    /// A frame of the low-pass. The next waits for nothing but one product and one sum.
    #[inline(always)]
    fn next(&mut self, simd: S, x: f32x8<S>) -> f32x8<S> {
        let (before, twice) = (self.pole, self.share + self.share);
        self.pole = before.mul_add(splat(simd, 1.0) - twice, x * twice);
        (x - before).mul_add(self.share, before)
    }
}

impl LaneKernel for OnePole {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let (frames, input) = (io.frames(), io.input(0));
        let cutoff = Cutoff::new(io, &PLACES);
        let mode = io.param(MODE).first();
        let settled = self.state.high.begin(mode);
        let moves = cutoff.moves();
        let mut stage = Stage { share: cutoff.share(simd, 0), pole: load(simd, &self.state.pole) };
        let (zero, one, goal) = (splat(simd, 0.0), splat(simd, 1.0), splat(simd, mode));
        let out = io.output(0);
        for n in 0..frames {
            if moves {
                stage.share = cutoff.share(simd, n);
            }
            let x = load(simd, &input[n]);
            let low = stage.next(simd, x);
            let heard = if !settled {
                let high = self.state.high.next(simd, goal, self.step);
                low * (one - high) + (x - low) * high
            } else if mode == 0.0 {
                low
            } else {
                x - low
            };
            // Never −0, whichever way it was computed.
            store(heard + zero, &mut out[n]);
        }
        store(stage.pole, &mut self.state.pole);
        store(cutoff.hz(simd, frames.saturating_sub(1)), &mut self.shown_hz);
    }

    fn reset(&mut self) {
        self.state = State::default();
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        face[0] = self.shown_hz[lane];
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        let State { pole, high } = &mut self.state;
        lane_state!(visit; *pole, *high);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};
    use patchlight_testkit::magnitude_response_db;

    #[test]
    fn the_response_is_that_of_one_pole_and_three_decibels_down_at_the_cutoff() {
        let warp = |hz: f64| (std::f64::consts::PI * hz / 48_000.0).tan();
        for (mode, cutoff) in [(0.0, 200.0_f32), (0.0, 9_000.0), (1.0, 1_000.0)] {
            let config = SoloConfig { params: vec![("cutoff_hz", cutoff), ("mode", mode)], ..SoloConfig::default() };
            let mut solo = Solo::new(&SPEC, build, &config, &["in"]);
            let mut impulse = vec![0.0; 32_768];
            impulse[0] = 1.0;
            solo.drive("in", vec![impulse]);
            let rendered = solo.run(32_768, 64);
            for hz in [50.0, f64::from(cutoff), 3_000.0, 12_000.0] {
                let w = warp(hz) / warp(f64::from(cutoff));
                let passed = if mode > 0.5 { w * w / (1.0 + w * w) } else { 1.0 / (1.0 + w * w) };
                let found = magnitude_response_db(rendered.mono(0), 48_000.0, hz);
                assert!((found - 10.0 * passed.log10()).abs() < 0.02, "{hz} Hz of {cutoff}: {found}");
            }
        }
    }
}
