//! Keys call operators, through the key map; and notes on the computer's keys.

use super::host::Studio;
use bevy::input::keyboard::{Key, KeyboardFocusLost, KeyboardInput};
use bevy::input::{ButtonInput, ButtonState};
use bevy::prelude::{DetectChangesMut, KeyCode, MessageReader, MouseButton, NonSendMut, Res, ResMut};
use patchlight_canvas::{Hand, UiFocus};
use patchlight_engine::EventKind;
use patchlight_operators::{Action, Chord};

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

/// Who has the pointer and the keys: panels, notes, or the canvas.
pub fn share(studio: NonSendMut<Studio>, mut contexts: bevy_egui::EguiContexts, mut focus: ResMut<UiFocus>) {
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
}

/// Modifiers as they were when a key went down: a quick chord is over before the frame in which it is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Held {
    control: bool,
    alt: bool,
    shift: bool,
}

impl Held {
    /// Follows an event; gives the chord of the key that went down with it.
    fn follow(&mut self, event: &KeyboardInput) -> Option<Chord> {
        let down = event.state == ButtonState::Pressed;
        match event.key_code {
            KeyCode::ControlLeft | KeyCode::ControlRight | KeyCode::SuperLeft | KeyCode::SuperRight => self.control = down,
            KeyCode::ShiftLeft | KeyCode::ShiftRight => self.shift = down,
            KeyCode::AltLeft | KeyCode::AltRight => self.alt = down,
            _ if down => return Some(Chord::new(self.control, self.alt, self.shift, &name(event)?)),
            _ => {}
        }
        None
    }
}

/// A key by the name that operators know it by: what the layout makes of it, but digits by their place, whatever Shift makes of them.
fn name(event: &KeyboardInput) -> Option<String> {
    let digit = match event.key_code {
        KeyCode::Digit0 => Some("0"),
        KeyCode::Digit1 => Some("1"),
        KeyCode::Digit2 => Some("2"),
        KeyCode::Digit3 => Some("3"),
        KeyCode::Digit4 => Some("4"),
        KeyCode::Digit5 => Some("5"),
        _ => None,
    };
    if let Some(digit) = digit {
        return Some(digit.to_owned());
    }
    Some(match &event.logical_key {
        Key::Character(text) => text.to_string(),
        Key::ArrowLeft => "Left".to_owned(),
        Key::ArrowRight => "Right".to_owned(),
        Key::ArrowUp => "Up".to_owned(),
        Key::ArrowDown => "Down".to_owned(),
        // Others are called by their own name, such as `PageUp` and `F5`.
        key => {
            let name = format!("{key:?}");
            name.chars().all(char::is_alphanumeric).then_some(name)?
        }
    })
}

/// The keys that went down call what they are bound to.
pub fn read_keys(
    mut studio: NonSendMut<Studio>,
    mut events: MessageReader<KeyboardInput>,
    mut lost: MessageReader<KeyboardFocusLost>,
    (keys, buttons): (Res<ButtonInput<KeyCode>>, Res<ButtonInput<MouseButton>>),
    mut hand: ResMut<Hand>,
    mut contexts: bevy_egui::EguiContexts,
) {
    let typing = contexts.ctx_mut().is_ok_and(|context| context.egui_wants_keyboard_input());
    let studio = &mut *studio;
    let escaped = std::mem::take(&mut hand.bypass_change_detection().escaped);
    for event in events.read() {
        if let Some(chord) = studio.held.follow(event) {
            press(studio, &chord, event.repeat, typing, escaped);
        }
    }
    if lost.read().count() > 0 {
        studio.held = Held::default();
    }
    if typing || studio.panels.is_modal_open() {
        return;
    }
    // Space is also held to move the canvas: it counts when it is let go and the mouse was not used meanwhile.
    if keys.just_pressed(KeyCode::Space) {
        studio.space_is_free = true;
    }
    studio.space_is_free &= buttons.get_pressed().len() == 0;
    if keys.just_released(KeyCode::Space)
        && studio.space_is_free
        && let Some(operator) = studio.keymap.called_by(&Chord::new(false, false, false, "Space"))
    {
        studio.asked.push(Action::Run(operator.id));
    }
    if studio.notes.on && !studio.held.control {
        play_notes(studio, &keys);
    }
}

fn press(studio: &mut Studio, chord: &Chord, repeat: bool, typing: bool, escaped: bool) {
    let Some(operator) = studio.keymap.called_by(chord) else { return };
    // While text is typed, or something lies over the canvas, or keys play notes, only few keys mean anything else.
    let plain = !chord.ctrl && !chord.alt && chord.key.chars().count() == 1;
    let taken = (typing || studio.panels.is_modal_open()) && !operator.always || studio.notes.on && plain;
    let spent = chord.key == "Escape" && escaped;
    if !taken && !spent && (!repeat || operator.repeats) && chord.key != "Space" {
        studio.asked.push(Action::Run(operator.id));
    }
}

/// Begins or ends playing notes on the keys.
pub fn toggle_notes(studio: &mut Studio) {
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
