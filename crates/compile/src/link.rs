//! Pass 3: which module lives in which slot, and what an edit changes.
//!
//! Modules that stay keep their slot, and with it their state bit for bit. What is cut fades first: a removed cable stays in the
//! program at gain 0 until the ramp is over, and so do the modules behind it; [`Compiler::sweep`] then takes them out.

use crate::StreamSpec;
use crate::align::{align, is_own};
use crate::bundle::{Item, Packing, pack};
use crate::costs::Costs;
use crate::emit::emit;
use crate::explain::{Explain, explain};
use crate::islands::islands;
use crate::live::{Fading, LiveGraph, LiveNode, LiveWire};
use crate::loops::{Loop, loops};
use crate::matcher::Matcher;
use crate::partition::{Stages, in_a_row, partition};
use crate::racks::{Racks, can_stay};
use crate::resolve::{Graph, Node, Target, resolve};
use crate::samples::SampleSource;
use crate::solo::solo;
use crate::widths::{mark_idle, widths};
use patchlight_core::{ModuleId, ModuleSpec, ParamKind};
use patchlight_engine::{BLOCK, CableInit, Changes, Data, EngineConfig, Message, Program, Swap, Telemetry};
use patchlight_patch::{CableId, Diagnostic, DiagnosticKind, Patch, check_patch};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What a change of the patch means for the engine.
pub struct Update {
    /// To be sent in this order.
    pub messages: Vec<Message>,
    pub diagnostics: Vec<Diagnostic>,
}

/// A module of the patch, and where it runs.
#[derive(Clone, Copy, Debug)]
pub struct Running<'a> {
    pub id: &'a ModuleId,
    pub slot: u32,
    pub spec: &'static ModuleSpec,
    pub voices: usize,
    pub channels: usize,
    /// Frames by which its outputs lag behind its inputs.
    pub latency_frames: usize,
    /// What its data fields hold.
    pub data: &'a [Data],
}

/// Remembers what runs in the engine, so that a change sends only what it changes.
pub struct Compiler {
    stream: StreamSpec,
    config: EngineConfig,
    live: LiveGraph,
    packing: Packing,
    racks: Racks,
    free_slots: Vec<u32>,
    next_slot: u32,
    free_cables: Vec<u32>,
    next_cable: u32,
    swaps: u64,
    /// What to hand out again once the swap that frees it has happened.
    returning: Vec<Returning>,
    memory_bytes: usize,
    idle: Vec<(ModuleId, &'static str)>,
    costs: Costs,
    /// The most that run at the same time.
    sections: usize,
}

/// Numbers that a swap frees.
struct Returning {
    swap: u64,
    slots: Vec<u32>,
    cables: Vec<u32>,
    racks: Vec<u32>,
}

/// What this update adds and takes away.
#[derive(Default)]
struct Difference {
    cables: Vec<CableInit>,
    freed_slots: Vec<u32>,
    freed_cables: Vec<u32>,
    /// To be sent before a swap: what is cut begins to fade.
    before: Vec<Message>,
    /// To be sent after it: modules sit where they will be.
    after: Vec<Message>,
    structural: bool,
}

impl Compiler {
    #[must_use]
    pub fn new(stream: StreamSpec, config: EngineConfig) -> Self {
        Self {
            stream,
            config,
            live: LiveGraph::default(),
            packing: Packing::default(),
            racks: Racks::default(),
            free_slots: Vec::new(),
            next_slot: 0,
            free_cables: Vec::new(),
            next_cable: 0,
            swaps: 0,
            returning: Vec::new(),
            memory_bytes: 0,
            idle: Vec::new(),
            costs: Costs::default(),
            sections: 1,
        }
    }

    /// The slot that a module of the patch lives in.
    #[must_use]
    pub fn slot_of(&self, module: &str) -> Option<u32> {
        self.live.nodes.iter().find(|live| live.fading.is_none() && live.node.id.as_str() == module).map(|live| live.slot)
    }

    /// Voices and channels that a module runs with.
    #[must_use]
    pub fn width_of(&self, module: &str) -> Option<(usize, usize)> {
        let found = self.live.nodes.iter().find(|live| live.fading.is_none() && live.node.id.as_str() == module);
        found.map(|live| (live.node.voices, live.node.channels))
    }

    /// Every module of the patch that has a slot.
    pub fn running(&self) -> impl Iterator<Item = Running<'_>> {
        let here = self.live.nodes.iter().filter(|live| live.fading.is_none() && !is_own(&live.node));
        here.map(|live| Running {
            id: &live.node.id,
            slot: live.slot,
            spec: live.node.entry.spec,
            voices: live.node.voices,
            channels: live.node.channels,
            latency_frames: live.node.latency_frames,
            data: &live.node.data,
        })
    }

    /// Cables that close a loop in which nothing delays longer: one sample of delay sits in each.
    pub fn closing_cables(&self) -> impl Iterator<Item = &CableId> {
        self.live.wires.iter().filter(|wire| wire.adds_a_sample && wire.fading.is_none()).map(|wire| &wire.id)
    }

    /// Parameters, gains and structure: brings the engine to where the patch is.
    pub fn update(&mut self, patch: &Patch, samples: &dyn SampleSource) -> Update {
        let mut diagnostics = check_patch(patch, &patchlight_modules::LIBRARY);
        let mut graph = resolve(patch, samples, &mut diagnostics);
        solo(patch, &mut graph);
        widths(&mut graph);
        align(&mut graph, self.stream.sample_rate_hz);
        mark_idle(&mut graph);
        self.idle = graph.nodes.iter().filter_map(|node| node.idle.map(|why| (node.id.clone(), why))).collect();
        if !graph.nodes.iter().any(|node| node.entry.spec.id == "io.audio_out") {
            let diagnostic = Diagnostic::warning(DiagnosticKind::NoOutput, "nothing is heard: the patch has no output");
            diagnostics.push(diagnostic.help("Add an Audio Out (io.audio_out) and wire the sound to it."));
        }
        if graph.nodes.len() > self.config.max_slots / 2 || graph.wires.len() > self.config.max_cables / 2 {
            let most = self.config.max_slots / 2;
            let diagnostic = Diagnostic::error(DiagnosticKind::TooManyVoices, format!("more than {most} modules, or too many cables"));
            diagnostics.push(diagnostic.help("The sound stays as it was; split the patch in two."));
            return Update { messages: Vec::new(), diagnostics };
        }
        let mut difference = Difference::default();
        let first = self.swaps == 0;
        let fading = Fading { swap: self.swaps + 1, seen_frame: None };
        let previous = std::mem::take(&mut self.live);
        self.live = self.link(graph, previous, fading, first, &mut difference);
        let mut messages = std::mem::take(&mut difference.before);
        let after = std::mem::take(&mut difference.after);
        if difference.structural || first {
            messages.push(self.swap(difference));
        }
        messages.extend(after);
        Update { messages, diagnostics }
    }

    /// Takes out what has faded. Call it now and then with the engine's telemetry.
    pub fn sweep(&mut self, telemetry: &Telemetry) -> Option<Message> {
        let (swaps, frame) = (telemetry.swaps(), telemetry.frame());
        let patience = u64::from(self.config.ramp_frames()) + 2 * BLOCK as u64;
        let over = |fading: &mut Option<Fading>| {
            let Some(fading) = fading else { return false };
            if fading.seen_frame.is_none() && swaps >= fading.swap {
                fading.seen_frame = Some(frame);
            }
            fading.seen_frame.is_some_and(|seen| frame >= seen + patience)
        };
        let gone_wires: Vec<bool> = self.live.wires.iter_mut().map(|wire| over(&mut wire.fading)).collect();
        let gone_nodes: Vec<bool> = self.live.nodes.iter_mut().map(|node| over(&mut node.fading)).collect();
        while let Some(place) = self.returning.iter().position(|returning| returning.swap <= swaps) {
            let returning = self.returning.swap_remove(place);
            self.free_slots.extend(returning.slots);
            self.free_cables.extend(returning.cables);
            self.racks.give_back(returning.racks);
        }
        let knows_better = self.costs.learn(&self.live, &self.packing, telemetry);
        if !gone_wires.contains(&true) && !gone_nodes.contains(&true) && !knows_better {
            return None;
        }
        let mut difference = Difference { structural: true, ..Difference::default() };
        let mut new_index = vec![usize::MAX; self.live.nodes.len()];
        let mut kept = LiveGraph::default();
        for (index, node) in std::mem::take(&mut self.live.nodes).into_iter().enumerate() {
            if gone_nodes[index] {
                difference.freed_slots.push(node.slot);
            } else {
                new_index[index] = kept.nodes.len();
                kept.nodes.push(node);
            }
        }
        for (index, mut wire) in std::mem::take(&mut self.live.wires).into_iter().enumerate() {
            let ends = (new_index[wire.from], new_index[wire.to]);
            if gone_wires[index] || ends.0 == usize::MAX || ends.1 == usize::MAX {
                difference.freed_cables.push(wire.cable);
            } else {
                (wire.from, wire.to) = ends;
                kept.wires.push(wire);
            }
        }
        self.live = kept;
        Some(self.swap(difference))
    }

    /// What the compiler made of the patch.
    #[must_use]
    pub fn explain(&self) -> Explain {
        let Self { memory_bytes, sections, .. } = *self;
        Explain { memory_bytes, sections, ..explain(&self.live, &self.packing, &self.idle) }
    }

    /// Matches the new graph with what runs.
    fn link(&mut self, graph: Graph<'_>, previous: LiveGraph, fading: Fading, first: bool, difference: &mut Difference) -> LiveGraph {
        let mut live = LiveGraph::default();
        // Where each module of before is now: the same instance, or one that fades.
        let mut moved = vec![usize::MAX; previous.nodes.len()];
        let is_new = self.link_nodes(graph.nodes, previous.nodes, &mut moved, &mut live, (fading, difference));
        let mut wires = previous.wires;
        wires.iter_mut().for_each(|wire| (wire.from, wire.to) = (moved[wire.from], moved[wire.to]));
        let stays =
            |wire: &LiveWire| wire.fading.is_none() && live.nodes[wire.from].fading.is_none() && live.nodes[wire.to].fading.is_none();
        let (staying, rest): (Vec<LiveWire>, Vec<LiveWire>) = wires.into_iter().partition(stays);
        let mut before = Matcher::new(staying, |wire: &LiveWire| wire.id.clone());
        let mut led_elsewhere = Vec::new();
        for wire in graph.wires {
            let found = before.take(|live| live.id == *wire.id, &wire.id);
            let is_same =
                |live: &LiveWire| (live.from, live.output, live.to, live.target) == (wire.from, wire.output, wire.to, wire.target);
            let (found, other) = if found.as_ref().is_some_and(is_same) { (found, None) } else { (None, found) };
            // One that waits for another path now, or no longer, is another cable for the engine.
            led_elsewhere.extend(other);
            if let Some(mut before) = found {
                if before.gain != wire.gain {
                    difference.after.push(Message::Cable { cable: before.cable, gain: wire.gain });
                    // The program may have left a plain cable out of account.
                    difference.structural |= std::mem::take(&mut before.is_plain);
                }
                difference.structural |= before.closes_loop != wire.closes_loop;
                before.gain = wire.gain;
                before.closes_loop = wire.closes_loop;
                live.wires.push(before);
                continue;
            }
            let cable = self.take_cable();
            let fade_in = !first && (!is_new[wire.to] || is_silent_end(&live.nodes[wire.to].node));
            difference.cables.push(CableInit { cable, gain: wire.gain, fade_in });
            difference.structural = true;
            let (id, from, output, to, target) = (wire.id.into_owned(), wire.from, wire.output, wire.to, wire.target);
            let (gain, closes_loop) = (wire.gain, wire.closes_loop);
            let is_plain = gain == 1.0 && !fade_in;
            live.wires.push(LiveWire {
                id,
                from,
                output,
                to,
                target,
                cable,
                gain,
                closes_loop,
                adds_a_sample: false,
                is_carried: false,
                is_plain,
                fading: None,
            });
        }
        fade_out(before.rest().chain(led_elsewhere).chain(rest).collect(), &mut live, fading, difference);
        live
    }

    /// Modules that stay keep their slot; what is gone fades. Returns for each module of the patch whether it is new.
    fn link_nodes(
        &mut self,
        nodes: Vec<Node>,
        previous: Vec<LiveNode>,
        moved: &mut [usize],
        live: &mut LiveGraph,
        (fading, difference): (Fading, &mut Difference),
    ) -> Vec<bool> {
        let (here, gone): (Vec<_>, Vec<_>) = previous.into_iter().enumerate().partition(|(_, live)| live.fading.is_none());
        let mut before = Matcher::new(here, |(_, live): &(usize, LiveNode)| live.node.id.clone());
        let mut replaced = Vec::new();
        let mut is_new = Vec::with_capacity(nodes.len());
        live.nodes.reserve(nodes.len());
        for node in nodes {
            let found = before.take(|(_, live)| live.node.id == node.id, &node.id);
            match found {
                Some((index, found)) if can_stay(&found.node, &node) => {
                    moved[index] = live.nodes.len();
                    adjust(&found, &node, difference);
                    live.nodes.push(LiveNode { node, ..found });
                    is_new.push(false);
                }
                other => {
                    replaced.extend(other);
                    difference.structural = true;
                    live.nodes.push(LiveNode { slot: self.take_slot(), seat: None, lead: 0, node, fading: None });
                    is_new.push(true);
                }
            }
        }
        let mut gone: Vec<(usize, LiveNode)> = before.rest().chain(replaced).chain(gone).collect();
        gone.sort_by_key(|(index, _)| *index);
        for (index, gone) in gone {
            difference.structural |= gone.fading.is_none();
            moved[index] = live.nodes.len();
            live.nodes.push(LiveNode { fading: gone.fading.or(Some(fading)), ..gone });
        }
        is_new
    }

    fn take_slot(&mut self) -> u32 {
        self.free_slots.pop().unwrap_or_else(|| {
            self.next_slot += 1;
            self.next_slot - 1
        })
    }

    fn take_cable(&mut self) -> u32 {
        self.free_cables.pop().unwrap_or_else(|| {
            self.next_cable += 1;
            self.next_cable - 1
        })
    }

    fn runs(&self) -> Vec<bool> {
        let idle = |live: &LiveNode| !self.stream.run_all && live.node.idle.is_some();
        self.live.nodes.iter().map(|live| !idle(live)).collect()
    }

    /// Orders everything anew and brings the engine's units there.
    fn swap(&mut self, difference: Difference) -> Message {
        let runs = self.runs();
        let loops = loops(&self.live, &runs, self.stream.sample_rate_hz);
        let threads = if self.costs.shares_out(&self.live) { self.config.threads } else { 1 };
        let islands = islands(&self.live, &runs, threads);
        let gathered = if self.costs.gathers() { self.racks.lanes_of_single_units() } else { None };
        self.packing = pack(&self.live, &runs, &loops, gathered.as_ref().unwrap_or(self.racks.lanes()), &islands);
        let mut changes = Changes { cables: difference.cables, ..Changes::default() };
        self.mark_closing(&mut changes);
        let numbers = self.racks.follow(&self.packing, &mut self.live, self.stream, &mut changes);
        self.lead(&loops, &mut changes);
        let stages = self.stages();
        let program = Program::new(emit(&self.live, &self.packing, &stages, &numbers, self.stream.run_all));
        self.memory_bytes = program.memory_bytes();
        self.swaps += 1;
        let (slots, cables, racks) = (difference.freed_slots, difference.freed_cables, changes.retire.clone());
        self.returning.push(Returning { swap: self.swaps, slots, cables, racks });
        Message::Swap(Swap::new(program, changes))
    }

    /// Who runs when.
    fn stages(&mut self) -> Stages {
        self.sections = 1;
        if self.config.threads < 2 || !self.costs.shares_out(&self.live) {
            return in_a_row(&self.packing);
        }
        let costs = self.costs.of_racks(&self.live, &self.packing);
        let stages = partition(&self.live, &self.packing, &costs, self.config.threads);
        self.sections = stages.iter().map(Vec::len).max().unwrap_or(1);
        stages
    }

    /// Cables that close a loop from now on get memory for what is on its way.
    fn mark_closing(&mut self, changes: &mut Changes) {
        // Where nothing inside delays, a closing cable adds a sample. Where something does, all cables into that are carried over.
        let mut closing = HashMap::new();
        for item in &self.packing.items {
            if let Item::Loop { racks, closing: wires, frames } = item {
                let nodes = racks.iter().flat_map(|rack| self.packing.racks[*rack].members.iter().flatten());
                let inside: HashSet<usize> = nodes.copied().collect();
                closing.extend(wires.iter().map(|wire| (*wire, *frames == 1 && inside.contains(&self.live.wires[*wire].from))));
            }
        }
        for index in 0..self.live.wires.len() {
            let (is_carried, adds_a_sample) = closing.get(&index).map_or((false, false), |adds| (true, *adds));
            let shape = self.live.source_shape(&self.live.wires[index]);
            let wire = &mut self.live.wires[index];
            if is_carried && !wire.is_carried {
                changes.loops.push((wire.cable, usize::from(shape.channels) * usize::from(shape.voices)));
            }
            (wire.adds_a_sample, wire.is_carried) = (adds_a_sample, is_carried);
        }
    }

    /// Modules that take the block of their loop off their own lag are told so, once they sit where they will be.
    fn lead(&mut self, loops: &[Loop], changes: &mut Changes) {
        let leading = loops.iter().flat_map(|found| found.leading.iter().map(|node| (*node, found.frames)));
        let leading: HashMap<usize, u8> = leading.collect();
        for (index, live) in self.live.nodes.iter_mut().enumerate() {
            let lead = leading.get(&index).copied().unwrap_or(0);
            if let Some(seat) = live.seat.filter(|_| lead != live.lead) {
                live.lead = lead;
                changes.leads.push((seat.rack, usize::from(lead)));
            }
        }
    }
}

/// What was cut: silenced where it ends in something that goes on sounding, left alone where that fades as a whole.
fn fade_out(mut cut: Vec<LiveWire>, live: &mut LiveGraph, fading: Fading, difference: &mut Difference) {
    // In an order of their own: sums of floats depend on it.
    cut.sort_by_key(|wire| wire.cable);
    for mut wire in cut {
        if wire.fading.is_none() {
            difference.structural = true;
            wire.fading = Some(fading);
            wire.is_plain = false;
            if live.nodes[wire.to].fading.is_none() || is_silent_end(&live.nodes[wire.to].node) {
                wire.gain = 0.0;
                difference.before.push(Message::Cable { cable: wire.cable, gain: 0.0 });
            }
        }
        live.wires.push(wire);
    }
}

/// What changed in a module that stays.
fn adjust(before: &LiveNode, now: &Node, difference: &mut Difference) {
    let slot = before.slot;
    for (index, (old, new)) in before.node.params.iter().zip(&now.params).enumerate() {
        if old != new {
            difference.after.push(Message::Param { slot, param: index as u32, value: *new });
            // Modules of one unit have their choices in common: one that chooses otherwise leaves.
            // And a loop may have to run in shorter blocks.
            difference.structural |= before.lead > 0;
            difference.structural |= before.may_bundle() && !matches!(now.entry.spec.params[index].kind, ParamKind::Number);
        }
    }
    for (index, data) in now.data.iter().enumerate() {
        if before.node.texts[index] != now.texts[index] || !same_data(&before.node.data[index], data) {
            difference.after.push(Message::Data { slot, index: index as u32, data: data.clone() });
        }
    }
    if before.node.bypassed != now.bypassed {
        difference.after.push(Message::Bypass { slot, on: now.bypassed });
    }
    if before.node.muted != now.muted {
        difference.after.push(Message::Mute { slot, on: now.muted });
    }
}

/// The same file in memory; what is written out was compared as text.
fn same_data(a: &Data, b: &Data) -> bool {
    match (a, b) {
        (Data::Sample(a), Data::Sample(b)) => Arc::ptr_eq(a, b),
        (Data::Wavetable(a), Data::Wavetable(b)) => Arc::ptr_eq(a, b),
        _ => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}

/// A module without outputs: what it does to the world begins and ends with its inputs.
fn is_silent_end(node: &Node) -> bool {
    node.entry.spec.outputs.is_empty()
}

impl Target {
    /// Its name in messages: the id of the input or parameter.
    pub(crate) fn id(self, node: &Node) -> &'static str {
        match self {
            Self::Input(index) => node.entry.spec.inputs[usize::from(index)].id,
            Self::Param(index) => node.entry.spec.params[usize::from(index)].id,
        }
    }
}
