//! Compare: gates that say which of two signals is higher.
//!
//! Around the threshold lies a dead band, as in a Schmitt trigger, so that a wavering signal makes one gate and not a hundred.

use patchlight_core::{ModuleSpec, control, gate, module, unit};
use patchlight_engine::simd::{Simd, SimdBase, load, select, splat, store};
use patchlight_engine::{BuildContext, GROUP, GroupIo, LaneKernel, LaneVisit, Oct, Unit, eight_lanes, lane_state};

const THRESHOLD: usize = 0;
const HYSTERESIS: usize = 1;
const WINDOW: usize = 2;

pub const SPEC: ModuleSpec = module("math.compare", "Compare")
    .about("A gate while one signal is above another, or above a threshold. Makes rhythms from LFOs, triggers from levels.")
    .tags(&["comparator", "threshold", "greater", "less", "equal", "schmitt", "gate", "window"])
    .inputs(&[control("a", "The signal that is looked at"), control("b", "What it is compared with; not wired, it is 0")])
    .params(&[
        unit("threshold", -10.0..=10.0, 0.0).about("Added to b: a must be above both together"),
        unit("hysteresis", 0.0..=2.0, 0.0).about("Width of the dead band around the threshold: keeps a wavering signal from chattering"),
        unit("window", 0.0..=10.0, 0.1).about("How near counts as equal").hidden(),
    ])
    .outputs(&[
        gate("greater", "On while a is above the threshold"),
        gate("less", "On while it is not"),
        gate("equal", "On while a is within the window around the threshold"),
    ])
    .bundles();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |_| Compare { is_above: [0.0; GROUP] })
}

struct Compare {
    /// 1 where the gate is on.
    is_above: Oct,
}

impl LaneKernel for Compare {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let frames = io.frames();
        let (a, b) = (io.input(0), io.input(1));
        let (threshold, hysteresis, window) = (io.param(THRESHOLD), io.param(HYSTERESIS), io.param(WINDOW));
        let (zero, half, one) = (splat(simd, 0.0), splat(simd, 0.5), splat(simd, 1.0));
        let mut above = load(simd, &self.is_above);
        let [greater, less, equal] = io.outputs::<3>();
        for n in 0..frames {
            let distance = load(simd, &a[n]) - (load(simd, &b[n]) + threshold.at(simd, n));
            let band = hysteresis.at(simd, n) * half;
            let edge = select(above.simd_gt(half), -band, band);
            above = select(distance.simd_gt(edge), one, zero);
            store(above, &mut greater[n]);
            store(one - above, &mut less[n]);
            store(select(distance.abs().simd_le(window.at(simd, n)), one, zero), &mut equal[n]);
        }
        store(above, &mut self.is_above);
    }

    fn reset(&mut self) {
        self.is_above = [0.0; GROUP];
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        lane_state!(visit; self.is_above);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, rises, value};

    #[test]
    fn gates_say_which_is_higher() {
        let gates = |a: f32| [0, 1, 2].map(|output| value(&SPEC, build, &[("threshold", 0.5)], &[("a", a), ("b", 0.25)], output));
        assert_eq!([gates(1.0), gates(0.8), gates(0.5)], [[1.0, 0.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]);
    }

    #[test]
    fn a_dead_band_makes_one_gate_of_a_wavering_signal() {
        // A slow ramp with a ripple of ±0.1.
        let ripple: Vec<f32> = (0..4800).map(|n| n as f32 / 2400.0 - 1.0 + if n % 20 < 10 { 0.1 } else { -0.1 }).collect();
        let count = |hysteresis: f32| {
            let rendered = driven(&SPEC, build, &[("hysteresis", hysteresis)], &[("a", ripple.clone())], 4800);
            rises(rendered.mono(0)).len()
        };
        assert!(count(0.0) > 5);
        assert_eq!(count(0.3), 1);
    }
}
