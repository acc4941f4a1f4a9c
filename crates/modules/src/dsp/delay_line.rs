//! A delay line of fixed memory that is read whole, between frames by cubic or by fifth-order Lagrange interpolation.

/// Remembers the last frames of a signal. Its length is a power of two, allocated when built.
#[derive(Clone, Debug)]
pub(crate) struct DelayLine {
    frames: Box<[f32]>,
    mask: usize,
    next: usize,
}

impl DelayLine {
    /// Room for delays of up to `longest_frames`, and what interpolation needs around them.
    pub(crate) fn new(longest_frames: usize) -> Self {
        let len = (longest_frames + 8).next_power_of_two();
        Self { frames: vec![0.0; len].into_boxed_slice(), mask: len - 1, next: 0 }
    }

    pub(crate) fn reset(&mut self) {
        self.frames.fill(0.0);
        self.next = 0;
    }

    #[inline]
    pub(crate) fn push(&mut self, sample: f32) {
        self.frames[self.next] = sample;
        self.next = (self.next + 1) & self.mask;
    }

    /// What was pushed `delay` frames ago; 1 is the last push.
    #[inline]
    pub(crate) fn at(&self, delay: usize) -> f32 {
        self.frames[self.next.wrapping_sub(delay) & self.mask]
    }

    /// Third-order Lagrange interpolation; `delay` from 2 frames up. Whole delays give the frames themselves.
    #[inline]
    pub(crate) fn cubic(&self, delay: f64) -> f32 {
        let whole = delay as usize;
        let t = (delay - whole as f64) as f32;
        if t == 0.0 {
            return self.at(whole);
        }
        let [a, b, c, d] = [whole - 1, whole, whole + 1, whole + 2].map(|k| self.at(k));
        let (tp, tm, tn) = (t + 1.0, t - 1.0, t - 2.0);
        b * (tp * tm * tn * 0.5) - a * (t * tm * tn / 6.0) - c * (tp * t * tn * 0.5) + d * (tp * t * tm / 6.0)
    }

    /// Fifth-order Lagrange interpolation, for loops that must be in tune; `delay` from 3 frames up.
    #[inline]
    pub(crate) fn quintic(&self, delay: f32) -> f32 {
        let whole = delay as usize;
        let t = delay - whole as f32;
        let nodes = [-2.0, -1.0, 0.0, 1.0, 2.0, 3.0];
        // The products of the differences between nodes: −120, 24, −12, 12, −24, 120.
        let scales = [-1.0 / 120.0, 1.0 / 24.0, -1.0 / 12.0, 1.0 / 12.0, -1.0 / 24.0, 1.0 / 120.0];
        let mut sum = 0.0;
        for (i, scale) in scales.into_iter().enumerate() {
            let mut weight = scale;
            for (j, node) in nodes.iter().enumerate() {
                if j != i {
                    weight *= t - node;
                }
            }
            sum += weight * self.at(whole + i - 2);
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::DelayLine;

    #[test]
    fn reads_whole_and_between_frames() {
        let mut line = DelayLine::new(100);
        let wave = |frame: f64| (frame * 0.1).sin() as f32;
        (0..300).for_each(|n| line.push(wave(f64::from(n))));
        assert_eq!(line.at(1), wave(299.0));
        assert_eq!(line.cubic(20.0), wave(280.0));
        assert!((line.cubic(20.3) - wave(279.7)).abs() < 1e-5);
        assert!((line.quintic(20.3) - wave(279.7)).abs() < 1e-6);
        assert!((line.quintic(99.9) - wave(200.1)).abs() < 1e-6);
    }
}
