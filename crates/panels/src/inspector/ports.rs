//! The inputs and outputs of a module: what is wired to them, and how loud the outputs are.

use super::cable::port_name;
use crate::theme;
use crate::view::{PortLevel, StudioView};
use crate::widgets::{dim, level_bar, level_text, mono, section};
use egui::{RichText, Ui, vec2};
use patchlight_core::{ModuleId, ModuleSpec, PortRef, PortSpec, SignalKind, note_name};
use patchlight_operators::{Action, Actions};
use patchlight_patch::CableId;

pub fn ports_ui(ui: &mut Ui, view: &StudioView<'_>, id: &ModuleId, spec: &ModuleSpec, actions: &mut Actions) {
    if spec.inputs.is_empty() && spec.outputs.is_empty() {
        return;
    }
    section(ui, "Ports");
    for port in spec.inputs {
        let here = PortRef::new(id.clone(), port.id);
        let cables: Vec<&CableId> = view.patch.cables_into(&here).map(|(id, _)| id).collect();
        ui.horizontal_wrapped(|ui| {
            name_ui(ui, port);
            if cables.is_empty() {
                ui.label(dim("nothing plugged in").font(theme::regular(11.0)));
            }
            for cable in cables {
                cable_button(ui, view, cable, &cable.from, actions);
            }
        });
    }
    let levels = (view.levels)(id);
    for port in spec.outputs {
        let here = PortRef::new(id.clone(), port.id);
        ui.horizontal_wrapped(|ui| {
            name_ui(ui, port);
            let level = levels.as_ref().and_then(|levels| levels.outputs.iter().find(|level| level.port == port.id));
            if let Some(level) = level {
                level_ui(ui, view, id, port, level);
            }
            for (cable, _) in view.patch.cables_out_of(&here) {
                cable_button(ui, view, cable, &cable.to, actions);
            }
        });
    }
}

fn name_ui(ui: &mut Ui, port: &PortSpec) {
    ui.label(RichText::new(theme::signal_mark(port.kind)).color(theme::signal(port.kind)).font(theme::regular(11.0)));
    ui.label(RichText::new(port.name()).font(theme::regular(11.5))).on_hover_text(format!("{} ({})", port.about, port.kind.name()));
}

fn cable_button(ui: &mut Ui, view: &StudioView<'_>, cable: &CableId, other: &PortRef, actions: &mut Actions) {
    let text = format!("{} {}", view.patch.label(other.module.as_str(), view.library), port_name(view, other));
    let button = ui.small_button(RichText::new(text).font(theme::regular(10.5)).color(theme::text_soft()));
    if button.on_hover_text(format!("{cable}. Click to select the cable")).clicked() {
        actions.push(Action::SelectCable(cable.clone()));
    }
}

fn level_ui(ui: &mut Ui, view: &StudioView<'_>, id: &ModuleId, port: &PortSpec, level: &PortLevel) {
    let text = match port.kind {
        SignalKind::Audio => {
            let said = format!("{} {}, peak {} dB", view.patch.label(id.as_str(), view.library), port.name(), level_text(level.peak_db));
            level_bar(ui, vec2(70.0, 8.0), level.peak_db, &said).on_hover_text(&said);
            format!("{} dB", level_text(level.peak_db))
        }
        SignalKind::Pitch => note_name(level.last * 12.0),
        SignalKind::Gate => (if level.last > 0.5 { "on" } else { "off" }).to_owned(),
        SignalKind::Control => format!("{:+.2}", level.last).replace('-', "−"),
    };
    ui.label(mono(text));
}
