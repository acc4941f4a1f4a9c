//! The wires at each node, found once and walked often.

/// Wire numbers by node, those of one node in the order of the patch.
pub(crate) struct Adjacency {
    /// Where each node's begin in `wires`; one more than there are nodes.
    first: Vec<usize>,
    wires: Vec<usize>,
}

impl Adjacency {
    /// From pairs of a node and a wire at it, the wires in the order of the patch.
    pub(crate) fn new(nodes: usize, pairs: impl Iterator<Item = (usize, usize)> + Clone) -> Self {
        let mut first = vec![0; nodes + 1];
        pairs.clone().for_each(|(node, _)| first[node + 1] += 1);
        for node in 0..nodes {
            first[node + 1] += first[node];
        }
        let mut next = first.clone();
        let mut wires = vec![0; first[nodes]];
        for (node, wire) in pairs {
            wires[next[node]] = wire;
            next[node] += 1;
        }
        Self { first, wires }
    }

    /// The wires at a node.
    pub(crate) fn at(&self, node: usize) -> &[usize] {
        &self.wires[self.first[node]..self.first[node + 1]]
    }
}

#[cfg(test)]
mod tests {
    use super::Adjacency;

    #[test]
    fn wires_are_found_by_node_in_their_order() {
        let found = Adjacency::new(4, [(2, 0), (0, 1), (2, 2), (3, 3), (2, 4)].into_iter());
        assert_eq!([0, 1, 2, 3].map(|node| found.at(node).to_vec()), [vec![1], vec![], vec![0, 2, 4], vec![3]]);
    }
}
