//! A curve that is drawn point by point, with a dot at where it is; and where on the face its points lie, for the hand.

use super::{FaceView, line};
use crate::paint::{Look, Painter};
use bevy::math::{Rect, Vec2};
use patchlight_core::{DataKind, DataSpec, DrawnCurve, ModuleSpec};
use patchlight_patch::Module;

/// Points of the line.
const LINE: usize = 160;

/// The field of a module that holds a curve, and the curve, where it can be read.
pub(crate) fn curve_of(spec: &'static ModuleSpec, module: &Module) -> Option<(&'static DataSpec, DrawnCurve)> {
    let field = spec.data.iter().find(|field| field.kind == DataKind::Curve)?;
    Some((field, module.text(field).parse().ok()?))
}

/// A curve laid into a rectangle.
#[derive(Clone, Debug)]
pub(crate) struct CurveArea {
    rect: Rect,
    span: [f32; 2],
    heights: [f32; 2],
}

impl CurveArea {
    /// Into the well of a face.
    pub(crate) fn new(well: Rect, curve: &DrawnCurve) -> Self {
        Self { rect: well.inflate(-7.0), span: curve.span(), heights: curve.heights() }
    }

    pub(crate) fn pos(&self, x: f32, y: f32) -> Vec2 {
        let share = |value: f32, [low, high]: [f32; 2]| (value - low) / (high - low).max(1e-6);
        let (across, up) = (share(x, self.span), share(y, self.heights));
        Vec2::new(self.rect.min.x + self.rect.width() * across, self.rect.max.y - self.rect.height() * up)
    }

    /// The place of the curve under a point of the canvas, inside its borders.
    pub(crate) fn place(&self, pos: Vec2) -> [f32; 2] {
        let across = ((pos.x - self.rect.min.x) / self.rect.width()).clamp(0.0, 1.0);
        let up = ((self.rect.max.y - pos.y) / self.rect.height()).clamp(0.0, 1.0);
        let at = |share: f32, [low, high]: [f32; 2]| low + (high - low) * share;
        [at(across, self.span), at(up, self.heights)]
    }

    /// The middle of a segment, by which it is bent; `None` where there is nothing to bend or no room to take it.
    pub(crate) fn handle(&self, curve: &DrawnCurve, index: usize) -> Option<Vec2> {
        let (from, to) = (curve.points().get(index)?, curve.points().get(index + 1)?);
        let middle = (from.x + to.x) * 0.5;
        let width = self.pos(to.x, 0.0).x - self.pos(from.x, 0.0).x;
        (width > 16.0 && from.y != to.y).then(|| self.pos(middle, curve.at(middle)))
    }
}

pub(super) fn draw(painter: &mut Painter<'_>, face: &FaceView<'_>) {
    let Some((_, curve)) = curve_of(face.spec, face.module) else { return };
    let area = CurveArea::new(face.rect, &curve);
    let [first, last] = curve.span();
    let zero = area.pos(first, 0.0).y;
    painter.shapes.line(Vec2::new(area.rect.min.x, zero), Vec2::new(area.rect.max.x, zero), 1.0, painter.theme.face_grid);
    let sampled = (0..=LINE).map(|i| {
        let x = first + (last - first) * i as f32 / LINE as f32;
        area.pos(x, curve.at(x))
    });
    // A jump is drawn through both of its points.
    let mut points: Vec<Vec2> = sampled.chain(curve.points().iter().map(|point| area.pos(point.x, point.y))).collect();
    points.sort_by(|a, b| a.x.total_cmp(&b.x));
    painter.shapes.polyline(&points, line(face.ink).width, face.ink);
    for (index, point) in curve.points().iter().enumerate() {
        let look = Look::fill(face.ink).with_stroke(painter.theme.face, 1.0);
        painter.shapes.circle(area.pos(point.x, point.y), 2.8, look);
        if let Some(handle) = area.handle(&curve, index) {
            painter.shapes.circle(handle, 1.8, Look::fill(painter.theme.face).with_stroke(face.ink.alpha(0.8), 0.9));
        }
    }
    // Envelopes tell where they are in cell 0 and how high in cell 1.
    if face.signals.is_some() && face.spec.family() == patchlight_core::Family::Env {
        let at = area.pos(first + (last - first) * face.cell(0).clamp(0.0, 1.0), face.cell(1));
        painter.shapes.glow(at, 2.0, 9.0, face.ink.alpha(0.5));
        painter.shapes.circle(at, 3.0, Look::fill(painter.theme.playhead));
    }
}
