//! Pass 6: which unit of the engine each packed rack is, what must be built, and which modules change places.

use crate::StreamSpec;
use crate::bundle::{PackedRack, Packing};
use crate::live::{LiveGraph, LiveNode};
use crate::resolve::Node;
use patchlight_engine::{BuildContext, Changes, LaneMove, NOBODY, Rack, Seat};
use std::collections::HashMap;

/// Modules that change places when all are packed anew.
const MOST_MOVED: usize = 512;

/// The units of the engine as the last swap left them.
#[derive(Default)]
pub(crate) struct Racks {
    /// By number: the module in each lane.
    lanes: HashMap<u32, Vec<Option<u32>>>,
    free: Vec<u32>,
    next: u32,
}

impl Racks {
    /// For each unit, the module in each of its lanes.
    pub(crate) fn lanes(&self) -> &HashMap<u32, Vec<Option<u32>>> {
        &self.lanes
    }

    /// The same of those units alone whose modules cannot share any, so that the others are packed anew. Nothing where more would change places than
    /// the audio thread should move in one block.
    pub(crate) fn lanes_of_single_units(&self) -> Option<HashMap<u32, Vec<Option<u32>>>> {
        let is_single = |lanes: &[Option<u32>]| lanes.len() == 1;
        let moved: usize = self.lanes.values().filter(|lanes| !is_single(lanes)).map(|lanes| lanes.iter().flatten().count()).sum();
        let single = self.lanes.iter().filter(|(_, lanes)| is_single(lanes));
        (moved <= MOST_MOVED).then(|| single.map(|(number, lanes)| (*number, lanes.clone())).collect())
    }

    /// Numbers whose units have come home.
    pub(crate) fn give_back(&mut self, numbers: Vec<u32>) {
        self.free.extend(numbers);
    }

    fn take_number(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.next += 1;
            self.next - 1
        })
    }

    /// Brings the engine's units to where the packing wants them. Returns their numbers, in the packing's order.
    pub(crate) fn follow(&mut self, packing: &Packing, graph: &mut LiveGraph, stream: StreamSpec, changes: &mut Changes) -> Vec<u32> {
        let mut after: HashMap<u32, Vec<Option<u32>>> = HashMap::with_capacity(packing.racks.len());
        let mut numbers = Vec::with_capacity(packing.racks.len());
        for rack in &packing.racks {
            let number = rack.number.unwrap_or_else(|| self.take_number());
            numbers.push(number);
            if rack.number.is_none() {
                changes.add.push((number, Box::new(build_rack(rack, graph, stream))));
            }
            let mut lanes = vec![None; rack.members.len()];
            for (lane, node) in rack.members.iter().enumerate() {
                let Some(node) = *node else { continue };
                let live = &mut graph.nodes[node];
                lanes[lane] = Some(live.slot);
                let seat = Seat { rack: number, lane: lane as u8 };
                if live.seat == Some(seat) {
                    continue;
                }
                changes.seats.push((live.slot, seat, live.seat.is_none()));
                match live.seat.replace(seat) {
                    Some(from) => changes.moves.push(LaneMove { from, to: seat }),
                    None if rack.number.is_some() => self.join(&graph.nodes[node], seat, stream, changes),
                    None => {}
                }
            }
            after.insert(number, lanes);
        }
        self.leave(&after, changes);
        self.lanes = after;
        numbers
    }

    /// A new module takes a lane of a unit that runs: it is built by itself and moves in.
    fn join(&mut self, live: &LiveNode, seat: Seat, stream: StreamSpec, changes: &mut Changes) {
        let number = self.take_number();
        changes.add.push((number, Box::new(build_bundle(&[Some(live)], stream))));
        changes.moves.push(LaneMove { from: Seat { rack: number, lane: 0 }, to: seat });
        changes.retire.push(number);
    }

    /// What is no longer anywhere leaves; so do units that nobody is left in.
    fn leave(&self, after: &HashMap<u32, Vec<Option<u32>>>, changes: &mut Changes) {
        let mut numbers: Vec<&u32> = self.lanes.keys().collect();
        numbers.sort_unstable();
        for number in numbers {
            let Some(now) = after.get(number) else {
                changes.retire.push(*number);
                continue;
            };
            let before = self.lanes[number].iter().enumerate();
            let left = before.filter(|(lane, slot)| slot.is_some() && now.get(*lane).copied().flatten().is_none());
            changes.vacate.extend(left.map(|(lane, _)| Seat { rack: *number, lane: lane as u8 }));
        }
    }
}

/// A unit with those of its modules that are new; the others move in.
fn build_rack(rack: &PackedRack, graph: &LiveGraph, stream: StreamSpec) -> Rack {
    if rack.is_bundle {
        let members: Vec<Option<&LiveNode>> = rack.members.iter().map(|node| node.map(|node| &graph.nodes[node])).collect();
        return build_bundle(&members, stream);
    }
    let live = rack.members.iter().flatten().next().map(|node| &graph.nodes[*node]);
    let live = live.expect("a unit that is no bundle has one module");
    let node = &live.node;
    let unit = (node.entry.build)(&BuildContext {
        sample_rate_hz: stream.sample_rate_hz,
        voices: node.voices,
        channels: node.channels,
        params: &node.params,
        data: &node.data,
        seed: seed(node.id.as_str()),
        lane_seeds: &[],
    });
    let mut built = Rack::new(node.entry.spec, unit, live.slot, &node.params);
    built.stand(0, node.bypassed, node.muted);
    built
}

/// Members that have a seat already are left out: they come with all that they remember.
fn build_bundle(members: &[Option<&LiveNode>], stream: StreamSpec) -> Rack {
    let first = members.iter().flatten().next().expect("a bundle has members");
    let spec = first.node.entry.spec;
    let lanes = members.len().next_multiple_of(patchlight_engine::GROUP);
    let is_new = |live: &&LiveNode| live.seat.is_none();
    let at = |lane: usize| members.get(lane).copied().flatten();
    let seeds: Vec<u64> = (0..lanes).map(|lane| at(lane).map_or(0, |live| seed(live.node.id.as_str()))).collect();
    let unit = (first.node.entry.build)(&BuildContext {
        sample_rate_hz: stream.sample_rate_hz,
        voices: lanes,
        channels: first.node.channels,
        params: &first.node.params,
        data: &[],
        seed: seeds[0],
        lane_seeds: &seeds,
    });
    let slots: Vec<u32> = (0..lanes).map(|lane| at(lane).filter(is_new).map_or(NOBODY, |live| live.slot)).collect();
    let value = |lane: usize, param: usize| at(lane).unwrap_or(first).node.params[param];
    let mut built = Rack::bundle(spec, unit, &slots, &mut { value });
    for lane in 0..lanes {
        let Some(live) = at(lane).filter(is_new) else { continue };
        built.stand(lane, live.node.bypassed, live.node.muted);
        for (index, data) in live.node.data.iter().enumerate() {
            built.set_data(lane, index, data.clone());
        }
    }
    built
}

/// FNV-1a, 64 bit: equal ids make equal noise.
fn seed(id: &str) -> u64 {
    id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Whether the unit that runs can go on as the module that is wanted.
pub(crate) fn can_stay(before: &Node, now: &Node) -> bool {
    let structural_equal =
        before.entry.spec.params.iter().enumerate().all(|(index, param)| !param.structural || before.params[index] == now.params[index]);
    before.entry.spec.id == now.entry.spec.id && before.voices == now.voices && before.channels == now.channels && structural_equal
}
