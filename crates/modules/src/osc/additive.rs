//! Additive: up to sixty-four sines, shaped all at once.
//!
//! Partial k sounds at f·k^(1 + stretch), its level is k to the tilt, weighted by odd and even and by a peak that wanders over the partials; what comes near
//! half the rate fades out. Phases are integers of 32 bits, and eight sines are made at a time.

use crate::dsp::phase::sine;
use crate::dsp::{Memo, White};
use patchlight_core::{Curve, Face, ModuleSpec, audio, bipolar, cents, hz_from_octaves, module, percent, pitch, preset, semitones, unit};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, SimdJob, f32x8, i32x8, splat, store, vectorize};
use patchlight_engine::{BuildContext, FACE, GROUP, RowIo, RowKernel, Unit, rows};

const PITCH: usize = 0;
const FINE: usize = 1;
const PARTIALS: usize = 2;
const TILT: usize = 3;
const ODD_EVEN: usize = 4;
const STRETCH: usize = 5;
const PEAK: usize = 6;
const PEAK_GAIN: usize = 7;
const MOST: usize = 64;
const LEVEL: f32 = 0.63;

pub const SPEC: ModuleSpec = module("osc.additive", "Additive")
    .about("A sound made of up to 64 pure tones: organs, bells, glass. Stretch pulls the harmonics apart, the peak wanders over them.")
    .tags(&["harmonics", "partials", "organ", "bell", "inharmonic", "spectral", "sines", "resynthesis"])
    .inputs(&[pitch("pitch", "The note, in octaves from C4")])
    .params(&[
        semitones("pitch_semitones", -60.0..=60.0, 0.0).about("Pitch from C4, added to the pitch input"),
        cents("fine_cents", -100.0..=100.0, 0.0).about("Fine tuning"),
        unit("partials", 1.0..=64.0, 24.0).curve(Curve::Log).about("How many; between whole numbers the last fades in"),
        unit("tilt", -4.0..=1.0, -1.0).about("How loud high partials are: −1 is a saw, 0 all alike, −2 soft"),
        bipolar("odd_even", 0.0).about("To the left odd partials only (hollow), to the right even ones"),
        unit("stretch", -0.2..=0.5, 0.0).about("Pulls the partials apart: a little is a piano, more a bell"),
        unit("peak", 1.0..=64.0, 8.0).curve(Curve::Log).about("Which partial the peak is at"),
        percent("peak_amount", 0.0).about("How much the peak stands out"),
    ])
    .presets(&[
        preset("Church pipes", "organ keys", "partials 16; tilt -0.6; odd_even 50"),
        preset("Hollow reed", "reed woodwind", "partials 32; tilt -0.9; odd_even -90"),
        preset("Stretched bell", "bell metal", "partials 20; tilt -0.7; stretch 0.18"),
        preset("Singing peak", "formant pad", "partials 48; tilt -1.2; peak 9; peak_amount 70"),
        preset("Bright buzz", "buzz bright", "partials 64; tilt 0"),
    ])
    .outputs(&[audio("out", "The tones together").mono()])
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |lane| {
        let mut noise = White::new(lane.build.seed);
        // The same for all voices: a chord is built alike.
        let begins = std::array::from_fn(|index| if index == 0 { 0 } else { (noise.next() * 2_147_483_520.0) as i32 });
        Additive { begins, phases: begins, levels: Memo::new(), steps: Memo::new(), hz: 0.0 }
    })
}

struct Additive {
    /// Where each partial begins: at random, so that they do not all peak at once.
    begins: [i32; MOST],
    phases: [i32; MOST],
    levels: Memo<[f32; 7], [f32; MOST]>,
    steps: Memo<[f32; 2], [i32; MOST]>,
    hz: f32,
}

/// The sum of all sines at their levels, and their phases one step on, eight at a time.
struct Sum<'a> {
    phases: &'a mut [i32; MOST],
    steps: &'a [i32; MOST],
    levels: &'a [f32; MOST],
}

impl SimdJob for Sum<'_> {
    type Output = f32;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> f32 {
        let mut sum = splat(simd, 0.0);
        for first in (0..MOST).step_by(GROUP) {
            let range = first..first + GROUP;
            let phase = i32x8::from_slice(simd, &self.phases[range.clone()]);
            sum = sine(simd, phase).mul_add(f32x8::from_slice(simd, &self.levels[range.clone()]), sum);
            (phase + i32x8::from_slice(simd, &self.steps[range.clone()])).store_slice(&mut self.phases[range]);
        }
        let mut sums = [0.0; GROUP];
        store(sum, &mut sums);
        sums.iter().sum()
    }
}

/// Knobs: partials, tilt, odd against even, stretch, peak, its amount; and hertz by rate.
fn levels([partials, tilt, odd_even, stretch, peak, amount, step]: [f32; 7]) -> [f32; MOST] {
    let mut levels = [0.0; MOST];
    let mut power = 0.0;
    for (index, level) in levels.iter_mut().enumerate() {
        let k = (index + 1) as f32;
        let there = (partials - index as f32).clamp(0.0, 1.0);
        let is_odd = index % 2 == 0;
        let side = if is_odd { (1.0 - odd_even).min(1.0) } else { (1.0 + odd_even).min(1.0) };
        // Half an octave around the peak.
        let away = (k / peak).log2() * 2.0;
        let peaked = 1.0 + 8.0 * amount * (-away * away).exp();
        // From 0.45 of the rate on there is nothing.
        let room = ((0.45 - step * k.powf(1.0 + stretch)) / 0.05).clamp(0.0, 1.0);
        *level = there * k.powf(tilt) * side * peaked * room;
        power += *level * *level;
    }
    // As loud as one saw, whatever is in it.
    let scale = LEVEL * 0.8 / power.max(0.01).sqrt();
    levels.map(|level| level * scale)
}

impl RowKernel for Additive {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (pitch, rate) = (io.input(0), io.sample_rate_hz());
        let params: [_; 8] = std::array::from_fn(|index| io.param(index));
        let out = io.output(0);
        for (n, out) in out.iter_mut().enumerate() {
            let at = |index: usize| params[index].at(n);
            self.hz = hz_from_octaves(pitch[n] + at(PITCH) / 12.0 + at(FINE) / 1_200.0);
            let step = self.hz / rate;
            let stretch = at(STRETCH);
            let knobs = [at(PARTIALS), at(TILT), at(ODD_EVEN), stretch, at(PEAK), at(PEAK_GAIN), step];
            let levels = self.levels.get(knobs, levels);
            let steps = self.steps.get([step, stretch], |[step, stretch]| {
                std::array::from_fn(|index| {
                    let k = f64::from(index as u32 + 1).powf(1.0 + f64::from(stretch));
                    ((f64::from(step) * k).min(0.5) * 4_294_967_296.0) as u32 as i32
                })
            });
            *out = vectorize(Sum { phases: &mut self.phases, steps: &steps, levels: &levels });
        }
    }

    fn reset(&mut self) {
        self.phases = self.begins;
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        (face[0], face[1]) = (self.hz, self.phases[0] as f32 / 2_147_483_648.0);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::driven;
    use patchlight_core::octaves_from_hz;
    use patchlight_testkit::{Spectrum, alias_db, cents_between, frequency_hz, tone};

    fn note(hz: f64, params: &[(&'static str, f32)]) -> Vec<f32> {
        driven(&SPEC, build, params, &[("pitch", vec![octaves_from_hz(hz as f32); 65_536])], 65_536).mono(0).to_vec()
    }

    #[test]
    fn partials_have_the_levels_of_the_knobs() {
        let hz = 48_000.0 / 65_536.0 * 300.0;
        let spectrum = Spectrum::new(&note(hz, &[]), 48_000.0);
        let ratio = |k: f64| spectrum.at(k * hz) / spectrum.at(hz);
        assert!((ratio(2.0) - 0.5).abs() < 0.002 && (ratio(10.0) - 0.1).abs() < 0.002 && ratio(25.0) < 1e-4);
        let odd = Spectrum::new(&note(hz, &[("odd_even", -1.0)]), 48_000.0);
        assert!(odd.at(2.0 * hz) / odd.at(hz) < 1e-4);
    }

    #[test]
    fn stretched_partials_are_where_the_formula_says_and_high_notes_do_not_alias() {
        let samples = note(200.0, &[("stretch", 0.1), ("partials", 2.0)]);
        assert!(tone(&samples, 48_000.0, 200.0 * 2_f64.powf(1.1)).0 > 0.1);
        assert!(cents_between(200.0, frequency_hz(&note(200.0, &[("partials", 1.0)]), 48_000.0, 200.0)).abs() < 0.1);
        let hz = 48_000.0 / 65_536.0 * 6_827.0;
        assert!(alias_db(&note(hz, &[("partials", 64.0)]), 48_000.0, hz) < -90.0);
    }
}
