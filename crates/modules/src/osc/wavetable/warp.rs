//! Warps: where in a cycle is read, by the phase.

use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, cos_turns, exp2, f32x8, select, sin_turns, splat};

pub(super) const OFF: usize = 0;
const BEND_UP: usize = 1;
const BEND_DOWN: usize = 2;
const SQUEEZE: usize = 3;
const SYNC: usize = 4;
const FORMANT: usize = 5;

/// The most by which bending slows a cycle down: at 1 it would stand still somewhere.
const MOST_BEND: f32 = 0.95;
/// The most that one half of a cycle is squeezed.
const MOST_SQUEEZE: f32 = 0.45;
/// Octaves up to which the faster cycle of sync and formant runs.
const SYNC_OCTAVES: f32 = 4.0;
/// The share of the formant warp's knob over which its window comes in.
const WINDOW_IN: f32 = 0.25;

/// The bend is full for notes below which so many harmonics may sound; higher ones are bent less, for what a bend makes folds back.
const BENT_HARMONICS: f32 = 9.0;

/// A place in the cycle, 0 to 1; by how much faster than the phase it moves about there; and how loud it is.
#[derive(Clone, Copy)]
pub(super) struct Warped<S: Simd> {
    pub(super) place: f32x8<S>,
    pub(super) slope: f32x8<S>,
    pub(super) window: f32x8<S>,
}

/// How far a note is warped, by the harmonics of it that may sound.
#[inline(always)]
pub(super) fn reined<S: Simd>(simd: S, warp: usize, amount: f32x8<S>, harmonics: f32x8<S>) -> f32x8<S> {
    if matches!(warp, BEND_UP | BEND_DOWN) {
        let (zero, one) = (splat(simd, 0.0), splat(simd, 1.0));
        return amount * ((harmonics - one) * splat(simd, 1.0 / (BENT_HARMONICS - 1.0))).max(zero).min(one);
    }
    amount
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
            let halves = Halves::new(simd, amount);
            let is_below = phase.simd_lt(halves.split);
            let place = select(is_below, phase * halves.below, (phase - halves.split).mul_add(halves.above, half));
            Warped { place, slope: select(is_below, halves.below, halves.above), window: one }
        }
        SYNC | FORMANT => {
            let ratio = exp2(simd, amount * splat(simd, SYNC_OCTAVES));
            let place = phase * ratio;
            Warped { place: place - place.floor(), slope: ratio, window: window(simd, warp, amount, phase) }
        }
        _ => Warped { place: phase, slope: one, window: one },
    }
}

/// The two halves of a squeezed cycle: where they meet, and how fast each is run through.
struct Halves<S: Simd> {
    split: f32x8<S>,
    below: f32x8<S>,
    above: f32x8<S>,
}

impl<S: Simd> Halves<S> {
    #[inline(always)]
    fn new(simd: S, amount: f32x8<S>) -> Self {
        let (one, half) = (splat(simd, 1.0), splat(simd, 0.5));
        let split = amount.mul_add(splat(simd, MOST_SQUEEZE), half);
        Self { split, below: half / split, above: half / (one - split) }
    }
}

/// How the cycle is read on one side of a joint: from a place on, so fast; and there it goes on beyond the joint too.
#[derive(Clone, Copy)]
pub(super) struct Side<S: Simd> {
    pub(super) place: f32x8<S>,
    pub(super) slope: f32x8<S>,
}

/// Where the reading breaks off, or changes its speed.
#[derive(Clone, Copy)]
pub(super) struct Joint<S: Simd> {
    /// The phase, 0 to 1.
    pub(super) phase: f32x8<S>,
    pub(super) before: Side<S>,
    pub(super) after: Side<S>,
}

/// The joints of a cycle.
#[inline(always)]
pub(super) fn joints<S: Simd>(simd: S, warp: usize, amount: f32x8<S>) -> [Option<Joint<S>>; 2] {
    let (zero, half) = (splat(simd, 0.0), splat(simd, 0.5));
    match warp {
        SQUEEZE => {
            let Halves { split, below, above } = Halves::new(simd, amount);
            let begin = Joint { phase: zero, before: Side { place: zero, slope: above }, after: Side { place: zero, slope: below } };
            let middle = Joint { phase: split, before: Side { place: half, slope: below }, after: Side { place: half, slope: above } };
            [Some(begin), Some(middle)]
        }
        SYNC | FORMANT => {
            let slope = exp2(simd, amount * splat(simd, SYNC_OCTAVES));
            let before = Side { place: slope - slope.floor(), slope };
            [Some(Joint { phase: zero, before, after: Side { place: zero, slope } }), None]
        }
        _ => [None, None],
    }
}

/// Whether joints are low-passed exactly, so that every harmonic may be read that may sound.
pub(super) const fn has_joints(warp: usize) -> bool {
    matches!(warp, SQUEEZE | SYNC | FORMANT)
}

/// A window of Hann about the middle of the cycle, as far as it has come in.
#[inline(always)]
pub(super) fn window<S: Simd>(simd: S, warp: usize, amount: f32x8<S>, phase: f32x8<S>) -> f32x8<S> {
    let one = splat(simd, 1.0);
    if warp != FORMANT {
        return one;
    }
    let share = (amount * splat(simd, 1.0 / WINDOW_IN)).min(one);
    // (1 + cos)/2 is what is missing: none in the middle, all at the ends.
    let missing = cos_turns(simd, phase).mul_add(splat(simd, 0.5), splat(simd, 0.5));
    one - share * missing
}
