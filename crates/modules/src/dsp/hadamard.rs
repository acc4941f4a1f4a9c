//! The Hadamard matrix of order sixteen, which spreads energy evenly and keeps it (Jot 1997, fast form of four butterflies).

/// Multiplies sixteen values by the orthonormal Hadamard matrix.
#[inline]
pub(crate) fn mix_sixteen(values: &mut [f32; 16]) {
    for half in [1, 2, 4, 8] {
        for start in (0..16).step_by(2 * half) {
            for i in start..start + half {
                let (a, b) = (values[i], values[i + half]);
                values[i] = a + b;
                values[i + half] = a - b;
            }
        }
    }
    for value in values {
        *value *= 0.25;
    }
}

#[cfg(test)]
mod tests {
    use super::mix_sixteen;

    #[test]
    fn it_keeps_energy_and_is_its_own_inverse() {
        let start: [f32; 16] = std::array::from_fn(|i| (i as f32 * 1.7).sin());
        let mut values = start;
        mix_sixteen(&mut values);
        let energy = |values: &[f32; 16]| values.iter().map(|x| x * x).sum::<f32>();
        assert!((energy(&values) / energy(&start) - 1.0).abs() < 1e-5);
        assert!((values[0] - start[0]).abs() > 1e-3);
        mix_sixteen(&mut values);
        assert!(values.iter().zip(&start).all(|(a, b)| (a - b).abs() < 1e-6));
    }
}
