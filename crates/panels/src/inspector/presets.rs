//! Presets of a module: those that come along, those that were saved, and settings by chance.

use crate::theme;
use crate::view::{StudioView, UserPreset};
use crate::widgets::{dim, icon_button};
use egui::{Id, Popup, RichText, ScrollArea, Slider, TextEdit, Ui, WidgetInfo, WidgetType, vec2};
use egui_phosphor::regular as icons;
use patchlight_core::{ModuleId, ModuleSpec, chance_of, randomized};
use patchlight_operators::{Action, Actions};
use patchlight_patch::{Edit, Module};
use std::collections::BTreeSet;

/// What is kept for the module presets between frames.
#[derive(Debug)]
pub struct Chance {
    /// Parameters that chance leaves alone.
    pub locked: BTreeSet<(ModuleId, &'static str)>,
    /// How far chance goes, 0 to 1.
    pub amount: f32,
    /// Counts the throws, so that each is another and a test can know them.
    pub throws: u64,
    /// What is typed: to find a preset, and to name a new one.
    query: String,
    name: String,
}

impl Default for Chance {
    fn default() -> Self {
        Self { locked: BTreeSet::new(), amount: 0.3, throws: 0, query: String::new(), name: String::new() }
    }
}

/// One row: the menu of presets, saving, and the dice.
pub fn presets_ui(
    ui: &mut Ui,
    view: &StudioView<'_>,
    id: &ModuleId,
    module: &Module,
    spec: &'static ModuleSpec,
    chance: &mut Chance,
    actions: &mut Actions,
) {
    if spec.params.is_empty() {
        return;
    }
    let own = || view.user_presets.iter().filter(|preset| preset.module.kind == spec.id);
    ui.horizontal(|ui| {
        let open = ui.add(egui::Button::new(RichText::new(format!("{}  Presets", icons::LIST)).font(theme::regular(12.0))));
        open.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, "presets"));
        let open = open.on_hover_text("Settings to begin with, and those you saved");
        Popup::menu(&open).width(240.0).close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
            if let Some(module) = list_ui(ui, spec, module, own(), chance, actions) {
                let edit = Edit::SetModule { id: id.clone(), module: Box::new(module.1) };
                actions.edit_as(format!("Preset {}", module.0), edit, None);
                ui.close();
            }
            save_ui(ui, id, chance, actions);
        });
        let dice = icon_button(ui, icons::DICE_FIVE, "randomize", "Settings by chance, in musical ranges. Locked ones stay", true);
        if dice.clicked() {
            actions.edit_as("Randomize", thrown(id, module, spec, chance), None);
        }
        let slider =
            ui.add(Slider::new(&mut chance.amount, 0.02..=1.0).show_value(false).text(RichText::new("chance").font(theme::regular(11.0))));
        slider.on_hover_text(format!("How far chance goes from where the knobs are: {:.0} %", chance.amount * 100.0));
    });
}

/// The presets that fit what is typed; gives the name and the module of the one that is chosen.
fn list_ui<'a>(
    ui: &mut Ui,
    spec: &'static ModuleSpec,
    module: &Module,
    own: impl Iterator<Item = &'a UserPreset>,
    chance: &mut Chance,
    actions: &mut Actions,
) -> Option<(String, Module)> {
    let hint = RichText::new("Search presets").color(theme::dim());
    let search = ui.add(TextEdit::singleline(&mut chance.query).hint_text(hint).desired_width(f32::INFINITY).margin(vec2(6.0, 4.0)));
    ui.ctx().accesskit_node_builder(search.id, |node| node.set_label("search presets"));
    search.on_hover_text("Names and tags: bass, wide, bell");
    let query = chance.query.to_lowercase();
    let fits = |name: &str, tags: &str| query.split_whitespace().all(|word| name.to_lowercase().contains(word) || tags.contains(word));
    let mut chosen = None;
    ScrollArea::vertical().max_height(260.0).show(ui, |ui| {
        if ui.selectable_label(false, "Default").on_hover_text("Everything as it came from the palette").clicked() {
            chosen = Some(("Default".to_owned(), Module { params: Default::default(), data: Default::default(), ..module.clone() }));
        }
        for preset in spec.presets.iter().filter(|preset| fits(preset.name, preset.tags)) {
            let line = ui.selectable_label(false, preset.name).on_hover_text(preset.tags);
            if let Some(settings) = preset.settings(spec).ok().filter(|_| line.clicked()) {
                chosen = Some((preset.name.to_owned(), module.with_settings(&settings)));
            }
        }
        for preset in own {
            let tags = preset.tags.join(" ");
            if fits(&preset.name, &tags) {
                ui.horizontal(|ui| {
                    if ui.selectable_label(false, format!("{}  {}", icons::USER, preset.name)).on_hover_text("Saved by you").clicked() {
                        let Module { params, data, .. } = preset.module.clone();
                        chosen = Some((preset.name.clone(), Module { params, data, ..module.clone() }));
                    }
                    let away =
                        icon_button(ui, icons::TRASH, &format!("delete preset {}", preset.name), "Delete this preset of yours", true);
                    if away.clicked() {
                        actions.push(Action::DeletePreset(preset.path.clone()));
                    }
                });
            }
        }
    });
    chosen
}

fn save_ui(ui: &mut Ui, id: &ModuleId, chance: &mut Chance, actions: &mut Actions) {
    ui.separator();
    ui.label(dim("Save these settings as"));
    ui.horizontal(|ui| {
        let hint = RichText::new("Name #tag #tag").color(theme::dim());
        let edit = ui.add(TextEdit::singleline(&mut chance.name).id(Id::new(("preset name", id))).hint_text(hint).desired_width(170.0));
        let entered = edit.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        ui.ctx().accesskit_node_builder(edit.id, |node| node.set_label("preset name"));
        edit.on_hover_text("A name, and words to find it by, each behind a #. Enter saves it");
        if (ui.button("Save").on_hover_text("Keep it with your presets (Enter)").clicked() || entered) && !chance.name.trim().is_empty() {
            let (tags, words): (Vec<&str>, Vec<&str>) = chance.name.split_whitespace().partition(|word| word.starts_with('#'));
            let tags = tags.iter().map(|tag| tag.trim_start_matches('#').to_lowercase()).filter(|tag| !tag.is_empty()).collect();
            actions.push(Action::SavePreset { module: id.clone(), name: words.join(" "), tags });
            chance.name.clear();
            ui.close();
        }
    });
}

/// All parameters that are not locked, moved by chance.
fn thrown(id: &ModuleId, module: &Module, spec: &'static ModuleSpec, chance: &mut Chance) -> Edit {
    chance.throws += 1;
    let mut edits = Vec::new();
    for (number, param) in spec.params.iter().enumerate() {
        if chance.locked.contains(&(id.clone(), param.id)) {
            continue;
        }
        let seed = chance.throws.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (number as u64).wrapping_mul(0xd134_2543_de82_ef95);
        let now = module.value(param);
        let value = randomized(param, now, chance.amount, [chance_of(seed), chance_of(seed ^ 0x5eed)]);
        if value != now {
            edits.push(Edit::SetParam { module: id.clone(), param: param.id.to_owned(), value: Some(value) });
        }
    }
    Edit::Batch(edits)
}
