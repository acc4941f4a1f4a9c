//! What flows in a cable: its kind, its channels, its voices, and how its lanes lie in memory.

use serde::Serialize;

/// The most voices a cable can carry. With two channels a cable has up to twice as many lanes.
pub const MAX_VOICES: usize = 32;

/// What a signal means. Any output connects to any input; the kind says how to show it and what a listener may expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalKind {
    /// Sound: ±1 is full scale (0 dBFS). Drawn as a circle.
    Audio,
    /// A modulation: −1 to 1 or 0 to 1. Drawn as a diamond.
    Control,
    /// Pitch in octaves, 0 is C4 (MIDI note 60, 261.63 Hz). Drawn as a triangle.
    Pitch,
    /// A gate or trigger: on above 0.5. Drawn as a square.
    Gate,
}

impl SignalKind {
    /// Lower-case name, as in the reference pages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Control => "control",
            Self::Pitch => "pitch",
            Self::Gate => "gate",
        }
    }
}

/// How many channels a port has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Channels {
    /// As many as the widest audio input that follows: a filter given stereo is stereo.
    Follow,
    /// Always one. Stereo that arrives is averaged.
    Mono,
    /// Always two. Mono that arrives is duplicated.
    Stereo,
}

/// How many voices a module runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Voices {
    /// As many as the widest of its inputs and modulations.
    Follow,
    /// One: voices that arrive are summed.
    One,
    /// As many as its `voices` parameter says: a source of voices, such as `io.note_in`.
    Source,
    /// Takes its inputs' voices as they are and gives out one: a mixer, the output.
    Sum,
}

/// How a unit wants its lanes in memory. The compiler transposes where two kinds meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LaneLayout {
    /// Each lane is a row of frames. For units that handle one lane at a time.
    Rows,
    /// Lanes lie in groups of eight, frame by frame. For units that run eight lanes at once in SIMD.
    Groups,
}
