//! What keys do on the canvas: on the selection, or on what is seen.

use super::Desk;
use crate::cable_text::port_text;
use crate::hit::Hit;
use crate::layout::GRID;
use crate::state::CanvasAction;
use bevy::input::keyboard::{Key, KeyboardInput};
use bevy::math::Vec2;
use patchlight_core::ModuleId;
use patchlight_patch::{Edit, Fragment, Module, Pasted};

/// How far a duplicate lies from its original, canvas units.
const DUPLICATE_OFFSET: [f32; 2] = [30.0, 30.0];

impl Desk<'_, '_, '_> {
    pub(super) fn key(&mut self, key: &KeyboardInput) {
        let down = key.state.is_pressed();
        match key.logical_key {
            Key::Shift => self.hand.held.shift = down,
            Key::Control | Key::Super | Key::Meta => self.hand.held.command = down,
            Key::Alt => self.hand.held.alt = down,
            Key::Space => self.hand.held.space = down && !self.ui.keyboard,
            _ if down && !self.ui.keyboard => self.key_down(key),
            _ => {}
        }
    }

    fn key_down(&mut self, key: &KeyboardInput) {
        let held = self.hand.held;
        match &key.logical_key {
            Key::Character(text) if !held.alt => self.letter(&text.to_lowercase(), held.command, held.shift, key.repeat),
            Key::Delete | Key::Backspace => self.delete(held.command || held.alt),
            Key::Escape => self.escape(),
            Key::Tab if !held.alt && !held.command => self.search(),
            Key::ArrowLeft => self.nudge(Vec2::NEG_X),
            Key::ArrowRight => self.nudge(Vec2::X),
            Key::ArrowUp => self.nudge(Vec2::NEG_Y),
            Key::ArrowDown => self.nudge(Vec2::Y),
            _ => {}
        }
    }

    fn letter(&mut self, letter: &str, command: bool, shift: bool, repeat: bool) {
        match (letter, command) {
            _ if repeat => {}
            ("a", true) => {
                let all: Vec<ModuleId> = self.document.patch.modules.keys().cloned().collect();
                self.selection.select_only(all);
            }
            ("c", true) => self.copy(),
            ("x", true) => self.cut(),
            ("v", true) => self.paste(),
            ("d", true) => {
                let pasted = self.document.patch.duplicate(&self.selected(), DUPLICATE_OFFSET);
                self.place(pasted, "Duplicate");
            }
            ("f", false) => self.zoom_to(shift),
            ("r", false) => self.asked.push(CanvasAction::RestartFaulty),
            ("b", false) => self.switch(|module| module.bypassed, |module, bypassed| Edit::SetBypassed { module, bypassed }, "Bypass"),
            ("m", false) => self.switch(|module| module.muted, |module, muted| Edit::SetMuted { module, muted }, "Mute"),
            _ => {}
        }
    }

    /// The selected modules, in the order of the patch.
    fn selected(&self) -> Vec<ModuleId> {
        self.document.patch.modules.keys().filter(|id| self.selection.modules.contains(*id)).cloned().collect()
    }

    /// `Ladder`, or `3 modules`.
    fn count_text(&self, ids: &[ModuleId]) -> String {
        match ids {
            [id] => self.label(id),
            ids => format!("{} modules", ids.len()),
        }
    }

    fn delete(&mut self, heal: bool) {
        let ids = self.selected();
        if let Some(cable) = self.selection.cable.take() {
            let name = format!("Unplug {}", port_text(self.document, &cable.to));
            self.ask(name, Edit::Disconnect { id: cable }, None);
        }
        if !ids.is_empty() {
            let edit = self.document.patch.remove_modules(&ids, heal.then_some(&self.document.library));
            self.ask(format!("Delete {}", self.count_text(&ids)), edit, None);
            self.selection.clear();
        }
    }

    fn escape(&mut self) {
        if self.hand.drag.is_some() {
            self.cancel();
        } else {
            self.selection.clear();
        }
    }

    fn search(&mut self) {
        let screen_pos = self.free_pointer().unwrap_or(self.view.viewport.center());
        let canvas_pos = self.view.canvas_from_screen(screen_pos);
        self.asked.push(CanvasAction::OpenSearch { screen_pos, canvas_pos, wire: None });
    }

    fn nudge(&mut self, direction: Vec2) {
        let step = direction * if self.hand.held.alt { 1.0 } else { GRID };
        let modules = self.document.patch.modules.iter().filter(|(id, _)| self.selection.modules.contains(*id));
        let moves: Vec<_> = modules.map(|(id, module)| (id.clone(), [module.at[0] + step.x, module.at[1] + step.y])).collect();
        if !moves.is_empty() {
            self.ask(format!("Move {}", self.count_text(&self.selected())), Edit::MoveModules(moves), None);
        }
    }

    /// Sets a switch of all selected modules: on, where one of them is off. With a cable selected and no module, switches the cable.
    fn switch(&mut self, is_on: impl Fn(&Module) -> bool, edit: impl Fn(ModuleId, bool) -> Edit, verb: &str) {
        let mut ids = self.selected();
        if ids.is_empty() {
            if let Some(cable) = self.selection.cable.clone() {
                return self.switch_cable(&cable);
            }
            ids.extend(self.selection.hovered.module().cloned());
        }
        let on = ids.iter().filter_map(|id| self.document.patch.module(id.as_str())).any(|module| !is_on(module));
        let edits: Vec<Edit> = ids.iter().map(|id| edit(id.clone(), on)).collect();
        let name = if on { format!("{verb} {}", self.count_text(&ids)) } else { format!("{verb} off: {}", self.count_text(&ids)) };
        self.ask(name, Edit::Batch(edits), None);
    }

    fn copy(&mut self) {
        let ids = self.selected();
        if !ids.is_empty() {
            self.clipboard.0 = self.document.patch.fragment(&ids).to_text(&self.document.library);
        }
    }

    /// A cable that is selected is not cut: there is nothing to paste it to.
    fn cut(&mut self) {
        if !self.selection.modules.is_empty() {
            self.copy();
            self.delete(false);
        }
    }

    fn paste(&mut self) {
        let fragment = match Fragment::from_text(&self.clipboard.0, &self.document.library) {
            Ok((fragment, _)) => fragment,
            Err(_) => return self.notice("The clipboard holds no modules: copy some first."),
        };
        let Some(corner) = fragment.corner() else { return };
        let screen = self.free_pointer().unwrap_or(self.view.viewport.center());
        let goal = (self.view.canvas_from_screen(screen) / GRID).round() * GRID;
        let pasted = self.document.patch.paste(&fragment, [goal.x - corner[0], goal.y - corner[1]]);
        self.place(pasted, "Paste");
    }

    /// Adds modules and selects them.
    fn place(&mut self, pasted: Pasted, verb: &str) {
        if pasted.ids.is_empty() {
            return;
        }
        let count = pasted.ids.len();
        let name = format!("{verb} {count} module{}", if count == 1 { "" } else { "s" });
        self.ask(name, pasted.edit, None);
        self.selection.select_only(pasted.ids);
        self.selection.hovered = Hit::Nothing;
    }
}
