//! Formant oscillator: a voice made of wave packets, one in each cycle.
//!
//! Two cosines at frequencies of their own, begun anew with each cycle under a window that is nothing at both ends (after the FOF of X. Rodet, 1984, and the
//! windows of Roads's pulsar synthesis, 2001): the pitch is the rate of the packets, the vowel their inside.

use crate::dsp::phase::{TURN, knob_octaves, saw};
use patchlight_core::{C4_HZ, Face, ModuleSpec, audio, bipolar, cents, hz, module, percent, pitch, preset, semitones};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, cos_turns, exp2, f32x8, i32x8, load, log2, splat, store};
use patchlight_engine::{BuildContext, FACE, GROUP, GroupIo, LaneKernel, LaneVisit, Oct, Unit, eight_lanes, lane_state};

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
    .bundles()
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |_| Formant { phase: [i32::MIN; GROUP], hz: [0.0; GROUP] })
}

struct Formant {
    /// As of [`crate::dsp::phase`].
    phase: [i32; GROUP],
    hz: Oct,
}

/// Nothing at 0 and 1, one at the peak; more `sharp` is narrower.
#[inline(always)]
fn window<S: Simd>(simd: S, phase: f32x8<S>, skew: f32x8<S>, sharp: f32x8<S>) -> f32x8<S> {
    let (half, one) = (splat(simd, 0.5), splat(simd, 1.0));
    // A smooth bend of the phase that brings the peak from the middle to the front.
    let bent = exp2(simd, log2(simd, phase) * (one - splat(simd, 0.6) * skew));
    let hann = half - half * cos_turns(simd, bent);
    exp2(simd, log2(simd, hann) * sharp)
}

impl LaneKernel for Formant {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let (pitch, rate) = (io.input(0), io.sample_rate_hz());
        let (semitones, cents) = (io.param(PITCH), io.param(FINE));
        let (formant_1, formant_2, balance) = (io.param(FORMANT_1), io.param(FORMANT_2), io.param(BALANCE));
        let (width, skew) = (io.param(WIDTH), io.param(SKEW));
        let (half, one, highest) = (splat(simd, 0.5), splat(simd, 1.0), splat(simd, 0.4 * rate));
        let mut phase = i32x8::from_slice(simd, &self.phase);
        let mut hz = one;
        let out = io.output(0);
        for (n, out) in out.iter_mut().enumerate() {
            let octaves = load(simd, &pitch[n]) + knob_octaves(simd, semitones.at(simd, n), cents.at(simd, n));
            hz = (exp2(simd, octaves) * splat(simd, C4_HZ)).max(one).min(splat(simd, 0.2 * rate));
            let centered = saw(simd, phase) * half;
            let per_hz = one / hz;
            // Whole packets at least: below its pitch a formant cannot be.
            let first = (formant_1.at(simd, n).min(highest) * per_hz).max(one);
            let second = (formant_2.at(simd, n).min(highest) * per_hz).max(one);
            let (first, second) = (cos_turns(simd, first * centered), cos_turns(simd, second * centered));
            let balance = half.mul_add(balance.at(simd, n), half);
            let sum = (second - first).mul_add(balance, first);
            let width = width.at(simd, n);
            let sharp = splat(simd, 6.0).mul_add(width * width, one);
            store(splat(simd, LEVEL) * sum * window(simd, centered + half, skew.at(simd, n), sharp), out);
            phase += (hz * splat(simd, TURN / rate)).to_int::<i32x8<S>>();
        }
        phase.store_slice(&mut self.phase);
        store(hz, &mut self.hz);
    }

    fn reset(&mut self) {
        self.phase = [i32::MIN; GROUP];
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        (face[0], face[1]) = (self.hz[lane], self.phase[lane] as f32 * (2.0 / TURN));
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        lane_state!(visit; self.phase, self.hz);
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
