//! Which parts of a patch have nothing to do with each other before they are mixed: where there are several threads, each has its own.
//!
//! Modules of one kind that share a unit run on one thread. So units are shared inside an island only, where that costs no lanes.

use crate::live::LiveGraph;
use patchlight_core::Voices;

/// For each node the thread whose island it is on. Islands are dealt out in the order of the patch, each to the thread with fewest modules so far, so
/// that an edit moves few. With one thread, all are on one.
pub(crate) fn islands(graph: &LiveGraph, runs: &[bool], threads: usize) -> Vec<u8> {
    let count = graph.nodes.len();
    let mut home = vec![0_u8; count];
    if threads < 2 {
        return home;
    }
    let mut into: Vec<usize> = (0..count).collect();
    for wire in graph.wires.iter().filter(|wire| runs[wire.from] && runs[wire.to]) {
        let (from, to) = (graph.nodes[wire.from].node.entry.spec, graph.nodes[wire.to].node.entry.spec);
        // Where all is mixed, and where all take their time from, islands only touch.
        if !matches!(to.voices, Voices::Sum) && !from.leads_all {
            let (a, b) = (root(&mut into, wire.from), root(&mut into, wire.to));
            into[a.max(b)] = a.min(b);
        }
    }
    let mut sizes = vec![0_u32; count];
    for node in (0..count).filter(|node| runs[*node]) {
        sizes[root(&mut into, node)] += 1;
    }
    let mut loads = vec![0_u32; threads.min(usize::from(u8::MAX))];
    // The root of an island is the first of its nodes.
    for node in 0..count {
        let first = root(&mut into, node);
        if first == node {
            let thread = loads.iter().enumerate().min_by_key(|(_, load)| **load).map_or(0, |(thread, _)| thread);
            loads[thread] += sizes[node];
            home[node] = thread as u8;
        } else {
            home[node] = home[first];
        }
    }
    home
}

fn root(into: &mut [usize], mut node: usize) -> usize {
    while into[node] != node {
        into[node] = into[into[node]];
        node = into[node];
    }
    node
}
