//! The waveform that arrives, held still by a trigger.

use super::{FaceView, line};
use crate::paint::{Align, Font, Painter, TextStyle};
use bevy::math::Vec2;
use patchlight_core::Unit;

/// What is shown where the module does not say.
const WINDOW_SECS: f32 = 0.02;

pub(super) fn draw(painter: &mut Painter<'_>, face: &FaceView<'_>) {
    let rect = face.inside();
    let grid = painter.theme.face_grid;
    for i in 1..8 {
        let x = rect.min.x + rect.width() * i as f32 / 8.0;
        painter.shapes.line(Vec2::new(x, rect.min.y), Vec2::new(x, rect.max.y), 1.0, grid.alpha(if i == 4 { 1.0 } else { 0.6 }));
    }
    for i in 1..4 {
        let y = rect.min.y + rect.height() * i as f32 / 4.0;
        painter.shapes.line(Vec2::new(rect.min.x, y), Vec2::new(rect.max.x, y), 1.0, grid.alpha(if i == 2 { 1.0 } else { 0.6 }));
    }
    let window_secs = face.value(&["time"], WINDOW_SECS);
    let gain = 10.0_f32.powf(face.value(&["zoom"], 0.0) / 20.0);
    let frames = ((window_secs * face.sample_rate_hz) as usize).max(16);
    let edge = match face.label(&["trigger"]) {
        "falling" => Edge::Falling,
        "free" => Edge::Free,
        _ => Edge::Rising,
    };
    let shown = triggered(face.samples, frames, edge, face.value(&["trigger level"], 0.0));
    let columns = (rect.width() as usize * 2).max(2);
    painter.shapes.plot(
        rect.inflate(-2.0),
        resampled(shown, columns).map(|sample| 0.5 - 0.47 * (sample * gain).clamp(-1.06, 1.06)),
        line(face.ink),
    );
    // Less than was asked for, where the frames do not reach back so far.
    let shown_secs = if shown.is_empty() { window_secs } else { shown.len() as f32 / face.sample_rate_hz };
    let style = TextStyle::new(Font::Mono, 8.5, painter.theme.dim).align(Align::Right);
    painter.text(rect.max - Vec2::new(4.0, 4.0), &Unit::Secs.format(shown_secs), style);
}

/// Where a picture begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    Rising,
    Falling,
    /// Anywhere.
    Free,
}

/// The newest `frames` that begin where the signal passes `level`, or the newest at all where it does not.
pub(super) fn triggered(samples: &[f32], frames: usize, edge: Edge, level: f32) -> &[f32] {
    let frames = frames.min(samples.len());
    let latest = samples.len() - frames;
    let passes = |i: &usize| match edge {
        Edge::Rising => samples[*i - 1] <= level && samples[*i] > level,
        Edge::Falling => samples[*i - 1] >= level && samples[*i] < level,
        Edge::Free => true,
    };
    // At the very end there is no sample to begin with.
    let last = latest.min(samples.len().saturating_sub(1));
    let start = (1..=last).rev().find(passes).unwrap_or(latest);
    &samples[start..start + frames]
}

/// `columns` values of a signal: its samples where there are few, else by turns the least and the greatest of each stretch, so that no
/// peak is lost.
pub fn resampled(samples: &[f32], columns: usize) -> impl Iterator<Item = f32> + '_ {
    let few = samples.len() <= columns;
    let count = if few { samples.len() } else { columns };
    (0..count).map(move |column| {
        if few {
            return samples[column];
        }
        let at = |column: usize| column * samples.len() / columns;
        let stretch = &samples[at(column)..at(column + 1).max(at(column) + 1)];
        if column.is_multiple_of(2) {
            stretch.iter().copied().fold(f32::INFINITY, f32::min)
        } else {
            stretch.iter().copied().fold(f32::NEG_INFINITY, f32::max)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{Edge, resampled, triggered};

    #[test]
    fn the_picture_begins_at_a_rising_crossing() {
        let samples: Vec<f32> = (0..1000).map(|i| (i as f32 * 0.1).sin()).collect();
        let shown = triggered(&samples, 200, Edge::Rising, 0.0);
        assert_eq!(shown.len(), 200);
        assert!(shown[0] > 0.0 && shown[0] < 0.1 && shown[1] > shown[0]);
        let falling = triggered(&samples, 200, Edge::Falling, 0.5);
        assert!(falling[0] < 0.5 && falling[0] > 0.4 && falling[1] < falling[0]);
        assert_eq!(triggered(&samples, 200, Edge::Free, 0.0).as_ptr(), samples[800..].as_ptr());
        assert_eq!(triggered(&[0.0; 10], 200, Edge::Rising, 0.0).len(), 10, "less than was asked for is shown whole");
        assert!(triggered(&[], 200, Edge::Rising, 0.0).is_empty());
    }

    #[test]
    fn no_peak_is_lost() {
        let mut samples = vec![0.0; 10_000];
        samples[4321] = 1.0;
        samples[4000] = -1.0;
        let columns: Vec<f32> = resampled(&samples, 300).collect();
        assert_eq!(columns.len(), 300);
        assert!(columns.contains(&1.0) || columns.contains(&-1.0));
    }
}
