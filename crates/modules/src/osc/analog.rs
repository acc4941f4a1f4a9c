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
//! Telemetry: [0] frequency in Hz, [1] phase −1 to 1, both of the first voice.

mod bank;
mod edges;
mod sync;
mod unison;

use crate::dsp::phase::{Frequency, MAX_INCREMENT, TURN, knob_octaves};
use bank::{Bank, Frame};
use patchlight_core::{Face, ModuleSpec, audio, cents, choice, control, degrees, integer, module, percent, pitch, semitones, unit};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, f32x8, i32x8, load, select, splat, store};
use patchlight_engine::{BuildContext, FACE, GROUP, GroupIo, LaneKernel, LaneParam, Unit, eight_lanes};
use sync::SyncInput;

/// The ideal waveform's peak. A band-limited edge overshoots by a fifth of its jump: so much room keeps a saw under full scale.
const LEVEL: f32 = 0.63;

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
    .outputs(&[
        audio("out", "The oscillator").mono(),
        control("phase", "The bare ramp of the first oscillator, −1 to 1, not band-limited: the exact source for another's sync"),
    ])
    .eight_lanes()
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| Analog {
        bank: Bank::new(lanes.build.seed, lanes.first_voice, lanes.build.voices),
        frequency: Frequency::new(),
        sync: SyncInput::new(),
        offset: [0; GROUP],
        is_fresh: true,
    })
}

/// How long a change of shape or of unison fades.
const FADE_SECS: f32 = 0.005;

struct Analog {
    bank: Bank,
    frequency: Frequency,
    sync: SyncInput,
    /// How far the second saw of the pulse was from half a cycle behind the first.
    offset: [i32; GROUP],
    is_fresh: bool,
}

impl Analog {
    /// Turns a frame: pitch, knobs and linear FM. `fm` is the input times its depth.
    #[inline(always)]
    fn increment<S: Simd>(&mut self, simd: S, octaves: f32x8<S>, fm: Option<(f32x8<S>, f32x8<S>)>, rate_hz: f32) -> f32x8<S> {
        let highest = splat(simd, MAX_INCREMENT * rate_hz);
        let hz = self.frequency.hz(simd, octaves).min(highest);
        let bent = match fm {
            Some((fm, scale)) => fm.mul_add(select(scale.simd_gt(splat(simd, 0.5)), splat(simd, 1000.0), hz), hz),
            None => hz,
        };
        bent.max(-highest).min(highest) * splat(simd, 1.0 / rate_hz)
    }
}

/// Where the second saw of a pulse of this width is, from half a cycle behind the first.
#[inline(always)]
fn pulse_offset<S: Simd>(simd: S, width: f32x8<S>) -> i32x8<S> {
    let width = width.max(splat(simd, 0.01)).min(splat(simd, 0.99));
    ((splat(simd, 0.5) - width) * splat(simd, TURN)).to_int()
}

/// The phase of an angle from the start of the cycle.
#[inline(always)]
fn start_phase<S: Simd>(simd: S, angle_degrees: f32x8<S>) -> i32x8<S> {
    let turns = angle_degrees * splat(simd, 1.0 / 360.0) - splat(simd, 0.5);
    (turns.min(splat(simd, 0.499_999_9)) * splat(simd, TURN)).to_int()
}

/// Reads the knobs at a frame.
#[inline(always)]
fn read<S: Simd>(simd: S, still: &[LaneParam<'_>; 6], n: usize) -> Knobs<S> {
    let [start, width, shape, unison @ ..] = still;
    Knobs {
        start: start_phase(simd, start.at(simd, n)),
        offset: pulse_offset(simd, width.at(simd, n)),
        shape: shape.at(simd, n),
        unison: unison.map(|param| param.at(simd, n)),
    }
}

/// The knobs that mostly stand still, at one frame.
struct Knobs<S: Simd> {
    start: i32x8<S>,
    offset: i32x8<S>,
    shape: f32x8<S>,
    /// Count, detune and blend.
    unison: [f32x8<S>; 3],
}

/// The parameters of [`Knobs`].
const STILL: [usize; 6] = [START, PULSE_WIDTH, SHAPE, UNISON, DETUNE, BLEND];

impl LaneKernel for Analog {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let (frames, rate_hz) = (io.frames(), io.sample_rate_hz());
        let [pitch, sync, fm] = [PITCH_IN, SYNC_IN, FM_IN].map(|index| io.input(index));
        let (has_sync, has_fm) = (io.is_connected(SYNC_IN), io.is_connected(FM_IN));
        let still = STILL.map(|index| io.param(index));
        let is_still = still.iter().all(|param| matches!(param, LaneParam::Constant(_)));
        let tuning = [PITCH, FINE].map(|index| io.param(index));
        let is_tuned = tuning.iter().all(|param| matches!(param, LaneParam::Constant(_)));
        let [depth, scale] = [FM_DEPTH, FM_SCALE].map(|index| io.param(index));
        let [out, ramp] = io.outputs::<2>();
        let fade_step = 1.0 / (FADE_SECS * rate_hz);
        let mut knobs = read(simd, &still, 0);
        let mut octaves = knob_octaves(simd, tuning[0].at(simd, 0), tuning[1].at(simd, 0));
        if self.is_fresh {
            self.bank.start(simd, knobs.start, knobs.shape, knobs.unison);
            knobs.offset.store_slice(&mut self.offset);
            self.is_fresh = false;
        }
        self.bank.begin(&still[2], frames);
        let mut offset_before = i32x8::from_slice(simd, &self.offset);
        for n in 0..frames {
            if !is_still {
                knobs = read(simd, &still, n);
            }
            if !is_tuned {
                octaves = knob_octaves(simd, tuning[0].at(simd, n), tuning[1].at(simd, n));
            }
            if n == 0 || !is_still {
                self.bank.unison.set(simd, knobs.unison);
            }
            self.bank.glide(simd, knobs.shape, fade_step);
            let fm = has_fm.then(|| (load(simd, &fm[n]) * depth.at(simd, n), scale.at(simd, n)));
            let increment = self.increment(simd, load(simd, &pitch[n]) + octaves, fm, rate_hz);
            let (synced, sync_age) = if has_sync { self.sync.rises(simd, &sync[n]) } else { (0, splat(simd, 0.0)) };
            let (offset, start) = (knobs.offset, knobs.start);
            let frame = Frame { number: n, increment, offset_before, offset, start, synced, sync_age };
            offset_before = offset;
            store(self.bank.frame(simd, &frame) * splat(simd, LEVEL), &mut out[n]);
            store(self.bank.ramp(simd), &mut ramp[n]);
        }
        offset_before.store_slice(&mut self.offset);
        self.bank.end(frames);
    }

    fn reset(&mut self) {
        self.bank.reset();
        self.sync = SyncInput::new();
        self.is_fresh = true;
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        face[0] = self.frequency.last_hz();
        face[1] = self.bank.first_phase();
    }
}

#[cfg(test)]
mod tests;
