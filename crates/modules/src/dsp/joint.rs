//! Joints of any two signals, band-limited.
//!
//! Where a sound goes over from one signal to another at an instant between two samples, what is written as it stands folds back. What is to be
//! added is the difference between the low-passed transition and the bare one. [`super::blep`] has it ready for jumps of value, slope and
//! curvature; that is enough where the signals are slow beside the rate, but not for the harmonics of a bright wave. Here the transition itself
//! is low-passed: the difference d of the two signals is known at points a quarter of a sample apart, and y(t) = ¼ Σ d(m/4)·g(t − m/4) with the
//! kernel g of the same tables, the term at the joint halved.
//!
//! What the low-pass makes of d in the long run (it is late by a hair, and lets nothing above the band through) stays apart from d. That
//! fades over to d while the table lasts.

use crate::dsp::blep::{DELAY, Residuals, TAPS, fade};
use patchlight_engine::GROUP;
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, f32x8, splat};

/// Points to a sample.
const FINE: usize = 4;
/// Samples on either side of the joint that are looked at.
const REACH: usize = TAPS;
/// Points of the difference.
const POINTS: usize = 2 * REACH * FINE;

/// The instants, in samples since the joint, at which the difference of the two signals is asked for.
pub(crate) struct Joint {
    age: f32,
    fine: [f32; POINTS],
    bare: [f32; TAPS],
}

impl Joint {
    /// A joint that is `age` frames old, 0 to 1. `difference` gives the new signal less the old one at eight instants, in samples since
    /// the joint; both go on on either side of it.
    #[inline(always)]
    pub(crate) fn new<S: Simd>(simd: S, age: f32, mut difference: impl FnMut(f32x8<S>) -> f32x8<S>) -> Self {
        let mut joint = Self { age, fine: [0.0; POINTS], bare: [0.0; TAPS] };
        let steps = f32x8::from_slice(simd, &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
        for (number, points) in joint.fine.chunks_exact_mut(GROUP).enumerate() {
            // Sorted by the quarter, so that those of one quarter lie side by side.
            let (quarter, first) = (number * GROUP / (2 * REACH), number * GROUP % (2 * REACH));
            let begin = first as f32 - REACH as f32 + quarter as f32 / FINE as f32;
            difference(steps + splat(simd, begin)).store_slice(points);
        }
        for (number, points) in joint.bare.chunks_exact_mut(GROUP).enumerate() {
            difference(steps + splat(simd, (number * GROUP) as f32 - DELAY as f32 + age)).store_slice(points);
        }
        joint
    }

    /// What is to be added to the frames from now on, the bare signals being [`DELAY`] frames late.
    #[inline(always)]
    pub(crate) fn residual<S: Simd>(&self, simd: S, tables: &Residuals) -> [f32; TAPS] {
        let (mut begun, mut before) = ([0.0; TAPS], [0.0; TAPS]);
        for quarter in 0..FINE {
            let since = self.age - quarter as f32 / FINE as f32;
            let (phase, shift) = if since < 0.0 { (since + 1.0, 1) } else { (since, 0) };
            // The kernel between silences, so that any part of it can be loaded.
            let mut kernel = [0.0; TAPS + 2 * REACH + GROUP];
            for tap in (0..TAPS).step_by(GROUP) {
                let part = tables.kernel_taps(simd, phase, tap);
                part.store_slice(&mut kernel[REACH + tap..REACH + tap + GROUP]);
            }
            let points = &self.fine[quarter * 2 * REACH..(quarter + 1) * 2 * REACH];
            for tap in (0..TAPS).step_by(GROUP) {
                let (mut old, mut new) =
                    (f32x8::from_slice(simd, &before[tap..tap + GROUP]), f32x8::from_slice(simd, &begun[tap..tap + GROUP]));
                // Beyond these the kernel is silent.
                for (index, point) in points.iter().enumerate().take(tap + GROUP + REACH).skip(tap + 1) {
                    // Taps less the whole samples since the joint.
                    let from = tap + 2 * REACH - index - shift;
                    let Some(part) = kernel.get(from..from + GROUP) else { continue };
                    let (part, point) = (f32x8::from_slice(simd, part), splat(simd, *point / FINE as f32));
                    if index < REACH {
                        old = part.mul_add(point, old);
                    } else if index == REACH && quarter == 0 {
                        let half = point * splat(simd, 0.5);
                        (old, new) = (part.mul_add(half, old), part.mul_add(half, new));
                    } else {
                        new = part.mul_add(point, new);
                    }
                }
                old.store_slice(&mut before[tap..tap + GROUP]);
                new.store_slice(&mut begun[tap..tap + GROUP]);
            }
        }
        std::array::from_fn(|tap| {
            let bare = self.bare[tap];
            let lasting = begun[tap] + before[tap] - bare;
            begun[tap] - if tap >= DELAY { bare } else { 0.0 } - fade(tap as f32 + self.age) * lasting
        })
    }
}
