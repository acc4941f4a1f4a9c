//! Running a program's steps over a part of a block.

use crate::context::{BlockContext, Desk};
use crate::gather::{Gathering, Part, clear, clear_lane, clear_sleeping, stand_aside};
use crate::io::Io;
use crate::measure::{all_finite, finite_lanes, loud_voices, measure_all, measure_lanes};
use crate::memory::{BLOCK, GROUP, Shape, Span};
use crate::message::FeedbackState;
use crate::modulate::prepare;
use crate::program::{FeedbackStep, GatherTarget, Section, Step, UnitStep, as_usize, is_unity};
use crate::rack::{MAX_TAPPED_OUTPUTS, NO_TAP, NOBODY, Rack};
use crate::ramp::Ramp;
use crate::simd::vectorize;
use crate::table::Table;
use crate::telemetry::{Measured, Telemetry};
use patchlight_core::LaneLayout;
use std::time::Instant;

/// All that a section runs on. Of the racks and the loops' memories it uses its own alone.
pub(crate) struct Runner<'a> {
    pub(crate) racks: Table<'a, Rack>,
    pub(crate) gains: &'a [Ramp],
    pub(crate) feedbacks: Table<'a, FeedbackState>,
    pub(crate) context: &'a BlockContext,
    /// For a section that runs by itself.
    pub(crate) desk: Option<&'a mut Desk>,
    pub(crate) arena: *mut f32,
    pub(crate) telemetry: &'a Telemetry,
    pub(crate) watching: bool,
    /// Each unit is timed in this block.
    pub(crate) timing: bool,
}

/// Loud enough to be heard as wrong, low enough to stay a number: +12 dBFS.
const LOOP_CEILING: f32 = 4.0;

impl Runner<'_> {
    /// Runs all steps of a section over a part of a block.
    ///
    /// # Safety
    /// The section must be of a validated program, the arena be that program's, and what runs at the same time be of the same stage.
    pub(crate) unsafe fn run(&mut self, section: &mut Section, part: Part) {
        self.run_steps(section, 0, section.parts.steps.len(), part);
    }

    fn run_steps(&mut self, section: &mut Section, first: usize, end: usize, part: Part) {
        let mut index = first;
        while index < end {
            match section.parts.steps[index] {
                Step::Gather(gather) => self.gather(section, gather as usize, part),
                Step::Unit(unit) if self.timing => self.timed_unit(section, unit as usize, part),
                Step::Unit(unit) => self.unit(section, unit as usize, part),
                Step::Loop { steps, ref feedbacks, frames } => {
                    let delay = frames;
                    let feedbacks = as_usize(feedbacks);
                    let body_end = index + 1 + steps as usize;
                    for start in (part.start..part.start + part.frames).step_by(usize::from(frames)) {
                        let frames = usize::from(frames).min(part.start + part.frames - start);
                        let part = Part { start, frames, ..part };
                        self.feed(section, feedbacks.clone(), part, usize::from(delay), false);
                        self.run_steps(section, index + 1, body_end, part);
                        self.feed(section, feedbacks.clone(), part, usize::from(delay), true);
                    }
                    index = body_end;
                    continue;
                }
                // Who watches is told of each unit that it is silent.
                Step::Voices { voices_of, steps } if !self.watching && self.awake(voices_of) == 0 => index += steps as usize,
                Step::Voices { .. } => {}
            }
            index += 1;
        }
    }

    /// Before a part: hands out what the loops carried over, `delay` frames late. After it (`store`): takes what they carry to the next.
    fn feed(&mut self, section: &mut Section, range: std::ops::Range<usize>, part: Part, delay: usize, store: bool) {
        let arena = self.arena;
        // 5 Hz: below hearing, above drift.
        let dc_pole = 1.0 - std::f32::consts::TAU * 5.0 / self.context.sample_rate_hz;
        for step in &section.parts.feedbacks[range] {
            // SAFETY: a loop is in one section, and the spans of a validated program lie in its arena.
            unsafe {
                let Some(state) = self.feedbacks.row(step.cable) else { continue };
                if store {
                    carry(arena, step, state, part, dc_pole);
                } else {
                    hand_out(arena, step.into, state, part, delay);
                }
            }
        }
    }

    fn gather(&mut self, section: &mut Section, index: usize, part: Part) {
        let gather = &section.parts.gathers[index];
        let (target, span, pass, fed_by) = (gather.target, gather.span, gather.pass, gather.fed_by);
        if self.awake(gather.voices_of) == 0 {
            return;
        }
        let range = as_usize(&gather.ops);
        let arena = self.arena;
        let (ops, stale) = (&mut section.parts.ops[range.clone()], &mut section.stale[range]);
        let mut gathering = Gathering { arena, ops, rows: &section.parts.rows, stale, gains: self.gains, part };
        let mut unity = section.unity[index];
        if gathering.stale.contains(&true) {
            gathering.refresh();
            unity = !gathering.stale.contains(&true) && is_unity(gathering.ops);
            section.unity[index] = unity;
        }
        let resolved = match pass {
            // The silence that the memory begins with.
            _ if self.awake(fed_by) == 0 => match target {
                // One voice of it serves for all.
                GatherTarget::Port(_) => Span { offset: 0, shape: Shape { voices: 1, ..span.shape } },
                GatherTarget::Mod(_) | GatherTarget::Gather => Span { offset: 0, ..span },
            },
            Some(source) if unity => source,
            _ => {
                vectorize(gathering);
                span
            }
        };
        match target {
            GatherTarget::Port(port) => section.parts.ports[port as usize].span = resolved,
            GatherTarget::Mod(modulated) => section.parts.mods[modulated as usize].span = resolved,
            GatherTarget::Gather => {}
        }
    }

    fn timed_unit(&mut self, section: &mut Section, index: usize, part: Part) {
        let started = Instant::now();
        self.unit(section, index, part);
        let share = started.elapsed().as_secs_f32() * self.context.sample_rate_hz / part.frames as f32;
        // SAFETY: the unit has run, and its rack is this section's.
        let Some(rack) = (unsafe { self.racks.look(section.parts.units[index].rack) }) else { return };
        let members = || rack.members.iter().filter(|member| member.slot != NOBODY);
        let each = share / members().count().max(1) as f32;
        members().for_each(|member| self.telemetry.count_share(member.slot as usize, each));
    }

    /// The voices that are run where a rack deals them out.
    fn awake(&self, voices_of: u32) -> u32 {
        if voices_of == NOBODY {
            return u32::MAX;
        }
        // SAFETY: its unit runs in this section or in a stage before; of what is used meanwhile, nothing but `loud` changes, an atomic.
        unsafe { self.racks.look(voices_of) }.map_or(u32::MAX, |rack| rack.rest.awake())
    }

    /// See [`Rest::wakes`](crate::rest::Rest::wakes).
    fn wakes(&self, voices_of: u32) -> u32 {
        if voices_of == NOBODY {
            return 0;
        }
        // SAFETY: as in `awake`.
        unsafe { self.racks.look(voices_of) }.map_or(0, |rack| rack.rest.wakes())
    }

    fn unit(&mut self, section: &mut Section, index: usize, part: Part) {
        let UnitStep { rack: number, voices, layout, ref inputs, ref outputs, read, ref mods, voices_of, is_exit, is_summed_asleep } =
            section.parts.units[index];
        let arena = self.arena;
        let outputs = &section.parts.outputs[as_usize(outputs)];
        let inputs = &section.parts.ports[as_usize(inputs)];
        let deals_out = voices_of == number;
        // SAFETY: the rack is this section's.
        if deals_out && let Some(rack) = unsafe { self.racks.row(number) } {
            rack.rest.begin(part.frames, self.context.sample_rate_hz);
        }
        let (mut awake, wakes) = (self.awake(voices_of), self.wakes(voices_of));
        // SAFETY: as above.
        let Some(rack) = unsafe { self.racks.row(number) }.filter(|rack| rack.faulty == 0 || rack.is_bundle()) else {
            // SAFETY: the spans of a validated program lie in its arena.
            outputs.iter().for_each(|output| unsafe { clear(arena, *output, part) });
            return;
        };
        if awake == 0 && !deals_out {
            rack.seen = 0;
            // SAFETY: as above.
            unsafe { sleep(rack, self.telemetry, arena, outputs, part, (is_summed_asleep, self.watching)) };
            return;
        }
        let mods = &section.parts.mods[as_usize(mods)];
        // SAFETY: a program has scratch memory for as many parameters of as many voices as any of its units has.
        unsafe { prepare(arena, rack, mods, section.scratch_offset, (voices, layout), part) };
        let program = self.context.program;
        let same = rack.seen == program && rack.seen_wakes == wakes && awake & !rack.seen_awake == 0;
        (rack.seen, rack.seen_awake, rack.seen_wakes) = (if rack.signals { 0 } else { program }, awake, wakes);
        let params = &rack.prepared;
        let (start, frames, context, desk) = (part.start, part.frames, self.context, self.desk.as_deref_mut());
        let mut io = Io { arena, start, frames, inputs, outputs, read, params, same, awake, held: 0, context, desk };
        rack.unit.process(&mut io);
        if deals_out {
            rack.rest.hold(io.held);
            awake = rack.rest.awake();
            self.telemetry.set_voices_awake(rack.members[0].slot as usize, awake);
            if awake == 0 {
                return;
            }
        }
        // SAFETY: the spans of a validated program lie in its arena; the unit has returned its borrows.
        unsafe {
            if awake != u32::MAX {
                outputs.iter().for_each(|output| clear_sleeping(arena, *output, awake, part));
            }
            if !rack.plain {
                let input = inputs.first().map(|port| port.span);
                put_aside(arena, rack, input, outputs, part);
            }
            self.inspect(rack, outputs, read, part);
        }
        if is_exit {
            // SAFETY: as above.
            let heard = outputs.iter().fold(0, |heard, output| heard | unsafe { loud_voices(arena, *output, part) });
            // SAFETY: as in `awake`.
            if let Some(source) = unsafe { self.racks.look(voices_of) } {
                source.rest.hear(heard);
            }
        }
    }

    /// Measures and records the outputs. Not-a-number stops here: its lane is muted until it is cleared, and shown.
    ///
    /// # Safety
    /// The spans must lie in the arena.
    unsafe fn inspect(&self, rack: &mut Rack, outputs: &[Span], read: u32, part: Part) {
        let arena = self.arena;
        for (_, output) in outputs.iter().enumerate().filter(|(index, _)| is_read(read, *index)) {
            // SAFETY: passed on from the caller.
            unsafe {
                // What was muted before must be so before it is looked at.
                for_bits(rack.faulty, |lane| clear_lane(arena, *output, lane, part));
                if !all_finite(arena, *output, part) {
                    let found = if rack.is_bundle() { !finite_lanes(arena, *output, part) } else { 1 };
                    mute(rack, self.telemetry, found);
                    let muted = rack.faulty;
                    let is_bundle = rack.is_bundle();
                    for output in outputs {
                        if is_bundle {
                            for_bits(muted, |lane| clear_lane(arena, *output, lane, part));
                        } else {
                            clear(arena, *output, part);
                        }
                    }
                }
            }
        }
        // Once a block, however short the parts: inside a loop, too, the whole block lies in the outputs when its last part is done.
        if self.watching && part.start + part.frames == BLOCK {
            // SAFETY: passed on from the caller.
            unsafe { watch(rack, self.telemetry, arena, outputs, Part { start: 0, frames: BLOCK, ..part }) };
        }
    }
}

/// Whether the bit of an output is set; outputs beyond the last bit share it.
pub(crate) fn is_read(read: u32, output: usize) -> bool {
    read & 1 << output.min(31) != 0
}

/// All voices sleep: nothing is run, and what others sum besides is silence.
///
/// # Safety
/// The spans must lie in the arena.
unsafe fn sleep(rack: &Rack, telemetry: &Telemetry, arena: *mut f32, outputs: &[Span], part: Part, (is_summed, watching): (bool, bool)) {
    for (index, output) in outputs.iter().enumerate() {
        if is_summed {
            // SAFETY: passed on from the caller.
            unsafe { clear(arena, *output, part) };
        }
        if watching {
            telemetry.measure(rack.members[0].slot as usize, index, Measured::default(), part.frames);
        }
    }
}

fn for_bits(bits: u32, mut each: impl FnMut(usize)) {
    let mut left = bits;
    while left != 0 {
        each(left.trailing_zeros() as usize);
        left &= left - 1;
    }
}

#[cold]
fn mute(rack: &mut Rack, telemetry: &Telemetry, lanes: u32) {
    for (lane, member) in rack.members.iter().enumerate().filter(|(lane, _)| lanes & 1 << lane != 0) {
        rack.faulty |= 1 << lane;
        if member.slot != NOBODY {
            telemetry.set_fault(member.slot as usize, true);
        }
    }
}

/// Measures and records a block.
///
/// # Safety
/// The spans must lie in the arena.
unsafe fn watch(rack: &Rack, telemetry: &Telemetry, arena: *const f32, outputs: &[Span], part: Part) {
    for (output, span) in outputs.iter().enumerate() {
        // SAFETY: passed on from the caller.
        unsafe {
            if rack.is_bundle() {
                for first in (0..usize::from(span.shape.voices)).step_by(GROUP) {
                    let measured = measure_lanes(arena, *span, first / GROUP, part);
                    for (member, measured) in rack.members[first..].iter().zip(measured).filter(|(member, _)| member.slot != NOBODY) {
                        telemetry.measure(member.slot as usize, output, measured, part.frames);
                    }
                }
            } else {
                telemetry.measure(rack.members[0].slot as usize, output, measure_all(arena, *span, part), part.frames);
            }
            if rack.tapped {
                for (lane, member) in rack.members.iter().enumerate() {
                    let tap = member.taps[output.min(MAX_TAPPED_OUTPUTS - 1)];
                    if tap != NO_TAP {
                        telemetry.record(tap, arena, *span, lane, part.start, part.frames);
                    }
                }
            }
        }
    }
}

/// Lets bypassed modules' first input pass to their first output, and quiets muted ones.
///
/// # Safety
/// The spans must lie in the arena.
unsafe fn put_aside(arena: *mut f32, rack: &mut Rack, input: Option<Span>, outputs: &[Span], part: Part) {
    for (lane, member) in rack.members.iter().enumerate().filter(|(_, member)| member.slot != NOBODY) {
        for (index, output) in outputs.iter().enumerate() {
            let input = input.filter(|_| index == 0);
            let voices = if rack.is_bundle() { lane..lane + 1 } else { 0..usize::from(output.shape.voices) };
            for voice in voices {
                // SAFETY: passed on from the caller; outputs are disjoint from inputs.
                unsafe { stand_aside(arena, *output, input, voice, [&member.bypass, &member.audible], part) };
            }
        }
    }
    rack.look_again(part.first_frame() + part.frames as u64);
}

/// Writes what a loop carried over into its span.
///
/// # Safety
/// The span must lie in the arena.
unsafe fn hand_out(arena: *mut f32, span: Span, state: &FeedbackState, part: Part, delay: usize) {
    let mut lanes = state.last.chunks_exact(BLOCK);
    for channel in 0..usize::from(span.shape.channels) {
        for voice in 0..usize::from(span.shape.voices) {
            let (lane, Some(last)) = (span.shape.lane(channel, voice), lanes.next()) else { return };
            for n in part.start..part.start + part.frames {
                // SAFETY: passed on from the caller.
                unsafe { *arena.add(span.offset as usize + lane.offset + n * lane.stride) = last[(n + BLOCK - delay) % BLOCK] };
            }
        }
    }
}

/// Takes what a loop carries to the next part. Sound loses its DC and is held under the ceiling.
///
/// # Safety
/// The spans must lie in the arena.
unsafe fn carry(arena: *const f32, step: &FeedbackStep, state: &mut FeedbackState, part: Part, dc_pole: f32) {
    let mut memory = state.last.chunks_exact_mut(BLOCK).zip(state.dc_in.iter_mut().zip(&mut state.dc_out));
    for channel in 0..usize::from(step.into.shape.channels) {
        for voice in 0..usize::from(step.into.shape.voices) {
            let lane = step.from.shape.lane(channel, usize::from(step.first_lane) + voice);
            let Some((last, (dc_in, dc_out))) = memory.next() else { return };
            for n in part.start..part.start + part.frames {
                // SAFETY: passed on from the caller.
                let value = unsafe { *arena.add(step.from.offset as usize + lane.offset + n * lane.stride) };
                last[n] = if step.audio {
                    let blocked = value - *dc_in + dc_pole * *dc_out;
                    *dc_in = value;
                    *dc_out = blocked.clamp(-LOOP_CEILING, LOOP_CEILING);
                    *dc_out
                } else {
                    value
                };
            }
        }
    }
}

/// Whether the layout has one lane to a row.
pub(crate) fn width(layout: LaneLayout) -> usize {
    if layout == LaneLayout::Groups { GROUP } else { 1 }
}
