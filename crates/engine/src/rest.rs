//! Voices that sleep: released, silent for a while, and not computed until their next note.

use patchlight_core::MAX_VOICES;
use std::sync::atomic::{AtomicU32, Ordering};

/// How long a voice must have been silent. A tremolo may be as slow as this.
const QUIET_SECS: f32 = 0.5;

/// A magnitude that is silence: −100 dBFS.
pub(crate) const SILENCE: f32 = 1e-5;

/// The voices that a unit deals out.
#[derive(Debug)]
pub(crate) struct Rest {
    /// A bit for each voice that is run.
    awake: u32,
    /// How often the first voice of all woke.
    wakes: u32,
    /// Voices that a note holds.
    sounding: u32,
    /// Voices that were heard in this block, by several threads it may be.
    loud: AtomicU32,
    quiet_frames: [u32; MAX_VOICES],
}

impl Rest {
    pub(crate) const fn new() -> Self {
        Self { awake: u32::MAX, wakes: 0, sounding: u32::MAX, loud: AtomicU32::new(u32::MAX), quiet_frames: [0; MAX_VOICES] }
    }

    #[inline]
    pub(crate) fn awake(&self) -> u32 {
        self.awake
    }

    /// Differs whenever all have slept in between.
    #[inline]
    pub(crate) fn wakes(&self) -> u32 {
        self.wakes
    }

    /// At the start of a block, before the unit that deals them out: what was silent long enough falls asleep.
    pub(crate) fn begin(&mut self, frames: usize, sample_rate_hz: f32) {
        let busy = self.sounding | std::mem::take(self.loud.get_mut());
        let limit_frames = (QUIET_SECS * sample_rate_hz) as u32;
        for (voice, quiet_frames) in self.quiet_frames.iter_mut().enumerate() {
            let bit = 1 << voice;
            *quiet_frames = if busy & bit != 0 { 0 } else { quiet_frames.saturating_add(frames as u32) };
            if *quiet_frames >= limit_frames {
                self.awake &= !bit;
            }
        }
    }

    /// After that unit: what a note holds is awake in this very block.
    pub(crate) fn hold(&mut self, voices: u32) {
        self.sounding = voices;
        if self.awake == 0 && voices != 0 {
            self.wakes = self.wakes.wrapping_add(1);
        }
        self.awake |= voices;
    }

    /// What left the voices in this block and was no silence.
    pub(crate) fn hear(&self, voices: u32) {
        self.loud.fetch_or(voices, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::Rest;

    #[test]
    fn a_voice_sleeps_when_it_was_silent_for_half_a_second_and_wakes_with_its_note() {
        let mut rest = Rest::new();
        rest.hold(0b10);
        for block in 0..400 {
            rest.begin(64, 48_000.0);
            if block < 100 {
                rest.hear(0b100);
            }
        }
        assert_eq!(rest.awake() & 0b111, 0b110, "the first is silent, the second held, the third has just become silent");
        (0..100).for_each(|_| rest.begin(64, 48_000.0));
        assert_eq!(rest.awake() & 0b111, 0b010);
        rest.hold(0b11);
        assert_eq!(rest.awake() & 0b111, 0b011);
        let wakes = rest.wakes();
        rest.hold(0);
        (0..400).for_each(|_| rest.begin(64, 48_000.0));
        assert_eq!((rest.awake(), rest.wakes()), (0, wakes));
        rest.hold(0b100);
        assert_ne!(rest.wakes(), wakes, "all have slept");
    }
}
