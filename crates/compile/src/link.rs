//! Pass 3: which module lives in which slot, and what an edit changes.
//!
//! Modules that stay keep their slot, and with it their state bit for bit. What is cut fades first: a removed cable stays in the
//! program at gain 0 until the ramp is over, and so do the modules behind it; [`Compiler::sweep`] then takes them out.

use crate::StreamSpec;
use crate::emit::emit;
use crate::explain::{Explain, explain};
use crate::live::{Fading, LiveGraph, LiveNode, LiveWire};
use crate::order::{Item, order};
use crate::resolve::{Graph, Node, Target, resolve};
use crate::samples::SampleSource;
use crate::widths::{mark_idle, widths};
use patchlight_core::{ModuleId, ModuleSpec};
use patchlight_engine::{BLOCK, BuildContext, CableInit, EngineConfig, Message, Program, Slot, Swap, Telemetry};
use patchlight_patch::{CableId, Diagnostic, DiagnosticKind, Patch, check_patch};
use std::collections::{HashMap, HashSet};

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
}

/// Remembers what runs in the engine, so that a change sends only what it changes.
pub struct Compiler {
    stream: StreamSpec,
    config: EngineConfig,
    live: LiveGraph,
    items: Vec<Item>,
    free_slots: Vec<u32>,
    next_slot: u32,
    free_cables: Vec<u32>,
    next_cable: u32,
    swaps: u64,
    /// Slots and cables to hand out again once the swap that frees them has happened.
    returning: Vec<(u64, Vec<u32>, Vec<u32>)>,
    memory_bytes: usize,
    idle: Vec<(ModuleId, &'static str)>,
}

/// What this update adds and takes away.
#[derive(Default)]
struct Changes {
    add: Vec<(u32, Box<Slot>)>,
    retire: Vec<u32>,
    cables: Vec<CableInit>,
    freed_cables: Vec<u32>,
    messages: Vec<Message>,
    structural: bool,
}

impl Compiler {
    #[must_use]
    pub fn new(stream: StreamSpec, config: EngineConfig) -> Self {
        Self {
            stream,
            config,
            live: LiveGraph::default(),
            items: Vec::new(),
            free_slots: Vec::new(),
            next_slot: 0,
            free_cables: Vec::new(),
            next_cable: 0,
            swaps: 0,
            returning: Vec::new(),
            memory_bytes: 0,
            idle: Vec::new(),
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
        let here = self.live.nodes.iter().filter(|live| live.fading.is_none());
        here.map(|live| Running {
            id: &live.node.id,
            slot: live.slot,
            spec: live.node.entry.spec,
            voices: live.node.voices,
            channels: live.node.channels,
        })
    }

    /// Cables that close a loop: one sample of delay sits in each.
    pub fn closing_cables(&self) -> impl Iterator<Item = &CableId> {
        self.live.wires.iter().filter(|wire| wire.is_closing && wire.fading.is_none()).map(|wire| &wire.id)
    }

    /// Parameters, gains and structure: brings the engine to where the patch is.
    pub fn update(&mut self, patch: &Patch, samples: &dyn SampleSource) -> Update {
        let mut diagnostics = check_patch(patch, &patchlight_modules::LIBRARY);
        let mut graph = resolve(patch, samples, &mut diagnostics);
        widths(&mut graph);
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
        let mut changes = Changes::default();
        let first = self.swaps == 0;
        let fading = Fading { swap: self.swaps + 1, seen_frame: None };
        let previous = std::mem::take(&mut self.live);
        self.live = self.link(graph, previous, fading, first, &mut changes);
        let mut messages = std::mem::take(&mut changes.messages);
        if changes.structural || self.order_changed() || first {
            messages.push(self.swap(changes));
        }
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
        while let Some(place) = self.returning.iter().position(|(swap, _, _)| *swap <= swaps) {
            let (_, slots, cables) = self.returning.swap_remove(place);
            self.free_slots.extend(slots);
            self.free_cables.extend(cables);
        }
        if !gone_wires.contains(&true) && !gone_nodes.contains(&true) {
            return None;
        }
        let mut changes = Changes { structural: true, ..Changes::default() };
        let mut new_index = vec![usize::MAX; self.live.nodes.len()];
        let mut kept = LiveGraph::default();
        for (index, node) in std::mem::take(&mut self.live.nodes).into_iter().enumerate() {
            if gone_nodes[index] {
                changes.retire.push(node.slot);
            } else {
                new_index[index] = kept.nodes.len();
                kept.nodes.push(node);
            }
        }
        for (index, mut wire) in std::mem::take(&mut self.live.wires).into_iter().enumerate() {
            let ends = (new_index[wire.from], new_index[wire.to]);
            if gone_wires[index] || ends.0 == usize::MAX || ends.1 == usize::MAX {
                changes.freed_cables.push(wire.cable);
            } else {
                (wire.from, wire.to) = ends;
                kept.wires.push(wire);
            }
        }
        self.live = kept;
        Some(self.swap(changes))
    }

    /// What the compiler made of the patch.
    #[must_use]
    pub fn explain(&self) -> Explain {
        explain(&self.live, &self.items, self.memory_bytes, &self.idle)
    }

    /// Matches the new graph with what runs.
    fn link(&mut self, graph: Graph, previous: LiveGraph, fading: Fading, first: bool, changes: &mut Changes) -> LiveGraph {
        let mut place_of: HashMap<ModuleId, usize> = HashMap::new();
        for (index, live) in previous.nodes.iter().enumerate().filter(|(_, live)| live.fading.is_none()) {
            place_of.insert(live.node.id.clone(), index);
        }
        let mut live = LiveGraph::default();
        // Where each module of before is now: the same instance, or one that fades.
        let mut moved = vec![usize::MAX; previous.nodes.len()];
        let mut is_new = Vec::with_capacity(graph.nodes.len());
        for node in graph.nodes {
            let before = place_of.get(&node.id).copied().filter(|index| can_stay(&previous.nodes[*index].node, &node));
            if let Some(index) = before {
                moved[index] = live.nodes.len();
                adjust(&previous.nodes[index], &node, changes);
                live.nodes.push(LiveNode { slot: previous.nodes[index].slot, node, fading: None });
            } else {
                let slot = self.take_slot();
                changes.add.push((slot, Box::new(self.build(&node))));
                changes.structural = true;
                live.nodes.push(LiveNode { slot, node, fading: None });
            }
            is_new.push(before.is_none());
        }
        for (index, gone) in previous.nodes.into_iter().enumerate() {
            if moved[index] == usize::MAX {
                changes.structural |= gone.fading.is_none();
                moved[index] = live.nodes.len();
                live.nodes.push(LiveNode { fading: gone.fading.or(Some(fading)), ..gone });
            }
        }
        let mut wire_of: HashMap<CableId, LiveWire> = HashMap::new();
        let mut rest = Vec::new();
        for mut wire in previous.wires {
            (wire.from, wire.to) = (moved[wire.from], moved[wire.to]);
            let stays = wire.fading.is_none() && live.nodes[wire.from].fading.is_none() && live.nodes[wire.to].fading.is_none();
            if stays {
                wire_of.insert(wire.id.clone(), wire);
            } else {
                rest.push(wire);
            }
        }
        for wire in graph.wires {
            if let Some(mut before) = wire_of.remove(&wire.id) {
                if before.gain != wire.gain {
                    changes.messages.push(Message::Cable { cable: before.cable, gain: wire.gain });
                }
                before.gain = wire.gain;
                before.closes_loop = wire.closes_loop;
                live.wires.push(before);
                continue;
            }
            let cable = self.take_cable();
            let fade_in = !first && (!is_new[wire.to] || is_silent_end(&live.nodes[wire.to].node));
            changes.cables.push(CableInit { cable, gain: wire.gain, fade_in });
            changes.structural = true;
            let (id, from, output, to, target) = (wire.id, wire.from, wire.output, wire.to, wire.target);
            let (gain, closes_loop) = (wire.gain, wire.closes_loop);
            live.wires.push(LiveWire { id, from, output, to, target, cable, gain, closes_loop, is_closing: false, fading: None });
        }
        // What was cut: silenced where it ends in something that goes on sounding, left alone where that fades as a whole.
        let mut cut: Vec<LiveWire> = wire_of.into_values().chain(rest).collect();
        // In an order of their own, not the hash map's: sums of floats depend on it.
        cut.sort_by_key(|wire| wire.cable);
        for mut wire in cut {
            if wire.fading.is_none() {
                changes.structural = true;
                wire.fading = Some(fading);
                if live.nodes[wire.to].fading.is_none() || is_silent_end(&live.nodes[wire.to].node) {
                    wire.gain = 0.0;
                    changes.messages.push(Message::Cable { cable: wire.cable, gain: 0.0 });
                }
            }
            live.wires.push(wire);
        }
        live.wires[..].sort_by_key(|wire| wire.fading.is_some());
        live
    }

    fn build(&self, node: &Node) -> Slot {
        let unit = (node.entry.build)(&BuildContext {
            sample_rate_hz: self.stream.sample_rate_hz,
            voices: node.voices,
            channels: node.channels,
            params: &node.params,
            data: &node.data,
            seed: seed(node.id.as_str()),
            lane_seeds: &[],
        });
        Slot::new(node.entry.spec, unit, &node.params).standing(node.bypassed, node.muted)
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

    fn order_changed(&self) -> bool {
        order(&self.live, &self.runs()) != self.items
    }

    fn swap(&mut self, changes: Changes) -> Message {
        self.items = order(&self.live, &self.runs());
        let closing: HashSet<usize> = self.items.iter().flat_map(closing_of).copied().collect();
        let mut loops = Vec::new();
        for (index, wire) in self.live.wires.iter_mut().enumerate() {
            let is_closing = closing.contains(&index);
            if is_closing && !wire.is_closing {
                loops.push(wire.cable);
            }
            wire.is_closing = is_closing;
        }
        let program = Program::new(emit(&self.live, &self.items));
        self.memory_bytes = program.memory_bytes();
        self.swaps += 1;
        self.returning.push((self.swaps, changes.retire.clone(), changes.freed_cables));
        Message::Swap(Swap::new(program, changes.add, changes.retire, changes.cables, &loops))
    }
}

fn closing_of(item: &Item) -> &[usize] {
    match item {
        Item::Node(_) => &[],
        Item::Loop { closing, .. } => closing,
    }
}

/// Whether the unit that runs can go on as the module that is wanted.
fn can_stay(before: &Node, now: &Node) -> bool {
    let structural_equal =
        before.entry.spec.params.iter().enumerate().all(|(index, param)| !param.structural || before.params[index] == now.params[index]);
    before.entry.spec.id == now.entry.spec.id && before.voices == now.voices && before.channels == now.channels && structural_equal
}

/// What changed in a module that stays.
fn adjust(before: &LiveNode, now: &Node, changes: &mut Changes) {
    let slot = before.slot;
    for (index, (old, new)) in before.node.params.iter().zip(&now.params).enumerate() {
        if old != new {
            changes.messages.push(Message::Param { slot, param: index as u32, value: *new });
        }
    }
    for (index, data) in now.data.iter().enumerate() {
        if before.node.texts[index] != now.texts[index] || !same_data(&before.node.data[index], data) {
            changes.messages.push(Message::Data { slot, index: index as u32, data: data.clone() });
        }
    }
    if before.node.bypassed != now.bypassed {
        changes.messages.push(Message::Bypass { slot, on: now.bypassed });
    }
    if before.node.muted != now.muted {
        changes.messages.push(Message::Mute { slot, on: now.muted });
    }
}

/// The same samples in memory; patterns were compared as text.
fn same_data(a: &patchlight_engine::Data, b: &patchlight_engine::Data) -> bool {
    match (a.sample(), b.sample()) {
        (Some(a), Some(b)) => std::sync::Arc::ptr_eq(a, b),
        (None, None) => true,
        _ => false,
    }
}

/// A module without outputs: what it does to the world begins and ends with its inputs.
fn is_silent_end(node: &Node) -> bool {
    node.entry.spec.outputs.is_empty()
}

/// FNV-1a, 64 bit: equal ids make equal noise.
fn seed(id: &str) -> u64 {
    id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
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
