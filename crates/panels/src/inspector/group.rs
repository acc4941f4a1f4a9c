//! A sub-patch: its name, what is in it, and what is shown on its box.

use crate::theme;
use crate::view::StudioView;
use crate::widgets::{dim, icon_button, section, text_box_ui};
use egui::{Id, Ui};
use egui_phosphor::regular as icons;
use patchlight_core::PortRef;
use patchlight_operators::{Action, Actions};
use patchlight_patch::{Edit, Group, GroupId};

pub fn group_ui(ui: &mut Ui, view: &StudioView<'_>, id: &GroupId, group: &Group, actions: &mut Actions) {
    let set = |group: Group| Edit::SetGroup { id: id.clone(), group: Some(Box::new(group)) };
    if let Some(name) =
        text_box_ui(ui, Id::new(("group name", id)), "sub-patch name", &group.name, "Name this sub-patch", 1, theme::semibold(15.0))
    {
        actions.edit(set(Group { name, ..group.clone() }));
    }
    let modules = view.patch.modules_in(id);
    ui.label(dim(format!("sub-patch of {} modules", modules.len())));
    ui.horizontal(|ui| {
        for (word, operator) in [("Look inside", "group.enter"), ("Ungroup", "group.ungroup"), ("Keep", "group.keep")] {
            if ui.button(word).on_hover_text(view.says(operator)).clicked() {
                actions.push(Action::Run(operator));
            }
        }
    });
    let twins = view.patch.twins(id);
    ui.horizontal(|ui| {
        let linked = group.link.is_some();
        let operators = if linked {
            &[("Linked copy", "group.link_copy"), ("Detach", "group.detach")][..]
        } else {
            &[("Linked copy", "group.link_copy")]
        };
        for (word, operator) in operators {
            if ui.button(*word).on_hover_text(view.says(operator)).clicked() {
                actions.push(Action::Run(operator));
            }
        }
        if linked {
            ui.label(dim(format!("linked with {} other{}", twins.len(), if twins.len() == 1 { "" } else { "s" })));
        }
    });
    section(ui, "On its box");
    ui.label(
        dim("Where cables cross its border there is a port. Inside, E shows the knob or port that the keys are at.")
            .font(theme::regular(11.0)),
    );
    for port in group.knobs.iter().chain(&group.ports) {
        ui.horizontal(|ui| {
            ui.label(port_text(view, port));
            if icon_button(ui, icons::X, &format!("hide {port}"), "No longer show it on the box", true).clicked() {
                let without = |list: &[PortRef]| list.iter().filter(|other| *other != port).cloned().collect();
                actions.edit(set(Group { knobs: without(&group.knobs), ports: without(&group.ports), ..group.clone() }));
            }
        });
    }
    section(ui, "Modules");
    for module in modules {
        if ui.selectable_label(false, view.patch.label(module.as_str(), view.library)).on_hover_text("Show it where it lies").clicked() {
            actions.push(Action::Frame(module.clone()));
            actions.push(Action::Select(module));
        }
    }
}

fn port_text(view: &StudioView<'_>, port: &PortRef) -> String {
    let spec = view.patch.module(port.module.as_str()).and_then(|module| view.library.get(&module.kind));
    let param = spec.and_then(|spec| spec.param(&port.port)).map(|(_, param)| param.name());
    let name = param.unwrap_or_else(|| port.port.replace('_', " "));
    format!("{} {name}", view.patch.label(port.module.as_str(), view.library))
}
