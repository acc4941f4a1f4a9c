//! Sizes of an engine.

use crate::memory::BLOCK;

/// Sizes that are fixed when an engine is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EngineConfig {
    pub sample_rate_hz: f32,
    /// Most units at a time.
    pub max_slots: usize,
    /// Most cables at a time.
    pub max_cables: usize,
    /// Messages that can wait for the audio side, and as many on the way home.
    pub queue_len: usize,
    /// How long parameters and cables take to move.
    pub ramp_secs: f32,
    /// Threads that may render at the same time, the audio thread among them. The others run [`Helper`](crate::Helper)s.
    pub threads: usize,
}

impl EngineConfig {
    #[must_use]
    pub fn new(sample_rate_hz: f32) -> Self {
        Self { sample_rate_hz, max_slots: 32_768, max_cables: 65_536, queue_len: 1024, ramp_secs: 0.005, threads: 1 }
    }

    /// The ramp in frames, at least a block.
    #[must_use]
    pub fn ramp_frames(&self) -> u32 {
        ((self.ramp_secs * self.sample_rate_hz) as u32).max(BLOCK as u32)
    }
}
