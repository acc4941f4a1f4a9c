//! What moves in the faces of the demo's modules. The real faces draw measured signals; these draw formulae.

use bevy::math::{Rect, Vec2};
use patchlight_canvas::paint::{Align, Font, Ink, Look, Painter, Plot, TextStyle};
use std::f32::consts::TAU;

const STEPS: [f32; 16] = [30.0, 12.0, 18.0, 44.0, 24.0, 10.0, 52.0, 16.0, 30.0, 14.0, 20.0, 38.0, 10.0, 22.0, 48.0, 16.0];
const STEPS_ON: [usize; 7] = [0, 3, 4, 6, 8, 11, 14];

fn place(module: Vec2, x: f32, y: f32, width: f32, height: f32) -> Rect {
    Rect::from_corners(module + Vec2::new(x, y), module + Vec2::new(x + width, y + height))
}

/// Where each module has its well, if it has one.
fn well(title: &str, module: Vec2) -> Option<Rect> {
    let (x, y, width, height) = match title {
        "LFO" => (14.0, 36.0, 142.0, 44.0),
        "808 Kick" => (14.0, 36.0, 162.0, 50.0),
        "Analog" => (14.0, 36.0, 202.0, 58.0),
        "Ladder" => (14.0, 36.0, 222.0, 72.0),
        "ADSR" => (14.0, 36.0, 202.0, 56.0),
        "Compressor" => (14.0, 36.0, 130.0, 100.0),
        "Delay" => (14.0, 36.0, 182.0, 40.0),
        "Scope" => (14.0, 36.0, 182.0, 118.0),
        _ => return None,
    };
    Some(place(module, x, y, width, height))
}

/// What of a face stands still.
pub fn wells(title: &str, module: Vec2, painter: &mut Painter<'_>) {
    if let Some(rect) = well(title, module) {
        painter.well(rect);
        if title == "Scope" {
            for quarter in 1..4 {
                let x = rect.min.x + rect.width() * quarter as f32 / 4.0;
                painter.shapes.line(Vec2::new(x, rect.min.y + 1.0), Vec2::new(x, rect.max.y - 1.0), 1.0, painter.theme.face_grid);
            }
        }
    }
    let small = TextStyle::new(Font::Regular, 9.5, painter.theme.dim);
    match title {
        "Compressor" => painter.well(place(module, 152.0, 36.0, 84.0, 100.0)),
        "Analog" => {
            painter.text(module + Vec2::new(46.0, 194.0), "sync · FM · unison 7", small);
        }
        "Output" => {
            painter.text(module + Vec2::new(16.0, 96.0), "L R", small);
            let mono = TextStyle { font: Font::Mono, ..small };
            painter.text(module + Vec2::new(194.0, 96.0), "peak −3.1 dB", mono.align(Align::Right));
        }
        _ => {}
    }
}

/// A curve of samples from 0 (top) to 1.
pub fn curve(painter: &mut Painter<'_>, rect: Rect, samples: impl Iterator<Item = f32>, ink: Ink, width: f32) {
    painter.shapes.plot(rect, samples, Plot { line: ink, width, area: Ink::NONE, base_y: rect.max.y });
}

/// What of a face moves.
pub fn face(title: &str, module: Vec2, ink: Ink, secs: f32, painter: &mut Painter<'_>) {
    let inner = well(title, module).map(|rect| rect.inflate(-3.0));
    match (title, inner) {
        ("Steps", _) => steps(module, ink, secs, painter),
        ("LFO", Some(rect)) => {
            let height = |share: f32| 0.5 - 0.42 * (share * 1.5 * TAU).sin();
            curve(painter, rect, (0..70).map(|i| height(i as f32 / 69.0)), ink, 1.6);
            let share = (secs * 0.31).fract();
            let at = rect.min + Vec2::new(share, height(share)) * rect.size();
            painter.shapes.circle(at, 3.0, Look::fill(painter.theme.playhead));
        }
        ("808 Kick", Some(rect)) => {
            let wave = |i: f32| 0.5 - 0.48 * (-i / 50.0).exp() * (60.0 * (1.0 - (-i / 42.0).exp())).sin();
            curve(painter, rect, (0..157).map(|i| wave(i as f32)), ink, 1.6);
        }
        ("Analog", Some(rect)) => {
            let saw = (0..197).map(|i| 0.5 - 0.42 * (((i as f32 / 66.0 + secs * 0.2) % 1.0) * 2.0 - 1.0));
            curve(painter, rect, saw, ink, 1.6);
        }
        ("Ladder", Some(rect)) => ladder(rect, ink, secs, painter),
        ("ADSR", Some(rect)) => envelope(rect, ink, secs, painter),
        ("Compressor", Some(rect)) => compressor(module, rect, ink, secs, painter),
        ("Delay", Some(rect)) => {
            for echo in 0..7 {
                let share = 0.72f32.powi(echo) * (0.8 + 0.2 * (secs * 3.0 - echo as f32 * 0.7).sin());
                let left = rect.min.x + 6.0 + echo as f32 * 25.0;
                let bar = Rect::new(left, rect.max.y - 1.0 - 31.0 * share, left + 5.0, rect.max.y - 1.0);
                painter.shapes.smooth_rect(bar, Look::fill(ink.alpha(0.95 * 0.85f32.powi(echo))).radius(2.0));
            }
        }
        ("Scope", Some(rect)) => {
            let wave = |i: f32| 0.5 - 0.32 * ((i / 15.0 + secs).sin() * 0.9 + 0.3 * (i / 5.1 - secs * 2.0).sin());
            curve(painter, rect, (0..177).map(|i| wave(i as f32)), ink, 1.8);
        }
        ("Output", _) => {
            for channel in 0..2 {
                let level = -12.0 + 6.0 * (secs * (4.1 + channel as f32)).sin();
                painter.meter(place(module, 16.0, 44.0 + channel as f32 * 16.0, 178.0, 10.0), level, -3.1);
            }
        }
        _ => {}
    }
}

fn steps(module: Vec2, ink: Ink, secs: f32, painter: &mut Painter<'_>) {
    let now = (secs * 8.28) as usize % STEPS.len();
    for (i, height) in STEPS.into_iter().enumerate() {
        let left = module.x + 16.0 + i as f32 * 11.9;
        let on = STEPS_ON.contains(&i);
        let bar = Rect::new(left, module.y + 98.0 - height, left + 8.4, module.y + 98.0);
        let fill = if !on { painter.theme.track } else { ink.alpha(if i == now { 1.0 } else { 0.55 }) };
        painter.shapes.smooth_rect(bar, Look::fill(fill).radius(2.0));
        if i == now {
            let mark = Rect::new(left, module.y + 103.0, left + 8.4, module.y + 106.0);
            painter.shapes.smooth_rect(mark, Look::fill(painter.theme.playhead).radius(1.5));
        }
    }
}

fn ladder(rect: Rect, ink: Ink, secs: f32, painter: &mut Painter<'_>) {
    let cutoff = 0.55 + 0.08 * (secs * 1.9).sin();
    for bar in 0..43 {
        let x = bar as f32 * 5.0;
        let noise = (0.35 + 0.65 * ((bar as f32 * 12.9898).sin() * 43758.547).fract().abs()) * (0.8 + 0.2 * (secs * 9.0 + x).sin());
        let height = 38.0 * (-x / 90.0).exp() * noise * if x / rect.width() < cutoff { 1.0 } else { 0.25 };
        let left = rect.min.x + 1.0 + x;
        let bar = Rect::new(left, rect.max.y - height, left + 3.0, rect.max.y);
        painter.shapes.smooth_rect(bar, Look::fill(painter.theme.audio.alpha(0.35)));
    }
    let response = |share: f32| {
        let gain = 1.0 / (1.0 + (share / cutoff).powi(9)) + 0.9 * (-((share - cutoff) / 0.05).powi(2)).exp();
        1.0 - 0.07 - 0.55 * gain
    };
    let samples = (0..110).map(|i| response(i as f32 / 109.0));
    painter.shapes.plot(rect, samples, Plot { line: ink, width: 2.0, area: ink.alpha(0.22), base_y: rect.max.y });
}

fn envelope(rect: Rect, ink: Ink, secs: f32, painter: &mut Painter<'_>) {
    let corners = [(0.0, 1.0), (0.13, 0.06), (0.35, 0.46), (0.7, 0.46), (1.0, 1.0)];
    let points = corners.map(|(x, y)| rect.min + Vec2::new(x, y) * rect.size());
    painter.shapes.area(&points, rect.max.y, ink.alpha(0.22), 0.3);
    painter.shapes.polyline(&points, 2.0, ink);
    let share = (secs * 0.8).fract();
    let after = corners.iter().position(|&(x, _)| x > share).unwrap_or(4).max(1);
    let (a, b) = (corners[after - 1], corners[after]);
    let height = a.1 + (b.1 - a.1) * (share - a.0) / (b.0 - a.0);
    let at = rect.min + Vec2::new(share, height) * rect.size();
    painter.shapes.glow(at, 3.0, 11.0, ink.alpha(0.6));
    painter.shapes.circle(at, 3.6, Look::fill(painter.theme.playhead));
}

fn compressor(module: Vec2, rect: Rect, ink: Ink, secs: f32, painter: &mut Painter<'_>) {
    let at = |x: f32, y: f32| rect.min + Vec2::new(x, y) * rect.size();
    painter.shapes.line(at(0.0, 1.0), at(1.0, 0.0), 1.0, painter.theme.track);
    painter.shapes.polyline(&[at(0.0, 1.0), at(0.57, 0.43), at(0.69, 0.35), at(1.0, 0.26)], 2.0, ink);
    let level = 0.8 + 0.15 * (secs * 13.0).sin();
    let dot = at(level, 0.35 - (level - 0.69) * 0.29);
    painter.shapes.glow(dot, 3.0, 11.0, ink.alpha(0.6));
    painter.shapes.circle(dot, 3.6, Look::fill(painter.theme.playhead));
    let history = place(module, 155.0, 42.0, 78.0, 66.0);
    let reduction = (0..79).map(|i| 0.05 + 0.9 * (-((i as f32 + secs * 40.0) % 27.0) / 9.0).exp());
    curve(painter, history, reduction, ink, 1.8);
    let style = TextStyle::new(Font::MonoMedium, 10.0, painter.theme.text);
    painter.text(module + Vec2::new(158.0, 130.0), "−8.4 dB", style);
}
