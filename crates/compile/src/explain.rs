//! What the compiler made of a patch, for people and programs.

use crate::adjacency::Adjacency;
use crate::bundle::{Item, Packing};
use crate::live::LiveGraph;
use patchlight_core::{LaneLayout, ModuleId, SignalKind};
use patchlight_patch::CableId;
use serde::Serialize;
use std::collections::HashSet;
use std::fmt;

/// One module, in the order of running.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExplainModule {
    pub id: ModuleId,
    pub kind: &'static str,
    pub slot: u32,
    pub voices: usize,
    pub channels: usize,
    pub layout: LaneLayout,
    /// The unit it runs in, and its lane there. Modules of one unit run side by side.
    pub unit: usize,
    pub lane: usize,
    /// Modules that share the unit, this one included.
    pub shared_by: usize,
    /// By how many frames its sound comes late: by itself, and with all that is before it.
    pub latency_frames: usize,
    pub late_frames: usize,
    /// The number of the loop it runs in, from 1.
    pub in_loop: Option<usize>,
    /// What arrives, and how it is converted on its way.
    pub inputs: Vec<String>,
}

/// A cycle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExplainLoop {
    pub number: usize,
    pub modules: Vec<ModuleId>,
    /// Each adds one sample of delay, where the loop runs one frame at a time; else none.
    pub closing: Vec<CableId>,
    /// Frames that are run at a time.
    pub block_frames: usize,
}

/// A module that is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExplainIdle {
    pub id: ModuleId,
    pub why: &'static str,
}

/// The whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explain {
    pub order: Vec<ExplainModule>,
    pub loops: Vec<ExplainLoop>,
    pub not_run: Vec<ExplainIdle>,
    /// Bytes of sample buffers.
    pub memory_bytes: usize,
    /// Lanes that are computed in all, voices times channels of every module.
    pub lanes: usize,
    /// Units that run; equal single voices share one.
    pub units: usize,
    /// Parts that may run at the same time, at most; 1 where there is one thread, or nothing to share out.
    pub sections: usize,
}

/// Whatever is not said by the graph and its packing is left at nothing.
pub(crate) fn explain(graph: &LiveGraph, packing: &Packing, idle: &[(ModuleId, &'static str)]) -> Explain {
    let mut order = Vec::new();
    let mut loops: Vec<ExplainLoop> = Vec::new();
    let here = graph.wires.iter().enumerate().filter(|(_, wire)| wire.fading.is_none());
    let arriving = Adjacency::new(graph.nodes.len(), here.map(|(index, wire)| (wire.to, index)));
    let modules = |rack: usize, in_loop: Option<usize>| {
        let members = &packing.racks[rack].members;
        let shared_by = members.iter().flatten().count();
        let there = members.iter().enumerate().filter_map(|(lane, node)| Some((lane, (*node)?)));
        let arriving = &arriving;
        there.map(move |(lane, node)| ExplainModule { unit: rack, lane, shared_by, ..module(graph, node, arriving.at(node), in_loop) })
    };
    for item in &packing.items {
        match item {
            Item::Rack(rack) => order.extend(modules(*rack, None)),
            Item::Loop { racks, closing, frames } => {
                let number = loops.len() + 1;
                let first = order.len();
                let is_inside = |node: usize| packing.place[node].is_some_and(|(rack, _)| racks.contains(&(rack as usize)));
                racks.iter().for_each(|rack| order.extend(modules(*rack, Some(number))));
                loops.push(ExplainLoop {
                    number,
                    modules: order[first..].iter().map(|module: &ExplainModule| module.id.clone()).collect(),
                    closing: closing
                        .iter()
                        .map(|wire| &graph.wires[*wire])
                        .filter(|wire| is_inside(wire.from))
                        .map(|wire| wire.id.clone())
                        .collect(),
                    block_frames: usize::from(*frames),
                });
            }
        }
    }
    let running: HashSet<&ModuleId> = order.iter().map(|module| &module.id).collect();
    let not_run = idle.iter().filter(|(id, _)| !running.contains(id)).map(|(id, why)| ExplainIdle { id: id.clone(), why }).collect();
    let lanes = order.iter().map(|module| module.voices * module.channels).sum();
    let units = packing.racks.len();
    Explain { order, loops, not_run, memory_bytes: 0, lanes, units, sections: 1 }
}

fn module(graph: &LiveGraph, index: usize, arriving: &[usize], in_loop: Option<usize>) -> ExplainModule {
    let live = &graph.nodes[index];
    let inputs = arriving.iter().map(|wire| &graph.wires[*wire]).map(|wire| {
        let shape = graph.source_shape(wire);
        let from = &graph.nodes[wire.from].node;
        let kind = from.entry.spec.outputs[usize::from(wire.output)].kind;
        let target = wire.target.id(&live.node);
        let mut text = format!("{} <- {}", target, wire.id.from);
        if let Some(conversion) = conversion(kind, shape.channels, shape.voices, live.node.voices, live.node.channels) {
            text.push_str(&format!(" ({conversion})"));
        }
        text
    });
    ExplainModule {
        id: live.node.id.clone(),
        kind: live.node.entry.spec.id,
        slot: live.slot,
        voices: live.node.voices,
        channels: live.node.channels,
        layout: live.node.entry.spec.layout,
        latency_frames: live.node.latency_frames,
        late_frames: live.node.late_frames,
        unit: 0,
        lane: 0,
        shared_by: 1,
        in_loop,
        inputs: inputs.collect(),
    }
}

/// In words, what happens on a cable whose ends differ.
fn conversion(kind: SignalKind, from_channels: u8, from_voices: u8, voices: usize, channels: usize) -> Option<String> {
    let mut parts = Vec::new();
    if kind == SignalKind::Audio {
        match (from_channels, channels) {
            (1, 2) => parts.push("mono to both sides".to_owned()),
            (2, 1) => parts.push("mean of both sides".to_owned()),
            _ => {}
        }
    }
    match (usize::from(from_voices), voices) {
        (1, to) if to > 1 => parts.push(format!("one voice to all {to}")),
        (from, 1) if from > 1 => parts.push(format!("{from} voices summed")),
        (from, to) if from != to => parts.push(format!("{} of {from} voices", from.min(to))),
        _ => {}
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

impl fmt::Display for Explain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "order")?;
        for (place, module) in self.order.iter().enumerate() {
            let width = if module.channels == 2 { "stereo" } else { "mono" };
            let shared =
                if module.shared_by > 1 { format!("  lane {} of unit {}", module.lane + 1, module.unit + 1) } else { String::new() };
            let late = match (module.latency_frames, module.late_frames) {
                (0, 0) => String::new(),
                (0, late) => format!("  {late} frames late"),
                (own, late) => format!("  {late} frames late, {own} of them its own"),
            };
            let looped = module.in_loop.map_or_else(String::new, |number| format!("  loop {number}"));
            writeln!(
                f,
                "  {:>3}  {:<20} {:<18} {} x {width}{looped}{shared}{late}",
                place + 1,
                module.id.as_str(),
                module.kind,
                module.voices
            )?;
            for input in &module.inputs {
                writeln!(f, "         {input}")?;
            }
        }
        for found in &self.loops {
            let modules: Vec<&str> = found.modules.iter().map(ModuleId::as_str).collect();
            let frames = if found.block_frames == 1 { "one frame".to_owned() } else { format!("{} frames", found.block_frames) };
            writeln!(f, "loop {}: {}; runs {frames} at a time", found.number, modules.join(", "))?;
            for cable in &found.closing {
                if found.block_frames == 1 {
                    writeln!(f, "  one sample of delay sits in {cable}")?;
                } else {
                    writeln!(f, "  closed by {cable}, which adds no delay: the modules inside delay longer")?;
                }
            }
        }
        for idle in &self.not_run {
            writeln!(f, "not run: {}, {}", idle.id, idle.why)?;
        }
        if self.sections > 1 {
            writeln!(f, "shared out: up to {} parts may run at the same time", self.sections)?;
        }
        write!(f, "{} modules in {} units, {} lanes, {} KiB of buffers", self.order.len(), self.units, self.lanes, self.memory_bytes / 1024)
    }
}
