//! Pass 4: loops, the cables that close them, and how many frames they run at a time.
//!
//! Strongly connected components of more than one module are loops. If every way round leads through a module whose outputs lag
//! behind its inputs (a delay), the cables into those modules close the loop: it runs in blocks no longer than the shortest lag, those
//! cables bring their signal a block late, and the modules take the block off their lag, so that the loop is as long as its delays say, to
//! the frame. Otherwise it runs frame by frame, and a depth-first walk from where signal enters finds the cables that lead back: each adds one
//! sample. A cable that the person marked is cut first.

use crate::live::LiveGraph;
use crate::resolve::Target;
use patchlight_engine::BLOCK;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::{HashMap, HashSet};

/// Modules that feed each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Loop {
    /// In the order in which they run.
    pub(crate) nodes: Vec<usize>,
    /// Indices of the wires that close it.
    pub(crate) closing: Vec<usize>,
    /// Frames that are run at a time.
    pub(crate) frames: u8,
    /// The nodes that take the block off their lag.
    pub(crate) leading: Vec<usize>,
}

/// All loops among the nodes for which `runs` says so.
pub(crate) fn loops(graph: &LiveGraph, runs: &[bool], sample_rate_hz: f32) -> Vec<Loop> {
    let mut petgraph: DiGraph<(), ()> = DiGraph::with_capacity(graph.nodes.len(), graph.wires.len());
    graph.nodes.iter().for_each(|_| {
        petgraph.add_node(());
    });
    let mut feeds_itself = HashSet::new();
    let running = || graph.wires.iter().enumerate().filter(|(_, wire)| runs[wire.from] && runs[wire.to]);
    for (_, wire) in running() {
        petgraph.add_edge(NodeIndex::new(wire.from), NodeIndex::new(wire.to), ());
        if wire.from == wire.to {
            feeds_itself.insert(wire.from);
        }
    }
    let leads = |node: usize| runs[node] && graph.nodes[node].lead > 0;
    let mut found: Vec<Vec<usize>> = tarjan_scc(&petgraph)
        .into_iter()
        .filter(|component| component.len() > 1 || feeds_itself.contains(&component[0].index()) || leads(component[0].index()))
        .map(|component| component.into_iter().map(NodeIndex::index).collect())
        .collect();
    if found.is_empty() {
        return Vec::new();
    }
    found.iter_mut().for_each(|nodes| nodes.sort_unstable());
    found.sort_unstable();
    let mut place = vec![usize::MAX; graph.nodes.len()];
    for (number, nodes) in found.iter().enumerate() {
        nodes.iter().for_each(|node| place[*node] = number);
    }
    let mut ways: Vec<Ways> = found.iter().map(|_| Ways::default()).collect();
    for (index, wire) in running() {
        let Some(ways) = ways.get_mut(place[wire.to]) else { continue };
        ways.into.entry(wire.to).or_default().push(index);
        ways.is_marked |= wire.closes_loop && place[wire.from] == place[wire.to];
        if place[wire.from] == place[wire.to] {
            ways.inside.entry(wire.from).or_default().push(index);
        } else {
            ways.entered.insert(wire.to);
        }
    }
    let close_one =
        |(nodes, ways): (&Vec<usize>, &Ways)| in_blocks(graph, nodes, ways, sample_rate_hz).unwrap_or_else(|| close(graph, nodes, ways));
    found.iter().zip(&ways).map(close_one).collect()
}

/// By how many frames a module's outputs lag behind its inputs, as long as no cable moves its parameters.
fn lag_frames(graph: &LiveGraph, node: usize, ways: &Ways, sample_rate_hz: f32) -> usize {
    let live = &graph.nodes[node];
    let is_moved = ways.into.get(&node).into_iter().flatten().any(|wire| matches!(graph.wires[*wire].target, Target::Param(_)));
    match live.node.entry.spec.lag {
        Some(lag) if !is_moved => (lag.0)(&live.node.params, sample_rate_hz),
        _ => 0,
    }
}

/// A loop in which every way round leads through a lag of two frames or more.
fn in_blocks(graph: &LiveGraph, nodes: &[usize], ways: &Ways, sample_rate_hz: f32) -> Option<Loop> {
    let lags: HashMap<usize, usize> =
        nodes.iter().map(|node| (*node, lag_frames(graph, *node, ways, sample_rate_hz))).filter(|(_, frames)| *frames > 1).collect();
    let shortest = lags.values().copied().min().filter(|_| !ways.is_marked)?;
    // Powers of two divide the block.
    let frames = 1 << shortest.min(BLOCK).ilog2();
    let mut walk = Walk { graph, inside: &ways.inside, cut: Some(&lags), state: HashMap::new(), finished: Vec::new(), closing: Vec::new() };
    // What lags comes first: its outputs are there before its inputs.
    let leading: Vec<usize> = nodes.iter().copied().filter(|node| lags.contains_key(node)).collect();
    nodes.iter().filter(|node| !lags.contains_key(node)).for_each(|node| walk.visit(*node));
    leading.iter().for_each(|node| walk.visit(*node));
    if !walk.closing.is_empty() {
        return None;
    }
    walk.finished.reverse();
    let mut closing: Vec<usize> = leading.iter().flat_map(|node| ways.into.get(node)).flatten().copied().collect();
    closing.sort_unstable();
    Some(Loop { nodes: walk.finished, closing, frames, leading })
}

/// The wires of one component.
#[derive(Default)]
struct Ways {
    /// By the node they come from, in the order of the patch.
    inside: HashMap<usize, Vec<usize>>,
    /// By the node they lead to, from outside too.
    into: HashMap<usize, Vec<usize>>,
    /// The person marked a cable that is to close it.
    is_marked: bool,
    /// Nodes that are fed from outside.
    entered: HashSet<usize>,
}

/// Walks a component depth first; cables that lead back to where the walk still is close the loop.
fn close(graph: &LiveGraph, nodes: &[usize], ways: &Ways) -> Loop {
    let entered = |node: &&usize| ways.entered.contains(node);
    let starts = nodes.iter().filter(entered).chain(nodes.iter().filter(|node| !entered(node)));
    let mut walk = Walk { graph, inside: &ways.inside, cut: None, state: HashMap::new(), finished: Vec::new(), closing: Vec::new() };
    starts.for_each(|node| walk.visit(*node));
    walk.finished.reverse();
    walk.closing.sort_unstable();
    Loop { nodes: walk.finished, closing: walk.closing, frames: 1, leading: Vec::new() }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    Open,
    Done,
}

struct Walk<'a> {
    graph: &'a LiveGraph,
    inside: &'a HashMap<usize, Vec<usize>>,
    /// Nodes that are not walked into: their outputs do not wait for their inputs.
    cut: Option<&'a HashMap<usize, usize>>,
    state: HashMap<usize, Visit>,
    finished: Vec<usize>,
    closing: Vec<usize>,
}

impl Walk<'_> {
    /// Without recursion: a loop may be thousands of modules long.
    fn visit(&mut self, start: usize) {
        if self.state.contains_key(&start) {
            return;
        }
        self.state.insert(start, Visit::Open);
        let mut stack = vec![(start, 0)];
        while let Some((node, next)) = stack.pop() {
            let Some(&wire) = self.inside.get(&node).and_then(|wires| wires.get(next)) else {
                self.state.insert(node, Visit::Done);
                self.finished.push(node);
                continue;
            };
            stack.push((node, next + 1));
            let to = self.graph.wires[wire].to;
            if self.cut.is_some_and(|cut| cut.contains_key(&to)) {
                continue;
            }
            if self.graph.wires[wire].closes_loop {
                self.closing.push(wire);
                continue;
            }
            match self.state.get(&to) {
                Some(Visit::Open) => self.closing.push(wire),
                Some(Visit::Done) => {}
                None => {
                    self.state.insert(to, Visit::Open);
                    stack.push((to, 0));
                }
            }
        }
    }
}
