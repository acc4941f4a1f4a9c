//! Voices split: each voice of a cable to an output of its own.

use patchlight_core::{ModuleSpec, Voices, audio, integer, module};
use patchlight_engine::{BuildContext, Io, Unit};

const OUTPUTS: usize = 8;

pub const SPEC: ModuleSpec = module("amp.voices_split", "Voices split")
    .about("Takes a cable of many voices apart: one output for each. Each note of a chord into an effect of its own.")
    .tags(&["poly", "voices", "separate", "demultiplex", "fan out", "single"])
    .inputs(&[audio("in", "A cable of many voices")])
    .params(&[integer("first", 1..=25, 1).about("The voice at the first output; the others follow")])
    .outputs(&[
        audio("out_1", "The first voice"),
        audio("out_2", "The second voice"),
        audio("out_3", "The third voice"),
        audio("out_4", "The fourth voice"),
        audio("out_5", "The fifth voice"),
        audio("out_6", "The sixth voice"),
        audio("out_7", "The seventh voice"),
        audio("out_8", "The eighth voice"),
    ])
    .voices(Voices::Sum);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    Box::new(VoicesSplit { channels: context.channels.max(1), fade: 1.0 / (0.005 * context.sample_rate_hz), first: None, faded: 1.0 })
}

struct VoicesSplit {
    channels: usize,
    /// The step of a crossfade of five milliseconds.
    fade: f32,
    /// The voices at the first output: now and before.
    first: Option<[usize; 2]>,
    faded: f32,
}

impl Unit for VoicesSplit {
    fn process(&mut self, io: &mut Io<'_>) {
        let (input, first) = (io.input(0), io.param(0));
        let voices = input.voices();
        let begin = (self.first, self.faded);
        for channel in 0..self.channels {
            for output in 0..OUTPUTS {
                (self.first, self.faded) = begin;
                let mut out = io.output(output);
                for (n, out) in out.row(channel, 0).iter_mut().enumerate() {
                    let wanted = first.at(n, 0) as usize - 1;
                    let [mut now, mut before] = self.first.unwrap_or([wanted; 2]);
                    if now != wanted && self.faded >= 1.0 {
                        (now, before, self.faded) = (wanted, now, 0.0);
                    }
                    self.first = Some([now, before]);
                    let voice = |first: usize| if first + output < voices { input.row(channel, first + output)[n] } else { 0.0 };
                    self.faded = (self.faded + self.fade).min(1.0);
                    *out = if self.faded < 1.0 { voice(before) + (voice(now) - voice(before)) * self.faded } else { voice(now) };
                }
            }
        }
    }

    fn reset(&mut self) {
        (self.first, self.faded) = (None, 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};

    #[test]
    fn each_voice_has_its_output_and_what_is_missing_is_silent() {
        let config = SoloConfig { voices: 3, params: vec![("first", 2.0)], ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &["in"]);
        solo.drive("in", [0.1, 0.2, 0.3].map(|x| vec![x; 64]).to_vec());
        let rendered = solo.run(64, 64);
        assert_eq!([0, 1, 2].map(|output| rendered.mono(output)[63]), [0.2, 0.3, 0.0]);
    }
}
