//! Pitch of a tone, to a hundredth of a cent.

use crate::spectrum::tone;

/// Cents from one frequency to another.
#[must_use]
pub fn cents_between(from_hz: f64, to_hz: f64) -> f64 {
    1200.0 * (to_hz / from_hz).log2()
}

/// The frequency of the partial nearest `guess_hz` (within 3 %), from the turning of its phase between two windows.
#[must_use]
pub fn frequency_hz(samples: &[f32], sample_rate_hz: f64, guess_hz: f64) -> f64 {
    let mut estimate = guess_hz;
    // The distance between the windows grows, so the phase never turns by more than half a cycle unnoticed.
    for divisor in [64, 16, 4, 2] {
        let hop = samples.len() / divisor;
        let window = (samples.len() / 2).min(samples.len() - hop);
        let first = tone(&samples[..window], sample_rate_hz, estimate);
        let second = tone(&samples[hop..hop + window], sample_rate_hz, estimate);
        let turned = second.1 - first.1 - std::f64::consts::TAU * estimate * hop as f64 / sample_rate_hz;
        let turned = turned - (turned / std::f64::consts::TAU).round() * std::f64::consts::TAU;
        estimate += turned / (std::f64::consts::TAU * hop as f64 / sample_rate_hz);
    }
    estimate
}

#[cfg(test)]
mod tests {
    use super::{cents_between, frequency_hz};

    #[test]
    fn the_pitch_of_a_sine_is_found() {
        for hz in [55.3, 441.7, 5021.9] {
            let samples: Vec<f32> = (0..48_000).map(|n| (std::f64::consts::TAU * hz * f64::from(n) / 48_000.0).sin() as f32).collect();
            let found = frequency_hz(&samples, 48_000.0, hz * 1.004);
            assert!(cents_between(hz, found).abs() < 0.01, "{hz} was heard as {found}");
        }
    }
}
