//! One cable: its ends, its amount, its switch and its colour.

use super::params::{VALUE_WIDTH, amount_ui};
use crate::theme;
use crate::view::StudioView;
use crate::widgets::{dim, error_label, level_text, mono, section, switch};
use egui::{RichText, Ui, WidgetInfo, WidgetType};
use patchlight_core::{PortRef, SignalKind, note_name};
use patchlight_operators::{Action, Actions};
use patchlight_patch::{Cable, CableColor, CableId, Edit};

/// Colours to choose from beside one's own.
const COLORS: [[u8; 3]; 6] =
    [[0xff, 0x7b, 0x9c], [0xff, 0xb4, 0x54], [0xf2, 0xd4, 0x5c], [0x7e, 0xe7, 0x87], [0x5e, 0xc8, 0xff], [0xb7, 0x8c, 0xff]];

pub fn cable_ui(ui: &mut Ui, view: &StudioView<'_>, id: &CableId, cable: &Cable, actions: &mut Actions) {
    ui.label(RichText::new("Cable").font(theme::semibold(15.0)));
    ui.label(mono(id.to_string()).font(theme::mono(10.0)).color(theme::dim()));
    ui.add_space(6.0);
    end_ui(ui, view, "from", &id.from, true, actions);
    end_ui(ui, view, "to", &id.to, false, actions);
    live_ui(ui, view, id);
    section(ui, "Amount");
    let reason = ui.horizontal(|ui| amount_ui(ui, view, id, cable, VALUE_WIDTH + 8.0, actions)).inner;
    if let Some(reason) = reason {
        error_label(ui, &reason);
    }
    ui.horizontal(|ui| {
        let on = switch(ui, cable.on, "On", "cable, on", "Whether the cable carries its signal");
        if on.clicked() {
            actions.edit(Edit::SetCableOn { id: id.clone(), on: !cable.on });
        }
        if ui.button("Delete").on_hover_text(view.says("cable.delete")).clicked() {
            actions.edit(Edit::Disconnect { id: id.clone() });
        }
    });
    color_ui(ui, id, cable, actions);
    section(ui, "Feedback");
    let tooltip = "In a loop the sound must wait for one sample somewhere. Choose this cable as the place";
    if switch(ui, cable.closes_loop, "A loop's delay sits here", "cable, closes a loop", tooltip).clicked() {
        actions.edit(Edit::SetClosesLoop { id: id.clone(), closes_loop: !cable.closes_loop });
    }
}

fn end_ui(ui: &mut Ui, view: &StudioView<'_>, word: &str, port: &PortRef, is_output: bool, actions: &mut Actions) {
    let label = view.patch.label(port.module.as_str(), view.library);
    let kind = kind_of(view, port, is_output);
    ui.horizontal(|ui| {
        ui.label(dim(format!("{word:>4}")).font(theme::mono(11.0)));
        let mark = kind.map_or(" ", theme::signal_mark);
        ui.label(RichText::new(mark).color(kind.map_or(theme::dim(), theme::signal)));
        let text = format!("{label}  {}", port_name(view, port));
        if ui.button(&text).on_hover_text("Select this module").clicked() {
            actions.push(Action::Select(port.module.clone()));
        }
        if let Some(kind) = kind {
            ui.label(dim(kind.name()));
        }
    });
}

/// What flows in it now, as its kind is read.
fn live_ui(ui: &mut Ui, view: &StudioView<'_>, id: &CableId) {
    let Some(levels) = (view.levels)(&id.from.module) else {
        ui.label(dim("Nothing flows: the module it comes from is not run."));
        return;
    };
    let Some(level) = levels.outputs.iter().find(|level| level.port == id.from.port) else { return };
    let text = match kind_of(view, &id.from, true) {
        Some(SignalKind::Pitch) => note_name(level.last * 12.0),
        Some(SignalKind::Gate) => (if level.last > 0.5 { "on" } else { "off" }).to_owned(),
        Some(SignalKind::Control) => format!("{:+.2}", level.last).replace('-', "−"),
        Some(SignalKind::Audio) | None => format!("peak {} dB", level_text(level.peak_db)),
    };
    let voices = if levels.voices == 1 { "1 voice".to_owned() } else { format!("{} voices", levels.voices) };
    ui.label(dim(format!("{text}   ·   {voices}")));
}

fn color_ui(ui: &mut Ui, id: &CableId, cable: &Cable, actions: &mut Actions) {
    section(ui, "Colour");
    ui.horizontal(|ui| {
        let mut set = |color: Option<CableColor>| actions.edit(Edit::SetCableColor { id: id.clone(), color });
        if ui.selectable_label(cable.color.is_none(), "By kind").on_hover_text("The colour of its kind of signal").clicked() {
            set(None);
        }
        for rgb in COLORS {
            let color = CableColor(rgb);
            let (rect, response) = ui.allocate_exact_size(egui::vec2(20.0, 20.0), egui::Sense::click());
            ui.painter().circle_filled(rect.center(), 7.0, egui::Color32::from_rgb(rgb[0], rgb[1], rgb[2]));
            if cable.color == Some(color) {
                ui.painter().circle_stroke(rect.center(), 9.0, egui::Stroke::new(1.5, theme::text()));
            }
            crate::widgets::focus_ring(ui, &response, rect);
            response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, format!("colour {color}")));
            if response.clicked() {
                set(Some(color));
            }
            response.on_hover_text(color.to_string());
        }
    });
    let shown = cable.color.map_or(String::new(), |color| color.to_string());
    let entry = crate::widgets::ValueBox {
        id: egui::Id::new(("colour", id)),
        width: 90.0,
        quiet: false,
        name: "cable colour",
        shown: &shown,
        tooltip: "A colour of your own: # and six hexadecimal digits",
    };
    let (typed, reason) = entry.show(ui, |text| text.trim().parse::<CableColor>().map_err(|error| error.to_string()));
    if let Some(color) = typed {
        actions.edit(Edit::SetCableColor { id: id.clone(), color: Some(color) });
    }
    if let Some(reason) = reason {
        error_label(ui, &reason);
    }
}

fn kind_of(view: &StudioView<'_>, port: &PortRef, is_output: bool) -> Option<SignalKind> {
    let spec = view.library.get(&view.patch.module(port.module.as_str())?.kind)?;
    if is_output {
        return spec.output(&port.port).map(|(_, port)| port.kind);
    }
    let param = spec.param(&port.port).map(|_| SignalKind::Control);
    spec.input(&port.port).map(|(_, port)| port.kind).or(param)
}

/// A port by the name that is on the screen.
pub fn port_name(view: &StudioView<'_>, port: &PortRef) -> String {
    let spec = view.patch.module(port.module.as_str()).and_then(|module| view.library.get(&module.kind));
    spec.and_then(|spec| spec.param(&port.port)).map_or_else(|| port.port.replace('_', " "), |(_, param)| param.name())
}
