//! What a bounce measures as: peak, RMS, loudness, and frames that should not be.

use patchlight_engine::GROUP;
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, SimdJob, load, splat, vectorize};
use patchlight_modules::Loudness;
use serde::Serialize;

/// Levels of a stereo signal.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Levels {
    /// dBFS of the largest sample; −200 for silence.
    pub peak_dbfs: f64,
    /// dBFS of the root mean square over both channels.
    pub rms_dbfs: f64,
    /// Integrated loudness (EBU R 128); −200 for silence.
    pub lufs: f64,
    /// Frames with a sample beyond full scale.
    pub clipped_frames: u64,
    /// Frames with a sample that is no number.
    pub nonfinite_frames: u64,
}

/// Measures a signal piece by piece.
pub struct Meter {
    loudness: Loudness,
    peak: f64,
    square_sum: f64,
    frames: u64,
    clipped_frames: u64,
    nonfinite_frames: u64,
}

fn db(ratio: f64) -> f64 {
    if ratio > 1e-10 { 20.0 * ratio.log10() } else { -200.0 }
}

/// The largest sample and the sum of squares of frames; what is no number makes either one too.
struct Extremes<'a>([&'a [f32]; 2]);

impl SimdJob for Extremes<'_> {
    type Output = (f32, f32);

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> (f32, f32) {
        let (mut peaks, mut sums) = (splat(simd, 0.0), splat(simd, 0.0));
        let (mut peak, mut sum) = (0.0_f32, 0.0);
        for row in self.0 {
            let (eights, rest) = row.as_chunks::<GROUP>();
            for eight in eights {
                let x = load(simd, eight);
                peaks = peaks.max(x.abs());
                sums = x.mul_add(x, sums);
            }
            for x in rest {
                peak = peak.max(x.abs());
                sum += x * x;
            }
        }
        (peak.max(simd.reduce_max_f32x8(peaks)), sum + simd.reduce_sum_f32x8(sums))
    }
}

impl Meter {
    #[must_use]
    pub fn new(sample_rate_hz: u32) -> Self {
        Self { loudness: Loudness::new(sample_rate_hz), peak: 0.0, square_sum: 0.0, frames: 0, clipped_frames: 0, nonfinite_frames: 0 }
    }

    /// Takes the next frames, left and right of equal length.
    pub fn add(&mut self, left: &[f32], right: &[f32]) {
        self.frames += left.len() as u64;
        self.loudness.add(left, right);
        // So few at a time that a sum of 32 bits is exact to more places than are shown.
        for (left, right) in left.chunks(512).zip(right.chunks(512)) {
            let (peak, square_sum) = vectorize(Extremes([left, right]));
            if peak <= 1.0 && square_sum.is_finite() {
                self.peak = self.peak.max(f64::from(peak));
                self.square_sum += f64::from(square_sum);
            } else {
                self.add_strange(left, right);
            }
        }
    }

    /// Frames among which some are too loud or no numbers.
    fn add_strange(&mut self, left: &[f32], right: &[f32]) {
        for (left, right) in left.iter().zip(right) {
            let is_finite = left.is_finite() & right.is_finite();
            self.nonfinite_frames += u64::from(!is_finite);
            let (left, right) = if is_finite { (f64::from(*left), f64::from(*right)) } else { (0.0, 0.0) };
            let largest = left.abs().max(right.abs());
            self.peak = self.peak.max(largest);
            self.clipped_frames += u64::from(largest > 1.0);
            self.square_sum += left * left + right * right;
        }
    }

    /// The levels of all that was added.
    #[must_use]
    pub fn levels(&self) -> Levels {
        Levels {
            peak_dbfs: db(self.peak),
            rms_dbfs: db((self.square_sum / (2 * self.frames.max(1)) as f64).sqrt()),
            lufs: self.loudness.integrated_lufs().unwrap_or(-200.0),
            clipped_frames: self.clipped_frames,
            nonfinite_frames: self.nonfinite_frames,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Meter;

    #[test]
    fn a_sine_at_minus_twenty_measures_as_the_standard_says() {
        let mut meter = Meter::new(48_000);
        let sine: Vec<f32> = (0..48_000 * 5).map(|n| 0.1 * (std::f32::consts::TAU * 1000.0 * n as f32 / 48_000.0).sin()).collect();
        meter.add(&sine, &sine);
        let levels = meter.levels();
        assert!((levels.peak_dbfs + 20.0).abs() < 0.01);
        assert!((levels.rms_dbfs + 23.01).abs() < 0.01);
        // EBU Tech 3341, case 1: a stereo sine at −23 dBFS is −23 LUFS; this one is 3 dB above.
        assert!((levels.lufs + 20.0).abs() < 0.1, "{}", levels.lufs);
        meter.add(&[f32::NAN, 1.5], &[0.0, 0.0]);
        assert_eq!((meter.levels().nonfinite_frames, meter.levels().clipped_frames), (1, 1));
    }
}
