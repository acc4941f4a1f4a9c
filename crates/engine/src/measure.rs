//! Levels of what units put out, and whether it is all numbers.

use crate::gather::Part;
use crate::memory::{BLOCK, GROUP, Oct, Span};
use crate::rest::SILENCE;
use crate::run::width;
use crate::simd::{Lanes, Simd, SimdBase, SimdFloat, SimdJob, f32x16, load, splat, store, vectorize};
use crate::telemetry::Measured;

/// The slices of a span that hold lanes, with how many lanes of each frame count.
///
/// # Safety
/// The span must lie in the arena.
unsafe fn slices<'a>(arena: *const f32, span: Span, part: Part) -> impl Iterator<Item = (&'a [f32], usize, usize)> {
    let shape = span.shape;
    let width = width(shape.layout);
    let rows = shape.len() / (BLOCK * width);
    let per_channel = rows / usize::from(shape.channels);
    (0..rows).map(move |row| {
        let offset = span.offset as usize + row * BLOCK * width + part.start * width;
        let used = if width == 1 { 1 } else { (usize::from(shape.voices) - row % per_channel * GROUP).min(GROUP) };
        // SAFETY: passed on from the caller.
        (unsafe { std::slice::from_raw_parts(arena.add(offset), part.frames * width) }, width, used)
    })
}

/// Zero times anything finite is zero, and not-a-number otherwise.
struct Zeros<'a>(&'a [f32]);

impl SimdJob for Zeros<'_> {
    type Output = Oct;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Oct {
        let (zero, zeros) = (splat(simd, 0.0), f32x16::splat(simd, 0.0));
        let mut sums = [zeros; 4];
        let (octs, rest) = self.0.as_chunks::<GROUP>();
        let (eights, few) = octs.as_chunks::<8>();
        for eight in eights {
            for index in 0..4 {
                let pair = f32x16::from_slice(simd, eight[2 * index..2 * index + 2].as_flattened());
                sums[index] = pair.mul_add(zeros, sums[index]);
            }
        }
        let [a, b] = ((sums[0] + sums[1]) + (sums[2] + sums[3])).parts(simd);
        let mut sum = a + b;
        for oct in few {
            sum = load(simd, oct).mul_add(zero, sum);
        }
        let mut zeros = [0.0; GROUP];
        store(sum, &mut zeros);
        rest.iter().zip(&mut zeros).for_each(|(x, sum)| *sum += x * 0.0);
        zeros
    }
}

/// # Safety
/// The span must lie in the arena.
pub(crate) unsafe fn all_finite(arena: *const f32, span: Span, part: Part) -> bool {
    if part.frames == BLOCK {
        // A whole block lies in a row. Should anything be wrong in it, lanes that are nobody's are told apart below.
        // SAFETY: passed on from the caller.
        let samples = unsafe { std::slice::from_raw_parts(arena.add(span.offset as usize), span.shape.len()) };
        if vectorize(Zeros(samples)) == [0.0; GROUP] {
            return true;
        }
    }
    // SAFETY: passed on from the caller.
    unsafe { slices(arena, span, part) }.all(|(samples, width, used)| {
        // In a loop that runs frame by frame, going over to vectors takes longer than looking.
        if part.frames == 1 {
            return samples[..used].iter().all(|sample| sample.is_finite());
        }
        let zeros = vectorize(Zeros(samples));
        let counted = if width == 1 { GROUP } else { used };
        zeros[..counted].iter().all(|zero| *zero == 0.0)
    })
}

/// A bit for each lane of a group layout in which all is finite, over both channels; set for lanes that are not there.
///
/// # Safety
/// The span must lie in the arena.
pub(crate) unsafe fn finite_lanes(arena: *const f32, span: Span, part: Part) -> u32 {
    let groups = span.shape.groups();
    let mut finite = u32::MAX;
    // SAFETY: passed on from the caller.
    for (row, (samples, _, used)) in unsafe { slices(arena, span, part) }.enumerate() {
        for (lane, zero) in vectorize(Zeros(samples)).iter().enumerate().take(used) {
            if *zero != 0.0 || zero.is_nan() {
                finite &= !(1 << (row % groups * GROUP + lane));
            }
        }
    }
    finite
}

/// Peaks and sums of squares of eight lanes (or of one, dealt out over eight).
struct Levels<'a>(&'a [f32]);

impl SimdJob for Levels<'_> {
    type Output = (Oct, Oct);

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> (Oct, Oct) {
        let (mut peak, mut sum) = (splat(simd, 0.0), splat(simd, 0.0));
        let (octs, rest) = self.0.as_chunks::<GROUP>();
        for oct in octs {
            let x = load(simd, oct);
            peak = peak.max(x.abs());
            sum = x.mul_add(x, sum);
        }
        let (mut peaks, mut sums) = ([0.0; GROUP], [0.0; GROUP]);
        store(peak, &mut peaks);
        store(sum, &mut sums);
        for (lane, x) in rest.iter().enumerate() {
            peaks[lane] = peaks[lane].max(x.abs());
            sums[lane] += x * x;
        }
        (peaks, sums)
    }
}

/// The level of a signal over all its lanes.
///
/// # Safety
/// The span must lie in the arena.
pub(crate) unsafe fn measure_all(arena: *const f32, span: Span, part: Part) -> Measured {
    let mut measured = Measured::default();
    // SAFETY: passed on from the caller.
    for (index, (samples, width, used)) in unsafe { slices(arena, span, part) }.enumerate() {
        let (peak, sum) = vectorize(Levels(samples));
        let counted = if width == 1 { GROUP } else { used };
        measured.peak = peak[..counted].iter().fold(measured.peak, |a, b| a.max(*b));
        measured.square_sum += sum[..counted].iter().sum::<f32>();
        if index == 0 {
            measured.last = samples[samples.len() - width];
        }
    }
    measured
}

/// A bit for each voice that is louder than silence, over both channels.
///
/// # Safety
/// The span must lie in the arena.
pub(crate) unsafe fn loud_voices(arena: *const f32, span: Span, part: Part) -> u32 {
    let per_channel = span.shape.channel_len() / (BLOCK * width(span.shape.layout));
    let mut loud = 0;
    // SAFETY: passed on from the caller.
    for (row, (samples, width, used)) in unsafe { slices(arena, span, part) }.enumerate() {
        let (peaks, _) = vectorize(Levels(samples));
        if width == 1 {
            loud |= u32::from(peaks.iter().any(|peak| *peak > SILENCE)) << (row % per_channel);
        } else {
            let bits = peaks[..used].iter().enumerate().map(|(lane, peak)| u32::from(*peak > SILENCE) << lane);
            loud |= bits.fold(0, |all, bit| all | bit) << (row % per_channel * GROUP);
        }
    }
    loud
}

/// The levels of the eight lanes of one group, over both channels.
///
/// # Safety
/// The span must lie in the arena.
pub(crate) unsafe fn measure_lanes(arena: *const f32, span: Span, group: usize, part: Part) -> [Measured; GROUP] {
    let groups = span.shape.groups();
    let mut measured = [Measured::default(); GROUP];
    // SAFETY: passed on from the caller.
    for (row, (samples, width, _)) in unsafe { slices(arena, span, part) }.enumerate().filter(|(row, _)| row % groups == group) {
        let (peak, sum) = vectorize(Levels(samples));
        for (lane, measured) in measured.iter_mut().enumerate() {
            measured.peak = measured.peak.max(peak[lane]);
            measured.square_sum += sum[lane];
            if row < groups {
                measured.last = samples[samples.len() - width + lane];
            }
        }
    }
    measured
}
