//! What begins when a button goes down, and what a click does.

use super::{AmountDrag, Desk, Drag, KnobDrag, MAIN, ModuleDrag};
use crate::cable_text::port_text;
use crate::hit::Hit;
use crate::state::{CanvasAction, MenuOn};
use bevy::input::mouse::MouseButton;
use bevy::math::Vec2;
use patchlight_core::{ModuleId, ParamKind, ParamSpec, PortRef, Spot};
use patchlight_patch::{CableId, Edit};

impl Desk<'_, '_, '_> {
    pub(super) fn press(&mut self, button: MouseButton) {
        let Some(screen) = self.free_pointer().filter(|_| self.hand.drag.is_none()) else { return };
        match button {
            MouseButton::Middle => self.hand.drag = Some(Drag::Pan),
            MAIN if self.hand.held.space => self.hand.drag = Some(Drag::Pan),
            MAIN => self.press_main(screen),
            MouseButton::Right => self.open_menu(screen),
            _ => {}
        }
    }

    fn press_main(&mut self, screen: Vec2) {
        if self.look_by_map(screen) {
            self.hand.drag = Some(Drag::Minimap);
            return;
        }
        let hit = self.hit(screen);
        let double = self.is_double(screen, &hit);
        let canvas = self.view.canvas_from_screen(screen);
        self.selection.hovered = hit.clone();
        match hit {
            Hit::Port { port, output } => self.begin_wire(port, output, screen),
            Hit::Knob { module, param } => self.press_knob(module, param, screen, double),
            Hit::Amount(cable) => self.press_amount(cable, screen, double),
            Hit::Cable(cable) => self.press_cable(cable),
            Hit::Module(module) if double && self.document.patch.groups.contains_key(&module) => {
                self.asked.push(CanvasAction::Enter(module));
            }
            Hit::Module(module) if self.press_curve(&module, canvas, double) => {}
            Hit::Module(module) => self.press_module(module, canvas),
            Hit::Note(id) => self.press_note(id, false, canvas, double),
            Hit::NoteCorner(id) => self.press_note(id, true, canvas, double),
            Hit::Nothing if double => {
                self.asked.push(CanvasAction::OpenSearch { screen_pos: screen, canvas_pos: canvas, wire: None });
            }
            Hit::Nothing => {
                if !self.hand.held.shift {
                    self.selection.clear();
                }
                self.hand.drag = Some(Drag::Lasso { from: canvas, to: canvas, before: self.selection.clone() });
            }
        }
    }

    /// Selects what is under the pointer and shows what can be done with it.
    pub(super) fn open_menu(&mut self, screen: Vec2) {
        let on = match self.hit(screen) {
            Hit::Cable(cable) | Hit::Amount(cable) => {
                self.selection.clear();
                self.selection.cable = Some(cable);
                MenuOn::Cable
            }
            Hit::Knob { module, param } => {
                self.selection.select_only([self
                    .board
                    .owner(&PortRef::new(module.clone(), param))
                    .map_or_else(|| module.clone(), |node| node.id.clone())]);
                self.selection.spot = Some(Spot::Knob(PortRef::new(module, param)));
                MenuOn::Knob
            }
            hit => match hit.module() {
                Some(module) => {
                    if !self.selection.modules.contains(module) {
                        self.selection.select_only([module.clone()]);
                    }
                    MenuOn::Modules
                }
                None => MenuOn::Canvas,
            },
        };
        self.asked.push(CanvasAction::OpenMenu { screen_pos: screen, on });
    }

    fn press_module(&mut self, module: ModuleId, canvas: Vec2) {
        if self.hand.held.shift || self.hand.held.command {
            if !self.selection.modules.remove(&module) {
                self.selection.modules.insert(module);
            }
            return;
        }
        if !self.selection.modules.contains(&module) {
            self.selection.select_only([module.clone()]);
        }
        self.selection.spot = Some(Spot::Module(module.clone()));
        let places = self.document.patch.modules.iter().map(|(id, module)| (id, module.at));
        let places = places.chain(self.document.patch.groups.iter().map(|(id, group)| (id, group.at)));
        let starts = places.filter(|(id, _)| self.selection.modules.contains(*id)).map(|(id, at)| (id.clone(), at)).collect();
        let gesture = self.new_gesture();
        self.hand.drag = Some(Drag::Modules(ModuleDrag { starts, taken: module, from: canvas, moved: false, gesture }));
    }

    fn press_cable(&mut self, cable: CableId) {
        if self.hand.held.alt {
            self.switch_cable(&cable);
        }
        self.selection.clear();
        self.selection.cable = Some(cable);
    }

    /// Switches a cable on or off.
    pub(super) fn switch_cable(&mut self, cable: &CableId) {
        let Some(on) = self.document.patch.cables.get(cable).map(|cable| !cable.on) else { return };
        let edit = Edit::SetCableOn { id: cable.clone(), on };
        let verb = if on { "Switch on" } else { "Switch off" };
        self.ask(format!("{verb} the cable to {}", port_text(self.document, &cable.to)), edit, None);
    }

    fn press_amount(&mut self, cable: CableId, screen: Vec2, double: bool) {
        let Some((amount, on)) = self.document.patch.cables.get(&cable).map(|cable| (cable.amount, cable.on)) else { return };
        self.selection.clear();
        self.selection.cable = Some(cable.clone());
        if !on {
            self.switch_cable(&cable);
        } else if double {
            let name = format!("Reset the amount into {}", port_text(self.document, &cable.to));
            self.ask(name, Edit::SetCableAmount { id: cable, amount: 1.0 }, None);
        } else {
            let gesture = self.new_gesture();
            let drag = AmountDrag { cable, before: amount, amount, last_y: screen.y, moved: false, gesture };
            self.hand.drag = Some(Drag::Amount(drag));
        }
    }

    fn press_knob(&mut self, module: ModuleId, param: &'static str, screen: Vec2, double: bool) {
        let Some((spec, value)) = self.param(&module, param) else { return };
        let port = PortRef::new(module.clone(), param);
        let shown = self.board.owner(&port).map_or_else(|| module.clone(), |node| node.id.clone());
        if !self.selection.modules.contains(&shown) {
            self.selection.select_only([shown]);
        }
        self.selection.cable = None;
        self.selection.spot = Some(Spot::Knob(port));
        if matches!(spec.kind, ParamKind::Toggle) {
            self.set_param(&module, spec, 1.0 - value);
        } else if double && !matches!(spec.kind, ParamKind::Choice(_)) {
            let name = format!("Reset {} of {}", spec.name(), self.label(&module));
            self.ask(name, Edit::SetParam { module, param: param.to_owned(), value: None }, None);
        } else {
            let before = self.document.patch.module(module.as_str()).and_then(|module| module.params.get(param).copied());
            let travel = spec.travel_from_value(value);
            let gesture = self.new_gesture();
            self.hand.drag = Some(Drag::Knob(KnobDrag { module, param, before, travel, last_y: screen.y, moved: false, gesture }));
        }
    }

    /// A parameter and its value.
    pub(super) fn param(&self, module: &ModuleId, param: &str) -> Option<(&'static ParamSpec, f32)> {
        let placed = self.document.patch.module(module.as_str())?;
        let (_, spec) = self.document.library.get(&placed.kind)?.param(param)?;
        Some((spec, placed.value(spec)))
    }

    /// Sets a parameter as a step of its own.
    pub(super) fn set_param(&mut self, module: &ModuleId, spec: &ParamSpec, value: f32) {
        let name = format!("Set {} of {}", spec.name(), self.label(module));
        self.ask(name, Edit::set_param(module.clone(), spec.id, value), None);
    }
}
