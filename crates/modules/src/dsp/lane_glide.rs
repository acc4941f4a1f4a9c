//! Gains and switches of eight lanes that move without a click, each lane for itself.

use patchlight_engine::simd::{Simd, SimdBase, f32x8, load, splat, store};
use patchlight_engine::{GROUP, LaneState, LaneVisit, Oct, lane_state};

/// Values that move to their targets in straight lines.
#[derive(Clone, Copy, Default)]
pub struct LaneGlide(Oct);

impl LaneGlide {
    /// The next values, at most `step` nearer to the targets.
    #[inline(always)]
    pub fn next<S: Simd>(&mut self, simd: S, target: f32x8<S>, step: f32) -> f32x8<S> {
        let (now, step) = (load(simd, &self.0), splat(simd, step));
        let next = now + (target - now).max(-step).min(step);
        store(next, &mut self.0);
        next
    }

    /// Puts a lane at its target at once.
    pub fn set(&mut self, lane: usize, value: f32) {
        self.0[lane] = value;
    }

    /// Where the lanes stand.
    #[inline(always)]
    pub fn now(&self) -> &Oct {
        &self.0
    }

    /// Whether all lanes stand at one value.
    #[inline(always)]
    pub fn is_at(&self, value: f32) -> bool {
        self.0 == [value; GROUP]
    }
}

impl LaneState for LaneGlide {
    fn visit(&mut self, visit: &mut LaneVisit<'_>) {
        lane_state!(visit; self.0);
    }
}
