//! Saturation of three kinds, oversampled.
//!
//! * tape: `tanh(x)`, symmetric, odd harmonics only.
//! * tube: `tanh` of a shifted signal, less what the shift alone gives: one side gives in before the other, even harmonics.
//! * transistor: `x/(1 + x⁴)^¼`, straight for long and then flat: hard, bright.
//!
//! The curve runs at 1, 2, 4 or 8 times the rate ([`crate::dsp::oversample`]), and so does the mix with the dry signal: both pass the same
//! filters, so they never comb.

use crate::dsp::Memo;
use crate::dsp::oversample::{DcBlock, OVERSAMPLING as RATES, Oversampler};
use crate::glide::{gain_from_db, switch_step};
use patchlight_core::{Face, ModuleSpec, audio, bipolar, choice, db, hz, module, percent, preset};
use patchlight_engine::{BuildContext, RowIo, RowKernel, Unit, rows};

const DRIVE: usize = 0;
const KIND: usize = 1;
const BIAS: usize = 2;
const TONE: usize = 3;
const MIX: usize = 4;
const OUTPUT: usize = 5;
const OVERSAMPLING: usize = 6;

pub const SPEC: ModuleSpec = module("shape.saturate", "Saturate")
    .about("Warmth to grit: tape, tube or transistor. A little on a bass makes it heard on small speakers.")
    .tags(&["distortion", "drive", "overdrive", "warm", "dirt", "grit", "fuzz", "harmonics"])
    .inputs(&[audio("in", "Signal to saturate")])
    .params(&[
        db("drive_db", 0.0..=48.0, 12.0).about("How hard it is pushed"),
        choice("kind", &["tape", "tube", "transistor"], 0).about("Tape is round, tube leans to one side, transistor is hard"),
        bipolar("bias", 0.0).about("Shifts the signal on the curve: even harmonics"),
        hz("tone_hz", 500.0..=20_000.0, 20_000.0).about("Low-pass behind the curve"),
        percent("mix", 1.0).about("Saturated against clean"),
        db("output_db", -36.0..=12.0, -6.0).about("Level behind it all").hidden(),
        choice("oversampling", RATES, 2).about("More is cleaner and costs more").structural().hidden(),
    ])
    .presets(&[
        preset("Tape glue", "tape warm", "kind tape; drive_db 9; tone_hz 12000; output_db -5"),
        preset("Tube warmth", "tube even", "kind tube; drive_db 12; bias 30"),
        preset("Transistor fuzz", "fuzz hard", "kind transistor; drive_db 36; tone_hz 4500; output_db -14"),
        preset("Bass growl", "bass parallel", "kind tube; drive_db 24; tone_hz 3000; mix 55; output_db -8"),
        preset("Just a hair", "subtle mix", "kind tape; drive_db 4; output_db -2"),
    ])
    .outputs(&[audio("out", "Saturated signal")])
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    let stages = context.params.get(OVERSAMPLING).map_or(2, |stages| *stages as usize);
    rows(context, |_| Saturate::new(stages))
}

struct Saturate {
    oversampler: Oversampler,
    /// Shares of the three curves; they glide.
    kinds: Option<[f32; 3]>,
    dc: DcBlock,
    tone: f32,
    tone_pole: Memo<f32, f32>,
}

/// What the curve is given besides the sample.
struct Curve {
    drive: f32,
    bias: f32,
    mix: f32,
    kinds: [f32; 3],
}

impl Curve {
    fn shape(&self, x: f32) -> f32 {
        let driven = x * self.drive + self.bias;
        let mut y = 0.0;
        if self.kinds[0] > 0.0 {
            y += self.kinds[0] * driven.tanh();
        }
        if self.kinds[1] > 0.0 {
            y += self.kinds[1] * ((driven + 0.5).tanh() - 0.462_117_16) / 0.786_447_7;
        }
        if self.kinds[2] > 0.0 {
            y += self.kinds[2] * driven / (1.0 + driven.powi(4)).sqrt().sqrt();
        }
        x + (y - x) * self.mix
    }
}

impl Saturate {
    fn new(stages: usize) -> Self {
        Self { oversampler: Oversampler::new(stages), kinds: None, dc: DcBlock::default(), tone: 0.0, tone_pole: Memo::new() }
    }
}

impl RowKernel for Saturate {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (input, rate) = (io.input(0), io.sample_rate_hz());
        let params: [_; 6] = std::array::from_fn(|index| io.param(index));
        let goal: [f32; 3] = std::array::from_fn(|kind| if params[KIND].at(0).round() as usize == kind { 1.0 } else { 0.0 });
        let step = switch_step(rate);
        let dc_pole = DcBlock::pole(rate);
        let pole = |hz: f32| if hz >= 19_900.0 { 0.0 } else { (-std::f32::consts::TAU * hz / rate).exp() };
        let out = io.output(0);
        for (n, x) in input.iter().enumerate() {
            let mut kinds = self.kinds.unwrap_or(goal);
            kinds.iter_mut().zip(goal).for_each(|(kind, goal)| *kind += (goal - *kind).clamp(-step, step));
            self.kinds = Some(kinds);
            let curve = Curve { drive: gain_from_db(params[DRIVE].at(n)), bias: params[BIAS].at(n), mix: params[MIX].at(n), kinds };
            let y = self.oversampler.run(*x, &mut |x| curve.shape(x));
            let y = self.dc.next(y, dc_pole);
            let tone_pole = self.tone_pole.get(params[TONE].at(n), pole);
            self.tone = y + (self.tone - y) * tone_pole;
            out[n] = self.tone * gain_from_db(params[OUTPUT].at(n));
        }
    }

    fn reset(&mut self) {
        self.oversampler.reset();
        (self.kinds, self.dc, self.tone) = (None, DcBlock::default(), 0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};
    use patchlight_testkit::{Spectrum, alias_db, db};

    const LEN: usize = 65_536;

    fn through(params: &[(&'static str, f32)], hz: f64, level: f32) -> Vec<f32> {
        let mut params = params.to_vec();
        params.push(("output_db", 0.0));
        let mut solo = Solo::new(&SPEC, build, &SoloConfig { params, ..SoloConfig::default() }, &["in"]);
        let sine = |n: usize| level * (std::f64::consts::TAU * hz * n as f64 / 48_000.0).sin() as f32;
        solo.drive("in", vec![(0..LEN + 9600).map(sine).collect()]);
        solo.run(LEN + 9600, 64).mono(0)[9600..].to_vec()
    }

    #[test]
    fn aliases_lie_seventy_decibels_down_at_four_times_the_rate() {
        // 1 kHz, moved to a bin.
        let hz = 48_000.0 / LEN as f64 * 1365.0;
        for kind in 0..3 {
            let found = alias_db(&through(&[("kind", kind as f32), ("drive_db", 12.0)], hz, 1.0), 48_000.0, hz);
            assert!(found < -70.0, "kind {kind}: {found} dB");
        }
    }

    #[test]
    fn tape_makes_odd_harmonics_and_tube_even_ones() {
        let hz = 48_000.0 / LEN as f64 * 1365.0;
        let second = |kind: f32| {
            let spectrum = Spectrum::new(&through(&[("kind", kind), ("drive_db", 6.0)], hz, 0.7), 48_000.0);
            db(spectrum.at(2.0 * hz) / spectrum.at(hz))
        };
        assert!(second(0.0) < -80.0, "{}", second(0.0));
        assert!(second(1.0) > -40.0, "{}", second(1.0));
    }

    #[test]
    fn dry_passes_the_filters_flat() {
        // Bins of the spectrum near 100 Hz, 1, 10 and 18 kHz.
        for hz in [137.0, 1365.0, 13_653.0, 24_576.0].map(|bin| 48_000.0 / LEN as f64 * bin) {
            let out = through(&[("mix", 0.0)], hz, 0.5);
            let found = db(Spectrum::new(&out, 48_000.0).at(hz) / 0.5);
            assert!(found.abs() < 0.3, "{hz} Hz: {found} dB");
        }
    }
}
