//! Low-frequency oscillator: eight lanes at a time, each with its own phase and its own chance.
//!
//! The phase has 64 bits ([`crate::dsp::slow_phase`]), so that a hundredth of a hertz is exact at 192 kHz. Synced, the phase is pulled to
//! the transport's beat with a time constant of 20 ms, never backwards; while the transport stands it runs on at the tempo.
//! Changing the shape crossfades over 5 ms.
//!
//! One shape that runs freely has a loop of its own, which gives the same samples as the loop for all.
//!
//! Face cells: [0] phase 0 to 1, [1] value.

mod state;
mod sync;
mod wave;

use crate::dsp::phase::{sine_of_sixteen, steps_of_turns};
use crate::dsp::rng::{channel_salt, identity};
use crate::dsp::slow_phase::{SlowPair, SlowPhase, SlowStep};
use crate::glide::switch_step;
use fearless_simd::SimdMask;
use patchlight_core::{Face, ModuleSpec, choice, control, degrees, gate, hz, module, percent, preset, secs, toggle};
use patchlight_engine::simd::{Lanes, Simd, SimdBase, SimdFloat, f32x8, f32x16, i32x8, load, select, splat, store};
use patchlight_engine::{
    BuildContext, FACE, GROUP, GroupIo, LaneKernel, LaneParam, LaneVisit, Oct, Unit, eight_lanes, first_outputs, lane_state,
};
use state::State;
use sync::{SYNCS, Song};
use wave::{RANDOM_STEPS, SAW_DOWN, SAW_UP, SINE, SQUARE, TRIANGLE, Turned, wave};

const RATE: usize = 0;
const SHAPE: usize = 1;
const SYNC: usize = 2;
const PHASE: usize = 3;
const FADE: usize = 4;
const UNIPOLAR: usize = 5;
const ONE_SHOT: usize = 6;
const PULSE_WIDTH: usize = 7;

const SHAPES: &[&str] = &["sine", "triangle", "saw up", "saw down", "square", "random steps", "smooth random"];

pub const SPEC: ModuleSpec = module("mod.lfo", "LFO")
    .about("A slow oscillator that moves other knobs: vibrato, wobble, tremolo, sweeps. Try it into a filter's cutoff.")
    .tags(&["wobble", "vibrato", "tremolo", "modulation", "sweep", "random", "oscillator", "sync"])
    .inputs(&[gate("reset", "Starts the cycle, and the fade-in, again")])
    .params(&[
        hz("rate_hz", 0.01..=100.0, 1.0).about("Cycles per second when not synced"),
        choice("shape", SHAPES, SINE).about("The form of a cycle; the random ones take a new value each cycle"),
        choice("sync", SYNCS, 0).about("Locks a cycle to a note value of the transport; D is dotted, T a triplet"),
        degrees("phase_degrees", 0.0..=360.0, 0.0).about("Where in the cycle it begins").hidden(),
        secs("fade_secs", 0.0..=20.0, 0.0).about("Time to grow to full depth after a reset").hidden(),
        toggle("unipolar", false).about("Puts out 0 to 1 instead of −1 to 1"),
        toggle("one_shot", false).about("Stops at the end of the first cycle until it is reset").hidden(),
        percent("pulse_width", 0.5).about("Share of the cycle that the square is high").hidden(),
    ])
    .presets(&[
        preset("Vibrato", "pitch sine", "rate_hz 5.5; shape sine; fade_secs 0.6"),
        preset("Slow sweep", "filter pad", "rate_hz 0.08; shape triangle"),
        preset("Trance gate", "gate sync", "sync 1/16; shape square; unipolar on"),
        preset("Sample and hold", "random steps", "rate_hz 8; shape random steps"),
        preset("Wandering", "random drift", "rate_hz 0.3; shape smooth random"),
        preset("One rise", "one-shot envelope", "rate_hz 0.25; shape saw up; one_shot on; unipolar on"),
    ])
    .outputs(&[control("out", "The wave, −1 to 1, or 0 to 1 when unipolar")])
    .bundles()
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| {
        let seed = |lane: usize| {
            let (seed, voice) = identity(lanes, lane);
            (seed ^ channel_salt(lanes)).wrapping_add(voice as u64 * 0x2545_f491)
        };
        Lfo { seeds: std::array::from_fn(seed), switch_step: switch_step(lanes.sample_rate_hz), state: State::new(), plain_shape: None }
    })
}

struct Lfo {
    seeds: [u64; GROUP],
    switch_step: f32,
    state: State,
    /// What [`Lfo::plain_shape`] said of the last call.
    plain_shape: Option<usize>,
}

/// What a call of one regular shape reads that runs freely.
struct Plain<'a> {
    rate: LaneParam<'a>,
    shift: LaneParam<'a>,
    width: LaneParam<'a>,
    rate_hz: f32,
}

/// What a call reads.
struct Call<'a> {
    plain: Plain<'a>,
    shape: LaneParam<'a>,
    fade: LaneParam<'a>,
    unipolar: LaneParam<'a>,
    one_shot: LaneParam<'a>,
    resets: Option<&'a [Oct]>,
    song: Song<'a>,
}

/// A value that stands still in all lanes.
fn still_at(param: &LaneParam<'_>, value: f32) -> bool {
    matches!(param, LaneParam::Constant(lanes) if **lanes == [value; GROUP])
}

impl<'a> Plain<'a> {
    #[inline(always)]
    fn new(io: &GroupIo<'_, 'a>) -> Self {
        Self { rate: io.param(RATE), shift: io.param(PHASE), width: io.param(PULSE_WIDTH), rate_hz: io.sample_rate_hz() }
    }

    /// Phase steps of a frame when not synced, in turns.
    #[inline(always)]
    fn free_turns<S: Simd>(&self, simd: S, n: usize) -> f32x8<S> {
        self.rate.at(simd, n) * splat(simd, 1.0 / self.rate_hz)
    }

    #[inline(always)]
    fn shift_turns<S: Simd>(&self, simd: S, n: usize) -> f32x8<S> {
        self.shift.at(simd, n) * splat(simd, 1.0 / 360.0)
    }
}

impl<'a> Call<'a> {
    fn new(io: &GroupIo<'_, 'a>) -> Self {
        Self {
            plain: Plain::new(io),
            shape: io.param(SHAPE),
            fade: io.param(FADE),
            unipolar: io.param(UNIPOLAR),
            one_shot: io.param(ONE_SHOT),
            resets: io.wired(0),
            song: Song::new(io, io.param(SYNC)),
        }
    }
}

/// From ±1 to 0 to 1 as far as `lifted` says, 0 to 1.
#[inline(always)]
fn lift<S: Simd, V: Lanes<S>>(simd: S, wave: V, lifted: V) -> V {
    let half = V::splat(simd, 0.5);
    wave + (half * wave + half - wave) * lifted
}

impl Lfo {
    /// The shape, if the call is of one regular shape that runs freely, without anything that fades.
    #[inline(always)]
    fn plain_shape(&self, call: &Call<'_>) -> Option<usize> {
        let LaneParam::Constant([shape, ..]) = call.shape else { return None };
        let shape = *shape as usize;
        let is_free = call.song.is_free() && call.resets.is_none() && still_at(&call.one_shot, 0.0) && self.state.ended == [0.0; GROUP];
        let is_lifted = call.unipolar.first() >= 0.5;
        let is_settled = still_at(&call.fade, 0.0)
            && still_at(&call.unipolar, call.unipolar.first())
            && self.state.unipolar.is_at(f32::from(is_lifted))
            && self.state.is_settled(shape);
        (shape < RANDOM_STEPS && is_free && is_settled).then_some(shape)
    }

    #[inline(always)]
    fn run_plain<S: Simd>(&mut self, simd: S, call: &Plain<'_>, shape: usize, out: &mut [Oct]) {
        match shape {
            SINE => self.run_shape::<S, SINE>(simd, call, out),
            TRIANGLE => self.run_shape::<S, TRIANGLE>(simd, call, out),
            SAW_UP => self.run_shape::<S, SAW_UP>(simd, call, out),
            SAW_DOWN => self.run_shape::<S, SAW_DOWN>(simd, call, out),
            _ => self.run_shape::<S, SQUARE>(simd, call, out),
        }
    }

    /// A loop over frames, a function of its own, so that the compiler sees nothing but it.
    #[inline(never)]
    fn run_shape<S: Simd, const SHAPE: usize>(&mut self, simd: S, call: &Plain<'_>, out: &mut [Oct]) {
        simd.vectorize(
            #[inline(always)]
            || self.run_frames::<S, SHAPE>(simd, call, out),
        );
    }

    #[inline(always)]
    fn run_frames<S: Simd, const SHAPE: usize>(&mut self, simd: S, call: &Plain<'_>, out: &mut [Oct]) {
        let is_rate_still = matches!(call.rate, LaneParam::Constant(_));
        let is_shift_still = matches!(call.shift, LaneParam::Constant(_));
        let lifted = load(simd, self.state.unipolar.now());
        let is_lifted = !self.state.unipolar.is_at(0.0);
        let (one, zero) = (splat(simd, 1.0), splat(simd, 0.0));
        let (high, low) = (lift(simd, one, lifted), lift(simd, -one, lifted));
        if SHAPE == SQUARE
            && let Some((value, after)) = self.standing(simd, call, [high, low], out.len())
        {
            for out in &mut *out {
                store(value, out);
            }
            self.end(simd, after, i32x8::splat(simd, 0), out.len());
            return;
        }
        let mut step = SlowStep::new(simd, call.free_turns(simd, 0));
        let mut shift = call.shift_turns(simd, 0);
        let mut shift_steps = steps_of_turns(simd, shift);
        let mut phase = self.state.phase.load(simd);
        let mut ended = i32x8::splat(simd, 0);
        for (n, out) in out.iter_mut().enumerate() {
            if !is_rate_still {
                step = SlowStep::new(simd, call.free_turns(simd, n));
            }
            if !is_shift_still {
                shift = call.shift_turns(simd, n);
                shift_steps = steps_of_turns(simd, shift);
            }
            let turned = Turned { upper: phase.upper, phase: phase.turns(simd), shift, shift_steps };
            let mut value = wave(simd, SHAPE, &turned, call.width.at(simd, n), &self.state.randoms);
            if SHAPE == SQUARE {
                value = select(value.simd_gt(zero), high, low);
            } else if is_lifted {
                value = lift(simd, value, lifted);
            }
            store(value, out);
            if is_rate_still {
                phase.go_on(simd, &step);
            } else {
                ended += phase.advance(simd, &step);
            }
        }
        if is_rate_still {
            (_, ended) = self.state.phase.after(simd, &step, out.len());
        }
        self.end(simd, phase, ended, out.len());
    }

    /// A square whose lanes all stay on their side during this call, as slow ones mostly do: one value for all frames, which is returned.
    #[inline(always)]
    fn standing<S: Simd>(&self, simd: S, call: &Plain<'_>, [high, low]: [f32x8<S>; 2], frames: usize) -> Option<(f32x8<S>, SlowPhase<S>)> {
        let (LaneParam::Constant(_), LaneParam::Constant(_), LaneParam::Constant(width)) = (call.rate, call.shift, call.width) else {
            return None;
        };
        let (shift, width) = (call.shift_turns(simd, 0), load(simd, width));
        let (after, ended) = self.state.phase.after(simd, &SlowStep::new(simd, call.free_turns(simd, 0)), frames);
        let (first, last) = (self.state.phase.load(simd).turns(simd) + shift, after.turns(simd) + shift);
        let (cycle, cycle_after) = (first.floor(), last.floor());
        // Within a cycle the phase only rises: what is equal at both ends is so between them.
        let (is_high, is_high_after) = ((first - cycle).simd_lt(width), (last - cycle_after).simd_lt(width));
        let stays = ended.simd_eq(i32x8::splat(simd, 0)) & cycle.simd_eq(cycle_after) & !(is_high ^ is_high_after);
        if stays.all_true() { Some((select(is_high, high, low), after)) } else { None }
    }

    /// Keeps what a call has come to. `ended` counts the cycles that ended, each as −1.
    #[inline(always)]
    fn end<S: Simd>(&mut self, simd: S, phase: SlowPhase<S>, ended: i32x8<S>, frames: usize) {
        self.state.phase.store(phase);
        self.state.count(simd, frames);
        if ended.simd_lt(i32x8::splat(simd, 0)).any_true() {
            let ended: [i32; GROUP] = ended.into();
            for lane in (0..GROUP).filter(|lane| ended[*lane] < 0) {
                self.state.next_cycles(lane, self.seeds[lane], ended[lane].unsigned_abs());
            }
        }
    }

    /// Lanes whose reset has risen begin again.
    #[inline(always)]
    fn follow_resets<S: Simd>(&mut self, simd: S, reset: &Oct, target: f32x8<S>) {
        let (half, one, zero) = (splat(simd, 0.5), splat(simd, 1.0), splat(simd, 0.0));
        let high = select(load(simd, reset).simd_gt(half), one, zero);
        let rising = high - load(simd, &self.state.reset_high);
        store(high, &mut self.state.reset_high);
        if rising.simd_gt(zero).any_true() {
            let (rising, target): (Oct, Oct) = (rising.into(), target.into());
            for lane in (0..GROUP).filter(|lane| rising[*lane] > 0.0) {
                self.state.restart(lane, self.seeds[lane], target[lane]);
            }
        }
    }

    /// One frame of whatever there is.
    #[inline(always)]
    fn frame<S: Simd>(&mut self, simd: S, call: &Call<'_>, n: usize) -> f32x8<S> {
        let (zero, half, one) = (splat(simd, 0.0), splat(simd, 0.5), splat(simd, 1.0));
        let beat = call.song.at(simd, n);
        if let Some(resets) = call.resets {
            self.follow_resets(simd, &resets[n], beat.target);
        }
        let is_one_shot = call.one_shot.at(simd, n).simd_ge(half);
        store(select(is_one_shot, load(simd, &self.state.ended), zero), &mut self.state.ended);
        let mut phase = self.state.phase.load(simd);
        let (turns, shift) = (phase.turns(simd), call.plain.shift_turns(simd, n));
        let turned = Turned { upper: phase.upper, phase: turns, shift, shift_steps: steps_of_turns(simd, shift) };
        let value = self.state.blend(simd, call.shape.at(simd, n), self.switch_step, &turned, call.plain.width.at(simd, n));
        let is_lifted = select(call.unipolar.at(simd, n).simd_ge(half), one, zero);
        let value = lift(simd, value, self.state.unipolar.next(simd, is_lifted, self.switch_step));
        let (fade, since) = (call.fade.at(simd, n), load(simd, &self.state.frames_since_reset));
        let grown = (since / (fade * splat(simd, call.plain.rate_hz)).max(one)).min(one);
        let value = value * select(fade.simd_gt(zero), grown, one);
        self.state.count(simd, 1);

        let free = call.plain.free_turns(simd, n);
        let step = select(beat.is_synced, beat.step(simd, turns, load(simd, &self.state.anchor)), free);
        let step = step * (one - load(simd, &self.state.ended));
        let ended = phase.advance(simd, &SlowStep::new(simd, step));
        self.state.phase.store(phase);
        if ended.simd_lt(i32x8::splat(simd, 0)).any_true() {
            let (ended, is_one_shot): ([i32; GROUP], Oct) = (ended.into(), select(is_one_shot, one, zero).into());
            for lane in (0..GROUP).filter(|lane| ended[*lane] < 0) {
                self.state.end_cycle(lane, self.seeds[lane], is_one_shot[lane] > 0.0);
            }
        }
        value
    }

    /// Lanes that are new begin: synced ones where the song is.
    #[inline(always)]
    fn begin_fresh<S: Simd>(&mut self, simd: S, call: &Call<'_>) {
        let fresh = self.state.fresh;
        if !fresh.contains(&true) {
            return;
        }
        let beat = call.song.at(simd, 0);
        let one = splat(simd, 1.0);
        let is_synced: Oct = select(beat.is_synced, one, splat(simd, 0.0)).into();
        let (target, shape): (Oct, Oct) = (beat.target.into(), call.shape.at(simd, 0).into());
        let unipolar: Oct = call.unipolar.at(simd, 0).into();
        for lane in (0..GROUP).filter(|lane| fresh[*lane]) {
            let begin = if is_synced[lane] > 0.0 { target[lane] } else { 0.0 };
            self.state.begin(lane, self.seeds[lane], begin, shape[lane], unipolar[lane]);
        }
        self.state.fresh = [false; GROUP];
    }
}

/// Two groups of plain sines side by side; what [`Lfo::run_frames`] makes of each.
#[inline(always)]
fn run_sines<S: Simd>(kernels: &mut [Lfo; 2], simd: S, io: &mut [GroupIo<'_, '_>; 2]) {
    let calls = [Plain::new(&io[0]), Plain::new(&io[1])];
    let steps = [SlowStep::new(simd, calls[0].free_turns(simd, 0)), SlowStep::new(simd, calls[1].free_turns(simd, 0))];
    let shifts = [steps_of_turns(simd, calls[0].shift_turns(simd, 0)), steps_of_turns(simd, calls[1].shift_turns(simd, 0))];
    let shift = simd.combine_i32x8(shifts[0], shifts[1]);
    let mut phases = SlowPair::new(simd, [kernels[0].state.phase.load(simd), kernels[1].state.phase.load(simd)], &steps);
    let lifted = f32x16::join(simd, [load(simd, kernels[0].state.unipolar.now()), load(simd, kernels[1].state.unipolar.now())]);
    let is_lifted = kernels.iter().any(|kernel| !kernel.state.unipolar.is_at(0.0));
    let frames = io[0].frames();
    // As long as it is said here, so that lengths are not looked at in each frame.
    let [low_out, high_out] = first_outputs(io).map(|out| &mut out[..frames]);
    for n in 0..frames {
        let mut value = sine_of_sixteen(simd, phases.upper + shift);
        if is_lifted {
            value = lift(simd, value, lifted);
        }
        let [low, high] = value.parts(simd);
        store(low, &mut low_out[n]);
        store(high, &mut high_out[n]);
        phases.go_on(simd);
    }
    let (phases, last) = (phases.split(simd), [low_out[frames - 1], high_out[frames - 1]]);
    for index in 0..2 {
        let (_, ended) = kernels[index].state.phase.after(simd, &steps[index], frames);
        kernels[index].end(simd, phases[index], ended, frames);
        kernels[index].state.value = last[index];
    }
}

impl LaneKernel for Lfo {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        if !io.is_same() {
            self.plain_shape = None;
        }
        // Once plain, it stays so until a knob or a cable changes.
        if let Some(shape) = self.plain_shape {
            let plain = Plain::new(io);
            let out = io.output(0);
            self.run_plain(simd, &plain, shape, out);
            self.state.value = out[out.len() - 1];
            return;
        }
        let call = Call::new(io);
        let out = io.output(0);
        self.begin_fresh(simd, &call);
        self.plain_shape = self.plain_shape(&call);
        match self.plain_shape {
            Some(shape) => self.run_plain(simd, &call.plain, shape, out),
            None => {
                for (n, out) in out.iter_mut().enumerate() {
                    store(self.frame(simd, &call, n), out);
                }
            }
        }
        self.state.value = out[out.len() - 1];
    }

    #[inline(always)]
    fn run_several<S: Simd>(kernels: &mut [Self], simd: S, io: &mut [GroupIo<'_, '_>]) -> usize {
        let (Some(pair), Some(io)) = (kernels.first_chunk_mut::<2>(), io.first_chunk_mut::<2>()) else { return 0 };
        if !io[0].is_same() || pair.iter().any(|kernel| kernel.plain_shape != Some(SINE)) {
            return 0;
        }
        run_sines(pair, simd, io);
        2
    }

    fn reset(&mut self) {
        self.state = State::new();
        self.plain_shape = None;
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        (face[0], face[1]) = (self.state.phase.turns(lane), self.state.value[lane]);
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        lane_state!(visit; self.seeds, self.state);
    }
}

#[cfg(test)]
mod tests;
