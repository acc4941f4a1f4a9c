//! Running a program's steps over a part of a block.

use crate::context::BlockContext;
use crate::gather::{Part, add, clear, scale};
use crate::io::{Io, PreparedParam};
use crate::memory::{BLOCK, GROUP, Shape, Span};
use crate::message::FeedbackState;
use crate::program::{FeedbackStep, Gather, GatherTarget, MAX_PARAMS, Program, Step, UnitStep};
use crate::ramp::Ramp;
use crate::simd::{Simd, SimdBase, SimdFloat, SimdJob, exp2, load, splat, store, vectorize};
use crate::slot::{MAX_TAPPED_OUTPUTS, NO_TAP, ParamState, Slot};
use crate::telemetry::{Measured, Telemetry};
use patchlight_core::{LaneLayout, ModMap};

/// All that a program runs on.
pub(crate) struct Runner<'a> {
    pub(crate) slots: &'a mut [Option<Box<Slot>>],
    pub(crate) gains: &'a [Ramp],
    pub(crate) feedbacks: &'a mut [Option<Box<FeedbackState>>],
    pub(crate) context: &'a mut BlockContext,
    pub(crate) telemetry: &'a Telemetry,
    pub(crate) watching: bool,
}

/// Loud enough to be heard as wrong, low enough to stay a number: +12 dBFS.
const LOOP_CEILING: f32 = 4.0;

impl Runner<'_> {
    /// Runs a whole block.
    pub(crate) fn run_block(&mut self, program: &mut Program) {
        self.run_part(program, Part { block_frame: self.context.frame, start: 0, frames: BLOCK });
    }

    /// Runs all steps over a part of a block.
    pub(crate) fn run_part(&mut self, program: &mut Program, part: Part) {
        self.run_steps(program, 0, program.steps.len(), part);
    }

    fn run_steps(&mut self, program: &mut Program, first: usize, end: usize, part: Part) {
        let mut index = first;
        while index < end {
            match program.steps[index] {
                Step::Gather(gather) => self.gather(program, gather as usize, part),
                Step::Unit(unit) => self.unit(program, unit as usize, part),
                Step::Loop { steps, ref feedbacks } => {
                    let feedbacks = feedbacks.start as usize..feedbacks.end as usize;
                    let body_end = index + 1 + steps as usize;
                    for frame in part.start..part.start + part.frames {
                        let part = Part { start: frame, frames: 1, ..part };
                        self.feed(program, feedbacks.clone(), frame, false);
                        self.run_steps(program, index + 1, body_end, part);
                        self.feed(program, feedbacks.clone(), frame, true);
                    }
                    index = body_end;
                    continue;
                }
            }
            index += 1;
        }
    }

    /// Before a frame: hands out what the loops carried over. After it (`store`): takes what they carry to the next.
    fn feed(&mut self, program: &mut Program, range: std::ops::Range<usize>, frame: usize, store: bool) {
        let arena = program.arena.as_mut_ptr();
        // 5 Hz: below hearing, above drift.
        let dc_pole = 1.0 - std::f32::consts::TAU * 5.0 / self.context.sample_rate_hz;
        for step in &program.feedbacks[range] {
            let Some(state) = self.feedbacks.get_mut(step.cable as usize).and_then(Option::as_mut) else { continue };
            // SAFETY: the spans of a validated program lie in its arena.
            unsafe {
                if store {
                    carry(arena, step, state, frame, dc_pole);
                } else {
                    hand_out(arena, step.into, state, frame);
                }
            }
        }
    }

    fn gather(&mut self, program: &mut Program, index: usize, part: Part) {
        let Gather { target, span, ref sources } = program.gathers[index];
        let sources = &program.sources[sources.start as usize..sources.end as usize];
        let gain = |cable: u32| self.gains.get(cable as usize).copied().unwrap_or(Ramp::at(0.0));
        let resolved = match sources {
            [only] if only.span.shape == span.shape && is_unity(&gain(only.cable), part) => only.span,
            _ => {
                let arena = program.arena.as_mut_ptr();
                // SAFETY: the spans of a validated program lie in its arena, and a gather's is disjoint from its sources.
                unsafe {
                    clear(arena, span, part);
                    for source in sources {
                        let gain = gain(source.cable);
                        if !gain.is_steady(part.first_frame()) || gain.target() != 0.0 {
                            add(arena, source.span, span, &gain, part);
                        }
                    }
                }
                span
            }
        };
        match target {
            GatherTarget::Port(port) => program.ports[port as usize].span = resolved,
            GatherTarget::Mod(modulated) => program.mods[modulated as usize].span = resolved,
        }
    }

    fn unit(&mut self, program: &mut Program, index: usize, part: Part) {
        let UnitStep { slot: number, voices, layout, ref inputs, ref outputs, ref mods } = program.units[index];
        let arena = program.arena.as_mut_ptr();
        let outputs = &program.outputs[outputs.start as usize..outputs.end as usize];
        let Some(slot) = self.slots.get_mut(number as usize).and_then(Option::as_mut).filter(|slot| !slot.faulty) else {
            // SAFETY: as in `gather`.
            outputs.iter().for_each(|output| unsafe { clear(arena, *output, part) });
            return;
        };
        let mut prepared = [PreparedParam { value: 0.0, signal: None }; MAX_PARAMS];
        let mods = &program.mods[mods.start as usize..mods.end as usize];
        let mut next_mod = mods.iter().peekable();
        let scratch_len = Shape::new(1, usize::from(voices), layout).len();
        for (index, (param, prepared)) in slot.params.iter().zip(&mut prepared).enumerate() {
            let modulation = next_mod.next_if(|modulated| modulated.param as usize == index).map(|modulated| modulated.span);
            let scratch = program.scratch_offset as usize + index * scratch_len;
            // SAFETY: a program has scratch memory for as many parameters of as many voices as any of its units has.
            *prepared = unsafe { prepare(arena, param, modulation, scratch as u32, layout, part) };
        }
        let mut io = Io {
            arena,
            start: part.start,
            frames: part.frames,
            inputs: &program.ports[inputs.start as usize..inputs.end as usize],
            outputs,
            read: u32::MAX,
            params: &prepared[..slot.params.len().min(MAX_PARAMS)],
            context: self.context,
        };
        slot.unit.process(&mut io);
        if !slot.is_plain(part.first_frame()) {
            let input = program.ports[inputs.start as usize..inputs.end as usize].first().map(|port| port.span);
            // SAFETY: as in `gather`; the unit has returned its borrows.
            unsafe { stand_aside(arena, slot, input, outputs, part) };
        }
        for (output, span) in outputs.iter().enumerate() {
            // SAFETY: as in `gather`; the unit has returned its borrows.
            let finite = unsafe { self.inspect(number as usize, output, arena, *span, part) };
            if !finite {
                self.mute(number as usize, arena, outputs, part);
                return;
            }
        }
    }

    /// Measures and records an output; false when it holds not-a-number or infinity.
    ///
    /// # Safety
    /// The span must lie in the arena.
    unsafe fn inspect(&self, slot: usize, output: usize, arena: *const f32, span: Span, part: Part) -> bool {
        // SAFETY: passed on from the caller.
        let measured = unsafe { measure(arena, span, part) };
        if !measured.square_sum.is_finite() && !unsafe { all_finite(arena, span, part) } {
            return false;
        }
        if self.watching {
            self.telemetry.measure(slot, output, measured, part.frames);
            let tap = self.slots[slot].as_ref().and_then(|slot| slot.taps.get(output.min(MAX_TAPPED_OUTPUTS - 1))).copied();
            if let Some(tap) = tap.filter(|tap| *tap != NO_TAP) {
                // SAFETY: passed on from the caller.
                unsafe { self.telemetry.record(tap, arena, span, part.start, part.frames) };
            }
        }
        true
    }

    /// Not-a-number stops here: the unit is muted until it is cleared, and shown.
    fn mute(&mut self, slot: usize, arena: *mut f32, outputs: &[Span], part: Part) {
        if let Some(slot) = self.slots[slot].as_mut() {
            slot.faulty = true;
        }
        self.telemetry.set_fault(slot, true);
        // SAFETY: the spans of a validated program lie in its arena.
        outputs.iter().for_each(|output| unsafe { clear(arena, *output, part) });
    }
}

fn is_unity(gain: &Ramp, part: Part) -> bool {
    gain.target() == 1.0 && gain.is_steady(part.first_frame())
}

/// Lets a bypassed unit's first input pass to its first output, and quiets a muted unit.
///
/// # Safety
/// The spans must lie in the arena.
unsafe fn stand_aside(arena: *mut f32, slot: &Slot, input: Option<Span>, outputs: &[Span], part: Part) {
    for (index, output) in outputs.iter().enumerate() {
        // SAFETY: passed on from the caller; outputs are disjoint from inputs.
        unsafe {
            scale(arena, *output, &slot.bypass.complement(), part);
            if let (0, Some(input)) = (index, input) {
                add(arena, input, *output, &slot.bypass, part);
            }
            scale(arena, *output, &slot.audible, part);
        }
    }
}

/// Writes what a loop carried over into its span, at one frame.
///
/// # Safety
/// The span must lie in the arena.
unsafe fn hand_out(arena: *mut f32, span: Span, state: &FeedbackState, frame: usize) {
    for_lanes(span, frame, |lane, offset| {
        // SAFETY: passed on from the caller.
        unsafe { *arena.add(offset) = state.last[lane] };
    });
}

/// Takes what a loop carries to the next frame. Sound loses its DC and is held under the ceiling.
///
/// # Safety
/// The span must lie in the arena.
unsafe fn carry(arena: *const f32, step: &FeedbackStep, state: &mut FeedbackState, frame: usize, dc_pole: f32) {
    for_lanes(step.from, frame, |lane, offset| {
        // SAFETY: passed on from the caller.
        let value = unsafe { *arena.add(offset) };
        state.last[lane] = if step.audio {
            let blocked = value - state.dc_in[lane] + dc_pole * state.dc_out[lane];
            state.dc_in[lane] = value;
            state.dc_out[lane] = blocked.clamp(-LOOP_CEILING, LOOP_CEILING);
            state.dc_out[lane]
        } else {
            value
        };
    });
}

fn for_lanes(span: Span, frame: usize, mut each: impl FnMut(usize, usize)) {
    let mut number = 0;
    for channel in 0..usize::from(span.shape.channels) {
        for voice in 0..usize::from(span.shape.voices) {
            let lane = span.shape.lane(channel, voice);
            each(number, span.offset as usize + lane.offset + frame * lane.stride);
            number += 1;
        }
    }
}

/// A parameter for one call: its value if it stands still, else its signal, rendered into scratch memory.
///
/// # Safety
/// The modulation must lie in the arena, and the scratch memory must have room for its shape.
unsafe fn prepare(
    arena: *mut f32,
    param: &ParamState,
    modulation: Option<Span>,
    scratch: u32,
    layout: LaneLayout,
    part: Part,
) -> PreparedParam {
    let steady = param.ramp.is_steady(part.first_frame());
    if steady && modulation.is_none() {
        return PreparedParam { value: param.ramp.target(), signal: None };
    }
    let shape = modulation.map_or(Shape::new(1, 1, layout), |span| span.shape);
    let span = Span { offset: scratch, shape };
    let width = if layout == LaneLayout::Groups { GROUP } else { 1 };
    let rows = shape.len() / (BLOCK * width);
    let mut base = [param.ramp.target(); BLOCK];
    let base = &mut base[..part.frames];
    if !steady {
        base.iter_mut().enumerate().for_each(|(n, value)| *value = param.ramp.value(part.first_frame() + n as u64));
    }
    for row in 0..rows {
        let offset = row * BLOCK * width + part.start * width;
        // SAFETY: passed on from the caller; scratch memory lies behind all signals, so the two are disjoint.
        let (target, moved) = unsafe {
            let target = std::slice::from_raw_parts_mut(arena.add(scratch as usize + offset), part.frames * width);
            let moved = modulation
                .map(|modulation| std::slice::from_raw_parts(arena.add(modulation.offset as usize + offset), part.frames * width));
            (target, moved)
        };
        match moved {
            None => target.chunks_exact_mut(width).zip(base.iter()).for_each(|(lanes, value)| lanes.fill(*value)),
            Some(moved) => vectorize(Modulate { param, base, moved, target, width }),
        }
    }
    PreparedParam { value: param.ramp.target(), signal: Some(span) }
}

/// `base ⊕ modulation`, in the way of the parameter's unit, within its range.
struct Modulate<'a> {
    param: &'a ParamState,
    base: &'a [f32],
    moved: &'a [f32],
    target: &'a mut [f32],
    /// Lanes per frame.
    width: usize,
}

impl SimdJob for Modulate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { param, base, moved, target, width } = self;
        let (min, max) = (splat(simd, param.min), splat(simd, param.max));
        for (index, (target, moved)) in target.chunks_mut(GROUP).zip(moved.chunks(GROUP)).enumerate() {
            let (mut signal, mut start, len) = ([0.0; GROUP], [0.0; GROUP], moved.len());
            signal[..len].copy_from_slice(moved);
            for (lane, start) in start[..len].iter_mut().enumerate() {
                *start = base[(index * GROUP + lane) / width];
            }
            let (signal, start) = (load(simd, &signal), load(simd, &start));
            let value = match param.map {
                ModMap::Octaves => start * exp2(simd, signal),
                ModMap::Linear { scale } => signal.mul_add(splat(simd, scale), start),
            };
            let value = value.max(min).min(max);
            let value = if param.whole { value.round_ties_even() } else { value };
            let mut lanes = [0.0; GROUP];
            store(value, &mut lanes);
            target.copy_from_slice(&lanes[..len]);
        }
    }
}

/// The slices of a span that hold lanes, with how many lanes of each frame count.
///
/// # Safety
/// The span must lie in the arena.
unsafe fn slices<'a>(arena: *const f32, span: Span, part: Part) -> impl Iterator<Item = (&'a [f32], usize, usize)> {
    let shape = span.shape;
    let width = if shape.layout == LaneLayout::Groups { GROUP } else { 1 };
    let rows = shape.len() / (BLOCK * width);
    let per_channel = rows / usize::from(shape.channels);
    (0..rows).map(move |row| {
        let offset = span.offset as usize + row * BLOCK * width + part.start * width;
        let used = if width == 1 { 1 } else { (usize::from(shape.voices) - row % per_channel * GROUP).min(GROUP) };
        // SAFETY: passed on from the caller.
        (unsafe { std::slice::from_raw_parts(arena.add(offset), part.frames * width) }, width, used)
    })
}

/// # Safety
/// The span must lie in the arena.
unsafe fn measure(arena: *const f32, span: Span, part: Part) -> Measured {
    let mut measured = Measured::default();
    // SAFETY: passed on from the caller.
    for (index, (samples, width, used)) in unsafe { slices(arena, span, part) }.enumerate() {
        let (mut peak, mut sum) = ([0.0_f32; GROUP], [0.0_f32; GROUP]);
        for lanes in samples.chunks(GROUP) {
            for (lane, sample) in lanes.iter().enumerate() {
                peak[lane] = peak[lane].max(sample.abs());
                sum[lane] += sample * sample;
            }
        }
        let counted = if width == 1 { GROUP } else { used };
        measured.peak = peak[..counted].iter().fold(measured.peak, |a, b| a.max(*b));
        measured.square_sum += sum[..counted].iter().sum::<f32>();
        if index == 0 {
            measured.last = samples[samples.len() - width];
        }
    }
    measured
}

/// # Safety
/// The span must lie in the arena.
unsafe fn all_finite(arena: *const f32, span: Span, part: Part) -> bool {
    // SAFETY: passed on from the caller.
    unsafe { slices(arena, span, part) }
        .all(|(samples, width, used)| samples.chunks(width).all(|lanes| lanes[..used.min(lanes.len())].iter().all(|x| x.is_finite())))
}
