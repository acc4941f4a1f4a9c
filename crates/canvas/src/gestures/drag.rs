//! What goes on while something is dragged, and how it ends.

use super::{AmountDrag, Desk, Drag, KnobDrag, MAIN, ModuleDrag};
use crate::cable_text::port_text;
use crate::hit::Hit;
use crate::layout::GRID;
use crate::minimap::Minimap;
use crate::project::ModuleNode;
use crate::state::Selection;
use bevy::input::mouse::MouseButton;
use bevy::math::{Rect, Vec2};
use patchlight_core::{ModuleId, ParamKind};
use patchlight_patch::{CableId, Edit, Gesture};

/// Less than this is a click, logical pixels.
pub(super) const CLICK_PX: f32 = 3.0;
/// Logical pixels for the whole travel of a knob.
const KNOB_TRAVEL_PX: f32 = 180.0;
/// How much finer Shift makes it.
const FINE: f32 = 0.1;
/// Logical pixels for an amount of 1.0.
const AMOUNT_PX: f32 = 120.0;
/// The greatest amount that the hand gives.
const AMOUNT_MAX: f32 = 8.0;
/// Turns of a wheel within this time are one step of the history.
const WHEEL_PAUSE_SECS: f64 = 0.8;

impl Desk<'_, '_, '_> {
    /// The pointer moved while something is dragged.
    pub(super) fn drag_to(&mut self, before: Vec2, screen: Vec2) {
        let canvas = self.view.canvas_from_screen(screen);
        let Some(drag) = self.hand.drag.take() else { return };
        self.hand.drag = Some(match drag {
            Drag::Pan => {
                self.view.pan_by(screen - before);
                Drag::Pan
            }
            Drag::Modules(drag) => Drag::Modules(self.drag_modules(drag, canvas)),
            Drag::Lasso { from, before, .. } => {
                self.selection = self.lassoed(&before, Rect::from_corners(from, canvas));
                Drag::Lasso { from, to: canvas, before }
            }
            Drag::Wire(drag) => Drag::Wire(self.drag_wire(drag, screen)),
            Drag::Knob(drag) => Drag::Knob(self.drag_knob(drag, screen.y)),
            Drag::Amount(drag) => Drag::Amount(self.drag_amount(drag, screen.y)),
            Drag::Minimap => {
                self.look_by_map(screen);
                Drag::Minimap
            }
            Drag::Curve(drag) => Drag::Curve(self.drag_curve(drag, canvas)),
            Drag::Note(drag) => Drag::Note(self.drag_note(drag, canvas)),
        });
    }

    pub(super) fn release(&mut self, button: MouseButton) {
        let ends = matches!((&self.hand.drag, button), (Some(Drag::Pan), MAIN | MouseButton::Middle) | (Some(_), MAIN));
        let Some(drag) = self.hand.drag.take_if(|_| ends) else { return };
        match drag {
            // A click on one of several selected modules selects that one.
            Drag::Modules(drag) if drag.moved => self.insert_dropped(&drag),
            Drag::Modules(drag) => self.selection.select_only([drag.taken]),
            Drag::Knob(drag) if !drag.moved => self.click_knob(&drag),
            Drag::Wire(drag) => self.drop_wire(drag),
            Drag::Pan | Drag::Lasso { .. } | Drag::Knob(_) | Drag::Amount(_) | Drag::Note(_) | Drag::Minimap | Drag::Curve(_) => {}
        }
        self.hover();
    }

    /// Ends a drag as if it had not been.
    pub(super) fn cancel(&mut self) {
        match self.hand.drag.take() {
            Some(Drag::Modules(drag)) if drag.moved => {
                self.ask("Move", self.document.patch.move_to(&drag.starts), Some(drag.gesture));
            }
            Some(Drag::Note(drag)) => self.cancel_note(&drag),
            Some(Drag::Curve(drag)) => self.cancel_curve(drag),
            Some(Drag::Knob(KnobDrag { module, param, before, moved: true, gesture, .. })) => {
                self.ask("Set", Edit::SetParam { module, param: param.to_owned(), value: before }, Some(gesture));
            }
            Some(Drag::Amount(drag)) if drag.moved => {
                self.ask("Set amount", Edit::SetCableAmount { id: drag.cable, amount: drag.before }, Some(drag.gesture));
            }
            Some(Drag::Lasso { before, .. }) => self.selection = before,
            _ => {}
        }
    }

    /// Brings what lies under a point of the minimap to the middle of the view.
    pub(super) fn look_by_map(&mut self, screen: Vec2) -> bool {
        let map = Minimap::new(&self.view, self.board.modules.iter().map(ModuleNode::rect)).filter(|_| self.comfort.minimap);
        let Some(map) = map.filter(|map| map.area.contains(screen) || self.hand.drag.is_some()) else { return false };
        let bounds = map.bounds;
        self.view.center = map.canvas_from_screen(screen).clamp(bounds.min, bounds.max);
        true
    }

    fn drag_modules(&mut self, mut drag: ModuleDrag, canvas: Vec2) -> ModuleDrag {
        let shift = canvas - drag.from;
        drag.moved |= shift.length() * self.view.zoom > CLICK_PX;
        let Some((_, start)) = drag.starts.iter().find(|(id, _)| *id == drag.taken).filter(|_| drag.moved) else { return drag };
        let start = Vec2::from(*start);
        let place = if self.hand.held.alt { start + shift } else { ((start + shift) / GRID).round() * GRID };
        let shift = place - start;
        let moves: Vec<(ModuleId, [f32; 2])> =
            drag.starts.iter().map(|(id, at)| (id.clone(), [at[0] + shift.x, at[1] + shift.y])).collect();
        let name = match moves.as_slice() {
            [(id, _)] => format!("Move {}", self.label(id)),
            _ => format!("Move {} modules", moves.len()),
        };
        self.ask(name, self.document.patch.move_to(&moves), Some(drag.gesture));
        if let Some(cable) = self.cable_under(&drag) {
            self.selection.hovered = Hit::Cable(cable);
        } else if matches!(self.selection.hovered, Hit::Cable(_)) {
            self.selection.hovered = Hit::Nothing;
        }
        drag
    }

    /// The cable that a module would be inserted into where it is dropped: one that nothing of it is plugged into yet.
    fn cable_under(&self, drag: &ModuleDrag) -> Option<CableId> {
        let [(id, _)] = drag.starts.as_slice() else { return None };
        let node = self.board.module(id).filter(|_| self.document.patch.cables_of(id.as_str()).next().is_none())?;
        let cable = self.board.cable_at(node.rect().center(), node.layout.size.min_element() * 0.3)?;
        self.document.patch.insert_existing(&cable.id, id, &self.document.library).ok().map(|_| cable.id.clone())
    }

    /// A module that is dropped on a cable takes its place in it.
    fn insert_dropped(&mut self, drag: &ModuleDrag) {
        let Some(cable) = self.cable_under(drag) else { return };
        if let Ok(edit) = self.document.patch.insert_existing(&cable, &drag.taken, &self.document.library) {
            let name = format!("Insert {} before {}", self.label(&drag.taken), port_text(self.document, &cable.to));
            self.ask(name, edit, Some(drag.gesture));
        }
    }

    fn lassoed(&self, before: &Selection, area: Rect) -> Selection {
        let mut selection = before.clone();
        let touched = self.board.modules.iter().filter(|node| !node.rect().intersect(area).is_empty());
        selection.modules.extend(touched.map(|node| node.id.clone()));
        selection.hovered = Hit::Nothing;
        selection
    }

    fn drag_knob(&mut self, mut drag: KnobDrag, y: f32) -> KnobDrag {
        let step = (drag.last_y - y) / KNOB_TRAVEL_PX * if self.hand.held.shift { FINE } else { 1.0 };
        if !drag.moved && (drag.last_y - y).abs() < CLICK_PX {
            return drag;
        }
        drag.moved = true;
        drag.last_y = y;
        drag.travel = (drag.travel + step).clamp(0.0, 1.0);
        self.turn(&drag.module, drag.param, drag.travel, drag.gesture);
        drag
    }

    /// Sets a parameter by its travel, as part of a gesture.
    fn turn(&mut self, module: &ModuleId, param: &str, travel: f32, gesture: Gesture) {
        let Some((spec, _)) = self.param(module, param) else { return };
        let name = format!("Turn {} of {}", spec.name(), self.label(module));
        let edit = Edit::set_param(module.clone(), param, spec.value_from_travel(travel));
        self.ask(name, edit, Some(gesture));
    }

    /// A click on a choice takes the next one.
    fn click_knob(&mut self, drag: &KnobDrag) {
        let Some((spec, value)) = self.param(&drag.module, drag.param) else { return };
        if matches!(spec.kind, ParamKind::Choice(_)) {
            let next = if value >= spec.max { spec.min } else { value + 1.0 };
            self.set_param(&drag.module, spec, next);
        }
    }

    pub(super) fn wheel_knob(&mut self, module: &ModuleId, param: &'static str, lines: f32) {
        let Some((spec, value)) = self.param(module, param) else { return };
        let hit = Hit::Knob { module: module.clone(), param };
        let same = self.hand.wheel.take().filter(|(at_secs, last, _)| self.now_secs - at_secs <= WHEEL_PAUSE_SECS && *last == hit);
        let gesture = match same {
            Some((_, _, gesture)) => gesture,
            None => self.new_gesture(),
        };
        self.hand.wheel = Some((self.now_secs, hit, gesture));
        let fine = if self.hand.held.shift { FINE } else { 1.0 };
        let travel = match spec.kind {
            ParamKind::Number => spec.travel_from_value(value) + lines * 0.03 * fine,
            ParamKind::Whole | ParamKind::Choice(_) | ParamKind::Toggle => spec.travel_from_value(spec.clamp(value + lines.signum())),
        };
        self.turn(module, param, travel, gesture);
    }

    fn drag_amount(&mut self, mut drag: AmountDrag, y: f32) -> AmountDrag {
        if !drag.moved && (drag.last_y - y).abs() < CLICK_PX {
            return drag;
        }
        let fine = if self.hand.held.shift { FINE } else { 1.0 };
        drag.moved = true;
        drag.amount = (drag.amount + (drag.last_y - y) / AMOUNT_PX * fine).clamp(-AMOUNT_MAX, AMOUNT_MAX);
        drag.last_y = y;
        // Nothing, all and all turned over are what is meant most often.
        let caught = [0.0, 1.0, -1.0].into_iter().find(|stop| !self.hand.held.shift && (drag.amount - stop).abs() < 0.025);
        let edit = Edit::SetCableAmount { id: drag.cable.clone(), amount: caught.unwrap_or(drag.amount) };
        self.ask(format!("Set the amount into {}", port_text(self.document, &drag.cable.to)), edit, Some(drag.gesture));
        drag
    }
}
