//! The popup that adds a module at the cursor: type, choose with the arrow keys, Enter. For a cable that was dropped on the empty
//! canvas it offers what fits, and says what it will wire.

use crate::action::{Action, Actions, WireTo};
use crate::theme;
use crate::view::StudioView;
use crate::widgets::{dim, family_mark};
use egui::{
    Area, Frame, Id, Key, Label, Layout, Modifiers, Order, Pos2, RichText, ScrollArea, Sense, TextEdit, Ui, UiBuilder, WidgetInfo,
    WidgetType, vec2,
};
use patchlight_core::{Library, ModuleSpec, PortRef, SignalKind};

/// The end of a cable that is already somewhere; the other one hangs in the air.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LooseEnd {
    pub port: PortRef,
    pub kind: SignalKind,
    /// Whether `port` is an output; else it is an input or a parameter.
    pub is_output: bool,
}

/// What is typed and chosen in the popup.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    pub query: String,
    /// The index of the chosen result.
    pub chosen: usize,
    /// In egui points: where the new module goes.
    pub at: Pos2,
    pub loose: Option<LooseEnd>,
    /// The text box was given the keys once.
    focused: bool,
}

impl Search {
    #[must_use]
    pub const fn new(at: Pos2, loose: Option<LooseEnd>) -> Self {
        Self { query: String::new(), chosen: 0, at, loose, focused: false }
    }
}

/// A module that fits.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub spec: &'static ModuleSpec,
    /// The port that the loose end goes to, where there is a loose end.
    pub port: Option<&'static str>,
    /// The kind of that port, which may differ from the cable's.
    pub kind: Option<SignalKind>,
}

/// The modules that fit what is typed, best first. With a loose end only those with a port of its kind (a modulation also fits a
/// parameter); where there is none, those that convert.
#[must_use]
pub fn search_results(library: &Library, query: &str, loose: Option<&LooseEnd>) -> Vec<Found> {
    let specs = library.search(query).into_iter();
    let Some(loose) = loose else { return specs.map(|spec| Found { spec, port: None, kind: None }).collect() };
    let all: Vec<Found> = specs.filter_map(|spec| fit(spec, loose)).collect();
    let exact: Vec<Found> = all.iter().filter(|found| found.kind == Some(loose.kind)).cloned().collect();
    if exact.is_empty() { all } else { exact }
}

/// The port of a module that suits a loose end best, if it has one at all.
fn fit(spec: &'static ModuleSpec, loose: &LooseEnd) -> Option<Found> {
    let ports = if loose.is_output { spec.inputs } else { spec.outputs };
    let exact = ports.iter().find(|port| port.kind == loose.kind).map(|port| (port.id, port.kind));
    let param = || spec.params.iter().find(|param| param.modulatable() && !param.hidden).map(|param| (param.id, SignalKind::Control));
    let modulates = || (loose.is_output && loose.kind == SignalKind::Control).then(param).flatten();
    let any = || ports.first().map(|port| (port.id, port.kind));
    let (port, kind) = exact.or_else(modulates).or_else(any)?;
    Some(Found { spec, port: Some(port), kind: Some(kind) })
}

/// Draws the popup where one is open. It closes on Enter, Esc, or a click beside it.
pub fn search_ui(ui: &Ui, view: &StudioView<'_>, search: &mut Option<Search>, actions: &mut Actions) {
    let Some(state) = search.as_mut() else { return };
    let area = Area::new(Id::new("search popup")).order(Order::Foreground).fixed_pos(state.at).constrain(true);
    let (response, picked) = {
        let shown = area.show(ui.ctx(), |ui| Frame::window(ui.style()).inner_margin(10.0).show(ui, |ui| popup_ui(ui, view, state)).inner);
        (shown.response, shown.inner)
    };
    if let Some(found) = &picked {
        let wire = state.loose.clone().zip(found.port).map(|(loose, port)| WireTo {
            loose: loose.port,
            loose_is_output: loose.is_output,
            port: port.to_owned(),
        });
        actions.push(Action::AddModule { kind: found.spec.id, at: Some(state.at), wire });
    }
    let left = ui.input(|input| input.key_pressed(Key::Escape)) || (state.focused && response.clicked_elsewhere());
    if picked.is_some() || left {
        *search = None;
    } else {
        state.focused = true;
    }
}

/// The result that was picked with Enter or a click.
fn popup_ui(ui: &mut Ui, view: &StudioView<'_>, state: &mut Search) -> Option<Found> {
    ui.set_width(340.0);
    // Taken before the text box sees them, which would move its cursor.
    let (down, up, enter) = ui.input_mut(|input| {
        let mut taken = |key| input.consume_key(Modifiers::NONE, key);
        (taken(Key::ArrowDown), taken(Key::ArrowUp), taken(Key::Enter))
    });
    let hint = RichText::new("Add a module: type its name or what it does").color(theme::DIM);
    let edit = TextEdit::singleline(&mut state.query).hint_text(hint).font(theme::regular(14.0));
    let edit = ui.add(edit.desired_width(f32::INFINITY).margin(vec2(8.0, 7.0)));
    ui.ctx().accesskit_node_builder(edit.id, |node| node.set_label("add a module"));
    if !state.focused {
        edit.request_focus();
    }
    if edit.changed() {
        state.chosen = 0;
    }
    let results = search_results(view.library, &state.query, state.loose.as_ref());
    state.chosen = (state.chosen + usize::from(down)).saturating_sub(usize::from(up)).min(results.len().saturating_sub(1));
    if results.is_empty() {
        ui.label(dim("Nothing is found. Try what it should do: wobble, duck, echo."));
    }
    let mut picked = results.get(state.chosen).filter(|_| enter).cloned();
    ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        for (index, found) in results.iter().enumerate() {
            let chosen = index == state.chosen;
            if row_ui(ui, view, found, state.loose.as_ref(), chosen, chosen && (down || up)) {
                picked = Some(found.clone());
            }
        }
    });
    ui.label(dim("↑ ↓ choose   ·   Enter adds   ·   Esc leaves").font(theme::regular(10.5)));
    picked
}

/// Whether it was clicked.
fn row_ui(ui: &mut Ui, view: &StudioView<'_>, found: &Found, loose: Option<&LooseEnd>, chosen: bool, scroll: bool) -> bool {
    let spec = found.spec;
    let color = theme::family(spec.family());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 42.0), Sense::click());
    if chosen || response.hovered() {
        ui.painter().rect_filled(rect, 7.0, if chosen { theme::ACCENT.gamma_multiply(0.18) } else { theme::CHIP });
    }
    let builder = UiBuilder::new().max_rect(rect.shrink2(vec2(8.0, 4.0))).layout(Layout::top_down(egui::Align::Min));
    let mut inner = ui.new_child(builder);
    inner.spacing_mut().item_spacing.y = 2.0;
    inner.spacing_mut().interact_size.y = 16.0;
    let wires = wire_text(view, found, loose);
    inner.horizontal(|ui| {
        family_mark(ui, color);
        ui.label(RichText::new(spec.name).font(theme::medium(12.5)));
        ui.label(dim(spec.family().title()).font(theme::regular(10.5)));
        if let Some(wires) = &wires {
            ui.label(RichText::new(wires).font(theme::mono(10.0)).color(found.kind.map_or(theme::DIM, theme::signal)));
        }
    });
    inner.add(Label::new(dim(spec.about).font(theme::regular(10.5))).truncate());
    let name = wires.map_or_else(|| spec.name.to_owned(), |wires| format!("{}, {wires}", spec.name));
    response.widget_info(|| WidgetInfo::selected(WidgetType::SelectableLabel, true, chosen, &name));
    if scroll {
        response.scroll_to_me(None);
    }
    let clicked = response.clicked();
    response.on_hover_text(spec.about);
    clicked
}

/// What will be wired, such as `Ladder out → in`, and whether the kind changes on the way.
fn wire_text(view: &StudioView<'_>, found: &Found, loose: Option<&LooseEnd>) -> Option<String> {
    let (loose, port, kind) = (loose?, found.port?, found.kind?);
    let there = format!("{} {}", view.patch.label(loose.port.module.as_str(), view.library), loose.port.port.replace('_', " "));
    let here = found.spec.param(port).map_or_else(|| port.replace('_', " "), |(_, param)| param.name());
    let converts = if kind == loose.kind { String::new() } else { format!(" ({} as {})", loose.kind.name(), kind.name()) };
    Some(if loose.is_output { format!("{there} → {here}{converts}") } else { format!("{here} → {there}{converts}") })
}
