//! One module: its name, what it is, its switches, and then its parameters, data and ports.

use super::{InspectorState, data, params, ports, presets};
use crate::theme;
use crate::view::StudioView;
use crate::widgets::{dim, error_label, family_mark, icon_button, mono, section, switch, text_box_ui};
use egui::{Id, Label, RichText, Ui};
use egui_phosphor::regular as icons;
use patchlight_core::{ModuleId, ModuleSpec};
use patchlight_operators::{Action, Actions};
use patchlight_patch::{Edit, Module};

pub fn module_ui(ui: &mut Ui, view: &StudioView<'_>, id: &ModuleId, state: &mut InspectorState<'_>, actions: &mut Actions) {
    let Some(module) = view.patch.module(id.as_str()) else { return };
    let spec = view.library.get(&module.kind);
    head_ui(ui, view, id, module, spec, state, actions);
    ui.push_id(id.as_str(), |ui| match spec {
        Some(spec) => {
            ui.add_space(6.0);
            ui.add(Label::new(RichText::new(spec.about).color(theme::text_soft())).wrap());
            live_ui(ui, view, id);
            ui.add_space(8.0);
            presets::presets_ui(ui, view, id, module, spec, state.chance, actions);
            params::params_ui(ui, view, id, module, spec, &mut state.chance.locked, actions);
            data::data_ui(ui, view, id, module, spec, state.dialog, actions);
            ports::ports_ui(ui, view, id, spec, actions);
        }
        None => unknown_ui(ui, module),
    });
}

fn head_ui(
    ui: &mut Ui,
    view: &StudioView<'_>,
    id: &ModuleId,
    module: &Module,
    spec: Option<&'static ModuleSpec>,
    state: &mut InspectorState<'_>,
    actions: &mut Actions,
) {
    let label = view.patch.label(id.as_str(), view.library);
    ui.horizontal(|ui| {
        let family = patchlight_core::Family::of(&module.kind);
        family_mark(ui, family.map_or(theme::dim(), theme::family));
        let box_id = Id::new(("module name", id));
        ui.visuals_mut().text_edit_bg_color = Some(theme::chrome());
        ui.visuals_mut().widgets.inactive.bg_stroke.color = theme::chrome();
        if let Some(name) = text_box_ui(ui, box_id, "module name", &label, "Name", 1, theme::semibold(15.0)) {
            let own = spec.is_none_or(|spec| spec.name != name) && !name.is_empty();
            actions.edit(Edit::Rename { module: id.clone(), name: own.then_some(name) });
        }
    });
    ui.label(mono(format!("{}   {id}", module.kind)).font(theme::mono(10.0)).color(theme::dim()));
    ui.horizontal(|ui| {
        let on = switch(ui, module.bypassed, "Bypass", &format!("{label}, bypass"), &view.says("module.bypass"));
        if on.clicked() {
            actions.edit(Edit::SetBypassed { module: id.clone(), bypassed: !module.bypassed });
        }
        let on = switch(ui, module.muted, "Mute", &format!("{label}, mute"), &view.says("module.mute"));
        if on.clicked() {
            actions.edit(Edit::SetMuted { module: id.clone(), muted: !module.muted });
        }
        let on = switch(ui, module.soloed, "Solo", &format!("{label}, solo"), &view.says("module.solo"));
        if on.clicked() {
            actions.edit(Edit::SetSoloed { module: id.clone(), soloed: !module.soloed });
        }
    });
    ui.horizontal(|ui| {
        if icon_button(ui, icons::CROSSHAIR, "frame", &view.with_key("Bring it into view", "view.fit_selection"), true).clicked() {
            actions.push(Action::Frame(id.clone()));
        }
        if let Some(spec) = spec
            && icon_button(ui, icons::QUESTION, "reference page", &view.says("module.page"), true).clicked()
        {
            *state.page = Some(spec.id);
        }
        if icon_button(ui, icons::TRASH, "delete module", &view.says("edit.delete"), true).clicked() {
            actions.edit(view.patch.remove_modules(std::slice::from_ref(id), Some(view.library)));
        }
    });
}

/// What it does right now, where it is run.
fn live_ui(ui: &mut Ui, view: &StudioView<'_>, id: &ModuleId) {
    let plural = |n: u32, word: &str| if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") };
    match (view.levels)(id) {
        Some(levels) if levels.faulty => {
            error_label(
                ui,
                "It put out something that is not a number and was silenced. Turn down feedback, or take it out and put it back.",
            );
        }
        Some(levels) => {
            let load = if levels.share > 0.0 { format!(", {:.2} % of the time there is", levels.share * 100.0) } else { String::new() };
            let text = format!("{}, {}{load}", plural(levels.voices, "voice"), plural(levels.channels, "channel"));
            ui.label(dim(text).font(theme::regular(11.0)));
        }
        None => {
            ui.label(dim("Not running: it is not heard, or the sound is off.").font(theme::regular(11.0)));
        }
    }
}

/// A module that this version does not know.
fn unknown_ui(ui: &mut Ui, module: &Module) {
    ui.add_space(6.0);
    error_label(
        ui,
        &format!("This version has no module of kind {}. It is silent, and everything of it is kept and saved as it was.", module.kind),
    );
    if !module.params.is_empty() || !module.data.is_empty() {
        section(ui, "Kept as read");
    }
    for (name, value) in &module.params {
        ui.label(mono(format!("{name}: {value}")));
    }
    for (name, text) in &module.data {
        ui.add(Label::new(mono(format!("{name}: {text}"))).truncate());
    }
}
