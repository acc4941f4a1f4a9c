//! Quantizer: moves pitches to the nearest note of a scale.
//!
//! The notes are those of the list, in the tuning of the patch, or those of a Scala scale of its own.
//!
//! A note is left only when the input is closer to another by a tenth of a semitone, so that a wavering input does not chatter.
//!
//! Face cells: [0] semitones from C4 of the note that is held, [1] the trigger.

use super::tuning::ROOTS;
use crate::pulse::Edge;
use patchlight_core::{ModuleSpec, Scale, choice, gate, module, pitch, scale_text, semitones};
use patchlight_engine::{BLOCK, BuildContext, Data, FACE, Io, KeyTuning, Unit};

const SCALE: usize = 0;
const ROOT: usize = 1;
const TRANSPOSE: usize = 2;

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
    .tags(&["scale", "tune", "notes", "key", "melody", "major", "minor", "pentatonic", "scala", "microtonal"])
    .inputs(&[
        pitch("in", "Pitch, or any signal: 1 is an octave"),
        gate("trig", "Takes a new note only when it rises. Not wired, the input is followed"),
    ])
    .params(&[
        choice("scale", &NAMES, 2).about("The notes that are allowed, where there is no Scala scale"),
        choice("root", ROOTS, 0).about("The note the scale begins on"),
        semitones("transpose_semitones", -36.0..=36.0, 0.0).about("Moves the notes up or down after they are chosen"),
    ])
    .data(&[scale_text("own_scale", "A Scala scale (.scl) in the place of the list, or its notes: 9/8 5/4 3/2 2/1. Empty takes the list")])
    .outputs(&[pitch("out", "The nearest note of the scale"), gate("trig", "On for five milliseconds at each new note")]);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    Box::new(Quantizer {
        own: context.data(0),
        generation: 0,
        trigger_frames: (0.005 * context.sample_rate_hz).round() as u32,
        states: vec![State::default(); context.voices.max(1)],
    })
}

#[derive(Clone, Default)]
struct State {
    edge: Edge,
    /// Which note is held: semitones from C4, or the degree of the own scale.
    note: Option<i32>,
    trigger_left: u32,
    /// What the note was chosen from: input, scale, root, and which own scale. While it stays, so does the note.
    chosen_from: (f32, u16, i32, u32),
}

struct Quantizer {
    own: Data,
    /// Counts the scales that there have been.
    generation: u32,
    trigger_frames: u32,
    states: Vec<State>,
}

/// How much closer another note must be, in semitones.
const HYSTERESIS: f32 = 0.1;

/// The notes that are allowed.
#[derive(Clone, Copy)]
enum Notes<'a> {
    /// Of the list, as bits above the root.
    Listed {
        scale: u16,
        root: i32,
    },
    Own {
        scale: &'a Scale,
        root: i32,
    },
}

fn is_in_scale(note: i32, scale: u16, root: i32) -> bool {
    scale >> (note - root).rem_euclid(12) & 1 == 1
}

/// The note of the scale nearest to a pitch in semitones; the lower of two.
fn nearest(pitch: f32, scale: u16, root: i32) -> i32 {
    let middle = pitch.round() as i32;
    let candidates = (middle - 12..=middle + 12).filter(|note| is_in_scale(*note, scale, root));
    candidates.min_by(|a, b| (*a as f32 - pitch).abs().total_cmp(&(*b as f32 - pitch).abs())).unwrap_or(middle)
}

impl Notes<'_> {
    fn nearest(self, semitones: f32) -> i32 {
        match self {
            Self::Listed { scale, root } => nearest(semitones, scale, root),
            Self::Own { scale, root } => scale.nearest(f64::from(semitones - root as f32) / 12.0),
        }
    }

    fn holds(self, note: i32) -> bool {
        match self {
            Self::Listed { scale, root } => is_in_scale(note, scale, root),
            Self::Own { .. } => true,
        }
    }

    /// Where a note lies, in semitones from C4 of twelve equal steps.
    fn semitones(self, note: i32) -> f32 {
        match self {
            Self::Listed { .. } => note as f32,
            Self::Own { scale, root } => root as f32 + (scale.octaves(note) * 12.0) as f32,
        }
    }

    /// What it sounds at, in octaves from C4: the list's notes as the patch is tuned, those of an own scale from its tuned root.
    fn octaves(self, note: i32, transpose: f32, tuning: &KeyTuning) -> f32 {
        match self {
            Self::Listed { .. } => tuning.octaves(note as f32 + transpose),
            Self::Own { scale, root } => tuning.octaves(root as f32) + (scale.octaves(note) as f32) + transpose / 12.0,
        }
    }
}

impl State {
    /// Chooses the note for an input; true when it is a new one.
    fn choose(&mut self, semitones: f32, notes: Notes<'_>, generation: u32) -> bool {
        let from = match notes {
            Notes::Listed { scale, root } => (semitones, scale, root, 0),
            Notes::Own { root, .. } => (semitones, 0, root, generation),
        };
        if self.note.is_some() && from == self.chosen_from {
            return false;
        }
        // A note of another scale is no note of this one.
        let is_same_scale = from.3 == self.chosen_from.3;
        self.chosen_from = from;
        let found = notes.nearest(semitones);
        let off = |note: i32| (notes.semitones(note) - semitones).abs();
        let keeps = self.note.is_some_and(|note| is_same_scale && notes.holds(note) && off(note) - off(found) < HYSTERESIS);
        let is_new = !(keeps || is_same_scale && self.note == Some(found));
        if is_new {
            self.note = Some(found);
        }
        is_new
    }
}

impl Unit for Quantizer {
    fn process(&mut self, io: &mut Io<'_>) {
        let (input, trig) = (io.input(0), io.input(1));
        let (is_triggered, frames, tuning) = (trig.is_connected(), io.frames(), io.tuning());
        let (scale, root, transpose) = (io.param(SCALE), io.param(ROOT), io.param(TRANSPOSE));
        for (voice, state) in self.states.iter_mut().enumerate() {
            if !io.is_awake(voice) {
                continue;
            }
            let (input, trig) = (input.row(0, voice), trig.row(0, voice));
            let mut made = [[0.0; BLOCK]; 2];
            for n in 0..frames {
                let root = root.at(n, voice) as i32;
                let notes = match self.own.scale() {
                    Some(scale) => Notes::Own { scale, root },
                    None => Notes::Listed { scale: SCALES[(scale.at(n, voice) as usize).min(SCALES.len() - 1)].1, root },
                };
                let rises = state.edge.rises(trig[n]);
                if rises || !is_triggered || state.note.is_none() {
                    // Ten octaves either way are more than anyone hears.
                    let semitones = input[n].clamp(-10.0, 10.0) * 12.0;
                    if state.choose(semitones, notes, self.generation) {
                        state.trigger_left = self.trigger_frames;
                    }
                }
                made[0][n] = notes.octaves(state.note.unwrap_or(0), transpose.at(n, voice), tuning);
                made[1][n] = if state.trigger_left > 0 { 1.0 } else { 0.0 };
                state.trigger_left = state.trigger_left.saturating_sub(1);
            }
            for (output, made) in made.iter().enumerate() {
                io.output(output).row(0, voice).copy_from_slice(&made[..frames]);
            }
        }
    }

    fn reset(&mut self) {
        self.states.fill(State::default());
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        if let Some(state) = self.states.first() {
            face[0] = state.note.unwrap_or(0) as f32;
            face[1] = if state.trigger_left > 0 { 1.0 } else { 0.0 };
        }
    }

    fn swap_data(&mut self, _lane: usize, _index: usize, data: &mut Data) {
        std::mem::swap(&mut self.own, data);
        self.generation += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{SCALES, SPEC, build, nearest};
    use patchlight_core::Scale;
    use patchlight_engine::{Data, Solo, SoloConfig};
    use std::sync::Arc;

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

    #[test]
    fn an_own_scale_takes_the_place_of_the_list() {
        let just: Scale = "9/8 5/4 4/3 3/2 5/3 15/8 2/1".parse().expect("a scale");
        let data = vec![Data::Scale(Arc::new(just))];
        let mut solo = Solo::new(&SPEC, build, &SoloConfig { data, params: vec![("root", 2.0)], ..SoloConfig::default() }, &["in"]);
        // Around A4: a just fifth above D4.
        solo.drive("in", vec![vec![9.2 / 12.0; 128]]);
        let expected = 2.0 / 12.0 + 1.5_f32.log2();
        assert!((solo.run(64, 64).mono(0)[63] - expected).abs() < 1e-6);
        solo.set_data(0, Data::None);
        assert_eq!(solo.run(64, 64).mono(0)[63], 9.0 / 12.0, "D minor has an A");
    }
}
