//! Mending of the lengths in WAV and AIFF headers, so that what a cut or unfinished file does hold can be loaded.
//!
//! Both formats are rows of chunks: four letters, a 32-bit length, the body, padded to an even length (EA IFF 85; Microsoft's
//! RIFF has the lengths little-endian). A recorder that crashes leaves lengths of 0; a copy that breaks off leaves lengths
//! that lie beyond the end.

/// How a file of chunks writes numbers, and what it calls its sound.
struct Dialect {
    sound_chunk: [u8; 4],
    big_endian: bool,
}

impl Dialect {
    fn of(bytes: &[u8]) -> Option<Self> {
        let outer = bytes.get(0..4)?;
        let inner = bytes.get(8..12)?;
        match (outer, inner) {
            (b"RIFF", b"WAVE") => Some(Self { sound_chunk: *b"data", big_endian: false }),
            (b"FORM", b"AIFF" | b"AIFC") => Some(Self { sound_chunk: *b"SSND", big_endian: true }),
            _ => None,
        }
    }

    fn length_at(&self, bytes: &[u8], at: usize) -> Option<u32> {
        let four: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(if self.big_endian { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) })
    }

    fn set_length(&self, bytes: &mut [u8], at: usize, length: usize) {
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        let four = if self.big_endian { length.to_be_bytes() } else { length.to_le_bytes() };
        bytes[at..at + 4].copy_from_slice(&four);
    }
}

/// Makes the lengths in a WAV or AIFF header fit the bytes that are there; other files are left alone.
/// Returns a warning where sound is missing.
pub(crate) fn mend_lengths(bytes: &mut [u8]) -> Option<String> {
    let dialect = Dialect::of(bytes)?;
    let outer_length = dialect.length_at(bytes, 4)?;
    let mut warning = None;
    let mut end = bytes.len();
    let mut at = 12;
    while let Some(length) = dialect.length_at(bytes, at + 4) {
        let body = at + 8;
        let there = bytes.len() - body;
        let is_sound = bytes[at..at + 4] == dialect.sound_chunk;
        let unfinished = is_sound && length == 0 && there > 0 && outer_length as usize + 8 <= body;
        if is_sound && (unfinished || length as usize > there) {
            warning = match length {
                // What programs write that stream to a pipe and cannot know the length: nothing is missing.
                u32::MAX => None,
                0 => Some("the recording was never finished: loaded what was recorded".to_owned()),
                _ => Some(format!("the file is cut short: loaded the {:.0} % that is there", 100.0 * there as f64 / f64::from(length))),
            };
            dialect.set_length(bytes, at + 4, there);
            break;
        }
        if length as usize > there {
            // Notes and tags behind the sound that are cut off: as if they were not there.
            end = at;
            break;
        }
        at = body + length as usize + (length as usize & 1);
    }
    dialect.set_length(bytes, 4, end - 8);
    warning
}

#[cfg(test)]
mod tests {
    use super::mend_lengths;

    fn wav(riff_length: u32, data_length: u32, body: &[u8], after: &[u8]) -> Vec<u8> {
        let mut bytes = b"RIFF".to_vec();
        bytes.extend(riff_length.to_le_bytes());
        bytes.extend(b"WAVEfmt \x10\0\0\0");
        bytes.extend([0; 16]);
        bytes.extend(b"data");
        bytes.extend(data_length.to_le_bytes());
        bytes.extend(body);
        bytes.extend(after);
        bytes
    }

    #[test]
    fn a_sound_file_is_left_as_it_is() {
        let whole = wav(36 + 8, 8, &[7; 8], &[]);
        let mut mended = whole.clone();
        assert_eq!(mend_lengths(&mut mended), None);
        assert_eq!(mended, whole);
    }

    #[test]
    fn a_cut_file_says_how_much_is_left() {
        let mut bytes = wav(36 + 80, 80, &[7; 20], &[]);
        assert_eq!(mend_lengths(&mut bytes).as_deref(), Some("the file is cut short: loaded the 25 % that is there"));
        assert_eq!(bytes, wav(36 + 20, 20, &[7; 20], &[]));
    }

    #[test]
    fn an_unfinished_recording_is_loaded() {
        let mut bytes = wav(0, 0, &[7; 20], &[]);
        assert!(mend_lengths(&mut bytes).is_some_and(|w| w.contains("never finished")));
        assert_eq!(bytes, wav(36 + 20, 20, &[7; 20], &[]));
    }

    #[test]
    fn a_stream_of_unknown_length_is_no_fault() {
        let mut bytes = wav(u32::MAX, u32::MAX, &[7; 20], &[]);
        assert_eq!(mend_lengths(&mut bytes), None);
        assert_eq!(bytes, wav(36 + 20, 20, &[7; 20], &[]));
    }

    #[test]
    fn a_cut_tag_behind_the_sound_is_dropped_in_silence() {
        let mut bytes = wav(36 + 8 + 100, 8, &[7; 8], b"LIST\x60\0\0\0INFO");
        assert_eq!(mend_lengths(&mut bytes), None);
        assert_eq!(bytes, wav(36 + 8, 8, &[7; 8], b"LIST\x60\0\0\0INFO"));
    }
}
