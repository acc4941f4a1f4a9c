//! The magnitude response of a filter over the spectrum that leaves it.
//!
//! Analogue prototypes, w = f / cutoff. A state-variable stage with damping k mixes low 1/D, band jkw/D and high −w²/D over
//! D = 1 − w² + jkw; at 12 dB k is √2·(1 − resonance), at 24 dB the two stages have 2·cos(π/8) and 2·cos(3π/8)·(1 − resonance), as
//! Butterworth's of the fourth order. The four-pole ladder with feedback r = 4.2·resonance is 1 / ((1 + jw)⁴ + r) (Stilson and Smith,
//! 1996), here without its saturation and so kept a little below r = 4. One pole is 1/(1 + jw), or jw/(1 + jw). Sallen and Key's damping is
//! 2 − 2.1·resonance, twice in the MS-20. The diode ladder is 1/(s⁴ + 7s³ + 15s² + 10s + 1 + r), s = jw·√(10/7), r up to 18.39.

use super::spectrum::{COLUMNS, hz_of_place, place_of_hz};
use super::{FaceView, curve};
use crate::paint::{Look, Painter};
use bevy::math::{Rect, Vec2};
use std::f32::consts::{PI, SQRT_2};

const CEILING_DB: f32 = 18.0;
const FLOOR_DB: f32 = -42.0;
/// Bars of the spectrum behind the curve.
const BARS: usize = 40;
/// So that a response stays finite.
const DAMPING_MIN: f32 = 0.03;
const FEEDBACK_MAX: f32 = 3.9;
const POINTS: usize = 180;

/// A complex number.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Complex(f32, f32);

impl Complex {
    fn times(self, other: Self) -> Self {
        Self(self.0 * other.0 - self.1 * other.1, self.0 * other.1 + self.1 * other.0)
    }

    fn magnitude(self) -> f32 {
        self.0.hypot(self.1)
    }
}

/// What a filter lets through.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Response {
    cutoff_hz: f32,
    resonance: f32,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// Shares of low, band and high, and whether there are two stages.
    StateVariable {
        weights: [f32; 3],
        steep: bool,
    },
    /// The output after 1 to 4 poles.
    Ladder {
        poles: i32,
    },
    /// Two poles whose damping is 2 less the feedback.
    SallenKey {
        weights: [f32; 3],
    },
    Diode,
    /// A high-pass before a low-pass.
    Ms20 {
        high_hz: f32,
        high_peak: f32,
    },
    /// One pole, of which the lows or the highs are heard.
    OnePole {
        high: bool,
    },
}

impl Response {
    fn gain(&self, frequency_hz: f32) -> f32 {
        let w = frequency_hz / self.cutoff_hz.max(1.0);
        let open = 1.0 - self.resonance;
        match self.kind {
            Kind::Ladder { poles } => ladder_gain(w, self.resonance, poles),
            Kind::OnePole { high } => (if high { w } else { 1.0 }) / Complex(1.0, w).magnitude(),
            Kind::SallenKey { weights } => sallen_key_gain(w, self.resonance, weights),
            Kind::Ms20 { high_hz, high_peak } => {
                let high = sallen_key_gain(frequency_hz / high_hz.max(1.0), high_peak, [0.0, 0.0, 1.0]);
                high * sallen_key_gain(w, self.resonance, [1.0, 0.0, 0.0])
            }
            Kind::Diode => diode_gain(w, self.resonance),
            Kind::StateVariable { weights, steep: false } => stage_gain(w, SQRT_2 * open, weights),
            Kind::StateVariable { weights, steep: true } => {
                let (first, second) = (2.0 * (PI / 8.0).cos(), 2.0 * (3.0 * PI / 8.0).cos());
                stage_gain(w, first, weights) * stage_gain(w, second * open, weights)
            }
        }
    }
}

fn stage_gain(w: f32, damping: f32, [low, band, high]: [f32; 3]) -> f32 {
    let k = damping.max(DAMPING_MIN);
    Complex(low - high * w * w, band * k * w).magnitude() / Complex(1.0 - w * w, k * w).magnitude()
}

/// The band is jw/D there, not scaled to 1.
fn sallen_key_gain(w: f32, resonance: f32, [low, band, high]: [f32; 3]) -> f32 {
    let damping = (2.0 - 2.1 * resonance).max(DAMPING_MIN);
    stage_gain(w, damping, [low, band / damping, high])
}

fn diode_gain(w: f32, resonance: f32) -> f32 {
    let w = w * (10.0_f32 / 7.0).sqrt();
    let feedback = (19.1 * resonance).min(18.0);
    let (real, imaginary) = (w.powi(4) - 15.0 * w * w + 1.0 + feedback, 10.0 * w - 7.0 * w.powi(3));
    // Half of the bass that feedback takes away is given back, as the knob stands.
    (1.0 + 0.125 * feedback) / Complex(real, imaginary).magnitude()
}

fn ladder_gain(w: f32, resonance: f32, poles: i32) -> f32 {
    let pole = Complex(1.0, w);
    let squared = pole.times(pole);
    let fourth = squared.times(squared);
    let feedback = (4.2 * resonance).min(FEEDBACK_MAX);
    // An output after fewer poles is the same loop, tapped earlier.
    let tapped = pole.magnitude().powi(4 - poles.clamp(1, 4));
    tapped / Complex(fourth.0 + feedback, fourth.1).magnitude()
}

/// Shares of low, band and high by the name of a mode; `morph` goes from low through band to high.
fn weights_of(mode: &str, morph: f32) -> [f32; 3] {
    match mode {
        "high" => [0.0, 0.0, 1.0],
        "band" => [0.0, 1.0, 0.0],
        "notch" => [1.0, 0.0, 1.0],
        "peak" => [1.0, 0.0, -1.0],
        "morph" => [(1.0 - 2.0 * morph).max(0.0), 1.0 - (2.0 * morph - 1.0).abs(), (2.0 * morph - 1.0).max(0.0)],
        _ => [1.0, 0.0, 0.0],
    }
}

pub(super) fn draw(painter: &mut Painter<'_>, face: &FaceView<'_>) {
    let rect = face.inside();
    draw_grid(painter, rect);
    draw_bars(painter, face, rect);
    let response = response_of(face);
    let height = |gain: f32| ((CEILING_DB - 20.0 * gain.max(1e-6).log10()) / (CEILING_DB - FLOOR_DB)).clamp(0.0, 1.0);
    let points = (0..=POINTS).map(|i| height(response.gain(hz_of_place(i as f32 / POINTS as f32))));
    painter.shapes.plot(rect, points, curve(face.ink, rect.max.y));
    let place = place_of_hz(response.cutoff_hz);
    if (0.0..=1.0).contains(&place) {
        let at = Vec2::new(rect.min.x + rect.width() * place, rect.min.y + rect.height() * height(response.gain(response.cutoff_hz)));
        painter.shapes.line(at, at.with_y(rect.max.y), 1.0, face.ink.alpha(0.3));
        painter.shapes.circle(at, 3.0, Look::fill(painter.theme.playhead));
    }
}

/// Lines at 100 Hz, 1 kHz and 10 kHz.
pub(super) fn draw_grid(painter: &mut Painter<'_>, rect: Rect) {
    for hz in [100.0, 1_000.0, 10_000.0] {
        let x = rect.min.x + rect.width() * place_of_hz(hz);
        painter.shapes.line(Vec2::new(x, rect.min.y), Vec2::new(x, rect.max.y), 1.0, painter.theme.face_grid);
    }
}

/// The spectrum that leaves the module.
pub(super) fn draw_bars(painter: &mut Painter<'_>, face: &FaceView<'_>, rect: Rect) {
    let spectrum = &face.memory.spectrum_db;
    let pitch = rect.width() / BARS as f32;
    for (bar, columns) in spectrum.chunks(COLUMNS / BARS).enumerate() {
        let db = columns.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let height = rect.height() * 0.8 * ((db + 84.0) / 84.0).clamp(0.0, 1.0);
        if height > 0.5 {
            let left = rect.min.x + pitch * bar as f32 + 1.0;
            let bar = Rect::new(left, rect.max.y - height, left + pitch * 0.62, rect.max.y);
            painter.shapes.smooth_rect(bar, Look::fill(painter.theme.audio.alpha(0.3)));
        }
    }
}

/// Cells of filters: the cutoff in Hz and the resonance, as modulated.
const CUTOFF: usize = 0;
const RESONANCE: usize = 1;

/// The response as the filter runs, or, while it does not, as its knobs stand.
fn response_of(face: &FaceView<'_>) -> Response {
    let live_hz = Some(face.cell(CUTOFF)).filter(|hz| *hz >= 1.0);
    let set = (face.value(&["cutoff", "frequency"], 1_000.0), face.value(&["resonance", "peak"], 0.0));
    let (cutoff_hz, resonance) = live_hz.map_or(set, |hz| (hz, face.cell(RESONANCE)));
    let kind = if face.spec.id.ends_with("ladder") {
        Kind::Ladder { poles: face.value(&["poles"], 3.0) as i32 + 1 }
    } else if face.spec.id.ends_with("diode") {
        Kind::Diode
    } else if face.spec.id.ends_with("ms20") {
        Kind::Ms20 { high_hz: face.value(&["high pass"], 40.0), high_peak: face.value(&["high peak"], 0.0) }
    } else if face.spec.id.ends_with("sallen_key") {
        Kind::SallenKey { weights: weights_of(face.label(&["mode"]), 0.0) }
    } else if face.spec.id.ends_with("one_pole") {
        Kind::OnePole { high: face.label(&["mode"]) == "high" }
    } else {
        let steep = face.label(&["slope"]).starts_with("24");
        Kind::StateVariable { weights: weights_of(face.label(&["mode"]), face.value(&["morph"], 0.0)), steep }
    };
    Response { cutoff_hz, resonance: resonance.clamp(0.0, 1.0), kind }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Response, weights_of};

    fn db(gain: f32) -> f32 {
        20.0 * gain.log10()
    }

    fn svf(mode: &str, resonance: f32, steep: bool) -> Response {
        Response { cutoff_hz: 1_000.0, resonance, kind: Kind::StateVariable { weights: weights_of(mode, 0.0), steep } }
    }

    fn ladder(resonance: f32, poles: i32) -> Response {
        Response { cutoff_hz: 1_000.0, resonance, kind: Kind::Ladder { poles } }
    }

    #[test]
    fn state_variable_curves_are_those_of_the_formulae() {
        for (steep, slope_db) in [(false, 12.0), (true, 24.0)] {
            let low = svf("low", 0.0, steep);
            assert!((db(low.gain(1_000.0)) + 3.01).abs() < 0.05, "Butterworth: −3 dB at the cutoff");
            assert!((db(low.gain(16_000.0) / low.gain(8_000.0)) + slope_db).abs() < 0.3);
            let high = svf("high", 0.0, steep);
            assert!((db(high.gain(62.5) / high.gain(125.0)) + slope_db).abs() < 0.3);
        }
        assert!(db(svf("notch", 0.2, false).gain(1_000.0)) < -100.0);
        assert!(db(svf("band", 0.2, false).gain(1_000.0)).abs() < 0.01);
        assert!(db(svf("peak", 0.9, false).gain(1_000.0)) > 20.0);
    }

    #[test]
    fn one_pole_falls_by_six_decibels_an_octave_on_either_side() {
        let pole = |high: bool| Response { cutoff_hz: 1_000.0, resonance: 0.0, kind: Kind::OnePole { high } };
        assert!((db(pole(false).gain(1_000.0)) + 3.01).abs() < 0.01 && (db(pole(true).gain(1_000.0)) + 3.01).abs() < 0.01);
        assert!((db(pole(false).gain(64_000.0) / pole(false).gain(32_000.0)) + 6.02).abs() < 0.05);
        assert!((db(pole(true).gain(15.0) / pole(true).gain(30.0)) + 6.02).abs() < 0.05);
    }

    #[test]
    fn the_others_stand_where_their_formulae_say() {
        let of = |kind: Kind, resonance: f32| Response { cutoff_hz: 1_000.0, resonance, kind };
        let low = of(Kind::SallenKey { weights: weights_of("low", 0.0) }, 0.5);
        assert!((low.gain(1_000.0) - 1.0 / 0.95).abs() < 1e-3, "1 over the damping");
        let diode = of(Kind::Diode, 0.0);
        assert!((db(diode.gain(1_000.0)) + 20.0 * 18.39_f32.log10()).abs() < 0.01);
        let both = of(Kind::Ms20 { high_hz: 1_000.0, high_peak: 0.0 }, 0.0);
        assert!((db(both.gain(1_000.0)) + 12.04).abs() < 0.05, "two poles of −3 dB from each side");
    }

    #[test]
    fn the_ladder_falls_by_its_poles_and_sings() {
        assert!((db(ladder(0.0, 4).gain(1_000.0)) + 12.04).abs() < 0.05, "four poles of −3 dB");
        for poles in 1..=4 {
            let ladder = ladder(0.0, poles);
            assert!((db(ladder.gain(64_000.0) / ladder.gain(32_000.0)) + 6.02 * poles as f32).abs() < 0.3, "{poles} poles");
        }
        assert!(db(ladder(0.93, 4).gain(1_000.0)) > 20.0);
    }
}
