//! The steps of a pattern: how high they are, which of them play, and the light on the one that does.

use super::FaceView;
use crate::paint::{Look, Painter};
use bevy::math::{Rect, Vec2};
use patchlight_core::{DataKind, Step, Steps};

/// Cell 0 of sequencers: the step that plays.
const CURRENT: usize = 0;
/// The most that one face shows.
const STEPS_MAX: usize = 64;

/// One bar: how high, 0 to 1, or `None` for a rest.
type Bar = Option<f32>;

pub(super) fn draw(painter: &mut Painter<'_>, face: &FaceView<'_>) {
    let bars = written(face).or_else(|| spread(face)).unwrap_or_default();
    let count = bars.len().min(STEPS_MAX);
    if count == 0 {
        return;
    }
    let rect = Rect::new(face.rect.min.x, face.rect.min.y, face.rect.max.x, face.rect.max.y - 8.0);
    let pitch = rect.width() / count as f32;
    let current = face.signals.map(|_| face.cell(CURRENT).max(0.0) as usize);
    for (step, bar) in bars.iter().take(count).enumerate() {
        let is_current = current == Some(step);
        let height = bar.map_or(0.12, |height| 0.2 + 0.8 * height) * rect.height();
        let left = rect.min.x + pitch * step as f32 + pitch * 0.12;
        let at = Rect::new(left, rect.max.y - height, left + pitch * 0.76, rect.max.y);
        let ink = match (bar, is_current) {
            (Some(_), true) => face.ink,
            (Some(_), false) => face.ink.alpha(0.55),
            (None, true) => painter.theme.track.mix(face.ink, 0.35),
            (None, false) => painter.theme.track,
        };
        if is_current && bar.is_some() {
            painter.shapes.glow(at.center(), pitch * 0.3, pitch * 1.6, face.ink.alpha(0.22));
        }
        painter.shapes.smooth_rect(at, Look::fill(ink).radius((pitch * 0.2).min(2.5)));
        if is_current {
            let head = Rect::from_corners(Vec2::new(left, rect.max.y + 4.0), Vec2::new(left + pitch * 0.76, rect.max.y + 7.0));
            painter.shapes.smooth_rect(head, Look::fill(painter.theme.playhead).radius(1.5));
        }
    }
}

/// A pattern that is written as text: notes stand as high as they are.
fn written(face: &FaceView<'_>) -> Option<Vec<Bar>> {
    let field = face.spec.data.iter().find(|field| field.kind == DataKind::Steps)?;
    let steps: Steps = face.module.text(field).parse().ok()?;
    let note = |step: &Step| if let Step::Note { semitones, .. } = step { *semitones } else { None };
    let notes: Vec<f32> = steps.0.iter().filter_map(note).collect();
    let low = notes.iter().copied().fold(f32::INFINITY, f32::min);
    let high = notes.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut last = 0.5;
    let bar = |step: &Step| match step {
        Step::Rest => None,
        Step::Tie => Some(last),
        Step::Note { semitones, .. } => {
            if let Some(semitones) = semitones {
                last = if high > low { (semitones - low) / (high - low) } else { 0.5 };
            }
            Some(last)
        }
    };
    Some(steps.0.iter().map(bar).collect())
}

/// Pulses spread evenly over a number of steps (Bjorklund's necklaces).
fn spread(face: &FaceView<'_>) -> Option<Vec<Bar>> {
    let (_, pulses) = face.find(&["pulses", "hits"])?;
    let steps = face.value(&["steps", "length"], 16.0).max(1.0) as i64;
    let rotation = face.value(&["rotation", "rotate"], 0.0) as i64;
    let pulses = (pulses as i64).min(steps);
    Some((0..steps).map(|step| (((step + rotation) * pulses).rem_euclid(steps) < pulses).then_some(0.75)).collect())
}
