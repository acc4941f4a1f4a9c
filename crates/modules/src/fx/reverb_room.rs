//! Room reverb: Freeverb's eight damped combs and four allpasses a side, its lengths scaled to the sample rate and to the size.
//!
//! After Jezar at Dreampoint's Freeverb (2000), as J. O. Smith describes it (*Physical Audio Signal Processing*, "Freeverb"): comb i
//! stores x + gᵢ·s with s = (1−d)·out + d·s. Where Freeverb has one feedback for all combs, gᵢ = 10^(−3·mᵢ/(T60·rate)) for a comb of mᵢ
//! frames (M. R. Schroeder, *Natural Sounding Artificial Reverberation*, JAES 1962), so that the lows of all of them last T60. The right
//! side's lines are longer by 23 frames at 44.1 kHz. Each side's combs run as the eight lanes of a vector.
//!
//! Telemetry: `[0]` predelay in seconds, `[1]` decay in seconds, `[2]` peak of the tail of late.

use crate::dsp::{Approach, EMPTY_ROW, GuardedLine, Knob, Memo, PaddedRow, frames_at, put_frames, split_delay};
use patchlight_core::{Face, ModuleSpec, Voices, audio, module, percent, preset, secs};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, SimdJob, f32x8, load, splat, store, transpose, u32x8, vectorize};
use patchlight_engine::{BLOCK, BuildContext, FACE, GROUP, Io, Oct, Unit};

const PREDELAY: usize = 0;
const DECAY: usize = 1;
const SIZE: usize = 2;
const DAMPING: usize = 3;
const WIDTH: usize = 4;
const MIX: usize = 5;

pub const SPEC: ModuleSpec = module("fx.reverb_room", "Room reverb")
    .about("A room around the sound, from a closet to a hall: light and quick to sit in. Try it on drums and keys.")
    .tags(&["reverb", "room", "hall", "space", "ambience", "freeverb", "tail", "schroeder"])
    .inputs(&[audio("in", "What is put into the room").stereo()])
    .params(&[
        secs("predelay_secs", 0.0..=0.25, 0.0).about("Silence before the room answers: keeps the sound in front"),
        secs("decay_secs", 0.1..=20.0, 1.4).about("Time until the lows of the tail are 60 dB down"),
        percent("size", 0.5).about("How far its walls are apart; another size is another room, which fades in").structural(),
        percent("damping", 0.5).about("How much sooner the highs die away than the lows"),
        percent("width", 1.0).about("From mono to the full width of the tail"),
        percent("mix", 0.3).about("From the dry sound alone, both full in the middle, to the tail alone"),
    ])
    .presets(&[
        preset("Small room", "drum short", "decay_secs 0.4; size 20; mix 20"),
        preset("Studio", "natural", "decay_secs 0.8; size 40; damping 60; mix 22"),
        preset("Hall", "long", "predelay_secs 0.02; decay_secs 2.6; size 85; mix 30"),
        preset("Tiled", "bright", "decay_secs 1.6; size 35; damping 5"),
        preset("Far away", "wet distant", "predelay_secs 0; decay_secs 3; size 75; damping 80; mix 85"),
    ])
    .outputs(&[audio("out", "The sound in its room").stereo()])
    .voices(Voices::One)
    .face(Face::Echoes);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    Box::new(Room::new(context.sample_rate_hz, context.params.get(SIZE).copied().unwrap_or(SPEC.params[SIZE].default)))
}

/// Lengths in frames at 44.1 kHz and the middle size. The combs are within twelve frames of Freeverb's, drawn so that fewer resonances of several
/// combs fall together: at worst one stands 11.4 dB out late in the tail, over five rooms, in place of 12.3 dB.
const COMBS: [f32; GROUP] = [1104.0, 1176.0, 1267.0, 1362.0, 1419.0, 1503.0, 1545.0, 1617.0];
const ALLPASSES: [f32; 4] = [556.0, 441.0, 341.0, 225.0];
const SPREAD: f32 = 23.0;
const FREEVERB_RATE_HZ: f32 = 44_100.0;
/// What an allpass stores of its output.
const DIFFUSION: f32 = 0.5;
const LONGEST_PREDELAY_SECS: f32 = 0.25;
/// Full damping would leave nothing but the mean.
const MOST_DAMPING: f32 = 0.97;
/// Brings the tail near the loudness of the dry sound at the default decay.
const TAIL_GAIN: f32 = 0.036;

/// Frames that come back after the ring's length, which is at least a block. Those of the first block are repeated behind the last, so that the next
/// block lies in one piece wherever it begins.
struct Ring {
    frames: Box<[f32]>,
    length: usize,
    at: usize,
}

impl Ring {
    fn new(length: f32) -> Self {
        let length = (length.round() as usize).max(BLOCK);
        Self { frames: vec![0.0; length + BLOCK].into_boxed_slice(), length, at: 0 }
    }

    fn reset(&mut self) {
        self.frames.fill(0.0);
        self.at = 0;
    }

    /// The frames that are due, to be replaced by those that come back after them: as many as [`Ring::advance`] is told.
    #[inline(always)]
    fn due(&mut self, count: usize) -> &mut [f32] {
        &mut self.frames[self.at..self.at + count]
    }

    /// Goes on behind what was replaced.
    #[inline(always)]
    fn advance(&mut self, count: usize) {
        let (from, until) = (self.at, self.at + count);
        if until > self.length {
            self.frames.copy_within(self.length..until, 0);
        }
        if from < BLOCK {
            self.frames.copy_within(from..until.min(BLOCK), self.length + from);
        }
        self.at = if until < self.length { until } else { until - self.length };
    }
}

struct Side {
    combs: [Ring; GROUP],
    allpasses: [Ring; 4],
    /// Comb lengths in seconds.
    comb_secs: Oct,
    /// What each comb's damping remembers.
    damped: Oct,
    /// What each comb stores of that.
    feedback: Memo<f32, Oct>,
}

impl Side {
    fn new(spread: f32, scale: f32, rate: f32) -> Self {
        let length = |frames: f32| (frames * scale + spread) * rate / FREEVERB_RATE_HZ;
        let combs = COMBS.map(|frames| Ring::new(length(frames)));
        let comb_secs = std::array::from_fn(|i| combs[i].length as f32 / rate);
        // The walls' small irregularities do not grow with the room.
        let allpasses = ALLPASSES.map(|frames| Ring::new((frames + spread) * rate / FREEVERB_RATE_HZ));
        Self { combs, allpasses, comb_secs, damped: [0.0; GROUP], feedback: Memo::new() }
    }

    fn reset(&mut self) {
        self.combs.iter_mut().chain(&mut self.allpasses).for_each(Ring::reset);
        self.damped = [0.0; GROUP];
    }

    fn feedback(&mut self, decay_secs: f32) -> Oct {
        let comb_secs = self.comb_secs;
        self.feedback.get(decay_secs, |decay_secs| comb_secs.map(|secs| (-9.965_784 * secs / decay_secs).exp2()))
    }

    /// Schroeder's allpasses, along time: none is shorter than a block.
    #[inline(always)]
    fn diffuse<S: Simd>(&mut self, simd: S, tail: &mut PaddedRow, count: usize) {
        for ring in &mut self.allpasses {
            let due = ring.due(count);
            for n in (0..count).step_by(GROUP) {
                let (x, late) = (frames_at(simd, tail, n), frames_at(simd, due, n));
                put_frames(late.mul_add(splat(simd, DIFFUSION), x), due, n);
                put_frames(late - x, tail, n);
            }
            ring.advance(count);
        }
    }
}

struct Room {
    rate: f32,
    sides: [Side; 2],
    /// Both channels' sum waits here.
    predelay_line: GuardedLine,
    predelay: Approach,
    pole: Memo<f32, f32>,
    loudest: f32,
    face: [f32; 2],
}

/// What stands still for a stretch of frames.
#[derive(Clone, Copy)]
struct Walls {
    feedbacks: [Oct; 2],
    pole: f32,
}

impl Room {
    fn new(rate: f32, size: f32) -> Self {
        let scale = 0.5 + size;
        Self {
            rate,
            sides: [Side::new(0.0, scale, rate), Side::new(SPREAD, scale, rate)],
            predelay_line: GuardedLine::new((LONGEST_PREDELAY_SECS * rate) as usize + 16),
            predelay: Approach::default(),
            pole: Memo::new(),
            loudest: 0.0,
            face: [0.0; 2],
        }
    }

    fn walls(&mut self, decay_secs: f32, damping: f32) -> Walls {
        let rate = self.rate;
        let pole = self.pole.get(damping, |damping| (damping * MOST_DAMPING).powf(FREEVERB_RATE_HZ / rate));
        let [left, right] = &mut self.sides;
        Walls { feedbacks: [left.feedback(decay_secs), right.feedback(decay_secs)], pole }
    }

    /// Both sides' combs over up to a block of frames; writes their sums.
    #[inline(always)]
    fn combs<S: Simd>(&mut self, simd: S, walls: &Walls, enters: &[f32], tails: &mut [PaddedRow; 2]) {
        let count = enters.len();
        let (pole, rest) = (splat(simd, walls.pole), splat(simd, 1.0 - walls.pole));
        let feedbacks = [load(simd, &walls.feedbacks[0]), load(simd, &walls.feedbacks[1])];
        let mut damped = [load(simd, &self.sides[0].damped), load(simd, &self.sides[1].damped)];
        let due = self.sides.each_mut().map(|side| side.combs.each_mut().map(|ring| ring.due(count)));
        for n in (0..count).step_by(GROUP) {
            let mut late = [[splat(simd, 0.0); GROUP]; 2];
            for side in 0..2 {
                for comb in 0..GROUP {
                    late[side][comb] = frames_at(simd, due[side][comb], n);
                }
                put_frames(sum_of(&late[side]), &mut tails[side], n);
                late[side] = transpose(late[side]);
            }
            for k in 0..GROUP.min(count - n) {
                let enters = splat(simd, enters[n + k]);
                for side in 0..2 {
                    damped[side] = damped[side].mul_add(pole, late[side][k] * rest);
                    late[side][k] = damped[side].mul_add(feedbacks[side], enters);
                }
            }
            for side in 0..2 {
                late[side] = transpose(late[side]);
                for comb in 0..GROUP {
                    put_frames(late[side][comb], due[side][comb], n);
                }
            }
        }
        for (side, damped) in self.sides.iter_mut().zip(damped) {
            store(damped, &mut side.damped);
            side.combs.iter_mut().for_each(|ring| ring.advance(count));
        }
    }

    /// The frames of a stretch that come out of the predelay; `x` is what enters it.
    #[inline(always)]
    fn wait<S: Simd>(&mut self, simd: S, knob: &Knob<'_>, from: usize, x: &[f32], late: &mut PaddedRow) {
        let target = |n: usize| f64::from((knob.at(n) * self.rate).round());
        let glide = 1.0 / (0.05 * f64::from(self.rate));
        self.predelay_line.push(x);
        if knob.constant().is_some() && self.predelay.stands_at(target(from)) {
            let frames = self.predelay.next(target(from), glide) as usize;
            self.predelay_line.copy(frames + x.len(), &mut late[..x.len()]);
            return;
        }
        for n in 0..x.len() {
            // Two frames are as near as interpolation comes; what is nearer is the sound itself.
            let frames = self.predelay.next(target(from + n), glide) as f32;
            let (whole, t) = split_delay(simd, splat(simd, frames));
            let mut heard = [0.0; GROUP];
            store(self.predelay_line.cubic(simd, x.len() - n, whole.max(u32x8::splat(simd, 1)), t), &mut heard);
            let near = frames.min(1.0);
            late[n] = x[n] + (heard[0] - x[n]) * near;
        }
    }

    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut Io<'_>) {
        let frames = io.frames();
        let input = io.input(0);
        let dry = [input.row(0, 0), input.row(1, 0)];
        let knob = |index: usize| Knob::new(io.param(index), 0);
        let (predelay, decay, damping, width, mix) = (knob(PREDELAY), knob(DECAY), knob(DAMPING), knob(WIDTH), knob(MIX));
        let (mut enters, mut late) = (EMPTY_ROW, EMPTY_ROW);
        for n in (0..frames).step_by(GROUP) {
            put_frames((frames_at(simd, dry[0], n) + frames_at(simd, dry[1], n)) * splat(simd, TAIL_GAIN), &mut enters, n);
        }
        self.wait(simd, &predelay, 0, &enters[..frames], &mut late);
        let mut tails = [EMPTY_ROW; 2];
        if decay.constant().is_some() && damping.constant().is_some() {
            let walls = self.walls(decay.at(0), damping.at(0));
            self.combs(simd, &walls, &late[..frames], &mut tails);
        } else {
            for n in 0..frames {
                let walls = self.walls(decay.at(n), damping.at(n));
                let mut one = [EMPTY_ROW; 2];
                self.combs(simd, &walls, &late[n..=n], &mut one);
                (tails[0][n], tails[1][n]) = (one[0][0], one[1][0]);
            }
        }
        for (side, tail) in self.sides.iter_mut().zip(&mut tails) {
            side.diffuse(simd, tail, frames);
        }
        let (half, one, two) = (splat(simd, 0.5), splat(simd, 1.0), splat(simd, 2.0));
        let mut loudest = splat(simd, 0.0);
        let mut out = io.output(0);
        let (left, Some(right)) = out.pair(0) else { return };
        for n in (0..frames).step_by(GROUP) {
            let (l, r) = (frames_at(simd, &tails[0][..frames], n), frames_at(simd, &tails[1][..frames], n));
            loudest = loudest.max(l.abs()).max(r.abs());
            let (middle, side) = (half * (l + r), half * (l - r) * width.eight_at(simd, n));
            let mix = mix.eight_at(simd, n);
            let (dry_gain, wet_gain) = ((two - two * mix).min(one), (two * mix).min(one));
            put_frames((middle + side).mul_add(wet_gain, frames_at(simd, dry[0], n) * dry_gain), left, n);
            put_frames((middle - side).mul_add(wet_gain, frames_at(simd, dry[1], n) * dry_gain), right, n);
        }
        self.loudest = (self.loudest * 0.995_f32.powi(frames as i32)).max(simd.reduce_max_f32x8(loudest));
        self.face = [predelay.at(frames - 1), decay.at(frames - 1)];
    }
}

#[inline(always)]
fn sum_of<S: Simd>(rows: &[f32x8<S>; GROUP]) -> f32x8<S> {
    ((rows[0] + rows[1]) + (rows[2] + rows[3])) + ((rows[4] + rows[5]) + (rows[6] + rows[7]))
}

struct Job<'u, 'io, 'a>(&'u mut Room, &'io mut Io<'a>);

impl SimdJob for Job<'_, '_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        self.0.run(simd, self.1);
    }
}

impl Unit for Room {
    fn process(&mut self, io: &mut Io<'_>) {
        vectorize(Job(self, io));
    }

    fn reset(&mut self) {
        self.sides.iter_mut().for_each(Side::reset);
        self.predelay_line.reset();
        self.predelay = Approach::default();
        (self.loudest, self.face) = (0.0, [0.0; 2]);
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        face[..3].copy_from_slice(&[self.face[0], self.face[1], self.loudest]);
    }
}

#[cfg(test)]
mod tests;
