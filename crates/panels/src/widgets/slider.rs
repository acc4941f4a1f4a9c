//! A slider that thinks in travel (0 to 1), so that logarithmic and quadratic parameters feel as their knobs do.

use super::{focus_ring, gesture, moved};
use crate::theme;
use egui::accesskit::{Action as AccessAction, ActionData};
use egui::{Color32, CursorIcon, EventFilter, Id, Key, Rect, Response, Sense, Ui, WidgetInfo, pos2, vec2};
use patchlight_patch::Gesture;

/// What the hand did to a slider.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SliderChange {
    /// To this travel, 0 to 1.
    Travel(f32, Gesture),
    /// To this value (said by a screen reader).
    Value(f32),
    /// Back to the default.
    Reset,
}

/// Drag (fine with Shift), click, arrow keys, double-click to reset.
pub struct Slider<'a> {
    pub id: Id,
    pub width: f32,
    /// 0 to 1.
    pub travel: f32,
    /// Where the bar begins, in travel: 0, or the middle where the value has a sign.
    pub origin: f32,
    pub color: Color32,
    /// For screen readers, such as `filter, cutoff, 1.24 kHz`.
    pub name: String,
    /// In the unit of the parameter, for screen readers.
    pub value: f32,
    pub range: [f32; 2],
    /// Travel of one press of an arrow key.
    pub step: f32,
    /// How far cables move it, in travel.
    pub moved: Option<[f32; 2]>,
    pub tooltip: &'a str,
}

impl Slider<'_> {
    pub fn show(&self, ui: &mut Ui) -> (Response, Option<SliderChange>) {
        let (_, rect) = ui.allocate_space(vec2(self.width, 20.0));
        let mut response = ui.interact(rect, self.id, Sense::click_and_drag());
        let change = self.drag(ui, &response, rect).or_else(|| self.keys(ui, &response));
        if change.is_some() {
            response.mark_changed();
        }
        self.paint(ui, &response, rect);
        self.describe(ui, &response);
        (response.on_hover_cursor(CursorIcon::ResizeHorizontal).on_hover_text(self.tooltip), change)
    }

    fn drag(&self, ui: &Ui, response: &Response, rect: Rect) -> Option<SliderChange> {
        if response.double_clicked() {
            return Some(SliderChange::Reset);
        }
        let under_pointer = |x: f32| ((x - rect.left()) / rect.width()).clamp(0.0, 1.0);
        let pointer = response.interact_pointer_pos();
        if response.clicked() || response.drag_started() {
            response.request_focus();
        }
        if response.clicked() {
            return pointer.map(|pos| SliderChange::Travel(under_pointer(pos.x), gesture(response)));
        }
        if !response.dragged() {
            return None;
        }
        // Kept between frames, because a whole-numbered parameter would swallow small movements.
        let kept = self.id.with("travel");
        let from = match response.drag_started() {
            true => self.travel,
            false => ui.data(|data| data.get_temp(kept)).unwrap_or(self.travel),
        };
        let fine = if ui.input(|input| input.modifiers.shift) { 0.1 } else { 1.0 };
        let travel = (from + moved(response).x / rect.width() * fine).clamp(0.0, 1.0);
        ui.data_mut(|data| data.insert_temp(kept, travel));
        (travel != from || response.drag_started()).then(|| SliderChange::Travel(travel, gesture(response)))
    }

    fn keys(&self, ui: &Ui, response: &Response) -> Option<SliderChange> {
        let asked = ui.input(|input| {
            let said = input.accesskit_action_requests(self.id, AccessAction::SetValue).find_map(|request| match request.data {
                Some(ActionData::NumericValue(value)) => Some(value as f32),
                _ => None,
            });
            let up = input.num_accesskit_action_requests(self.id, AccessAction::Increment);
            let down = input.num_accesskit_action_requests(self.id, AccessAction::Decrement);
            (said, up as f32 - down as f32)
        });
        if let Some(value) = asked.0 {
            return Some(SliderChange::Value(value));
        }
        let mut steps = asked.1;
        if response.has_focus() {
            let filter = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(self.id, filter));
            steps += ui.input(|input| {
                let fine = if input.modifiers.shift { 0.1 } else { 1.0 };
                fine * (input.num_presses(Key::ArrowRight) as f32 - input.num_presses(Key::ArrowLeft) as f32)
            });
            if ui.input(|input| input.key_pressed(Key::Backspace) || input.key_pressed(Key::Delete)) {
                return Some(SliderChange::Reset);
            }
        }
        (steps != 0.0).then(|| SliderChange::Travel((self.travel + steps * self.step).clamp(0.0, 1.0), gesture(response)))
    }

    fn paint(&self, ui: &Ui, response: &Response, rect: Rect) {
        let track = Rect::from_center_size(rect.center(), vec2(rect.width(), 6.0));
        let at = |travel: f32| track.left() + track.width() * travel;
        let painter = ui.painter();
        painter.rect_filled(track, 3.0, theme::track());
        let (from, to) = (self.travel.min(self.origin), self.travel.max(self.origin));
        let lit = Rect::from_x_y_ranges(at(from)..=at(to), track.y_range());
        painter.rect_filled(lit, 3.0, self.color);
        if response.hovered() || response.dragged() || response.has_focus() {
            painter.circle_filled(pos2(at(self.travel), track.center().y), 5.0, theme::text());
        }
        if let Some([low, high]) = self.moved {
            let y = track.bottom() + 3.0;
            let line = Rect::from_x_y_ranges(at(low.clamp(0.0, 1.0))..=at(high.clamp(0.0, 1.0)), y..=y + 2.0);
            painter.rect_filled(line, 1.0, theme::signal(patchlight_core::SignalKind::Control));
        }
        focus_ring(ui, response, track);
    }

    fn describe(&self, ui: &Ui, response: &Response) {
        response.widget_info(|| WidgetInfo::slider(true, f64::from(self.value), &self.name));
        ui.ctx().accesskit_node_builder(self.id, |node| {
            node.set_min_numeric_value(f64::from(self.range[0]));
            node.set_max_numeric_value(f64::from(self.range[1]));
            for action in [AccessAction::SetValue, AccessAction::Increment, AccessAction::Decrement] {
                node.add_action(action);
            }
        });
    }
}
