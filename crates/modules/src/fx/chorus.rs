//! Chorus: one to four copies of a sound, each a little late by an amount that sways, so that one becomes many.
//!
//! Voice v reads its delay line at delay + v · spacing + depth · sin(2π(phase + v/4)), the right channel a quarter turn (at full width)
//! ahead of the left; each voice sways quicker than the one before it by the drift, and so does the right than the left. Read by cubic interpolation (third-order Lagrange). Feedback returns the voices' sum into the line,
//! below a limit. Voices fade in and out, times glide, so that no knob clicks.
//!
//! Telemetry: `[0]` the sweep's phase 0 to 1, `[1]` delay of the first voice in seconds.

use crate::dsp::{Approach, EMPTY_ROW, GuardedLine, Knob, PaddedRow, bend_at_one, frames_at, put_frames};
use crate::glide::Glide;
use fearless_simd::{Bytes, SimdCvtFloat, SimdCvtTruncate};
use patchlight_core::{
    Curve, Face, ModuleSpec, ParamSpec, Unit as Measure, Voices, audio, hz, integer, module, percent, preset, secs, unit,
};
use patchlight_engine::simd::{
    Lanes, Simd, SimdBase, SimdFloat, SimdJob, f32x8, f32x16, float_from_i32, i32x16, inlined, sin_turns, splat, u32_from_float, u32x8,
    u32x16, vectorize,
};
use patchlight_engine::{BuildContext, FACE, GROUP, Io, Unit};

const VOICES: usize = 0;
const RATE: usize = 1;
const DEPTH: usize = 2;
const DELAY: usize = 3;
const FEEDBACK: usize = 4;
const WIDTH: usize = 5;
const MIX: usize = 6;
const SPACING: usize = 7;
const DRIFT: usize = 8;
const PARAMS: usize = 9;

pub const SPEC: ModuleSpec = module("fx.chorus", "Chorus")
    .about("One voice becomes several that drift: wide, liquid, eighties. Try it on strings, pads and bass.")
    .tags(&["ensemble", "detune", "width", "stereo", "modulation", "juno", "vibrato", "doubler"])
    .inputs(&[audio("in", "What is to be thickened").stereo()])
    .params(&[
        integer("voices", 1..=MAX_VOICES as i32, 2).about("Copies in each channel"),
        hz("rate_hz", 0.02..=12.0, 0.6).about("How often the copies sway"),
        secs("depth_secs", 0.0..=0.01, 0.002).about("How far the copies sway in time"),
        secs("delay_secs", 0.001..=0.04, 0.009).about("How late the copies are on average"),
        unit("feedback", -0.95..=0.95, 0.0).about("Copies of the copies: towards a flanger"),
        percent("width", 1.0).about("How differently the left and the right sway"),
        percent("mix", 0.5).about("From the dry sound alone to the copies alone (a vibrato, with one voice)"),
        secs("spacing_secs", 0.0..=0.03, 0.0).about("How much later each copy is than the one before it").hidden(),
        hz_from_zero("drift_hz").about("How much quicker each copy sways than the one before it, and the right than the left").hidden(),
    ])
    .presets(&[
        preset("Juno one", "classic wide", "voices 2; rate_hz 0.5; depth_secs 0.002"),
        preset("Ensemble", "strings", "voices 4; rate_hz 0.7; depth_secs 0.004; mix 60"),
        preset("Flanger", "jet", "voices 1; rate_hz 0.15; depth_secs 0.002; delay_secs 0.003; feedback 0.8"),
        preset("Vibrato", "pitch", "voices 1; rate_hz 5; depth_secs 0.0015; mix 100; width 0"),
        preset("Doubler", "voice subtle", "voices 2; rate_hz 0.2; depth_secs 0.001; delay_secs 0.022; mix 40"),
    ])
    .outputs(&[audio("out", "The sound and its copies").stereo()])
    .voices(Voices::One)
    .face(Face::Echoes);

/// No drift is a setting too, which a frequency's knob has not: it is turned like a time.
const fn hz_from_zero(id: &'static str) -> ParamSpec {
    let mut spec = unit(id, 0.0..=2.0, 0.0).curve(Curve::Square);
    spec.unit = Measure::Hz;
    spec
}

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    Box::new(Chorus::new(context.sample_rate_hz))
}

const MAX_VOICES: usize = 4;
/// The longest delay, the farthest of four voices and the sway.
const LONGEST_SECS: f32 = 0.04 + 3.0 * 0.03 + 0.01;
/// Where the four voices stand in the sweep, in turns: two are opposite, four are quarters.
const PLACES: [f32; MAX_VOICES] = [0.0, 0.5, 0.25, 0.75];
/// What returns must lie this much further back than the frames that are made at once.
const CLEARANCE_FRAMES: f32 = 4.0;

struct Chorus {
    lines: [GuardedLine; 2],
    /// By channel and voice, in 2⁻³² turns.
    phases: [[u32; MAX_VOICES]; 2],
    delay: Approach,
    depth: Approach,
    spacing: Approach,
    gains: [Glide; MAX_VOICES],
    loudness: Approach,
    /// What the feedback returns.
    returns: [f32; 2],
    first_secs: f32,
}

/// What stands still for a stretch of frames.
#[derive(Clone, Copy)]
struct Sway {
    delay: f64,
    depth: f32,
    spacing: f64,
    gains: [f32; MAX_VOICES],
    loudness: f32,
    width: f32,
    feedback: f32,
    mix: f32,
    /// Turns per frame in 2⁻³², by channel and voice.
    steps: [[u32; MAX_VOICES]; 2],
}

impl Chorus {
    fn new(sample_rate_hz: f32) -> Self {
        let longest = (LONGEST_SECS * sample_rate_hz) as usize + 8;
        Self {
            lines: [GuardedLine::new(longest), GuardedLine::new(longest)],
            phases: [[0; MAX_VOICES]; 2],
            delay: Approach::default(),
            depth: Approach::default(),
            spacing: Approach::default(),
            gains: [Glide::default(); MAX_VOICES],
            loudness: Approach::default(),
            returns: [0.0; 2],
            first_secs: 0.0,
        }
    }

    /// What holds in frame `n`, and for how many frames it will.
    fn sway(&mut self, knobs: &[Knob<'_>; PARAMS], n: usize, frames: usize, rate: f32) -> (Sway, usize) {
        let at = |index: usize| knobs[index].at(n);
        // Times glide over 60 ms: a knob that jumps bends the pitch a little, and does not click.
        let glide = 1.0 / (0.06 * f64::from(rate));
        let fade = 1.0 / (0.02 * rate);
        let count = at(VOICES);
        let wanted = |v: usize| if (v as f32) < count { 1.0 } else { 0.0 };
        let targets = [DELAY, DEPTH, SPACING].map(|index| f64::from(at(index) * rate));
        let loudness = 1.0 / f64::from(count.max(1.0)).sqrt();
        let is_still = (0..PARAMS).all(|index| knobs[index].constant().is_some())
            && self.delay.stands_at(targets[0])
            && self.depth.stands_at(targets[1])
            && self.spacing.stands_at(targets[2])
            && self.loudness.stands_at(loudness)
            && (0..MAX_VOICES).all(|v| self.gains[v].is_at(wanted(v)));
        let delay = self.delay.next(targets[0], glide);
        // The sway must not pass the present.
        let depth = self.depth.next(targets[1], glide).min(delay - 2.0).max(0.0) as f32;
        let step = |turns: f32| (f64::from(turns / rate) * 4_294_967_296.0).round() as i64 as u32;
        let sway = Sway {
            delay,
            depth,
            spacing: self.spacing.next(targets[2], glide),
            gains: std::array::from_fn(|v| self.gains[v].next(wanted(v), fade)),
            loudness: self.loudness.next(loudness, glide) as f32,
            width: at(WIDTH),
            feedback: at(FEEDBACK),
            mix: at(MIX),
            steps: std::array::from_fn(|c| std::array::from_fn(|v| step(at(RATE) + (v + c) as f32 * at(DRIFT)))),
        };
        (sway, if is_still { frames } else { 1 })
    }

    /// The sums of a channel's voices in as many frames as there are, the first of which was pushed `pushed` frames ago.
    #[inline(always)]
    fn voices<S: Simd>(&mut self, simd: S, channel: usize, sway: &Sway, pushed: usize, count: usize, sums: &mut PaddedRow) {
        let offset = if channel == 1 { 0.25 * sway.width } else { 0.0 };
        let line = &self.lines[channel];
        for voice in 0..MAX_VOICES {
            let gain = sway.gains[voice];
            let step = sway.steps[channel][voice];
            let mut phases =
                u32x8::splat(simd, self.phases[channel][voice]) + u32x8::from_slice(simd, &FROM_ONE) * u32x8::splat(simd, step);
            self.phases[channel][voice] = self.phases[channel][voice].wrapping_add(step.wrapping_mul(count as u32));
            if gain <= 0.0 {
                continue;
            }
            let eight_steps = u32x8::splat(simd, step.wrapping_mul(GROUP as u32));
            let place = splat(simd, offset + PLACES[voice]);
            // What is whole of the standing part is split off first, so that what sways is exact.
            let standing = sway.delay + sway.spacing * voice as f64;
            let whole = standing.floor();
            let (rest, depth, gain) = (splat(simd, (standing - whole) as f32), splat(simd, sway.depth), splat(simd, gain));
            // No nearer than the frame before the last. Delays count from the push, so one less from the frame itself.
            let (least, base) = (splat(simd, (2.0 - whole) as f32), u32x8::splat(simd, whole as u32 - 1));
            let mut n = 0;
            while n + 2 * GROUP <= count {
                let wide = simd.combine_u32x8(phases, phases + eight_steps);
                let join = inlined(
                    #[inline(always)]
                    |value: f32x8<S>| f32x16::join(simd, [value; 2]),
                );
                let turns = sixteen_signed_turns(simd, wide) + join(place);
                let late = sin_turns(simd, turns).mul_add(join(depth), join(rest)).max(join(least));
                let below = late.floor();
                let frames = sixteen_from_float(below) + simd.combine_u32x8(base, base);
                let heard = line.cubic_of_sixteen(simd, pushed.wrapping_sub(n), frames, late - below);
                let [first, second] = heard.parts(simd);
                put_frames(first.mul_add(gain, frames_at(simd, sums, n)), sums, n);
                put_frames(second.mul_add(gain, frames_at(simd, sums, n + GROUP)), sums, n + GROUP);
                phases += eight_steps + eight_steps;
                n += 2 * GROUP;
            }
            for n in (n..count).step_by(GROUP) {
                let late = sin_turns(simd, signed_turns(simd, phases) + place).mul_add(depth, rest).max(least);
                let below = late.floor();
                let frames = u32_from_float(simd, below) + base;
                let heard = line.cubic(simd, pushed.wrapping_sub(n), frames, late - below);
                put_frames(heard.mul_add(gain, frames_at(simd, sums, n)), sums, n);
                phases += eight_steps;
            }
        }
    }

    /// Any number of frames, when nothing returns.
    #[inline(always)]
    fn forward<S: Simd>(&mut self, simd: S, sway: &Sway, dry: [&[f32]; 2], outs: [&mut [f32]; 2]) {
        let count = dry[0].len();
        for (channel, out) in outs.into_iter().enumerate() {
            self.lines[channel].push(dry[channel]);
            let mut sums = EMPTY_ROW;
            self.voices(simd, channel, sway, count, count, &mut sums);
            put_mix(simd, sway, dry[channel], &sums, out);
            self.returns[channel] = sums[count - 1] * (sway.loudness * sway.loudness);
        }
    }

    /// Up to eight frames, when the voices' sum returns.
    #[inline(always)]
    fn around<S: Simd>(&mut self, simd: S, sway: &Sway, dry: [&[f32]; 2], outs: [&mut [f32]; 2]) {
        let count = dry[0].len();
        let back = sway.loudness * sway.loudness;
        for (channel, out) in outs.into_iter().enumerate() {
            let mut sums = EMPTY_ROW;
            if count == 1 {
                let entering = [dry[channel][0] + bend_at_one(sway.feedback * self.returns[channel])];
                self.lines[channel].push(&entering);
                self.voices(simd, channel, sway, 1, 1, &mut sums);
            } else {
                // None of these frames is read yet: the sum is known before they are pushed, each with what the one before it returned.
                self.voices(simd, channel, sway, 0, count, &mut sums);
                let mut entering = [0.0; GROUP];
                let mut last = self.returns[channel];
                for n in 0..count {
                    entering[n] = dry[channel][n] + bend_at_one(sway.feedback * last);
                    last = sums[n] * back;
                }
                self.lines[channel].push(&entering[..count]);
            }
            put_mix(simd, sway, dry[channel], &sums, out);
            self.returns[channel] = sums[count - 1] * back;
        }
    }

    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut Io<'_>) {
        let (frames, rate) = (io.frames(), io.sample_rate_hz());
        let input = io.input(0);
        let dry = [input.row(0, 0), input.row(1, 0)];
        let knobs: [Knob<'_>; PARAMS] = std::array::from_fn(|index| Knob::new(io.param(index), 0));
        let mut out = io.output(0);
        let (left, Some(right)) = out.pair(0) else { return };
        let mut first = 0;
        while first < frames {
            let (sway, holds) = self.sway(&knobs, first, frames - first, rate);
            let until = first + holds;
            if sway.feedback == 0.0 {
                let dry = [&dry[0][first..until], &dry[1][first..until]];
                self.forward(simd, &sway, dry, [&mut left[first..until], &mut right[first..until]]);
                first = until;
            }
            let is_clear = sway.delay as f32 - sway.depth > GROUP as f32 + CLEARANCE_FRAMES;
            while first < until {
                let count = if is_clear { GROUP.min(until - first) } else { 1 };
                let range = first..first + count;
                let dry = [&dry[0][range.clone()], &dry[1][range.clone()]];
                self.around(simd, &sway, dry, [&mut left[range.clone()], &mut right[range]]);
                first += count;
            }
            let turns = f64::from(self.phases[0][0]) / 4_294_967_296.0;
            self.first_secs = ((sway.delay + f64::from(sway.depth) * (std::f64::consts::TAU * turns).sin()) / f64::from(rate)) as f32;
        }
    }
}

/// The phase moves before it is looked at.
const FROM_ONE: [u32; GROUP] = [1, 2, 3, 4, 5, 6, 7, 8];

/// Phases in 2⁻³² turns as turns from −½ to ½.
#[inline(always)]
fn signed_turns<S: Simd>(simd: S, phases: u32x8<S>) -> f32x8<S> {
    float_from_i32(simd, phases) * splat(simd, 1.0 / 4_294_967_296.0)
}

/// [`signed_turns`] of sixteen.
#[inline(always)]
fn sixteen_signed_turns<S: Simd>(simd: S, phases: u32x16<S>) -> f32x16<S> {
    let signed: i32x16<S> = phases.bitcast();
    let steps: f32x16<S> = SimdCvtFloat::float_from(signed);
    steps * f32x16::splat(simd, 1.0 / 4_294_967_296.0)
}

/// Numbers from 0 up to 2³¹ without what lies behind the point.
#[inline(always)]
fn sixteen_from_float<S: Simd>(lanes: f32x16<S>) -> u32x16<S> {
    let signed: i32x16<S> = SimdCvtTruncate::truncate_from(lanes);
    signed.bitcast()
}

/// The dry sound and the sum of the voices.
#[inline(always)]
fn put_mix<S: Simd>(simd: S, sway: &Sway, dry: &[f32], sums: &PaddedRow, out: &mut [f32]) {
    for n in (0..dry.len()).step_by(GROUP) {
        let x = frames_at(simd, dry, n);
        let wet = frames_at(simd, sums, n) * splat(simd, sway.loudness);
        put_frames((wet - x).mul_add(splat(simd, sway.mix), x), out, n);
    }
}

struct Job<'u, 'io, 'a>(&'u mut Chorus, &'io mut Io<'a>);

impl SimdJob for Job<'_, '_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        self.0.run(simd, self.1);
    }
}

impl Unit for Chorus {
    fn process(&mut self, io: &mut Io<'_>) {
        vectorize(Job(self, io));
    }

    fn reset(&mut self) {
        self.lines.iter_mut().for_each(GuardedLine::reset);
        self.phases = [[0; MAX_VOICES]; 2];
        (self.delay, self.depth, self.spacing, self.loudness) =
            (Approach::default(), Approach::default(), Approach::default(), Approach::default());
        self.gains = [Glide::default(); MAX_VOICES];
        self.returns = [0.0; 2];
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        face[0] = self.phases[0][0] as f32 / 4_294_967_296.0;
        face[1] = self.first_secs;
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};
    use patchlight_testkit::{cents_between, frequency_hz, rms};

    const RATE: usize = 48_000;

    fn play(params: &[(&'static str, f32)], input: Vec<f32>) -> Vec<Vec<f32>> {
        let config = SoloConfig { params: params.to_vec(), channels: 2, ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &["in"]);
        let frames = input.len();
        solo.drive("in", vec![input]);
        solo.run(frames, 64).outputs.remove(0)
    }

    fn sine(hz: f64, frames: usize) -> Vec<f32> {
        (0..frames).map(|n| 0.5 * (std::f64::consts::TAU * hz * n as f64 / 48_000.0).sin() as f32).collect()
    }

    #[test]
    fn one_voice_alone_bends_pitch_by_the_formula() {
        // 2 ms of sway once a second: at its steepest the delay changes by 2π · 0.002 s/s.
        let params = [("voices", 1.0), ("rate_hz", 1.0), ("depth_secs", 0.002), ("mix", 1.0), ("width", 0.0)];
        let out = play(&params, sine(1000.0, 2 * RATE)).remove(0);
        let heard = frequency_hz(&out[RATE - 600..RATE + 600], 48_000.0, 990.0);
        let expected = 1000.0 * (1.0 - std::f64::consts::TAU * 0.002);
        assert!(cents_between(expected, heard).abs() < 1.0, "{heard} Hz for {expected}");
    }

    #[test]
    fn width_parts_the_channels_and_no_width_joins_them() {
        let differ = |width: f32| {
            let out = play(&[("width", width), ("mix", 1.0)], sine(440.0, RATE));
            let side: Vec<f32> = out[0].iter().zip(&out[1]).map(|(l, r)| l - r).collect();
            rms(&side)
        };
        assert_eq!(differ(0.0), 0.0);
        assert!(differ(1.0) > 0.1);
    }

    #[test]
    fn dry_is_dry_and_every_voice_is_heard() {
        let input = sine(440.0, 4800);
        assert_eq!(play(&[("mix", 0.0)], input.clone())[0], input);
        // An impulse comes back once for each voice that stands elsewhere in the sweep.
        let impulse = [vec![1.0], vec![0.0; 4799]].concat();
        for voices in 1..=4_u8 {
            let params = [("voices", f32::from(voices)), ("mix", 1.0), ("depth_secs", 0.004), ("rate_hz", 2.0)];
            let out = play(&params, impulse.clone()).remove(0);
            let echoes = out.windows(3).filter(|w| w[1] > 0.2 && w[1] >= w[0] && w[1] > w[2]).count();
            assert_eq!(echoes, usize::from(voices));
        }
    }
}
