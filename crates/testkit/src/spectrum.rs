//! Spectra.

use crate::level::db;
use realfft::RealFftPlanner;

/// Magnitudes of the bins of one window (four-term Blackman–Harris, side lobes under −92 dB; a sine on a bin reads its amplitude).
#[derive(Clone, Debug)]
pub struct Spectrum {
    pub magnitudes: Vec<f64>,
    pub bin_hz: f64,
}

/// Bins on either side of a partial that its main lobe fills.
const LOBE_BINS: usize = 4;

impl Spectrum {
    /// Of all samples given (a power of two is quickest).
    #[must_use]
    pub fn new(samples: &[f32], sample_rate_hz: f64) -> Self {
        let len = samples.len();
        let mut windowed: Vec<f64> = samples.iter().enumerate().map(|(n, x)| f64::from(*x) * blackman_harris(n, len)).collect();
        let fft = RealFftPlanner::<f64>::new().plan_fft_forward(len);
        let mut bins = fft.make_output_vec();
        fft.process(&mut windowed, &mut bins).expect("buffers come from the plan");
        let scale = 2.0 / (0.358_75 * len as f64);
        Self { magnitudes: bins.iter().map(|bin| bin.norm() * scale).collect(), bin_hz: sample_rate_hz / len as f64 }
    }

    /// The largest magnitude within a lobe's width of a frequency.
    #[must_use]
    pub fn at(&self, frequency_hz: f64) -> f64 {
        let bin = (frequency_hz / self.bin_hz).round() as usize;
        let range = bin.saturating_sub(LOBE_BINS / 2)..(bin + LOBE_BINS / 2 + 1).min(self.magnitudes.len());
        self.magnitudes[range].iter().copied().fold(0.0, f64::max)
    }

    /// Root of the energy between two frequencies, as an amplitude (the window's own spread taken off).
    #[must_use]
    pub fn band(&self, from_hz: f64, to_hz: f64) -> f64 {
        let range = (from_hz / self.bin_hz) as usize..((to_hz / self.bin_hz) as usize).min(self.magnitudes.len());
        // 2.0044: equivalent noise bandwidth of the window, in bins.
        (self.magnitudes[range].iter().map(|m| m * m).sum::<f64>() / 2.0044).sqrt()
    }

    /// The frequency of the strongest bin.
    #[must_use]
    pub fn strongest_hz(&self) -> f64 {
        let strongest = self.magnitudes.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        strongest.map_or(0.0, |(bin, _)| bin as f64 * self.bin_hz)
    }

    /// The centre of gravity of the spectrum.
    #[must_use]
    pub fn centroid_hz(&self) -> f64 {
        let (mut weighted, mut total) = (0.0, 1e-30);
        for (bin, magnitude) in self.magnitudes.iter().enumerate() {
            weighted += bin as f64 * self.bin_hz * magnitude * magnitude;
            total += magnitude * magnitude;
        }
        weighted / total
    }
}

fn blackman_harris(n: usize, len: usize) -> f64 {
    let phase = std::f64::consts::TAU * n as f64 / len as f64;
    0.358_75 - 0.488_29 * phase.cos() + 0.141_28 * (2.0 * phase).cos() - 0.011_68 * (3.0 * phase).cos()
}

/// Everything below 20 kHz that is not a harmonic of `fundamental_hz` (nor DC), in dB of the fundamental.
///
/// Give 65,536 samples of a note that lies on a bin, so that nothing leaks.
#[must_use]
pub fn alias_db(samples: &[f32], sample_rate_hz: f64, fundamental_hz: f64) -> f64 {
    let spectrum = Spectrum::new(samples, sample_rate_hz);
    let fundamental = spectrum.at(fundamental_hz);
    let end = ((20_000.0 / spectrum.bin_hz) as usize).min(spectrum.magnitudes.len());
    let spacing = fundamental_hz / spectrum.bin_hz;
    let is_harmonic = |bin: usize| {
        let nearest = (bin as f64 / spacing).round() * spacing;
        (bin as f64 - nearest).abs() <= LOBE_BINS as f64
    };
    let energy: f64 = (0..end).filter(|bin| !is_harmonic(*bin)).map(|bin| spectrum.magnitudes[bin].powi(2)).sum();
    db((energy / 2.0044).sqrt() / fundamental)
}

/// Amplitude and phase (radians) of one frequency, by correlation under a Hann window.
#[must_use]
pub fn tone(samples: &[f32], sample_rate_hz: f64, frequency_hz: f64) -> (f64, f64) {
    let (mut re, mut im, mut total) = (0.0, 0.0, 0.0);
    let step = std::f64::consts::TAU * frequency_hz / sample_rate_hz;
    for (n, sample) in samples.iter().enumerate() {
        let window = 0.5 - 0.5 * (std::f64::consts::TAU * (n as f64 + 0.5) / samples.len() as f64).cos();
        let (sin, cos) = (step * n as f64).sin_cos();
        re += f64::from(*sample) * window * cos;
        im -= f64::from(*sample) * window * sin;
        total += window;
    }
    (2.0 * re.hypot(im) / total, im.atan2(re))
}

/// What is left of a tone, in dB under it, when the best sine of exactly this frequency is taken away.
#[must_use]
pub fn signal_to_noise_db(samples: &[f32], sample_rate_hz: f64, frequency_hz: f64) -> f64 {
    let turn = |n: usize| (std::f64::consts::TAU * frequency_hz * n as f64 / sample_rate_hz).sin_cos();
    let (mut ss, mut cc, mut sc, mut xs, mut xc) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (n, x) in samples.iter().enumerate() {
        let ((s, c), x) = (turn(n), f64::from(*x));
        (ss, cc, sc, xs, xc) = (ss + s * s, cc + c * c, sc + s * c, xs + x * s, xc + x * c);
    }
    let det = ss * cc - sc * sc;
    let (a, b) = ((xs * cc - xc * sc) / det, (xc * ss - xs * sc) / det);
    let (mut signal, mut noise) = (0.0, 0.0);
    for (n, x) in samples.iter().enumerate() {
        let (s, c) = turn(n);
        let fit = a * s + b * c;
        (signal, noise) = (signal + fit * fit, noise + (f64::from(*x) - fit).powi(2));
    }
    db((signal / noise).sqrt())
}

/// The magnitude response in dB at `frequency_hz` of a linear system, from its impulse response.
#[must_use]
pub fn magnitude_response_db(impulse_response: &[f32], sample_rate_hz: f64, frequency_hz: f64) -> f64 {
    let step = std::f64::consts::TAU * frequency_hz / sample_rate_hz;
    let (mut re, mut im) = (0.0, 0.0);
    for (n, sample) in impulse_response.iter().enumerate() {
        let (sin, cos) = (step * n as f64).sin_cos();
        re += f64::from(*sample) * cos;
        im -= f64::from(*sample) * sin;
    }
    db(re.hypot(im))
}

/// Seconds in which a band falls by 60 dB, from the energy in windows of 8192 frames: the slope of a line through their decibels.
#[must_use]
pub fn t60_secs(tail: &[f32], sample_rate_hz: f64, from_hz: f64, to_hz: f64) -> f64 {
    let window = 8192;
    let levels: Vec<f64> = tail.chunks_exact(window).map(|w| db(Spectrum::new(w, sample_rate_hz).band(from_hz, to_hz))).collect();
    let count = levels.len() as f64;
    let (mean_x, mean_y) = ((count - 1.0) / 2.0, levels.iter().sum::<f64>() / count);
    let (mut xy, mut xx) = (0.0, 0.0);
    for (i, level) in levels.iter().enumerate() {
        let x = i as f64 - mean_x;
        xy += x * (level - mean_y);
        xx += x * x;
    }
    -60.0 / (xy / xx) * window as f64 / sample_rate_hz
}

/// By how many dB the strongest frequency between 100 Hz and 6 kHz stands over its surroundings, an eighth of it to either side; and its frequency.
/// Give 32,768 frames of a tail.
#[must_use]
pub fn strongest_resonance_db(tail: &[f32], sample_rate_hz: f64) -> (f64, f64) {
    let spectrum = Spectrum::new(tail, sample_rate_hz);
    let power: Vec<f64> = spectrum.magnitudes.iter().map(|m| m * m).collect();
    let mut strongest = (0.0_f64, 0.0);
    for bin in (100.0 / spectrum.bin_hz) as usize..(6_000.0 / spectrum.bin_hz) as usize {
        let reach = (bin / 8).max(24);
        let around = &power[bin.saturating_sub(reach)..bin + reach];
        let over_db = 10.0 * (power[bin] / (around.iter().sum::<f64>() / around.len() as f64)).log10();
        if over_db > strongest.0 {
            strongest = (over_db, bin as f64 * spectrum.bin_hz);
        }
    }
    strongest
}

#[cfg(test)]
mod tests {
    use super::{Spectrum, alias_db};
    use crate::level::db;

    #[test]
    fn a_sine_reads_its_amplitude_and_a_naive_saw_its_aliases() {
        let (rate, len) = (48_000.0, 65_536);
        let hz = rate / len as f64 * 1707.0;
        let sine: Vec<f32> = (0..len).map(|n| 0.5 * (std::f64::consts::TAU * hz * n as f64 / rate).sin() as f32).collect();
        assert!((db(Spectrum::new(&sine, rate).at(hz)) + 6.02).abs() < 0.01);
        assert!(alias_db(&sine, rate, hz) < -120.0);
        let saw: Vec<f32> = (0..len).map(|n| ((hz * n as f64 / rate).fract() * 2.0 - 1.0) as f32).collect();
        let aliases = alias_db(&saw, rate, hz);
        assert!((-30.0..-5.0).contains(&aliases), "a naive saw aliases: {aliases} dB");
    }
}
