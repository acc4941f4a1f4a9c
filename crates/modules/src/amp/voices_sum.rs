//! Voices sum: all voices into one.

use crate::dsp::Memo;
use crate::glide::{Glide, gain_from_db, switch_step};
use patchlight_core::{ModuleSpec, Voices, audio, choice, db, module};
use patchlight_engine::{BuildContext, Io, Unit};

const GAIN: usize = 0;
const SCALE: usize = 1;

pub const SPEC: ModuleSpec = module("amp.voices_sum", "Voices sum")
    .about("Mixes all voices into one: what comes behind runs once, not for each voice. Put it before reverbs and delays.")
    .tags(&["mono", "mix", "poly", "voices", "collapse", "merge", "bus"])
    .inputs(&[audio("in", "Sound of many voices")])
    .params(&[
        db("gain_db", -60.0..=24.0, 0.0).about("Level of the sum; −60 dB is off"),
        choice("scale", &["off", "by their root", "by their number"], 0)
            .about("Makes more voices softer, so that a chord is as loud as a note (root), or never louder (number)"),
    ])
    .outputs(&[audio("out", "One voice")])
    .voices(Voices::Sum);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    let channel = Channel { gain: Memo::new(), scale: Glide::off() };
    Box::new(VoicesSum { channels: vec![channel; context.channels.max(1)], step: switch_step(context.sample_rate_hz) })
}

#[derive(Clone)]
struct Channel {
    gain: Memo<f32, f32>,
    scale: Glide,
}

struct VoicesSum {
    channels: Vec<Channel>,
    step: f32,
}

impl Unit for VoicesSum {
    fn process(&mut self, io: &mut Io<'_>) {
        let (input, gain_db, scale) = (io.input(0), io.param(GAIN), io.param(SCALE));
        let voices = input.voices();
        for (index, channel) in self.channels.iter_mut().enumerate() {
            let mut out = io.output(0);
            let out = out.row(index, 0);
            out.copy_from_slice(input.row(index, 0));
            for voice in 1..voices {
                out.iter_mut().zip(input.row(index, voice)).for_each(|(sum, x)| *sum += x);
            }
            for (n, sum) in out.iter_mut().enumerate() {
                let target = match scale.at(n, 0) as usize {
                    0 => 1.0,
                    1 => 1.0 / (voices as f32).sqrt(),
                    _ => 1.0 / voices as f32,
                };
                *sum *= channel.gain.get(gain_db.at(n, 0), gain_from_db) * channel.scale.next(target, self.step);
            }
        }
    }

    fn reset(&mut self) {
        self.channels.iter_mut().for_each(|channel| channel.scale.forget());
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};

    #[test]
    fn voices_are_added_and_scaled() {
        for (scale, expected) in [(0.0, 1.0), (1.0, 0.5), (2.0, 0.25)] {
            let config = SoloConfig { voices: 4, params: vec![("scale", scale)], ..SoloConfig::default() };
            let mut solo = Solo::new(&SPEC, build, &config, &["in"]);
            solo.drive("in", [0.1, 0.2, 0.3, 0.4].map(|x| vec![x; 64]).to_vec());
            let rendered = solo.run(64, 64);
            assert_eq!(rendered.outputs[0].len(), 1);
            assert!((rendered.mono(0)[63] - expected).abs() < 1e-6);
        }
    }
}
