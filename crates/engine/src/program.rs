//! A program: the order in which to run slots, and where their signals lie. Made by the compiler, run by the renderer.

use crate::memory::{Arena, BLOCK, GROUP, Oct, Shape, Span};
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
    pub(crate) steps: Vec<Step>,
    pub(crate) units: Vec<UnitStep>,
    pub(crate) ports: Vec<Port>,
    pub(crate) outputs: Vec<Span>,
    pub(crate) mods: Vec<ParamMod>,
    pub(crate) gathers: Vec<Gather>,
    pub(crate) ops: Vec<GatherOp>,
    /// Where eight rows begin that become eight lanes.
    pub(crate) rows: Vec<[u32; GROUP]>,
    /// For each operation: whether its gains must be looked up. For each gather: whether all of them are 1.
    pub(crate) stale: Vec<bool>,
    pub(crate) unity: Vec<bool>,
    /// Which operations a cable is in, sorted: cable, operation, gather.
    pub(crate) uses: Vec<(u32, u32, u32)>,
    pub(crate) feedbacks: Vec<FeedbackStep>,
    pub(crate) arena: Arena,
    pub(crate) scratch_offset: u32,
}

/// The parts of a program, as the compiler puts them together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProgramParts {
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
    /// Samples of all signals, the silence at the start included.
    pub signal_len: u32,
    /// The most parameters of any one unit in this program.
    pub max_params: u32,
}

impl Program {
    /// A program that runs nothing.
    #[must_use]
    pub fn empty() -> Self {
        Self::new(ProgramParts { signal_len: SILENCE_LEN as u32, ..ProgramParts::default() })
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
        Self {
            arena: Arena::new(parts.signal_len as usize + scratch_len),
            scratch_offset: parts.signal_len,
            steps: parts.steps,
            units: parts.units,
            ports: parts.ports,
            outputs: parts.outputs,
            mods: parts.mods,
            stale: vec![false; parts.ops.len()],
            unity: parts.gathers.iter().map(|gather| is_unity(&parts.ops[as_usize(&gather.ops)])).collect(),
            uses,
            gathers: parts.gathers,
            ops: parts.ops,
            rows: parts.rows,
            feedbacks: parts.feedbacks,
        }
    }

    /// Has the gains of a cable looked up anew, until they stand still.
    pub(crate) fn look_up(&mut self, cable: u32) {
        let first = self.uses.partition_point(|(used, ..)| *used < cable);
        for (_, op, gather) in self.uses[first..].iter().take_while(|(used, ..)| *used == cable) {
            self.stale[*op as usize] = true;
            self.unity[*gather as usize] = false;
        }
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

fn uses(parts: &ProgramParts) -> Vec<(u32, u32, u32)> {
    let mut uses = Vec::new();
    for (number, gather) in parts.gathers.iter().enumerate() {
        for op in as_usize(&gather.ops) {
            let cables = parts.ops[op].cables.iter().filter(|cable| **cable != NO_CABLE);
            uses.extend(cables.map(|cable| (*cable, op as u32, number as u32)));
        }
    }
    uses.sort_unstable();
    uses.dedup();
    uses
}

fn inside(range: &Range<u32>, len: usize, what: &str) -> Result<(), String> {
    if range.start <= range.end && range.end as usize <= len { Ok(()) } else { Err(format!("{what} {range:?} of {len}")) }
}

/// All that the unsafe code of the audio side relies on.
fn validate(parts: &ProgramParts) -> Result<(), String> {
    let fits = |span: &Span| {
        let end = span.offset as usize + span.shape.len();
        let shape_ok = (1..=2).contains(&span.shape.channels) && (1..=MAX_VOICES as u8).contains(&span.shape.voices);
        let aligned = (span.offset as usize).is_multiple_of(GROUP);
        if shape_ok && aligned && end <= parts.signal_len as usize { Ok(()) } else { Err(format!("{span:?} of {}", parts.signal_len)) }
    };
    if (parts.signal_len as usize) < SILENCE_LEN || parts.max_params as usize > MAX_PARAMS {
        return Err(format!("{} samples, {} parameters", parts.signal_len, parts.max_params));
    }
    let spans = parts.ports.iter().map(|p| &p.span).chain(&parts.outputs).chain(parts.mods.iter().map(|m| &m.span));
    let spans = spans.chain(parts.gathers.iter().flat_map(|gather| [Some(&gather.span), gather.pass.as_ref()]).flatten());
    spans.chain(parts.feedbacks.iter().flat_map(|f| [&f.from, &f.into])).try_for_each(fits)?;
    for (index, step) in parts.steps.iter().enumerate() {
        match step {
            Step::Gather(g) => inside(&(*g..g + 1), parts.gathers.len(), "gather")?,
            Step::Unit(u) => inside(&(*u..u + 1), parts.units.len(), "unit")?,
            Step::Loop { steps, feedbacks, frames } => {
                if !(1..=BLOCK as u8).contains(frames) {
                    return Err(format!("a loop of {frames} frames"));
                }
                inside(feedbacks, parts.feedbacks.len(), "feedbacks")?;
                inside(&(0..index as u32 + 1 + steps), parts.steps.len(), "loop")?;
            }
        }
    }
    for gather in &parts.gathers {
        inside(&gather.ops, parts.ops.len(), "ops")?;
        match gather.target {
            GatherTarget::Port(p) => inside(&(p..p + 1), parts.ports.len(), "port")?,
            GatherTarget::Mod(m) => inside(&(m..m + 1), parts.mods.len(), "mod")?,
        }
        writable(&gather.span)?;
        parts.ops[as_usize(&gather.ops)].iter().try_for_each(|op| validate_op(parts, gather, op))?;
    }
    parts.units.iter().try_for_each(|unit| validate_unit(parts, unit))?;
    parts.feedbacks.iter().try_for_each(|f| {
        let (from, into) = (f.from.shape, f.into.shape);
        if from.channels < into.channels || from.voices < f.first_lane + into.voices {
            return Err(format!("{f:?} carries more lanes than there are"));
        }
        writable(&f.into).and_then(|()| disjoint(&f.into, &f.from))
    })
}

fn validate_unit(parts: &ProgramParts, unit: &UnitStep) -> Result<(), String> {
    inside(&unit.inputs, parts.ports.len(), "inputs")?;
    inside(&unit.outputs, parts.outputs.len(), "outputs")?;
    inside(&unit.mods, parts.mods.len(), "mods")?;
    let outputs = &parts.outputs[unit.outputs.start as usize..unit.outputs.end as usize];
    for (index, output) in outputs.iter().enumerate() {
        writable(output)?;
        for other in &outputs[index + 1..] {
            disjoint(output, other)?;
        }
    }
    for modulated in &parts.mods[unit.mods.start as usize..unit.mods.end as usize] {
        let shape = modulated.span.shape;
        if shape.layout != unit.layout || shape.channels != 1 || shape.voices > unit.voices {
            return Err(format!("a parameter of {} voices, {:?}, is moved by {shape:?}", unit.voices, unit.layout));
        }
    }
    Ok(())
}

/// Reads inside the signals, writes inside the gather's span, and the two apart.
fn validate_op(parts: &ProgramParts, gather: &Gather, op: &GatherOp) -> Result<(), String> {
    let group = (GROUP * BLOCK) as u32;
    let lane = |stride: u8| (BLOCK as u32 - 1) * u32::from(stride) + 1;
    let (read, written) = match op.kind {
        OpKind::Clear { samples } => (0, samples),
        OpKind::Group => (group, group),
        OpKind::Row => (BLOCK as u32, BLOCK as u32),
        OpKind::Rows => (BLOCK as u32, group),
        OpKind::Spread { stride } => (lane(stride), group),
        OpKind::Sum { stride } => (group, lane(stride)),
        OpKind::Lane { from_stride, to_stride } => (lane(from_stride), lane(to_stride)),
    };
    let target = gather.span.offset..gather.span.offset + gather.span.shape.len() as u32;
    let readable = |from: u32| from + read <= parts.signal_len && (from + read <= target.start || from >= target.end);
    let reads_well = match op.kind {
        OpKind::Rows => parts.rows.get(op.from as usize).is_some_and(|rows| rows.iter().all(|from| readable(*from))),
        _ => readable(op.from),
    };
    if reads_well && op.to >= target.start && op.to + written <= target.end { Ok(()) } else { Err(format!("{op:?} of {gather:?}")) }
}

fn writable(span: &Span) -> Result<(), String> {
    if span.offset as usize >= SILENCE_LEN { Ok(()) } else { Err(format!("{span:?} is written into the silence")) }
}

fn disjoint(a: &Span, b: &Span) -> Result<(), String> {
    let end = |span: &Span| span.offset as usize + span.shape.len();
    if end(a) <= b.offset as usize || end(b) <= a.offset as usize { Ok(()) } else { Err(format!("{a:?} overlaps {b:?}")) }
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
