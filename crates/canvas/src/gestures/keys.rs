//! Keys of the hand: those that are held, and Escape while something is dragged. All else that keys do are operators of the app.

use super::Desk;
use bevy::input::keyboard::{Key, KeyboardInput};

impl Desk<'_, '_, '_> {
    pub(super) fn key(&mut self, key: &KeyboardInput) {
        let down = key.state.is_pressed();
        match key.logical_key {
            Key::Shift => self.hand.held.shift = down,
            Key::Control | Key::Super | Key::Meta => self.hand.held.command = down,
            Key::Alt => self.hand.held.alt = down,
            Key::Space => self.hand.held.space = down && !self.ui.keyboard,
            Key::Escape if down && self.hand.drag.is_some() => {
                self.hand.escaped = true;
                self.cancel();
            }
            _ => {}
        }
    }
}
