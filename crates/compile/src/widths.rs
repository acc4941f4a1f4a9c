//! Pass 2: how many voices and channels each module runs, and whether anything of it is heard.

use crate::adjacency::Adjacency;
use crate::resolve::{Graph, Target};
use patchlight_core::{Channels, Face, Family, MAX_VOICES, Voices};
use patchlight_engine::output_shape;

/// Finds voices and channels. They only grow while cables are followed, so it ends, loops included.
pub(crate) fn widths(graph: &mut Graph<'_>) {
    for node in &mut graph.nodes {
        if matches!(node.entry.spec.voices, Voices::Source) {
            let asked = node.entry.spec.param("voices").map_or(1.0, |(index, _)| node.params[index]);
            node.voices = (asked as usize).clamp(1, MAX_VOICES);
        }
    }
    let leaving = Adjacency::new(graph.nodes.len(), graph.wires.iter().enumerate().map(|(index, wire)| (wire.from, index)));
    let mut widened: Vec<usize> = (0..graph.nodes.len()).rev().collect();
    while let Some(node) = widened.pop() {
        for wire in leaving.at(node) {
            if follow(graph, *wire) {
                widened.push(graph.wires[*wire].to);
            }
        }
    }
}

/// Widens the module at the end of a cable to what arrives; true when that changed it.
fn follow(graph: &mut Graph<'_>, index: usize) -> bool {
    let wire = &graph.wires[index];
    let from = &graph.nodes[wire.from];
    let shape = output_shape(from.entry.spec, &from.entry.spec.outputs[usize::from(wire.output)], from.voices, from.channels);
    let (voices, channels) = (usize::from(shape.voices), usize::from(shape.channels));
    let follows = match wire.target {
        Target::Input(input) => {
            let port = &graph.nodes[wire.to].entry.spec.inputs[usize::from(input)];
            matches!(port.channels, Channels::Follow)
        }
        Target::Param(_) => false,
    };
    let to = &mut graph.nodes[wire.to];
    let before = (to.voices, to.channels);
    if matches!(to.entry.spec.voices, Voices::Follow) {
        to.voices = to.voices.max(voices);
    }
    if follows {
        to.channels = to.channels.max(channels);
    }
    before != (to.voices, to.channels)
}

/// Marks the modules from which nothing is heard or seen. Those that end in an output, a meter or the clock are run.
pub(crate) fn mark_idle(graph: &mut Graph<'_>) {
    let mut heard: Vec<bool> = graph.nodes.iter().map(|node| is_sink(node.entry.spec)).collect();
    let arriving = Adjacency::new(graph.nodes.len(), graph.wires.iter().enumerate().map(|(index, wire)| (wire.to, index)));
    let mut found: Vec<usize> = (0..graph.nodes.len()).filter(|node| heard[*node]).collect();
    while let Some(node) = found.pop() {
        for wire in arriving.at(node) {
            let from = graph.wires[*wire].from;
            if !std::mem::replace(&mut heard[from], true) {
                found.push(from);
            }
        }
    }
    for (node, heard) in graph.nodes.iter_mut().zip(heard) {
        node.idle = (!heard).then_some("nothing of it reaches an output");
    }
}

fn is_sink(spec: &patchlight_core::ModuleSpec) -> bool {
    spec.outputs.is_empty()
        || spec.family() == Family::View
        || spec.id == "clock.transport"
        || matches!(spec.face, Face::Scope | Face::Spectrum)
}
