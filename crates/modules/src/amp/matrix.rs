//! Matrix: four sounds to four places, each with a level of its own.

use crate::frame_map::{Frame, FrameMap, frame_map};
use patchlight_core::{ModuleSpec, audio, module, preset, unit};
use patchlight_engine::simd::{Simd, SimdFloat, f32x8};
use patchlight_engine::{BuildContext, Unit};

const SIZE: usize = 4;
const KNOBS: usize = SIZE * SIZE;

pub const SPEC: ModuleSpec = module("amp.matrix", "Matrix")
    .about("Sends each of four inputs to each of four outputs, as much as you like: feedback networks, busses, quadraphony.")
    .tags(&["matrix mixer", "routing", "bus", "feedback", "patch bay", "grid", "send"])
    .inputs(&[
        audio("in_1", "Sound of row 1"),
        audio("in_2", "Sound of row 2"),
        audio("in_3", "Sound of row 3"),
        audio("in_4", "Sound of row 4"),
    ])
    .params(&[
        unit("from_1_to_1", -2.0..=2.0, 1.0).about("How much of input 1 goes to output 1; below 0 turned over"),
        unit("from_1_to_2", -2.0..=2.0, 0.0).about("How much of input 1 goes to output 2; below 0 turned over").hidden(),
        unit("from_1_to_3", -2.0..=2.0, 0.0).about("How much of input 1 goes to output 3; below 0 turned over").hidden(),
        unit("from_1_to_4", -2.0..=2.0, 0.0).about("How much of input 1 goes to output 4; below 0 turned over").hidden(),
        unit("from_2_to_1", -2.0..=2.0, 0.0).about("How much of input 2 goes to output 1; below 0 turned over").hidden(),
        unit("from_2_to_2", -2.0..=2.0, 1.0).about("How much of input 2 goes to output 2; below 0 turned over"),
        unit("from_2_to_3", -2.0..=2.0, 0.0).about("How much of input 2 goes to output 3; below 0 turned over").hidden(),
        unit("from_2_to_4", -2.0..=2.0, 0.0).about("How much of input 2 goes to output 4; below 0 turned over").hidden(),
        unit("from_3_to_1", -2.0..=2.0, 0.0).about("How much of input 3 goes to output 1; below 0 turned over").hidden(),
        unit("from_3_to_2", -2.0..=2.0, 0.0).about("How much of input 3 goes to output 2; below 0 turned over").hidden(),
        unit("from_3_to_3", -2.0..=2.0, 1.0).about("How much of input 3 goes to output 3; below 0 turned over"),
        unit("from_3_to_4", -2.0..=2.0, 0.0).about("How much of input 3 goes to output 4; below 0 turned over").hidden(),
        unit("from_4_to_1", -2.0..=2.0, 0.0).about("How much of input 4 goes to output 1; below 0 turned over").hidden(),
        unit("from_4_to_2", -2.0..=2.0, 0.0).about("How much of input 4 goes to output 2; below 0 turned over").hidden(),
        unit("from_4_to_3", -2.0..=2.0, 0.0).about("How much of input 4 goes to output 3; below 0 turned over").hidden(),
        unit("from_4_to_4", -2.0..=2.0, 1.0).about("How much of input 4 goes to output 4; below 0 turned over"),
    ])
    .presets(&[
        preset("Swap pairs", "route", "from_1_to_1 0; from_1_to_2 1; from_2_to_1 1; from_2_to_2 0; from_3_to_3 0; from_3_to_4 1; from_4_to_3 1; from_4_to_4 0"),
        preset("All to one", "sum", "from_2_to_1 1; from_3_to_1 1; from_4_to_1 1; from_2_to_2 0; from_3_to_3 0; from_4_to_4 0"),
        preset("One to all", "split", "from_1_to_2 1; from_1_to_3 1; from_1_to_4 1; from_2_to_2 0; from_3_to_3 0; from_4_to_4 0"),
        preset("Hadamard", "feedback diffuse", "from_1_to_1 0.5; from_1_to_2 0.5; from_1_to_3 0.5; from_1_to_4 0.5; from_2_to_1 0.5; from_2_to_2 -0.5; from_2_to_3 0.5; from_2_to_4 -0.5; from_3_to_1 0.5; from_3_to_2 0.5; from_3_to_3 -0.5; from_3_to_4 -0.5; from_4_to_1 0.5; from_4_to_2 -0.5; from_4_to_3 -0.5; from_4_to_4 0.5"),
        preset("Round", "rotate", "from_1_to_1 0; from_1_to_2 1; from_2_to_2 0; from_2_to_3 1; from_3_to_3 0; from_3_to_4 1; from_4_to_4 0; from_4_to_1 1"),
    ])
    .outputs(&[
        audio("out_1", "Output 1: the sum of what its four knobs send"),
        audio("out_2", "Output 2: the sum of what its four knobs send"),
        audio("out_3", "Output 3: the sum of what its four knobs send"),
        audio("out_4", "Output 4: the sum of what its four knobs send"),
    ])
    .bundles();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    frame_map::<Matrix, SIZE, KNOBS, SIZE>(context)
}

struct Matrix;

impl FrameMap<SIZE, KNOBS, SIZE> for Matrix {
    #[inline(always)]
    fn map<S: Simd>(_simd: S, frame: &Frame<S, SIZE, KNOBS>) -> [f32x8<S>; SIZE] {
        let mut out = frame.inputs;
        for to in 0..SIZE {
            out[to] = frame.inputs[0] * frame.knobs[to];
            for from in 1..SIZE {
                out[to] = frame.inputs[from].mul_add(frame.knobs[from * SIZE + to], out[to]);
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::value;

    #[test]
    fn every_knob_is_one_way() {
        let inputs = [("in_1", 1.0), ("in_2", 0.5), ("in_3", 0.25), ("in_4", 0.125)];
        let at = |params: &[(&'static str, f32)]| [0, 1, 2, 3].map(|output| value(&SPEC, build, params, &inputs, output));
        assert_eq!(at(&[]), [1.0, 0.5, 0.25, 0.125]);
        assert_eq!(at(&[("from_1_to_2", 0.5), ("from_4_to_1", -2.0), ("from_3_to_3", 0.0)]), [0.75, 1.0, 0.0, 0.125]);
    }
}
