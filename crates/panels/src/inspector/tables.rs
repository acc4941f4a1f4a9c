//! Data that comes from a list or from a file: wavetables, scales and keyboard maps.

use super::data::{set, typed_ui};
use crate::file_dialog::FileDialog;
use crate::theme;
use crate::view::StudioView;
use crate::widgets::{icon_button, text_box_ui};
use egui::{ComboBox, Id, Ui, WidgetInfo, WidgetType};
use egui_phosphor::regular as icons;
use patchlight_core::{DataKind, DataSpec, KeyMap, ModuleId, Scale};
use patchlight_operators::Actions;
use patchlight_patch::Module;

/// Lengths of a cycle that a file of waveforms may have; 0 is as the file says.
const CYCLES: [u32; 6] = [0, 256, 512, 1024, 2048, 4096];

/// A wavetable: those that come along, or a file with the length of its cycles.
pub fn wavetable_ui(
    ui: &mut Ui,
    view: &StudioView<'_>,
    id: &ModuleId,
    module: &Module,
    field: &DataSpec,
    dialog: &mut Option<FileDialog>,
    actions: &mut Actions,
) {
    let text = module.text(field);
    let mut chosen: Option<String> = None;
    ui.horizontal(|ui| {
        if icon_button(ui, icons::FOLDER_OPEN, &format!("choose {}", field.id), "Choose a WAV file of single cycles", true).clicked() {
            *dialog = Some(FileDialog::sample(view, id.clone(), field.id.to_owned()));
        }
        let combo = ComboBox::from_id_salt(("data", id, field.id)).selected_text(text).width(ui.available_width() - 8.0).height(420.0);
        let response = combo.show_ui(ui, |ui| {
            for name in field.choices {
                if ui.selectable_label(text == *name, *name).clicked() {
                    chosen = Some((*name).to_owned());
                }
            }
        });
        response.response.widget_info(|| WidgetInfo::labeled(WidgetType::ComboBox, true, format!("{}, {text}", field.id)));
        response.response.on_hover_text(field.about);
    });
    if !field.choices.contains(&text) {
        let (path, frames) = text.rsplit_once('@').unwrap_or((text, "0"));
        ui.horizontal(|ui| {
            let label = |frames: u32| if frames == 0 { "as the file says".to_owned() } else { format!("{frames} frames") };
            let now = frames.parse().unwrap_or(0);
            ui.label("Cycles");
            ComboBox::from_id_salt(("cycles", id, field.id)).selected_text(label(now)).show_ui(ui, |ui| {
                for frames in CYCLES {
                    if ui.selectable_label(now == frames, label(frames)).clicked() {
                        chosen = Some(if frames == 0 { path.to_owned() } else { format!("{path}@{frames}") });
                    }
                }
            });
        });
    }
    if let Some(chosen) = chosen.filter(|chosen| chosen != text) {
        actions.edit(set(id, field, &chosen));
    }
}

/// A scale or a keyboard map: its text, and a button that reads a file into it.
pub fn scala_ui(
    ui: &mut Ui,
    view: &StudioView<'_>,
    id: &ModuleId,
    module: &Module,
    field: &DataSpec,
    dialog: &mut Option<FileDialog>,
    actions: &mut Actions,
) {
    let text = module.text(field);
    let (error, hint, file) = match field.kind {
        DataKind::KeyMap => (text.parse::<KeyMap>().err(), "Empty: one note after the other", "a Scala keyboard map (.kbm)"),
        _ => (text.parse::<Scale>().err(), "9/8 5/4 4/3 3/2 5/3 15/8 2/1", "a Scala scale (.scl)"),
    };
    ui.horizontal(|ui| {
        if icon_button(ui, icons::FOLDER_OPEN, &format!("read {}", field.id), &format!("Read {file}; its text is kept in the patch"), true)
            .clicked()
        {
            *dialog = Some(FileDialog::text(view, id.clone(), field));
        }
        if !text.is_empty() && icon_button(ui, icons::X, &format!("clear {}", field.id), "Back to none", true).clicked() {
            actions.edit(set(id, field, ""));
        }
        if let Some(name) = text.parse::<Scale>().ok().filter(|_| field.kind == DataKind::Scale) {
            let title = if name.name.is_empty() { format!("{} notes", name.len()) } else { format!("{}, {} notes", name.name, name.len()) };
            ui.label(crate::widgets::dim(title).font(theme::regular(11.0)));
        }
    });
    if text.lines().count() > 2 {
        // A whole file: shown, and edited line by line.
        let box_id = Id::new(("data", id, field.id));
        if let Some(error) = error {
            crate::widgets::error_label(ui, &error.to_string());
        }
        if let Some(typed) = text_box_ui(ui, box_id, field.id, text, hint, 6, theme::mono(11.0)) {
            actions.edit(set(id, field, &typed));
        }
    } else {
        let error = error.filter(|_| !text.is_empty()).map(|error| error.to_string());
        typed_ui(ui, id, module, field, hint, error, actions);
    }
}
