//! A curve under the hand, on the face of its module: points are dragged, segments bent, and a double-click adds and takes away.

use super::{Desk, Drag};
use crate::faces::{CurveArea, curve_of};
use crate::project::ModuleNode;
use bevy::math::{Rect, Vec2};
use patchlight_core::{DataSpec, DrawnCurve, Face, ModuleId};
use patchlight_patch::{Edit, Gesture};

/// How near a point or a handle must be, canvas units.
const REACH: f32 = 9.0;
/// Canvas units that the hand moves for a bend of 1.
const UNITS_PER_BEND: f32 = 45.0;

#[derive(Clone, Debug, PartialEq)]
pub struct CurveDrag {
    pub module: ModuleId,
    field: &'static DataSpec,
    /// As it was, in text; `None` is the default.
    before: Option<String>,
    curve: DrawnCurve,
    taken: Taken,
    /// Where the hand was, canvas units.
    last: Vec2,
    gesture: Gesture,
}

/// The index of what is dragged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    Point(usize),
    Bend(usize),
}

/// The well that a curve is drawn into.
fn well(node: &ModuleNode) -> Option<Rect> {
    let face = node.layout.face.filter(|_| node.spec.is_some_and(|spec| spec.face == Face::Curve))?;
    Some(Rect::from_corners(node.at + face.min, node.at + face.max))
}

impl Desk<'_, '_, '_> {
    /// Whether a press was meant for a curve.
    pub(super) fn press_curve(&mut self, id: &ModuleId, canvas: Vec2, double: bool) -> bool {
        let found = self.board.module(id).and_then(|node| Some((well(node)?, node.spec?)));
        let Some((well, spec)) = found.filter(|(well, _)| well.contains(canvas)) else { return false };
        let Some(module) = self.document.patch.module(id.as_str()) else { return false };
        let Some((field, curve)) = curve_of(spec, module) else { return false };
        let area = CurveArea::new(well, &curve);
        let points = curve.points().iter().map(|point| area.pos(point.x, point.y)).enumerate();
        let near = points.map(|(index, pos)| (pos.distance(canvas), index)).filter(|(distance, _)| *distance <= REACH);
        let point = near.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, index)| index);
        if double {
            let [x, y] = area.place(canvas);
            let changed = match point {
                Some(index) => curve.without(index),
                None => curve.with_point(x, y).map(|(curve, _)| curve),
            };
            if let Some(changed) = changed {
                self.set_curve(id, field, &changed, None);
            }
            return true;
        }
        let bend = (0..curve.points().len()).find(|index| area.handle(&curve, *index).is_some_and(|pos| pos.distance(canvas) <= REACH));
        let Some(taken) = point.map(Taken::Point).or(bend.map(Taken::Bend)) else { return false };
        let before = module.data.get(field.id).cloned();
        self.selection.select_only([id.clone()]);
        let gesture = self.new_gesture();
        self.hand.drag = Some(Drag::Curve(CurveDrag { module: id.clone(), field, before, curve, taken, last: canvas, gesture }));
        true
    }

    pub(super) fn drag_curve(&mut self, mut drag: CurveDrag, canvas: Vec2) -> CurveDrag {
        let Some(well) = self.board.module(&drag.module).and_then(well) else { return drag };
        let changed = match drag.taken {
            Taken::Point(index) => {
                let [x, y] = CurveArea::new(well, &drag.curve).place(canvas);
                drag.curve.with_moved(index, x, y)
            }
            Taken::Bend(index) => {
                let points = drag.curve.points();
                // Up is faster first where the segment rises, and slower first where it falls.
                let upward = if points[index + 1].y > points[index].y { 1.0 } else { -1.0 };
                drag.curve.with_bend(index, points[index].bend + upward * (drag.last.y - canvas.y) / UNITS_PER_BEND)
            }
        };
        if changed != drag.curve {
            self.set_curve(&drag.module, drag.field, &changed, Some(drag.gesture));
            drag.curve = changed;
            drag.last = canvas;
        }
        drag
    }

    pub(super) fn cancel_curve(&mut self, drag: CurveDrag) {
        let edit = Edit::SetData { module: drag.module, field: drag.field.id.to_owned(), text: drag.before };
        self.ask("Draw", edit, Some(drag.gesture));
    }

    fn set_curve(&mut self, module: &ModuleId, field: &DataSpec, curve: &DrawnCurve, gesture: Option<Gesture>) {
        let text = Some(curve.to_string()).filter(|text| text != field.default);
        let edit = Edit::SetData { module: module.clone(), field: field.id.to_owned(), text };
        self.ask(format!("Draw the {} of {}", field.id, self.label(module)), edit, gesture);
    }
}
