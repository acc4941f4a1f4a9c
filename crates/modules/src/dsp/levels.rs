//! Levels of eight lanes.

use crate::glide::OFF_DB;
use patchlight_engine::simd::{Simd, SimdBase, exp2, f32x8, select, splat};

/// Doublings in a decibel: log2(10)/20.
pub const OCTAVES_PER_DB: f32 = std::f32::consts::LOG2_10 / 20.0;
/// What falls by 60 dB is halved so often.
pub const OCTAVES_PER_60_DB: f32 = 60.0 * OCTAVES_PER_DB;

/// The factor of a gain in decibels, however small.
#[inline(always)]
pub fn factor_from_db<S: Simd>(simd: S, gain_db: f32x8<S>) -> f32x8<S> {
    exp2(simd, gain_db * splat(simd, OCTAVES_PER_DB))
}

/// The factor of a gain in decibels; nothing at [`OFF_DB`] and below, as level knobs have it.
#[inline(always)]
pub fn gain_from_db<S: Simd>(simd: S, gain_db: f32x8<S>) -> f32x8<S> {
    select(gain_db.simd_gt(splat(simd, OFF_DB)), factor_from_db(simd, gain_db), splat(simd, 0.0))
}
