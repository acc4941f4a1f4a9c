//! A program: the order in which to run slots, and where their signals lie. Made by the compiler, run by the renderer.

use crate::memory::{Arena, BLOCK, GROUP, Oct, Shape, Span};
use crate::validate::validate;
use patchlight_core::{Channels, LaneLayout, MAX_VOICES, ModuleSpec, PortSpec, Voices};
use std::ops::Range;

/// Samples at the start of every arena that stay zero: what inputs without a cable read.
pub const SILENCE_LEN: usize = 2 * MAX_VOICES * BLOCK;

/// Most parameters a module can have.
pub const MAX_PARAMS: usize = 96;

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Sum the cables of an input.
    Gather(u32),
    Unit(u32),
    /// Run the next `steps` steps a few frames at a time, with these feedback cables closing the loop.
    Loop {
        steps: u32,
        feedbacks: Range<u32>,
        /// Frames that are run at a time, 1 to 64.
        frames: u8,
    },
    /// Skip the next `steps` steps while all voices that a rack deals out sleep: of what they would set, nothing is read then.
    Voices {
        voices_of: u32,
        steps: u32,
    },
}

/// One unit to run.
#[derive(Clone, Debug, PartialEq)]
pub struct UnitStep {
    pub rack: u32,
    /// Lanes per channel, and their layout, of its parameters.
    pub voices: u8,
    pub layout: LaneLayout,
    pub inputs: Range<u32>,
    pub outputs: Range<u32>,
    /// A bit for each output that anybody reads; what nobody reads need not be filled.
    pub read: u32,
    /// Sorted by parameter.
    pub mods: Range<u32>,
    /// The rack whose unit deals out the voices, where those that sleep are not run; or [`NOBODY`](crate::NOBODY).
    pub voices_of: u32,
    /// What leaves the voices here is listened to: silence lets them sleep.
    pub is_exit: bool,
    /// It is read by a sum that has other sources, too, and so must be silent while the voices sleep.
    pub is_summed_asleep: bool,
}

/// An input of a unit. Its span is found anew in each block: the gathered sum, or the source itself when that is the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Port {
    pub span: Span,
    pub connected: bool,
}

/// A modulated parameter: the sum of its cables lies in `span`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParamMod {
    pub param: u32,
    pub span: Span,
}

/// What a gather fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatherTarget {
    Port(u32),
    Mod(u32),
    /// What another gather reads: a sum that is added to as its sources run.
    Gather,
}

/// The sum of the cables that end at one input or parameter, converted to its shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Gather {
    pub target: GatherTarget,
    /// Where the sum goes when it is not the single source itself.
    pub span: Span,
    /// A source that is the sum already where all gains are 1.
    pub pass: Option<Span>,
    pub ops: Range<u32>,
    /// As of the unit it is for.
    pub voices_of: u32,
    /// As of all units that it sums, if it is the same for all: while every voice sleeps the sum is silence.
    pub fed_by: u32,
}

/// How one part of a gather moves samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpKind {
    /// Sets a row (64) or a group (64 × 8) to zero: nothing was set there yet, and what follows adds.
    Clear { samples: u32 },
    /// Eight lanes to the same eight lanes.
    Group,
    /// One row to another.
    Row,
    /// Eight rows to eight lanes; `from` is the number of their list in [`ProgramParts::rows`].
    Rows,
    /// One lane, its frames `stride` apart, to eight.
    Spread { stride: u8 },
    /// Eight lanes to one, whose frames are `stride` apart.
    Sum { stride: u8 },
    /// One lane to another.
    Lane { from_stride: u8, to_stride: u8 },
}

/// One part of a gather.
#[derive(Clone, Debug, PartialEq)]
pub struct GatherOp {
    pub kind: OpKind,
    /// In samples from the start of the arena.
    pub from: u32,
    pub to: u32,
    /// Sets what it goes to, rather than adding to it. For `Group`, `Row` and `Spread`.
    pub sets: bool,
    /// The cable of each lane (only the first counts for one lane), or [`NO_CABLE`].
    pub cables: [u32; GROUP],
    /// What the cables' gains are multiplied with: one half for the mean of two channels.
    pub factor: f32,
    /// The gains, once they stand still; true from the start for cables that the swap does not name.
    pub gains: Oct,
}

/// No cable: the lane gets nothing.
pub const NO_CABLE: u32 = u32::MAX;

/// A cable that closes a loop: `into` holds what `from` had as many frames before as the loop runs at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FeedbackStep {
    /// The cable's number: what is on its way is kept across programs.
    pub cable: u32,
    pub from: Span,
    /// The lane of `from` that is the first of `into`.
    pub first_lane: u8,
    pub into: Span,
    /// Sound has its DC removed; control, pitch and gates pass as they are.
    pub audio: bool,
}

/// The order, the connections and the memory of a patch. Slots and cables are numbers that outlive programs.
pub struct Program {
    pub(crate) sections: Box<[Section]>,
    /// The sections of each stage: one that runs by itself, or several that may run at the same time.
    pub(crate) stages: Box<[Range<usize>]>,
    /// Which operations a cable is in, sorted.
    uses: Vec<Use>,
    pub(crate) arena: Arena,
}

/// What one thread runs in a row.
pub(crate) struct Section {
    pub(crate) parts: SectionParts,
    /// For each operation: whether its gains must be looked up. For each gather: whether all of them are 1.
    pub(crate) stale: Vec<bool>,
    pub(crate) unity: Vec<bool>,
    /// Where moved parameters of the unit that runs are rendered: memory that no other section of the stage has.
    pub(crate) scratch_offset: u32,
}

/// A cable, and where it is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Use {
    cable: u32,
    section: u32,
    op: u32,
    gather: u32,
}

/// The parts of a program, as the compiler puts them together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProgramParts {
    /// In the order in which one thread runs them.
    pub sections: Vec<SectionParts>,
    /// How many sections each stage has. Those of one stage may run at the same time, stages run one after the other.
    pub stages: Vec<u32>,
    /// Samples of all signals, the silence at the start included.
    pub signal_len: u32,
    /// The most parameters of any one unit in this program.
    pub max_params: u32,
}

/// The parts of a section. Numbers and ranges are of its own lists.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SectionParts {
    pub steps: Vec<Step>,
    pub units: Vec<UnitStep>,
    pub ports: Vec<Port>,
    pub outputs: Vec<Span>,
    pub mods: Vec<ParamMod>,
    pub gathers: Vec<Gather>,
    pub ops: Vec<GatherOp>,
    /// Where eight rows begin that become eight lanes.
    pub rows: Vec<[u32; GROUP]>,
    pub feedbacks: Vec<FeedbackStep>,
}

impl ProgramParts {
    /// All in one section.
    #[must_use]
    pub fn one(section: SectionParts, signal_len: u32, max_params: u32) -> Self {
        Self { sections: vec![section], stages: vec![1], signal_len, max_params }
    }
}

impl Section {
    fn new(parts: SectionParts, scratch_offset: u32) -> Self {
        Self {
            stale: vec![false; parts.ops.len()],
            unity: parts.gathers.iter().map(|gather| is_unity(&parts.ops[as_usize(&gather.ops)])).collect(),
            parts,
            scratch_offset,
        }
    }
}

impl Program {
    /// A program that runs nothing.
    #[must_use]
    pub fn empty() -> Self {
        Self::new(ProgramParts::one(SectionParts::default(), SILENCE_LEN as u32, 0))
    }

    /// Allocates the memory of a program.
    ///
    /// # Panics
    /// When the parts contradict each other (a span outside the memory, a range outside its list, outputs that overlap what
    /// the unit reads): a defect of the compiler, caught here on the main side so that the audio side cannot fail.
    #[must_use]
    pub fn new(parts: ProgramParts) -> Self {
        if let Err(contradiction) = validate(&parts) {
            panic!("the compiler made an impossible program: {contradiction}");
        }
        let uses = uses(&parts);
        let scratch_len = parts.max_params as usize * Shape::new(1, MAX_VOICES, LaneLayout::Groups).len();
        let widest = parts.stages.iter().max().copied().unwrap_or(1) as usize;
        let mut stages = Vec::with_capacity(parts.stages.len());
        let mut scratch_offsets = Vec::with_capacity(parts.sections.len());
        for sections in &parts.stages {
            let first = scratch_offsets.len();
            stages.push(first..first + *sections as usize);
            scratch_offsets.extend((0..*sections).map(|place| parts.signal_len + place * scratch_len as u32));
        }
        Self {
            arena: Arena::new(parts.signal_len as usize + widest * scratch_len),
            sections: parts.sections.into_iter().zip(scratch_offsets).map(|(parts, scratch)| Section::new(parts, scratch)).collect(),
            stages: stages.into_boxed_slice(),
            uses,
        }
    }

    /// Has the gains of a cable looked up anew, until they stand still.
    pub(crate) fn look_up(&mut self, cable: u32) {
        let first = self.uses.partition_point(|used| used.cable < cable);
        for used in self.uses[first..].iter().take_while(|used| used.cable == cable) {
            let section = &mut self.sections[used.section as usize];
            section.stale[used.op as usize] = true;
            section.unity[used.gather as usize] = false;
        }
    }

    /// The units, in their order.
    pub(crate) fn units(&self) -> impl Iterator<Item = &UnitStep> {
        self.sections.iter().flat_map(|section| &section.parts.units)
    }

    /// How many sections may run at the same time, at most.
    #[must_use]
    pub fn widest_stage(&self) -> usize {
        self.stages.iter().map(Range::len).max().unwrap_or(0)
    }

    /// Bytes of sample memory.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.arena.len() * size_of::<f32>()
    }
}

pub(crate) fn as_usize(range: &Range<u32>) -> Range<usize> {
    range.start as usize..range.end as usize
}

/// Whether everything passes as it is.
pub(crate) fn is_unity(ops: &[GatherOp]) -> bool {
    ops.iter().all(|op| op.cables.iter().zip(&op.gains).all(|(cable, gain)| *cable == NO_CABLE || *gain == 1.0))
}

fn uses(parts: &ProgramParts) -> Vec<Use> {
    let mut uses = Vec::new();
    for (section, parts) in parts.sections.iter().enumerate() {
        for (gather, parts_of) in parts.gathers.iter().enumerate() {
            for op in as_usize(&parts_of.ops) {
                let cables = parts.ops[op].cables.iter().filter(|cable| **cable != NO_CABLE);
                uses.extend(cables.map(|cable| Use { cable: *cable, section: section as u32, op: op as u32, gather: gather as u32 }));
            }
        }
    }
    uses.sort_unstable();
    uses.dedup();
    uses
}

/// The channels of a port when its module's following ports have `channels`.
#[must_use]
pub fn port_channels(port: &PortSpec, channels: usize) -> usize {
    match port.channels {
        Channels::Follow => channels,
        Channels::Mono => 1,
        Channels::Stereo => 2,
    }
}

/// The shape of an output of a module that runs `voices` voices, its following ports having `channels`.
#[must_use]
pub fn output_shape(spec: &ModuleSpec, port: &PortSpec, voices: usize, channels: usize) -> Shape {
    let voices = if matches!(spec.voices, Voices::Sum) { 1 } else { voices };
    Shape::new(port_channels(port, channels), voices, spec.layout)
}
