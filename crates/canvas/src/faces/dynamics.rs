//! The static curve of a compressor or limiter with a dot where the level is, and its gain reduction over the last seconds.

use super::{FaceView, TRACE_POINTS, curve, line};
use crate::paint::{Font, Look, Painter, TextStyle};
use bevy::math::{Rect, Vec2};

/// The curve shows levels from here to 0 dB.
const FLOOR_DB: f32 = -60.0;
/// The history shows reductions to this.
const DEEPEST_DB: f32 = 24.0;
/// Cells of dynamics: the level at the detector in dB, and the gain reduction in dB (0 and above).
const LEVEL: usize = 0;
const REDUCTION: usize = 1;

/// How much is taken away, 0 or more.
pub(super) fn reduction_db(cells: &[f32; 16]) -> f32 {
    let reduction = cells[REDUCTION];
    if reduction.is_finite() { reduction.max(0.0) } else { 0.0 }
}

/// Level in to level out, all in dB (Giannoulis, Massberg and Reiss, 2012, equation 4).
fn output_db(input_db: f32, threshold_db: f32, ratio: f32, knee_db: f32) -> f32 {
    let over = input_db - threshold_db;
    let slope = 1.0 / ratio.max(1.0) - 1.0;
    match () {
        () if 2.0 * over < -knee_db => input_db,
        () if knee_db > 0.0 && 2.0 * over.abs() <= knee_db => input_db + slope * (over + knee_db * 0.5).powi(2) / (2.0 * knee_db),
        () => input_db + slope * over,
    }
}

pub(super) fn draw(painter: &mut Painter<'_>, face: &FaceView<'_>) {
    let split = face.rect.min.x + face.rect.width() * 0.6;
    let left = Rect::new(face.rect.min.x, face.rect.min.y, split, face.rect.max.y).inflate(-3.0);
    let right = Rect::new(split, face.rect.min.y, face.rect.max.x, face.rect.max.y).inflate(-3.0);
    draw_curve(painter, face, left);
    painter.shapes.line(Vec2::new(split, face.rect.min.y + 1.0), Vec2::new(split, face.rect.max.y - 1.0), 1.0, painter.theme.face_edge);
    draw_history(painter, face, right);
}

fn draw_curve(painter: &mut Painter<'_>, face: &FaceView<'_>, rect: Rect) {
    let at = |input_db: f32, output_db: f32| {
        let share = |db: f32| ((db - FLOOR_DB) / -FLOOR_DB).clamp(0.0, 1.0);
        Vec2::new(rect.min.x + rect.width() * share(input_db), rect.max.y - rect.height() * share(output_db))
    };
    painter.shapes.line(at(FLOOR_DB, FLOOR_DB), at(0.0, 0.0), 1.0, painter.theme.track);
    let ceiling_db = face.find(&["ceiling"]).map(|(_, value)| value);
    let threshold_db = face.find(&["threshold"]).map_or(ceiling_db.unwrap_or(-18.0), |(_, value)| value);
    let ratio = face.value(&["ratio"], if ceiling_db.is_some() { 1e3 } else { 4.0 });
    let knee_db = face.value(&["knee"], 0.0);
    let out = |input_db: f32| output_db(input_db, threshold_db, ratio, knee_db);
    let points = (0..=100).map(|i| {
        let input_db = FLOOR_DB * (1.0 - i as f32 / 100.0);
        (out(input_db) / FLOOR_DB).clamp(0.0, 1.0)
    });
    painter.shapes.plot(rect, points, curve(face.ink, rect.max.y));
    let x = at(threshold_db, 0.0).x;
    painter.shapes.line(Vec2::new(x, rect.min.y), Vec2::new(x, rect.max.y), 1.0, face.ink.alpha(0.18));
    let level_db = face.cell(LEVEL);
    if face.signals.is_some() && level_db > FLOOR_DB && level_db < 40.0 && level_db != 0.0 {
        let dot = at(level_db, out(level_db.min(0.0)));
        painter.shapes.glow(dot, 2.0, 10.0, face.ink.alpha(0.6));
        painter.shapes.circle(dot, 3.2, Look::fill(painter.theme.playhead));
    }
}

fn draw_history(painter: &mut Painter<'_>, face: &FaceView<'_>, rect: Rect) {
    let plot = Rect::new(rect.min.x, rect.min.y + 2.0, rect.max.x, rect.max.y - 14.0);
    let missing = TRACE_POINTS.saturating_sub(face.memory.trace.len());
    let trace = std::iter::repeat_n(0.0, missing).chain(face.memory.trace.iter().copied());
    painter.shapes.plot(plot, trace.map(|db| (db / DEEPEST_DB).clamp(0.0, 1.0)), line(face.ink));
    let now_db = -face.memory.trace.last().copied().unwrap_or(0.0);
    let text = if now_db > -0.05 { "0.0 dB".to_owned() } else { format!("{now_db:.1} dB").replace('-', "−") };
    painter.text(Vec2::new(rect.min.x + 3.0, rect.max.y - 2.0), &text, TextStyle::new(Font::Mono, 9.5, painter.theme.text));
}

#[cfg(test)]
mod tests {
    use super::output_db;

    #[test]
    fn the_curve_is_the_one_of_the_paper() {
        assert_eq!(output_db(-30.0, -20.0, 4.0, 0.0), -30.0);
        assert!((output_db(-8.0, -20.0, 4.0, 0.0) + 17.0).abs() < 1e-5, "12 dB over at 4 : 1 is 3 dB over");
        let at_threshold = output_db(-20.0, -20.0, 4.0, 6.0);
        assert!((at_threshold - (-20.0 - 0.75 * 9.0 / 12.0)).abs() < 1e-5, "in the middle of the knee, {at_threshold}");
        assert!((output_db(-17.0, -20.0, 4.0, 6.0) - output_db(-17.0, -20.0, 4.0, 0.0)).abs() < 1e-4, "the knee meets the line");
    }
}
