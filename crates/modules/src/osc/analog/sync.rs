//! The sync input: when it rises through zero, to a small part of a frame.
//!
//! What is band-limited still ripples near half the sample rate where it crosses zero, and a straight line between two samples
//! would read the ripple as a wrong time. So the input first passes the binomial filter (1 3 3 1)/8, whose triple zero is
//! there. It delays everything by a frame and a half, which turns no note's sound into another; a bare ramp it leaves straight.

use fearless_simd::SimdMask;
use patchlight_engine::simd::{Simd, SimdBase, f32x8, load, splat, store};
use patchlight_engine::{GROUP, LaneState, LaneVisit, Oct, lane_state};

pub struct SyncInput {
    /// The input of the last three frames, the latest last.
    past: [Oct; 3],
    smoothed: Oct,
}

impl SyncInput {
    pub fn new() -> Self {
        Self { past: [[0.0; GROUP]; 3], smoothed: [0.0; GROUP] }
    }

    /// Lanes whose input has just risen through zero, as bits, and how many frames ago (of no meaning in the others).
    #[inline(always)]
    pub fn rises<S: Simd>(&mut self, simd: S, input: &Oct) -> (u64, f32x8<S>) {
        let zero = splat(simd, 0.0);
        let [oldest, older, old] = &self.past;
        let (oldest, older, old) = (load(simd, oldest), load(simd, older), load(simd, old));
        let (newest, before) = (load(simd, input), load(simd, &self.smoothed));
        let now = ((old + older) * splat(simd, 3.0) + (newest + oldest)) * splat(simd, 0.125);
        self.past.copy_within(1.., 0);
        store(newest, &mut self.past[2]);
        store(now, &mut self.smoothed);
        let rises = before.simd_le(zero).to_bitmask() & now.simd_gt(zero).to_bitmask();
        (rises, now / (now - before).max(splat(simd, f32::MIN_POSITIVE)))
    }
}

impl LaneState for SyncInput {
    fn visit(&mut self, visit: &mut LaneVisit<'_>) {
        lane_state!(visit; self.past[0], self.past[1], self.past[2], self.smoothed);
    }
}
