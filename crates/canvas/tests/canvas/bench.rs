//! A canvas without window or GPU, a hand that moves over it, and the smallest app: it applies what is asked for.

use bevy::app::{App, Update};
use bevy::input::ButtonState;
use bevy::input::keyboard::{Key, KeyCode, KeyboardInput};
use bevy::input::mouse::{MouseButton, MouseButtonInput, MouseScrollUnit, MouseWheel};
use bevy::input::touch::{TouchInput, TouchPhase};
use bevy::math::{Rect, Vec2};
use bevy::prelude::{Entity, MessageReader, MinimalPlugins, ResMut, Resource};
use bevy::window::{CursorMoved, WindowEvent};
use patchlight_canvas::layout::{knob_position, layout_of, port_position};
use patchlight_canvas::paint::CanvasView;
use patchlight_canvas::{CanvasAction, CanvasPlugin, Document, Selection};
use patchlight_core::ModuleId;
use patchlight_operators::{Action, Picked, Place, Scene as OperatorScene, operator};
use patchlight_patch::{Edit, History, Patch};

/// Everything that was asked for, and the history.
#[derive(Resource, Default)]
pub struct Session {
    pub history: History,
    pub asked: Vec<CanvasAction>,
}

fn apply_actions(mut actions: MessageReader<CanvasAction>, mut document: ResMut<Document>, mut session: ResMut<Session>) {
    for action in actions.read() {
        session.asked.push(action.clone());
        if let CanvasAction::Edit { edit, name, gesture } = action.clone() {
            session.history.apply(&mut document.patch, name, edit, gesture).expect("gestures ask for what fits");
            document.touch();
        }
    }
}

pub struct Bench {
    pub app: App,
    pub clipboard: String,
}

const WINDOW: Entity = Entity::PLACEHOLDER;

impl Bench {
    /// A canvas that shows `document` at zoom 1 in 1400 × 900 pixels.
    pub fn new(document: Document) -> Self {
        Self::with(document, |_| ())
    }

    /// The same with more plugins.
    pub fn with(document: Document, add: impl FnOnce(&mut App)) -> Self {
        let mut app = App::new();
        app.add_plugins(MinimalPlugins);
        Self::over(app, document, add)
    }

    /// The same over other plugins of Bevy's.
    pub fn over(mut app: App, document: Document, add: impl FnOnce(&mut App)) -> Self {
        app.add_plugins(CanvasPlugin).insert_resource(document).init_resource::<Session>().add_systems(Update, apply_actions);
        let viewport = Rect::new(0.0, 0.0, 1400.0, 900.0);
        app.insert_resource(CanvasView { viewport, fills_target: false, ..CanvasView::default() });
        add(&mut app);
        let mut bench = Self { app, clipboard: String::new() };
        bench.step();
        let mut view = bench.app.world_mut().resource_mut::<CanvasView>();
        view.zoom = 1.0;
        view.center = Vec2::new(600.0, 350.0);
        bench.step();
        bench
    }

    pub fn step(&mut self) {
        self.app.update();
    }

    pub fn document(&self) -> &Document {
        self.app.world().resource::<Document>()
    }

    pub fn patch(&self) -> &Patch {
        &self.document().patch
    }

    pub fn selection(&self) -> &Selection {
        self.app.world().resource::<Selection>()
    }

    pub fn view(&self) -> CanvasView {
        *self.app.world().resource::<CanvasView>()
    }

    /// Takes what was asked for so far.
    pub fn asked(&mut self) -> Vec<CanvasAction> {
        std::mem::take(&mut self.app.world_mut().resource_mut::<Session>().asked)
    }

    /// Changes the patch from elsewhere.
    pub fn apply(&mut self, edit: Edit) {
        let mut document = self.app.world_mut().resource_mut::<Document>();
        document.patch.apply(edit).expect("the patch takes it");
        document.touch();
        self.step();
    }

    pub fn undo(&mut self) -> bool {
        let undone = self.app.world_mut().resource_scope(|world, mut document: bevy::prelude::Mut<'_, Document>| {
            let undone = world.resource_mut::<Session>().history.undo(&mut document.patch).expect("history fits");
            document.touch();
            undone.is_some()
        });
        self.step();
        undone
    }

    fn send(&mut self, event: WindowEvent) {
        self.app.world_mut().write_message(event);
    }

    /// Moves the pointer to a place on the canvas.
    pub fn point(&mut self, canvas: Vec2) {
        let position = self.view().screen_from_canvas(canvas);
        self.send(WindowEvent::CursorMoved(CursorMoved { window: WINDOW, position, delta: None }));
    }

    pub fn button(&mut self, button: MouseButton, pressed: bool) {
        let state = if pressed { ButtonState::Pressed } else { ButtonState::Released };
        self.send(WindowEvent::MouseButtonInput(MouseButtonInput { button, state, window: WINDOW }));
    }

    pub fn click(&mut self, canvas: Vec2) {
        self.point(canvas);
        self.button(MouseButton::Left, true);
        self.button(MouseButton::Left, false);
        self.step();
    }

    /// A click that is not taken for the second of two.
    pub fn click_alone(&mut self, canvas: Vec2) {
        std::thread::sleep(std::time::Duration::from_millis(450));
        self.step();
        self.click(canvas);
    }

    /// Presses, moves in steps over several frames, and lets go.
    pub fn drag(&mut self, from: Vec2, to: Vec2) {
        self.grab(from, to);
        self.button(MouseButton::Left, false);
        self.step();
    }

    /// As [`Self::drag`], without letting go.
    pub fn grab(&mut self, from: Vec2, to: Vec2) {
        self.point(from);
        self.button(MouseButton::Left, true);
        for share in 1..=5 {
            self.point(from.lerp(to, share as f32 / 5.0));
            self.step();
        }
    }

    pub fn key(&mut self, key: Key, pressed: bool) {
        let state = if pressed { ButtonState::Pressed } else { ButtonState::Released };
        let event = KeyboardInput { key_code: KeyCode::F35, logical_key: key, state, text: None, repeat: false, window: WINDOW };
        self.send(WindowEvent::KeyboardInput(event));
    }

    pub fn tap(&mut self, key: Key) {
        self.key(key.clone(), true);
        self.key(key, false);
        self.step();
    }

    /// Presses and lets go with the right button.
    pub fn right_click(&mut self, canvas: Vec2) {
        self.point(canvas);
        self.button(MouseButton::Right, true);
        self.button(MouseButton::Right, false);
        self.step();
    }

    /// A finger goes down, moves or is lifted.
    pub fn finger(&mut self, id: u64, phase: TouchPhase, canvas: Vec2) {
        let position = self.view().screen_from_canvas(canvas);
        self.send(WindowEvent::TouchInput(TouchInput { phase, position, window: WINDOW, force: None, id }));
        self.step();
    }

    /// Calls an operator as the app would, as far as the canvas goes.
    pub fn call(&mut self, id: &str) {
        let operator = operator(id).expect(id);
        let view = self.view();
        let asked = {
            let (document, selection) = (self.document(), self.selection());
            let picked = Picked {
                modules: selection.modules.clone(),
                cable: selection.cable.clone(),
                spot: selection.spot.clone(),
                carried: selection.carried.clone(),
            };
            let size_of = |id: &ModuleId| {
                let layout = layout_of(&document.patch, &document.library, id.as_str());
                layout.map_or([100.0, 100.0], |layout| layout.size.to_array())
            };
            (operator.run)(&OperatorScene {
                patch: &document.patch,
                library: &document.library,
                picked: &picked,
                level: document.level.as_ref(),
                clipboard: &|| self.clipboard.clone(),
                here: view.center.to_array(),
                view: Place { center: view.center.to_array(), zoom: view.zoom },
                size_of: &size_of,
            })
        };
        for action in asked {
            self.carry_out(action);
        }
        self.step();
    }

    fn carry_out(&mut self, action: Action) {
        self.app.world_mut().resource_scope(|world, mut document: bevy::prelude::Mut<'_, Document>| {
            let mut session = world.resource_mut::<Session>();
            let history = &mut session.history;
            match action {
                Action::Edit { edit, name, gesture } => {
                    history.apply(&mut document.patch, name, edit, gesture).expect("operators ask for what fits");
                }
                Action::Undo => {
                    history.undo(&mut document.patch).expect("undoes");
                }
                Action::Redo => {
                    history.redo(&mut document.patch).expect("redoes");
                }
                Action::Enter(level) => document.enter(level),
                Action::Pick(picked) => {
                    let mut selection = world.resource_mut::<Selection>();
                    selection.modules = picked.modules;
                    (selection.cable, selection.spot, selection.carried) = (picked.cable, picked.spot, picked.carried);
                }
                Action::Copy(text) => self.clipboard = text,
                _ => {}
            }
            document.touch();
        });
    }

    pub fn wheel(&mut self, lines: f32) {
        let unit = MouseScrollUnit::Line;
        self.send(WindowEvent::MouseWheel(MouseWheel { unit, x: 0.0, y: lines, window: WINDOW, phase: TouchPhase::Moved }));
        self.step();
    }

    /// Where a port is, by `module.port`.
    pub fn port(&self, port: &str) -> Vec2 {
        let document = self.document();
        port_position(&document.patch, &document.library, &port.parse().expect("a port")).expect(port)
    }

    pub fn knob(&self, module: &str, param: &str) -> Vec2 {
        let document = self.document();
        knob_position(&document.patch, &document.library, module, param).expect(param)
    }

    pub fn title(&self, module: &str) -> Vec2 {
        Vec2::from(self.patch().module(module).expect(module).at) + Vec2::new(60.0, 14.0)
    }
}
