//! A pattern as a grid: click a step to play or rest, drag it up and down for its pitch, right-click for the rest.

use crate::theme;
use crate::widgets::{focus_ring, gesture, icon_button, moved};
use egui::{Align2, Color32, CursorIcon, EventFilter, Id, Key, Rect, Response, Sense, Ui, WidgetInfo, WidgetType, vec2};
use egui_phosphor::regular as icons;
use patchlight_core::{ModuleId, Step, Steps, note_name};
use patchlight_patch::Gesture;

/// Steps in a row of the grid.
const COLUMNS: usize = 8;
const HEIGHT: f32 = 52.0;
/// Points that the hand moves for a semitone.
const POINTS_PER_SEMITONE: f32 = 4.0;
/// The lowest and the highest pitch of the grid, in semitones from C4.
const LOWEST: f32 = -48.0;
const HIGHEST: f32 = 48.0;

/// The pattern after what was done to it; `None` where nothing was.
pub fn steps_ui(ui: &mut Ui, key: (&ModuleId, &str), pattern: &Steps, color: Color32) -> Option<(Steps, Option<Gesture>)> {
    let mut changed = None;
    ui.spacing_mut().item_spacing = vec2(3.0, 3.0);
    let width = (ui.available_width() - 3.0 * (COLUMNS as f32 - 1.0)) / COLUMNS as f32;
    for (row, steps) in pattern.0.chunks(COLUMNS).enumerate() {
        ui.horizontal(|ui| {
            for (column, step) in steps.iter().enumerate() {
                let index = row * COLUMNS + column;
                let cell = Cell { id: Id::new(("step", key, index)), index, step: *step, color, pattern };
                if let Some((step, gesture)) = cell.show(ui, width) {
                    let mut steps = pattern.clone();
                    steps.0[index] = step;
                    changed = Some((steps, gesture));
                }
            }
        });
    }
    ui.horizontal(|ui| {
        ui.label(crate::widgets::dim(format!("{} steps", pattern.0.len())));
        if icon_button(ui, icons::MINUS, "fewer steps", "Take the last step off", pattern.0.len() > 1).clicked() {
            let mut steps = pattern.clone();
            steps.0.pop();
            changed = Some((steps, None));
        }
        if icon_button(ui, icons::PLUS, "more steps", "Add a rest at the end (64 at most)", pattern.0.len() < Steps::MAX).clicked() {
            let mut steps = pattern.clone();
            steps.0.push(Step::Rest);
            changed = Some((steps, None));
        }
    });
    ui.spacing_mut().item_spacing = ui.ctx().global_style().spacing.item_spacing;
    changed
}

struct Cell<'a> {
    id: Id,
    index: usize,
    step: Step,
    color: Color32,
    pattern: &'a Steps,
}

type Change = Option<(Step, Option<Gesture>)>;

impl Cell<'_> {
    fn show(&self, ui: &mut Ui, width: f32) -> Change {
        let (_, rect) = ui.allocate_space(vec2(width, HEIGHT));
        let response = ui.interact(rect, self.id, Sense::click_and_drag());
        let mut change = if response.clicked() { Some((self.toggled(), None)) } else { None };
        change = change.or_else(|| self.dragged(ui, &response)).or_else(|| self.keys(ui, &response));
        response.context_menu(|ui| {
            if let Some(step) = self.menu_ui(ui) {
                change = Some((step, None));
                ui.close();
            }
        });
        self.paint(ui, &response, rect);
        let name = format!("step {}, {}", self.index + 1, step_name(self.step));
        response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, &name));
        response.on_hover_cursor(CursorIcon::ResizeVertical).on_hover_text(format!(
            "{name}\nClick plays or rests, drag or ↑ ↓ for the pitch, right-click for accent, hold, repeat, chance"
        ));
        change
    }

    /// A note where there was none, at the pitch of the notes around it; a rest where there was a note.
    fn toggled(&self) -> Step {
        match self.step {
            Step::Note { .. } => Step::Rest,
            Step::Rest | Step::Tie => plain(self.near_pitch()),
        }
    }

    /// The pitch of the note before, or of the next one; none where the pattern has no pitches; C3 where it has no notes.
    fn near_pitch(&self) -> Option<f32> {
        let pitch = |step: &Step| match step {
            Step::Note { semitones, .. } => Some(*semitones),
            Step::Rest | Step::Tie => None,
        };
        let (before, after) = self.pattern.0.split_at(self.index);
        before.iter().rev().find_map(pitch).or_else(|| after.iter().find_map(pitch)).unwrap_or(Some(-12.0))
    }

    fn dragged(&self, ui: &Ui, response: &Response) -> Change {
        if response.drag_started() {
            response.request_focus();
        }
        if !response.dragged() {
            return None;
        }
        // In fractions of a semitone while the hand moves.
        let kept = self.id.with("pitch");
        let from = match response.drag_started() {
            true => self.pitch_to_move(),
            false => ui.data(|data| data.get_temp(kept)).unwrap_or_else(|| self.pitch_to_move()),
        };
        let to = (from - moved(response).y / POINTS_PER_SEMITONE).clamp(LOWEST, HIGHEST);
        ui.data_mut(|data| data.insert_temp(kept, to));
        let step = self.at_pitch(to.round());
        (step != self.step).then(|| (step, Some(gesture(response))))
    }

    fn keys(&self, ui: &Ui, response: &Response) -> Change {
        if !response.has_focus() {
            return None;
        }
        let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(self.id, filter));
        let steps = ui.input(|input| {
            let octave = if input.modifiers.shift { 12.0 } else { 1.0 };
            octave * (input.num_presses(Key::ArrowUp) as f32 - input.num_presses(Key::ArrowDown) as f32)
        });
        let pitch = (self.pitch_to_move() + steps).clamp(LOWEST, HIGHEST);
        (steps != 0.0).then(|| (self.at_pitch(pitch), Some(gesture(response))))
    }

    fn pitch_to_move(&self) -> f32 {
        let own = match self.step {
            Step::Note { semitones, .. } => semitones,
            Step::Rest | Step::Tie => None,
        };
        own.or_else(|| self.near_pitch()).unwrap_or(-12.0)
    }

    fn at_pitch(&self, pitch: f32) -> Step {
        match self.step {
            Step::Note { accent, repeats, probability, .. } => Step::Note { semitones: Some(pitch), accent, repeats, probability },
            Step::Rest | Step::Tie => plain(Some(pitch)),
        }
    }

    fn menu_ui(&self, ui: &mut Ui) -> Option<Step> {
        let mut chosen = None;
        let note = match self.step {
            note @ Step::Note { .. } => note,
            Step::Rest | Step::Tie => plain(self.near_pitch()),
        };
        let Step::Note { semitones, accent, repeats, probability } = note else { return None };
        let is_note = note == self.step;
        let mut line = |ui: &mut Ui, on: bool, word: &str, step: Step| {
            if ui.selectable_label(on, word).clicked() {
                chosen = Some(step);
            }
        };
        line(ui, self.step == Step::Rest, "Rest", Step::Rest);
        line(ui, self.step == Step::Tie, "Hold the step before", Step::Tie);
        line(ui, is_note && accent, "Accent", Step::Note { semitones, accent: !(is_note && accent), repeats, probability });
        line(ui, is_note && semitones.is_none(), "Keep the pitch that was", Step::Note { semitones: None, accent, repeats, probability });
        ui.horizontal(|ui| {
            ui.label("Repeat");
            for times in [1, 2, 3, 4, 8] {
                let step = Step::Note { semitones, accent, repeats: times, probability };
                line(ui, is_note && repeats == times, &format!("×{times}"), step);
            }
        });
        ui.horizontal(|ui| {
            ui.label("Chance");
            for percent in [25_u8, 50, 75, 100] {
                let chance = f32::from(percent) / 100.0;
                let step = Step::Note { semitones, accent, repeats, probability: chance };
                line(ui, is_note && (probability - chance).abs() < 0.005, &format!("{percent} %"), step);
            }
        });
        chosen
    }

    fn paint(&self, ui: &Ui, response: &Response, rect: Rect) {
        let painter = ui.painter();
        let edge = if response.hovered() { theme::edge() } else { theme::well_edge() };
        painter.rect(rect, 4.0, theme::well(), egui::Stroke::new(1.0, edge), egui::StrokeKind::Inside);
        let inner = rect.shrink(3.0);
        match self.step {
            Step::Rest => {
                painter.circle_filled(inner.center(), 1.5, theme::edge());
            }
            Step::Tie => {
                let bar = Rect::from_center_size(inner.center(), vec2(inner.width() + 6.0, 4.0));
                painter.rect_filled(bar, 0.0, self.color.gamma_multiply(0.5));
            }
            Step::Note { semitones, accent, repeats, probability } => {
                let share = semitones.map_or(0.5, |pitch| ((pitch + 36.0) / 72.0).clamp(0.08, 1.0));
                let lit = inner.with_min_y(inner.bottom() - inner.height() * share);
                let strength = if accent { 1.0 } else { 0.6 } * (0.35 + 0.65 * probability);
                for part in 0..repeats {
                    let (width, gap) = (lit.width() / f32::from(repeats), if repeats > 1 { 1.0 } else { 0.0 });
                    let left = lit.left() + width * f32::from(part);
                    let piece = Rect::from_x_y_ranges(left..=left + width - gap, lit.y_range());
                    painter.rect_filled(piece, 2.0, self.color.gamma_multiply(strength));
                }
                let name = semitones.map_or("x".to_owned(), note_name);
                painter.text(inner.center_top(), Align2::CENTER_TOP, name, theme::mono(9.0), theme::text());
            }
        }
        focus_ring(ui, response, rect.shrink(2.0));
    }
}

const fn plain(semitones: Option<f32>) -> Step {
    Step::Note { semitones, accent: false, repeats: 1, probability: 1.0 }
}

/// A step in words, for screen readers.
fn step_name(step: Step) -> String {
    match step {
        Step::Rest => "rest".to_owned(),
        Step::Tie => "hold".to_owned(),
        Step::Note { .. } => step.to_string(),
    }
}
