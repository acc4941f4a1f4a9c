//! Step LFO: up to sixteen values one after the other, in steps or joined by slopes.

use crate::pulse::{Clocks, DIVISIONS, Pulse, SIXTEENTHS, division_beats, put_out};
use patchlight_core::{Face, ModuleSpec, Voices, bipolar, choice, control, gate, integer, module, percent, preset};
use patchlight_engine::{BLOCK, BuildContext, FACE, Io, Unit};

const STEPS: usize = 0;
const DIVISION: usize = 1;
const SLOPE: usize = 2;
const FIRST_LEVEL: usize = 3;
const MOST: usize = 16;

pub const SPEC: ModuleSpec = module("mod.step_lfo", "Step LFO")
    .about("A shape of up to sixteen steps, round and round in time: rhythm for a filter, a gate pattern, a tune.")
    .tags(&["steps", "sequencer", "stepped", "rhythmic", "modulation", "trance gate", "pattern", "wobble"])
    .inputs(&[gate("clock", "Moves on by one step. Not wired, it follows the transport"), gate("reset", "The next step is the first")])
    .params(&[
        integer("steps", 1..=16, 8).about("How many of the steps are played"),
        choice("division", DIVISIONS, SIXTEENTHS).about("The note value of a step when `clock` is not wired"),
        percent("slope", 0.0).about("Share of each step that slides to the next value"),
        bipolar("level_1", 0.0).about("Value of step 1").hidden(),
        bipolar("level_2", 0.50).about("Value of step 2").hidden(),
        bipolar("level_3", -0.25).about("Value of step 3").hidden(),
        bipolar("level_4", 0.75).about("Value of step 4").hidden(),
        bipolar("level_5", -0.50).about("Value of step 5").hidden(),
        bipolar("level_6", 0.25).about("Value of step 6").hidden(),
        bipolar("level_7", 1.00).about("Value of step 7").hidden(),
        bipolar("level_8", -0.75).about("Value of step 8").hidden(),
        bipolar("level_9", 0.0).about("Value of step 9").hidden(),
        bipolar("level_10", 0.50).about("Value of step 10").hidden(),
        bipolar("level_11", -0.25).about("Value of step 11").hidden(),
        bipolar("level_12", 0.75).about("Value of step 12").hidden(),
        bipolar("level_13", -0.50).about("Value of step 13").hidden(),
        bipolar("level_14", 0.25).about("Value of step 14").hidden(),
        bipolar("level_15", -1.00).about("Value of step 15").hidden(),
        bipolar("level_16", 0.50).about("Value of step 16").hidden(),
    ])
    .presets(&[
        preset("Alternating", "two steps", "steps 2; level_1 100; level_2 -100"),
        preset("Stairs up", "rising", "steps 4; division 1/8; level_1 -100; level_2 -33; level_3 33; level_4 100"),
        preset("Dubstep three", "wobble triplet", "steps 3; division 1/8T; slope 40; level_1 100; level_2 20; level_3 60"),
        preset("Smooth wander", "slow random", "steps 8; division 1/4; slope 100"),
        preset("Accent on five", "rhythm", "steps 5; division 1/16; level_1 100; level_2 0; level_3 0; level_4 40; level_5 0"),
    ])
    .outputs(&[
        control("out", "The values, −1 to 1"),
        control("unipolar", "The same from 0 to 1"),
        gate("step", "On for the first half of each step"),
    ])
    .voices(Voices::One)
    .face(Face::Wave);

pub fn build(_context: &BuildContext<'_>) -> Box<dyn Unit> {
    Box::new(StepLfo { pulse: Pulse::new(), step: 0, value: 0.0 })
}

struct StepLfo {
    pulse: Pulse,
    step: usize,
    value: f32,
}

impl Unit for StepLfo {
    fn process(&mut self, io: &mut Io<'_>) {
        let frames = io.frames();
        let clocks = Clocks::new(io);
        let [steps, division, slope] = [STEPS, DIVISION, SLOPE].map(|index| io.param(index));
        let levels: [_; MOST] = std::array::from_fn(|step| io.param(FIRST_LEVEL + step));
        let mut made = [[0.0; 3]; BLOCK];
        for (n, made) in made[..frames].iter_mut().enumerate() {
            let place = self.pulse.next(&clocks, n, division_beats(division.at(n, 0)), 0.0);
            let count = steps.at(n, 0) as i64;
            self.step = place.step.max(0).rem_euclid(count) as usize;
            let (now, next) = (levels[self.step].at(n, 0), levels[(self.step + 1) % count as usize].at(n, 0));
            let slope = slope.at(n, 0);
            let along = if slope > 0.0 { ((place.phase - (1.0 - slope)) / slope).clamp(0.0, 1.0) } else { 0.0 };
            self.value = now + (next - now) * along;
            let is_on = place.runs && place.phase < 0.5;
            *made = [self.value, 0.5 + 0.5 * self.value, if is_on { 1.0 } else { 0.0 }];
        }
        put_out(io, &made);
    }

    fn reset(&mut self) {
        *self = Self { pulse: Pulse::new(), step: 0, value: 0.0 };
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        (face[0], face[1]) = (self.step as f32, self.value);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::driven;

    #[test]
    fn steps_stand_and_slopes_join_them() {
        let params = [("steps", 3.0), ("level_1", -1.0), ("level_2", 0.5), ("level_3", 1.0)];
        let rendered = driven(&SPEC, build, &params, &[], 24_064);
        // A sixteenth at 120 BPM is 6,000 frames.
        assert_eq!([3_000, 9_000, 15_000, 21_000].map(|n| rendered.mono(0)[n]), [-1.0, 0.5, 1.0, -1.0]);
        let sloped = driven(&SPEC, build, &[&params[..], &[("slope", 1.0)]].concat(), &[], 24_064);
        assert!((sloped.mono(0)[3_000] + 0.25).abs() < 1e-3 && (sloped.mono(0)[9_000] - 0.75).abs() < 1e-3);
    }
}
