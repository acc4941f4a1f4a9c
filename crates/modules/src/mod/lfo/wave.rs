//! The shapes of a cycle.

use crate::dsp::phase::sine;
use patchlight_engine::Oct;
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, f32x8, i32x8, load, select, splat};

pub const SINE: usize = 0;
pub const TRIANGLE: usize = 1;
pub const SAW_UP: usize = 2;
pub const SAW_DOWN: usize = 3;
pub const SQUARE: usize = 4;
pub const RANDOM_STEPS: usize = 5;
pub const SHAPE_COUNT: usize = 7;

/// A phase, and how far the wave is shifted from it, both as turns and as steps of 2⁻³² turns.
pub struct Turned<S: Simd> {
    pub upper: i32x8<S>,
    pub phase: f32x8<S>,
    pub shift: f32x8<S>,
    pub shift_steps: i32x8<S>,
}

#[inline(always)]
fn fract<S: Simd>(x: f32x8<S>) -> f32x8<S> {
    x - x.floor()
}

/// One shape. `width` is of the square; `randoms` are the random values of this cycle and of the next two.
#[inline(always)]
pub fn wave<S: Simd>(simd: S, shape: usize, turned: &Turned<S>, width: f32x8<S>, randoms: &[Oct; 3]) -> f32x8<S> {
    let (half, one, two) = (splat(simd, 0.5), splat(simd, 1.0), splat(simd, 2.0));
    if shape == SINE {
        return sine(simd, turned.upper + turned.shift_steps);
    }
    let sum = turned.phase + turned.shift;
    let x = fract(sum);
    match shape {
        TRIANGLE => one - splat(simd, 4.0) * (fract(x + splat(simd, 0.25)) - half).abs(),
        SAW_UP => two * x - one,
        SAW_DOWN => one - two * x,
        SQUARE => select(x.simd_lt(width), one, -one),
        _ => {
            let [now, next, after] = randoms;
            let (now, next, after) = (load(simd, now), load(simd, next), load(simd, after));
            let is_over = sum.simd_ge(one);
            let from = select(is_over, next, now);
            if shape == RANDOM_STEPS {
                return from;
            }
            let to = select(is_over, after, next);
            from + (to - from) * (x * x * (splat(simd, 3.0) - two * x))
        }
    }
}
