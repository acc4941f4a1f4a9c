//! The trapezoidal state-variable filter with all that equalizers make of it (A. Simper, *Linear trapezoidal optimised SVF*, 2013).

use crate::dsp::levels::OCTAVES_PER_DB;
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, SimdJob, exp2, f32x8, splat, store, tan_pi, vectorize};
use patchlight_engine::{GROUP, Oct};

/// What one frame is made with. The output is m0·x + m1·band + m2·low.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bell {
    a1: f32,
    a2: f32,
    a3: f32,
    m: [f32; 3],
}

/// What a band of an equalizer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Bell,
    LowShelf,
    HighShelf,
    LowPass,
    HighPass,
    Notch,
}

impl Bell {
    /// `hz` below half the rate; `q` 0.5 and more is usual; `gain_db` for bells and shelves.
    pub(crate) fn new(shape: Shape, hz: f32, q: f32, gain_db: f32, rate_hz: f32) -> Self {
        vectorize(One { shape, knobs: [hz, q, gain_db], rate_hz })
    }
}

/// One for all frames: what [`Bells`] makes of the same knobs eight times.
struct One {
    shape: Shape,
    knobs: [f32; 3],
    rate_hz: f32,
}

impl SimdJob for One {
    type Output = Bell;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Bell {
        let [hz, q, gain_db] = self.knobs;
        Bells::new(simd, self.shape, [splat(simd, hz), splat(simd, q), splat(simd, gain_db)], self.rate_hz).at(0)
    }
}

/// What eight frames are made with, whose knobs may differ.
pub(crate) struct Bells {
    a: [Oct; 3],
    m: [Oct; 3],
}

impl Bells {
    /// `hz`, `q` and `gain_db`, see [`Bell::new`].
    #[inline(always)]
    pub(crate) fn new<S: Simd>(simd: S, shape: Shape, [hz, q, gain_db]: [f32x8<S>; 3], rate_hz: f32) -> Self {
        let (zero, one) = (splat(simd, 0.0), splat(simd, 1.0));
        let tan = tan_pi(simd, (hz * splat(simd, 1.0 / rate_hz)).min(splat(simd, 0.49)));
        let octaves = gain_db * splat(simd, OCTAVES_PER_DB * 0.5);
        let (a, a2) = (exp2(simd, octaves), exp2(simd, octaves + octaves));
        let root = exp2(simd, octaves * splat(simd, 0.5));
        let k = one / q;
        let (g, k, m) = match shape {
            Shape::Bell => (tan, k / a, [one, (a2 - one) * k / a, zero]),
            Shape::LowShelf => (tan / root, k, [one, (a - one) * k, a2 - one]),
            Shape::HighShelf => (tan * root, k, [a2, (one - a) * a * k, one - a2]),
            Shape::LowPass => (tan, k, [zero, zero, one]),
            Shape::HighPass => (tan, k, [one, -k, -one]),
            Shape::Notch => (tan, k, [one, -k, zero]),
        };
        let a1 = one / g.mul_add(g + k, one);
        let a2 = g * a1;
        let mut bells = Self { a: [[0.0; GROUP]; 3], m: [[0.0; GROUP]; 3] };
        let a = [a1, a2, g * a2];
        for index in 0..3 {
            store(a[index], &mut bells.a[index]);
            store(m[index], &mut bells.m[index]);
        }
        bells
    }

    /// What frame `k` of the eight is made with.
    #[inline(always)]
    pub(crate) fn at(&self, k: usize) -> Bell {
        Bell { a1: self.a[0][k], a2: self.a[1][k], a3: self.a[2][k], m: [self.m[0][k], self.m[1][k], self.m[2][k]] }
    }
}

/// Two integrators.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct BellState {
    ic1: f32,
    ic2: f32,
}

impl BellState {
    #[inline]
    pub(crate) fn next(&mut self, x: f32, bell: &Bell) -> f32 {
        let v3 = x - self.ic2;
        let band = bell.a1 * self.ic1 + bell.a2 * v3;
        let low = self.ic2 + bell.a2 * self.ic1 + bell.a3 * v3;
        // Adding and taking away lifts numbers too small to compute quickly to zero.
        self.ic1 = (2.0 * band - self.ic1 + 1e-18) - 1e-18;
        self.ic2 = (2.0 * low - self.ic2 + 1e-18) - 1e-18;
        bell.m[0] * x + bell.m[1] * band + bell.m[2] * low
    }
}
