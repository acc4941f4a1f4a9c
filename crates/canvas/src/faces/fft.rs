//! A fast Fourier transform, small because faces need no more: radix 2, in place, decimation in time (Cooley and Tukey, 1965).

use std::f32::consts::TAU;

/// Magnitudes of the bins 0 to n/2 of real samples under a Hann window, so that a sine of amplitude 1 on a bin gives 1. The number of
/// samples must be a power of two.
pub(super) fn magnitudes(samples: &[f32]) -> Vec<f32> {
    let n = samples.len();
    assert!(n.is_power_of_two(), "the transform halves its length to the end");
    let window = |i: usize| 0.5 - 0.5 * (TAU * i as f32 / n as f32).cos();
    let mut re: Vec<f32> = (0..n).map(|i| reversed(i, n)).map(|i| samples[i] * window(i)).collect();
    let mut im = vec![0.0; n];
    let twiddles: Vec<(f32, f32)> = (0..n / 2).map(|i| (-TAU * i as f32 / n as f32).sin_cos()).collect();
    let mut half = 1;
    while half < n {
        let stride = n / (2 * half);
        for start in (0..n).step_by(2 * half) {
            for k in 0..half {
                let (sin, cos) = twiddles[k * stride];
                let (a, b) = (start + k, start + k + half);
                let (re_b, im_b) = (re[b] * cos - im[b] * sin, re[b] * sin + im[b] * cos);
                (re[b], im[b]) = (re[a] - re_b, im[a] - im_b);
                (re[a], im[a]) = (re[a] + re_b, im[a] + im_b);
            }
        }
        half *= 2;
    }
    // The mean of the window is a half, and a real sine is two lines.
    let scale = 4.0 / n as f32;
    (0..=n / 2).map(|i| re[i].hypot(im[i]) * scale).collect()
}

/// The bits of `i`, below `n`, from back to front.
const fn reversed(i: usize, n: usize) -> usize {
    if n == 1 { 0 } else { i.reverse_bits() >> (usize::BITS - n.trailing_zeros()) }
}

#[cfg(test)]
mod tests {
    use super::magnitudes;
    use std::f32::consts::TAU;

    #[test]
    fn a_sine_is_one_line_of_its_amplitude() {
        let samples: Vec<f32> = (0..1024).map(|i| 0.5 * (TAU * 64.0 * i as f32 / 1024.0).sin()).collect();
        let spectrum = magnitudes(&samples);
        assert_eq!(spectrum.len(), 513);
        assert!((spectrum[64] - 0.5).abs() < 1e-4, "{}", spectrum[64]);
        let rest = spectrum.iter().enumerate().filter(|(bin, _)| bin.abs_diff(64) > 1).map(|(_, m)| *m).fold(0.0, f32::max);
        assert!(rest < 1e-5, "{rest}");
    }

    #[test]
    fn lengths_down_to_one_work() {
        assert_eq!(magnitudes(&[1.0]).len(), 1);
        assert_eq!(magnitudes(&[1.0, -1.0]).len(), 2);
    }
}
