//! Fingers: one is the hand, two move and zoom the canvas, and one that rests asks for the menu.

use super::{Desk, Hand, MAIN};
use crate::state::Comfort;
use bevy::input::touch::{TouchInput, TouchPhase};
use bevy::math::Vec2;
use bevy::prelude::{MessageWriter, Res, ResMut};
use bevy::window::RequestRedraw;

/// A finger that rests this long on one place asks for the menu.
const LONG_PRESS_SECS: f64 = 0.55;
/// How far a resting finger trembles, logical pixels.
const TREMBLE_PX: f32 = 9.0;

/// Fingers that are down.
#[derive(Debug, Default)]
pub(crate) struct Fingers {
    /// Each by its number, and where it is, logical pixels.
    down: Vec<(u64, Vec2)>,
    /// The one that rests: where and since when.
    resting: Option<(Vec2, f64)>,
    /// More than one was down: nothing is grabbed until all are lifted.
    pinched: bool,
}

impl Desk<'_, '_, '_> {
    pub(super) fn touch(&mut self, touch: &TouchInput) {
        match touch.phase {
            TouchPhase::Started => self.finger_down(touch.id, touch.position),
            TouchPhase::Moved => self.finger_moved(touch.id, touch.position),
            TouchPhase::Ended | TouchPhase::Canceled => self.finger_up(touch.id, touch.phase == TouchPhase::Canceled),
        }
    }

    fn finger_down(&mut self, id: u64, at: Vec2) {
        self.hand.fingers.down.push((id, at));
        if self.hand.fingers.down.len() == 1 {
            self.hand.fingers.resting = Some((at, self.now_secs));
            self.pointer_moved(at);
            self.press(MAIN);
        } else {
            self.hand.fingers.pinched = true;
            self.hand.fingers.resting = None;
            self.cancel();
        }
    }

    fn finger_moved(&mut self, id: u64, at: Vec2) {
        let before = self.hand.fingers.down.clone();
        let Some((_, place)) = self.hand.fingers.down.iter_mut().find(|(finger, _)| *finger == id) else { return };
        *place = at;
        self.hand.fingers.resting.take_if(|(from, _)| from.distance(at) > TREMBLE_PX);
        match (before.as_slice(), self.hand.fingers.down.as_slice()) {
            ([(_, a), (_, b)], [(_, c), (_, d)]) => {
                let (from, to) = ((*a + *b) * 0.5, (*c + *d) * 0.5);
                let spread = c.distance(*d) / a.distance(*b).max(1.0);
                self.view.pan_by(to - from);
                self.zoom_at(to, spread);
            }
            ([_], [_]) if !self.hand.fingers.pinched => self.pointer_moved(at),
            _ => {}
        }
    }

    fn finger_up(&mut self, id: u64, canceled: bool) {
        self.hand.fingers.down.retain(|(finger, _)| *finger != id);
        self.hand.fingers.resting = None;
        if canceled {
            self.cancel();
        } else if !self.hand.fingers.pinched {
            self.release(MAIN);
        }
        if self.hand.fingers.down.is_empty() {
            self.hand.fingers.pinched = false;
            self.hand.pointer = None;
        }
    }

    /// A finger has rested long enough: what lies under it has its menu.
    pub(super) fn rest(&mut self) {
        let ripe = self.hand.fingers.resting.filter(|(_, since)| self.now_secs - since >= LONG_PRESS_SECS);
        if let Some((at, _)) = ripe {
            self.hand.fingers.resting = None;
            self.hand.fingers.pinched = true;
            self.cancel();
            self.open_menu(at);
        }
    }
}

/// While a finger rests, frames go on, so that the time it rests is noticed.
pub(crate) fn watch_fingers(hand: Res<Hand>, mut redraws: MessageWriter<RequestRedraw>) {
    if hand.fingers.resting.is_some() {
        redraws.write(RequestRedraw);
    }
}

/// Who touches gets larger targets.
pub(crate) fn grow_targets(hand: Res<Hand>, mut comfort: ResMut<Comfort>) {
    if hand.is_touched() && !comfort.touch {
        comfort.touch = true;
    }
}

impl Hand {
    /// Whether something may happen without an event.
    pub(crate) const fn is_waiting(&self) -> bool {
        self.fingers.resting.is_some()
    }

    /// Whether a finger is down.
    fn is_touched(&self) -> bool {
        !self.fingers.down.is_empty()
    }
}
