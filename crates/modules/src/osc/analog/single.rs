//! One oscillator of one shape without sync, with everything in registers that can be.

use super::bank::{Bank, SAWTOOTH, SHAPES, SINE, SQUARE, TRIANGLE, lanes_with_edges, naive};
use super::edges::{Edges, Stroke};
use super::oscillator::{LEVEL, pulse_offset};
use crate::dsp::blep::{Late, Moment};
use crate::dsp::phase::saw;
use patchlight_engine::simd::{Simd, SimdBase, i32x8, load, splat, store};
use patchlight_engine::{GROUP, LaneParam, Oct};

/// The width of the pulse during a call.
#[derive(Clone, Copy)]
pub struct Width<'a, S: Simd> {
    moving: Option<&'a [Oct]>,
    /// The offset of the second saw, where it stands still.
    still: i32x8<S>,
}

impl<'a, S: Simd> Width<'a, S> {
    #[inline(always)]
    pub fn new(simd: S, param: LaneParam<'a>) -> Self {
        let moving = if let LaneParam::Signal(frames) = param { Some(frames) } else { None };
        Self { moving, still: pulse_offset(simd, param.at(simd, 0)) }
    }

    /// A width of which the offset stands still.
    #[inline(always)]
    pub fn still(simd: S, offset: &[i32; GROUP]) -> Self {
        Self { moving: None, still: i32x8::from_slice(simd, offset) }
    }

    /// How far the second saw is from half a cycle behind the first.
    #[inline(always)]
    pub fn at(&self, simd: S, n: usize) -> i32x8<S> {
        match self.moving {
            Some(frames) => pulse_offset(simd, load(simd, &frames[n])),
            None => self.still,
        }
    }
}

/// A call for one oscillator of one shape.
pub struct Single<'c, 'a, S: Simd> {
    pub bank: &'c mut Bank,
    /// The pulse's offset in the frame before.
    pub offset: &'c mut [i32; GROUP],
    pub width: &'c Width<'a, S>,
    pub shape: usize,
}

impl<S: Simd> Single<'_, '_, S> {
    /// `step` gives the phase steps of each frame; `ramp` is there if anybody reads it.
    #[inline(always)]
    pub fn run<F: Fn(usize) -> i32x8<S>>(&mut self, simd: S, out: &mut [Oct], ramp: Option<&mut [Oct]>, step: F) {
        if let Some(ramp) = ramp {
            self.write_ramp(simd, ramp, &step);
        }
        let mut late = self.bank.begin_call(simd, out.len());
        match self.shape {
            SINE => self.run_shape::<SINE, F>(simd, &mut late, out, step),
            TRIANGLE => self.run_shape::<TRIANGLE, F>(simd, &mut late, out, step),
            SAWTOOTH => self.run_shape::<SAWTOOTH, F>(simd, &mut late, out, step),
            _ => self.run_shape::<SQUARE, F>(simd, &mut late, out, step),
        }
        self.width.at(simd, out.len() - 1).store_slice(self.offset);
        self.bank.end(simd, late, out);
    }

    /// The bare ramp, before the phases move.
    #[inline(always)]
    fn write_ramp<F: Fn(usize) -> i32x8<S>>(&mut self, simd: S, ramp: &mut [Oct], step: F) {
        let mut phase = i32x8::from_slice(simd, self.bank.first_phases());
        for (n, frame) in ramp.iter_mut().enumerate() {
            phase += step(n);
            store(saw(simd, phase), frame);
        }
    }

    /// The loop over frames, a function of its own, so that the compiler sees nothing but it.
    #[inline(never)]
    fn run_shape<const SHAPE: usize, F: Fn(usize) -> i32x8<S>>(&mut self, simd: S, late: &mut Late<S>, out: &mut [Oct], step: F) {
        simd.vectorize(
            #[inline(always)]
            || {
                let heard = [SHAPE == SINE, SHAPE == TRIANGLE, SHAPE == SAWTOOTH, SHAPE == SQUARE];
                let used_lanes = self.bank.used_lanes();
                let mut waiting = *late;
                let mut phase = i32x8::from_slice(simd, self.bank.first_phases());
                let mut offset_before = i32x8::from_slice(simd, self.offset);
                for (n, out) in out.iter_mut().enumerate() {
                    let (before, step) = (phase, step(n));
                    let offset = if SHAPE == SQUARE { self.width.at(simd, n) } else { offset_before };
                    phase = before + step;
                    if SHAPE != SINE {
                        let motion = Motion { before, step, offset_before, offset };
                        let lanes = lanes_with_edges(simd, heard, phase, &motion) & used_lanes;
                        if lanes != 0 {
                            add_edges::<S, SHAPE>(simd, self.bank, n, lanes, &motion);
                        }
                    }
                    offset_before = offset;
                    store(waiting.exchange(naive(simd, SHAPE, phase, offset) * splat(simd, LEVEL)), out);
                }
                phase.store_slice(self.bank.first_phases());
                *late = waiting;
            },
        );
    }
}

/// How the phases move in a frame, and the second saws of the pulse with them.
pub struct Motion<S: Simd> {
    pub before: i32x8<S>,
    pub step: i32x8<S>,
    pub offset_before: i32x8<S>,
    pub offset: i32x8<S>,
}

/// Adds what jumps or bends in these lanes.
#[inline(always)]
pub fn add_edges<S: Simd, const SHAPE: usize>(simd: S, bank: &mut Bank, frame: usize, lanes: u64, motion: &Motion<S>) {
    let (before, step) = (motion.before.to_array(), motion.step.to_array());
    let (offset_before, offset) = (motion.offset_before.to_array(), motion.offset.to_array());
    let mut levels = [0.0; SHAPES];
    levels[SHAPE] = LEVEL;
    let mut lanes = lanes;
    while lanes != 0 {
        let lane = lanes.trailing_zeros() as usize;
        lanes &= lanes - 1;
        let stroke = Stroke { step: step[lane], offset_before: offset_before[lane], offset: offset[lane] };
        let (tables, pending) = bank.edges();
        let mut edges = Edges { tables, pending, moment: Moment { frame, lane, age: 0.0 }, levels };
        edges.follow(simd, before[lane], stroke, None);
    }
}
