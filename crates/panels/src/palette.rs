//! The palette (Ctrl+K): everything that can be done, by name; and menus, which are the same for one thing.

use crate::theme;
use crate::view::StudioView;
use crate::widgets::dim;
use egui::{
    Align2, Area, Frame, Id, Key, Modifiers, Order, Pos2, RichText, ScrollArea, Sense, TextEdit, Ui, WidgetInfo, WidgetType, pos2, vec2,
};
use patchlight_operators::{Action, Actions, OPERATORS, On, Operator, operators_on};

/// What is typed and chosen in the palette.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Palette {
    query: String,
    chosen: usize,
    focused: bool,
}

/// What can be done with one thing, at a point of the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Menu {
    pub at: Pos2,
    pub on: On,
    shown: bool,
}

impl Menu {
    #[must_use]
    pub const fn new(at: Pos2, on: On) -> Self {
        Self { at, on, shown: false }
    }
}

/// Operators that match what is typed, those whose name begins so first.
#[must_use]
pub fn palette_results(query: &str) -> Vec<&'static Operator> {
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    let rank = |operator: &Operator| {
        let (label, about) = (operator.label.to_lowercase(), operator.about.to_lowercase());
        let found = |word: &String| label.contains(word) || about.contains(word) || operator.id.contains(word.as_str());
        if !words.iter().all(found) {
            return None;
        }
        let first = words.first().map_or("", String::as_str);
        Some(if label.starts_with(first) { 0 } else { 1 + usize::from(!label.contains(first)) })
    };
    let mut ranked: Vec<(usize, &Operator)> =
        OPERATORS.iter().flat_map(|family| family.iter()).filter_map(|operator| Some((rank(operator)?, operator))).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, operator)| operator).collect()
}

/// Draws the palette where it is open. It closes on Enter, Esc, or a click beside it.
pub fn palette_ui(ui: &Ui, view: &StudioView<'_>, palette: &mut Option<Palette>, actions: &mut Actions) {
    let Some(state) = palette.as_mut() else { return };
    let at = pos2(ui.ctx().content_rect().center().x - 230.0, 90.0);
    let area = Area::new(Id::new("palette")).order(Order::Foreground).fixed_pos(at);
    let shown = area.show(ui.ctx(), |ui| Frame::window(ui.style()).inner_margin(10.0).show(ui, |ui| list_ui(ui, view, state)).inner);
    let left = ui.input(|input| input.key_pressed(Key::Escape)) || (state.focused && shown.response.clicked_elsewhere());
    state.focused = true;
    if let Some(operator) = shown.inner {
        actions.push(Action::Run(operator.id));
    }
    if left || shown.inner.is_some() {
        *palette = None;
    }
}

fn list_ui(ui: &mut Ui, view: &StudioView<'_>, state: &mut Palette) -> Option<&'static Operator> {
    ui.set_width(460.0);
    // Taken before the text box sees them, which would move its cursor.
    let (down, up, enter) = ui.input_mut(|input| {
        let mut taken = |key| input.consume_key(Modifiers::NONE, key);
        (taken(Key::ArrowDown), taken(Key::ArrowUp), taken(Key::Enter))
    });
    let hint = RichText::new("What do you want to do?").color(theme::dim());
    let edit = ui.add(
        TextEdit::singleline(&mut state.query)
            .hint_text(hint)
            .font(theme::regular(14.0))
            .desired_width(f32::INFINITY)
            .margin(vec2(8.0, 7.0)),
    );
    ui.ctx().accesskit_node_builder(edit.id, |node| node.set_label("what to do"));
    if !state.focused {
        edit.request_focus();
    }
    if edit.changed() {
        state.chosen = 0;
    }
    let results = palette_results(&state.query);
    state.chosen = (state.chosen + usize::from(down)).saturating_sub(usize::from(up)).min(results.len().saturating_sub(1));
    if results.is_empty() {
        ui.label(dim("Nothing is called so. Try what it should do: undo, align, zoom."));
    }
    let mut picked = results.get(state.chosen).filter(|_| enter).copied();
    ScrollArea::vertical().max_height(380.0).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        for (index, operator) in results.iter().enumerate() {
            let chosen = index == state.chosen;
            if row_ui(ui, view, operator, chosen, chosen && (down || up), true) {
                picked = Some(operator);
            }
        }
    });
    picked
}

/// Whether it was clicked.
fn row_ui(ui: &mut Ui, view: &StudioView<'_>, operator: &Operator, chosen: bool, scroll: bool, told: bool) -> bool {
    let height = if view.touch { 44.0 } else { 26.0 };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click());
    if chosen || response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 6.0, if chosen { theme::accent().gamma_multiply(0.18) } else { theme::chip() });
    }
    let key = view.keymap.key_text(operator.id);
    // Painted, not laid out: the row is one thing to a screen reader.
    let painter = ui.painter().with_clip_rect(rect.shrink2(vec2(8.0, 0.0)));
    let key = painter.text(rect.right_center() - vec2(8.0, 0.0), Align2::RIGHT_CENTER, &key, theme::mono(10.5), theme::accent());
    let label = painter.text(rect.left_center() + vec2(8.0, 0.0), Align2::LEFT_CENTER, operator.label, theme::medium(12.5), theme::text());
    if told {
        let painter = painter.with_clip_rect(rect.with_max_x(key.left() - 8.0));
        painter.text(pos2(label.right() + 10.0, rect.center().y), Align2::LEFT_CENTER, operator.about, theme::regular(10.5), theme::dim());
    }
    response.widget_info(|| WidgetInfo::selected(WidgetType::SelectableLabel, true, chosen, operator.label));
    if scroll {
        response.scroll_to_me(None);
    }
    let clicked = response.clicked();
    response.on_hover_text(operator.about);
    clicked
}

/// Draws the menu where one is open.
pub fn menu_ui(ui: &Ui, view: &StudioView<'_>, menu: &mut Option<Menu>, actions: &mut Actions) {
    let Some(state) = menu.as_mut() else { return };
    let area = Area::new(Id::new("menu of the canvas")).order(Order::Foreground).fixed_pos(state.at).constrain(true);
    let on = state.on;
    let shown = area.show(ui.ctx(), |ui| {
        let draw = |ui: &mut Ui| {
            ui.set_width(250.0);
            ui.spacing_mut().item_spacing.y = 1.0;
            let mut picked = None;
            // What is done with a module is offered at its knob too.
            let more = if on == On::Knob { Some(On::Modules) } else { None };
            ScrollArea::vertical().max_height(520.0).show(ui, |ui| {
                for (index, on) in std::iter::once(on).chain(more).enumerate() {
                    if index > 0 {
                        ui.separator();
                    }
                    for operator in operators_on(on) {
                        if row_ui(ui, view, operator, false, false, false) {
                            picked = Some(operator);
                        }
                    }
                }
            });
            picked
        };
        Frame::menu(ui.style()).show(ui, draw).inner
    });
    let left = ui.input(|input| input.key_pressed(Key::Escape)) || (state.shown && shown.response.clicked_elsewhere());
    state.shown = true;
    if let Some(operator) = shown.inner {
        actions.push(Action::Run(operator.id));
    }
    if left || shown.inner.is_some() {
        *menu = None;
    }
}
