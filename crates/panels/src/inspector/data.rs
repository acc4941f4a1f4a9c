//! The data of a module: samples by their path, patterns as a grid and as text.

use super::tables::{scala_ui, wavetable_ui};
use super::{curves, steps};
use crate::file_dialog::FileDialog;
use crate::theme;
use crate::view::StudioView;
use crate::widgets::{dim, error_label, icon_button, section, text_box_ui};
use egui::{Id, Ui};
use egui_phosphor::regular as icons;
use patchlight_core::{DataKind, DataSpec, DrawnCurve, Formula, ModuleId, ModuleSpec, Steps};
use patchlight_operators::Actions;
use patchlight_patch::{Edit, Module};

pub fn data_ui(
    ui: &mut Ui,
    view: &StudioView<'_>,
    id: &ModuleId,
    module: &Module,
    spec: &ModuleSpec,
    dialog: &mut Option<FileDialog>,
    actions: &mut Actions,
) {
    for field in spec.data {
        let mut title = field.id.replace('_', " ");
        if let Some(first) = title.get_mut(0..1) {
            first.make_ascii_uppercase();
        }
        section(ui, &title);
        if !field.about.is_empty() {
            ui.label(dim(field.about).font(theme::regular(11.0)));
        }
        match field.kind {
            DataKind::Wavetable => wavetable_ui(ui, view, id, module, field, dialog, actions),
            DataKind::Scale | DataKind::KeyMap => scala_ui(ui, view, id, module, field, dialog, actions),
            DataKind::Sample => sample_ui(ui, view, id, module, field, dialog, actions),
            DataKind::Formula => {
                let error = module.text(field).parse::<Formula>().err();
                typed_ui(ui, id, module, field, "a * sin(2 * pi * b) + p", error.map(|error| error.to_string()), actions);
            }
            DataKind::Curve => curve_ui(ui, id, module, field, theme::family(spec.family()), actions),
            DataKind::Steps => pattern_ui(ui, id, module, field, theme::family(spec.family()), actions),
        }
    }
}

pub(super) fn set(id: &ModuleId, field: &DataSpec, text: &str) -> Edit {
    let text = (text != field.default).then(|| text.to_owned());
    Edit::SetData { module: id.clone(), field: field.id.to_owned(), text }
}

fn sample_ui(
    ui: &mut Ui,
    view: &StudioView<'_>,
    id: &ModuleId,
    module: &Module,
    field: &DataSpec,
    dialog: &mut Option<FileDialog>,
    actions: &mut Actions,
) {
    ui.horizontal(|ui| {
        if icon_button(ui, icons::FOLDER_OPEN, &format!("choose {}", field.id), "Choose a sound file", true).clicked() {
            *dialog = Some(FileDialog::sample(view, id.clone(), field.id.to_owned()));
        }
        let text = module.text(field);
        let box_id = Id::new(("data", id, field.id));
        if let Some(path) = text_box_ui(ui, box_id, field.id, text, "Path of a sound file, from the patch", 1, theme::mono(11.0)) {
            actions.edit(set(id, field, &path));
        }
    });
}

/// A text box, and what is wrong with what stands in it.
pub(super) fn typed_ui(
    ui: &mut Ui,
    id: &ModuleId,
    module: &Module,
    field: &DataSpec,
    hint: &str,
    error: Option<String>,
    actions: &mut Actions,
) {
    if let Some(error) = error {
        error_label(ui, &error);
    }
    let box_id = Id::new(("data", id, field.id));
    if let Some(typed) = text_box_ui(ui, box_id, field.id, module.text(field), hint, 2, theme::mono(11.0)) {
        actions.edit(set(id, field, &typed));
    }
}

/// The curve to draw on, and its points as text.
fn curve_ui(ui: &mut Ui, id: &ModuleId, module: &Module, field: &DataSpec, color: egui::Color32, actions: &mut Actions) {
    let parsed = module.text(field).parse::<DrawnCurve>();
    if let Ok(curve) = &parsed
        && let Some((changed, gesture)) = curves::curve_ui(ui, (id, field.id), curve, color)
    {
        let edit = set(id, field, &changed.to_string());
        actions.edit_as(edit.describe(), edit, gesture);
    }
    typed_ui(ui, id, module, field, "-1,-1 0,0.5~0.3 1,1", parsed.err().map(|error| error.to_string()), actions);
}

fn pattern_ui(ui: &mut Ui, id: &ModuleId, module: &Module, field: &DataSpec, color: egui::Color32, actions: &mut Actions) {
    let text = module.text(field);
    match text.parse::<Steps>() {
        Ok(pattern) => {
            if let Some((changed, gesture)) = steps::steps_ui(ui, (id, field.id), &pattern, color) {
                let edit = set(id, field, &changed.to_string());
                actions.edit_as(edit.describe(), edit, gesture);
            }
        }
        Err(error) => error_label(ui, &error.to_string()),
    }
    let box_id = Id::new(("data", id, field.id));
    if let Some(typed) = text_box_ui(ui, box_id, field.id, text, "C2 . Eb2! _ G2*2 C3?50", 2, theme::mono(11.0)) {
        actions.edit(set(id, field, &typed));
    }
}
