//! A box that shows a value and takes a typed one. What is typed counts on Enter or when the box is left; Esc takes it back.
//! What is not understood stays in the box with the reason beneath.

use crate::theme;
use egui::text::{CCursor, CCursorRange};
use egui::{Align, FontId, Id, Key, Margin, Response, TextEdit, Ui};

/// What is being typed into a box.
#[derive(Clone, Debug, Default)]
struct Typing {
    text: String,
    /// What the box showed when the typing began: where it changes by another hand, the typing is void.
    over: String,
    error: Option<String>,
}

/// A one-line box for a value.
pub struct ValueBox<'a> {
    pub id: Id,
    pub width: f32,
    /// Without a frame until the hand is there.
    pub quiet: bool,
    /// For screen readers, such as `filter, cutoff, value`.
    pub name: &'a str,
    /// The value as text.
    pub shown: &'a str,
    pub tooltip: &'a str,
}

impl ValueBox<'_> {
    /// The value where one was typed that `parse` understood, else its reason, as long as it is in the box.
    pub fn show<T>(&self, ui: &mut Ui, parse: impl FnOnce(&str) -> Result<T, String>) -> (Option<T>, Option<String>) {
        let edit = |text: &mut String, ui: &mut Ui| {
            let edit = TextEdit::singleline(text).id(self.id).font(theme::mono(11.0)).horizontal_align(Align::RIGHT);
            let edit = edit.desired_width(self.width).margin(Margin::symmetric(5, 3));
            if !self.quiet {
                return ui.add(edit);
            }
            let before = ui.visuals().clone();
            ui.visuals_mut().text_edit_bg_color = Some(theme::chrome());
            ui.visuals_mut().widgets.inactive.bg_stroke.color = theme::chrome();
            let response = ui.add(edit);
            *ui.visuals_mut() = before;
            response
        };
        let (response, value, error) = typed(ui, self.id, self.shown, edit, parse);
        ui.ctx().accesskit_node_builder(self.id, |node| node.set_label(self.name));
        response.on_hover_text(self.tooltip);
        (value, error)
    }
}

/// A box for text, of one line or several. Gives the text once it is left, where it changed.
pub fn text_box_ui(ui: &mut Ui, id: Id, name: &str, shown: &str, hint: &str, lines: usize, font: FontId) -> Option<String> {
    let edit = |text: &mut String, ui: &mut Ui| {
        let edit = if lines > 1 { TextEdit::multiline(text).desired_rows(lines) } else { TextEdit::singleline(text) };
        let hint = egui::RichText::new(hint).color(theme::dim());
        ui.add(edit.id(id).font(font).hint_text(hint).desired_width(ui.available_width() - 16.0).margin(Margin::symmetric(8, 5)))
    };
    let (response, value, _) = typed(ui, id, shown, edit, |text| Ok(text.trim().to_owned()));
    ui.ctx().accesskit_node_builder(id, |node| node.set_label(name));
    response.on_hover_text(format!("{name}. Enter keeps it, Esc takes it back"));
    value
}

fn typed<T>(
    ui: &mut Ui,
    id: Id,
    shown: &str,
    edit: impl FnOnce(&mut String, &mut Ui) -> Response,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> (Response, Option<T>, Option<String>) {
    let kept: Option<Typing> = ui.data(|data| data.get_temp(id));
    let mut typing = kept.filter(|typing| typing.over == shown).unwrap_or_else(|| Typing {
        text: shown.to_owned(),
        over: shown.to_owned(),
        error: None,
    });
    let response = edit(&mut typing.text, ui);
    if response.gained_focus() {
        select_all(ui, id, &typing.text);
    }
    if response.changed() {
        typing.error = None;
    }
    let mut value = None;
    if response.lost_focus() {
        if ui.input(|input| input.key_pressed(Key::Escape)) || typing.text.trim() == shown {
            typing = Typing { text: shown.to_owned(), over: shown.to_owned(), error: None };
        } else {
            match parse(&typing.text) {
                Ok(parsed) => value = Some(parsed),
                Err(why) => typing.error = Some(why),
            }
        }
    }
    let error = typing.error.clone();
    let idle = value.is_some() || (typing.error.is_none() && !response.has_focus());
    ui.data_mut(|data| match idle {
        true => data.remove::<Typing>(id),
        false => {
            data.insert_temp(id, typing);
        }
    });
    (response, value, error)
}

fn select_all(ui: &Ui, id: Id, text: &str) {
    if let Some(mut state) = TextEdit::load_state(ui.ctx(), id) {
        let all = CCursorRange::two(CCursor::new(0), CCursor::new(text.chars().count()));
        state.cursor.set_char_range(Some(all));
        TextEdit::store_state(ui.ctx(), id, state);
    }
}
