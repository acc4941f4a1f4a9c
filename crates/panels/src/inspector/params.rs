//! The parameters of a module, the hidden ones too, each with what modulates it.

use crate::amount::{amount_from_text, amount_reach, amount_text};
use crate::theme;
use crate::view::StudioView;
use crate::widgets::{Slider, SliderChange, ValueBox, column_label, error_label, icon_button, section, switch};
use egui::{Align2, ComboBox, Id, RichText, Ui, WidgetInfo, WidgetType};
use egui_phosphor::regular as icons;
use patchlight_core::{ModMap, ModuleId, ModuleSpec, ParamKind, ParamSpec, PortRef, SignalKind, parse_value};
use patchlight_operators::{Action, Actions};
use patchlight_patch::{Cable, CableId, Edit, Gesture, Module};
use std::collections::BTreeSet;

/// The width of the names, and of the boxes with values.
const NAME_WIDTH: f32 = 78.0;
pub const VALUE_WIDTH: f32 = 82.0;

pub fn params_ui(
    ui: &mut Ui,
    view: &StudioView<'_>,
    id: &ModuleId,
    module: &Module,
    spec: &ModuleSpec,
    locked: &mut BTreeSet<(ModuleId, &'static str)>,
    actions: &mut Actions,
) {
    for (hidden, title) in [(false, None), (true, Some("More"))] {
        let mut params = spec.params.iter().filter(|param| param.hidden == hidden).peekable();
        if let Some(title) = title.filter(|_| params.peek().is_some()) {
            section(ui, title);
        }
        for param in params {
            Row { view, id, module, param, color: theme::family(spec.family()) }.show(ui, locked, actions);
        }
    }
}

struct Row<'a> {
    view: &'a StudioView<'a>,
    id: &'a ModuleId,
    module: &'a Module,
    param: &'static ParamSpec,
    color: egui::Color32,
}

impl Row<'_> {
    fn show(&self, ui: &mut Ui, locked: &mut BTreeSet<(ModuleId, &'static str)>, actions: &mut Actions) {
        let value = self.module.value(self.param);
        let port = PortRef::new(self.id.clone(), self.param.id);
        let cables: Vec<(&CableId, &Cable)> = self.view.patch.cables_into(&port).collect();
        let mut reason = None;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            self.name_ui(ui, locked, actions);
            match self.param.kind {
                ParamKind::Toggle => self.toggle_ui(ui, value, actions),
                ParamKind::Choice(labels) => self.choice_ui(ui, labels, value, actions),
                ParamKind::Number | ParamKind::Whole => reason = self.number_ui(ui, value, &cables, actions),
            }
        });
        if let Some(reason) = reason {
            error_label(ui, &reason);
        }
        for (cable_id, cable) in cables {
            modulation_ui(ui, self.view, cable_id, cable, actions);
        }
    }

    fn accessible(&self, rest: &str) -> String {
        format!("{}, {}, {rest}", self.view.patch.label(self.id.as_str(), self.view.library), self.param.name())
    }

    fn tooltip(&self) -> String {
        let param = self.param;
        let about = if param.about.is_empty() { param.name() } else { param.about.to_owned() };
        let range = match param.kind {
            ParamKind::Number | ParamKind::Whole => format!("{} to {}, ", param.format(param.min), param.format(param.max)),
            ParamKind::Choice(_) | ParamKind::Toggle => String::new(),
        };
        let plays = if param.structural { "\nChanging it builds the module anew; cables cannot move it." } else { "" };
        format!("{about}\n{range}default {}{plays}", param.format(param.default))
    }

    fn set(&self, value: Option<f32>, gesture: Option<Gesture>, actions: &mut Actions) {
        let label = self.view.patch.label(self.id.as_str(), self.view.library);
        let verb = if value.is_some() { "Set" } else { "Reset" };
        let edit = Edit::SetParam { module: self.id.clone(), param: self.param.id.to_owned(), value };
        actions.edit_as(format!("{verb} {} of {label}", self.param.name()), edit, gesture);
    }

    fn name_ui(&self, ui: &mut Ui, locked: &mut BTreeSet<(ModuleId, &'static str)>, actions: &mut Actions) {
        let lock = (self.id.clone(), self.param.id);
        let mut name = self.param.name();
        if let Some(first) = name.get_mut(0..1) {
            first.make_ascii_uppercase();
        }
        let response = column_label(ui, NAME_WIDTH, RichText::new(name).font(theme::regular(11.5)));
        if response.double_clicked() {
            self.set(None, None, actions);
        }
        let learned = self.module.midi.get(self.param.id);
        if locked.contains(&lock) {
            ui.painter().text(
                response.rect.right_center(),
                Align2::RIGHT_CENTER,
                icons::LOCK_SIMPLE,
                theme::regular(11.0),
                theme::accent(),
            );
        }
        response.context_menu(|ui| {
            let (word, is_locked) = if locked.contains(&lock) { ("Unlock", true) } else { ("Lock against chance", false) };
            if ui.button(word).on_hover_text("Whether Randomize leaves it alone").clicked() {
                if is_locked {
                    locked.remove(&lock)
                } else {
                    locked.insert(lock.clone())
                };
                ui.close();
            }
            self.midi_menu(ui, learned.is_some(), actions);
        });
        let turned = learned.map_or(String::new(), |control| format!("\nTurned by MIDI {control}"));
        response.on_hover_text(format!(
            "{}{turned}\nDouble-click resets it, right-click locks it against chance or learns MIDI",
            self.tooltip()
        ));
    }

    fn midi_menu(&self, ui: &mut Ui, is_learned: bool, actions: &mut Actions) {
        if ui.button("Learn MIDI").on_hover_text("Then move a knob of your controller: from now on it turns this one").clicked() {
            actions.push(Action::LearnMidi(Some(PortRef::new(self.id.clone(), self.param.id))));
            ui.close();
        }
        if is_learned && ui.button("Forget MIDI").on_hover_text("No controller turns it any more").clicked() {
            actions.edit(Edit::SetMidi { module: self.id.clone(), param: self.param.id.to_owned(), control: None });
            ui.close();
        }
    }

    fn toggle_ui(&self, ui: &mut Ui, value: f32, actions: &mut Actions) {
        let on = value >= 0.5;
        let name = self.accessible(&self.param.format(value));
        if switch(ui, on, &self.param.format(value), &name, &self.tooltip()).clicked() {
            self.set(Some(if on { 0.0 } else { 1.0 }), None, actions);
        }
    }

    fn choice_ui(&self, ui: &mut Ui, labels: &[&str], value: f32, actions: &mut Actions) {
        let shown = self.param.format(value);
        let combo = ComboBox::from_id_salt(self.param.id).selected_text(&shown).width(ui.available_width() - 8.0);
        let response = combo
            .show_ui(ui, |ui| {
                for (index, label) in labels.iter().enumerate() {
                    if ui.selectable_label(value as usize == index, *label).clicked() && value as usize != index {
                        self.set(Some(index as f32), None, actions);
                    }
                }
            })
            .response;
        response.widget_info(|| WidgetInfo::labeled(WidgetType::ComboBox, true, self.accessible(&shown)));
        response.on_hover_text(self.tooltip());
    }

    /// What is wrong with what is typed, if anything.
    fn number_ui(&self, ui: &mut Ui, value: f32, cables: &[(&CableId, &Cable)], actions: &mut Actions) -> Option<String> {
        let param = self.param;
        let shown = param.format(value);
        let note = param.unit.format_note(value).map_or(String::new(), |note| format!("\nNow {note} above or below C4"));
        let slider = Slider {
            id: Id::new(("param", self.id, param.id)),
            width: (ui.available_width() - VALUE_WIDTH - 8.0).max(40.0),
            travel: param.travel_from_value(value),
            origin: if param.min < 0.0 && param.max > 0.0 { param.travel_from_value(0.0) } else { 0.0 },
            color: self.color,
            name: self.accessible(&shown),
            value,
            range: [param.min, param.max],
            step: if param.kind == ParamKind::Whole { 1.0 / (param.max - param.min) } else { 0.01 },
            moved: moved_span(param, value, cables),
            tooltip: &format!("{}{note}\nDrag, Shift is fine, ← → step, double-click resets", self.tooltip()),
        };
        match slider.show(ui).1 {
            Some(SliderChange::Travel(travel, gesture)) => self.set(Some(param.value_from_travel(travel)), Some(gesture), actions),
            Some(SliderChange::Value(value)) => self.set(Some(param.clamp(value)), None, actions),
            Some(SliderChange::Reset) => self.set(None, None, actions),
            None => {}
        }
        let entry = ValueBox {
            id: Id::new(("value", self.id, param.id)),
            width: VALUE_WIDTH,
            quiet: true,
            name: &self.accessible("value"),
            shown: &shown,
            tooltip: &format!("{}\nType a value with its unit, Enter takes it, Esc leaves it", self.tooltip()),
        };
        let (typed, reason) = entry.show(ui, |text| parse_value(param, text).map_err(|error| error.to_string()));
        if let Some(typed) = typed.filter(|typed| *typed != value) {
            self.set(Some(typed), None, actions);
        }
        reason
    }
}

/// How far the cables move a parameter at signals of −1 to 1, in travel.
fn moved_span(param: &ParamSpec, value: f32, cables: &[(&CableId, &Cable)]) -> Option<[f32; 2]> {
    let reach: f32 = cables.iter().map(|(_, cable)| cable.gain().abs()).sum();
    (reach > 0.0).then(|| {
        let at = |signal: f32| match param.mod_map() {
            ModMap::Octaves => param.travel_from_value(value * signal.exp2()),
            ModMap::Linear { scale } => param.travel_from_value(value + signal * scale),
        };
        [at(-reach), at(reach)]
    })
}

/// A cable that ends at a parameter: where it comes from, how much, on or off, away with it.
fn modulation_ui(ui: &mut Ui, view: &StudioView<'_>, id: &CableId, cable: &Cable, actions: &mut Actions) {
    let from = format!("{} {}", view.patch.label(id.from.module.as_str(), view.library), id.from.port.replace('_', " "));
    let mut reason = None;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.add_space(8.0);
        let on = switch(ui, cable.on, "", &format!("cable from {from}, on"), "Whether the cable carries its signal");
        if on.clicked() {
            actions.edit(Edit::SetCableOn { id: id.clone(), on: !cable.on });
        }
        let text = RichText::new(&from).font(theme::regular(11.0)).color(theme::signal(SignalKind::Control));
        let source = column_label(ui, 64.0, text);
        if source.clicked() {
            actions.push(Action::SelectCable(id.clone()));
        }
        source.on_hover_text(format!("{from}. Click to select the cable"));
        reason = amount_ui(ui, view, id, cable, VALUE_WIDTH + 52.0, actions);
        if icon_button(ui, icons::X, &format!("unplug {from}"), "Take the cable out", true).clicked() {
            actions.edit(Edit::Disconnect { id: id.clone() });
        }
    });
    if let Some(reason) = reason {
        error_label(ui, &reason);
    }
}

/// The slider and the box of a cable's amount; `behind` is the width that stays free behind the slider. Gives what is wrong with what
/// is typed.
pub fn amount_ui(ui: &mut Ui, view: &StudioView<'_>, id: &CableId, cable: &Cable, behind: f32, actions: &mut Actions) -> Option<String> {
    let shown = amount_text(view.patch, view.library, &id.to, cable.amount);
    let reach = amount_reach(view.patch, view.library, &id.to);
    let set = |amount: f32, gesture: Option<Gesture>, actions: &mut Actions| {
        actions.edit_as(format!("Set the amount of {id}"), Edit::SetCableAmount { id: id.clone(), amount }, gesture);
    };
    let slider = Slider {
        id: Id::new(("amount", id)),
        width: (ui.available_width() - behind).max(30.0),
        travel: ((cable.amount + reach) / (2.0 * reach)).clamp(0.0, 1.0),
        origin: 0.5,
        color: theme::signal(SignalKind::Control).gamma_multiply(if cable.on { 1.0 } else { 0.4 }),
        name: format!("amount of {id}, {shown}"),
        value: cable.amount,
        range: [-reach, reach],
        step: 0.01,
        moved: None,
        tooltip: "How much of the signal arrives. Drag, Shift is fine, double-click passes it on as it is",
    };
    match slider.show(ui).1 {
        Some(SliderChange::Travel(travel, gesture)) => set((travel * 2.0 - 1.0) * reach, Some(gesture), actions),
        Some(SliderChange::Value(amount)) => set(amount.clamp(-reach, reach), None, actions),
        Some(SliderChange::Reset) => set(1.0, None, actions),
        None => {}
    }
    let entry = ValueBox {
        id: Id::new(("amount value", id)),
        width: VALUE_WIDTH,
        quiet: true,
        name: &format!("amount of {id}, value"),
        shown: &shown,
        tooltip: "What the cable does at full signal. Type it with its unit, or as a factor: x0.5",
    };
    let (typed, reason) = entry.show(ui, |text| amount_from_text(view.patch, view.library, &id.to, text));
    if let Some(amount) = typed {
        set(amount, None, actions);
    }
    reason
}
