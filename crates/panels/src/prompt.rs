//! One line of text that is asked for: the value of a knob, a name, the words of a comment.

use crate::amount::{amount_from_text, amount_text};
use crate::theme;
use crate::view::StudioView;
use crate::widgets::error_label;
use egui::{Id, Key, Modal, RichText, TextEdit, Ui, vec2};
use patchlight_core::{ParamSpec, PortRef, parse_value};
use patchlight_operators::{Action, Actions, Question};
use patchlight_patch::{Edit, Group, Note};

/// What is asked, and what was typed.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    question: Question,
    text: String,
    error: Option<String>,
    focused: bool,
}

impl Prompt {
    /// Asks with the answer that holds now.
    #[must_use]
    pub fn new(question: Question, view: &StudioView<'_>) -> Self {
        let text = match &question {
            Question::Value(port) => param_of(view, port).map_or_else(String::new, |(spec, value)| spec.format(value)),
            Question::Name(id) => view.patch.label(id.as_str(), view.library),
            Question::Note(id) => view.patch.notes.get(id).map_or_else(String::new, |note| note.text.clone()),
            Question::Keep(_) => String::new(),
            Question::Amount(id) => {
                let amount = view.patch.cables.get(id).map_or(1.0, |cable| cable.amount);
                amount_text(view.patch, view.library, &id.to, amount)
            }
        };
        Self { question, text, error: None, focused: false }
    }

    fn title(&self, view: &StudioView<'_>) -> String {
        match &self.question {
            Question::Value(port) => {
                let name = param_of(view, port).map_or_else(|| port.port.clone(), |(spec, _)| spec.name());
                format!("{} of {}", name, view.patch.label(port.module.as_str(), view.library))
            }
            Question::Name(_) => "Name".to_owned(),
            Question::Note(_) => "Words of the note".to_owned(),
            Question::Keep(modules) => format!("Keep {} as a module named", if modules.len() == 1 { "this" } else { "these" }),
            Question::Amount(_) => "Amount of the cable".to_owned(),
        }
    }

    /// The actions that the answer asks for, or what is wrong with it.
    fn answer(&self, view: &StudioView<'_>) -> Result<Vec<Action>, String> {
        let text = self.text.trim();
        let edit = match &self.question {
            Question::Value(port) => {
                let Some((spec, _)) = param_of(view, port) else { return Ok(Vec::new()) };
                let value = parse_value(spec, text).map_err(|error| error.to_string())?;
                let name = format!("Set {} of {}", spec.name(), view.patch.label(port.module.as_str(), view.library));
                return Ok(vec![Action::Edit {
                    edit: Edit::set_param(port.module.clone(), port.port.clone(), value),
                    name,
                    gesture: None,
                }]);
            }
            Question::Name(id) => match view.patch.groups.get(id) {
                Some(group) => Edit::SetGroup { id: id.clone(), group: Some(Box::new(Group { name: text.to_owned(), ..group.clone() })) },
                None => Edit::Rename { module: id.clone(), name: (!text.is_empty()).then(|| text.to_owned()) },
            },
            Question::Note(id) => {
                let Some(note) = view.patch.notes.get(id) else { return Ok(Vec::new()) };
                let note = Note { text: self.text.clone(), ..note.clone() };
                let note = (!text.is_empty()).then(|| Box::new(note));
                Edit::SetNote { id: id.clone(), note }
            }
            Question::Keep(_) if text.is_empty() => return Err("Type a name to find it by.".to_owned()),
            Question::Keep(modules) => return Ok(vec![Action::SaveModule { modules: modules.clone(), name: text.to_owned() }]),
            Question::Amount(id) => {
                let amount = amount_from_text(view.patch, view.library, &id.to, text)?;
                Edit::SetCableAmount { id: id.clone(), amount }
            }
        };
        Ok(vec![Action::Edit { name: edit.describe(), edit, gesture: None }])
    }
}

fn param_of<'v>(view: &StudioView<'v>, port: &PortRef) -> Option<(&'static ParamSpec, f32)> {
    let module = view.patch.module(port.module.as_str())?;
    let (_, spec) = view.library.get(&module.kind)?.param(&port.port)?;
    Some((spec, module.value(spec)))
}

/// Draws the question where one is asked. Enter answers, Esc leaves things as they are.
pub fn prompt_ui(ui: &Ui, view: &StudioView<'_>, prompt: &mut Option<Prompt>, actions: &mut Actions) {
    let Some(state) = prompt.as_mut() else { return };
    let is_long = matches!(state.question, Question::Note(_));
    let title = state.title(view);
    let mut done = false;
    let modal = Modal::new(Id::new("prompt")).show(ui.ctx(), |ui| {
        ui.set_width(320.0);
        ui.label(RichText::new(&title).font(theme::semibold(13.0)));
        let edit = if is_long { TextEdit::multiline(&mut state.text).desired_rows(4) } else { TextEdit::singleline(&mut state.text) };
        let output = edit.font(theme::regular(14.0)).desired_width(f32::INFINITY).margin(vec2(8.0, 7.0)).show(ui);
        ui.ctx().accesskit_node_builder(output.response.id, |node| node.set_label(format!("{title}, answer")));
        if !state.focused {
            output.response.request_focus();
            select_all(ui, &state.text, output);
        }
        if let Some(error) = &state.error {
            error_label(ui, error);
        }
        let entered = ui.input(|input| input.key_pressed(Key::Enter) && (!is_long || input.modifiers.command));
        ui.horizontal(|ui| {
            let says = if is_long { "Take it (Ctrl Enter)" } else { "Take it (Enter)" };
            let taken = ui.button("OK").on_hover_text(says).clicked();
            done = ui.button("Cancel").on_hover_text("Leave it as it is (Esc)").clicked();
            taken || entered
        })
        .inner
    });
    state.focused = true;
    if modal.inner {
        match state.answer(view) {
            Ok(asked) => {
                actions.0.extend(asked);
                done = true;
            }
            Err(error) => state.error = Some(error),
        }
    }
    if done || modal.backdrop_response.clicked() || ui.input(|input| input.key_pressed(Key::Escape)) {
        *prompt = None;
    }
}

/// What holds now is selected, so that typing takes its place.
fn select_all(ui: &Ui, text: &str, mut output: egui::text_edit::TextEditOutput) {
    use egui::text::{CCursor, CCursorRange};
    let range = CCursorRange::two(CCursor::default(), CCursor::new(text.chars().count()));
    output.state.cursor.set_char_range(Some(range));
    output.state.store(ui.ctx(), output.response.id);
}
