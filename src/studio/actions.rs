//! Carrying out what was asked for, whoever asked: canvas, panel or operator.

use super::host::Studio;
use super::scene::{picked, with_scene};
use super::{factory, keyboard, presets, saved_modules};
use crate::try_patch::try_patch;
use bevy::ecs::system::SystemParam;
use bevy::prelude::{DetectChangesMut, MessageReader, NonSendMut, Res, ResMut, Vec2};
use bevy_egui::EguiClipboard;
use patchlight_canvas::layout::{layout_of, patch_bounds};
use patchlight_canvas::paint::CanvasView;
use patchlight_canvas::{Board, CanvasAction, Comfort, Document, Frozen, Hand, Hit, MenuOn, Selection};
use patchlight_core::{ModuleId, PortRef, SignalKind};
use patchlight_operators::{Action, On, Picked, Question, Show, Toggle, WireTo, operator};
use patchlight_panels::{KeyTable, LooseEnd, Menu, Palette};
use patchlight_patch::{Cable, Edit, Module, Patch};
use std::cell::RefCell;
use std::path::Path;

/// Room around what is shown whole, logical pixels.
const FIT_MARGIN: f32 = 60.0;
/// How near to a cable a module is dropped that goes into it, logical pixels: the grid may move it off.
const CABLE_REACH_PX: f32 = 10.0;
/// How far the canvas is zoomed by keys.
const ZOOM_RANGE: (f32, f32) = (0.1, 4.0);

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
                studio.panels.open_search(point(*screen_pos), loose);
            }
            CanvasAction::OpenMenu { screen_pos, on } => {
                let on = match on {
                    MenuOn::Canvas => On::Canvas,
                    MenuOn::Modules => On::Modules,
                    MenuOn::Cable => On::Cable,
                    MenuOn::Knob => On::Knob,
                };
                studio.panels.menu = Some(Menu::new(point(*screen_pos), on));
            }
            CanvasAction::Enter(group) => document.enter(Some(group.clone())),
            CanvasAction::WriteNote(id) => studio.ask(Question::Note(id.clone())),
            CanvasAction::Notice(text) => studio.session.say(text.clone()),
        }
    }
}

const fn point(at: Vec2) -> egui::Pos2 {
    egui::pos2(at.x, at.y)
}

fn kind_of(document: &Document, port: &PortRef, is_output: bool) -> Option<SignalKind> {
    let spec = document.library.get(&document.patch.module(port.module.as_str())?.kind)?;
    let found = if is_output { spec.output(&port.port) } else { spec.input(&port.port) };
    // A parameter is moved by control signals.
    Some(found.map_or(SignalKind::Control, |(_, port)| port.kind))
}

/// What is worked on.
#[derive(SystemParam)]
pub struct Desk<'w, 's> {
    document: ResMut<'w, Document>,
    selection: ResMut<'w, Selection>,
    view: ResMut<'w, CanvasView>,
    comfort: ResMut<'w, Comfort>,
    frozen: ResMut<'w, Frozen>,
    hand: Res<'w, Hand>,
    board: Board<'w, 's>,
    clipboard: ResMut<'w, EguiClipboard>,
}

/// What was asked for in panels and by keys.
pub fn carry_out(mut studio: NonSendMut<Studio>, mut desk: Desk<'_, '_>) {
    for action in std::mem::take(&mut studio.asked) {
        desk.carry_out(&mut studio, action);
    }
    let comfort = Comfort {
        touch: studio.settings.touch || desk.comfort.touch,
        less_motion: studio.settings.less_motion,
        minimap: studio.settings.minimap,
    };
    desk.comfort.set_if_neq(comfort);
}

impl Desk<'_, '_> {
    fn carry_out(&mut self, studio: &mut Studio, action: Action) {
        let session = &mut studio.session;
        match action {
            Action::Run(id) => self.run(studio, id),
            Action::Edit { edit, name, gesture } => {
                if session.apply(&mut self.document.patch, edit, &name, gesture) {
                    self.document.touch();
                    if gesture.is_none() {
                        self.document.glide();
                    }
                }
            }
            Action::Undo => self.changed(|patch| session.undo(patch)),
            Action::Redo => self.changed(|patch| session.redo(patch)),
            Action::JumpTo(entry) => self.changed(|patch| session.jump_to(patch, entry)),
            Action::New => {
                let patch = session.start_new(&self.document.patch);
                self.document.open(patch);
            }
            Action::OpenPath(path) => self.open(studio, &path),
            Action::OpenFactory(id) => {
                if let Some(path) = studio.factory.iter().find(|patch| patch.id == id).map(|patch| patch.path.clone()) {
                    self.open(studio, &path);
                }
            }
            Action::Save => match session.path.clone() {
                Some(path) => self.save(studio, &path),
                None => studio.to_show.push(Show::SaveAs),
            },
            Action::SaveAs(path) => self.save(studio, &path),
            Action::TogglePlay => {
                let playing = !session.engine.telemetry().is_playing();
                session.engine.set_playing(playing);
            }
            Action::Rewind => session.engine.rewind(),
            Action::Panic => session.engine.panic(),
            Action::RestartFaulty => session.engine.clear_faults(),
            Action::ResetClip => studio.clip_base = studio.master.clipped,
            Action::SelectDevice(device) => session.engine.select_device(device),
            Action::Say(text) => session.say(text),
            Action::Dismiss(index) => studio.dismiss(index),
            Action::Copy(text) => {
                self.clipboard.set_text(&text);
                studio.copied = text;
            }
            Action::Try(kind) => {
                if let Some(patch) = try_patch(kind) {
                    let patch = session.start_with(patch, &self.document.patch);
                    self.document.open(patch);
                }
            }
            Action::Show(show) => self.show(studio, show),
            Action::Toggle(toggle) => self.toggle(studio, toggle),
            Action::Preview(kind) => session.preview(&self.document.patch, kind),
            Action::LearnMidi(port) => studio.learning.wait_for(port, session, &self.document),
            Action::BindKey { operator, key } => {
                studio.keymap = studio.keymap.bound(operator, key.and_then(|key| key.parse().ok()));
                studio.keep_settings();
            }
            Action::AddModule { .. } | Action::AddSaved { .. } | Action::Swap { .. } => self.add(studio, action),
            Action::SaveModule { .. } | Action::SavePreset { .. } | Action::DeletePreset(_) | Action::ReadText { .. } => {
                self.keep(studio, action);
            }
            Action::Select(_) | Action::SelectCable(_) | Action::Pick(_) => self.select(action),
            Action::Enter(_) | Action::Frame(_) | Action::ZoomToFit | Action::ZoomToSelection | Action::ZoomBy(_) | Action::LookAt(_) => {
                self.look(action);
            }
        }
    }

    fn changed(&mut self, change: impl FnOnce(&mut Patch)) {
        change(&mut self.document.patch);
        // A group that one looked into may be gone.
        let level = self.document.level.clone();
        self.document.enter(level);
        self.document.touch();
        self.document.glide();
    }

    /// Runs an operator on what is there.
    fn run(&mut self, studio: &mut Studio, id: &str) {
        let Some(operator) = operator(id) else { return };
        let picked = picked(&self.selection);
        let system = RefCell::new(&mut *self.clipboard);
        let clipboard = || system.borrow_mut().get_text().filter(|text| !text.is_empty()).unwrap_or_else(|| studio.copied.clone());
        let asked = with_scene(&self.document, &picked, &self.view, self.hand.pointer, &clipboard, |scene| (operator.run)(scene));
        for action in asked {
            self.carry_out(studio, action);
        }
    }

    fn select(&mut self, action: Action) {
        match action {
            Action::Select(module) => self.selection.select_only([module]),
            Action::SelectCable(cable) => {
                self.selection.clear();
                self.selection.cable = Some(cable);
            }
            Action::Pick(picked) => {
                let Picked { modules, cable, spot, carried } = picked;
                let hovered = self.selection.hovered.clone();
                self.selection.set_if_neq(Selection { modules, cable, spot, carried, hovered });
                self.follow_keys();
            }
            _ => {}
        }
    }

    /// What the keys are at comes into view.
    fn follow_keys(&mut self) {
        let module = self.selection.spot.as_ref().map(|spot| spot.module().clone());
        let Some(id) = module else { return };
        let at = self.document.patch.module(id.as_str()).map(|module| Vec2::from(module.at));
        if let (Some(at), Some(layout)) = (at, layout_of(&self.document.patch, &self.document.library, id.as_str()))
            && self.view.visible().intersect(layout.rect(at)).is_empty()
        {
            self.view.center = layout.rect(at).center();
        }
    }

    fn look(&mut self, action: Action) {
        let (patch, library) = (&self.document.patch, &self.document.library);
        match action {
            Action::Enter(level) => self.document.enter(level),
            Action::Frame(module) => {
                let level = patch.group_of(module.as_str()).cloned();
                let at = patch.module(module.as_str()).map(|module| Vec2::from(module.at));
                let size = layout_of(patch, library, module.as_str()).map_or(Vec2::ZERO, |layout| layout.size);
                if let Some(at) = at {
                    self.view.center = at + size * 0.5;
                }
                self.document.enter(level);
            }
            Action::ZoomToFit => {
                if let Some(bounds) = patch_bounds(patch, library, self.document.level.as_ref()) {
                    self.view.fit(bounds, FIT_MARGIN);
                }
            }
            Action::ZoomToSelection => {
                let place = |id: &ModuleId| {
                    let group = || patch.groups.get(id).map(|group| group.at);
                    let at = patch.module(id.as_str()).map(|module| module.at).or_else(group)?;
                    Some(layout_of(patch, library, id.as_str())?.rect(Vec2::from(at)))
                };
                if let Some(bounds) = self.selection.modules.iter().filter_map(place).reduce(|all, rect| all.union(rect)) {
                    self.view.fit(bounds, FIT_MARGIN);
                }
            }
            Action::ZoomBy(factor) => {
                let middle = self.view.viewport.center();
                let wanted = (self.view.zoom * factor).clamp(ZOOM_RANGE.0, ZOOM_RANGE.1);
                let factor = wanted / self.view.zoom;
                self.view.zoom_at(middle, factor);
            }
            Action::LookAt(place) => {
                self.view.center = Vec2::from(place.center);
                self.view.zoom = place.zoom.clamp(ZOOM_RANGE.0, ZOOM_RANGE.1);
            }
            _ => {}
        }
    }

    fn show(&mut self, studio: &mut Studio, show: Show) {
        let screen = self.hand.pointer.filter(|pointer| self.view.viewport.contains(*pointer)).unwrap_or(self.view.viewport.center());
        match show {
            Show::Search => {
                studio.search_at = Some(self.view.canvas_from_screen(screen));
                studio.panels.open_search(point(screen), None);
            }
            Show::Swap(module) => studio.panels.open_swap(point(screen), module),
            Show::Palette => studio.panels.palette = Some(Palette::default()),
            Show::Page(kind) => studio.panels.page = Some(kind),
            Show::Open | Show::SaveAs | Show::Ask(_) => studio.to_show.push(show),
        }
    }

    fn toggle(&mut self, studio: &mut Studio, toggle: Toggle) {
        let before = studio.settings;
        let (panels, settings) = (&mut studio.panels, &mut studio.settings);
        match toggle {
            Toggle::Browser => panels.browser_open = !panels.browser_open,
            Toggle::Inspector => panels.inspector_open = !panels.inspector_open,
            Toggle::History => panels.history_open = !panels.history_open,
            Toggle::Messages => panels.messages_open = !panels.messages_open,
            Toggle::Keys => panels.keys = if panels.keys.is_some() { None } else { Some(KeyTable::default()) },
            Toggle::NoteKeys => keyboard::toggle_notes(studio),
            Toggle::Minimap => settings.minimap = !settings.minimap,
            Toggle::Preview => settings.preview = !settings.preview,
            Toggle::Freeze => self.freeze(studio),
            Toggle::Touch => {
                settings.touch = !settings.touch;
                self.comfort.touch = settings.touch;
            }
            Toggle::LessMotion => settings.less_motion = !settings.less_motion,
            Toggle::Theme => settings.look = settings.look.next(),
            Toggle::Larger => settings.resize(1),
            Toggle::Smaller => settings.resize(-1),
        }
        if studio.settings != before {
            studio.keep_settings();
        }
    }

    /// Freezes the scope of the cable under the pointer, or else of the selected one; lets it go again.
    fn freeze(&mut self, studio: &mut Studio) {
        let is_on_cable = matches!(self.selection.hovered, Hit::Cable(_) | Hit::Amount(_)) || self.selection.cable.is_some();
        let can_toggle = self.frozen.wanted || (is_on_cable && self.hand.pointer.is_some());
        if !can_toggle {
            studio.session.say("point at a cable, or select one, to freeze what it carries");
            return;
        }
        self.frozen.wanted = !self.frozen.wanted;
    }

    fn open(&mut self, studio: &mut Studio, path: &Path) {
        match studio.session.open(path, &self.document.patch) {
            Ok(patch) => {
                self.document.open(patch);
                studio.clip_base = 0.0;
            }
            Err(error) => studio.session.complain(error.to_string()),
        }
    }

    fn save(&mut self, studio: &mut Studio, path: &Path) {
        if let Err(error) = studio.session.save(&self.document.patch, path) {
            studio.session.complain(error.to_string());
        }
        studio.factory = factory::list(&studio.patches_folder);
    }

    /// What is kept in files of its own.
    fn keep(&mut self, studio: &mut Studio, action: Action) {
        match action {
            Action::SavePreset { module, name, tags } => {
                let Some(module) = self.document.patch.module(module.as_str()) else { return };
                match presets::save(&studio.presets_folder, module, &name, tags) {
                    Ok(path) => studio.session.say(format!("saved the preset {}", path.display())),
                    Err(error) => studio.session.complain(error.to_string()),
                }
                studio.user_presets = presets::list(&studio.presets_folder);
            }
            Action::DeletePreset(path) => {
                if let Err(error) = std::fs::remove_file(&path) {
                    studio.session.complain(format!("{} could not be deleted: {error}", path.display()));
                }
                studio.user_presets = presets::list(&studio.presets_folder);
            }
            Action::SaveModule { modules, name } => {
                match saved_modules::save(&studio.modules_folder, &self.document.patch, &modules, &name) {
                    Ok(path) => studio.session.say(format!("saved {}; the search finds it by its name", path.display())),
                    Err(error) => studio.session.complain(error.to_string()),
                }
                studio.saved = saved_modules::list(&studio.modules_folder);
            }
            Action::ReadText { module, field, path } => self.read_text(studio, module, field, &path),
            _ => {}
        }
    }

    fn read_text(&mut self, studio: &mut Studio, module: ModuleId, field: String, path: &Path) {
        let size = std::fs::metadata(path).map(|meta| meta.len());
        let text = match size {
            Ok(size) if size > MAX_TEXT_BYTES => Err("it is too long for a tuning".to_owned()),
            _ => std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).map_err(|error| error.to_string()),
        };
        match text {
            Ok(text) => {
                let edit = Edit::SetData { module, field, text: Some(text.replace('\r', "")) };
                if studio.session.apply(&mut self.document.patch, edit, &format!("Read {}", path.display()), None) {
                    self.document.touch();
                }
            }
            Err(why) => studio.session.complain(format!("{} cannot be read: {why}; choose another file", path.display())),
        }
    }

    fn add(&mut self, studio: &mut Studio, action: Action) {
        match action {
            Action::AddModule { kind, at, wire } => self.add_module(studio, kind, at, wire),
            Action::AddSaved { path, at } => self.add_saved(studio, &path, at),
            Action::Swap { module, kind } => {
                let name = format!("Swap {} for {}", self.label(&module), self.document.library.get(kind).map_or(kind, |spec| spec.name));
                match self.document.patch.replace_kind(&module, kind, &self.document.library) {
                    Ok(edit) => {
                        if studio.session.apply(&mut self.document.patch, edit, &name, None) {
                            self.document.touch();
                        }
                    }
                    Err(error) => studio.session.complain(error.to_string()),
                }
            }
            _ => {}
        }
    }

    fn label(&self, module: &ModuleId) -> String {
        self.document.patch.label(module.as_str(), &self.document.library)
    }

    /// In the middle of the view or where the search was opened, on the grid.
    fn place_for(&self, studio: &mut Studio, at: Option<[f32; 2]>) -> [f32; 2] {
        let clicked = studio.search_at.take();
        let place = match at {
            Some(at) => clicked.unwrap_or_else(|| self.view.canvas_from_screen(Vec2::from(at))),
            None => self.view.center,
        };
        place.to_array().map(|x| (x / 10.0).round() * 10.0)
    }

    /// A new module, wired as asked; dropped on a cable, it goes into it.
    fn add_module(&mut self, studio: &mut Studio, kind: &str, at: Option<[f32; 2]>, wire: Option<WireTo>) {
        let place = self.place_for(studio, at);
        let document = &mut *self.document;
        let id = document.patch.fresh_id(kind);
        let module = Module { group: document.level.clone(), ..Module::new(kind, place) };
        let name = format!("Add {}", document.library.get(kind).map_or(kind, |spec| spec.name));
        let reach = CABLE_REACH_PX / self.view.zoom;
        let under = self.board.cable_at(Vec2::from(place), reach).filter(|_| at.is_some());
        let inserted =
            under.and_then(|cable| document.patch.insert_into_cable(&cable.id, id.clone(), module.clone(), &document.library).ok());
        let edit = match (wire, inserted) {
            (Some(wire), _) => {
                let into =
                    if wire.loose_is_output { Patch::cable_into_kind(kind, &wire.port, &document.library) } else { Cable::default() };
                Edit::Batch(vec![Edit::add(id.clone(), module), Edit::connect(wire.cable(&id), into)])
            }
            (None, Some(edit)) => edit,
            (None, None) => Edit::add(id.clone(), module),
        };
        if studio.session.apply(&mut document.patch, edit, &name, None) {
            document.touch();
            self.selection.select_only([id.clone()]);
            self.selection.spot = Some(patchlight_core::Spot::Module(id));
        }
    }

    fn add_saved(&mut self, studio: &mut Studio, path: &Path, at: Option<[f32; 2]>) {
        let place = self.place_for(studio, at);
        match saved_modules::add(path, &self.document.patch, place, self.document.level.as_ref()) {
            Ok(Some(pasted)) => {
                let name = format!("Add {}", path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned()));
                if studio.session.apply(&mut self.document.patch, pasted.edit, &name, None) {
                    self.document.touch();
                    self.selection.select_only(pasted.ids);
                }
            }
            Ok(None) => studio.session.complain(format!("{} holds no modules", path.display())),
            Err(error) => studio.session.complain(error.to_string()),
        }
    }
}

/// The largest scale or keyboard map that is read.
const MAX_TEXT_BYTES: u64 = 1 << 20;
