//! Exciter: new highs, made of what is there.
//!
//! The highs are split off, pushed into a tanh that leans to one side, what that adds is high-passed again and mixed to the sound, which itself stays
//! as it is.

use crate::dsp::oversample::{OVERSAMPLING as RATES, Oversampler};
use crate::dsp::{Memo, Svf};
use crate::glide::gain_from_db;
use patchlight_core::{Face, ModuleSpec, audio, choice, db, hz, module, percent, preset};
use patchlight_engine::{BuildContext, RowIo, RowKernel, Unit, rows};

const FREQUENCY: usize = 0;
const DRIVE: usize = 1;
const COLOR: usize = 2;
const AMOUNT: usize = 3;
const OVERSAMPLING: usize = 4;

pub const SPEC: ModuleSpec = module("shape.exciter", "Exciter")
    .about("Adds sparkle that an equalizer cannot: new harmonics above what is there. A little on voices, guitars and whole mixes.")
    .tags(&["aural exciter", "enhancer", "presence", "air", "sparkle", "bright", "harmonics", "treble"])
    .inputs(&[audio("in", "Sound to brighten")])
    .params(&[
        hz("frequency_hz", 500.0..=12_000.0, 3_000.0).about("Highs above this make the new ones"),
        db("drive_db", 0.0..=36.0, 12.0).about("How many harmonics are made"),
        percent("color", 0.5).about("From odd harmonics (hard) to even ones (silky)"),
        percent("amount", 0.25).about("How much of the new highs is added"),
        choice("oversampling", RATES, 2).about("More is cleaner and costs more").structural().hidden(),
    ])
    .presets(&[
        preset("Air", "voice bright", "frequency_hz 7000; drive_db 9; amount 20"),
        preset("Presence", "voice clear", "frequency_hz 3000; amount 25"),
        preset("Crisp drums", "drum bright", "frequency_hz 4500; drive_db 18; color 70; amount 35"),
        preset("Dull tape", "restore", "frequency_hz 2000; drive_db 14; amount 45"),
        preset("Sizzle", "effect", "frequency_hz 9000; drive_db 30; color 100; amount 60"),
    ])
    .outputs(&[audio("out", "Brightened sound")])
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    let stages = context.params.get(OVERSAMPLING).map_or(2, |stages| *stages as usize);
    rows(context, |_| Exciter { oversampler: Oversampler::new(stages), filters: [Svf::default(); 2], corner: Memo::new() })
}

struct Exciter {
    oversampler: Oversampler,
    filters: [Svf; 2],
    corner: Memo<f32, f32>,
}

impl RowKernel for Exciter {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (input, rate_hz) = (io.input(0), io.sample_rate_hz());
        let [frequency, drive, color, amount] = [FREQUENCY, DRIVE, COLOR, AMOUNT].map(|index| io.param(index));
        let [before, behind] = &mut self.filters;
        let out = io.output(0);
        for n in 0..out.len() {
            let corner = self.corner.get(frequency.at(n), |hz| Svf::corner(hz, rate_hz));
            let highs = before.next(input[n], corner, std::f32::consts::SQRT_2).high;
            let (push, lean) = (gain_from_db(drive.at(n)), 0.8 * color.at(n));
            let rest = lean.tanh();
            // What the curve adds to a straight line of its own slope.
            let slope = 1.0 - rest * rest;
            let made = self.oversampler.run(highs, &mut |x| ((x * push + lean).tanh() - rest) / slope - x * push);
            out[n] = input[n] + behind.next(made, corner, std::f32::consts::SQRT_2).high * amount.at(n);
        }
    }

    fn reset(&mut self) {
        self.oversampler.reset();
        self.filters = [Svf::default(); 2];
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, sine};
    use patchlight_testkit::{Spectrum, db};

    #[test]
    fn it_adds_harmonics_and_leaves_the_rest() {
        let hz = 48_000.0 / 65_536.0 * 5_461.0;
        let level = |color: f32, input_hz: f64, at_hz: f64| {
            let params = [("color", color), ("amount", 1.0)];
            let rendered = driven(&SPEC, build, &params, &[("in", sine(input_hz, 0.2, 75_136))], 75_136);
            db(Spectrum::new(&rendered.mono(0)[9_600..], 48_000.0).at(at_hz))
        };
        assert!(level(1.0, hz, 2.0 * hz) > -40.0 && level(0.0, hz, 2.0 * hz) < -80.0 && level(0.0, hz, 3.0 * hz) > -50.0);
        let low = 48_000.0 / 65_536.0 * 200.0;
        assert!((level(0.5, low, low) - db(0.2)).abs() < 0.1 && level(0.5, low, 2.0 * low) < -90.0);
    }
}
