//! Keys of the studio itself (the canvas has its own), and notes on the computer's keys.

use super::host::Studio;
use bevy::input::keyboard::{KeyboardFocusLost, KeyboardInput};
use bevy::input::{ButtonInput, ButtonState};
use bevy::prelude::{KeyCode, MessageReader, MouseButton, NonSendMut, Res, ResMut};
use bevy_egui::EguiClipboard;
use patchlight_canvas::{Clipboard, UiFocus};
use patchlight_engine::EventKind;
use patchlight_panels::Action;

/// Every key and what it does, for the table that F1 shows.
pub const KEYS: &[(&str, &str)] = &[
    ("Tab, double-click", "add a module: type what it is or does"),
    ("drag from a port", "wire; into the empty canvas: add a module there"),
    ("Shift + drop", "add a cable to those that already end there"),
    ("click a cable", "select it; drag its pill to change the amount"),
    ("Delete", "delete what is selected"),
    ("Alt + click a cable", "switch it off and on"),
    ("B, M", "bypass, mute what is selected"),
    ("R", "start modules afresh that made a broken number"),
    ("Ctrl+A", "select everything"),
    ("Ctrl+C, Ctrl+X, Ctrl+V", "copy, cut, paste, with the cables between"),
    ("Ctrl+D", "duplicate"),
    ("arrows", "move what is selected"),
    ("F, Shift+F", "show everything, show what is selected"),
    ("wheel, middle drag, Space + drag", "zoom, move the canvas"),
    ("drag a knob, Shift, double-click", "turn it, finely, reset it"),
    ("Ctrl+Z, Ctrl+Shift+Z", "undo, redo"),
    ("Ctrl+S, Ctrl+Shift+S", "save, save as"),
    ("Ctrl+O, Ctrl+N", "open, new patch"),
    ("Space", "start and stop the clock"),
    ("Home", "back to the beginning"),
    ("Ctrl+.", "panic: silence everything that hangs"),
    ("F1", "these keys"),
    ("F2, F3", "browser, history"),
    ("F4", "play notes on the computer's keys: A W S E D F …, Z and X change the octave"),
    ("F8", "messages"),
    ("F9", "inspector"),
];

/// A white and black keys from C, on any keyboard layout, by place.
const NOTE_KEYS: [KeyCode; 18] = [
    KeyCode::KeyA,
    KeyCode::KeyW,
    KeyCode::KeyS,
    KeyCode::KeyE,
    KeyCode::KeyD,
    KeyCode::KeyF,
    KeyCode::KeyT,
    KeyCode::KeyG,
    KeyCode::KeyY,
    KeyCode::KeyH,
    KeyCode::KeyU,
    KeyCode::KeyJ,
    KeyCode::KeyK,
    KeyCode::KeyO,
    KeyCode::KeyL,
    KeyCode::KeyP,
    KeyCode::Semicolon,
    KeyCode::Quote,
];

/// Playing notes on the computer's keys.
#[derive(Debug)]
pub struct NoteKeys {
    pub on: bool,
    /// The MIDI key of the A key.
    pub base: u8,
    /// The MIDI key that each key holds down.
    held: [Option<u8>; NOTE_KEYS.len()],
}

impl Default for NoteKeys {
    fn default() -> Self {
        Self { on: false, base: 60, held: [None; NOTE_KEYS.len()] }
    }
}

/// Who has the pointer and the keys: panels, notes, or the canvas. Brings the system's clipboard in before a paste.
pub fn share(
    studio: NonSendMut<Studio>,
    mut contexts: bevy_egui::EguiContexts,
    keys: Res<ButtonInput<KeyCode>>,
    mut focus: ResMut<UiFocus>,
    mut clipboard: ResMut<Clipboard>,
    mut system: ResMut<EguiClipboard>,
) {
    let (mut pointer, mut keyboard) = (false, false);
    if let Ok(context) = contexts.ctx_mut() {
        pointer = context.egui_wants_pointer_input();
        keyboard = context.egui_wants_keyboard_input();
    }
    let shared = UiFocus {
        pointer: pointer || studio.panels.is_modal_open(),
        keyboard: keyboard || studio.panels.is_modal_open() || studio.notes.on,
    };
    if *focus != shared {
        *focus = shared;
    }
    if control(&keys)
        && keys.just_pressed(KeyCode::KeyV)
        && let Some(text) = system.get_text().filter(|text| *text != clipboard.0)
    {
        clipboard.0 = text;
    }
}

/// Gives what was copied to the system.
pub fn give_clipboard(clipboard: Res<Clipboard>, mut system: ResMut<EguiClipboard>, keys: Res<ButtonInput<KeyCode>>) {
    let copied = control(&keys) && (keys.just_pressed(KeyCode::KeyC) || keys.just_pressed(KeyCode::KeyX));
    if copied && !clipboard.0.is_empty() {
        system.set_text(&clipboard.0);
    }
}

fn control(keys: &ButtonInput<KeyCode>) -> bool {
    keys.any_pressed([KeyCode::ControlLeft, KeyCode::ControlRight, KeyCode::SuperLeft, KeyCode::SuperRight])
}

/// Modifiers as they were when a key went down: a quick chord is over before the frame in which it is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Chord {
    control: bool,
    shift: bool,
}

impl Chord {
    /// Follows an event; gives the key that went down with it, with the modifiers of that moment.
    fn follow(&mut self, event: &KeyboardInput) -> Option<(KeyCode, Self)> {
        let down = event.state == ButtonState::Pressed;
        match event.key_code {
            KeyCode::ControlLeft | KeyCode::ControlRight | KeyCode::SuperLeft | KeyCode::SuperRight => self.control = down,
            KeyCode::ShiftLeft | KeyCode::ShiftRight => self.shift = down,
            key => return (down && !event.repeat).then_some((key, *self)),
        }
        None
    }
}

/// The studio's own keys.
pub fn read_keys(
    mut studio: NonSendMut<Studio>,
    mut events: MessageReader<KeyboardInput>,
    mut lost: MessageReader<KeyboardFocusLost>,
    keys: Res<ButtonInput<KeyCode>>,
    buttons: Res<ButtonInput<MouseButton>>,
    mut contexts: bevy_egui::EguiContexts,
) {
    let typing = contexts.ctx_mut().is_ok_and(|context| context.egui_wants_keyboard_input());
    let studio = &mut *studio;
    for event in events.read() {
        if let Some((key, chord)) = studio.chord.follow(event) {
            press(studio, key, chord, typing);
        }
    }
    if lost.read().count() > 0 {
        studio.chord = Chord::default();
    }
    if typing || studio.panels.is_modal_open() {
        return;
    }
    // Space is also held to move the canvas: it counts when it is let go and the mouse was not used meanwhile.
    if keys.just_pressed(KeyCode::Space) {
        studio.space_is_free = true;
    }
    studio.space_is_free &= buttons.get_pressed().len() == 0;
    if keys.just_released(KeyCode::Space) && studio.space_is_free {
        studio.asked.push(Action::TogglePlay);
    }
    if studio.notes.on && !studio.chord.control {
        play_notes(studio, &keys);
    }
}

fn press(studio: &mut Studio, key: KeyCode, chord: Chord, typing: bool) {
    let panels = &mut studio.panels;
    match (chord.control, key) {
        (false, KeyCode::F1) => panels.keys_open = !panels.keys_open,
        (false, KeyCode::F2) => panels.browser_open = !panels.browser_open,
        (false, KeyCode::F3) => panels.history_open = !panels.history_open,
        (false, KeyCode::F4) => toggle_notes(studio),
        (false, KeyCode::F8) => panels.messages_open = !panels.messages_open,
        (false, KeyCode::F9) => panels.inspector_open = !panels.inspector_open,
        (false, KeyCode::Home) if !typing => studio.asked.push(Action::Rewind),
        (true, KeyCode::KeyZ) if !typing => studio.asked.push(if chord.shift { Action::Redo } else { Action::Undo }),
        (true, KeyCode::KeyY) if !typing => studio.asked.push(Action::Redo),
        (true, KeyCode::KeyS) if chord.shift => studio.ask_save_as = true,
        (true, KeyCode::KeyS) => studio.asked.push(Action::Save),
        (true, KeyCode::KeyO) => studio.ask_open = true,
        (true, KeyCode::KeyN) => studio.asked.push(Action::New),
        (true, KeyCode::Period) => studio.asked.push(Action::Panic),
        _ => {}
    }
}

fn toggle_notes(studio: &mut Studio) {
    studio.notes.on = !studio.notes.on;
    if studio.notes.on {
        studio.session.say("the computer's keys play notes: A W S E D F T G …, Z and X change the octave, F4 ends it");
    } else {
        release_all(studio);
    }
}

fn release_all(studio: &mut Studio) {
    for held in &mut studio.notes.held {
        if let Some(key) = held.take() {
            studio.session.engine.play(EventKind::NoteOff { channel: 0, key });
        }
    }
}

fn play_notes(studio: &mut Studio, keys: &ButtonInput<KeyCode>) {
    if keys.just_pressed(KeyCode::KeyZ) || keys.just_pressed(KeyCode::KeyX) {
        release_all(studio);
        let octave: i16 = if keys.just_pressed(KeyCode::KeyZ) { -12 } else { 12 };
        studio.notes.base = (i16::from(studio.notes.base) + octave).clamp(12, 96) as u8;
    }
    for (index, code) in NOTE_KEYS.iter().enumerate() {
        if keys.just_pressed(*code) && studio.notes.held[index].is_none() {
            let key = studio.notes.base + index as u8;
            studio.notes.held[index] = Some(key);
            studio.session.engine.play(EventKind::NoteOn { channel: 0, key, velocity: 0.8 });
        }
        if keys.just_released(*code)
            && let Some(key) = studio.notes.held[index].take()
        {
            studio.session.engine.play(EventKind::NoteOff { channel: 0, key });
        }
    }
}
