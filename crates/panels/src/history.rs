//! Everything that was done to the patch, the newest at the bottom, branches further to the right; a click goes to that state.

use crate::theme;
use crate::view::StudioView;
use egui::{RichText, ScrollArea, Stroke, Ui, pos2, vec2};
use patchlight_operators::{Action, Actions};
use patchlight_patch::{Entry, EntryId};

/// How far a branch lies from the one beside it, in points.
const STEP: f32 = 11.0;
/// Branches that are drawn apart; more lie on the last.
const BRANCHES: usize = 8;

/// Draws the list into `ui`.
pub fn history_ui(ui: &mut Ui, view: &StudioView<'_>, actions: &mut Actions) {
    ui.label(RichText::new("History").font(theme::semibold(13.0)));
    let current = view.history.current();
    ScrollArea::vertical().auto_shrink(false).stick_to_bottom(true).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        let opened = Entry { id: EntryId::OPENED, parent: EntryId::OPENED, name: "Opened", done: true, branch: 0 };
        for entry in std::iter::once(opened).chain(view.history.entries()) {
            if entry_ui(ui, &entry, current) && entry.id != current {
                actions.push(Action::JumpTo(entry.id));
            }
        }
    });
}

/// Whether it was clicked.
fn entry_ui(ui: &mut Ui, entry: &Entry<'_>, current: EntryId) -> bool {
    ui.horizontal(|ui| {
        let branch = entry.branch.min(BRANCHES) as f32;
        let (rect, _) = ui.allocate_exact_size(vec2(STEP * (branch + 1.0), 18.0), egui::Sense::hover());
        let color = if entry.done { theme::accent() } else { theme::dim().gamma_multiply(0.7) };
        let at = pos2(rect.left() + STEP * (branch + 0.5), rect.center().y);
        ui.painter()
            .line_segment([pos2(at.x, rect.top() - 1.0), pos2(at.x, rect.bottom() + 1.0)], Stroke::new(1.0, color.gamma_multiply(0.5)));
        ui.painter().circle_filled(at, if entry.id == current { 4.0 } else { 2.5 }, color);
        let text = RichText::new(entry.name).color(if entry.done { theme::text() } else { theme::dim() });
        let says = if entry.done { "Back to this state" } else { "To this state, in its branch" };
        ui.selectable_label(entry.id == current, text).on_hover_text(says).clicked()
    })
    .inner
}
