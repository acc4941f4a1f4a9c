//! Reading between frames, eight moments of a voice at a time: four frames or sixteen of each channel for each moment, turned so that one
//! vector holds the same frame of all eight.

use super::head::{FRACTION_BITS, Place, Region};
use crate::dsp::{SINC_TAPS, SincTable};
use patchlight_engine::simd::{
    Simd, SimdBase, SimdFloat, f32x8, float_from_u32, fours_at, inlined, load, pair, splat, split_words, store, transpose, transpose_fours,
    u32x8,
};
use patchlight_engine::{BLOCK, GROUP, Sample};

/// Frames of one channel of one voice, and room for the rest of the last vector.
pub(super) type Row = [f32; BLOCK + GROUP];

/// Frames that Catmull–Rom's cubic is made of.
pub(super) const CUBIC_TAPS: usize = 4;

/// What is read, and how.
pub(super) struct Reading<'a> {
    left: &'a [f32],
    right: &'a [f32],
    is_mono: bool,
    /// In a loop without crossfade, the start lies behind the end.
    seamless: Option<Region>,
    is_cubic: bool,
    sinc: &'a SincTable,
}

impl<'a> Reading<'a> {
    #[inline(always)]
    pub(super) fn new(sample: &'a Sample, seamless: Option<Region>, is_cubic: bool, sinc: &'a SincTable) -> Self {
        let (left, right, is_mono): (&[f32], &[f32], bool) = match sample.channels.as_slice() {
            [] => (&[], &[], true),
            [mono] => (mono, mono, true),
            [left, right, ..] => (left, right, false),
        };
        let length = left.len().min(right.len());
        Self { left: &left[..length], right: &right[..length], is_mono, seamless, is_cubic, sinc }
    }

    /// Writes the sound at these places into both rows (adds to them, if told so), from frame `first` on. Levels of nothing are 1.
    #[inline(always)]
    pub(super) fn read<S: Simd>(&self, simd: S, places: &[Place], levels: Option<&[f32]>, first: usize, rows: [&mut Row; 2], adds: bool) {
        let [left, right] = rows;
        for from in (0..places.len()).step_by(GROUP) {
            let eight = eight_of(places, from);
            let mut heard = if self.is_cubic { self.cubic(simd, &eight) } else { self.sinc(simd, &eight) };
            if let Some(levels) = levels {
                let level = load(simd, &eight_of(levels, from));
                heard = [heard[0] * level, heard[1] * level];
            }
            for (row, heard) in [(&mut *left, heard[0]), (&mut *right, heard[1])] {
                let Some(row) = row.get_mut(first + from..).and_then(<[f32]>::first_chunk_mut::<GROUP>) else { return };
                let sum = if adds { load(simd, row) + heard } else { heard };
                store(sum, row);
            }
        }
    }

    /// The frames that most places are read from without a second look, and where they begin.
    #[inline(always)]
    pub(super) fn window(&self) -> (i64, &'a [f32], &'a [f32]) {
        if let Some(Region { start, end }) = self.seamless {
            let range = start.max(0) as usize..end.max(0) as usize;
            if let (Some(left), Some(right)) = (self.left.get(range.clone()), self.right.get(range)) {
                return (start, left, right);
            }
        }
        (0, self.left, self.right)
    }

    /// Catmull–Rom: the frames −1 to 2 around each place.
    #[inline(always)]
    fn cubic<S: Simd>(&self, simd: S, places: &[Place; GROUP]) -> [f32x8<S>; 2] {
        let (start, left, right) = self.window();
        let (fractions, wholes) = split_words(simd, places);
        // Before the start is beyond any end.
        let firsts = wholes - u32x8::splat(simd, start as u32 + 1);
        let weights = cubic_weights(simd, share_of(simd, fractions));
        if let Some(l) = fours_at(simd, left, firsts) {
            let left = weigh(simd, l, &weights);
            if self.is_mono {
                return [left; 2];
            }
            if let Some(r) = fours_at(simd, right, firsts) {
                return [left, weigh(simd, r, &weights)];
            }
        }
        let mut edges = [[[0.0; CUBIC_TAPS]; GROUP]; 2];
        for k in 0..GROUP {
            let whole = places[k] >> FRACTION_BITS;
            let [left, right] = self.around::<CUBIC_TAPS>(whole, whole - 1);
            (edges[0][k], edges[1][k]) = (left, right);
        }
        let (mut l, mut r) = ([splat(simd, 0.0); 4], [splat(simd, 0.0); 4]);
        for k in 0..4 {
            l[k] = pair(simd, &edges[0][k], &edges[0][k + 4]);
            r[k] = pair(simd, &edges[1][k], &edges[1][k + 4]);
        }
        [weigh(simd, l, &weights), weigh(simd, r, &weights)]
    }

    /// The frames −7 to 8 around each place, under the table's sinc.
    #[inline(always)]
    fn sinc<S: Simd>(&self, simd: S, places: &[Place; GROUP]) -> [f32x8<S>; 2] {
        let (start, left, right) = self.window();
        let before = SINC_TAPS as i64 / 2 - 1;
        let (mut l, mut r) = ([splat(simd, 0.0); GROUP], [splat(simd, 0.0); GROUP]);
        for k in 0..GROUP {
            let whole = places[k] >> FRACTION_BITS;
            let weights = sinc_weights(simd, self.sinc, places[k] as u32);
            let first = (whole - before - start) as usize;
            if first < left.len().saturating_sub(SINC_TAPS - 1) {
                l[k] = products(simd, taps(left, first), weights);
                if !self.is_mono {
                    r[k] = products(simd, taps(right, first), weights);
                }
            } else {
                let [left, right] = self.around::<SINC_TAPS>(whole, whole - before);
                l[k] = products(simd, &left, weights);
                r[k] = products(simd, &right, weights);
            }
        }
        let left = sum(transpose(l));
        if self.is_mono { [left; 2] } else { [left, sum(transpose(r))] }
    }

    /// Frames from `first` on around one that is read: outside the file is silence, around a loop is the loop.
    #[cold]
    #[inline(never)]
    pub(super) fn around<const N: usize>(&self, whole: i64, first: i64) -> [[f32; N]; 2] {
        let length = self.left.len() as i64;
        let seamless = self.seamless.filter(|region| (region.start..region.end).contains(&whole) && region.end <= length);
        let mut frames = [[0.0; N]; 2];
        for i in 0..N {
            let k = first.saturating_add(i as i64);
            let place = match seamless {
                Some(region) => region.start + (k - region.start).rem_euclid(region.len()),
                None if (0..length).contains(&k) => k,
                None => continue,
            };
            (frames[0][i], frames[1][i]) = (self.left[place as usize], self.right[place as usize]);
        }
        frames
    }
}

/// Eight from a place on; behind the end the last again.
#[inline(always)]
pub(super) fn eight_of<T: Copy + Default>(values: &[T], from: usize) -> [T; GROUP] {
    if let Some(eight) = values.get(from..).and_then(<[T]>::first_chunk::<GROUP>) {
        return *eight;
    }
    let mut eight = [values.last().copied().unwrap_or_default(); GROUP];
    let rest = &values[from.min(values.len())..];
    eight[..rest.len()].copy_from_slice(rest);
    eight
}

/// `N` frames from a place that was found to lie inside.
#[inline(always)]
fn taps<const N: usize>(frames: &[f32], first: usize) -> &[f32; N] {
    match frames.get(first..) {
        Some(frames) => frames.first_chunk::<N>().unwrap_or(&[0.0; N]),
        None => &[0.0; N],
    }
}

/// Catmull–Rom's weights of the frames −1 to 2 are these times the powers, from the third down, of the share of the way from 0 to 1.
const CATMULL_ROM: [[f32; CUBIC_TAPS]; 4] = [[-0.5, 1.5, -1.5, 0.5], [1.0, -2.5, 2.0, -0.5], [-0.5, 0.0, 0.5, 0.0], [0.0, 1.0, 0.0, 0.0]];

/// The polynomials of all four weights side by side, and once more behind them.
#[inline(always)]
pub(super) fn cubic_powers<S: Simd>(simd: S) -> [f32x8<S>; 4] {
    let [a, b, c, d] = &CATMULL_ROM;
    [pair(simd, a, a), pair(simd, b, b), pair(simd, c, c), pair(simd, d, d)]
}

/// A polynomial at `t`, by lane.
#[inline(always)]
pub(super) fn cubic_weight<S: Simd>([a, b, c, d]: &[f32x8<S>; 4], t: f32x8<S>) -> f32x8<S> {
    a.mul_add(t, *b).mul_add(t, *c).mul_add(t, *d)
}

/// The weights of eight moments, frame by frame.
#[inline(always)]
fn cubic_weights<S: Simd>(simd: S, t: f32x8<S>) -> [f32x8<S>; CUBIC_TAPS] {
    let mut weights = [t; CUBIC_TAPS];
    for tap in 0..CUBIC_TAPS {
        let [a, b, c, d] = &CATMULL_ROM;
        let powers = [splat(simd, a[tap]), splat(simd, b[tap]), splat(simd, c[tap]), splat(simd, d[tap])];
        weights[tap] = cubic_weight(&powers, t);
    }
    weights
}

/// The share of a frame, from its 32 bits.
#[inline(always)]
pub(super) fn share_of<S: Simd>(simd: S, fractions: u32x8<S>) -> f32x8<S> {
    float_from_u32(simd, fractions >> 8) * splat(simd, 1.0 / (1 << 24) as f32)
}

/// Rows of four frames, each of two moments, times the weights of those moments. The order of the sum is that of [`sum_fours`](patchlight_engine::simd::sum_fours).
#[inline(always)]
fn weigh<S: Simd>(simd: S, rows: [f32x8<S>; 4], weights: &[f32x8<S>; 4]) -> f32x8<S> {
    let [a, b, c, d] = transpose_fours(simd, rows);
    (a * weights[0] + c * weights[2]) + (b * weights[1] + d * weights[3])
}

/// The table's weights of a fraction in 2⁻³², read linearly between its phases.
#[inline(always)]
fn sinc_weights<S: Simd>(simd: S, table: &SincTable, fraction: u32) -> [f32x8<S>; 2] {
    let (near, next, share) = table.around(fraction);
    let share = splat(simd, share);
    let half = inlined(
        #[inline(always)]
        |range: std::ops::Range<usize>| {
            let (a, b) = (f32x8::from_slice(simd, &near[range.clone()]), f32x8::from_slice(simd, &next[range]));
            (b - a).mul_add(share, a)
        },
    );
    [half(0..8), half(8..16)]
}

#[inline(always)]
fn products<S: Simd>(simd: S, frames: &[f32; SINC_TAPS], weights: [f32x8<S>; 2]) -> f32x8<S> {
    let (near, far) = (f32x8::from_slice(simd, &frames[..8]), f32x8::from_slice(simd, &frames[8..]));
    far.mul_add(weights[1], near * weights[0])
}

#[inline(always)]
fn sum<S: Simd>(rows: [f32x8<S>; GROUP]) -> f32x8<S> {
    let [a, b, c, d, e, f, g, h] = rows;
    ((a + b) + (c + d)) + ((e + f) + (g + h))
}
