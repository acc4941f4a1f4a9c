//! Step sequencer: a written pattern of notes, ties, accents, repeats and chances.
//!
//! Where it is follows from the number of the step alone (direction, chance and all), so a pattern can be replaced while it
//! plays and a song can be started anywhere.
//!
//! Face cells: [0] current step, [1] length, [2] whether it plays, [3] whether the gate is on, [4] semitones from C4.

use crate::pulse::{Clocks, DIVISIONS, Place, Pulse, SIXTEENTHS, chance, division_beats, put_out};
use patchlight_core::{
    Face, ModuleSpec, Step, Steps, Voices, choice, control, gate, module, percent, pitch, preset, semitones, steps_text,
};
use patchlight_engine::{BLOCK, BuildContext, Data, FACE, Io, Unit};

const DIVISION: usize = 0;
const GATE_LENGTH: usize = 1;
const TRANSPOSE: usize = 2;
const DIRECTION: usize = 3;
const SWING: usize = 4;
const VELOCITY: usize = 5;
const ACCENT: usize = 6;

const FORWARD: i64 = 0;
const BACKWARD: i64 = 1;
const PING_PONG: i64 = 2;

pub const SPEC: ModuleSpec = module("seq.steps", "Steps")
    .about("Plays a written pattern: notes, rests, ties, accents, repeats and chances. Try it into analog and adsr.")
    .tags(&["sequencer", "pattern", "melody", "bassline", "acid", "303", "arp", "riff", "notes"])
    .inputs(&[gate("clock", "Moves on by one step. Not wired, it follows the transport"), gate("reset", "The next step is the first")])
    .params(&[
        choice("division", DIVISIONS, SIXTEENTHS).about("The note value of a step when `clock` is not wired; T is a triplet"),
        percent("gate_length", 0.5).about("How much of a step a note lasts; at 100 % it runs into the next"),
        semitones("transpose_semitones", -36.0..=36.0, 0.0).about("Moves all notes up or down"),
        choice("direction", &["forward", "backward", "ping-pong", "random"], 0).about("The order in which steps are played"),
        percent("swing", 0.0).about("Delays every second step, at 100 % by half a step, when `clock` is not wired"),
        percent("velocity", 0.7).about("Velocity of plain notes").hidden(),
        percent("accent", 1.0).about("Velocity of accented notes").hidden(),
    ])
    .data(&[steps_text(
        "steps",
        "C2 . Eb2! C2 _ G2 C3?50 . C2! Bb1 . C2 Eb2*2 . F2 G1",
        "The pattern: C2 plays, x repeats the pitch, . rests, _ holds; ! accents, *2 repeats, ?50 leaves to chance",
    )])
    .presets(&[
        preset("Acid line", "bass acid 303", "division 1/16; gate_length 55; steps C2 C3! . C2 Eb2 _ G2 C2! . C3 Bb1 C2 . Eb2! F2 G1"),
        preset("Minor arpeggio", "arp melody", "division 1/16; gate_length 60; steps C4 Eb4 G4 C5 G4 Eb4"),
        preset("Four to the floor", "kick drum", "division 1/4; gate_length 30; steps x x x x"),
        preset("Hats and chance", "drum hat", "division 1/16; gate_length 20; steps x?90 x?40 x! x?40 x x?60 x! x*2?50"),
        preset("Slow roots", "bass chords", "division 1/1; gate_length 98; steps C2 Ab1 Eb2 Bb1"),
    ])
    .outputs(&[
        pitch("pitch", "Pitch of the newest note"),
        gate("gate", "On while a note plays"),
        control("velocity", "Velocity of the newest note, 0 to 1"),
    ])
    .voices(Voices::One)
    .face(Face::Steps);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    Box::new(Sequencer { steps: context.data(0), seed: context.seed, state: State::new() })
}

/// What the step that now plays does.
#[derive(Clone, Copy)]
struct Sounding {
    on: bool,
    repeats: f32,
    /// A tie follows: the note lasts to the end of its step.
    joins: bool,
}

struct State {
    pulse: Pulse,
    sounding: Sounding,
    semitones: f32,
    accent: bool,
    step: usize,
    gate: bool,
    plays: bool,
}

impl State {
    fn new() -> Self {
        let sounding = Sounding { on: false, repeats: 1.0, joins: false };
        Self { pulse: Pulse::new(), sounding, semitones: 0.0, accent: false, step: 0, gate: false, plays: false }
    }
}

struct Sequencer {
    steps: Data,
    seed: u64,
    state: State,
}

/// The index of the pattern's step that is played `number`th (from 0).
fn index_of(number: i64, len: i64, direction: i64, seed: u64) -> usize {
    let index = match direction {
        FORWARD => number.rem_euclid(len),
        BACKWARD => len - 1 - number.rem_euclid(len),
        PING_PONG => {
            let period = (2 * len - 2).max(1);
            let place = number.rem_euclid(period);
            place.min(period - place)
        }
        _ => ((chance(seed ^ 0x5eed, number) * len as f32) as i64).min(len - 1),
    };
    index.clamp(0, len - 1) as usize
}

/// A step's length through, 0 to 1, that a note of several repeats sounds.
const LONGEST_REPEAT: f32 = 0.9;

impl State {
    /// Takes up the step that begins.
    fn begin(&mut self, steps: &Steps, number: i64, direction: i64, seed: u64) {
        let len = steps.0.len() as i64;
        if len == 0 {
            self.sounding.on = false;
            return;
        }
        self.step = index_of(number, len, direction, seed);
        let next = steps.0[index_of(number + 1, len, direction, seed)];
        let joins = matches!(next, Step::Tie);
        match steps.0[self.step] {
            Step::Rest => self.sounding.on = false,
            Step::Tie => self.sounding = Sounding { on: self.sounding.on, repeats: 1.0, joins },
            Step::Note { semitones, accent, repeats, probability } => {
                let on = probability >= 1.0 || chance(seed, number) < probability;
                self.sounding = Sounding { on, repeats: f32::from(repeats), joins };
                if on {
                    self.semitones = semitones.unwrap_or(self.semitones);
                    self.accent = accent;
                }
            }
        }
    }

    fn gate(&self, place: &Place, gate_length: f32) -> bool {
        let Sounding { on, repeats, joins } = self.sounding;
        if !on || !place.runs {
            return false;
        }
        let repeat = (place.phase * repeats).floor().min(repeats - 1.0);
        let phase = place.phase * repeats - repeat;
        let is_last = repeat >= repeats - 1.0;
        let length = if is_last { gate_length } else { gate_length.min(LONGEST_REPEAT) };
        phase < length || (is_last && joins) || (place.begins && gate_length > 0.0)
    }
}

impl Unit for Sequencer {
    fn process(&mut self, io: &mut Io<'_>) {
        let (frames, tuning) = (io.frames(), io.tuning());
        let clocks = Clocks::new(io);
        let params: [_; 7] = std::array::from_fn(|index| io.param(index));
        let mut made = [[0.0; 3]; BLOCK];
        let state = &mut self.state;
        for (n, made) in made[..frames].iter_mut().enumerate() {
            let at = |index: usize| params[index].at(n, 0);
            let place = state.pulse.next(&clocks, n, division_beats(at(DIVISION)), f64::from(at(SWING)));
            if place.begins
                && let Some(steps) = self.steps.steps()
            {
                state.begin(steps, place.step, at(DIRECTION) as i64, self.seed);
            }
            state.gate = state.gate(&place, at(GATE_LENGTH));
            state.plays = place.runs;
            let velocity = at(if state.accent { ACCENT } else { VELOCITY });
            *made = [tuning.octaves(state.semitones + at(TRANSPOSE)), if state.gate { 1.0 } else { 0.0 }, velocity];
        }
        put_out(io, &made);
    }

    fn reset(&mut self) {
        self.state = State::new();
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        let State { step, plays, gate, semitones, .. } = self.state;
        let length = self.steps.steps().map_or(0, |steps| steps.0.len());
        let lit = |on: bool| if on { 1.0 } else { 0.0 };
        face[..5].copy_from_slice(&[step as f32, length as f32, lit(plays), lit(gate), semitones]);
    }

    fn swap_data(&mut self, _lane: usize, index: usize, data: &mut Data) {
        if index == 0 {
            std::mem::swap(&mut self.steps, data);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build, index_of};
    use patchlight_engine::{Data, Rendered, Solo, SoloConfig};
    use std::sync::Arc;

    fn data(text: &str) -> Data {
        Data::Steps(Arc::new(text.parse().expect("a pattern")))
    }

    /// At 120 BPM and 48 kHz a sixteenth lasts 6000 frames.
    fn play(text: &str, params: &[(&'static str, f32)], steps: usize) -> Rendered {
        let config = SoloConfig { data: vec![data(text)], params: params.to_vec(), ..SoloConfig::default() };
        Solo::new(&SPEC, build, &config, &[]).run(6000 * steps, 64)
    }

    fn rises(row: &[f32]) -> Vec<usize> {
        (0..row.len()).filter(|n| row[*n] > 0.5 && (*n == 0 || row[n - 1] <= 0.5)).collect()
    }

    fn falls(row: &[f32]) -> Vec<usize> {
        (1..row.len()).filter(|n| row[*n] <= 0.5 && row[n - 1] > 0.5).collect()
    }

    #[test]
    fn notes_rests_ties_and_repeats_fall_on_their_frames() {
        let rendered = play("C2 . E2! _ G2*2 x", &[], 6);
        let gate = rendered.mono(1);
        assert_eq!(rises(gate), [0, 12_000, 24_000, 27_000, 30_000]);
        assert_eq!(falls(gate), [3000, 21_000, 25_500, 28_500, 33_000]);
        let pitch_at = |frame: usize| (rendered.mono(0)[frame] * 12.0).round() as i32;
        assert_eq!([0, 6000, 12_000, 24_000, 30_000].map(pitch_at), [-24, -24, -20, -17, -17]);
        assert_eq!([0, 12_000, 24_000].map(|frame| rendered.mono(2)[frame]), [0.7, 1.0, 0.7]);
    }

    #[test]
    fn a_full_gate_length_joins_notes() {
        assert_eq!(rises(play("C2 C3 . C2", &[("gate_length", 1.0)], 4).mono(1)), [0, 18_000]);
    }

    #[test]
    fn chance_plays_its_share_and_always_the_same() {
        let hits = |seed: u64| {
            let config = SoloConfig { data: vec![data("C2?25")], seed, params: vec![("division", 8.0)], ..SoloConfig::default() };
            rises(Solo::new(&SPEC, build, &config, &[]).run(3000 * 400, 64).mono(1))
        };
        let found = hits(3);
        assert!((60..140).contains(&found.len()), "{} of 400 at 25 %", found.len());
        assert_eq!(found, hits(3));
        assert_ne!(found, hits(4));
    }

    #[test]
    fn directions_order_the_steps() {
        let order = |direction: i64| (0..7).map(|n| index_of(n, 4, direction, 1)).collect::<Vec<_>>();
        assert_eq!(order(0), [0, 1, 2, 3, 0, 1, 2]);
        assert_eq!(order(1), [3, 2, 1, 0, 3, 2, 1]);
        assert_eq!(order(2), [0, 1, 2, 3, 2, 1, 0]);
        assert_eq!(index_of(5, 1, 2, 1), 0);
        let random: Vec<usize> = (0..400).map(|n| index_of(n, 4, 3, 9)).collect();
        assert!((0..4).all(|step| random.iter().filter(|s| **s == step).count() > 60));
    }

    #[test]
    fn a_new_pattern_is_taken_up_in_its_place() {
        let config = SoloConfig { data: vec![data("C2 C2 C2 C2")], ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &[]);
        solo.run(7040, 64);
        solo.set_data(0, data("C4 D4 E4 F4"));
        let rendered = solo.run(6000, 64);
        assert_eq!((rendered.mono(0)[5999] * 12.0).round(), 4.0);
        assert_eq!(solo.telemetry()[..3], [2.0, 4.0, 1.0]);
    }
}
