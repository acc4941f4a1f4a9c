//! The table of keys (F1): every operator with its key, which a click changes, and what the hand does without keys.

use crate::theme;
use crate::view::StudioView;
use crate::widgets::{dim, icon_button};
use egui::{Button, Event, Id, Key, Modal, Modifiers, RichText, ScrollArea, TextEdit, Ui, WidgetInfo, WidgetType, vec2};
use egui_phosphor::regular as icons;
use patchlight_operators::{Action, Actions, Chord, GESTURES, OPERATORS, Operator};

/// What the table remembers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeyTable {
    query: String,
    /// The operator that waits for a key.
    waits: Option<&'static str>,
}

/// Draws the table over everything while `table` is there. Esc or a click beside it closes it; F1 is for the app to toggle.
pub fn keys_ui(ui: &Ui, view: &StudioView<'_>, table: &mut Option<KeyTable>, actions: &mut Actions) {
    let Some(state) = table.as_mut() else { return };
    let waited = state.waits.is_some();
    if let Some(operator) = state.waits {
        wait_for_key(ui, operator, state, actions);
    }
    let modal = Modal::new(Id::new("keys")).show(ui.ctx(), |ui| {
        ui.set_width(620.0);
        ui.label(RichText::new("Keys").font(theme::semibold(15.0)));
        let hint = RichText::new("Search").color(theme::dim());
        let edit = ui.add(TextEdit::singleline(&mut state.query).hint_text(hint).desired_width(f32::INFINITY));
        ui.ctx().accesskit_node_builder(edit.id, |node| node.set_label("search keys"));
        ui.add_space(6.0);
        ScrollArea::vertical().max_height(480.0).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            for family in OPERATORS {
                family.iter().filter(|operator| matches(operator, &state.query)).for_each(|operator| {
                    row_ui(ui, view, operator, &mut state.waits, actions);
                });
                ui.add_space(6.0);
            }
            for (gesture, what) in GESTURES.iter().filter(|(gesture, what)| contains(gesture, &state.query) || contains(what, &state.query))
            {
                ui.horizontal(|ui| {
                    ui.add_sized(
                        vec2(190.0, 18.0),
                        egui::Label::new(RichText::new(*gesture).font(theme::mono(11.0)).color(theme::text_soft())).wrap(),
                    );
                    ui.add(egui::Label::new(*what).wrap());
                });
            }
        });
        ui.add_space(6.0);
        ui.button("Close").on_hover_text("Back to the patch (Esc)").clicked()
    });
    let left = !waited && ui.input(|input| input.key_pressed(Key::Escape));
    if modal.inner || (modal.backdrop_response.clicked() && !waited) || left {
        *table = None;
    }
}

fn contains(text: &str, query: &str) -> bool {
    text.to_lowercase().contains(&query.trim().to_lowercase())
}

fn matches(operator: &Operator, query: &str) -> bool {
    [operator.label, operator.about, operator.id].iter().any(|text| contains(text, query))
}

fn row_ui(ui: &mut Ui, view: &StudioView<'_>, operator: &Operator, waits: &mut Option<&'static str>, actions: &mut Actions) {
    ui.horizontal(|ui| {
        let keys: Vec<String> = view.keymap.keys_of(operator.id).iter().map(Chord::to_string).collect();
        let waiting = *waits == Some(operator.id);
        let text = match (waiting, keys.is_empty()) {
            (true, _) => "press a key…".to_owned(),
            (false, true) => "–".to_owned(),
            (false, false) => keys.join("  "),
        };
        let color = if view.keymap.is_own(operator.id) { theme::good() } else { theme::accent() };
        let button = Button::new(RichText::new(&text).font(theme::mono(11.0)).color(color)).frame_when_inactive(waiting);
        let response = ui.add_sized(vec2(190.0, 20.0), button);
        response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, format!("key of {}, {text}", operator.label)));
        if response.on_hover_text("Click, then press the key that is to call it").clicked() {
            *waits = Some(operator.id);
        }
        ui.label(RichText::new(operator.label).font(theme::medium(12.0)));
        ui.add(egui::Label::new(dim(operator.about).font(theme::regular(11.0))).truncate());
        if view.keymap.is_own(operator.id)
            && icon_button(ui, icons::ARROW_COUNTER_CLOCKWISE, "its own key", "Back to the program's own key", true).clicked()
        {
            actions.push(Action::BindKey { operator: operator.id, key: None });
        }
    });
}

/// The next key that goes down is the operator's; Escape leaves it as it is.
fn wait_for_key(ui: &Ui, operator: &'static str, state: &mut KeyTable, actions: &mut Actions) {
    let pressed = ui.input_mut(|input| {
        let mut found = None;
        input.events.retain(|event| match event {
            Event::Key { key, pressed: true, repeat: false, modifiers, .. } if found.is_none() => {
                found = Some((*key, *modifiers));
                false
            }
            Event::Text(_) => false,
            _ => true,
        });
        found
    });
    if let Some((key, modifiers)) = pressed {
        state.waits = None;
        if key != Key::Escape {
            actions.push(Action::BindKey { operator, key: Some(chord(key, modifiers).to_string()) });
        }
    }
}

/// A key of egui by the name that operators know it by.
fn chord(key: Key, modifiers: Modifiers) -> Chord {
    let name = match key {
        Key::ArrowLeft => "Left",
        Key::ArrowRight => "Right",
        Key::ArrowUp => "Up",
        Key::ArrowDown => "Down",
        Key::Plus => "+",
        Key::Minus => "-",
        Key::Equals => "=",
        Key::Period => ".",
        Key::Comma => ",",
        Key::Slash => "/",
        Key::Questionmark => "?",
        other => other.name(),
    };
    Chord::new(modifiers.command || modifiers.ctrl, modifiers.alt, modifiers.shift, name)
}
