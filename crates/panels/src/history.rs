//! Everything that was done to the patch, the newest at the bottom; a click goes back (or on) to it.

use crate::action::{Action, Actions};
use crate::theme;
use crate::view::StudioView;
use egui::{RichText, ScrollArea, Ui};
use patchlight_patch::EntryId;

/// Draws the list into `ui`.
pub fn history_ui(ui: &mut Ui, view: &StudioView<'_>, actions: &mut Actions) {
    ui.label(RichText::new("History").font(theme::semibold(13.0)));
    let current = view.history.current();
    ScrollArea::vertical().auto_shrink(false).stick_to_bottom(true).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        let opened = (EntryId::OPENED, "Opened", true);
        let entries = view.history.entries().map(|entry| (entry.id, entry.name, entry.done));
        for (id, name, done) in std::iter::once(opened).chain(entries) {
            let text = RichText::new(name).color(if done { theme::TEXT } else { theme::DIM });
            let line = ui.selectable_label(id == current, text);
            if line.on_hover_text(if done { "Back to this state" } else { "Do again up to here" }).clicked() && id != current {
                actions.push(Action::JumpTo(id));
            }
        }
    });
}
