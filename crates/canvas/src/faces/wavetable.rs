//! A wavetable in depth: the first cycle in front, the last behind, and lit between them the one that is heard.

use super::FaceView;
use crate::paint::{Ink, Painter, Plot};
use crate::state::Picture;
use bevy::math::{Rect, Vec2};

/// Cycles that are drawn of a table that has more.
const ROWS: usize = 16;
/// How far the last cycle stands to the right of the first and above it, as shares of the face.
const DEPTH: Vec2 = Vec2::new(0.2, 0.5);

pub(super) fn draw(painter: &mut Painter<'_>, face: &FaceView<'_>) {
    let rect = face.inside().inflate(-4.0);
    let Some(Picture::Cycles(points)) = face.signals.and_then(|signals| signals.picture.as_ref()) else {
        let middle = rect.center().y;
        painter.shapes.line(rect.min.with_y(middle), rect.max.with_y(middle), 1.4, face.ink.alpha(0.45));
        return;
    };
    let cycles = points.len() / Picture::POINTS;
    if cycles == 0 {
        return;
    }
    let rows = cycles.min(ROWS);
    // From behind to the front, so that what is near lies over what is far.
    for row in (0..rows).rev() {
        let share = if rows > 1 { row as f32 / (rows - 1) as f32 } else { 0.0 };
        let cycle = ((cycles - 1) as f32 * share).round() as usize;
        let values = points[cycle * Picture::POINTS..].iter().take(Picture::POINTS).copied();
        row_of(painter, rect, share, values, face.ink.alpha(0.42 - 0.3 * share), 1.0);
    }
    // While it runs the unit says where it is, with all that moves it.
    let position =
        if face.signals.is_some_and(|signals| !signals.outputs.is_empty()) { face.cell(1) } else { face.value(&["position"], 0.0) };
    let at = position.clamp(0.0, 1.0) * (cycles - 1) as f32;
    let (first, blend) = (at.floor() as usize, at.fract());
    let second = (first + 1).min(cycles - 1);
    let value = |cycle: usize, point: usize| points[cycle * Picture::POINTS + point];
    let values = (0..Picture::POINTS).map(|point| value(first, point) * (1.0 - blend) + value(second, point) * blend);
    let share = if cycles > 1 { at / (cycles - 1) as f32 } else { 0.0 };
    row_of(painter, rect, share, values, face.ink, 2.0);
}

/// A cycle at a depth of 0 (in front) to 1.
fn row_of(painter: &mut Painter<'_>, rect: Rect, depth: f32, values: impl Iterator<Item = f32>, ink: Ink, width: f32) {
    let size = rect.size() * (Vec2::ONE - DEPTH);
    let min = Vec2::new(rect.min.x + rect.width() * DEPTH.x * depth, rect.max.y - size.y - rect.height() * DEPTH.y * depth);
    let plot = Plot { line: ink, width, area: Ink::NONE, base_y: 0.0 };
    painter.shapes.plot(Rect::from_corners(min, min + size), values.map(|value| 0.5 - 0.48 * value.clamp(-1.0, 1.0)), plot);
}
