//! Balance: the left and the right of a stereo sound against each other.
//!
//! Constant power scaled to unity in the middle, as the mixer pans; or linear, where one side stays as it is and the other goes down.

use crate::glide::{Glide, pan_law, switch_step};
use crate::stereo::{StereoIo, StereoKernel, stereo};
use patchlight_core::{ModuleSpec, audio, bipolar, choice, module};
use patchlight_engine::{BLOCK, BuildContext, Unit};

pub const SPEC: ModuleSpec = module("amp.balance", "Balance")
    .about("Turns one side of a stereo sound down. For a mono sound in the room take a pan.")
    .tags(&["left", "right", "stereo", "pan", "side", "trim"])
    .inputs(&[audio("in", "A stereo sound").stereo()])
    .params(&[
        bipolar("position", 0.0).about("−100 % is left alone, 100 % right alone"),
        choice("law", &["linear", "constant power"], 0)
            .about("Linear leaves the louder side as it is; constant power lifts it by up to 3 dB"),
    ])
    .outputs(&[audio("out", "The balanced sound").stereo()]);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    let step = switch_step(context.sample_rate_hz);
    stereo(context, || Balance { law: Glide::off(), step })
}

struct Balance {
    law: Glide,
    step: f32,
}

impl StereoKernel for Balance {
    fn run(&mut self, io: &mut StereoIo<'_, '_>) {
        let ([left, right], position, law) = (io.input(0), io.param(0), io.param(1));
        let mut made = [[0.0; 2]; BLOCK];
        for n in 0..io.frames() {
            let x = position.at(n);
            let (linear, power) = ([(1.0 - x).min(1.0), (1.0 + x).min(1.0)], pan_law(x));
            let law = self.law.next(law.at(n), self.step);
            let gain = |side: usize| linear[side] + (power[side] - linear[side]) * law;
            made[n] = [left[n] * gain(0), right[n] * gain(1)];
        }
        io.put(0, &made);
    }

    fn reset(&mut self) {
        self.law.forget();
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::driven;

    #[test]
    fn one_side_goes_down() {
        let sides = |position: f32, law: f32| {
            let rendered = driven(&SPEC, build, &[("position", position), ("law", law)], &[("in", vec![1.0; 64])], 64);
            [rendered.outputs[0][0][63], rendered.outputs[0][1][63]]
        };
        assert_eq!([sides(0.0, 0.0), sides(0.5, 0.0), sides(-1.0, 0.0)], [[1.0, 1.0], [0.5, 1.0], [1.0, 0.0]]);
        let [left, right] = sides(0.4, 1.0);
        assert!((left * left + right * right - 2.0).abs() < 1e-5);
    }
}
