//! Phases of oscillators: whole numbers of 2⁻³² turns, which wrap by themselves and do not drift.
//!
//! As a signed number a phase runs from −2³¹, where a cycle begins, to 2³¹ − 1, so that a phase times 2⁻³¹ is a saw.
//! (In f32 an increment of 20 Hz at 192 kHz would be rounded by up to half a cent, in the same direction at every step.)

use fearless_simd::{SimdCvtFloat, SimdMask};
use patchlight_core::C4_HZ;
use patchlight_engine::Oct;
use patchlight_engine::simd::{Simd, SimdBase, exp2, f32x8, i32x8, load, splat, store};

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

/// Negative in lanes whose saw jumped between two phases that are `step` apart.
#[inline(always)]
pub fn jumped<S: Simd>(before: i32x8<S>, after: i32x8<S>, step: i32x8<S>) -> i32x8<S> {
    (before ^ after) & !(before ^ step)
}

/// Whether the saw jumped between two phases.
#[inline(always)]
pub fn has_jumped(before: i32, after: i32) -> bool {
    (before ^ after) & !(before ^ after.wrapping_sub(before)) < 0
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

    /// What was asked for last, in lane 0.
    pub fn last_hz(&self) -> f32 {
        self.hz[0]
    }
}

/// The octaves that a tuning knob pair adds.
#[inline(always)]
pub fn knob_octaves<S: Simd>(simd: S, semitones: f32x8<S>, cents: f32x8<S>) -> f32x8<S> {
    (semitones + cents * splat(simd, 0.01)) * splat(simd, 1.0 / 12.0)
}

#[cfg(test)]
mod tests {
    use super::has_jumped;

    #[test]
    fn a_saw_jumps_at_the_ends_of_its_cycle_in_both_directions() {
        assert!(has_jumped(i32::MAX - 5, i32::MIN + 5));
        assert!(has_jumped(i32::MIN + 5, i32::MAX - 5));
        assert!(!has_jumped(-5, 5));
        assert!(!has_jumped(5, -5));
        assert!(!has_jumped(7, 7));
    }
}
