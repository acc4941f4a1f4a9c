//! What a unit is given for one call: inputs, outputs, parameters, and the moment.
//!
//! All `unsafe` of the unit interface is in this file. **Invariant:** the compiler gives every output of a step a span of its
//! own, disjoint from the step's inputs and parameters, and all spans lie inside the arena ([`crate::Program::validate`]).

use crate::context::{BlockContext, Desk, Event, KeyTuning, Transport};
use crate::lanes::LaneParam;
use crate::memory::{BLOCK, GROUP, Oct, Shape, Span};
use crate::program::Port;
use crate::simd::{Simd, f32x8, load};
use crate::strain::Strain;
use patchlight_core::{LaneLayout, MAX_VOICES};
use std::marker::PhantomData;

/// A parameter as the runner prepared it: standing still, or a signal somewhere in the arena.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PreparedParam {
    /// The values when it stands still: by lane where the lanes are different modules, else all the same.
    pub(crate) values: [f32; MAX_VOICES],
    /// Where the signal lies, or `None` when it stands still.
    pub(crate) signal: Option<Span>,
}

/// Everything a unit may touch during one call.
pub struct Io<'a> {
    pub(crate) arena: *mut f32,
    pub(crate) start: usize,
    pub(crate) frames: usize,
    pub(crate) inputs: &'a [Port],
    pub(crate) outputs: &'a [Span],
    /// A bit for each output that anybody reads.
    pub(crate) read: u32,
    pub(crate) params: &'a [PreparedParam],
    /// See [`Io::is_same`].
    pub(crate) same: bool,
    /// A bit for each voice that is run.
    pub(crate) awake: u32,
    /// Voices that a note holds, as a unit says that deals them out.
    pub(crate) held: u32,
    pub(crate) context: &'a BlockContext,
    /// Nothing where the unit runs beside others.
    pub(crate) desk: Option<&'a mut Desk>,
}

/// The frames of one lane (rows), or of one group (groups), inside a span.
fn part(shape: Shape, channel: usize, lane_or_group: usize, start: usize) -> usize {
    let channel = channel.min(usize::from(shape.channels) - 1);
    match shape.layout {
        LaneLayout::Rows => {
            let voice = lane_or_group.min(usize::from(shape.voices) - 1);
            shape.lane(channel, voice).offset + start
        }
        LaneLayout::Groups => {
            let group = lane_or_group.min(shape.groups() - 1);
            channel * shape.channel_len() + group * GROUP * BLOCK + start * GROUP
        }
    }
}

/// An input, read only.
#[derive(Clone, Copy)]
pub struct In<'a> {
    base: *const f32,
    shape: Shape,
    start: usize,
    frames: usize,
    connected: bool,
    lifetime: PhantomData<&'a f32>,
}

impl<'a> In<'a> {
    /// Whether a cable ends here. If not, it carries silence.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connected
    }

    #[must_use]
    pub fn channels(&self) -> usize {
        usize::from(self.shape.channels)
    }

    #[must_use]
    pub fn voices(&self) -> usize {
        usize::from(self.shape.voices)
    }

    /// One lane's frames. A channel or voice beyond the last gives the last, so mono serves for stereo. Rows only.
    #[must_use]
    #[inline]
    pub fn row(&self, channel: usize, voice: usize) -> &'a [f32] {
        debug_assert_eq!(self.shape.layout, LaneLayout::Rows);
        let offset = part(self.shape, channel, voice, self.start);
        // SAFETY: the span lies in the arena, `part` stays in the span, and nobody writes inputs during the call.
        unsafe { std::slice::from_raw_parts(self.base.add(offset), self.frames) }
    }

    /// One group's frames. Groups only.
    #[must_use]
    #[inline]
    pub fn group(&self, channel: usize, group: usize) -> &'a [Oct] {
        debug_assert_eq!(self.shape.layout, LaneLayout::Groups);
        let offset = part(self.shape, channel, group, self.start);
        // SAFETY: as in `row`; an `Oct` is eight floats without further alignment.
        unsafe { std::slice::from_raw_parts(self.base.add(offset).cast(), self.frames) }
    }
}

/// An output, to be filled completely.
pub struct Out<'a> {
    base: *mut f32,
    shape: Shape,
    start: usize,
    frames: usize,
    lifetime: PhantomData<&'a mut f32>,
}

impl Out<'_> {
    #[must_use]
    pub fn channels(&self) -> usize {
        usize::from(self.shape.channels)
    }

    #[must_use]
    pub fn voices(&self) -> usize {
        usize::from(self.shape.voices)
    }

    /// One lane's frames. Rows only.
    #[inline]
    pub fn row(&mut self, channel: usize, voice: usize) -> &mut [f32] {
        debug_assert_eq!(self.shape.layout, LaneLayout::Rows);
        let offset = part(self.shape, channel, voice, self.start);
        // SAFETY: outputs are disjoint from all else of this call, and `&mut self` lends one part at a time.
        unsafe { std::slice::from_raw_parts_mut(self.base.add(offset), self.frames) }
    }

    /// Both channels of one voice, or `None` for the right when there is one channel. Rows only.
    #[inline]
    pub fn pair(&mut self, voice: usize) -> (&mut [f32], Option<&mut [f32]>) {
        debug_assert_eq!(self.shape.layout, LaneLayout::Rows);
        let left = part(self.shape, 0, voice, self.start);
        let right = (self.shape.channels > 1).then(|| part(self.shape, 1, voice, self.start));
        // SAFETY: as in `row`; the two channels of a span are disjoint.
        unsafe {
            (
                std::slice::from_raw_parts_mut(self.base.add(left), self.frames),
                right.map(|offset| std::slice::from_raw_parts_mut(self.base.add(offset), self.frames)),
            )
        }
    }

    /// Left and right of one group of a stereo output. Groups only.
    #[inline]
    pub fn stereo_group(&mut self, group: usize) -> [&mut [Oct]; 2] {
        assert_eq!(self.shape.channels, 2, "only a stereo output has two channels to lend");
        let lanes: [*mut Oct; 2] = [self.group(0, group).as_mut_ptr(), self.group(1, group).as_mut_ptr()];
        // SAFETY: as in `row`; the two channels of a span are disjoint.
        lanes.map(|lanes| unsafe { std::slice::from_raw_parts_mut(lanes, self.frames) })
    }

    /// One group's frames. Groups only.
    #[inline]
    pub fn group(&mut self, channel: usize, group: usize) -> &mut [Oct] {
        debug_assert_eq!(self.shape.layout, LaneLayout::Groups);
        let offset = part(self.shape, channel, group, self.start);
        // SAFETY: as in `row`.
        unsafe { std::slice::from_raw_parts_mut(self.base.add(offset).cast(), self.frames) }
    }
}

/// A parameter: a constant for this call, or a value for each frame. Always within its declared range.
#[derive(Clone, Copy)]
pub struct Param<'a> {
    values: &'a [f32; MAX_VOICES],
    signal: Option<In<'a>>,
}

impl<'a> Param<'a> {
    /// The value, if it is the same for all lanes and frames of this call. For units whose lanes are one module's.
    #[must_use]
    #[inline]
    pub fn constant(&self) -> Option<f32> {
        if self.signal.is_none() { Some(self.values[0]) } else { None }
    }

    /// A group's lanes of it, for kernels that run eight at a time.
    #[must_use]
    #[inline]
    pub fn lanes(&self, group: usize) -> LaneParam<'a> {
        match self.group(group) {
            Some(values) => LaneParam::Signal(values),
            None => LaneParam::Constant(self.standing(group)),
        }
    }

    /// The values of one group where it stands still.
    #[inline]
    fn standing(&self, group: usize) -> &'a Oct {
        let (groups, _) = self.values.as_chunks::<GROUP>();
        &groups[group.min(groups.len() - 1)]
    }

    /// The value at a frame of this call. Rows only.
    #[must_use]
    #[inline]
    pub fn at(&self, frame: usize, voice: usize) -> f32 {
        match &self.signal {
            Some(signal) => signal.row(0, voice)[frame],
            None => self.values[0],
        }
    }

    /// The values of one lane, if it moves. Rows only.
    #[must_use]
    #[inline]
    pub fn row(&self, voice: usize) -> Option<&'a [f32]> {
        self.signal.map(|signal| signal.row(0, voice))
    }

    /// The values of one group, if it moves. Groups only.
    #[must_use]
    #[inline]
    pub fn group(&self, group: usize) -> Option<&'a [Oct]> {
        self.signal.map(|signal| signal.group(0, group))
    }

    /// The value at a frame for eight lanes. Groups only.
    #[inline(always)]
    pub fn lanes_at<S: Simd>(&self, simd: S, frame: usize, group: usize) -> f32x8<S> {
        match &self.signal {
            Some(signal) => load(simd, &signal.group(0, group)[frame]),
            None => load(simd, self.standing(group)),
        }
    }
}

impl<'a> Io<'a> {
    /// Frames to render, 1 to 64.
    #[must_use]
    #[inline]
    pub fn frames(&self) -> usize {
        self.frames
    }

    #[must_use]
    #[inline]
    pub fn sample_rate_hz(&self) -> f32 {
        self.context.sample_rate_hz
    }

    /// The absolute frame of the first frame of this call.
    #[must_use]
    pub fn frame(&self) -> u64 {
        self.context.frame + self.start as u64
    }

    /// The clock, its beat taken at the first frame of this call.
    #[must_use]
    pub fn transport(&self) -> Transport {
        let mut transport = self.context.transport;
        transport.beat += self.context.beats_per_frame() * self.start as f64;
        transport
    }

    /// Quarter notes per frame; 0 when stopped.
    #[must_use]
    pub fn beats_per_frame(&self) -> f64 {
        self.context.beats_per_frame()
    }

    /// What is given up for lack of time: from [`Strain::Quality`] on, a cheaper way is wanted of those that have one.
    #[must_use]
    #[inline]
    pub fn strain(&self) -> Strain {
        self.context.strain
    }

    /// For units that deal out voices: how many have been asked to end for lack of time, since the beginning.
    #[must_use]
    pub fn voices_shed(&self) -> u32 {
        self.context.shed
    }

    /// What each key is tuned to.
    #[must_use]
    #[inline]
    pub fn tuning(&self) -> &'a KeyTuning {
        &self.context.tuning
    }

    /// Sets what keys are tuned to in the next block; to be said in each. For modules that are declared to
    /// [lead](patchlight_core::ModuleSpec::leads_all).
    pub fn lead_tuning(&mut self, tuning: &KeyTuning) {
        if let Some(desk) = &mut self.desk {
            desk.next_tuning = Some(*tuning);
        }
    }

    /// Sets the tempo from the next block on. For modules that are declared to [lead](patchlight_core::ModuleSpec::leads_all).
    pub fn lead_tempo(&mut self, tempo_bpm: f32) {
        if let Some(desk) = &mut self.desk {
            desk.next_tempo_bpm = Some(tempo_bpm);
        }
    }

    /// Events that fall into this call, in order, their offsets from its first frame.
    pub fn events(&self) -> impl Iterator<Item = Event> + '_ {
        let (start, end) = (self.start as u32, (self.start + self.frames) as u32);
        self.context.events[..self.context.event_count]
            .iter()
            .filter(move |event| (start..end).contains(&event.offset))
            .map(move |event| Event { offset: event.offset - start, kind: event.kind })
    }

    #[must_use]
    pub fn input(&self, index: usize) -> In<'a> {
        let port = &self.inputs[index];
        In {
            // SAFETY: every span of a validated program lies inside the arena.
            base: unsafe { self.arena.add(port.span.offset as usize) },
            shape: port.span.shape,
            start: self.start,
            frames: self.frames,
            connected: port.connected,
            lifetime: PhantomData,
        }
    }

    #[must_use]
    pub fn param(&self, index: usize) -> Param<'a> {
        let param = &self.params[index];
        let signal = param.signal.map(|span| In {
            // SAFETY: as in `input`.
            base: unsafe { self.arena.add(span.offset as usize) },
            shape: span.shape,
            start: self.start,
            frames: self.frames,
            connected: true,
            lifetime: PhantomData,
        });
        Param { values: &param.values, signal }
    }

    /// Whether all parameters stand where they stood in the last call, with the same cables plugged in, and nothing was started afresh since.
    /// What was made of them then still holds.
    #[must_use]
    #[inline]
    pub fn is_same(&self) -> bool {
        self.same
    }

    /// Whether any of eight voices is run. What sleeps need not be computed, and its outputs need not be filled.
    #[must_use]
    #[inline]
    pub fn is_group_awake(&self, group: usize) -> bool {
        (self.awake >> (group * GROUP).min(31)) as u8 != 0
    }

    /// Whether a voice is run, see [`Io::is_group_awake`].
    #[must_use]
    #[inline]
    pub fn is_awake(&self, voice: usize) -> bool {
        self.awake & 1 << voice.min(31) != 0
    }

    /// For a unit that deals out voices: a bit for each that a note holds. They are awake from this block on; the others fall
    /// asleep once they have been silent for a while.
    pub fn hold_voices(&mut self, voices: u32) {
        self.held = voices;
    }

    /// Whether anybody reads this output. What nobody reads need not be filled.
    #[must_use]
    pub fn is_read(&self, output: usize) -> bool {
        crate::run::is_read(self.read, output)
    }

    #[must_use]
    pub fn output(&mut self, index: usize) -> Out<'_> {
        self.out_at(index)
    }

    /// The first `N` outputs at once.
    #[must_use]
    pub fn outputs<const N: usize>(&mut self) -> [Out<'_>; N] {
        assert!(N <= self.outputs.len(), "a unit asks for more outputs than its module declares");
        let this = &*self;
        std::array::from_fn(|index| this.out_at(index))
    }

    /// Private: two calls with one index would lend the same memory twice; the public ways borrow `self` mutably.
    pub(crate) fn out_at<'b>(&self, index: usize) -> Out<'b> {
        let span = self.outputs[index];
        Out {
            // SAFETY: as in `input`.
            base: unsafe { self.arena.add(span.offset as usize) },
            shape: span.shape,
            start: self.start,
            frames: self.frames,
            lifetime: PhantomData,
        }
    }

    /// What goes to the device: add to it. Left and right, each [`Io::frames`] long. For modules without outputs; others have nothing to
    /// do with it, and get empty slices.
    pub fn master(&mut self) -> [&mut [f32]; 2] {
        let range = self.start..self.start + self.frames;
        let Some(desk) = &mut self.desk else { return [&mut [], &mut []] };
        let [left, right] = &mut desk.master;
        [&mut left[range.clone()], &mut right[range]]
    }

    /// What comes from the device: left and right, each [`Io::frames`] long.
    #[must_use]
    pub fn device_input(&self) -> [&[f32]; 2] {
        let range = self.start..self.start + self.frames;
        let [left, right] = &self.context.device_in;
        [&left[range.clone()], &right[range]]
    }
}
