//! Saturation of three kinds, oversampled.
//!
//! * tape: `tanh(x)`, symmetric, odd harmonics only.
//! * tube: `tanh` of a shifted signal, less what the shift alone gives: one side gives in before the other, even harmonics.
//! * transistor: `x/(1 + x⁴)^¼`, straight for long and then flat: hard, bright.
//!
//! The curve runs at 1, 2, 4 or 8 times the rate between pairs of half-band filters (Kaiser-windowed sinc, designed here: 95 dB), and so
//! does the mix with the dry signal: both pass the same filters, so they never comb.

use crate::dsp::Memo;
use crate::glide::{gain_from_db, switch_step};
use patchlight_core::{Face, ModuleSpec, audio, bipolar, choice, db, hz, module, percent};
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
        choice("oversampling", &["off", "2x", "4x", "8x"], 2).about("More is cleaner and costs more").structural().hidden(),
    ])
    .outputs(&[audio("out", "Saturated signal")])
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    let stages = context.params.get(OVERSAMPLING).map_or(2, |stages| *stages as usize).min(MAX_STAGES);
    rows(context, |_| Saturate::new(stages))
}

const MAX_STAGES: usize = 3;
/// Taps on one side of the centre that are not zero, for the stage next to the base rate and those above: the higher the rate, the
/// wider the gap between what is kept and what must go.
const SIDE_TAPS: [usize; MAX_STAGES] = [20, 7, 5];

/// A half-band low-pass, for doubling and halving a rate.
struct HalfBand {
    /// The taps at odd distances from the centre, nearest first.
    side: Vec<f32>,
    /// A ring of the newest samples, twice in a row.
    up: Vec<f32>,
    down: [Vec<f32>; 2],
    up_at: usize,
    down_at: usize,
}

impl HalfBand {
    fn new(side_taps: usize) -> Self {
        let half = (2 * side_taps) as f64;
        let mut side: Vec<f64> = (0..side_taps)
            .map(|k| {
                let t = (2 * k + 1) as f64;
                let sinc = (std::f64::consts::FRAC_PI_2 * t).sin() / (std::f64::consts::PI * t);
                sinc * bessel_i0(9.0 * (1.0 - (t / half).powi(2)).sqrt()) / bessel_i0(9.0)
            })
            .collect();
        let sum: f64 = side.iter().sum();
        side.iter_mut().for_each(|tap| *tap *= 0.25 / sum);
        let ring = || vec![0.0; 4 * side_taps];
        Self { side: side.into_iter().map(|tap| tap as f32).collect(), up: ring(), down: [ring(), ring()], up_at: 0, down_at: 0 }
    }

    fn reset(&mut self) {
        self.up.fill(0.0);
        self.down.iter_mut().for_each(|ring| ring.fill(0.0));
        (self.up_at, self.down_at) = (0, 0);
    }

    /// One sample in, two out at twice the rate.
    fn double(&mut self, x: f32) -> [f32; 2] {
        let newest = push(&mut self.up, &mut self.up_at, x);
        let centre = self.side.len();
        // The taps of one phase are the odd ones, of the other the centre alone. Gain 2 makes up for the zeros between.
        let between = self.side.iter().enumerate().map(|(k, tap)| tap * (newest[centre - 1 - k] + newest[centre + k])).sum::<f32>();
        [2.0 * between, newest[centre]]
    }

    /// Two samples in, one out at half the rate.
    fn halve(&mut self, pair: [f32; 2]) -> f32 {
        let mut at = self.down_at;
        let first = push(&mut self.down[0], &mut at, pair[0]);
        let centre = self.side.len();
        let sides = self.side.iter().enumerate().map(|(k, tap)| tap * (first[centre - 1 - k] + first[centre + k])).sum::<f32>();
        let second = push(&mut self.down[1], &mut self.down_at, pair[1]);
        sides + 0.5 * second[centre - 1]
    }
}

/// Puts a sample into a doubled ring; gives all of the ring, oldest first.
fn push<'a>(ring: &'a mut [f32], at: &mut usize, x: f32) -> &'a [f32] {
    let len = ring.len() / 2;
    ring[*at] = x;
    ring[*at + len] = x;
    *at = (*at + 1) % len;
    &ring[*at..*at + len]
}

fn bessel_i0(x: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..40 {
        term *= (x / (2.0 * f64::from(k))).powi(2);
        sum += term;
    }
    sum
}

struct Saturate {
    stages: Vec<HalfBand>,
    /// Shares of the three curves; they glide.
    kinds: Option<[f32; 3]>,
    /// DC block: the newest in and out.
    dc: [f32; 2],
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
        Self {
            stages: SIDE_TAPS[..stages].iter().map(|taps| HalfBand::new(*taps)).collect(),
            kinds: None,
            dc: [0.0; 2],
            tone: 0.0,
            tone_pole: Memo::new(),
        }
    }

    /// The curve at as many times the rate as there are stages left.
    fn oversampled(stages: &mut [HalfBand], curve: &Curve, x: f32) -> f32 {
        let Some((stage, rest)) = stages.split_first_mut() else { return curve.shape(x) };
        let pair = stage.double(x).map(|x| Self::oversampled(rest, curve, x));
        stage.halve(pair)
    }
}

impl RowKernel for Saturate {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (input, rate) = (io.input(0), io.sample_rate_hz());
        let params: [_; 6] = std::array::from_fn(|index| io.param(index));
        let goal: [f32; 3] = std::array::from_fn(|kind| if params[KIND].at(0).round() as usize == kind { 1.0 } else { 0.0 });
        let step = switch_step(rate);
        let dc_pole = 1.0 - std::f32::consts::TAU * 8.0 / rate;
        let pole = |hz: f32| if hz >= 19_900.0 { 0.0 } else { (-std::f32::consts::TAU * hz / rate).exp() };
        let out = io.output(0);
        for (n, x) in input.iter().enumerate() {
            let mut kinds = self.kinds.unwrap_or(goal);
            kinds.iter_mut().zip(goal).for_each(|(kind, goal)| *kind += (goal - *kind).clamp(-step, step));
            self.kinds = Some(kinds);
            let curve = Curve { drive: gain_from_db(params[DRIVE].at(n)), bias: params[BIAS].at(n), mix: params[MIX].at(n), kinds };
            let y = Self::oversampled(&mut self.stages, &curve, *x);
            self.dc = [y, y - self.dc[0] + dc_pole * self.dc[1]];
            let tone_pole = self.tone_pole.get(params[TONE].at(n), pole);
            self.tone = self.dc[1] + (self.tone - self.dc[1]) * tone_pole;
            out[n] = self.tone * gain_from_db(params[OUTPUT].at(n));
        }
    }

    fn reset(&mut self) {
        self.stages.iter_mut().for_each(HalfBand::reset);
        (self.kinds, self.dc, self.tone) = (None, [0.0; 2], 0.0);
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
