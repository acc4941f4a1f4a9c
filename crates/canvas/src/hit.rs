//! What lies under a point of the canvas. Bounding boxes first, so that a thousand modules cost little.

use crate::cable_text::pill_text;
use crate::layout::{Control, KnobPlace};
use crate::project::{CableNode, ModuleNode};
use crate::state::{Document, Selection};
use bevy::ecs::system::SystemParam;
use bevy::math::{Rect, Vec2};
use bevy::prelude::Query;
use patchlight_core::{ModuleId, PortRef, SignalKind};
use patchlight_patch::{CableId, Note};

/// What a point lies on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Hit {
    #[default]
    Nothing,
    /// An input or output, or the plug at a parameter that is modulated.
    Port {
        port: PortRef,
        output: bool,
    },
    /// What turns a parameter.
    Knob {
        module: ModuleId,
        param: &'static str,
    },
    /// The amount written on a cable.
    Amount(CableId),
    Cable(CableId),
    /// A module or a group.
    Module(ModuleId),
    /// A comment, or the title of a frame.
    Note(String),
    /// The corner by which a note is made larger.
    NoteCorner(String),
}

impl Hit {
    /// The module that this is or belongs to.
    #[must_use]
    pub const fn module(&self) -> Option<&ModuleId> {
        match self {
            Self::Port { port, .. } => Some(&port.module),
            Self::Knob { module, .. } | Self::Module(module) => Some(module),
            Self::Nothing | Self::Amount(_) | Self::Cable(_) | Self::Note(_) | Self::NoteCorner(_) => None,
        }
    }
}

/// How near the pointer must be, logical pixels.
const PORT_REACH_PX: f32 = 11.0;
/// For fingers: targets of 44 pixels.
const TOUCH_REACH_PX: f32 = 22.0;
const CABLE_REACH_PX: f32 = 5.0;
/// Ports cannot be told apart from further than this, canvas units.
const PORT_REACH_MAX: f32 = 16.0;
const TOUCH_REACH_MAX: f32 = 30.0;

/// All modules and cables in place.
#[derive(SystemParam)]
pub struct Board<'w, 's> {
    pub modules: Query<'w, 's, &'static ModuleNode>,
    pub cables: Query<'w, 's, &'static CableNode>,
}

impl Board<'_, '_> {
    /// What lies under `point` at this zoom.
    #[must_use]
    pub fn hit(&self, document: &Document, selection: &Selection, point: Vec2, zoom: f32, touch: bool) -> Hit {
        let reach = (if touch { TOUCH_REACH_PX } else { PORT_REACH_PX } / zoom).min(if touch { TOUCH_REACH_MAX } else { PORT_REACH_MAX });
        let module = self.module_at(point, reach);
        if let Some(hit) = module.and_then(|module| port_or_knob(document, module, point, reach)) {
            return hit;
        }
        // Only where it is shown can the amount be taken.
        let amount = self.cables.iter().find(|cable| amount_rect(document, selection, cable).is_some_and(|rect| rect.contains(point)));
        if let Some(cable) = amount {
            return Hit::Amount(cable.id.clone());
        }
        if let Some(cable) = self.cable_at(point, if touch { TOUCH_REACH_PX * 0.5 } else { CABLE_REACH_PX } / zoom) {
            return Hit::Cable(cable.id.clone());
        }
        let module = module.filter(|module| module.rect().contains(point)).map(|module| Hit::Module(module.id.clone()));
        module.or_else(|| note_at(document, point)).unwrap_or_default()
    }

    /// The node that shows a port: its module's, or that of a group around it.
    #[must_use]
    pub fn owner(&self, port: &PortRef) -> Option<&ModuleNode> {
        let stands_for = |node: &&ModuleNode| {
            let ports = node.layout.ports.iter().filter_map(|place| place.inner.as_ref());
            let knobs = node.layout.knobs.iter().filter_map(|knob| knob.inner.as_ref());
            ports.chain(knobs).any(|inner| inner.port == *port)
        };
        self.module(&port.module).or_else(|| self.modules.iter().filter(|node| node.is_group).find(stands_for))
    }

    /// The topmost module within `reach` of a point.
    #[must_use]
    pub fn module_at(&self, point: Vec2, reach: f32) -> Option<&ModuleNode> {
        let near = |reach: f32| self.modules.iter().filter(move |module| module.rect().inflate(reach).contains(point)).max_by_key(|m| m.z);
        near(0.0).or_else(|| near(reach))
    }

    /// The cable nearest to a point, not further than `reach`.
    #[must_use]
    pub fn cable_at(&self, point: Vec2, reach: f32) -> Option<&CableNode> {
        let near = self.cables.iter().filter(|cable| cable.curve.bounds().inflate(reach).contains(point));
        let measured = near.map(|cable| (cable.curve.distance(point).0, cable)).filter(|(distance, _)| *distance <= reach);
        measured.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, cable)| cable)
    }

    /// The node of a module.
    #[must_use]
    pub fn module(&self, id: &ModuleId) -> Option<&ModuleNode> {
        self.modules.iter().find(|module| module.id == *id)
    }

    /// Where a port or the plug of a parameter is, and the kind of signal it is for (`None`: a parameter).
    #[must_use]
    pub fn port(&self, port: &PortRef, output: bool) -> Option<(Vec2, Option<SignalKind>)> {
        let module = self.owner(port)?;
        let place = module.layout.place_of(port, output).map(|place| (place.pos, Some(place.kind)));
        let knob = || module.layout.knob_of(port).filter(|_| !output).map(|knob| (knob.port_pos(), None));
        place.or_else(knob).map(|(pos, kind)| (module.at + pos, kind))
    }
}

fn port_or_knob(document: &Document, module: &ModuleNode, point: Vec2, reach: f32) -> Option<Hit> {
    let local = point - module.at;
    let ports = module.layout.ports.iter().map(|place| (place.pos.distance(local), place));
    let nearest = ports.filter(|(distance, _)| *distance <= reach).min_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((_, place)) = nearest {
        return Some(Hit::Port { port: module.port_at(place), output: place.output });
    }
    let plugged = |knob: &KnobPlace| {
        let port = module.param_at(knob);
        let occupied = document.patch.cables_into(&port).next().is_some();
        occupied.then_some(Hit::Port { port, output: false })
    };
    let plug = module.layout.knobs.iter().find(|knob| knob.port_pos().distance(local) <= reach.min(6.5)).and_then(plugged);
    let turned = |knob: &&KnobPlace| match knob.control {
        Control::Knob => knob.pos.distance(local) <= knob.radius + 4.0,
        Control::Selector | Control::Switch => Rect::from_center_half_size(knob.pos, knob.half_size() + 3.0).contains(local),
    };
    let knob = || module.layout.knobs.iter().find(turned);
    plug.or_else(|| knob().map(|knob| Hit::Knob { module: module.param_at(knob).module, param: knob.param.id }))
}

/// The height of a frame's title, and the side of the corner that is taken to make a note larger, canvas units.
pub(crate) const NOTE_TITLE: f32 = 30.0;
pub(crate) const NOTE_CORNER: f32 = 16.0;

/// The smallest note at a point: a comment all over, a frame at its title and its corner.
fn note_at(document: &Document, point: Vec2) -> Option<Hit> {
    let here = document.patch.notes.iter().filter(|(_, note)| note.group == document.level && note.contains(point.to_array()));
    let area = |note: &Note| note.size[0] * note.size[1];
    let mut found: Vec<(&String, &Note)> = here.collect();
    found.sort_by(|a, b| area(a.1).total_cmp(&area(b.1)));
    found.into_iter().find_map(|(id, note)| {
        let end = Vec2::from(note.at) + Vec2::from(note.size);
        if point.cmpge(end - NOTE_CORNER).all() {
            return Some(Hit::NoteCorner(id.clone()));
        }
        (!note.is_frame || point.y <= note.at[1] + NOTE_TITLE).then(|| Hit::Note(id.clone()))
    })
}

/// Where a cable shows its amount, when it does.
pub(crate) fn amount_rect(document: &Document, selection: &Selection, cable: &CableNode) -> Option<Rect> {
    let text = pill_text(document, &cable.id, selection.cable.as_ref() == Some(&cable.id))?;
    let half = Vec2::new(text.chars().count() as f32 * 3.0 + 10.0, 9.5);
    Some(Rect::from_center_half_size(cable.curve.at(0.5), half))
}
