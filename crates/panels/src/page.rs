//! The reference page of a module, from its declaration: the same texts as in `docs/modules`.

use crate::theme;
use crate::view::{PageView, StudioView};
use crate::widgets::{dim, family_mark, mono};
use egui::{Id, Key, Label, Modal, RichText, ScrollArea, Sense, Shape, Stroke, Ui, WidgetInfo, WidgetType};
use patchlight_core::{ModuleSpec, ParamKind, PortSpec};
use patchlight_operators::{Action, Actions};

/// Draws the page of a kind over everything while one is open. Esc or a click beside it closes it.
pub fn page_ui(ui: &Ui, view: &StudioView<'_>, page: &mut Option<&'static str>, actions: &mut Actions) {
    let Some(spec) = page.and_then(|kind| view.library.get(kind)) else { return };
    let mut tried = false;
    let modal = Modal::new(Id::new("reference page")).show(ui.ctx(), |ui| {
        ui.set_width(620.0);
        ui.horizontal(|ui| {
            family_mark(ui, theme::family(spec.family()));
            ui.label(RichText::new(spec.name).font(theme::semibold(17.0)));
            ui.label(mono(spec.id).color(theme::dim()));
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
        for param in spec.params {
            row(ui, param.id, |ui| {
                ui.add(Label::new(param.about).wrap());
                let range = match param.kind {
                    ParamKind::Choice(labels) => labels.join(", "),
                    ParamKind::Toggle => "off, on".to_owned(),
                    ParamKind::Number | ParamKind::Whole => format!("{} to {}", param.format(param.min), param.format(param.max)),
                };
                ui.add(Label::new(dim(format!("{range}; begins at {}", param.format(param.default)))).wrap());
            });
        }
    }
    for field in spec.data {
        heading(ui, field.id);
        ui.add(Label::new(field.about).wrap());
    }
    ports(ui, "Outputs", spec.outputs);
    if !extra.figures.is_empty() {
        heading(ui, "Measured");
        for [what, figure, bar] in &extra.figures {
            row(ui, figure, |ui| {
                ui.add(Label::new(format!("{what}; wanted {bar}")).wrap());
            });
        }
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
    ui.painter().rect_filled(rect, 6.0, theme::well());
    let inside = rect.shrink(6.0);
    for (number, line) in extra.lines.iter().enumerate() {
        let is_last = number + 1 == extra.lines.len();
        let points = line.iter().map(|[x, y]| egui::pos2(inside.left() + x * inside.width(), inside.bottom() - y * inside.height()));
        let stroke = if is_last { Stroke::new(1.6, color) } else { Stroke::new(1.0, theme::dim()) };
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
    for port in ports {
        row(ui, port.id, |ui| {
            ui.add(Label::new(format!("{}. {}", port.kind.name(), port.about)).wrap());
        });
    }
}

/// A word on the left, and what belongs to it beside it, as wide as there is room.
fn row(ui: &mut Ui, word: &str, rest: impl FnOnce(&mut Ui)) {
    const WORD_WIDTH: f32 = 150.0;
    ui.horizontal_top(|ui| {
        ui.allocate_ui_with_layout(egui::vec2(WORD_WIDTH, 0.0), egui::Layout::left_to_right(egui::Align::Min), |ui| {
            ui.set_min_width(WORD_WIDTH);
            ui.add(Label::new(mono(word)).truncate());
        });
        ui.vertical(rest);
    });
}
