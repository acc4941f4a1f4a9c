//! The table of keys (F1).

use crate::theme;
use crate::widgets::mono;
use egui::{Grid, Id, Key, Modal, RichText, ScrollArea, Ui};

/// Draws the table over everything while `open`. `keys` are pairs of a key and what it does. Esc or a click beside it closes it; F1 is for the app to toggle.
pub fn keys_ui(ui: &Ui, keys: &[(&str, &str)], open: &mut bool) {
    if !*open {
        return;
    }
    let modal = Modal::new(Id::new("keys")).show(ui.ctx(), |ui| {
        ui.set_width(420.0);
        ui.label(RichText::new("Keys").font(theme::semibold(15.0)));
        ui.add_space(6.0);
        ScrollArea::vertical().max_height(460.0).show(ui, |ui| {
            Grid::new("keys table").num_columns(2).spacing([24.0, 7.0]).striped(true).show(ui, |ui| {
                for (key, what) in keys {
                    ui.label(mono(*key).color(theme::ACCENT));
                    ui.label(*what);
                    ui.end_row();
                }
            });
        });
        ui.add_space(6.0);
        ui.button("Close").on_hover_text("Back to the patch (Esc)").clicked()
    });
    let left = ui.input(|input| input.key_pressed(Key::Escape));
    if modal.inner || modal.backdrop_response.clicked() || left {
        *open = false;
    }
}
