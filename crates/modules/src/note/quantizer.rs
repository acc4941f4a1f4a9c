//! Quantizer: moves pitches to the nearest note of a scale.
//!
//! A note is left only when the input is closer to another by a tenth of a semitone, so that a wavering input does not chatter.
//!
//! Face cells: [0] semitones from C4 of the note that is held, [1] the trigger.

use crate::pulse::Edge;
use patchlight_core::{ModuleSpec, choice, gate, module, pitch, semitones};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

const SCALE: usize = 0;
const ROOT: usize = 1;
const TRANSPOSE: usize = 2;

const ROOTS: &[&str] = &["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];

/// Names, and the semitones above the root as bits.
const SCALES: [(&str, u16); 20] = [
    ("chromatic", mask(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])),
    ("major", mask(&[0, 2, 4, 5, 7, 9, 11])),
    ("minor", mask(&[0, 2, 3, 5, 7, 8, 10])),
    ("harmonic minor", mask(&[0, 2, 3, 5, 7, 8, 11])),
    ("melodic minor", mask(&[0, 2, 3, 5, 7, 9, 11])),
    ("major pentatonic", mask(&[0, 2, 4, 7, 9])),
    ("minor pentatonic", mask(&[0, 3, 5, 7, 10])),
    ("blues", mask(&[0, 3, 5, 6, 7, 10])),
    ("dorian", mask(&[0, 2, 3, 5, 7, 9, 10])),
    ("phrygian", mask(&[0, 1, 3, 5, 7, 8, 10])),
    ("lydian", mask(&[0, 2, 4, 6, 7, 9, 11])),
    ("mixolydian", mask(&[0, 2, 4, 5, 7, 9, 10])),
    ("locrian", mask(&[0, 1, 3, 5, 6, 8, 10])),
    ("whole tone", mask(&[0, 2, 4, 6, 8, 10])),
    ("diminished", mask(&[0, 2, 3, 5, 6, 8, 9, 11])),
    ("hirajoshi", mask(&[0, 2, 3, 7, 8])),
    ("in sen", mask(&[0, 1, 5, 7, 10])),
    ("double harmonic", mask(&[0, 1, 4, 5, 7, 8, 11])),
    ("fifths", mask(&[0, 7])),
    ("octaves", mask(&[0])),
];

const NAMES: [&str; SCALES.len()] = {
    let mut names = [""; SCALES.len()];
    let mut index = 0;
    while index < names.len() {
        names[index] = SCALES[index].0;
        index += 1;
    }
    names
};

const fn mask(notes: &[u16]) -> u16 {
    let mut bits = 0;
    let mut index = 0;
    while index < notes.len() {
        bits |= 1 << notes[index];
        index += 1;
    }
    bits
}

pub const SPEC: ModuleSpec = module("note.quantizer", "Quantizer")
    .about("Moves any signal to the notes of a scale: random steps become a melody. Try sample & hold into it.")
    .tags(&["scale", "tune", "notes", "key", "melody", "major", "minor", "pentatonic"])
    .inputs(&[
        pitch("in", "Pitch, or any signal: 1 is an octave"),
        gate("trig", "Takes a new note only when it rises. Not wired, the input is followed"),
    ])
    .params(&[
        choice("scale", &NAMES, 2).about("The notes that are allowed"),
        choice("root", ROOTS, 0).about("The note the scale begins on"),
        semitones("transpose_semitones", -36.0..=36.0, 0.0).about("Moves the notes up or down after they are chosen"),
    ])
    .outputs(&[pitch("out", "The nearest note of the scale"), gate("trig", "On for five milliseconds at each new note")]);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |lane| Quantizer { trigger_frames: (0.005 * lane.sample_rate_hz).round() as u32, state: State::default() })
}

#[derive(Default)]
struct State {
    edge: Edge,
    /// Semitones from C4 of the note that is held.
    note: Option<i32>,
    trigger_left: u32,
    /// What the note was chosen from: input, scale, root. While it stays, so does the note.
    chosen_from: (f32, u16, i32),
}

struct Quantizer {
    trigger_frames: u32,
    state: State,
}

/// How much closer another note must be, in semitones.
const HYSTERESIS: f32 = 0.1;

fn is_in_scale(note: i32, scale: u16, root: i32) -> bool {
    scale >> (note - root).rem_euclid(12) & 1 == 1
}

/// The note of the scale nearest to a pitch in semitones; the lower of two.
fn nearest(pitch: f32, scale: u16, root: i32) -> i32 {
    let middle = pitch.round() as i32;
    let candidates = (middle - 12..=middle + 12).filter(|note| is_in_scale(*note, scale, root));
    candidates.min_by(|a, b| (*a as f32 - pitch).abs().total_cmp(&(*b as f32 - pitch).abs())).unwrap_or(middle)
}

impl State {
    /// Chooses the note for an input; true when it is a new one.
    fn choose(&mut self, semitones: f32, scale: u16, root: i32) -> bool {
        let from = (semitones, scale, root);
        if self.note.is_some() && from == self.chosen_from {
            return false;
        }
        self.chosen_from = from;
        let found = nearest(semitones, scale, root);
        let keeps = self.note.is_some_and(|note| {
            let gain = (note as f32 - semitones).abs() - (found as f32 - semitones).abs();
            is_in_scale(note, scale, root) && gain < HYSTERESIS
        });
        let is_new = !keeps && self.note != Some(found);
        if is_new {
            self.note = Some(found);
        }
        is_new
    }
}

impl RowKernel for Quantizer {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (input, trig, is_triggered) = (io.input(0), io.input(1), io.is_connected(1));
        let (scale, root, transpose) = (io.param(SCALE), io.param(ROOT), io.param(TRANSPOSE));
        let state = &mut self.state;
        let [out, gate] = io.outputs();
        for n in 0..input.len() {
            let rises = state.edge.rises(trig[n]);
            if rises || !is_triggered || state.note.is_none() {
                // Ten octaves either way are more than anyone hears.
                let semitones = input[n].clamp(-10.0, 10.0) * 12.0;
                let mask = SCALES[(scale.at(n) as usize).min(SCALES.len() - 1)].1;
                if state.choose(semitones, mask, root.at(n) as i32) {
                    state.trigger_left = self.trigger_frames;
                }
            }
            out[n] = (state.note.unwrap_or(0) as f32 + transpose.at(n)) / 12.0;
            gate[n] = if state.trigger_left > 0 { 1.0 } else { 0.0 };
            state.trigger_left = state.trigger_left.saturating_sub(1);
        }
    }

    fn reset(&mut self) {
        self.state = State::default();
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[0] = self.state.note.unwrap_or(0) as f32;
        face[1] = if self.state.trigger_left > 0 { 1.0 } else { 0.0 };
    }
}

#[cfg(test)]
mod tests {
    use super::{SCALES, SPEC, build, nearest};
    use patchlight_engine::{Solo, SoloConfig};

    #[test]
    fn notes_of_the_scale_and_only_those_come_out() {
        let major = SCALES[1].1;
        let from_c: Vec<i32> = (0..13).map(|n| nearest(n as f32 + 0.1, major, 0)).collect();
        assert_eq!(from_c, [0, 2, 2, 4, 4, 5, 7, 7, 9, 9, 11, 11, 12]);
        // D major has F sharp.
        assert_eq!(nearest(6.0, major, 2), 6);
        assert_eq!([nearest(-18.4, SCALES[19].1, 0), nearest(-17.6, SCALES[19].1, 0)], [-24, -12]);
    }

    fn solo(driven: &[&str], input: Vec<f32>) -> Solo {
        let mut solo = Solo::new(&SPEC, build, &SoloConfig { params: vec![("scale", 0.0)], ..SoloConfig::default() }, driven);
        solo.drive("in", vec![input]);
        solo
    }

    #[test]
    fn a_wavering_input_does_not_chatter() {
        let waver = (0..9600).map(|n| (0.5 + if n % 20 < 10 { 0.04 } else { -0.04 }) / 12.0).collect();
        let rendered = solo(&["in"], waver).run(9600, 64);
        assert!(rendered.mono(0).windows(2).all(|pair| pair[0] == pair[1]));
        let rises = rendered.mono(1).windows(2).filter(|pair| pair[0] < 0.5 && pair[1] > 0.5).count();
        assert_eq!(rises, 0, "the first note's trigger is on from the start, and no other follows");
    }

    #[test]
    fn a_wired_trigger_decides_when() {
        let mut wired = solo(&["in", "trig"], (0..1000).map(|n| n as f32 / 1000.0).collect());
        wired.drive("trig", vec![(0..1000).map(|n| if n == 500 { 1.0 } else { 0.0 }).collect()]);
        let rendered = wired.run(1000, 64);
        let note = |n: usize| (rendered.mono(0)[n] * 12.0).round();
        assert_eq!([note(499), note(500), note(999)], [0.0, 6.0, 6.0]);
        assert_eq!([499, 500, 739, 740].map(|n| rendered.mono(1)[n]), [0.0, 1.0, 1.0, 0.0]);
    }
}
