//! Octave: moves a pitch by whole octaves, or folds it into a range.

use crate::frame_map::{Frame, FrameMap, frame_map};
use patchlight_core::{ModuleSpec, choice, integer, module, pitch};
use patchlight_engine::simd::{Simd, SimdFloat, f32x8};
use patchlight_engine::{BuildContext, Unit};

const OCTAVES: usize = 0;
const FOLD: usize = 1;

pub const SPEC: ModuleSpec = module("note.octave", "Octave")
    .about("Moves a pitch by whole octaves, or brings all notes into one octave. A random gate into its knob makes lines leap.")
    .tags(&["octaver", "register", "transpose", "fold", "range", "low", "high"])
    .inputs(&[pitch("in", "The pitch to move")])
    .params(&[
        integer("octaves", -5..=5, 1).about("How many octaves up, or down below 0"),
        choice("fold", &["off", "into one octave"], 0).about("Before it is moved, brings every note between C4 and C5"),
    ])
    .outputs(&[pitch("out", "The moved pitch")])
    .bundles();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    frame_map::<Octave, 1, 2, 1>(context)
}

struct Octave;

impl FrameMap<1, 2, 1> for Octave {
    #[inline(always)]
    fn map<S: Simd>(_simd: S, frame: &Frame<S, 1, 2>) -> [f32x8<S>; 1] {
        let x = frame.inputs[0];
        let x = if frame.choices[FOLD] >= 0.5 { x - x.floor() } else { x };
        [x + frame.knobs[OCTAVES]]
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::value;

    #[test]
    fn octaves_are_whole_and_folding_keeps_the_note() {
        let out = |octaves: f32, fold: f32, x: f32| value(&SPEC, build, &[("octaves", octaves), ("fold", fold)], &[("in", x)], 0);
        assert_eq!([out(2.0, 0.0, 0.25), out(-1.0, 0.0, 0.25), out(0.0, 1.0, -1.75), out(1.0, 1.0, 2.5)], [2.25, -0.75, 0.25, 1.5]);
    }
}
