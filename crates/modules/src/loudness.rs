//! How loud a stereo signal is to the ear: ITU-R BS.1770-5, with the gates of EBU R 128.
//!
//! The signal is weighted by two filters in a row (a shelf for the head, a high-pass for what the ear hardly counts), and the mean
//! of its squares taken over 400 ms, every 100 ms. The integrated loudness is the mean of those that pass two gates: −70 LUFS, and 10 LU
//! below the mean of what passes the first. Memory is fixed, so it can run on the audio thread.

use fearless_simd::{f64x2, f64x4};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, SimdJob, vectorize};

/// LUFS of a mean square of 1, summed over the channels.
const OFFSET_LU: f64 = -0.691;
const ABSOLUTE_GATE_LUFS: f64 = -70.0;
const RELATIVE_GATE_LU: f64 = -10.0;
/// Steps to a block of 400 ms.
const STEPS: usize = 4;
/// Blocks are kept by their loudness, so finely that a gate within a bin moves nothing one could read.
const BIN_LU: f64 = 0.05;
const BINS: usize = 2_000;

fn lufs(mean_square: f64) -> f64 {
    OFFSET_LU + 10.0 * mean_square.log10()
}

/// Blocks of about the same loudness.
#[derive(Clone, Copy, Default)]
struct Bin {
    blocks: u64,
    mean_squares: f64,
}

/// Measures loudness, piece by piece.
pub struct Loudness {
    filter: Weighting,
    step_frames: usize,
    /// Of the step that is being filled.
    frames: usize,
    squares: f64,
    /// The mean squares of the steps before, the latest last, and how many there have been.
    steps: [f64; STEPS],
    filled: usize,
    bins: Box<[Bin]>,
}

impl Loudness {
    #[must_use]
    pub fn new(sample_rate_hz: u32) -> Self {
        Self {
            filter: Weighting::new(f64::from(sample_rate_hz)),
            step_frames: (sample_rate_hz / 10).max(1) as usize,
            frames: 0,
            squares: 0.0,
            steps: [0.0; STEPS],
            filled: 0,
            bins: vec![Bin::default(); BINS].into(),
        }
    }

    /// Takes the next frames, left and right of equal length. What is no number counts as silence.
    pub fn add(&mut self, left: &[f32], right: &[f32]) {
        let (mut left, mut right) = (left, right);
        while !left.is_empty() {
            let count = left.len().min(self.step_frames - self.frames);
            let ((now_left, later_left), (now_right, later_right)) = (left.split_at(count), right.split_at(count));
            self.squares += vectorize(Job { filter: &mut self.filter, left: now_left, right: now_right });
            self.frames += count;
            if self.frames == self.step_frames {
                self.end_step();
            }
            (left, right) = (later_left, later_right);
        }
    }

    fn end_step(&mut self) {
        self.steps.rotate_left(1);
        self.steps[STEPS - 1] = self.squares / self.step_frames as f64;
        (self.frames, self.squares, self.filled) = (0, 0.0, (self.filled + 1).min(STEPS));
        if self.filled == STEPS {
            let mean_square = self.steps.iter().sum::<f64>() / STEPS as f64;
            let above = lufs(mean_square) - ABSOLUTE_GATE_LUFS;
            if above > 0.0 {
                let bin = &mut self.bins[((above / BIN_LU) as usize).min(BINS - 1)];
                bin.blocks += 1;
                bin.mean_squares += mean_square;
            }
        }
    }

    /// The loudness of all that was added in LUFS; nothing where all was below the gate, or shorter than 400 ms.
    #[must_use]
    pub fn integrated_lufs(&self) -> Option<f64> {
        let mean = |bins: &[Bin]| {
            let blocks: u64 = bins.iter().map(|bin| bin.blocks).sum();
            (blocks > 0).then(|| bins.iter().map(|bin| bin.mean_squares).sum::<f64>() / blocks as f64)
        };
        let gate_lufs = lufs(mean(&self.bins)?) + RELATIVE_GATE_LU;
        let first = ((gate_lufs - ABSOLUTE_GATE_LUFS) / BIN_LU).round().max(0.0) as usize;
        mean(&self.bins[first.min(BINS - 1)..]).map(lufs)
    }
}

/// Both filters of both channels: lanes 0 and 1 the shelf of left and right, 2 and 3 the high-pass, which runs a frame behind, so that all
/// four are computed at once.
struct Weighting {
    /// b0, b1, b2, a1, a2.
    factors: [[f64; 4]; 5],
    memory: [[f64; 4]; 2],
    /// What the shelves put out in the frame before.
    shelved: [f64; 2],
}

impl Weighting {
    /// The filters of BS.1770 at any rate: B. De Man, "Evaluation of Implementations of the EBU R128 Loudness Measurement", AES 145, 2018.
    fn new(rate_hz: f64) -> Self {
        let tan = |hz: f64| (std::f64::consts::PI * hz / rate_hz).tan();
        let (k, q) = (tan(1_681.974_450_955_533), 0.707_175_236_955_419_6);
        let high: f64 = 10.0_f64.powf(3.999_843_853_973_347 / 20.0);
        let middle = high.powf(0.499_666_774_154_541_6);
        let a0 = 1.0 + k / q + k * k;
        let shelf = [
            (high + middle * k / q + k * k) / a0,
            2.0 * (k * k - high) / a0,
            (high - middle * k / q + k * k) / a0,
            2.0 * (k * k - 1.0) / a0,
            (1.0 - k / q + k * k) / a0,
        ];
        let (k, q) = (tan(38.135_470_876_024_44), 0.500_327_037_323_877_3);
        let a0 = 1.0 + k / q + k * k;
        let high_pass = [1.0, -2.0, 1.0, 2.0 * (k * k - 1.0) / a0, (1.0 - k / q + k * k) / a0];
        let factors = std::array::from_fn(|index| [shelf[index], shelf[index], high_pass[index], high_pass[index]]);
        Self { factors, memory: [[0.0; 4]; 2], shelved: [0.0; 2] }
    }

    /// Filters frames and gives the sum of the squares of what comes out, which is a frame late.
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, left: &[f32], right: &[f32]) -> f64 {
        let at = |index: usize| f64x4::from_slice(simd, &self.factors[index]);
        let [b0, b1, b2, a1, a2] = [at(0), at(1), at(2), at(3), at(4)];
        let mut memory = [f64x4::from_slice(simd, &self.memory[0]), f64x4::from_slice(simd, &self.memory[1])];
        let mut shelved = f64x2::from_slice(simd, &self.shelved);
        let mut squares = f64x4::splat(simd, 0.0);
        for (left, right) in left.iter().zip(right) {
            let frame = f64x2::from_slice(simd, &[f64::from(*left), f64::from(*right)]);
            // What is no number is not let in: it would never leave again.
            let frame =
                fearless_simd::Select::select(frame.abs().simd_lt(f64x2::splat(simd, f64::INFINITY)), frame, f64x2::splat(simd, 0.0));
            let x = simd.combine_f64x2(frame, shelved);
            // The transposed direct form, where one product and one sum stand between a frame and the next.
            let y = b0.mul_add(x, memory[0]);
            memory[0] = y.mul_add(-a1, b1.mul_add(x, memory[1]));
            memory[1] = y.mul_add(-a2, b2 * x);
            squares = y.mul_add(y, squares);
            shelved = simd.split_f64x4(y).0;
        }
        memory[0].store_slice(&mut self.memory[0]);
        memory[1].store_slice(&mut self.memory[1]);
        shelved.store_slice(&mut self.shelved);
        let mut sums = [0.0; 4];
        squares.store_slice(&mut sums);
        sums[2] + sums[3]
    }
}

struct Job<'a> {
    filter: &'a mut Weighting,
    left: &'a [f32],
    right: &'a [f32],
}

impl SimdJob for Job<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> f64 {
        self.filter.run(simd, self.left, self.right)
    }
}

#[cfg(test)]
mod tests {
    use super::Loudness;
    use ebur128::{EbuR128, Mode};

    fn tone(rate_hz: u32, hz: f32, dbfs: f32, secs: f32) -> Vec<f32> {
        let level = 10.0_f32.powf(dbfs / 20.0);
        let frames = (secs * rate_hz as f32) as usize;
        (0..frames).map(|n| level * (std::f32::consts::TAU * hz * n as f32 / rate_hz as f32).sin()).collect()
    }

    fn measured(rate_hz: u32, parts: &[(f32, f32)]) -> f64 {
        let mut loudness = Loudness::new(rate_hz);
        for (dbfs, secs) in parts {
            let part = tone(rate_hz, 1_000.0, *dbfs, *secs);
            // Pieces that fit no step.
            part.chunks(777).for_each(|piece| loudness.add(piece, piece));
        }
        loudness.integrated_lufs().unwrap()
    }

    /// EBU Tech 3341, the cases 1 to 5 that are stereo tones, within its 0.1 LU.
    #[test]
    fn the_tones_of_the_ebu_measure_as_it_says() {
        for (parts, expected) in [
            (&[(-23.0, 20.0)][..], -23.0),
            (&[(-33.0, 20.0)], -33.0),
            (&[(-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0)], -23.0),
            (&[(-72.0, 10.0), (-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0), (-72.0, 10.0)], -23.0),
            (&[(-26.0, 20.0), (-20.0, 20.1), (-26.0, 20.0)], -23.0),
        ] {
            for rate_hz in [44_100, 48_000] {
                let found = measured(rate_hz, parts);
                assert!((found - expected).abs() < 0.1, "{parts:?} at {rate_hz}: {found}");
            }
        }
    }

    #[test]
    fn noise_and_music_measure_as_with_ebur128() {
        for rate_hz in [8_000, 44_100, 48_000, 96_000, 192_000] {
            let mut ours = Loudness::new(rate_hz);
            let mut theirs = EbuR128::new(2, rate_hz, Mode::I).unwrap();
            let mut random = 1_u32;
            let low = tone(rate_hz, 45.0, -9.0, 6.0);
            let noise = |n: usize, random: &mut u32| {
                *random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (*random as i32 as f32) * (1.0 / 2_147_483_648.0) * if (n / (rate_hz as usize / 3)).is_multiple_of(3) { 0.4 } else { 0.02 }
            };
            let left: Vec<f32> = low.iter().enumerate().map(|(n, low)| low + noise(n, &mut random)).collect();
            let right: Vec<f32> = (0..left.len()).map(|n| noise(n, &mut random)).collect();
            for at in (0..left.len()).step_by(512) {
                let piece = at..(at + 512).min(left.len());
                ours.add(&left[piece.clone()], &right[piece.clone()]);
                theirs.add_frames_planar_f32(&[&left[piece.clone()], &right[piece]]).unwrap();
            }
            let (ours, theirs) = (ours.integrated_lufs().unwrap(), theirs.loudness_global().unwrap());
            assert!((ours - theirs).abs() < 0.02, "{rate_hz} Hz: {ours} and {theirs}");
        }
    }

    #[test]
    fn silence_and_scraps_have_no_loudness_and_what_is_no_number_counts_as_silence() {
        let mut loudness = Loudness::new(48_000);
        loudness.add(&[], &[]);
        loudness.add(&[0.5; 1_000], &[0.5; 1_000]);
        assert_eq!(loudness.integrated_lufs(), None);
        let mut silent = Loudness::new(48_000);
        silent.add(&[0.0; 96_000], &[f32::NAN; 96_000]);
        silent.add(&[f32::INFINITY; 960], &[0.0; 960]);
        assert_eq!(silent.integrated_lufs(), None);
        let sine = tone(48_000, 1_000.0, -20.0, 5.0);
        silent.add(&sine, &sine);
        assert!((silent.integrated_lufs().unwrap() + 20.0).abs() < 0.2);
    }
}
