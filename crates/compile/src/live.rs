//! The live graph: what is in the engine's racks now, what just came, and what is fading away.

use crate::resolve::{Node, Target};
use patchlight_core::Voices;
use patchlight_engine::{Seat, Shape, output_shape, port_channels};
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
    /// The number under which the engine knows the module.
    pub(crate) slot: u32,
    /// Where it runs; not yet where it has just come.
    pub(crate) seat: Option<Seat>,
    /// By how many frames its inputs are late, because it runs in blocks inside a loop. It stays so: what is on its way cannot be
    /// brought back.
    pub(crate) lead: u8,
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
    /// Whether it closed a loop with a sample of delay in the program that runs.
    pub(crate) adds_a_sample: bool,
    /// Whether it was brought a block late in the program that runs.
    pub(crate) is_carried: bool,
    /// Its gain is exactly 1 and not on its way there, so that the program may leave it out of account.
    pub(crate) is_plain: bool,
    pub(crate) fading: Option<Fading>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct LiveGraph {
    pub(crate) nodes: Vec<LiveNode>,
    pub(crate) wires: Vec<LiveWire>,
}

impl LiveNode {
    /// Whether it may be one lane of a unit that it shares with others of its kind.
    pub(crate) fn may_bundle(&self) -> bool {
        let spec = self.node.entry.spec;
        spec.bundles && self.node.voices == 1 && !matches!(spec.voices, Voices::Sum)
    }
}

impl LiveGraph {
    /// The shape of a cable's source, as the module gives it.
    pub(crate) fn source_shape(&self, wire: &LiveWire) -> Shape {
        let node = &self.nodes[wire.from].node;
        output_shape(node.entry.spec, &node.entry.spec.outputs[usize::from(wire.output)], node.voices, node.channels)
    }

    /// Channels that an input of a node has, where these cables arrive. What is mono serves for both sides: units read its one channel twice.
    pub(crate) fn channels_at<'w>(&self, node: usize, input: u16, wires: impl Iterator<Item = &'w usize>) -> usize {
        let node = &self.nodes[node].node;
        let widest = wires.map(|wire| usize::from(self.source_shape(&self.wires[*wire]).channels)).max();
        port_channels(&node.entry.spec.inputs[usize::from(input)], node.channels).min(widest.unwrap_or(2))
    }
}
