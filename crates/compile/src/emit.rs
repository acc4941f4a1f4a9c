//! Passes 5 and 6: from the order to steps, lives and spans, and from those to a program.

use crate::buffers::{Life, place};
use crate::live::LiveGraph;
use crate::order::Item;
use crate::resolve::Target;
use patchlight_core::{SignalKind, Voices};
use patchlight_engine::{
    FeedbackStep, Gather, GatherTarget, ParamMod, Port, ProgramParts, Shape, Source, Span, Step, UnitStep, output_shape, port_channels,
};
use std::collections::{BTreeMap, HashMap};

/// A signal by number, until it has a place.
type Signal = usize;

#[derive(Default)]
struct Emitter {
    parts: ProgramParts,
    lives: Vec<Life>,
    /// Each list of the program that holds spans, with the signals to put there; `None` is silence.
    ports: Vec<(Option<Signal>, Shape)>,
    mods: Vec<Signal>,
    gathers: Vec<Signal>,
    sources: Vec<Signal>,
    outputs: Vec<Signal>,
    feedbacks: Vec<(Signal, Signal)>,
    /// The signal of each node's outputs.
    output_of: HashMap<(usize, u16), Signal>,
    /// The signal that holds what a closing cable carried over, by wire.
    carried: HashMap<usize, Signal>,
}

/// The parts of the program that runs `items` in their order.
pub(crate) fn emit(graph: &LiveGraph, items: &[Item]) -> ProgramParts {
    let mut arriving: HashMap<usize, BTreeMap<(u8, u16), Vec<usize>>> = HashMap::new();
    let mut runs = vec![false; graph.nodes.len()];
    for item in items {
        match item {
            Item::Node(node) => runs[*node] = true,
            Item::Loop { nodes, .. } => nodes.iter().for_each(|node| runs[*node] = true),
        }
    }
    for (index, wire) in graph.wires.iter().enumerate().filter(|(_, wire)| runs[wire.from] && runs[wire.to]) {
        let key = match wire.target {
            Target::Input(input) => (0, input),
            Target::Param(param) => (1, param),
        };
        arriving.entry(wire.to).or_default().entry(key).or_default().push(index);
    }
    let mut emitter = Emitter::default();
    let none = BTreeMap::new();
    for item in items {
        match item {
            Item::Node(node) => emitter.unit(graph, *node, arriving.get(node).unwrap_or(&none)),
            Item::Loop { nodes, closing } => emitter.looped(graph, nodes, closing, &arriving),
        }
    }
    emitter.finish()
}

impl Emitter {
    fn now(&self) -> u32 {
        self.parts.steps.len() as u32
    }

    fn born(&mut self, shape: Shape) -> Signal {
        let now = self.now();
        self.lives.push(Life { shape, birth: now, death: now });
        self.lives.len() - 1
    }

    fn read(&mut self, signal: Signal) {
        self.lives[signal].death = self.lives[signal].death.max(self.now());
    }

    fn unit(&mut self, graph: &LiveGraph, node: usize, arriving: &BTreeMap<(u8, u16), Vec<usize>>) {
        let spec = graph.nodes[node].node.entry.spec;
        let (voices, channels) = (graph.nodes[node].node.voices, graph.nodes[node].node.channels);
        let (first_port, first_mod) = (self.ports.len() as u32, self.mods.len() as u32);
        let mut read = Vec::new();
        for (index, port) in spec.inputs.iter().enumerate() {
            let wires = arriving.get(&(0, index as u16));
            let arriving_voices =
                || wires.into_iter().flatten().map(|wire| usize::from(graph.source_shape(&graph.wires[*wire]).voices)).max();
            let port_voices = if matches!(spec.voices, Voices::Sum) { arriving_voices().unwrap_or(1) } else { voices };
            let shape = Shape::new(port_channels(port, channels), port_voices, spec.layout);
            let signal = wires.map(|wires| self.gather(graph, wires, shape, GatherTarget::Port(self.ports.len() as u32), &mut read));
            self.ports.push((signal, shape));
        }
        for (&(_, param), wires) in arriving.range((1, 0)..) {
            let is_wide = wires.iter().any(|wire| graph.source_shape(&graph.wires[*wire]).voices > 1);
            let shape = Shape::new(1, if is_wide { voices } else { 1 }, spec.layout);
            let target = GatherTarget::Mod(self.mods.len() as u32);
            let signal = self.gather(graph, wires, shape, target, &mut read);
            self.mods.push(signal);
            self.parts.mods.push(ParamMod { param: u32::from(param), span: Span { offset: 0, shape } });
        }
        // What is read lives until the unit has run: a gather may pass a source on as it is.
        read.into_iter().for_each(|signal| self.read(signal));
        let first_output = self.outputs.len() as u32;
        for (index, port) in spec.outputs.iter().enumerate() {
            let signal = self.born(output_shape(spec, port, voices, channels));
            self.output_of.insert((node, index as u16), signal);
            self.outputs.push(signal);
        }
        self.parts.units.push(UnitStep {
            slot: graph.nodes[node].slot,
            voices: voices as u8,
            layout: spec.layout,
            inputs: first_port..self.ports.len() as u32,
            outputs: first_output..self.outputs.len() as u32,
            mods: first_mod..self.mods.len() as u32,
        });
        self.parts.max_params = self.parts.max_params.max(spec.params.len() as u32);
        self.parts.steps.push(Step::Unit(self.parts.units.len() as u32 - 1));
    }

    fn gather(&mut self, graph: &LiveGraph, wires: &[usize], shape: Shape, target: GatherTarget, read: &mut Vec<Signal>) -> Signal {
        let first = self.sources.len() as u32;
        for &index in wires {
            let wire = &graph.wires[index];
            let carried = self.carried.get(&index).copied();
            let signal = carried.or_else(|| self.output_of.get(&(wire.from, wire.output)).copied());
            let signal = signal.expect("sources are emitted before those who read them, or carried over");
            self.sources.push(signal);
            self.parts.sources.push(Source { span: Span { offset: 0, shape: self.lives[signal].shape }, cable: wire.cable });
            self.read(signal);
            read.push(signal);
        }
        let signal = self.born(shape);
        read.push(signal);
        self.gathers.push(signal);
        let sources = first..self.sources.len() as u32;
        self.parts.gathers.push(Gather { target, span: Span { offset: 0, shape }, sources });
        self.parts.steps.push(Step::Gather(self.gathers.len() as u32 - 1));
        signal
    }

    /// A loop runs frame by frame: all that it touches lives from its first step to its last.
    fn looped(
        &mut self,
        graph: &LiveGraph,
        nodes: &[usize],
        closing: &[usize],
        arriving: &HashMap<usize, BTreeMap<(u8, u16), Vec<usize>>>,
    ) {
        let start = self.now();
        let first_life = self.lives.len();
        let first_feedback = self.feedbacks.len() as u32;
        self.parts.steps.push(Step::Loop { steps: 0, feedbacks: 0..0 });
        for &index in closing {
            let signal = self.born(graph.source_shape(&graph.wires[index]));
            self.carried.insert(index, signal);
        }
        let first_source = self.sources.len();
        let none = BTreeMap::new();
        for node in nodes {
            self.unit(graph, *node, arriving.get(node).unwrap_or(&none));
        }
        for &index in closing {
            let wire = &graph.wires[index];
            let from = self.output_of[&(wire.from, wire.output)];
            let into = self.carried[&index];
            let kind = graph.nodes[wire.from].node.entry.spec.outputs[usize::from(wire.output)].kind;
            self.feedbacks.push((from, into));
            let span = Span { offset: 0, shape: self.lives[from].shape };
            self.parts.feedbacks.push(FeedbackStep { cable: wire.cable, from: span, into: span, audio: kind == SignalKind::Audio });
        }
        let end = self.now() - 1;
        for signal in &self.sources[first_source..] {
            let life = &mut self.lives[*signal];
            life.death = life.death.max(end);
        }
        for life in &mut self.lives[first_life..] {
            (life.birth, life.death) = (start, life.death.max(end));
        }
        self.parts.steps[start as usize] = Step::Loop { steps: end - start, feedbacks: first_feedback..self.feedbacks.len() as u32 };
    }

    /// Gives every signal its place.
    fn finish(mut self) -> ProgramParts {
        let placement = place(&self.lives);
        let span = |signal: Signal| placement.spans[signal];
        self.parts.signal_len = placement.signal_len;
        let silence = |shape| Span { offset: 0, shape };
        self.parts.ports = self
            .ports
            .iter()
            .map(|(signal, shape)| Port { span: signal.map_or(silence(*shape), span), connected: signal.is_some() })
            .collect();
        self.parts.outputs = self.outputs.iter().map(|signal| span(*signal)).collect();
        self.parts.mods.iter_mut().zip(&self.mods).for_each(|(modulated, signal)| modulated.span = span(*signal));
        self.parts.gathers.iter_mut().zip(&self.gathers).for_each(|(gather, signal)| gather.span = span(*signal));
        self.parts.sources.iter_mut().zip(&self.sources).for_each(|(source, signal)| source.span = span(*signal));
        for (feedback, (from, into)) in self.parts.feedbacks.iter_mut().zip(&self.feedbacks) {
            (feedback.from, feedback.into) = (span(*from), span(*into));
        }
        self.parts
    }
}
