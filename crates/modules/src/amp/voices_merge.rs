//! Voices merge: single cables become the voices of one.

use patchlight_core::{ModuleSpec, Voices, audio, integer, module};
use patchlight_engine::{BuildContext, Io, Unit};

pub const SPEC: ModuleSpec = module("amp.voices_merge", "Voices merge")
    .about("Joins single cables into one of many voices: eight sequencers play one synth of eight voices.")
    .tags(&["poly", "voices", "join", "multiplex", "fan in", "combine"])
    .inputs(&[
        audio("in_1", "The first voice"),
        audio("in_2", "The second voice"),
        audio("in_3", "The third voice"),
        audio("in_4", "The fourth voice"),
        audio("in_5", "The fifth voice"),
        audio("in_6", "The sixth voice"),
        audio("in_7", "The seventh voice"),
        audio("in_8", "The eighth voice"),
    ])
    .params(&[integer("voices", 1..=8, 4).about("How many voices the cable has").structural()])
    .outputs(&[audio("out", "A cable of so many voices")])
    .voices(Voices::Source);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    Box::new(VoicesMerge { voices: context.voices.clamp(1, 8), channels: context.channels.max(1) })
}

struct VoicesMerge {
    voices: usize,
    channels: usize,
}

impl Unit for VoicesMerge {
    fn process(&mut self, io: &mut Io<'_>) {
        for voice in 0..self.voices {
            let input = io.input(voice);
            for channel in 0..self.channels {
                io.output(0).row(channel, voice).copy_from_slice(input.row(channel, 0));
            }
        }
        io.hold_voices(u32::MAX >> (32 - self.voices));
    }

    fn reset(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};

    #[test]
    fn each_cable_is_a_voice() {
        let mut solo = Solo::new(&SPEC, build, &SoloConfig { voices: 3, ..SoloConfig::default() }, &["in_1", "in_2", "in_3"]);
        for (id, value) in [("in_1", 0.1), ("in_2", 0.2), ("in_3", 0.3)] {
            solo.drive(id, vec![vec![value; 64]]);
        }
        let found: Vec<f32> = solo.run(64, 64).outputs[0].iter().map(|lane| lane[63]).collect();
        assert_eq!(found, [0.1, 0.2, 0.3]);
    }
}
