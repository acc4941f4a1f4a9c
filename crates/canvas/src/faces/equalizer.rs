//! The magnitude response of an equalizer over the spectrum that leaves it, with a dot at each band that does something.
//!
//! Analogue prototypes, w = f / f₀, A = 10^(gain/40) (R. Bristow-Johnson, *Cookbook formulae for audio EQ biquad filter coefficients*).

use super::filter::{draw_bars, draw_grid};
use super::spectrum::{hz_of_place, place_of_hz};
use super::{FaceView, curve};
use crate::paint::{Look, Painter};
use bevy::math::Vec2;

/// The face reaches so many decibels up and down.
const REACH_DB: f32 = 18.0;
const POINTS: usize = 180;
/// Bands of the largest.
const MAX_BANDS: usize = 8;

/// One band.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Band {
    shape: Shape,
    hz: f32,
    gain_db: f32,
    q: f32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Bell,
    LowShelf,
    HighShelf,
    LowPass,
    HighPass,
    Notch,
    /// Half the gain down below the pivot and up above it, by one pole.
    Tilt,
}

impl Band {
    /// Decibels at a frequency.
    fn db(&self, hz: f32) -> f32 {
        let w = hz / self.hz.max(1.0);
        let (a, k) = (10.0_f32.powf(self.gain_db / 40.0), 1.0 / self.q.max(0.05));
        let root = a.sqrt();
        // |re + j·im| of the upper and the lower part.
        let [above, below] = match self.shape {
            Shape::Bell => [[1.0 - w * w, k * a * w], [1.0 - w * w, k / a * w]],
            Shape::LowShelf => [[a * (a - w * w), a * k * root * w], [1.0 - a * w * w, k * root * w]],
            Shape::HighShelf => [[a * (1.0 - a * w * w), a * k * root * w], [a - w * w, k * root * w]],
            Shape::LowPass => [[1.0, 0.0], [1.0 - w * w, k * w]],
            Shape::HighPass => [[w * w, 0.0], [1.0 - w * w, k * w]],
            Shape::Notch => [[1.0 - w * w, 0.0], [1.0 - w * w, k * w]],
            // Lows at 1/A and highs at A, as factors of the whole gain's halves.
            Shape::Tilt => [[1.0 / a, a * w], [1.0, w]],
        };
        20.0 * (above[0].hypot(above[1]).max(1e-6) / below[0].hypot(below[1]).max(1e-6)).log10()
    }

    /// Whether it changes anything.
    fn works(&self) -> bool {
        matches!(self.shape, Shape::LowPass | Shape::HighPass | Shape::Notch) || self.gain_db.abs() > 0.05
    }
}

/// The bands of whatever equalizer it is, as their knobs stand.
fn bands(face: &FaceView<'_>) -> Vec<Band> {
    if let Some((_, gain_db)) = face.find(&["tilt"]) {
        return vec![Band { shape: Shape::Tilt, hz: face.value(&["pivot"], 800.0), gain_db, q: 1.0 }];
    }
    let numbered = (1..=MAX_BANDS).filter_map(|number| {
        let value = |word: &str, usual: f32| face.value(&[&format!("{word} {number}")], usual);
        let (_, hz) = face.find(&[&format!("band {number}")])?;
        let shape = match face.label(&[&format!("shape {number}")]) {
            "low shelf" => Shape::LowShelf,
            "high shelf" => Shape::HighShelf,
            "low pass" => Shape::LowPass,
            "high pass" => Shape::HighPass,
            "notch" => Shape::Notch,
            _ => Shape::Bell,
        };
        Some(Band { shape, hz, gain_db: value("gain", 0.0), q: value("q", 1.0) })
    });
    // Faders say in their names where they are: `gain 125`, `gain 2k`.
    let named = face.spec.params.iter().filter_map(|param| {
        let name = param.name();
        let word = name.strip_prefix("gain ").filter(|_| face.find(&["band 1"]).is_none())?;
        let (number, factor) = word.strip_suffix('k').map_or((word, 1.0), |number| (number, 1_000.0));
        let hz = number.parse::<f32>().ok()? * factor;
        Some(Band { shape: Shape::Bell, hz, gain_db: face.module.value(param), q: std::f32::consts::SQRT_2 })
    });
    numbered.chain(named).collect()
}

pub(super) fn draw(painter: &mut Painter<'_>, face: &FaceView<'_>) {
    let rect = face.inside();
    draw_grid(painter, rect);
    let middle = rect.center().y;
    painter.shapes.line(rect.min.with_y(middle), rect.max.with_y(middle), 1.0, painter.theme.face_grid);
    draw_bars(painter, face, rect);
    let bands = bands(face);
    let db = |hz: f32| bands.iter().map(|band| band.db(hz)).sum::<f32>();
    let height = |db: f32| (0.5 - 0.5 * db / REACH_DB).clamp(0.0, 1.0);
    painter.shapes.plot(rect, (0..=POINTS).map(|i| height(db(hz_of_place(i as f32 / POINTS as f32)))), curve(face.ink, middle));
    for band in bands.iter().filter(|band| band.works()) {
        let place = place_of_hz(band.hz);
        if (0.0..=1.0).contains(&place) {
            let at = Vec2::new(rect.min.x + rect.width() * place, rect.min.y + rect.height() * height(db(band.hz)));
            painter.shapes.circle(at, 2.6, Look::fill(painter.theme.playhead));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Band, Shape};

    fn band(shape: Shape, gain_db: f32) -> Band {
        Band { shape, hz: 1_000.0, gain_db, q: 0.71 }
    }

    #[test]
    fn bands_do_what_their_names_say() {
        let bell = band(Shape::Bell, 6.0);
        assert!((bell.db(1_000.0) - 6.0).abs() < 1e-3 && bell.db(20.0).abs() < 0.1 && bell.db(18_000.0).abs() < 0.2);
        let low = band(Shape::LowShelf, -9.0);
        assert!((low.db(10.0) + 9.0).abs() < 0.05 && low.db(20_000.0).abs() < 0.05 && (low.db(1_000.0) + 4.5).abs() < 0.1);
        let high = band(Shape::HighShelf, 12.0);
        assert!(high.db(10.0).abs() < 0.05 && (high.db(100_000.0) - 12.0).abs() < 0.05);
        assert!((band(Shape::LowPass, 0.0).db(1_000.0) + 3.0).abs() < 0.05 && (band(Shape::LowPass, 0.0).db(8_000.0) + 36.1).abs() < 0.3);
        assert!((band(Shape::HighPass, 0.0).db(125.0) + 36.1).abs() < 0.3);
        assert!(band(Shape::Notch, 0.0).db(1_000.0) < -60.0);
        let tilt = band(Shape::Tilt, 12.0);
        assert!((tilt.db(1.0) + 6.0).abs() < 0.1 && (tilt.db(1e6) - 6.0).abs() < 0.1);
    }
}
