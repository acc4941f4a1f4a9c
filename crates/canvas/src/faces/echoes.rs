//! Repeats that fade: how far apart and how loud.

use super::FaceView;
use crate::paint::{Look, Painter};
use bevy::math::{Rect, Vec2};

/// The width of the face in seconds.
const SHOWN_SECS: f32 = 2.0;

pub(super) fn draw(painter: &mut Painter<'_>, face: &FaceView<'_>) {
    let rect = face.inside().inflate(-4.0);
    let feedback = face.value(&["feedback", "repeat"], 0.5).clamp(0.0, 0.99);
    let mix = face.value(&["mix", "wet"], 0.5);
    let bar = |painter: &mut Painter<'_>, secs: f32, level: f32| {
        let x = rect.min.x + 2.0 + (rect.width() - 8.0) * secs / SHOWN_SECS;
        let height = (rect.height() * level.clamp(0.0, 1.0)).max(1.5);
        let ink = face.ink.alpha(0.25 + 0.75 * level);
        painter.shapes.smooth_rect(Rect::new(x, rect.max.y - height, x + 4.5, rect.max.y), Look::fill(ink).radius(2.0));
    };
    if let Some((_, decay_secs)) = face.find(&["decay", "size"]).filter(|_| face.find(&["time"]).is_none()) {
        return draw_tail(painter, face, rect, decay_secs, mix);
    }
    let time_secs = face.value(&["time", "time left", "delay"], 0.3).max(0.02);
    bar(painter, 0.0, 1.0 - mix * 0.5);
    let mut level = 0.35 + 0.6 * mix;
    for repeat in 1..48 {
        let secs = time_secs * repeat as f32;
        if secs > SHOWN_SECS || level < 0.02 {
            break;
        }
        bar(painter, secs, level);
        level *= feedback;
    }
}

/// A reverb: a dense tail that falls by 60 dB in its decay time.
fn draw_tail(painter: &mut Painter<'_>, face: &FaceView<'_>, rect: Rect, decay_secs: f32, mix: f32) {
    let count = 44;
    for i in 0..count {
        let secs = SHOWN_SECS * 2.0 * i as f32 / count as f32;
        // Heights scatter as reflections do, but stay as they are from frame to frame.
        let scatter = 0.7 + 0.3 * ((i * 7919 % 97) as f32 / 97.0);
        let level = (-3.0 * secs / decay_secs.max(0.05)).exp() * scatter * (0.4 + 0.6 * mix);
        let x = rect.min.x + rect.width() * i as f32 / count as f32;
        let half = Vec2::new(0.9, (rect.height() * 0.5 * level).max(0.6));
        let center = Vec2::new(x + 1.5, rect.center().y);
        painter.shapes.smooth_rect(Rect::from_center_half_size(center, half), Look::fill(face.ink.alpha(0.3 + 0.7 * level)).radius(0.9));
    }
}
