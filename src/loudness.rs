//! What a bounce measures as: peak, RMS, loudness, and frames that should not be.

use ebur128::{EbuR128, Mode};
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
    ebu: Option<EbuR128>,
    peak: f64,
    square_sum: f64,
    frames: u64,
    clipped_frames: u64,
    nonfinite_frames: u64,
}

fn db(ratio: f64) -> f64 {
    if ratio > 1e-10 { 20.0 * ratio.log10() } else { -200.0 }
}

impl Meter {
    /// Rates that the loudness standard is not defined for are measured without loudness.
    #[must_use]
    pub fn new(sample_rate_hz: u32) -> Self {
        let ebu = EbuR128::new(2, sample_rate_hz, Mode::I).ok();
        Self { ebu, peak: 0.0, square_sum: 0.0, frames: 0, clipped_frames: 0, nonfinite_frames: 0 }
    }

    /// Takes the next frames, left and right of equal length.
    pub fn add(&mut self, left: &[f32], right: &[f32]) {
        self.frames += left.len() as u64;
        let (mut peak, mut square_sum) = (0.0_f32, 0.0);
        for (left, right) in left.iter().zip(right) {
            let is_finite = left.is_finite() & right.is_finite();
            self.nonfinite_frames += u64::from(!is_finite);
            let (left, right) = if is_finite { (*left, *right) } else { (0.0, 0.0) };
            let largest = left.abs().max(right.abs());
            peak = peak.max(largest);
            self.clipped_frames += u64::from(largest > 1.0);
            square_sum += f64::from(left) * f64::from(left) + f64::from(right) * f64::from(right);
        }
        self.peak = self.peak.max(f64::from(peak));
        self.square_sum += square_sum;
        // Only a wrong number of channels is an error here.
        if let Some(ebu) = &mut self.ebu {
            ebu.add_frames_planar_f32(&[left, right]).ok();
        }
    }

    /// The levels of all that was added.
    #[must_use]
    pub fn levels(&self) -> Levels {
        let loudness = self.ebu.as_ref().and_then(|ebu| ebu.loudness_global().ok()).filter(|lufs| lufs.is_finite());
        Levels {
            peak_dbfs: db(self.peak),
            rms_dbfs: db((self.square_sum / (2 * self.frames.max(1)) as f64).sqrt()),
            lufs: loudness.unwrap_or(-200.0),
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
