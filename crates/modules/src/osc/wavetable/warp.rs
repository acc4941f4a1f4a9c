//! Warps: where in a cycle is read, by the phase.

use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, cos_turns, exp2, f32x8, select, sin_turns, splat};

pub(super) const OFF: usize = 0;
const BEND_UP: usize = 1;
const BEND_DOWN: usize = 2;
const SQUEEZE: usize = 3;
pub(super) const SYNC: usize = 4;
pub(super) const FORMANT: usize = 5;

/// The most by which bending slows a cycle down: at 1 it would stand still somewhere.
const MOST_BEND: f32 = 0.95;
/// The most that one half of a cycle is squeezed.
const MOST_SQUEEZE: f32 = 0.45;
/// Octaves up to which the faster cycle of sync and formant runs.
const SYNC_OCTAVES: f32 = 4.0;
/// The share of the formant warp's knob over which its window comes in.
const WINDOW_IN: f32 = 0.25;

/// A place in the cycle, 0 to 1; by how much faster than the phase it moves about there; and how loud it is.
#[derive(Clone, Copy)]
pub(super) struct Warped<S: Simd> {
    pub(super) place: f32x8<S>,
    pub(super) slope: f32x8<S>,
    pub(super) window: f32x8<S>,
}

/// The place for a phase of 0 to 1.
#[inline(always)]
pub(super) fn warped<S: Simd>(simd: S, warp: usize, amount: f32x8<S>, phase: f32x8<S>) -> Warped<S> {
    let (one, half) = (splat(simd, 1.0), splat(simd, 0.5));
    match warp {
        BEND_UP | BEND_DOWN => {
            let most = splat(simd, if warp == BEND_UP { MOST_BEND } else { -MOST_BEND });
            let bend = amount * most;
            let place = phase - bend * sin_turns(simd, phase) * splat(simd, 0.5 / std::f32::consts::PI);
            // The fastest of the cycle: a copy that changed on the way would be heard as an edge.
            Warped { place, slope: one + bend.abs(), window: one }
        }
        SQUEEZE => {
            let split = amount.mul_add(splat(simd, MOST_SQUEEZE), half);
            let (below, above) = (half / split, half / (one - split));
            let is_below = phase.simd_lt(split);
            let place = select(is_below, phase * below, (phase - split).mul_add(above, half));
            Warped { place, slope: select(is_below, below, above), window: one }
        }
        SYNC | FORMANT => {
            let ratio = exp2(simd, amount * splat(simd, SYNC_OCTAVES));
            let place = phase * ratio;
            Warped { place: place - place.floor(), slope: ratio, window: window(simd, warp, amount, phase) }
        }
        _ => Warped { place: phase, slope: one, window: one },
    }
}

/// Where a cycle of sync or formant breaks off, to jump to its beginning.
#[inline(always)]
pub(super) fn end<S: Simd>(simd: S, warp: usize, amount: f32x8<S>) -> Warped<S> {
    let slope = exp2(simd, amount * splat(simd, SYNC_OCTAVES));
    Warped { place: slope - slope.floor(), slope, window: window(simd, warp, amount, splat(simd, 0.0)) }
}

/// A window of Hann about the middle of the cycle, as far as it has come in.
#[inline(always)]
fn window<S: Simd>(simd: S, warp: usize, amount: f32x8<S>, phase: f32x8<S>) -> f32x8<S> {
    let one = splat(simd, 1.0);
    if warp == SYNC {
        return one;
    }
    let share = (amount * splat(simd, 1.0 / WINDOW_IN)).min(one);
    // (1 + cos)/2 is what is missing: none in the middle, all at the ends.
    let missing = cos_turns(simd, phase).mul_add(splat(simd, 0.5), splat(simd, 0.5));
    one - share * missing
}
