//! The popup that adds a module at the cursor: type, choose with the arrow keys, Enter. For a cable that was dropped on the empty
//! canvas it offers what fits, and says what it will wire.

use crate::theme;
use crate::view::{SavedModule, StudioView};
use crate::widgets::{dim, family_mark, icon_button};
use egui::{
    Area, Frame, Id, Key, Label, Layout, Modifiers, Order, Pos2, RichText, ScrollArea, Sense, TextEdit, Ui, UiBuilder, WidgetInfo,
    WidgetType, vec2,
};
use egui_phosphor::regular as icons;
use patchlight_core::{Library, ModuleId, ModuleSpec, PortRef, SignalKind};
use patchlight_operators::{Action, Actions, WireTo};
use std::path::PathBuf;

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
    /// The module that is to become what is chosen, where none is added.
    pub swap: Option<ModuleId>,
    /// The text box was given the keys once.
    focused: bool,
    /// What is heard: chosen by the arrow keys.
    heard: Option<&'static str>,
}

impl Search {
    #[must_use]
    pub const fn new(at: Pos2, loose: Option<LooseEnd>) -> Self {
        Self { query: String::new(), chosen: 0, at, loose, swap: None, focused: false, heard: None }
    }

    /// For the kind that a module is to become.
    #[must_use]
    pub const fn swapping(at: Pos2, module: ModuleId) -> Self {
        Self { query: String::new(), chosen: 0, at, loose: None, swap: Some(module), focused: false, heard: None }
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

/// What was picked.
#[derive(Clone, Debug, PartialEq)]
enum Picked {
    Module(Found),
    Saved(PathBuf),
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
        let shown =
            area.show(ui.ctx(), |ui| Frame::window(ui.style()).inner_margin(10.0).show(ui, |ui| popup_ui(ui, view, state, actions)).inner);
        (shown.response, shown.inner)
    };
    match (&picked, &state.swap) {
        (Some(Picked::Module(found)), Some(module)) => actions.push(Action::Swap { module: module.clone(), kind: found.spec.id }),
        (Some(Picked::Module(found)), None) => {
            let wire = state.loose.clone().zip(found.port).map(|(loose, port)| WireTo {
                loose: loose.port,
                loose_is_output: loose.is_output,
                port: port.to_owned(),
            });
            actions.push(Action::AddModule { kind: found.spec.id, at: Some(state.at.into()), wire });
        }
        (Some(Picked::Saved(path)), _) => actions.push(Action::AddSaved { path: path.clone(), at: Some(state.at.into()) }),
        (None, _) => {}
    }
    let left = ui.input(|input| input.key_pressed(Key::Escape)) || (state.focused && response.clicked_elsewhere());
    if picked.is_some() || left {
        if state.heard.is_some() {
            actions.push(Action::Preview(None));
        }
        *search = None;
    } else {
        state.focused = true;
    }
}

/// The result that was picked with Enter or a click.
fn popup_ui(ui: &mut Ui, view: &StudioView<'_>, state: &mut Search, actions: &mut Actions) -> Option<Picked> {
    ui.set_width(340.0);
    // Taken before the text box sees them, which would move its cursor.
    let (down, up, enter) = ui.input_mut(|input| {
        let mut taken = |key| input.consume_key(Modifiers::NONE, key);
        (taken(Key::ArrowDown), taken(Key::ArrowUp), taken(Key::Enter))
    });
    let says = if state.swap.is_some() { "Swap for: type a name or what it does" } else { "Add a module: type its name or what it does" };
    let hint = RichText::new(says).color(theme::dim());
    let edit = TextEdit::singleline(&mut state.query).hint_text(hint).font(theme::regular(14.0));
    let edit = ui.add(edit.desired_width(f32::INFINITY).margin(vec2(8.0, 7.0)));
    ui.ctx().accesskit_node_builder(edit.id, |node| node.set_label("add a module"));
    if !state.focused {
        edit.request_focus();
    }
    if edit.changed() {
        state.chosen = 0;
    }
    let mut results = search_results(view.library, &state.query, state.loose.as_ref());
    if let Some(module) = state.swap.as_ref().and_then(|id| view.patch.module(id.as_str())) {
        // Its own sort first, and not itself.
        results.retain(|found| found.spec.id != module.kind);
        let family = module.kind.split('.').next().unwrap_or_default();
        results.sort_by_key(|found| !found.spec.id.starts_with(family));
    }
    let saved = saved_results(view, state);
    let count = results.len() + saved.len();
    state.chosen = (state.chosen + usize::from(down)).saturating_sub(usize::from(up)).min(count.saturating_sub(1));
    if count == 0 {
        ui.label(dim("Nothing is found. Try what it should do: wobble, duck, echo."));
    }
    let at = |index: usize| match results.get(index) {
        Some(found) => Some(Picked::Module(found.clone())),
        None => saved.get(index - results.len()).map(|saved| Picked::Saved(saved.path.clone())),
    };
    let mut picked = if enter { at(state.chosen) } else { None };
    hear(view, state, results.get(state.chosen), down || up, actions);
    ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        for (index, found) in results.iter().enumerate() {
            let chosen = index == state.chosen;
            if row_ui(ui, view, found, state.loose.as_ref(), chosen, chosen && (down || up)) {
                picked = Some(Picked::Module(found.clone()));
            }
        }
        for (index, saved) in saved.iter().enumerate() {
            let chosen = index + results.len() == state.chosen;
            let text = RichText::new(format!("{} {}", icons::USER, saved.name)).font(theme::medium(12.5));
            let row = ui.selectable_label(chosen, text).on_hover_text(format!("A module of your own, {}", saved.path.display()));
            if chosen && (down || up) {
                row.scroll_to_me(None);
            }
            if row.clicked() {
                picked = Some(Picked::Saved(saved.path.clone()));
            }
        }
    });
    ui.horizontal(|ui| {
        let (icon, word) = if view.hears { (icons::SPEAKER_HIGH, "heard") } else { (icons::SPEAKER_SLASH, "not heard") };
        if icon_button(ui, icon, &format!("what is chosen is {word}"), &view.says("panel.preview"), true).clicked() {
            actions.push(Action::Run("panel.preview"));
        }
        let choose = if view.hears { "↑ ↓ choose and hear" } else { "↑ ↓ choose" };
        ui.label(dim(format!("{choose}   ·   Enter adds   ·   Esc leaves")).font(theme::regular(10.5)));
    });
    picked
}

/// What the arrow keys have just chosen is heard, and nothing once something else is typed.
fn hear(view: &StudioView<'_>, state: &mut Search, chosen: Option<&Found>, moved: bool, actions: &mut Actions) {
    let chosen = chosen.map(|found| found.spec.id);
    let heard = if !view.hears {
        None
    } else if moved {
        chosen
    } else {
        state.heard.filter(|heard| Some(*heard) == chosen)
    };
    if heard != state.heard {
        state.heard = heard;
        actions.push(Action::Preview(heard));
    }
}

/// Modules of the user's own that fit what is typed; none where a cable or a swap asks for something definite.
fn saved_results<'v>(view: &StudioView<'v>, state: &Search) -> Vec<&'v SavedModule> {
    let query = state.query.trim().to_lowercase();
    let fits = |saved: &&SavedModule| state.loose.is_none() && state.swap.is_none() && saved.name.to_lowercase().contains(&query);
    view.saved.iter().filter(fits).collect()
}

/// Whether it was clicked.
fn row_ui(ui: &mut Ui, view: &StudioView<'_>, found: &Found, loose: Option<&LooseEnd>, chosen: bool, scroll: bool) -> bool {
    let spec = found.spec;
    let color = theme::family(spec.family());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 42.0), Sense::click());
    if chosen || response.hovered() {
        ui.painter().rect_filled(rect, 7.0, if chosen { theme::accent().gamma_multiply(0.18) } else { theme::chip() });
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
            ui.label(RichText::new(wires).font(theme::mono(10.0)).color(found.kind.map_or(theme::dim(), theme::signal)));
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
