//! Tilt: brighter or darker with one knob.
//!
//! One pole splits the sound at the pivot; lows are turned down by half the knob as highs are turned up, and the other way round.

use crate::dsp::levels::factor_from_db;
use patchlight_core::{Face, ModuleSpec, audio, db, hz, module};
use patchlight_engine::simd::{Simd, SimdBase, inlined, load, share_pi, splat, store};
use patchlight_engine::{BuildContext, GroupIo, LaneKernel, LaneParam, LaneVisit, Oct, Unit, eight_lanes, lane_state};

pub const SPEC: ModuleSpec = module("filter.tilt", "Tilt")
    .about("Darker to the left, brighter to the right: tips the whole sound around a pivot.")
    .tags(&["eq", "tone", "bright", "dark", "balance", "spectrum", "shelf"])
    .inputs(&[audio("in", "Sound to tilt")])
    .params(&[
        db("tilt_db", -24.0..=24.0, 0.0).about("How much louder highs are than lows, far from the pivot"),
        hz("pivot_hz", 50.0..=10_000.0, 800.0).about("Where lows end and highs begin"),
    ])
    .outputs(&[audio("out", "The tilted sound")])
    .bundles()
    .face(Face::Equalizer);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |_| Tilt { low: [0.0; 8] })
}

struct Tilt {
    /// State of the one-pole, trapezoidal.
    low: Oct,
}

/// The pivot lies no higher, as a share of the rate.
const HIGHEST: f32 = 0.45;

impl LaneKernel for Tilt {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let (input, tilt, pivot, rate_hz) = (io.input(0), io.param(0), io.param(1), io.sample_rate_hz());
        let moves = [tilt, pivot].iter().any(|param| matches!(param, LaneParam::Signal(_)));
        let made = inlined(
            #[inline(always)]
            |n: usize| {
                let share = share_pi(simd, (pivot.at(simd, n) * splat(simd, 1.0 / rate_hz)).min(splat(simd, HIGHEST)));
                let half = tilt.at(simd, n) * splat(simd, 0.5);
                (share, factor_from_db(simd, -half), factor_from_db(simd, half))
            },
        );
        let mut now = made(0);
        let mut state = load(simd, &self.low);
        let out = io.output(0);
        for n in 0..out.len() {
            if moves {
                now = made(n);
            }
            let (share, lows, highs) = now;
            let x = load(simd, &input[n]);
            let v = (x - state) * share;
            let low = v + state;
            state = low + v;
            store(low * lows + (x - low) * highs, &mut out[n]);
        }
        store(state, &mut self.low);
    }

    fn reset(&mut self) {
        self.low = [0.0; 8];
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        lane_state!(visit; self.low);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::driven;
    use patchlight_testkit::magnitude_response_db;

    #[test]
    fn it_tips_around_its_pivot() {
        let mut impulse = vec![0.0; 65_536];
        impulse[0] = 1.0;
        for tilt in [-12.0, 12.0] {
            let rendered = driven(&SPEC, build, &[("tilt_db", tilt)], &[("in", impulse.clone())], 65_536);
            let at = |hz: f64| magnitude_response_db(rendered.mono(0), 48_000.0, hz);
            let half = f64::from(tilt) / 2.0;
            assert!((at(20.0) + half).abs() < 0.1 && (at(20_000.0) - half).abs() < 0.1, "{} and {}", at(20.0), at(20_000.0));
            // Both ways are equally loud there, a quarter turn apart.
            let middle = 10.0 * ((10_f64.powf(half / 10.0) + 10_f64.powf(-half / 10.0)) / 2.0).log10();
            assert!((at(800.0) - middle).abs() < 0.05, "{}", at(800.0));
        }
    }
}
