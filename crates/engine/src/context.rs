//! What every unit may know of the moment: rate, transport, events, and the device's own channels.

use crate::memory::BLOCK;
use crate::strain::Strain;

/// Events that one block can carry. More wait for the next block, in order.
pub const MAX_EVENTS: usize = 256;

/// What a player does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EventKind {
    /// `key` 0 to 127, `velocity` above 0 up to 1.
    NoteOn {
        channel: u8,
        key: u8,
        velocity: f32,
    },
    NoteOff {
        channel: u8,
        key: u8,
    },
    /// −1 to 1.
    PitchBend {
        channel: u8,
        amount: f32,
    },
    /// Channel pressure, 0 to 1.
    Pressure {
        channel: u8,
        amount: f32,
    },
    /// Polyphonic aftertouch, 0 to 1.
    KeyPressure {
        channel: u8,
        key: u8,
        amount: f32,
    },
    /// Controller `number`, value 0 to 1.
    Control {
        channel: u8,
        number: u8,
        value: f32,
    },
    AllNotesOff,
}

/// An event and its frame within the block (or within the part of it that a unit is given).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    pub offset: u32,
    pub kind: EventKind,
}

/// The musical clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transport {
    pub playing: bool,
    pub tempo_bpm: f32,
    /// Quarter notes since the start, at the first frame of the block.
    pub beat: f64,
}

/// Octaves from C4 of each key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KeyTuning([f32; 128]);

impl KeyTuning {
    /// Twelve equal steps to the octave, A4 at 440 Hz.
    pub const EQUAL: Self = {
        let mut octaves = [0.0; 128];
        let mut key = 0;
        while key < octaves.len() {
            octaves[key] = (key as f32 - 60.0) / 12.0;
            key += 1;
        }
        Self(octaves)
    };

    #[must_use]
    pub const fn new(octaves: [f32; 128]) -> Self {
        Self(octaves)
    }

    /// Octaves from C4 of a note so many semitones from C4, as it is tuned: between two keys in proportion, beyond the last as at the end.
    #[must_use]
    pub fn octaves(&self, semitones: f32) -> f32 {
        let place = semitones + 60.0;
        let low = place.floor().clamp(0.0, 126.0);
        let (below, above) = (self.0[low as usize], self.0[low as usize + 1]);
        if place == low {
            return below;
        }
        if place == low + 1.0 {
            return above;
        }
        let between = place - low;
        // Beyond either end each semitone is one of twelve.
        match between {
            ..0.0 => below + between / 12.0,
            1.0.. => above + (between - 1.0) / 12.0,
            _ => below + (above - below) * between,
        }
    }
}

/// The state of a block that all units share.
pub struct BlockContext {
    pub sample_rate_hz: f32,
    /// The absolute frame at which the block begins.
    pub frame: u64,
    pub transport: Transport,
    pub(crate) tuning: KeyTuning,
    pub(crate) events: [Event; MAX_EVENTS],
    pub(crate) event_count: usize,
    /// What came from the device: left and right.
    pub(crate) device_in: [[f32; BLOCK]; 2],
    /// What is given up for lack of time, and how many voices have been asked to end.
    pub(crate) strain: Strain,
    pub(crate) shed: u32,
    /// Differs from that of any other program which is run soon; never 0.
    pub(crate) program: u32,
}

/// What units write that all share. Lent to those that run by themselves, not to those that run beside others.
pub(crate) struct Desk {
    /// What goes to the device, summed over all outputs: left and right.
    pub(crate) master: [[f32; BLOCK]; 2],
    pub(crate) next_tempo_bpm: Option<f32>,
    pub(crate) next_tuning: Option<KeyTuning>,
}

impl Default for Desk {
    fn default() -> Self {
        Self { master: [[0.0; BLOCK]; 2], next_tempo_bpm: None, next_tuning: None }
    }
}

impl BlockContext {
    pub(crate) fn new(sample_rate_hz: f32) -> Self {
        Self {
            sample_rate_hz,
            frame: 0,
            transport: Transport { playing: true, tempo_bpm: 120.0, beat: 0.0 },
            tuning: KeyTuning::EQUAL,
            events: [Event { offset: 0, kind: EventKind::AllNotesOff }; MAX_EVENTS],
            event_count: 0,
            device_in: [[0.0; BLOCK]; 2],
            strain: Strain::None,
            shed: 0,
            program: 1,
        }
    }

    /// Quarter notes per frame while playing, else 0.
    #[must_use]
    pub fn beats_per_frame(&self) -> f64 {
        if self.transport.playing { f64::from(self.transport.tempo_bpm) / 60.0 / f64::from(self.sample_rate_hz) } else { 0.0 }
    }

    /// Takes an event for this block; false when the block is full.
    pub(crate) fn push_event(&mut self, event: Event) -> bool {
        if self.event_count == MAX_EVENTS {
            return false;
        }
        self.events[self.event_count] = event;
        self.event_count += 1;
        true
    }

    /// Ends the block: the clock moves on, and what was collected for it is cleared.
    pub(crate) fn advance(&mut self, desk: &mut Desk) {
        self.transport.beat += self.beats_per_frame() * BLOCK as f64;
        if let Some(tempo_bpm) = desk.next_tempo_bpm.take() {
            self.transport.tempo_bpm = tempo_bpm;
        }
        // Where nobody leads it any more, it is equal again.
        self.tuning = desk.next_tuning.take().unwrap_or(KeyTuning::EQUAL);
        self.frame += BLOCK as u64;
        self.event_count = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::KeyTuning;

    #[test]
    fn keys_are_tuned_and_what_lies_between_or_beyond_follows() {
        let mut octaves = std::array::from_fn(|key| (key as f32 - 60.0) / 12.0);
        (octaves[64], octaves[127]) = (0.32, 6.0);
        let tuning = KeyTuning::new(octaves);
        assert_eq!([0.0, 4.0, 67.0].map(|semitones| tuning.octaves(semitones)), [0.0, 0.32, 6.0]);
        assert!((tuning.octaves(3.5) - 0.5 * (0.25 + 0.32)).abs() < 1e-6);
        assert!((tuning.octaves(79.0) - 7.0).abs() < 1e-6 && (tuning.octaves(-72.0) + 6.0).abs() < 1e-6);
        for semitones in [-100.0, -60.0, -0.3, 0.0, 11.0, 99.5] {
            assert!((KeyTuning::EQUAL.octaves(semitones) - semitones / 12.0).abs() < 1e-5);
        }
    }
}
