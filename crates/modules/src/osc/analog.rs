//! The oscillator of analogue synthesizers: sine, triangle, saw and pulse, band-limited, with hard sync, FM and unison.
//!
//! A phase of 32 bits makes the naive waveforms; every jump, corner and bend in them gets its band-limited residual from
//! [`crate::dsp::blep`]. A pulse is the difference of two saws, so it carries no DC at any width. Sync resets the phase at
//! the rising zero crossing of its input, found between the samples by a straight line; what jumps there is band-limited
//! the same way, and so are phases that run backwards under through-zero FM. Why so, and what it costs:
//! docs/adr/0004-band-limited-oscillators.md.
//!
//! Frequency = C4 · 2^(pitch + knobs) · (1 + depth · fm), or + depth · fm · 1 kHz. Exponential FM is a cable into pitch.
//! Unison voices keep the power of one: gains are 1/√(sum of squares).
//!
//! One oscillator of one shape without sync has a loop of its own ([`single`]), which gives the same samples as the loop for all.
//!
//! Telemetry: [0] frequency in Hz, [1] phase −1 to 1.

mod bank;
mod edges;
mod oscillator;
mod pair;
mod single;
mod sync;
mod tuning;
mod unison;

use patchlight_core::{Face, ModuleSpec, audio, cents, choice, control, degrees, integer, module, percent, pitch, preset, semitones, unit};
use patchlight_engine::simd::Simd;
use patchlight_engine::{BuildContext, FACE, GroupIo, LaneKernel, LaneState, LaneVisit, Unit, eight_lanes};

pub(crate) use oscillator::{Call, Oscillator};
pub(crate) use tuning::{Stillness, Tuning, TuningParts};
pub(crate) use unison::{MAX_UNISON, Unison};

const PITCH_IN: usize = 0;
const SYNC_IN: usize = 1;
const FM_IN: usize = 2;

const SHAPE: usize = 0;
const PITCH: usize = 1;
const FINE: usize = 2;
const PULSE_WIDTH: usize = 3;
const UNISON: usize = 4;
const DETUNE: usize = 5;
const BLEND: usize = 6;
const FM_DEPTH: usize = 7;
const FM_SCALE: usize = 8;
const START: usize = 9;

pub const SPEC: ModuleSpec = module("osc.analog", "Analog")
    .about("The classic oscillator: sine, triangle, saw and pulse without aliases, with sync, FM and unison. Try analog, ladder, vca.")
    .tags(&["vco", "saw", "square", "pulse", "pwm", "triangle", "sine", "sync", "unison", "bass", "lead", "fm"])
    .inputs(&[
        pitch("pitch", "Pitch in octaves; adds to the knobs"),
        audio("sync", "Hard sync: each time this rises through zero the cycle starts anew").mono(),
        audio("fm", "Linear frequency modulation, through zero").mono(),
    ])
    .params(&[
        choice("shape", &["sine", "triangle", "saw", "square"], 2).about("Waveform; changes are crossfaded"),
        semitones("pitch_semitones", -60.0..=60.0, 0.0).about("Pitch from C4, added to the pitch input"),
        cents("fine_cents", -100.0..=100.0, 0.0).about("Fine tuning"),
        percent("pulse_width", 0.5).about("Share of the cycle that the square is high, 1 to 99 %"),
        integer("unison", 1..=16, 1).about("Oscillators for each note, level with one"),
        cents("detune_cents", 0.0..=100.0, 12.0).about("How far the outermost unison oscillators are out of tune"),
        percent("blend", 1.0).about("Level of the detuned unison oscillators beside the middle one").hidden(),
        unit("fm_depth", 0.0..=16.0, 1.0).about("How far the fm input bends the frequency, in units of fm scale").hidden(),
        choice("fm_scale", &["pitch", "1 kHz"], 0)
            .about("What a depth of 1 is: the note's own frequency (the same timbre on all notes), or 1 kHz")
            .hidden(),
        degrees("start_degrees", 0.0..=360.0, 0.0).about("Where in the cycle it starts, and restarts on sync").hidden(),
    ])
    .presets(&[
        preset("Fat saws", "unison wide lead", "shape saw; unison 7; detune_cents 18"),
        preset("Hollow pulse", "pwm bass", "shape square; pulse_width 28"),
        preset("Pure sine", "sub simple", "shape sine"),
        preset("Soft triangle", "flute soft", "shape triangle; pitch_semitones 12"),
        preset("Octave square", "retro chip", "shape square; pitch_semitones -12; pulse_width 50"),
        preset("Growling FM", "fm bass", "shape sine; fm_depth 4; pitch_semitones -12"),
    ])
    .outputs(&[
        audio("out", "The oscillator").mono(),
        control("phase", "The bare ramp of the first oscillator, −1 to 1, not band-limited: the exact source for another's sync"),
    ])
    .bundles()
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| Analog(Oscillator::new(lanes)))
}

struct Analog(Oscillator);

impl LaneKernel for Analog {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        if io.is_same() {
            let (pitch, fm) = (io.wired(PITCH_IN), io.wired(FM_IN));
            let is_ramp_read = io.is_read(1);
            let [out, ramp] = io.outputs::<2>();
            if self.0.run_again(simd, pitch, fm, out, is_ramp_read.then_some(ramp)) {
                return;
            }
        }
        let tuning = Tuning::new(
            simd,
            TuningParts {
                pitch: io.input(PITCH_IN),
                is_pitch_connected: io.is_connected(PITCH_IN),
                knobs: [PITCH, FINE].map(|index| io.param(index)),
                octaves_below: None,
                fm: io.wired(FM_IN),
                depth: io.param(FM_DEPTH),
                scale: io.param(FM_SCALE),
                rate_hz: io.sample_rate_hz(),
            },
        );
        let still = [START, SHAPE, UNISON, DETUNE, BLEND].map(|index| io.param(index));
        let sync = io.wired(SYNC_IN);
        let mut call = Call::new(simd, still, io.param(PULSE_WIDTH), sync, tuning);
        let is_ramp_read = io.is_read(1);
        let [out, ramp] = io.outputs::<2>();
        self.0.run(simd, &mut call, out, is_ramp_read.then_some(ramp));
    }

    #[inline(always)]
    fn run_several<S: Simd>(kernels: &mut [Self], simd: S, io: &mut [GroupIo<'_, '_>]) -> usize {
        let ([low, high, ..], [first, second, ..]) = (kernels, io) else { return 0 };
        if !first.is_same() {
            return 0;
        }
        let pitch = [first.wired(PITCH_IN), second.wired(PITCH_IN)];
        let fm = [first.wired(FM_IN), second.wired(FM_IN)];
        let is_ramp_read = first.is_read(1);
        let ([out, ramp], [next_out, next_ramp]) = (first.outputs::<2>(), second.outputs::<2>());
        let ramps = is_ramp_read.then_some([ramp, next_ramp]);
        if Oscillator::run_pair_again([&mut low.0, &mut high.0], simd, pitch, fm, [out, next_out], ramps) { 2 } else { 0 }
    }

    fn reset(&mut self) {
        self.0.reset();
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        (face[0], face[1]) = (self.0.hz(lane), self.0.phase(lane));
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        self.0.visit(visit);
    }
}

#[cfg(test)]
mod tests;
