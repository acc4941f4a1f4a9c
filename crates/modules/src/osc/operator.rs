//! FM operator: a sine whose phase another signal pushes, with feedback. Two or more of them make the sounds of the DX7.
//!
//! Chowning, *The Synthesis of Complex Audio Spectra by Means of Frequency Modulation* (1973), in the form with phase
//! modulation that the digital instruments used: y(n) = level · sin(φ(n) + index · pm(n) + f · (y(n−1) + y(n−2))/2), where the
//! index and f are in radians. The index of a full-scale modulator is the I of Chowning's tables: side band k has the
//! amplitude J_k(I). Feedback takes the mean of two past outputs at full level, as Yamaha's chips do, which stops it from
//! hunting; 100 % is f = π. Frequency = pitch · coarse · (1 + fine), where a coarse of 0 stands for ½, or fixed_hz alone.
//!
//! Telemetry: [0] frequency in Hz.

use crate::dsp::phase::{MAX_INCREMENT, TURN, is_flat, knob_octaves, sine, steps_of_turns};
use fearless_simd::{Select, SimdMask};
use patchlight_core::{C4_HZ, Face, ModuleSpec, audio, cents, choice, gate, hz, integer, module, percent, pitch, preset, semitones, unit};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, exp2, f32x8, i32x8, load, select, splat, store};
use patchlight_engine::{BuildContext, FACE, GROUP, GroupIo, LaneKernel, LaneParam, LaneVisit, Oct, Unit, eight_lanes, lane_state};

const PITCH_IN: usize = 0;
const PM_IN: usize = 1;
const GATE_IN: usize = 2;

const MODE: usize = 0;
const COARSE: usize = 1;
const FINE: usize = 2;
const FIXED: usize = 3;
const PITCH: usize = 4;
const DETUNE: usize = 5;
const LEVEL: usize = 6;
const INDEX: usize = 7;
const FEEDBACK: usize = 8;

pub const SPEC: ModuleSpec = module("osc.operator", "Operator")
    .about("A sine for FM: plug one operator into another's pm, and an envelope into the first one's level. Try operator, operator, vca.")
    .tags(&["fm", "pm", "dx7", "bell", "electric piano", "sine", "phase modulation", "glass", "metal"])
    .inputs(&[
        pitch("pitch", "Pitch in octaves; adds to the knobs"),
        audio("pm", "Phase modulation: another operator, or any sound").mono(),
        gate("gate", "Restarts the cycle with each note, so that all attacks are alike; not wired, it runs freely"),
    ])
    .params(&[
        choice("mode", &["ratio", "fixed"], 0).about("Follow the pitch by a ratio, or stay at a fixed frequency"),
        integer("coarse", 0..=32, 1).about("Ratio to the pitch; 0 is one half"),
        percent("fine", 0.0).about("Adds up to once the coarse ratio: 41 % of 1 makes 1.41, a bell's"),
        hz("fixed_hz", 0.1..=16_000.0, 440.0).about("Frequency in fixed mode").hidden(),
        semitones("pitch_semitones", -60.0..=60.0, 0.0).about("Pitch from C4 in ratio mode, added to the pitch input").hidden(),
        cents("detune_cents", -100.0..=100.0, 0.0).about("Fine tuning in ratio mode, for beating"),
        percent("level", 1.0).about("Output level. On a modulator it is the brightness of what it modulates"),
        unit("pm_index", 0.0..=25.0, 2.0).about("Modulation index: how many radians a full-scale signal at pm turns the phase"),
        percent("feedback", 0.0).about("How much it modulates itself: a third makes a saw, all of it noise"),
    ])
    .presets(&[
        preset("Electric tine", "keys bell", "coarse 14; level 45"),
        preset("Bass modulator", "bass fm", "coarse 1; feedback 25; pm_index 4"),
        preset("Wood block", "percussion fm", "coarse 3; fine 41; pm_index 3"),
        preset("Fixed clang", "fixed metal", "mode fixed; fixed_hz 733; pm_index 6"),
        preset("Slow wobble", "fixed lfo", "mode fixed; fixed_hz 0.7; level 60"),
    ])
    .outputs(&[audio("out", "The operator").mono()])
    .bundles()
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |_| Operator::new())
}

/// Radians to turns.
const TURNS: f32 = 1.0 / std::f32::consts::TAU;

/// The time constant in which the step of a restart dies away.
const RESTART_SECS: f32 = 0.001;

struct Operator {
    phase: [i32; GROUP],
    /// The last two outputs at full level, the latest first.
    past: [Oct; 2],
    last_gate: Oct,
    /// What restarts made the sine jump by, dying away, so that they do not click.
    jump: Oct,
    /// The frequency last heard, for the face.
    hz: Oct,
}

impl Operator {
    fn new() -> Self {
        let none = [0.0; GROUP];
        Self { phase: [0; GROUP], past: [none; 2], last_gate: none, jump: none, hz: [C4_HZ; GROUP] }
    }

    /// 1 in lanes whose gate has just risen, else 0.
    #[inline(always)]
    fn rises<S: Simd>(&mut self, simd: S, gate: &Oct) -> f32x8<S> {
        let (zero, one, half) = (splat(simd, 0.0), splat(simd, 1.0), splat(simd, 0.5));
        let (before, now) = (load(simd, &self.last_gate), load(simd, gate));
        store(now, &mut self.last_gate);
        select(now.simd_gt(half), select(before.simd_gt(half), zero, one), zero)
    }
}

/// How the knobs tune the operator, at one frame.
struct Tuning<S: Simd> {
    octaves: f32x8<S>,
    /// Of the pitch; 0 in lanes with a fixed frequency.
    ratio: f32x8<S>,
    /// 0 in lanes that follow the pitch.
    fixed_hz: f32x8<S>,
}

/// The parameters of [`Tuning`].
const TUNING: [usize; 6] = [MODE, COARSE, FINE, FIXED, PITCH, DETUNE];

#[inline(always)]
fn tuning<S: Simd>(simd: S, params: &[LaneParam<'_>; 6], n: usize) -> Tuning<S> {
    let [mode, coarse, fine, fixed, semitones, cents] = params;
    let (zero, half, one) = (splat(simd, 0.0), splat(simd, 0.5), splat(simd, 1.0));
    let is_fixed = mode.at(simd, n).simd_gt(half);
    Tuning {
        octaves: knob_octaves(simd, semitones.at(simd, n), cents.at(simd, n)),
        ratio: select(is_fixed, zero, coarse.at(simd, n).max(half) * (one + fine.at(simd, n))),
        fixed_hz: select(is_fixed, fixed.at(simd, n), zero),
    }
}

/// What the operators of a call read.
struct Call<'a, S: Simd> {
    pitch: &'a [Oct],
    pm: Option<&'a [Oct]>,
    gate: Option<&'a [Oct]>,
    tuners: [LaneParam<'a>; 6],
    /// The phase steps of a frame, where they stand still.
    still_step: Option<i32x8<S>>,
    level: LaneParam<'a>,
    index: LaneParam<'a>,
    /// Where it is 0 for good there is none.
    feedback: Option<LaneParam<'a>>,
    rate_hz: f32,
}

impl<'a, S: Simd> Call<'a, S> {
    #[inline(always)]
    fn new(simd: S, io: &GroupIo<'_, 'a>) -> Self {
        let feedback = io.param(FEEDBACK);
        let has_feedback = !matches!(feedback, LaneParam::Constant(lanes) if *lanes == [0.0; GROUP]);
        let mut call = Self {
            pitch: io.input(PITCH_IN),
            pm: io.wired(PM_IN),
            gate: io.wired(GATE_IN),
            tuners: TUNING.map(|index| io.param(index)),
            still_step: None,
            level: io.param(LEVEL),
            index: io.param(INDEX),
            feedback: has_feedback.then_some(feedback),
            rate_hz: io.sample_rate_hz(),
        };
        let are_tuners_still = call.tuners.iter().all(|param| matches!(param, LaneParam::Constant(_)));
        if are_tuners_still && (!io.is_connected(PITCH_IN) || is_flat(simd, call.pitch)) {
            call.still_step = Some(call.step_at(simd, 0));
        }
        call
    }

    #[inline(always)]
    fn hz(&self, simd: S, tuned: &Tuning<S>, n: usize) -> f32x8<S> {
        let octaves = load(simd, &self.pitch[n]) + tuned.octaves;
        (exp2(simd, octaves) * splat(simd, C4_HZ)).min(splat(simd, self.rate_hz))
    }

    #[inline(always)]
    fn step_at(&self, simd: S, n: usize) -> i32x8<S> {
        let tuned = tuning(simd, &self.tuners, n);
        let hz = self.hz(simd, &tuned, n).mul_add(tuned.ratio, tuned.fixed_hz);
        let increment = (hz * splat(simd, 1.0 / self.rate_hz)).min(splat(simd, MAX_INCREMENT));
        (increment * splat(simd, TURN)).to_int()
    }

    /// The phase steps of a frame.
    #[inline(always)]
    fn step(&self, simd: S, n: usize) -> i32x8<S> {
        match self.still_step {
            Some(step) => step,
            None => self.step_at(simd, n),
        }
    }

    /// Phase steps by which the other signal pushes.
    #[inline(always)]
    fn push(&self, simd: S, n: usize) -> i32x8<S> {
        match self.pm {
            Some(pm) => {
                let most_turns = splat(simd, 1e5);
                let turns = load(simd, &pm[n]) * self.index.at(simd, n) * splat(simd, TURNS);
                steps_of_turns(simd, turns.max(-most_turns).min(most_turns))
            }
            None => i32x8::splat(simd, 0),
        }
    }
}

impl Operator {
    /// Sines that nothing pushes but another signal: no frame waits for the one before.
    #[inline(always)]
    fn run_plain<S: Simd>(&mut self, simd: S, call: &Call<'_, S>, out: &mut [Oct]) {
        let mut phase = i32x8::from_slice(simd, &self.phase);
        let (mut last, mut second_last) = (load(simd, &self.past[0]), load(simd, &self.past[1]));
        for (n, out) in out.iter_mut().enumerate() {
            let now = sine(simd, phase + call.push(simd, n));
            (second_last, last) = (last, now);
            store(now * call.level.at(simd, n), out);
            phase += call.step(simd, n);
        }
        phase.store_slice(&mut self.phase);
        store(last, &mut self.past[0]);
        store(second_last, &mut self.past[1]);
    }

    /// With feedback, or with a gate that restarts the cycle.
    #[inline(always)]
    fn run_all<S: Simd>(&mut self, simd: S, call: &Call<'_, S>, out: &mut [Oct]) {
        let jump_decay = splat(simd, (-1.0 / (RESTART_SECS * call.rate_hz)).exp());
        let mut phase = i32x8::from_slice(simd, &self.phase);
        let (mut last, mut second_last) = (load(simd, &self.past[0]), load(simd, &self.past[1]));
        let mut jump = load(simd, &self.jump);
        for (n, out) in out.iter_mut().enumerate() {
            let mut push = call.push(simd, n);
            if let Some(feedback) = call.feedback {
                push += steps_of_turns(simd, (last + second_last) * splat(simd, 0.25) * feedback.at(simd, n));
            }
            let mut now = sine(simd, phase + push);
            if let Some(gate) = call.gate {
                let rises = self.rises(simd, &gate[n]).simd_gt(splat(simd, 0.5));
                if rises.any_true() {
                    let restarted = select(rises, sine(simd, push), now);
                    jump += now - restarted;
                    now = restarted;
                    phase = rises.select(i32x8::splat(simd, 0), phase);
                }
            }
            (second_last, last) = (last, now);
            store((now + jump) * call.level.at(simd, n), out);
            jump *= jump_decay;
            phase += call.step(simd, n);
        }
        phase.store_slice(&mut self.phase);
        store(last, &mut self.past[0]);
        store(second_last, &mut self.past[1]);
        store(jump, &mut self.jump);
    }
}

impl LaneKernel for Operator {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let call = Call::new(simd, io);
        let out = io.output(0);
        if call.feedback.is_none() && call.gate.is_none() && self.jump == [0.0; GROUP] {
            self.run_plain(simd, &call, out);
        } else {
            self.run_all(simd, &call, out);
        }
        let last = out.len() - 1;
        store(call.hz(simd, &tuning(simd, &call.tuners, last), last), &mut self.hz);
    }

    fn reset(&mut self) {
        *self = Self::new();
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        face[0] = self.hz[lane];
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        lane_state!(visit; self.phase, self.past[0], self.past[1], self.last_gate, self.jump, self.hz);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_core::octaves_from_hz;
    use patchlight_engine::{Solo, SoloConfig};
    use patchlight_testkit::{cents_between, frequency_hz, largest_step, tone};
    use std::f64::consts::{PI, TAU};

    const RATE_HZ: f64 = 48_000.0;
    const FRAMES: usize = 48_000;

    fn config(params: &[(&'static str, f32)]) -> SoloConfig {
        SoloConfig { params: params.to_vec(), ..SoloConfig::default() }
    }

    fn note(hz: f32, params: &[(&'static str, f32)]) -> Vec<f32> {
        let mut solo = Solo::new(&SPEC, build, &config(params), &["pitch"]);
        solo.drive("pitch", vec![vec![octaves_from_hz(hz); FRAMES]]);
        solo.run(FRAMES, 64).mono(0).to_vec()
    }

    /// The Bessel function of the first kind, from its integral.
    fn bessel(order: f64, x: f64) -> f64 {
        let angles = (0..4000).map(|i| PI * (f64::from(i) + 0.5) / 4000.0);
        angles.map(|angle| (order * angle - x * angle.sin()).cos()).sum::<f64>() / 4000.0
    }

    #[test]
    fn side_bands_are_those_of_chowning() {
        let (carrier, modulator, index) = (4000.0, 310.0, 3.0);
        let mut solo = Solo::new(&SPEC, build, &config(&[("pm_index", index as f32)]), &["pitch", "pm"]);
        solo.drive("pitch", vec![vec![octaves_from_hz(carrier as f32); FRAMES]]);
        solo.drive("pm", vec![(0..FRAMES).map(|n| (TAU * modulator * n as f64 / RATE_HZ).sin() as f32).collect()]);
        let samples = solo.run(FRAMES, 64);
        for order in -6..=6 {
            let heard = tone(samples.mono(0), RATE_HZ, carrier + f64::from(order) * modulator).0;
            let expected = bessel(f64::from(order), index).abs();
            assert!((heard - expected).abs() < 1e-3, "side band {order}: {heard} for {expected}");
        }
    }

    #[test]
    fn feedback_of_one_radian_is_a_saw() {
        // y = sin(x + y) has the Fourier series of Kepler's equation: b(k) = 2 J_k(k) / k.
        // (Slow, because feedback by way of two past frames is a little late.)
        let samples = note(20.0, &[("feedback", 1.0 / std::f32::consts::PI)]);
        for k in 1..8 {
            let k = f64::from(k);
            let (heard, expected) = (tone(&samples, RATE_HZ, 20.0 * k).0, 2.0 * bessel(k, k) / k);
            assert!((heard / expected - 1.0).abs() < 0.03, "harmonic {k}: {heard} for {expected}");
        }
    }

    #[test]
    fn pitch_and_ratios_are_right() {
        for (params, hz) in [
            (vec![], 440.0),
            (vec![("coarse", 0.0)], 220.0),
            (vec![("coarse", 3.0), ("fine", 0.5)], 1980.0),
            (vec![("mode", 1.0), ("fixed_hz", 1234.5)], 1234.5),
            (vec![("pitch_semitones", 12.0), ("detune_cents", 50.0)], 880.0 * 2_f64.powf(1.0 / 24.0)),
        ] {
            let error = cents_between(hz, frequency_hz(&note(440.0, &params), RATE_HZ, hz * 1.001));
            assert!(error.abs() < 0.02, "{params:?}: {error} cents");
        }
        for hz in [20.0_f32, 10_000.0] {
            let error = cents_between(f64::from(hz), frequency_hz(&note(hz, &[]), RATE_HZ, f64::from(hz)));
            assert!(error.abs() < 0.02, "{hz} Hz: {error} cents");
        }
    }

    #[test]
    fn a_gate_restarts_the_cycle_without_a_click() {
        let mut solo = Solo::new(&SPEC, build, &config(&[]), &["pitch", "gate"]);
        solo.drive("pitch", vec![vec![octaves_from_hz(100.0); 12_000]]);
        let gate = |n: usize| if (1000..2000).contains(&n) || (7131..8000).contains(&n) { 1.0 } else { 0.0 };
        solo.drive("gate", vec![(0..12_000).map(gate).collect()]);
        let samples = solo.run(12_000, 64).mono(0).to_vec();
        assert!(largest_step(&samples).1 < 0.06, "{:?}", largest_step(&samples));
        for n in 1000..3000 {
            assert!((samples[n + 1000] - samples[n + 7131]).abs() < 1e-3, "the second note is not like the first");
        }
    }

    #[test]
    fn blocks_and_neighbours_make_no_difference() {
        let run = |voices: usize, block: usize| {
            let driven = ["pitch", "pm", "gate", "level", "pm_index", "feedback", "coarse", "mode", "fine"];
            let mut solo = Solo::new(&SPEC, build, &SoloConfig { voices, ..config(&[("pm_index", 12.0)]) }, &driven);
            for (number, id) in driven.iter().enumerate() {
                let wave = |lane: usize, n: usize| ((n * (7 + 3 * number + lane)) as f32 * 0.013).sin();
                solo.drive(id, (0..voices).map(|lane| (0..3000).map(|n| wave(lane, n)).collect()).collect());
            }
            solo.run(3000, block).outputs.swap_remove(0)
        };
        let eight = run(8, 64);
        assert!(eight.iter().flatten().all(|x| x.abs() < 5.0));
        assert_eq!(eight, run(8, 1));
        assert_eq!(eight, run(8, 7));
        assert_eq!(eight[0], run(1, 64)[0]);
    }
}
