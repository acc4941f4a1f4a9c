//! Two groups of one oscillator each, side by side: sixteen lanes at once where the processor can, and else two groups by turns, so that
//! one is computed while the other waits. The samples are those of [`super::single`].

use super::bank::{Bank, SAWTOOTH, SHAPES, SINE};
use super::edges::{Edges, Stroke};
use super::oscillator::LEVEL;
use crate::dsp::blep::{LatePair, Moment};
use crate::dsp::phase::{SAW, jumped, sine_of_sixteen};
use fearless_simd::{SimdCvtFloat, SimdMask};
use patchlight_engine::simd::{Simd, SimdBase, f32x16, i32x8, i32x16, store};
use patchlight_engine::{GROUP, Oct};

/// Whether pairs of this shape are worth a loop of their own: the two that are played most.
pub fn is_paired(shape: usize) -> bool {
    shape == SINE || shape == SAWTOOTH
}

/// A call for two groups of one shape.
pub struct Pair<'c> {
    pub banks: [&'c mut Bank; 2],
    pub outs: [&'c mut [Oct]; 2],
}

impl Pair<'_> {
    /// `step` gives the phase steps of each frame.
    #[inline(always)]
    pub fn run<S: Simd, F: Fn(usize) -> i32x16<S>>(&mut self, simd: S, shape: usize, step: F) {
        if shape == SINE {
            self.run_shape::<S, SINE, F>(simd, step);
        } else {
            self.run_shape::<S, SAWTOOTH, F>(simd, step);
        }
    }

    /// The loop over frames, a function of its own, so that the compiler sees nothing but it.
    #[inline(never)]
    fn run_shape<S: Simd, const SHAPE: usize, F: Fn(usize) -> i32x16<S>>(&mut self, simd: S, step: F) {
        simd.vectorize(
            #[inline(always)]
            || {
                let Self { banks: [low, high], outs: [low_out, high_out] } = self;
                let frames = low_out.len().min(high_out.len());
                let used_lanes = low.used_lanes() | high.used_lanes() << GROUP;
                let mut waiting = LatePair::new(simd, low.begin_call(simd, frames), high.begin_call(simd, frames));
                let mut phase =
                    simd.combine_i32x8(i32x8::from_slice(simd, low.first_phases()), i32x8::from_slice(simd, high.first_phases()));
                for n in 0..frames {
                    let (before, step) = (phase, step(n));
                    phase = before + step;
                    let wave = if SHAPE == SINE {
                        sine_of_sixteen(simd, phase)
                    } else {
                        let lanes = jumped(before, phase, step).simd_lt(i32x16::splat(simd, 0)).to_bitmask() & used_lanes;
                        if lanes != 0 {
                            add_edges(simd, [low, high], n, lanes, [before, step]);
                        }
                        let steps: f32x16<S> = SimdCvtFloat::float_from(phase);
                        steps * f32x16::splat(simd, SAW)
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

/// Adds what jumps in these lanes.
#[inline(always)]
fn add_edges<S: Simd>(simd: S, banks: [&mut &mut Bank; 2], frame: usize, lanes: u64, motion: [i32x16<S>; 2]) {
    let [before, step] = [motion[0].to_array(), motion[1].to_array()];
    let mut levels = [0.0; SHAPES];
    levels[SAWTOOTH] = LEVEL;
    let mut lanes = lanes;
    while lanes != 0 {
        let lane = lanes.trailing_zeros() as usize;
        lanes &= lanes - 1;
        let stroke = Stroke { step: step[lane], offset_before: 0, offset: 0 };
        let (tables, pending) = banks[lane / GROUP].edges();
        let mut edges = Edges { tables, pending, moment: Moment { frame, lane: lane % GROUP, age: 0.0 }, levels };
        edges.follow(simd, before[lane], stroke, None);
    }
}
