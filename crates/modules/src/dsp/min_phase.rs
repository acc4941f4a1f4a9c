//! The low-pass that makes edges band-limited: a windowed sinc, turned into the filter of least delay with the same response.
//!
//! Of all filters with one magnitude response, the minimum-phase one rings only after an edge, so an oscillator that uses it
//! need not know its future. Homomorphic method: the cepstrum (the inverse transform of the log magnitude) is folded onto its
//! causal half, and the exponential taken of its transform (Oppenheim and Schafer, *Discrete-Time Signal Processing*, ch. 13;
//! used for edges by Brandt, *Hard Sync Without Aliasing*, ICMC 2001).

use std::f64::consts::{PI, TAU};

/// A complex number, real part first.
type Complex = (f64, f64);

/// The impulse response of the low-pass, `len_samples × per_sample + 1` points, `per_sample` of them to a sample; its integral is 1.
///
/// `cutoff` is where the response has halved, in cycles a sample; `beta` is the Kaiser window's.
pub fn kernel(len_samples: usize, per_sample: usize, cutoff: f64, beta: f64) -> Vec<f64> {
    let len = len_samples * per_sample;
    let mut taps: Vec<f64> =
        (0..=len).map(|i| windowed_sinc(2.0 * i as f64 / len as f64 - 1.0, len_samples as f64, cutoff, beta)).collect();
    least_delay(&mut taps);
    let area = taps.iter().sum::<f64>() / per_sample as f64;
    taps.iter_mut().for_each(|tap| *tap /= area);
    taps
}

/// `position` is −1 to 1 along the window.
fn windowed_sinc(position: f64, len_samples: f64, cutoff: f64, beta: f64) -> f64 {
    let turns = cutoff * position * len_samples * 0.5;
    let sinc = if turns.abs() < 1e-12 { 1.0 } else { (TAU * turns).sin() / (TAU * turns) };
    sinc * bessel_i0(beta * (1.0 - position * position).max(0.0).sqrt())
}

/// The modified Bessel function of order zero, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for k in 1..50 {
        term *= (x / (2.0 * f64::from(k))).powi(2);
        sum += term;
    }
    sum
}

fn least_delay(taps: &mut [f64]) {
    let len = (taps.len() * 8).next_power_of_two();
    let mut bins: Vec<Complex> = taps.iter().map(|tap| (*tap, 0.0)).chain(std::iter::repeat((0.0, 0.0))).take(len).collect();
    transform(&mut bins, false);
    // Zeros on the unit circle have no logarithm: −140 dB stands for them.
    let floor = 1e-7 * bins.iter().map(|bin| bin.0.hypot(bin.1)).fold(0.0, f64::max);
    bins.iter_mut().for_each(|bin| *bin = (bin.0.hypot(bin.1).max(floor).ln(), 0.0));
    transform(&mut bins, true);
    bins[1..len / 2].iter_mut().for_each(|bin| *bin = (2.0 * bin.0, 0.0));
    bins[len / 2 + 1..].fill((0.0, 0.0));
    transform(&mut bins, false);
    for bin in &mut bins {
        let (magnitude, (sin, cos)) = (bin.0.exp(), bin.1.sin_cos());
        *bin = (magnitude * cos, magnitude * sin);
    }
    transform(&mut bins, true);
    taps.iter_mut().zip(&bins).for_each(|(tap, bin)| *tap = bin.0);
}

/// The discrete Fourier transform of a power of two of points, in place (radix two, decimation in time).
fn transform(points: &mut [Complex], inverse: bool) {
    let len = points.len();
    let bits = len.trailing_zeros();
    for i in 0..len {
        let j = i.reverse_bits() >> (usize::BITS - bits);
        if i < j {
            points.swap(i, j);
        }
    }
    let mut half = 1;
    while half < len {
        let angle = if inverse { PI } else { -PI } / half as f64;
        let twiddles: Vec<Complex> = (0..half).map(|k| (angle * k as f64).sin_cos()).map(|(sin, cos)| (cos, sin)).collect();
        for chunk in points.chunks_exact_mut(2 * half) {
            let (low, high) = chunk.split_at_mut(half);
            for ((a, b), w) in low.iter_mut().zip(high).zip(&twiddles) {
                let turned = (b.0 * w.0 - b.1 * w.1, b.0 * w.1 + b.1 * w.0);
                *b = (a.0 - turned.0, a.1 - turned.1);
                *a = (a.0 + turned.0, a.1 + turned.1);
            }
        }
        half *= 2;
    }
    if inverse {
        points.iter_mut().for_each(|point| *point = (point.0 / len as f64, point.1 / len as f64));
    }
}

#[cfg(test)]
mod tests {
    use super::kernel;
    use std::f64::consts::TAU;

    /// The response in dB at a frequency in cycles a sample.
    fn response_db(taps: &[f64], per_sample: usize, frequency: f64) -> f64 {
        let (mut re, mut im) = (0.0, 0.0);
        for (i, tap) in taps.iter().enumerate() {
            let (sin, cos) = (TAU * frequency * i as f64 / per_sample as f64).sin_cos();
            re += tap * cos;
            im += tap * sin;
        }
        20.0 * (f64::hypot(re, im) / per_sample as f64).log10()
    }

    #[test]
    fn the_response_is_that_of_the_sinc_and_the_delay_is_short() {
        let taps = kernel(30, 64, 0.46, 8.5);
        assert!(response_db(&taps, 64, 16.0 / 48.0).abs() < 0.01);
        assert!((response_db(&taps, 64, 0.46) + 6.02).abs() < 0.2);
        assert!(response_db(&taps, 64, 0.6) < -80.0);
        let delay: f64 = taps.iter().enumerate().map(|(i, tap)| i as f64 * tap).sum::<f64>() / (64.0 * 64.0);
        assert!((2.0..3.0).contains(&delay), "{delay} samples");
    }
}
