//! Random numbers that are the same every time: seeds by SplitMix64, streams by 32-bit xorshift, eight lanes at once.

use fearless_simd::{Bytes, Select, SimdCvtFloat};
use patchlight_engine::simd::{Simd, SimdBase, f32x8, i32x8, mask32x8, splat, store, u32x8};
use patchlight_engine::{LaneContext, LaneState, LaneVisit, Oct};

/// The `index`th number of the SplitMix64 sequence of a seed (Steele, Lea and Flood 2014).
pub fn hash(seed: u64, index: u64) -> u64 {
    let mut z = seed.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The seed of the module that a lane belongs to, and which of its voices the lane is. Chance that is made from these two is the same
/// for a module that has a unit of its own and for one that shares it.
pub fn identity(lanes: &LaneContext<'_>, lane: usize) -> (u64, usize) {
    let number = lanes.first_voice + lane;
    match lanes.build.lane_seeds {
        [] => (lanes.build.seed, number),
        seeds => (seeds.get(number).copied().unwrap_or_default(), 0),
    }
}

/// What tells the channels of one lane apart: to be mixed into a seed by exclusive or.
pub fn channel_salt(lanes: &LaneContext<'_>) -> u64 {
    lanes.seed ^ lanes.build.seed
}

/// Eight streams of xorshift (Marsaglia 2003, shifts 13, 17, 5), each of period 2³² − 1.
#[derive(Clone, Copy)]
pub struct Streams([u32; 8]);

impl Streams {
    /// Streams that begin at these numbers; none may be 0, which would stay 0.
    pub fn new(begins: [u32; 8]) -> Self {
        Self(begins.map(|begin| begin.max(1)))
    }

    /// The next number of each stream, −1 to 1, evenly spread. Streams that are not asked for stay where they are.
    #[inline(always)]
    pub fn bipolar<S: Simd>(&mut self, simd: S, is_asked: mask32x8<S>) -> f32x8<S> {
        let before = u32x8::from_slice(simd, &self.0);
        let after = stir(before);
        is_asked.select(after, before).store_slice(&mut self.0);
        spread(simd, after)
    }

    /// Fills frames with the next numbers of each stream, −gain to gain.
    #[inline(always)]
    pub fn fill<S: Simd>(&mut self, simd: S, gain: f32, frames: &mut [Oct]) {
        let mut state = u32x8::from_slice(simd, &self.0);
        for frame in frames {
            state = stir(state);
            store(spread(simd, state) * splat(simd, gain), frame);
        }
        state.store_slice(&mut self.0);
    }
}

#[inline(always)]
fn stir<S: Simd>(mut x: u32x8<S>) -> u32x8<S> {
    x ^= x << 13;
    x ^= x >> 17;
    x ^ (x << 5)
}

/// All numbers of 32 bits, evenly over −1 to 1.
#[inline(always)]
fn spread<S: Simd>(simd: S, x: u32x8<S>) -> f32x8<S> {
    let signed: i32x8<S> = x.bitcast();
    let value: f32x8<S> = SimdCvtFloat::float_from(signed);
    value * splat(simd, 1.0 / 2_147_483_648.0)
}

impl LaneState for Streams {
    fn visit(&mut self, visit: &mut LaneVisit<'_>) {
        self.0.visit(visit);
    }
}

#[cfg(test)]
mod tests {
    use super::hash;

    #[test]
    fn hashes_are_those_of_the_published_generator() {
        // The first outputs of SplitMix64 for seed 0.
        assert_eq!([hash(0, 0), hash(0, 1)], [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4]);
    }
}
