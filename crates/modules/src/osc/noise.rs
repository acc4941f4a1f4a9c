//! Noise in six colours: white, pink, brown, blue, violet and velvet, all equally loud.
//!
//! White is evenly spread numbers (xorshift). The coloured ones are white through chains of first-order sections,
//! y = x + s, s ← feed·x + back·y:
//! - pink (−3 dB an octave): poles from 8 Hz upwards two octaves apart, each followed by a zero an octave above it; a last
//!   zero at −0.065 makes up for what the matched-z transform lacks near half the sample rate. Within 0.1 dB of the line.
//! - brown (−6 dB): Al-Alaoui's integrator, (1 + z⁻¹/7)/(1 − p·z⁻¹), which keeps its slope up to the top; the pole p is at 10 Hz.
//! - blue (+3 dB) and violet (+6 dB): pink and brown turned over, violet with its zero at 0 Hz.
//!
//! Velvet is sparse: in each stretch of 1/density one impulse of either sign at a random instant (Järveläinen and Karjalainen
//! 2007).
//!
//! All have the power of −12 dBFS, so that a normal distribution's four sigmas are full scale; sparse velvet, whose impulses
//! would have to be louder than full scale for that, is quieter. Each voice has its own noise, the same at every render.
//!
//! Telemetry: [0] the last sample.

mod colors;

use crate::dsp::rng::{Streams, channel_salt, hash, identity};
use colors::{Filter, Velvet, brown, pink, turned_over};
use patchlight_core::{Face, ModuleSpec, audio, choice, hz, module};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, f32x8, load, select, splat, store};
use patchlight_engine::{
    BuildContext, FACE, GROUP, GroupIo, LaneContext, LaneKernel, LaneParam, LaneState, LaneVisit, Oct, Unit, eight_lanes, lane_state,
};

const COLOR: usize = 0;
const DENSITY: usize = 1;

pub const SPEC: ModuleSpec = module("osc.noise", "Noise")
    .about("Hiss, wind, surf, crackle: six colours of noise, equally loud. Try noise, svf, vca.")
    .tags(&["hiss", "wind", "white", "pink", "brown", "crackle", "dust", "random", "snare", "hat"])
    .params(&[
        choice("color", &["white", "pink", "brown", "blue", "violet", "velvet"], 0)
            .about("From dull to bright: brown, pink, white, blue, violet. Velvet is a rain of impulses"),
        hz("density_hz", 1.0..=20_000.0, 3000.0).about("Impulses a second of velvet: smooth above 2000, crackle below 100"),
    ])
    .outputs(&[audio("out", "The noise").mono()])
    .bundles()
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, Noise::new)
}

const COLORS: usize = 6;
const WHITE: usize = 0;
const VELVET: usize = 5;

/// −12 dBFS.
const LEVEL_RMS: f32 = 0.25;

/// How long a change of colour fades.
const FADE_SECS: f32 = 0.01;

struct Noise {
    /// Where the white stream and the velvet's dice begin.
    begins: [[u32; GROUP]; 2],
    white: Streams,
    /// Pink, brown, blue, violet.
    filters: [Filter; COLORS - 2],
    velvet: Velvet,
    /// The levels of the colours, gliding.
    levels: [Oct; COLORS],
    /// Lanes that have not begun.
    fresh: [bool; GROUP],
    last: Oct,
}

impl Noise {
    fn new(lanes: &LaneContext<'_>) -> Self {
        let rate_hz = lanes.sample_rate_hz;
        let filters = [
            Filter::new(pink(rate_hz).into_iter(), rate_hz),
            Filter::new([brown(10.0, rate_hz)].into_iter(), rate_hz),
            Filter::new(pink(rate_hz).into_iter().map(turned_over), rate_hz),
            Filter::new([turned_over(brown(0.0, rate_hz))].into_iter(), rate_hz),
        ];
        let begin = |lane: usize, of_seed: fn(u64) -> u64| {
            let (seed, voice) = identity(lanes, lane);
            hash(of_seed(seed ^ channel_salt(lanes)), voice as u64) as u32
        };
        let begins =
            [std::array::from_fn(|lane| begin(lane, |seed| seed)), std::array::from_fn(|lane| begin(lane, |seed| hash(seed, u64::MAX)))];
        let (white, velvet) = (Streams::new(begins[0]), Velvet::new(begins[1]));
        Self { begins, white, filters, velvet, levels: [[0.0; GROUP]; COLORS], fresh: [true; GROUP], last: [0.0; GROUP] }
    }

    /// The only colour that is heard, if none fades.
    #[inline(always)]
    fn settled(&self, color: &LaneParam<'_>) -> Option<usize> {
        let LaneParam::Constant([color, ..]) = color else { return None };
        let color = (*color as usize).min(COLORS - 1);
        let is_there = |index: usize, level: &Oct| *level == [f32::from(index == color); GROUP];
        self.levels.iter().enumerate().all(|(index, level)| is_there(index, level)).then_some(color)
    }

    /// New lanes begin with the colour asked for.
    #[inline(always)]
    fn begin_fresh<S: Simd>(&mut self, simd: S, color: &LaneParam<'_>) {
        if self.fresh.contains(&true) {
            let mut colors = [0.0; GROUP];
            store(color.at(simd, 0), &mut colors);
            for (index, level) in self.levels.iter_mut().enumerate() {
                for lane in (0..GROUP).filter(|lane| self.fresh[*lane]) {
                    level[lane] = f32::from(colors[lane] == index as f32);
                }
            }
            self.fresh = [false; GROUP];
        }
    }

    #[inline(always)]
    fn glide<S: Simd>(&mut self, simd: S, color: f32x8<S>, most: f32) {
        let (zero, one, most) = (splat(simd, 0.0), splat(simd, 1.0), splat(simd, most));
        for (index, level) in self.levels.iter_mut().enumerate() {
            let target = select(color.simd_eq(splat(simd, index as f32)), one, zero);
            let now = load(simd, level);
            store(now + (target - now).max(-most).min(most), level);
        }
    }

    /// One colour for all.
    #[inline(always)]
    fn run_color<S: Simd>(&mut self, simd: S, color: usize, density: &LaneParam<'_>, rate_hz: f32, out: &mut [Oct]) {
        let everywhere = splat(simd, 0.0).simd_eq(splat(simd, 0.0));
        let gain = if color == WHITE { WHITE_GAIN } else { 1.0 };
        self.white.fill(simd, gain, out);
        match color {
            WHITE => {}
            VELVET => {
                for (n, out) in out.iter_mut().enumerate() {
                    store(self.velvet.run(simd, density.at(simd, n), rate_hz, everywhere), out);
                }
            }
            _ => self.filters[color - 1].run_all(simd, out),
        }
    }

    /// A frame of all colours, by their levels.
    #[inline(always)]
    fn blend<S: Simd>(&mut self, simd: S, density_hz: f32x8<S>, rate_hz: f32) -> f32x8<S> {
        let zero = splat(simd, 0.0);
        let white = self.white.bipolar(simd, zero.simd_eq(zero));
        let mut sum = zero;
        for (index, level) in self.levels.iter().enumerate() {
            let level = load(simd, level);
            let is_heard = level.simd_gt(zero);
            let color = match index {
                WHITE => white * splat(simd, WHITE_GAIN),
                VELVET => self.velvet.run(simd, density_hz, rate_hz, is_heard),
                _ => self.filters[index - 1].run(simd, white, is_heard),
            };
            sum = color.mul_add(level, sum);
        }
        sum
    }
}

/// From evenly spread over ±1 to the level of all colours: ±0.433.
const WHITE_GAIN: f32 = LEVEL_RMS * 1.732_050_8;

impl LaneKernel for Noise {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let rate_hz = io.sample_rate_hz();
        let (color, density) = (io.param(COLOR), io.param(DENSITY));
        let out = io.output(0);
        self.begin_fresh(simd, &color);
        if let Some(color) = self.settled(&color) {
            self.run_color(simd, color, &density, rate_hz, out);
        } else {
            for (n, out) in out.iter_mut().enumerate() {
                self.glide(simd, color.at(simd, n), 1.0 / (FADE_SECS * rate_hz));
                store(self.blend(simd, density.at(simd, n), rate_hz), out);
            }
        }
        self.last = out[out.len() - 1];
    }

    fn reset(&mut self) {
        self.white = Streams::new(self.begins[0]);
        self.velvet = Velvet::new(self.begins[1]);
        self.filters.iter_mut().for_each(Filter::reset);
        self.levels = [[0.0; GROUP]; COLORS];
        self.fresh = [true; GROUP];
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        face[0] = self.last[lane];
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        let Velvet { dice, position, spot, sign } = &mut self.velvet;
        lane_state!(visit; self.begins[0], self.begins[1], self.white, *dice, *position, *spot, *sign, self.fresh, self.last);
        self.filters.iter_mut().flat_map(|filter| &mut filter.sections).for_each(|section| section.state.visit(visit));
        self.levels.iter_mut().for_each(|level| level.visit(visit));
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};
    use patchlight_testkit::{Spectrum, db, largest_step, peak, rms, rms_db};

    const COLORS: [&str; 6] = ["white", "pink", "brown", "blue", "violet", "velvet"];

    fn noise(color: usize, rate_hz: f32, voices: usize, seed: u64) -> Vec<Vec<f32>> {
        let params = vec![("color", color as f32)];
        let config = SoloConfig { params, voices, seed, sample_rate_hz: rate_hz, ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &[]);
        // What the slow poles have not yet collected is left out.
        solo.run(8192, 64);
        solo.run(1 << 17, 64).outputs.swap_remove(0)
    }

    /// Density in dB of each octave from 62.5 Hz to 16 kHz.
    fn octaves(lanes: &[Vec<f32>], rate_hz: f64) -> Vec<f64> {
        let spectra: Vec<Spectrum> = lanes.iter().map(|lane| Spectrum::new(lane, rate_hz)).collect();
        let density = |low_hz: f64| {
            let power: f64 = spectra.iter().map(|spectrum| spectrum.band(low_hz, 2.0 * low_hz).powi(2)).sum();
            10.0 * (power / low_hz).log10()
        };
        (0..8).map(|octave| density(62.5 * f64::from(1 << octave))).collect()
    }

    #[test]
    fn every_colour_has_its_slope_at_every_rate() {
        for rate_hz in [44_100.0_f32, 48_000.0, 192_000.0] {
            for (color, slope_db) in [0.0, -3.01, -6.02, 3.01, 6.02, 0.0].into_iter().enumerate() {
                let densities = octaves(&noise(color, rate_hz, 16, 1), f64::from(rate_hz));
                for (octave, pair) in densities.windows(2).enumerate() {
                    let error = pair[1] - pair[0] - slope_db;
                    assert!(error.abs() < 0.5, "{} at {rate_hz}, octave {octave}: {error:.2} dB off", COLORS[color]);
                }
                let error = (densities[7] - densities[0]) / 7.0 - slope_db;
                println!("{} at {rate_hz}: {error:+.3} dB an octave off", COLORS[color]);
                assert!(error.abs() < 0.1);
            }
        }
    }

    #[test]
    fn all_are_equally_loud() {
        for (color, name) in COLORS.iter().enumerate() {
            let lanes = noise(color, 48_000.0, 8, 1);
            let level = db((lanes.iter().map(|lane| rms(lane).powi(2)).sum::<f64>() / 8.0).sqrt());
            println!("{name}: {level:.2} dBFS, peak {:.2}", lanes.iter().map(|lane| peak(lane)).fold(0.0, f32::max));
            assert!((level + 12.04).abs() < 0.5, "{name}: {level}");
        }
    }

    #[test]
    fn velvet_has_the_density_asked_for() {
        let mut solo =
            Solo::new(&SPEC, build, &SoloConfig { params: vec![("color", 5.0), ("density_hz", 100.0)], ..SoloConfig::default() }, &[]);
        let samples = solo.run(480_000, 64).mono(0).to_vec();
        let impulses = samples.iter().filter(|x| **x != 0.0).count();
        assert!((997..=1001).contains(&impulses), "{impulses}");
        assert!(samples.iter().all(|x| *x == 0.0 || x.abs() == 1.0));
    }

    #[test]
    fn voices_and_modules_differ_and_renders_repeat() {
        for (color, name) in COLORS.iter().enumerate() {
            let lanes = noise(color, 48_000.0, 9, 1);
            let other = noise(color, 48_000.0, 9, 2);
            for (a, b) in [(&lanes[0], &lanes[1]), (&lanes[0], &lanes[8]), (&lanes[0], &other[0])] {
                let both: f64 = a.iter().zip(b).map(|(x, y)| f64::from(x * y)).sum::<f64>() / a.len() as f64;
                assert!(both.abs() / (rms(a) * rms(b)) < 0.1, "{name} is alike in two places");
            }
            assert_eq!(lanes, noise(color, 48_000.0, 9, 1));
            assert_eq!(lanes[0], noise(color, 48_000.0, 1, 1)[0]);
        }
    }

    #[test]
    fn a_change_of_colour_fades() {
        // From brown, which has small steps, to brown again by way of pink: no step larger than pink's own.
        let largest = largest_step(&noise(1, 48_000.0, 1, 1)[0]).1;
        let mut solo = Solo::new(&SPEC, build, &SoloConfig { params: vec![("color", 2.0)], ..SoloConfig::default() }, &[]);
        let mut samples = solo.run(20_000, 64).mono(0).to_vec();
        for color in [1.0, 2.0] {
            solo.set("color", color, 0);
            samples.extend_from_slice(solo.run(5000, 64).mono(0));
        }
        assert!(largest_step(&samples).1 <= largest, "{:?} above {largest}", largest_step(&samples));
        assert!(rms_db(&samples) > -20.0);
    }

    #[test]
    fn blocks_make_no_difference() {
        let run = |block: usize| {
            let mut solo = Solo::new(&SPEC, build, &SoloConfig::default(), &["color", "density_hz"]);
            solo.drive("color", vec![(0..4000).map(|n| (n / 700) as f32 * 0.2).collect()]);
            solo.drive("density_hz", vec![(0..4000).map(|n| (n as f32 * 0.05).sin() * 3.0).collect()]);
            solo.run(4000, block).outputs
        };
        assert_eq!(run(64), run(1));
        assert_eq!(run(64), run(7));
    }
}
