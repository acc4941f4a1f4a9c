//! Phases of oscillators: whole numbers of 2⁻³² turns, which wrap by themselves and do not drift.
//!
//! As a signed number a phase runs from −2³¹, where a cycle begins, to 2³¹ − 1, so that a phase times 2⁻³¹ is a saw.
//! (In f32 an increment of 20 Hz at 192 kHz would be rounded by up to half a cent, in the same direction at every step.)

use fearless_simd::{Bytes, SimdCvtFloat, SimdMask};
use patchlight_core::C4_HZ;
use patchlight_engine::Oct;
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, exp2, f32x8, f32x16, i32x8, i32x16, load, splat, store, u32x8};
use std::ops::{BitAnd, BitXor, Not};

/// Steps of a phase in one turn.
pub const TURN: f32 = 4_294_967_296.0;

/// A quarter of a turn.
pub const QUARTER: i32 = 1 << 30;

/// A phase times this is a saw from −1 to 1.
pub const SAW: f32 = 2.0 / TURN;

/// The largest increment, in turns a frame, before detuning: beyond it nothing could be heard but the fundamental.
pub const MAX_INCREMENT: f32 = 0.45;

/// The phase as a saw from −1 to 1.
#[inline(always)]
pub fn saw<S: Simd>(simd: S, phase: i32x8<S>) -> f32x8<S> {
    let steps: f32x8<S> = SimdCvtFloat::float_from(phase);
    steps * splat(simd, SAW)
}

/// [`saw`] of two groups.
#[inline(always)]
pub fn saw_of_sixteen<S: Simd>(simd: S, phase: i32x16<S>) -> f32x16<S> {
    let steps: f32x16<S> = SimdCvtFloat::float_from(phase);
    steps * f32x16::splat(simd, SAW)
}

/// A phase from the beginning of its cycle on, in 2⁻³² turns.
#[inline(always)]
pub fn since_start<S: Simd>(simd: S, phase: i32x8<S>) -> u32x8<S> {
    (phase ^ i32x8::splat(simd, i32::MIN)).bitcast()
}

/// Makes the sine for vectors of one length.
macro_rules! sine_of {
    ($name:ident, $ints:ident, $floats:ident) => {
        /// sin(2π·phase); absolute error under 2e-7.
        ///
        /// The phase is folded to a quarter of a turn as the whole number it is, so that nothing is lost; then a polynomial of the ninth
        /// degree, minimax for sin(π/2·y) over ±1 by Remez' exchange (error 3.4e-9 before rounding).
        #[inline(always)]
        pub fn $name<S: Simd>(simd: S, phase: $ints<S>) -> $floats<S> {
            // All ones where the two highest bits differ: in the second and third quarter, which mirror the first and the fourth.
            let is_beyond = (phase ^ (phase << 1)) >> 31;
            let folded: $floats<S> = SimdCvtFloat::float_from(phase ^ (is_beyond & $ints::splat(simd, i32::MAX)));
            let y = folded * $floats::splat(simd, 4.0 / TURN);
            let y2 = y * y;
            let mut p = $floats::splat(simd, 1.508_205_6e-4);
            p = p.mul_add(y2, $floats::splat(simd, -4.672_228e-3));
            p = p.mul_add(y2, $floats::splat(simd, 0.079_688_48));
            p = p.mul_add(y2, $floats::splat(simd, -0.645_963_4));
            p = p.mul_add(y2, $floats::splat(simd, std::f32::consts::FRAC_PI_2));
            p * y
        }
    };
}

sine_of!(sine, i32x8, f32x8);
sine_of!(sine_of_sixteen, i32x16, f32x16);

/// A number of turns as phase steps; whole turns fall away.
#[inline(always)]
pub fn steps_of_turns<S: Simd>(simd: S, turns: f32x8<S>) -> i32x8<S> {
    ((turns - turns.round_ties_even()) * splat(simd, TURN)).to_int()
}

/// Negative in lanes whose saw jumped between two phases that are `step` apart.
#[inline(always)]
pub fn jumped<V: BitXor<Output = V> + BitAnd<Output = V> + Not<Output = V> + Copy>(before: V, after: V, step: V) -> V {
    (before ^ after) & !(before ^ step)
}

/// Whether the saw jumped between two phases.
#[inline(always)]
pub fn has_jumped(before: i32, after: i32) -> bool {
    (before ^ after) & !(before ^ after.wrapping_sub(before)) < 0
}

/// Whether every frame is like the first.
#[inline(always)]
pub fn is_flat<S: Simd>(simd: S, frames: &[Oct]) -> bool {
    let Some(first) = frames.first() else { return true };
    let first = load(simd, first);
    let mut is_same = first.simd_eq(first);
    for frame in frames {
        is_same &= load(simd, frame).simd_eq(first);
    }
    is_same.all_true()
}

/// The frequency of a pitch signal, computed only when it moves.
pub struct Frequency {
    octaves: Oct,
    hz: Oct,
}

impl Frequency {
    pub fn new() -> Self {
        Self { octaves: [0.0; 8], hz: [C4_HZ; 8] }
    }

    /// Hertz of octaves from C4.
    #[inline(always)]
    pub fn hz<S: Simd>(&mut self, simd: S, octaves: f32x8<S>) -> f32x8<S> {
        if octaves.simd_eq(load(simd, &self.octaves)).all_true() {
            return load(simd, &self.hz);
        }
        let hz = exp2(simd, octaves) * splat(simd, C4_HZ);
        store(octaves, &mut self.octaves);
        store(hz, &mut self.hz);
        hz
    }

    /// What was asked for last.
    pub fn last_hz(&self, lane: usize) -> f32 {
        self.hz[lane]
    }
}

/// The octaves that a tuning knob pair adds.
#[inline(always)]
pub fn knob_octaves<S: Simd>(simd: S, semitones: f32x8<S>, cents: f32x8<S>) -> f32x8<S> {
    (semitones + cents * splat(simd, 0.01)) * splat(simd, 1.0 / 12.0)
}

#[cfg(test)]
mod tests {
    use super::{TURN, has_jumped, sine};
    use patchlight_engine::simd::{Simd, SimdBase, SimdJob, i32x8, store, vectorize};

    struct Sine(i32);

    impl SimdJob for Sine {
        type Output = f32;

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> f32 {
            let mut out = [0.0; 8];
            store(sine(simd, i32x8::splat(simd, self.0)), &mut out);
            out[3]
        }
    }

    #[test]
    fn a_sine_is_accurate_all_the_way_round() {
        for step in 0..40_000_u32 {
            let phase = step.wrapping_mul(107_374) as i32;
            let exact = (f64::from(phase) / f64::from(TURN) * std::f64::consts::TAU).sin();
            let heard = f64::from(vectorize(Sine(phase)));
            assert!((heard - exact).abs() < 2e-7, "{phase}: {heard} for {exact}");
        }
        assert_eq!([0, 1 << 30, i32::MIN].map(|phase| (vectorize(Sine(phase)) * 1e6).round()), [0.0, 1e6, 0.0]);
    }

    #[test]
    fn a_saw_jumps_at_the_ends_of_its_cycle_in_both_directions() {
        assert!(has_jumped(i32::MAX - 5, i32::MIN + 5));
        assert!(has_jumped(i32::MIN + 5, i32::MAX - 5));
        assert!(!has_jumped(-5, 5));
        assert!(!has_jumped(5, -5));
        assert!(!has_jumped(7, 7));
    }
}
