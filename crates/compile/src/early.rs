//! Sums of many sources into one lane: each source is added as soon as it has run.
//!
//! Were all of them to run first, what they made would have left the first cache when it is read: 64 KiB a block of 256 filters. So its place
//! is used again by the next, and what is kept is one group of sums, added up across its lanes when the last source has run. Sources that run
//! in several sections wait for the end; then the sum is made in the same order, so that it is the same to the bit.

use crate::bundle::{Item, Packing};
use crate::live::LiveGraph;
use crate::partition::Stages;
use crate::resolve::Target;
use crate::sleep::Asleep;
use patchlight_core::{LaneLayout, Voices};
use patchlight_engine::{GROUP, NOBODY};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Groups of sources from which on it is worth a step for each rack.
const LEAST_GROUPS: usize = 6;

/// Cables by the rack that they come from, in the order in which racks run, which is that of their numbers.
pub(crate) type Sources = Vec<(usize, Vec<usize>)>;

/// An input whose sources are added one rack after the other.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct EarlySum {
    pub(crate) sources: Sources,
    /// Cables of other kinds, which are added last.
    pub(crate) rest: Vec<usize>,
    pub(crate) channels: usize,
    /// All that takes part runs in one section.
    pub(crate) is_early: bool,
}

/// All of them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct EarlySums {
    sums: Vec<EarlySum>,
    /// By rack and input.
    of: HashMap<(usize, u16), usize>,
    /// By source: sums that it is added to as soon as it has run.
    after: HashMap<usize, Vec<usize>>,
}

impl EarlySums {
    pub(crate) fn len(&self) -> usize {
        self.sums.len()
    }

    /// The sum that an input has.
    pub(crate) fn of(&self, rack: usize, input: u16) -> Option<(usize, &EarlySum)> {
        self.of.get(&(rack, input)).map(|sum| (*sum, &self.sums[*sum]))
    }

    /// The sums that a rack is added to as soon as it has run: their channels, and its cables to each.
    pub(crate) fn after(&self, rack: usize) -> impl Iterator<Item = (usize, usize, &[usize])> {
        let sums = self.after.get(&rack).map_or(&[][..], Vec::as_slice).iter();
        sums.filter_map(move |number| {
            let sum = &self.sums[*number];
            let source = sum.sources.binary_search_by_key(&rack, |(source, _)| *source).ok()?;
            Some((*number, sum.channels, sum.sources[source].1.as_slice()))
        })
    }
}

/// What runs where.
pub(crate) struct Plan<'a> {
    pub(crate) graph: &'a LiveGraph,
    pub(crate) packing: &'a Packing,
    pub(crate) stages: &'a Stages,
    pub(crate) asleep: &'a [Asleep],
    /// The wires that end at each node, by node; sorted by target, then as they are in the patch.
    pub(crate) arriving: &'a [Vec<usize>],
}

impl Plan<'_> {
    pub(crate) fn early_sums(&self) -> EarlySums {
        let mut found = EarlySums::default();
        let in_loops = self.in_loops();
        let mut sections = None;
        for item in &self.packing.items {
            let Item::Rack(rack) = *item else { continue };
            let Some(node) = self.packing.racks[rack].members.first().copied().flatten() else { continue };
            for (input, wires) in self.inputs(rack, node) {
                let Some((sources, rest)) = self.sources(wires, &in_loops) else { continue };
                let spec = self.graph.nodes[node].node.entry.spec;
                let is_wide = |wire: &usize| self.graph.source_shape(&self.graph.wires[*wire]).voices > 1;
                // The rest is added to rows of one voice.
                let fits = spec.layout == LaneLayout::Rows && !(matches!(spec.voices, Voices::Sum) && rest.iter().any(is_wide));
                if !rest.is_empty() && !fits {
                    continue;
                }
                let section_of = sections.get_or_insert_with(|| self.section_of());
                let is_early = sources.iter().all(|(source, _)| section_of[*source] == section_of[rack]);
                let number = found.sums.len();
                if is_early {
                    sources.iter().for_each(|(source, _)| found.after.entry(*source).or_default().push(number));
                }
                found.of.insert((rack, input), number);
                let channels = self.graph.channels_at(node, input, wires.iter());
                found.sums.push(EarlySum { sources, rest, channels, is_early });
            }
        }
        found
    }

    /// The inputs of a rack whose one module has one lane, each with its cables.
    fn inputs(&self, rack: usize, node: usize) -> impl Iterator<Item = (u16, &[usize])> {
        let live = &self.graph.nodes[node].node;
        let is_one = live.voices == 1 || matches!(live.entry.spec.voices, Voices::Sum);
        let is_alone = !self.packing.racks[rack].is_bundle && is_one && self.asleep[rack].voices_of == NOBODY;
        let arriving = if is_alone { self.arriving[node].as_slice() } else { &[] };
        let target = |wire: &usize| self.graph.wires[*wire].target;
        arriving.chunk_by(move |a, b| target(a) == target(b)).filter_map(move |wires| match target(&wires[0]) {
            Target::Input(input) => Some((input, wires)),
            Target::Param(_) => None,
        })
    }

    /// The cables that come from one lane of a group that runs in every block, by their sources, and the rest; if the former are many.
    fn sources(&self, wires: &[usize], in_loops: &HashSet<usize>) -> Option<(Sources, Vec<usize>)> {
        if wires.len() < LEAST_GROUPS {
            return None;
        }
        let mut sources: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut rest = Vec::new();
        for wire in wires {
            let from = &self.graph.wires[*wire];
            let (rack, _) = self.packing.place[from.from]?;
            let rack = rack as usize;
            let spec = self.graph.nodes[from.from].node.entry.spec;
            let is_lane = spec.layout == LaneLayout::Groups && self.graph.source_shape(from).voices == 1;
            if is_lane && self.asleep[rack].voices_of == NOBODY && !in_loops.contains(&rack) {
                sources.entry(rack).or_default().push(*wire);
            } else {
                rest.push(*wire);
            }
        }
        let groups: usize = sources.keys().map(|rack| self.packing.racks[*rack].members.len().div_ceil(GROUP)).sum();
        (sources.len() > 1 && groups >= LEAST_GROUPS).then(|| (sources.into_iter().collect(), rest))
    }

    fn in_loops(&self) -> HashSet<usize> {
        let loops = self.packing.items.iter().filter_map(|item| if let Item::Loop { racks, .. } = item { Some(racks) } else { None });
        loops.flatten().copied().collect()
    }

    /// By rack.
    fn section_of(&self) -> Vec<usize> {
        let mut section_of = vec![usize::MAX; self.packing.racks.len()];
        for (section, items) in self.stages.iter().flatten().enumerate() {
            for item in items {
                if let Item::Rack(rack) = self.packing.items[*item] {
                    section_of[rack] = section;
                }
            }
        }
        section_of
    }
}
