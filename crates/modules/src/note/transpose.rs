//! Transpose: moves a pitch by semitones and cents.

use crate::frame_map::{Frame, FrameMap, frame_map};
use patchlight_core::{ModuleSpec, cents, module, pitch, semitones};
use patchlight_engine::simd::{Simd, f32x8, splat};
use patchlight_engine::{BuildContext, Unit};

pub const SPEC: ModuleSpec = module("note.transpose", "Transpose")
    .about("Moves a melody up or down. A sequencer into its knob plays chord changes.")
    .tags(&["pitch", "shift", "interval", "tune", "semitones", "key", "harmony"])
    .inputs(&[pitch("in", "The pitch to move")])
    .params(&[
        semitones("interval_semitones", -48.0..=48.0, 0.0).about("How far it is moved"),
        cents("fine_cents", -100.0..=100.0, 0.0).about("Hundredths of a semitone more"),
    ])
    .outputs(&[pitch("out", "The moved pitch")])
    .bundles();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    frame_map::<Transpose, 1, 2, 1>(context)
}

struct Transpose;

impl FrameMap<1, 2, 1> for Transpose {
    #[inline(always)]
    fn map<S: Simd>(simd: S, frame: &Frame<S, 1, 2>) -> [f32x8<S>; 1] {
        let [semitones, cents] = frame.knobs;
        [frame.inputs[0] + (semitones + cents * splat(simd, 0.01)) * splat(simd, 1.0 / 12.0)]
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::value;

    #[test]
    fn a_fifth_is_seven_twelfths() {
        let out = value(&SPEC, build, &[("interval_semitones", 7.0), ("fine_cents", 50.0)], &[("in", 1.0)], 0);
        assert!((out - (1.0 + 7.5 / 12.0)).abs() < 1e-6);
    }
}
