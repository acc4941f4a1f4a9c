//! Which units need not run while their voices sleep.
//!
//! A module that deals out voices (a Note In) says which are held by a note. All that runs as many voices and is fed by it alone
//! is its domain: there a voice that was released and has been silent where it leaves the domain is not computed. A domain sleeps only
//! if silence means that nothing is left to come: delays, reverbs and samples may be silent in the middle.

use crate::adjacency::Adjacency;
use crate::bundle::{Item, Packing};
use crate::live::LiveGraph;
use patchlight_core::{Family, Voices};
use patchlight_engine::NOBODY;

/// How a unit takes part in a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asleep {
    /// The engine's number of the unit that deals out the voices, or [`NOBODY`].
    pub(crate) voices_of: u32,
    /// Something outside of the domain reads it.
    pub(crate) is_exit: bool,
}

/// By rack. `numbers` gives the engine's numbers of the racks.
pub(crate) fn asleep(graph: &LiveGraph, packing: &Packing, numbers: &[u32]) -> Vec<Asleep> {
    let mut found = vec![Asleep { voices_of: NOBODY, is_exit: false }; packing.racks.len()];
    let source_of = sources(graph, packing);
    let domain = |node: usize| source_of[node];
    let mut is_exit = vec![false; graph.nodes.len()];
    let mut sleepless = vec![false; graph.nodes.len()];
    for (node, source) in source_of.iter().enumerate() {
        if let Some(source) = source {
            sleepless[*source] |= remembers(graph, node);
        }
    }
    for wire in &graph.wires {
        let Some(source) = domain(wire.from) else { continue };
        if packing.place[wire.to].is_some() && domain(wire.to) != Some(source) {
            is_exit[wire.from] = true;
            // Pitches and gates that others follow must go on.
            sleepless[source] |= wire.from == source;
        }
    }
    packing.items.iter().filter_map(|item| if let Item::Loop { racks, .. } = item { Some(racks) } else { None }).flatten().for_each(
        |rack| {
            packing.racks[*rack].members.iter().flatten().filter_map(|node| domain(*node)).for_each(|source| sleepless[source] = true);
        },
    );
    for (rack, packed) in packing.racks.iter().enumerate().filter(|(_, packed)| !packed.is_bundle) {
        let Some(node) = packed.members[0] else { continue };
        if let Some(source) = domain(node).filter(|source| !sleepless[*source]) {
            let number = packing.place[source].map_or(NOBODY, |(rack, _)| numbers[rack as usize]);
            found[rack] = Asleep { voices_of: number, is_exit: is_exit[node] };
        }
    }
    found
}

/// Whether a module may have something to say after a silence.
fn remembers(graph: &LiveGraph, node: usize) -> bool {
    matches!(graph.nodes[node].node.entry.spec.family(), Family::Fx | Family::Sample | Family::Play | Family::Seq)
}

/// For each node the one module that deals out its voices, if it is one, and as many as it has.
fn sources(graph: &LiveGraph, packing: &Packing) -> Vec<Option<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum From {
        Nobody,
        One(usize),
        Several,
    }
    let mut from: Vec<From> = vec![From::Nobody; graph.nodes.len()];
    let voices = |node: usize| graph.nodes[node].node.voices;
    for (node, live) in graph.nodes.iter().enumerate() {
        let deals_out = matches!(live.node.entry.spec.voices, Voices::Source);
        if deals_out && packing.place[node].is_some() {
            from[node] = From::One(node);
        }
    }
    let mut reached: Vec<usize> = (0..from.len()).filter(|node| from[*node] != From::Nobody).collect();
    if reached.is_empty() {
        return vec![None; from.len()];
    }
    let leaving = Adjacency::new(graph.nodes.len(), graph.wires.iter().enumerate().map(|(index, wire)| (wire.from, index)));
    while let Some(node) = reached.pop() {
        for wire in leaving.at(node).iter().map(|wire| &graph.wires[*wire]) {
            let is_sum = !matches!(graph.nodes[wire.to].node.entry.spec.voices, Voices::Follow);
            if voices(node) < 2 || is_sum || packing.place[wire.to].is_none() {
                continue;
            }
            let joined = match (from[wire.to], from[node]) {
                (From::Nobody, other) => other,
                (one, other) if one == other => one,
                _ => From::Several,
            };
            if std::mem::replace(&mut from[wire.to], joined) != joined {
                reached.push(wire.to);
            }
        }
    }
    let alone = |(node, from): (usize, &From)| match from {
        From::One(source) if voices(*source) > 1 && voices(node) == voices(*source) => Some(*source),
        _ => None,
    };
    from.iter().enumerate().map(alone).collect()
}
