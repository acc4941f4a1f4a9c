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
//! Telemetry: [0] the last sample of the first voice.

use crate::dsp::rng::{Streams, hash};
use patchlight_core::{Face, ModuleSpec, audio, choice, hz, module};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, f32x8, load, select, splat, store};
use patchlight_engine::{BuildContext, FACE, GROUP, GroupIo, LaneContext, LaneKernel, LaneParam, Oct, Unit, eight_lanes};
use std::f32::consts::TAU;

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
    .eight_lanes()
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

/// y = x + s, s ← feed·x + back·y: a zero at −feed and a pole at back.
#[derive(Clone, Copy)]
struct Section {
    feed: f32,
    back: f32,
    state: Oct,
}

/// Sections in a row that colour white noise, and the gain behind them.
struct Filter {
    sections: Vec<Section>,
    gain: f32,
}

impl Filter {
    /// Of zeros and poles in pairs; the gain gives white noise from −1 to 1 the level of all colours.
    fn new(pairs: impl Iterator<Item = (f32, f32)>, rate_hz: f32) -> Self {
        let sections: Vec<Section> = pairs.map(|(zero, pole)| Section { feed: -zero, back: pole, state: [0.0; GROUP] }).collect();
        let mut states = vec![0.0_f64; sections.len()];
        // The impulse response, until the slowest pole (8 Hz) has died away.
        let power: f64 = (0..rate_hz as usize / 5)
            .map(|n| {
                let mut x = if n == 0 { 1.0 } else { 0.0 };
                for (section, state) in sections.iter().zip(&mut states) {
                    let y = x + *state;
                    *state = f64::from(section.feed) * x + f64::from(section.back) * y;
                    x = y;
                }
                x * x
            })
            .sum();
        Self { sections, gain: LEVEL_RMS * 3_f32.sqrt() / power.sqrt() as f32 }
    }

    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, white: f32x8<S>) -> f32x8<S> {
        let mut x = white;
        for section in &mut self.sections {
            let y = x + load(simd, &section.state);
            store(y.mul_add(splat(simd, section.back), x * splat(simd, section.feed)), &mut section.state);
            x = y;
        }
        x * splat(simd, self.gain)
    }

    fn reset(&mut self) {
        self.sections.iter_mut().for_each(|section| section.state = [0.0; GROUP]);
    }
}

/// Zeros and poles of pink noise.
fn pink(rate_hz: f32) -> Vec<(f32, f32)> {
    let at = |hz: f32| (-TAU * hz / rate_hz).exp();
    let poles_hz = std::iter::successors(Some(8.0_f32), |hz| Some(4.0 * hz)).take_while(|hz| *hz < rate_hz);
    poles_hz.map(|hz| (at(2.0 * hz), at(hz))).chain([(-0.065, 0.0)]).collect()
}

/// Zero and pole of brown noise whose spectrum bends at `corner_hz`.
fn brown(corner_hz: f32, rate_hz: f32) -> (f32, f32) {
    (-1.0 / 7.0, (-TAU * corner_hz / rate_hz).exp())
}

fn turned_over((zero, pole): (f32, f32)) -> (f32, f32) {
    (pole, zero)
}

/// Where the impulses of velvet noise fall.
struct Velvet {
    dice: Streams,
    /// How far the present stretch has gone, 0 to 1.
    position: Oct,
    /// Where in it the impulse is, and its sign.
    spot: Oct,
    sign: Oct,
}

impl Velvet {
    fn new(seed: u64, first_voice: usize) -> Self {
        // The end of a stretch whose impulse is over.
        Self { dice: Streams::new(seed, first_voice), position: [1.0; GROUP], spot: [0.0; GROUP], sign: [0.0; GROUP] }
    }

    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, density_hz: f32x8<S>, rate_hz: f32) -> f32x8<S> {
        let (zero, one) = (splat(simd, 0.0), splat(simd, 1.0));
        let step = (density_hz * splat(simd, 1.0 / rate_hz)).min(splat(simd, 0.5));
        let (before, spot, sign) = (load(simd, &self.position), load(simd, &self.spot), load(simd, &self.sign));
        let after = before + step;
        let fires = select(spot.simd_gt(before), select(spot.simd_le(after), sign, zero), zero);
        let next_spot = self.dice.bipolar(simd).abs();
        let next_sign = one.copysign(self.dice.bipolar(simd));
        let is_over = after.simd_ge(one);
        let position = select(is_over, after - one, after);
        let fires_next = select(is_over, select(next_spot.simd_le(position), next_sign, zero), zero);
        store(position, &mut self.position);
        store(select(is_over, next_spot, spot), &mut self.spot);
        store(select(is_over, next_sign, sign), &mut self.sign);
        let loudness = (splat(simd, LEVEL_RMS * LEVEL_RMS) / step).sqrt().min(one);
        (fires + fires_next) * loudness
    }
}

struct Noise {
    seed: u64,
    first_voice: usize,
    white: Streams,
    /// Pink, brown, blue, violet.
    filters: [Filter; COLORS - 2],
    velvet: Velvet,
    /// The levels of the colours, gliding.
    levels: [Oct; COLORS],
    is_fresh: bool,
    last: f32,
}

impl Noise {
    fn new(lanes: &LaneContext<'_>) -> Self {
        let rate_hz = lanes.sample_rate_hz;
        let (seed, first_voice) = (lanes.seed, lanes.first_voice);
        let filters = [
            Filter::new(pink(rate_hz).into_iter(), rate_hz),
            Filter::new([brown(10.0, rate_hz)].into_iter(), rate_hz),
            Filter::new(pink(rate_hz).into_iter().map(turned_over), rate_hz),
            Filter::new([turned_over(brown(0.0, rate_hz))].into_iter(), rate_hz),
        ];
        let (white, velvet) = (Streams::new(seed, first_voice), Velvet::new(hash(seed, u64::MAX), first_voice));
        Self { seed, first_voice, white, filters, velvet, levels: [[0.0; GROUP]; COLORS], is_fresh: true, last: 0.0 }
    }

    /// The only colour that is heard, if none fades.
    #[inline(always)]
    fn settled(&self, color: &LaneParam<'_>) -> Option<usize> {
        let LaneParam::Constant([color, ..]) = color else { return None };
        let color = (*color as usize).min(COLORS - 1);
        let is_there = |index: usize, level: &Oct| *level == [f32::from(index == color); GROUP];
        self.levels.iter().enumerate().all(|(index, level)| is_there(index, level)).then_some(color)
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

    /// One colour's next frame.
    #[inline(always)]
    fn color<S: Simd>(&mut self, simd: S, index: usize, white: f32x8<S>, density_hz: f32x8<S>, rate_hz: f32) -> f32x8<S> {
        match index {
            WHITE => white * splat(simd, LEVEL_RMS * 1.732_050_8),
            VELVET => self.velvet.run(simd, density_hz, rate_hz),
            _ => self.filters[index - 1].run(simd, white),
        }
    }
}

impl LaneKernel for Noise {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let (frames, rate_hz) = (io.frames(), io.sample_rate_hz());
        let (color, density) = (io.param(COLOR), io.param(DENSITY));
        let out = io.output(0);
        if self.is_fresh {
            self.glide(simd, color.at(simd, 0), 1.0);
            self.is_fresh = false;
        }
        let settled = self.settled(&color);
        for (n, out) in out.iter_mut().enumerate().take(frames) {
            let (white, density_hz) = (self.white.bipolar(simd), density.at(simd, n));
            if let Some(color) = settled {
                store(self.color(simd, color, white, density_hz, rate_hz), out);
                continue;
            }
            self.glide(simd, color.at(simd, n), 1.0 / (FADE_SECS * rate_hz));
            let mut sum = splat(simd, 0.0);
            for index in 0..COLORS {
                let level = load(simd, &self.levels[index]);
                sum = self.color(simd, index, white, density_hz, rate_hz).mul_add(level, sum);
            }
            store(sum, out);
        }
        self.last = out[frames - 1][0];
    }

    fn reset(&mut self) {
        self.white = Streams::new(self.seed, self.first_voice);
        self.velvet = Velvet::new(hash(self.seed, u64::MAX), self.first_voice);
        self.filters.iter_mut().for_each(Filter::reset);
        self.levels = [[0.0; GROUP]; COLORS];
        self.is_fresh = true;
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        face[0] = self.last;
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
