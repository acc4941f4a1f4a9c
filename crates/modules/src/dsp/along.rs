//! Eight neighbouring frames of a row in one vector: reading and writing them where a call has fewer than eight left.

use patchlight_engine::simd::{Simd, f32x8, load, splat, store};
use patchlight_engine::{BLOCK, GROUP, Param};

/// The frames of a call, and room for the rest of the last vector.
pub(crate) type PaddedRow = [f32; BLOCK + GROUP];

pub(crate) const EMPTY_ROW: PaddedRow = [0.0; BLOCK + GROUP];

/// Frames from `n` on; behind the end is silence.
#[inline(always)]
pub(crate) fn frames_at<S: Simd>(simd: S, row: &[f32], n: usize) -> f32x8<S> {
    if let Some(eight) = row.get(n..).and_then(<[f32]>::first_chunk::<GROUP>) {
        return load(simd, eight);
    }
    let mut eight = [0.0; GROUP];
    if let Some(rest) = row.get(n..) {
        let count = rest.len().min(GROUP);
        eight[..count].copy_from_slice(&rest[..count]);
    }
    load(simd, &eight)
}

/// Writes frames from `n` on, as many as there are.
#[inline(always)]
pub(crate) fn put_frames<S: Simd>(value: f32x8<S>, row: &mut [f32], n: usize) {
    if let Some(eight) = row.get_mut(n..).and_then(<[f32]>::first_chunk_mut::<GROUP>) {
        store(value, eight);
        return;
    }
    let mut eight = [0.0; GROUP];
    store(value, &mut eight);
    if let Some(rest) = row.get_mut(n..) {
        let count = rest.len().min(GROUP);
        rest[..count].copy_from_slice(&eight[..count]);
    }
}

/// A parameter of one voice, as its frames are needed eight at a time.
#[derive(Clone, Copy)]
pub(crate) struct Knob<'a> {
    value: f32,
    signal: Option<&'a [f32]>,
}

impl<'a> Knob<'a> {
    #[inline(always)]
    pub(crate) fn new(param: Param<'a>, voice: usize) -> Self {
        Self { value: param.constant().unwrap_or_default(), signal: param.row(voice) }
    }

    /// The value, if it stands still.
    #[inline(always)]
    pub(crate) fn constant(&self) -> Option<f32> {
        if self.signal.is_none() { Some(self.value) } else { None }
    }

    /// The value at one frame.
    #[inline(always)]
    pub(crate) fn at(&self, n: usize) -> f32 {
        match self.signal {
            Some(signal) => signal[n],
            None => self.value,
        }
    }

    #[inline(always)]
    pub(crate) fn eight_at<S: Simd>(&self, simd: S, n: usize) -> f32x8<S> {
        match self.signal {
            Some(signal) => frames_at(simd, signal, n),
            None => splat(simd, self.value),
        }
    }
}

/// What weighs the frames of a call when the last counts fully and each before it by a factor less.
pub(crate) struct Powers {
    /// The last is the factor's power 0; the one before it 1.
    pub(crate) falling: [f32; BLOCK],
    /// Powers from 0 up.
    pub(crate) rising: [f32; BLOCK + 1],
}

impl Powers {
    pub(crate) fn new(factor: f32) -> Self {
        let rising: [f32; BLOCK + 1] = std::array::from_fn(|power| factor.powi(power as i32));
        Self { falling: std::array::from_fn(|n| rising[BLOCK - 1 - n]), rising }
    }
}
