//! The unison oscillators of eight lanes: their phases, and the sum of their waveforms.

use super::edges::{Edges, Reset, Stroke};
use super::unison::{MAX_UNISON, Unison};
use crate::dsp::blep::{Moment, Pending, Residuals, residuals};
use crate::dsp::phase::{QUARTER, SAW, TURN, jumped, saw};
use crate::dsp::rng::hash;
use fearless_simd::SimdMask;
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, f32x8, i32x8, load, select, sin_turns, splat, store};
use patchlight_engine::{GROUP, LaneParam, Oct};

pub const SINE: usize = 0;
pub const TRIANGLE: usize = 1;
pub const SAWTOOTH: usize = 2;
pub const SQUARE: usize = 3;
pub const SHAPES: usize = 4;

pub struct Bank {
    pub unison: Unison,
    tables: &'static Residuals,
    pending: Pending,
    /// The phase of each oscillator, see [`crate::dsp::phase`].
    phases: [[i32; GROUP]; MAX_UNISON],
    /// Where each begins, from the start of the cycle: the first there, the others anywhere.
    starts: [[i32; GROUP]; MAX_UNISON],
    /// The levels of the shapes, gliding.
    levels: [Oct; SHAPES],
    /// Which shapes may be heard in this call, and whether their levels stand still.
    heard: [bool; SHAPES],
    is_settled: bool,
    /// Lanes that carry voices, as bits.
    used_lanes: u64,
}

/// What one frame asks of all oscillators.
pub struct Frame<S: Simd> {
    /// Of the call.
    pub number: usize,
    /// Turns a frame, before detuning.
    pub increment: f32x8<S>,
    /// Of the second saw of the pulse, in the frame before and now.
    pub offset_before: i32x8<S>,
    pub offset: i32x8<S>,
    /// Where a reset goes.
    pub start: i32x8<S>,
    /// Lanes that are reset within the frame, as bits, and how many frames ago that was.
    pub synced: u64,
    pub sync_age: f32x8<S>,
}

/// How one oscillator moves in a frame.
struct Motion<S: Simd> {
    oscillator: usize,
    before: i32x8<S>,
    step: i32x8<S>,
    gain: f32x8<S>,
}

impl Bank {
    pub fn new(seed: u64, first_voice: usize, voices: usize) -> Self {
        let start = |oscillator: usize, lane: usize| match oscillator {
            0 => 0,
            _ => hash(seed, ((first_voice + lane) * MAX_UNISON + oscillator) as u64) as i32,
        };
        Self {
            unison: Unison::new(),
            tables: residuals(),
            pending: Pending::new(),
            phases: [[0; GROUP]; MAX_UNISON],
            starts: std::array::from_fn(|oscillator| std::array::from_fn(|lane| start(oscillator, lane))),
            levels: [[0.0; GROUP]; SHAPES],
            heard: [true; SHAPES],
            is_settled: false,
            used_lanes: (1 << voices.saturating_sub(first_voice).min(GROUP)) - 1,
        }
    }

    pub fn reset(&mut self) {
        self.pending.reset();
        self.unison = Unison::new();
    }

    /// Puts every oscillator where it begins, with the shape and the unison it begins with.
    #[inline(always)]
    pub fn start<S: Simd>(&mut self, simd: S, start: i32x8<S>, shape: f32x8<S>, unison: [f32x8<S>; 3]) {
        self.is_settled = false;
        self.glide_shapes(simd, shape, 1.0);
        self.unison.set(simd, unison);
        self.unison.glide(simd, 1.0);
        for (phase, own) in self.phases.iter_mut().zip(&self.starts) {
            (i32x8::from_slice(simd, own) + start).store_slice(phase);
        }
    }

    /// Before a call: finds which shapes need not be computed.
    #[inline(always)]
    pub fn begin(&mut self, shape: &LaneParam<'_>, frames: usize) {
        self.pending.begin(frames);
        (self.is_settled, self.heard) = (false, [true; SHAPES]);
        if let LaneParam::Constant([shape, ..]) = shape {
            let target: [f32; SHAPES] = std::array::from_fn(|index| f32::from(*shape == index as f32));
            self.is_settled = self.levels.iter().zip(target).all(|(level, target)| *level == [target; GROUP]);
            if self.is_settled {
                self.heard = target.map(|target| target > 0.0);
            }
        }
    }

    #[inline(always)]
    pub fn end(&mut self, frames: usize) {
        self.pending.end(frames);
    }

    /// Moves what fades by `most`: the levels of the shapes towards the one chosen, and the unison's.
    #[inline(always)]
    pub fn glide<S: Simd>(&mut self, simd: S, shape: f32x8<S>, most: f32) {
        if !self.is_settled {
            self.glide_shapes(simd, shape, most);
        }
        if !self.unison.is_settled() {
            self.unison.glide(simd, most);
        }
    }

    #[inline(always)]
    fn glide_shapes<S: Simd>(&mut self, simd: S, shape: f32x8<S>, most: f32) {
        let (zero, one, most) = (splat(simd, 0.0), splat(simd, 1.0), splat(simd, most));
        for (index, level) in self.levels.iter_mut().enumerate() {
            let target = select(shape.simd_eq(splat(simd, index as f32)), one, zero);
            let now = load(simd, level);
            store(now + (target - now).max(-most).min(most), level);
        }
    }

    /// The first oscillator's phase, −1 to 1, as it is.
    #[inline(always)]
    pub fn ramp<S: Simd>(&self, simd: S) -> f32x8<S> {
        saw(simd, i32x8::from_slice(simd, &self.phases[0]))
    }

    pub fn first_phase(&self) -> f32 {
        self.phases[0][0] as f32 * SAW
    }

    /// Moves all oscillators on and gives their sum, [`crate::dsp::blep::DELAY`] frames late.
    #[inline(always)]
    pub fn frame<S: Simd>(&mut self, simd: S, frame: &Frame<S>) -> f32x8<S> {
        let zero = splat(simd, 0.0);
        let [mut sines, mut triangles, mut saws, mut squares] = [zero; SHAPES];
        for oscillator in 0..self.unison.active() {
            let (ratio, gain) = self.unison.ratio_and_gain(simd, oscillator);
            // What is not heard in a lane stands still there, whatever other lanes do.
            let increment = select(gain.simd_gt(zero), frame.increment * ratio, zero);
            let step: i32x8<S> = (increment * splat(simd, TURN)).to_int();
            let before = i32x8::from_slice(simd, &self.phases[oscillator]);
            let mut phase = before + step;
            phase.store_slice(&mut self.phases[oscillator]);
            let lanes = (self.lanes_with_edges(simd, before, phase, step, frame) | frame.synced) & self.used_lanes;
            if lanes != 0 {
                self.add_edges(simd, frame, lanes, &Motion { oscillator, before, step, gain });
                phase = i32x8::from_slice(simd, &self.phases[oscillator]);
            }
            let ramp = saw(simd, phase);
            if self.heard[SINE] {
                sines = sin_turns(simd, ramp * splat(simd, 0.5)).mul_add(gain, sines);
            }
            if self.heard[TRIANGLE] {
                let (double, two) = (ramp + ramp, splat(simd, 2.0));
                triangles = double.min(two - double).max(-two - double).mul_add(gain, triangles);
            }
            if self.heard[SAWTOOTH] {
                saws = ramp.mul_add(gain, saws);
            }
            if self.heard[SQUARE] {
                let second = pulse_second(simd, phase, frame.offset);
                squares = (ramp - saw(simd, second)).mul_add(gain, squares);
            }
        }
        let level = |index: usize| load(simd, &self.levels[index]);
        let sum = sines * level(SINE) + triangles * level(TRIANGLE) + (saws * level(SAWTOOTH) + squares * level(SQUARE));
        self.pending.exchange(simd, frame.number, sum)
    }

    /// Lanes in which something that is heard jumps or bends, as bits.
    #[inline(always)]
    fn lanes_with_edges<S: Simd>(&self, simd: S, before: i32x8<S>, after: i32x8<S>, step: i32x8<S>, frame: &Frame<S>) -> u64 {
        let mut found = i32x8::splat(simd, 0);
        if self.heard[SAWTOOTH] || self.heard[SQUARE] {
            found = jumped(before, after, step);
        }
        if self.heard[TRIANGLE] {
            for quarter in [QUARTER, -QUARTER] {
                let quarter = i32x8::splat(simd, quarter);
                found |= jumped(before + quarter, after + quarter, step);
            }
        }
        if self.heard[SQUARE] {
            let (from, to) = (pulse_second(simd, before, frame.offset_before), pulse_second(simd, after, frame.offset));
            found |= jumped(from, to, step - (frame.offset - frame.offset_before));
        }
        found.simd_lt(i32x8::splat(simd, 0)).to_bitmask()
    }

    /// Follows these lanes of one oscillator through the frame and adds what jumps or bends there.
    #[inline(always)]
    fn add_edges<S: Simd>(&mut self, simd: S, frame: &Frame<S>, lanes: u64, motion: &Motion<S>) {
        let (before, step, gain) = (motion.before.to_array(), motion.step.to_array(), motion.gain.to_array());
        let (offset_before, offset) = (frame.offset_before.to_array(), frame.offset.to_array());
        let (ages, start) = (frame.sync_age.to_array(), frame.start.to_array());
        let mut lanes = lanes;
        while lanes != 0 {
            let lane = lanes.trailing_zeros() as usize;
            lanes &= lanes - 1;
            if gain[lane] == 0.0 {
                continue;
            }
            let levels = std::array::from_fn(|index| self.levels[index][lane] * gain[lane]);
            let stroke = Stroke { step: step[lane], offset_before: offset_before[lane], offset: offset[lane] };
            let reset = (frame.synced >> lane & 1 == 1).then(|| Reset { age: ages[lane], phase: start[lane] });
            let moment = Moment { frame: frame.number, lane, age: 0.0 };
            let mut edges = Edges { tables: self.tables, pending: &mut self.pending, moment, levels };
            self.phases[motion.oscillator][lane] = edges.follow(simd, before[lane], stroke, reset);
        }
    }
}

/// The phase of the second saw of the pulse, eight lanes at once.
#[inline(always)]
fn pulse_second<S: Simd>(simd: S, phase: i32x8<S>, offset: i32x8<S>) -> i32x8<S> {
    (phase ^ i32x8::splat(simd, i32::MIN)) - offset
}
