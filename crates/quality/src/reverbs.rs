//! Reverbs: how long they ring, and how evenly.

use crate::{Bar, Figure, Subject};
use patchlight_testkit::{strongest_resonance_db, t60_secs};

const RATE: usize = 48_000;

/// The answer to an impulse, wet alone.
fn answer(subject: &Subject, params: &[(&'static str, f32)], frames: usize) -> Vec<f32> {
    let wet = subject.with(&[("mix", 1.0), ("low_cut_hz", 20.0), ("predelay_secs", 0.0)]).with(params);
    wet.render(RATE as f32, &[("in", vec![1.0])], frames).mono(0).to_vec()
}

/// By how many per cent the tail between 300 Hz and 1.5 kHz is longer than the knob says.
#[must_use]
pub fn decay_percent(subject: &Subject, decay_secs: f64) -> f64 {
    let tail = answer(subject, &[("decay_secs", decay_secs as f32), ("damping", 0.0)], (decay_secs * 40_000.0) as usize);
    100.0 * (t60_secs(&tail[4_800..], RATE as f64, 300.0, 1_500.0) / decay_secs - 1.0)
}

/// By how many dB the strongest resonance stands over its surroundings a second into the tail.
#[must_use]
pub fn resonance_db(subject: &Subject) -> f64 {
    let tail = answer(subject, &[], 2 * RATE);
    strongest_resonance_db(&tail[RATE..RATE + 32_768], RATE as f64).0
}

pub(crate) fn figures() -> Vec<Figure> {
    let mut figures = Vec::new();
    for module in ["fx.reverb_plate", "fx.reverb_room"] {
        let subject = Subject::of(module);
        for secs in [1.0, 2.5] {
            let value = decay_percent(&subject, secs);
            figures.push(Figure { module, what: format!("decay of {secs} s"), value, unit: "%", bar: Bar::Within(10.0) });
        }
        let what = "strongest resonance late in the tail".to_owned();
        figures.push(Figure { module, what, value: resonance_db(&subject), unit: "dB", bar: Bar::Under(12.0) });
    }
    figures
}
