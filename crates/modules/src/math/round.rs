//! Round: to whole numbers, or to multiples of any step.

use crate::frame_map::{Frame, FrameMap, frame_map};
use patchlight_core::{ModuleSpec, choice, control, module, unit};
use patchlight_engine::simd::{Simd, SimdFloat, f32x8, splat};
use patchlight_engine::{BuildContext, Unit};

const STEP: usize = 0;
const MODE: usize = 1;

pub const SPEC: ModuleSpec = module("math.round", "Round")
    .about("Makes stairs of a ramp: the nearest multiple of a step. Try an LFO through it into pitch.")
    .tags(&["quantize", "stairs", "steps", "integer", "floor", "ceiling", "truncate", "modulo", "remainder"])
    .inputs(&[control("in", "Signal to round")])
    .params(&[
        unit("step", 0.01..=4.0, 1.0).about("The distance between two stairs"),
        choice("mode", &["nearest", "down", "up", "toward 0"], 0).about("Which of the two nearest stairs it goes to"),
    ])
    .outputs(&[control("out", "The stairs"), control("rest", "What was rounded away")])
    .bundles();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    frame_map::<Round, 1, 2, 2>(context)
}

struct Round;

impl FrameMap<1, 2, 2> for Round {
    #[inline(always)]
    fn map<S: Simd>(simd: S, frame: &Frame<S, 1, 2>) -> [f32x8<S>; 2] {
        let (x, step) = (frame.inputs[0], frame.knobs[STEP]);
        let stairs = x / step;
        let whole = match frame.choices[MODE] as usize {
            // Half a step goes upward.
            0 => (stairs + splat(simd, 0.5)).floor(),
            1 => stairs.floor(),
            2 => stairs.ceil(),
            _ => stairs.trunc(),
        };
        let out = whole * step;
        [out, x - out]
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::value;

    #[test]
    fn each_way_of_rounding_is_what_its_name_says() {
        let all = |x: f32| [0.0, 1.0, 2.0, 3.0].map(|mode| value(&SPEC, build, &[("step", 0.5), ("mode", mode)], &[("in", x)], 0));
        assert_eq!(all(0.8), [1.0, 0.5, 1.0, 0.5]);
        assert_eq!(all(-0.8), [-1.0, -1.0, -0.5, -0.5]);
        assert_eq!(value(&SPEC, build, &[], &[("in", 2.25)], 1), 0.25);
    }
}
