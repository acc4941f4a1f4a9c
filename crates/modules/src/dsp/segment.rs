//! Segments of envelopes, eight lanes at a time: each an exponential aimed beyond its goal, as a capacitor that is cut off on its way.
//!
//! `y ← A + (y − A)·m`, with `m = e^(−c/(T·rate))` and the asymptote `A` behind the goal, runs along `f(x) = (1 − e^(−c·x))/(1 − e^(−c))` and takes
//! exactly its time `T`. What a segment is, is found when it begins; between events a frame is one multiplication.

use patchlight_engine::simd::{Lanes, Simd, SimdBase, exp2, f32x8, f32x16, mask32x8, select, splat};

/// Where the levels of eight lanes are going.
#[derive(Clone, Copy)]
pub struct Segment<S: Simd> {
    asymptote: f32x8<S>,
    /// `m` above.
    factor: f32x8<S>,
    /// 1 where it ends above a limit, −1 where below, 0 where it does not end.
    direction: f32x8<S>,
    /// The limit times the direction; above 0 where it does not end.
    limit: f32x8<S>,
}

/// Nothing is heard below.
pub const SILENT: f32 = 1e-6;

impl<S: Simd> Segment<S> {
    /// Stays at zero.
    #[inline(always)]
    pub fn rest(simd: S) -> Self {
        let zero = splat(simd, 0.0);
        Self { asymptote: zero, factor: zero, direction: zero, limit: splat(simd, 1.0) }
    }

    /// Up to 1. `beyond` is [`beyond`] of the curve.
    #[inline(always)]
    pub fn rise(simd: S, factor: f32x8<S>, beyond: f32x8<S>) -> Self {
        let one = splat(simd, 1.0);
        Self { asymptote: one + beyond, factor, direction: one, limit: one }
    }

    /// Down from `from` to `to`.
    #[inline(always)]
    pub fn fall(simd: S, factor: f32x8<S>, beyond: f32x8<S>, (from, to): (f32x8<S>, f32x8<S>)) -> Self {
        let limit = -to.max(splat(simd, SILENT));
        Self { asymptote: to - (from - to) * beyond, factor, direction: splat(simd, -1.0), limit }
    }

    /// Follows a level without end.
    #[inline(always)]
    pub fn follow(simd: S, factor: f32x8<S>, level: f32x8<S>) -> Self {
        Self { asymptote: level, factor, ..Self::rest(simd) }
    }

    /// `self` in the lanes of the mask, `other` in the others.
    #[inline(always)]
    pub fn or(self, mask: mask32x8<S>, other: Self) -> Self {
        Self {
            asymptote: select(mask, self.asymptote, other.asymptote),
            factor: select(mask, self.factor, other.factor),
            direction: select(mask, self.direction, other.direction),
            limit: select(mask, self.limit, other.limit),
        }
    }

    /// One frame on.
    #[inline(always)]
    pub fn next(&self, level: f32x8<S>) -> f32x8<S> {
        nearer(level, self.asymptote, self.factor)
    }

    /// Those of two groups side by side.
    #[inline(always)]
    pub fn beside(&self, simd: S, other: &Self) -> SegmentPair<S> {
        SegmentPair {
            asymptote: f32x16::join(simd, [self.asymptote, other.asymptote]),
            factor: f32x16::join(simd, [self.factor, other.factor]),
        }
    }

    /// The lanes whose segment has ended.
    #[inline(always)]
    pub fn has_ended(&self, level: f32x8<S>) -> mask32x8<S> {
        (level * self.direction).simd_ge(self.limit)
    }
}

/// The segments of two groups, one of which is computed while the other waits for its last frame.
#[derive(Clone, Copy)]
pub struct SegmentPair<S: Simd> {
    asymptote: f32x16<S>,
    factor: f32x16<S>,
}

impl<S: Simd> SegmentPair<S> {
    /// As [`Segment::next`].
    #[inline(always)]
    pub fn next(&self, level: f32x16<S>) -> f32x16<S> {
        nearer(level, self.asymptote, self.factor)
    }
}

/// `A + (y − A)·m`.
#[inline(always)]
fn nearer<S: Simd, V: Lanes<S>>(level: V, asymptote: V, factor: V) -> V {
    (level - asymptote).mul_add(factor, asymptote)
}

/// `m` for a stage of `secs`, `steepness` being the curve in base 2.
#[inline(always)]
pub fn factor<S: Simd>(simd: S, steepness: f32x8<S>, secs: f32x8<S>, rate_hz: f32) -> f32x8<S> {
    exp2(simd, -steepness / (secs * splat(simd, rate_hz)).max(splat(simd, 1.0)))
}

/// e^(−c) / (1 − e^(−c)): how far behind the goal the asymptote lies, for a way of 1.
#[inline(always)]
pub fn beyond<S: Simd>(simd: S, steepness: f32x8<S>) -> f32x8<S> {
    let e = exp2(simd, -steepness);
    e / (splat(simd, 1.0) - e)
}
