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

/// Knobs that eight lanes follow in straight lines, each its own: a lane that is new stands there at once.
#[derive(Clone, Copy)]
pub struct LaneFollow {
    at: LaneGlide,
    fresh: [bool; GROUP],
}

impl Default for LaneFollow {
    fn default() -> Self {
        Self { at: LaneGlide::default(), fresh: [true; GROUP] }
    }
}

impl LaneFollow {
    /// Before a call: lanes that have not begun stand at their targets. Says whether all do.
    #[inline(always)]
    pub fn begin(&mut self, targets: &Oct) -> bool {
        for lane in 0..GROUP {
            if self.fresh[lane] {
                self.at.set(lane, targets[lane]);
            }
        }
        self.fresh = [false; GROUP];
        self.at.now() == targets
    }

    /// See [`LaneGlide::next`].
    #[inline(always)]
    pub fn next<S: Simd>(&mut self, simd: S, target: f32x8<S>, step: f32) -> f32x8<S> {
        self.at.next(simd, target, step)
    }

    /// Where the lanes stand.
    #[inline(always)]
    pub fn now(&self) -> &Oct {
        self.at.now()
    }
}

impl LaneState for LaneFollow {
    fn visit(&mut self, visit: &mut LaneVisit<'_>) {
        lane_state!(visit; self.at, self.fresh);
    }
}

/// A choice or switch that eight lanes have in common, and that each reaches in its own time: a lane that is new stands there at once.
#[derive(Clone, Copy, Default)]
pub struct LaneSwitch(LaneFollow);

impl LaneSwitch {
    /// Before a call: lanes that have not begun stand at the target. Says whether all do.
    #[inline(always)]
    pub fn begin(&mut self, target: f32) -> bool {
        self.0.begin(&[target; GROUP])
    }

    /// See [`LaneGlide::next`].
    #[inline(always)]
    pub fn next<S: Simd>(&mut self, simd: S, target: f32x8<S>, step: f32) -> f32x8<S> {
        self.0.next(simd, target, step)
    }

    /// Whether all lanes stand at one value.
    #[inline(always)]
    fn is_at(&self, value: f32) -> bool {
        *self.0.now() == [value; GROUP]
    }
}

impl LaneState for LaneSwitch {
    fn visit(&mut self, visit: &mut LaneVisit<'_>) {
        lane_state!(visit; self.0);
    }
}

/// How much of each of `N` kinds is heard, of eight lanes: all of the chosen one, once the lanes have glided there. A lane that is new stands
/// there at once.
#[derive(Clone, Copy)]
pub struct LaneShares<const N: usize>([LaneSwitch; N]);

impl<const N: usize> Default for LaneShares<N> {
    fn default() -> Self {
        Self([LaneSwitch::default(); N])
    }
}

/// All of the chosen kind, nothing of the others.
#[inline(always)]
fn share(kind: usize, chosen: usize) -> f32 {
    if kind == chosen { 1.0 } else { 0.0 }
}

impl<const N: usize> LaneShares<N> {
    /// Before a call: lanes that have not begun stand at the chosen kind. Says of each kind whether it may be heard during the call.
    #[inline(always)]
    pub fn begin(&mut self, chosen: usize) -> [bool; N] {
        let mut heard = [false; N];
        for kind in 0..N {
            self.0[kind].begin(share(kind, chosen));
            heard[kind] = kind == chosen || !self.0[kind].is_at(0.0);
        }
        heard
    }

    /// The shares of a frame, at most `step` nearer to the chosen kind.
    #[inline(always)]
    pub fn next<S: Simd>(&mut self, simd: S, chosen: usize, step: f32) -> [f32x8<S>; N] {
        let mut now = [splat(simd, 0.0); N];
        for kind in 0..N {
            now[kind] = self.0[kind].next(simd, splat(simd, share(kind, chosen)), step);
        }
        now
    }
}

impl<const N: usize> LaneState for LaneShares<N> {
    fn visit(&mut self, visit: &mut LaneVisit<'_>) {
        for share in &mut self.0 {
            lane_state!(visit; *share);
        }
    }
}
