//! Writing of WAV files, block by block, with dither where it is heard.

use crate::error::MediaError;
use crate::part_file::PartFile;
use std::fs::File;
use std::io::BufWriter;
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
pub struct WavWriter {
    writer: hound::WavWriter<BufWriter<File>>,
    part: PartFile,
    format: WavFormat,
    channels: usize,
    data_bytes: u64,
    dither: Dither,
}

impl WavWriter {
    /// Begins a file.
    ///
    /// # Errors
    /// When the folder cannot be written, or a WAV file cannot have this rate or number of channels.
    pub fn create(path: impl AsRef<Path>, sample_rate_hz: u32, format: WavFormat, channels: usize) -> Result<Self, MediaError> {
        let path = path.as_ref();
        let unwritable = |detail: String| MediaError::Unwritable { path: path.to_owned(), detail };
        let channel_count = u16::try_from(channels).ok().filter(|count| (1..=1024).contains(count));
        let channel_count = channel_count.ok_or_else(|| unwritable(format!("{channels} channels: choose 1 to 1024")))?;
        if !(1..=1_000_000).contains(&sample_rate_hz) {
            return Err(unwritable(format!("a sample rate of {sample_rate_hz} Hz: choose 1 to 1,000,000 Hz")));
        }
        let sample_format = if format == WavFormat::Float32 { hound::SampleFormat::Float } else { hound::SampleFormat::Int };
        let spec = hound::WavSpec { channels: channel_count, sample_rate: sample_rate_hz, bits_per_sample: format.bits(), sample_format };
        let part = PartFile::create(path)?;
        let buffered = BufWriter::with_capacity(1 << 18, part.handle()?);
        let writer = hound::WavWriter::new(buffered, spec).map_err(|error| writing(path, error))?;
        Ok(Self { writer, part, format, channels, data_bytes: 0, dither: Dither(DITHER_SEED) })
    }

    /// Appends frames: one row a channel, ±1 is full scale. Numbers that are none are written as 0.
    ///
    /// # Errors
    /// When the disk is full or fails, the file would pass 4 GiB, or there are not as many equally long rows as channels.
    pub fn write(&mut self, rows: &[impl AsRef<[f32]>]) -> Result<(), MediaError> {
        let frames = rows.first().map_or(0, |row| row.as_ref().len());
        if rows.len() != self.channels || rows.iter().any(|row| row.as_ref().len() != frames) {
            let detail = format!("a block of {} rows does not fit {} channels: give equally long rows", rows.len(), self.channels);
            return Err(MediaError::Unwritable { path: self.part.target().to_owned(), detail });
        }
        self.data_bytes += frames as u64 * self.channels as u64 * u64::from(self.format.bits() / 8);
        if self.data_bytes > MAX_DATA_BYTES {
            return Err(MediaError::WavTooLong { path: self.part.target().to_owned() });
        }
        for frame in 0..frames {
            for row in rows {
                self.write_sample(row.as_ref()[frame]).map_err(|error| writing(self.part.target(), error))?;
            }
        }
        Ok(())
    }

    fn write_sample(&mut self, sample: f32) -> Result<(), hound::Error> {
        let sample = if sample.is_finite() { sample } else { 0.0 };
        match self.format {
            WavFormat::Int16 => self.writer.write_sample(self.dither.round_to_16_bits(sample)),
            WavFormat::Int24 => self.writer.write_sample(round_to_24_bits(sample)),
            WavFormat::Float32 => self.writer.write_sample(sample),
        }
    }

    /// Completes the file and puts it in its place.
    ///
    /// # Errors
    /// When the disk is full or fails; what was there under this name is then as it was.
    pub fn finish(self) -> Result<(), MediaError> {
        self.writer.finalize().map_err(|error| writing(self.part.target(), error))?;
        self.part.finish()
    }
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

fn writing(path: &Path, error: hound::Error) -> MediaError {
    match error {
        hound::Error::IoError(source) => MediaError::writing(path, source),
        other => MediaError::Unwritable { path: path.to_owned(), detail: other.to_string() },
    }
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
    use super::{DITHER_SEED, Dither, round_to_24_bits, writing};
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
        let full = hound::Error::IoError(io::Error::from(io::ErrorKind::StorageFull));
        assert!(writing(Path::new("song.wav"), full).to_string().starts_with("cannot write `song.wav`: the disk is full"));
    }
}
