//! Units that handle one lane at a time: a kernel for one lane, and what makes a unit of as many as are needed.

use crate::io::{In, Io, Param};
use crate::telemetry::FACE;
use crate::unit::{BuildContext, Unit};

/// The part of a unit that runs one voice of one channel.
pub trait RowKernel: Send {
    fn run(&mut self, io: &mut RowIo<'_, '_>);

    fn reset(&mut self);

    /// See [`Unit::telemetry`]; asked of the first lane.
    fn telemetry(&self, _face: &mut [f32; FACE]) {}
}

/// Which lane a kernel is built for.
#[derive(Clone, Copy, Debug)]
pub struct RowContext<'a> {
    pub build: BuildContext<'a>,
    pub sample_rate_hz: f32,
    pub channel: usize,
    pub voice: usize,
    /// Differs for every module, channel and voice.
    pub seed: u64,
}

/// One lane's view of [`Io`].
pub struct RowIo<'io, 'a> {
    io: &'io mut Io<'a>,
    channel: usize,
    voice: usize,
}

impl<'a> RowIo<'_, 'a> {
    #[must_use]
    pub fn frames(&self) -> usize {
        self.io.frames()
    }

    #[must_use]
    pub fn sample_rate_hz(&self) -> f32 {
        self.io.sample_rate_hz()
    }

    /// The rest of what a unit may see: transport, events, frame.
    #[must_use]
    pub fn moment(&self) -> &Io<'a> {
        self.io
    }

    #[must_use]
    pub fn is_connected(&self, input: usize) -> bool {
        self.io.input(input).is_connected()
    }

    /// This lane of an input; silence where nothing is connected.
    #[must_use]
    pub fn input(&self, index: usize) -> &'a [f32] {
        let input: In<'a> = self.io.input(index);
        input.row(self.channel, self.voice)
    }

    #[must_use]
    pub fn param(&self, index: usize) -> RowParam<'a> {
        let param: Param<'a> = self.io.param(index);
        match param.row(self.voice) {
            Some(values) => RowParam::Signal(values),
            None => RowParam::Constant(param.constant().unwrap_or_default()),
        }
    }

    /// This lane of an output, to be filled completely.
    pub fn output(&mut self, index: usize) -> &mut [f32] {
        let (channel, voice, frames) = (self.channel, self.voice, self.io.frames());
        let mut out = self.io.output(index);
        let row: *mut f32 = out.row(channel, voice).as_mut_ptr();
        // SAFETY: the same memory as `out` lent, for as long as `self` is borrowed.
        unsafe { std::slice::from_raw_parts_mut(row, frames) }
    }

    /// The first `N` outputs at once.
    pub fn outputs<const N: usize>(&mut self) -> [&mut [f32]; N] {
        let (channel, voice, frames) = (self.channel, self.voice, self.io.frames());
        self.io.outputs::<N>().map(|mut out| {
            let row: *mut f32 = out.row(channel, voice).as_mut_ptr();
            // SAFETY: outputs are disjoint, and each is lent once for as long as `self` is borrowed.
            unsafe { std::slice::from_raw_parts_mut(row, frames) }
        })
    }
}

/// A parameter of one lane.
#[derive(Clone, Copy)]
pub enum RowParam<'a> {
    /// Stands still for this call.
    Constant(f32),
    /// Has a value for each frame.
    Signal(&'a [f32]),
}

impl RowParam<'_> {
    /// The value at a frame of this call.
    #[must_use]
    #[inline]
    pub fn at(&self, frame: usize) -> f32 {
        match self {
            Self::Constant(value) => *value,
            Self::Signal(values) => values[frame],
        }
    }

    /// The value, if it stands still.
    #[must_use]
    #[inline]
    pub fn constant(&self) -> Option<f32> {
        if let Self::Constant(value) = self { Some(*value) } else { None }
    }
}

struct Rows<K> {
    /// Channel after channel, each with all its voices.
    kernels: Vec<K>,
    voices: usize,
}

impl<K: RowKernel> Unit for Rows<K> {
    fn process(&mut self, io: &mut Io<'_>) {
        for (index, kernel) in self.kernels.iter_mut().enumerate() {
            if io.is_awake(index % self.voices) {
                kernel.run(&mut RowIo { io, channel: index / self.voices, voice: index % self.voices });
            }
        }
    }

    fn reset(&mut self) {
        self.kernels.iter_mut().for_each(K::reset);
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        if let Some(kernel) = self.kernels.first() {
            kernel.telemetry(face);
        }
    }
}

/// A unit of one kernel for each lane of the context.
pub fn rows<K: RowKernel + 'static>(context: &BuildContext<'_>, build: impl Fn(&RowContext<'_>) -> K) -> Box<dyn Unit> {
    let voices = context.voices.max(1);
    let kernels = (0..context.channels.max(1) * voices)
        .map(|lane| {
            build(&RowContext {
                build: *context,
                sample_rate_hz: context.sample_rate_hz,
                channel: lane / voices,
                voice: lane % voices,
                seed: context.seed ^ (lane as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15),
            })
        })
        .collect();
    Box::new(Rows { kernels, voices })
}
