//! The canvas for screen readers: every module, port, knob and cable under a name, with what it is set to, and each can be set.
//!
//! Nothing is drawn and nothing takes the keys: arrow keys walk the canvas by operators, and what they are at is told aloud.

use crate::amount::amount_text;
use crate::view::StudioView;
use egui::accesskit::{Action as AccessAction, ActionData, Live, Node, Role};
use egui::{Id, Rect, Sense, Ui, UiBuilder, pos2};
use patchlight_core::{ModuleId, ModuleSpec, ParamKind, ParamSpec, PortRef, PortSpec, Spot};
use patchlight_operators::{Action, Actions, Picked, Scene, spots};
use patchlight_patch::{Cable, CableId, Edit, Module};

/// Describes the canvas, where a screen reader listens.
pub fn access_ui(ui: &mut Ui, view: &StudioView<'_>, scene: &Scene<'_>, actions: &mut Actions) {
    let root = Id::new("canvas for screen readers");
    if ui.ctx().accesskit_node_builder(ui.unique_id(), |_| ()).is_none() {
        return;
    }
    let mut canvas = ui.new_child(UiBuilder::new().id(root).max_rect(Rect::ZERO));
    name(&canvas, root, Role::Group, "canvas");
    for id in scene.seen() {
        module_ui(&mut canvas, view, scene, &id, actions);
    }
    let mut cables = canvas.new_child(UiBuilder::new().id(root.with("cables")).max_rect(Rect::ZERO));
    name(&cables, cables.unique_id(), Role::List, "cables");
    for (id, cable) in &view.patch.cables {
        cable_ui(&mut cables, view, id, cable, actions);
    }
    let said = scene.picked.spot.as_ref().map_or_else(String::new, |spot| spot_text(view, scene, spot));
    let place = place(&mut canvas, root.with("spot"));
    canvas.ctx().accesskit_node_builder(place, |node| {
        node.set_role(Role::Status);
        node.set_live(Live::Polite);
        node.set_label(said.as_str());
    });
}

/// A node of this id within a `Ui`.
fn place(ui: &mut Ui, id: Id) -> Id {
    ui.interact(Rect::from_pos(pos2(0.0, 0.0)), id, Sense::hover()).id
}

fn name(ui: &Ui, id: Id, role: Role, label: &str) {
    ui.ctx().accesskit_node_builder(id, |node| {
        node.set_role(role);
        node.set_label(label);
    });
}

fn module_ui(canvas: &mut Ui, view: &StudioView<'_>, scene: &Scene<'_>, id: &ModuleId, actions: &mut Actions) {
    let own = Id::new(("access", id));
    let mut ui = canvas.new_child(UiBuilder::new().id(own).max_rect(Rect::ZERO));
    let label = module_text(view, id);
    let selected = view.selection.modules.contains(id);
    ui.ctx().accesskit_node_builder(own, |node| {
        node.set_role(Role::Group);
        node.set_label(label.as_str());
        node.set_selected(selected);
        node.add_action(AccessAction::Click);
    });
    if asked(&ui, own, AccessAction::Click) {
        actions.push(Action::Pick(Picked { modules: [id.clone()].into(), spot: Some(Spot::Module(id.clone())), ..Picked::default() }));
    }
    for spot in spots(scene, id) {
        match &spot {
            Spot::Knob(port) => knob_ui(&mut ui, view, port, actions),
            Spot::Module(_) => {}
            Spot::Input(_) | Spot::Output(_) => port_ui(&mut ui, view, scene, &spot, actions),
        }
    }
}

fn asked(ui: &Ui, id: Id, action: AccessAction) -> bool {
    ui.input(|input| input.has_accesskit_action_request(id, action))
}

/// `Ladder, filter, bypassed`.
fn module_text(view: &StudioView<'_>, id: &ModuleId) -> String {
    let label = view.patch.label(id.as_str(), view.library);
    let Some(module) = view.patch.module(id.as_str()) else {
        return format!("{label}, sub-patch of {} modules", view.patch.modules_in(id).len());
    };
    let kind = view.library.get(&module.kind).map_or("unknown kind", |spec| spec.family().title());
    let states = [(module.bypassed, "bypassed"), (module.muted, "muted"), (module.soloed, "solo")];
    let states = states.into_iter().filter(|(on, _)| *on).map(|(_, word)| word);
    [label.as_str(), kind].into_iter().chain(states).collect::<Vec<_>>().join(", ")
}

fn spec_of<'v>(view: &StudioView<'v>, port: &PortRef) -> Option<(&'v Module, &'static ModuleSpec)> {
    let module = view.patch.module(port.module.as_str())?;
    Some((module, view.library.get(&module.kind)?))
}

/// `in, audio input of Ladder, 1 cable`.
fn port_text(view: &StudioView<'_>, port: &PortRef, output: bool) -> String {
    let found = spec_of(view, port).and_then(|(_, spec)| if output { spec.output(&port.port) } else { spec.input(&port.port) });
    let kind = found.map_or("unknown", |(_, PortSpec { kind, .. })| kind.name());
    let count = if output { view.patch.cables_out_of(port).count() } else { view.patch.cables_into(port).count() };
    let cables = match count {
        0 => "no cable".to_owned(),
        1 => "1 cable".to_owned(),
        count => format!("{count} cables"),
    };
    let side = if output { "output" } else { "input" };
    format!("{}, {kind} {side} of {}, {cables}", port.port.replace('_', " "), view.patch.label(port.module.as_str(), view.library))
}

/// A press at a port does what Enter does with the keys there: picks a cable up, or plugs it in.
fn port_ui(ui: &mut Ui, view: &StudioView<'_>, scene: &Scene<'_>, spot: &Spot, actions: &mut Actions) {
    let (Spot::Input(port) | Spot::Output(port)) = spot else { return };
    let output = matches!(spot, Spot::Output(_));
    let id = place(ui, Id::new(("access", port, output)));
    let label = port_text(view, port, output);
    ui.ctx().accesskit_node_builder(id, |node: &mut Node| {
        node.set_role(Role::Button);
        node.set_label(label.as_str());
        node.add_action(AccessAction::Click);
    });
    if asked(ui, id, AccessAction::Click) {
        actions.push(Action::Pick(Picked { spot: Some(spot.clone()), ..scene.picked.clone() }));
        actions.push(Action::Run("walk.enter"));
    }
}

fn knob_text(view: &StudioView<'_>, port: &PortRef, spec: &ParamSpec) -> String {
    format!("{}, {}", view.patch.label(port.module.as_str(), view.library), spec.name())
}

fn knob_ui(ui: &mut Ui, view: &StudioView<'_>, port: &PortRef, actions: &mut Actions) {
    let Some((module, spec)) = spec_of(view, port) else { return };
    let Some((_, param)) = spec.param(&port.port) else { return };
    let (value, id) = (module.value(param), place(ui, Id::new(("access", port))));
    let label = knob_text(view, port, param);
    ui.ctx().accesskit_node_builder(id, |node| {
        node.set_role(if param.kind == ParamKind::Toggle { Role::Switch } else { Role::Slider });
        node.set_label(label.as_str());
        node.set_value(param.format(value));
        node.set_numeric_value(f64::from(value));
        node.set_min_numeric_value(f64::from(param.min));
        node.set_max_numeric_value(f64::from(param.max));
        for action in [AccessAction::SetValue, AccessAction::Increment, AccessAction::Decrement] {
            node.add_action(action);
        }
    });
    let wanted = ui.input(|input| {
        let said = input.accesskit_action_requests(id, AccessAction::SetValue).find_map(|request| match request.data {
            Some(ActionData::NumericValue(value)) => Some(param.clamp(value as f32)),
            _ => None,
        });
        let count = |action| input.num_accesskit_action_requests(id, action) as f32;
        let steps = count(AccessAction::Increment) - count(AccessAction::Decrement);
        let stepped = match param.kind {
            ParamKind::Number => param.value_from_travel((param.travel_from_value(value) + steps * 0.02).clamp(0.0, 1.0)),
            ParamKind::Whole | ParamKind::Choice(_) | ParamKind::Toggle => param.clamp(value + steps),
        };
        said.or((steps != 0.0).then_some(stepped))
    });
    if let Some(wanted) = wanted.filter(|wanted| *wanted != value) {
        actions.edit_as(format!("Set {label}"), Edit::set_param(port.module.clone(), port.port.clone(), wanted), None);
    }
}

/// `cable from Analog out to Ladder in, −6.0 dB`.
fn cable_text(view: &StudioView<'_>, id: &CableId, cable: &Cable) -> String {
    let end = |port: &PortRef| {
        let param = spec_of(view, port).and_then(|(_, spec)| spec.param(&port.port)).map(|(_, param)| param.name());
        format!("{} {}", view.patch.label(port.module.as_str(), view.library), param.unwrap_or_else(|| port.port.replace('_', " ")))
    };
    let off = if cable.on { "" } else { ", off" };
    format!("cable from {} to {}, {}{off}", end(&id.from), end(&id.to), amount_text(view.patch, view.library, &id.to, cable.amount))
}

fn cable_ui(ui: &mut Ui, view: &StudioView<'_>, id: &CableId, cable: &Cable, actions: &mut Actions) {
    let own = place(ui, Id::new(("access", id)));
    let label = cable_text(view, id, cable);
    let selected = view.selection.cable.as_ref() == Some(id);
    ui.ctx().accesskit_node_builder(own, |node| {
        node.set_role(Role::ListItem);
        node.set_label(label.as_str());
        node.set_selected(selected);
        node.add_action(AccessAction::Click);
    });
    if asked(ui, own, AccessAction::Click) {
        actions.push(Action::SelectCable(id.clone()));
    }
}

/// What the keys are at, and what they carry.
fn spot_text(view: &StudioView<'_>, scene: &Scene<'_>, spot: &Spot) -> String {
    let at = match spot {
        Spot::Module(id) => module_text(view, id),
        Spot::Input(port) => port_text(view, port, false),
        Spot::Output(port) => port_text(view, port, true),
        Spot::Knob(port) => match spec_of(view, port).and_then(|(module, spec)| Some((module, spec.param(&port.port)?.1))) {
            Some((module, param)) => format!("{}, {}", knob_text(view, port, param), param.format(module.value(param))),
            None => String::new(),
        },
    };
    match &scene.picked.carried {
        Some((port, _)) => format!("{at}; a cable from {} is in the hand", view.patch.label(port.module.as_str(), view.library)),
        None => at,
    }
}
