//! The live graph: what is in the engine's slots now, what just came, and what is fading away.

use crate::resolve::{Node, Target};
use patchlight_engine::{Shape, output_shape};
use patchlight_patch::CableId;

/// Why something is in the live graph that is no longer in the patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fading {
    /// The swap with which it began to fade.
    pub(crate) swap: u64,
    /// The engine's frame when that swap was seen to have happened.
    pub(crate) seen_frame: Option<u64>,
}

#[derive(Clone, Debug)]
pub(crate) struct LiveNode {
    pub(crate) node: Node,
    pub(crate) slot: u32,
    pub(crate) fading: Option<Fading>,
}

#[derive(Clone, Debug)]
pub(crate) struct LiveWire {
    pub(crate) id: CableId,
    pub(crate) from: usize,
    pub(crate) output: u16,
    pub(crate) to: usize,
    pub(crate) target: Target,
    /// The number under which the engine keeps its gain.
    pub(crate) cable: u32,
    pub(crate) gain: f32,
    /// The person's mark.
    pub(crate) closes_loop: bool,
    /// Whether it closed a loop in the program that runs.
    pub(crate) is_closing: bool,
    pub(crate) fading: Option<Fading>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct LiveGraph {
    pub(crate) nodes: Vec<LiveNode>,
    pub(crate) wires: Vec<LiveWire>,
}

impl LiveGraph {
    /// The shape of a cable's source.
    pub(crate) fn source_shape(&self, wire: &LiveWire) -> Shape {
        let node = &self.nodes[wire.from].node;
        output_shape(node.entry.spec, &node.entry.spec.outputs[usize::from(wire.output)], node.voices, node.channels)
    }
}
