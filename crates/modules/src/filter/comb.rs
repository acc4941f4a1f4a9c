//! Comb filter: a short delay fed back, tuned to a note.
//!
//! y(n) = x(n) ± g·LP(y(n − D)): peaks at every multiple of the frequency, or with minus halfway between. The damping's own delay at that
//! frequency is taken off D, so that the comb is in tune (J. Smith, *Physical Audio Signal Processing*).
//!
//! Face: `[0]` frequency in Hz, as modulated.

use crate::dsp::{Approach, DelayLine, Memo};
use patchlight_core::{C4_HZ, Face, ModuleSpec, audio, bipolar, hz, module, percent, pitch, preset};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

const FREQUENCY: usize = 0;
const FEEDBACK: usize = 1;
const DAMPING: usize = 2;
const MIX: usize = 3;
const TRACKING: usize = 4;

pub const SPEC: ModuleSpec = module("filter.comb", "Comb")
    .about("Rings at a note and all its harmonics: metallic, hollow, plucked. Noise into it at high feedback is a string.")
    .tags(&["delay", "resonator", "flanger", "karplus", "metallic", "tuned", "hollow", "tube"])
    .inputs(&[audio("in", "Signal to filter"), pitch("pitch", "Moves the frequency with the notes played, as far as tracking says")])
    .params(&[
        hz("frequency_hz", 20.0..=10_000.0, C4_HZ).about("The note it rings at"),
        bipolar("feedback", 0.8).about("How long it rings; below 0 it rings an octave lower, with odd harmonics only"),
        hz("damping_hz", 200.0..=20_000.0, 12_000.0).about("Takes off the highs each time round"),
        percent("mix", 1.0).about("The comb against the dry signal"),
        percent("tracking", 1.0).about("How much the pitch input moves the frequency; 100 % follows the keys").hidden(),
    ])
    .presets(&[
        preset("Metal pipe", "resonator metal", "frequency_hz 220; feedback 95; damping_hz 9000"),
        preset("Hollow tube", "resonator odd", "frequency_hz 130; feedback -92; damping_hz 4000"),
        preset("Karplus string", "string pluck", "frequency_hz C4; feedback 99; damping_hz 5500"),
        preset("Static flange", "colour thin", "frequency_hz 700; feedback 50; mix 50"),
        preset("Robot", "effect voice", "frequency_hz 90; feedback 85; mix 70; tracking 0"),
    ])
    .outputs(&[audio("out", "Filtered signal")])
    .face(Face::Wave);

const LOWEST_HZ: f32 = 16.0;
/// Frames by which the delay may change in a frame.
const MOST_DRIFT: f64 = 0.4;
/// The loop never gains.
const MOST_FEEDBACK: f32 = 0.9995;

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |lane| Comb {
        line: DelayLine::new((lane.sample_rate_hz / LOWEST_HZ) as usize + 4),
        low: 0.0,
        tuned: Memo::new(),
        delay: Approach::default(),
        hz: C4_HZ,
    })
}

struct Comb {
    line: DelayLine,
    low: f32,
    /// From frequency and damping: the delay in frames, and the pole of the damping.
    tuned: Memo<(f32, f32), (f64, f32)>,
    /// The delay in frames on its way: what is read bends by a fourth at most.
    delay: Approach,
    hz: f32,
}

/// What of a one-pole's delay is felt at a frequency, in frames.
fn phase_delay(pole: f64, omega: f64) -> f64 {
    (pole * omega.sin()).atan2(1.0 - pole * omega.cos()) / omega
}

impl RowKernel for Comb {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (input, pitch, rate_hz) = (io.input(0), io.input(1), io.sample_rate_hz());
        let [frequency, feedback, damping, mix, tracking] = [FREQUENCY, FEEDBACK, DAMPING, MIX, TRACKING].map(|index| io.param(index));
        let tune = |(hz, damping_hz): (f32, f32)| {
            let pole = f64::from(-std::f32::consts::TAU * damping_hz / rate_hz).exp();
            let omega = std::f64::consts::TAU * f64::from(hz) / f64::from(rate_hz);
            ((f64::from(rate_hz / hz) - phase_delay(pole, omega)).max(2.0), pole as f32)
        };
        let out = io.output(0);
        for n in 0..out.len() {
            let octaves = pitch[n] * tracking.at(n);
            self.hz = if octaves == 0.0 { frequency.at(n) } else { frequency.at(n) * octaves.exp2() };
            self.hz = self.hz.clamp(LOWEST_HZ, 0.25 * rate_hz);
            let (delay, pole) = self.tuned.get((self.hz, damping.at(n)), tune);
            let delayed = self.line.cubic(self.delay.next_at_most(delay, 1.0, MOST_DRIFT));
            self.low = delayed + (self.low - delayed) * pole;
            self.low = (self.low + 1e-18) - 1e-18;
            let feedback = feedback.at(n) * MOST_FEEDBACK;
            let wet = input[n] + self.low * feedback;
            self.line.push(wet);
            let mix = mix.at(n);
            // As loud as it came in, whatever it rings.
            out[n] = input[n] * (1.0 - mix) + wet * mix * (1.0 - feedback * feedback).max(0.0).sqrt().max(0.05);
        }
    }

    fn reset(&mut self) {
        self.line.reset();
        (self.low, self.delay) = (0.0, Approach::default());
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[0] = self.hz;
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::driven;
    use patchlight_testkit::{cents_between, frequency_hz, magnitude_response_db};

    fn rung(params: &[(&'static str, f32)]) -> Vec<f32> {
        let mut impulse = vec![0.0; 65_536];
        impulse[0] = 1.0;
        driven(&SPEC, build, params, &[("in", impulse)], 65_536).mono(0).to_vec()
    }

    #[test]
    fn it_rings_in_tune_however_damped() {
        for hz in [110.0, 440.0, 1_500.0] {
            for damping_hz in [3_000.0, 12_000.0] {
                let samples = rung(&[("frequency_hz", hz), ("feedback", 0.995), ("damping_hz", damping_hz)]);
                let cents = cents_between(f64::from(hz), frequency_hz(&samples[2_000..34_768], 48_000.0, f64::from(hz)));
                assert!(cents.abs() < 5.0, "{hz} Hz damped at {damping_hz}: {cents} cents");
            }
        }
    }

    #[test]
    fn plus_and_minus_peak_where_they_should() {
        let at = |feedback: f32, hz: f64| {
            magnitude_response_db(&rung(&[("frequency_hz", 480.0), ("feedback", feedback), ("damping_hz", 20_000.0)]), 48_000.0, hz)
        };
        assert!(at(0.8, 480.0) - at(0.8, 720.0) > 15.0 && at(0.8, 960.0) - at(0.8, 720.0) > 15.0);
        assert!(at(-0.8, 720.0) - at(-0.8, 480.0) > 15.0);
    }
}
