//! Audio out: what is plugged in here is heard. A true-peak limiter guards the converters and the ears.
//!
//! The limiter is [`crate::brickwall`]; its delay stays when it is switched off, so that switching does not jump in time.
//!
//! Face cells: [0] peak left, [1] peak right (falling 20 dB a second), [2] samples that left above full scale since the start
//! (the clip light latches while this grows), [3] RMS left, [4] RMS right (300 ms), [5] the limiter's reduction in dB.

use crate::brickwall::Brickwall;
use crate::dsp::Memo;
use crate::glide::{Glide, db_from_gain, gain_from_db, switch_step};
use patchlight_core::{Face, ModuleSpec, Voices, audio, db, module, toggle};
use patchlight_engine::{BLOCK, BuildContext, FACE, Io, Unit};

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
    Box::new(AudioOut {
        limiter: Brickwall::new(context.sample_rate_hz),
        level: Memo::new(),
        open: Glide::default(),
        limiting: Glide::default(),
        switch_step: switch_step(context.sample_rate_hz),
        fall_per_frame: gain_from_db(-20.0 / context.sample_rate_hz),
        rms_share: 1.0 - (-1.0 / (0.3 * context.sample_rate_hz)).exp(),
        meter: Meter::default(),
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
    fall_per_frame: f32,
    rms_share: f32,
    meter: Meter,
}

impl AudioOut {
    /// Takes the meters over a call, as if the peaks fell at its start.
    fn measure(&mut self, heard: &[[f32; BLOCK]; 2], frames: usize) {
        let fall = self.fall_per_frame.powi(frames as i32);
        let share = 1.0 - (1.0 - self.rms_share).powi(frames as i32);
        for (channel, heard) in heard.iter().enumerate() {
            let heard = &heard[..frames];
            let (mut peak, mut squares, mut clipped) = (0.0_f32, 0.0, 0);
            for sample in heard {
                peak = peak.max(sample.abs());
                squares += sample * sample;
                clipped += u32::from(sample.abs() > 1.0);
            }
            let meter = &mut self.meter;
            meter.peaks[channel] = peak.max(meter.peaks[channel] * fall);
            meter.mean_squares[channel] += (squares / frames as f32 - meter.mean_squares[channel]) * share;
            meter.clipped = meter.clipped.saturating_add(clipped);
        }
    }

    /// The sum of all voices, at its level.
    fn sum(&mut self, io: &Io<'_>, heard: &mut [[f32; BLOCK]; 2]) {
        let (frames, input) = (io.frames(), io.input(0));
        for (channel, heard) in heard.iter_mut().enumerate() {
            heard[..frames].copy_from_slice(input.row(channel, 0));
            for voice in 1..input.voices() {
                heard.iter_mut().zip(input.row(channel, voice)).for_each(|(sum, sample)| *sum += sample);
            }
        }
        let (level_db, mute) = (io.param(LEVEL), io.param(MUTE));
        let [left, right] = heard;
        if let (Some(level_db), Some(mute)) = (level_db.constant(), mute.constant())
            && mute < 0.5
            && self.open.next(1.0, 0.0) == 1.0
        {
            let gain = self.level.get(level_db, gain_from_db);
            left[..frames].iter_mut().chain(&mut right[..frames]).for_each(|sample| *sample *= gain);
            return;
        }
        for (n, (left, right)) in left.iter_mut().zip(right).enumerate().take(frames) {
            let open = self.open.next(if mute.at(n, 0) < 0.5 { 1.0 } else { 0.0 }, self.switch_step);
            let gain = self.level.get(level_db.at(n, 0), gain_from_db) * open;
            (*left, *right) = (*left * gain, *right * gain);
        }
    }

    fn limit(&mut self, io: &Io<'_>, heard: &mut [[f32; BLOCK]; 2]) {
        let (frames, limiter) = (io.frames(), io.param(LIMITER));
        let [left, right] = heard;
        if limiter.constant() == Some(0.0) && self.limiting.next(0.0, 0.0) == 0.0 {
            self.limiter.pass([&mut left[..frames], &mut right[..frames]]);
            self.meter.reduction = 0.0;
            return;
        }
        for (n, (left, right)) in left.iter_mut().zip(right).enumerate().take(frames) {
            let (late, reduction) = self.limiter.next([*left, *right]);
            let reduction = reduction * self.limiting.next(limiter.at(n, 0), self.switch_step);
            [*left, *right] = late.map(|sample| sample * (1.0 - reduction));
            self.meter.reduction = reduction;
        }
    }
}

impl Unit for AudioOut {
    fn process(&mut self, io: &mut Io<'_>) {
        let mut heard = [[0.0; BLOCK]; 2];
        self.sum(io, &mut heard);
        self.limit(io, &mut heard);
        self.measure(&heard, io.frames());
        for (master, heard) in io.master().into_iter().zip(&heard) {
            master.iter_mut().zip(heard).for_each(|(master, heard)| *master += heard);
        }
    }

    fn reset(&mut self) {
        self.limiter.reset();
        self.open.forget();
        self.limiting.forget();
        self.meter = Meter::default();
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
}
