//! Vibrato: bends a pitch up and down, but only once a note has been held for a while, as players do.
//!
//! The sine begins upwards from the note itself when the delay is over, and grows along x²·(3 − 2x). A new note takes the bend
//! back within 5 ms, so that the pitch does not jump, and then the delay begins again.
//!
//! Face cells: [0] the bend in cents, [1] how far it has grown, 0 to 1.

use crate::dsp::phase::sine;
use crate::dsp::slow_phase::{SlowPhases, SlowStep};
use crate::glide::switch_step;
use patchlight_core::{Face, ModuleSpec, cents, gate, hz, module, pitch, secs};
use patchlight_engine::simd::{Simd, SimdBase, f32x8, load, select, splat, store};
use patchlight_engine::{BuildContext, FACE, GroupIo, LaneKernel, LaneParam, LaneVisit, Oct, Unit, eight_lanes, lane_state};

const PITCH_IN: usize = 0;
const GATE_IN: usize = 1;

const RATE: usize = 0;
const DEPTH: usize = 1;
const DELAY: usize = 2;
const RISE: usize = 3;

pub const SPEC: ModuleSpec = module("mod.vibrato", "Vibrato")
    .about("The singer's trembling: bends the pitch once a note is held. Put it between the notes and an oscillator's pitch.")
    .tags(&["vibrato", "pitch", "lfo", "expression", "singer", "violin", "delay", "lead"])
    .inputs(&[
        pitch("pitch", "The pitch to bend, in octaves"),
        gate("gate", "Starts the delay again with each note; not wired, the delay runs once"),
    ])
    .params(&[
        hz("rate_hz", 0.1..=20.0, 5.5).about("Bends per second"),
        cents("depth_cents", 0.0..=200.0, 18.0).about("How far the pitch bends either way"),
        secs("delay_secs", 0.0..=5.0, 0.3).about("How long a note stays straight"),
        secs("rise_secs", 0.0..=5.0, 0.6).about("Time to grow to full depth after the delay"),
    ])
    .outputs(&[pitch("out", "The bent pitch, in octaves")])
    .bundles()
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| Vibrato { fall_step: switch_step(lanes.sample_rate_hz), state: State::default() })
}

struct Vibrato {
    fall_step: f32,
    state: State,
}

#[derive(Default)]
struct State {
    phase: SlowPhases,
    gate_high: Oct,
    frames_since_note: Oct,
    /// How far the vibrato has grown, 0 to 1.
    grown: Oct,
    /// The bend in octaves.
    bend: Oct,
}

/// Frames are counted exactly up to here, more than a minute at 192 kHz.
const LONGEST_COUNT: f32 = 16_000_000.0;

/// What a call reads.
struct Call<'a> {
    pitch: &'a [Oct],
    gate: Option<&'a [Oct]>,
    /// Rate, depth, delay and rise.
    knobs: [LaneParam<'a>; 4],
    rate_hz: f32,
}

impl State {
    /// How far the vibrato of a note that has lasted so long should have grown.
    #[inline(always)]
    fn target<S: Simd>(simd: S, call: &Call<'_>, n: usize, since: f32x8<S>) -> f32x8<S> {
        let (zero, one, rate_hz) = (splat(simd, 0.0), splat(simd, 1.0), splat(simd, call.rate_hz));
        let delay = call.knobs[DELAY].at(simd, n) * rate_hz;
        let rise = (call.knobs[RISE].at(simd, n) * rate_hz).max(one);
        let x = ((since - delay) / rise).max(zero).min(one);
        x * x * (splat(simd, 3.0) - x - x)
    }

    #[inline(always)]
    fn frame<S: Simd>(&mut self, simd: S, call: &Call<'_>, n: usize, fall_step: f32) -> f32x8<S> {
        let (zero, half, one) = (splat(simd, 0.0), splat(simd, 0.5), splat(simd, 1.0));
        let mut since = load(simd, &self.frames_since_note);
        if let Some(gate) = call.gate {
            let high = select(load(simd, &gate[n]).simd_gt(half), one, zero);
            let rising = high - load(simd, &self.gate_high);
            store(high, &mut self.gate_high);
            since = select(rising.simd_gt(zero), zero, since);
        }
        store((since + one).min(splat(simd, LONGEST_COUNT)), &mut self.frames_since_note);
        // It grows as the note lasts, and falls no faster than is heard as smooth.
        let grown = Self::target(simd, call, n, since).max(load(simd, &self.grown) - splat(simd, fall_step));
        store(grown, &mut self.grown);
        let mut phase = self.phase.load(simd);
        phase.restart(simd, grown.simd_le(zero));
        let bend = call.knobs[DEPTH].at(simd, n) * splat(simd, 1.0 / 1200.0) * grown * sine(simd, phase.upper);
        phase.advance(simd, &SlowStep::new(simd, call.knobs[RATE].at(simd, n) * splat(simd, 1.0 / call.rate_hz)));
        self.phase.store(phase);
        store(bend, &mut self.bend);
        load(simd, &call.pitch[n]) + bend
    }
}

impl LaneKernel for Vibrato {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let call = Call {
            pitch: io.input(PITCH_IN),
            gate: io.wired(GATE_IN),
            knobs: [RATE, DEPTH, DELAY, RISE].map(|index| io.param(index)),
            rate_hz: io.sample_rate_hz(),
        };
        for (n, out) in io.output(0).iter_mut().enumerate() {
            store(self.state.frame(simd, &call, n, self.fall_step), out);
        }
    }

    fn reset(&mut self) {
        self.state = State::default();
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        (face[0], face[1]) = (self.state.bend[lane] * 1200.0, self.state.grown[lane]);
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        let State { phase, gate_high, frames_since_note, grown, bend } = &mut self.state;
        lane_state!(visit; *phase, *gate_high, *frames_since_note, *grown, *bend);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};
    use patchlight_testkit::largest_step;

    /// The bend in cents of two notes, the second from 1.5 s on.
    fn bends(params: &[(&'static str, f32)]) -> Vec<f32> {
        let mut solo = Solo::new(&SPEC, build, &SoloConfig { params: params.to_vec(), ..SoloConfig::default() }, &["pitch", "gate"]);
        let frames = 144_000;
        solo.drive("pitch", vec![vec![0.25; frames]]);
        solo.drive("gate", vec![(0..frames).map(|n| if (71_000..72_000).contains(&n) { 0.0 } else { 1.0 }).collect()]);
        solo.run(frames, 64).mono(0).iter().map(|octaves| (octaves - 0.25) * 1200.0).collect()
    }

    fn widest(bends: &[f32]) -> (f32, f32) {
        bends.iter().fold((0.0, 0.0), |(low, high), bend| (bend.min(low), bend.max(high)))
    }

    #[test]
    fn a_note_stays_straight_and_then_trembles_at_full_depth() {
        let heard = bends(&[("depth_cents", 30.0), ("delay_secs", 0.5), ("rise_secs", 0.25), ("rate_hz", 6.0)]);
        assert!(heard[..24_000].iter().all(|bend| bend.abs() < 1e-3), "it is straight for half a second");
        let first = heard.iter().position(|bend| bend.abs() > 1e-2);
        assert!(first.is_some_and(|n| heard[n] > 0.0), "it begins upwards");
        let (low, high) = widest(&heard[37_000..70_000]);
        assert!((low + 30.0).abs() < 0.05 && (high - 30.0).abs() < 0.05, "{low} to {high}");
        let (low, high) = widest(&heard[24_000..28_000]);
        assert!(low > -10.0 && high < 10.0, "it grows: {low} to {high}");
        let rising = |n: &usize| heard[*n] >= 0.0 && heard[n - 1] < 0.0;
        let crossings: Vec<usize> = (37_000..70_000).filter(rising).collect();
        assert!(crossings.windows(2).all(|pair| (pair[1] - pair[0]).abs_diff(8000) <= 1), "{crossings:?}");
    }

    #[test]
    fn a_new_note_is_straight_again_and_the_pitch_does_not_jump() {
        let heard = bends(&[("depth_cents", 50.0), ("delay_secs", 0.5), ("rise_secs", 0.1)]);
        assert!(heard[72_300..95_900].iter().all(|bend| bend.abs() < 1e-3));
        assert!(widest(&heard[110_000..]).1 > 49.0);
        // Within 5 ms from 50 cents to none.
        assert!(largest_step(&heard).1 < 0.5, "{:?}", largest_step(&heard));
    }
}
