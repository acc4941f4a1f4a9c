//! Decoding of audio files with symphonia: WAV, AIFF, FLAC, OGG Vorbis and MP3.

use crate::clip::AudioClip;
use crate::error::{MediaError, read_whole};
use crate::guard::fenced;
use crate::mend::mend_lengths;
use std::io::{Cursor, ErrorKind};
use std::path::Path;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as CodecError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

/// No format read here can be larger, except by extensions that are not read.
const MAX_FILE_BYTES: u64 = 4 << 30;
/// A clip of 4 GiB in memory: over three hours of stereo at 48 kHz. A small FLAC of silence can claim more.
const MAX_SAMPLES: usize = 1 << 30;

/// Decodes a whole audio file, whatever its name ends in: WAV (8 to 32 bits, float), AIFF, FLAC, OGG Vorbis, MP3.
///
/// A file that is cut short, or damaged in places, gives what is there, and [`AudioClip::warnings`] say so. Samples that are no
/// numbers become 0, with a warning.
///
/// # Errors
/// When the file cannot be read, is no audio file, is broken from the beginning, or holds no sound at all.
pub fn decode_file(path: impl AsRef<Path>) -> Result<AudioClip, MediaError> {
    let path = path.as_ref();
    let bytes = read_whole(path, MAX_FILE_BYTES)?;
    decode_bytes(path, bytes, MAX_SAMPLES)
}

/// What a file begins with tells its kind, whatever its name says.
fn kind_by_first_bytes(bytes: &[u8]) -> Option<&'static str> {
    match (bytes.get(0..4)?, bytes.get(8..12)) {
        (b"RIFF", Some(b"WAVE")) => Some("WAV"),
        (b"FORM", Some(b"AIFF" | b"AIFC")) => Some("AIFF"),
        (b"fLaC", _) => Some("FLAC"),
        (b"OggS", _) => Some("OGG"),
        ([b'I', b'D', b'3', _] | [0xff, 0xe2..=0xff, _, _], _) => Some("MP3"),
        _ => None,
    }
}

fn decode_bytes(path: &Path, bytes: Vec<u8>, max_samples: usize) -> Result<AudioClip, MediaError> {
    // A search for MP3 frames finds some in any long enough noise, so what does not begin like a known kind is refused.
    let Some(kind) = kind_by_first_bytes(&bytes) else { return Err(MediaError::NotAudio { path: path.to_owned() }) };
    let path = path.to_owned();
    let cycle_frames = if kind == "WAV" { cycle_frames(&bytes) } else { None };
    match fenced(|| decode_kind(kind, bytes, max_samples)).unwrap_or_else(|| Err(Refusal::Broken("it contradicts itself".to_owned()))) {
        Ok(clip) => Ok(AudioClip { cycle_frames, ..clip }),
        Err(Refusal::Broken(detail)) => Err(MediaError::Broken { path, kind, detail }),
        Err(Refusal::NoSound) => Err(MediaError::NoSound { path, kind }),
        Err(Refusal::TooLong) => Err(MediaError::TooLong { path, detail: format!("more than {max_samples} samples") }),
    }
}

/// What the chunk `clm ` of a WAV file says of a wavetable's cycles: its text is `<!>2048 …`, as Serum began and others follow.
fn cycle_frames(wav: &[u8]) -> Option<u32> {
    let mut rest = wav.get(12..)?;
    loop {
        let (head, behind) = rest.split_at_checked(8)?;
        let length = u32::from_le_bytes(head[4..].try_into().ok()?) as usize;
        if &head[..4] == b"clm " {
            let digits = behind.get(..length)?.strip_prefix(b"<!>")?.split(|byte| !byte.is_ascii_digit()).next()?;
            return std::str::from_utf8(digits).ok()?.parse().ok().filter(|frames| *frames > 0);
        }
        rest = behind.get(length.checked_add(length % 2)?..)?;
    }
}

/// Why a file of a known kind gives no clip.
enum Refusal {
    Broken(String),
    NoSound,
    TooLong,
}

fn decode_kind(kind: &str, mut bytes: Vec<u8>, max_samples: usize) -> Result<AudioClip, Refusal> {
    let mended = mend_lengths(&mut bytes);
    let stream = MediaSourceStream::new(Box::new(Cursor::new(bytes)), MediaSourceStreamOptions::default());
    let mut hint = Hint::new();
    hint.with_extension(&kind.to_ascii_lowercase());
    let broken = |error: CodecError| Refusal::Broken(describe(&error));
    let probe = symphonia::default::get_probe();
    let mut reader = probe.probe(&hint, stream, FormatOptions::default(), MetadataOptions::default()).map_err(broken)?;

    let track = reader.default_track(TrackType::Audio).ok_or_else(|| Refusal::Broken("it has no audio track".to_owned()))?;
    let (track_id, promised_frames) = (track.id, track.num_frames);
    let params = track.codec_params.as_ref().and_then(|params| params.audio());
    let params = params.ok_or_else(|| Refusal::Broken("it does not say how its sound is coded".to_owned()))?;
    let codecs = symphonia::default::get_codecs();
    let mut decoder = codecs.make_audio_decoder(params, &AudioDecoderOptions::default()).map_err(broken)?;

    let mut gathered = Gathered { max_samples, ..Gathered::default() };
    gather(&mut *reader, &mut *decoder, track_id, &mut gathered);
    if gathered.too_long {
        return Err(Refusal::TooLong);
    }
    if gathered.clip.frames() == 0 {
        return Err(match gathered.fault {
            Some(fault) => Refusal::Broken(fault),
            None if gathered.damaged_packets > 0 => Refusal::Broken("nothing in it can be decoded".to_owned()),
            None => Refusal::NoSound,
        });
    }
    Ok(gathered.finish(mended, promised_frames))
}

/// One line of what the decoder says, without its habit of naming itself.
fn describe(error: &CodecError) -> String {
    match error {
        CodecError::IoError(io) if io.kind() == ErrorKind::UnexpectedEof => "it ends too early".to_owned(),
        CodecError::IoError(io) if io.to_string().is_empty() => io.kind().to_string(),
        other => other.to_string(),
    }
}

/// What has been decoded so far, and what went wrong on the way.
#[derive(Default)]
struct Gathered {
    clip: AudioClip,
    max_samples: usize,
    damaged_packets: usize,
    /// What ended the decoding before the end of the file.
    fault: Option<String>,
    too_long: bool,
}

fn gather(reader: &mut dyn FormatReader, decoder: &mut dyn AudioDecoder, track_id: u32, gathered: &mut Gathered) {
    let mut planes: Vec<Vec<f32>> = Vec::new();
    loop {
        let packet = match reader.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => return,
            Err(CodecError::IoError(error)) if error.kind() == ErrorKind::UnexpectedEof => {
                gathered.fault = Some("it ends too early".to_owned());
                return;
            }
            Err(error) => {
                gathered.fault = Some(describe(&error));
                return;
            }
        };
        if packet.track_id != track_id {
            continue;
        }
        match decoder.decode(&packet) {
            Ok(buffer) => {
                let rate_hz = buffer.spec().rate();
                buffer.copy_to_vecs_planar(&mut planes);
                if !gathered.take(rate_hz, &planes) {
                    return;
                }
            }
            Err(CodecError::DecodeError(_) | CodecError::IoError(_)) => gathered.damaged_packets += 1,
            Err(error) => {
                gathered.fault = Some(describe(&error));
                return;
            }
        }
    }
}

impl Gathered {
    /// Appends what a packet held; false when decoding ends here.
    fn take(&mut self, rate_hz: u32, planes: &[Vec<f32>]) -> bool {
        let clip = &mut self.clip;
        let frames = planes.first().map_or(0, Vec::len);
        if frames == 0 {
            return true;
        }
        if clip.channels.is_empty() {
            clip.sample_rate_hz = rate_hz;
            clip.channels = vec![Vec::new(); planes.len()];
        }
        if rate_hz == 0 {
            self.fault = Some("its sample rate is 0 Hz".to_owned());
            clip.channels.clear();
            return false;
        }
        if clip.sample_rate_hz != rate_hz || clip.channels.len() != planes.len() {
            self.fault = Some(format!("it changes to {} channels at {rate_hz} Hz", planes.len()));
            return false;
        }
        if (clip.frames() + frames).saturating_mul(planes.len()) > self.max_samples {
            self.too_long = true;
            return false;
        }
        for (row, plane) in clip.channels.iter_mut().zip(planes) {
            row.extend_from_slice(plane);
        }
        true
    }

    fn finish(mut self, mended: Option<String>, promised_frames: Option<u64>) -> AudioClip {
        let mut warnings: Vec<String> = mended.into_iter().collect();
        let frames = self.clip.frames();
        if let Some(fault) = self.fault {
            warnings.push(format!("{fault}: loaded the {:.2} s before", self.clip.duration_secs()));
        } else if let Some(promised) = promised_frames.filter(|promised| *promised > frames as u64 && warnings.is_empty()) {
            let share = 100.0 * frames as f64 / promised as f64;
            warnings.push(format!("the file is cut short: loaded the {share:.0} % that is there"));
        }
        if self.damaged_packets > 0 {
            warnings.push(format!("{} damaged places were left out", self.damaged_packets));
        }
        let mut not_numbers = 0_usize;
        for sample in self.clip.channels.iter_mut().flatten().filter(|sample| !sample.is_finite()) {
            *sample = 0.0;
            not_numbers += 1;
        }
        if not_numbers > 0 {
            warnings.push(format!("{not_numbers} samples are not numbers: they were set to 0"));
        }
        self.clip.warnings = warnings;
        self.clip
    }
}

#[cfg(test)]
mod tests {
    use super::{Gathered, cycle_frames, decode_bytes};
    use crate::error::MediaError;
    use std::path::Path;

    #[test]
    fn a_clip_that_would_fill_the_memory_is_refused() {
        let spec = hound::WavSpec { channels: 1, sample_rate: 8000, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
        let mut bytes = std::io::Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut bytes, spec).expect("a header");
        for _ in 0..5000 {
            writer.write_sample(100_i16).expect("memory");
        }
        writer.finalize().expect("memory");
        let error = decode_bytes(Path::new("long.wav"), bytes.into_inner(), 3000).expect_err("too long");
        assert!(matches!(error, MediaError::TooLong { .. }), "{error}");
    }

    #[test]
    fn a_stream_that_changes_its_channels_ends_there() {
        let mut gathered = Gathered { max_samples: 100, ..Gathered::default() };
        assert!(gathered.take(8000, &[vec![0.5; 4], vec![0.5; 4]]));
        assert!(!gathered.take(8000, &[vec![0.5; 4]]));
        let clip = gathered.finish(None, None);
        assert_eq!((clip.channels.len(), clip.frames()), (2, 4));
        assert_eq!(clip.warnings, ["it changes to 1 channels at 8000 Hz: loaded the 0.00 s before"]);
    }

    #[test]
    fn the_length_of_a_wavetables_cycles_is_read() {
        let file = |clm: &[u8]| [b"RIFF\0\0\0\0WAVEfmt \x02\0\0\0..clm ", &(clm.len() as u32).to_le_bytes()[..], clm].concat();
        assert_eq!(cycle_frames(&file(b"<!>2048 10000000 wavetable")), Some(2048));
        for other in [&b"<!>"[..], b"<!>0 ", b"2048", b"<!>99999999999 "] {
            assert_eq!(cycle_frames(&file(other)), None);
        }
        assert_eq!(cycle_frames(b"RIFF"), None);
        assert_eq!(cycle_frames(b"RIFF\0\0\0\0WAVEfmt \xff\xff\xff\xff"), None);
    }
}
