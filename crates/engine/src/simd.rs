//! Eight lanes at a time: the choice of instruction set, and the functions that kernels need.
//!
//! Kernels are generic over [`Simd`] and marked `#[inline(always)]`; [`vectorize`] compiles them for AVX-512, for AVX2 with FMA and for the
//! baseline, and picks at run time. All that they use is exact to the bit on both of the former, so equal patches give equal samples on
//! both: the wider machine has twice as many registers, and runs sixteen lanes at once where a kernel offers them.

use fearless_simd::Level;
use fearless_simd::{Bytes, Select};
pub use fearless_simd::{
    Simd, SimdBase, SimdFloat, SimdFrom, SimdInto, SimdMask, f32x4, f32x8, f32x16, i32x8, i32x16, mask32x8, u32x8, u32x16,
};

/// Work that is generic over the instruction set.
pub trait SimdJob {
    type Output;
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

/// Runs a job with the best instruction set of this machine.
#[inline]
pub fn vectorize<J: SimdJob>(job: J) -> J::Output {
    let level = Level::new();
    #[cfg(target_arch = "x86_64")]
    {
        if let Some(avx512) = level.as_avx512() {
            return avx512.vectorize(
                #[inline(always)]
                || job.run(avx512),
            );
        }
        if let Some(avx2) = level.as_avx2() {
            return avx2.vectorize(
                #[inline(always)]
                || job.run(avx2),
            );
        }
    }
    baseline(level, job)
}

/// SSE2 on x86-64, NEON on Arm, plain Rust elsewhere: what every machine of the kind can do.
fn baseline<J: SimdJob>(level: Level, job: J) -> J::Output {
    #[cfg(target_arch = "x86_64")]
    if let Some(sse2) = level.as_sse2() {
        return sse2.vectorize(
            #[inline(always)]
            || job.run(sse2),
        );
    }
    #[cfg(target_arch = "aarch64")]
    if let Some(neon) = level.as_neon() {
        return neon.vectorize(
            #[inline(always)]
            || job.run(neon),
        );
    }
    fearless_simd::dispatch!(level, simd => job.run(simd))
}

/// Lanes of one group, or of two side by side: for kernels that can run either.
pub trait Lanes<S: Simd>: SimdFloat<S, Element = f32> {
    const GROUPS: usize;

    /// From groups one behind the other; the second is looked at only where two are held.
    fn join(simd: S, groups: [f32x8<S>; 2]) -> Self;

    /// The groups one behind the other; the second is the first again where one is held.
    fn parts(self, simd: S) -> [f32x8<S>; 2];

    /// The bits of both, lane by lane, see [`reaches_two`].
    fn or(self, other: Self) -> Self;
}

/// Whether any of the values whose bits these are ([`Lanes::or`]) was 2 or more, of either sign, or no number: only then does the exponent have its
/// first bit. To look at all states of a loop that way takes less time than to hold them within limits that they never reach.
#[inline(always)]
pub fn reaches_two<S: Simd, V: Lanes<S>>(simd: S, bits: V) -> bool {
    let [low, high] = bits.parts(simd);
    let mut lanes = [0.0; 8];
    store(low.or(high), &mut lanes);
    lanes.iter().fold(0, |bits, lane| bits | lane.to_bits()) & 0x4000_0000 != 0
}

impl<S: Simd> Lanes<S> for f32x8<S> {
    const GROUPS: usize = 1;

    #[inline(always)]
    fn join(_simd: S, [first, _]: [f32x8<S>; 2]) -> Self {
        first
    }

    #[inline(always)]
    fn parts(self, _simd: S) -> [f32x8<S>; 2] {
        [self; 2]
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        let (a, b): (u32x8<S>, u32x8<S>) = (self.bitcast(), other.bitcast());
        (a | b).bitcast()
    }
}

impl<S: Simd> Lanes<S> for f32x16<S> {
    const GROUPS: usize = 2;

    #[inline(always)]
    fn join(simd: S, [first, second]: [f32x8<S>; 2]) -> Self {
        simd.combine_f32x8(first, second)
    }

    #[inline(always)]
    fn parts(self, simd: S) -> [f32x8<S>; 2] {
        simd.split_f32x16(self).into()
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        let (a, b): (u32x16<S>, u32x16<S>) = (self.bitcast(), other.bitcast());
        (a | b).bitcast()
    }
}

/// A closure as it is. It is the one place where stable Rust lets `#[inline(always)]` stand before a closure, which must be
/// inlined to be compiled for the processor that the kernel is.
#[inline(always)]
pub fn inlined<F>(closure: F) -> F {
    closure
}

/// Eight times the same.
#[inline(always)]
pub fn splat<S: Simd>(simd: S, value: f32) -> f32x8<S> {
    f32x8::splat(simd, value)
}

/// Eight lanes from memory.
#[inline(always)]
pub fn load<S: Simd>(simd: S, lanes: &[f32; 8]) -> f32x8<S> {
    f32x8::from_slice(simd, lanes)
}

/// Eight lanes to memory.
#[inline(always)]
pub fn store<S: Simd>(value: f32x8<S>, lanes: &mut [f32; 8]) {
    value.store_slice(lanes);
}

/// `if mask { a } else { b }`, lane by lane.
#[inline(always)]
pub fn select<S: Simd>(mask: mask32x8<S>, a: f32x8<S>, b: f32x8<S>) -> f32x8<S> {
    mask.select(a, b)
}

/// The lanes of two in turns, in the lower halves and in the upper halves each for themselves: their first four, their last four.
#[inline(always)]
fn zip_in_halves<S: Simd>(simd: S, x: f32x8<S>, y: f32x8<S>) -> (f32x8<S>, f32x8<S>) {
    #[cfg(target_arch = "x86_64")]
    if matches!(simd.level(), Level::Avx2(_) | Level::Avx512(_)) {
        use std::arch::x86_64::{__m256, _mm256_unpackhi_ps, _mm256_unpacklo_ps};
        use std::mem::transmute_copy;
        const { assert!(size_of::<f32x8<S>>() >= size_of::<__m256>()) };
        // The compiler makes twice as many instructions of the general way below, which is why this is here.
        // SAFETY: the level says that the processor has AVX2, and its vectors of eight numbers are these 32 bytes.
        unsafe {
            let (x, y): (__m256, __m256) = (transmute_copy(&x), transmute_copy(&y));
            return (transmute_copy(&_mm256_unpacklo_ps(x, y)), transmute_copy(&_mm256_unpackhi_ps(x, y)));
        }
    }
    let ((x0, x1), (y0, y1)) = (simd.split_f32x8(x), simd.split_f32x8(y));
    let ((low0, high0), (low1, high1)) = (simd.interleave_f32x4(x0, y0), simd.interleave_f32x4(x1, y1));
    (simd.combine_f32x4(low0, low1), simd.combine_f32x4(high0, high1))
}

/// Rows become columns.
#[inline(always)]
pub fn transpose<S: Simd>(rows: [f32x8<S>; 8]) -> [f32x8<S>; 8] {
    let simd = rows[0].simd;
    let [a, b, c, d, e, f, g, h] = rows;
    let (upper, lower) = (transpose_fours(simd, [a, b, c, d]), transpose_fours(simd, [e, f, g, h]));
    let mut columns = rows;
    for k in 0..4 {
        let ((left, right), (below_left, below_right)) = (simd.split_f32x8(upper[k]), simd.split_f32x8(lower[k]));
        columns[k] = simd.combine_f32x4(left, below_left);
        columns[k + 4] = simd.combine_f32x4(right, below_right);
    }
    columns
}

/// Four lanes, and four more behind them.
#[inline(always)]
pub fn pair<S: Simd>(simd: S, low: &[f32; 4], high: &[f32; 4]) -> f32x8<S> {
    simd.combine_f32x4(f32x4::from_slice(simd, low), f32x4::from_slice(simd, high))
}

/// The lower and the upper halves of eight words.
#[inline(always)]
pub fn split_words<S: Simd>(simd: S, words: &[i64; 8]) -> (u32x8<S>, u32x8<S>) {
    // Little-endian, as all machines are that have the instruction sets of this file.
    let halves: &[[u32; 8]; 2] = bytemuck::cast_ref(words);
    let (a, b) = (u32x8::from_slice(simd, &halves[0]), u32x8::from_slice(simd, &halves[1]));
    (simd.unzip_low_u32x8(a, b), simd.unzip_high_u32x8(a, b))
}

/// Four neighbours from each of eight places on, as four rows: those of place k in the lower half of row k, those of place k + 4 in the upper.
/// Nothing if any of them lies outside.
#[inline(always)]
pub fn fours_at<S: Simd>(simd: S, values: &[f32], places: u32x8<S>) -> Option<[f32x8<S>; 4]> {
    // Places are 32 bits wide; a longer slice is read as far as they reach.
    let end = values.len().saturating_sub(3).min(u32::MAX as usize) as u32;
    if !simd.simd_lt_u32x8(places, u32x8::splat(simd, end)).all_true() {
        return None;
    }
    let mut firsts = [0_u32; 8];
    places.store_slice(&mut firsts);
    let mut rows = [splat(simd, 0.0); 4];
    for k in 0..4 {
        // SAFETY: each place is below `end`, so three more values follow it in the slice.
        let (low, high) = unsafe {
            let at = values.as_ptr();
            (&*at.add(firsts[k] as usize).cast::<[f32; 4]>(), &*at.add(firsts[k + 4] as usize).cast::<[f32; 4]>())
        };
        rows[k] = pair(simd, low, high);
    }
    Some(rows)
}

/// Four rows of four become columns, in the lower halves and in the upper halves each for themselves.
#[inline(always)]
pub fn transpose_fours<S: Simd>(simd: S, rows: [f32x8<S>; 4]) -> [f32x8<S>; 4] {
    let [a, b, c, d] = rows;
    let ((ac0, ac1), (bd0, bd1)) = (zip_in_halves(simd, a, c), zip_in_halves(simd, b, d));
    let ((r0, r1), (r2, r3)) = (zip_in_halves(simd, ac0, bd0), zip_in_halves(simd, ac1, bd1));
    [r0, r1, r2, r3]
}

/// The sums of four rows, (first + third) + (second + fourth) of each four lanes: in the lower half those of the lower halves, row after row, and so in the
/// upper.
#[inline(always)]
pub fn sum_fours<S: Simd>(simd: S, [a, b, c, d]: [f32x8<S>; 4]) -> f32x8<S> {
    let ((ac0, ac1), (bd0, bd1)) = (zip_in_halves(simd, a, c), zip_in_halves(simd, b, d));
    let (low, high) = zip_in_halves(simd, ac0 + ac1, bd0 + bd1);
    low + high
}

/// Numbers from 0 up to 2³¹ without what lies behind the point.
#[inline(always)]
pub fn u32_from_float<S: Simd>(_simd: S, lanes: f32x8<S>) -> u32x8<S> {
    let signed: i32x8<S> = fearless_simd::SimdCvtTruncate::truncate_from(lanes);
    signed.bitcast()
}

/// Words as whole numbers with a sign.
#[inline(always)]
pub fn float_from_i32<S: Simd>(_simd: S, lanes: u32x8<S>) -> f32x8<S> {
    let signed: i32x8<S> = lanes.bitcast();
    fearless_simd::SimdCvtFloat::float_from(signed)
}

/// Whole numbers below 2³¹ as they are.
#[inline(always)]
pub fn float_from_u32<S: Simd>(_simd: S, lanes: u32x8<S>) -> f32x8<S> {
    let signed: i32x8<S> = lanes.bitcast();
    fearless_simd::SimdCvtFloat::float_from(signed)
}

/// sin(2π·turns), any finite argument below 2^22; absolute error under 2e-7.
///
/// Taylor series to the eleventh power after folding to a quarter turn.
#[inline(always)]
pub fn sin_turns<S: Simd, V: Lanes<S>>(simd: S, turns: V) -> V {
    let r = turns - turns.round_ties_even();
    let folded = V::splat(simd, 0.5).copysign(r) - r;
    quarter_sine(simd, r.abs().simd_gt(V::splat(simd, 0.25)).select(folded, r))
}

/// sin(2π·turns) for −1/4 ≤ turns ≤ 1/4.
#[inline(always)]
fn quarter_sine<S: Simd, V: Lanes<S>>(simd: S, turns: V) -> V {
    let y2 = turns * turns;
    let mut p = V::splat(simd, -15.094_643);
    p = p.mul_add(y2, V::splat(simd, 42.058_693));
    p = p.mul_add(y2, V::splat(simd, -76.705_86));
    p = p.mul_add(y2, V::splat(simd, 81.605_25));
    p = p.mul_add(y2, V::splat(simd, -41.341_7));
    p = p.mul_add(y2, V::splat(simd, std::f32::consts::TAU));
    p * turns
}

/// cos(2π·turns), see [`sin_turns`].
#[inline(always)]
pub fn cos_turns<S: Simd>(simd: S, turns: f32x8<S>) -> f32x8<S> {
    sin_turns(simd, turns + splat(simd, 0.25))
}

/// Sine and cosine of π·x for 0 ≤ x ≤ 0.5.
#[inline(always)]
pub fn sin_cos_pi<S: Simd, V: Lanes<S>>(simd: S, x: V) -> (V, V) {
    let half = x * V::splat(simd, 0.5);
    (quarter_sine(simd, half), quarter_sine(simd, V::splat(simd, 0.25) - half))
}

/// tan(π·x) for 0 ≤ x < 0.5 as a fraction, what stands over the line and under it: the pre-warping of filters, x being the cutoff divided by the
/// sample rate. Both are tame near half the rate, and most filters divide but once, later. Relative error under 1e-6.
///
/// tan(π·x)·(1 − 4·x²)/x has no poles near, so a polynomial in x² serves for it (interpolated at the zeros of Chebyshev's, up to x = 0.49).
#[inline(always)]
pub fn tan_pi_fraction<S: Simd, V: Lanes<S>>(simd: S, x: V) -> (V, V) {
    let u = x * x;
    let mut p = V::splat(simd, -0.118_981_95);
    p = p.mul_add(u, V::splat(simd, -0.204_008_5));
    p = p.mul_add(u, V::splat(simd, -0.539_665_3));
    p = p.mul_add(u, V::splat(simd, -2.230_926_7));
    p = p.mul_add(u, V::splat(simd, std::f32::consts::PI));
    (p * x, u.mul_add(V::splat(simd, -4.0), V::splat(simd, 1.0)))
}

/// tan(π·x), see [`tan_pi_fraction`].
#[inline(always)]
pub fn tan_pi<S: Simd>(simd: S, x: f32x8<S>) -> f32x8<S> {
    let (over, under) = tan_pi_fraction(simd, x);
    over / under
}

/// g/(1 + g) for g = tan(π·x), see [`tan_pi_fraction`]: what a trapezoidal one-pole takes of its step.
#[inline(always)]
pub fn share_pi<S: Simd, V: Lanes<S>>(simd: S, x: V) -> V {
    let (over, under) = tan_pi_fraction(simd, x);
    over / (over + under)
}

/// 2^x for −126 ≤ x ≤ 126 (clamped); relative error under 2e-7.
#[inline(always)]
pub fn exp2<S: Simd>(simd: S, x: f32x8<S>) -> f32x8<S> {
    let x = x.max(splat(simd, -126.0)).min(splat(simd, 126.0));
    let whole = x.round_ties_even();
    let f = x - whole;
    // The Taylor series of 2^f, |f| ≤ 1/2: ln(2)^k / k!.
    let mut p = splat(simd, 1.525_273_4e-5);
    p = p.mul_add(f, splat(simd, 1.540_353e-4));
    p = p.mul_add(f, splat(simd, 1.333_355_8e-3));
    p = p.mul_add(f, splat(simd, 9.618_129e-3));
    p = p.mul_add(f, splat(simd, 5.550_411e-2));
    p = p.mul_add(f, splat(simd, 0.240_226_5));
    p = p.mul_add(f, splat(simd, std::f32::consts::LN_2));
    p = p.mul_add(f, splat(simd, 1.0));
    let exponent: i32x8<S> = whole.to_int();
    let scale: f32x8<S> = ((exponent + i32x8::splat(simd, 127)) << 23).bitcast();
    p * scale
}

/// e^x, see [`exp2`].
#[inline(always)]
pub fn exp<S: Simd>(simd: S, x: f32x8<S>) -> f32x8<S> {
    exp2(simd, x * splat(simd, std::f32::consts::LOG2_E))
}

/// log2(x) for normal x > 0; absolute error under 3e-7 near 1. Zero and below give about −126.
#[inline(always)]
pub fn log2<S: Simd>(simd: S, x: f32x8<S>) -> f32x8<S> {
    let x = x.max(splat(simd, f32::MIN_POSITIVE));
    let bits: i32x8<S> = x.bitcast();
    // The exponent that leaves a mantissa between √½ and √2.
    let exponent = (bits - i32x8::splat(simd, 0x3f35_04f3)) >> 23;
    let mantissa: f32x8<S> = (bits - (exponent << 23)).bitcast();
    let one = splat(simd, 1.0);
    // log2(m) = 2/ln2 · atanh((m − 1)/(m + 1)).
    let t = (mantissa - one) / (mantissa + one);
    let t2 = t * t;
    let mut p = splat(simd, 0.320_598_9);
    p = p.mul_add(t2, splat(simd, 0.412_198_58));
    p = p.mul_add(t2, splat(simd, 0.577_078_04));
    p = p.mul_add(t2, splat(simd, 0.961_796_7));
    p = p.mul_add(t2, splat(simd, 2.885_39));
    let whole: f32x8<S> = fearless_simd::SimdCvtFloat::float_from(exponent);
    p.mul_add(t, whole)
}

/// atan(x) for x ≥ 0; absolute error under 3e-7.
///
/// The series of atan(tan(π/12)) to the eleventh power, after folding to a twelfth of a turn with atan(x) = π/2 − atan(1/x) and
/// atan(x) = π/6 + atan((√3·x − 1)/(√3 + x)).
#[inline(always)]
pub fn atan<S: Simd>(simd: S, x: f32x8<S>) -> f32x8<S> {
    let (one, root) = (splat(simd, 1.0), splat(simd, 1.732_050_8));
    let is_steep = x.simd_gt(one);
    let gentle = select(is_steep, one / x, x);
    let is_far = gentle.simd_gt(splat(simd, 0.267_949_2));
    let y = select(is_far, root.mul_add(gentle, -one) / (root + gentle), gentle);
    let y2 = y * y;
    let mut p = splat(simd, -1.0 / 11.0);
    p = p.mul_add(y2, splat(simd, 1.0 / 9.0));
    p = p.mul_add(y2, splat(simd, -1.0 / 7.0));
    p = p.mul_add(y2, splat(simd, 1.0 / 5.0));
    p = p.mul_add(y2, splat(simd, -1.0 / 3.0));
    p = p.mul_add(y2, one) * y;
    let folded = select(is_far, p + splat(simd, std::f32::consts::FRAC_PI_6), p);
    select(is_steep, splat(simd, std::f32::consts::FRAC_PI_2) - folded, folded)
}

/// tanh(x); absolute error under 6e-7 (−124 dB).
///
/// x·P(x²)/Q(x²), both of the fourth degree: weighted least squares up to |x| = 8, where tanh is 1 to this accuracy. Short, because
/// filters wait for it.
#[inline(always)]
pub fn tanh<S: Simd, V: Lanes<S>>(simd: S, x: V) -> V {
    let limit = V::splat(simd, 8.0);
    let x = x.max(-limit).min(limit);
    let t = x * x;
    let t2 = t * t;
    let one = V::splat(simd, 1.0);
    let low = V::splat(simd, 0.134_445_75).mul_add(t, one);
    let high = V::splat(simd, 2.189_628_2e-5).mul_add(t, V::splat(simd, 3.571_699_4e-3));
    let p = V::splat(simd, 1.523_259_7e-8).mul_add(t2, high).mul_add(t2, low);
    let low = V::splat(simd, 0.467_779_12).mul_add(t, one);
    let high = V::splat(simd, 3.411_455_6e-4).mul_add(t, V::splat(simd, 2.616_483_2e-2));
    let q = V::splat(simd, 8.523_351e-7).mul_add(t2, high).mul_add(t2, low);
    x * p / q
}

#[cfg(test)]
mod tests {
    use super::{Lanes, f32x16, reaches_two, splat};
    use super::{Simd, SimdJob, atan, cos_turns, exp2, f32x8, load, log2, sin_turns, store, tan_pi, tanh, vectorize};
    #[cfg(target_arch = "x86_64")]
    use super::{SimdBase, SimdFloat, sin_cos_pi};
    use crate::memory::Oct;

    struct Probe<F>(F, [f32; 8]);

    trait Function {
        fn call<S: Simd>(&self, simd: S, x: f32x8<S>) -> f32x8<S>;
    }

    impl<F: Function> SimdJob for Probe<F> {
        type Output = [f32; 8];

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> [f32; 8] {
            let mut out = [0.0; 8];
            store(self.0.call(simd, load(simd, &self.1)), &mut out);
            out
        }
    }

    macro_rules! probe {
        ($name:ident, $function:ident, $reference:expr, $from:expr, $to:expr, $relative:expr, $bound:expr) => {
            #[test]
            fn $name() {
                struct F;
                impl Function for F {
                    #[inline(always)]
                    fn call<S: Simd>(&self, simd: S, x: f32x8<S>) -> f32x8<S> {
                        $function(simd, x)
                    }
                }
                let reference: fn(f64) -> f64 = $reference;
                let mut worst = 0.0_f64;
                for i in 0..20_000 {
                    let x = $from + ($to - $from) * i as f32 / 20_000.0;
                    let got = f64::from(vectorize(Probe(F, [x; 8]))[3]);
                    let expected = reference(f64::from(x));
                    let error = (got - expected).abs() / if $relative { expected.abs().max(1e-9) } else { 1.0 };
                    worst = worst.max(error);
                }
                assert!(worst < $bound, "worst error {worst:e}");
            }
        };
    }

    struct Reach([f32; 2]);

    impl SimdJob for Reach {
        type Output = [bool; 2];

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> [bool; 2] {
            let [a, b] = self.0.map(|value| [0.0, value, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
            let (a, b) = (load(simd, &a), load(simd, &b));
            let zero = splat(simd, 0.0);
            [reaches_two(simd, a.or(b)), reaches_two(simd, f32x16::join(simd, [zero, a]).or(f32x16::join(simd, [zero, b])))]
        }
    }

    #[test]
    fn whatever_is_two_or_more_is_seen_among_smaller_values() {
        for (pair, reaches) in [
            ([0.0, -0.0], false),
            ([1.999_999_9, -1.999_999_9], false),
            ([1e-40, 1.0], false),
            ([2.0, 0.0], true),
            ([1.0, -2.0], true),
            ([-3e38, 1e-3], true),
            ([0.5, f32::NAN], true),
            ([f32::NEG_INFINITY, 1.0], true),
        ] {
            assert_eq!(vectorize(Reach(pair)), [reaches; 2], "{pair:?}");
        }
    }

    /// All functions that kernels call, and both their signs.
    #[cfg(target_arch = "x86_64")]
    struct All(Oct);

    #[cfg(target_arch = "x86_64")]
    impl SimdJob for All {
        type Output = [Oct; 8];

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> [Oct; 8] {
            let x = load(simd, &self.0);
            let (sine, cosine) = sin_cos_pi(simd, x.abs().min(splat(simd, 0.5)));
            let wide = f32x16::join(simd, [x, -x]).parts(simd);
            let values = [
                sin_turns(simd, x),
                sine + cosine,
                exp2(simd, x),
                log2(simd, x.abs()),
                tanh(simd, wide[1]),
                atan(simd, x.abs()),
                x.mul_add(sine, cosine),
                x.round_ties_even() - x.floor(),
            ];
            let mut out = [[0.0; 8]; 8];
            for index in 0..8 {
                store(values[index], &mut out[index]);
            }
            out
        }
    }

    /// Tells something on machines with AVX-512 only.
    #[cfg(target_arch = "x86_64")]
    #[test]
    fn avx2_and_avx512_give_the_same_bits() {
        let level = fearless_simd::Level::new();
        let (Some(avx2), Some(avx512)) = (level.as_avx2(), level.as_avx512()) else { return };
        let bits = |values: [Oct; 8]| values.map(|lanes| lanes.map(f32::to_bits));
        for step in 0..20_000_i16 {
            let x: Oct = std::array::from_fn(|lane| (f32::from(step) - 10_000.0) * 0.003_1 + lane as f32 * 0.000_37);
            let narrow = avx2.vectorize(|| All(x).run(avx2));
            let wide = avx512.vectorize(|| All(x).run(avx512));
            assert_eq!(bits(narrow), bits(wide), "{x:?}");
        }
    }

    probe!(sine_is_accurate, sin_turns, |x| (x * std::f64::consts::TAU).sin(), -2.0, 2.0, false, 4e-7);
    probe!(cosine_is_accurate, cos_turns, |x| (x * std::f64::consts::TAU).cos(), -2.0, 2.0, false, 6e-7);
    probe!(tangent_is_accurate, tan_pi, |x| (x * std::f64::consts::PI).tan(), 0.0001, 0.49, true, 1e-6);
    probe!(exp2_is_accurate, exp2, f64::exp2, -20.0, 20.0, true, 3e-7);
    probe!(log2_is_accurate, log2, f64::log2, 0.01, 100.0, false, 8e-7);
    probe!(arctangent_is_accurate, atan, f64::atan, 0.0, 30.0, false, 3e-7);
    probe!(tanh_is_accurate, tanh, f64::tanh, -12.0, 12.0, false, 6e-7);
}
