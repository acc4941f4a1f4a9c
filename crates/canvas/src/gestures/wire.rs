//! Wiring: from either end to any port that takes it, onto a knob, onto a module, or into the empty canvas.

use super::drag::CLICK_PX;
use super::{Desk, Drag, WireDrag};
use crate::cable_text::port_text;
use crate::layout::KnobPlace;
use crate::project::ModuleNode;
use crate::state::{CanvasAction, Document, LooseWire};
use bevy::math::{Rect, Vec2};
use patchlight_core::{PortRef, SignalKind};
use patchlight_patch::{CableId, Edit};

/// The plug catches a port or knob from this far, logical pixels.
const CATCH_PX: f32 = 26.0;
/// Distance, in canvas units, that a port is put back by when something is plugged in, or another kind of signal is meant.
const OCCUPIED_COST: f32 = 40.0;
const OTHER_KIND_COST: f32 = 120.0;

/// How well a port takes a cable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// The same kind of signal, or any into a parameter.
    Well,
    /// Another kind, which is taken as it is.
    Converted,
}

/// How well a signal of one kind suits a port for another; `None` is a parameter.
#[must_use]
pub(crate) fn fits(signal: SignalKind, port: Option<SignalKind>) -> Fit {
    if port.is_none_or(|kind| kind == signal) { Fit::Well } else { Fit::Converted }
}

/// A place where a cable can be plugged in.
pub(crate) struct Socket {
    pub(crate) port: PortRef,
    /// `None`: a parameter.
    pub(crate) kind: Option<SignalKind>,
    /// Where the plug sits, canvas units.
    pub(crate) pos: Vec2,
    /// What is aimed at: the mark of a port, or all of a knob.
    area: Rect,
}

impl Socket {
    fn distance(&self, point: Vec2) -> f32 {
        point.distance(point.clamp(self.area.min, self.area.max))
    }
}

impl Desk<'_, '_, '_> {
    /// Takes a cable at a port: a new one, or, at an input that has one, the last that was plugged in.
    pub(super) fn begin_wire(&mut self, port: PortRef, output: bool, screen: Vec2) {
        let occupied = !output && !self.hand.held.shift;
        let taken = self.document.patch.cables_into(&port).last().map(|(id, _)| id.clone()).filter(|_| occupied);
        let to = self.view.canvas_from_screen(screen);
        let (port, from_output) = match &taken {
            Some(cable) => (cable.from.clone(), true),
            None => (port, output),
        };
        let note = String::new();
        self.hand.drag = Some(Drag::Wire(WireDrag { port, from_output, taken, to, target: None, note, from_screen: screen, moved: false }));
    }

    pub(super) fn drag_wire(&mut self, mut drag: WireDrag, screen: Vec2) -> WireDrag {
        drag.moved |= drag.from_screen.distance(screen) > CLICK_PX;
        drag.to = self.view.canvas_from_screen(screen);
        let socket = self.socket_at(&drag);
        drag.note = match &socket {
            Some(socket) => self.explain(&drag, socket),
            None if drag.taken.is_some() => "let go to unplug".to_owned(),
            None if self.board.module_at(drag.to, 0.0).is_some() => self.refusal(&drag),
            None => "let go to add a module".to_owned(),
        };
        if let Some(socket) = &socket {
            drag.to = socket.pos;
        }
        drag.target = socket.map(|socket| socket.port);
        drag
    }

    /// Where the loose end would be plugged in: near a port or knob that one, on a module the nearest that fits best.
    fn socket_at(&self, drag: &WireDrag) -> Option<Socket> {
        let catch = (CATCH_PX / self.view.zoom).min(40.0);
        let module = self.board.module_at(drag.to, catch * 0.6)?;
        let signal = self.signal(drag);
        let mut sockets: Vec<(f32, Socket)> = sockets(module, !drag.from_output)
            .filter(|socket| socket.port != drag.port)
            .map(|socket| (socket.distance(drag.to), socket))
            .collect();
        let near = sockets.iter().any(|(distance, _)| *distance <= catch * 0.6);
        for (distance, socket) in &mut sockets {
            let id = drag.cable_id(&socket.port);
            let occupied = drag.from_output && self.document.patch.cables_into(&socket.port).any(|(other, _)| *other != id);
            let other_kind = signal.is_some_and(|signal| fits(signal, socket.kind) == Fit::Converted);
            if !near {
                *distance += if occupied { OCCUPIED_COST } else { 0.0 } + if other_kind { OTHER_KIND_COST } else { 0.0 };
            }
        }
        // Dropped on the body, a cable looks for an input; a parameter is meant only where it is pointed at.
        sockets.retain(|(distance, socket)| near || socket.kind.is_some() || *distance <= catch);
        sockets.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, socket)| socket)
    }

    /// The kind of signal in the cable, or that the input at its fixed end is for.
    fn signal(&self, drag: &WireDrag) -> Option<SignalKind> {
        self.board.port(&drag.port, drag.from_output).and_then(|(_, kind)| kind)
    }

    fn explain(&self, drag: &WireDrag, socket: &Socket) -> String {
        let id = drag.cable_id(&socket.port);
        let name = port_text(self.document, &socket.port);
        if drag.taken.as_ref() != Some(&id) && self.document.patch.cables.contains_key(&id) {
            return format!("{name}: wired already");
        }
        let others = self.document.patch.cables_into(&id.to).any(|(other, _)| *other != id && Some(other) != drag.taken.as_ref());
        let mut note = name;
        if others && drag.from_output {
            note += if self.hand.held.shift { " · added" } else { " · replaces, Shift adds" };
        }
        if let (Some(signal), Some(kind)) = (self.signal(drag), socket.kind)
            && signal != kind
        {
            let (from, to) = if drag.from_output { (signal, kind) } else { (kind, signal) };
            note += &format!(" · {} taken as {}", from.name(), to.name());
        }
        note
    }

    /// Why nothing on the module under the pointer takes the cable.
    fn refusal(&self, drag: &WireDrag) -> String {
        (if drag.from_output { "no input here" } else { "no output here" }).to_owned()
    }

    pub(super) fn drop_wire(&mut self, drag: WireDrag) {
        if !drag.moved {
            return;
        }
        match (&drag.target, &drag.taken) {
            (Some(target), _) => {
                let id = drag.cable_id(target);
                let edit = connect(self.document, &id, drag.taken.as_ref(), drag.from_output && !self.hand.held.shift);
                let name = format!("Wire {} to {}", port_text(self.document, &id.from), port_text(self.document, &id.to));
                self.ask(name, edit, None);
            }
            (None, Some(cable)) => {
                let name = format!("Unplug {}", port_text(self.document, &cable.to));
                self.ask(name, Edit::Disconnect { id: cable.clone() }, None);
            }
            (None, None) if self.board.module_at(drag.to, 0.0).is_none() => {
                let screen_pos = self.view.screen_from_canvas(drag.to);
                let wire = Some(LooseWire { port: drag.port, from_output: drag.from_output });
                self.asked.push(CanvasAction::OpenSearch { screen_pos, canvas_pos: drag.to, wire });
            }
            (None, None) => self.notice(drag.note),
        }
    }
}

impl WireDrag {
    /// The cable that there would be with the loose end at `port`.
    fn cable_id(&self, port: &PortRef) -> CableId {
        let (fixed, loose) = (self.port.clone(), port.clone());
        if self.from_output { CableId::new(fixed, loose) } else { CableId::new(loose, fixed) }
    }
}

/// What to do to have a cable: with the amount and colour of the one that was `taken`, which goes; with `replace`, without others
/// at its input.
fn connect(document: &Document, id: &CableId, taken: Option<&CableId>, replace: bool) -> Edit {
    let patch = &document.patch;
    if taken == Some(id) {
        return Edit::Batch(Vec::new());
    }
    let mut edits: Vec<Edit> = taken.map(|id| Edit::Disconnect { id: id.clone() }).into_iter().collect();
    let others = patch.cables_into(&id.to).filter(|(other, _)| replace && *other != id && Some(*other) != taken);
    edits.extend(others.map(|(other, _)| Edit::Disconnect { id: other.clone() }));
    if !patch.cables.contains_key(id) {
        let cable = taken.and_then(|id| patch.cables.get(id)).cloned();
        edits.push(Edit::connect(id.clone(), cable.unwrap_or_else(|| patch.new_cable(id, &document.library))));
    }
    Edit::Batch(edits)
}

/// Where a module takes the end of a cable: its outputs, or its inputs and knobs.
pub(crate) fn sockets(module: &ModuleNode, outputs: bool) -> impl Iterator<Item = Socket> + use<'_> {
    let ports = module.layout.ports.iter().filter(move |place| place.output == outputs).map(|place| {
        let pos = module.at + place.pos;
        Socket { port: module.port_at(place), kind: Some(place.kind), pos, area: Rect::from_corners(pos, pos) }
    });
    let knobs = module.layout.knobs.iter().filter(move |knob| !outputs && knob.param.modulatable());
    let knobs = knobs.map(|knob: &KnobPlace| Socket {
        port: module.param_at(knob),
        kind: None,
        pos: module.at + knob.port_pos(),
        area: Rect::from_center_half_size(module.at + knob.pos, knob.half_size()),
    });
    ports.chain(knobs)
}
