//! What the patch and the program have to say, one line each; a click goes to the module that it is about.

use crate::theme;
use crate::view::{MessageView, StudioView};
use crate::widgets::{dim, icon_button};
use egui::{Label, RichText, ScrollArea, Sense, Ui, WidgetInfo, WidgetType};
use egui_phosphor::regular as icons;
use patchlight_operators::{Action, Actions};
use patchlight_patch::Severity;

/// Draws the list into `ui`.
pub fn messages_ui(ui: &mut Ui, view: &StudioView<'_>, actions: &mut Actions) {
    if view.messages.is_empty() {
        ui.label(dim("Nothing to report: the whole patch plays."));
        return;
    }
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        for (index, message) in view.messages.iter().enumerate() {
            message_ui(ui, index, message, actions);
        }
    });
}

fn message_ui(ui: &mut Ui, index: usize, message: &MessageView<'_>, actions: &mut Actions) {
    let (icon, color) = match message.severity {
        Severity::Error => (icons::WARNING_CIRCLE, theme::clip()),
        Severity::Warning => (icons::WARNING, theme::warn()),
        Severity::Note => (icons::INFO, theme::dim()),
    };
    ui.horizontal(|ui| {
        if icon_button(ui, icons::X, &format!("dismiss message {}", index + 1), "Take this message off the list", true).clicked() {
            actions.push(Action::Dismiss(index));
        }
        ui.label(RichText::new(icon).color(color));
        let line = line(message);
        let sense = if message.module.is_some() || message.cable.is_some() { Sense::click() } else { Sense::hover() };
        let label = ui.add(Label::new(RichText::new(&line).color(theme::text_soft())).wrap().sense(sense));
        label.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, format!("{}: {line}", message.severity)));
        if label.clicked() {
            match (message.cable, message.module) {
                (Some(cable), _) => actions.push(Action::SelectCable(cable.clone())),
                (None, Some(module)) => {
                    actions.push(Action::Select(module.clone()));
                    actions.push(Action::Frame(module.clone()));
                }
                (None, None) => {}
            }
        }
        if sense == Sense::click() {
            label.on_hover_text("Click to go to where it is");
        }
    });
}

/// `Ladder: no input. Wire one. (3 times, 12 s ago)`.
fn line(message: &MessageView<'_>) -> String {
    let mut line = message.text.trim_end_matches('.').to_owned();
    line.push('.');
    if !message.help.is_empty() {
        line.push(' ');
        line.push_str(message.help);
    }
    match (message.count, message.age_secs) {
        (0 | 1, None) => {}
        (0 | 1, Some(age_secs)) => line.push_str(&format!(" ({} ago)", age_text(age_secs))),
        (count, None) => line.push_str(&format!(" ({count} times)")),
        (count, Some(age_secs)) => line.push_str(&format!(" ({count} times, {} ago)", age_text(age_secs))),
    }
    line
}

fn age_text(age_secs: f32) -> String {
    match age_secs {
        secs if secs < 60.0 => format!("{secs:.0} s"),
        secs if secs < 3600.0 => format!("{:.0} min", secs / 60.0),
        secs => format!("{:.0} h", secs / 3600.0),
    }
}
