//! What jumps or bends while one oscillator of one lane goes through one frame.

use super::bank::{SAWTOOTH, SHAPES, SINE, SQUARE, TRIANGLE};
use crate::dsp::blep::{Moment, Pending, Residuals};
use crate::dsp::phase::{QUARTER, SAW, TURN, has_jumped};
use patchlight_engine::simd::{Simd, load, sin_turns, store};

/// How the phase moves in this frame, in phase steps, and the second saw of the pulse with it.
#[derive(Clone, Copy)]
pub struct Stroke {
    pub step: i32,
    pub offset_before: i32,
    pub offset: i32,
}

impl Stroke {
    /// The pulse's offset so many frames ago, 0 to 1.
    fn offset_at(&self, age: f32) -> i32 {
        self.offset.wrapping_sub((self.offset.wrapping_sub(self.offset_before) as f32 * age) as i32)
    }

    /// How far the phase moves in a share of the frame.
    fn part(&self, share: f32) -> i32 {
        (self.step as f32 * share) as i32
    }
}

/// A hard sync within the frame.
#[derive(Clone, Copy)]
pub struct Reset {
    /// How many frames ago, 0 to 1.
    pub age: f32,
    /// Where the phase goes.
    pub phase: i32,
}

/// Where the edges of one oscillator of one lane go.
pub struct Edges<'a> {
    pub tables: &'static Residuals,
    pub pending: &'a mut Pending,
    /// The frame and lane; the age is set edge by edge.
    pub moment: Moment,
    /// The levels of the shapes.
    pub levels: [f32; SHAPES],
}

/// A stretch of the frame without a reset.
struct Stretch {
    from: i32,
    to: i32,
    begin_age: f32,
    end_age: f32,
}

/// The phase of the second saw of the pulse.
pub fn pulse_phase(phase: i32, offset: i32) -> i32 {
    (phase ^ i32::MIN).wrapping_sub(offset)
}

impl Edges<'_> {
    /// Goes through the frame and gives the phase at its end.
    #[inline(always)]
    pub fn follow<S: Simd>(&mut self, simd: S, before: i32, stroke: Stroke, reset: Option<Reset>) -> i32 {
        let (mut from, mut begin_age) = (before, 1.0);
        let mut to = before.wrapping_add(stroke.step);
        if let Some(reset) = reset {
            let age = reset.age.clamp(0.0, 1.0);
            let met = before.wrapping_add(stroke.part(1.0 - age));
            self.travel(simd, stroke, &Stretch { from, to: met, begin_age, end_age: age });
            self.restart(simd, stroke, age, met, reset.phase);
            (from, begin_age) = (reset.phase, age);
            to = reset.phase.wrapping_add(stroke.part(age));
        }
        self.travel(simd, stroke, &Stretch { from, to, begin_age, end_age: 0.0 });
        to
    }

    /// Adds the edges of a stretch.
    #[inline(always)]
    fn travel<S: Simd>(&mut self, simd: S, stroke: Stroke, stretch: &Stretch) {
        let &Stretch { from, to, begin_age, end_age } = stretch;
        let step = stroke.step as f32;
        let falls = self.levels[SAWTOOTH] + self.levels[SQUARE];
        if falls != 0.0 && has_jumped(from, to) {
            self.jump(simd, age_of_edge(to, step, end_age), -2.0 * step.signum() * falls);
        }
        if self.levels[SQUARE] != 0.0 {
            let (from, to) = (pulse_phase(from, stroke.offset_at(begin_age)), pulse_phase(to, stroke.offset_at(end_age)));
            let step = stroke.step.wrapping_sub(stroke.offset.wrapping_sub(stroke.offset_before)) as f32;
            if has_jumped(from, to) {
                self.jump(simd, age_of_edge(to, step, end_age), 2.0 * step.signum() * self.levels[SQUARE]);
            }
        }
        if self.levels[TRIANGLE] != 0.0 {
            for (quarter, turns_by) in [(QUARTER, -8.0), (-QUARTER, 8.0)] {
                let (from, to) = (from.wrapping_add(quarter), to.wrapping_add(quarter));
                if has_jumped(from, to) {
                    self.moment.age = age_of_edge(to, step, end_age);
                    let slope = turns_by * step.abs() * (1.0 / TURN) * self.levels[TRIANGLE];
                    self.pending.add(simd, &self.tables.corner, self.moment, slope);
                }
            }
        }
    }

    #[inline(always)]
    fn jump<S: Simd>(&mut self, simd: S, age: f32, height: f32) {
        self.moment.age = age;
        self.pending.add(simd, &self.tables.step, self.moment, height);
    }

    /// Adds what a reset from one phase to another does to each shape.
    #[inline(always)]
    fn restart<S: Simd>(&mut self, simd: S, stroke: Stroke, age: f32, from: i32, to: i32) {
        let (offset, step_turns) = (stroke.offset_at(age), stroke.step as f32 * (1.0 / TURN));
        let saw = |phase: i32| phase as f32 * SAW;
        let pulse = |phase: i32| saw(phase) - saw(pulse_phase(phase, offset));
        let rises = |phase: i32| phase.unsigned_abs() < QUARTER as u32;
        let triangle = |phase: i32| if rises(phase) { 2.0 * saw(phase) } else { 2.0_f32.copysign(saw(phase)) - 2.0 * saw(phase) };
        let slope = |phase: i32| if rises(phase) { 4.0 } else { -4.0 };
        let levels = self.levels;
        if levels[SAWTOOTH] + levels[SQUARE] + levels[TRIANGLE] != 0.0 {
            let height = levels[TRIANGLE] * (triangle(to) - triangle(from))
                + levels[SAWTOOTH] * (saw(to) - saw(from))
                + levels[SQUARE] * (pulse(to) - pulse(from));
            self.jump(simd, age, height);
        }
        if levels[TRIANGLE] != 0.0 {
            let corner = levels[TRIANGLE] * (slope(to) - slope(from)) * step_turns;
            self.pending.add(simd, &self.tables.corner, self.moment, corner);
        }
        if levels[SINE] != 0.0 {
            self.restart_sine(simd, step_turns, age, [saw(from) * 0.5, saw(to) * 0.5]);
        }
    }

    /// One sine ends and another begins, at these phases in turns: the imaginary part of (e^(iφ₂) − e^(iφ₁)) · residual.
    #[inline(always)]
    fn restart_sine<S: Simd>(&mut self, simd: S, step_turns: f32, age: f32, [from, to]: [f32; 2]) {
        let mut waves = [0.0; 8];
        store(sin_turns(simd, load(simd, &[from, to, from + 0.25, to + 0.25, 0.0, 0.0, 0.0, 0.0])), &mut waves);
        let level = self.levels[SINE];
        let rows = self.tables.sine_start(simd, step_turns, age);
        self.moment.age = age;
        self.pending.add_rows(self.moment, &rows, [level * (waves[1] - waves[0]), level * (waves[3] - waves[2])]);
    }
}

/// How long ago a phase that is now at `to` was at the end of the cycle.
fn age_of_edge(to: i32, step: f32, end_age: f32) -> f32 {
    end_age + (to ^ i32::MIN) as f32 / step
}
