//! MIDI files: tempo maps, film time, merged tracks, and files that break off.

use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Fps, Header, MetaMessage, MidiMessage as Raw, PitchBend, Smf, Timing, TrackEvent, TrackEventKind};
use patchlight_media::{MediaError, MidiMessage, MidiSong, read_midi_file};
use std::fs;

fn event(delta: u32, kind: TrackEventKind<'static>) -> TrackEvent<'static> {
    TrackEvent { delta: u28::new(delta), kind }
}

fn midi(delta: u32, channel: u8, message: Raw) -> TrackEvent<'static> {
    event(delta, TrackEventKind::Midi { channel: u4::new(channel), message })
}

fn on(delta: u32, key: u8, velocity: u8) -> TrackEvent<'static> {
    midi(delta, 0, Raw::NoteOn { key: u7::new(key), vel: u7::new(velocity) })
}

fn tempo(delta: u32, micros_per_beat: u32) -> TrackEvent<'static> {
    event(delta, TrackEventKind::Meta(MetaMessage::Tempo(u24::new(micros_per_beat))))
}

fn end(delta: u32) -> TrackEvent<'static> {
    event(delta, TrackEventKind::Meta(MetaMessage::EndOfTrack))
}

fn beats(ticks: u16) -> Timing {
    Timing::Metrical(u15::new(ticks))
}

fn bytes_of(format: Format, timing: Timing, tracks: Vec<Vec<TrackEvent<'static>>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    Smf { header: Header::new(format, timing), tracks }.write_std(&mut bytes).expect("memory");
    bytes
}

fn read(bytes: &[u8]) -> Result<MidiSong, MediaError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("song.mid");
    fs::write(&path, bytes).expect("a disk");
    read_midi_file(&path)
}

fn times(song: &MidiSong) -> Vec<f64> {
    song.events.iter().map(|event| (event.time_secs * 1e9).round() / 1e9).collect()
}

#[test]
fn tempo_changes_apply_to_all_tracks() {
    // 120 beats a minute for two beats, then 60.
    let conductor = vec![tempo(0, 500_000), tempo(960, 1_000_000), end(0)];
    let notes = vec![on(0, 60, 100), on(480, 60, 0), on(480, 62, 100), on(480, 62, 0), end(480)];
    let song = read(&bytes_of(Format::Parallel, beats(480), vec![conductor, notes])).expect("a song");
    assert_eq!(times(&song), [0.0, 0.5, 1.0, 2.0]);
    assert!((song.duration_secs - 3.0).abs() < 1e-9);
    assert_eq!(song.events[1].message, MidiMessage::NoteOff { key: 60, velocity: 64 });
    assert!(song.warnings.is_empty());
}

#[test]
fn a_tempo_in_a_later_track_counts_too() {
    let notes = vec![on(96, 60, 1), on(96, 60, 0), end(0)];
    let late = vec![tempo(96, 250_000), end(0)];
    let song = read(&bytes_of(Format::Parallel, beats(96), vec![notes, late])).expect("a song");
    assert_eq!(times(&song), [0.5, 0.75]);
}

#[test]
fn film_time_ignores_tempo() {
    let track = vec![tempo(0, 250_000), on(0, 60, 1), on(1000, 60, 0), end(0)];
    let song = read(&bytes_of(Format::SingleTrack, Timing::Timecode(Fps::Fps25, 40), vec![track.clone()])).expect("a song");
    assert_eq!(times(&song), [0.0, 1.0]);
    let song = read(&bytes_of(Format::SingleTrack, Timing::Timecode(Fps::Fps29, 100), vec![track])).expect("a song");
    assert!((song.duration_secs - 10.0 * 1.001 / 30.0).abs() < 1e-9);
}

#[test]
fn every_kind_of_message_is_translated() {
    let seven = u7::new;
    let track = vec![
        midi(0, 3, Raw::ProgramChange { program: seven(5) }),
        midi(0, 3, Raw::Controller { controller: seven(1), value: seven(90) }),
        midi(0, 3, Raw::PitchBend { bend: PitchBend(midly::num::u14::new(0)) }),
        midi(0, 3, Raw::PitchBend { bend: PitchBend(midly::num::u14::new(8192)) }),
        midi(0, 3, Raw::PitchBend { bend: PitchBend(midly::num::u14::new(16383)) }),
        midi(0, 3, Raw::ChannelAftertouch { vel: seven(33) }),
        midi(0, 3, Raw::Aftertouch { key: seven(60), vel: seven(44) }),
        midi(0, 3, Raw::NoteOn { key: seven(60), vel: seven(127) }),
        midi(0, 3, Raw::NoteOff { key: seven(60), vel: seven(12) }),
        end(0),
    ];
    let song = read(&bytes_of(Format::SingleTrack, beats(96), vec![track])).expect("a song");
    assert!(song.events.iter().all(|event| event.channel == 3));
    let messages: Vec<MidiMessage> = song.events.iter().map(|event| event.message).collect();
    assert_eq!(
        messages,
        [
            MidiMessage::Program { program: 5 },
            MidiMessage::Control { controller: 1, value: 90 },
            MidiMessage::PitchBend { bend: -1.0 },
            MidiMessage::PitchBend { bend: 0.0 },
            MidiMessage::PitchBend { bend: 1.0 },
            MidiMessage::ChannelPressure { pressure: 33 },
            MidiMessage::KeyPressure { key: 60, pressure: 44 },
            MidiMessage::NoteOn { key: 60, velocity: 127 },
            MidiMessage::NoteOff { key: 60, velocity: 12 },
        ]
    );
}

#[test]
fn a_song_that_breaks_off_plays_to_there_and_ends_its_notes() {
    let track = vec![on(0, 60, 100), on(96, 64, 100), on(96, 60, 0), on(96, 64, 0), end(0)];
    let bytes = bytes_of(Format::SingleTrack, beats(96), vec![track]);
    let song = read(&bytes[..bytes.len() - 8]).expect("a part of a song");
    assert_eq!(song.warnings, ["track 1 breaks off: loaded what is there"]);
    let open = song.events.iter().fold(0_i32, |open, event| match event.message {
        MidiMessage::NoteOn { .. } => open + 1,
        MidiMessage::NoteOff { .. } => open - 1,
        _ => open,
    });
    assert_eq!((open, song.events.len()), (0, 4));
}

#[test]
fn wrong_files_get_a_clear_line_and_no_bytes_make_it_panic() {
    let good = bytes_of(Format::SingleTrack, beats(96), vec![vec![on(0, 60, 100), on(96, 60, 0), end(0)]]);
    let mut no_ticks = good.clone();
    no_ticks[12..14].copy_from_slice(&[0, 0]);
    let mut patterns = good.clone();
    patterns[9] = 2;
    let cases: [(&[u8], &str); 6] = [
        (b"", "is empty"),
        (b"hello, this is no song", "is not a MIDI file"),
        (b"MThd\0\0", "is a broken MIDI file"),
        (&good[..14], "it has no tracks"),
        (&no_ticks, "0 ticks a beat"),
        (&patterns, "format 2"),
    ];
    for (bytes, wanted) in cases {
        let line = read(bytes).expect_err("a wrong file").to_string();
        assert!(line.contains(wanted) && line.contains("song.mid") && !line.contains('\n'), "{line}");
    }
    for at in 0..good.len() {
        for value in [0, 0x7f, 0x80, 0xff] {
            let mut mutant = good.clone();
            mutant[at] = value;
            if let Ok(song) = read(&mutant) {
                assert!(song.events.is_sorted_by(|a, b| a.time_secs <= b.time_secs), "byte {at} = {value}");
                assert!(song.duration_secs.is_finite());
            }
        }
        let _ = read(&good[..at]);
    }
}
