//! Sample and hold: takes the input (or noise) at each trigger and keeps it until the next, gliding there if wished.
//!
//! Face cells: [0] the held value, [1] the value put out.

use crate::dsp::lane_glide::LaneGlide;
use crate::dsp::rng::{channel_salt, identity};
use crate::dsp::slow_phase::{SlowPhases, SlowStep};
use crate::glide::switch_step;
use crate::pulse::chance;
use fearless_simd::SimdMask;
use patchlight_core::{Face, ModuleSpec, control, gate, hz, module, secs, toggle};
use patchlight_engine::simd::{Simd, SimdBase, load, select, splat, store};
use patchlight_engine::{BuildContext, FACE, GROUP, GroupIo, LaneKernel, LaneParam, LaneVisit, Oct, Unit, eight_lanes, lane_state};

const RATE: usize = 0;
const GLIDE: usize = 1;
const TRACK: usize = 2;

pub const SPEC: ModuleSpec = module("mod.sample_hold", "Sample & hold")
    .about("Keeps the value it sees at each trigger: the classic random steps. Try it into pitch or cutoff.")
    .tags(&["random", "steps", "s&h", "noise", "track", "glide", "slew", "bubbles"])
    .inputs(&[
        control("in", "Signal to sample. Not wired, it samples white noise"),
        gate("trig", "Takes a new value when it rises. Not wired, `rate` triggers"),
    ])
    .params(&[
        hz("rate_hz", 0.01..=1000.0, 8.0).about("New values per second when `trig` is not wired"),
        secs("glide_secs", 0.0..=5.0, 0.0).about("Time to move to each new value; 0 jumps"),
        toggle("track", false).about("Follows the input while the trigger is on, holds while it is off").hidden(),
    ])
    .outputs(&[control("out", "The held value; noise gives −1 to 1")])
    .bundles()
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| {
        let seed = |lane: usize| {
            let (seed, voice) = identity(lanes, lane);
            (seed ^ channel_salt(lanes)).wrapping_add(voice as u64 * 0x2545_f491)
        };
        let switch_step = switch_step(lanes.sample_rate_hz);
        SampleHold { seeds: std::array::from_fn(seed), switch_step, state: State { fresh: [true; GROUP], ..State::default() } }
    })
}

struct SampleHold {
    seeds: [u64; GROUP],
    switch_step: f32,
    state: State,
}

#[derive(Default)]
struct State {
    /// Phase of the trigger of its own.
    phase: SlowPhases,
    trig_high: Oct,
    held: Oct,
    out: Oct,
    /// The distance from the old value to the new when it was taken: it is travelled in the glide time.
    distance: Oct,
    draws: [u64; GROUP],
    /// 1 while following.
    track: LaneGlide,
    /// Lanes that have not begun.
    fresh: [bool; GROUP],
}

impl SampleHold {
    /// The lanes marked in `taken` take a value: of `input`, or noise.
    fn take(&mut self, taken: &Oct, input: Option<&Oct>) {
        for lane in (0..GROUP).filter(|lane| taken[*lane] > 0.0) {
            let state = &mut self.state;
            let noise = || 2.0 * chance(self.seeds[lane], state.draws[lane].cast_signed()) - 1.0;
            state.held[lane] = input.map_or_else(noise, |input| input[lane]);
            state.distance[lane] = (state.held[lane] - state.out[lane]).abs();
            state.draws[lane] += 1;
        }
    }

    /// Lanes that are new begin with the switch as it stands.
    #[inline(always)]
    fn begin_fresh<S: Simd>(&mut self, simd: S, track: &LaneParam<'_>) {
        let fresh = self.state.fresh;
        if fresh.contains(&true) {
            let track: Oct = track.at(simd, 0).into();
            for lane in (0..GROUP).filter(|lane| fresh[*lane]) {
                self.state.track.set(lane, track[lane]);
            }
            self.state.fresh = [false; GROUP];
        }
    }
}

impl LaneKernel for SampleHold {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let (frames, rate_hz) = (io.frames(), io.sample_rate_hz());
        let input = io.wired(0);
        let trigs = io.wired(1);
        let [rate, glide, track] = [RATE, GLIDE, TRACK].map(|index| io.param(index));
        let out = io.output(0);
        let (zero, half, one) = (splat(simd, 0.0), splat(simd, 0.5), splat(simd, 1.0));
        self.begin_fresh(simd, &track);
        let is_rate_still = matches!(rate, LaneParam::Constant(_));
        let per_hz = splat(simd, 1.0 / rate_hz);
        let mut step = SlowStep::new(simd, rate.at(simd, 0) * per_hz);
        let mut phase = self.state.phase.load(simd);
        for n in 0..frames {
            let high = match trigs {
                Some(trigs) => select(load(simd, &trigs[n]).simd_gt(half), one, zero),
                None => select(phase.turns(simd).simd_lt(half), one, zero),
            };
            let rising = high - load(simd, &self.state.trig_high);
            store(high, &mut self.state.trig_high);
            if rising.simd_gt(zero).any_true() {
                let mut taken = [0.0; GROUP];
                store(rising, &mut taken);
                self.take(&taken, input.map(|input| &input[n]));
            }
            if trigs.is_none() {
                if !is_rate_still {
                    step = SlowStep::new(simd, rate.at(simd, n) * per_hz);
                }
                phase.advance(simd, &step);
            }
            let (held, before) = (load(simd, &self.state.held), load(simd, &self.state.out));
            let glide_frames = glide.at(simd, n) * splat(simd, rate_hz);
            let most = load(simd, &self.state.distance) / glide_frames.max(one);
            let gone = before + (held - before).max(-most).min(most);
            let gone = select(glide_frames.simd_gt(one), gone, held);
            store(gone, &mut self.state.out);
            let following = self.state.track.next(simd, track.at(simd, n), self.switch_step);
            let seen = if let Some(input) = input { load(simd, &input[n]) } else { gone };
            let now = select(high.simd_gt(half), seen, gone);
            if let (true, Some(_)) = (following.simd_gt(zero).any_true(), input) {
                // What is followed is what will be held.
                let is_kept = select(following.simd_gt(zero), high, zero).simd_gt(half);
                store(select(is_kept, held + (now - held) * following, held), &mut self.state.held);
            }
            store(gone + (now - gone) * following, &mut out[n]);
        }
        self.state.phase.store(phase);
    }

    fn reset(&mut self) {
        self.state = State { fresh: [true; GROUP], ..State::default() };
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        (face[0], face[1]) = (self.state.held[lane], self.state.out[lane]);
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        let State { phase, trig_high, held, out, distance, draws, track, fresh } = &mut self.state;
        lane_state!(visit; self.seeds, *phase, *trig_high, *held, *out, *distance, *draws, *track, *fresh);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};
    use patchlight_testkit::peak;

    fn solo(params: &[(&'static str, f32)], driven: &[&str]) -> Solo {
        Solo::new(&SPEC, build, &SoloConfig { params: params.to_vec(), ..SoloConfig::default() }, driven)
    }

    fn values(samples: &[f32]) -> Vec<f32> {
        let mut values = samples.to_vec();
        values.dedup();
        values
    }

    #[test]
    fn alone_it_draws_a_new_number_at_its_rate() {
        let rendered = solo(&[("rate_hz", 100.0)], &[]).run(480 * 200, 64);
        let found = values(rendered.mono(0));
        assert!((199..=201).contains(&found.len()), "{} values in two seconds at 100 Hz", found.len());
        let mean = found.iter().sum::<f32>() / found.len() as f32;
        assert!(mean.abs() < 0.15 && peak(&found) > 0.95, "{mean}");
    }

    #[test]
    fn it_takes_the_input_on_the_frame_of_the_trigger() {
        let mut wired = solo(&[], &["in", "trig"]);
        wired.drive("in", vec![(0..1000).map(|n| n as f32).collect()]);
        wired.drive("trig", vec![(0..1000).map(|n| if n % 300 == 250 { 1.0 } else { 0.0 }).collect()]);
        assert_eq!(values(wired.run(1000, 64).mono(0)), [0.0, 250.0, 550.0, 850.0]);
    }

    #[test]
    fn a_glide_takes_its_time_and_track_follows() {
        let mut gliding = solo(&[("glide_secs", 0.01)], &["in", "trig"]);
        gliding.drive("in", vec![vec![1.0; 1000]]);
        gliding.drive("trig", vec![(0..1000).map(|n| if n == 100 { 1.0 } else { 0.0 }).collect()]);
        let rendered = gliding.run(1000, 64);
        let out = rendered.mono(0);
        assert!((out[99 + 240] - 0.5).abs() < 1e-3 && out[99 + 470] < 1.0 && out[99 + 482] == 1.0);
        let mut tracking = solo(&[("track", 1.0)], &["in", "trig"]);
        tracking.drive("in", vec![(0..1000).map(|n| n as f32).collect()]);
        tracking.drive("trig", vec![(0..1000).map(|n| if n < 500 { 1.0 } else { 0.0 }).collect()]);
        let rendered = tracking.run(1000, 64);
        assert_eq!((rendered.mono(0)[300], rendered.mono(0)[999]), (300.0, 499.0));
    }
}
