//! Summing cables into an input: gains that ramp, and conversions between widths and layouts.
//!
//! The compiler has broken every sum into operations on rows, groups of eight and single lanes ([`OpKind`]); here they are
//! carried out. A lane's sum is made in the order of its operations and with the same arithmetic whether gains stand or move,
//! so that a cable that moves changes nothing for its neighbours.

use crate::memory::{BLOCK, GROUP, Oct, Span};
use crate::program::{GatherOp, NO_CABLE, OpKind};
use crate::ramp::Ramp;
use crate::simd::{Simd, SimdFloat, SimdJob, f32x8, inlined, load, splat, store, transpose};
use patchlight_core::LaneLayout;
use std::mem::MaybeUninit;

/// The frames to work on: absolute frame of the block's start, and the part of the block.
#[derive(Clone, Copy)]
pub(crate) struct Part {
    pub(crate) block_frame: u64,
    pub(crate) start: usize,
    pub(crate) frames: usize,
}

impl Part {
    pub(crate) fn first_frame(self) -> u64 {
        self.block_frame + self.start as u64
    }

    fn range(self) -> std::ops::Range<usize> {
        self.start..self.start + self.frames
    }
}

/// Sets a part of a span to zero, idle lanes included.
///
/// # Safety
/// The span must lie in the arena and nothing else may use it meanwhile.
pub(crate) unsafe fn clear(arena: *mut f32, span: Span, part: Part) {
    let shape = span.shape;
    let width = if shape.layout == LaneLayout::Groups { GROUP } else { 1 };
    let rows = shape.len() / (BLOCK * width);
    for row in 0..rows {
        let offset = span.offset as usize + row * BLOCK * width + part.start * width;
        // SAFETY: the row lies within the span.
        unsafe { std::slice::from_raw_parts_mut(arena.add(offset), part.frames * width).fill(0.0) };
    }
}

/// Sets the voices of a span to zero that are not awake: groups of eight of which none is, or rows.
///
/// # Safety
/// As [`clear`].
pub(crate) unsafe fn clear_sleeping(arena: *mut f32, span: Span, awake: u32, part: Part) {
    let shape = span.shape;
    let width = if shape.layout == LaneLayout::Groups { GROUP } else { 1 };
    let per_channel = shape.channel_len() / (BLOCK * width);
    for row in 0..per_channel * usize::from(shape.channels) {
        let voices = awake >> (row % per_channel * width) & (u32::MAX >> (32 - width));
        if voices == 0 {
            let offset = span.offset as usize + row * BLOCK * width + part.start * width;
            // SAFETY: the row lies within the span.
            unsafe { std::slice::from_raw_parts_mut(arena.add(offset), part.frames * width).fill(0.0) };
        }
    }
}

/// Sets one lane of a span to zero.
///
/// # Safety
/// As [`clear`].
pub(crate) unsafe fn clear_lane(arena: *mut f32, span: Span, voice: usize, part: Part) {
    for channel in 0..usize::from(span.shape.channels) {
        let lane = span.shape.lane(channel, voice);
        for n in part.range() {
            // SAFETY: frame `n` of each lane lies within its span.
            unsafe { *arena.add(span.offset as usize + lane.offset + n * lane.stride) = 0.0 };
        }
    }
}

/// One lane of an output as it is heard: mixed with what came in while the module is bypassed, quieted while it is muted.
///
/// # Safety
/// The spans must lie in the arena and be disjoint, and nothing else may use them meanwhile.
pub(crate) unsafe fn stand_aside(arena: *mut f32, output: Span, input: Option<Span>, voice: usize, ramps: [&Ramp; 2], part: Part) {
    let [bypass, audible] = ramps;
    for channel in 0..usize::from(output.shape.channels) {
        let to = output.shape.lane(channel, voice);
        let from = input.map(|input| {
            let shape = input.shape;
            let lane = shape.lane(channel.min(usize::from(shape.channels) - 1), voice.min(usize::from(shape.voices) - 1));
            (input.offset as usize + lane.offset, lane.stride)
        });
        for n in part.range() {
            let frame = part.block_frame + n as u64;
            let (by, loud) = (bypass.value(frame), audible.value(frame));
            // SAFETY: frame `n` of each lane lies within its span.
            unsafe {
                let place = arena.add(output.offset as usize + to.offset + n * to.stride);
                let passed = from.map_or(0.0, |(offset, stride)| *arena.add(offset + n * stride) * by);
                *place = (*place * (1.0 - by) + passed) * loud;
            }
        }
    }
}

/// The operations of one gather.
pub(crate) struct Gathering<'a> {
    pub(crate) arena: *mut f32,
    pub(crate) ops: &'a mut [GatherOp],
    /// Where eight rows begin that become eight lanes.
    pub(crate) rows: &'a [[u32; GROUP]],
    pub(crate) stale: &'a mut [bool],
    /// Gains by cable.
    pub(crate) gains: &'a [Ramp],
    pub(crate) part: Part,
}

impl Gathering<'_> {
    /// Looks up the gains of what is stale; what stands still from now on is stale no more.
    pub(crate) fn refresh(&mut self) {
        let frame = self.part.first_frame();
        for (op, stale) in self.ops.iter_mut().zip(self.stale.iter_mut()).filter(|(_, stale)| **stale) {
            let mut steady = true;
            for (gain, cable) in op.gains.iter_mut().zip(&op.cables).filter(|(_, cable)| **cable != NO_CABLE) {
                let ramp = self.gains.get(*cable as usize).copied().unwrap_or(Ramp::at(0.0));
                steady &= ramp.is_steady(frame);
                *gain = ramp.target();
            }
            *stale = !steady;
        }
    }
}

impl SimdJob for Gathering<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { arena, ops, rows, stale, gains, part } = self;
        let mut sums = Sums { total: [const { MaybeUninit::uninit() }; BLOCK], to: None };
        let mut index = 0;
        while index < ops.len() {
            // SAFETY: as below.
            if let Some(four) = four_alike(&ops[index..], &stale[index..]) {
                unsafe { add_four(simd, arena, four, part, &mut sums) };
                index += four.len();
                continue;
            }
            let (op, stale) = (&ops[index], &stale[index]);
            index += 1;
            let factor = splat(simd, op.factor);
            // SAFETY: a validated program reads and writes within its arena, and a gather reads nothing that it writes.
            unsafe {
                if *stale {
                    let moving = moving(op, gains, part);
                    let at = inlined(
                        #[inline(always)]
                        |n: usize| load(simd, &moving[n]),
                    );
                    carry_out(simd, arena, op, rows, at, part, &mut sums);
                } else {
                    let steady = load(simd, &op.gains) * factor;
                    let at = inlined(
                        #[inline(always)]
                        |_: usize| steady,
                    );
                    carry_out(simd, arena, op, rows, at, part, &mut sums);
                }
            }
        }
        // SAFETY: as above.
        unsafe { sums.flush(simd, arena, part) };
    }
}

/// Work in a function of its own. What turns rows into lanes or lanes into rows holds many constants in registers, and most gathers need none of it.
#[inline(never)]
fn apart<S: Simd>(simd: S, work: impl FnOnce()) {
    simd.vectorize(work);
}

/// The next operations, if they add four groups up in one place and their gains stand still.
#[inline(always)]
fn four_alike<'a>(ops: &'a [GatherOp], stale: &[bool]) -> Option<&'a [GatherOp; 4]> {
    let (four, is_stale) = (ops.first_chunk::<4>()?, stale.first_chunk::<4>()?);
    let is_kind = matches!(four[0].kind, OpKind::Sum { .. } | OpKind::Group);
    let same = |op: &GatherOp| op.kind == four[0].kind && op.to == four[0].to && !op.sets;
    (is_kind && *is_stale == [false; 4] && same(&four[1]) && same(&four[2]) && same(&four[3])).then_some(four)
}

/// The gains of each frame of the part.
fn moving(op: &GatherOp, gains: &[Ramp], part: Part) -> [Oct; BLOCK] {
    let mut table = [[0.0; GROUP]; BLOCK];
    for (lane, cable) in op.cables.iter().enumerate().filter(|(_, cable)| **cable != NO_CABLE) {
        let Some(ramp) = gains.get(*cable as usize) else { continue };
        for n in part.range() {
            table[n][lane] = ramp.value(part.block_frame + n as u64) * op.factor;
        }
    }
    table
}

/// # Safety
/// The operation must be that of a validated program whose arena this is.
#[inline(always)]
unsafe fn carry_out<S: Simd>(
    simd: S,
    arena: *mut f32,
    op: &GatherOp,
    rows: &[[u32; GROUP]],
    gain_at: impl Fn(usize) -> f32x8<S>,
    part: Part,
    sums: &mut Sums,
) {
    // SAFETY: passed on from the caller.
    unsafe {
        let to = arena.add(op.to as usize);
        let from = if matches!(op.kind, OpKind::Rows) { arena } else { arena.add(op.from as usize) };
        if !matches!(op.kind, OpKind::Sum { .. }) {
            sums.flush(simd, arena, part);
        }
        match op.kind {
            OpKind::Clear { samples } => {
                let width = samples as usize / BLOCK;
                std::slice::from_raw_parts_mut(to.add(part.start * width), part.frames * width).fill(0.0);
            }
            OpKind::Group => {
                let (from, to): (*const Oct, *mut Oct) = (from.cast(), to.cast());
                for n in part.range() {
                    let moved = load(simd, &*from.add(n));
                    join(simd, moved, gain_at(n), to.add(n), op.sets);
                }
            }
            OpKind::Spread { stride } => {
                let to: *mut Oct = to.cast();
                for n in part.range() {
                    let moved = splat(simd, *from.add(n * usize::from(stride)));
                    join(simd, moved, gain_at(n), to.add(n), op.sets);
                }
            }
            OpKind::Row => row(simd, from, to, gain_at, op.sets, part),
            OpKind::Rows => {
                let rows = rows[op.from as usize].map(|row| arena.add(row as usize).cast_const());
                let turn = inlined(
                    #[inline(always)]
                    || eight_rows(simd, rows, to.cast(), gain_at, op.sets, part),
                );
                apart(simd, turn);
            }
            OpKind::Sum { stride } => {
                let from: *const Oct = from.cast();
                let begins = sums.begin(simd, arena, op.to, stride, part);
                for n in part.range() {
                    let moved = load(simd, &*from.add(n));
                    join(simd, moved, gain_at(n), sums.total[n].as_mut_ptr(), begins);
                }
            }
            OpKind::Lane { from_stride, to_stride } => {
                for n in part.range() {
                    let place = to.add(n * usize::from(to_stride));
                    let mut sum = [*place; GROUP];
                    join(simd, splat(simd, *from.add(n * usize::from(from_stride))), splat(simd, gain_at(n)[0]), &mut sum, false);
                    *place = sum[0];
                }
            }
        }
    }
}

/// Adds four groups up, as [`carry_out`] does one by one.
///
/// # Safety
/// As [`carry_out`].
#[inline(always)]
unsafe fn add_four<S: Simd>(simd: S, arena: *mut f32, ops: &[GatherOp; 4], part: Part, sums: &mut Sums) {
    // SAFETY: passed on from the caller; a sum that does not begin has filled the part.
    unsafe {
        let (to, begins): (*mut Oct, bool) = if let OpKind::Sum { stride } = ops[0].kind {
            let begins = sums.begin(simd, arena, ops[0].to, stride, part);
            (sums.total.as_mut_ptr().cast(), begins)
        } else {
            sums.flush(simd, arena, part);
            (arena.add(ops[0].to as usize).cast(), ops[0].sets)
        };
        let mut gains = [splat(simd, 0.0); 4];
        let mut from = [arena.cast::<Oct>().cast_const(); 4];
        for index in 0..4 {
            gains[index] = load(simd, &ops[index].gains) * splat(simd, ops[index].factor);
            from[index] = arena.add(ops[index].from as usize).cast();
        }
        for n in part.range() {
            let first = load(simd, &*from[0].add(n));
            let mut sum = if begins { first * gains[0] } else { first.mul_add(gains[0], load(simd, &*to.add(n))) };
            for index in 1..4 {
                sum = load(simd, &*from[index].add(n)).mul_add(gains[index], sum);
            }
            store(sum, &mut *to.add(n));
        }
    }
}

/// `to = moved · gain`, added to what is there unless this sets it.
///
/// # Safety
/// `to` must be there to be written, and unless this sets it, hold numbers.
#[inline(always)]
unsafe fn join<S: Simd>(simd: S, moved: f32x8<S>, gain: f32x8<S>, to: *mut Oct, sets: bool) {
    // SAFETY: passed on from the caller.
    unsafe {
        let sum = if sets { moved * gain } else { moved.mul_add(gain, load(simd, &*to)) };
        store(sum, &mut *to);
    }
}

/// Frames of eight rows side by side: transposed eight frames at a time in registers.
///
/// # Safety
/// All must point to rows of a block, and `to` to a group.
#[inline(always)]
unsafe fn eight_rows<S: Simd>(
    simd: S,
    rows: [*const f32; GROUP],
    to: *mut Oct,
    gain_at: impl Fn(usize) -> f32x8<S>,
    sets: bool,
    part: Part,
) {
    let end = part.start + part.frames;
    let mut n = part.start;
    // SAFETY: passed on from the caller; frames are those of one block.
    unsafe {
        while n + GROUP <= end {
            let mut octs = [splat(simd, 0.0); GROUP];
            // Plain loops: what is inside a closure is not compiled for the processor that this runs on.
            for lane in 0..GROUP {
                octs[lane] = load(simd, &*rows[lane].add(n).cast::<Oct>());
            }
            let octs = transpose(octs);
            for frame in 0..GROUP {
                join(simd, octs[frame], gain_at(n + frame), to.add(n + frame), sets);
            }
            n += GROUP;
        }
        while n < end {
            let frame: Oct = rows.map(|row| *row.add(n));
            join(simd, load(simd, &frame), gain_at(n), to.add(n), sets);
            n += 1;
        }
    }
}

/// # Safety
/// Both must point to a row of a block.
#[inline(always)]
unsafe fn row<S: Simd>(simd: S, from: *const f32, to: *mut f32, gain_at: impl Fn(usize) -> f32x8<S>, sets: bool, part: Part) {
    let mut n = part.start;
    let end = part.start + part.frames;
    // SAFETY: passed on from the caller; frames are those of one block.
    unsafe {
        while n + GROUP <= end {
            // One lane's gain at each of eight frames.
            let mut gains = [0.0; GROUP];
            for frame in 0..GROUP {
                gains[frame] = gain_at(n + frame)[0];
            }
            let to: *mut Oct = to.add(n).cast();
            join(simd, load(simd, &*from.add(n).cast::<Oct>()), load(simd, &gains), to, sets);
            n += GROUP;
        }
        while n < end {
            let mut sum = [*to.add(n); GROUP];
            join(simd, splat(simd, *from.add(n)), splat(simd, gain_at(n)[0]), &mut sum, sets);
            *to.add(n) = sum[0];
            n += 1;
        }
    }
}

/// Groups that end in one lane are added up first and across the lanes once.
struct Sums {
    /// Filled by the first group of a sum, over the part.
    total: [MaybeUninit<Oct>; BLOCK],
    to: Option<(u32, u8)>,
}

impl Sums {
    /// Begins or goes on with the sum for a lane; true when it begins.
    ///
    /// # Safety
    /// As [`carry_out`].
    #[inline(always)]
    unsafe fn begin<S: Simd>(&mut self, simd: S, arena: *mut f32, to: u32, stride: u8, part: Part) -> bool {
        if self.to == Some((to, stride)) {
            return false;
        }
        // SAFETY: passed on from the caller.
        unsafe { self.flush(simd, arena, part) };
        self.to = Some((to, stride));
        true
    }

    /// Adds what was summed across the lanes: eight frames side by side where they lie side by side.
    ///
    /// # Safety
    /// As [`carry_out`].
    #[inline(always)]
    unsafe fn flush<S: Simd>(&mut self, simd: S, arena: *mut f32, part: Part) {
        let Some((to, stride)) = self.to.take() else { return };
        let put = inlined(
            #[inline(always)]
            || {
                // SAFETY: passed on from the caller.
                unsafe { self.put(simd, arena, (to, stride), part) }
            },
        );
        apart(simd, put);
    }

    /// # Safety
    /// As [`carry_out`], and the sum must have begun.
    #[inline(always)]
    unsafe fn put<S: Simd>(&mut self, simd: S, arena: *mut f32, (to, stride): (u32, u8), part: Part) {
        let (mut n, end) = (part.start, part.start + part.frames);
        // SAFETY: a sum that has begun has filled the part; the rest is passed on from the caller.
        unsafe {
            let to = arena.add(to as usize);
            while stride == 1 && n + GROUP <= end {
                let mut octs = [splat(simd, 0.0); GROUP];
                for frame in 0..GROUP {
                    octs[frame] = load(simd, self.total[n + frame].assume_init_ref());
                }
                let [a, b, c, d, e, f, g, h] = transpose(octs);
                let place: *mut Oct = to.add(n).cast();
                store(load(simd, &*place) + (((a + b) + (c + d)) + ((e + f) + (g + h))), &mut *place);
                n += GROUP;
            }
            while n < end {
                let [a, b, c, d, e, f, g, h] = self.total[n].assume_init();
                *to.add(n * usize::from(stride)) += ((a + b) + (c + d)) + ((e + f) + (g + h));
                n += 1;
            }
        }
    }
}
