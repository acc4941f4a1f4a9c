//! The inspector: what is selected, in words and numbers, and everything about it that can be set.

mod cable;
mod curves;
mod data;
mod group;
mod module;
mod params;
mod patch;
mod ports;
mod presets;
mod steps;
mod tables;

pub use presets::Chance;

use crate::file_dialog::FileDialog;
use crate::staging::staging_ui;
use crate::theme;
use crate::view::StudioView;
use crate::widgets::dim;
use egui::{RichText, ScrollArea, Ui, UiBuilder};
use patchlight_core::ModuleId;
use patchlight_operators::{Action, Actions};
use patchlight_patch::Edit;

/// What the inspector changes besides the patch.
pub struct InspectorState<'a> {
    /// Choosing a file opens it.
    pub dialog: &'a mut Option<FileDialog>,
    pub chance: &'a mut Chance,
    /// The module whose reference page is shown.
    pub page: &'a mut Option<&'static str>,
}

/// Draws the inspector into `ui`: of the cable that is selected, of one module or several, or of the patch.
pub fn inspector_ui(ui: &mut Ui, view: &StudioView<'_>, state: &mut InspectorState<'_>, actions: &mut Actions) {
    // A row that is too wide is cut off; it must not push the panel wider, frame by frame.
    let (_, rect) = ui.allocate_space(ui.available_size());
    let mut column = ui.new_child(UiBuilder::new().max_rect(rect));
    ScrollArea::vertical().auto_shrink(false).show(&mut column, |ui| {
        let cable = view.selection.cable.as_ref().and_then(|id| view.patch.cables.get_key_value(id));
        let here = |id: &&ModuleId| view.patch.modules.contains_key(*id);
        let modules: Vec<&ModuleId> = view.selection.modules.iter().filter(here).collect();
        let group = view.selection.modules.iter().find_map(|id| view.patch.groups.get_key_value(id)).filter(|_| modules.is_empty());
        match (cable, modules.as_slice()) {
            (None, []) if group.is_some() => {
                if let Some((id, group)) = group {
                    group::group_ui(ui, view, id, group, actions);
                }
            }
            (Some((id, cable)), _) => cable::cable_ui(ui, view, id, cable, actions),
            (None, []) => patch::patch_ui(ui, view, actions),
            (None, [id]) => module::module_ui(ui, view, id, state, actions),
            (None, ids) => several_ui(ui, view, ids, actions),
        }
        staging_ui(ui, view, actions);
        ui.add_space(16.0);
    });
}

/// Several modules: a list, and what can be done to all at once.
fn several_ui(ui: &mut Ui, view: &StudioView<'_>, ids: &[&ModuleId], actions: &mut Actions) {
    ui.label(RichText::new(format!("{} modules", ids.len())).font(theme::semibold(15.0)));
    ui.horizontal(|ui| {
        let all = |make: &dyn Fn(ModuleId) -> Edit| Edit::Batch(ids.iter().map(|id| make((*id).clone())).collect());
        let modules = || ids.iter().filter_map(|id| view.patch.module(id.as_str()));
        let (bypassed, muted) = (!modules().all(|module| module.bypassed), !modules().all(|module| module.muted));
        let word = if bypassed { "Bypass all" } else { "Bypass none" };
        if ui.button(word).on_hover_text(view.says("module.bypass")).clicked() {
            actions.edit(all(&|module| Edit::SetBypassed { module, bypassed }));
        }
        let word = if muted { "Mute all" } else { "Mute none" };
        if ui.button(word).on_hover_text(view.says("module.mute")).clicked() {
            actions.edit(all(&|module| Edit::SetMuted { module, muted }));
        }
        if ui.button("Delete").on_hover_text(view.says("edit.delete")).clicked() {
            let ids: Vec<ModuleId> = ids.iter().map(|id| (*id).clone()).collect();
            actions.edit(view.patch.remove_modules(&ids, Some(view.library)));
        }
    });
    ui.add_space(6.0);
    for id in ids {
        let kind = view.patch.module(id.as_str()).map_or("", |module| module.kind.as_str());
        ui.horizontal(|ui| {
            if ui.selectable_label(false, view.patch.label(id.as_str(), view.library)).on_hover_text("Select it alone").clicked() {
                actions.push(Action::Select((*id).clone()));
            }
            ui.label(dim(kind).font(theme::mono(10.0)));
        });
    }
}
