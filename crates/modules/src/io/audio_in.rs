//! Audio in: what the device hears, microphone or line.

use crate::dsp::Memo;
use crate::glide::gain_from_db;
use patchlight_core::{Face, ModuleSpec, Voices, audio, db, module};
use patchlight_engine::{BLOCK, BuildContext, Io, Unit};

const GAIN: usize = 0;

pub const SPEC: ModuleSpec = module("io.audio_in", "Audio in")
    .about("The microphone or line input of the audio device.")
    .tags(&["input", "microphone", "mic", "line", "guitar", "adc", "record"])
    .params(&[db("gain_db", -60.0..=36.0, 0.0).about("Gain of the input; −60 dB is off")])
    .outputs(&[audio("out", "What the device hears").stereo()])
    .voices(Voices::One)
    .face(Face::Meter);

pub fn build(_context: &BuildContext<'_>) -> Box<dyn Unit> {
    Box::new(AudioIn { gain: Memo::new() })
}

struct AudioIn {
    gain: Memo<f32, f32>,
}

impl Unit for AudioIn {
    fn process(&mut self, io: &mut Io<'_>) {
        let (frames, gain_db) = (io.frames(), io.param(GAIN));
        for channel in 0..2 {
            let mut heard = [0.0; BLOCK];
            heard[..frames].copy_from_slice(io.device_input()[channel]);
            for (n, sample) in io.output(0).row(channel, 0).iter_mut().enumerate() {
                *sample = heard[n] * self.gain.get(gain_db.at(n, 0), gain_from_db);
            }
        }
    }

    fn reset(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};

    #[test]
    fn the_device_is_heard_with_its_gain() {
        let config = SoloConfig { params: vec![("gain_db", 6.0206)], ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &[]);
        solo.device_input(vec![0.25; 64], vec![-0.125; 64]);
        let rendered = solo.run(64, 7);
        assert!(rendered.outputs[0][0].iter().all(|x| (x - 0.5).abs() < 1e-5));
        assert!(rendered.outputs[0][1].iter().all(|x| (x + 0.25).abs() < 1e-5));
    }
}
