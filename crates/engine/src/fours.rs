//! Four neighbours of two channels from places that are looked at once and read by the dozen: what a sampler reads between frames from.

use crate::memory::BLOCK;
use crate::simd::{Simd, f32x8, pair};

/// Places in two channels, all of which have four values from there on.
#[derive(Clone, Copy)]
pub struct Fours<'a> {
    left: &'a [f32],
    right: &'a [f32],
    firsts: &'a [u32; BLOCK],
}

impl<'a> Fours<'a> {
    /// Nothing where any of the places lies outside of a channel. Those of frames that are not rendered count, too.
    #[must_use]
    #[inline(always)]
    pub fn new(left: &'a [f32], right: &'a [f32], firsts: &'a [u32; BLOCK]) -> Option<Self> {
        let end = left.len().min(right.len()).saturating_sub(3);
        let mut last = 0;
        for first in firsts {
            last = last.max(*first);
        }
        ((last as usize) < end).then_some(Self { left, right, firsts })
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
    use super::Fours;
    use crate::memory::BLOCK;

    #[test]
    fn places_beyond_the_last_four_are_refused() {
        let (long, short) = ([0.0; 20], [0.0; 10]);
        let places = |last: u32| {
            let mut places = [0; BLOCK];
            places[BLOCK - 1] = last;
            places
        };
        assert!(Fours::new(&long, &short, &places(6)).is_some());
        assert!(Fours::new(&long, &short, &places(7)).is_none());
        assert!(Fours::new(&short, &long, &places(7)).is_none());
        assert!(Fours::new(&long, &long, &places(u32::MAX)).is_none());
        assert!(Fours::new(&[0.0; 3], &long, &places(0)).is_none(), "three are not four");
    }
}
