//! Sub-oscillator: one or two octaves below the pitch that another oscillator plays, for weight.
//!
//! It is the oscillator of [`crate::osc::analog`] with one voice, so its edges are as clean; and since octaves are exact, it
//! does not beat against the other.
//!
//! Telemetry: [0] frequency in Hz, [1] phase −1 to 1.

use crate::osc::analog::{Call, Oscillator, Tuning, TuningParts};
use patchlight_core::{Face, ModuleSpec, audio, cents, choice, module, percent, pitch, preset, semitones};
use patchlight_engine::simd::Simd;
use patchlight_engine::{BuildContext, FACE, GROUP, GroupIo, LaneKernel, LaneParam, LaneState, LaneVisit, Unit, eight_lanes};

const PITCH_IN: usize = 0;

const OCTAVE: usize = 0;
const SHAPE: usize = 1;
const PULSE_WIDTH: usize = 2;
const PITCH: usize = 3;
const FINE: usize = 4;

pub const SPEC: ModuleSpec = module("osc.sub", "Sub")
    .about("Weight from below: the note an octave or two deeper. Give it the pitch of another oscillator and mix the two.")
    .tags(&["sub", "bass", "octave", "deep", "low", "square", "weight"])
    .inputs(&[pitch("pitch", "The pitch of the note above, in octaves")])
    .params(&[
        choice("octave", &["one below", "two below"], 0).about("How far below the pitch it is given"),
        choice("shape", &["sine", "triangle", "saw", "square"], 3).about("Waveform; changes are crossfaded"),
        percent("pulse_width", 0.5).about("Share of the cycle that the square is high, 1 to 99 %").hidden(),
        semitones("pitch_semitones", -60.0..=60.0, 0.0).about("Pitch of the note above from C4, added to the pitch input").hidden(),
        cents("fine_cents", -100.0..=100.0, 0.0).about("Fine tuning, to beat against the note above").hidden(),
    ])
    .presets(&[
        preset("Square foundation", "bass sub", "octave one below; shape square"),
        preset("Deep sine", "bass sub", "octave two below; shape sine"),
        preset("Thin pulse", "bass pulse", "octave one below; shape square; pulse_width 20"),
        preset("Round triangle", "bass soft", "octave one below; shape triangle"),
        preset("Fifth below", "power fifth", "octave one below; shape saw; pitch_semitones 7"),
    ])
    .outputs(&[audio("out", "The deeper note").mono()])
    .bundles()
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| Sub(Oscillator::new(lanes)))
}

struct Sub(Oscillator);

impl LaneKernel for Sub {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let [none, one] = [&[0.0; GROUP], &[1.0; GROUP]].map(LaneParam::Constant);
        let tuning = Tuning::new(
            simd,
            TuningParts {
                pitch: io.input(PITCH_IN),
                is_pitch_connected: io.is_connected(PITCH_IN),
                knobs: [PITCH, FINE].map(|index| io.param(index)),
                octaves_below: Some(io.param(OCTAVE)),
                fm: None,
                depth: none,
                scale: none,
                rate_hz: io.sample_rate_hz(),
            },
        );
        // One oscillator, from the start of the cycle.
        let still = [none, io.param(SHAPE), one, none, one];
        let mut call = Call::new(simd, still, io.param(PULSE_WIDTH), None, tuning);
        self.0.run(simd, &mut call, io.output(0), None);
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
mod tests {
    use super::{SPEC, build};
    use patchlight_core::octaves_from_hz;
    use patchlight_engine::{Rendered, Solo, SoloConfig};
    use patchlight_testkit::{alias_db, cents_between, frequency_hz, tone};

    const RATE_HZ: f64 = 48_000.0;
    const WINDOW: usize = 65_536;

    fn note(hz: f64, params: &[(&'static str, f32)]) -> Vec<f32> {
        let mut solo = Solo::new(&SPEC, build, &SoloConfig { params: params.to_vec(), ..SoloConfig::default() }, &["pitch"]);
        solo.drive("pitch", vec![vec![octaves_from_hz(hz as f32); WINDOW + 512]]);
        let Rendered { outputs, .. } = solo.run(WINDOW + 512, 64);
        outputs[0][0][512..].to_vec()
    }

    #[test]
    fn it_plays_one_or_two_octaves_below() {
        for (octave, below) in [(0.0, 2.0), (1.0, 4.0)] {
            for hz in [82.4, 440.0, 5000.0] {
                let samples = note(hz, &[("octave", octave), ("shape", 0.0)]);
                let error = cents_between(hz / below, frequency_hz(&samples, RATE_HZ, hz / below * 1.001));
                assert!(error.abs() < 0.02, "{hz} Hz, octave {octave}: {error} cents");
            }
        }
    }

    #[test]
    fn a_square_has_odd_harmonics_and_no_aliases() {
        let hz = RATE_HZ / WINDOW as f64 * 2731.0;
        let samples = note(2.0 * hz, &[]);
        let level = |harmonic: f64| tone(&samples, RATE_HZ, hz * harmonic).0;
        assert!((level(3.0) / level(1.0) - 1.0 / 3.0).abs() < 0.005 && level(2.0) < 1e-4);
        for shape in [1.0, 2.0, 3.0] {
            let aliases = alias_db(&note(2.0 * hz, &[("shape", shape)]), RATE_HZ, hz);
            assert!(aliases < -95.0, "shape {shape}: {aliases} dB");
        }
    }

    #[test]
    fn a_change_of_octave_does_not_click() {
        let mut solo = Solo::new(&SPEC, build, &SoloConfig { params: vec![("shape", 0.0)], ..SoloConfig::default() }, &[]);
        let mut samples = solo.run(5000, 64).mono(0).to_vec();
        solo.set("octave", 1.0, 0);
        samples.extend_from_slice(solo.run(5000, 64).mono(0));
        let (_, step) = patchlight_testkit::largest_step(&samples[16..]);
        assert!(step < 0.02, "{step}");
    }
}
