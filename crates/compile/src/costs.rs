//! What modules cost, as measured while they run: by this they are shared out to threads.

use crate::bundle::{PackedRack, Packing};
use crate::live::LiveGraph;
use patchlight_engine::{BLOCK, GROUP, LEAST_SHARED_OUT, Telemetry, port_channels};
use std::collections::HashMap;

/// The share of the time that eight lanes of a usual module take: some 16 ns a frame.
const USUAL: f32 = 8e-4;

/// What was measured is believed after so many frames: units are timed in one block of sixteen.
const LISTEN_FRAMES: u64 = 20 * 16 * BLOCK as u64;

/// Where it did not pay to share out, it is tried again once this many times as much of the time is taken: notes may have come.
const FAR_MORE: f32 = 2.0;

/// The share of the time that each module was last seen to take.
#[derive(Default)]
pub(crate) struct Costs {
    by_slot: HashMap<u32, f32>,
    /// The program in place was made without having seen all of it.
    is_guess: bool,
    /// When it was first looked at.
    since_frame: Option<u64>,
    /// It did not pay to share out.
    refused: Option<Refusal>,
    /// Modules still share units with those of their thread alone.
    is_scattered: bool,
}

/// What there was when it did not pay to share out.
struct Refusal {
    modules: usize,
    /// Of the time, taken by all of them together.
    share: f32,
    /// Since which frame far more has been going on.
    busy_since: Option<u64>,
    next_look: u64,
}

impl Refusal {
    /// Whether far more has been going on for a while. It is not looked at in each frame of the window: there may be many modules.
    fn is_over(&mut self, frame: u64, taken: impl FnOnce() -> f32) -> bool {
        if frame < self.next_look {
            return false;
        }
        self.next_look = frame + LISTEN_FRAMES;
        self.busy_since = (taken() > FAR_MORE * self.share).then(|| self.busy_since.unwrap_or(frame));
        self.busy_since.is_some_and(|since| frame >= since + 4 * LISTEN_FRAMES)
    }
}

impl Costs {
    /// Whether to share modules out: not where it was tried with about as many, and did not pay.
    pub(crate) fn shares_out(&self, graph: &LiveGraph) -> bool {
        self.refused.as_ref().is_none_or(|refused| graph.nodes.len().abs_diff(refused.modules) * 5 > refused.modules)
    }

    /// Whether to share units anew, once: modules that were dealt out to threads are on one again.
    pub(crate) fn gathers(&mut self) -> bool {
        std::mem::take(&mut self.is_scattered)
    }

    /// Looks at what was measured since the program was made. `true` where another would be better: once all is known that was guessed, and where
    /// it does not pay to share out what is shared out, or did not pay and far more is going on now.
    pub(crate) fn learn(&mut self, graph: &LiveGraph, packing: &Packing, telemetry: &Telemetry) -> bool {
        let running = || graph.nodes.iter().zip(&packing.place).filter(|(_, place)| place.is_some()).map(|(live, _)| live.slot);
        let taken = || running().map(|slot| telemetry.share(slot as usize)).sum::<f32>();
        // A plan by guesses may fail where one by measures holds.
        if !self.is_guess && self.shares_out(graph) && telemetry.sharing_is_refused() {
            self.refused =
                Some(Refusal { modules: graph.nodes.len(), share: taken().max(LEAST_SHARED_OUT), busy_since: None, next_look: 0 });
            self.is_scattered = true;
            return true;
        }
        let is_refused = !self.shares_out(graph);
        if let Some(refused) = self.refused.as_mut().filter(|_| is_refused) {
            let is_over = refused.is_over(telemetry.frame(), taken);
            if is_over {
                // What was measured before was less.
                *self = Self::default();
            }
            return is_over;
        }
        if !self.is_guess {
            return false;
        }
        let since = *self.since_frame.get_or_insert(telemetry.frame());
        if telemetry.frame() < since + LISTEN_FRAMES {
            return false;
        }
        for slot in running() {
            let share = telemetry.share(slot as usize);
            if share > 0.0 {
                self.by_slot.insert(slot, share);
            }
        }
        self.is_guess = !running().all(|slot| self.by_slot.contains_key(&slot));
        !self.is_guess
    }

    /// The costs of all racks.
    pub(crate) fn of_racks(&mut self, graph: &LiveGraph, packing: &Packing) -> Vec<f32> {
        self.since_frame = None;
        let nodes = || packing.racks.iter().flat_map(|rack| rack.members.iter().flatten());
        self.is_guess = nodes().any(|node| !self.by_slot.contains_key(&graph.nodes[*node].slot));
        packing.racks.iter().map(|rack| self.of_rack(graph, rack)).collect()
    }

    /// As measured, or else as is usual.
    fn of_rack(&self, graph: &LiveGraph, rack: &PackedRack) -> f32 {
        let measured: f32 = rack.members.iter().flatten().filter_map(|node| self.by_slot.get(&graph.nodes[*node].slot)).sum();
        let Some(first) = rack.members.iter().flatten().next().filter(|_| measured == 0.0) else { return measured };
        let node = &graph.nodes[*first].node;
        let lanes = if rack.is_bundle { rack.members.len() } else { node.voices };
        let ports = node.entry.spec.inputs.iter().chain(node.entry.spec.outputs);
        let channels = ports.map(|port| port_channels(port, node.channels)).max().unwrap_or(1);
        (lanes.div_ceil(GROUP) * channels) as f32 * USUAL
    }
}

#[cfg(test)]
mod tests {
    use super::{LISTEN_FRAMES, Refusal};

    /// The look, in steps of [`LISTEN_FRAMES`], at which it is over.
    fn over_at(taken: impl Fn(u64) -> f32) -> Option<u64> {
        let mut refused = Refusal { modules: 1, share: 0.1, busy_since: None, next_look: 0 };
        (0..100 * LISTEN_FRAMES)
            .step_by(512)
            .find(|frame| refused.is_over(*frame, || taken(frame / LISTEN_FRAMES)))
            .map(|n| n / LISTEN_FRAMES)
    }

    #[test]
    fn a_refusal_is_over_when_far_more_goes_on_for_a_while() {
        assert_eq!(over_at(|_| 0.19), None, "not far more");
        assert_eq!(over_at(|look| if look % 4 == 0 { 3.0 } else { 0.1 }), None, "interruptions of a busy machine");
        assert_eq!(over_at(|look| if look < 10 { 0.1 } else { 0.3 }), Some(14));
    }
}
