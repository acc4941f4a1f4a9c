//! Phases of slow oscillators, of 64 bits: a hundredth of a hertz is exact at 192 kHz, and no frame waits for a chain of roundings.

use fearless_simd::{Bytes, Select, SimdCvtFloat};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, f32x8, i32x8, i32x16, mask32x8, splat, u32x8, u32x16};
use patchlight_engine::{GROUP, LaneState, LaneVisit, lane_state};

/// Phases of eight lanes between calls, in turns of 2⁶⁴ steps; a cycle begins at 0.
#[derive(Clone, Copy, Default)]
pub struct SlowPhases {
    upper: [i32; GROUP],
    lower: [u32; GROUP],
}

/// The same during a call.
#[derive(Clone, Copy)]
pub struct SlowPhase<S: Simd> {
    /// The upper 32 bits: what a wave is made of.
    pub upper: i32x8<S>,
    lower: u32x8<S>,
}

/// By how much phases move in a frame.
#[derive(Clone, Copy)]
pub struct SlowStep<S: Simd> {
    upper: i32x8<S>,
    lower: u32x8<S>,
}

impl SlowPhases {
    #[inline(always)]
    pub fn load<S: Simd>(&self, simd: S) -> SlowPhase<S> {
        SlowPhase { upper: i32x8::from_slice(simd, &self.upper), lower: u32x8::from_slice(simd, &self.lower) }
    }

    #[inline(always)]
    pub fn store<S: Simd>(&mut self, phase: SlowPhase<S>) {
        phase.upper.store_slice(&mut self.upper);
        phase.lower.store_slice(&mut self.lower);
    }

    /// The phases after so many frames from here on, and what [`SlowPhase::advance`] would give in all of them, summed.
    #[inline(always)]
    pub fn after<S: Simd>(&self, simd: S, step: &SlowStep<S>, frames: usize) -> (SlowPhase<S>, i32x8<S>) {
        let (mut upper, mut lower, mut ended) = ([0; GROUP], [0; GROUP], [0; GROUP]);
        step.upper.store_slice(&mut upper);
        step.lower.store_slice(&mut lower);
        let whole = |upper: i32, lower: u32| u128::from(upper.cast_unsigned()) << 32 | u128::from(lower);
        let mut after = *self;
        for lane in 0..GROUP {
            let end = whole(self.upper[lane], self.lower[lane]) + whole(upper[lane], lower[lane]) * frames as u128;
            (after.upper[lane], after.lower[lane]) = (((end >> 32) as u32).cast_signed(), end as u32);
            ended[lane] = -((end >> 64) as i32);
        }
        (after.load(simd), i32x8::from_slice(simd, &ended))
    }

    /// The phase of a lane, 0 to 1.
    pub fn turns(&self, lane: usize) -> f32 {
        (self.upper[lane].cast_unsigned() >> 8) as f32 * (1.0 / (1 << 24) as f32)
    }

    /// Puts a lane at a phase from 0 to 1; from 1 on it stands at the last moment of the cycle.
    pub fn set(&mut self, lane: usize, turns: f32) {
        (self.upper[lane], self.lower[lane]) = (((f64::from(turns) * TURN_F64) as u32).cast_signed(), 0);
    }
}

impl LaneState for SlowPhases {
    fn visit(&mut self, visit: &mut LaneVisit<'_>) {
        lane_state!(visit; self.upper, self.lower);
    }
}

const TURN_F64: f64 = 4_294_967_296.0;
/// 2³² and 2³¹.
const TURN: f32 = 4_294_967_296.0;
const HALF_TURN: f32 = 2_147_483_648.0;

impl<S: Simd> SlowStep<S> {
    /// Of turns a frame, at most a little under half of one; below 0 stands still.
    #[inline(always)]
    pub fn new(simd: S, turns: f32x8<S>) -> Self {
        let steps = turns.max(splat(simd, 0.0)).min(splat(simd, 0.499)) * splat(simd, TURN);
        let whole = steps.floor();
        // The lower half would not fit into a signed number: it is converted without its last bit.
        let lower: i32x8<S> = ((steps - whole) * splat(simd, HALF_TURN)).to_int();
        let lower: u32x8<S> = lower.bitcast();
        Self { upper: whole.to_int(), lower: lower << 1 }
    }
}

impl<S: Simd> SlowPhase<S> {
    /// 0 to 1, the latter excluded.
    #[inline(always)]
    pub fn turns(&self, simd: S) -> f32x8<S> {
        let upper: u32x8<S> = self.upper.bitcast();
        let short: i32x8<S> = (upper >> 8).bitcast();
        let steps: f32x8<S> = SimdCvtFloat::float_from(short);
        steps * splat(simd, 1.0 / (1 << 24) as f32)
    }

    /// These lanes begin their cycle again.
    #[inline(always)]
    pub fn restart(&mut self, simd: S, lanes: mask32x8<S>) {
        self.upper = lanes.select(i32x8::splat(simd, 0), self.upper);
        self.lower = lanes.select(u32x8::splat(simd, 0), self.lower);
    }

    /// Moves on. Gives −1 in lanes that have passed the end of their cycle, else 0.
    #[inline(always)]
    pub fn advance(&mut self, simd: S, step: &SlowStep<S>) -> i32x8<S> {
        let before = self.upper;
        self.go_on(simd, step);
        (before & !self.upper) >> 31
    }

    /// Moves on without looking for ends.
    #[inline(always)]
    pub fn go_on(&mut self, simd: S, step: &SlowStep<S>) {
        self.lower += step.lower;
        let (none, one) = (i32x8::splat(simd, 0), i32x8::splat(simd, 1));
        self.upper += step.upper + self.lower.simd_lt(step.lower).select(one, none);
    }
}

/// The phases of two groups side by side, and by how much they move in a frame.
#[derive(Clone, Copy)]
pub struct SlowPair<S: Simd> {
    /// As [`SlowPhase::upper`].
    pub upper: i32x16<S>,
    lower: u32x16<S>,
    step_upper: i32x16<S>,
    step_lower: u32x16<S>,
}

impl<S: Simd> SlowPair<S> {
    #[inline(always)]
    pub fn new(simd: S, [low, high]: [SlowPhase<S>; 2], [low_step, high_step]: &[SlowStep<S>; 2]) -> Self {
        Self {
            upper: simd.combine_i32x8(low.upper, high.upper),
            lower: simd.combine_u32x8(low.lower, high.lower),
            step_upper: simd.combine_i32x8(low_step.upper, high_step.upper),
            step_lower: simd.combine_u32x8(low_step.lower, high_step.lower),
        }
    }

    /// As [`SlowPhase::go_on`].
    #[inline(always)]
    pub fn go_on(&mut self, simd: S) {
        self.lower += self.step_lower;
        let (none, one) = (i32x16::splat(simd, 0), i32x16::splat(simd, 1));
        self.upper += self.step_upper + self.lower.simd_lt(self.step_lower).select(one, none);
    }

    #[inline(always)]
    pub fn split(self, simd: S) -> [SlowPhase<S>; 2] {
        let ((upper, next_upper), (lower, next_lower)) = (simd.split_i32x16(self.upper), simd.split_u32x16(self.lower));
        [SlowPhase { upper, lower }, SlowPhase { upper: next_upper, lower: next_lower }]
    }
}

#[cfg(test)]
mod tests {
    use super::{SlowPhases, SlowStep};
    use fearless_simd::SimdInto;
    use patchlight_engine::simd::{Simd, SimdJob, f32x8, vectorize};

    /// Turns a frame, and how many frames.
    struct Run([f32; 8], usize);

    impl SimdJob for Run {
        type Output = (SlowPhases, [i32; 8]);

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> Self::Output {
            let turns: f32x8<S> = self.0.simd_into(simd);
            let step = SlowStep::new(simd, turns);
            let (mut phases, mut cycles) = (SlowPhases::default(), [0; 8]);
            let mut phase = phases.load(simd);
            for _ in 0..self.1 {
                let ended: [i32; 8] = phase.advance(simd, &step).into();
                cycles.iter_mut().zip(ended).for_each(|(cycles, ended)| *cycles -= ended);
            }
            phases.store(phase);
            (phases, cycles)
        }
    }

    #[test]
    fn slow_and_fast_phases_are_where_they_should_be() {
        let turns = [0.01 / 192_000.0, 1.0 / 48_000.0, 0.3, 0.0, 1000.0 / 44_100.0, 0.499, -1.0, 1e-9];
        let frames = 1_000_001;
        let (phases, cycles) = vectorize(Run(turns, frames));
        for (lane, turns) in turns.into_iter().enumerate() {
            let exact = f64::from(turns).max(0.0) * frames as f64;
            let error = f64::from(cycles[lane]) + f64::from(phases.turns(lane)) - exact;
            assert!(error.abs() < 1e-6, "lane {lane}: {error} turns off");
        }
    }
}
