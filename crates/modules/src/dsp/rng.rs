//! Random numbers that are the same every time: seeds by SplitMix64, streams by 32-bit xorshift, eight lanes at once.

use fearless_simd::{Bytes, SimdCvtFloat};
use patchlight_engine::simd::{Simd, SimdBase, f32x8, i32x8, splat, u32x8};

/// The `index`th number of the SplitMix64 sequence of a seed (Steele, Lea and Flood 2014).
pub fn hash(seed: u64, index: u64) -> u64 {
    let mut z = seed.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Eight streams of xorshift (Marsaglia 2003, shifts 13, 17, 5), each of period 2³² − 1.
#[derive(Clone, Copy)]
pub struct Streams([u32; 8]);

impl Streams {
    /// One stream for each of the voices from `first_voice` on.
    pub fn new(seed: u64, first_voice: usize) -> Self {
        Self(std::array::from_fn(|lane| (hash(seed, (first_voice + lane) as u64) as u32).max(1)))
    }

    /// The next number of each stream, −1 to 1, evenly spread.
    #[inline(always)]
    pub fn bipolar<S: Simd>(&mut self, simd: S) -> f32x8<S> {
        let mut x = u32x8::from_slice(simd, &self.0);
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        x.store_slice(&mut self.0);
        let signed: i32x8<S> = x.bitcast();
        let value: f32x8<S> = SimdCvtFloat::float_from(signed);
        value * splat(simd, 1.0 / 2_147_483_648.0)
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
