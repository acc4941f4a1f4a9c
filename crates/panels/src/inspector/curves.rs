//! A curve that is drawn in place: drag a point, drag a segment to bend it, double-click for a new point or to take one away.

use crate::theme;
use crate::widgets::{dim, gesture, moved};
use egui::{Color32, CursorIcon, EventFilter, Id, Key, Pos2, Rect, Response, Sense, Shape, Stroke, Ui, WidgetInfo, WidgetType, pos2, vec2};
use patchlight_core::{DrawnCurve, ModuleId};
use patchlight_patch::Gesture;

const HEIGHT: f32 = 132.0;
/// Points of the line.
const LINE: usize = 200;
/// Side of the square in which a point is taken.
const REACH: f32 = 18.0;
/// Points that the hand moves for a bend of 1.
const POINTS_PER_BEND: f32 = 70.0;
/// One press of an arrow key, in parts of the whole.
const STEP: f32 = 0.02;

type Change = Option<(DrawnCurve, Option<Gesture>)>;

/// The curve after what was done to it; `None` where nothing was.
pub fn curve_ui(ui: &mut Ui, key: (&ModuleId, &str), curve: &DrawnCurve, color: Color32) -> Change {
    let (rect, board) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::click_and_drag());
    let editor = Editor { id: Id::new(("curve", key)), curve, color, area: rect.shrink2(vec2(9.0, 10.0)) };
    editor.paint(ui, rect);
    let mut change = editor.add(ui, &board);
    // Points lie above the handles of segments: where both are, the point is meant.
    for index in 0..curve.points().len() - 1 {
        change = editor.segment(ui, index).or(change);
    }
    for index in 0..curve.points().len() {
        change = editor.point(ui, index).or(change);
    }
    board.widget_info(|| WidgetInfo::labeled(WidgetType::Other, true, format!("curve of {} points", curve.points().len())));
    board.on_hover_text("Double-click adds a point; drag points and the dots between them; double-click or Delete takes a point away");
    ui.label(dim(format!("{} points of {} at most", curve.points().len(), DrawnCurve::MAX)).font(theme::regular(11.0)));
    change
}

struct Editor<'a> {
    id: Id,
    curve: &'a DrawnCurve,
    color: Color32,
    /// Where the curve lies, from its lowest and first to its highest and last.
    area: Rect,
}

impl Editor<'_> {
    fn to_screen(&self, x: f32, y: f32) -> Pos2 {
        let ([first, last], [low, high]) = (self.curve.span(), self.curve.heights());
        let share = [(x - first) / (last - first).max(1e-6), (y - low) / (high - low).max(1e-6)];
        pos2(self.area.left() + self.area.width() * share[0], self.area.bottom() - self.area.height() * share[1])
    }

    fn curve_pos(&self, pos: Pos2) -> [f32; 2] {
        let ([first, last], [low, high]) = (self.curve.span(), self.curve.heights());
        let share = [(pos.x - self.area.left()) / self.area.width(), (self.area.bottom() - pos.y) / self.area.height()];
        [first + (last - first) * share[0].clamp(0.0, 1.0), low + (high - low) * share[1].clamp(0.0, 1.0)]
    }

    /// A double-click where nothing is adds a point.
    fn add(&self, ui: &Ui, board: &Response) -> Change {
        let pos = board.interact_pointer_pos().filter(|_| board.double_clicked())?;
        let [x, y] = self.curve_pos(pos);
        let (curve, index) = self.curve.with_point(x, y)?;
        ui.memory_mut(|memory| memory.request_focus(self.id.with(("point", index))));
        Some((curve, None))
    }

    fn point(&self, ui: &Ui, index: usize) -> Change {
        let point = self.curve.points()[index];
        let center = self.to_screen(point.x, point.y);
        let response =
            ui.interact(Rect::from_center_size(center, vec2(REACH, REACH)), self.id.with(("point", index)), Sense::click_and_drag());
        let radius = if response.hovered() || response.dragged() || response.has_focus() { 5.5 } else { 4.0 };
        ui.painter().circle(center, radius, self.color, Stroke::new(1.5, theme::well()));
        if response.has_focus() {
            ui.painter().circle_stroke(center, radius + 3.0, Stroke::new(1.0, theme::accent()));
        }
        let name = format!("point {} of {}, {:.2} at {:.2}", index + 1, self.curve.points().len(), point.y, point.x);
        response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, &name));
        let change = self.drag_point(ui, &response, index).or_else(|| self.keys(ui, &response, index));
        response
            .on_hover_cursor(CursorIcon::Move)
            .on_hover_text(format!("{name}\nDrag or arrow keys; Shift is finer; Delete takes it away"));
        change
    }

    fn drag_point(&self, ui: &Ui, response: &Response, index: usize) -> Change {
        if response.double_clicked() {
            return self.curve.without(index).map(|curve| (curve, None));
        }
        if response.clicked() || response.drag_started() {
            response.request_focus();
        }
        if !response.dragged() {
            return None;
        }
        // Where the hand is, kept apart from the point, which may not follow everywhere.
        let kept = response.id.with("at");
        let point = self.curve.points()[index];
        let from = match response.drag_started() {
            true => self.to_screen(point.x, point.y),
            false => ui.data(|data| data.get_temp(kept)).unwrap_or_else(|| self.to_screen(point.x, point.y)),
        };
        let fine = if ui.input(|input| input.modifiers.shift) { 0.1 } else { 1.0 };
        let to = from + moved(response) * fine;
        ui.data_mut(|data| data.insert_temp(kept, to));
        let [x, y] = self.curve_pos(to);
        self.changed(self.curve.with_moved(index, x, y), response)
    }

    fn keys(&self, ui: &Ui, response: &Response, index: usize) -> Change {
        if !response.has_focus() {
            return None;
        }
        let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        if ui.input(|input| input.key_pressed(Key::Delete) || input.key_pressed(Key::Backspace)) {
            return self.curve.without(index).map(|curve| (curve, None));
        }
        let [right, up] = ui.input(|input| {
            let step = STEP * if input.modifiers.shift { 0.1 } else { 1.0 };
            let presses = |more: Key, less: Key| step * (input.num_presses(more) as f32 - input.num_presses(less) as f32);
            [presses(Key::ArrowRight, Key::ArrowLeft), presses(Key::ArrowUp, Key::ArrowDown)]
        });
        let (point, [first, last], [low, high]) = (self.curve.points()[index], self.curve.span(), self.curve.heights());
        let curve = self.curve.with_moved(index, point.x + right * (last - first), point.y + up * (high - low));
        if right == 0.0 && up == 0.0 { None } else { self.changed(curve, response) }
    }

    /// The dot in the middle of a segment bends it.
    fn segment(&self, ui: &Ui, index: usize) -> Change {
        let (from, to) = (self.curve.points()[index], self.curve.points()[index + 1]);
        let width = (to.x - from.x) / (self.curve.span()[1] - self.curve.span()[0]).max(1e-6) * self.area.width();
        // A jump or a level line has nothing to bend, and a narrow one no room for a dot.
        if width < REACH * 1.5 || from.y == to.y {
            return None;
        }
        let middle = (from.x + to.x) * 0.5;
        let center = self.to_screen(middle, self.curve.at(middle));
        let response =
            ui.interact(Rect::from_center_size(center, vec2(REACH, REACH)), self.id.with(("bend", index)), Sense::click_and_drag());
        let lit = response.hovered() || response.dragged() || response.has_focus();
        ui.painter().circle(center, 3.0, if lit { self.color } else { theme::well() }, Stroke::new(1.0, self.color));
        let name = format!("bend {}, {:.0} %", index + 1, from.bend * 100.0);
        response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, &name));
        // Up on the screen is faster first where the segment rises, and slower first where it falls.
        let upward = if to.y > from.y { 1.0 } else { -1.0 };
        let change = self.bent(ui, &response, index, upward);
        response
            .on_hover_cursor(CursorIcon::ResizeVertical)
            .on_hover_text(format!("{name}\nDrag up or down; double-click makes it straight"));
        change
    }

    fn bent(&self, ui: &Ui, response: &Response, index: usize, upward: f32) -> Change {
        if response.double_clicked() {
            return self.changed(self.curve.with_bend(index, 0.0), response);
        }
        if response.clicked() || response.drag_started() {
            response.request_focus();
        }
        let mut up = if response.dragged() { -moved(response).y / POINTS_PER_BEND } else { 0.0 };
        if response.has_focus() {
            let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
            up += STEP * 2.0 * ui.input(|input| input.num_presses(Key::ArrowUp) as f32 - input.num_presses(Key::ArrowDown) as f32);
        }
        if up == 0.0 {
            return None;
        }
        self.changed(self.curve.with_bend(index, self.curve.points()[index].bend + up * upward), response)
    }

    fn changed(&self, curve: DrawnCurve, response: &Response) -> Change {
        (curve != *self.curve).then(|| (curve, Some(gesture(response))))
    }

    fn paint(&self, ui: &Ui, rect: Rect) {
        let painter = ui.painter();
        painter.rect(rect, 4.0, theme::well(), Stroke::new(1.0, theme::well_edge()), egui::StrokeKind::Inside);
        let ([first, last], [low, high]) = (self.curve.span(), self.curve.heights());
        let grid = Stroke::new(1.0, theme::well_edge());
        for quarter in 1..4 {
            let x = first + (last - first) * quarter as f32 / 4.0;
            painter.line_segment([self.to_screen(x, low), self.to_screen(x, high)], grid);
        }
        for y in [low, 0.0, high] {
            painter.line_segment([self.to_screen(first, y), self.to_screen(last, y)], grid);
        }
        let line = (0..=LINE).map(|i| {
            let x = first + (last - first) * i as f32 / LINE as f32;
            self.to_screen(x, self.curve.at(x))
        });
        // A jump is drawn through both of its points.
        let mut points: Vec<Pos2> = line.chain(self.curve.points().iter().map(|point| self.to_screen(point.x, point.y))).collect();
        points.sort_by(|a, b| a.x.total_cmp(&b.x));
        painter.add(Shape::line(points, Stroke::new(1.8, self.color)));
    }
}
