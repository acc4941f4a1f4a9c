//! Curves at a multiple of the rate, eight lanes at once: the filters of [`crate::dsp::oversample`], each tap a vector of lanes.

use crate::dsp::oversample::{CURVE_LAG, MAX_STAGES, half_bands, late_curve_frames, latency_frames};
use patchlight_engine::simd::{Simd, SimdFloat, f32x8, load, splat, store};
use patchlight_engine::{GROUP, LaneState, LaneVisit, Oct, lane_state};

/// A curve of eight lanes. Mark `at` as `#[inline(always)]`.
pub(crate) trait LaneCurve<S: Simd> {
    /// Is itself late by [`CURVE_LAG`] samples, even without oversampling.
    const IS_LATE: bool = false;

    fn at(&mut self, simd: S, x: f32x8<S>) -> f32x8<S>;
}

/// The newest samples of eight lanes, twice in a row, so that all of them always lie side by side.
pub(crate) struct Ring {
    samples: Vec<Oct>,
    at: usize,
}

impl Ring {
    pub(crate) fn new(len: usize) -> Self {
        Self { samples: vec![[0.0; GROUP]; 2 * len], at: 0 }
    }

    fn len(&self) -> usize {
        self.samples.len() / 2
    }

    /// Puts a sample in; gives all of them, oldest first.
    #[inline(always)]
    pub(crate) fn push<S: Simd>(&mut self, x: f32x8<S>) -> &[Oct] {
        let len = self.len();
        store(x, &mut self.samples[self.at]);
        store(x, &mut self.samples[self.at + len]);
        self.at = if self.at + 1 == len { 0 } else { self.at + 1 };
        &self.samples[self.at..self.at + len]
    }

    pub(crate) fn reset(&mut self) {
        self.samples.fill([0.0; GROUP]);
        self.at = 0;
    }
}

impl LaneState for Ring {
    /// By age: lanes may come from a ring that stands elsewhere.
    fn visit(&mut self, visit: &mut LaneVisit<'_>) {
        let len = self.len();
        for age in 0..len {
            let place = (self.at + age) % len;
            lane_state!(visit; self.samples[place]);
            self.samples[place + len] = self.samples[place];
        }
    }
}

/// A half-band low-pass, for doubling and halving a rate.
struct HalfBand {
    /// From the outermost to the centre; the other side is the same.
    taps: Vec<f32>,
    up: Ring,
    down: [Ring; 2],
}

impl HalfBand {
    /// `taps` of both sides, outermost first.
    fn new(taps: &[f32]) -> Self {
        let len = taps.len();
        Self { taps: taps[..len / 2].to_vec(), up: Ring::new(len), down: [Ring::new(len), Ring::new(len)] }
    }

    #[inline(always)]
    fn double<S: Simd>(&mut self, simd: S, x: f32x8<S>) -> [f32x8<S>; 2] {
        let newest = self.up.push(x);
        [splat(simd, 2.0) * sides(simd, &self.taps, newest), load(simd, &newest[self.taps.len()])]
    }

    #[inline(always)]
    fn halve<S: Simd>(&mut self, simd: S, [first, second]: [f32x8<S>; 2]) -> f32x8<S> {
        let [firsts, seconds] = &mut self.down;
        let sum = sides(simd, &self.taps, firsts.push(first));
        let newest = seconds.push(second);
        load(simd, &newest[self.taps.len() - 1]).mul_add(splat(simd, 0.5), sum)
    }
}

/// The sum of the taps: samples that are equally far from the centre share one.
#[inline(always)]
fn sides<S: Simd>(simd: S, taps: &[f32], samples: &[Oct]) -> f32x8<S> {
    let last = samples.len() - 1;
    let (mut even, mut odd) = (splat(simd, 0.0), splat(simd, 0.0));
    let mut k = 0;
    while k + 1 < taps.len() {
        even = (load(simd, &samples[k]) + load(simd, &samples[last - k])).mul_add(splat(simd, taps[k]), even);
        odd = (load(simd, &samples[k + 1]) + load(simd, &samples[last - k - 1])).mul_add(splat(simd, taps[k + 1]), odd);
        k += 2;
    }
    if k < taps.len() {
        even = (load(simd, &samples[k]) + load(simd, &samples[last - k])).mul_add(splat(simd, taps[k]), even);
    }
    even + odd
}

/// Runs a curve at 1, 2, 4 or 8 times the rate.
pub(crate) struct LaneOversampler {
    stages: Vec<HalfBand>,
    late: [Oct; CURVE_LAG],
}

impl LaneOversampler {
    /// `stages` doublings, at most three.
    pub(crate) fn new(stages: usize) -> Self {
        Self { stages: half_bands(stages).iter().map(|taps| HalfBand::new(taps)).collect(), late: [[0.0; GROUP]; CURVE_LAG] }
    }

    pub(crate) fn reset(&mut self) {
        for stage in &mut self.stages {
            stage.up.reset();
            stage.down.iter_mut().for_each(Ring::reset);
        }
        self.late = [[0.0; GROUP]; CURVE_LAG];
    }

    /// Frames by which it is late, with a curve that is not late itself.
    pub(crate) fn latency_frames(&self) -> usize {
        latency_frames(self.stages.len())
    }

    /// Frames by which it is late, with a curve that is.
    pub(crate) fn late_curve_frames(&self) -> usize {
        late_curve_frames(self.stages.len())
    }

    /// One sample in, one out; the curve is asked for each between.
    ///
    /// Loops, and not one piece of code for each number of doublings: all of it, the curve too, becomes part of every module for every kind
    /// of processor.
    #[inline(always)]
    pub(crate) fn run<S: Simd, C: LaneCurve<S>>(&mut self, simd: S, x: f32x8<S>, curve: &mut C) -> f32x8<S> {
        let Self { stages, late } = self;
        let mut samples = [x; 1 << MAX_STAGES];
        let mut count = 1;
        for stage in &mut *stages {
            let read = samples;
            for n in 0..count {
                [samples[2 * n], samples[2 * n + 1]] = stage.double(simd, read[n]);
            }
            count *= 2;
        }
        for sample in &mut samples[..count] {
            *sample = curve.at(simd, *sample);
        }
        if !C::IS_LATE && count > 1 {
            let ends = [samples[count - 1], samples[count - 2]];
            samples.copy_within(..count - CURVE_LAG, CURVE_LAG);
            for ((late, end), place) in late.iter_mut().zip(ends).zip([1, 0]) {
                samples[place] = load(simd, late);
                store(end, late);
            }
        }
        for stage in stages.iter_mut().rev() {
            count /= 2;
            for n in 0..count {
                samples[n] = stage.halve(simd, [samples[2 * n], samples[2 * n + 1]]);
            }
        }
        samples[0]
    }
}

impl LaneState for LaneOversampler {
    fn visit(&mut self, visit: &mut LaneVisit<'_>) {
        for HalfBand { up, down: [first, second], .. } in &mut self.stages {
            lane_state!(visit; *up, *first, *second);
        }
        let [newer, older] = &mut self.late;
        lane_state!(visit; *newer, *older);
    }
}

/// Lets no constant through: 8 Hz, 6 dB an octave.
#[derive(Clone, Copy, Default)]
pub(crate) struct LaneDcBlock {
    before: Oct,
    out: Oct,
}

impl LaneDcBlock {
    /// `pole` is [`crate::dsp::oversample::DcBlock::pole`].
    #[inline(always)]
    pub(crate) fn next<S: Simd>(&mut self, simd: S, x: f32x8<S>, pole: f32) -> f32x8<S> {
        let y = load(simd, &self.out).mul_add(splat(simd, pole), x - load(simd, &self.before));
        store(x, &mut self.before);
        store(y, &mut self.out);
        y
    }
}

impl LaneState for LaneDcBlock {
    fn visit(&mut self, visit: &mut LaneVisit<'_>) {
        lane_state!(visit; self.before, self.out);
    }
}

#[cfg(test)]
mod tests {
    use super::{LaneCurve, LaneOversampler};
    use crate::dsp::oversample::Oversampler;
    use patchlight_engine::simd::{Simd, SimdBase, SimdJob, f32x8, splat, store, vectorize};

    struct Clip;

    impl<S: Simd> LaneCurve<S> for Clip {
        #[inline(always)]
        fn at(&mut self, simd: S, x: f32x8<S>) -> f32x8<S> {
            x.max(splat(simd, -0.5)).min(splat(simd, 0.5))
        }
    }

    struct Run(usize);

    impl SimdJob for Run {
        type Output = Vec<[f32; 8]>;

        #[inline(always)]
        fn run<S: Simd>(self, simd: S) -> Vec<[f32; 8]> {
            let mut oversampler = LaneOversampler::new(self.0);
            let mut out = vec![[0.0; 8]; 400];
            for n in 0..400 {
                let x = f32x8::from_slice(simd, &std::array::from_fn::<f32, 8, _>(|lane| signal(n, lane)));
                store(oversampler.run(simd, x, &mut Clip), &mut out[n]);
            }
            out
        }
    }

    fn signal(n: usize, lane: usize) -> f32 {
        (n as f32 * (0.05 + 0.03 * lane as f32)).sin()
    }

    #[test]
    fn lanes_are_what_rows_are() {
        for stages in 0..=3 {
            let out = vectorize(Run(stages));
            for lane in 0..8 {
                let mut row = Oversampler::new(stages);
                for (n, out) in out.iter().enumerate() {
                    let expected = row.run(signal(n, lane), &mut |x| x.clamp(-0.5, 0.5));
                    assert!((out[lane] - expected).abs() < 1e-5, "{stages} stages, lane {lane}, frame {n}: {} for {expected}", out[lane]);
                }
            }
        }
    }

    #[test]
    fn what_passes_is_late_by_whole_frames() {
        for stages in 0..=3 {
            let mut row = Oversampler::new(stages);
            let late = row.latency_frames();
            assert_eq!(late, LaneOversampler::new(stages).latency_frames());
            let out: Vec<f32> = (0..400).map(|n| row.run(signal(n, 3), &mut |x| x)).collect();
            for n in 200..400 {
                assert!(
                    (out[n] - signal(n - late, 3)).abs() < 1e-4,
                    "{stages} doublings, frame {n}: {} for {}",
                    out[n],
                    signal(n - late, 3)
                );
            }
        }
    }
}
