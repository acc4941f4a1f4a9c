//! Pass 4: the order in which modules run; loops, and the cables that close them.
//!
//! Strongly connected components are run in the order of their condensation, so forward cables have no delay at all. Inside a
//! component, a depth-first walk from where signal enters finds the cables that lead back: those close the loop and carry one
//! sample of delay. A cable that the person marked is cut first.

use crate::live::LiveGraph;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

/// What runs one after the other: a module, or a loop of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Node(usize),
    Loop {
        /// In their order.
        nodes: Vec<usize>,
        /// Indices of the wires that close it.
        closing: Vec<usize>,
    },
}

/// Orders all nodes for which `runs` says so.
pub(crate) fn order(graph: &LiveGraph, runs: &[bool]) -> Vec<Item> {
    let mut petgraph: DiGraph<usize, usize> = DiGraph::with_capacity(graph.nodes.len(), graph.wires.len());
    for index in 0..graph.nodes.len() {
        petgraph.add_node(index);
    }
    // Cables that come earlier in the patch are walked first; petgraph walks a node's newest edge first.
    for (index, wire) in graph.wires.iter().enumerate().rev() {
        if runs[wire.from] && runs[wire.to] {
            petgraph.add_edge(NodeIndex::new(wire.from), NodeIndex::new(wire.to), index);
        }
    }
    // Tarjan gives components in reverse topological order.
    let mut components = tarjan_scc(&petgraph);
    components.reverse();
    let mut place = vec![usize::MAX; graph.nodes.len()];
    for (number, component) in components.iter().enumerate() {
        component.iter().for_each(|node| place[node.index()] = number);
    }
    let mut items = Vec::with_capacity(components.len());
    for (number, component) in components.iter().enumerate() {
        let first = component[0].index();
        if !runs[first] {
            continue;
        }
        let inside = |wire: usize| place[graph.wires[wire].from] == number && place[graph.wires[wire].to] == number;
        if component.len() == 1
            && !graph.wires.iter().enumerate().any(|(index, wire)| wire.from == first && wire.to == first && inside(index))
        {
            items.push(Item::Node(first));
            continue;
        }
        let mut nodes: Vec<usize> = component.iter().map(|node| node.index()).collect();
        nodes.sort_unstable();
        items.push(close_loop(graph, &nodes, &place, number));
    }
    items
}

/// Walks a component depth first; cables that lead back to where the walk still is close the loop.
fn close_loop(graph: &LiveGraph, nodes: &[usize], place: &[usize], number: usize) -> Item {
    let is_inside = |node: usize| place[node] == number;
    let mut outgoing: std::collections::HashMap<usize, Vec<usize>> = std::collections::HashMap::new();
    let mut entered = Vec::new();
    for (index, wire) in graph.wires.iter().enumerate() {
        match (is_inside(wire.from), is_inside(wire.to)) {
            (true, true) => outgoing.entry(wire.from).or_default().push(index),
            (false, true) if place[wire.from] != usize::MAX => entered.push(wire.to),
            _ => {}
        }
    }
    let mut starts: Vec<usize> = nodes.iter().copied().filter(|node| entered.contains(node)).collect();
    starts.extend(nodes.iter().copied().filter(|node| !entered.contains(node)));
    let mut walk = Walk { graph, outgoing: &outgoing, state: std::collections::HashMap::new(), finished: Vec::new(), closing: Vec::new() };
    starts.into_iter().for_each(|node| walk.visit(node));
    walk.finished.reverse();
    walk.closing.sort_unstable();
    Item::Loop { nodes: walk.finished, closing: walk.closing }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    Open,
    Done,
}

struct Walk<'a> {
    graph: &'a LiveGraph,
    outgoing: &'a std::collections::HashMap<usize, Vec<usize>>,
    state: std::collections::HashMap<usize, Visit>,
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
            let Some(&wire) = self.outgoing.get(&node).and_then(|wires| wires.get(next)) else {
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
