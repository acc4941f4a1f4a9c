//! The bar at the top: the patch, undo, the transport, the engine and the master meter.

use crate::levels::master_meter_ui;
use crate::state::Panels;
use crate::theme;
use crate::view::{DeviceLight, EngineView, StudioView, TransportView};
use crate::widgets::{colored_icon_button, gesture, icon_button, mono, text_box_ui};
use egui::{Align, DragValue, Id, Layout, Rect, RichText, Sense, Ui, UiBuilder, WidgetInfo, WidgetType, vec2};
use egui_phosphor::regular as icons;
use patchlight_core::Library;
use patchlight_operators::{Action, Actions, operator};
use patchlight_patch::Edit;

/// The height of the bar, in points.
pub const HEIGHT: f32 = 52.0;

/// Room for the meter of the master, and for the shortest words about the engine, in points.
const METER_WIDTH: f32 = 190.0;
const ENGINE_WIDTH: f32 = 50.0;

/// Draws the bar into the whole width of `ui`.
pub fn top_bar_ui(ui: &mut Ui, view: &StudioView<'_>, panels: &Panels, actions: &mut Actions) {
    let rect = ui.available_rect_before_wrap();
    let part = |ui: &mut Ui, rect: Rect, layout: Layout, draw: &mut dyn FnMut(&mut Ui)| {
        ui.scope_builder(UiBuilder::new().max_rect(rect).layout(layout), |ui| {
            draw(ui);
            ui.min_rect()
        })
        .inner
    };
    let left = part(ui, rect, Layout::left_to_right(Align::Center), &mut |ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        document_ui(ui, view, panels, actions);
    });
    // In the middle of the window where there is room, else behind the buttons.
    let from = (rect.center().x - 160.0).max(left.right() + 20.0);
    let middle = part(ui, rect.with_min_x(from), Layout::left_to_right(Align::Center), &mut |ui| transport_ui(ui, view, actions));
    part(ui, rect.with_min_x(middle.right() + 16.0), Layout::right_to_left(Align::Center), &mut |ui| {
        device_ui(ui, &view.engine, actions);
        // In a narrow window, or a large interface, nothing lies over the clock.
        if ui.available_width() > METER_WIDTH {
            master_meter_ui(ui, &view.master, actions);
        }
        if ui.available_width() > ENGINE_WIDTH {
            ui.add_space(10.0);
            engine_ui(ui, &view.engine);
        }
    });
}

fn document_ui(ui: &mut Ui, view: &StudioView<'_>, panels: &Panels, actions: &mut Actions) {
    toggle_ui(ui, view, icons::SIDEBAR, "browser", ("panel.browser", panels.browser_open), actions);
    ui.label(RichText::new("Patchlight").font(theme::semibold(15.0)));
    ui.add_space(8.0);
    name_ui(ui, view, actions);
    let dot = if view.dirty { "●" } else { " " };
    let dot = ui.label(RichText::new(dot).color(theme::warn()));
    let said = if view.dirty { "not saved" } else { "saved" };
    dot.widget_info(|| WidgetInfo::labeled(WidgetType::Label, true, said));
    dot.on_hover_text(if view.dirty { "There are changes that are not saved" } else { "Everything is saved" });
    let mut call = |ui: &mut Ui, icon: &str, name: &str, id: &'static str| operator_button(ui, view, icon, name, id, None, actions);
    call(ui, icons::FILE_PLUS, "new", "file.new");
    call(ui, icons::FOLDER_OPEN, "open", "file.open");
    call(ui, icons::FLOPPY_DISK, "save", "file.save");
    call(ui, icons::FLOPPY_DISK_BACK, "save as", "file.save_as");
    let (undo, redo) = (view.history.undo_name(), view.history.redo_name());
    operator_button(ui, view, icons::ARROW_U_UP_LEFT, "undo", "edit.undo", Some(undo), actions);
    operator_button(ui, view, icons::ARROW_U_UP_RIGHT, "redo", "edit.redo", Some(redo), actions);
    toggle_ui(ui, view, icons::CLOCK_COUNTER_CLOCKWISE, "history", ("panel.history", panels.history_open), actions);
    operator_button(ui, view, icons::CORNERS_OUT, "zoom to fit", "view.fit", None, actions);
    toggle_ui(ui, view, icons::SLIDERS_HORIZONTAL, "inspector", ("panel.inspector", panels.inspector_open), actions);
    operator_button(ui, view, icons::COMMAND, "palette", "panel.palette", None, actions);
}

/// What an operator is called and does, with its key: `Undo: Wire LFO to cutoff (Ctrl+Z)`.
fn tooltip(view: &StudioView<'_>, id: &str, about: Option<Option<&str>>) -> String {
    let (label, says) = operator(id).map_or(("", ""), |operator| (operator.label, operator.about));
    let says = match about {
        Some(Some(what)) => format!("{label}: {what}"),
        Some(None) => format!("Nothing to {}", label.to_lowercase()),
        None => says.to_owned(),
    };
    view.with_key(&says, id)
}

/// A button that calls an operator. `about` is what it would do now, and where there is nothing it is off.
fn operator_button(
    ui: &mut Ui,
    view: &StudioView<'_>,
    icon: &str,
    name: &str,
    id: &'static str,
    about: Option<Option<&str>>,
    actions: &mut Actions,
) {
    let enabled = about.is_none_or(|about| about.is_some());
    if icon_button(ui, icon, name, &tooltip(view, id, about), enabled).clicked() {
        actions.push(Action::Run(id));
    }
}

fn toggle_ui(ui: &mut Ui, view: &StudioView<'_>, icon: &str, name: &str, (id, open): (&'static str, bool), actions: &mut Actions) {
    let color = if open { theme::accent() } else { theme::text_soft() };
    let response = colored_icon_button(ui, icon, name, &tooltip(view, id, None), true, color);
    response.widget_info(|| WidgetInfo::selected(WidgetType::Button, true, open, name));
    if response.clicked() {
        actions.push(Action::Run(id));
    }
}

fn name_ui(ui: &mut Ui, view: &StudioView<'_>, actions: &mut Actions) {
    ui.allocate_ui(vec2(150.0, 26.0), |ui| {
        ui.visuals_mut().text_edit_bg_color = Some(theme::chrome());
        ui.visuals_mut().widgets.inactive.bg_stroke.color = theme::chrome();
        let font = theme::medium(13.0);
        if let Some(name) = text_box_ui(ui, Id::new("patch name"), "patch name", &view.patch.name, "Name this patch", 1, font) {
            actions.edit(Edit::SetPatchName(name));
        }
    });
}

fn transport_ui(ui: &mut Ui, view: &StudioView<'_>, actions: &mut Actions) {
    let transport = &view.transport;
    let (icon, name, color) = match transport.playing {
        true => (icons::STOP, "stop", theme::text_soft()),
        false => (icons::PLAY, "play", theme::good()),
    };
    operator_button(ui, view, icons::SKIP_BACK, "rewind", "transport.rewind", None, actions);
    if colored_icon_button(ui, icon, name, &tooltip(view, "transport.play", None), true, color).clicked() {
        actions.push(Action::Run("transport.play"));
    }
    tempo_ui(ui, transport, view.library, actions);
    ui.label(RichText::new("BPM").font(theme::regular(10.0)).color(theme::dim()));
    ui.add_space(8.0);
    let position = position_text(transport.beat);
    ui.label(RichText::new(&position).font(theme::mono(14.0))).on_hover_text("Bar, beat, sixteenth (four beats to the bar)");
    operator_button(ui, view, icons::HAND_PALM, "panic", "transport.panic", None, actions);
}

fn tempo_ui(ui: &mut Ui, transport: &TransportView<'_>, library: &Library, actions: &mut Actions) {
    let spec = library.get("clock.transport").and_then(|spec| spec.param("tempo_bpm"));
    let range = spec.map_or(20.0..=300.0, |(_, param)| param.min..=param.max);
    let mut tempo_bpm = transport.tempo_bpm;
    let drag = DragValue::new(&mut tempo_bpm).range(range).speed(0.2).fixed_decimals(1).update_while_editing(false);
    let response = ui
        .scope(|ui| {
            ui.style_mut().text_styles.insert(egui::TextStyle::Monospace, theme::mono(14.0));
            ui.visuals_mut().widgets.inactive.weak_bg_fill = theme::chrome();
            ui.visuals_mut().widgets.inactive.bg_stroke.color = theme::chrome();
            ui.add_enabled(transport.leads.is_some(), drag)
        })
        .inner;
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label("tempo in BPM"));
    if let Some(leads) = transport.leads.filter(|_| response.changed() && tempo_bpm != transport.tempo_bpm) {
        let edit = Edit::set_param(leads.clone(), "tempo_bpm", tempo_bpm);
        actions.edit_as("Set the tempo", edit, Some(gesture(&response)));
    }
    response
        .on_hover_text("Tempo in beats a minute: drag, or click and type")
        .on_disabled_hover_text("The tempo is set by a Transport module: add one to change it");
}

/// Bar, beat and sixteenth, each from 1: `9 . 2 . 3`.
fn position_text(beat: f64) -> String {
    let sixteenths = (beat.max(0.0) * 4.0 + 1e-6) as u64;
    format!("{} . {} . {}", sixteenths / 16 + 1, sixteenths / 4 % 4 + 1, sixteenths % 4 + 1)
}

fn engine_ui(ui: &mut Ui, engine: &EngineView<'_>) {
    if let Some(why) = engine.silent_why {
        ui.add(egui::Label::new(RichText::new(why).color(theme::warn())).truncate()).on_hover_text(why);
        return;
    }
    let load = format!("{:.0} %", engine.load * 100.0);
    let rate = format!("{} kHz", f64::from(engine.sample_rate_hz) / 1000.0);
    let (frames, xruns) = (engine.buffer_frames, engine.xruns);
    let whole = format!("engine {load}   {rate}   {frames} frames   {xruns} xruns");
    let text = match ui.available_width() {
        wide if wide > 310.0 => whole.clone(),
        middling if middling > 120.0 => format!("{load}  {xruns} xruns"),
        _ => load.clone(),
    };
    let color = if engine.load >= 0.8 || xruns > 0 { theme::warn() } else { theme::dim() };
    let label = ui.label(mono(text).color(color));
    label.widget_info(|| WidgetInfo::labeled(WidgetType::Label, true, &whole));
    label.on_hover_text(format!(
        "Engine load {load} of the time there is, {} voices\n{rate}, blocks of {frames} frames ({:.1} ms)\n{xruns} blocks came too late",
        engine.voices,
        f64::from(frames) * 1000.0 / f64::from(engine.sample_rate_hz.max(1)),
    ));
}

fn device_ui(ui: &mut Ui, engine: &EngineView<'_>, actions: &mut Actions) {
    let (rect, response) = ui.allocate_exact_size(vec2(22.0, 22.0), Sense::click());
    let (color, state) = match engine.light() {
        DeviceLight::Playing => (theme::good(), "plays"),
        DeviceLight::Busy => (theme::warn(), "is near its limit"),
        DeviceLight::Silent => (theme::warn(), "is silent"),
    };
    match engine.light() {
        DeviceLight::Silent => ui.painter().circle_stroke(rect.center(), 5.0, egui::Stroke::new(2.0, color)),
        _ => ui.painter().circle_filled(rect.center(), 6.0, color),
    };
    crate::widgets::focus_ring(ui, &response, rect.shrink(3.0));
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, format!("device {} {state}", engine.device_name)));
    egui::Popup::menu(&response).show(|ui| {
        ui.label(crate::widgets::dim("Play on"));
        if ui.button("The system's default").clicked() {
            actions.push(Action::SelectDevice(None));
        }
        for name in engine.devices {
            if ui.selectable_label(name == engine.device_name, name).clicked() {
                actions.push(Action::SelectDevice(Some(name.clone())));
            }
        }
    });
    let why = engine.silent_why.map_or(String::new(), |why| format!("\n{why}"));
    response.on_hover_text(format!("{} {state}.{why}\nClick to play on another device", engine.device_name));
}

#[cfg(test)]
mod tests {
    use super::position_text;

    #[test]
    fn positions_count_from_one() {
        for (beat, text) in [(0.0, "1 . 1 . 1"), (33.5, "9 . 2 . 3"), (3.75, "1 . 4 . 4"), (-1.0, "1 . 1 . 1")] {
            assert_eq!(position_text(beat), text);
        }
    }
}
