//! Turing: a shift register that loops, and forgets as much as you let it.
//!
//! After the Turing Machine of T. Whitwell (Music Thing Modular, 2012): at each clock the last bit comes round to the front, turned over with the chance
//! that the knob says. Locked, a melody repeats; in the middle it is all chance; at the right it repeats turned over.

use crate::pulse::{Clocks, DIVISIONS, Pulse, SIXTEENTHS, chance, division_beats, put_out};
use patchlight_core::{ModuleSpec, Voices, choice, control, gate, integer, module, percent, pitch, semitones};
use patchlight_engine::{BLOCK, BuildContext, FACE, Io, Unit};

const LENGTH: usize = 0;
const CHANGE: usize = 1;
const RANGE: usize = 2;
const DIVISION: usize = 3;

pub const SPEC: ModuleSpec = module("mod.turing", "Turing")
    .about("A melody out of chance that you can lock: turn change to 0 when you like it. Try pitch into a quantizer.")
    .tags(&["shift register", "random", "loop", "generative", "melody", "turing machine", "klee", "rungler"])
    .inputs(&[
        gate("clock", "Moves on by one step. Not wired, it follows the transport"),
        gate("reset", "Begins with the first pattern again"),
    ])
    .params(&[
        integer("length", 1..=32, 8).about("Steps until it comes round"),
        percent("change", 0.1).about("Chance that a bit turns over: 0 repeats, 50 % is all new, 100 % repeats turned over"),
        semitones("range_semitones", 0.0..=60.0, 24.0).about("How far apart the lowest and the highest pitch are"),
        choice("division", DIVISIONS, SIXTEENTHS).about("The note value of a step when `clock` is not wired").hidden(),
    ])
    .outputs(&[
        pitch("pitch", "Eight bits as a pitch, the middle of the range at C4"),
        control("out", "The same from 0 to 1"),
        gate("gate", "On for half of each step whose bit is set"),
    ])
    .voices(Voices::One);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    Box::new(Turing { seed: context.seed, state: State::new(context.seed) })
}

struct Turing {
    seed: u64,
    state: State,
}

struct State {
    pulse: Pulse,
    register: u32,
    drawn: i64,
    last_step: i64,
    value: f32,
}

impl State {
    fn new(seed: u64) -> Self {
        Self { pulse: Pulse::new(), register: first(seed), drawn: 0, last_step: 0, value: 0.0 }
    }
}

/// The bits of the beginning.
fn first(seed: u64) -> u32 {
    (0..32).fold(0, |bits, index| bits | u32::from(chance(seed, -1 - index) < 0.5) << index)
}

impl Unit for Turing {
    fn process(&mut self, io: &mut Io<'_>) {
        let frames = io.frames();
        let clocks = Clocks::new(io);
        let [length, change, range, division] = [LENGTH, CHANGE, RANGE, DIVISION].map(|index| io.param(index));
        let (seed, state) = (self.seed, &mut self.state);
        let mut made = [[0.0; 3]; BLOCK];
        for (n, made) in made[..frames].iter_mut().enumerate() {
            let place = state.pulse.next(&clocks, n, division_beats(division.at(n, 0)), 0.0);
            if place.begins {
                if place.step < state.last_step {
                    (state.register, state.drawn) = (first(seed), 0);
                } else {
                    let last = state.register >> (length.at(n, 0) as u32 - 1) & 1;
                    let turns = chance(seed, state.drawn) < change.at(n, 0);
                    state.register = state.register << 1 | (last ^ u32::from(turns));
                    state.drawn += 1;
                }
                state.last_step = place.step;
            }
            state.value = (state.register & 0xff) as f32 / 255.0;
            let is_on = place.runs && place.phase < 0.5 && state.register & 1 == 1;
            *made = [(state.value - 0.5) * range.at(n, 0) / 12.0, state.value, if is_on { 1.0 } else { 0.0 }];
        }
        put_out(io, &made);
    }

    fn reset(&mut self) {
        self.state = State::new(self.seed);
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        face[0] = self.state.value;
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::driven;

    /// One value for each of 64 clocks.
    fn melody(params: &[(&'static str, f32)]) -> Vec<f32> {
        let clock: Vec<f32> = (0..6_400).map(|n| if n % 100 < 50 { 1.0 } else { 0.0 }).collect();
        driven(&SPEC, build, params, &[("clock", clock)], 6_400).outputs[1][0].iter().skip(25).step_by(100).copied().collect()
    }

    #[test]
    fn locked_it_repeats_and_open_it_does_not() {
        let locked = melody(&[("change", 0.0), ("length", 12.0)]);
        assert_eq!(locked[12..24], locked[24..36]);
        assert_ne!(locked[12..23], locked[13..24]);
        let open = melody(&[("change", 0.5), ("length", 12.0)]);
        assert_ne!(open[12..24], open[24..36]);
        let turned = melody(&[("change", 1.0), ("length", 12.0)]);
        assert_eq!(turned[12..24], turned[36..48], "turned over twice it is the same");
        assert!(turned[24..36].iter().zip(&turned[36..48]).all(|(a, b)| (a + b - 1.0).abs() < 1e-6));
    }
}
