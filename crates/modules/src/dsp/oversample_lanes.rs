//! Curves at a multiple of the rate, eight lanes at once: the filters of [`crate::dsp::oversample`], each tap a vector of lanes.

use crate::dsp::oversample::half_bands;
use patchlight_engine::simd::{Simd, SimdFloat, f32x8, load, splat, store};
use patchlight_engine::{GROUP, LaneState, LaneVisit, Oct, lane_state};

/// A curve without memory, of eight lanes. Mark `at` as `#[inline(always)]`.
pub(crate) trait LaneCurve<S: Simd> {
    fn at(&self, simd: S, x: f32x8<S>) -> f32x8<S>;
}

/// The newest samples of eight lanes, twice in a row, so that all of them always lie side by side.
struct Ring {
    samples: Vec<Oct>,
    at: usize,
}

impl Ring {
    fn new(len: usize) -> Self {
        Self { samples: vec![[0.0; GROUP]; 2 * len], at: 0 }
    }

    fn len(&self) -> usize {
        self.samples.len() / 2
    }

    /// Puts a sample in; gives all of them, oldest first.
    #[inline(always)]
    fn push<S: Simd>(&mut self, x: f32x8<S>) -> &[Oct] {
        let len = self.len();
        store(x, &mut self.samples[self.at]);
        store(x, &mut self.samples[self.at + len]);
        self.at = if self.at + 1 == len { 0 } else { self.at + 1 };
        &self.samples[self.at..self.at + len]
    }

    fn reset(&mut self) {
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
pub(crate) struct LaneOversampler(Vec<HalfBand>);

impl LaneOversampler {
    /// `stages` doublings, at most three.
    pub(crate) fn new(stages: usize) -> Self {
        Self(half_bands(stages).iter().map(|taps| HalfBand::new(taps)).collect())
    }

    pub(crate) fn reset(&mut self) {
        for stage in &mut self.0 {
            stage.up.reset();
            stage.down.iter_mut().for_each(Ring::reset);
        }
    }

    /// One sample in, one out; the curve is asked for each between.
    #[inline(always)]
    pub(crate) fn run<S: Simd, C: LaneCurve<S>>(&mut self, simd: S, x: f32x8<S>, curve: &C) -> f32x8<S> {
        match self.0.as_mut_slice() {
            [] => curve.at(simd, x),
            [first] => once(simd, first, x, curve),
            [first, second] => twice(simd, first, second, x, curve),
            [first, second, third, ..] => {
                let [a, b] = first.double(simd, x);
                let pair = [twice(simd, second, third, a, curve), twice(simd, second, third, b, curve)];
                first.halve(simd, pair)
            }
        }
    }
}

#[inline(always)]
fn once<S: Simd, C: LaneCurve<S>>(simd: S, stage: &mut HalfBand, x: f32x8<S>, curve: &C) -> f32x8<S> {
    let [a, b] = stage.double(simd, x);
    let pair = [curve.at(simd, a), curve.at(simd, b)];
    stage.halve(simd, pair)
}

#[inline(always)]
fn twice<S: Simd, C: LaneCurve<S>>(simd: S, first: &mut HalfBand, second: &mut HalfBand, x: f32x8<S>, curve: &C) -> f32x8<S> {
    let [a, b] = first.double(simd, x);
    let pair = [once(simd, second, a, curve), once(simd, second, b, curve)];
    first.halve(simd, pair)
}

impl LaneState for LaneOversampler {
    fn visit(&mut self, visit: &mut LaneVisit<'_>) {
        for HalfBand { up, down: [first, second], .. } in &mut self.0 {
            lane_state!(visit; *up, *first, *second);
        }
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
        fn at(&self, simd: S, x: f32x8<S>) -> f32x8<S> {
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
                store(oversampler.run(simd, x, &Clip), &mut out[n]);
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
}
