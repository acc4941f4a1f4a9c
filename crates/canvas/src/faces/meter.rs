//! Level meters: lamps with a falling peak, and the number of the highest.

use super::{FaceMemory, FaceView};
use crate::cable_text::gain_db;
use crate::paint::{Align, Font, Look, Painter, TextStyle};
use crate::state::ModuleSignals;
use bevy::math::{Rect, Vec2};

/// Peaks fall by this.
const FALL_DB_PER_SEC: f32 = 12.0;
/// Nothing lower is told.
const FLOOR_DB: f32 = -96.0;
/// The clip light goes out after this.
const CLIP_SECS: f32 = 4.0;

/// Peaks of left and right: of the first output, or, without outputs, of cells 0 and 1.
fn levels(signals: &ModuleSignals) -> [f32; 2] {
    match signals.outputs.first() {
        Some(output) => [output.peak; 2],
        None => [signals.face[0], signals.face[1]],
    }
}

/// Takes in new levels: peaks rise at once and fall slowly.
pub(super) fn remember(memory: &mut FaceMemory, signals: &ModuleSignals, elapsed_secs: f32) {
    let fall = 10.0_f32.powf(-FALL_DB_PER_SEC * elapsed_secs / 20.0);
    let levels = levels(signals).map(|level| if level.is_finite() { level } else { 0.0 });
    for (peak, level) in memory.peaks.iter_mut().zip(levels) {
        *peak = level.max(*peak * fall);
    }
    let clips = if signals.outputs.is_empty() { signals.face[2] } else { 0.0 };
    let clipped = clips > memory.clips || levels.iter().any(|level| *level > 1.0);
    memory.clips = clips;
    memory.since_clip_secs = match memory.since_clip_secs {
        _ if clipped => Some(0.0),
        since => since.map(|since| since + elapsed_secs).filter(|since| *since < CLIP_SECS),
    };
}

pub(super) fn draw(painter: &mut Painter<'_>, face: &FaceView<'_>) {
    let levels = face.signals.map_or([0.0; 2], levels);
    let peaks_db = if face.signals.is_some() { face.memory.peaks.map(gain_db) } else { [FLOOR_DB; 2] };
    let lamps = Rect::new(face.rect.min.x + 12.0, face.rect.min.y, face.rect.max.x - 12.0, face.rect.max.y);
    let small = TextStyle::new(Font::Regular, 9.0, painter.theme.dim);
    for channel in 0..2 {
        let top = lamps.min.y + 14.0 * channel as f32;
        let row = Rect::new(lamps.min.x, top, lamps.max.x, top + 9.0);
        painter.meter(row, gain_db(levels[channel]), peaks_db[channel]);
        painter.text_centered(Vec2::new(face.rect.min.x, row.center().y), if channel == 0 { "L" } else { "R" }, small, 12.0);
    }
    let clipped = face.signals.is_some() && face.memory.since_clip_secs.is_some();
    let light = if clipped { painter.theme.clip } else { painter.theme.track_dark };
    let at = Vec2::new(face.rect.max.x - 4.0, lamps.min.y + 11.5);
    if clipped {
        painter.shapes.glow(at, 2.0, 10.0, light.alpha(0.7));
    }
    painter.shapes.circle(at, 3.5, Look::fill(light));
    let highest = peaks_db[0].max(peaks_db[1]);
    let text = if highest > FLOOR_DB { format!("peak {highest:.1} dB").replace('-', "−") } else { "silent".to_owned() };
    let style = TextStyle::new(Font::Mono, 9.0, painter.theme.dim).align(Align::Right);
    painter.text(Vec2::new(lamps.max.x, lamps.min.y + 37.0), &text, style);
}
