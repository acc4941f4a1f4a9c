//! Small filters: a one-pole, and the trapezoidal state-variable filter (Zavalishin, The Art of VA Filter Design, 2012).

use fearless_simd::mask32x8;
use patchlight_engine::simd::{Simd, SimdFloat, f32x8, load, select, splat, store};
use patchlight_engine::{LaneState, LaneVisit, Oct, lane_state};

/// One pole: y += a·(x − y).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OnePole(f32);

impl OnePole {
    /// The share per frame that puts the corner at `corner_hz`.
    pub(crate) fn share(corner_hz: f32, sample_rate_hz: f32) -> f32 {
        1.0 - (-std::f32::consts::TAU * (corner_hz / sample_rate_hz).min(0.49)).exp()
    }

    #[inline]
    pub(crate) fn low(&mut self, x: f32, share: f32) -> f32 {
        self.0 += share * (x - self.0);
        // Adding and taking away lifts numbers too small to compute quickly to zero.
        self.0 = (self.0 + 1e-18) - 1e-18;
        self.0
    }

    #[inline]
    pub(crate) fn high(&mut self, x: f32, share: f32) -> f32 {
        x - self.low(x, share)
    }
}

/// The pole p of (1−p)/(1−p·z⁻¹) whose gain is `gain` (below 1) at the angular frequency of this cosine: the smaller root of
/// p² · (1−gain²) − 2p · (1−gain²·cos ω) + (1−gain²) = 0.
pub(crate) fn damping_pole(gain: f64, cos: f64) -> f64 {
    let a = 1.0 - gain * gain;
    let b = 1.0 - gain * gain * cos;
    if a > 1e-12 { (b - (b * b - a * a).max(0.0).sqrt()) / a } else { 0.0 }
}

/// Two integrators.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Svf {
    band: f32,
    low: f32,
}

/// Two outputs of a frame. `band` has a gain of 1 at its centre.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SvfOut {
    pub(crate) band: f32,
    pub(crate) high: f32,
}

impl Svf {
    /// The coefficient of a corner: tan(π·f/rate), the corner held below 0.45 of the rate.
    pub(crate) fn corner(corner_hz: f32, sample_rate_hz: f32) -> f32 {
        (std::f32::consts::PI * (corner_hz / sample_rate_hz).min(0.45)).tan()
    }

    /// `damping` is 1/Q.
    #[inline]
    pub(crate) fn next(&mut self, x: f32, corner: f32, damping: f32) -> SvfOut {
        let scale = 1.0 / (1.0 + corner * (corner + damping));
        let high = (x - self.low - (corner + damping) * self.band) * scale;
        let band = self.band + corner * high;
        let low = self.low + corner * band;
        self.band = band + corner * high;
        self.low = low + corner * band;
        SvfOut { band: band * damping, high }
    }
}

/// [`Svf`] of eight lanes.
#[derive(Clone, Copy, Default)]
pub(crate) struct LaneSvf {
    band: Oct,
    low: Oct,
}

/// What a frame of [`LaneSvf`] is made with.
#[derive(Clone, Copy)]
pub(crate) struct LaneSvfFactors<S: Simd> {
    corner: f32x8<S>,
    sum: f32x8<S>,
    scale: f32x8<S>,
    damping: f32x8<S>,
}

impl<S: Simd> LaneSvfFactors<S> {
    /// `corner` is [`Svf::corner`], `damping` 1/Q.
    #[inline(always)]
    pub(crate) fn new(simd: S, corner: f32x8<S>, damping: f32x8<S>) -> Self {
        let sum = corner + damping;
        Self { corner, sum, scale: splat(simd, 1.0) / corner.mul_add(sum, splat(simd, 1.0)), damping }
    }
}

/// The outputs of a frame of [`LaneSvf`]. `band` has a gain of 1 at its centre.
#[derive(Clone, Copy)]
pub(crate) struct LaneSvfOut<S: Simd> {
    pub(crate) low: f32x8<S>,
    pub(crate) band: f32x8<S>,
    pub(crate) high: f32x8<S>,
}

impl LaneSvf {
    #[inline(always)]
    pub(crate) fn next<S: Simd>(&mut self, simd: S, x: f32x8<S>, factors: &LaneSvfFactors<S>) -> LaneSvfOut<S> {
        let LaneSvfFactors { corner, sum, scale, damping } = *factors;
        let (band, low) = (load(simd, &self.band), load(simd, &self.low));
        let high = (x - low - sum * band) * scale;
        let band_now = corner.mul_add(high, band);
        let low_now = corner.mul_add(band_now, low);
        store(corner.mul_add(high, band_now), &mut self.band);
        store(corner.mul_add(band_now, low_now), &mut self.low);
        LaneSvfOut { low: low_now, band: band_now * damping, high }
    }

    /// Lanes outside of these forget what was.
    #[inline(always)]
    pub(crate) fn keep<S: Simd>(&mut self, simd: S, lanes: mask32x8<S>) {
        let zero = splat(simd, 0.0);
        store(select(lanes, load(simd, &self.band), zero), &mut self.band);
        store(select(lanes, load(simd, &self.low), zero), &mut self.low);
    }
}

impl LaneState for LaneSvf {
    fn visit(&mut self, visit: &mut LaneVisit<'_>) {
        lane_state!(visit; self.band, self.low);
    }
}
