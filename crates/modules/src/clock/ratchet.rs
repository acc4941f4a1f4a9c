//! Ratchet: one trigger becomes a roll.

use crate::pulse::{Edge, chance, level};
use patchlight_core::{ModuleSpec, bipolar, control, gate, integer, module, percent, preset, secs};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

const REPEATS: usize = 0;
const ACCELERATION: usize = 1;
const LENGTH: usize = 2;
const PROBABILITY: usize = 3;
const FADE: usize = 4;
const PERIOD: usize = 5;

pub const SPEC: ModuleSpec = module("clock.ratchet", "Ratchet")
    .about("Fills the time between two triggers with a roll: even, speeding up or slowing down, now and then or always.")
    .tags(&["roll", "repeat", "retrigger", "drum roll", "trap", "hi-hat", "burst", "stutter", "bouncing ball"])
    .inputs(&[gate("trig", "Begins a roll")])
    .params(&[
        integer("repeats", 1..=16, 3).about("Hits in a roll, the first included"),
        bipolar("acceleration", 0.0).about("To the right the hits come ever faster, to the left ever slower"),
        percent("gate_length", 0.5).about("Share of the time between two hits that each is on"),
        percent("probability", 1.0).about("How often a trigger becomes a roll; else it stays one hit"),
        percent("fade", 0.0).about("How much softer the last hit is than the first, at `level`").hidden(),
        secs("period_secs", 0.0..=4.0, 0.0).about("How long a roll is; 0 is from trigger to trigger, as measured").hidden(),
    ])
    .presets(&[
        preset("Triplet", "roll", "repeats 3"),
        preset("Falling apart", "accelerate", "repeats 8; acceleration 60; fade 70"),
        preset("Maybe", "chance", "repeats 4; probability 35"),
        preset("Machine gun", "roll fast", "repeats 16; gate_length 30"),
        preset("Slow down", "brake", "repeats 6; acceleration -60"),
    ])
    .outputs(&[gate("out", "The hits"), control("level", "How loud each hit is, from 1 down to what fade leaves")]);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |lane| Ratchet { seed: lane.seed, state: State::default() })
}

/// Until two triggers have been heard.
const UNKNOWN_PERIOD_SECS: f32 = 0.25;

struct Ratchet {
    seed: u64,
    state: State,
}

#[derive(Default)]
struct State {
    trig: Edge,
    count: i64,
    frames_since: u32,
    period: u32,
    rolls: bool,
    is_on: bool,
    loudness: f32,
}

impl RowKernel for Ratchet {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (trig, rate_hz) = (io.input(0), io.sample_rate_hz());
        let params: [_; 6] = std::array::from_fn(|index| io.param(index));
        let state = &mut self.state;
        let [out, loudness] = io.outputs();
        for n in 0..out.len() {
            let at = |index: usize| params[index].at(n);
            state.frames_since = state.frames_since.saturating_add(1);
            let begins = state.trig.rises(trig[n]);
            if begins {
                state.period = if state.count > 0 { state.frames_since } else { 0 };
                state.rolls = chance(self.seed, state.count) < at(PROBABILITY);
                state.count += 1;
                state.frames_since = 0;
            }
            let period = match at(PERIOD) {
                0.0 if state.period > 0 => state.period as f32,
                0.0 => UNKNOWN_PERIOD_SECS * rate_hz,
                secs => secs * rate_hz,
            };
            let repeats = if state.rolls { at(REPEATS) } else { 1.0 };
            let gone = state.frames_since as f32 / period;
            // Hits at equal distances of gone^a: a over 1 begins slowly.
            let place = gone.powf((1.5 * at(ACCELERATION)).exp2()) * repeats;
            let plays = state.count > 0 && gone < 1.0;
            // Off for one frame where a hit still goes on.
            state.is_on = plays && place.fract() < at(LENGTH) && !(begins && state.is_on);
            if plays {
                state.loudness = 1.0 - at(FADE) * place.floor() / (repeats - 1.0).max(1.0);
            }
            (out[n], loudness[n]) = (level(state.is_on), state.loudness);
        }
    }

    fn reset(&mut self) {
        self.state = State::default();
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[0] = level(self.state.is_on);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, gate, rises};

    #[test]
    fn a_roll_fills_the_time_between_two_triggers() {
        let trig = [("trig", gate(9_000, &[(0, 10), (3_000, 3_010), (6_000, 6_010)]))];
        let at = |params: &[(&'static str, f32)]| rises(driven(&SPEC, build, params, &trig, 9_000).mono(0));
        assert_eq!(at(&[("repeats", 4.0)])[1..], [3_000, 3_750, 4_500, 5_250, 6_000, 6_750, 7_500, 8_250]);
        assert_eq!(at(&[("probability", 0.0)]), [0, 3_001, 6_000], "the first is as long as is guessed");
        let faster = at(&[("repeats", 4.0), ("acceleration", 0.5)]);
        let gaps: Vec<usize> = faster[1..6].windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps.windows(2).all(|pair| pair[1] < pair[0]), "{gaps:?}");
    }
}
