//! The reference page of a module, from its declaration: the same texts as in `docs/modules`.

use crate::action::{Action, Actions};
use crate::theme;
use crate::view::{PageView, StudioView};
use crate::widgets::{dim, family_mark, mono};
use egui::{Grid, Id, Key, Label, Modal, RichText, ScrollArea, Sense, Shape, Stroke, Ui, WidgetInfo, WidgetType};
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
        ScrollArea::vertical().max_height(480.0).auto_shrink([false, true]).show(ui, |ui| page_of(ui, spec, (view.page)(spec.id)));
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

fn page_of(ui: &mut Ui, spec: &ModuleSpec, extra: Option<PageView>) {
    ui.add(Label::new(spec.about).wrap());
    let extra = extra.unwrap_or_default();
    if !extra.lines.is_empty() {
        picture(ui, &extra, theme::family(spec.family()));
    }
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
    if !extra.figures.is_empty() {
        heading(ui, "Measured");
        Grid::new("page figures").num_columns(3).spacing([16.0, 5.0]).striped(true).show(ui, |ui| {
            for [what, figure, bar] in &extra.figures {
                ui.add(Label::new(*what).wrap());
                ui.label(mono(*figure));
                ui.label(dim(format!("wanted {bar}")));
                ui.end_row();
            }
        });
    }
    if !spec.presets.is_empty() {
        heading(ui, "Presets");
        for preset in spec.presets {
            ui.label(format!("{}: {}", preset.name, preset.tags.replace(' ', ", ")));
        }
    }
}

/// What it does, as a line.
fn picture(ui: &mut Ui, extra: &PageView, color: egui::Color32) {
    const HEIGHT: f32 = 120.0;
    let (rect, response) = ui.allocate_exact_size(egui::vec2(ui.available_width(), HEIGHT), Sense::hover());
    ui.painter().rect_filled(rect, 6.0, theme::WELL);
    let inside = rect.shrink(6.0);
    for (number, line) in extra.lines.iter().enumerate() {
        let is_last = number + 1 == extra.lines.len();
        let points = line.iter().map(|[x, y]| egui::pos2(inside.left() + x * inside.width(), inside.bottom() - y * inside.height()));
        let stroke = if is_last { Stroke::new(1.6, color) } else { Stroke::new(1.0, theme::DIM) };
        ui.painter().add(Shape::line(points.collect(), stroke));
    }
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Image, true, extra.caption));
    ui.label(dim(extra.caption).font(theme::regular(11.0)));
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
