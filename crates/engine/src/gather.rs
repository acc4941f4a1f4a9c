//! Summing cables into an input: gains that ramp, and conversions between widths and layouts.
//!
//! Mono into stereo is duplicated, stereo into mono is the mean; one voice goes to all, several into one are summed, and
//! where both sides have several, lane meets lane.

use crate::memory::{GROUP, Lane, Shape, Span};
use crate::ramp::Ramp;
use patchlight_core::LaneLayout;

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
}

/// Sets a part of a span to zero, idle lanes included.
///
/// # Safety
/// The span must lie in the arena and nothing else may use it meanwhile.
pub(crate) unsafe fn clear(arena: *mut f32, span: Span, part: Part) {
    let shape = span.shape;
    let width = if shape.layout == LaneLayout::Groups { GROUP } else { 1 };
    let rows = shape.len() / (crate::memory::BLOCK * width);
    for row in 0..rows {
        let offset = span.offset as usize + row * crate::memory::BLOCK * width + part.start * width;
        // SAFETY: the row lies within the span.
        unsafe { std::slice::from_raw_parts_mut(arena.add(offset), part.frames * width).fill(0.0) };
    }
}

/// Adds a source, times its gain, to a span of any shape.
///
/// # Safety
/// Both spans must lie in the arena and be disjoint, and nothing else may use them meanwhile.
pub(crate) unsafe fn add(arena: *mut f32, source: Span, target: Span, gain: &Ramp, part: Part) {
    if source.shape == target.shape && gain.is_steady(part.first_frame()) {
        // SAFETY: passed on from the caller.
        unsafe { add_same_shape(arena, source, target, gain.target(), part) };
        return;
    }
    let (from, to) = (source.shape, target.shape);
    let halve = if from.channels > to.channels { 0.5 } else { 1.0 };
    for channel in 0..from.channels.max(to.channels) {
        let (from_channel, to_channel) = (channel.min(from.channels - 1), channel.min(to.channels - 1));
        for voice in 0..voices_between(from, to) {
            let lane = |shape: Shape, channel: u8| shape.lane(usize::from(channel), voice.min(usize::from(shape.voices) - 1));
            // SAFETY: lanes lie within their spans.
            unsafe { add_lane(arena, at(source, lane(from, from_channel)), at(target, lane(to, to_channel)), gain, halve, part) };
        }
    }
}

/// Multiplies a span with a gain.
///
/// # Safety
/// The span must lie in the arena and nothing else may use it meanwhile.
pub(crate) unsafe fn scale(arena: *mut f32, span: Span, gain: &Ramp, part: Part) {
    for channel in 0..usize::from(span.shape.channels) {
        for voice in 0..usize::from(span.shape.voices) {
            let lane = at(span, span.shape.lane(channel, voice));
            for n in part.start..part.start + part.frames {
                // SAFETY: frame `n` of each lane lies within its span.
                unsafe { *arena.add(lane.offset + n * lane.stride) *= gain.value(part.block_frame + n as u64) };
            }
        }
    }
}

/// How many pairs of voices meet: one side of one voice meets all of the other, else the smaller number counts.
fn voices_between(from: Shape, to: Shape) -> usize {
    let (from, to) = (usize::from(from.voices), usize::from(to.voices));
    if from == 1 || to == 1 { from.max(to) } else { from.min(to) }
}

fn at(span: Span, lane: Lane) -> Lane {
    Lane { offset: span.offset as usize + lane.offset, stride: lane.stride }
}

/// # Safety
/// As [`add`].
unsafe fn add_same_shape(arena: *mut f32, source: Span, target: Span, gain: f32, part: Part) {
    let width = if source.shape.layout == LaneLayout::Groups { GROUP } else { 1 };
    let rows = source.shape.len() / (crate::memory::BLOCK * width);
    for row in 0..rows {
        let offset = row * crate::memory::BLOCK * width + part.start * width;
        let len = part.frames * width;
        // SAFETY: rows lie within the spans, which are disjoint.
        let (from, to) = unsafe {
            (
                std::slice::from_raw_parts(arena.add(source.offset as usize + offset), len),
                std::slice::from_raw_parts_mut(arena.add(target.offset as usize + offset), len),
            )
        };
        for (to, from) in to.iter_mut().zip(from) {
            *to += from * gain;
        }
    }
}

/// # Safety
/// As [`add`], for lanes given from the start of the arena.
unsafe fn add_lane(arena: *mut f32, from: Lane, to: Lane, gain: &Ramp, factor: f32, part: Part) {
    let steady = gain.is_steady(part.first_frame()).then(|| gain.target() * factor);
    for n in part.start..part.start + part.frames {
        let gain = steady.unwrap_or_else(|| gain.value(part.block_frame + n as u64) * factor);
        // SAFETY: frame `n` of each lane lies within its span.
        unsafe { *arena.add(to.offset + n * to.stride) += *arena.add(from.offset + n * from.stride) * gain };
    }
}
