//! A piece of sound in memory.

/// Sound in memory: one row of samples a channel, ±1 is full scale.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AudioClip {
    pub sample_rate_hz: u32,
    /// Planar: `channels[channel][frame]`. All rows are equally long.
    pub channels: Vec<Vec<f32>>,
    /// Frames of each single cycle, where the file says that it holds a wavetable.
    pub cycle_frames: Option<u32>,
    /// What was wrong with the file it came from, one line each; empty for a sound file.
    pub warnings: Vec<String>,
}

impl AudioClip {
    /// A clip of these rows, which are equally long.
    #[must_use]
    pub const fn new(sample_rate_hz: u32, channels: Vec<Vec<f32>>) -> Self {
        Self { sample_rate_hz, channels, cycle_frames: None, warnings: Vec::new() }
    }

    /// The length in frames (samples of one channel).
    #[must_use]
    pub fn frames(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }

    #[must_use]
    pub fn duration_secs(&self) -> f64 {
        self.frames() as f64 / f64::from(self.sample_rate_hz.max(1))
    }
}
