//! Units that run eight lanes at a time: a kernel for one group of eight, and what makes a unit of as many as are needed.

use crate::io::{Io, Out, Param};
use crate::lane_state::{LaneVisit, LaneWords};
use crate::memory::{GROUP, Oct};
use crate::simd::{Simd, SimdJob, f32x8, vectorize};
use crate::telemetry::FACE;
use crate::unit::{BuildContext, Unit};

/// The part of a unit that runs one group of eight lanes of one channel.
///
/// State lies in `[f32; 8]` arrays between calls and in vectors during one. Mark `run` and all it calls `#[inline(always)]`.
/// Idle lanes of the last group run too and must stay finite.
pub trait LaneKernel: Send {
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>);

    fn reset(&mut self);

    /// See [`Unit::telemetry`]; asked of the group of the first channel that holds the lane.
    fn telemetry(&self, _lane: usize, _face: &mut [f32; FACE]) {}

    /// Shows everything that is remembered between calls, with one word for each lane, always in the same order. Modules that
    /// declare [`ModuleSpec::bundles`](patchlight_core::ModuleSpec::bundles) must: the lanes of one unit then belong to different modules of the patch,
    /// and come and go with the edits. Coefficients kept from call to call count, and so do the values they were made from.
    fn state(&mut self, _visit: &mut LaneVisit<'_>) {}
}

/// Which lanes a kernel is built for.
#[derive(Clone, Copy, Debug)]
pub struct LaneContext<'a> {
    pub build: BuildContext<'a>,
    pub sample_rate_hz: f32,
    pub channel: usize,
    /// The voice of lane 0 of this group.
    pub first_voice: usize,
    /// Differs for every module and channel; mix in the voice for what must differ by lane.
    pub seed: u64,
}

/// One group's view of [`Io`].
pub struct GroupIo<'io, 'a> {
    io: &'io mut Io<'a>,
    channel: usize,
    group: usize,
}

/// A parameter of eight lanes.
#[derive(Clone, Copy)]
pub enum LaneParam<'a> {
    /// Stands still for this call.
    Constant(Oct),
    /// Has a value for each frame.
    Signal(&'a [Oct]),
}

impl LaneParam<'_> {
    /// The value at a frame of this call.
    #[inline(always)]
    pub fn at<S: Simd>(&self, simd: S, frame: usize) -> f32x8<S> {
        match self {
            Self::Constant(value) => crate::simd::load(simd, value),
            Self::Signal(values) => crate::simd::load(simd, &values[frame]),
        }
    }

    /// Lane 0 at the first frame: for choices and switches, which do not differ by lane.
    #[must_use]
    #[inline(always)]
    pub fn first(&self) -> f32 {
        match self {
            Self::Constant(value) => value[0],
            Self::Signal(values) => values[0][0],
        }
    }
}

impl<'a> GroupIo<'_, 'a> {
    #[must_use]
    #[inline]
    pub fn frames(&self) -> usize {
        self.io.frames()
    }

    #[must_use]
    #[inline]
    pub fn sample_rate_hz(&self) -> f32 {
        self.io.sample_rate_hz()
    }

    /// The rest of what a unit may see: transport, events, frame.
    #[must_use]
    pub fn moment(&self) -> &Io<'a> {
        self.io
    }

    /// Which channel this kernel runs.
    #[must_use]
    pub fn channel(&self) -> usize {
        self.channel
    }

    /// Whether a cable ends at this input.
    #[must_use]
    pub fn is_connected(&self, input: usize) -> bool {
        self.io.input(input).is_connected()
    }

    /// Eight lanes of an input, frame by frame; silence where nothing is connected.
    #[must_use]
    #[inline]
    pub fn input(&self, index: usize) -> &'a [Oct] {
        self.io.input(index).group(self.channel, self.group)
    }

    #[must_use]
    #[inline]
    pub fn param(&self, index: usize) -> LaneParam<'a> {
        let param: Param<'a> = self.io.param(index);
        match (param.constant(), param.group(self.group)) {
            (None, Some(values)) => LaneParam::Signal(values),
            (constant, _) => LaneParam::Constant([constant.unwrap_or_default(); GROUP]),
        }
    }

    /// Eight lanes of an output, frame by frame, to be filled completely.
    #[inline]
    pub fn output(&mut self, index: usize) -> &mut [Oct] {
        let (channel, group, frames) = (self.channel, self.group, self.io.frames());
        let mut out = self.io.output(index);
        let lanes: *mut Oct = out.group(channel, group).as_mut_ptr();
        // SAFETY: the same memory as `out` lent, for as long as `self` is borrowed.
        unsafe { std::slice::from_raw_parts_mut(lanes, frames) }
    }

    /// The first `N` outputs at once.
    #[inline]
    pub fn outputs<const N: usize>(&mut self) -> [&mut [Oct]; N] {
        let (channel, group, frames) = (self.channel, self.group, self.io.frames());
        self.io.outputs::<N>().map(|mut out: Out<'_>| {
            let lanes: *mut Oct = out.group(channel, group).as_mut_ptr();
            // SAFETY: outputs are disjoint, and each is lent once for as long as `self` is borrowed.
            unsafe { std::slice::from_raw_parts_mut(lanes, frames) }
        })
    }
}

struct EightLanes<K> {
    /// Channel after channel, each with all its groups.
    kernels: Vec<K>,
    groups: usize,
}

struct Job<'k, 'io, 'a, K> {
    kernel: &'k mut K,
    io: GroupIo<'io, 'a>,
}

impl<K: LaneKernel> SimdJob for Job<'_, '_, '_, K> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, simd: S) {
        self.kernel.run(simd, &mut self.io);
    }
}

impl<K: LaneKernel> Unit for EightLanes<K> {
    fn process(&mut self, io: &mut Io<'_>) {
        for (index, kernel) in self.kernels.iter_mut().enumerate() {
            let io = GroupIo { io, channel: index / self.groups, group: index % self.groups };
            vectorize(Job { kernel, io });
        }
    }

    fn reset(&mut self) {
        self.kernels.iter_mut().for_each(K::reset);
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        if let Some(kernel) = self.kernels.get(lane / GROUP) {
            kernel.telemetry(lane % GROUP, face);
        }
    }

    fn save_lane(&mut self, lane: usize, words: &mut LaneWords) {
        words.clear();
        for channel in self.kernels.chunks_mut(self.groups) {
            channel[lane / GROUP].state(&mut |word| words.push(word[lane % GROUP]));
        }
    }

    fn load_lane(&mut self, lane: usize, words: &LaneWords) {
        let mut words = words.iter();
        for channel in self.kernels.chunks_mut(self.groups) {
            channel[lane / GROUP].state(&mut |word| word[lane % GROUP] = words.next().unwrap_or_default());
        }
    }
}

/// A unit of as many kernels as the context has channels and groups of eight voices.
pub fn eight_lanes<K: LaneKernel + 'static>(context: &BuildContext<'_>, build: impl Fn(&LaneContext<'_>) -> K) -> Box<dyn Unit> {
    let groups = context.voices.div_ceil(GROUP).max(1);
    let kernels = (0..context.channels.max(1) * groups)
        .map(|index| {
            let channel = index / groups;
            build(&LaneContext {
                build: *context,
                sample_rate_hz: context.sample_rate_hz,
                channel,
                first_voice: index % groups * GROUP,
                seed: context.seed ^ (channel as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15),
            })
        })
        .collect();
    Box::new(EightLanes { kernels, groups })
}
