//! Rectify: turns the lower half of a wave up, or takes it away.

use crate::dsp::oversample::{DcBlock, OVERSAMPLING as RATES, Oversampler};
use crate::glide::{Glide, switch_step};
use patchlight_core::{Face, ModuleSpec, audio, bipolar, choice, module, percent, preset, toggle};
use patchlight_engine::{BuildContext, RowIo, RowKernel, Unit, rows};

const AMOUNT: usize = 0;
const BIAS: usize = 1;
const DC: usize = 2;
const MIX: usize = 3;
const OVERSAMPLING: usize = 4;

pub const SPEC: ModuleSpec = module("shape.rectify", "Rectify")
    .about("Turns the lower half of a wave up: an octave higher and hollow. Half way it takes it away.")
    .tags(&["rectifier", "octave up", "octavia", "half wave", "full wave", "fuzz", "absolute"])
    .inputs(&[audio("in", "Sound to rectify")])
    .params(&[
        percent("amount", 1.0).about("0 leaves it as it is, 50 % takes the lower half away, 100 % turns it up"),
        bipolar("bias", 0.0).about("Where the lower half begins").hidden(),
        toggle("dc_block", true).about("Keeps the result around zero").hidden(),
        percent("mix", 1.0).about("Rectified against clean"),
        choice("oversampling", RATES, 3).about("More is cleaner and costs more").structural().hidden(),
    ])
    .presets(&[
        preset("Octave up", "octave fuzz", "amount 100"),
        preset("Half wave", "even harmonics", "amount 50"),
        preset("Biased", "texture", "amount 80; bias 30"),
        preset("Envelope", "utility", "amount 100; dc_block off"),
        preset("Shimmer", "parallel", "amount 100; mix 35"),
    ])
    .outputs(&[audio("out", "Rectified sound")])
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    let stages = context.params.get(OVERSAMPLING).map_or(3, |stages| *stages as usize);
    rows(context, |lane| Rectify {
        oversampler: Oversampler::new(stages),
        dc: DcBlock::default(),
        blocked: Glide::off(),
        step: switch_step(lane.sample_rate_hz),
    })
}

struct Rectify {
    oversampler: Oversampler,
    dc: DcBlock,
    blocked: Glide,
    step: f32,
}

impl RowKernel for Rectify {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let input = io.input(0);
        let [amount, bias, dc, mix] = [AMOUNT, BIAS, DC, MIX].map(|index| io.param(index));
        let pole = DcBlock::pole(io.sample_rate_hz());
        let out = io.output(0);
        for n in 0..out.len() {
            let (lower, bias, mix) = (1.0 - 2.0 * amount.at(n), bias.at(n), mix.at(n));
            let mut curve = |x: f32| {
                let moved = x - bias;
                x + ((if moved < 0.0 { moved * lower } else { moved }) + bias - x) * mix
            };
            // Where silence comes to lie is taken off, so that silence stays silence.
            let rest = curve(0.0);
            let y = self.oversampler.run(input[n], &mut curve) - rest;
            let blocked = self.dc.next(y, pole);
            out[n] = y + (blocked - y) * self.blocked.next(dc.at(n), self.step);
        }
    }

    fn reset(&mut self) {
        self.oversampler.reset();
        (self.dc, self.blocked) = (DcBlock::default(), Glide::off());
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, sine};
    use patchlight_testkit::{Spectrum, alias_db, db};

    fn spectrum(amount: f32) -> (Spectrum, Vec<f32>) {
        let hz = 48_000.0 / 65_536.0 * 1_365.0;
        let rendered = driven(&SPEC, build, &[("amount", amount)], &[("in", sine(hz, 1.0, 75_136))], 75_136);
        let samples = rendered.mono(0)[9_600..].to_vec();
        (Spectrum::new(&samples, 48_000.0), samples)
    }

    #[test]
    fn a_full_wave_is_an_octave_up_and_a_half_wave_has_both() {
        let hz = 48_000.0 / 65_536.0 * 1_365.0;
        let (full, samples) = spectrum(1.0);
        // |sin| is 2/π − 4/π·Σ cos(2kωt)/(4k² − 1).
        assert!(db(full.at(hz)) < -60.0 && (full.at(2.0 * hz) - 4.0 / (3.0 * std::f64::consts::PI)).abs() < 0.005);
        assert!(alias_db(&samples, 48_000.0, 2.0 * hz) < -70.0);
        let (half, _) = spectrum(0.5);
        assert!((half.at(hz) - 0.5).abs() < 0.005);
    }
}
