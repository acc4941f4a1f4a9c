//! Units that run eight lanes at a time: a kernel for one group of eight, and what makes a unit of as many as are needed.

use crate::io::{Io, Out};
use crate::lane_state::{LaneVisit, LaneWords};
use crate::memory::{GROUP, Oct};
use crate::simd::{Simd, SimdJob, f32x8, vectorize};
use crate::telemetry::FACE;
use crate::unit::{BuildContext, Unit};

/// The part of a unit that runs one group of eight lanes of one channel.
///
/// State lies in `[f32; 8]` arrays between calls and in vectors during one. Mark `run` and all it calls `#[inline(always)]`.
/// Idle lanes of the last group run too and must stay finite.
pub trait LaneKernel: Send + Sized {
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>);

    /// Runs the first of two to four groups at once, and says how many; 0 where it would gain nothing. A filter waits for its own last result:
    /// kernels that do so compute one group while another waits, and those that can run two groups in a vector of sixteen lanes do.
    /// Each lane must get what [`LaneKernel::run`] would give it, to the bit.
    #[inline(always)]
    fn run_several<S: Simd>(_kernels: &mut [Self], _simd: S, _io: &mut [GroupIo<'_, '_>]) -> usize {
        0
    }

    fn reset(&mut self);

    /// See [`Unit::telemetry`]; asked of the group of the first channel that holds the lane.
    fn telemetry(&self, _lane: usize, _face: &mut [f32; FACE]) {}

    /// See [`Unit::latency_frames`].
    fn latency_frames(&self) -> usize {
        0
    }

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
    /// Differs for every module and channel; where lanes must differ, see [`LaneContext::lane_seed`].
    pub seed: u64,
}

impl LaneContext<'_> {
    /// Chance of a lane's own: differs for every module, channel and voice. A module has the same as one of many lanes and alone.
    #[must_use]
    pub fn lane_seed(&self, lane: usize) -> u64 {
        let (seed, voice) = match self.build.lane_seeds {
            [] => (self.build.seed, self.first_voice + lane),
            seeds => (seeds.get(self.first_voice + lane).copied().unwrap_or_default(), 0),
        };
        seed ^ (self.channel as u64).wrapping_mul(CHANNEL_SEED) ^ (voice as u64).wrapping_mul(0xd134_2543_de82_ef95)
    }
}

const CHANNEL_SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// One group's view of [`Io`].
pub struct GroupIo<'io, 'a> {
    io: &'io Io<'a>,
    channel: usize,
    group: usize,
}

/// A parameter of eight lanes.
#[derive(Clone, Copy)]
pub enum LaneParam<'a> {
    /// Stands still for this call.
    Constant(&'a Oct),
    /// Has a value for each frame.
    Signal(&'a [Oct]),
}

impl<'a> LaneParam<'a> {
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

    /// See [`Io::is_same`].
    #[must_use]
    #[inline]
    pub fn is_same(&self) -> bool {
        self.io.is_same()
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

    /// An input where a cable ends.
    #[must_use]
    #[inline]
    pub fn wired(&self, index: usize) -> Option<&'a [Oct]> {
        let input = self.io.input(index);
        if input.is_connected() { Some(input.group(self.channel, self.group)) } else { None }
    }

    #[must_use]
    #[inline]
    pub fn param(&self, index: usize) -> LaneParam<'a> {
        self.io.param(index).lanes(self.group)
    }

    /// Whether anybody reads this output. What nobody reads need not be filled.
    #[must_use]
    pub fn is_read(&self, output: usize) -> bool {
        self.io.is_read(output)
    }

    /// Eight lanes of an output, frame by frame, to be filled completely.
    #[inline]
    pub fn output(&mut self, index: usize) -> &mut [Oct] {
        let (channel, group, frames) = (self.channel, self.group, self.io.frames());
        let mut out = self.io.out_at(index);
        let lanes: *mut Oct = out.group(channel, group).as_mut_ptr();
        // SAFETY: outputs are disjoint and each group of one channel has one `GroupIo`, which is borrowed for as long.
        unsafe { std::slice::from_raw_parts_mut(lanes, frames) }
    }

    /// Left and right of an output that is always stereo, of a module whose other ports are mono.
    #[inline]
    pub fn stereo(&mut self, index: usize) -> [&mut [Oct]; 2] {
        let (group, frames) = (self.group, self.io.frames());
        let mut out = self.io.out_at(index);
        let lanes = out.stereo_group(group).map(|lanes| lanes.as_mut_ptr());
        // SAFETY: as in `output`; the channels of a stereo output are disjoint, and there is one kernel for both.
        lanes.map(|lanes: *mut Oct| unsafe { std::slice::from_raw_parts_mut(lanes, frames) })
    }

    /// The first `N` outputs at once.
    #[inline]
    pub fn outputs<const N: usize>(&mut self) -> [&mut [Oct]; N] {
        let (channel, group, frames) = (self.channel, self.group, self.io.frames());
        std::array::from_fn(|index| self.io.out_at(index)).map(|mut out: Out<'_>| {
            let lanes: *mut Oct = out.group(channel, group).as_mut_ptr();
            // SAFETY: as in `output`, and each output is lent once.
            unsafe { std::slice::from_raw_parts_mut(lanes, frames) }
        })
    }
}

/// The first output of each group.
#[inline(always)]
pub fn first_outputs<'g, const N: usize>(io: &'g mut [GroupIo<'_, '_>; N]) -> [&'g mut [Oct]; N] {
    io.each_mut().map(|io| io.output(0))
}

struct EightLanes<K> {
    /// Channel after channel, each with all its groups.
    kernels: Vec<K>,
    groups: usize,
}

/// Groups that are offered at once.
const SEVERAL: usize = 4;

struct Job<'k, 'io, 'a, K> {
    kernels: &'k mut [K],
    groups: usize,
    io: &'io Io<'a>,
}

impl<K: LaneKernel> SimdJob for Job<'_, '_, '_, K> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { kernels, groups, io } = self;
        let is_awake = |index: usize| io.is_group_awake(index % groups);
        let mut index = 0;
        while index < kernels.len() {
            if !is_awake(index) {
                index += 1;
                continue;
            }
            let number = (index..kernels.len()).take(SEVERAL).take_while(|index| is_awake(*index)).count();
            let mut views: [GroupIo<'_, '_>; SEVERAL] = std::array::from_fn(|place| {
                let index = index + place.min(number - 1);
                GroupIo { io, channel: index / groups, group: index % groups }
            });
            let ran = if number > 1 { K::run_several(&mut kernels[index..index + number], simd, &mut views[..number]) } else { 0 };
            // The one place where a kernel's `run` stands: each is compiled for three instruction sets, and they are long.
            if ran == 0 {
                kernels[index].run(simd, &mut views[0]);
            }
            index += ran.max(1);
        }
    }
}

impl<K: LaneKernel> Unit for EightLanes<K> {
    fn process(&mut self, io: &mut Io<'_>) {
        vectorize(Job { kernels: &mut self.kernels, groups: self.groups, io });
    }

    fn reset(&mut self) {
        self.kernels.iter_mut().for_each(K::reset);
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        if let Some(kernel) = self.kernels.get(lane / GROUP) {
            kernel.telemetry(lane % GROUP, face);
        }
    }

    fn latency_frames(&self) -> usize {
        self.kernels.first().map_or(0, K::latency_frames)
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
                seed: context.seed ^ (channel as u64).wrapping_mul(CHANNEL_SEED),
            })
        })
        .collect();
    Box::new(EightLanes { kernels, groups })
}
