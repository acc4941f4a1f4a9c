//! DJ filter: one knob, low-pass to the left, high-pass to the right, nothing in the middle.

use crate::dsp::lane_glide::LaneFollow;
use crate::dsp::{LaneSvf, LaneSvfFactors};
use patchlight_core::{Face, ModuleSpec, audio, bipolar, module, percent};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, exp2, f32x8, inlined, load, splat, store, tan_pi};
use patchlight_engine::{BuildContext, FACE, GROUP, GroupIo, LaneKernel, LaneParam, LaneVisit, Unit, eight_lanes, lane_state};

const POSITION: usize = 0;
const RESONANCE: usize = 1;

pub const SPEC: ModuleSpec = module("filter.dj", "DJ filter")
    .about("One knob for the whole mix: to the left the highs go, to the right the lows. Sweeps, builds and drops.")
    .tags(&["performance", "sweep", "lowpass", "highpass", "mixer", "build up", "one knob"])
    .inputs(&[audio("in", "Sound to filter")])
    .params(&[
        bipolar("position", 0.0).about("Below 0 a low-pass comes down, above 0 a high-pass goes up"),
        percent("resonance", 0.2).about("Emphasis at the corner"),
    ])
    .outputs(&[audio("out", "Filtered sound")])
    .bundles()
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |_| Dj { low: [LaneSvf::default(); 2], high: [LaneSvf::default(); 2], position: LaneFollow::default() })
}

/// So near the middle it fades to the sound as it is.
const FADE: f32 = 0.05;
/// Octaves from end to end of each half.
const OCTAVES: f32 = 9.0;
/// The corners lie no higher, as a share of the rate.
const HIGHEST: f32 = 0.49;

struct Dj {
    low: [LaneSvf; 2],
    high: [LaneSvf; 2],
    /// From end to end in sixty milliseconds.
    position: LaneFollow,
}

/// The integrators' gain for a corner.
#[inline(always)]
fn tuning<S: Simd>(simd: S, hz: f32x8<S>, rate_hz: f32) -> f32x8<S> {
    tan_pi(simd, (hz * splat(simd, 1.0 / rate_hz)).min(splat(simd, HIGHEST)))
}

/// Nine octaves down from 20 kHz, and nine up from 20 Hz.
fn corner_hz(position: f32) -> f32 {
    if position > 0.0 { 20.0 * (OCTAVES * position).exp2() } else { 20_000.0 * (OCTAVES * position).exp2() }
}

impl LaneKernel for Dj {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let (input, rate_hz) = (io.input(0), io.sample_rate_hz());
        let (knob, resonance) = (io.param(POSITION), io.param(RESONANCE));
        let mut first = [0.0; GROUP];
        store(knob.at(simd, 0), &mut first);
        let settled = self.position.begin(&first);
        let stands = settled && matches!(knob, LaneParam::Constant(_));
        // What is on one side of the middle does not need the other, which begins anew when the knob comes: it fades in. Lane by lane, so
        // that none depends on its neighbours; where no lane needs it, it is left out.
        let now = *self.position.now();
        let needs_low = !stands || now.iter().any(|position| *position < 0.0);
        let needs_high = !stands || now.iter().any(|position| *position > 0.0);
        if !needs_low {
            self.low = [LaneSvf::default(); 2];
        }
        if !needs_high {
            self.high = [LaneSvf::default(); 2];
        }
        let moves = !stands || matches!(resonance, LaneParam::Signal(_));
        let (zero, one) = (splat(simd, 0.0), splat(simd, 1.0));
        let factors = inlined(
            #[inline(always)]
            |n: usize, position: f32x8<S>| {
                let q = exp2(simd, resonance.at(simd, n) * splat(simd, 3.0)) * splat(simd, 0.707);
                let (down, up) = (position.min(zero), position.max(zero));
                let low_hz = exp2(simd, down * splat(simd, OCTAVES)) * splat(simd, 20_000.0);
                let high_hz = exp2(simd, up * splat(simd, OCTAVES)) * splat(simd, 20.0);
                let damping = one / q;
                let (low, high) = (tuning(simd, low_hz, rate_hz), tuning(simd, high_hz, rate_hz));
                (LaneSvfFactors::new(simd, low, damping), LaneSvfFactors::new(simd, high, damping))
            },
        );
        let mut position = load(simd, &now);
        let (mut low, mut high) = factors(0, position);
        let out = io.output(0);
        for n in 0..out.len() {
            if moves {
                position = self.position.next(simd, knob.at(simd, n), 1.0 / (0.03 * rate_hz));
                (low, high) = factors(n, position);
            }
            let x = load(simd, &input[n]);
            let mut y = x;
            if needs_low {
                let first = self.low[0].next(simd, x, &low).low;
                let lows = self.low[1].next(simd, first, &low).low;
                for stage in &mut self.low {
                    stage.keep(simd, position.simd_lt(zero));
                }
                let down = (position * splat(simd, -1.0 / FADE)).max(zero).min(one);
                y = (lows - x).mul_add(down, y);
            }
            if needs_high {
                let first = self.high[0].next(simd, x, &high).high;
                let highs = self.high[1].next(simd, first, &high).high;
                for stage in &mut self.high {
                    stage.keep(simd, position.simd_gt(zero));
                }
                let up = (position * splat(simd, 1.0 / FADE)).max(zero).min(one);
                y = (highs - x).mul_add(up, y);
            }
            store(y, &mut out[n]);
        }
    }

    fn reset(&mut self) {
        (self.low, self.high, self.position) = ([LaneSvf::default(); 2], [LaneSvf::default(); 2], LaneFollow::default());
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        face[0] = corner_hz(self.position.now()[lane]);
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        lane_state!(visit; self.low[0], self.low[1], self.high[0], self.high[1], self.position);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::driven;
    use patchlight_testkit::magnitude_response_db;

    #[test]
    fn one_knob_takes_highs_or_lows_or_nothing() {
        let mut impulse = vec![0.0; 65_536];
        impulse[0] = 1.0;
        let at = |position: f32, hz: f64| {
            let params = [("position", position), ("resonance", 0.0)];
            magnitude_response_db(driven(&SPEC, build, &params, &[("in", impulse.clone())], 65_536).mono(0), 48_000.0, hz)
        };
        assert!([30.0, 1_000.0, 20_000.0].iter().all(|hz| at(0.0, *hz).abs() < 1e-3));
        // Half way: 20 kHz less four and a half octaves.
        let corner = 20_000.0 / 2_f64.powf(4.5);
        assert!((at(-0.5, corner) + 6.0).abs() < 0.3 && at(-0.5, 4.0 * corner) < -40.0 && at(-0.5, 50.0).abs() < 0.1);
        assert!(at(0.5, 50.0) < -40.0 && at(0.5, 8_000.0).abs() < 0.1);
    }
}
