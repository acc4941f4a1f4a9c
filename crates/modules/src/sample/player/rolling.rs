//! Voices whose heads just roll on, read by the cubic: four voices at a time, frame after frame, straight into their lanes.
//!
//! One vector holds four frames of the left channel and four of the right of one voice, so that nothing is turned but the sums. Bits are those of
//! [`Reading::read`].

use super::group::Gains;
use super::head::{FRACTION_BITS, Place};
use super::reading::{CUBIC_TAPS, Reading, cubic_powers, cubic_weight, eight_of, share_of};
use patchlight_engine::simd::{Simd, SimdBase, f32x8, inlined, pair, splat, split_words, store, sum_fours, u32x8};
use patchlight_engine::{BLOCK, Firsts, Fours, GROUP, Oct};

/// Voices at a time.
const VOICES: usize = GROUP / 2;
/// Frames around each frame of a block, one after the other.
type Edges = [f32; BLOCK * CUBIC_TAPS];

/// Where a lane's sound comes from in this call.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    Silence,
    /// It was computed in a row of its own.
    Row,
    /// From these channels, at the places that were prepared.
    Frames([&'a [f32]; 2]),
    /// From copies, because some of it lies on both sides of a loop's end or beyond the file.
    Copies,
}

/// Where eight voices read from.
pub(super) struct Rolling {
    /// The first of four frames, and the share of the way from the second to the third.
    firsts: [Firsts; GROUP],
    shares: [[f32; BLOCK]; GROUP],
    copies: [[Edges; 2]; GROUP],
}

impl Rolling {
    pub(super) fn new() -> Self {
        Self { firsts: [const { Firsts::new() }; GROUP], shares: [[0.0; BLOCK]; GROUP], copies: [[[0.0; BLOCK * CUBIC_TAPS]; 2]; GROUP] }
    }

    /// Takes note of where a voice's head is in each frame.
    #[inline(always)]
    pub(super) fn prepare<'a, S: Simd>(&mut self, simd: S, lane: usize, reading: &Reading<'a>, places: &[Place]) -> Source<'a> {
        let (start, left, right) = reading.window();
        let (firsts, shares) = (&mut self.firsts[lane], &mut self.shares[lane]);
        let before = u32x8::splat(simd, start as u32 + 1);
        let (eight_shares, _) = shares.as_chunks_mut::<GROUP>();
        let eight_firsts = inlined(
            #[inline(always)]
            |n: usize| {
                let (fractions, wholes) = split_words(simd, &eight_of(places, n));
                store(share_of(simd, fractions), &mut eight_shares[n / GROUP]);
                // Before the start is beyond any end.
                wholes - before
            },
        );
        firsts.fill(simd, eight_firsts);
        if Fours::new(left, right, firsts).is_some() {
            return Source::Frames([left, right]);
        }
        let [lefts, rights] = &mut self.copies[lane];
        let copies = lefts.as_chunks_mut::<CUBIC_TAPS>().0.iter_mut().zip(rights.as_chunks_mut::<CUBIC_TAPS>().0);
        for (n, (left, right)) in copies.enumerate() {
            let whole = places[n.min(places.len() - 1)] >> FRACTION_BITS;
            [*left, *right] = reading.around::<CUBIC_TAPS>(whole, whole - 1);
        }
        let one_after_the_other = inlined(
            #[inline(always)]
            |n: usize| (u32x8::from_slice(simd, &[0, 1, 2, 3, 4, 5, 6, 7]) + u32x8::splat(simd, n as u32)) * CUBIC_TAPS as u32,
        );
        firsts.fill(simd, one_after_the_other);
        Source::Copies
    }

    /// Fills the lanes of those that roll or are silent, each at its gain.
    #[inline(always)]
    pub(super) fn put_out<S: Simd>(&self, simd: S, sources: &[Source<'_>; GROUP], gains: &Gains<'_>, out: [&mut [Oct]; 2]) {
        let [left, right] = out;
        for half in 0..2 {
            let first = half * VOICES;
            let (a, b) = (self.voice(first, sources), self.voice(first + 1, sources));
            let (c, d) = (self.voice(first + 2, sources), self.voice(first + 3, sources));
            let voices = [a, b, c, d];
            match gains {
                Gains::Still(gains) => {
                    let gain = twice(simd, gains, half);
                    let gain_at = inlined(
                        #[inline(always)]
                        |_: usize| gain,
                    );
                    four_voices(simd, voices, half, gain_at, [&mut *left, &mut *right]);
                }
                Gains::Moving(table) => {
                    let gain_at = inlined(
                        #[inline(always)]
                        |n: usize| twice(simd, &table[n], half),
                    );
                    four_voices(simd, voices, half, gain_at, [&mut *left, &mut *right]);
                }
            }
        }
    }

    /// The frames of one voice and the shares between them; silence where it does not roll.
    #[inline(always)]
    fn voice<'s>(&'s self, lane: usize, sources: &[Source<'s>; GROUP]) -> (Fours<'s>, &'s [f32; BLOCK]) {
        let channels = match sources[lane] {
            Source::Frames(channels) => Some(channels),
            Source::Copies => Some([&self.copies[lane][0][..], &self.copies[lane][1][..]]),
            Source::Silence | Source::Row => None,
        };
        let fours = channels.and_then(|[left, right]| Fours::new(left, right, &self.firsts[lane]));
        (fours.unwrap_or(Fours::silence()), &self.shares[lane])
    }
}

/// The sound of four voices, into their half of the lanes.
#[inline(always)]
fn four_voices<S: Simd>(
    simd: S,
    [(a, at_a), (b, at_b), (c, at_c), (d, at_d)]: [(Fours<'_>, &[f32; BLOCK]); VOICES],
    half: usize,
    gain_at: impl Fn(usize) -> f32x8<S>,
    [left, right]: [&mut [Oct]; 2],
) {
    let powers = cubic_powers(simd);
    for (n, (left, right)) in left.iter_mut().zip(right).enumerate().take(BLOCK) {
        let a = a.at(simd, n) * cubic_weight(&powers, splat(simd, at_a[n]));
        let b = b.at(simd, n) * cubic_weight(&powers, splat(simd, at_b[n]));
        let c = c.at(simd, n) * cubic_weight(&powers, splat(simd, at_c[n]));
        let d = d.at(simd, n) * cubic_weight(&powers, splat(simd, at_d[n]));
        let (heard_left, heard_right) = simd.split_f32x8(sum_fours(simd, [a, b, c, d]) * gain_at(n));
        heard_left.store_slice(&mut left[half * VOICES..][..VOICES]);
        heard_right.store_slice(&mut right[half * VOICES..][..VOICES]);
    }
}

/// Gains of four lanes, for left and right.
#[inline(always)]
fn twice<S: Simd>(simd: S, gains: &Oct, half: usize) -> f32x8<S> {
    let (halves, _) = gains.as_chunks::<VOICES>();
    pair(simd, &halves[half], &halves[half])
}
