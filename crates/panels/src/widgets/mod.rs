//! The small parts that all panels are built of, each with a name for screen readers.

mod slider;
mod value_box;

pub use slider::{Slider, SliderChange};
pub use value_box::{ValueBox, text_box_ui};

use crate::theme;
use egui::{Color32, CornerRadius, Id, Rect, Response, RichText, Sense, Ui, Vec2, WidgetInfo, WidgetType, vec2};
use patchlight_patch::Gesture;

/// Gesture numbers of the panels have this bit, so that they never meet those of the canvas.
const PANELS_BIT: u64 = 1 << 63;

/// A number for the movement that this widget is in: a new one for each drag and each time it gets the keys.
pub fn gesture(response: &Response) -> Gesture {
    let own = response.id.with("gesture");
    // Asked before the context is locked.
    let begins = response.drag_started() || response.gained_focus();
    response.ctx.data_mut(|data| {
        let running = data.get_temp::<u64>(own).filter(|_| !begins);
        let number = running.unwrap_or_else(|| {
            let count = data.get_temp_mut_or_default::<u64>(Id::new("panels gestures"));
            *count += 1;
            *count
        });
        data.insert_temp(own, number);
        Gesture(PANELS_BIT | number)
    })
}

/// How far the hand went since the last frame; when the drag begins, since it pressed, so that nothing of the way is lost.
pub fn moved(response: &Response) -> Vec2 {
    let whole = response.total_drag_delta().filter(|_| response.drag_started());
    whole.unwrap_or_else(|| response.drag_delta())
}

/// A square button with an icon. `name` is what screen readers say; the tooltip should end with the key.
pub fn icon_button(ui: &mut Ui, icon: &str, name: &str, tooltip: &str, enabled: bool) -> Response {
    colored_icon_button(ui, icon, name, tooltip, enabled, theme::text_soft())
}

pub fn colored_icon_button(ui: &mut Ui, icon: &str, name: &str, tooltip: &str, enabled: bool, color: Color32) -> Response {
    let text = RichText::new(icon).font(theme::regular(16.0)).color(if enabled { color } else { theme::dim().gamma_multiply(0.5) });
    let button = egui::Button::new(text).frame_when_inactive(false).min_size(Vec2::splat(26.0));
    let response = ui.add_enabled(enabled, button);
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, enabled, name));
    response.on_hover_text(tooltip).on_disabled_hover_text(tooltip)
}

/// An on/off switch with its word beside it.
pub fn switch(ui: &mut Ui, on: bool, word: &str, name: &str, tooltip: &str) -> Response {
    ui.horizontal(|ui| {
        let (rect, response) = ui.allocate_exact_size(vec2(26.0, 16.0), Sense::click());
        let shift = ui.ctx().animate_bool(response.id, on);
        let fill = theme::track().lerp_to_gamma(theme::good().gamma_multiply(0.8), shift);
        ui.painter().rect_filled(rect, 8.0, fill);
        let x = egui::lerp(rect.left() + 8.0..=rect.right() - 8.0, shift);
        ui.painter().circle_filled(egui::pos2(x, rect.center().y), 5.5, theme::text());
        focus_ring(ui, &response, rect);
        if !word.is_empty() {
            ui.label(word);
        }
        response.widget_info(|| WidgetInfo::selected(WidgetType::Checkbox, true, on, name));
        response.on_hover_text(tooltip)
    })
    .inner
}

/// A line around what has the keys.
pub fn focus_ring(ui: &Ui, response: &Response, rect: Rect) {
    if response.has_focus() {
        let stroke = egui::Stroke::new(1.0, theme::accent());
        ui.painter().rect_stroke(rect.expand(2.0), 5.0, stroke, egui::StrokeKind::Outside);
    }
}

/// A level as a bar from −60 to 0 dB of full scale, with its name for screen readers.
pub fn level_bar(ui: &mut Ui, size: Vec2, level_db: f32, name: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    paint_level(ui, rect, level_db);
    response.widget_info(|| WidgetInfo::labeled(WidgetType::ProgressIndicator, true, name));
    response
}

/// How far a level reaches in a meter from −60 to 0 dB.
pub fn level_share(level_db: f32) -> f32 {
    ((level_db + 60.0) / 60.0).clamp(0.0, 1.0)
}

pub fn paint_level(ui: &Ui, rect: Rect, level_db: f32) {
    let round = CornerRadius::same(3);
    ui.painter().rect_filled(rect, round, theme::track());
    let share = level_share(level_db);
    if share > 0.0 {
        let lit = Rect::from_min_size(rect.min, vec2(rect.width() * share, rect.height()));
        ui.painter().rect_filled(lit, round, theme::level(level_db));
    }
}

/// A level in words: `−12.1`, `−∞` where nothing is.
pub fn level_text(level_db: f32) -> String {
    if level_db <= -96.0 { "−∞".to_owned() } else { format!("{level_db:.1}").replace('-', "−") }
}

/// The heading of a part of a panel.
pub fn section(ui: &mut Ui, title: &str) {
    ui.add_space(10.0);
    ui.label(RichText::new(title).font(theme::semibold(12.0)).color(theme::text()));
    ui.add_space(2.0);
}

/// A line of text in a column of this width, that can be clicked.
pub fn column_label(ui: &mut Ui, width: f32, text: RichText) -> Response {
    let (_, rect) = ui.allocate_space(vec2(width, 20.0));
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    let mut column = ui.new_child(egui::UiBuilder::new().max_rect(rect).layout(layout));
    column.add(egui::Label::new(text).truncate().sense(Sense::click()))
}

/// What went wrong, in words.
pub fn error_label(ui: &mut Ui, text: &str) {
    ui.add(egui::Label::new(RichText::new(text).font(theme::regular(11.0)).color(theme::clip())).wrap());
}

pub fn dim(text: impl Into<String>) -> RichText {
    RichText::new(text).color(theme::dim())
}

pub fn mono(text: impl Into<String>) -> RichText {
    RichText::new(text).font(theme::mono(11.0))
}

/// A small coloured bar, the mark of a family.
pub fn family_mark(ui: &mut Ui, color: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(3.0, 13.0), Sense::hover());
    ui.painter().rect_filled(rect, 1.5, color);
}
