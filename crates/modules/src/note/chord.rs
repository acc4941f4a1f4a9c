//! Chord: one pitch becomes as many voices as the chord has notes.

use patchlight_core::{ModuleSpec, Voices, choice, gate, integer, module, pitch, toggle};
use patchlight_engine::{BuildContext, FACE, Io, Unit};

const CHORD: usize = 1;
const INVERSION: usize = 2;
const OPEN: usize = 3;

/// Names, and semitones above the root. What a chord has not, its octaves give.
const CHORDS: [(&str, &[i32]); 16] = [
    ("major", &[0, 4, 7]),
    ("minor", &[0, 3, 7]),
    ("sus2", &[0, 2, 7]),
    ("sus4", &[0, 5, 7]),
    ("diminished", &[0, 3, 6]),
    ("augmented", &[0, 4, 8]),
    ("6", &[0, 4, 7, 9]),
    ("minor 6", &[0, 3, 7, 9]),
    ("7", &[0, 4, 7, 10]),
    ("major 7", &[0, 4, 7, 11]),
    ("minor 7", &[0, 3, 7, 10]),
    ("half diminished", &[0, 3, 6, 10]),
    ("major 9", &[0, 4, 7, 11, 14]),
    ("minor 9", &[0, 3, 7, 10, 14]),
    ("power", &[0, 7]),
    ("octaves", &[0]),
];

const NAMES: [&str; CHORDS.len()] = {
    let mut names = [""; CHORDS.len()];
    let mut index = 0;
    while index < names.len() {
        names[index] = CHORDS[index].0;
        index += 1;
    }
    names
};

pub const SPEC: ModuleSpec = module("note.chord", "Chord")
    .about("Plays a whole chord from one pitch: everything behind has a voice for each note. Try pitch into analog.")
    .tags(&["harmony", "triad", "seventh", "poly", "stack", "chords", "inversion", "voices"])
    .inputs(&[pitch("in", "The root"), gate("gate", "Given on to every voice")])
    .params(&[
        integer("voices", 1..=8, 4).about("How many notes; more than the chord has are its octaves").structural(),
        choice("chord", &NAMES, 10).about("Which notes above the root"),
        integer("inversion", -4..=4, 0).about("So many of the lowest notes go up an octave, or of the highest down"),
        toggle("open", false).about("Every second note an octave up: wide and calm"),
    ])
    .outputs(&[pitch("pitch", "A note for each voice"), gate("gate", "The gate for each voice")])
    .voices(Voices::Source);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    Box::new(Chord { voices: context.voices.max(1), root: 0.0 })
}

struct Chord {
    voices: usize,
    root: f32,
}

/// Semitones above the root of a voice.
fn interval(chord: &[i32], voice: i32, inversion: i32, is_open: bool) -> i32 {
    let notes = chord.len() as i32;
    let place = voice + inversion;
    let semitones = chord[place.rem_euclid(notes) as usize] + 12 * place.div_euclid(notes);
    if is_open && voice % 2 == 1 { semitones + 12 } else { semitones }
}

impl Unit for Chord {
    fn process(&mut self, io: &mut Io<'_>) {
        let (roots, gates) = (io.input(0).row(0, 0), io.input(1).row(0, 0));
        let [kind, inversion, open] = [CHORD, INVERSION, OPEN].map(|index| io.param(index));
        let frames = io.frames();
        let [mut pitch, mut gate] = io.outputs();
        for voice in 0..self.voices {
            gate.row(0, voice).copy_from_slice(gates);
            for (n, out) in pitch.row(0, voice).iter_mut().enumerate() {
                let chord = CHORDS[(kind.at(n, 0) as usize).min(CHORDS.len() - 1)].1;
                let semitones = interval(chord, voice as i32, inversion.at(n, 0) as i32, open.at(n, 0) >= 0.5);
                *out = roots[n] + semitones as f32 / 12.0;
            }
        }
        self.root = roots[frames - 1];
        io.hold_voices(u32::MAX >> (32 - self.voices));
    }

    fn reset(&mut self) {
        self.root = 0.0;
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        face[0] = self.root;
    }
}

#[cfg(test)]
mod tests {
    use super::{CHORDS, SPEC, build, interval};
    use patchlight_engine::{Solo, SoloConfig};

    #[test]
    fn inversions_and_open_chords_are_those_of_the_books() {
        let notes = |inversion: i32, open: bool| (0..4).map(|voice| interval(CHORDS[0].1, voice, inversion, open)).collect::<Vec<_>>();
        assert_eq!(notes(0, false), [0, 4, 7, 12]);
        assert_eq!(notes(1, false), [4, 7, 12, 16]);
        assert_eq!(notes(-1, false), [-5, 0, 4, 7]);
        assert_eq!(notes(0, true), [0, 16, 7, 24]);
    }

    #[test]
    fn each_voice_has_its_note() {
        let mut solo = Solo::new(&SPEC, build, &SoloConfig { voices: 4, ..SoloConfig::default() }, &["in", "gate"]);
        solo.drive("in", vec![vec![0.5; 64]]);
        solo.drive("gate", vec![vec![1.0; 64]]);
        let rendered = solo.run(64, 64);
        let found: Vec<f32> = rendered.outputs[0].iter().map(|lane| ((lane[63] - 0.5) * 12.0).round()).collect();
        assert_eq!(found, [0.0, 3.0, 7.0, 10.0], "a minor seventh");
        assert!(rendered.outputs[1].iter().all(|lane| lane[63] == 1.0));
    }
}
