//! One or two cycles of what a module puts out: what it made, or, for slow modulators and while nothing runs, the shape it makes.
//! Samplers show their file and where they are in it.

use super::scope::{Edge, resampled, triggered};
use super::{FaceView, TRACE_POINTS, is_slow, line};
use crate::paint::{Look, Painter};
use crate::state::Picture;
use bevy::math::{Rect, Vec2};
use std::f32::consts::TAU;

/// Cycles that are shown where the pitch is known.
const CYCLES: f32 = 3.0;
/// What is shown where it is not: enough of a drum.
const WINDOW_SECS: f32 = 0.06;
/// Below this the face shows the shape.
const SILENT: f32 = 1e-4;

pub(super) fn draw(painter: &mut Painter<'_>, face: &FaceView<'_>) {
    let rect = face.inside().inflate(-3.0);
    let middle = rect.center().y;
    painter.shapes.line(Vec2::new(rect.min.x, middle), Vec2::new(rect.max.x, middle), 1.0, painter.theme.face_grid);
    let peak = face.samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    let shape = face.label(&["shape"]);
    if let Some(Picture::File(peaks)) = face.signals.and_then(|signals| signals.picture.as_ref()) {
        draw_file(painter, face, peaks);
    } else if is_slow(face.spec) {
        draw_slow(painter, face, shape);
    } else if peak > SILENT {
        let pitch_hz = Some(face.cell(0)).filter(|hz| (10.0..20_000.0).contains(hz));
        let window_secs = pitch_hz.map_or(WINDOW_SECS, |hz| CYCLES / hz);
        let shown = triggered(face.samples, ((window_secs * face.sample_rate_hz) as usize).max(8), Edge::Rising, 0.0);
        let columns = (rect.width() as usize * 2).max(2);
        // Quiet signals are shown at full height: how loud they are is for meters.
        let scale = 0.47 / peak;
        painter.shapes.plot(rect, resampled(shown, columns).map(|sample| 0.5 - sample * scale), line(face.ink));
    } else if let Some(wave) = cycle(shape, face.value(&["pulse width"], 0.5)) {
        let points = (0..=240).map(|i| 0.5 - 0.44 * wave((i as f32 / 80.0).fract()));
        painter.shapes.plot(rect, points, line(face.ink.alpha(0.55)));
    } else {
        painter.shapes.line(Vec2::new(rect.min.x, middle), Vec2::new(rect.max.x, middle), 1.6, face.ink.alpha(0.45));
    }
}

/// The peaks of a file with what is not played dimmed, and the play head.
fn draw_file(painter: &mut Painter<'_>, face: &FaceView<'_>, overview: &[f32]) {
    let rect = face.inside().inflate(-3.0);
    let (start, end) = (face.value(&["start"], 0.0), face.value(&["end"], 1.0));
    let columns = ((rect.width() / 2.0) as usize).max(1);
    for column in 0..columns {
        let share = column as f32 / columns as f32;
        let stretch = column * overview.len() / columns..((column + 1) * overview.len() / columns).min(overview.len());
        let peak = overview[stretch].iter().copied().fold(0.0, f32::max).min(1.0);
        let half = Vec2::new(0.7, (rect.height() * 0.48 * peak).max(0.5));
        let center = Vec2::new(rect.min.x + 1.0 + rect.width() * share, rect.center().y);
        let played = (start.min(end)..=start.max(end)).contains(&share);
        let ink = face.ink.alpha(if played { 0.85 } else { 0.25 });
        painter.shapes.smooth_rect(Rect::from_center_half_size(center, half), Look::fill(ink));
    }
    if face.cell(1) > 0.5 {
        let x = rect.min.x + rect.width() * face.cell(0).clamp(0.0, 1.0);
        painter.shapes.line(Vec2::new(x, rect.min.y), Vec2::new(x, rect.max.y), 1.4, painter.theme.playhead);
    }
}

/// A cycle and a half with a dot at where it is.
fn draw_slow(painter: &mut Painter<'_>, face: &FaceView<'_>, shape: &str) {
    let rect = face.inside().inflate(-3.0);
    let Some(wave) = cycle(shape, face.value(&["pulse width"], 0.5)) else { return draw_past(painter, face) };
    painter.shapes.plot(rect, (0..=180).map(|i| 0.5 - 0.44 * wave((i as f32 / 120.0).fract())), line(face.ink));
    if face.signals.is_some() {
        let phase = face.cell(0).rem_euclid(1.0);
        let at = Vec2::new(rect.min.x + rect.width() * phase / 1.5, rect.center().y - 0.44 * rect.height() * wave(phase));
        painter.shapes.glow(at, 2.0, 9.0, face.ink.alpha(0.5));
        painter.shapes.circle(at, 3.0, Look::fill(painter.theme.playhead));
    }
}

/// Where there is no cycle to know, what the module put out of late, with a dot at what it puts out now.
fn draw_past(painter: &mut Painter<'_>, face: &FaceView<'_>) {
    let rect = face.inside().inflate(-3.0);
    let height = |value: f32| 0.5 - 0.46 * value.clamp(-1.0, 1.0);
    let missing = TRACE_POINTS.saturating_sub(face.memory.trace.len());
    let past = std::iter::repeat_n(0.0, missing).chain(face.memory.trace.iter().copied());
    painter.shapes.plot(Rect { max: rect.max - Vec2::new(4.0, 0.0), ..rect }, past.map(height), line(face.ink));
    if let Some(now) = face.memory.trace.last() {
        let at = Vec2::new(rect.max.x - 4.0, rect.min.y + rect.height() * height(*now));
        painter.shapes.circle(at, 3.0, Look::fill(painter.theme.playhead));
    }
}

/// One cycle of a shape by its name, −1 to 1 over a phase of 0 to 1; `None` for shapes that are not cycles.
fn cycle(shape: &str, width: f32) -> Option<Box<dyn Fn(f32) -> f32>> {
    let width = width.clamp(0.01, 0.99);
    Some(match shape {
        "sine" => Box::new(|phase| (TAU * phase).sin()),
        "triangle" => Box::new(|phase| 1.0 - 4.0 * ((phase + 0.25).fract() - 0.5).abs()),
        "saw" | "saw up" => Box::new(|phase| 2.0 * phase - 1.0),
        "saw down" => Box::new(|phase| 1.0 - 2.0 * phase),
        "square" => Box::new(move |phase| if phase < width { 1.0 } else { -1.0 }),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::cycle;

    #[test]
    fn shapes_stay_in_range_and_begin_as_oscillators_do() {
        for shape in ["sine", "triangle", "saw", "square", "saw down"] {
            let wave = cycle(shape, 0.3).expect(shape);
            assert!((0..100).all(|i| wave(i as f32 / 100.0).abs() <= 1.0 + 1e-6), "{shape}");
        }
        let triangle = cycle("triangle", 0.5).unwrap();
        assert!(triangle(0.0).abs() < 1e-6 && (triangle(0.25) - 1.0).abs() < 1e-6 && (triangle(0.75) + 1.0).abs() < 1e-6);
        assert!(cycle("random", 0.5).is_none());
    }
}
