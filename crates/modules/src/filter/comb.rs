//! Comb filter: a short delay fed back, tuned to a note.
//!
//! y(n) = x(n) ± g·LP(y(n − D)): peaks at every multiple of the frequency, or with minus halfway between. The damping's own delay at that
//! frequency is taken off D, so that the comb is in tune (J. Smith, *Physical Audio Signal Processing*).
//!
//! Face: `[0]` frequency in Hz, as modulated.

use crate::dsp::{Approach, DelayLine, Memo};
use patchlight_core::{C4_HZ, Face, ModuleSpec, audio, bipolar, hz, module, percent, pitch, preset};
use patchlight_engine::simd::{Simd, SimdBase, SimdJob, atan, f32x8, load, sin_cos_pi, splat, store, vectorize};
use patchlight_engine::{BLOCK, BuildContext, FACE, GROUP, RowIo, RowKernel, Unit, rows};

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
        pole: Memo::new(),
        tuned: Memo::new(),
        delay: Approach::default(),
        hz: C4_HZ,
    })
}

struct Comb {
    line: DelayLine,
    low: f32,
    /// From the damping: its pole.
    pole: Memo<f32, f32>,
    /// From frequency and pole: the delay in frames.
    tuned: Memo<(f32, f32), f32>,
    /// The delay in frames on its way: what is read bends by a fourth at most.
    delay: Approach,
    hz: f32,
}

/// What of a one-pole's delay is felt at a frequency up to a quarter of the rate, in frames; `turns` is the frequency as a share of the rate.
#[inline(always)]
fn phase_delay<S: Simd>(simd: S, pole: f32x8<S>, turns: f32x8<S>) -> f32x8<S> {
    let (sine, cosine) = sin_cos_pi(simd, turns + turns);
    let slope = pole * sine / (splat(simd, 1.0) - pole * cosine);
    atan(simd, slope) / (splat(simd, std::f32::consts::TAU) * turns)
}

/// Delays in frames that the line has to make, of frames side by side.
struct Tuning<'a> {
    hz: &'a [f32; BLOCK],
    poles: &'a [f32; BLOCK],
    rate_hz: f32,
    delays: &'a mut [f32; BLOCK],
}

impl SimdJob for Tuning<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let rate = splat(simd, self.rate_hz);
        let (all_hz, _) = self.hz.as_chunks::<GROUP>();
        let (poles, _) = self.poles.as_chunks::<GROUP>();
        let (delays, _) = self.delays.as_chunks_mut::<GROUP>();
        for index in 0..BLOCK / GROUP {
            let hz = load(simd, &all_hz[index]);
            let delay = rate / hz - phase_delay(simd, load(simd, &poles[index]), hz / rate);
            store(delay.max(splat(simd, 2.0)), &mut delays[index]);
        }
    }
}

impl RowKernel for Comb {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (input, pitch, rate_hz) = (io.input(0), io.input(1), io.sample_rate_hz());
        let [frequency, feedback, damping, mix, tracking] = [FREQUENCY, FEEDBACK, DAMPING, MIX, TRACKING].map(|index| io.param(index));
        let out = io.output(0);
        let (mut hz, mut poles, mut delays) = ([C4_HZ; BLOCK], [0.0; BLOCK], [0.0; BLOCK]);
        for n in 0..out.len() {
            let octaves = pitch[n] * tracking.at(n);
            let here = if octaves == 0.0 { frequency.at(n) } else { frequency.at(n) * octaves.exp2() };
            hz[n] = here.clamp(LOWEST_HZ, 0.25 * rate_hz);
            poles[n] = self.pole.get(damping.at(n), |damping_hz| (-std::f32::consts::TAU * damping_hz / rate_hz).exp());
        }
        self.hz = hz[out.len() - 1];
        let is_still = (1..out.len()).all(|n| hz[n] == hz[0] && poles[n] == poles[0]);
        if is_still {
            let delay = self.tuned.get((hz[0], poles[0]), |(hz, pole)| {
                vectorize(Tuning { hz: &[hz; BLOCK], poles: &[pole; BLOCK], rate_hz, delays: &mut delays });
                delays[0]
            });
            delays[..out.len()].fill(delay);
        } else {
            vectorize(Tuning { hz: &hz, poles: &poles, rate_hz, delays: &mut delays });
        }
        for n in 0..out.len() {
            let (delay, pole) = (f64::from(delays[n]), poles[n]);
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
