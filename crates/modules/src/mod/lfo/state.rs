//! What eight lanes of the low-frequency oscillator remember.

use super::wave::{SHAPE_COUNT, Turned, wave};
use crate::dsp::lane_glide::LaneGlide;
use crate::dsp::slow_phase::SlowPhases;
use crate::pulse::chance;
use fearless_simd::SimdMask;
use patchlight_engine::simd::{Simd, SimdBase, f32x8, load, select, splat, store};
use patchlight_engine::{GROUP, LaneState, LaneVisit, Oct, lane_state};

pub struct State {
    pub phase: SlowPhases,
    /// Added to the beat's phase since a reset.
    pub anchor: Oct,
    pub reset_high: Oct,
    /// 1 when a one-shot has ended.
    pub ended: Oct,
    pub frames_since_reset: Oct,
    cycles: [u64; GROUP],
    /// The random values of this cycle and of the next two.
    pub randoms: [Oct; 3],
    /// The weights of the shapes.
    shape: [LaneGlide; SHAPE_COUNT],
    pub unipolar: LaneGlide,
    /// Lanes that have not begun.
    pub fresh: [bool; GROUP],
    pub value: Oct,
}

/// Frames are counted exactly up to here, more than a minute at 192 kHz.
const LONGEST_COUNT: f32 = 16_000_000.0;

impl State {
    pub fn new() -> Self {
        let none = [0.0; GROUP];
        Self {
            phase: SlowPhases::default(),
            anchor: none,
            reset_high: none,
            ended: none,
            frames_since_reset: none,
            cycles: [0; GROUP],
            randoms: [none; 3],
            shape: [LaneGlide::default(); SHAPE_COUNT],
            unipolar: LaneGlide::default(),
            fresh: [true; GROUP],
            value: none,
        }
    }

    /// A lane begins at a phase, with the shape and the range it begins with.
    pub fn begin(&mut self, lane: usize, seed: u64, phase: f32, shape: f32, unipolar: f32) {
        self.phase.set(lane, phase);
        self.draw(lane, seed);
        for (index, weight) in self.shape.iter_mut().enumerate() {
            weight.set(lane, f32::from(shape == index as f32));
        }
        self.unipolar.set(lane, f32::from(unipolar >= 0.5));
    }

    fn draw(&mut self, lane: usize, seed: u64) {
        for (ahead, randoms) in self.randoms.iter_mut().enumerate() {
            randoms[lane] = 2.0 * chance(seed, self.cycles[lane].cast_signed() + ahead as i64) - 1.0;
        }
    }

    /// A lane goes on to a later cycle.
    pub fn next_cycles(&mut self, lane: usize, seed: u64, count: u32) {
        self.cycles[lane] += u64::from(count);
        self.draw(lane, seed);
    }

    /// A lane begins again. `target` is the beat's own phase.
    pub fn restart(&mut self, lane: usize, seed: u64, target: f32) {
        self.phase.set(lane, 0.0);
        (self.ended[lane], self.frames_since_reset[lane]) = (0.0, 0.0);
        self.anchor[lane] = 1.0 - target;
        self.next_cycles(lane, seed, 1);
    }

    /// A lane has passed the end of its cycle.
    pub fn end_cycle(&mut self, lane: usize, seed: u64, is_one_shot: bool) {
        if is_one_shot {
            self.ended[lane] = 1.0;
            self.phase.set(lane, 1.0);
        } else {
            self.next_cycles(lane, seed, 1);
        }
    }

    /// Counts frames since the reset.
    #[inline(always)]
    pub fn count<S: Simd>(&mut self, simd: S, frames: usize) {
        let counted = load(simd, &self.frames_since_reset) + splat(simd, frames as f32);
        store(counted.min(splat(simd, LONGEST_COUNT)), &mut self.frames_since_reset);
    }

    /// Whether one shape is all that is heard in every lane.
    #[inline(always)]
    pub fn is_settled(&self, shape: usize) -> bool {
        self.shape.iter().enumerate().all(|(index, weight)| weight.is_at(f32::from(index == shape)))
    }

    /// All shapes by their weights: one, but for 5 ms after a change.
    #[inline(always)]
    pub fn blend<S: Simd>(&mut self, simd: S, shape: f32x8<S>, step: f32, turned: &Turned<S>, width: f32x8<S>) -> f32x8<S> {
        let (zero, one) = (splat(simd, 0.0), splat(simd, 1.0));
        let (mut sum, mut total) = (zero, zero);
        for index in 0..SHAPE_COUNT {
            let target = select(shape.simd_eq(splat(simd, index as f32)), one, zero);
            let weight = self.shape[index].next(simd, target, step);
            if weight.simd_gt(zero).any_true() {
                sum += wave(simd, index, turned, width, &self.randoms) * weight;
                total += weight;
            }
        }
        sum / total
    }
}

impl LaneState for State {
    fn visit(&mut self, visit: &mut LaneVisit<'_>) {
        lane_state!(visit; self.phase, self.anchor, self.reset_high, self.ended, self.frames_since_reset, self.cycles, self.unipolar,
            self.fresh, self.value);
        self.randoms.iter_mut().for_each(|random| random.visit(visit));
        self.shape.iter_mut().for_each(|weight| weight.visit(visit));
    }
}
