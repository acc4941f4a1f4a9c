//! Phase distortion: a cosine that is read at an uneven speed.
//!
//! After M. Ishibashi (Casio), US patent 4,658,691 (1987): the phase runs fast through one part of the cycle and slowly through the other. The resonant
//! waves are cosines of a higher frequency under a window that falls to zero at the end of the cycle. Made at four times the rate.

use crate::dsp::oversample::{MAX_STAGES, Oversampler};
use crate::glide::{Glide, switch_step};
use crate::pulse::Edge;
use patchlight_core::{Face, ModuleSpec, audio, cents, choice, gate, hz_from_octaves, module, percent, pitch, semitones};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

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
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |lane| PhaseDistortion { state: State::new(), step: switch_step(lane.sample_rate_hz) })
}

struct PhaseDistortion {
    state: State,
    step: f32,
}

struct State {
    phase: f64,
    sync: Edge,
    waves: [Glide; WAVES],
    oversampler: Oversampler,
    hz: f32,
}

impl State {
    fn new() -> Self {
        Self { phase: 0.0, sync: Edge::LOW, waves: [Glide::off(); WAVES], oversampler: Oversampler::new(STAGES), hz: 0.0 }
    }
}

fn cosine(turns: f32) -> f32 {
    -(std::f32::consts::TAU * turns).cos()
}

/// A phase that is 0 at 0, a half at `knee` and 1 at 1.
fn bent(phase: f32, knee: f32) -> f32 {
    if phase < knee { 0.5 * phase / knee } else { 0.5 + 0.5 * (phase - knee) / (1.0 - knee) }
}

/// One wave at a phase from 0 to 1. `amount` up to 0.97, so that no part of the cycle is read in no time.
fn wave(index: usize, phase: f32, amount: f32) -> f32 {
    let resonance = |window: f32| (cosine(phase * (1.0 + 15.0 * amount * amount)) + 1.0) * window - 1.0;
    match index {
        0 => cosine(bent(phase, 0.5 * (1.0 - amount))),
        1 => {
            // Both halves hurry to their end and wait there.
            let half = (2.0 * phase).fract();
            let quick = (half / (1.0 - amount)).min(1.0);
            cosine(0.5 * quick + if phase < 0.5 { 0.0 } else { 0.5 })
        }
        2 => cosine((phase / (1.0 - amount)).min(1.0)),
        3 => cosine(bent(phase, 0.5 * (1.0 - amount)) * 2.0),
        4 => cosine(bent((phase / (1.0 - 0.5 * amount)).min(1.0), 0.5 * (1.0 - amount))),
        5 => resonance(1.0 - phase),
        6 => resonance(1.0 - (2.0 * phase - 1.0).abs()),
        _ => resonance((2.0 - 2.0 * phase).min(1.0)),
    }
}

impl RowKernel for PhaseDistortion {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (pitch, sync, rate) = (io.input(0), io.input(1), io.sample_rate_hz());
        let [semitones, cents, chosen, amount] = [PITCH, FINE, WAVE, AMOUNT].map(|index| io.param(index));
        let (state, step) = (&mut self.state, self.step);
        let out = io.output(0);
        for n in 0..out.len() {
            if state.sync.rises(sync[n]) {
                state.phase = 0.0;
            }
            state.hz = hz_from_octaves(pitch[n] + semitones.at(n) / 12.0 + cents.at(n) / 1_200.0).min(0.4 * rate);
            let advance = f64::from(state.hz) / f64::from(rate) / f64::from(1 << STAGES);
            let target = chosen.at(n) as usize;
            let mut shares = [0.0; WAVES];
            for (index, share) in state.waves.iter_mut().enumerate() {
                shares[index] = share.next(if index == target { 1.0 } else { 0.0 }, step);
            }
            // High notes are bent less: what would fold back is not made.
            let room = (1.0 - state.hz / (0.25 * rate)).clamp(0.0, 1.0);
            let amount = 0.97 * amount.at(n).min(0.3 + 0.7 * room);
            let phase = &mut state.phase;
            let mut next = |_: f32| {
                let at = *phase as f32;
                *phase = (*phase + advance).fract();
                shares.iter().enumerate().filter(|(_, share)| **share > 0.0).map(|(index, share)| share * wave(index, at, amount)).sum()
            };
            out[n] = LEVEL * state.oversampler.run(0.0, &mut next);
        }
    }

    fn reset(&mut self) {
        self.state.oversampler.reset();
        self.state.waves.iter_mut().for_each(Glide::forget);
        (self.state.phase, self.state.sync) = (0.0, Edge::LOW);
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        (face[0], face[1]) = (self.state.hz, 2.0 * self.state.phase as f32 - 1.0);
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
