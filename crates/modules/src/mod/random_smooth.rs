//! Smooth random: wanders from one random value to the next, jumping, sliding or flowing.
//!
//! Between two values it takes the curve 6t⁵ − 15t⁴ + 10t³ (K. Perlin, *Improving noise*, 2002), which begins and ends without slope; the rest of the
//! time it stays.

use crate::pulse::{Edge, chance};
use patchlight_core::{Face, ModuleSpec, control, gate, hz, module, percent, toggle};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

const RATE: usize = 0;
const SMOOTHNESS: usize = 1;
const SPREAD: usize = 2;
const UNIPOLAR: usize = 3;

pub const SPEC: ModuleSpec = module("mod.random_smooth", "Smooth random")
    .about("Wanders by itself, never twice the same way: life for a filter, a pan or a pitch. Turn smoothness down and it jumps.")
    .tags(&["random", "wander", "perlin", "fluctuate", "organic", "drift", "chance", "noise"])
    .inputs(&[gate("trig", "If wired, each rise goes to a new value; the rate says how fast")])
    .params(&[
        hz("rate_hz", 0.01..=100.0, 1.0).about("New values a second"),
        percent("smoothness", 1.0).about("Share of the time that it is on its way; 0 jumps"),
        percent("spread", 1.0).about("How far from the middle the values lie"),
        toggle("unipolar", false).about("From 0 to 1 in place of −1 to 1").hidden(),
    ])
    .outputs(&[control("out", "The wandering value"), control("next", "Where it is going: the same in steps")])
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |lane| RandomSmooth { seed: lane.seed, state: State::default() })
}

struct RandomSmooth {
    seed: u64,
    state: State,
}

#[derive(Default)]
struct State {
    trig: Edge,
    /// Values drawn so far.
    count: i64,
    from: f32,
    /// 0 to 1 through the time of a value.
    phase: f64,
    now: f32,
}

impl RowKernel for RandomSmooth {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (trig, has_trig) = (io.input(0), io.is_connected(0));
        let [rate, smoothness, spread, unipolar] = [RATE, SMOOTHNESS, SPREAD, UNIPOLAR].map(|index| io.param(index));
        let (seed, state, per_hz) = (self.seed, &mut self.state, 1.0 / f64::from(io.sample_rate_hz()));
        let drawn = |count: i64| 2.0 * chance(seed, count) - 1.0;
        let [out, next] = io.outputs();
        let mut goal = drawn(state.count);
        for n in 0..out.len() {
            let rises = state.trig.rises(trig[n]);
            if if has_trig { rises } else { state.phase >= 1.0 } {
                state.from = state.now;
                state.count += 1;
                goal = drawn(state.count);
                state.phase = if has_trig { 0.0 } else { state.phase - 1.0 };
            }
            let smoothness = smoothness.at(n);
            let t = if smoothness > 1e-3 { (state.phase as f32 / smoothness).min(1.0) } else { 1.0 };
            state.now = state.from + (goal - state.from) * (t * t * t * (t * (6.0 * t - 15.0) + 10.0));
            state.phase = (state.phase + f64::from(rate.at(n)) * per_hz).min(2.0);
            let shown = |value: f32| {
                let value = value * spread.at(n);
                if unipolar.at(n) >= 0.5 { 0.5 + 0.5 * value } else { value }
            };
            (out[n], next[n]) = (shown(state.now), shown(goal));
        }
    }

    fn reset(&mut self) {
        self.state = State::default();
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[0] = self.state.now;
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::driven;
    use patchlight_testkit::largest_step;

    #[test]
    fn it_draws_at_its_rate_and_flows() {
        let rendered = driven(&SPEC, build, &[("rate_hz", 100.0)], &[], 48_000);
        let mut values = rendered.outputs[1][0].clone();
        values.dedup();
        assert!((99..=101).contains(&values.len()), "{} values", values.len());
        // 15/8 of the way in a period is the steepest of the curve.
        assert!(largest_step(rendered.mono(0)).1 < 2.0 * 1.875 / 480.0);
        let jumping = driven(&SPEC, build, &[("rate_hz", 100.0), ("smoothness", 0.0)], &[], 4_800);
        assert_eq!(jumping.mono(0), jumping.outputs[1][0]);
        assert!(values.iter().any(|x| *x > 0.8) && values.iter().any(|x| *x < -0.8));
    }
}
