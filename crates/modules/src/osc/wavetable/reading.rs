//! Reading a wavetable: eight lanes, each at its own place in its own copy of its own two cycles.

use crate::dsp::phase::since_start;
use fearless_simd::SimdMask;
use patchlight_engine::simd::{
    Simd, SimdBase, SimdFloat, f32x8, float_from_u32, fours_at, i32x8, log2, select, splat, store, transpose_fours, u32_from_float, u32x8,
};
use patchlight_engine::{GROUP, GUARD, LEVELS, LONG_BITS, LONG_LEVELS, SHORT_BITS, Wavetable};

const LONG_STRIDE: f32 = ((1 << LONG_BITS) + GUARD) as f32;
const SHORT_STRIDE: f32 = ((1 << SHORT_BITS) + GUARD) as f32;

/// Harmonics of the richest copy, as octaves.
const RICHEST_OCTAVES: f32 = 10.0;

/// The highest harmonic that may sound, in hertz: folded at half the rate it still lies above 20 kHz.
pub(super) fn highest_hz(rate_hz: f32) -> f32 {
    (rate_hz - 20_000.0).min(28_000.0).max(0.4 * rate_hz)
}

/// Which copies the lanes read.
#[derive(Clone, Copy)]
pub(super) struct Copies<S: Simd> {
    /// Where their first cycle begins. Up to 2²⁴ a float is exact, and no table is larger.
    base: f32x8<S>,
    /// From cycle to cycle.
    stride: f32x8<S>,
    length: f32x8<S>,
}

impl<S: Simd> Copies<S> {
    /// For a place that moves by `turns` of the cycle a frame, where `highest` turns a frame may sound. What bends the cycle spreads each
    /// harmonic over its neighbours: so many of the highest are left out. Where not even the first harmonic may sound, see [`audible`].
    #[inline(always)]
    pub(super) fn new(simd: S, table: &Wavetable, turns: f32x8<S>, highest: f32, spread: f32) -> Self {
        let harmonics = splat(simd, highest) / turns.abs().max(splat(simd, 1e-7)) - splat(simd, spread);
        let harmonics = harmonics.max(splat(simd, 1.0));
        let octaves = splat(simd, RICHEST_OCTAVES) - log2(simd, harmonics);
        let level = (octaves * splat(simd, 2.0)).ceil().max(splat(simd, 0.0)).min(splat(simd, (LEVELS - 1) as f32));
        let cycles = table.cycles() as f32;
        let is_long = level.simd_lt(splat(simd, LONG_LEVELS as f32 - 0.5));
        let long_base = level * splat(simd, cycles * LONG_STRIDE);
        let longs = LONG_LEVELS as f32;
        let short_base =
            (level - splat(simd, longs)).mul_add(splat(simd, cycles * SHORT_STRIDE), splat(simd, longs * cycles * LONG_STRIDE));
        Self {
            base: select(is_long, long_base, short_base),
            stride: select(is_long, splat(simd, LONG_STRIDE), splat(simd, SHORT_STRIDE)),
            length: select(is_long, splat(simd, (1 << LONG_BITS) as f32), splat(simd, (1 << SHORT_BITS) as f32)),
        }
    }

    /// Those of one lane, for all.
    #[inline(always)]
    pub(super) fn of_lane(&self, simd: S, lane: usize) -> Self {
        Self { base: of_lane(simd, self.base, lane), stride: of_lane(simd, self.stride, lane), length: of_lane(simd, self.length, lane) }
    }

    /// A place of 0 to 1 as a whole frame and what is over.
    #[inline(always)]
    pub(super) fn split(&self, simd: S, place: f32x8<S>) -> (f32x8<S>, f32x8<S>) {
        let frame = place * self.length;
        let whole = frame.floor().max(splat(simd, 0.0)).min(self.length - splat(simd, 1.0));
        (whole, frame - whole)
    }

    /// The same of a phase, without the loss of a float.
    #[inline(always)]
    pub(super) fn split_phase(&self, simd: S, phase: i32x8<S>) -> (f32x8<S>, f32x8<S>) {
        let turns = since_start(simd, phase);
        let is_long = self.length.simd_gt(splat(simd, 2048.0));
        let long = part_of(simd, turns, LONG_BITS);
        let short = part_of(simd, turns, SHORT_BITS);
        (select(is_long, long.0, short.0), select(is_long, long.1, short.1))
    }

    /// The value at a frame of two cycles, blended.
    #[inline(always)]
    pub(super) fn read(&self, simd: S, table: &Wavetable, cycles: &Cycles<S>, at: (f32x8<S>, f32x8<S>)) -> f32x8<S> {
        let first = self.cubic(simd, table, cycles.first, at);
        if !cycles.is_between {
            return first;
        }
        let second = self.cubic(simd, table, cycles.second, at);
        (second - first).mul_add(cycles.share, first)
    }

    /// Catmull–Rom's cubic through the four frames about a place.
    #[inline(always)]
    fn cubic(&self, simd: S, table: &Wavetable, cycle: f32x8<S>, (frame, t): (f32x8<S>, f32x8<S>)) -> f32x8<S> {
        let places = u32_from_float(simd, self.base + cycle * self.stride + frame);
        let Some(rows) = fours_at(simd, table.samples(), places) else { return splat(simd, 0.0) };
        let [a, b, c, d] = transpose_fours(simd, rows);
        let (half, two) = (splat(simd, 0.5), splat(simd, 2.0));
        let slope = (c - a) * half;
        let square = a - b * splat(simd, 2.5) + c * two - d * half;
        let cube = (b - c).mul_add(splat(simd, 1.5), (d - a) * half);
        cube.mul_add(t, square).mul_add(t, slope).mul_add(t, b)
    }
}

/// One lane's value in all of them.
#[inline(always)]
pub(super) fn of_lane<S: Simd>(simd: S, values: f32x8<S>, lane: usize) -> f32x8<S> {
    let mut lanes = [0.0; GROUP];
    store(values, &mut lanes);
    splat(simd, lanes[lane])
}

/// How loud a cycle is that is run through by `turns` a frame, where `highest` turns may sound: it fades out below that.
#[inline(always)]
pub(super) fn audible<S: Simd>(simd: S, turns: f32x8<S>, highest: f32) -> f32x8<S> {
    let room = splat(simd, highest) / turns.abs().max(splat(simd, 1e-7)) - splat(simd, 1.0);
    (room * splat(simd, 4.0)).max(splat(simd, 0.0)).min(splat(simd, 1.0))
}

/// A phase in turns of 2³² as a frame of a cycle of 2^`bits` frames, and what is over.
#[inline(always)]
fn part_of<S: Simd>(simd: S, turns: u32x8<S>, bits: u32) -> (f32x8<S>, f32x8<S>) {
    let whole = float_from_u32(simd, turns >> (32 - bits));
    let over = float_from_u32(simd, turns & u32x8::splat(simd, u32::MAX >> bits));
    (whole, over * splat(simd, 1.0 / (1_u64 << (32 - bits)) as f32))
}

/// The two cycles about a position.
#[derive(Clone, Copy)]
pub(super) struct Cycles<S: Simd> {
    first: f32x8<S>,
    second: f32x8<S>,
    share: f32x8<S>,
    is_between: bool,
}

impl<S: Simd> Cycles<S> {
    /// At a position of 0 to 1.
    #[inline(always)]
    pub(super) fn new(simd: S, table: &Wavetable, position: f32x8<S>) -> Self {
        let last = splat(simd, (table.cycles() - 1) as f32);
        let at = (position * last).max(splat(simd, 0.0)).min(last);
        let first = at.floor();
        let share = at - first;
        let is_between = !share.simd_eq(splat(simd, 0.0)).all_true();
        Self { first, second: (first + splat(simd, 1.0)).min(last), share, is_between }
    }

    /// Those of one lane, for all.
    #[inline(always)]
    pub(super) fn of_lane(&self, simd: S, lane: usize) -> Self {
        let [first, second, share] = [self.first, self.second, self.share].map(|values| of_lane(simd, values, lane));
        Self { first, second, share, is_between: self.is_between }
    }
}
