//! The line at the bottom: what the hands can do next, and how many messages there are.

use crate::state::Panels;
use crate::theme;
use crate::view::StudioView;
use crate::widgets::dim;
use egui::{Align, Layout, RichText, Ui, WidgetInfo, WidgetType};
use egui_phosphor::regular as icons;
use patchlight_patch::Severity;

/// What stands there while nothing else is to be said.
pub const HINT: &str = "Tab add   ·   Space play   ·   F1 keys   ·   drag from a port to wire   ·   double-click a knob to reset it";

/// Draws the line into `ui`.
pub fn hint_ui(ui: &mut Ui, view: &StudioView<'_>, panels: &mut Panels) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let count = |severity| view.messages.iter().filter(|message| message.severity == severity).count();
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        let color = match (errors, warnings) {
            (0, 0) => theme::dim(),
            (0, _) => theme::warn(),
            _ => theme::clip(),
        };
        let text = summary(errors, warnings, view.messages.len());
        let text = RichText::new(format!("{} {text}", icons::WARNING_CIRCLE)).font(theme::regular(11.0)).color(color);
        let button = ui.add(egui::Button::new(text).frame_when_inactive(false));
        let name = format!("messages, {}", summary(errors, warnings, view.messages.len()));
        button.widget_info(|| WidgetInfo::selected(WidgetType::Button, true, panels.messages_open, &name));
        if button.on_hover_text(view.says("panel.messages")).clicked() {
            panels.messages_open = !panels.messages_open;
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.add(egui::Label::new(dim(HINT).font(theme::regular(11.0))).truncate());
        });
    });
}

fn summary(errors: usize, warnings: usize, all: usize) -> String {
    let plural = |n: usize, word: &str| if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") };
    match (errors, warnings) {
        (0, 0) if all == 0 => "no messages".to_owned(),
        (0, 0) => plural(all, "note"),
        (0, warnings) => plural(warnings, "warning"),
        (errors, 0) => plural(errors, "error"),
        (errors, warnings) => format!("{}, {}", plural(errors, "error"), plural(warnings, "warning")),
    }
}
