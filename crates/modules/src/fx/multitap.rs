//! Multitap delay: up to eight echoes, each with a time, a level, a place between left and right, and its share in what is echoed again.
//!
//! One line a side holds what entered and what the taps return: line[n] = x[n] + Σ fᵢ·line[n − dᵢ]; what is heard of tap i is its level, panned
//! as in the mixer (constant power, unity in the middle), times line[n − dᵢ]. Times are whole frames. When one changes, a second head fades
//! in over 20 ms, so pitch never bends. What returns is left as it is up to ±1 and bent below ±2 when louder, so that taps that feed back
//! more than all there is never run away.
//!
//! Telemetry: `[0]` time of the first tap in seconds, `[1]` its feedback, `[2]` peak of the last echoes.

use crate::dsp::{EMPTY_ROW, GuardedLine, Knob, Memo, PaddedRow, bend_at_one, frames_at, put_frames};
use crate::glide::{Glide, pan_law, switch_step};
use patchlight_core::{Face, ModuleSpec, ParamSpec, Voices, audio, bipolar, integer, module, percent, preset, secs};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, SimdJob, splat, vectorize};
use patchlight_engine::{BuildContext, FACE, GROUP, Io, Unit};
use std::ops::Range;

const TAPS: usize = 8;
const TIME: usize = 0;
const LEVEL: usize = 1;
const PAN: usize = 2;
const FEEDBACK: usize = 3;
const PARAMS_PER_TAP: usize = 4;
const COUNT: usize = TAPS * PARAMS_PER_TAP;
const MIX: usize = COUNT + 1;

const LONGEST_SECS: f32 = 4.0;
const FADE_SECS: f32 = 0.02;

macro_rules! taps {
    ($($number:literal: $time_secs:literal $level:literal $pan:literal $feedback:literal;)*) => {
        const PARAMS: &[ParamSpec] = &[
            $(
                secs(concat!("time_", $number, "_secs"), 0.001..=LONGEST_SECS, $time_secs).about(concat!("How late tap ", $number, " is")),
                percent(concat!("level_", $number), $level).about(concat!("Loudness of tap ", $number)),
                bipolar(concat!("pan_", $number), $pan).about(concat!("Tap ", $number, " from left (−100 %) to right (100 %)")).hidden(),
                bipolar(concat!("feedback_", $number), $feedback).about(concat!("How much of tap ", $number, " is echoed again")).hidden(),
            )*
            integer("taps", 1..=TAPS as i32, 4).about("How many of the taps sound"),
            percent("mix", 0.4).about("From the dry sound alone, both full in the middle, to the echoes alone"),
        ];
    };
}

taps! {
    1: 0.125 0.8 -0.5 0.0;
    2: 0.25 0.65 0.5 0.0;
    3: 0.375 0.5 -0.25 0.0;
    4: 0.5 0.4 0.25 0.3;
    5: 0.625 0.35 -0.75 0.0;
    6: 0.75 0.3 0.75 0.0;
    7: 0.875 0.25 -1.0 0.0;
    8: 1.0 0.2 1.0 0.0;
}

pub const SPEC: ModuleSpec = module("fx.multitap", "Multitap delay")
    .about("Eight echoes, each set by itself: rhythms out of one hit, or a cloud around a voice.")
    .tags(&["delay", "echo", "taps", "rhythm", "repeat", "pattern", "feedback", "space"])
    .inputs(&[audio("in", "What is to be echoed").stereo()])
    .params(PARAMS)
    .presets(&[
        preset("Triplets", "rhythm", "taps 3; time_1_secs 0.167; time_2_secs 0.333; time_3_secs 0.5"),
        preset("Early room", "reflections", "taps 8; time_1_secs 0.011; time_2_secs 0.019; time_3_secs 0.027; time_4_secs 0.034; time_5_secs 0.043; time_6_secs 0.051; time_7_secs 0.062; time_8_secs 0.073; feedback_4 0; mix 35"),
        preset("Reverse swell", "rising", "taps 6; level_1 10; level_2 20; level_3 35; level_4 50; level_5 70; level_6 90; feedback_4 0"),
        preset("Left right", "stereo", "taps 4; pan_1 -100; pan_2 100; pan_3 -100; pan_4 100; feedback_4 40"),
        preset("Everlasting", "loop dub", "taps 2; time_1_secs 0.375; time_2_secs 0.5; feedback_1 30; feedback_2 45; mix 50"),
    ])
    .outputs(&[audio("out", "The sound with its echoes").stereo()])
    .voices(Voices::One)
    .face(Face::Echoes);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    let rate = context.sample_rate_hz;
    let longest = (LONGEST_SECS * rate).ceil() as usize;
    Box::new(Multitap {
        rate,
        fade_frames: ((FADE_SECS * rate) as u32).max(1),
        lines: [GuardedLine::new(longest), GuardedLine::new(longest)],
        taps: [Tap::new(); TAPS],
        loudest: 0.0,
        face: [0.0; 2],
    })
}

#[derive(Clone, Copy)]
struct Tap {
    /// Delay of the head that is heard, in frames; 0 before the first frame.
    head: usize,
    /// The head that fades in, and the frames until it is there alone.
    next: Option<(usize, u32)>,
    /// 1 sounds, 0 does not.
    on: Glide,
    pan: Memo<f32, [f32; 2]>,
}

struct Multitap {
    rate: f32,
    fade_frames: u32,
    lines: [GuardedLine; 2],
    taps: [Tap; TAPS],
    loudest: f32,
    face: [f32; 2],
}

/// A tap's knobs.
#[derive(Clone, Copy)]
struct Knobs<'a> {
    time_secs: Knob<'a>,
    level: Knob<'a>,
    pan: Knob<'a>,
    feedback: Knob<'a>,
}

impl<'a> Knobs<'a> {
    fn new(io: &Io<'a>, tap: usize) -> Self {
        let knob = |index: usize| Knob::new(io.param(tap * PARAMS_PER_TAP + index), 0);
        Self { time_secs: knob(TIME), level: knob(LEVEL), pan: knob(PAN), feedback: knob(FEEDBACK) }
    }
}

/// What a tap's sound is multiplied by: of what is fed back, and of what is heard left and right.
enum Gains {
    Off,
    Still([f32; 3]),
    /// By frame, in the rows that were given.
    Moving,
}

impl Tap {
    const fn new() -> Self {
        Self { head: 0, next: None, on: Glide::off(), pan: Memo::new() }
    }

    /// How many of the next frames can be made in one go.
    fn stretch(&mut self, knob: &Knob<'_>, n: usize, frames: usize, rate: f32, fade_frames: u32) -> usize {
        let target = ((knob.at(n) * rate).round() as usize).max(1);
        if self.head == 0 {
            self.head = target;
        }
        if self.next.is_none() && target != self.head {
            self.next = Some((target, fade_frames));
        }
        let until_there = self.next.map_or(frames, |(_, left)| left as usize);
        let nearest = self.next.map_or(self.head, |(next, _)| next.min(self.head));
        let moves = knob.constant().is_none();
        frames.min(until_there).min(nearest).min(if moves { 1 } else { frames })
    }

    /// What the tap hears on a line, its heads faded. `row` is for what does not lie there as it is heard.
    #[inline(always)]
    fn hear<'r, S: Simd>(&self, simd: S, line: &'r GuardedLine, fade_frames: u32, row: &'r mut PaddedRow, count: usize) -> &'r [f32] {
        let Some((next, left)) = self.next else {
            if let Some(frames) = line.row(self.head, count) {
                return frames;
            }
            line.copy(self.head, &mut row[..count]);
            return &row[..count];
        };
        line.copy(self.head, &mut row[..count]);
        let (mut other, mut shares) = (EMPTY_ROW, EMPTY_ROW);
        line.copy(next, &mut other[..count]);
        for (n, share) in shares[..count].iter_mut().enumerate() {
            *share = (fade_frames - left + n as u32 + 1) as f32 / fade_frames as f32;
        }
        for n in (0..count).step_by(GROUP) {
            let (a, b) = (frames_at(simd, row, n), frames_at(simd, &other, n));
            put_frames((b - a).mul_add(frames_at(simd, &shares, n), a), row, n);
        }
        &row[..count]
    }

    fn advance(&mut self, count: usize) {
        if let Some((next, left)) = &mut self.next {
            *left -= (count as u32).min(*left);
            if *left == 0 {
                self.head = *next;
                self.next = None;
            }
        }
    }

    /// The gains of a stretch of frames.
    fn gains(
        &mut self,
        knobs: &Knobs<'_>,
        taps: &Knob<'_>,
        number: usize,
        stretch: Range<usize>,
        step: f32,
        rows: &mut [PaddedRow; 3],
    ) -> Gains {
        let wanted = |n: usize| if (number as f32) < taps.at(n) { 1.0 } else { 0.0 };
        let gains = |tap: &mut Self, n: usize, on: f32| {
            let pan = tap.pan.get(knobs.pan.at(n), pan_law);
            let level = knobs.level.at(n) * on;
            [knobs.feedback.at(n) * on, level * pan[0], level * pan[1]]
        };
        if taps.constant().is_some() && self.on.is_at(wanted(stretch.start)) {
            let on = self.on.next(wanted(stretch.start), step);
            if on == 0.0 {
                return Gains::Off;
            }
            if knobs.level.constant().is_some() && knobs.pan.constant().is_some() && knobs.feedback.constant().is_some() {
                return Gains::Still(gains(self, stretch.start, on));
            }
        }
        for (n, frame) in stretch.enumerate() {
            let on = self.on.next(wanted(frame), step);
            let values = gains(self, frame, on);
            for (row, value) in rows.iter_mut().zip(values) {
                row[n] = value;
            }
        }
        Gains::Moving
    }
}

/// Adds a tap to what returns or to what is heard.
#[inline(always)]
fn add<S: Simd>(simd: S, tap: &[f32], gain: f32, moving: Option<&PaddedRow>, sums: &mut PaddedRow) {
    for n in (0..tap.len()).step_by(GROUP) {
        let gain = match moving {
            Some(gains) => frames_at(simd, gains, n),
            None => splat(simd, gain),
        };
        put_frames(frames_at(simd, tap, n).mul_add(gain, frames_at(simd, sums, n)), sums, n);
    }
}

impl Multitap {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut Io<'_>) {
        let frames = io.frames();
        let (input, rate) = (io.input(0), self.rate);
        let dry = [input.row(0, 0), input.row(1, 0)];
        let knobs: [Knobs<'_>; TAPS] = std::array::from_fn(|tap| Knobs::new(io, tap));
        let (taps, mix) = (Knob::new(io.param(COUNT), 0), Knob::new(io.param(MIX), 0));
        let step = switch_step(rate);
        let mut out = io.output(0);
        let (left, Some(right)) = out.pair(0) else { return };
        let outs = [left, right];
        let mut loudest = splat(simd, 0.0);
        let (mut rows, mut row) = ([EMPTY_ROW; 3], EMPTY_ROW);
        let mut first = 0;
        while first < frames {
            let mut count = frames - first;
            for (tap, knobs) in self.taps.iter_mut().zip(&knobs) {
                count = count.min(tap.stretch(&knobs.time_secs, first, count, rate, self.fade_frames));
            }
            let (mut returns, mut heard) = ([EMPTY_ROW; 2], [EMPTY_ROW; 2]);
            for (number, (tap, knobs)) in self.taps.iter_mut().zip(&knobs).enumerate() {
                let (values, is_moving) = match tap.gains(knobs, &taps, number, first..first + count, step, &mut rows) {
                    Gains::Off => ([0.0; 3], false),
                    Gains::Still(values) => (values, false),
                    Gains::Moving => ([1.0; 3], true),
                };
                if values != [0.0; 3] {
                    for side in 0..2 {
                        let x = tap.hear(simd, &self.lines[side], self.fade_frames, &mut row, count);
                        if values[0] != 0.0 {
                            add(simd, x, values[0], is_moving.then_some(&rows[0]), &mut returns[side]);
                        }
                        if values[1 + side] != 0.0 {
                            add(simd, x, values[1 + side], is_moving.then_some(&rows[1 + side]), &mut heard[side]);
                        }
                    }
                }
                tap.advance(count);
            }
            for side in 0..2 {
                let row = &mut returns[side];
                let mut most = splat(simd, 0.0);
                for n in (0..count).step_by(GROUP) {
                    most = most.max(frames_at(simd, &row[..count], n).abs());
                }
                if simd.reduce_max_f32x8(most) > 1.0 {
                    row[..count].iter_mut().for_each(|x| *x = bend_at_one(*x));
                }
                let x = &dry[side][first..first + count];
                let out = &mut outs[side][first..first + count];
                let (one, two) = (splat(simd, 1.0), splat(simd, 2.0));
                for n in (0..count).step_by(GROUP) {
                    let (x, echoes) = (frames_at(simd, x, n), frames_at(simd, &heard[side][..count], n));
                    let mix = mix.eight_at(simd, first + n);
                    let (dry_gain, wet_gain) = ((two - two * mix).min(one), (two * mix).min(one));
                    put_frames(echoes.mul_add(wet_gain, x * dry_gain), out, n);
                    put_frames(x + frames_at(simd, row, n), row, n);
                    loudest = loudest.max(echoes.abs());
                }
                self.lines[side].push(&row[..count]);
            }
            first += count;
        }
        self.loudest = (self.loudest * 0.995_f32.powi(frames as i32)).max(simd.reduce_max_f32x8(loudest));
        self.face = [self.taps[0].head as f32 / rate, knobs[0].feedback.at(frames - 1)];
    }
}

struct Job<'u, 'io, 'a>(&'u mut Multitap, &'io mut Io<'a>);

impl SimdJob for Job<'_, '_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        self.0.run(simd, self.1);
    }
}

impl Unit for Multitap {
    fn process(&mut self, io: &mut Io<'_>) {
        vectorize(Job(self, io));
    }

    fn reset(&mut self) {
        self.lines.iter_mut().for_each(GuardedLine::reset);
        self.taps = [Tap::new(); TAPS];
        (self.loudest, self.face) = (0.0, [0.0; 2]);
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        face[..3].copy_from_slice(&[self.face[0], self.face[1], self.loudest]);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};
    use patchlight_testkit::{largest_step, peak};

    const RATE: usize = 48_000;

    fn solo(params: &[(&'static str, f32)], input: Vec<Vec<f32>>) -> Solo {
        let config = SoloConfig { params: params.to_vec(), channels: 2, ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &["in"]);
        solo.drive("in", input);
        solo
    }

    #[test]
    fn each_tap_comes_in_time_at_its_level_and_on_its_side() {
        let params =
            [("mix", 1.0), ("taps", 2.0), ("time_1_secs", 0.1), ("level_1", 0.5), ("pan_1", -1.0), ("pan_2", 0.0), ("level_2", 0.25)];
        let out = solo(&params, vec![vec![1.0], vec![1.0]]).run(RATE, 64).outputs.remove(0);
        let heard: Vec<(usize, f32, f32)> =
            (0..RATE).map(|n| (n, out[0][n], out[1][n])).filter(|(_, l, r)| l.abs().max(r.abs()) > 1e-6).collect();
        assert_eq!(heard.len(), 2, "{heard:?}");
        let (one, two) = (heard[0], heard[1]);
        assert!(one.0 == 4800 && (one.1 - 0.5 * 2.0_f32.sqrt()).abs() < 1e-6 && one.2.abs() < 1e-6, "{one:?}");
        assert_eq!(two, (12_000, 0.25, 0.25));
    }

    /// The feedback delay of the peer benchmark: y[n] = x[n] + 0.15·Σ y[n − d].
    #[test]
    fn four_taps_that_feed_back_are_the_recursion_they_stand_for() {
        let delays = [5280, 11_040, 17_760, 24_000];
        let mut params = vec![("mix", 0.5), ("taps", 4.0)];
        let ids = [
            ["time_1_secs", "level_1", "pan_1", "feedback_1"],
            ["time_2_secs", "level_2", "pan_2", "feedback_2"],
            ["time_3_secs", "level_3", "pan_3", "feedback_3"],
            ["time_4_secs", "level_4", "pan_4", "feedback_4"],
        ];
        for (ids, secs) in ids.into_iter().zip([0.11, 0.23, 0.37, 0.5]) {
            params.extend(ids.into_iter().zip([secs, 0.15, 0.0, 0.15]));
        }
        let input: Vec<f32> = (0..2 * RATE).map(|n| ((n as f32 * 12.9898).sin() * 43_758.547).fract() * 0.5).collect();
        let out = solo(&params, vec![input.clone()]).run(2 * RATE, 64).outputs.remove(0);
        let mut exact = vec![0.0_f64; 2 * RATE];
        for n in 0..2 * RATE {
            let back: f64 = delays.iter().filter(|d| **d <= n).map(|d| exact[n - d]).sum();
            exact[n] = f64::from(input[n]) + 0.15 * back;
        }
        let worst = out[0].iter().zip(&exact).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
        assert!(worst < 1e-5, "{worst}");
    }

    #[test]
    fn a_time_that_jumps_does_not_click_and_too_much_feedback_stays_bounded() {
        let sine: Vec<f32> = (0..4 * RATE).map(|n| 0.5 * (std::f32::consts::TAU * 300.0 * n as f32 / 48_000.0).sin()).collect();
        let mut solo = solo(&[("mix", 1.0), ("taps", 1.0), ("feedback_4", 1.0)], vec![sine]);
        solo.run(RATE / 4, 64);
        let steady = largest_step(&solo.run(RATE / 100, 64).outputs[0][0]).1;
        solo.set("time_1_secs", 0.2, 240);
        assert!(largest_step(&solo.run(RATE / 4, 64).outputs[0][0]).1 < 2.0 * steady + 0.01);
        solo.set("feedback_1", 1.0, 240);
        solo.set("taps", 8.0, 0);
        let loudest = peak(&solo.run(3 * RATE, 64).outputs[0][0]);
        assert!(loudest < 12.0, "{loudest}");
    }
}
