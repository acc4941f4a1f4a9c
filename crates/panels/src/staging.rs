//! Gain staging: the level after each module that passes sound, from the sources to the output, and which is the hottest.

use crate::theme;
use crate::view::StudioView;
use crate::widgets::{column_label, level_text, mono, paint_level, section};
use egui::{Align, Layout, RichText, Sense, Ui, WidgetInfo, WidgetType, vec2};
use patchlight_core::{Family, ModuleId, ModuleSpec, SignalKind};
use patchlight_operators::{Action, Actions};
use std::collections::HashMap;

/// The level behind a module.
#[derive(Clone, Debug, PartialEq)]
pub struct GainStage {
    pub module: ModuleId,
    pub label: String,
    /// The highest of its audio outputs.
    pub peak_db: f32,
    /// The highest of all.
    pub hottest: bool,
}

/// Every module that passes sound and is run, from the sources to the output. In loops the order of the file decides.
#[must_use]
pub fn gain_stages(view: &StudioView<'_>) -> Vec<GainStage> {
    let mut stages: Vec<GainStage> = in_order(view).into_iter().filter_map(|id| stage(view, id)).collect();
    let loudest = stages.iter().map(|stage| stage.peak_db).fold(-90.0, f32::max);
    if let Some(first) = stages.iter_mut().find(|stage| stage.peak_db >= loudest) {
        first.hottest = true;
    }
    stages
}

fn stage(view: &StudioView<'_>, id: &ModuleId) -> Option<GainStage> {
    let spec = view.library.get(&view.patch.module(id.as_str())?.kind)?;
    let peak_db = if is_output(spec) { view.master.peak_db[0].max(view.master.peak_db[1]) } else { highest_audio(view, id, spec)? };
    Some(GainStage { module: id.clone(), label: view.patch.label(id.as_str(), view.library), peak_db, hottest: false })
}

/// Where the sound leaves: its level is the master's.
fn is_output(spec: &ModuleSpec) -> bool {
    spec.family() == Family::Io && spec.outputs.is_empty() && spec.inputs.iter().any(|port| port.kind == SignalKind::Audio)
}

fn highest_audio(view: &StudioView<'_>, id: &ModuleId, spec: &ModuleSpec) -> Option<f32> {
    let levels = (view.levels)(id)?;
    let is_audio = |port: &str| spec.output(port).is_some_and(|(_, port)| port.kind == SignalKind::Audio);
    levels.outputs.iter().filter(|level| is_audio(&level.port)).map(|level| level.peak_db).reduce(f32::max)
}

/// Modules so that what a cable leaves comes before what it enters; where a loop leaves no such order, the order of the file.
fn in_order<'a>(view: &StudioView<'a>) -> Vec<&'a ModuleId> {
    let patch = view.patch;
    let mut waiting: HashMap<&str, usize> = patch.modules.keys().map(|id| (id.as_str(), 0)).collect();
    let mut after: HashMap<&str, Vec<&str>> = HashMap::new();
    let whole = |id: &&patchlight_patch::CableId| id.from.module != id.to.module && patch.modules.contains_key(&id.from.module);
    for cable in patch.cables.keys().filter(whole) {
        if let Some(count) = waiting.get_mut(cable.to.module.as_str()) {
            *count += 1;
            after.entry(cable.from.module.as_str()).or_default().push(cable.to.module.as_str());
        }
    }
    let mut left: Vec<&ModuleId> = patch.modules.keys().collect();
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let ready = left.iter().position(|id| waiting.get(id.as_str()) == Some(&0)).unwrap_or(0);
        let id = left.remove(ready);
        for next in after.get(id.as_str()).into_iter().flatten() {
            if let Some(count) = waiting.get_mut(next) {
                *count = count.saturating_sub(1);
            }
        }
        order.push(id);
    }
    order
}

/// Draws the list; a click selects the module.
pub(crate) fn staging_ui(ui: &mut Ui, view: &StudioView<'_>, actions: &mut Actions) {
    let stages = gain_stages(view);
    if stages.is_empty() {
        return;
    }
    section(ui, "Gain staging");
    for stage in &stages {
        ui.horizontal(|ui| {
            ui.set_height(16.0);
            let color = if stage.hottest { theme::text() } else { theme::dim() };
            let text = RichText::new(&stage.label).font(theme::regular(11.0)).color(color);
            let response = column_label(ui, 78.0, text);
            let (bar, _) = ui.allocate_exact_size(vec2((ui.available_width() - 68.0).max(20.0), 8.0), Sense::hover());
            paint_level(ui, bar, stage.peak_db);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.label(mono(level_text(stage.peak_db)));
                let mark = if stage.hottest { egui_phosphor::regular::FIRE } else { " " };
                ui.label(RichText::new(mark).color(theme::warn()).font(theme::regular(12.0)));
            });
            let hottest = if stage.hottest { ", the hottest" } else { "" };
            let name = format!("{}, peak {} dB{hottest}", stage.label, level_text(stage.peak_db));
            response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, &name));
            if response.clicked() {
                actions.push(Action::Select(stage.module.clone()));
            }
            response.on_hover_text(format!("{name}. In dB of full scale; click to select it"));
        });
    }
}
