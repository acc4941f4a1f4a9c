//! Delays between whole frames that keep the highs: ten taps that come nearest to a pure delay below 0.7 of half the rate.
//!
//! The taps h solve R·h = b, the least squares of |H(ω) − e^(−iωd)| over 0 to ω₁ = 0.7π, with R = sin(ω₁(i−k))/(i−k) and
//! b = sin(ω₁(i−d))/(i−d) (Laakso et al., *Splitting the Unit Delay*, 1996, eq. 43 and 44). Flat within 0.04 dB up to 15 kHz from
//! 44.1 kHz on; nowhere louder than 0.04 dB.

/// Frames that one sample is made of.
pub(crate) const EXACT_TAPS: usize = 10;
/// Taps that lie nearer than the delay's whole frames.
pub(crate) const EXACT_NEARER: usize = EXACT_TAPS / 2 - 1;
const EDGE: f64 = 0.7 * std::f64::consts::PI;

/// The inverse of R.
#[derive(Clone, Debug)]
pub(crate) struct ExactTaps(Box<[[f64; EXACT_TAPS]; EXACT_TAPS]>);

fn sinc(x: f64) -> f64 {
    if x.abs() < 1e-9 { EDGE } else { (EDGE * x).sin() / x }
}

impl ExactTaps {
    /// Solves for each column by elimination; R is positive definite, so no pivots are sought.
    pub(crate) fn new() -> Self {
        let mut matrix: [[f64; EXACT_TAPS]; EXACT_TAPS] = std::array::from_fn(|i| std::array::from_fn(|k| sinc(i as f64 - k as f64)));
        let mut inverse: [[f64; EXACT_TAPS]; EXACT_TAPS] = std::array::from_fn(|i| std::array::from_fn(|k| if i == k { 1.0 } else { 0.0 }));
        for pivot in 0..EXACT_TAPS {
            let scale = 1.0 / matrix[pivot][pivot];
            matrix[pivot].iter_mut().chain(&mut inverse[pivot]).for_each(|x| *x *= scale);
            let (row, known) = (matrix[pivot], inverse[pivot]);
            for other in (0..EXACT_TAPS).filter(|other| *other != pivot) {
                let factor = matrix[other][pivot];
                matrix[other].iter_mut().zip(row).for_each(|(x, y)| *x -= factor * y);
                inverse[other].iter_mut().zip(known).for_each(|(x, y)| *x -= factor * y);
            }
        }
        Self(Box::new(inverse))
    }

    /// The weights of frames that are later by −4 to 5 than the whole frames of a delay, for the rest of it (0 to 1).
    pub(crate) fn weights(&self, rest: f64) -> [f32; EXACT_TAPS] {
        let wanted: [f64; EXACT_TAPS] = std::array::from_fn(|i| sinc(i as f64 - EXACT_NEARER as f64 - rest));
        self.0.map(|row| row.iter().zip(wanted).map(|(x, y)| x * y).sum::<f64>() as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::{EXACT_NEARER, ExactTaps};

    #[test]
    fn it_is_flat_and_late_by_what_is_asked_up_to_fifteen_kilohertz() {
        let taps = ExactTaps::new();
        for tenths in 0..=10 {
            let rest = f64::from(tenths) / 10.0;
            let weights = taps.weights(rest);
            for hz in (0..=150).map(|step| f64::from(step) * 100.0) {
                let turn = std::f64::consts::TAU * hz / 44_100.0;
                let (mut re, mut im) = (0.0, 0.0);
                for (k, weight) in weights.iter().enumerate() {
                    let late = k as f64 - EXACT_NEARER as f64 - rest;
                    re += f64::from(*weight) * (turn * late).cos();
                    im += f64::from(*weight) * (turn * late).sin();
                }
                assert!((20.0 * re.hypot(im).log10()).abs() < 0.04, "{hz} Hz, {rest}: {re} {im}");
                assert!(im.atan2(re).abs() < 0.002, "{hz} Hz, {rest}: {re} {im}");
            }
        }
    }
}
