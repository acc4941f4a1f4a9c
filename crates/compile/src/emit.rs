//! Passes 6 and 8: from the order to steps, lives and places, and from those to a program.

use crate::buffers::{Life, Time, place};
use crate::bundle::{Item, PackedRack, Packing};
use crate::early::{EarlySum, EarlySums, Plan};
use crate::gather::{Arrival, Arrivals, Operations, SourceLanes, passes};
use crate::live::{LiveGraph, LiveWire};
use crate::partition::Stages;
use crate::resolve::Target;
use crate::sleep::{Asleep, asleep};
use patchlight_core::{LaneLayout, MAX_VOICES, SignalKind, Voices};
use patchlight_engine::{
    FeedbackStep, GROUP, Gather, GatherTarget, NOBODY, ParamMod, Port, ProgramParts, SectionParts, Shape, Span, Step, UnitStep,
    output_shape,
};
use std::collections::{HashMap, HashSet};

/// A signal by number, until it has a place.
type Signal = usize;

/// The cables that end at one input or parameter of each lane of a unit.
struct Request {
    signal: Signal,
    /// Of each member that is there: its lane, and its wires.
    members: Vec<(usize, Vec<usize>)>,
    way: Way,
    target: GatherTarget,
    voices_of: u32,
}

/// What arrives where.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Of the lanes of a bundle, what arrives at each.
    Lanes,
    /// All at all voices of one module.
    Module,
    /// Each voice at its own, of a module that sums them.
    Summed,
    /// One lane of one source at all lanes alike.
    Shared,
    /// Groups at one lane, at once; they end at this cable, and the rest is added.
    AtOnce { groups: usize },
    /// Some of those groups: added to a group of sums.
    Aside { begins: bool },
    /// That group of sums at one lane, and the rest.
    Total(Signal),
}

/// A section whose signals have no places yet.
#[derive(Default)]
struct Draft {
    parts: SectionParts,
    /// Each list of the section that holds spans, with the signals to put there; `None` is silence.
    ports: Vec<(Option<Signal>, Shape)>,
    mods: Vec<Signal>,
    outputs: Vec<Signal>,
    requests: Vec<Request>,
    feedbacks: Vec<(Signal, Signal)>,
}

struct Emitter<'a> {
    graph: &'a LiveGraph,
    packing: &'a Packing,
    /// The engine's number of each rack.
    numbers: &'a [u32],
    /// The wires that end at each node, by node; sorted by target, then as they are in the patch.
    arriving: Vec<Vec<usize>>,
    /// The sections that are written, and the one that is being written.
    sections: Vec<Draft>,
    draft: Draft,
    /// Steps of the sections before it.
    steps_before: u32,
    max_params: u32,
    lives: Vec<Life>,
    /// The first signal of each rack's outputs.
    first_output: Vec<Signal>,
    /// The signal that holds what a closing cable carried over, by wire.
    carried: HashMap<usize, Signal>,
    /// Outputs that anybody reads, by node; all of them where everything is watched.
    read: Vec<u32>,
    /// By rack.
    asleep: Vec<Asleep>,
    early: EarlySums,
    /// The group of each early sum that has begun.
    sums: Vec<Option<Signal>>,
}

/// The parts of the program that runs the packing's items stage by stage. `numbers` gives the engine's number of each rack; `watched` says
/// that all outputs are looked at.
pub(crate) fn emit(graph: &LiveGraph, packing: &Packing, stages: &Stages, numbers: &[u32], watched: bool) -> ProgramParts {
    let mut arriving = vec![Vec::new(); graph.nodes.len()];
    let mut read = vec![if watched { u32::MAX } else { 0 }; graph.nodes.len()];
    for (index, wire) in graph.wires.iter().enumerate() {
        if packing.place[wire.from].is_some() && packing.place[wire.to].is_some() {
            arriving[wire.to].push(index);
            read[wire.from] |= 1 << wire.output.min(31);
        }
    }
    arriving.iter_mut().for_each(|wires| wires.sort_by_key(|wire| graph.wires[*wire].target));
    let asleep = asleep(graph, packing, numbers);
    let early = Plan { graph, packing, stages, asleep: &asleep, arriving: &arriving }.early_sums();
    let mut emitter = Emitter {
        graph,
        packing,
        numbers,
        arriving,
        sections: Vec::new(),
        draft: Draft::default(),
        steps_before: 0,
        max_params: 0,
        lives: Vec::new(),
        first_output: vec![Signal::MAX; packing.racks.len()],
        carried: HashMap::new(),
        read,
        asleep,
        sums: vec![None; early.len()],
        early,
    };
    let mut times = Vec::with_capacity(stages.len());
    for stage in stages {
        let start = emitter.now();
        let mut ends = Vec::with_capacity(stage.len());
        for section in stage {
            for item in section {
                match &packing.items[*item] {
                    Item::Rack(rack) => {
                        emitter.unit(*rack);
                        emitter.add_early(*rack);
                    }
                    Item::Loop { racks, closing, frames } => emitter.looped(racks, closing, *frames),
                }
            }
            emitter.end_section();
            ends.push(emitter.now());
        }
        times.push(Time { start, ends });
    }
    ProgramParts { stages: stages.iter().map(|stage| stage.len() as u32).collect(), ..emitter.finish(&times) }
}

impl Emitter<'_> {
    fn end_section(&mut self) {
        self.steps_before = self.now();
        self.sections.push(std::mem::take(&mut self.draft));
    }

    /// Steps so far, over all sections.
    fn now(&self) -> u32 {
        self.steps_before + self.draft.parts.steps.len() as u32
    }

    fn born(&mut self, shape: Shape) -> Signal {
        let now = self.now();
        self.lives.push(Life { shape, birth: now, death: now });
        self.lives.len() - 1
    }

    fn read_now(&mut self, signal: Signal) {
        self.lives[signal].death = self.lives[signal].death.max(self.now());
    }

    /// The signal that a wire brings.
    fn signal_of(&self, index: usize) -> Signal {
        let wire = &self.graph.wires[index];
        let rack = self.packing.place[wire.from].map_or(0, |(rack, _)| rack as usize);
        let made = || self.first_output[rack] + usize::from(wire.output);
        self.carried.get(&index).copied().unwrap_or_else(made)
    }

    fn unit(&mut self, number: usize) {
        let rack = &self.packing.racks[number];
        let Some(first) = rack.members.iter().flatten().next().copied() else { return };
        let node = &self.graph.nodes[first].node;
        let (spec, channels) = (node.entry.spec, node.channels);
        let Asleep { voices_of, is_exit } = self.asleep[number];
        let voices = if rack.is_bundle { rack.members.len() } else { node.voices };
        let (first_port, first_mod) = (self.draft.ports.len() as u32, self.draft.mods.len() as u32);
        let mut read = Vec::new();
        let whole = match spec.voices {
            _ if rack.is_bundle => Way::Lanes,
            Voices::Sum => Way::Summed,
            _ => Way::Module,
        };
        for index in 0..spec.inputs.len() {
            let members = self.wires_at(rack, Target::Input(index as u16));
            let arrive = || {
                members
                    .iter()
                    .flat_map(|(_, wires)| wires)
                    .map(|wire| usize::from(self.graph.source_shape(&self.graph.wires[*wire]).voices))
            };
            let is_shared = voices > GROUP && self.is_shared(&members, rack.is_bundle);
            let port_voices = match spec.voices {
                Voices::Sum => arrive().max().unwrap_or(1),
                _ if is_shared => GROUP,
                _ => voices,
            };
            let port_channels = self.graph.channels_at(first, index as u16, members.iter().flat_map(|(_, wires)| wires));
            let shape = Shape::new(port_channels, port_voices, spec.layout);
            let target = GatherTarget::Port(self.draft.ports.len() as u32);
            let way = if is_shared { Way::Shared } else { whole };
            let wanted = self.with_early_sum((number, index as u16), Request { signal: 0, members, way, target, voices_of });
            let signal = (!wanted.members.is_empty()).then(|| self.gather(wanted, shape, &mut read));
            self.draft.ports.push((signal, shape));
        }
        for param in self.params_at(rack) {
            let members = self.wires_at(rack, Target::Param(param));
            let wide = |wire: &usize| self.graph.source_shape(&self.graph.wires[*wire]).voices > 1;
            let is_wide = rack.is_bundle || members.iter().flat_map(|(_, wires)| wires).any(wide);
            // One group serves for all voices when they are moved alike.
            let one = if spec.layout == LaneLayout::Groups { voices.min(GROUP) } else { 1 };
            let shape = Shape::new(1, if is_wide { voices } else { one }, spec.layout);
            let target = GatherTarget::Mod(self.draft.mods.len() as u32);
            let wanted = Request { signal: 0, members, way: whole, target, voices_of };
            let signal = self.gather(wanted, shape, &mut read);
            self.draft.mods.push(signal);
            self.draft.parts.mods.push(ParamMod { param: u32::from(param), span: Span { offset: 0, shape } });
        }
        // What is read lives until the unit has run: a gather may pass a source on as it is.
        read.into_iter().for_each(|signal| self.read_now(signal));
        let first_output = self.draft.outputs.len() as u32;
        self.first_output[number] = self.lives.len();
        for port in spec.outputs {
            let signal = self.born(output_shape(spec, port, voices, channels));
            self.draft.outputs.push(signal);
        }
        let read = rack.members.iter().flatten().fold(0, |read, node| read | self.read[*node]);
        self.max_params = self.max_params.max(spec.params.len() as u32);
        let draft = &mut self.draft;
        draft.parts.units.push(UnitStep {
            rack: self.numbers[number],
            voices: voices as u8,
            layout: spec.layout,
            inputs: first_port..draft.ports.len() as u32,
            outputs: first_output..draft.outputs.len() as u32,
            read,
            mods: first_mod..draft.mods.len() as u32,
            voices_of,
            is_exit,
            is_summed_asleep: false,
        });
        draft.parts.steps.push(Step::Unit(draft.parts.units.len() as u32 - 1));
    }

    /// The wires that end at one input or parameter of each member.
    fn wires_at(&self, rack: &PackedRack, target: Target) -> Vec<(usize, Vec<usize>)> {
        let members = rack.members.iter().enumerate().filter_map(|(lane, node)| Some((lane, (*node)?)));
        let wires = |node: usize| {
            let arriving = &self.arriving[node];
            let first = arriving.partition_point(|wire| self.graph.wires[*wire].target < target);
            arriving[first..].iter().copied().take_while(|wire| self.graph.wires[*wire].target == target).collect::<Vec<_>>()
        };
        members.map(|(lane, node)| (lane, wires(node))).filter(|(_, wires)| !wires.is_empty()).collect()
    }

    /// The parameters that cables move, in their order.
    fn params_at(&self, rack: &PackedRack) -> Vec<u16> {
        let wires = rack.members.iter().flatten().flat_map(|node| &self.arriving[*node]);
        let mut params: Vec<u16> = wires
            .filter_map(|wire| match self.graph.wires[*wire].target {
                Target::Param(param) => Some(param),
                Target::Input(_) => None,
            })
            .collect();
        params.sort_unstable();
        params.dedup();
        params
    }

    /// One lane of one source arrives at all lanes alike: one group serves for all.
    fn is_shared(&self, members: &[(usize, Vec<usize>)], is_bundle: bool) -> bool {
        let Some((_, first)) = members.first() else { return false };
        let [first] = first.as_slice() else { return false };
        let wire = &self.graph.wires[*first];
        let same = |other: &LiveWire| (other.from, other.output) == (wire.from, wire.output) && other.is_plain && other.fading.is_none();
        let plain = !is_bundle || members.iter().all(|(_, wires)| matches!(wires.as_slice(), [only] if same(&self.graph.wires[*only])));
        plain && self.graph.source_shape(wire).voices == 1
    }

    fn gather(&mut self, wanted: Request, shape: Shape, read: &mut Vec<Signal>) -> Signal {
        for wire in wanted.members.iter().flat_map(|(_, wires)| wires) {
            let signal = self.signal_of(*wire);
            self.read_now(signal);
            read.push(signal);
        }
        if let Way::Total(sums) = wanted.way {
            self.read_now(sums);
        }
        let signal = self.born(shape);
        read.push(signal);
        self.push_gather(Request { signal, ..wanted });
        signal
    }

    /// The request of an input whose sources are many: by racks, in the order in which they run, or for their sum where that is made already.
    fn with_early_sum(&self, (rack, input): (usize, u16), wanted: Request) -> Request {
        match self.early.of(rack, input) {
            None => wanted,
            Some((sum, EarlySum { is_early: true, rest, .. })) if let Some(sums) = self.sums[sum] => {
                Request { members: vec![(0, rest.clone())], way: Way::Total(sums), ..wanted }
            }
            Some((_, EarlySum { sources, rest, .. })) => {
                let mut wires: Vec<usize> = sources.iter().flat_map(|(_, wires)| wires).copied().collect();
                let groups = wires.len();
                wires.extend(rest);
                Request { members: vec![(0, wires)], way: Way::AtOnce { groups }, ..wanted }
            }
        }
    }

    /// Adds what a rack has made to the sums that do not wait for the end.
    fn add_early(&mut self, rack: usize) {
        let wanted: Vec<(usize, usize, Vec<usize>)> =
            self.early.after(rack).map(|(sum, channels, wires)| (sum, channels, wires.to_vec())).collect();
        for (sum, channels, wires) in wanted {
            let begins = self.sums[sum].is_none();
            let sums = self.sums[sum].unwrap_or_else(|| self.born(Shape::new(channels, GROUP, LaneLayout::Groups)));
            self.sums[sum] = Some(sums);
            wires.iter().for_each(|wire| self.read_now(self.signal_of(*wire)));
            self.read_now(sums);
            self.push_gather(Request {
                signal: sums,
                members: vec![(0, wires)],
                way: Way::Aside { begins },
                target: GatherTarget::Gather,
                voices_of: NOBODY,
            });
        }
    }

    fn push_gather(&mut self, request: Request) {
        let draft = &mut self.draft;
        draft.parts.steps.push(Step::Gather(draft.requests.len() as u32));
        draft.requests.push(request);
    }

    /// A loop runs a few frames at a time: all that it touches lives from its first step to its last.
    fn looped(&mut self, racks: &[usize], closing: &[usize], frames: u8) {
        let start = self.now();
        let first_life = self.lives.len();
        let draft = &mut self.draft;
        let (first_feedback, first_request, first_step) = (draft.feedbacks.len() as u32, draft.requests.len(), draft.parts.steps.len());
        draft.parts.steps.push(Step::Loop { steps: 0, feedbacks: 0..0, frames });
        for &index in closing {
            let shape = self.graph.source_shape(&self.graph.wires[index]);
            let signal = self.born(shape);
            self.carried.insert(index, signal);
        }
        racks.iter().for_each(|rack| self.unit(*rack));
        for &index in closing {
            let wire = &self.graph.wires[index];
            let (rack, first_lane) = self.packing.place[wire.from].map_or((0, 0), |(rack, lane)| (rack as usize, lane));
            let from = self.first_output[rack] + usize::from(wire.output);
            let end = self.now() - 1;
            self.lives[from].death = self.lives[from].death.max(end);
            let is_inside = racks.contains(&rack);
            let kind = self.graph.nodes[wire.from].node.entry.spec.outputs[usize::from(wire.output)].kind;
            let signals = (from, self.carried[&index]);
            let into = Span { offset: 0, shape: self.graph.source_shape(wire) };
            let from = Span { offset: 0, shape: self.lives[from].shape };
            let audio = is_inside && kind == SignalKind::Audio;
            let step = FeedbackStep { cable: wire.cable, from, first_lane, into, audio };
            let draft = &mut self.draft;
            draft.feedbacks.push(signals);
            draft.parts.feedbacks.push(step);
        }
        let end = self.now() - 1;
        let requests = &self.draft.requests[first_request..];
        let wires: Vec<usize> = requests.iter().flat_map(|request| &request.members).flat_map(|(_, wires)| wires).copied().collect();
        for wire in wires {
            let signal = self.signal_of(wire);
            self.lives[signal].death = self.lives[signal].death.max(end);
        }
        for life in &mut self.lives[first_life..] {
            (life.birth, life.death) = (start, life.death.max(end));
        }
        let draft = &mut self.draft;
        let feedbacks = first_feedback..draft.feedbacks.len() as u32;
        draft.parts.steps[first_step] = Step::Loop { steps: end - start, feedbacks, frames };
    }

    /// Gives every signal its place, and breaks every sum into operations.
    fn finish(mut self, times: &[Time]) -> ProgramParts {
        let placement = place(&self.lives, times);
        let span = |signal: Signal| placement.spans[signal];
        let silence = |shape| Span { offset: 0, shape };
        let drafts = std::mem::take(&mut self.sections);
        let summed = self.summed_asleep(&drafts);
        let finished = drafts.into_iter().map(|Draft { mut parts, ports, mods, outputs, requests, feedbacks }| {
            let port = |(signal, shape): &(Option<Signal>, Shape)| Port {
                span: signal.map_or(silence(*shape), span),
                connected: signal.is_some(),
            };
            parts.ports = ports.iter().map(port).collect();
            parts.outputs = outputs.iter().map(|signal| span(*signal)).collect();
            parts.mods.iter_mut().zip(&mods).for_each(|(modulated, signal)| modulated.span = span(*signal));
            let mut operations = Operations::default();
            parts.gathers =
                requests.iter().map(|request| self.sum(request, span(request.signal), &placement.spans, &mut operations)).collect();
            (parts.ops, parts.rows) = (operations.ops, operations.rows);
            parts.units.iter_mut().for_each(|unit| unit.is_summed_asleep = summed.contains(&unit.rack));
            parts.steps = with_skips(&parts);
            for (feedback, (from, into)) in parts.feedbacks.iter_mut().zip(&feedbacks) {
                (feedback.from.offset, feedback.into.offset) = (span(*from).offset, span(*into).offset);
            }
            parts
        });
        let sections = finished.collect();
        ProgramParts { sections, stages: Vec::new(), signal_len: placement.signal_len, max_params: self.max_params }
    }

    fn sum(&self, request: &Request, span: Span, spans: &[Span], operations: &mut Operations) -> Gather {
        let first = operations.ops.len();
        let arrival = |index: &usize| {
            let wire = &self.graph.wires[*index];
            let source = spans[self.signal_of(*index)];
            let lane = self.packing.place[wire.from].map_or(0, |(_, lane)| usize::from(lane));
            let voices = usize::from(self.graph.source_shape(wire).voices);
            let source = SourceLanes { span: source, first_lane: if self.carried.contains_key(index) { 0 } else { lane }, voices };
            Arrival { source, cable: wire.cable, gain: wire.gain }
        };
        let lanes = usize::from(span.shape.voices);
        let of_module = || -> Vec<Arrival> { request.members.first().into_iter().flat_map(|(_, wires)| wires).map(arrival).collect() };
        match request.way {
            Way::Lanes => {
                let mut lists = vec![Vec::new(); lanes];
                for (lane, wires) in &request.members {
                    lists[*lane] = wires.iter().map(arrival).collect();
                }
                operations.sum(&Arrivals::Lanes(&lists), span, lanes);
            }
            Way::Module | Way::Shared => operations.sum(&Arrivals::Module(&of_module()), span, lanes),
            Way::Summed => operations.sum(&Arrivals::Summed(&of_module()), span, lanes),
            Way::AtOnce { groups } => {
                let arrivals = of_module();
                let (groups, rest) = arrivals.split_at(groups);
                operations.at_once(&Arrivals::Module(groups), span);
                operations.add(&Arrivals::Module(rest), span);
            }
            Way::Aside { begins } => operations.aside(&Arrivals::Module(&of_module()), span, begins),
            Way::Total(sums) => {
                operations.total(spans[sums], span);
                operations.add(&Arrivals::Module(&of_module()), span);
            }
        }
        let mut pass = None;
        let mut sources = request.members.iter().flat_map(|(_, wires)| wires).map(|wire| self.signal_of(*wire));
        if matches!(request.way, Way::Lanes | Way::Module | Way::Summed)
            && let Some(source) = sources.next()
            && sources.all(|other| other == source)
        {
            let is_one_each = request.members.iter().all(|(_, wires)| wires.len() == 1);
            let narrow = matches!(request.target, GatherTarget::Port(_)) || spans[source].shape.voices <= span.shape.voices;
            let of_first = request.members.first().filter(|_| request.way != Way::Lanes);
            let first_lane = of_first.map_or(0, |(_, wires)| arrival(&wires[0]).source.first_lane);
            if is_one_each && narrow {
                pass = passes(&operations.ops[first..], span, spans[source], first_lane, lanes.min(MAX_VOICES));
            }
        }
        let ops = first as u32..operations.ops.len() as u32;
        Gather { target: request.target, span, pass, ops, voices_of: request.voices_of, fed_by: self.fed_by(request) }
    }

    /// The engine's numbers of racks that sleep and are summed with others that do not.
    fn summed_asleep(&self, drafts: &[Draft]) -> HashSet<u32> {
        let mut summed = HashSet::new();
        for request in drafts.iter().flat_map(|draft| &draft.requests).filter(|request| self.fed_by(request) == NOBODY) {
            let sources = request.members.iter().flat_map(|(_, wires)| wires).map(|wire| self.packing.place[self.graph.wires[*wire].from]);
            for (rack, _) in sources.flatten() {
                let voices_of = self.asleep[rack as usize].voices_of;
                if voices_of != NOBODY && voices_of != request.voices_of {
                    summed.insert(self.numbers[rack as usize]);
                }
            }
        }
        summed
    }

    /// Whose voices all are that are summed, if they are of one.
    fn fed_by(&self, request: &Request) -> u32 {
        if matches!(request.way, Way::Total(_)) {
            return NOBODY;
        }
        let mut sources = request.members.iter().flat_map(|(_, wires)| wires).map(|wire| {
            let place = self.packing.place[self.graph.wires[*wire].from].filter(|_| !self.carried.contains_key(wire));
            place.map_or(NOBODY, |(rack, _)| self.asleep[rack as usize].voices_of)
        });
        sources.next().filter(|first| sources.all(|other| other == *first)).unwrap_or(NOBODY)
    }
}

/// The steps of a section, with a skip before those in a row that need not run while the same voices sleep.
fn with_skips(parts: &SectionParts) -> Vec<Step> {
    let sleeper = |step: &Step| match step {
        Step::Gather(gather) => parts.gathers[*gather as usize].voices_of,
        Step::Unit(unit) => {
            let unit = &parts.units[*unit as usize];
            if unit.rack == unit.voices_of || unit.is_summed_asleep { NOBODY } else { unit.voices_of }
        }
        Step::Loop { .. } | Step::Voices { .. } => NOBODY,
    };
    let mut steps = Vec::with_capacity(parts.steps.len());
    let mut left = parts.steps.as_slice();
    while let Some(first) = left.first() {
        let voices_of = sleeper(first);
        let together = match first {
            Step::Loop { steps, .. } => 1 + *steps as usize,
            _ if voices_of == NOBODY => 1,
            _ => left.iter().take_while(|step| sleeper(step) == voices_of).count(),
        };
        if voices_of != NOBODY {
            steps.push(Step::Voices { voices_of, steps: together as u32 });
        }
        let (these, others) = left.split_at(together);
        steps.extend_from_slice(these);
        left = others;
    }
    steps
}
