//! Levels of eight lanes.

use crate::glide::OFF_DB;
use patchlight_engine::simd::{Simd, SimdBase, exp2, f32x8, select, splat};

/// The factor of a gain in decibels; nothing at [`OFF_DB`] and below.
#[inline(always)]
pub fn gain_from_db<S: Simd>(simd: S, gain_db: f32x8<S>) -> f32x8<S> {
    let gain = exp2(simd, gain_db * splat(simd, std::f32::consts::LOG2_10 / 20.0));
    select(gain_db.simd_gt(splat(simd, OFF_DB)), gain, splat(simd, 0.0))
}
