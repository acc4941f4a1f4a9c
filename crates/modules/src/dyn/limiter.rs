//! Limiter: nothing passes the ceiling, peaks between samples included. The look-ahead core is that of Audio Out.
//!
//! The core works against a fixed ceiling; gain before it and its inverse after it place that ceiling where the knob says.
//!
//! Face: `[0]` level after the input gain in dB, `[1]` gain reduction in dB, `[2]` ceiling in dB.

use crate::brickwall::{Brickwall, CEILING_DB, latency_frames};
use crate::glide::{db_from_gain, gain_from_db};
use patchlight_core::{Face, ModuleSpec, audio, db, module};
use patchlight_engine::{BuildContext, FACE, Io, Unit};

const INPUT_GAIN: usize = 0;
const CEILING: usize = 1;

pub const SPEC: ModuleSpec = module("dyn.limiter", "Limiter")
    .about("A ceiling that nothing passes. Push the gain for loudness, or leave it as a safety net at the end.")
    .tags(&["loud", "maximizer", "ceiling", "brickwall", "true peak", "clip", "master", "level"])
    .inputs(&[audio("in", "Sound to hold under the ceiling")])
    .params(&[
        db("input_gain_db", -12.0..=36.0, 0.0).about("Pushes the sound against the ceiling"),
        db("ceiling_db", -24.0..=0.0, -1.0).about("True peaks stay below this level"),
    ])
    .outputs(&[audio("out", "The sound, held under the ceiling")])
    .latency(|_, sample_rate_hz| latency_frames(sample_rate_hz))
    .face(Face::Dynamics);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    Box::new(Limiter {
        voices: (0..context.voices).map(|_| Brickwall::new(context.sample_rate_hz)).collect(),
        face: [-120.0, 0.0, CEILING_DB],
    })
}

struct Limiter {
    voices: Vec<Brickwall>,
    face: [f32; 3],
}

impl Unit for Limiter {
    fn process(&mut self, io: &mut Io<'_>) {
        let (input, gain_db, ceiling_db) = (io.input(0), io.param(INPUT_GAIN), io.param(CEILING));
        let frames = io.frames();
        let mut out = io.output(0);
        for (number, voice) in self.voices.iter_mut().enumerate() {
            let (left, right) = (input.row(0, number), input.row(1, number));
            let (mut peak, mut most) = (0.0_f32, 0.0_f32);
            for n in 0..frames {
                let ceiling = ceiling_db.at(n, number);
                let into = gain_from_db(gain_db.at(n, number) + CEILING_DB - ceiling);
                let (delayed, less) = voice.next([left[n] * into, right[n] * into]);
                let back = (1.0 - less) * gain_from_db(ceiling - CEILING_DB);
                for channel in 0..out.channels() {
                    out.row(channel, number)[n] = delayed[channel] * back;
                }
                peak = peak.max(left[n].abs().max(right[n].abs()) * gain_from_db(gain_db.at(n, number)));
                most = most.max(less);
            }
            if number == 0 {
                self.face = [db_from_gain(peak), -db_from_gain(1.0 - most), ceiling_db.at(frames - 1, 0)];
            }
        }
    }

    fn reset(&mut self) {
        self.voices.iter_mut().for_each(Brickwall::reset);
        self.face = [-120.0, 0.0, CEILING_DB];
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        face[..3].copy_from_slice(&self.face);
    }

    fn latency_frames(&self) -> usize {
        self.voices.first().map_or(0, Brickwall::latency_frames)
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};
    use patchlight_testkit::peak;

    #[test]
    fn loud_is_held_and_quiet_is_only_late() {
        for ceiling in [-1.0_f32, -12.0] {
            let config = SoloConfig { params: vec![("ceiling_db", ceiling)], ..SoloConfig::default() };
            let mut solo = Solo::new(&SPEC, build, &config, &["in"]);
            solo.drive("in", vec![(0..24_000).map(|n| 3.0 * (n as f32 * 0.04).sin()).collect()]);
            let held = peak(solo.run(24_000, 64).mono(0));
            let limit = 10.0_f32.powf((ceiling + 0.1) / 20.0);
            assert!(held <= limit && held > limit * 0.9, "{ceiling} dB: {held}");
        }
        let mut solo = Solo::new(&SPEC, build, &SoloConfig::default(), &["in"]);
        let quiet: Vec<f32> = (0..4000).map(|n| 0.3 * (n as f32 * 0.05).sin()).collect();
        solo.drive("in", vec![quiet.clone()]);
        let (out, late) = (solo.run(4000, 64), solo.latency_frames());
        for (a, b) in out.mono(0)[late..].iter().zip(&quiet) {
            assert!((a - b).abs() < 1e-6);
        }
    }
}
