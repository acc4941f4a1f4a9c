//! Voices sum: all voices into one.

use crate::dsp::{EMPTY_ROW, Knob, Memo, PaddedRow, frames_at, put_frames};
use crate::glide::{Glide, gain_from_db, switch_step};
use patchlight_core::{ModuleSpec, Voices, audio, choice, db, module};
use patchlight_engine::simd::{Simd, SimdJob, vectorize};
use patchlight_engine::{BuildContext, GROUP, Io, Unit};

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

/// What a sum of `voices` is multiplied with.
fn scale_of(choice: f32, voices: usize) -> f32 {
    match choice as usize {
        0 => 1.0,
        1 => 1.0 / (voices as f32).sqrt(),
        _ => 1.0 / voices as f32,
    }
}

impl Channel {
    /// The gain of each frame; where nothing moves it is worked out once.
    #[inline(always)]
    fn gains(&mut self, gain_db: &Knob<'_>, scale: &Knob<'_>, voices: usize, step: f32, frames: usize) -> PaddedRow {
        let mut gains = EMPTY_ROW;
        match (gain_db.constant(), scale.constant()) {
            (Some(gain_db), Some(scale)) if self.scale.is_at(scale_of(scale, voices)) => {
                gains.fill(self.gain.get(gain_db, gain_from_db) * self.scale.next(scale_of(scale, voices), step));
            }
            _ => {
                for (n, gain) in gains.iter_mut().enumerate().take(frames) {
                    let scale = self.scale.next(scale_of(scale.at(n), voices), step);
                    *gain = self.gain.get(gain_db.at(n), gain_from_db) * scale;
                }
            }
        }
        gains
    }
}

struct Job<'u, 'io, 'a>(&'u mut VoicesSum, &'io mut Io<'a>);

impl SimdJob for Job<'_, '_, '_> {
    type Output = ();

    /// Eight frames at a time: a sum over voices remembers nothing from frame to frame.
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self(unit, io) = self;
        let (input, gain_db, scale) = (io.input(0), Knob::new(io.param(GAIN), 0), Knob::new(io.param(SCALE), 0));
        let (voices, frames) = (input.voices(), io.frames());
        for (index, channel) in unit.channels.iter_mut().enumerate() {
            let gains = channel.gains(&gain_db, &scale, voices, unit.step, frames);
            let mut out = io.output(0);
            let out = out.row(index, 0);
            for n in (0..frames).step_by(GROUP) {
                let mut sum = frames_at(simd, input.row(index, 0), n);
                for voice in 1..voices {
                    sum += frames_at(simd, input.row(index, voice), n);
                }
                put_frames(sum * frames_at(simd, &gains, n), out, n);
            }
        }
    }
}

impl Unit for VoicesSum {
    fn process(&mut self, io: &mut Io<'_>) {
        vectorize(Job(self, io));
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
