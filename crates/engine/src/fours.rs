//! Four neighbours of two channels from places that are looked at once and read by the dozen: what a sampler reads between frames from.

use crate::memory::{BLOCK, GROUP};
use crate::simd::{Simd, SimdBase, f32x8, pair, u32x8};

/// Where four values begin in each frame of a block, those of frames that are not rendered included.
pub struct Firsts {
    firsts: [u32; BLOCK],
    /// The last of them, found while they are written.
    last: u32,
}

impl Firsts {
    /// At the beginning, in all frames.
    #[must_use]
    pub const fn new() -> Self {
        Self { firsts: [0; BLOCK], last: 0 }
    }

    /// Writes those of all frames; `eight` gives as many at a time, the first of which is that of the frame which it is told.
    #[inline(always)]
    pub fn fill<S: Simd>(&mut self, simd: S, mut eight: impl FnMut(usize) -> u32x8<S>) {
        let mut last = u32x8::splat(simd, 0);
        for (index, firsts) in self.firsts.as_chunks_mut::<GROUP>().0.iter_mut().enumerate() {
            let eight = eight(index * GROUP);
            last = last.max(eight);
            eight.store_slice(firsts);
        }
        self.last = simd.reduce_max_u32x8(last);
    }
}

impl Default for Firsts {
    fn default() -> Self {
        Self::new()
    }
}

/// Places in two channels, all of which have four values from there on.
#[derive(Clone, Copy)]
pub struct Fours<'a> {
    left: &'a [f32],
    right: &'a [f32],
    firsts: &'a [u32; BLOCK],
}

impl<'a> Fours<'a> {
    /// Nothing where any of the places lies outside of a channel.
    #[must_use]
    #[inline(always)]
    pub fn new(left: &'a [f32], right: &'a [f32], firsts: &'a Firsts) -> Option<Self> {
        let end = left.len().min(right.len()).saturating_sub(3);
        ((firsts.last as usize) < end).then_some(Self { left, right, firsts: &firsts.firsts })
    }

    /// Zeros, wherever one looks.
    #[must_use]
    #[inline(always)]
    pub fn silence() -> Self {
        Self { left: &[0.0; 4], right: &[0.0; 4], firsts: &[0; BLOCK] }
    }

    /// The values of a frame's place: of the left channel in the lower half, of the right in the upper.
    #[inline(always)]
    pub fn at<S: Simd>(&self, simd: S, frame: usize) -> f32x8<S> {
        let first = self.firsts[frame] as usize;
        // SAFETY: `new` has seen that each place has three more values behind it in both channels.
        let (left, right) = unsafe { (&*self.left.as_ptr().add(first).cast(), &*self.right.as_ptr().add(first).cast()) };
        pair(simd, left, right)
    }
}

#[cfg(test)]
mod tests {
    use super::{Firsts, Fours};
    use crate::memory::BLOCK;
    use crate::simd::{Simd, SimdBase, SimdJob, inlined, u32x8, vectorize};

    struct Fill([u32; BLOCK]);

    impl SimdJob for Fill {
        type Output = Firsts;

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> Firsts {
            let mut places = Firsts::new();
            let eight = inlined(
                #[inline(always)]
                |n: usize| u32x8::from_slice(simd, &self.0[n..n + 8]),
            );
            places.fill(simd, eight);
            places
        }
    }

    #[test]
    fn places_beyond_the_last_four_are_refused() {
        let (long, short) = ([0.0; 20], [0.0; 10]);
        let places = |last: u32| {
            let mut places = [0; BLOCK];
            places[BLOCK - 11] = last;
            vectorize(Fill(places))
        };
        assert!(Fours::new(&long, &short, &places(6)).is_some());
        assert!(Fours::new(&long, &short, &places(7)).is_none());
        assert!(Fours::new(&short, &long, &places(7)).is_none());
        assert!(Fours::new(&long, &long, &places(u32::MAX)).is_none());
        assert!(Fours::new(&[0.0; 3], &long, &places(0)).is_none(), "three are not four");
    }
}
