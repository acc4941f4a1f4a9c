//! Comb filter: a short delay fed back, tuned to a note.
//!
//! y(n) = x(n) ± g·LP(y(n − D)): peaks at every multiple of the frequency, or with minus halfway between. The damping's own delay at that
//! frequency is taken off D, so that the comb is in tune (J. Smith, *Physical Audio Signal Processing*).
//!
//! Face: `[0]` frequency in Hz, as modulated.

use crate::dsp::{Approach, GuardedLine, Memo, frames_at, put_frames};
use patchlight_core::{C4_HZ, Face, ModuleSpec, audio, bipolar, hz, module, percent, pitch, preset};
use patchlight_engine::simd::{
    Simd, SimdBase, SimdFloat, SimdJob, atan, exp, exp2, f32x8, load, sin_cos_pi, splat, store, u32x8, vectorize,
};
use patchlight_engine::{BuildContext, FACE, GROUP, Oct, RowIo, RowKernel, RowParam, Unit, rows};

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
        line: GuardedLine::new((lane.sample_rate_hz / LOWEST_HZ) as usize + 4),
        low: 0.0,
        pole: Memo::new(),
        tuned: Memo::new(),
        delay: Approach::default(),
        hz: C4_HZ,
    })
}

struct Comb {
    line: GuardedLine,
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

/// Delay in frames that the line has to make.
#[inline(always)]
fn delay_frames<S: Simd>(simd: S, hz: f32x8<S>, pole: f32x8<S>, rate_hz: f32) -> f32x8<S> {
    let rate = splat(simd, rate_hz);
    (rate / hz - phase_delay(simd, pole, hz / rate)).max(splat(simd, 2.0))
}

/// Eight frames of a knob; behind the end nothing.
#[inline(always)]
fn eight<S: Simd>(simd: S, knob: RowParam<'_>, n: usize) -> f32x8<S> {
    match knob {
        RowParam::Constant(value) => splat(simd, value),
        RowParam::Signal(values) => frames_at(simd, values, n),
    }
}

/// Eight frames of what the line is read with.
#[derive(Clone, Copy, Default)]
struct Places {
    poles: Oct,
    /// Delays in whole frames, and the share of the next.
    wholes: [u32; GROUP],
    shares: Oct,
}

/// What a call reads.
struct Call<'a> {
    input: &'a [f32],
    pitch: &'a [f32],
    frequency: RowParam<'a>,
    feedback: RowParam<'a>,
    damping: RowParam<'a>,
    mix: RowParam<'a>,
    tracking: RowParam<'a>,
    rate_hz: f32,
}

impl Comb {
    /// Where the next eight frames read the line, of which `count` are there.
    #[inline(always)]
    fn tune<S: Simd>(&mut self, simd: S, call: &Call<'_>, n: usize, count: usize) -> Places {
        let octaves = frames_at(simd, call.pitch, n) * eight(simd, call.tracking, n);
        let hz = eight(simd, call.frequency, n) * exp2(simd, octaves);
        let hz = hz.max(splat(simd, LOWEST_HZ)).min(splat(simd, 0.25 * call.rate_hz));
        let (per_hz, mut all_hz) = (-std::f32::consts::TAU / call.rate_hz, [0.0; GROUP]);
        store(hz, &mut all_hz);
        self.hz = all_hz[count - 1];
        let mut places = Places::default();
        let pole = match call.damping {
            RowParam::Constant(damping_hz) => splat(simd, self.pole.get(damping_hz, |damping_hz| (damping_hz * per_hz).exp())),
            RowParam::Signal(_) => exp(simd, eight(simd, call.damping, n) * splat(simd, per_hz)),
        };
        store(pole, &mut places.poles);
        let is_still = matches!(call.damping, RowParam::Constant(_)) && all_hz[..count].iter().all(|hz| *hz == all_hz[0]);
        let mut delays = [0.0; GROUP];
        if is_still {
            let known = (all_hz[0], places.poles[0]);
            // The same arithmetic as for frames that differ.
            let delay = match self.tuned.known(known) {
                Some(delay) => delay,
                None => {
                    store(delay_frames(simd, hz, pole, call.rate_hz), &mut delays);
                    self.tuned.get(known, |_| delays[0])
                }
            };
            delays = [delay; GROUP];
        } else {
            store(delay_frames(simd, hz, pole, call.rate_hz), &mut delays);
        }
        for k in 0..count {
            let delay = self.delay.next_at_most(f64::from(delays[k]), 1.0, MOST_DRIFT);
            places.wholes[k] = delay as u32;
            places.shares[k] = (delay - f64::from(places.wholes[k])) as f32;
        }
        places
    }

    /// What the one-pole in the loop makes of a frame.
    #[inline(always)]
    fn damped(&mut self, x: f32, pole: f32) -> f32 {
        self.low = x + (self.low - x) * pole;
        self.low
    }

    /// The next frames through the line, of which `count` are there.
    #[inline(always)]
    fn ring<S: Simd>(&mut self, simd: S, call: &Call<'_>, n: usize, count: usize) -> f32x8<S> {
        let places = self.tune(simd, call, n, count);
        let input = frames_at(simd, call.input, n);
        let feedback = eight(simd, call.feedback, n) * splat(simd, MOST_FEEDBACK);
        // What is read is there already when the delay is longer than eight frames and what interpolation needs.
        let wet = if count == GROUP && places.wholes.iter().all(|whole| *whole > GROUP as u32) {
            let mut lows = [0.0; GROUP];
            store(self.line.cubic(simd, 0, u32x8::from_slice(simd, &places.wholes), load(simd, &places.shares)), &mut lows);
            for k in 0..GROUP {
                lows[k] = self.damped(lows[k], places.poles[k]);
            }
            let wet = load(simd, &lows).mul_add(feedback, input);
            let mut frames = [0.0; GROUP];
            store(wet, &mut frames);
            self.line.push(&frames);
            wet
        } else {
            let mut frames = [0.0; GROUP];
            for k in 0..count {
                let mut heard = [0.0; GROUP];
                let place = (u32x8::splat(simd, places.wholes[k]), splat(simd, places.shares[k]));
                store(self.line.cubic(simd, 0, place.0, place.1), &mut heard);
                let low = splat(simd, self.damped(heard[0], places.poles[k]));
                store(low.mul_add(feedback, input), &mut heard);
                frames[k] = heard[k];
                self.line.push(&frames[k..=k]);
            }
            load(simd, &frames)
        };
        let (one, mix) = (splat(simd, 1.0), eight(simd, call.mix, n));
        // As loud as it came in, whatever it rings.
        let level = (one - feedback * feedback).max(splat(simd, 0.0)).sqrt().max(splat(simd, 0.05));
        (wet * level).mul_add(mix, input * (one - mix))
    }
}

struct Job<'c, 'io, 'r, 'a> {
    comb: &'c mut Comb,
    io: &'r mut RowIo<'io, 'a>,
}

impl SimdJob for Job<'_, '_, '_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { comb, io } = self;
        let call = Call {
            input: io.input(0),
            pitch: io.input(1),
            frequency: io.param(FREQUENCY),
            feedback: io.param(FEEDBACK),
            damping: io.param(DAMPING),
            mix: io.param(MIX),
            tracking: io.param(TRACKING),
            rate_hz: io.sample_rate_hz(),
        };
        let out = io.output(0);
        for n in (0..out.len()).step_by(GROUP) {
            let heard = comb.ring(simd, &call, n, (out.len() - n).min(GROUP));
            put_frames(heard, out, n);
        }
    }
}

impl RowKernel for Comb {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        vectorize(Job { comb: self, io });
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
                // While it rings: what is left of a damped comb after a thousand periods is rounding.
                let period = 48_000.0 / hz;
                let ringing = &samples[(10.0 * period) as usize..(70.0 * period) as usize];
                let cents = cents_between(f64::from(hz), frequency_hz(ringing, 48_000.0, f64::from(hz)));
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
