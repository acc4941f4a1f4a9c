//! Corners of curves that run at a multiple of the rate: rounded, so that next to nothing of them folds back (figures in docs/quality.md).
//!
//! Where a signal passes a corner of a curve its slope jumps at an instant between two samples. To the two samples before and the two behind it
//! is added the difference between a corner that is low-passed by a cubic B-spline and a bare one, times the jump. See F. Esqueda, V. Välimäki
//! and S. Bilbao, *Rounding corners with BLAMP* (DAFx 2016), table 1.

use crate::dsp::oversample::CURVE_LAG;
use fearless_simd::SimdMask;
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, f32x8, load, select, splat, store};
use patchlight_engine::{LaneState, LaneVisit, Oct, lane_state};

/// What is remembered of eight lanes from call to call.
#[derive(Clone, Copy, Default)]
pub(crate) struct Corners {
    x: Oct,
    newer: Oct,
    older: Oct,
    ahead: Oct,
}

/// The same during a call.
pub(crate) struct Rounding<S: Simd> {
    /// The sample before.
    x: f32x8<S>,
    /// What the curve gave for the two samples before.
    late: [f32x8<S>; CURVE_LAG],
    /// What is to be added to this sample and to the next.
    now: f32x8<S>,
    ahead: f32x8<S>,
}

/// The difference for a corner that is `since` samples old, 0 to 1: its sample, and the one after it.
#[inline(always)]
fn differences<S: Simd>(simd: S, since: f32x8<S>) -> (f32x8<S>, f32x8<S>) {
    let d = since;
    let square = d * d;
    // (3d⁵ − 10d⁴ + 40d² − 60d + 28)/120 and (1 − d)⁵/120.
    let high = d.mul_add(splat(simd, 0.025), splat(simd, -1.0 / 12.0)) * square * square;
    let low = d.mul_add(splat(simd, 1.0 / 3.0), splat(simd, -0.5)).mul_add(d, splat(simd, 28.0 / 120.0));
    let left = splat(simd, 1.0) - d;
    let left_square = left * left;
    (high + low, left_square * left_square * left * splat(simd, 1.0 / 120.0))
}

impl Corners {
    #[inline(always)]
    pub(crate) fn begin<S: Simd>(&self, simd: S) -> Rounding<S> {
        let ahead = splat(simd, 0.0);
        Rounding { x: load(simd, &self.x), late: [load(simd, &self.newer), load(simd, &self.older)], now: load(simd, &self.ahead), ahead }
    }

    #[inline(always)]
    pub(crate) fn end<S: Simd>(&mut self, rounding: Rounding<S>) {
        let Rounding { x, late: [newer, older], now, .. } = rounding;
        store(x, &mut self.x);
        store(newer, &mut self.newer);
        store(older, &mut self.older);
        store(now, &mut self.ahead);
    }
}

impl<S: Simd> Rounding<S> {
    /// The sample before.
    #[inline(always)]
    pub(crate) fn before(&self) -> f32x8<S> {
        self.x
    }

    /// Rounds a corner of the curve where the signal passes `place` on its way to `x`: to the right of it the curve's slope is greater by `bend`.
    #[inline(always)]
    pub(crate) fn pass(&mut self, simd: S, x: f32x8<S>, place: f32x8<S>, bend: f32x8<S>) {
        let passes = x.simd_ge(place) ^ self.x.simd_ge(place);
        if !passes.any_true() {
            return;
        }
        let (zero, one, way) = (splat(simd, 0.0), splat(simd, 1.0), x - self.x);
        let since = select(passes, (x - place) / way, zero).max(zero).min(one);
        let jump = select(passes, bend * way.abs(), zero);
        let (now, ahead) = differences(simd, since);
        let (newer, older) = differences(simd, one - since);
        self.now = now.mul_add(jump, self.now);
        self.ahead = ahead.mul_add(jump, self.ahead);
        self.late[0] = newer.mul_add(jump, self.late[0]);
        self.late[1] = older.mul_add(jump, self.late[1]);
    }

    /// Takes what the curve makes of `x`, and gives what it made two samples before, rounded.
    #[inline(always)]
    pub(crate) fn next(&mut self, simd: S, x: f32x8<S>, y: f32x8<S>) -> f32x8<S> {
        let [newer, older] = self.late;
        self.late = [y + self.now, newer];
        (self.now, self.ahead, self.x) = (self.ahead, splat(simd, 0.0), x);
        older
    }
}

impl LaneState for Corners {
    fn visit(&mut self, visit: &mut LaneVisit<'_>) {
        lane_state!(visit; self.x, self.newer, self.older, self.ahead);
    }
}
