//! Fingerprints: what a render sounds like in a few numbers, kept as text and compared with tolerances.

use crate::level::{db, peak, rms_db};
use crate::spectrum::Spectrum;
use std::fmt;
use std::str::FromStr;

/// Bands of a fingerprint: thirds of octaves would be too fine to be robust, octaves too coarse to tell sounds apart.
const BANDS: usize = 18;
const LOWEST_HZ: f64 = 31.25;

/// Level, brightness and spectrum of a render.
#[derive(Clone, Debug, PartialEq)]
pub struct Fingerprint {
    pub rms_db: f64,
    pub peak_db: f64,
    pub centroid_hz: f64,
    /// dB of half-octave bands from 31 Hz, relative to the whole; −60 at the least.
    pub bands_db: Vec<f64>,
}

impl Fingerprint {
    /// Of a mono render.
    #[must_use]
    pub fn of(samples: &[f32], sample_rate_hz: f64) -> Self {
        let spectrum = Spectrum::new(samples, sample_rate_hz);
        let whole = spectrum.band(LOWEST_HZ, 20_000.0);
        let edge = |band: usize| LOWEST_HZ * 2.0_f64.powf(band as f64 / 2.0);
        let bands_db = (0..BANDS).map(|band| db(spectrum.band(edge(band), edge(band + 1)) / whole).max(-60.0)).collect();
        Self { rms_db: rms_db(samples), peak_db: db(f64::from(peak(samples))), centroid_hz: spectrum.centroid_hz(), bands_db }
    }

    /// In words, where two fingerprints differ by more than an ear forgives: half a decibel of level, a fifth of the brightness,
    /// two decibels in a band that counts.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut found = Vec::new();
        let mut compare = |what: String, a: f64, b: f64, tolerance: f64| {
            if (a - b).abs() > tolerance {
                found.push(format!("{what}: {a:.1}, was {b:.1}"));
            }
        };
        compare("RMS in dB".to_owned(), self.rms_db, other.rms_db, 0.5);
        compare("peak in dB".to_owned(), self.peak_db, other.peak_db, 1.5);
        compare("centroid in Hz".to_owned(), self.centroid_hz, other.centroid_hz, 0.2 * other.centroid_hz);
        for (band, (a, b)) in self.bands_db.iter().zip(&other.bands_db).enumerate() {
            let tolerance = if a.max(*b) > -30.0 { 2.0 } else { 6.0 };
            compare(format!("band {band} in dB"), *a, *b, tolerance);
        }
        found
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rms_db {:.2}\npeak_db {:.2}\ncentroid_hz {:.1}\nbands_db", self.rms_db, self.peak_db, self.centroid_hz)?;
        self.bands_db.iter().try_for_each(|band| write!(f, " {band:.1}"))?;
        writeln!(f)
    }
}

/// The text is not a fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoFingerprint;

impl FromStr for Fingerprint {
    type Err = NoFingerprint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers = |name: &str| -> Result<Vec<f64>, NoFingerprint> {
            let line = text.lines().find_map(|line| line.strip_prefix(name)).ok_or(NoFingerprint)?;
            line.split_whitespace().map(|word| word.parse().map_err(|_| NoFingerprint)).collect()
        };
        let one = |name: &str| numbers(name)?.first().copied().ok_or(NoFingerprint);
        Ok(Self { rms_db: one("rms_db ")?, peak_db: one("peak_db ")?, centroid_hz: one("centroid_hz ")?, bands_db: numbers("bands_db ")? })
    }
}

#[cfg(test)]
mod tests {
    use super::Fingerprint;

    fn tone(hz: f32, level: f32) -> Vec<f32> {
        (0..48_000).map(|n| level * (std::f32::consts::TAU * hz * n as f32 / 48_000.0).sin()).collect()
    }

    #[test]
    fn it_survives_as_text_and_tells_a_louder_or_brighter_sound() {
        let print = Fingerprint::of(&tone(440.0, 0.5), 48_000.0);
        let read: Fingerprint = print.to_string().parse().expect("a fingerprint");
        assert!(print.differences(&read).is_empty());
        assert!(!Fingerprint::of(&tone(440.0, 0.56), 48_000.0).differences(&print).is_empty());
        assert!(!Fingerprint::of(&tone(620.0, 0.5), 48_000.0).differences(&print).is_empty());
    }
}
