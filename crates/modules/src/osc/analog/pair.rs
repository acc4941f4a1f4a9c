//! Two groups of one oscillator each, side by side: sixteen lanes at once where the processor can, and else two groups by turns, so that
//! one is computed while the other waits. The samples are those of [`super::single`].

use super::bank::{Bank, SAWTOOTH, SINE};
use super::oscillator::LEVEL;
use super::single::{Motion, add_edges};
use crate::dsp::blep::LatePair;
use crate::dsp::phase::{jumped, saw_of_sixteen, sine_of_sixteen};
use fearless_simd::SimdMask;
use patchlight_engine::simd::{Lanes, Simd, SimdBase, f32x16, i32x8, i32x16, store};
use patchlight_engine::{GROUP, Oct};

/// Whether pairs of this shape are worth a loop of their own: the two that are played most.
pub fn is_paired(shape: usize) -> bool {
    shape == SINE || shape == SAWTOOTH
}

/// A call for two groups of one shape.
pub struct Pair<'c> {
    pub banks: [&'c mut Bank; 2],
    pub outs: [&'c mut [Oct]; 2],
    /// The bare ramps, if anybody reads them.
    pub ramps: Option<[&'c mut [Oct]; 2]>,
}

impl Pair<'_> {
    /// `step` gives the phase steps of each frame.
    #[inline(always)]
    pub fn run<S: Simd, F: Fn(usize) -> i32x16<S>>(&mut self, simd: S, shape: usize, step: F) {
        self.write_ramps(simd, &step);
        if shape == SINE {
            self.run_shape::<S, SINE, F>(simd, step);
        } else {
            self.run_shape::<S, SAWTOOTH, F>(simd, step);
        }
    }

    /// The phases of both groups.
    #[inline(always)]
    fn phases<S: Simd>(&mut self, simd: S) -> i32x16<S> {
        let [low, high] = &mut self.banks;
        simd.combine_i32x8(i32x8::from_slice(simd, low.first_phases()), i32x8::from_slice(simd, high.first_phases()))
    }

    /// The bare ramps, before the phases move.
    #[inline(always)]
    fn write_ramps<S: Simd, F: Fn(usize) -> i32x16<S>>(&mut self, simd: S, step: F) {
        let mut phase = self.phases(simd);
        let Some([low, high]) = &mut self.ramps else { return };
        for n in 0..low.len().min(high.len()) {
            phase += step(n);
            let [first, second] = saw_of_sixteen(simd, phase).parts(simd);
            store(first, &mut low[n]);
            store(second, &mut high[n]);
        }
    }

    /// The loop over frames, a function of its own, so that the compiler sees nothing but it.
    #[inline(never)]
    fn run_shape<S: Simd, const SHAPE: usize, F: Fn(usize) -> i32x16<S>>(&mut self, simd: S, step: F) {
        simd.vectorize(
            #[inline(always)]
            || {
                let mut phase = self.phases(simd);
                let Self { banks: [low, high], outs: [low_out, high_out], .. } = self;
                let frames = low_out.len().min(high_out.len());
                let used_lanes = low.used_lanes() | high.used_lanes() << GROUP;
                let mut waiting = LatePair::new(simd, low.begin_call(simd, frames), high.begin_call(simd, frames));
                for n in 0..frames {
                    let (before, step) = (phase, step(n));
                    phase = before + step;
                    let wave = if SHAPE == SINE {
                        sine_of_sixteen(simd, phase)
                    } else {
                        let lanes = jumped(before, phase, step).simd_lt(i32x16::splat(simd, 0)).to_bitmask() & used_lanes;
                        if lanes != 0 {
                            let ([first, second], [low_motion, high_motion]) =
                                ([lanes & 0xff, lanes >> GROUP], motions(simd, before, step));
                            add_edges::<S, SHAPE>(simd, low, n, first, &low_motion);
                            add_edges::<S, SHAPE>(simd, high, n, second, &high_motion);
                        }
                        saw_of_sixteen(simd, phase)
                    };
                    let (first, second) = simd.split_f32x16(waiting.exchange(wave * f32x16::splat(simd, LEVEL)));
                    store(first, &mut low_out[n]);
                    store(second, &mut high_out[n]);
                }
                let (first, second) = simd.split_i32x16(phase);
                first.store_slice(low.first_phases());
                second.store_slice(high.first_phases());
                let (first, second) = waiting.split(simd);
                low.end(simd, first, low_out);
                high.end(simd, second, high_out);
            },
        );
    }
}

/// How the phases of each group move in a frame.
#[inline(always)]
fn motions<S: Simd>(simd: S, before: i32x16<S>, step: i32x16<S>) -> [Motion<S>; 2] {
    let ((before, next_before), (step, next_step)) = (simd.split_i32x16(before), simd.split_i32x16(step));
    // There is no second saw.
    let offset = i32x8::splat(simd, 0);
    let still = Motion { before, step, offset_before: offset, offset };
    [still, Motion { before: next_before, step: next_step, offset_before: offset, offset }]
}
