//! Sample and hold: takes the input (or noise) at each trigger and keeps it until the next, gliding there if wished.
//!
//! Face cells: [0] the held value, [1] the value put out.

use crate::glide::{Glide, switch_step};
use crate::pulse::chance;
use fearless_simd::SimdMask;
use patchlight_core::{Face, ModuleSpec, control, gate, hz, module, secs, toggle};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, load, select, splat, store};
use patchlight_engine::{BuildContext, FACE, GroupIo, LaneKernel, LaneParam, Oct, Unit, eight_lanes};

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
    .eight_lanes()
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| SampleHold {
        seeds: std::array::from_fn(|lane| lanes.seed.wrapping_add((lanes.first_voice + lane) as u64 * 0x2545_f491)),
        switch_step: switch_step(lanes.sample_rate_hz),
        state: State::default(),
    })
}

struct SampleHold {
    seeds: [u64; 8],
    switch_step: f32,
    state: State,
}

#[derive(Default)]
struct State {
    /// Phase of the trigger of its own, and what it has lost to rounding.
    phase: Oct,
    carry: Oct,
    trig_high: Oct,
    held: Oct,
    out: Oct,
    /// The distance from the old value to the new when it was taken: it is travelled in the glide time.
    distance: Oct,
    draws: [i64; 8],
    /// 1 while following.
    track: Glide,
}

impl SampleHold {
    /// The lanes marked in `taken` take a value: of `input`, or noise.
    fn take(&mut self, taken: &Oct, input: Option<&Oct>) {
        for lane in (0..8).filter(|lane| taken[*lane] > 0.0) {
            let state = &mut self.state;
            state.held[lane] = input.map_or_else(|| 2.0 * chance(self.seeds[lane], state.draws[lane]) - 1.0, |input| input[lane]);
            state.distance[lane] = (state.held[lane] - state.out[lane]).abs();
            state.draws[lane] += 1;
        }
    }
}

impl LaneKernel for SampleHold {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let (frames, rate_hz) = (io.frames(), io.sample_rate_hz());
        let input = io.is_connected(0).then(|| io.input(0));
        let trigs = io.is_connected(1).then(|| io.input(1));
        let [rate, glide, track] = [RATE, GLIDE, TRACK].map(|index| io.param(index));
        let out = io.output(0);
        let (zero, half, one) = (splat(simd, 0.0), splat(simd, 0.5), splat(simd, 1.0));
        for n in 0..frames {
            let high = match trigs {
                Some(trigs) => select(load(simd, &trigs[n]).simd_gt(half), one, zero),
                None => select(load(simd, &self.state.phase).simd_lt(half), one, zero),
            };
            let rising = high - load(simd, &self.state.trig_high);
            store(high, &mut self.state.trig_high);
            if rising.simd_gt(zero).any_true() {
                let mut taken = [0.0; 8];
                store(rising, &mut taken);
                self.take(&taken, input.map(|input| &input[n]));
            }
            if trigs.is_none() {
                let phase = load(simd, &self.state.phase);
                let exact = rate.at(simd, n) * splat(simd, 1.0 / rate_hz) - load(simd, &self.state.carry);
                let moved = phase + exact;
                store((moved - phase) - exact, &mut self.state.carry);
                store(moved - moved.floor(), &mut self.state.phase);
            }
            let (held, before) = (load(simd, &self.state.held), load(simd, &self.state.out));
            let glide_frames = glide.at(simd, n) * splat(simd, rate_hz);
            let step = load(simd, &self.state.distance) / glide_frames.max(one);
            let gone = before + (held - before).max(-step).min(step);
            let gone = select(glide_frames.simd_gt(one), gone, held);
            store(gone, &mut self.state.out);
            let wanted = match track {
                LaneParam::Constant(value) => value[0],
                LaneParam::Signal(values) => values[n][0],
            };
            let following = splat(simd, self.state.track.next(wanted, self.switch_step));
            let now = select(high.simd_gt(half), input.map_or(gone, |input| load(simd, &input[n])), gone);
            let is_following = following.simd_gt(zero).any_true() && input.is_some();
            if is_following {
                // What is followed is what will be held.
                let kept = select(high.simd_gt(half), held + (now - held) * following, held);
                store(kept, &mut self.state.held);
            }
            store(gone + (now - gone) * following, &mut out[n]);
        }
    }

    fn reset(&mut self) {
        self.state = State::default();
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        (face[0], face[1]) = (self.state.held[lane], self.state.out[lane]);
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
