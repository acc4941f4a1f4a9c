//! The spectrum of what arrives: decibels over the logarithm of frequency.

use super::{FaceView, curve, fft};
use crate::paint::{Align, Font, Painter, TextStyle};
use bevy::math::{Rect, Vec2};
use patchlight_core::Unit;

/// Columns from 20 Hz to 20 kHz.
pub(super) const COLUMNS: usize = 120;
const LOWEST_HZ: f32 = 20.0;
const HIGHEST_HZ: f32 = 20_000.0;
/// Nothing lower is remembered.
const FLOOR_DB: f32 = -140.0;
const CEILING_DB: f32 = 3.0;
/// A tilt leaves this as it is.
const TILT_HZ: f32 = 1_000.0;

/// Where a frequency lies between the edges, 0 to 1.
pub(super) fn place_of_hz(frequency_hz: f32) -> f32 {
    (frequency_hz / LOWEST_HZ).ln() / (HIGHEST_HZ / LOWEST_HZ).ln()
}

pub(super) fn hz_of_place(place: f32) -> f32 {
    LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ).powf(place)
}

pub(super) fn draw(painter: &mut Painter<'_>, face: &FaceView<'_>) {
    let rect = face.inside();
    let floor_db = face.value(&["floor"], -90.0);
    let slope_db = face.value(&["slope"], 0.0);
    scale(painter, rect, floor_db);
    let spectrum = &face.memory.spectrum_db;
    let hz_of = |column: usize| hz_of_place(column as f32 / (COLUMNS - 1) as f32);
    let tilted = |(column, db): (usize, &f32)| db + slope_db * (hz_of(column) / TILT_HZ).log2();
    let height = |db: f32| ((CEILING_DB - db) / (CEILING_DB - floor_db)).clamp(0.0, 1.0);
    painter.shapes.plot(rect.inflate(-1.0), spectrum.iter().enumerate().map(tilted).map(height), curve(face.ink, rect.max.y));
    let highest = spectrum.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    if let Some((column, db)) = highest.filter(|(_, db)| **db > floor_db + 10.0) {
        let text = format!("{} {db:.0} dB", Unit::Hz.format(hz_of(column))).replace('-', "−");
        let style = TextStyle::new(Font::Mono, 8.5, painter.theme.text_soft).align(Align::Right);
        painter.text(Vec2::new(rect.max.x - 5.0, rect.min.y + 11.0), &text, style);
    }
}

fn scale(painter: &mut Painter<'_>, rect: Rect, floor_db: f32) {
    let grid = painter.theme.face_grid;
    for (hz, name) in [(100.0, "100"), (1_000.0, "1k"), (10_000.0, "10k")] {
        let x = rect.min.x + rect.width() * place_of_hz(hz);
        painter.shapes.line(Vec2::new(x, rect.min.y), Vec2::new(x, rect.max.y), 1.0, grid);
        painter.text(Vec2::new(x + 3.0, rect.max.y - 4.0), name, TextStyle::new(Font::Mono, 8.0, painter.theme.dim.alpha(0.7)));
    }
    for db in [-90.0, -60.0, -30.0].into_iter().filter(|db| *db > floor_db) {
        let y = rect.min.y + rect.height() * (CEILING_DB - db) / (CEILING_DB - floor_db);
        painter.shapes.line(Vec2::new(rect.min.x, y), Vec2::new(rect.max.x, y), 1.0, grid);
    }
}

/// Takes in the newest of the frames, at most `frames` of them: columns rise at once and fall by `fall_db`.
pub(super) fn remember(spectrum_db: &mut Vec<f32>, samples: &[f32], frames: usize, sample_rate_hz: f32, fall_db: f32) {
    spectrum_db.resize(COLUMNS, FLOOR_DB);
    let newest = &samples[samples.len().saturating_sub(frames)..];
    let now = columns_db(newest, sample_rate_hz);
    for (column, old) in spectrum_db.iter_mut().enumerate() {
        let new = now.get(column).copied().unwrap_or(FLOOR_DB);
        *old = new.max(*old - fall_db).max(FLOOR_DB);
    }
}

/// The level of each column; empty without frames.
fn columns_db(samples: &[f32], sample_rate_hz: f32) -> Vec<f32> {
    let frames = previous_power_of_two(samples.len());
    if frames < 64 || sample_rate_hz <= 0.0 {
        return Vec::new();
    }
    let bins = fft::magnitudes(&samples[samples.len() - frames..]);
    let bin_of = |place: f32| hz_of_place(place) * frames as f32 / sample_rate_hz;
    let half = 0.5 / (COLUMNS - 1) as f32;
    let level = |column: usize| {
        let place = column as f32 / (COLUMNS - 1) as f32;
        let (from, to) = (bin_of(place - half), bin_of(place + half));
        let last = (bins.len() - 1) as f32;
        let magnitude = if to - from > 1.0 {
            bins[(from.min(last) as usize)..=(to.min(last) as usize)].iter().copied().fold(0.0, f32::max)
        } else {
            // Low columns lie between bins.
            let middle = bin_of(place).min(last - 0.001).max(0.0);
            let (bin, share) = (middle as usize, middle.fract());
            bins[bin] * (1.0 - share) + bins[bin + 1] * share
        };
        if bin_of(place) > last { FLOOR_DB } else { 20.0 * magnitude.max(1e-6).log10() }
    };
    (0..COLUMNS).map(level).collect()
}

const fn previous_power_of_two(n: usize) -> usize {
    if n == 0 { 0 } else { 1 << n.ilog2() }
}

#[cfg(test)]
mod tests {
    use super::{COLUMNS, FLOOR_DB, columns_db, hz_of_place, place_of_hz, remember};
    use std::f32::consts::TAU;

    fn sine(frequency_hz: f32) -> Vec<f32> {
        (0..5000).map(|i| 0.5 * (TAU * frequency_hz * i as f32 / 48_000.0).sin()).collect()
    }

    #[test]
    fn a_sine_stands_at_its_frequency_and_level() {
        for frequency_hz in [220.0, 1_000.0, 5_000.0] {
            let columns = columns_db(&sine(frequency_hz), 48_000.0);
            let (peak, db) = columns.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
            let wanted = place_of_hz(frequency_hz) * (COLUMNS - 1) as f32;
            assert!((peak as f32 - wanted).abs() < 1.5, "{frequency_hz} Hz at column {peak}, not {wanted}");
            assert!((db + 6.0).abs() < 1.6, "{db} dB");
        }
        assert!((hz_of_place(place_of_hz(440.0)) - 440.0).abs() < 0.1);
    }

    #[test]
    fn columns_rise_at_once_and_fall_slowly() {
        let mut spectrum = Vec::new();
        remember(&mut spectrum, &sine(1_000.0), 4096, 48_000.0, 1.0);
        let top = spectrum.iter().copied().fold(FLOOR_DB, f32::max);
        remember(&mut spectrum, &[0.0; 4096], 4096, 48_000.0, 3.0);
        assert!((spectrum.iter().copied().fold(FLOOR_DB, f32::max) - (top - 3.0)).abs() < 1e-3);
        remember(&mut spectrum, &[], 4096, 48_000.0, 500.0);
        assert!(spectrum.iter().all(|db| *db == FLOOR_DB));
    }
}
