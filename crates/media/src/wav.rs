//! Writing of WAV files, block by block, with dither where it is heard.

use crate::error::MediaError;
use crate::part_file::PartFile;
use std::io::Write;
use std::ops::Range;
use std::path::Path;

/// Room for the header and the padding in the 32-bit lengths of a WAV file.
const MAX_DATA_BYTES: u64 = u32::MAX as u64 - 1024;
/// Any number but 0: dither is noise, and the same noise each time, so that equal renders give equal files.
const DITHER_SEED: u64 = 0x5eed_0fd1_7e12_0001;

/// How a sample is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WavFormat {
    /// Whole numbers of 16 bits, dithered. What is louder than full scale is clipped.
    Int16,
    /// Whole numbers of 24 bits. Their steps, 144 dB below full scale, are under the noise of every converter, so they get no dither.
    Int24,
    /// Floating-point numbers of 32 bits: what was rendered, unchanged.
    Float32,
}

impl WavFormat {
    /// The format with this many bits a sample: 16, 24 or 32.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Option<Self> {
        match bits {
            16 => Some(Self::Int16),
            24 => Some(Self::Int24),
            32 => Some(Self::Float32),
            _ => None,
        }
    }

    #[must_use]
    pub const fn bits(self) -> u16 {
        match self {
            Self::Int16 => 16,
            Self::Int24 => 24,
            Self::Float32 => 32,
        }
    }
}

/// Writes a WAV file block by block. The file appears under its name only at [`WavWriter::finish`]; dropped before, nothing is left.
///
/// `hound` is asked sample by sample, which took 5 % of a bounce of 128 oscillators; here it is written in pieces.
pub struct WavWriter {
    part: PartFile,
    format: WavFormat,
    channels: u16,
    sample_rate_hz: u32,
    data_bytes: u64,
    /// What is not written yet.
    waiting: Vec<u8>,
    dither: Dither,
}

/// What is written at once.
const PIECE_BYTES: usize = 1 << 18;
/// Frames that are turned into bytes at a time.
const PIECE_FRAMES: usize = 1 << 12;

impl WavWriter {
    /// Begins a file.
    ///
    /// # Errors
    /// When the folder cannot be written, or a WAV file cannot have this rate or number of channels.
    pub fn create(path: impl AsRef<Path>, sample_rate_hz: u32, format: WavFormat, channels: usize) -> Result<Self, MediaError> {
        let path = path.as_ref();
        let unwritable = |detail: String| MediaError::Unwritable { path: path.to_owned(), detail };
        let channel_count = u16::try_from(channels).ok().filter(|count| (1..=1024).contains(count));
        let channels = channel_count.ok_or_else(|| unwritable(format!("{channels} channels: choose 1 to 1024")))?;
        if !(1..=1_000_000).contains(&sample_rate_hz) {
            return Err(unwritable(format!("a sample rate of {sample_rate_hz} Hz: choose 1 to 1,000,000 Hz")));
        }
        let part = PartFile::create(path)?;
        let mut writer = Self {
            part,
            format,
            channels,
            sample_rate_hz,
            data_bytes: 0,
            waiting: Vec::with_capacity(PIECE_BYTES),
            dither: Dither(DITHER_SEED),
        };
        writer.waiting = writer.header();
        Ok(writer)
    }

    /// Bytes of a frame.
    fn frame_bytes(&self) -> usize {
        usize::from(self.channels) * usize::from(self.format.bits() / 8)
    }

    /// All before the samples, for so many bytes of them as have been taken (Microsoft and IBM, "Multimedia Programming Interface and Data
    /// Specifications 1.0", 1991, with the extensible format of 2001 where it is asked for: beyond 16 bits).
    fn header(&self) -> Vec<u8> {
        let frame_bytes = self.frame_bytes() as u32;
        let data_bytes = self.data_bytes as u32;
        let is_plain = self.format == WavFormat::Int16;
        let tag: u16 = if self.format == WavFormat::Float32 { 3 } else { 1 };
        let mut format = Vec::with_capacity(40);
        format.extend(if is_plain { tag } else { 0xfffe }.to_le_bytes());
        format.extend(self.channels.to_le_bytes());
        format.extend(self.sample_rate_hz.to_le_bytes());
        format.extend(self.sample_rate_hz.wrapping_mul(frame_bytes).to_le_bytes());
        format.extend((frame_bytes as u16).to_le_bytes());
        format.extend(self.format.bits().to_le_bytes());
        if !is_plain {
            // Front left and right, or front centre; of more channels nothing is said.
            let places: u32 = [0, 4, 3].get(usize::from(self.channels)).copied().unwrap_or(0);
            format.extend(22_u16.to_le_bytes());
            format.extend(self.format.bits().to_le_bytes());
            format.extend(places.to_le_bytes());
            format.extend(tag.to_le_bytes());
            format.extend(*b"\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71");
        }
        let mut chunks = chunk(b"fmt ", &format);
        if self.format == WavFormat::Float32 {
            chunks.extend(chunk(b"fact", &(data_bytes / frame_bytes).to_le_bytes()));
        }
        let padded = data_bytes + data_bytes % 2;
        let mut header = b"RIFF".to_vec();
        header.extend((4 + chunks.len() as u32 + 8 + padded).to_le_bytes());
        header.extend(b"WAVE");
        header.extend(chunks);
        header.extend(b"data");
        header.extend(data_bytes.to_le_bytes());
        header
    }

    /// Appends frames: one row a channel, ±1 is full scale. Numbers that are none are written as 0.
    ///
    /// # Errors
    /// When the disk is full or fails, the file would pass 4 GiB, or there are not as many equally long rows as channels.
    pub fn write(&mut self, rows: &[impl AsRef<[f32]>]) -> Result<(), MediaError> {
        let frames = rows.first().map_or(0, |row| row.as_ref().len());
        if rows.len() != usize::from(self.channels) || rows.iter().any(|row| row.as_ref().len() != frames) {
            let detail = format!("a block of {} rows does not fit {} channels: give equally long rows", rows.len(), self.channels);
            return Err(MediaError::Unwritable { path: self.part.target().to_owned(), detail });
        }
        let data_bytes = self.data_bytes + frames as u64 * self.frame_bytes() as u64;
        if data_bytes > MAX_DATA_BYTES {
            return Err(MediaError::WavTooLong { path: self.part.target().to_owned() });
        }
        self.data_bytes = data_bytes;
        for first in (0..frames).step_by(PIECE_FRAMES) {
            let piece = first..(first + PIECE_FRAMES).min(frames);
            match self.format {
                WavFormat::Float32 => self.take_floats(rows, piece),
                WavFormat::Int16 | WavFormat::Int24 => self.take_integers(rows, piece),
            }
            if self.waiting.len() >= PIECE_BYTES {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn take_floats(&mut self, rows: &[impl AsRef<[f32]>], frames: Range<usize>) {
        const BYTES: usize = size_of::<f32>();
        let (first, frame_bytes) = (self.waiting.len(), self.frame_bytes());
        self.waiting.resize(first + frames.len() * frame_bytes, 0);
        for (channel, row) in rows.iter().enumerate() {
            let places = self.waiting[first..].chunks_exact_mut(frame_bytes);
            for (place, sample) in places.zip(&row.as_ref()[frames.clone()]) {
                place[channel * BYTES..][..BYTES].copy_from_slice(&finite(*sample).to_le_bytes());
            }
        }
    }

    /// Frame by frame: dither is drawn in this order, however long the blocks are.
    fn take_integers(&mut self, rows: &[impl AsRef<[f32]>], frames: Range<usize>) {
        for frame in frames {
            for row in rows {
                let sample = finite(row.as_ref()[frame]);
                match self.format {
                    WavFormat::Int16 => self.waiting.extend(self.dither.round_to_16_bits(sample).to_le_bytes()),
                    _ => self.waiting.extend(&round_to_24_bits(sample).to_le_bytes()[..3]),
                }
            }
        }
    }

    fn flush(&mut self) -> Result<(), MediaError> {
        self.part.write_all(&self.waiting).map_err(|source| MediaError::writing(self.part.target(), source))?;
        self.waiting.clear();
        Ok(())
    }

    /// Completes the file and puts it in its place.
    ///
    /// # Errors
    /// When the disk is full or fails; what was there under this name is then as it was.
    pub fn finish(mut self) -> Result<(), MediaError> {
        if !self.data_bytes.is_multiple_of(2) {
            self.waiting.push(0);
        }
        self.flush()?;
        let header = self.header();
        self.part.write_first(&header).map_err(|source| MediaError::writing(self.part.target(), source))?;
        self.part.finish()
    }
}

fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&name[..], &(content.len() as u32).to_le_bytes(), content].concat()
}

fn finite(sample: f32) -> f32 {
    if sample.is_finite() { sample } else { 0.0 }
}

/// Writes whole rows (one a channel, ±1 is full scale) as a WAV file.
///
/// # Errors
/// Those of [`WavWriter`].
pub fn write_wav(path: impl AsRef<Path>, sample_rate_hz: u32, format: WavFormat, rows: &[impl AsRef<[f32]>]) -> Result<(), MediaError> {
    let mut writer = WavWriter::create(path, sample_rate_hz, format, rows.len())?;
    writer.write(rows)?;
    writer.finish()
}

fn round_to_24_bits(sample: f32) -> i32 {
    (f64::from(sample) * 8_388_608.0).round().clamp(-8_388_608.0, 8_388_607.0) as i32
}

/// Triangular dither of ±1 step, which makes the rounding error a steady hiss in place of a distortion that follows the signal
/// (Lipshitz, Wannamaker, Vanderkooy, "Quantization and dither: a theoretical survey", 1992).
struct Dither(u64);

impl Dither {
    /// Uniform from −0.5 to 0.5 (Marsaglia, "Xorshift RNGs", 2003).
    fn uniform(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1_u32 << 24) as f32 - 0.5
    }

    /// Exact silence stays silence: a pause between two notes is not filled with hiss.
    fn round_to_16_bits(&mut self, sample: f32) -> i16 {
        let noise = self.uniform() + self.uniform();
        if sample == 0.0 {
            return 0;
        }
        (sample * 32_768.0 + noise).round().clamp(-32_768.0, 32_767.0) as i16
    }
}

#[cfg(test)]
mod tests {
    use super::{DITHER_SEED, Dither, round_to_24_bits};
    use crate::error::MediaError;
    use std::io;
    use std::path::Path;

    #[test]
    fn a_tone_below_one_step_survives_dither() {
        let mut dither = Dither(DITHER_SEED);
        let quarter_step = 0.25 / 32_768.0;
        let mean = (0..100_000).map(|_| f64::from(dither.round_to_16_bits(quarter_step))).sum::<f64>() / 100_000.0;
        assert!((mean - 0.25).abs() < 0.01, "{mean}");
    }

    #[test]
    fn full_scale_is_clipped_and_silence_is_silent() {
        let mut dither = Dither(DITHER_SEED);
        assert_eq!((dither.round_to_16_bits(4.0), dither.round_to_16_bits(-4.0)), (i16::MAX, i16::MIN));
        assert!((0..1000).all(|_| dither.round_to_16_bits(0.0) == 0));
        assert_eq!((round_to_24_bits(1.0), round_to_24_bits(-1.0), round_to_24_bits(0.5)), (8_388_607, -8_388_608, 4_194_304));
    }

    #[test]
    fn a_full_disk_is_named() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        assert!(MediaError::writing(Path::new("song.wav"), full).to_string().starts_with("cannot write `song.wav`: the disk is full"));
    }
}
