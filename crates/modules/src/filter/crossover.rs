//! Crossover: lows, middles and highs apart, which together are as loud as before.
//!
//! Linkwitz-Riley, 24 dB an octave (S. Linkwitz, *Active crossover networks for noncoincident drivers*, 1976): two Butterworth filters in a row. The lows
//! pass the second split's all-pass, so that the three add up without a dip.

use crate::dsp::{LaneSvf, LaneSvfFactors};
use patchlight_core::{Face, ModuleSpec, audio, hz, module};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, f32x8, load, splat, store, tan_pi};
use patchlight_engine::{BuildContext, GroupIo, LaneKernel, LaneParam, LaneVisit, Unit, eight_lanes, lane_state};

const LOW: usize = 0;
const HIGH: usize = 1;

pub const SPEC: ModuleSpec = module("filter.crossover", "Crossover")
    .about("Splits a sound into lows, middles and highs. Process each by itself and mix them again: nothing is lost.")
    .tags(&["multiband", "split", "bands", "linkwitz", "lr4", "low", "mid", "high", "isolator"])
    .inputs(&[audio("in", "Sound to split")])
    .params(&[
        hz("low_hz", 25.0..=2_000.0, 200.0).about("Between lows and middles"),
        hz("high_hz", 500.0..=16_000.0, 2_500.0).about("Between middles and highs"),
    ])
    .outputs(&[audio("low", "The lows"), audio("mid", "The middles"), audio("high", "The highs")])
    .bundles()
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |_| Crossover { first: Split::default(), second: Split::default(), lows: LaneSvf::default() })
}

/// The corners lie no higher, as a share of the rate.
const HIGHEST: f32 = 0.49;

struct Crossover {
    first: Split,
    second: Split,
    /// The second split's all-pass.
    lows: LaneSvf,
}

/// Both sides of a split share their first filter.
#[derive(Default)]
struct Split {
    both: LaneSvf,
    low: LaneSvf,
    high: LaneSvf,
}

impl Split {
    /// What lies below and above.
    #[inline(always)]
    fn next<S: Simd>(&mut self, simd: S, x: f32x8<S>, factors: &LaneSvfFactors<S>) -> [f32x8<S>; 2] {
        let both = self.both.next(simd, x, factors);
        [self.low.next(simd, both.low, factors).low, self.high.next(simd, both.high, factors).high]
    }
}

impl LaneKernel for Crossover {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let (input, low_hz, high_hz) = (io.input(0), io.param(LOW), io.param(HIGH));
        let (per_hz, highest) = (splat(simd, 1.0 / io.sample_rate_hz()), splat(simd, HIGHEST));
        let moves = [low_hz, high_hz].iter().any(|param| matches!(param, LaneParam::Signal(_)));
        // Butterworth's damping.
        let damping = splat(simd, std::f32::consts::SQRT_2);
        let (zero, two) = (splat(simd, 0.0), splat(simd, 2.0));
        let [lows, mids, highs] = io.outputs();
        let mut factors = [LaneSvfFactors::new(simd, zero, damping); 2];
        for n in 0..lows.len() {
            if moves || n == 0 {
                let low = low_hz.at(simd, n);
                let high = high_hz.at(simd, n).max(low);
                factors[0] = LaneSvfFactors::new(simd, tan_pi(simd, (low * per_hz).min(highest)), damping);
                factors[1] = LaneSvfFactors::new(simd, tan_pi(simd, (high * per_hz).min(highest)), damping);
            }
            let [below, above] = self.first.next(simd, load(simd, &input[n]), &factors[0]);
            let [mid, high] = self.second.next(simd, above, &factors[1]);
            // Both halves of a Linkwitz-Riley split add up to an all-pass of the second order.
            let turned = self.lows.next(simd, below, &factors[1]);
            store((-two).mul_add(turned.band, below), &mut lows[n]);
            // Never −0, whichever way it was computed.
            store(mid + zero, &mut mids[n]);
            store(high + zero, &mut highs[n]);
        }
    }

    fn reset(&mut self) {
        (self.first, self.second, self.lows) = (Split::default(), Split::default(), LaneSvf::default());
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        let Self { first: Split { both: a, low: b, high: c }, second: Split { both: d, low: e, high: f }, lows } = self;
        lane_state!(visit; *a, *b, *c, *d, *e, *f, *lows);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::driven;
    use patchlight_testkit::magnitude_response_db;

    #[test]
    fn the_bands_part_steeply_and_add_up_flat() {
        let mut impulse = vec![0.0; 65_536];
        impulse[0] = 1.0;
        let rendered = driven(&SPEC, build, &[], &[("in", impulse)], 65_536);
        let at = |output: usize, hz: f64| magnitude_response_db(rendered.mono(output), 48_000.0, hz);
        assert!((at(0, 200.0) + 6.02).abs() < 0.1 && (at(2, 2_500.0) + 6.02).abs() < 0.1);
        assert!(at(0, 800.0) < -44.0 && at(2, 625.0) < -44.0 && at(1, 25.0) < -60.0);
        let sum: Vec<f32> = (0..65_536).map(|n| (0..3).map(|output| rendered.mono(output)[n]).sum()).collect();
        for hz in [50.0, 200.0, 700.0, 2_500.0, 10_000.0] {
            let found = magnitude_response_db(&sum, 48_000.0, hz);
            assert!(found.abs() < 0.05, "{hz} Hz: {found}");
        }
    }
}
