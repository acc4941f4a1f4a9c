//! Compressors and limiters (D. Giannoulis, M. Massberg, J. Reiss, *Digital Dynamic Range Compressor Design*, JAES 2012).

use crate::{Bar, Figure, Subject, worst};
use patchlight_testkit::{db, true_peak_db};

const RATE: usize = 48_000;

fn linear(db: f64) -> f32 {
    10_f64.powf(db / 20.0) as f32
}

/// The most by which the static curve leaves the formula with threshold −24 dB, ratio 4 and a knee of 6 dB.
#[must_use]
pub fn static_curve_db(subject: &Subject) -> f64 {
    let subject = subject.with(&[("threshold_db", -24.0), ("ratio", 4.0), ("knee_db", 6.0)]);
    let off = |key_db: f64| {
        let over = key_db + 24.0;
        let expected = match over {
            ..-3.0 => 0.0,
            3.0.. => 0.75 * over,
            _ => 0.75 * (over + 3.0).powi(2) / 12.0,
        };
        let rendered = subject.render(RATE as f32, &[("in", vec![0.5; 2 * RATE]), ("key", vec![linear(key_db); 2 * RATE])], 2 * RATE);
        -db(f64::from(rendered.mono(0)[2 * RATE - 1]) / 0.5) - expected
    };
    worst([-40.0, -27.0, -25.0, -24.0, -22.0, -18.0, -6.0, 0.0].map(off))
}

/// By how many per cent attack (10 ms) and release (200 ms) are longer than time constants of the reduction.
#[must_use]
pub fn ballistics_percent(subject: &Subject) -> [f64; 2] {
    let params = [("threshold_db", -20.0), ("ratio", 50.0), ("knee_db", 0.0), ("attack_secs", 0.01), ("release_secs", 0.2)];
    let key = (0..2 * RATE).map(|n| if n < RATE { 1.0 } else { 0.0 }).collect();
    let rendered = subject.with(&params).render(RATE as f32, &[("in", vec![1.0; 2 * RATE]), ("key", key)], 2 * RATE);
    let reduction: Vec<f64> = rendered.mono(0).iter().map(|x| -db(f64::from(*x))).collect();
    let (full, tau) = (20.0 * (1.0 - 1.0 / 50.0), (-1.0_f64).exp());
    let attack = reduction.iter().position(|r| *r >= full * (1.0 - tau)).unwrap_or(RATE);
    let release = reduction[RATE..].iter().position(|r| *r <= full * tau).unwrap_or(RATE);
    [100.0 * (attack as f64 / 480.0 - 1.0), 100.0 * (release as f64 / 9_600.0 - 1.0)]
}

/// By how many dB the true peak leaves the ceiling, for tones, bursts and clicks far above it. `master` listens to what goes to the device.
#[must_use]
pub fn over_ceiling_db(subject: &Subject, ceiling_db: f64, master: bool) -> f64 {
    let signal = |n: usize| {
        let (t, burst) = (n as f64 / RATE as f64, if (n / 6_000).is_multiple_of(2) { 4.0 } else { 0.3 });
        let tones = (std::f64::consts::TAU * 997.0 * t).sin() + 0.8 * (std::f64::consts::TAU * 11_003.0 * t + 0.7).sin();
        (burst * tones + if n.is_multiple_of(4_801) { 5.0 } else { 0.0 }) as f32
    };
    let rendered = subject.render(RATE as f32, &[("in", (0..2 * RATE).map(signal).collect())], 2 * RATE);
    let out = if master { &rendered.master[0] } else { &rendered.outputs[0][0] };
    true_peak_db(out, RATE as u32) - ceiling_db
}

pub(crate) fn figures() -> Vec<Figure> {
    let compressor = Subject::of("dyn.compressor");
    let [attack, release] = ballistics_percent(&compressor);
    let row = |module, what: &str, value, unit, bar| Figure { module, what: what.to_owned(), value, unit, bar };
    vec![
        row("dyn.compressor", "static curve", static_curve_db(&compressor), "dB", Bar::Within(0.1)),
        row("dyn.compressor", "attack", attack, "%", Bar::Within(5.0)),
        row("dyn.compressor", "release", release, "%", Bar::Within(5.0)),
        row(
            "dyn.limiter",
            "true peak over a ceiling of −3 dB",
            over_ceiling_db(&Subject::of("dyn.limiter").with(&[("ceiling_db", -3.0)]), -3.0, false),
            "dB",
            Bar::Under(0.1),
        ),
    ]
}
