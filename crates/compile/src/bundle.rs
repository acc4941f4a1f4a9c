//! Pass 5: the order in which modules run, and which of them share a unit.
//!
//! Single voices of modules of one kind can be the lanes of one unit, if their choices are the same, the same of their ports are
//! wired, and none waits for another. Modules become ready when all that feeds them has been placed; of the kinds that have ready
//! modules, one is taken for which none is still to come, or else that of which most are ready. So packing and ordering are one
//! walk, and what it gives cannot go round in circles. (List scheduling: R. L. Graham, *Bounds on Multiprocessing Timing Anomalies*, 1969.)
//!
//! **What runs stays where it is:** a unit that is there keeps its modules as long as that order exists, so that an edit moves few.

use crate::adjacency::Adjacency;
use crate::live::LiveGraph;
use crate::loops::Loop;
use crate::resolve::Target;
use patchlight_core::{MAX_VOICES, ParamKind};
use patchlight_engine::GROUP;
use std::collections::{BTreeMap, HashMap};

/// A unit, and the nodes that are its lanes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PackedRack {
    /// The engine's number, where the unit is there already.
    pub(crate) number: Option<u32>,
    /// Lanes belong to different modules; else there is one member.
    pub(crate) is_bundle: bool,
    pub(crate) members: Vec<Option<usize>>,
}

/// What runs one after the other: a unit, or a loop of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Rack(usize),
    Loop {
        /// In their order, one module each.
        racks: Vec<usize>,
        /// Indices of the wires that close it.
        closing: Vec<usize>,
        /// Frames that are run at a time.
        frames: u8,
    },
}

/// The outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Packing {
    pub(crate) racks: Vec<PackedRack>,
    pub(crate) items: Vec<Item>,
    /// By node: rack and lane; nothing for those that do not run.
    pub(crate) place: Vec<Option<(u32, u8)>>,
}

/// What modules of one bundle have in common.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    kind: &'static str,
    channels: usize,
    /// A bit for each input and parameter at which a cable ends.
    wired: u128,
    /// Choices, switches, whole numbers, and what the unit was built for.
    fixed: Vec<u32>,
}

/// By key, how many nodes each thread has of it.
type Counts = HashMap<(u32, u8), usize>;

/// No key: the module has a unit to itself.
const ALONE: u32 = u32::MAX;

/// Packs and orders all nodes for which `runs` says so. `lanes_of` gives for each unit that runs the modules in its lanes, `islands` for each node
/// the thread that it is nearest to.
pub(crate) fn pack(graph: &LiveGraph, runs: &[bool], loops: &[Loop], lanes_of: &HashMap<u32, Vec<Option<u32>>>, islands: &[u8]) -> Packing {
    let mut packer = Packer::new(graph, runs, loops, lanes_of, islands);
    packer.run();
    let mut place = vec![None; graph.nodes.len()];
    for (number, rack) in packer.racks.iter().enumerate() {
        for (lane, node) in rack.members.iter().enumerate() {
            if let Some(node) = node {
                place[*node] = Some((number as u32, lane as u8));
            }
        }
    }
    Packing { racks: packer.racks, items: packer.items, place }
}

/// What waits to be placed as a whole.
#[derive(Clone, Debug)]
enum Whole {
    /// A unit that runs, or one for a module by itself.
    Rack(PackedRack),
    Loop(usize),
}

struct Packer<'a> {
    graph: &'a LiveGraph,
    runs: &'a [bool],
    loops: &'a [Loop],
    lanes_of: &'a HashMap<u32, Vec<Option<u32>>>,
    /// The wires by which each node holds others back.
    holding: Adjacency,
    key_of: Vec<u32>,
    subgroup_of: Vec<Subgroup>,
    /// Wires that still hold a node back.
    waits: Vec<u32>,
    wholes: Vec<Whole>,
    /// Nodes that still hold a whole back.
    whole_waits: Vec<u32>,
    is_placed: Vec<bool>,
    /// By node: the whole it belongs to, or [`ALONE`] for one that may join others.
    whole_of: Vec<u32>,
    /// Lanes that newcomers may take, by whole.
    free_lanes: Vec<Vec<usize>>,
    /// By key: nodes that are ready, wholes with room that are ready, and how many nodes are still to come.
    ready_nodes: BTreeMap<u32, Vec<usize>>,
    ready_wholes: BTreeMap<u32, Vec<usize>>,
    to_come: HashMap<u32, usize>,
    /// Wholes that nothing holds back, the newest first: what was just made is read while it is in the cache.
    stack: Vec<usize>,
    racks: Vec<PackedRack>,
    items: Vec<Item>,
}

/// Nodes that do the same for the same of their consumers stand together, in the order of those.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Subgroup {
    consumer_key: u32,
    port: u32,
    /// Among the cables from such nodes to that port.
    rank: u32,
    consumer: u32,
}

impl<'a> Packer<'a> {
    fn new(
        graph: &'a LiveGraph,
        runs: &'a [bool],
        loops: &'a [Loop],
        lanes_of: &'a HashMap<u32, Vec<Option<u32>>>,
        islands: &[u8],
    ) -> Self {
        let count = graph.nodes.len();
        let mut in_loop = vec![false; count];
        loops.iter().flat_map(|found| &found.nodes).for_each(|node| in_loop[*node] = true);
        let key_of = by_thread(keys(graph, runs, &in_loop), islands);
        let mut packer = Self {
            graph,
            runs,
            loops,
            lanes_of,
            holding: Adjacency::new(0, std::iter::empty()),
            subgroup_of: subgroups(graph, &key_of),
            key_of,
            waits: vec![0; count],
            wholes: Vec::new(),
            whole_waits: Vec::new(),
            is_placed: Vec::new(),
            whole_of: vec![ALONE; count],
            free_lanes: Vec::new(),
            ready_nodes: BTreeMap::new(),
            ready_wholes: BTreeMap::new(),
            to_come: HashMap::new(),
            stack: Vec::new(),
            racks: Vec::new(),
            items: Vec::new(),
        };
        packer.gather_wholes(&in_loop);
        packer.count_wires();
        packer
    }

    /// Makes wholes of loops, of the units that run, and of modules that have a unit to themselves.
    fn gather_wholes(&mut self, in_loop: &[bool]) {
        for (number, found) in self.loops.iter().enumerate() {
            let whole = self.add_whole(Whole::Loop(number), Vec::new());
            found.nodes.iter().for_each(|node| self.whole_of[*node] = whole);
        }
        let mut seated: BTreeMap<u32, Vec<(u8, usize)>> = BTreeMap::new();
        for node in (0..self.graph.nodes.len()).filter(|node| self.runs[*node] && !in_loop[*node]) {
            if self.key_of[node] == ALONE {
                let rack = alone(self.graph, node, self.lanes_of);
                self.whole_of[node] = self.add_whole(Whole::Rack(rack), Vec::new());
            } else if let Some(seat) = self.graph.nodes[node].seat {
                seated.entry(seat.rack).or_default().push((seat.lane, node));
            } else {
                *self.to_come.entry(self.key_of[node]).or_default() += 1;
            }
        }
        for (number, members) in seated {
            self.keep(number, &members);
        }
    }

    /// A unit that runs keeps those of its modules that still have most in common.
    fn keep(&mut self, number: u32, seated: &[(u8, usize)]) {
        let count = |key: u32| seated.iter().filter(|(_, node)| self.key_of[*node] == key).count();
        let key = seated.iter().map(|(_, node)| self.key_of[*node]).max_by_key(|key| (count(*key), std::cmp::Reverse(*key)));
        let (Some(key), Some(taken)) = (key, self.lanes_of.get(&number)) else {
            // Its modules are to be packed anew.
            seated.iter().for_each(|(_, node)| *self.to_come.entry(self.key_of[*node]).or_default() += 1);
            return;
        };
        let mut members = vec![None; taken.len()];
        for (lane, node) in seated {
            if self.key_of[*node] == key {
                members[usize::from(*lane)] = Some(*node);
            } else {
                *self.to_come.entry(self.key_of[*node]).or_default() += 1;
            }
        }
        let free = (0..taken.len()).filter(|lane| taken[*lane].is_none()).collect();
        let nodes: Vec<usize> = members.iter().flatten().copied().collect();
        let whole = self.add_whole(Whole::Rack(PackedRack { number: Some(number), is_bundle: true, members }), free);
        nodes.into_iter().for_each(|node| self.whole_of[node] = whole);
    }

    fn add_whole(&mut self, whole: Whole, free_lanes: Vec<usize>) -> u32 {
        self.wholes.push(whole);
        self.whole_waits.push(0);
        self.is_placed.push(false);
        self.free_lanes.push(free_lanes);
        self.wholes.len() as u32 - 1
    }

    /// Counts what holds everything back, and finds what nothing does.
    fn count_wires(&mut self) {
        // Loops are the first wholes; what goes round in one does not hold it back.
        let holds = |packer: &Self, from: usize, to: usize| {
            let whole = packer.whole_of[from];
            let is_inside = (whole as usize) < packer.loops.len() && whole == packer.whole_of[to];
            packer.runs[from] && packer.runs[to] && !is_inside
        };
        let wires = self.graph.wires.iter().enumerate().filter(|(_, wire)| holds(self, wire.from, wire.to));
        let holding = Adjacency::new(self.graph.nodes.len(), wires.clone().map(|(index, wire)| (wire.from, index)));
        let mut waits = vec![0; self.graph.nodes.len()];
        wires.for_each(|(_, wire)| waits[wire.to] += 1);
        (self.holding, self.waits) = (holding, waits);
        for node in (0..self.graph.nodes.len()).filter(|node| self.runs[*node]) {
            let whole = self.whole_of[node];
            if whole != ALONE {
                self.whole_waits[whole as usize] += u32::from(self.waits[node] > 0);
            } else if self.waits[node] == 0 {
                self.ready_nodes.entry(self.key_of[node]).or_default().push(node);
            }
        }
        // The first of the patch is taken first.
        (0..self.wholes.len())
            .rev()
            .filter(|whole| self.whole_waits[*whole] == 0)
            .collect::<Vec<_>>()
            .into_iter()
            .for_each(|whole| self.is_ready(whole));
    }

    fn run(&mut self) {
        loop {
            if let Some(whole) = self.stack.pop() {
                self.place_whole(whole);
            } else if let Some(key) = self.fullest() {
                self.place_key(key);
            } else if !self.untie() {
                return;
            }
        }
    }

    /// A whole with room waits for those that may join it, while any are to come.
    fn is_ready(&mut self, whole: usize) {
        let key = match &self.wholes[whole] {
            Whole::Rack(rack) if !self.free_lanes[whole].is_empty() => rack.members.iter().flatten().next().map(|node| self.key_of[*node]),
            _ => None,
        };
        match key.filter(|key| self.to_come.get(key).is_some_and(|count| *count > 0)) {
            Some(key) => self.ready_wholes.entry(key).or_default().push(whole),
            None => self.stack.push(whole),
        }
    }

    /// The kind of which none is to come that is not ready, or else that of which most are.
    fn fullest(&self) -> Option<u32> {
        let keys = self.ready_nodes.keys().chain(self.ready_wholes.keys());
        keys.copied().max_by_key(|key| {
            let ready = self.ready_nodes.get(key).map_or(0, Vec::len);
            (ready == self.to_come.get(key).copied().unwrap_or(0), ready, std::cmp::Reverse(*key))
        })
    }

    /// Places the ready nodes of a kind: into units that have room, and into new ones.
    fn place_key(&mut self, key: u32) {
        let mut nodes = self.ready_nodes.remove(&key).unwrap_or_default();
        nodes.sort_unstable_by_key(|node| (self.subgroup_of[*node], *node));
        if let Some(count) = self.to_come.get_mut(&key) {
            *count -= nodes.len();
        }
        let mut nodes = nodes.into_iter();
        for whole in self.ready_wholes.remove(&key).unwrap_or_default() {
            let free = std::mem::take(&mut self.free_lanes[whole]);
            if let Whole::Rack(rack) = &mut self.wholes[whole] {
                free.into_iter().zip(nodes.by_ref()).for_each(|(lane, node)| rack.members[lane] = Some(node));
            }
            self.place_whole(whole);
        }
        let lanes = lanes(nodes.as_slice(), &self.subgroup_of);
        for members in lanes.chunks(MAX_VOICES) {
            let mut members = members.to_vec();
            members.resize(members.len().next_multiple_of(GROUP), None);
            self.place_rack(PackedRack { number: None, is_bundle: true, members });
        }
    }

    fn place_whole(&mut self, whole: usize) {
        if std::mem::replace(&mut self.is_placed[whole], true) {
            return;
        }
        match self.wholes[whole].clone() {
            Whole::Rack(rack) => self.place_rack(rack),
            Whole::Loop(number) => {
                let found = &self.loops[number];
                let first = self.racks.len();
                self.racks.extend(found.nodes.iter().map(|node| alone(self.graph, *node, self.lanes_of)));
                self.items.push(Item::Loop {
                    racks: (first..self.racks.len()).collect(),
                    closing: found.closing.clone(),
                    frames: found.frames,
                });
                found.nodes.iter().for_each(|node| self.is_through(*node));
            }
        }
    }

    fn place_rack(&mut self, rack: PackedRack) {
        let nodes: Vec<usize> = rack.members.iter().flatten().copied().collect();
        self.items.push(Item::Rack(self.racks.len()));
        self.racks.push(rack);
        nodes.into_iter().for_each(|node| self.is_through(node));
    }

    /// What a node held back may come nearer.
    fn is_through(&mut self, node: usize) {
        for place in 0..self.holding.at(node).len() {
            let to = self.graph.wires[self.holding.at(node)[place]].to;
            self.waits[to] -= 1;
            if self.waits[to] > 0 {
                continue;
            }
            match self.whole_of[to] {
                ALONE => self.ready_nodes.entry(self.key_of[to]).or_default().push(to),
                whole => {
                    self.whole_waits[whole as usize] -= 1;
                    if self.whole_waits[whole as usize] == 0 {
                        self.is_ready(whole as usize);
                    }
                }
            }
        }
    }

    /// Units that run wait for each other: of the one with most modules ready, those that are not leave. False when all is placed.
    fn untie(&mut self) -> bool {
        let ready_of = |whole: usize| match &self.wholes[whole] {
            Whole::Rack(rack) => rack.members.iter().flatten().filter(|node| self.waits[**node] == 0).count(),
            Whole::Loop(_) => 0,
        };
        let unplaced = (0..self.wholes.len()).filter(|whole| !self.is_placed[*whole]);
        let Some(whole) = unplaced.max_by_key(|whole| (ready_of(*whole), std::cmp::Reverse(*whole))) else { return false };
        let waits = &self.waits;
        if let Whole::Rack(rack) = &mut self.wholes[whole] {
            for member in &mut rack.members {
                if let Some(node) = member.take_if(|node| waits[*node] > 0) {
                    self.whole_of[node] = ALONE;
                    *self.to_come.entry(self.key_of[node]).or_default() += 1;
                }
            }
        }
        self.whole_waits[whole] = 0;
        self.stack.push(whole);
        true
    }
}

/// The unit of a module that shares none: the one it has, if it has that to itself.
fn alone(graph: &LiveGraph, node: usize, lanes_of: &HashMap<u32, Vec<Option<u32>>>) -> PackedRack {
    let live = &graph.nodes[node];
    let is_bundle = live.may_bundle();
    let lanes = |number: u32| lanes_of.get(&number);
    let has_it =
        |seat: &patchlight_engine::Seat| seat.lane == 0 && lanes(seat.rack).is_some_and(|taken| taken.iter().flatten().count() == 1);
    let number = live.seat.filter(has_it).map(|seat| seat.rack);
    let count = number.and_then(lanes).map_or(if is_bundle { GROUP } else { 1 }, Vec::len);
    let mut members = vec![None; count];
    members[0] = Some(node);
    PackedRack { number, is_bundle, members }
}

fn keys(graph: &LiveGraph, runs: &[bool], in_loop: &[bool]) -> Vec<u32> {
    let mut wired = vec![0_u128; graph.nodes.len()];
    for wire in graph.wires.iter().filter(|wire| runs[wire.from] && runs[wire.to]) {
        wired[wire.to] |= match wire.target {
            Target::Input(input) => 1 << input.min(31),
            Target::Param(param) => 1 << (32 + param.min(95)),
        };
    }
    let mut numbers: HashMap<Key, u32> = HashMap::new();
    let number = |(index, live): (usize, &crate::live::LiveNode)| {
        let spec = live.node.entry.spec;
        let is_fixed = |param: &patchlight_core::ParamSpec| param.structural || !matches!(param.kind, ParamKind::Number);
        let moves = |(number, param): (usize, &patchlight_core::ParamSpec)| is_fixed(param) && wired[index] & 1 << (32 + number) != 0;
        if !live.may_bundle() || !runs[index] || in_loop[index] || spec.params.iter().enumerate().any(moves) {
            return ALONE;
        }
        let fixed = spec.params.iter().zip(&live.node.params).filter(|(param, _)| is_fixed(param)).map(|(_, value)| value.to_bits());
        let key = Key { kind: spec.id, channels: live.node.channels, wired: wired[index], fixed: fixed.collect() };
        let next = numbers.len() as u32;
        *numbers.entry(key).or_insert(next)
    };
    graph.nodes.iter().enumerate().map(number).collect()
}

/// Keys of their own for the nodes of each thread, where each has enough of a key to fill a group of lanes.
fn by_thread(mut keys: Vec<u32>, islands: &[u8]) -> Vec<u32> {
    let threads = islands.iter().copied().max().unwrap_or(0);
    if threads == 0 {
        return keys;
    }
    let mut counts = Counts::new();
    keys.iter().zip(islands).for_each(|(key, thread)| *counts.entry((*key, *thread)).or_default() += 1);
    let has_enough = |key: u32| (0..=threads).all(|thread| counts.get(&(key, thread)).is_some_and(|count| *count >= GROUP));
    let first_free = keys.iter().copied().filter(|key| *key != ALONE).max().map_or(0, |key| key + 1);
    for (key, thread) in keys.iter_mut().zip(islands).filter(|(key, thread)| **key != ALONE && **thread > 0 && has_enough(**key)) {
        *key += first_free * u32::from(*thread);
    }
    keys
}

/// Where each node goes first.
fn subgroups(graph: &LiveGraph, key_of: &[u32]) -> Vec<Subgroup> {
    let mut found = vec![Subgroup { consumer_key: ALONE, ..Subgroup::default() }; graph.nodes.len()];
    let mut seen = vec![false; graph.nodes.len()];
    let mut ranks: HashMap<(usize, Target, u32), u32> = HashMap::new();
    for wire in graph.wires.iter().filter(|wire| wire.fading.is_none()) {
        if key_of[wire.from] == ALONE || key_of[wire.to] == ALONE {
            continue;
        }
        let next = ranks.entry((wire.to, wire.target, key_of[wire.from])).or_default();
        let rank = *next;
        *next += 1;
        if !std::mem::replace(&mut seen[wire.from], true) {
            let port = match wire.target {
                Target::Input(input) => u32::from(input),
                Target::Param(param) => 1 << 16 | u32::from(param),
            };
            found[wire.from] = Subgroup { consumer_key: key_of[wire.to], port, rank, consumer: wire.to as u32 };
        }
    }
    found
}

/// Lanes for nodes in the order of their subgroups. Large subgroups begin with a group of lanes, so that they stand to their
/// consumers lane to lane; small ones fill up what is left.
fn lanes(nodes: &[usize], subgroup_of: &[Subgroup]) -> Vec<Option<usize>> {
    let of = |node: &usize| (subgroup_of[*node].consumer_key, subgroup_of[*node].port, subgroup_of[*node].rank);
    let mut lanes: Vec<Option<usize>> = Vec::with_capacity(nodes.len());
    let mut small = Vec::new();
    for subgroup in nodes.chunk_by(|a, b| of(a) == of(b)) {
        if subgroup.len() < GROUP / 2 {
            small.extend_from_slice(subgroup);
        } else {
            lanes.resize(lanes.len().next_multiple_of(GROUP), None);
            lanes.extend(subgroup.iter().copied().map(Some));
        }
    }
    let mut small = small.into_iter();
    lanes.iter_mut().filter(|lane| lane.is_none()).zip(small.by_ref()).for_each(|(lane, node)| *lane = Some(node));
    lanes.extend(small.map(Some));
    lanes
}
