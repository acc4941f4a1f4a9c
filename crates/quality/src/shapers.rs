//! Shapers: what folds back of what they make.

use crate::{Bar, Figure, Subject};
use patchlight_testkit::{Spectrum, alias_db, db, rms};

const FRAMES: usize = 65_536;
const SETTLED: usize = 9_600;

/// Aliases in dB of all that sounds, for a sine at full scale near 1 kHz: some shapers take the fundamental away.
#[must_use]
pub fn aliases_db(subject: &Subject) -> f64 {
    let hz = 1_365.0 * 48_000.0 / FRAMES as f64;
    let sine = (0..SETTLED + FRAMES).map(|n| (std::f64::consts::TAU * hz * n as f64 / 48_000.0).sin() as f32).collect();
    let rendered = subject.render(48_000.0, &[("in", sine)], SETTLED + FRAMES);
    let out = &rendered.mono(0)[SETTLED..];
    alias_db(out, 48_000.0, hz) + db(Spectrum::new(out, 48_000.0).at(hz)) - db(rms(out))
}

pub(crate) fn figures() -> Vec<Figure> {
    const FOUR: (&str, f32) = ("oversampling", 2.0);
    /// A kind, what of it in words, and its parameters.
    type Row = (&'static str, &'static str, &'static [(&'static str, f32)]);
    let rows: [Row; 11] = [
        ("shape.clip", "soft, 4×", &[FOUR, ("kind", 1.0), ("drive_db", 6.0)]),
        ("shape.clip", "sine, 4×", &[FOUR, ("kind", 2.0), ("drive_db", 6.0)]),
        ("shape.clip", "hard, 4×", &[FOUR, ("kind", 0.0), ("drive_db", 6.0)]),
        ("shape.fold", "sine, 4×", &[FOUR]),
        ("shape.fold", "triangle, 4×", &[FOUR, ("kind", 1.0)]),
        ("shape.saturate", "tape, 4×", &[FOUR]),
        ("shape.saturate", "tube, 4×", &[FOUR, ("kind", 1.0)]),
        ("shape.saturate", "transistor, 4×", &[FOUR, ("kind", 2.0)]),
        ("shape.waveshaper", "4×", &[FOUR]),
        ("shape.exciter", "4×", &[FOUR]),
        ("shape.rectify", "4×", &[FOUR]),
    ];
    let figure = |(module, which, params): Row| Figure {
        module,
        what: format!("aliases of 1 kHz at full scale, {which}"),
        value: aliases_db(&Subject::of(module).with(params)),
        unit: "dB",
        bar: Bar::Under(-70.0),
    };
    rows.into_iter().map(figure).collect()
}
