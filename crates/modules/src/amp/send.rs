//! Send: a sound goes on, and a share of it goes to an effect.

use crate::dsp::levels::gain_from_db;
use crate::frame_map::{Frame, FrameMap, frame_map};
use patchlight_core::{ModuleSpec, audio, db, module};
use patchlight_engine::simd::{Simd, f32x8};
use patchlight_engine::{BuildContext, Unit};

const SEND_A: usize = 0;
const SEND_B: usize = 1;
const LEVEL: usize = 2;

pub const SPEC: ModuleSpec = module("amp.send", "Send")
    .about("Sends a share of a sound to two effects while the sound itself goes on. Several sends share one reverb.")
    .tags(&["aux", "bus", "fx send", "effect", "parallel", "dry"])
    .inputs(&[audio("in", "The sound")])
    .params(&[
        db("send_a_db", -60.0..=12.0, -12.0).about("How much goes to effect A; −60 dB is nothing"),
        db("send_b_db", -60.0..=12.0, -60.0).about("How much goes to effect B; −60 dB is nothing"),
        db("level_db", -60.0..=12.0, 0.0).about("How loud the sound itself goes on; the sends are taken before"),
    ])
    .outputs(&[audio("out", "The sound itself"), audio("send_a", "To the first effect"), audio("send_b", "To the second effect")])
    .bundles();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    frame_map::<Send, 1, 3, 3>(context)
}

struct Send;

impl FrameMap<1, 3, 3> for Send {
    #[inline(always)]
    fn map<S: Simd>(simd: S, frame: &Frame<S, 1, 3>) -> [f32x8<S>; 3] {
        let x = frame.inputs[0];
        [
            x * gain_from_db(simd, frame.knobs[LEVEL]),
            x * gain_from_db(simd, frame.knobs[SEND_A]),
            x * gain_from_db(simd, frame.knobs[SEND_B]),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::value;

    #[test]
    fn levels_are_in_decibels() {
        let at = |output: usize| value(&SPEC, build, &[("send_a_db", -6.0), ("level_db", 6.0)], &[("in", 1.0)], output);
        assert!((at(0) - 1.995_262).abs() < 1e-5 && (at(1) - 0.501_187).abs() < 1e-5);
        assert_eq!(at(2), 0.0);
    }
}
