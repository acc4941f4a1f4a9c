//! Phase distortion: a cosine that is read at an uneven speed.
//!
//! After M. Ishibashi (Casio), US patent 4,658,691 (1987): the phase runs fast through one part of the cycle and slowly through the other. The resonant
//! waves are cosines of a higher frequency under a window that falls to zero at the end of the cycle. Made at four times the rate.

use crate::dsp::lane_glide::LaneShares;
use crate::dsp::oversample::MAX_STAGES;
use crate::dsp::oversample_lanes::{LaneCurve, LaneOversampler};
use crate::dsp::phase::{TURN, saw};
use crate::glide::switch_step;
use fearless_simd::Select;
use patchlight_core::{C4_HZ, Face, ModuleSpec, audio, cents, choice, gate, module, percent, pitch, semitones};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, cos_turns, exp2, f32x8, i32x8, inlined, load, select, splat, store};
use patchlight_engine::{BuildContext, FACE, GROUP, GroupIo, LaneKernel, LaneVisit, Oct, Unit, eight_lanes, lane_state};

const PITCH: usize = 0;
const FINE: usize = 1;
const WAVE: usize = 2;
const AMOUNT: usize = 3;
const WAVES: usize = 8;
/// Doublings.
const STAGES: usize = 2;
const _: () = assert!(STAGES <= MAX_STAGES);
const LEVEL: f32 = 0.63;

pub const SPEC: ModuleSpec = module("osc.phase_distortion", "Phase distortion")
    .about("From a pure tone to a saw, a pulse or a singing resonance with one knob, without a filter. The sound of the eighties' CZ.")
    .tags(&["casio", "cz-101", "pd", "digital", "resonance", "eighties", "oscillator", "vco"])
    .inputs(&[pitch("pitch", "The note, in octaves from C4"), gate("sync", "Begins the cycle again at each rise")])
    .params(&[
        semitones("pitch_semitones", -60.0..=60.0, 0.0).about("Pitch from C4, added to the pitch input"),
        cents("fine_cents", -100.0..=100.0, 0.0).about("Fine tuning"),
        choice(
            "wave",
            &["saw", "square", "pulse", "double sine", "saw pulse", "resonant saw", "resonant triangle", "resonant trapezoid"],
            0,
        )
        .about("What the pure tone turns into"),
        percent("amount", 0.6).about("How far: at 0 it is a pure tone. Move it with an envelope"),
    ])
    .outputs(&[audio("out", "The tone").mono()])
    .bundles()
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| PhaseDistortion { state: State::new(), step: switch_step(lanes.sample_rate_hz) })
}

struct PhaseDistortion {
    state: State,
    step: f32,
}

struct State {
    phase: [i32; GROUP],
    /// The sync input in the frame before.
    sync: Oct,
    waves: LaneShares<WAVES>,
    oversampler: LaneOversampler,
    hz: Oct,
}

impl State {
    fn new() -> Self {
        let oversampler = LaneOversampler::new(STAGES);
        Self { phase: [i32::MIN; GROUP], sync: [0.0; GROUP], waves: LaneShares::default(), oversampler, hz: [0.0; GROUP] }
    }
}

#[inline(always)]
fn cosine<S: Simd>(simd: S, turns: f32x8<S>) -> f32x8<S> {
    -cos_turns(simd, turns)
}

/// A phase that is 0 at 0, a half at `knee` and 1 at 1.
#[inline(always)]
fn bent<S: Simd>(simd: S, phase: f32x8<S>, knee: f32x8<S>) -> f32x8<S> {
    let (half, one) = (splat(simd, 0.5), splat(simd, 1.0));
    let above = (phase - knee).mul_add(half / (one - knee), half);
    select(phase.simd_lt(knee), phase * (half / knee), above)
}

/// One wave at a phase from 0 to 1. `amount` up to 0.97, so that no part of the cycle is read in no time.
#[inline(always)]
fn wave<S: Simd>(simd: S, index: usize, phase: f32x8<S>, amount: f32x8<S>) -> f32x8<S> {
    let (zero, half, one, two) = (splat(simd, 0.0), splat(simd, 0.5), splat(simd, 1.0), splat(simd, 2.0));
    let knee = (one - amount) * half;
    let resonance = inlined(
        #[inline(always)]
        |window: f32x8<S>| {
            let faster = (amount * amount).mul_add(splat(simd, 15.0), one);
            (cosine(simd, phase * faster) + one) * window - one
        },
    );
    match index {
        0 => cosine(simd, bent(simd, phase, knee)),
        1 => {
            // Both halves hurry to their end and wait there.
            let twice = phase * two;
            let quick = ((twice - twice.floor()) / (one - amount)).min(one);
            cosine(simd, quick.mul_add(half, select(phase.simd_lt(half), zero, half)))
        }
        2 => cosine(simd, (phase / (one - amount)).min(one)),
        3 => cosine(simd, bent(simd, phase, knee) * two),
        4 => cosine(simd, bent(simd, (phase / (one - amount * half)).min(one), knee)),
        5 => resonance(one - phase),
        6 => resonance(one - phase.mul_add(two, -one).abs()),
        _ => resonance((two - phase * two).min(one)),
    }
}

/// The knobs in a frame, and the phase that runs on from sample to sample.
struct Reading<S: Simd> {
    phase: i32x8<S>,
    advance: i32x8<S>,
    amount: f32x8<S>,
    shares: [f32x8<S>; WAVES],
    heard: [bool; WAVES],
}

impl<S: Simd> LaneCurve<S> for Reading<S> {
    #[inline(always)]
    fn at(&mut self, simd: S, _: f32x8<S>) -> f32x8<S> {
        let at = saw(simd, self.phase).mul_add(splat(simd, 0.5), splat(simd, 0.5));
        self.phase += self.advance;
        let mut sum = splat(simd, 0.0);
        for index in 0..WAVES {
            if self.heard[index] {
                sum = wave(simd, index, at, self.amount).mul_add(self.shares[index], sum);
            }
        }
        sum
    }
}

impl LaneKernel for PhaseDistortion {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let (pitch, sync, rate) = (io.input(0), io.input(1), io.sample_rate_hz());
        let (semitones, cents, amount) = (io.param(PITCH), io.param(FINE), io.param(AMOUNT));
        let chosen = io.param(WAVE).first() as usize;
        let (state, step) = (&mut self.state, self.step);
        let heard = state.waves.begin(chosen);
        let mut phase = i32x8::from_slice(simd, &state.phase);
        let mut before = load(simd, &state.sync);
        let (high, start) = (splat(simd, 0.5), i32x8::splat(simd, i32::MIN));
        let mut hz = load(simd, &state.hz);
        let out = io.output(0);
        for n in 0..out.len() {
            let now = load(simd, &sync[n]);
            let rises = now.simd_gt(high) & !before.simd_gt(high);
            phase = rises.select(start, phase);
            before = now;
            let knobs = semitones.at(simd, n).mul_add(splat(simd, 1.0 / 12.0), load(simd, &pitch[n]));
            let octaves = cents.at(simd, n).mul_add(splat(simd, 1.0 / 1_200.0), knobs);
            hz = (exp2(simd, octaves) * splat(simd, C4_HZ)).min(splat(simd, 0.4 * rate));
            // High notes are bent less: what would fold back is not made.
            let room = (splat(simd, 1.0) - hz * splat(simd, 4.0 / rate)).max(splat(simd, 0.0)).min(splat(simd, 1.0));
            let most = room.mul_add(splat(simd, 0.7), splat(simd, 0.3));
            let mut reading = Reading {
                phase,
                advance: (hz * splat(simd, TURN / rate / (1 << STAGES) as f32)).to_int(),
                amount: amount.at(simd, n).min(most) * splat(simd, 0.97),
                shares: state.waves.next(simd, chosen, step),
                heard,
            };
            let y = state.oversampler.run(simd, splat(simd, 0.0), &mut reading);
            phase = reading.phase;
            store(y * splat(simd, LEVEL), &mut out[n]);
        }
        phase.store_slice(&mut state.phase);
        store(before, &mut state.sync);
        store(hz, &mut state.hz);
    }

    fn reset(&mut self) {
        let State { phase, sync, waves, oversampler, hz } = &mut self.state;
        (*phase, *sync, *hz) = ([i32::MIN; GROUP], [0.0; GROUP], [0.0; GROUP]);
        *waves = LaneShares::default();
        oversampler.reset();
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        (face[0], face[1]) = (self.state.hz[lane], self.state.phase[lane] as f32 * (2.0 / TURN));
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        let State { phase, sync, waves, oversampler, hz } = &mut self.state;
        lane_state!(visit; *phase, *sync, *waves, *oversampler, *hz);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, WAVES, build};
    use crate::testing::driven;
    use patchlight_core::octaves_from_hz;
    use patchlight_testkit::{Spectrum, alias_db, cents_between, frequency_hz};

    fn note(hz: f64, params: &[(&'static str, f32)]) -> Vec<f32> {
        let octaves = octaves_from_hz(hz as f32);
        driven(&SPEC, build, params, &[("pitch", vec![octaves; 66_560])], 66_560).mono(0)[1_024..].to_vec()
    }

    #[test]
    fn at_nothing_it_is_a_pure_tone_in_tune() {
        for hz in [55.0, 440.0, 3_520.0] {
            let samples = note(hz, &[("amount", 0.0)]);
            assert!(cents_between(hz, frequency_hz(&samples, 48_000.0, hz)).abs() < 0.1);
        }
        let hz = 48_000.0 / 65_536.0 * 600.0;
        let spectrum = Spectrum::new(&note(hz, &[("amount", 0.0)]), 48_000.0);
        assert!(spectrum.at(2.0 * hz) / spectrum.at(hz) < 1e-4);
    }

    #[test]
    fn a_bent_saw_has_all_harmonics_and_no_wave_aliases_much() {
        let hz = 48_000.0 / 65_536.0 * 600.0;
        let spectrum = Spectrum::new(&note(hz, &[("amount", 1.0)]), 48_000.0);
        // Half a cosine and a jump: harmonic k is as loud as k/(k² − ¼).
        assert!((spectrum.at(2.0 * hz) / spectrum.at(hz) - 0.4).abs() < 0.05);
        let hz = 48_000.0 / 65_536.0 * 1_707.0;
        for wave in 0..WAVES {
            let found = alias_db(&note(hz, &[("wave", wave as f32), ("amount", 0.8)]), 48_000.0, hz);
            assert!(found < -50.0, "wave {wave}: {found} dB");
        }
    }
}
