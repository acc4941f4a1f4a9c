//! Convert: from one unit to another.

use crate::frame_map::{Frame, FrameMap, frame_map};
use patchlight_core::{C4_HZ, ModuleSpec, choice, control, module};
use patchlight_engine::simd::{Simd, SimdBase, exp2, f32x8, log2, select, splat};
use patchlight_engine::{BuildContext, Unit};

const WAYS: &[&str] = &[
    "pitch to Hz",
    "Hz to pitch",
    "pitch to semitones",
    "semitones to pitch",
    "dB to gain",
    "gain to dB",
    "BPM to Hz",
    "Hz to ms",
    "ms to Hz",
    "unipolar to bipolar",
    "bipolar to unipolar",
];

/// Magnitudes below count as this one where a logarithm or a quotient is taken: −120 dB.
const LEAST: f32 = 1e-6;

pub const SPEC: ModuleSpec = module("math.convert", "Convert")
    .about("Changes the unit of a number: pitch to hertz, decibels to gain, milliseconds to hertz, and back.")
    .tags(&["unit", "hz", "frequency", "decibel", "milliseconds", "bpm", "semitones", "bipolar", "unipolar", "octaves"])
    .inputs(&[control("in", "The number in the first unit; pitch is in octaves from C4")])
    .params(&[choice("way", WAYS, 0).about("From which unit to which")])
    .outputs(&[control("out", "The number in the second unit")])
    .bundles();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    frame_map::<Convert, 1, 1, 1>(context)
}

struct Convert;

impl FrameMap<1, 1, 1> for Convert {
    #[inline(always)]
    fn map<S: Simd>(simd: S, frame: &Frame<S, 1, 1>) -> [f32x8<S>; 1] {
        const DB_PER_OCTAVE: f32 = 20.0 * std::f32::consts::LOG10_2;
        let x = frame.inputs[0];
        let number = |value: f32| splat(simd, value);
        let bound = |low: f32, high: f32| x.max(splat(simd, low)).min(splat(simd, high));
        [match frame.choices[0] as usize {
            // Fourteen octaves either way are from 16 mHz to 4 MHz.
            0 => exp2(simd, bound(-14.0, 14.0)) * number(C4_HZ),
            1 => log2(simd, x.max(number(LEAST)) * number(1.0 / C4_HZ)),
            2 => x * number(12.0),
            3 => x * number(1.0 / 12.0),
            4 => exp2(simd, bound(-120.0, 80.0) * number(1.0 / DB_PER_OCTAVE)),
            5 => log2(simd, x.abs().max(number(LEAST))) * number(DB_PER_OCTAVE),
            6 => x * number(1.0 / 60.0),
            7 | 8 => {
                let size = x.abs().max(number(0.02));
                number(1_000.0) / select(x.simd_lt(number(0.0)), -size, size)
            }
            9 => x * number(2.0) - number(1.0),
            _ => x * number(0.5) + number(0.5),
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::value;

    #[test]
    fn every_way_agrees_with_its_formula() {
        let cases = [
            (0, 0.75, 440.0),
            (1, 440.0, 0.75),
            (2, 0.5, 6.0),
            (3, -12.0, -1.0),
            (4, -6.0, 0.501_187_2),
            (5, 0.1, -20.0),
            (6, 120.0, 2.0),
            (7, 4.0, 250.0),
            (8, 250.0, 4.0),
            (9, 0.75, 0.5),
            (10, -1.0, 0.0),
        ];
        for (way, input, expected) in cases {
            let found = value(&SPEC, build, &[("way", way as f32)], &[("in", input)], 0);
            let error = (found - expected as f32).abs() / (1.0 + (expected as f32).abs());
            assert!(error < 2e-6, "{}: {input} gives {found}", super::WAYS[way]);
        }
    }
}
