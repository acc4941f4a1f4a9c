//! Pass 4: loops, and the cables that close them.
//!
//! Strongly connected components of more than one module are loops. Inside one, a depth-first walk from where signal enters
//! finds the cables that lead back: those close the loop. A cable that the person marked is cut first.

use crate::live::LiveGraph;
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
}

/// All loops among the nodes for which `runs` says so.
pub(crate) fn loops(graph: &LiveGraph, runs: &[bool]) -> Vec<Loop> {
    let mut petgraph: DiGraph<(), ()> = DiGraph::with_capacity(graph.nodes.len(), graph.wires.len());
    graph.nodes.iter().for_each(|_| {
        petgraph.add_node(());
    });
    let mut feeds_itself = HashSet::new();
    for wire in graph.wires.iter().filter(|wire| runs[wire.from] && runs[wire.to]) {
        petgraph.add_edge(NodeIndex::new(wire.from), NodeIndex::new(wire.to), ());
        if wire.from == wire.to {
            feeds_itself.insert(wire.from);
        }
    }
    let mut found: Vec<Vec<usize>> = tarjan_scc(&petgraph)
        .into_iter()
        .filter(|component| component.len() > 1 || feeds_itself.contains(&component[0].index()))
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
    for (index, wire) in graph.wires.iter().enumerate().filter(|(_, wire)| runs[wire.from] && runs[wire.to]) {
        let Some(ways) = ways.get_mut(place[wire.to]) else { continue };
        if place[wire.from] == place[wire.to] {
            ways.inside.entry(wire.from).or_default().push(index);
        } else {
            ways.entered.insert(wire.to);
        }
    }
    found.iter().zip(&ways).map(|(nodes, ways)| close(graph, nodes, ways)).collect()
}

/// The wires of one component.
#[derive(Default)]
struct Ways {
    /// By the node they come from, in the order of the patch.
    inside: HashMap<usize, Vec<usize>>,
    /// Nodes that are fed from outside.
    entered: HashSet<usize>,
}

/// Walks a component depth first; cables that lead back to where the walk still is close the loop.
fn close(graph: &LiveGraph, nodes: &[usize], ways: &Ways) -> Loop {
    let entered = |node: &&usize| ways.entered.contains(node);
    let starts = nodes.iter().filter(entered).chain(nodes.iter().filter(|node| !entered(node)));
    let mut walk = Walk { graph, inside: &ways.inside, state: HashMap::new(), finished: Vec::new(), closing: Vec::new() };
    starts.for_each(|node| walk.visit(*node));
    walk.finished.reverse();
    walk.closing.sort_unstable();
    Loop { nodes: walk.finished, closing: walk.closing }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    Open,
    Done,
}

struct Walk<'a> {
    graph: &'a LiveGraph,
    inside: &'a HashMap<usize, Vec<usize>>,
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
