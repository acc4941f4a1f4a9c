//! Wavefolder: what is too loud is turned back, again and again.
//!
//! Sine: sin(π/2·x). Triangle: the line itself, reflected at ±1. Both of a signal that is pushed and moved first. After D. Buchla's timbre circuit and
//! S. Serge's wave multipliers; see F. Esqueda et al., *Virtual analog Buchla 259 wavefolder* (DAFx 2017).

use crate::dsp::oversample::{DcBlock, OVERSAMPLING as RATES, Oversampler};
use crate::glide::{Glide, switch_step};
use patchlight_core::{Curve, Face, ModuleSpec, audio, bipolar, choice, module, percent, preset, unit};
use patchlight_engine::{BuildContext, RowIo, RowKernel, Unit, rows};

const FOLDS: usize = 0;
const SYMMETRY: usize = 1;
const KIND: usize = 2;
const MIX: usize = 3;
const OVERSAMPLING: usize = 4;

pub const SPEC: ModuleSpec = module("shape.fold", "Wavefolder")
    .about("Turns a simple wave into a rich one that changes with loudness. A sine, this and an envelope are a west-coast voice.")
    .tags(&["wavefolder", "fold", "buchla", "serge", "west coast", "timbre", "harmonics", "fm-like"])
    .inputs(&[audio("in", "A simple wave, best a sine or a triangle")])
    .params(&[
        unit("folds", 0.25..=16.0, 2.0).curve(Curve::Log).about("How often a full-scale wave is turned back; 1 leaves it whole"),
        bipolar("symmetry", 0.0).about("Moves the wave up or down before it is folded: even harmonics"),
        choice("kind", &["sine", "triangle"], 0).about("Round or sharp corners"),
        percent("mix", 1.0).about("Folded against clean"),
        choice("oversampling", RATES, 3).about("More is cleaner and costs more").structural().hidden(),
    ])
    .presets(&[
        preset("Gentle fold", "west coast", "folds 1.5"),
        preset("Buchla", "west coast bright", "folds 4; kind sine"),
        preset("Lopsided", "even harmonics", "folds 3; symmetry 45"),
        preset("Shredder", "harsh", "folds 12; kind triangle"),
        preset("Half and half", "parallel", "folds 5; mix 40"),
    ])
    .outputs(&[audio("out", "Folded sound")])
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    let stages = context.params.get(OVERSAMPLING).map_or(3, |stages| *stages as usize);
    rows(context, |lane| Fold {
        oversampler: Oversampler::new(stages),
        sharp: Glide::off(),
        step: switch_step(lane.sample_rate_hz),
        dc: DcBlock::default(),
    })
}

struct Fold {
    oversampler: Oversampler,
    /// 1 is the triangle.
    sharp: Glide,
    step: f32,
    dc: DcBlock,
}

/// Reflected at ±1 as often as it takes.
fn triangle(x: f32) -> f32 {
    let turns = 0.25 * (x - 1.0);
    1.0 - 4.0 * (turns - turns.round()).abs()
}

fn fold(x: f32, sharp: f32) -> f32 {
    let mut y = 0.0;
    if sharp < 1.0 {
        y += (1.0 - sharp) * (x * std::f32::consts::FRAC_PI_2).sin();
    }
    if sharp > 0.0 {
        y += sharp * triangle(x);
    }
    y
}

impl RowKernel for Fold {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let input = io.input(0);
        let [folds, symmetry, kind, mix] = [FOLDS, SYMMETRY, KIND, MIX].map(|index| io.param(index));
        let pole = DcBlock::pole(io.sample_rate_hz());
        let out = io.output(0);
        for n in 0..out.len() {
            let sharp = self.sharp.next(kind.at(n), self.step);
            let (folds, moved, mix) = (folds.at(n), symmetry.at(n), mix.at(n));
            let rest = fold(moved, sharp);
            let y = self.oversampler.run(input[n], &mut |x| x + (fold(x * folds + moved, sharp) - rest - x) * mix);
            out[n] = self.dc.next(y, pole);
        }
    }

    fn reset(&mut self) {
        self.oversampler.reset();
        (self.sharp, self.dc) = (Glide::off(), DcBlock::default());
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build, triangle};
    use crate::testing::{driven, sine};
    use patchlight_testkit::{Spectrum, alias_db};

    #[test]
    fn a_triangle_turns_back_at_one() {
        let points = [(0.5, 0.5), (1.0, 1.0), (1.5, 0.5), (2.0, 0.0), (3.0, -1.0), (4.5, 0.5), (-1.25, -0.75)];
        assert!(points.iter().all(|(x, y)| (triangle(*x) - y).abs() < 1e-6));
    }

    /// The harmonics of sin(β·sin) are Bessel functions: J₁ and J₃ of β = folds·π/2.
    #[test]
    fn harmonics_are_those_of_the_formula() {
        let hz = 48_000.0 / 65_536.0 * 300.0;
        let rendered = driven(&SPEC, build, &[("folds", 2.0)], &[("in", sine(hz, 1.0, 75_136))], 75_136);
        let spectrum = Spectrum::new(&rendered.mono(0)[9_600..], 48_000.0);
        let bessel = |order: i32, x: f64| {
            let at = |k: i32| (std::f64::consts::PI * f64::from(k) / 400.0, if k == 0 || k == 400 { 0.5 } else { 1.0 });
            (0..=400).map(at).map(|(t, weight)| weight * (f64::from(order) * t - x * t.sin()).cos()).sum::<f64>() / 400.0
        };
        let expected = (bessel(3, std::f64::consts::PI) / bessel(1, std::f64::consts::PI)).abs();
        let found = spectrum.at(3.0 * hz) / spectrum.at(hz);
        assert!((found / expected - 1.0).abs() < 0.01, "{found} for {expected}");
    }

    #[test]
    fn aliases_lie_seventy_decibels_down_at_four_times_the_rate() {
        let hz = 48_000.0 / 65_536.0 * 1_365.0;
        let params = [("folds", 4.0), ("oversampling", 2.0)];
        let rendered = driven(&SPEC, build, &params, &[("in", sine(hz, 1.0, 75_136))], 75_136);
        let found = alias_db(&rendered.mono(0)[9_600..], 48_000.0, hz);
        assert!(found < -70.0, "{found} dB");
    }
}
