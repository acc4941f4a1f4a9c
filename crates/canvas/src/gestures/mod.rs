//! The hand: window events, in the order in which they came, become a change of the view, of the selection, or an action for the app.
//!
//! ```text
//! WindowEvent ──► Desk::handle ──► press / drag / drop / wheel / key
//!                     │ what is grabbed is kept in Hand
//!                     ▼
//!        CanvasView   Selection   CanvasAction::Edit
//! ```
//!
//! Events are read from one stream, not as the state of buttons at the end of a frame, so that a quick hand loses nothing on a slow
//! screen.
//!
//! **Invariant:** nothing here writes the document.

mod curve;
mod drag;
mod keys;
mod note;
mod press;
mod touch;
mod wire;

pub use curve::CurveDrag;
pub use note::NoteDrag;
pub(crate) use touch::{grow_targets, watch_fingers};
pub(crate) use wire::{Fit, fits, sockets};

use crate::hit::{Board, Hit};
use crate::paint::CanvasView;
use crate::state::{CanvasAction, Comfort, Document, Selection, UiFocus};
use bevy::input::ButtonState;
use bevy::input::mouse::{MouseButton, MouseButtonInput, MouseScrollUnit, MouseWheel};
use bevy::math::Vec2;
use bevy::prelude::{DetectChangesMut, MessageReader, MessageWriter, Real, Res, ResMut, Resource, Time};
use bevy::window::WindowEvent;
use patchlight_core::{ModuleId, PortRef};
use patchlight_patch::{CableId, Edit, Gesture};

/// How far the canvas is zoomed by hand.
const ZOOM_RANGE: (f32, f32) = (0.1, 4.0);
/// Two presses within this time and distance are a double click.
const DOUBLE_CLICK_SECS: f64 = 0.4;
const DOUBLE_CLICK_PX: f32 = 6.0;
/// Gestures of the canvas are counted from here, so that other sources of gestures can count from 0.
const FIRST_GESTURE: u64 = 1 << 32;

/// Keys that are held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modifiers {
    pub shift: bool,
    /// Ctrl, or Cmd.
    pub command: bool,
    pub alt: bool,
    pub space: bool,
}

/// What the hand does.
#[derive(Resource, Debug)]
pub struct Hand {
    /// Logical pixels; `None` while the pointer is elsewhere.
    pub pointer: Option<Vec2>,
    pub held: Modifiers,
    pub drag: Option<Drag>,
    /// Escape ended a drag, and is not to do more. The app takes this back.
    pub escaped: bool,
    pub(crate) fingers: touch::Fingers,
    last_press: Option<Press>,
    wheel: Option<(f64, Hit, Gesture)>,
    next_gesture: u64,
}

impl Default for Hand {
    fn default() -> Self {
        Self {
            pointer: None,
            held: Modifiers::default(),
            drag: None,
            escaped: false,
            fingers: touch::Fingers::default(),
            last_press: None,
            wheel: None,
            next_gesture: FIRST_GESTURE,
        }
    }
}

#[derive(Clone, Debug)]
struct Press {
    at_secs: f64,
    screen: Vec2,
    hit: Hit,
}

/// What is being dragged.
#[derive(Clone, Debug, PartialEq)]
pub enum Drag {
    Pan,
    Modules(ModuleDrag),
    /// From a corner to the corner at the pointer, canvas units, with what was selected before.
    Lasso {
        from: Vec2,
        to: Vec2,
        before: Selection,
    },
    Wire(WireDrag),
    Knob(KnobDrag),
    Amount(AmountDrag),
    Note(NoteDrag),
    /// The view, by the minimap.
    Minimap,
    Curve(CurveDrag),
}

#[derive(Clone, Debug, PartialEq)]
pub struct ModuleDrag {
    /// Where they were.
    pub starts: Vec<(ModuleId, [f32; 2])>,
    /// The one that was taken: it is the one that snaps.
    pub taken: ModuleId,
    from: Vec2,
    moved: bool,
    gesture: Gesture,
}

#[derive(Clone, Debug, PartialEq)]
pub struct WireDrag {
    /// The end that stays.
    pub port: PortRef,
    pub from_output: bool,
    /// The cable that was unplugged.
    pub taken: Option<CableId>,
    /// The loose end, canvas units.
    pub to: Vec2,
    /// Where it would be plugged in.
    pub target: Option<PortRef>,
    /// What will happen, or why nothing: shown at the pointer.
    pub note: String,
    from_screen: Vec2,
    moved: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct KnobDrag {
    pub module: ModuleId,
    pub param: &'static str,
    /// What was set before.
    before: Option<f32>,
    travel: f32,
    last_y: f32,
    moved: bool,
    gesture: Gesture,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AmountDrag {
    pub cable: CableId,
    before: f32,
    amount: f32,
    last_y: f32,
    moved: bool,
    gesture: Gesture,
}

/// Everything a gesture works with.
struct Desk<'a, 'w, 's> {
    document: &'a Document,
    board: &'a Board<'w, 's>,
    view: CanvasView,
    selection: Selection,
    comfort: Comfort,
    hand: &'a mut Hand,
    ui: UiFocus,
    now_secs: f64,
    asked: Vec<CanvasAction>,
}

/// Reads what the hand did since the frame before.
pub(crate) fn read_hand(
    mut events: MessageReader<WindowEvent>,
    document: Res<Document>,
    board: Board,
    (mut view, mut selection): (ResMut<CanvasView>, ResMut<Selection>),
    (mut hand, comfort): (ResMut<Hand>, Res<Comfort>),
    (ui, time): (Res<UiFocus>, Res<Time<Real>>),
    mut actions: MessageWriter<CanvasAction>,
) {
    if events.is_empty() && !hand.is_waiting() {
        return;
    }
    let mut desk = Desk {
        document: &document,
        board: &board,
        view: *view,
        selection: selection.clone(),
        comfort: *comfort,
        hand: &mut hand,
        ui: *ui,
        now_secs: time.elapsed_secs_f64(),
        asked: Vec::new(),
    };
    for event in events.read() {
        desk.handle(event);
    }
    desk.rest();
    let Desk { view: seen, selection: selected, asked, .. } = desk;
    view.set_if_neq(seen);
    selection.set_if_neq(selected);
    actions.write_batch(asked);
}

impl Desk<'_, '_, '_> {
    fn handle(&mut self, event: &WindowEvent) {
        match event {
            WindowEvent::CursorMoved(moved) => self.pointer_moved(moved.position),
            WindowEvent::CursorLeft(_) if self.hand.drag.is_none() => {
                self.hand.pointer = None;
                self.selection.hovered = Hit::Nothing;
            }
            WindowEvent::MouseButtonInput(MouseButtonInput { button, state: ButtonState::Pressed, .. }) => self.press(*button),
            WindowEvent::MouseButtonInput(MouseButtonInput { button, state: ButtonState::Released, .. }) => self.release(*button),
            WindowEvent::MouseWheel(wheel) => self.wheel(wheel),
            WindowEvent::PinchGesture(pinch) => {
                if let Some(pointer) = self.free_pointer() {
                    self.zoom_at(pointer, 1.0 + pinch.0);
                }
            }
            WindowEvent::KeyboardInput(key) => self.key(key),
            WindowEvent::TouchInput(touch) => self.touch(touch),
            WindowEvent::WindowFocused(focused) if !focused.focused => {
                self.hand.held = Modifiers::default();
                self.cancel();
            }
            _ => {}
        }
    }

    fn pointer_moved(&mut self, screen: Vec2) {
        let before = self.hand.pointer.replace(screen).unwrap_or(screen);
        // Who moved in between did not mean a double click.
        self.hand.last_press.take_if(|press| press.screen.distance(screen) > DOUBLE_CLICK_PX);
        if self.hand.drag.is_some() {
            self.drag_to(before, screen);
        } else {
            self.hover();
        }
    }

    /// Looks again at what is under the pointer.
    fn hover(&mut self) {
        self.selection.hovered = match self.free_pointer() {
            Some(pointer) => self.hit(pointer),
            None => Hit::Nothing,
        };
    }

    /// The pointer, where it is over the canvas and not a panel's.
    fn free_pointer(&self) -> Option<Vec2> {
        self.hand.pointer.filter(|pointer| !self.ui.pointer && self.view.viewport.contains(*pointer))
    }

    fn hit(&self, screen: Vec2) -> Hit {
        self.board.hit(self.document, &self.selection, self.view.canvas_from_screen(screen), self.view.zoom, self.comfort.touch)
    }

    fn wheel(&mut self, wheel: &MouseWheel) {
        let Some(pointer) = self.free_pointer() else { return };
        let knob = Some(self.selection.hovered.clone()).filter(|hit| matches!(hit, Hit::Knob { .. }) && !self.hand.held.command);
        match (wheel.unit, knob) {
            (MouseScrollUnit::Line, Some(Hit::Knob { module, param })) => self.wheel_knob(&module, param, wheel.y),
            (MouseScrollUnit::Line, _) if self.hand.held.shift => self.view.pan_by(Vec2::new(wheel.y + wheel.x, 0.0) * 60.0),
            (MouseScrollUnit::Line, _) => self.zoom_at(pointer, 1.15_f32.powf(wheel.y)),
            (MouseScrollUnit::Pixel, _) if self.hand.held.command => self.zoom_at(pointer, (wheel.y * 0.005).exp()),
            (MouseScrollUnit::Pixel, _) => self.view.pan_by(Vec2::new(wheel.x, wheel.y)),
        }
        self.hover();
    }

    fn zoom_at(&mut self, screen: Vec2, factor: f32) {
        let wanted = (self.view.zoom * factor).clamp(ZOOM_RANGE.0, ZOOM_RANGE.1);
        self.view.zoom_at(screen, wanted / self.view.zoom);
    }

    fn new_gesture(&mut self) -> Gesture {
        self.hand.next_gesture += 1;
        Gesture(self.hand.next_gesture)
    }

    fn ask(&mut self, name: impl Into<String>, edit: Edit, gesture: Option<Gesture>) {
        if !edit.is_empty() {
            self.asked.push(CanvasAction::Edit { edit, name: name.into(), gesture });
        }
    }

    fn notice(&mut self, text: impl Into<String>) {
        self.asked.push(CanvasAction::Notice(text.into()));
    }

    fn label(&self, module: &ModuleId) -> String {
        self.document.patch.label(module.as_str(), &self.document.library)
    }

    /// Whether a press here and now is the second of two.
    fn is_double(&mut self, screen: Vec2, hit: &Hit) -> bool {
        let press = Press { at_secs: self.now_secs, screen, hit: hit.clone() };
        let last = self.hand.last_press.replace(press);
        let double = last.is_some_and(|last| self.now_secs - last.at_secs <= DOUBLE_CLICK_SECS && last.hit == *hit);
        if double {
            self.hand.last_press = None;
        }
        double
    }
}

/// The button that begins and ends most gestures.
const MAIN: MouseButton = MouseButton::Left;
