//! Modal: struck things, each a bank of resonators.
//!
//! Every mode is a number that turns and shrinks, z ← r·e^(iω)·z + x: a damped sine that a stroke sets off (J.-M. Adrien, *The missing link: modal synthesis*, 1991).
//! The ratios are those of bars and skins in textbooks (N. Fletcher and T. Rossing, *The Physics of Musical Instruments*, 1998).

use crate::dsp::{Beater, OnePole, Strike, White, fall_60_db};
use crate::glide::{Glide, switch_step};
use patchlight_core::{Face, ModuleSpec, audio, choice, control, gate, hz_from_octaves, module, percent, pitch, preset, secs, semitones};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

const PITCH: usize = 0;
const MATERIAL: usize = 1;
const DECAY: usize = 2;
const DAMPING: usize = 3;
const POSITION: usize = 4;
const HARDNESS: usize = 5;
const MODES: usize = 16;
/// What the modes depend on: pitch, decay, damping, position, the rate, and the share of each material.
const KNOBS: usize = 5 + RATIOS.len();

pub const SPEC: ModuleSpec = module("osc.modal", "Modal")
    .about("Strikes bars, bells, glasses, skins and plates. Any sound at its input makes them ring too.")
    .tags(&["resonator", "marimba", "vibraphone", "bell", "glass", "struck", "physical model", "mallet", "elements", "rings"])
    .inputs(&[
        gate("trig", "Strikes it"),
        pitch("pitch", "The note, in octaves from C4"),
        control("accent", "How hard it is struck, 0 to 1, read at the stroke. Not wired, full"),
        audio("in", "A sound that sets it ringing").mono(),
    ])
    .params(&[
        semitones("pitch_semitones", -48.0..=48.0, 0.0).about("Pitch from C4, added to the pitch input"),
        choice("material", &["marimba", "vibraphone", "bell", "glass", "skin", "string", "plate", "tube"], 1).about("What is struck"),
        secs("decay_secs", 0.05..=20.0, 2.0).about("Time of the lowest mode to fall by 60 dB"),
        percent("damping", 0.4).about("How much sooner the high modes are over"),
        percent("position", 0.3).about("Where it is struck: at 0 the edge, at 100 % the middle"),
        percent("hardness", 0.6).about("From a felt mallet to a metal one"),
    ])
    .presets(&[
        preset("Soft marimba", "mallet wood", "material marimba; decay_secs 0.9; hardness 25; damping 60"),
        preset("Church bell", "bell long", "material bell; decay_secs 9; hardness 80; pitch_semitones -12"),
        preset("Wine glass", "glass soft", "material glass; decay_secs 5; hardness 40; position 60"),
        preset("Frame drum", "drum skin", "material skin; decay_secs 0.5; hardness 55; pitch_semitones -12"),
        preset("Hammered plate", "metal noise", "material plate; decay_secs 3; hardness 95; damping 20"),
    ])
    .outputs(&[audio("out", "What rings").mono()])
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |lane| Modal { seed: lane.build.seed, state: State::new(lane.build.seed), step: switch_step(lane.sample_rate_hz) })
}

/// Frequencies above the lowest, and each thing's loudness among them.
const RATIOS: [[f32; MODES]; 8] = [
    [1., 3.932, 9.538, 16.688, 24.566, 31.147, 38.3, 45.1, 52.8, 60.3, 68., 76., 84., 92., 100., 108.],
    [1., 3.984, 10.668, 17.979, 23.679, 33.642, 41.9, 50.2, 58.9, 67.5, 76., 85., 94., 103., 112., 121.],
    [1., 2., 2.4, 3., 4., 4.5, 5.33, 6.67, 8., 9.3, 10.7, 12.2, 13.6, 15.4, 17., 19.],
    [1., 2.32, 4.25, 6.63, 9.38, 12.5, 15.9, 19.6, 23.5, 27.8, 32.3, 37.1, 42.1, 47.4, 53., 58.8],
    [1., 1.5933, 2.1355, 2.2954, 2.6531, 2.9173, 3.1555, 3.5001, 3.5985, 3.6475, 4.0589, 4.1317, 4.2304, 4.6010, 4.8319, 5.1307],
    [1., 2., 3., 4., 5., 6., 7., 8., 9., 10., 11., 12., 13., 14., 15., 16.],
    [1., 1.58, 2., 2.24, 2.92, 3.16, 3.46, 4.06, 4.21, 4.76, 5.1, 5.5, 6.04, 6.4, 6.86, 7.2],
    [1., 2.756, 5.404, 8.933, 13.344, 18.638, 24.8, 31.9, 39.8, 48.6, 58.3, 68.8, 80.2, 92.5, 105.7, 119.7],
];

struct Modal {
    seed: u64,
    state: State,
    step: f32,
}

struct State {
    beater: Beater,
    stroke: Strike,
    noise: White,
    mallet: OnePole,
    materials: [Glide; RATIOS.len()],
    /// Real and imaginary parts of each mode.
    modes: [[f32; 2]; MODES],
    turns: [[f32; 2]; MODES],
    gains: [f32; MODES],
    known: [f32; KNOBS],
    hz: f32,
}

impl State {
    fn new(seed: u64) -> Self {
        Self {
            beater: Beater::new(),
            stroke: Strike::default(),
            noise: White::new(seed),
            mallet: OnePole::default(),
            materials: [Glide::off(); RATIOS.len()],
            modes: [[0.0; 2]; MODES],
            turns: [[0.0; 2]; MODES],
            gains: [0.0; MODES],
            known: [f32::NAN; KNOBS],
            hz: 0.0,
        }
    }

    /// Sets every mode, if anything changed.
    fn tune(&mut self, knobs: [f32; KNOBS]) {
        if self.known == knobs {
            return;
        }
        self.known = knobs;
        let [hz, decay, damping, position, rate, shares @ ..] = knobs;
        for mode in 0..MODES {
            // Between things the modes slide.
            let ratio = RATIOS.iter().zip(shares).map(|(ratios, share)| share * ratios[mode].log2()).sum::<f32>().exp2();
            let step = hz * ratio / rate;
            let secs = decay / (1.0 + 3.0 * damping * (ratio - 1.0));
            let shrink = fall_60_db(secs.max(0.005), rate);
            let angle = std::f32::consts::TAU * step.min(0.49);
            self.turns[mode] = [shrink * angle.cos(), shrink * angle.sin()];
            // Where a mode does not move, a stroke does not reach it.
            let reach = (std::f32::consts::PI * (0.04 + 0.46 * position) * (mode + 1) as f32).sin().abs();
            let room = ((0.45 - step) / 0.05).clamp(0.0, 1.0);
            self.gains[mode] = reach * room / (1.0 + 0.15 * mode as f32);
        }
    }
}

impl RowKernel for Modal {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let [trig, pitch, accent, input] = [0, 1, 2, 3].map(|input| io.input(input));
        let (rate, has_accent) = (io.sample_rate_hz(), io.is_connected(2));
        let params: [_; 6] = std::array::from_fn(|index| io.param(index));
        let (state, step) = (&mut self.state, self.step);
        let out = io.output(0);
        for n in 0..out.len() {
            let at = |index: usize| params[index].at(n);
            state.hz = hz_from_octaves(pitch[n] + at(PITCH) / 12.0).min(0.4 * rate);
            let hardness = at(HARDNESS);
            let mut knobs = [0.0; KNOBS];
            knobs[..5].copy_from_slice(&[state.hz, at(DECAY), at(DAMPING), at(POSITION), rate]);
            let material = at(MATERIAL) as usize;
            for (index, share) in state.materials.iter_mut().enumerate() {
                knobs[5 + index] = share.next(if index == material { 1.0 } else { 0.0 }, step);
            }
            state.tune(knobs);
            if let Some(peak) = state.beater.strikes(trig[n], has_accent.then(|| accent[n])) {
                state.stroke.hit(peak, rate);
            }
            let noise = state.noise.next();
            // A soft mallet touches for long and dully, a hard one shortly and brightly.
            let contact_fall = fall_60_db(0.03 - 0.027 * hardness, rate);
            let share = OnePole::share(300.0 * (6.0 * hardness).exp2(), rate);
            let blow = state.stroke.next(contact_fall) * (0.6 + 0.4 * noise);
            let x = state.mallet.low(blow, share) * (0.12 + 0.3 * (1.0 - hardness)) + 0.02 * input[n];
            let mut sum = 0.0;
            for mode in 0..MODES {
                let ([real, imaginary], [cos, sin]) = (state.modes[mode], state.turns[mode]);
                state.modes[mode] = [
                    (cos * real - sin * imaginary + x * state.gains[mode] + 1e-18) - 1e-18,
                    (sin * real + cos * imaginary + 1e-18) - 1e-18,
                ];
                sum += state.modes[mode][1];
            }
            out[n] = 1.5 * (sum / 1.5).tanh();
        }
    }

    fn reset(&mut self) {
        self.state = State::new(self.seed);
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        (face[0], face[1]) = (self.state.hz, self.state.stroke.level);
    }
}

#[cfg(test)]
mod tests {
    use super::{RATIOS, SPEC, build};
    use crate::testing::{driven, gate};
    use patchlight_testkit::{cents_between, frequency_hz, rms, tone};

    fn struck(params: &[(&'static str, f32)]) -> Vec<f32> {
        driven(&SPEC, build, params, &[("trig", gate(96_000, &[(0, 100)]))], 96_000).mono(0).to_vec()
    }

    #[test]
    fn it_rings_in_tune_and_for_its_time() {
        let samples = struck(&[("pitch_semitones", 9.0), ("decay_secs", 2.0), ("damping", 1.0)]);
        assert!(cents_between(440.0, frequency_hz(&samples[24_000..60_000], 48_000.0, 440.0)).abs() < 1.0);
        let fall = 20.0 * (rms(&samples[24_000..28_800]) / rms(&samples[72_000..76_800])).log10();
        assert!((fall - 30.0).abs() < 1.0, "30 dB in a second: {fall}");
    }

    #[test]
    fn each_thing_has_its_own_modes() {
        for (material, ratios) in RATIOS.iter().enumerate() {
            let params = [("material", material as f32), ("damping", 0.0), ("position", 0.2), ("hardness", 1.0), ("decay_secs", 5.0)];
            let samples = &struck(&params)[4_800..70_336];
            let second = tone(samples, 48_000.0, 261.625_6 * f64::from(ratios[1])).0;
            let beside = tone(samples, 48_000.0, 261.625_6 * f64::from(ratios[1]) * 1.07).0;
            assert!(second > 5.0 * beside, "material {material}: {second} against {beside}");
        }
    }
}
