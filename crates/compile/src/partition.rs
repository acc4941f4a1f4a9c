//! Pass 7, where there is more than one thread: which items may run at the same time.
//!
//! Items are taken in their order. Cheap ones that feed several others (clocks, keyboards, shared LFOs) run first, by themselves. Then groups
//! grow: an item joins what feeds it, as long as the group does not become more than a share of the work; where ways part or meet and that
//! would be so, it runs later with all behind it. Groups are dealt out to sections, the most costly first, to the section
//! with least to do (R. L. Graham, *Bounds on Multiprocessing Timing Anomalies*, 1969). What runs later is divided in the same way again.
//!
//! What all share (the device's sound, the tempo) is written by sections that run by themselves, in the order of the patch.

use crate::bundle::{Item, Packing};
use crate::live::LiveGraph;
use std::collections::HashSet;

/// Items of each section of each stage.
pub(crate) type Stages = Vec<Vec<Vec<usize>>>;

/// A plan must promise to take no more than this share of the time of one thread. The engine then tries whether it holds.
const WORTH: f32 = 0.88;
/// Sections for each thread, so that who is done early finds more.
const SECTIONS_PER_THREAD: usize = 2;
/// What runs first, for one that feeds several, costs at most this share of all; each is tried, and what promises most is taken.
const FIRST_SHARES: [f32; 3] = [0.02, 0.1, 0.3];
/// All that runs first costs at most so much more.
const FIRST_TOGETHER: f32 = 2.0;
/// A group grows to at most so many of one thread's shares of the work; each is tried too.
const MOST_SHARES: [f32; 3] = [1.0, 0.5, 0.25];
/// How often what is left is divided again.
const MOST_ROUNDS: usize = 6;

/// All in one section.
pub(crate) fn in_a_row(packing: &Packing) -> Stages {
    vec![vec![(0..packing.items.len()).collect()]]
}

/// Shares items out to so many threads, or to one where that promises more. `rack_costs` is what each rack takes, in any unit.
pub(crate) fn partition(graph: &LiveGraph, packing: &Packing, rack_costs: &[f32], threads: usize) -> Stages {
    let work = Work::new(graph, packing, rack_costs);
    let limits = FIRST_SHARES.into_iter().flat_map(|first| MOST_SHARES.map(|most| Limits { first, most, threads }));
    let best = limits.map(|limits| work.clone().plan(limits)).min_by(|a, b| a.0.total_cmp(&b.0));
    match best {
        Some((promised, stages)) if promised < WORTH * work.costs.iter().sum::<f32>() => stages,
        _ => in_a_row(packing),
    }
}

/// What is known of the items.
#[derive(Clone)]
struct Work {
    costs: Vec<f32>,
    /// Items that each waits for, and how many each feeds.
    feeders: Vec<Vec<usize>>,
    fed: Vec<usize>,
    /// Writes what all share.
    leads: Vec<bool>,
    /// Has no outputs: comes last.
    ends: Vec<bool>,
    is_done: Vec<bool>,
}

/// How a plan is tried.
#[derive(Clone, Copy)]
struct Limits {
    /// Of [`FIRST_SHARES`] and [`MOST_SHARES`].
    first: f32,
    most: f32,
    threads: usize,
}

/// What is run by itself first, what is shared out, and what is left.
struct Round {
    first: Vec<usize>,
    sections: Vec<Vec<usize>>,
    later: Vec<usize>,
    /// What one thread takes of what is shared out, if it is dealt out evenly.
    even_share: f32,
}

/// Where an item stands in a round.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Before,
    Group(usize),
    Later,
}

impl Work {
    fn new(graph: &LiveGraph, packing: &Packing, rack_costs: &[f32]) -> Self {
        let count = packing.items.len();
        let mut item_of = vec![0; packing.racks.len()];
        let mut work = Self {
            costs: vec![0.0; count],
            feeders: vec![Vec::new(); count],
            fed: vec![0; count],
            leads: vec![false; count],
            ends: vec![false; count],
            is_done: vec![false; count],
        };
        for (number, item) in packing.items.iter().enumerate() {
            let racks = match item {
                Item::Rack(rack) => std::slice::from_ref(rack),
                Item::Loop { racks, .. } => racks.as_slice(),
            };
            for &rack in racks {
                item_of[rack] = number;
                work.costs[number] += rack_costs[rack];
                for node in packing.racks[rack].members.iter().flatten() {
                    let spec = graph.nodes[*node].node.entry.spec;
                    work.leads[number] |= spec.leads_all;
                    work.ends[number] |= spec.outputs.is_empty();
                }
            }
        }
        let item = |node: usize| packing.place[node].map(|(rack, _)| item_of[rack as usize]);
        for wire in &graph.wires {
            if let (Some(from), Some(to)) = (item(wire.from), item(wire.to))
                && from != to
            {
                work.feeders[to].push(from);
            }
        }
        for feeders in &mut work.feeders {
            feeders.sort_unstable();
            feeders.dedup();
            feeders.iter().for_each(|from| work.fed[*from] += 1);
        }
        work
    }

    fn cost(&self, items: &[usize]) -> f32 {
        items.iter().map(|item| self.costs[*item]).sum()
    }

    /// Divides all, round by round, and says how long that promises to take.
    fn plan(mut self, limits: Limits) -> (f32, Stages) {
        let mut stages = Stages::new();
        let mut promised = 0.0;
        let mut left: Vec<usize> = (0..self.costs.len()).collect();
        for _ in 0..MOST_ROUNDS {
            let Some(round) = self.round(&left, limits) else { break };
            let longest = round.sections.iter().map(|section| self.cost(section)).fold(0.0, f32::max);
            promised += self.cost(&round.first) + longest.max(round.even_share);
            stages.extend([vec![round.first], round.sections].into_iter().filter(|stage| stage.iter().any(|section| !section.is_empty())));
            left = round.later;
        }
        promised += self.cost(&left);
        if !left.is_empty() {
            stages.push(vec![left]);
        }
        (promised, stages)
    }

    /// Divides what is left; `None` when there is nothing to divide.
    fn round(&mut self, left: &[usize], limits: Limits) -> Option<Round> {
        let all = self.cost(left);
        let mut place = vec![Place::Later; self.costs.len()];
        let mut first = Vec::new();
        let mut first_cost = 0.0;
        for &item in left.iter().filter(|item| !self.ends[**item] && (self.leads[**item] || self.fed[**item] > 1)) {
            let with = self.with_feeders(item, &place);
            let cost = self.cost(&with);
            let is_cheap = cost <= limits.first * all && first_cost + cost <= FIRST_TOGETHER * limits.first * all;
            if self.leads[item] && with.len() == 1 || is_cheap {
                with.iter().for_each(|item| place[*item] = Place::Before);
                first_cost += cost;
                first.extend(with);
            }
        }
        first.sort_unstable();
        let mut groups = self.grow(left, &mut place, limits.most * (all - first_cost) / limits.threads as f32);
        let later: Vec<usize> = left.iter().copied().filter(|item| place[*item] == Place::Later).collect();
        if groups.len() < 2 {
            // One part that leads to several is one of those that run first.
            if groups.is_empty() || later.iter().all(|item| self.ends[*item]) {
                return None;
            }
            first.extend(groups.drain(..).flat_map(|(_, items)| items));
            first.sort_unstable();
        }
        let shared = groups.iter().map(|group| group.0).sum::<f32>();
        let mut sections = deal(groups, limits.threads * SECTIONS_PER_THREAD);
        sections.iter_mut().for_each(|section| section.sort_unstable());
        left.iter().filter(|item| place[**item] != Place::Later).for_each(|item| self.is_done[*item] = true);
        Some(Round { first, sections, later, even_share: shared / limits.threads as f32 })
    }

    /// An item, and all that must run before it and is not yet to run first.
    fn with_feeders(&self, item: usize, place: &[Place]) -> Vec<usize> {
        let is_left = |item: usize| !self.is_done[item] && place[item] != Place::Before;
        if !is_left(item) {
            return Vec::new();
        }
        let mut found = vec![item];
        let mut seen = HashSet::from([item]);
        let mut next = 0;
        while let Some(item) = found.get(next).copied() {
            next += 1;
            found.extend(self.feeders[item].iter().copied().filter(|from| is_left(*from) && seen.insert(*from)));
        }
        found
    }

    /// Groups with their costs. Items at which one would grow beyond `most` are left for later, and all behind them.
    fn grow(&self, left: &[usize], place: &mut [Place], most: f32) -> Vec<(f32, Vec<usize>)> {
        let mut groups: Vec<(f32, Vec<usize>)> = Vec::new();
        // A group that was taken into another, and which.
        let mut into: Vec<usize> = Vec::new();
        for &item in left {
            if place[item] == Place::Before || self.leads[item] || self.ends[item] {
                continue;
            }
            let mut joined: Vec<usize> = Vec::new();
            let mut waits = false;
            for from in self.feeders[item].iter().filter(|from| !self.is_done[**from]) {
                match place[*from] {
                    Place::Before => {}
                    Place::Later => waits = true,
                    Place::Group(group) => joined.push(root(&into, group)),
                }
            }
            joined.sort_unstable();
            joined.dedup();
            let cost = self.costs[item] + joined.iter().map(|group| groups[*group].0).sum::<f32>();
            // Where ways part or meet, a group ends once it is large enough; along one way there is nothing to share out.
            let is_parting = self.feeders[item].iter().any(|from| matches!(place[*from], Place::Group(_)) && self.fed[*from] > 1);
            if waits || (joined.len() > 1 || is_parting) && cost > most {
                continue;
            }
            let target = joined.first().copied().unwrap_or_else(|| {
                groups.push((0.0, Vec::new()));
                into.push(groups.len() - 1);
                groups.len() - 1
            });
            for other in joined.into_iter().skip(1) {
                let (_, items) = std::mem::take(&mut groups[other]);
                groups[target].1.extend(items);
                into[other] = target;
            }
            groups[target].0 = cost;
            groups[target].1.push(item);
            place[item] = Place::Group(target);
        }
        groups.retain(|(_, items)| !items.is_empty());
        groups
    }
}

fn root(into: &[usize], mut group: usize) -> usize {
    while into[group] != group {
        group = into[group];
    }
    group
}

/// The most costly first, each to the section with least to do.
fn deal(mut groups: Vec<(f32, Vec<usize>)>, sections: usize) -> Vec<Vec<usize>> {
    groups.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut dealt: Vec<(f32, Vec<usize>)> = vec![(0.0, Vec::new()); sections.min(groups.len())];
    for (cost, items) in groups {
        let least = dealt.iter_mut().min_by(|a, b| a.0.total_cmp(&b.0));
        let Some(section) = least else { continue };
        section.0 += cost;
        section.1.extend(items);
    }
    dealt.into_iter().map(|(_, items)| items).collect()
}

#[cfg(test)]
mod tests {
    use super::{Limits, Work, deal};

    fn limits(first: f32) -> Limits {
        Limits { first, most: 1.0, threads: 2 }
    }

    /// Items with costs, what feeds them, and which have no outputs.
    fn work(costs: &[f32], feeders: &[&[usize]], ends: &[usize]) -> Work {
        let count = costs.len();
        let mut fed = vec![0; count];
        feeders.iter().flat_map(|from| *from).for_each(|from| fed[*from] += 1);
        Work {
            costs: costs.to_vec(),
            feeders: feeders.iter().map(|from| from.to_vec()).collect(),
            fed,
            leads: vec![false; count],
            ends: (0..count).map(|item| ends.contains(&item)).collect(),
            is_done: vec![false; count],
        }
    }

    #[test]
    fn two_voices_from_one_keyboard_are_shared_out_and_meet_later() {
        // Keyboard; two oscillators with an envelope each, joined in an amplifier; a mixer and the output.
        let feeders: [&[usize]; 9] = [&[], &[0], &[0], &[1, 2], &[0], &[0], &[4, 5], &[3, 6], &[7]];
        let mut work = work(&[0.1, 4.0, 1.0, 1.0, 4.0, 1.0, 1.0, 0.5, 0.2], &feeders, &[8]);
        let left: Vec<usize> = (0..9).collect();
        let round = work.round(&left, limits(0.02)).expect("it can be shared out");
        assert_eq!((round.first, round.sections, round.later), (vec![0], vec![vec![1, 2, 3], vec![4, 5, 6]], vec![7, 8]));
        assert!(work.round(&[7, 8], limits(0.3)).is_none(), "the rest is one chain");
    }

    #[test]
    fn a_chain_is_not_shared_out() {
        let mut work = work(&[1.0; 4], &[&[], &[0], &[1], &[2]], &[3]);
        assert!(work.round(&[0, 1, 2, 3], limits(0.3)).is_none());
    }

    #[test]
    fn the_most_costly_are_dealt_first() {
        let groups = vec![(1.0, vec![0]), (1.0, vec![1]), (5.0, vec![2]), (1.5, vec![3]), (1.5, vec![4])];
        assert_eq!(deal(groups, 2), vec![vec![2], vec![3, 4, 0, 1]]);
    }

    #[test]
    fn two_reverbs_behind_one_filter_are_shared_out() {
        // Four sources meet in a filter, which feeds two reverbs.
        let feeders: [&[usize]; 8] = [&[], &[], &[], &[], &[0, 1, 2, 3], &[4], &[4], &[5, 6]];
        let (promised, stages) = work(&[1.0, 1.0, 1.0, 1.0, 0.5, 5.0, 5.0, 0.1], &feeders, &[7]).plan(limits(0.02));
        assert!(promised < 10.0 && stages.contains(&vec![vec![5], vec![6]]), "{promised}: {stages:?}");
    }
}
