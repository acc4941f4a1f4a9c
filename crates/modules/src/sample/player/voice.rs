//! One voice of the player: its two heads and what moves them.

use super::head::{Head, Region};
use crate::dsp::{Memo, SincTable};
use crate::pulse::Edge;
use patchlight_engine::Sample;

/// A stroke, a stop and a jump fade over this.
const FADE_SECS: f32 = 0.002;
/// The shortest region, in frames.
const SHORTEST: i64 = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    OneShot,
    Loop,
    PingPong,
    Reverse,
}

impl Mode {
    pub(super) fn of(choice: f32) -> Self {
        match choice as u32 {
            0 => Self::OneShot,
            1 => Self::Loop,
            2 => Self::PingPong,
            _ => Self::Reverse,
        }
    }
}

/// What a voice is told for one frame.
pub(super) struct Frame {
    pub(super) trig: f32,
    pub(super) gate: f32,
    pub(super) octaves: f32,
    pub(super) speed: f32,
    pub(super) mode: Mode,
    /// Start and end as shares of the file.
    pub(super) region: (f32, f32),
    pub(super) crossfade_secs: f32,
    pub(super) is_cubic: bool,
    /// The sample is about to be replaced: fade out, begin nothing.
    pub(super) is_leaving: bool,
    pub(super) rate: f32,
}

impl Frame {
    fn region(&self, length: i64) -> Region {
        let place = |share: f32| (f64::from(share) * length as f64).round() as i64;
        let start = place(self.region.0).clamp(0, (length - SHORTEST).max(0));
        Region { start, end: place(self.region.1).clamp((start + SHORTEST).min(length), length) }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Voice {
    trig: Edge,
    gate: Edge,
    gate_was_on: bool,
    /// The head that plays, and the one that fades out behind it.
    head: Head,
    leaving: Head,
    /// A stroke waits for a free head.
    wants_start: bool,
    is_playing: bool,
    ratio: Memo<f32, f64>,
    pub(super) gain: Memo<f32, f32>,
}

impl Default for Voice {
    fn default() -> Self {
        Self {
            trig: Edge::default(),
            gate: Edge::default(),
            gate_was_on: false,
            head: Head::default(),
            leaving: Head::default(),
            wants_start: false,
            is_playing: false,
            ratio: Memo::new(),
            gain: Memo::new(),
        }
    }
}

impl Voice {
    pub(super) fn sounds(&self) -> bool {
        self.head.sounds() || self.leaving.sounds()
    }

    /// Where the head is, in frames.
    pub(super) fn place(&self) -> f64 {
        self.head.place
    }

    /// The sound of one frame, left and right.
    pub(super) fn next(&mut self, sample: &Sample, frame: &Frame, sinc: &SincTable) -> [f32; 2] {
        let length = sample.frames() as i64;
        self.listen(frame);
        if length < SHORTEST || !(self.sounds() || self.wants_start) {
            return [0.0; 2];
        }
        let region = frame.region(length);
        let crossfade = self.crossfade(region, frame, sample);
        let fade_step = 1.0 / (FADE_SECS * frame.rate);
        if self.wants_start && !self.leaving.sounds() {
            self.start(region, frame.mode, fade_step);
        }
        let seamless = (frame.mode == Mode::Loop && crossfade == 0.0).then_some(region);
        let mut heard = [0.0; 2];
        for head in [&mut self.head, &mut self.leaving] {
            head.fade();
            if head.level > 0.0 {
                let sound = head.read(sample, seamless, frame.is_cubic, sinc);
                heard = std::array::from_fn(|c| heard[c] + sound[c] * head.level);
            }
        }
        let octaves = self.ratio.get(frame.octaves, |octaves| f64::from(octaves.clamp(-10.0, 10.0)).exp2());
        let step = octaves * f64::from(frame.speed) * f64::from(sample.sample_rate_hz / frame.rate);
        self.leaving.place += self.leaving.direction * step;
        self.advance(step, region, frame.mode, crossfade, fade_step);
        heard
    }

    /// Strokes and stops.
    fn listen(&mut self, frame: &Frame) {
        let fade_step = 1.0 / (FADE_SECS * frame.rate);
        let struck = self.trig.rises(frame.trig) | self.gate.rises(frame.gate);
        let is_on = frame.gate > 0.5;
        let released = self.gate_was_on && !is_on;
        self.gate_was_on = is_on;
        if frame.is_leaving || (released && !struck) {
            self.stop(fade_step);
        } else if struck {
            self.wants_start = true;
        }
        if self.wants_start {
            self.leaving.step = self.leaving.step.min(-fade_step);
        }
    }

    fn stop(&mut self, fade_step: f32) {
        self.wants_start = false;
        self.is_playing = false;
        self.head.step = -fade_step;
        self.leaving.step = self.leaving.step.min(-fade_step);
    }

    /// Hands over to a head at the start of the region (its end, backwards).
    fn start(&mut self, region: Region, mode: Mode, fade_step: f32) {
        self.leave(fade_step);
        self.wants_start = false;
        self.is_playing = true;
        let is_backwards = mode == Mode::Reverse;
        let direction = if is_backwards { -1.0 } else { 1.0 };
        let place = if is_backwards { (region.end - 1) as f64 } else { region.start as f64 };
        let keeps_attack = !is_backwards && region.start == 0;
        self.head = Head { place, direction, level: if keeps_attack { 1.0 } else { 0.0 }, step: fade_step };
    }

    /// The head that played fades out.
    fn leave(&mut self, fade_step: f32) {
        self.leaving = Head { step: -fade_step, ..self.head };
    }

    /// Frames of the loop's crossfade: no more than there is before the start, nor half the loop.
    fn crossfade(&self, region: Region, frame: &Frame, sample: &Sample) -> f64 {
        let wanted = f64::from(frame.crossfade_secs * sample.sample_rate_hz);
        wanted.min(region.start as f64).min(0.5 * region.len()).floor()
    }

    /// Moves the head, and turns it or hands over where the region ends.
    fn advance(&mut self, step: f64, region: Region, mode: Mode, crossfade: f64, fade_step: f32) {
        let (start, end) = (region.start as f64, region.end as f64);
        self.head.place += self.head.direction * step;
        if !self.is_playing {
            return;
        }
        match mode {
            Mode::OneShot | Mode::Reverse => {
                self.head.direction = if mode == Mode::Reverse { -1.0 } else { 1.0 };
                // The last frames fade out, so that a file cut short ends without a click.
                let left = if mode == Mode::Reverse { self.head.place - start } else { end - self.head.place };
                if left <= step / f64::from(fade_step) {
                    self.stop(fade_step);
                }
            }
            Mode::Loop => {
                self.head.direction = 1.0;
                self.turn_loop(step, region, crossfade, fade_step);
            }
            Mode::PingPong => {
                if self.head.place >= end - 1.0 {
                    self.head.direction = -1.0;
                } else if self.head.place <= start {
                    self.head.direction = 1.0;
                }
                let is_far = self.head.place > end + step || self.head.place < start - step;
                if is_far && !self.leaving.sounds() {
                    self.hand_over(self.head.place.clamp(start, end - 1.0), fade_step);
                }
            }
        }
    }

    fn turn_loop(&mut self, step: f64, region: Region, crossfade: f64, fade_step: f32) {
        let (start, end, len) = (region.start as f64, region.end as f64, region.len());
        let place = self.head.place;
        let wrapped = start + (place - start).rem_euclid(len);
        if crossfade >= 1.0 && place >= end - crossfade && place <= end + step {
            if !self.leaving.sounds() {
                self.hand_over(place - len, (step / crossfade).clamp(1e-6, 1.0) as f32);
            }
        } else if place >= end && place <= end + step && crossfade < 1.0 {
            self.head.place = wrapped;
        } else if (place > end + step || place < start - crossfade - step) && !self.leaving.sounds() {
            self.hand_over(wrapped, fade_step);
        }
    }

    /// The head fades out where it is and another fades in at `place`.
    fn hand_over(&mut self, place: f64, fade_step: f32) {
        self.leave(fade_step);
        self.head = Head { place, level: 0.0, step: fade_step, ..self.head };
    }
}
