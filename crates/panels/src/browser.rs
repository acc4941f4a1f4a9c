//! The browser: every module by family, or by what is typed. Click adds one, dragging puts it where it is dropped.

use crate::theme;
use crate::view::StudioView;
use crate::widgets::{dim, family_mark};
use egui::{CollapsingHeader, CursorIcon, Key, LayerId, Order, RichText, ScrollArea, Sense, TextEdit, Ui, WidgetInfo, WidgetType, vec2};
use patchlight_core::{Family, ModuleSpec};
use patchlight_operators::{Action, Actions};

/// Draws the browser into `ui`. `query` is what is typed into its search box.
pub fn browser_ui(ui: &mut Ui, view: &StudioView<'_>, query: &mut String, actions: &mut Actions) {
    let hint = RichText::new("Search modules").color(theme::dim());
    let search = ui.add(TextEdit::singleline(query).hint_text(hint).desired_width(f32::INFINITY).margin(vec2(8.0, 6.0)));
    ui.ctx().accesskit_node_builder(search.id, |node| node.set_label("search modules"));
    let entered = search.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    search.on_hover_text("Names, tags and what a module does: \"wobble\" finds the LFO. Enter adds the first");
    let found = view.library.search(query);
    if let Some(first) = found.first().filter(|_| entered && !query.trim().is_empty()) {
        actions.push(Action::AddModule { kind: first.id, at: None, wire: None });
    }
    let outside = ui.max_rect();
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        if !query.trim().is_empty() {
            if found.is_empty() {
                ui.label(dim(format!("No module is found by \"{}\". Try what it should do: duck, pluck, echo.", query.trim())));
            }
            found.iter().for_each(|spec| module_ui(ui, spec, outside, actions));
            return;
        }
        for family in Family::ALL {
            let specs: Vec<_> = view.library.specs().iter().filter(|spec| spec.family() == family).collect();
            if !specs.is_empty() {
                let title = RichText::new(family.title()).font(theme::semibold(11.5)).color(theme::family(family));
                CollapsingHeader::new(title).id_salt(family.id()).default_open(true).show(ui, |ui| {
                    specs.iter().for_each(|spec| module_ui(ui, spec, outside, actions));
                });
            }
        }
    });
}

fn module_ui(ui: &mut Ui, spec: &'static ModuleSpec, browser: egui::Rect, actions: &mut Actions) {
    let color = theme::family(spec.family());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::click_and_drag());
    if response.hovered() || response.has_focus() || response.dragged() {
        ui.painter().rect_filled(rect, 6.0, theme::chip());
    }
    let mut row = ui
        .new_child(egui::UiBuilder::new().max_rect(rect.shrink2(vec2(8.0, 0.0))).layout(egui::Layout::left_to_right(egui::Align::Center)));
    family_mark(&mut row, color);
    row.add(egui::Label::new(spec.name).truncate().selectable(false));
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, format!("add {}", spec.name)));
    if response.clicked() {
        actions.push(Action::AddModule { kind: spec.id, at: None, wire: None });
    }
    let pointer = ui.input(|input| input.pointer.latest_pos());
    if response.dragged() {
        if let Some(pos) = pointer {
            ghost(ui, spec, pos);
        }
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
    }
    if let Some(pos) = pointer.filter(|pos| response.drag_stopped() && !browser.contains(*pos)) {
        actions.push(Action::AddModule { kind: spec.id, at: Some(pos.into()), wire: None });
    }
    response.on_hover_ui(|ui| {
        ui.label(RichText::new(spec.name).font(theme::semibold(12.0)).color(color));
        ui.label(spec.about);
        ui.label(dim("Click or Enter adds it, drag it to where you want it, or onto a cable to put it in between"));
    });
}

/// What is dragged, under the pointer.
fn ghost(ui: &Ui, spec: &ModuleSpec, pos: egui::Pos2) {
    let painter = ui.ctx().layer_painter(LayerId::new(Order::Tooltip, egui::Id::new("dragged module")));
    let text = painter.layout_no_wrap(spec.name.to_owned(), theme::medium(12.0), theme::text());
    let rect = egui::Rect::from_min_size(pos + vec2(10.0, 4.0), text.size() + vec2(26.0, 12.0));
    let edge = egui::Stroke::new(1.0, theme::family(spec.family()));
    painter.rect(rect, 7.0, theme::chip(), edge, egui::StrokeKind::Inside);
    painter.galley(rect.min + vec2(13.0, 6.0), text, theme::text());
}
