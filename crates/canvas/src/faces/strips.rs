//! A meter for each strip of a mixer, from its cells.

use super::FaceView;
use crate::cable_text::gain_db;
use crate::paint::{Align, Font, Look, Painter, TextStyle};
use bevy::math::{Rect, Vec2};

/// The lowest level that is shown, in dB.
const FLOOR_DB: f32 = -60.0;

pub(super) fn draw(painter: &mut Painter<'_>, face: &FaceView<'_>) {
    let count = face.spec.inputs.len();
    let rect = Rect::new(face.rect.min.x, face.rect.min.y, face.rect.max.x, face.rect.max.y - 11.0);
    let pitch = rect.width() / count.max(1) as f32;
    let number = TextStyle::new(Font::Regular, 8.0, painter.theme.dim).align(Align::Middle);
    for strip in 0..count {
        let left = rect.min.x + pitch * (strip as f32 + 0.2);
        let column = Rect::new(left, rect.min.y, left + pitch * 0.6, rect.max.y);
        painter.shapes.smooth_rect(column, Look::fill(painter.theme.track_dark).radius(2.0));
        let level_db = gain_db(face.cell(strip));
        let share = (1.0 - level_db / FLOOR_DB).clamp(0.0, 1.0);
        if share > 0.0 {
            let lit = Rect::new(column.min.x, column.max.y - column.height() * share, column.max.x, column.max.y);
            painter.shapes.smooth_rect(lit, Look::fill(painter.theme.level(level_db)).radius(2.0));
        }
        painter.text_centered(Vec2::new(column.center().x, face.rect.max.y - 4.0), &(strip + 1).to_string(), number, pitch);
    }
}
