//! The reference page of a module, from its declaration: the same texts as in `docs/modules`.

use crate::action::{Action, Actions};
use crate::theme;
use crate::view::StudioView;
use crate::widgets::{dim, family_mark, mono};
use egui::{Grid, Id, Key, Label, Modal, RichText, ScrollArea, Ui};
use patchlight_core::{ModuleSpec, PortSpec};

/// Draws the page of a kind over everything while one is open. Esc or a click beside it closes it.
pub fn page_ui(ui: &Ui, view: &StudioView<'_>, page: &mut Option<&'static str>, actions: &mut Actions) {
    let Some(spec) = page.and_then(|kind| view.library.get(kind)) else { return };
    let mut tried = false;
    let modal = Modal::new(Id::new("reference page")).show(ui.ctx(), |ui| {
        ui.set_width(620.0);
        ui.horizontal(|ui| {
            family_mark(ui, theme::family(spec.family()));
            ui.label(RichText::new(spec.name).font(theme::semibold(17.0)));
            ui.label(mono(spec.id).color(theme::DIM));
        });
        ScrollArea::vertical().max_height(480.0).auto_shrink([false, true]).show(ui, |ui| page_of(ui, spec));
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            tried = ui.button("Try it").on_hover_text("A new patch with this module, wired so that it does something").clicked();
            tried || ui.button("Close").on_hover_text("Back to the patch (Esc)").clicked()
        })
        .inner
    });
    if tried {
        actions.push(Action::Try(spec.id));
    }
    if modal.inner || modal.backdrop_response.clicked() || ui.input(|input| input.key_pressed(Key::Escape)) {
        *page = None;
    }
}

fn page_of(ui: &mut Ui, spec: &ModuleSpec) {
    ui.add(Label::new(spec.about).wrap());
    ui.label(dim(format!("Found by: {}", spec.tags.join(", "))).font(theme::regular(11.0)));
    ports(ui, "Inputs", spec.inputs);
    if !spec.params.is_empty() {
        heading(ui, "Knobs");
        Grid::new("page knobs").num_columns(3).spacing([16.0, 5.0]).striped(true).show(ui, |ui| {
            for param in spec.params {
                ui.label(mono(param.id));
                ui.add(Label::new(param.about).wrap());
                ui.label(dim(format!(
                    "{} to {}, begins at {}",
                    param.format(param.min),
                    param.format(param.max),
                    param.format(param.default)
                )));
                ui.end_row();
            }
        });
    }
    for field in spec.data {
        heading(ui, field.id);
        ui.add(Label::new(field.about).wrap());
    }
    ports(ui, "Outputs", spec.outputs);
    if !spec.presets.is_empty() {
        heading(ui, "Presets");
        for preset in spec.presets {
            ui.label(format!("{}: {}", preset.name, preset.tags.replace(' ', ", ")));
        }
    }
}

fn heading(ui: &mut Ui, text: &str) {
    ui.add_space(8.0);
    ui.label(RichText::new(text).font(theme::semibold(12.5)));
}

fn ports(ui: &mut Ui, title: &str, ports: &[PortSpec]) {
    if ports.is_empty() {
        return;
    }
    heading(ui, title);
    Grid::new(title).num_columns(3).spacing([16.0, 5.0]).show(ui, |ui| {
        for port in ports {
            ui.label(mono(port.id));
            ui.label(dim(port.kind.name()));
            ui.add(Label::new(port.about).wrap());
            ui.end_row();
        }
    });
}
