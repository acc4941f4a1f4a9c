//! Envelopes and LFOs: whether they take their time.

use crate::{Bar, Figure, Subject};
use patchlight_engine::Data;

const RATE_HZ: f32 = 48_000.0;

/// A stage of an envelope.
#[derive(Clone, Copy, Debug)]
pub enum Stage {
    /// Up to the top.
    Attack,
    /// From the top to the level it holds (0 where it holds none).
    Decay,
    /// From the end of the gate to nothing.
    Release,
}

/// By how many per cent a stage of `secs` is longer than that, or, below a frame, 0.
#[must_use]
pub fn stage_percent(subject: &Subject, gate: &'static str, stage: Stage, secs: f32) -> f64 {
    let subject = subject.with(&[
        ("attack_secs", 0.05),
        ("decay_secs", 0.05),
        ("release_secs", 0.05),
        ("sustain", 0.5),
        ("hold_secs", 0.0),
        ("delay_secs", 0.0),
    ]);
    let subject = subject.with(&[(["attack_secs", "decay_secs", "release_secs"][stage as usize], secs)]);
    let wanted = secs * RATE_HZ;
    let held = match stage {
        Stage::Release => 9_600,
        _ => (0.2 * RATE_HZ + 2.0 * wanted) as usize,
    };
    let frames = held + (0.2 * RATE_HZ + 2.0 * wanted) as usize;
    let rendered = subject.render(RATE_HZ, &[(gate, vec![1.0; held])], frames);
    let out = rendered.mono(0);
    let top = out.iter().position(|level| *level >= 0.999_999).unwrap_or(frames);
    let holds = if subject.spec.param("sustain").is_some() { 0.5 } else { 0.0 };
    let took = match stage {
        Stage::Attack => top,
        Stage::Decay => out.iter().skip(top).position(|level| *level <= holds + 1e-6).unwrap_or(frames),
        Stage::Release => out.iter().skip(held).position(|level| *level <= 1e-6).unwrap_or(frames),
    };
    percent(took as f64, f64::from(wanted))
}

/// What is off by a frame is not off.
fn percent(took: f64, wanted: f64) -> f64 {
    if (took - wanted).abs() <= 1.0 { 0.0 } else { 100.0 * (took / wanted - 1.0) }
}

/// By how many per cent twenty cycles of an LFO at `hz` last longer than they should.
#[must_use]
pub fn cycle_percent(subject: &Subject, hz: f32) -> f64 {
    let frames = (21.5 / hz * RATE_HZ) as usize;
    let rendered = subject.with(&[("rate_hz", hz), ("shape", 2.0)]).render(RATE_HZ, &[], frames);
    let out = rendered.mono(0);
    let falls: Vec<usize> = (1..frames).filter(|n| out[*n] < out[n - 1] - 0.5).collect();
    if falls.len() < 21 {
        return 100.0;
    }
    percent((falls[20] - falls[0]) as f64, f64::from(20.0 * RATE_HZ / hz))
}

/// By how many per cent a slew of `secs` is longer than that for a step of 1.
#[must_use]
pub fn slew_percent(subject: &Subject, secs: f32) -> f64 {
    let wanted = secs * RATE_HZ;
    let frames = (3.0 * wanted) as usize;
    let step = (0..frames).map(|n| if n < 100 { 0.0 } else { 1.0 }).collect();
    let rendered = subject.with(&[("rise_secs", secs)]).render(RATE_HZ, &[("in", step)], frames);
    let arrived = rendered.mono(0).iter().position(|level| *level >= 0.999_99).unwrap_or(frames);
    percent(arrived as f64 - 99.0, f64::from(wanted))
}

pub(crate) fn figures() -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut push =
        |module: &'static str, what: String, value: f64| figures.push(Figure { module, what, value, unit: "%", bar: Bar::Within(1.0) });
    for (module, gate, stages) in [
        ("env.adsr", "gate", &[Stage::Attack, Stage::Decay, Stage::Release][..]),
        ("env.dahdsr", "gate", &[Stage::Attack, Stage::Decay, Stage::Release]),
        ("env.ad", "trig", &[Stage::Attack, Stage::Decay]),
    ] {
        for stage in stages {
            for secs in [0.005, 0.3] {
                let value = stage_percent(&Subject::of(module), gate, *stage, secs);
                push(module, format!("{} of {secs} s", format!("{stage:?}").to_lowercase()), value);
            }
        }
    }
    let mut curve = Subject::of("env.mseg").with(&[("time_secs", 0.4)]);
    curve.data = vec!["0,0 1,1".parse().map_or(Data::None, |curve| Data::Curve(std::sync::Arc::new(curve)))];
    let rendered = curve.render(RATE_HZ, &[("gate", vec![1.0; 24_000])], 24_000);
    let took = rendered.mono(0).iter().position(|level| *level >= 0.999_99).unwrap_or(0);
    push("env.mseg", "a curve of 0.4 s".to_owned(), percent(took as f64, 19_200.0));
    for hz in [0.5, 5.0, 40.0] {
        push("mod.lfo", format!("twenty cycles at {hz} Hz"), cycle_percent(&Subject::of("mod.lfo"), hz));
    }
    push("env.slew", "a rise of 0.2 s".to_owned(), slew_percent(&Subject::of("env.slew"), 0.2));
    figures
}
