//! Audio out: what is plugged in here is heard. A true-peak limiter guards the converters and the ears.
//!
//! The limiter is [`crate::brickwall`]; its delay stays when it is switched off, so that switching does not jump in time.
//!
//! Face cells: [0] peak left, [1] peak right (falling 20 dB a second), [2] samples that left above full scale since the start
//! (the clip light latches while this grows), [3] RMS left, [4] RMS right (300 ms), [5] the limiter's reduction in dB.

use crate::brickwall::Brickwall;
use crate::dsp::{EMPTY_ROW, Memo, PaddedRow, Powers, frames_at, put_frames};
use crate::glide::{Glide, db_from_gain, gain_from_db, switch_step};
use patchlight_core::{Face, ModuleSpec, Voices, audio, db, module, toggle};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, SimdJob, SimdMask, splat, vectorize};
use patchlight_engine::{BLOCK, BuildContext, FACE, GROUP, Io, Unit};

const LEVEL: usize = 0;
const LIMITER: usize = 1;
const MUTE: usize = 2;

pub const SPEC: ModuleSpec = module("io.audio_out", "Audio out")
    .about("The loudspeakers: whatever is plugged in here is heard and recorded.")
    .tags(&["output", "speaker", "master", "main", "listen", "limiter", "clip", "dac"])
    .inputs(&[audio("in", "Sound to hear; mono goes to both sides, voices are summed").stereo()])
    .params(&[
        db("level_db", -60.0..=12.0, 0.0).about("Level of everything that is heard; −60 dB is off"),
        toggle("limiter", true).about("Holds true peaks under −0.3 dB; without it, what is too loud clips and the light stays on"),
        toggle("mute", false).about("Silences this output without moving the level").hidden(),
    ])
    .voices(Voices::Sum)
    .face(Face::Meter);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    let fall = gain_from_db(-20.0 / context.sample_rate_hz);
    let keep = (-1.0 / (0.3 * context.sample_rate_hz)).exp();
    Box::new(AudioOut {
        limiter: Brickwall::new(context.sample_rate_hz),
        level: Memo::new(),
        open: Glide::default(),
        limiting: Glide::default(),
        switch_step: switch_step(context.sample_rate_hz),
        falls: Powers::new(fall),
        keeps: Powers::new(keep),
        meter: Meter::default(),
        quiet_frames: 0,
    })
}

#[derive(Clone, Copy, Default)]
struct Meter {
    peaks: [f32; 2],
    mean_squares: [f32; 2],
    clipped: u32,
    reduction: f32,
}

struct AudioOut {
    limiter: Brickwall,
    level: Memo<f32, f32>,
    /// 1 is open, 0 muted.
    open: Glide,
    /// 1 is limiting, 0 not.
    limiting: Glide,
    switch_step: f32,
    /// By how much peaks fall, and by how much the mean of squares forgets, in so many frames.
    falls: Powers,
    keeps: Powers,
    meter: Meter,
    /// Frames in which nothing came in, up to the last.
    quiet_frames: usize,
}

impl AudioOut {
    /// The level of each frame, muting included.
    fn gains(&mut self, io: &Io<'_>, gains: &mut PaddedRow) {
        let (level_db, mute) = (io.param(LEVEL), io.param(MUTE));
        if let (Some(level_db), Some(mute)) = (level_db.constant(), mute.constant()) {
            let open = if mute < 0.5 { 1.0 } else { 0.0 };
            if self.open.is_at(open) {
                self.open.next(open, self.switch_step);
                gains.fill(self.level.get(level_db, gain_from_db) * open);
                return;
            }
        }
        for (n, gain) in gains[..io.frames()].iter_mut().enumerate() {
            let open = self.open.next(if mute.at(n, 0) < 0.5 { 1.0 } else { 0.0 }, self.switch_step);
            *gain = self.level.get(level_db.at(n, 0), gain_from_db) * open;
        }
    }

    /// How far the limiter is switched on in each frame; nothing is written where it is so completely, which is told.
    fn limitings(&mut self, io: &Io<'_>, limitings: &mut PaddedRow) -> bool {
        let limiter = io.param(LIMITER);
        if limiter.constant() == Some(1.0) && self.limiting.is_at(1.0) {
            self.limiting.next(1.0, self.switch_step);
            return true;
        }
        for (n, limiting) in limitings[..io.frames()].iter_mut().enumerate() {
            *limiting = self.limiting.next(limiter.at(n, 0), self.switch_step);
        }
        false
    }

    /// Takes down what a channel puts out.
    #[inline(always)]
    fn measure<S: Simd>(&mut self, simd: S, channel: usize, heard: &[f32]) {
        let frames = heard.len();
        let (falls, keeps) = (&self.falls.falling[BLOCK - frames..], &self.keeps.falling[BLOCK - frames..]);
        let (mut peak, mut loudest, mut squares) = (splat(simd, 0.0), splat(simd, 0.0), splat(simd, 0.0));
        for n in (0..frames).step_by(GROUP) {
            let x = frames_at(simd, heard, n);
            loudest = loudest.max(x.abs());
            peak = peak.max(x.abs() * frames_at(simd, falls, n));
            squares = (x * x).mul_add(frames_at(simd, keeps, n), squares);
        }
        let meter = &mut self.meter;
        meter.peaks[channel] = simd.reduce_max_f32x8(peak).max(meter.peaks[channel] * self.falls.rising[frames]);
        let share = 1.0 - self.keeps.rising[1];
        meter.mean_squares[channel] = meter.mean_squares[channel] * self.keeps.rising[frames] + share * simd.reduce_sum_f32x8(squares);
        if simd.reduce_max_f32x8(loudest) > 1.0 {
            let clipped = heard.iter().filter(|sample| sample.abs() > 1.0).count() as u32;
            meter.clipped = meter.clipped.saturating_add(clipped);
        }
    }

    /// What [`AudioOut::measure`] takes down of silence.
    fn fade(&mut self, frames: usize) {
        let meter = &mut self.meter;
        meter.peaks = meter.peaks.map(|peak| peak * self.falls.rising[frames]);
        meter.mean_squares = meter.mean_squares.map(|mean| mean * self.keeps.rising[frames]);
        meter.reduction = 0.0;
    }

    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut Io<'_>) {
        let frames = io.frames();
        let input = io.input(0);
        let (mut gains, mut limitings, mut shares) = (EMPTY_ROW, EMPTY_ROW, EMPTY_ROW);
        self.gains(io, &mut gains);
        let (mut rows, zero, mut is_quiet) = ([EMPTY_ROW; 2], splat(simd, 0.0), true);
        for (channel, row) in rows.iter_mut().enumerate() {
            for n in (0..frames).step_by(GROUP) {
                let mut sum = frames_at(simd, input.row(channel, 0), n);
                for voice in 1..input.voices() {
                    sum += frames_at(simd, input.row(channel, voice), n);
                }
                is_quiet &= sum.simd_eq(zero).all_true();
                put_frames(sum * frames_at(simd, &gains, n), row, n);
            }
        }
        let is_off = io.param(LIMITER).constant() == Some(0.0) && self.limiting.is_at(0.0);
        self.quiet_frames = if is_quiet { self.quiet_frames.saturating_add(frames) } else { 0 };
        if self.limiter.rests(self.quiet_frames, frames) {
            if !is_off {
                self.limitings(io, &mut limitings);
            }
            self.fade(frames);
            return;
        }
        let limits = if is_off {
            self.limiter.pass(&mut rows, frames);
            false
        } else {
            self.limiter.run(simd, &mut rows, frames, &mut shares)
        };
        // Off for good, it has nothing to be switched.
        let is_on = !is_off && self.limitings(io, &mut limitings);
        self.meter.reduction = 0.0;
        if limits {
            for n in (0..frames).step_by(GROUP) {
                let mut share = frames_at(simd, &shares, n);
                if !is_on {
                    share *= frames_at(simd, &limitings, n);
                }
                put_frames(share, &mut shares, n);
                for row in &mut rows {
                    put_frames(frames_at(simd, row, n) * (splat(simd, 1.0) - share), row, n);
                }
            }
            self.meter.reduction = shares[frames - 1];
        }
        for (channel, (row, master)) in rows.iter().zip(io.master()).enumerate() {
            self.measure(simd, channel, &row[..frames]);
            for n in (0..frames).step_by(GROUP) {
                let sum = frames_at(simd, master, n) + frames_at(simd, row, n);
                put_frames(sum, master, n);
            }
        }
    }
}

struct Job<'u, 'io, 'a>(&'u mut AudioOut, &'io mut Io<'a>);

impl SimdJob for Job<'_, '_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        self.0.run(simd, self.1);
    }
}

impl Unit for AudioOut {
    fn process(&mut self, io: &mut Io<'_>) {
        vectorize(Job(self, io));
    }

    fn reset(&mut self) {
        self.limiter.reset();
        self.open.forget();
        self.limiting.forget();
        self.meter = Meter::default();
        self.quiet_frames = 0;
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        let Meter { peaks, mean_squares, clipped, reduction } = self.meter;
        face[..6].copy_from_slice(&[
            peaks[0],
            peaks[1],
            clipped as f32,
            mean_squares[0].sqrt(),
            mean_squares[1].sqrt(),
            db_from_gain(1.0 - reduction),
        ]);
    }

    fn latency_frames(&self) -> usize {
        self.limiter.latency_frames()
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};
    use patchlight_testkit::{largest_step, peak};

    fn out(params: &[(&'static str, f32)], level: f32) -> (Solo, [Vec<f32>; 2]) {
        let mut solo = Solo::new(&SPEC, build, &SoloConfig { params: params.to_vec(), ..SoloConfig::default() }, &["in"]);
        let tone = |hz: f32| (0..9600).map(|n| level * (std::f32::consts::TAU * hz * n as f32 / 48_000.0).sin()).collect();
        solo.drive("in", vec![tone(300.0), tone(500.0)]);
        let master = solo.run(9600, 64).master;
        (solo, master)
    }

    #[test]
    fn what_is_too_loud_is_held_or_lights_the_clip_light() {
        let (solo, master) = out(&[], 2.0);
        let ceiling = 10.0_f32.powf(-0.3 / 20.0);
        assert!(peak(&master[0]) <= ceiling && peak(&master[1]) > 0.9, "{}", peak(&master[0]));
        let face = solo.telemetry();
        assert_eq!(face[2], 0.0);
        assert!(face[5] < -5.0, "reduction {} dB", face[5]);
        let (solo, master) = out(&[("limiter", 0.0)], 2.0);
        assert!((peak(&master[0]) - 2.0).abs() < 1e-3);
        assert!(solo.telemetry()[2] > 1000.0);
    }

    #[test]
    fn switching_the_limiter_does_not_click() {
        let (mut solo, _) = out(&[], 0.0);
        solo.drive("in", vec![(0..40_000).map(|n| 3.0 * (n as f32 * 0.026).sin()).collect()]);
        solo.run(9600, 64);
        for on in [0.0, 1.0] {
            solo.set("limiter", on, 240);
            let (_, step) = largest_step(&solo.run(9600, 64).master[0]);
            assert!(step < 3.0 * 0.026 * 1.2, "{step}");
        }
    }

    #[test]
    fn meters_read_the_level() {
        let (solo, _) = out(&[("level_db", -6.0206)], 1.0);
        let face = solo.telemetry();
        assert!((face[0] - 0.5).abs() < 0.01 && (face[1] - 0.5).abs() < 0.01, "{face:?}");
        let (solo, master) = out(&[("mute", 1.0)], 1.0);
        assert_eq!((peak(&master[0]), solo.telemetry()[0]), (0.0, 0.0));
    }

    #[test]
    fn silence_that_is_passed_over_leaves_what_silence_leaves() {
        // So little is no sound, but it is not nothing: then every frame is looked at.
        let play = |rest: f32| {
            let mut solo = Solo::new(&SPEC, build, &SoloConfig::default(), &["in"]);
            let wave = |n: usize| if (4_800..52_800).contains(&n) { rest } else { 3.0 * (n as f32 * 0.026).sin() };
            solo.drive("in", vec![(0..57_600).map(wave).collect()]);
            let mut heard = solo.run(48_000, 64).master[0].clone();
            let resting = solo.telemetry();
            heard.extend(&solo.run(9_600, 64).master[0]);
            (heard, resting, solo.telemetry())
        };
        let (passed_over, looked_at) = (play(0.0), play(1e-20));
        let near = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6);
        assert!(near(&passed_over.0, &looked_at.0) && peak(&passed_over.0[53_000..]) > 0.9);
        assert!(near(&passed_over.1, &looked_at.1), "{:?} for {:?}", passed_over.1, looked_at.1);
        assert!(near(&passed_over.2, &looked_at.2), "{:?} for {:?}", passed_over.2, looked_at.2);
    }
}
