//! Wavetables: single cycles in a row, each kept in as many band-limited copies as a note needs to sound without aliases.
//!
//! There are two copies to the octave: copy `n` holds the harmonics up to 1024·2^(−n/2). A note takes the first whose highest harmonic lies
//! below what may be heard or folded (28 kHz at 48 kHz): then the sound reaches to 19.8 kHz at least, wherever it is played. Cycles
//! are taken apart and put together by FFT, so a copy is exact. What is read between their frames by Catmull–Rom's cubic is clean where
//! they hold sixteen frames or more to the highest harmonic's period; hence the rich ones are long.

use realfft::RealFftPlanner;
use realfft::num_complex::Complex;
use std::fmt;

/// Harmonics of the richest copy.
const MAX_HARMONICS: usize = 1024;
/// Copies of each cycle: from 1024 harmonics to one.
pub const LEVELS: usize = 21;
/// Copies that are [`LONG`], the richest; the others are [`SHORT`].
pub const LONG_LEVELS: usize = 8;
/// Frames of a cycle, as a power of two.
pub const LONG_BITS: u32 = 12;
pub const SHORT_BITS: u32 = 10;
const LONG: usize = 1 << LONG_BITS;
const SHORT: usize = 1 << SHORT_BITS;
/// One frame before a cycle and three behind it are the same cycle's: four can be read from anywhere.
pub const GUARD: usize = 4;
/// The shortest cycle that is taken.
const SHORTEST: usize = 16;

/// Cycles between which a sound is blended. Made away from the audio thread.
#[derive(Clone, Debug, PartialEq)]
pub struct Wavetable {
    cycles: usize,
    /// Level after level, each with all cycles.
    samples: Vec<f32>,
}

/// Samples are no wavetable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WavetableError {
    /// So many frames cannot be parted into cycles of so many.
    Cycles {
        frames: usize,
        cycle_frames: usize,
    },
    TooMany {
        cycles: usize,
    },
    Silent,
}

impl fmt::Display for WavetableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cycles { frames, cycle_frames: 0 } => write!(
                f,
                "it does not say how long its cycles are, and {frames} frames are no whole number of cycles of 2048, 1024, 512 or 256; choose the length"
            ),
            Self::Cycles { frames, cycle_frames } => {
                write!(f, "{frames} frames hold no cycle of {cycle_frames}; choose another length of its cycles")
            }
            Self::TooMany { cycles } => {
                write!(f, "it holds {cycles} cycles, and {} are the most; choose a greater length of its cycles", Wavetable::MAX_CYCLES)
            }
            Self::Silent => write!(f, "it is silent"),
        }
    }
}

impl std::error::Error for WavetableError {}

impl Wavetable {
    pub const MAX_CYCLES: usize = 256;

    /// Cycles of `cycle_frames` each, one behind the other; what is left over at the end is dropped. 0 guesses the length: 2048, or the next
    /// smaller power of two that parts the frames evenly, or all of them as one cycle where there are few.
    ///
    /// # Errors
    /// When there is no whole cycle, too many, or nothing to hear.
    pub fn new(samples: &[f32], cycle_frames: usize) -> Result<Self, WavetableError> {
        let frames = samples.len();
        let guess = || {
            [2048, 1024, 512, 256]
                .into_iter()
                .find(|length| frames > 0 && frames.is_multiple_of(*length))
                .or((SHORTEST..2048).contains(&frames).then_some(frames))
        };
        let length = if cycle_frames == 0 { guess().ok_or(WavetableError::Cycles { frames, cycle_frames })? } else { cycle_frames };
        let cycles = frames / length.max(1);
        if cycles == 0 || length < SHORTEST {
            return Err(WavetableError::Cycles { frames, cycle_frames: length });
        }
        if cycles > Self::MAX_CYCLES {
            return Err(WavetableError::TooMany { cycles });
        }
        if samples.iter().all(|sample| sample.abs() < 1e-9) {
            return Err(WavetableError::Silent);
        }
        let spectra: Vec<Vec<Complex<f32>>> = samples.chunks_exact(length).map(spectrum).collect();
        let mut table = Vec::with_capacity(cycles * (LONG_LEVELS * (LONG + GUARD) + (LEVELS - LONG_LEVELS) * (SHORT + GUARD)));
        for level in 0..LEVELS {
            let frames = if level < LONG_LEVELS { LONG } else { SHORT };
            spectra.iter().for_each(|spectrum| table.extend(guarded(&cycle(spectrum, harmonics(level), frames))));
        }
        Ok(Self { cycles, samples: table })
    }

    /// How many cycles there are, 1 to [`Wavetable::MAX_CYCLES`].
    #[must_use]
    pub fn cycles(&self) -> usize {
        self.cycles
    }

    /// All copies: those of [`LONG_LEVELS`] first, cycles of 2^[`LONG_BITS`] frames and [`GUARD`] more, then those of 2^[`SHORT_BITS`]. The frame
    /// before a cycle's first stands first.
    #[must_use]
    pub fn samples(&self) -> &[f32] {
        &self.samples
    }

    /// A cycle as it is, of so many points, for pictures.
    #[must_use]
    pub fn picture(&self, cycle: usize, points: usize) -> Vec<f32> {
        let cycle = &self.samples[cycle.min(self.cycles - 1) * (LONG + GUARD) + 1..][..LONG];
        (0..points).map(|point| cycle[point * LONG / points.max(1)]).collect()
    }
}

/// The highest harmonic of a copy.
fn harmonics(level: usize) -> usize {
    (MAX_HARMONICS as f64 * (-0.5 * level as f64).exp2()).round() as usize
}

/// Harmonics of a cycle, from 0 on, each by its amplitude and phase.
fn spectrum(cycle: &[f32]) -> Vec<Complex<f32>> {
    let transform = RealFftPlanner::<f32>::new().plan_fft_forward(cycle.len());
    let (mut input, mut output) = (cycle.to_vec(), transform.make_output_vec());
    // The lengths are the plan's own: it cannot fail.
    let _ = transform.process(&mut input, &mut output);
    let scale = 1.0 / cycle.len() as f32;
    // Nothing that does not swing, and not the harmonic at half the rate, whose phase nobody knows.
    let top = output.len() - usize::from(cycle.len().is_multiple_of(2));
    output.truncate(top);
    output.iter_mut().for_each(|bin| *bin *= scale);
    output[0] = Complex::new(0.0, 0.0);
    output
}

/// A cycle of the harmonics up to one.
fn cycle(spectrum: &[Complex<f32>], highest: usize, frames: usize) -> Vec<f32> {
    let transform = RealFftPlanner::<f32>::new().plan_fft_inverse(frames);
    let (mut input, mut output) = (transform.make_input_vec(), transform.make_output_vec());
    let count = spectrum.len().min(highest + 1).min(frames / 2);
    input[..count].copy_from_slice(&spectrum[..count]);
    let _ = transform.process(&mut input, &mut output);
    output
}

fn guarded(cycle: &[f32]) -> impl Iterator<Item = f32> + '_ {
    let frames = cycle.len();
    (0..frames + GUARD).map(move |index| cycle[(index + frames - 1) % frames])
}

#[cfg(test)]
mod tests {
    use super::{GUARD, LONG, LONG_LEVELS, SHORT, Wavetable, WavetableError, harmonics};
    use std::f64::consts::TAU;

    fn saw(frames: usize) -> Vec<f32> {
        (0..frames).map(|n| (1.0 - 2.0 * (n as f64 + 0.5) / frames as f64) as f32).collect()
    }

    #[test]
    fn the_richest_copy_is_what_was_given() {
        let one: Vec<f32> = (0..2048).map(|n| (TAU * 5.0 * n as f64 / 2048.0 + 0.3).sin() as f32).collect();
        let table = Wavetable::new(&[saw(2048), one.clone()].concat(), 2048).expect("a table");
        assert_eq!(table.cycles(), 2);
        let picture = table.picture(1, 2048);
        assert!(one.iter().zip(&picture).all(|(a, b)| (a - b).abs() < 1e-4));
    }

    #[test]
    fn copies_hold_their_harmonics_and_no_more() {
        let table = Wavetable::new(&saw(2048), 0).expect("a table");
        let level = 12;
        let at = LONG_LEVELS * (LONG + GUARD) + (level - LONG_LEVELS) * (SHORT + GUARD) + 1;
        let cycle = &table.samples()[at..at + SHORT];
        let amplitude = |harmonic: usize| {
            let (mut re, mut im) = (0.0, 0.0);
            for (n, x) in cycle.iter().enumerate() {
                let angle = TAU * (harmonic * n) as f64 / SHORT as f64;
                (re, im) = (re + f64::from(*x) * angle.cos(), im + f64::from(*x) * angle.sin());
            }
            2.0 * re.hypot(im) / SHORT as f64
        };
        let top = harmonics(level);
        assert_eq!(top, 16);
        for harmonic in 1..=top {
            let expected = 2.0 / (std::f64::consts::PI * harmonic as f64);
            assert!((amplitude(harmonic) / expected - 1.0).abs() < 0.01, "harmonic {harmonic}: {}", amplitude(harmonic));
        }
        assert!((top + 1..200).all(|harmonic| amplitude(harmonic) < 1e-6));
        // A cycle goes round.
        assert_eq!(table.samples()[at - 1], cycle[SHORT - 1]);
        assert_eq!(table.samples()[at + SHORT..at + SHORT + 3], cycle[..3]);
    }

    #[test]
    fn lengths_are_guessed_and_what_is_no_table_is_refused() {
        assert_eq!(Wavetable::new(&saw(512 * 3), 0).map(|table| table.cycles()), Ok(3));
        assert_eq!(Wavetable::new(&saw(600), 0).map(|table| table.cycles()), Ok(1));
        assert_eq!(Wavetable::new(&saw(5000), 0), Err(WavetableError::Cycles { frames: 5000, cycle_frames: 0 }));
        assert_eq!(Wavetable::new(&saw(100), 256), Err(WavetableError::Cycles { frames: 100, cycle_frames: 256 }));
        assert_eq!(Wavetable::new(&saw(256 * 300), 256), Err(WavetableError::TooMany { cycles: 300 }));
        assert_eq!(Wavetable::new(&[0.0; 2048], 2048), Err(WavetableError::Silent));
    }
}
