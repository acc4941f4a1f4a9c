//! Supersaw: seven saws a voice, detuned about the middle one and spread over the stereo field.
//!
//! The saws are those of [`crate::osc::analog`]: 32-bit phases, band-limited jumps. Their tunings are the measured ones of the
//! Roland JP-8000 (Szabo, *How to Emulate the Super Saw*, KTH 2010): offsets of −11.0, −6.3, −2.0, 0, +2.0, +6.2 and +10.7 %
//! at full detune. Szabo's detune knob rises slowly and then steeply; here the cube of the knob, mixed with a little of the
//! knob itself, does: detune = 0.12·k + 0.88·k³. So do his mix curves: the middle falls as 0.998 − 0.554·m while the sides
//! rise as 0.044 + 1.284·m − 0.738·m² (less 0.044, so that 0 is silent), and both are scaled to the power of one saw.
//!
//! Every voice begins with its own phases, the same at every render. The sides lie alternately left and right, the outermost
//! furthest; panning keeps the power, and narrows to mono.
//!
//! Telemetry: [0] frequency in Hz of the first voice.

use crate::dsp::blep::{Moment, Pending, Residuals, residuals};
use crate::dsp::phase::{Frequency, MAX_INCREMENT, TURN, is_flat, jumped, knob_octaves, saw};
use crate::dsp::rng::hash;
use fearless_simd::SimdMask;
use patchlight_core::{Face, ModuleSpec, audio, cents, module, percent, pitch, preset, semitones};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, SimdJob, f32x8, i32x8, load, splat, store, vectorize};
use patchlight_engine::{BLOCK, BuildContext, FACE, GROUP, Io, Oct, Param, Unit};

const PITCH: usize = 0;
const FINE: usize = 1;
const DETUNE: usize = 2;
const MIX: usize = 3;
const WIDTH: usize = 4;

pub const SPEC: ModuleSpec = module("osc.supersaw", "Supersaw")
    .about("Seven detuned saws in stereo, the sound of trance leads and wide pads. Try supersaw, svf, reverb.")
    .tags(&["trance", "pad", "lead", "wide", "hoover", "unison", "jp-8000", "saw", "anthem"])
    .inputs(&[pitch("pitch", "Pitch in octaves; adds to the knobs")])
    .params(&[
        semitones("pitch_semitones", -60.0..=60.0, 0.0).about("Pitch from C4, added to the pitch input"),
        cents("fine_cents", -100.0..=100.0, 0.0).about("Fine tuning"),
        percent("detune", 0.4).about("How far the saws are out of tune: fine in the lower half, wild at the top"),
        percent("mix", 0.7).about("From the middle saw alone to mostly the six detuned ones"),
        percent("width", 0.8).about("How far the saws are spread between left and right; 0 is mono"),
    ])
    .presets(&[
        preset("Trance anthem", "lead wide", "detune 45; mix 85; width 100"),
        preset("Gentle strings", "pad strings", "detune 18; mix 60; width 70"),
        preset("Mono stab", "stab mono", "detune 30; mix 70; width 0"),
        preset("Hoover", "lead wild", "detune 90; mix 100; pitch_semitones -12"),
        preset("Almost one", "bass tight", "detune 6; mix 45; width 30"),
    ])
    .outputs(&[audio("out", "The saws, in stereo").stereo()])
    .eight_lanes()
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    let groups = context.voices.div_ceil(GROUP).max(1);
    let group = |index: usize| Group::new(context.seed, index * GROUP, context.voices);
    Box::new(Supersaw { groups: (0..groups).map(group).collect() })
}

const SAWS: usize = 7;

/// How far each saw's frequency is off at full detune, the middle one first, then outwards in pairs.
const OFFSETS: [f32; SAWS] = [0.0, -0.019_523_56, 0.019_912_21, -0.062_884_39, 0.062_165_38, -0.110_023_13, 0.107_452_42];

/// Where each saw lies between left (−1) and right (1) at full width.
const PLACES: [f32; SAWS] = [0.0, -0.4, 0.4, 0.7, -0.7, -1.0, 1.0];

struct Supersaw {
    groups: Vec<Group>,
}

/// Eight voices.
struct Group {
    tables: &'static Residuals,
    /// Left and right.
    pending: [Pending; 2],
    frequency: Frequency,
    phases: [[i32; GROUP]; SAWS],
    starts: [[i32; GROUP]; SAWS],
    /// Lanes that carry voices, as bits.
    used_lanes: u64,
}

/// The knobs at one frame: each saw's frequency, and its level left and right.
struct Settings<S: Simd> {
    octaves: f32x8<S>,
    ratios: [f32x8<S>; SAWS],
    gains: [[f32x8<S>; SAWS]; 2],
}

struct Job<'g, 'io, 'a> {
    group: &'g mut Group,
    io: &'io mut Io<'a>,
    index: usize,
}

impl Group {
    fn new(seed: u64, first_voice: usize, voices: usize) -> Self {
        let start = |saw: usize, lane: usize| hash(seed, ((first_voice + lane) * SAWS + saw) as u64) as i32;
        let starts = std::array::from_fn(|saw| std::array::from_fn(|lane| start(saw, lane)));
        let used_lanes = (1 << voices.saturating_sub(first_voice).min(GROUP)) - 1;
        let pending = [Pending::new(), Pending::new()];
        Self { tables: residuals(), pending, frequency: Frequency::new(), phases: starts, starts, used_lanes }
    }

    /// One frame of all saws: left and right, naive. Their edges are added to what is pending.
    #[inline(always)]
    fn frame<S: Simd>(&mut self, simd: S, n: usize, steps: &[i32x8<S>; SAWS], gains: &[[f32x8<S>; SAWS]; 2]) -> [f32x8<S>; 2] {
        let mut sums = [splat(simd, 0.0); 2];
        let mut found = i32x8::splat(simd, 0);
        for (index, phase) in self.phases.iter_mut().enumerate() {
            let before = i32x8::from_slice(simd, phase);
            let after = before + steps[index];
            after.store_slice(phase);
            found |= jumped(before, after, steps[index]);
            let ramp = saw(simd, after);
            sums[0] = ramp.mul_add(gains[0][index], sums[0]);
            sums[1] = ramp.mul_add(gains[1][index], sums[1]);
        }
        let lanes = found.simd_lt(i32x8::splat(simd, 0)).to_bitmask() & self.used_lanes;
        if lanes != 0 {
            self.add_edges(simd, n, steps, gains);
        }
        sums
    }

    /// Adds the edges of all saws that have just jumped.
    #[inline(always)]
    fn add_edges<S: Simd>(&mut self, simd: S, n: usize, steps: &[i32x8<S>; SAWS], gains: &[[f32x8<S>; SAWS]; 2]) {
        for (index, phase) in self.phases.iter().enumerate() {
            let after = i32x8::from_slice(simd, phase);
            let found = jumped(after - steps[index], after, steps[index]);
            let mut lanes = found.simd_lt(i32x8::splat(simd, 0)).to_bitmask() & self.used_lanes;
            let (step, gains) = (steps[index].to_array(), [gains[0][index].to_array(), gains[1][index].to_array()]);
            while lanes != 0 {
                let lane = lanes.trailing_zeros() as usize;
                lanes &= lanes - 1;
                let moment = Moment { frame: n, lane, age: (phase[lane] ^ i32::MIN) as f32 / step[lane] as f32 };
                for (pending, gain) in self.pending.iter_mut().zip(&gains) {
                    pending.add(simd, &self.tables.step, moment, -2.0 * gain[lane]);
                }
            }
        }
    }
}

/// Reads the knobs at a frame.
#[inline(always)]
fn settings<S: Simd>(simd: S, params: &[Param<'_>; 5], n: usize, group: usize) -> Settings<S> {
    let (knob, mix) = (params[DETUNE].lanes_at(simd, n, group), params[MIX].lanes_at(simd, n, group));
    let width = params[WIDTH].lanes_at(simd, n, group);
    let one = splat(simd, 1.0);
    let detune = knob * (knob * knob).mul_add(splat(simd, 0.88), splat(simd, 0.12));
    let middle = mix.mul_add(splat(simd, -0.553_66), splat(simd, 0.997_85));
    let side = mix * mix.mul_add(splat(simd, -0.737_64), splat(simd, 1.284_1));
    let scale = one / (side * side).mul_add(splat(simd, 6.0), middle * middle).sqrt();
    let mut settings = Settings {
        octaves: knob_octaves(simd, params[PITCH].lanes_at(simd, n, group), params[FINE].lanes_at(simd, n, group)),
        ratios: [one; SAWS],
        gains: [[one; SAWS]; 2],
    };
    for index in 0..SAWS {
        settings.ratios[index] = detune.mul_add(splat(simd, OFFSETS[index]), one);
        let level = if index == 0 { middle } else { side } * scale;
        for (gains, sign) in settings.gains.iter_mut().zip([-1.0, 1.0]) {
            // Equal power, and each channel of a mono sum as loud as the saw itself.
            gains[index] = (width * splat(simd, sign * PLACES[index]) + one).sqrt() * level;
        }
    }
    settings
}

impl SimdJob for Job<'_, '_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Job { group, io, index } = self;
        let (frames, rate_hz) = (io.frames(), io.sample_rate_hz());
        let highest = splat(simd, MAX_INCREMENT);
        let pitch = io.input(0).group(0, index);
        let params = [PITCH, FINE, DETUNE, MIX, WIDTH].map(|param| io.param(param));
        let are_knobs_still = params.iter().all(|param| param.constant().is_some());
        let is_pitch_still = is_flat(simd, pitch);
        let mut knobs = settings(simd, &params, 0, index);
        let mut steps = [i32x8::splat(simd, 0); SAWS];
        let mut channels: [[Oct; BLOCK]; 2] = [[[0.0; GROUP]; BLOCK]; 2];
        let (mut left, mut right) = (group.pending[0].begin(simd, frames), group.pending[1].begin(simd, frames));
        for n in 0..frames {
            if n > 0 && !are_knobs_still {
                knobs = settings(simd, &params, n, index);
            }
            if n == 0 || !(are_knobs_still && is_pitch_still) {
                let hz = group.frequency.hz(simd, load(simd, &pitch[n]) + knobs.octaves);
                let increment = (hz * splat(simd, 1.0 / rate_hz)).min(highest);
                for (step, ratio) in steps.iter_mut().zip(knobs.ratios) {
                    *step = (increment * ratio * splat(simd, TURN)).to_int();
                }
            }
            let sums = group.frame(simd, n, &steps, &knobs.gains);
            store(left.exchange(sums[0]), &mut channels[0][n]);
            store(right.exchange(sums[1]), &mut channels[1][n]);
        }
        group.pending[0].end(simd, left, &mut channels[0][..frames]);
        group.pending[1].end(simd, right, &mut channels[1][..frames]);
        let mut out = io.output(0);
        for (channel, values) in channels.iter().enumerate().take(out.channels()) {
            out.group(channel, index).copy_from_slice(&values[..frames]);
        }
    }
}

impl Unit for Supersaw {
    fn process(&mut self, io: &mut Io<'_>) {
        for (index, group) in self.groups.iter_mut().enumerate() {
            vectorize(Job { group, io, index });
        }
    }

    fn reset(&mut self) {
        for group in &mut self.groups {
            group.phases = group.starts;
            group.pending.iter_mut().for_each(Pending::reset);
        }
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        face[0] = self.groups.first().map_or(0.0, |group| group.frequency.last_hz(0));
    }
}

#[cfg(test)]
mod tests {
    use super::{OFFSETS, SPEC, build};
    use patchlight_core::octaves_from_hz;
    use patchlight_engine::{Solo, SoloConfig};
    use patchlight_testkit::{Spectrum, db, rms, tone};

    const RATE_HZ: f64 = 48_000.0;
    const FRAMES: usize = 65_536;

    fn play(hz: f64, params: &[(&'static str, f32)], voices: usize) -> Vec<Vec<f32>> {
        let config = SoloConfig { params: params.to_vec(), voices, ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &["pitch"]);
        solo.drive("pitch", vec![vec![octaves_from_hz(hz as f32); FRAMES]]);
        solo.run(FRAMES, 64).outputs.swap_remove(0)
    }

    #[test]
    fn the_saws_are_tuned_as_measured() {
        let left = &play(1000.0, &[("detune", 1.0), ("mix", 1.0)], 1)[0];
        for offset in OFFSETS {
            let hz = 1000.0 * (1.0 + f64::from(offset));
            assert!(tone(left, RATE_HZ, hz).0 > 0.02, "a saw is missing at {hz} Hz");
        }
        assert!(tone(left, RATE_HZ, 1140.0).0 < 1e-4);
    }

    #[test]
    fn all_that_is_heard_lies_on_the_seven_series() {
        let hz = 2000.0;
        let left = &play(hz, &[("detune", 1.0), ("mix", 0.8)], 1)[0];
        let spectrum = Spectrum::new(left, RATE_HZ);
        // 30 bins: the notes lie between bins, and the window leaks.
        let own = |bin_hz: f64| {
            let near =
                |fundamental: f64| (bin_hz / fundamental - (bin_hz / fundamental).round()).abs() * fundamental < 30.0 * spectrum.bin_hz;
            OFFSETS.iter().any(|offset| near(hz * (1.0 + f64::from(*offset))))
        };
        let bins = spectrum.magnitudes.iter().enumerate().map(|(bin, magnitude)| (bin as f64 * spectrum.bin_hz, magnitude));
        let aliases: f64 = bins.filter(|(bin_hz, _)| *bin_hz < 20_000.0 && !own(*bin_hz)).map(|(_, m)| m * m).sum();
        let level = db((aliases / 2.0044).sqrt() / spectrum.at(hz));
        println!("supersaw aliases: {level:.1} dB");
        assert!(level < -85.0);
    }

    #[test]
    fn width_opens_the_stereo_field_and_the_level_stays() {
        let one = rms(&play(220.0, &[("mix", 0.0), ("width", 0.0)], 1)[0]);
        assert!((one - 1.0 / 3_f64.sqrt()).abs() < 0.01, "{one}");
        for mix in [0.5, 1.0] {
            let mono = play(220.0, &[("mix", mix), ("width", 0.0)], 1);
            assert_eq!(mono[0], mono[1]);
            assert!(db(rms(&mono[0]) / one).abs() < 1.5);
        }
        let wide = play(220.0, &[("mix", 1.0), ("width", 1.0)], 1);
        let side: Vec<f32> = wide[0].iter().zip(&wide[1]).map(|(l, r)| 0.5 * (l - r)).collect();
        assert!(db(rms(&side) / one) > -10.0);
        assert!(db(rms(&wide[0]) / rms(&wide[1])).abs() < 1.5, "both sides weigh the same");
    }

    #[test]
    fn voices_have_phases_of_their_own_and_the_same_every_time() {
        let voices = play(220.0, &[], 9);
        assert_ne!(voices[0], voices[1]);
        assert_ne!(voices[0], voices[8]);
        assert_eq!(voices, play(220.0, &[], 9));
        assert_eq!(voices[0], play(220.0, &[], 1)[0]);
    }

    #[test]
    fn blocks_make_no_difference_when_everything_moves() {
        let run = |block: usize| {
            let driven = ["pitch", "detune", "mix", "width"];
            let mut solo = Solo::new(&SPEC, build, &SoloConfig::default(), &driven);
            for (number, id) in driven.iter().enumerate() {
                solo.drive(id, vec![(0..3000).map(|n| (n as f32 * 0.1 * (number + 1) as f32).sin()).collect()]);
            }
            solo.run(3000, block).outputs
        };
        assert_eq!(run(64), run(1));
        assert_eq!(run(64), run(7));
    }
}
