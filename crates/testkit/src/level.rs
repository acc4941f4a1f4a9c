//! Levels and jumps.

use ebur128::{EbuR128, Mode};

/// Decibels of an amplitude ratio; −200 at the least.
#[must_use]
pub fn db(ratio: f64) -> f64 {
    20.0 * ratio.max(1e-10).log10()
}

/// The largest magnitude.
#[must_use]
pub fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |peak, sample| peak.max(sample.abs()))
}

/// Root mean square; 0 for nothing.
#[must_use]
pub fn rms(samples: &[f32]) -> f64 {
    if samples.is_empty() {
        return 0.0;
    }
    (samples.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / samples.len() as f64).sqrt()
}

/// Root mean square in dBFS (a full-scale square wave is 0).
#[must_use]
pub fn rms_db(samples: &[f32]) -> f64 {
    db(rms(samples))
}

/// Root mean square of consecutive windows of `window_frames`.
#[must_use]
pub fn windows_rms(samples: &[f32], window_frames: usize) -> Vec<f64> {
    samples.chunks(window_frames.max(1)).map(rms).collect()
}

/// The largest difference between neighbouring samples: how a click shows. Returns (frame, difference).
#[must_use]
pub fn largest_step(samples: &[f32]) -> (usize, f32) {
    let steps = samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).enumerate();
    steps.fold((0, 0.0), |largest, step| if step.1 > largest.1 { step } else { largest })
}

/// Below −120 dBFS throughout.
#[must_use]
pub fn is_silent(samples: &[f32]) -> bool {
    peak(samples) < 1e-6
}

/// The highest peak between the samples too, oversampled four times (ITU-R BS.1770-4, annex 2), in dBFS.
#[must_use]
pub fn true_peak_db(samples: &[f32], sample_rate_hz: u32) -> f64 {
    let peak = EbuR128::new(1, sample_rate_hz, Mode::TRUE_PEAK).and_then(|mut meter| {
        meter.add_frames_f32(samples)?;
        meter.true_peak(0)
    });
    db(peak.unwrap_or(f64::NAN))
}

/// Integrated loudness of a stereo sound in LUFS (EBU R 128), −200 for silence.
///
/// # Panics
/// When the sides differ in length.
#[must_use]
pub fn lufs([left, right]: [&[f32]; 2], sample_rate_hz: u32) -> f64 {
    assert_eq!(left.len(), right.len());
    let meter = EbuR128::new(2, sample_rate_hz, Mode::I).and_then(|mut meter| {
        meter.add_frames_planar_f32(&[left, right])?;
        meter.loudness_global()
    });
    meter.ok().filter(|loudness| loudness.is_finite()).unwrap_or(-200.0)
}
