//! The unison oscillators of eight lanes: their phases, and the sum of their waveforms.

use super::edges::{Edges, Reset, Stroke};
use super::oscillator::LEVEL;
use super::single::Motion;
use super::unison::{MAX_UNISON, Unison};
use crate::dsp::blep::{Late, Moment, Pending, Residuals, residuals};
use crate::dsp::phase::{QUARTER, SAW, jumped, saw, sine};
use crate::dsp::rng::{hash, identity};
use fearless_simd::SimdMask;
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, f32x8, i32x8, load, select, splat, store};
use patchlight_engine::{GROUP, LaneContext, LaneParam, LaneState, LaneVisit, Oct, lane_state};

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
    /// Phase steps, before detuning.
    pub step: f32x8<S>,
    /// Of the second saw of the pulse, in the frame before and now.
    pub offset_before: i32x8<S>,
    pub offset: i32x8<S>,
    /// Where a reset goes.
    pub start: i32x8<S>,
    /// Lanes that are reset within the frame, as bits, and how many frames ago that was.
    pub synced: u64,
    pub sync_age: f32x8<S>,
}

impl Bank {
    pub fn new(lanes: &LaneContext<'_>) -> Self {
        let start = |oscillator: usize, lane: usize| match oscillator {
            0 => 0,
            _ => {
                let (seed, voice) = identity(lanes, lane);
                hash(seed, (voice * MAX_UNISON + oscillator) as u64) as i32
            }
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
            used_lanes: (1 << lanes.build.voices.saturating_sub(lanes.first_voice).min(GROUP)) - 1,
        }
    }

    pub fn reset(&mut self) {
        self.pending.reset();
        self.unison = Unison::new();
    }

    /// Puts every oscillator of a lane where it begins, with the shape and the unison it begins with.
    pub fn start(&mut self, lane: usize, start: i32, shape: f32) {
        self.unison.arrive(lane);
        for (index, level) in self.levels.iter_mut().enumerate() {
            level[lane] = f32::from(shape == index as f32);
        }
        for (phase, own) in self.phases.iter_mut().zip(&self.starts) {
            phase[lane] = own[lane].wrapping_add(start);
        }
    }

    /// The shape that is all that is heard in every lane, if one is.
    #[inline(always)]
    fn settled_shape(&self, shape: &LaneParam<'_>) -> Option<usize> {
        let LaneParam::Constant([shape, ..]) = shape else { return None };
        let is_there = |index: usize, level: &Oct| *level == [f32::from(*shape == index as f32); GROUP];
        self.levels.iter().enumerate().all(|(index, level)| is_there(index, level)).then_some((*shape as usize).min(SHAPES - 1))
    }

    /// The shape, if one oscillator of one shape is all that is heard in every lane.
    #[inline(always)]
    pub fn single_shape(&self, shape: &LaneParam<'_>) -> Option<usize> {
        if self.unison.is_single() { self.settled_shape(shape) } else { None }
    }

    /// Before a call.
    #[inline(always)]
    pub fn begin_call<S: Simd>(&mut self, simd: S, frames: usize) -> Late<S> {
        self.pending.begin(simd, frames)
    }

    /// Before a call: finds which shapes need not be computed.
    #[inline(always)]
    pub fn begin<S: Simd>(&mut self, simd: S, shape: &LaneParam<'_>, frames: usize) -> Late<S> {
        let settled = self.settled_shape(shape);
        self.is_settled = settled.is_some();
        self.heard = std::array::from_fn(|index| settled.is_none_or(|settled| settled == index));
        self.begin_call(simd, frames)
    }

    #[inline(always)]
    pub fn end<S: Simd>(&mut self, simd: S, late: Late<S>, out: &mut [Oct]) {
        self.pending.end(simd, late, out);
    }

    /// The phases of the first oscillator.
    #[inline(always)]
    pub fn first_phases(&mut self) -> &mut [i32; GROUP] {
        &mut self.phases[0]
    }

    #[inline(always)]
    pub fn used_lanes(&self) -> u64 {
        self.used_lanes
    }

    /// What edges are made of and where they go.
    #[inline(always)]
    pub fn edges(&mut self) -> (&'static Residuals, &mut Pending) {
        (self.tables, &mut self.pending)
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

    pub fn first_phase(&self, lane: usize) -> f32 {
        self.phases[0][lane] as f32 * SAW
    }

    /// Moves all oscillators on, adds their edges, and gives the sum of their naive waveforms.
    #[inline(always)]
    pub fn frame<S: Simd>(&mut self, simd: S, frame: &Frame<S>) -> f32x8<S> {
        let zero = splat(simd, 0.0);
        let [mut sines, mut triangles, mut saws, mut squares] = [zero; SHAPES];
        for oscillator in 0..self.unison.active() {
            let (ratio, gain) = self.unison.ratio_and_gain(simd, oscillator);
            // What is not heard in a lane stands still there, whatever other lanes do.
            let step: i32x8<S> = select(gain.simd_gt(zero), frame.step * ratio, zero).to_int();
            let before = i32x8::from_slice(simd, &self.phases[oscillator]);
            let mut phase = before + step;
            phase.store_slice(&mut self.phases[oscillator]);
            let motion = Motion { before, step, offset_before: frame.offset_before, offset: frame.offset };
            let lanes = (lanes_with_edges(simd, self.heard, phase, &motion) | frame.synced) & self.used_lanes;
            if lanes != 0 {
                self.add_edges(simd, frame, lanes, oscillator, (&motion, gain));
                phase = i32x8::from_slice(simd, &self.phases[oscillator]);
            }
            for (shape, sum) in [(SINE, &mut sines), (TRIANGLE, &mut triangles), (SAWTOOTH, &mut saws), (SQUARE, &mut squares)] {
                if self.heard[shape] {
                    *sum = naive(simd, shape, phase, frame.offset).mul_add(gain, *sum);
                }
            }
        }
        let level = |index: usize| load(simd, &self.levels[index]);
        sines * level(SINE) + triangles * level(TRIANGLE) + (saws * level(SAWTOOTH) + squares * level(SQUARE))
    }

    /// Follows these lanes of one oscillator through the frame and adds what jumps or bends there.
    #[inline(always)]
    fn add_edges<S: Simd>(&mut self, simd: S, frame: &Frame<S>, lanes: u64, oscillator: usize, (motion, gain): (&Motion<S>, f32x8<S>)) {
        let (before, step, gain) = (motion.before.to_array(), motion.step.to_array(), gain.to_array());
        let (offset_before, offset) = (frame.offset_before.to_array(), frame.offset.to_array());
        let (ages, start) = (frame.sync_age.to_array(), frame.start.to_array());
        let mut lanes = lanes;
        while lanes != 0 {
            let lane = lanes.trailing_zeros() as usize;
            lanes &= lanes - 1;
            if gain[lane] == 0.0 {
                continue;
            }
            let levels = std::array::from_fn(|index| self.levels[index][lane] * gain[lane] * LEVEL);
            let stroke = Stroke { step: step[lane], offset_before: offset_before[lane], offset: offset[lane] };
            let reset = (frame.synced >> lane & 1 == 1).then(|| Reset { age: ages[lane], phase: start[lane] });
            let moment = Moment { frame: frame.number, lane, age: 0.0 };
            let mut edges = Edges { tables: self.tables, pending: &mut self.pending, moment, levels };
            self.phases[oscillator][lane] = edges.follow(simd, before[lane], stroke, reset);
        }
    }
}

impl LaneState for Bank {
    fn visit(&mut self, visit: &mut LaneVisit<'_>) {
        lane_state!(visit; self.unison, self.pending);
        for lanes in self.phases.iter_mut().chain(&mut self.starts) {
            lanes.visit(visit);
        }
        self.levels.iter_mut().for_each(|level| level.visit(visit));
    }
}

/// The naive waveform of a shape.
#[inline(always)]
pub fn naive<S: Simd>(simd: S, shape: usize, phase: i32x8<S>, offset: i32x8<S>) -> f32x8<S> {
    match shape {
        SINE => sine(simd, phase),
        TRIANGLE => {
            let ramp = saw(simd, phase);
            let (double, two) = (ramp + ramp, splat(simd, 2.0));
            double.min(two - double).max(-two - double)
        }
        SAWTOOTH => saw(simd, phase),
        _ => saw(simd, phase) - saw(simd, pulse_second(simd, phase, offset)),
    }
}

/// Lanes in which something that is heard jumps or bends, as bits.
#[inline(always)]
pub fn lanes_with_edges<S: Simd>(simd: S, heard: [bool; SHAPES], after: i32x8<S>, motion: &Motion<S>) -> u64 {
    let &Motion { before, step, offset_before, offset } = motion;
    let mut found = i32x8::splat(simd, 0);
    if heard[SAWTOOTH] || heard[SQUARE] {
        found = jumped(before, after, step);
    }
    if heard[TRIANGLE] {
        for quarter in [QUARTER, -QUARTER] {
            let quarter = i32x8::splat(simd, quarter);
            found |= jumped(before + quarter, after + quarter, step);
        }
    }
    if heard[SQUARE] {
        let (from, to) = (pulse_second(simd, before, offset_before), pulse_second(simd, after, offset));
        found |= jumped(from, to, step - (offset - offset_before));
    }
    found.simd_lt(i32x8::splat(simd, 0)).to_bitmask()
}

/// The phase of the second saw of the pulse, eight lanes at once.
#[inline(always)]
fn pulse_second<S: Simd>(simd: S, phase: i32x8<S>, offset: i32x8<S>) -> i32x8<S> {
    (phase ^ i32x8::splat(simd, i32::MIN)) - offset
}
