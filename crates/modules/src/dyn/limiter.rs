//! Limiter: nothing passes the ceiling, peaks between samples included. The look-ahead core is that of Audio Out.
//!
//! The core works against a fixed ceiling; gain before it and its inverse after it place that ceiling where the knob says.
//!
//! Face: `[0]` level after the input gain in dB, `[1]` gain reduction in dB, `[2]` ceiling in dB.

use crate::brickwall::{Brickwall, CEILING_DB, latency_frames};
use crate::dsp::{EMPTY_ROW, Knob, frames_at, put_frames};
use crate::glide::{db_from_gain, gain_from_db};
use patchlight_core::{Face, ModuleSpec, audio, db, module};
use patchlight_engine::simd::{Simd, SimdBase, SimdJob, inlined, splat, vectorize};
use patchlight_engine::{BuildContext, FACE, GROUP, Io, Unit};

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

struct Job<'u, 'io, 'a> {
    limiter: &'u mut Limiter,
    io: &'io mut Io<'a>,
}

/// The factors before and after the core, and of the level that is shown.
#[derive(Clone, Copy)]
struct Gains {
    into: f32,
    back: f32,
    shown: f32,
}

impl Gains {
    fn new(gain_db: f32, ceiling_db: f32) -> Self {
        Self {
            into: gain_from_db(gain_db + CEILING_DB - ceiling_db),
            back: gain_from_db(ceiling_db - CEILING_DB),
            shown: gain_from_db(gain_db),
        }
    }
}

impl SimdJob for Job<'_, '_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { limiter, io } = self;
        let frames = io.frames();
        let input = io.input(0);
        for (number, voice) in limiter.voices.iter_mut().enumerate() {
            let (gain_db, ceiling_db) = (Knob::new(io.param(INPUT_GAIN), number), Knob::new(io.param(CEILING), number));
            let still = match (gain_db.constant(), ceiling_db.constant()) {
                (Some(gain_db), Some(ceiling_db)) => Some(Gains::new(gain_db, ceiling_db)),
                _ => None,
            };
            let (mut rows, mut shares, mut backs) = ([EMPTY_ROW; 2], EMPTY_ROW, EMPTY_ROW);
            let mut peak = 0.0_f32;
            for (row, channel) in rows.iter_mut().zip([0, 1]) {
                let x = input.row(channel, number);
                if let Some(gains) = still {
                    let mut loudest = splat(simd, 0.0);
                    for n in (0..frames).step_by(GROUP) {
                        let x = frames_at(simd, x, n);
                        loudest = loudest.max(x.abs());
                        put_frames(x * splat(simd, gains.into), row, n);
                    }
                    peak = peak.max(simd.reduce_max_f32x8(loudest) * gains.shown);
                } else {
                    for n in 0..frames {
                        let gains = Gains::new(gain_db.at(n), ceiling_db.at(n));
                        (row[n], backs[n]) = (x[n] * gains.into, gains.back);
                        peak = peak.max(x[n].abs() * gains.shown);
                    }
                }
            }
            let limits = voice.run(simd, &mut rows, frames, &mut shares);
            let (one, mut most) = (splat(simd, 1.0), splat(simd, 0.0));
            let mut out = io.output(0);
            for n in (0..frames).step_by(GROUP) {
                let mut back = still.map_or(
                    frames_at(simd, &backs, n),
                    inlined(
                        #[inline(always)]
                        |gains: Gains| splat(simd, gains.back),
                    ),
                );
                if limits {
                    let share = frames_at(simd, &shares[..frames], n);
                    most = most.max(share);
                    back = (one - share) * back;
                }
                for channel in 0..out.channels() {
                    put_frames(frames_at(simd, &rows[channel.min(1)], n) * back, out.row(channel, number), n);
                }
            }
            if number == 0 {
                let most = simd.reduce_max_f32x8(most);
                limiter.face = [db_from_gain(peak), -db_from_gain(1.0 - most), ceiling_db.at(frames - 1)];
            }
        }
    }
}

impl Unit for Limiter {
    fn process(&mut self, io: &mut Io<'_>) {
        vectorize(Job { limiter: self, io });
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
