//! Formant oscillator: a voice made of wave packets, one in each cycle.
//!
//! Two cosines at frequencies of their own, begun anew with each cycle under a window that is nothing at both ends (after the FOF of X. Rodet, 1984, and the
//! windows of Roads's pulsar synthesis, 2001): the pitch is the rate of the packets, the vowel their inside.

use patchlight_core::{Face, ModuleSpec, audio, bipolar, cents, hz, hz_from_octaves, module, percent, pitch, preset, semitones};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

const PITCH: usize = 0;
const FINE: usize = 1;
const FORMANT_1: usize = 2;
const FORMANT_2: usize = 3;
const BALANCE: usize = 4;
const WIDTH: usize = 5;
const SKEW: usize = 6;
const LEVEL: f32 = 0.8;

pub const SPEC: ModuleSpec = module("osc.formant", "Formant osc")
    .about("Sings vowels by itself: the pitch stays while two formants move. Deep notes buzz and growl, high ones whistle.")
    .tags(&["voice", "vowel", "fof", "pulsar", "vosim", "sing", "throat", "growl", "choir"])
    .inputs(&[pitch("pitch", "The note, in octaves from C4")])
    .params(&[
        semitones("pitch_semitones", -60.0..=60.0, -12.0).about("Pitch from C4, added to the pitch input"),
        cents("fine_cents", -100.0..=100.0, 0.0).about("Fine tuning"),
        hz("formant_1_hz", 100.0..=6_000.0, 650.0).about("The first formant: about how open the mouth is"),
        hz("formant_2_hz", 200.0..=9_000.0, 1_080.0).about("The second formant: where the tongue is"),
        bipolar("balance", -0.2).about("The first formant alone to the left, the second to the right"),
        percent("width", 0.5).about("From pure whistles to a broad buzz"),
        percent("skew", 0.4).about("How early in the cycle a packet peaks").hidden(),
    ])
    .presets(&[
        preset("Ah", "vowel voice", "formant_1_hz 650; formant_2_hz 1080"),
        preset("Ee", "vowel voice", "formant_1_hz 290; formant_2_hz 1870; balance -10"),
        preset("Oo", "vowel voice", "formant_1_hz 350; formant_2_hz 600; balance -50"),
        preset("Throat", "voice drone", "pitch_semitones -24; formant_1_hz 400; formant_2_hz 1700; width 20; balance 30"),
        preset("Reed", "woodwind lead", "formant_1_hz 900; formant_2_hz 2600; width 70; skew 60"),
    ])
    .outputs(&[audio("out", "The voice").mono()])
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |_| Formant { phase: 0.0, hz: 0.0 })
}

struct Formant {
    phase: f64,
    hz: f32,
}

/// Nothing at 0 and 1, one at the peak; more `sharp` is narrower.
fn window(phase: f32, skew: f32, sharp: f32) -> f32 {
    // A smooth bend of the phase that brings the peak from the middle to the front.
    let bent = phase.powf(1.0 - 0.6 * skew);
    let hann = 0.5 - 0.5 * (std::f32::consts::TAU * bent).cos();
    hann.powf(sharp)
}

impl RowKernel for Formant {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (pitch, rate) = (io.input(0), io.sample_rate_hz());
        let params: [_; 7] = std::array::from_fn(|index| io.param(index));
        let out = io.output(0);
        for (n, out) in out.iter_mut().enumerate() {
            let at = |index: usize| params[index].at(n);
            self.hz = hz_from_octaves(pitch[n] + at(PITCH) / 12.0 + at(FINE) / 1_200.0).clamp(1.0, 0.2 * rate);
            let phase = self.phase as f32;
            // Whole packets at least: below its pitch a formant cannot be.
            let ratio = |hz: f32| (hz.min(0.4 * rate) / self.hz).max(1.0);
            let centered = phase - 0.5;
            let packet = |hz: f32| (std::f32::consts::TAU * ratio(hz) * centered).cos();
            let balance = 0.5 + 0.5 * at(BALANCE);
            let sum = packet(at(FORMANT_1)) * (1.0 - balance) + packet(at(FORMANT_2)) * balance;
            let sharp = 1.0 + 6.0 * at(WIDTH) * at(WIDTH);
            *out = LEVEL * sum * window(phase, at(SKEW), sharp);
            self.phase = (self.phase + f64::from(self.hz) / f64::from(rate)).fract();
        }
    }

    fn reset(&mut self) {
        self.phase = 0.0;
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        (face[0], face[1]) = (self.hz, 2.0 * self.phase as f32 - 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::driven;
    use patchlight_core::octaves_from_hz;
    use patchlight_testkit::{Spectrum, alias_db};

    fn note(hz: f64, params: &[(&'static str, f32)]) -> Vec<f32> {
        let params = [&[("pitch_semitones", 0.0)], params].concat();
        driven(&SPEC, build, &params, &[("pitch", vec![octaves_from_hz(hz as f32); 65_536])], 65_536).mono(0).to_vec()
    }

    #[test]
    fn the_harmonic_nearest_the_formant_is_the_loudest_at_any_pitch() {
        for bin in [150.0, 227.0] {
            let hz = 48_000.0 / 65_536.0 * bin;
            let samples = note(hz, &[("formant_1_hz", 1_200.0), ("balance", -1.0), ("width", 0.2)]);
            let spectrum = Spectrum::new(&samples, 48_000.0);
            let loudest =
                (1..60).max_by(|a, b| spectrum.at(f64::from(*a) * hz).total_cmp(&spectrum.at(f64::from(*b) * hz))).expect("one is");
            assert!((f64::from(loudest) * hz - 1_200.0).abs() <= hz, "{loudest} times {hz}");
        }
    }

    #[test]
    fn packets_do_not_alias() {
        let hz = 48_000.0 / 65_536.0 * 683.0;
        assert!(alias_db(&note(hz, &[]), 48_000.0, hz) < -70.0);
    }
}
