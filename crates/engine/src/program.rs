//! A program: the order in which to run slots, and where their signals lie. Made by the compiler, run by the renderer.

use crate::memory::{Arena, BLOCK, GROUP, Shape, Span};
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
    /// Run the next `steps` steps a frame at a time, with these feedback cables closing the loop.
    Loop {
        steps: u32,
        feedbacks: Range<u32>,
    },
}

/// One unit to run.
#[derive(Clone, Debug, PartialEq)]
pub struct UnitStep {
    pub slot: u32,
    /// Lanes per channel, and their layout, of its parameters.
    pub voices: u8,
    pub layout: LaneLayout,
    pub inputs: Range<u32>,
    pub outputs: Range<u32>,
    /// Sorted by parameter.
    pub mods: Range<u32>,
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
    pub sources: Range<u32>,
}

/// One cable's signal and its gain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Source {
    pub span: Span,
    /// The cable's number: its gain is kept across programs.
    pub cable: u32,
}

/// A cable that closes a loop: `into` holds what `from` had one frame before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FeedbackStep {
    /// The cable's number: what is on its way is kept across programs.
    pub cable: u32,
    pub from: Span,
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
    pub(crate) sources: Vec<Source>,
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
    pub sources: Vec<Source>,
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
        let scratch_len = parts.max_params as usize * Shape::new(1, MAX_VOICES, LaneLayout::Groups).len();
        Self {
            arena: Arena::new(parts.signal_len as usize + scratch_len),
            scratch_offset: parts.signal_len,
            steps: parts.steps,
            units: parts.units,
            ports: parts.ports,
            outputs: parts.outputs,
            mods: parts.mods,
            gathers: parts.gathers,
            sources: parts.sources,
            feedbacks: parts.feedbacks,
        }
    }

    /// Bytes of sample memory.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.arena.len() * size_of::<f32>()
    }
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
    let spans = spans.chain(parts.gathers.iter().map(|g| &g.span)).chain(parts.sources.iter().map(|s| &s.span));
    spans.chain(parts.feedbacks.iter().flat_map(|f| [&f.from, &f.into])).try_for_each(fits)?;
    for (index, step) in parts.steps.iter().enumerate() {
        match step {
            Step::Gather(g) => inside(&(*g..g + 1), parts.gathers.len(), "gather")?,
            Step::Unit(u) => inside(&(*u..u + 1), parts.units.len(), "unit")?,
            Step::Loop { steps, feedbacks } => {
                inside(feedbacks, parts.feedbacks.len(), "feedbacks")?;
                inside(&(0..index as u32 + 1 + steps), parts.steps.len(), "loop")?;
            }
        }
    }
    for gather in &parts.gathers {
        inside(&gather.sources, parts.sources.len(), "sources")?;
        match gather.target {
            GatherTarget::Port(p) => inside(&(p..p + 1), parts.ports.len(), "port")?,
            GatherTarget::Mod(m) => inside(&(m..m + 1), parts.mods.len(), "mod")?,
        }
        writable(&gather.span)?;
        for source in &parts.sources[gather.sources.start as usize..gather.sources.end as usize] {
            disjoint(&gather.span, &source.span)?;
        }
    }
    parts.units.iter().try_for_each(|unit| validate_unit(parts, unit))?;
    parts.feedbacks.iter().try_for_each(|f| writable(&f.into).and_then(|()| disjoint(&f.into, &f.from)))
}

fn validate_unit(parts: &ProgramParts, unit: &UnitStep) -> Result<(), String> {
    inside(&unit.inputs, parts.ports.len(), "inputs")?;
    inside(&unit.outputs, parts.outputs.len(), "outputs")?;
    inside(&unit.mods, parts.mods.len(), "mods")?;
    let outputs = &parts.outputs[unit.outputs.start as usize..unit.outputs.end as usize];
    let gathered = parts.gathers.iter().filter(|gather| match gather.target {
        GatherTarget::Port(port) => unit.inputs.contains(&port),
        GatherTarget::Mod(modulated) => unit.mods.contains(&modulated),
    });
    // Only checked in debug builds: it is quadratic, and patches of ten thousand modules are compiled within milliseconds.
    if cfg!(debug_assertions) && parts.gathers.len() < 500 {
        for gather in gathered {
            for output in outputs {
                disjoint(output, &gather.span)?;
                for source in &parts.sources[gather.sources.start as usize..gather.sources.end as usize] {
                    disjoint(output, &source.span)?;
                }
            }
        }
    }
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
