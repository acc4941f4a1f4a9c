//! WAV files of 32-bit floating-point numbers, written a block at a time: a bounce is not to wait for its file.
//!
//! RIFF, the `fmt ` chunk of IEEE float (format tag 3) with its extension size, a `fact` chunk, and the data, as Microsoft's
//! "Multimedia Data Standards Update" of 1994 has it.

use crate::wav::finite;
use std::fs::File;
use std::io::{BufWriter, Result, Seek, SeekFrom, Write};

/// Bytes before the samples.
const HEADER_BYTES: u32 = 58;

pub(crate) struct FloatWav {
    out: BufWriter<File>,
    channels: u16,
    sample_rate_hz: u32,
    frames: u32,
    /// Interleaved, as they go to the file.
    bytes: Vec<u8>,
}

impl FloatWav {
    pub(crate) fn begin(out: BufWriter<File>, sample_rate_hz: u32, channels: u16) -> Result<Self> {
        let mut begun = Self { out, channels, sample_rate_hz, frames: 0, bytes: Vec::new() };
        begun.header()?;
        Ok(begun)
    }

    fn header(&mut self) -> Result<()> {
        let frame_bytes = self.channels * 4;
        let data_bytes = self.frames * u32::from(frame_bytes);
        self.out.write_all(b"RIFF")?;
        self.out.write_all(&(HEADER_BYTES - 8 + data_bytes).to_le_bytes())?;
        self.out.write_all(b"WAVEfmt ")?;
        self.out.write_all(&18_u32.to_le_bytes())?;
        self.out.write_all(&3_u16.to_le_bytes())?;
        self.out.write_all(&self.channels.to_le_bytes())?;
        self.out.write_all(&self.sample_rate_hz.to_le_bytes())?;
        self.out.write_all(&(self.sample_rate_hz * u32::from(frame_bytes)).to_le_bytes())?;
        self.out.write_all(&frame_bytes.to_le_bytes())?;
        self.out.write_all(&32_u16.to_le_bytes())?;
        self.out.write_all(&0_u16.to_le_bytes())?;
        self.out.write_all(b"fact")?;
        self.out.write_all(&4_u32.to_le_bytes())?;
        self.out.write_all(&self.frames.to_le_bytes())?;
        self.out.write_all(b"data")?;
        self.out.write_all(&data_bytes.to_le_bytes())
    }

    /// Appends frames; the caller has seen to it that the file stays under 4 GiB and rows are equally long.
    pub(crate) fn write(&mut self, rows: &[impl AsRef<[f32]>], frames: usize) -> Result<()> {
        self.bytes.clear();
        match rows {
            [left, right] => {
                for (left, right) in left.as_ref().iter().zip(right.as_ref()) {
                    let pair = u64::from(finite(*left).to_bits()) | u64::from(finite(*right).to_bits()) << 32;
                    self.bytes.extend_from_slice(&pair.to_le_bytes());
                }
            }
            _ => {
                for frame in 0..frames {
                    rows.iter().for_each(|row| self.bytes.extend_from_slice(&finite(row.as_ref()[frame]).to_le_bytes()));
                }
            }
        }
        self.frames += frames as u32;
        self.out.write_all(&self.bytes)
    }

    /// Completes the header.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.out.seek(SeekFrom::Start(0))?;
        self.header()?;
        self.out.flush()
    }
}
