//! Standard MIDI files as a row of events with their time in seconds.
//!
//! Ticks become seconds by the tempo map of the whole file (format 1 lets every track change the tempo), or by the frames of
//! film a header gives instead (Standard MIDI Files 1.0, MIDI Manufacturers Association, 1996).

use crate::error::{MediaError, read_whole};
use crate::guard::fenced;
use midly::{Format, MetaMessage, Smf, Timing, TrackEventKind};
use std::path::Path;

/// Far more than any song: the longest pieces take a few megabytes.
const MAX_FILE_BYTES: u64 = 256 << 20;
/// 120 beats a minute, until a file says otherwise.
const DEFAULT_MICROS_PER_BEAT: u32 = 500_000;

/// What one MIDI message says. Keys, controllers and values are 0 to 127, as on the wire; key 60 is C4.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MidiMessage {
    NoteOn {
        key: u8,
        /// 1 to 127: a note-on of velocity 0 is read as the note-off that it means.
        velocity: u8,
    },
    NoteOff {
        key: u8,
        velocity: u8,
    },
    /// Aftertouch of one key.
    KeyPressure {
        key: u8,
        pressure: u8,
    },
    /// Aftertouch of a whole channel.
    ChannelPressure {
        pressure: u8,
    },
    Control {
        controller: u8,
        value: u8,
    },
    Program {
        program: u8,
    },
    /// −1 (wheel all down) to 1.
    PitchBend {
        bend: f32,
    },
}

/// A message with its time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MidiEvent {
    /// From the beginning of the song.
    pub time_secs: f64,
    /// 0 to 15.
    pub channel: u8,
    pub message: MidiMessage,
}

/// A MIDI file, all tracks merged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MidiSong {
    /// By time; at equal times in the order of the file, track by track. Every note that begins also ends.
    pub events: Vec<MidiEvent>,
    /// To the end of the longest track.
    pub duration_secs: f64,
    /// What was wrong with the file, one line each; empty for a sound file.
    pub warnings: Vec<String>,
}

/// Reads a standard MIDI file of format 0 or 1.
///
/// A file that is cut short gives what is there, and [`MidiSong::warnings`] say so.
///
/// # Errors
/// When the file cannot be read, is no MIDI file, or has a header that makes no sense.
pub fn read_midi_file(path: impl AsRef<Path>) -> Result<MidiSong, MediaError> {
    let path = path.as_ref();
    let bytes = read_whole(path, MAX_FILE_BYTES)?;
    if !matches!(bytes.get(0..4), Some(b"MThd" | b"RIFF")) {
        return Err(MediaError::NotMidi { path: path.to_owned() });
    }
    let song = fenced(|| parse(&bytes)).unwrap_or_else(|| Err("it contradicts itself".to_owned()));
    song.map_err(|detail| MediaError::BrokenMidi { path: path.to_owned(), detail })
}

fn parse(bytes: &[u8]) -> Result<MidiSong, String> {
    let file = Smf::parse(bytes).map_err(|error| error.to_string())?;
    if file.header.format == Format::Sequential {
        return Err("its tracks are separate patterns (format 2)".to_owned());
    }
    if file.tracks.is_empty() {
        return Err("it has no tracks".to_owned());
    }
    let mut warnings = Vec::new();
    let mut tempos = Vec::new();
    let mut messages = Vec::new();
    let mut end_tick = 0;
    for (index, track) in file.tracks.iter().enumerate() {
        let mut tick = 0_u64;
        let mut ended = false;
        for event in track {
            tick += u64::from(event.delta.as_int());
            match event.kind {
                TrackEventKind::Meta(MetaMessage::Tempo(micros)) if micros.as_int() > 0 => tempos.push((tick, micros.as_int())),
                TrackEventKind::Meta(MetaMessage::Tempo(_)) => warnings.push("a tempo of 0 was left out".to_owned()),
                TrackEventKind::Meta(MetaMessage::EndOfTrack) => ended = true,
                TrackEventKind::Midi { channel, message } => messages.push((tick, channel.as_int(), translate(message))),
                _ => {}
            }
        }
        if !ended {
            warnings.push(format!("track {} breaks off: loaded what is there", index + 1));
        }
        end_tick = end_tick.max(tick);
    }
    // Both sorts keep the order of the file where ticks are equal.
    tempos.sort_by_key(|(tick, _)| *tick);
    messages.sort_by_key(|(tick, ..)| *tick);

    let mut clock = Clock::new(file.header.timing, &tempos)?;
    let mut events: Vec<MidiEvent> =
        messages.into_iter().map(|(tick, channel, message)| MidiEvent { time_secs: clock.secs_at(tick), channel, message }).collect();
    let duration_secs = clock.secs_at(end_tick);
    release_what_sounds(&mut events, duration_secs);
    Ok(MidiSong { events, duration_secs, warnings })
}

fn translate(message: midly::MidiMessage) -> MidiMessage {
    match message {
        midly::MidiMessage::NoteOn { key, vel } if vel.as_int() > 0 => MidiMessage::NoteOn { key: key.as_int(), velocity: vel.as_int() },
        midly::MidiMessage::NoteOn { key, .. } => MidiMessage::NoteOff { key: key.as_int(), velocity: 64 },
        midly::MidiMessage::NoteOff { key, vel } => MidiMessage::NoteOff { key: key.as_int(), velocity: vel.as_int() },
        midly::MidiMessage::Aftertouch { key, vel } => MidiMessage::KeyPressure { key: key.as_int(), pressure: vel.as_int() },
        midly::MidiMessage::ChannelAftertouch { vel } => MidiMessage::ChannelPressure { pressure: vel.as_int() },
        midly::MidiMessage::Controller { controller, value } => {
            MidiMessage::Control { controller: controller.as_int(), value: value.as_int() }
        }
        midly::MidiMessage::ProgramChange { program } => MidiMessage::Program { program: program.as_int() },
        midly::MidiMessage::PitchBend { bend } => MidiMessage::PitchBend { bend: bend_from_14_bits(bend.0.as_int()) },
    }
}

/// The wheel has one more step below its middle (8192) than above; both ends reach ±1.
fn bend_from_14_bits(value: u16) -> f32 {
    let from_middle = f32::from(value) - 8192.0;
    if from_middle < 0.0 { from_middle / 8192.0 } else { from_middle / 8191.0 }
}

/// Ends every note that nothing ends, so that a file which breaks off does not sound for ever.
fn release_what_sounds(events: &mut Vec<MidiEvent>, time_secs: f64) {
    let mut sounding = [[0_u32; 128]; 16];
    for event in events.iter() {
        let keys = &mut sounding[usize::from(event.channel)];
        match event.message {
            MidiMessage::NoteOn { key, .. } => keys[usize::from(key)] += 1,
            MidiMessage::NoteOff { key, .. } => keys[usize::from(key)] = 0,
            _ => {}
        }
    }
    for (channel, keys) in (0_u8..).zip(&sounding) {
        for (key, _) in (0_u8..).zip(keys).filter(|(_, count)| **count > 0) {
            events.push(MidiEvent { time_secs, channel, message: MidiMessage::NoteOff { key, velocity: 64 } });
        }
    }
}

/// Turns ticks, asked for in rising order, into seconds.
struct Clock<'a> {
    secs_per_tick: f64,
    /// Ticks a beat, where tempos count.
    ticks_per_beat: Option<f64>,
    /// The changes that are still to come: tick and microseconds a beat.
    tempos: &'a [(u64, u32)],
    from_tick: u64,
    from_secs: f64,
}

impl<'a> Clock<'a> {
    fn new(timing: Timing, tempos: &'a [(u64, u32)]) -> Result<Self, String> {
        let (secs_per_tick, ticks_per_beat) = match timing {
            Timing::Metrical(ticks) if ticks.as_int() > 0 => {
                let ticks = f64::from(ticks.as_int());
                (f64::from(DEFAULT_MICROS_PER_BEAT) * 1e-6 / ticks, Some(ticks))
            }
            Timing::Timecode(fps, ticks_per_frame) if ticks_per_frame > 0 => {
                // 29 stands for the drop-frame rate of television.
                let frames_per_sec = if fps.as_int() == 29 { 30.0 / 1.001 } else { f64::from(fps.as_int()) };
                (1.0 / (frames_per_sec * f64::from(ticks_per_frame)), None)
            }
            _ => return Err("its header gives 0 ticks a beat".to_owned()),
        };
        Ok(Self { secs_per_tick, ticks_per_beat, tempos, from_tick: 0, from_secs: 0.0 })
    }

    fn secs_at(&mut self, tick: u64) -> f64 {
        if let Some(ticks_per_beat) = self.ticks_per_beat {
            while let Some(((change_tick, micros_per_beat), later)) = self.tempos.split_first().filter(|(next, _)| next.0 <= tick) {
                self.from_secs += (change_tick - self.from_tick) as f64 * self.secs_per_tick;
                self.from_tick = *change_tick;
                self.secs_per_tick = f64::from(*micros_per_beat) * 1e-6 / ticks_per_beat;
                self.tempos = later;
            }
        }
        self.from_secs + (tick - self.from_tick) as f64 * self.secs_per_tick
    }
}
