//! Samples at another pitch than their own.

use crate::{Bar, Figure, Subject};
use patchlight_engine::{Data, Sample};
use patchlight_testkit::signal_to_noise_db;
use std::f64::consts::TAU;
use std::sync::Arc;

const RATE: usize = 48_000;

/// Signal to noise of a sine of `hz` that is played so many semitones higher.
#[must_use]
pub fn played_db(subject: &Subject, hz: f64, semitones: f32) -> f64 {
    let sine = (0..2 * RATE).map(|n| (0.9 * (TAU * hz * n as f64 / RATE as f64).sin()) as f32).collect();
    let mut subject = subject.with(&[("pitch_semitones", semitones)]);
    subject.data = vec![Data::Sample(Arc::new(Sample { sample_rate_hz: RATE as f32, channels: vec![sine] }))];
    let rendered = subject.render(RATE as f32, &[("trig", vec![1.0; RATE])], RATE);
    signal_to_noise_db(&rendered.mono(0)[4_800..40_000], RATE as f64, hz * f64::from(semitones / 12.0).exp2())
}

pub(crate) fn figures() -> Vec<Figure> {
    let places = [7.0, -7.0].into_iter().flat_map(|semitones| [1_000.0, 5_000.0, 10_000.0].map(|hz| (hz, semitones)));
    let figure = |(hz, semitones): (f64, f32)| Figure {
        module: "sample.player",
        what: format!("signal to noise, {hz} Hz a fifth {}", if semitones > 0.0 { "up" } else { "down" }),
        value: played_db(&Subject::of("sample.player"), hz, semitones),
        unit: "dB",
        bar: Bar::Over(90.0),
    };
    places.map(figure).collect()
}
