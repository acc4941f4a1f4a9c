//! Eight voices of a wavetable oscillator.

use super::reading::{Copies, Cycles, audible, highest_hz, of_lane};
use super::warp::{Joint, OFF, Side, has_joints, joints, reined, warped, window};
use super::{BLEND, DETUNE, FINE, FM_DEPTH, FM_IN, FM_SCALE, Look, PITCH, PITCH_IN, POSITION, START, UNISON, WARP_AMOUNT, WIDTH};
use crate::dsp::blep::{Moment, Pending, Residuals, TAPS, residuals};
use crate::dsp::joint;
use crate::dsp::phase::{TURN, jumped, saw};
use crate::dsp::rng::hash;
use crate::osc::analog::{MAX_UNISON, Stillness, Tuning, TuningParts, Unison};
use fearless_simd::SimdMask;
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, exp2, f32x8, i32x8, inlined, load, select, splat, store};
use patchlight_engine::{BLOCK, GROUP, Io, LaneParam, Oct, Wavetable};

/// Harmonics by which a warp spreads each of them, near enough.
const SPREAD: f32 = 4.0;
/// Turns a frame of the highest harmonic in a cycle that has joints.
const HIGHEST_JOINED: f32 = 0.38;

/// What a call reads.
pub(super) struct Call<'a, S: Simd> {
    tuning: Tuning<'a, S>,
    position: LaneParam<'a>,
    amount: LaneParam<'a>,
    unison: LaneParam<'a>,
    detune: LaneParam<'a>,
    width: LaneParam<'a>,
    blend: LaneParam<'a>,
    start: LaneParam<'a>,
    looks: [Look<'a>; 2],
    left: u32,
    fade_frames: u32,
    frames: usize,
    /// Of what glides, a frame.
    most: f32,
    /// Turns a frame that the highest harmonic may make.
    highest: f32,
}

impl<'a, S: Simd> Call<'a, S> {
    #[inline(always)]
    pub(super) fn new(simd: S, io: &Io<'a>, group: usize, looks: [Look<'a>; 2], left: u32, fade_frames: u32) -> Self {
        let param = |index: usize| io.param(index).lanes(group);
        let (pitch, fm, rate_hz) = (io.input(PITCH_IN), io.input(FM_IN), io.sample_rate_hz());
        let tuning = Tuning::new(
            simd,
            TuningParts {
                pitch: pitch.group(0, group),
                is_pitch_connected: pitch.is_connected(),
                knobs: [param(PITCH), param(FINE)],
                octaves_below: None,
                fm: fm.is_connected().then(|| fm.group(0, group)),
                depth: param(FM_DEPTH),
                scale: param(FM_SCALE),
                rate_hz,
            },
        );
        let [position, amount, unison, detune] = [POSITION, WARP_AMOUNT, UNISON, DETUNE].map(param);
        let [width, blend, start] = [WIDTH, BLEND, START].map(param);
        let (most, highest) = (crate::glide::switch_step(rate_hz), highest_hz(rate_hz) / rate_hz);
        Self { tuning, position, amount, unison, detune, width, blend, start, looks, left, fade_frames, frames: io.frames(), most, highest }
    }

    /// Whether every frame of the call is read as the first.
    #[inline(always)]
    fn is_still(&self, simd: S) -> bool {
        let stand = [self.position, self.amount, self.detune].iter().all(|param| matches!(param, LaneParam::Constant(_)));
        stand && self.left == 0 && matches!(self.tuning.stillness(simd), Stillness::All(_))
    }

    /// What is heard in a frame: of the look that is there, and of the one before while it fades.
    #[inline(always)]
    fn sights(&self, simd: S, moving: &Moving<S>) -> [Option<Sight<'a, S>>; 2] {
        let before = self.left.saturating_sub(moving.n as u32) as f32 / self.fade_frames as f32;
        [Sight::new(simd, self, self.looks[0], moving, 1.0 - before), Sight::new(simd, self, self.looks[1], moving, before)]
    }
}

pub(super) struct Group {
    tables: &'static Residuals,
    /// Left and right.
    pending: [Pending; 2],
    phases: [[i32; GROUP]; MAX_UNISON],
    /// Where each oscillator starts.
    starts: [[i32; GROUP]; MAX_UNISON],
    unison: Unison,
    pans: Pans,
    /// Lanes that have not begun.
    is_fresh: bool,
    /// Lanes that carry voices, as bits.
    used_lanes: u64,
    shown: [f32; 3],
}

/// How loud each oscillator is left and right.
struct Pans {
    /// Count and width, as they were last given.
    given: [Oct; 2],
    now: [[Oct; MAX_UNISON]; 2],
    goals: [[Oct; MAX_UNISON]; 2],
    is_settled: bool,
}

impl Pans {
    fn new() -> Self {
        Self { given: [[-1.0; GROUP]; 2], now: [[[1.0; GROUP]; MAX_UNISON]; 2], goals: [[[1.0; GROUP]; MAX_UNISON]; 2], is_settled: true }
    }

    /// Each channel of a mono sum is as loud as the oscillators; panning keeps the power.
    #[inline(always)]
    fn set<S: Simd>(&mut self, simd: S, count: f32x8<S>, width: f32x8<S>) {
        if (count.simd_eq(load(simd, &self.given[0])) & width.simd_eq(load(simd, &self.given[1]))).all_true() {
            return;
        }
        store(count, &mut self.given[0]);
        store(width, &mut self.given[1]);
        let (one, half) = (splat(simd, 1.0), splat(simd, 0.5));
        let is_odd = (count * half - (count * half).floor()).simd_gt(splat(simd, 0.25));
        let span = (count - one).max(one);
        for oscillator in 0..MAX_UNISON {
            // Sharp ones and flat ones on both sides: every second pair is the other way round.
            let side = if matches!(oscillator % 4, 0 | 3) { 1.0 } else { -1.0 };
            let if_odd = splat(simd, side * (2 * oscillator.div_ceil(2)) as f32);
            let if_even = splat(simd, side * (2 * (oscillator / 2) + 1) as f32);
            let single = count.simd_lt(splat(simd, 1.5));
            let place = select(single, splat(simd, 0.0), (select(is_odd, if_odd, if_even) / span).min(one).max(-one)) * width;
            store((one - place).max(splat(simd, 0.0)).sqrt(), &mut self.goals[0][oscillator]);
            store((one + place).max(splat(simd, 0.0)).sqrt(), &mut self.goals[1][oscillator]);
        }
        self.is_settled = false;
    }

    fn arrive(&mut self) {
        (self.now, self.is_settled) = (self.goals, true);
    }

    #[inline(always)]
    fn glide<S: Simd>(&mut self, simd: S, most: f32) {
        if self.is_settled {
            return;
        }
        let most = splat(simd, most);
        self.is_settled = true;
        for (now, goals) in self.now.iter_mut().zip(&self.goals) {
            for (now, goal) in now.iter_mut().zip(goals) {
                let (at, goal) = (load(simd, now), load(simd, goal));
                let next = at + (goal - at).max(-most).min(most);
                self.is_settled &= next.simd_eq(goal).all_true();
                store(next, now);
            }
        }
    }
}

/// How the phase of the plain oscillator moves in a frame.
struct Moving<S: Simd> {
    /// The frame of this call.
    n: usize,
    /// Steps of the phase.
    step: f32x8<S>,
    /// The same as turns, of the sharpest oscillator.
    turns: f32x8<S>,
    /// Turns that the highest harmonic may make.
    highest: f32,
}

impl<S: Simd> Moving<S> {
    #[inline(always)]
    fn new(simd: S, call: &Call<'_, S>, n: usize) -> Self {
        let step = call.tuning.step(simd, n);
        let widest = exp2(simd, call.detune.at(simd, n) * splat(simd, 1.0 / 1200.0));
        Self { n, step, turns: step * widest * splat(simd, 1.0 / TURN), highest: call.highest }
    }
}

/// What all oscillators of a frame share, for one of the looks.
struct Sight<'a, S: Simd> {
    table: &'a Wavetable,
    warp: usize,
    amount: f32x8<S>,
    cycles: Cycles<S>,
    /// For the plain phase; a warp finds its own for each place.
    copies: Option<Copies<S>>,
    /// How much of it is heard.
    share: f32,
}

impl<'a, S: Simd> Sight<'a, S> {
    #[inline(always)]
    fn new(simd: S, call: &Call<'a, S>, look: Look<'a>, moving: &Moving<S>, share: f32) -> Option<Self> {
        let table = look.table.filter(|_| share > 0.0)?;
        let cycles = Cycles::new(simd, table, call.position.at(simd, moving.n));
        let copies = if look.warp == OFF { Some(Copies::new(simd, table, moving.turns, call.highest, 0.0)) } else { None };
        let harmonics = splat(simd, moving.highest) / moving.turns.abs().max(splat(simd, 1e-7));
        let amount = reined(simd, look.warp, call.amount.at(simd, moving.n), harmonics);
        Some(Self { table, warp: look.warp, amount, cycles, copies, share })
    }

    /// What is read where the cycle is run through `slope` times as fast, and how loud.
    #[inline(always)]
    fn copies_at(&self, simd: S, slope: f32x8<S>, moving: &Moving<S>) -> (Copies<S>, f32x8<S>) {
        let turns = moving.turns * slope;
        // What folds although it does so above what is heard would be cut into pieces at the joints, and be heard.
        let (highest, spread) = if has_joints(self.warp) { (moving.highest.min(HIGHEST_JOINED), 0.0) } else { (moving.highest, SPREAD) };
        (Copies::new(simd, self.table, turns, highest, spread), audible(simd, turns, highest))
    }

    /// The value at a phase.
    #[inline(always)]
    fn value(&self, simd: S, phase: i32x8<S>, moving: &Moving<S>) -> f32x8<S> {
        if let Some(copies) = &self.copies {
            return copies.read(simd, self.table, &self.cycles, copies.split_phase(simd, phase));
        }
        let at = warped(simd, self.warp, self.amount, saw(simd, phase).mul_add(splat(simd, 0.5), splat(simd, 0.5)));
        let (copies, gain) = self.copies_at(simd, at.slope, moving);
        copies.read(simd, self.table, &self.cycles, copies.split(simd, at.place)) * at.window * gain
    }

    /// What is to be added for a joint that a lane passed `age` frames ago, at `turns` a frame.
    #[inline(always)]
    fn residual(&self, simd: S, tables: &Residuals, joint: &Joint<S>, moving: &Moving<S>, passing: Passing) -> [f32; TAPS] {
        let Passing { lane, age, turns } = passing;
        let cycles = self.cycles.of_lane(simd, lane);
        let (amount, phase) = (of_lane(simd, self.amount, lane), of_lane(simd, joint.phase, lane));
        let reader = inlined(
            #[inline(always)]
            |side: Side<S>| {
                let (copies, gain) = self.copies_at(simd, side.slope, moving);
                let [place, slope, gain] = [side.place, side.slope, gain].map(|values| of_lane(simd, values, lane));
                (copies.of_lane(simd, lane), place, slope, gain)
            },
        );
        // Backwards the sides change places.
        let (old, new) = if turns < 0.0 { (joint.after, joint.before) } else { (joint.before, joint.after) };
        let (old, new) = (reader(old), reader(new));
        let turns = splat(simd, turns);
        let read = inlined(
            #[inline(always)]
            |(copies, place, slope, gain): (Copies<S>, f32x8<S>, f32x8<S>, f32x8<S>), moved: f32x8<S>| {
                let place = moved.mul_add(slope, place);
                copies.read(simd, self.table, &cycles, copies.split(simd, place - place.floor())) * gain
            },
        );
        let difference = inlined(
            #[inline(always)]
            |since: f32x8<S>| {
                let moved = since * turns;
                (read(new, moved) - read(old, moved)) * window(simd, self.warp, amount, phase + moved)
            },
        );
        joint::Joint::new(simd, age, difference).residual(simd, tables)
    }
}

/// How a lane passed a joint: so many frames ago, at so many turns a frame.
#[derive(Clone, Copy)]
struct Passing {
    lane: usize,
    age: f32,
    turns: f32,
}

impl Group {
    pub(super) fn new(seed: u64, first_voice: usize, voices: usize) -> Self {
        // The first begins where it is told, the others anywhere.
        let start = |oscillator: usize, lane: usize| match oscillator {
            0 => 0,
            _ => hash(seed, ((first_voice + lane) * MAX_UNISON + oscillator) as u64) as i32,
        };
        Self {
            tables: residuals(),
            pending: [Pending::new(), Pending::new()],
            phases: [[i32::MIN; GROUP]; MAX_UNISON],
            starts: std::array::from_fn(|oscillator| std::array::from_fn(|lane| start(oscillator, lane))),
            unison: Unison::new(),
            pans: Pans::new(),
            is_fresh: true,
            used_lanes: (1 << voices.saturating_sub(first_voice).min(GROUP)) - 1,
            shown: [0.0; 3],
        }
    }

    pub(super) fn reset(&mut self) {
        self.pending.iter_mut().for_each(Pending::reset);
        (self.unison, self.pans, self.is_fresh) = (Unison::new(), Pans::new(), true);
    }

    /// Frequency, position and warp of the first voice.
    pub(super) fn shown(&self) -> [f32; 3] {
        self.shown
    }

    #[inline(always)]
    fn begin<S: Simd>(&mut self, simd: S, call: &Call<'_, S>) {
        let turns = call.start.at(simd, 0) * splat(simd, 1.0 / 360.0);
        let mut first = [0.0; GROUP];
        store(turns - turns.floor(), &mut first);
        let offset = first.map(|turns| (f64::from(turns) * f64::from(TURN)) as i64 as i32);
        for (phases, starts) in self.phases.iter_mut().zip(&self.starts) {
            for lane in 0..GROUP {
                phases[lane] = i32::MIN.wrapping_add(starts[lane]).wrapping_add(offset[lane]);
            }
        }
        (0..GROUP).for_each(|lane| self.unison.arrive(lane));
        self.pans.arrive();
        self.is_fresh = false;
    }

    /// Sets unison and pans for a frame.
    #[inline(always)]
    fn spread<S: Simd>(&mut self, simd: S, call: &Call<'_, S>, n: usize) {
        let count = call.unison.at(simd, n);
        self.unison.set(simd, [count, call.detune.at(simd, n), call.blend.at(simd, n)]);
        self.pans.set(simd, count, call.width.at(simd, n));
        if self.is_fresh {
            self.begin(simd, call);
        }
        if !self.unison.is_settled() {
            self.unison.glide(simd, call.most);
        }
        self.pans.glide(simd, call.most);
    }

    /// Renders the frames of a call: left and right.
    #[inline(always)]
    pub(super) fn run<S: Simd>(&mut self, simd: S, call: &Call<'_, S>) -> [[Oct; BLOCK]; 2] {
        let mut channels: [[Oct; BLOCK]; 2] = [[[0.0; GROUP]; BLOCK]; 2];
        let frames = call.frames;
        let (mut left, mut right) = (self.pending[0].begin(simd, frames), self.pending[1].begin(simd, frames));
        let is_still = call.is_still(simd);
        let mut moving = Moving::new(simd, call, 0);
        let mut sights = call.sights(simd, &moving);
        for n in 0..frames {
            self.spread(simd, call, n);
            if n > 0 && is_still {
                moving.n = n;
            } else if n > 0 {
                moving = Moving::new(simd, call, n);
                sights = call.sights(simd, &moving);
            }
            let sums = self.frame(simd, &moving, &sights);
            store(left.exchange(sums[0]), &mut channels[0][n]);
            store(right.exchange(sums[1]), &mut channels[1][n]);
        }
        self.pending[0].end(simd, left, &mut channels[0][..frames]);
        self.pending[1].end(simd, right, &mut channels[1][..frames]);
        let last = frames.saturating_sub(1);
        let mut values = [[0.0; GROUP]; 3];
        store(call.tuning.hz(simd, last), &mut values[0]);
        store(call.position.at(simd, last), &mut values[1]);
        store(call.amount.at(simd, last), &mut values[2]);
        self.shown = values.map(|lanes| lanes[0]);
        channels
    }

    /// One frame of all oscillators: left and right.
    #[inline(always)]
    fn frame<S: Simd>(&mut self, simd: S, moving: &Moving<S>, sights: &[Option<Sight<'_, S>>; 2]) -> [f32x8<S>; 2] {
        let mut sums = [splat(simd, 0.0); 2];
        let joints = sights.each_ref().map(|sight| sight.as_ref().map_or([None, None], |sight| joints(simd, sight.warp, sight.amount)));
        for oscillator in 0..self.unison.active() {
            let (ratio, gain) = self.unison.ratio_and_gain(simd, oscillator);
            let by: i32x8<S> = (moving.step * ratio).to_int();
            let before = i32x8::from_slice(simd, &self.phases[oscillator]);
            let after = before + by;
            after.store_slice(&mut self.phases[oscillator]);
            let mut value = splat(simd, 0.0);
            for sight in sights.iter().flatten() {
                value = sight.value(simd, after, moving).mul_add(splat(simd, sight.share), value);
            }
            let left = gain * load(simd, &self.pans.now[0][oscillator]);
            let right = gain * load(simd, &self.pans.now[1][oscillator]);
            sums[0] = value.mul_add(left, sums[0]);
            sums[1] = value.mul_add(right, sums[1]);
            for (sight, joints) in sights.iter().zip(&joints) {
                let Some(sight) = sight else { continue };
                for joint in joints.iter().flatten() {
                    let steps: i32x8<S> = ((joint.phase - joint.phase.ceil()) * splat(simd, TURN)).to_int();
                    let (before, after) = (before - steps, after - steps);
                    let lanes = jumped(before, after, by).simd_lt(i32x8::splat(simd, 0)).to_bitmask() & self.used_lanes;
                    if lanes != 0 {
                        self.add_joint(simd, moving, lanes, (after, by), [left, right], (sight, joint));
                    }
                }
            }
        }
        sums
    }

    /// Adds the residuals of lanes that have just passed a joint, forwards or backwards.
    #[inline(always)]
    fn add_joint<S: Simd>(
        &mut self,
        simd: S,
        moving: &Moving<S>,
        mut lanes: u64,
        (after, by): (i32x8<S>, i32x8<S>),
        gains: [f32x8<S>; 2],
        (sight, joint): (&Sight<'_, S>, &Joint<S>),
    ) {
        let (mut phases, mut steps) = ([0; GROUP], [0; GROUP]);
        after.store_slice(&mut phases);
        by.store_slice(&mut steps);
        let mut sides = [[0.0; GROUP]; 2];
        sides.iter_mut().zip(gains).for_each(|(lanes, gain)| store(gain * splat(simd, sight.share), lanes));
        while lanes != 0 {
            let lane = lanes.trailing_zeros() as usize;
            lanes &= lanes - 1;
            let step = steps[lane] as f32;
            let age = ((phases[lane] ^ i32::MIN) as f32 / step).clamp(0.0, 1.0);
            let row = sight.residual(simd, self.tables, joint, moving, Passing { lane, age, turns: step / TURN });
            for (pending, side) in self.pending.iter_mut().zip(&sides) {
                pending.add_row(Moment { frame: moving.n, lane, age }, &row, side[lane]);
            }
        }
    }
}
