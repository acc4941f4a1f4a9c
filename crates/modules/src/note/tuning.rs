//! Tuning: another scale than twelve equal steps, for the whole patch or for what goes through.
//!
//! A scale and a keyboard map in the format of Scala say what each of the 128 keys sounds at ([`patchlight_core::key_octaves`]). Without a map the
//! scale begins on the root and A4 is tuned to the reference. Note in, Steps and Quantizer ask the shared table; it is led anew
//! in every block, from the second on.
//!
//! Face cells: [0] notes of the scale, [1] cents by which the last pitch was moved.

use patchlight_core::{Curve, ModuleSpec, Scale, choice, hz, key_map_text, key_octaves, module, pitch, scale_text};
use patchlight_engine::{BLOCK, BuildContext, Data, FACE, Io, KeyTuning, Unit};
use std::mem::swap;

const REACH: usize = 0;
const A4: usize = 1;
const ROOT: usize = 2;

const SCALE: usize = 0;
const MAP: usize = 1;

const PATCH: f32 = 0.0;

pub const ROOTS: &[&str] = &["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];

pub const SPEC: ModuleSpec = module("note.tuning", "Tuning")
    .about("Tunes the patch to just intonation, quarter tones, gamelan or any Scala file, and to another A4 than 440 Hz.")
    .tags(&["scala", "scl", "kbm", "microtonal", "temperament", "just intonation", "a4", "432", "concert pitch", "maqam", "gamelan"])
    .inputs(&[pitch("in", "Pitch in twelve equal steps, for what goes through")])
    .params(&[
        choice("reach", &["patch", "in to out"], 0).about("Patch: all keys and sequencers play in it. In to out: only what goes through"),
        hz("a4_hz", 380.0..=480.0, 440.0)
            .curve(Curve::Linear)
            .about("What A4 is tuned to; a keyboard map has a reference of its own, which this moves"),
        choice("root", ROOTS, 0).about("The key that plays the scale's first note, where there is no keyboard map"),
    ])
    .data(&[
        scale_text("scale", "A Scala scale (.scl), or its notes: 9/8 5/4 4/3 3/2 5/3 15/8 2/1. Empty is twelve equal steps"),
        key_map_text("keys", "A Scala keyboard map (.kbm): which key plays which note. Empty is one after the other"),
    ])
    .outputs(&[pitch("out", "The input as it is tuned; with reach at patch, as it is")])
    .leads_all();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    Box::new(Tuning {
        data: [context.data(SCALE), context.data(MAP)],
        equal: Scale::default(),
        made: None,
        table: KeyTuning::EQUAL,
        voices: context.voices.max(1),
        moved_cents: 0.0,
    })
}

struct Tuning {
    data: [Data; 2],
    /// What holds where none is chosen.
    equal: Scale,
    /// Reference and root that the table was made with.
    made: Option<(f32, usize)>,
    table: KeyTuning,
    voices: usize,
    moved_cents: f32,
}

impl Tuning {
    fn scale(&self) -> &Scale {
        self.data[SCALE].scale().map_or(&self.equal, |scale| &**scale)
    }

    /// Makes the table anew, if something has changed.
    fn tune(&mut self, a4_hz: f32, root: usize) {
        if self.made == Some((a4_hz, root)) {
            return;
        }
        let scale = self.scale();
        let mut octaves = match self.data[MAP].key_map() {
            Some(map) => key_octaves(scale, map),
            None => rooted(scale, root as i32),
        };
        let moved_octaves = (a4_hz / 440.0).log2();
        octaves.iter_mut().for_each(|octaves| *octaves += moved_octaves);
        self.table = KeyTuning::new(octaves);
        self.made = Some((a4_hz, root));
    }
}

/// A scale that begins on a root above C4, A4 at 440 Hz.
fn rooted(scale: &Scale, root: i32) -> [f32; 128] {
    let middle = 60 + root;
    let a4 = scale.octaves(69 - middle);
    std::array::from_fn(|key| (scale.octaves(key as i32 - middle) - a4 + 0.75) as f32)
}

impl Unit for Tuning {
    fn process(&mut self, io: &mut Io<'_>) {
        let frames = io.frames();
        let (reach, a4, root) = (io.param(REACH), io.param(A4), io.param(ROOT));
        // The last frame's: the same however the block is parted.
        self.tune(a4.at(frames - 1, 0), root.at(frames - 1, 0) as usize);
        let leads = reach.at(frames - 1, 0) == PATCH;
        if leads {
            io.lead_tuning(&self.table);
        }
        let input = io.input(0);
        for voice in 0..self.voices {
            let mut made = [0.0; BLOCK];
            for (made, pitch) in made.iter_mut().zip(input.row(0, voice)) {
                *made = if leads { *pitch } else { self.table.octaves(pitch * 12.0) };
            }
            if voice == 0 {
                self.moved_cents = (made[frames - 1] - input.row(0, 0)[frames - 1]) * 1200.0;
            }
            io.output(0).row(0, voice).copy_from_slice(&made[..frames]);
        }
    }

    fn reset(&mut self) {}

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        face[0] = self.scale().len() as f32;
        face[1] = self.moved_cents;
    }

    fn swap_data(&mut self, _lane: usize, index: usize, data: &mut Data) {
        if let Some(held) = self.data.get_mut(index) {
            swap(held, data);
            self.made = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_core::Scale;
    use patchlight_engine::{Data, Solo, SoloConfig};
    use std::sync::Arc;

    /// What a pitch in semitones becomes, in cents from C4.
    fn tuned(scale: &str, params: &[(&'static str, f32)], semitones: f32) -> f32 {
        let params = [&[("reach", 1.0)], params].concat();
        let scale = scale.parse::<Scale>().map_or(Data::None, |scale| Data::Scale(Arc::new(scale)));
        let mut solo = Solo::new(&SPEC, build, &SoloConfig { params, data: vec![scale, Data::None], ..SoloConfig::default() }, &["in"]);
        solo.drive("in", vec![vec![semitones / 12.0; 64]]);
        solo.run(64, 64).mono(0)[63] * 1200.0
    }

    #[test]
    fn a_just_scale_stands_on_its_root() {
        // Twelve just notes; A4 stays, so C4 lies 884.359 cents below it.
        let just = "16/15 9/8 6/5 5/4 4/3 45/32 3/2 8/5 5/3 9/5 15/8 2/1";
        assert!((tuned(just, &[], 9.0) - 900.0).abs() < 1e-2);
        assert!((tuned(just, &[], 7.0) - tuned(just, &[], 0.0) - 701.955).abs() < 1e-2);
        assert!((tuned(just, &[("root", 7.0)], 14.0) - tuned(just, &[("root", 7.0)], 7.0) - 701.955).abs() < 1e-2, "a fifth on G");
        assert!((tuned(just, &[("root", 7.0)], 9.0) - 900.0).abs() < 1e-2);
    }

    #[test]
    fn the_reference_moves_all_and_bends_pass() {
        assert!((tuned("", &[("a4_hz", 432.0)], 9.0) - (900.0 + 1200.0 * (432.0_f32 / 440.0).log2())).abs() < 1e-2);
        assert!((tuned("", &[], 3.37) - 337.0).abs() < 1e-2);
        // Quarter tones: a key is half a semitone.
        let quarter: Vec<String> = (1..=24).map(|n| format!("{}.0", n * 50)).collect();
        assert!((tuned(&quarter.join(" "), &[], 11.0) - 1000.0).abs() < 1e-2);
    }
}
