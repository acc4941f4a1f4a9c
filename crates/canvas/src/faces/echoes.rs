//! What comes back: the repeats of a delay, the tail of a reverb, the copies of a chorus.

use super::FaceView;
use crate::paint::{Ink, Look, Painter, Plot};
use bevy::math::{Rect, Vec2};
use std::f32::consts::TAU;

/// The width of the face in seconds.
const SHOWN_SECS: f32 = 2.0;
const REPEATS_MAX: usize = 100;

pub(super) fn draw(painter: &mut Painter<'_>, face: &FaceView<'_>) {
    let rect = face.inside().inflate(-4.0);
    let mix = face.value(&["mix"], 0.5);
    if let Some((_, taps)) = face.find(&["taps"]) {
        draw_taps(painter, face, rect, taps as usize);
    } else if let Some((_, set_secs)) = face.find(&["time"]) {
        // In time with the song the knob does not count, but what the unit says it does.
        let live_secs = Some(face.cell(0)).filter(|secs| *secs > 0.0);
        draw_repeats(painter, face, rect, live_secs.unwrap_or(set_secs), mix);
    } else if let Some((_, decay_secs)) = face.find(&["decay"]) {
        draw_tail(painter, face, rect, decay_secs, mix);
    } else {
        draw_copies(painter, face, rect);
    }
}

/// A delay: the sound, and what comes back of it.
fn draw_repeats(painter: &mut Painter<'_>, face: &FaceView<'_>, rect: Rect, time_secs: f32, mix: f32) {
    let feedback = face.value(&["feedback"], 0.5).clamp(0.0, 1.0);
    let bar = |painter: &mut Painter<'_>, secs: f32, level: f32| {
        let x = rect.min.x + 2.0 + (rect.width() - 8.0) * secs / SHOWN_SECS;
        let height = (rect.height() * level.clamp(0.0, 1.0)).max(1.5);
        let ink = face.ink.alpha(0.25 + 0.75 * level);
        painter.shapes.smooth_rect(Rect::new(x, rect.max.y - height, x + 4.5, rect.max.y), Look::fill(ink).radius(2.0));
    };
    bar(painter, 0.0, 1.0 - mix * 0.5);
    let mut level = 0.35 + 0.6 * mix;
    for repeat in 1..REPEATS_MAX {
        let secs = time_secs.max(0.02) * repeat as f32;
        if secs > SHOWN_SECS || level < 0.02 {
            break;
        }
        bar(painter, secs, level);
        level *= feedback;
    }
}

/// Taps that are set one by one: when each comes and how loud, on the left above the line and on the right below it.
fn draw_taps(painter: &mut Painter<'_>, face: &FaceView<'_>, rect: Rect, taps: usize) {
    let middle = rect.center().y;
    painter.shapes.line(rect.min.with_y(middle), rect.max.with_y(middle), 1.0, face.ink.alpha(0.3));
    for tap in 1..=taps {
        let knob = |name: &str| face.value(&[&format!("{name} {tap}")], 0.0);
        let (secs, level, pan) = (knob("time"), knob("level").clamp(0.0, 1.0), knob("pan"));
        if secs > SHOWN_SECS {
            continue;
        }
        let x = rect.min.x + (rect.width() - 6.0) * secs / SHOWN_SECS;
        let side = |share: f32| (0.5 * rect.height() * level * share.min(1.0)).max(0.8);
        let bar = Rect::new(x, middle - side(1.0 - pan), x + 4.5, middle + side(1.0 + pan));
        painter.shapes.smooth_rect(bar, Look::fill(face.ink.alpha(0.3 + 0.7 * level)).radius(2.0));
    }
}

/// A chorus: how late its copies are, swaying.
fn draw_copies(painter: &mut Painter<'_>, face: &FaceView<'_>, rect: Rect) {
    let voices = face.value(&["voices"], 2.0).clamp(1.0, 8.0);
    let sway = 0.08 + 0.36 * (face.value(&["depth"], 0.002) / 0.01).clamp(0.0, 1.0).sqrt();
    for voice in 0..voices as usize {
        let turn = face.cell(0) + voice as f32 / voices;
        let points = (0..=80).map(|i| 0.5 - sway * (TAU * (turn + i as f32 / 80.0)).sin());
        let plot = Plot { line: face.ink.alpha(0.9 - 0.5 * voice as f32 / voices), width: 1.5, area: Ink::NONE, base_y: 0.0 };
        painter.shapes.plot(rect, points, plot);
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
