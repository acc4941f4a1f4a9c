//! Return: what comes back from an effect joins the sound.

use crate::dsp::levels::gain_from_db;
use crate::frame_map::{Frame, FrameMap, frame_map};
use patchlight_core::{ModuleSpec, audio, db, module};
use patchlight_engine::simd::{Simd, f32x8};
use patchlight_engine::{BuildContext, Unit};

pub const SPEC: ModuleSpec = module("amp.return", "Return")
    .about("Brings an effect back into the mix: the dry sound and what two effects made of it, each with its level.")
    .tags(&["aux", "bus", "fx return", "wet", "mix", "parallel"])
    .inputs(&[audio("dry", "The sound itself"), audio("return_a", "From the first effect"), audio("return_b", "From the second effect")])
    .params(&[
        db("return_a_db", -60.0..=12.0, 0.0).about("Level of the first effect; −60 dB is off"),
        db("return_b_db", -60.0..=12.0, 0.0).about("Level of the second effect; −60 dB is off"),
    ])
    .outputs(&[audio("out", "All together"), audio("wet", "The effects alone")])
    .bundles();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    frame_map::<Return, 3, 2, 2>(context)
}

struct Return;

impl FrameMap<3, 2, 2> for Return {
    #[inline(always)]
    fn map<S: Simd>(simd: S, frame: &Frame<S, 3, 2>) -> [f32x8<S>; 2] {
        let [dry, a, b] = frame.inputs;
        let wet = a * gain_from_db(simd, frame.knobs[0]) + b * gain_from_db(simd, frame.knobs[1]);
        [dry + wet, wet]
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::value;

    #[test]
    fn all_is_added_at_its_level() {
        let inputs = [("dry", 0.5), ("return_a", 0.25), ("return_b", 1.0)];
        let at = |output: usize| value(&SPEC, build, &[("return_b_db", -60.0)], &inputs, output);
        assert_eq!([at(0), at(1)], [0.75, 0.25]);
    }
}
