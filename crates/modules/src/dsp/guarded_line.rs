//! A delay line that is read eight moments at a time: whole rows of neighbouring frames, or four frames around each of eight places.

use patchlight_engine::simd::{
    Lanes, Simd, SimdBase, SimdFloat, SimdMask, f32x8, f32x16, fours_at, splat, transpose_fours, u32_from_float, u32x8, u32x16,
};
use patchlight_engine::{BLOCK, GROUP};

/// Frames behind the end that repeat those at the start, so that neighbours need no second look.
const GUARD: usize = 4;

/// Remembers the last frames of a signal; its length is a power of two, allocated when built.
#[derive(Clone, Debug)]
pub(crate) struct GuardedLine {
    frames: Box<[f32]>,
    mask: usize,
    next: usize,
}

impl GuardedLine {
    /// Room for delays of up to `longest_frames`, for what interpolation needs around them, and for the frames of a call.
    pub(crate) fn new(longest_frames: usize) -> Self {
        let len = (longest_frames + 2 * BLOCK).next_power_of_two();
        Self { frames: vec![0.0; len + GUARD].into_boxed_slice(), mask: len - 1, next: 0 }
    }

    pub(crate) fn reset(&mut self) {
        self.frames.fill(0.0);
        self.next = 0;
    }

    /// Puts frames behind those that are there.
    #[inline(always)]
    pub(crate) fn push(&mut self, frames: &[f32]) {
        let len = self.mask + 1;
        let first = frames.len().min(len - self.next);
        self.frames[self.next..self.next + first].copy_from_slice(&frames[..first]);
        let rest = frames.len() - first;
        self.frames[..rest].copy_from_slice(&frames[first..]);
        if self.next < GUARD || rest > 0 {
            self.frames.copy_within(..GUARD, len);
        }
        self.next = (self.next + frames.len()) & self.mask;
    }

    /// The same frames as [`GuardedLine::copy`] writes, where they lie side by side.
    #[inline(always)]
    pub(crate) fn row(&self, delay: usize, count: usize) -> Option<&[f32]> {
        let at = self.next.wrapping_sub(delay) & self.mask;
        if at + count <= self.mask + 1 { self.frames.get(at..at + count) } else { None }
    }

    /// Writes a row of frames that were pushed `delay` frames before those to come; 1 is the last push.
    #[inline(always)]
    pub(crate) fn copy(&self, delay: usize, to: &mut [f32]) {
        let at = self.next.wrapping_sub(delay) & self.mask;
        let first = to.len().min(self.mask + 1 - at);
        to[..first].copy_from_slice(&self.frames[at..at + first]);
        let rest = to.len() - first;
        to[first..].copy_from_slice(&self.frames[..rest]);
    }

    /// What lies `whole + t` frames before eight neighbouring frames, t from 0 to 1, the first of which is pushed next (with `ahead` of 0) or was
    /// pushed that many frames ago: by third-order Lagrange interpolation, as of `DelayLine::cubic`. Whole delays give the frames themselves.
    #[inline(always)]
    pub(crate) fn cubic<S: Simd>(&self, simd: S, ahead: usize, whole: u32x8<S>, t: f32x8<S>) -> f32x8<S> {
        const FRAMES: [u32; GROUP] = [0, 1, 2, 3, 4, 5, 6, 7];
        let first = u32x8::splat(simd, self.next.wrapping_sub(ahead + 2) as u32) + u32x8::from_slice(simd, &FRAMES) - whole;
        let places = first & u32x8::splat(simd, self.mask as u32);
        weigh(simd, self.around(simd, places, whole), t)
    }

    /// [`GuardedLine::cubic`] for sixteen neighbouring frames.
    #[inline(always)]
    pub(crate) fn cubic_of_sixteen<S: Simd>(&self, simd: S, ahead: usize, whole: u32x16<S>, t: f32x16<S>) -> f32x16<S> {
        let wholes: [u32; 2 * GROUP] = whole.into();
        let first = self.next.wrapping_sub(ahead + 2).wrapping_sub(wholes[0] as usize) & self.mask;
        // Of one whole delay, as in [`GuardedLine::around`].
        if first + 2 * GROUP <= self.mask + 1 && whole.simd_eq(u32x16::splat(simd, wholes[0])).all_true() {
            let frames = &self.frames[first..first + 2 * GROUP + GUARD];
            let rows = [
                f32x16::from_slice(simd, &frames[..16]),
                f32x16::from_slice(simd, &frames[1..17]),
                f32x16::from_slice(simd, &frames[2..18]),
                f32x16::from_slice(simd, &frames[3..19]),
            ];
            return weigh(simd, rows, t);
        }
        let ((whole, next_whole), [t, next_t]) = (simd.split_u32x16(whole), t.parts(simd));
        let later = self.cubic(simd, ahead.wrapping_sub(GROUP), next_whole, next_t);
        f32x16::join(simd, [self.cubic(simd, ahead, whole, t), later])
    }
}

/// Rows of frames from the furthest back to the nearest: delays of whole + 2, whole + 1, whole and whole − 1, each by its weight for `t`.
#[inline(always)]
fn weigh<S: Simd, V: Lanes<S>>(simd: S, [d, c, b, a]: [V; 4], t: V) -> V {
    let (half, sixth) = (V::splat(simd, 0.5), V::splat(simd, 1.0 / 6.0));
    // Lagrange's weights are (t² − 1)·t/6, −(t² − 2t)·(t + 1)/2, (t² − 1)·(t − 2)/2 and −(t² − 2t)·(t − 1)/6: two and two have a factor in common.
    let (outer, inner) = (t.mul_add(t, V::splat(simd, -1.0)), t * (t - V::splat(simd, 2.0)));
    let far = d.mul_add(t * sixth, b * t.mul_add(half, V::splat(simd, -1.0)));
    let near = c.mul_add(t.mul_add(-half, -half), a * t.mul_add(-sixth, sixth));
    outer.mul_add(far, inner * near)
}

impl GuardedLine {
    /// The frames at eight places and the three behind each. Of one whole delay, which a slow sway mostly is, they lie side by side.
    #[inline(always)]
    fn around<S: Simd>(&self, simd: S, places: u32x8<S>, whole: u32x8<S>) -> [f32x8<S>; 4] {
        let (firsts, wholes): ([u32; GROUP], [u32; GROUP]) = (places.into(), whole.into());
        let first = firsts[0] as usize;
        if first + GROUP <= self.mask + 1 && simd.simd_eq_u32x8(whole, u32x8::splat(simd, wholes[0])).all_true() {
            let frames = &self.frames[first..first + GROUP + GUARD];
            return [
                f32x8::from_slice(simd, &frames[..8]),
                f32x8::from_slice(simd, &frames[1..9]),
                f32x8::from_slice(simd, &frames[2..10]),
                f32x8::from_slice(simd, &frames[3..11]),
            ];
        }
        // The mask keeps every place inside; without that there would be nothing to hear.
        match fours_at(simd, &self.frames, places) {
            Some(rows) => transpose_fours(simd, rows),
            None => [splat(simd, 0.0); 4],
        }
    }
}

/// Whole numbers from 0 up, and what is left of them.
#[inline(always)]
pub(crate) fn split_delay<S: Simd>(simd: S, delay: f32x8<S>) -> (u32x8<S>, f32x8<S>) {
    let floor = delay.floor();
    (u32_from_float(simd, floor), delay - floor)
}

#[cfg(test)]
mod tests {
    use super::GuardedLine;
    use crate::dsp::DelayLine;
    use patchlight_engine::simd::{Simd, SimdBase, SimdJob, load, store, u32x8, vectorize};

    struct Read<'a>(&'a GuardedLine, u32, f32);

    impl SimdJob for Read<'_> {
        type Output = [f32; 8];

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> [f32; 8] {
            let mut out = [0.0; 8];
            store(self.0.cubic(simd, 8, u32x8::splat(simd, self.1), load(simd, &[self.2; 8])), &mut out);
            out
        }
    }

    #[test]
    fn rows_and_places_between_frames_are_those_of_the_plain_line() {
        let (mut guarded, mut plain) = (GuardedLine::new(100), DelayLine::new(100));
        let wave = |n: usize| (n as f32 * 0.37).sin() + n as f32 * 1e-3;
        for block in 0..100 {
            let frames: Vec<f32> = (0..8).map(|k| wave(8 * block + k)).collect();
            guarded.push(&frames);
            frames.iter().for_each(|x| plain.push(*x));
            let mut row = [0.0; 8];
            guarded.copy(20, &mut row);
            assert!(block < 3 || row == std::array::from_fn(|k| plain.at(20 - k)));
            for t in [0.0, 0.25, 0.9] {
                let heard = vectorize(Read(&guarded, 30, t));
                for (k, heard) in heard.into_iter().enumerate() {
                    // Frame k of those pushed last is 8 − k pushes back.
                    let expected = plain.cubic(30.0 + f64::from(t) + 8.0 - k as f64);
                    assert!((heard - expected).abs() < 1e-5, "block {block}, {t}, frame {k}: {heard} for {expected}");
                }
            }
        }
    }
}
