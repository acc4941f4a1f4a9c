//! Pass 3: paths of equal length. A module that looks ahead puts out its sound late; what goes round it waits as long.
//!
//! Where cables of different latency meet at a module, the earlier ones are led through a delay of whole frames, a module of the
//! compiler's own. Inside loops nothing is aligned: there lateness is a matter of the loop.

use crate::adjacency::Adjacency;
use crate::resolve::{Graph, Node, Target, Wire};
use patchlight_core::{ModuleId, ModuleSpec, PortRef, audio, integer, module};
use patchlight_engine::{BuildContext, RowIo, RowKernel, Unit, rows};
use patchlight_modules::Entry;
use patchlight_patch::CableId;
use std::borrow::Cow;

/// The longest wait, in frames: more than a second at 48 kHz.
const LONGEST_FRAMES: i32 = 65_535;

/// Not in the catalogue: the compiler puts it in, nobody else.
pub(crate) const SPEC: ModuleSpec = module("fx.align", "Align")
    .about("Waits for a parallel path that is late.")
    .inputs(&[audio("in", "What comes early")])
    .params(&[integer("wait_frames", 0..=LONGEST_FRAMES, 0).about("How long it waits").structural()])
    .outputs(&[audio("out", "The same, later")]);

static ENTRY: Entry = Entry { spec: &SPEC, build };

fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    let wait_frames = context.params.first().copied().unwrap_or(0.0) as usize;
    rows(context, |_| Wait { line: vec![0.0; wait_frames.max(1)].into_boxed_slice(), at: 0 })
}

struct Wait {
    line: Box<[f32]>,
    at: usize,
}

impl RowKernel for Wait {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (mut input, mut out) = (io.input(0), io.output(0));
        // In stretches up to the end of the line, so that nothing is divided for each frame.
        while !input.is_empty() {
            let count = (self.line.len() - self.at).min(input.len());
            let line = &mut self.line[self.at..self.at + count];
            let (heard, later) = out.split_at_mut(count);
            heard.copy_from_slice(line);
            line.copy_from_slice(&input[..count]);
            (input, out) = (&input[count..], later);
            self.at = (self.at + count) % self.line.len();
        }
    }

    fn reset(&mut self) {
        self.line.fill(0.0);
    }
}

/// Puts delays where paths of different latency meet.
pub(crate) fn align(graph: &mut Graph<'_>, sample_rate_hz: f32) {
    for node in &mut graph.nodes {
        node.latency_frames = node.entry.spec.latency.map_or(0, |latency| (latency.0)(&node.params, sample_rate_hz));
    }
    if graph.nodes.iter().all(|node| node.latency_frames == 0) {
        return;
    }
    let Some(late) = lateness(graph) else { return };
    for index in 0..graph.wires.len() {
        let (from, to) = (graph.wires[index].from, graph.wires[index].to);
        let (Some(out), Some(arrives)) = (late[from], late[to]) else { continue };
        let wait = arrives - out.min(arrives) - graph.nodes[to].latency_frames.min(arrives);
        if wait > 0 && (!graph.nodes[to].entry.spec.outputs.is_empty() || is_heard(graph, to)) {
            insert(graph, index, wait);
        }
    }
    graph.nodes.iter_mut().zip(&late).for_each(|(node, late)| node.late_frames = late.unwrap_or(0));
}

/// What ends in the device is aligned too; meters and scopes are not.
fn is_heard(graph: &Graph<'_>, node: usize) -> bool {
    graph.nodes[node].entry.spec.id == "io.audio_out"
}

/// By how many frames each module's output is late; nothing for those in loops and behind them. `None` where all is in a loop.
fn lateness(graph: &Graph<'_>) -> Option<Vec<Option<usize>>> {
    let count = graph.nodes.len();
    let mut waits = vec![0_u32; count];
    let leaving = Adjacency::new(count, graph.wires.iter().enumerate().map(|(index, wire)| (wire.from, index)));
    graph.wires.iter().for_each(|wire| waits[wire.to] += 1);
    let mut arrives = vec![0; count];
    let mut late = vec![None; count];
    let mut ready: Vec<usize> = (0..count).filter(|node| waits[*node] == 0).collect();
    let mut any = false;
    while let Some(node) = ready.pop() {
        let here = arrives[node] + graph.nodes[node].latency_frames;
        late[node] = Some(here);
        any = true;
        for wire in leaving.at(node) {
            let to = graph.wires[*wire].to;
            arrives[to] = here.max(arrives[to]);
            waits[to] -= 1;
            if waits[to] == 0 {
                ready.push(to);
            }
        }
    }
    any.then_some(late)
}

/// Leads a wire through a delay.
fn insert(graph: &mut Graph<'_>, index: usize, wait_frames: usize) {
    let id = graph.wires[index].id.clone().into_owned();
    // No id of a patch has such signs in it.
    let waiting = ModuleId::new(format!("{id} (waits)"));
    let number = graph.nodes.len();
    let (from, output) = (graph.wires[index].from, graph.wires[index].output);
    let (voices, channels) = (graph.nodes[from].voices, graph.nodes[from].channels);
    let shape = patchlight_engine::output_shape(
        graph.nodes[from].entry.spec,
        &graph.nodes[from].entry.spec.outputs[usize::from(output)],
        voices,
        channels,
    );
    let frames = wait_frames.min(LONGEST_FRAMES as usize);
    let mut node = Node::new(waiting.clone(), &ENTRY, vec![frames as f32]);
    (node.voices, node.channels) = (usize::from(shape.voices), usize::from(shape.channels));
    graph.nodes.push(node);
    let into = CableId::new(id.from.clone(), PortRef::new(waiting.as_str(), "in"));
    graph.wires.push(Wire { id: Cow::Owned(into), from, output, to: number, target: Target::Input(0), gain: 1.0, closes_loop: false });
    let wire = &mut graph.wires[index];
    (wire.from, wire.output) = (number, 0);
}

/// Whether a module is the compiler's own.
pub(crate) fn is_own(node: &Node) -> bool {
    node.entry.spec.id == SPEC.id
}
