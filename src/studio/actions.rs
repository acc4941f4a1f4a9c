//! Carrying out what was asked for, whoever asked: canvas, panel or key.

use super::host::Studio;
use super::{factory, presets};
use crate::try_patch::try_patch;
use bevy::prelude::{MessageReader, NonSendMut, ResMut, Vec2};
use patchlight_canvas::layout::module_layout;
use patchlight_canvas::paint::CanvasView;
use patchlight_canvas::{CanvasAction, Document, Selection};
use patchlight_core::ModuleId;
use patchlight_panels::{Action, LooseEnd, WireTo};
use patchlight_patch::{Cable, Edit, Module};
use std::path::Path;

/// What the hand did on the canvas.
pub fn follow_canvas(mut asked: MessageReader<CanvasAction>, mut studio: NonSendMut<Studio>, mut document: ResMut<Document>) {
    for action in asked.read() {
        match action {
            CanvasAction::Edit { edit, name, gesture } => {
                if studio.session.apply(&mut document.patch, edit.clone(), name, *gesture) {
                    document.touch();
                }
            }
            CanvasAction::OpenSearch { screen_pos, canvas_pos, wire } => {
                studio.search_at = Some(*canvas_pos);
                let loose = wire.as_ref().and_then(|wire| {
                    let kind = kind_of(&document, &wire.port, wire.from_output)?;
                    Some(LooseEnd { port: wire.port.clone(), kind, is_output: wire.from_output })
                });
                studio.panels.open_search(egui::pos2(screen_pos.x, screen_pos.y), loose);
            }
            CanvasAction::Notice(text) => studio.session.say(text.clone()),
            CanvasAction::RestartFaulty => studio.session.engine.clear_faults(),
        }
    }
}

fn kind_of(document: &Document, port: &patchlight_core::PortRef, is_output: bool) -> Option<patchlight_core::SignalKind> {
    let spec = document.library.get(&document.patch.module(port.module.as_str())?.kind)?;
    let found = if is_output { spec.output(&port.port) } else { spec.input(&port.port) };
    // A parameter is moved by control signals.
    Some(found.map_or(patchlight_core::SignalKind::Control, |(_, port)| port.kind))
}

/// What was asked for in panels and by keys.
pub fn carry_out(
    mut studio: NonSendMut<Studio>,
    mut document: ResMut<Document>,
    mut selection: ResMut<Selection>,
    mut view: ResMut<CanvasView>,
) {
    for action in std::mem::take(&mut studio.asked) {
        one(&mut studio, &mut document, &mut selection, &mut view, action);
    }
}

fn one(studio: &mut Studio, document: &mut Document, selection: &mut Selection, view: &mut CanvasView, action: Action) {
    let session = &mut studio.session;
    match action {
        Action::Edit { edit, name, gesture } => {
            if session.apply(&mut document.patch, edit, &name, gesture) {
                document.touch();
            }
        }
        Action::Undo => {
            session.undo(&mut document.patch);
            document.touch();
        }
        Action::Redo => {
            session.redo(&mut document.patch);
            document.touch();
        }
        Action::JumpTo(entry) => {
            session.jump_to(&mut document.patch, entry);
            document.touch();
        }
        Action::New => {
            let patch = session.start_new(&document.patch);
            document.open(patch);
        }
        Action::OpenPath(path) => open(studio, document, &path),
        Action::OpenFactory(id) => {
            if let Some(path) = studio.factory.iter().find(|patch| patch.id == id).map(|patch| patch.path.clone()) {
                open(studio, document, &path);
            }
        }
        Action::Save => match session.path.clone() {
            Some(path) => save(studio, document, &path),
            None => studio.ask_save_as = true,
        },
        Action::SaveAs(path) => save(studio, document, &path),
        Action::TogglePlay => {
            let playing = !session.engine.telemetry().is_playing();
            session.engine.set_playing(playing);
        }
        Action::Rewind => session.engine.rewind(),
        Action::Panic => session.engine.panic(),
        Action::ResetClip => studio.clip_base = studio.master.clipped,
        Action::Select(module) => selection.select_only([module]),
        Action::SelectCable(cable) => {
            selection.clear();
            selection.cable = Some(cable);
        }
        Action::Frame(module) => frame(document, view, &module),
        Action::ZoomToFit => {
            if let Some(bounds) = patchlight_canvas::layout::patch_bounds(&document.patch, &document.library) {
                view.fit(bounds, 60.0);
            }
        }
        Action::AddModule { kind, at, wire } => add(studio, document, selection, view, kind, at, wire),
        Action::SavePreset { module, name, tags } => save_preset(studio, document, &module, &name, tags),
        Action::DeletePreset(path) => {
            if let Err(error) = std::fs::remove_file(&path) {
                session.complain(format!("{} could not be deleted: {error}", path.display()));
            }
            studio.user_presets = presets::list(&studio.presets_folder);
        }
        Action::ReadText { module, field, path } => read_text(studio, document, module, field, &path),
        Action::Try(kind) => {
            if let Some(patch) = try_patch(kind) {
                let patch = session.start_with(patch, &document.patch);
                document.open(patch);
            }
        }
        Action::Dismiss(index) => studio.dismiss(index),
        Action::SelectDevice(device) => session.engine.select_device(device),
    }
}

fn open(studio: &mut Studio, document: &mut Document, path: &Path) {
    match studio.session.open(path, &document.patch) {
        Ok(patch) => {
            document.open(patch);
            studio.clip_base = 0.0;
        }
        Err(error) => studio.session.complain(error.to_string()),
    }
}

fn save(studio: &mut Studio, document: &Document, path: &Path) {
    if let Err(error) = studio.session.save(&document.patch, path) {
        studio.session.complain(error.to_string());
    }
    studio.factory = factory::list(&studio.patches_folder);
}

fn save_preset(studio: &mut Studio, document: &Document, module: &ModuleId, name: &str, tags: Vec<String>) {
    let Some(module) = document.patch.module(module.as_str()) else { return };
    match presets::save(&studio.presets_folder, module, name, tags) {
        Ok(path) => studio.session.say(format!("saved the preset {}", path.display())),
        Err(error) => studio.session.complain(error.to_string()),
    }
    studio.user_presets = presets::list(&studio.presets_folder);
}

/// The largest scale or keyboard map that is read.
const MAX_TEXT_BYTES: u64 = 1 << 20;

fn read_text(studio: &mut Studio, document: &mut Document, module: ModuleId, field: String, path: &Path) {
    let size = std::fs::metadata(path).map(|meta| meta.len());
    let text = match size {
        Ok(size) if size > MAX_TEXT_BYTES => Err("it is too long for a tuning".to_owned()),
        _ => std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).map_err(|error| error.to_string()),
    };
    match text {
        Ok(text) => {
            let edit = Edit::SetData { module, field, text: Some(text.replace('\r', "")) };
            if studio.session.apply(&mut document.patch, edit, &format!("Read {}", path.display()), None) {
                document.touch();
            }
        }
        Err(why) => studio.session.complain(format!("{} cannot be read: {why}; choose another file", path.display())),
    }
}

fn frame(document: &Document, view: &mut CanvasView, id: &ModuleId) {
    if let Some(module) = document.patch.module(id.as_str()) {
        let size = document.library.get(&module.kind).map_or(Vec2::ZERO, |spec| module_layout(spec).size);
        view.center = Vec2::from(module.at) + size * 0.5;
    }
}

/// A new module, in the middle of the view or where the search was opened, wired as asked.
fn add(
    studio: &mut Studio,
    document: &mut Document,
    selection: &mut Selection,
    view: &CanvasView,
    kind: &str,
    at: Option<egui::Pos2>,
    wire: Option<WireTo>,
) {
    let clicked = studio.search_at.take();
    let place = match at {
        Some(at) => clicked.unwrap_or_else(|| view.canvas_from_screen(Vec2::new(at.x, at.y))),
        None => view.center,
    };
    let snap = |x: f32| (x / 10.0).round() * 10.0;
    let id = document.patch.fresh_id(kind);
    let module = Edit::add(id.clone(), Module::new(kind, [snap(place.x), snap(place.y)]));
    let name = format!("Add {}", document.library.get(kind).map_or(kind, |spec| spec.name));
    let edit = match wire {
        Some(wire) => Edit::Batch(vec![module, Edit::connect(wire.cable(&id), Cable::default())]),
        None => module,
    };
    if studio.session.apply(&mut document.patch, edit, &name, None) {
        document.touch();
        selection.select_only([id]);
    }
}
