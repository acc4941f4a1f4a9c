//! Filters: corner, slope, response, the pitch at which they sing, and whether they stand being shaken.

use crate::{Bar, Figure, Subject, worst};
use patchlight_testkit::{cents_between, db, frequency_hz, magnitude_response_db, noise, rms};
use std::f64::consts::PI;

const RATE_HZ: f64 = 48_000.0;
const FRAMES: usize = 32_768;
/// Small, so that what saturates is a straight line.
const IMPULSE: f32 = 0.001;

/// The impulse response, scaled back.
fn impulse_response(subject: &Subject) -> Vec<f32> {
    let rendered = subject.render(RATE_HZ as f32, &[("in", vec![IMPULSE])], FRAMES);
    rendered.mono(0).iter().map(|x| x / IMPULSE).collect()
}

/// By how many per cent the frequency at which the response is 3.01 dB under that of `passband_hz` is off `cutoff_hz`.
#[must_use]
pub fn corner_percent(subject: &Subject, cutoff_hz: f64, passband_hz: f64) -> f64 {
    let answer = impulse_response(&subject.with(&[("cutoff_hz", cutoff_hz as f32)]));
    let at = |hz: f64| magnitude_response_db(&answer, RATE_HZ, hz);
    let passes = at(passband_hz);
    let (mut inside, mut outside) = (passband_hz, if passband_hz < cutoff_hz { cutoff_hz * 4.0 } else { cutoff_hz / 4.0 });
    for _ in 0..50 {
        let middle = (inside * outside).sqrt();
        if at(middle) > passes - 10.0 * 2_f64.log10() { inside = middle } else { outside = middle }
    }
    100.0 * (inside / cutoff_hz - 1.0)
}

/// By how many dB an octave the slope from 8 to 16 times a cutoff of 100 Hz is off `db_per_octave`.
#[must_use]
pub fn slope_db(subject: &Subject, db_per_octave: f64) -> f64 {
    let answer = impulse_response(&subject.with(&[("cutoff_hz", 100.0)]));
    let at = |hz: f64| magnitude_response_db(&answer, RATE_HZ, hz);
    at(800.0) - at(1_600.0) - db_per_octave
}

/// A response by the frequency in units of the cutoff, both warped as the bilinear transform does: squared magnitude.
pub type Formula = fn(f64) -> f64;

/// The most by which the response leaves its formula, in dB, at a cutoff of 1 kHz from 50 Hz to 8 kHz.
#[must_use]
pub fn response_db(subject: &Subject, formula: Formula) -> f64 {
    let answer = impulse_response(&subject.with(&[("cutoff_hz", 1_000.0)]));
    let warp = |hz: f64| (PI * hz / RATE_HZ).tan();
    let off = |hz: f64| magnitude_response_db(&answer, RATE_HZ, hz) - 10.0 * formula(warp(hz) / warp(1_000.0)).log10();
    worst([50.0, 200.0, 500.0, 900.0, 1_200.0, 2_000.0, 4_000.0, 8_000.0].map(off))
}

/// Cents by which it sings beside its cutoff, the worst of three; 999 where it falls silent.
#[must_use]
pub fn singing_cents(subject: &Subject) -> f64 {
    let sung = |cutoff: f64| {
        let subject = subject.with(&[("cutoff_hz", cutoff as f32), ("resonance", 1.0), ("peak", 1.0)]);
        let rendered = subject.render(RATE_HZ as f32, &[("in", vec![0.5])], 144_000);
        let tail = &rendered.mono(0)[96_000..];
        if rms(tail) > 1e-5 { cents_between(cutoff, frequency_hz(tail, RATE_HZ, cutoff)) } else { 999.0 }
    };
    worst([110.0, 880.0, 3_000.0].map(sung))
}

/// The peak in dB under noise at full scale into the input, the cutoff (an octave up and down from 8 kHz) and the resonance at once; 999 where it is no
/// number.
#[must_use]
pub fn shaken_peak_db(subject: &Subject) -> f64 {
    let mut ends = vec!["in"];
    ends.extend(["cutoff_hz", "resonance", "peak", "frequency_hz", "feedback"].into_iter().filter(|id| subject.spec.param(id).is_some()));
    let signals: Vec<(&'static str, Vec<f32>)> =
        ends.into_iter().enumerate().map(|(seed, id)| (id, noise(seed as u64 + 3, 96_000))).collect();
    let subject = subject.with(&[("cutoff_hz", 8_000.0), ("resonance", 0.5), ("peak", 0.5)]);
    let rendered = subject.render(RATE_HZ as f32, &signals, 96_000);
    let samples = rendered.outputs.iter().flat_map(|lanes| &lanes[0]);
    let peak = samples.fold(0.0_f64, |peak, x| if x.is_finite() { peak.max(f64::from(x.abs())) } else { f64::INFINITY });
    if peak.is_finite() { db(peak) } else { 999.0 }
}

/// A second-order section of damping √2.
fn two_poles(w: f64) -> f64 {
    (1.0 - w * w).powi(2) + 2.0 * w * w
}

/// Four poles at one place, in no loop.
fn ladder(w: f64) -> f64 {
    (1.0 + w * w).powi(-4)
}

pub(crate) fn figures() -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut push = |module: &'static str, what: String, value: f64, unit: &'static str, bar: Bar| {
        figures.push(Figure { module, what, value, unit, bar })
    };
    let svf = |mode: f32, slope: f32| Subject::of("filter.svf").with(&[("resonance", 0.0), ("mode", mode), ("slope", slope)]);
    let pole = |mode: f32| Subject::of("filter.one_pole").with(&[("mode", mode)]);
    for cutoff in [200.0, 1_000.0, 5_000.0] {
        for (name, mode, slope, passband) in
            [("low 12 dB", 0.0, 0.0, 20.0), ("low 24 dB", 0.0, 1.0, 20.0), ("high 12 dB", 1.0, 0.0, 22_000.0)]
        {
            let what = format!("−3 dB at {cutoff} Hz, {name}");
            push("filter.svf", what, corner_percent(&svf(mode, slope), cutoff, passband), "%", Bar::Within(1.0));
        }
        push("filter.one_pole", format!("−3 dB at {cutoff} Hz, low"), corner_percent(&pole(0.0), cutoff, 10.0), "%", Bar::Within(1.0));
    }
    let plain = [("resonance", 0.0), ("peak", 0.0), ("high_peak", 0.0), ("drive_db", 0.0), ("bass", 0.0), ("high_pass_hz", 20.0)];
    let slopes = [
        ("filter.svf", "12 dB", svf(0.0, 0.0), 12.04),
        ("filter.svf", "24 dB", svf(0.0, 1.0), 24.08),
        ("filter.one_pole", "6 dB", pole(0.0), 6.02),
        ("filter.ladder", "24 dB", Subject::of("filter.ladder").with(&plain), 24.08),
        ("filter.sallen_key", "12 dB", Subject::of("filter.sallen_key").with(&plain), 12.04),
    ];
    for (module, name, subject, steep) in slopes {
        push(module, format!("slope of {name} an octave"), slope_db(&subject, steep), "dB/oct", Bar::Within(1.0));
    }
    let formulas: [(&'static str, &str, Subject, Formula); 6] = [
        ("filter.svf", "low", svf(0.0, 0.0), |w| 1.0 / two_poles(w)),
        ("filter.svf", "high", svf(1.0, 0.0), |w| w.powi(4) / two_poles(w)),
        ("filter.svf", "band", svf(2.0, 0.0), |w| 2.0 * w * w / two_poles(w)),
        ("filter.svf", "notch", svf(3.0, 0.0), |w| (1.0 - w * w).powi(2) / two_poles(w)),
        ("filter.one_pole", "low", pole(0.0), |w| 1.0 / (1.0 + w * w)),
        ("filter.ladder", "four poles", Subject::of("filter.ladder").with(&plain), ladder),
    ];
    for (module, name, subject, formula) in formulas {
        push(module, format!("response against its formula, {name}"), response_db(&subject, formula), "dB", Bar::Within(0.5));
    }
    for module in ["filter.ladder", "filter.sallen_key", "filter.diode", "filter.ms20"] {
        push(module, "sings at its cutoff, 110 Hz to 3 kHz".to_owned(), singing_cents(&Subject::of(module)), "cents", Bar::Within(5.0));
    }
    for module in [
        "filter.svf",
        "filter.ladder",
        "filter.sallen_key",
        "filter.diode",
        "filter.ms20",
        "filter.one_pole",
        "filter.comb",
        "filter.allpass",
    ] {
        let what = "peak under noise into input, cutoff and resonance".to_owned();
        push(module, what, shaken_peak_db(&Subject::of(module)), "dB", Bar::Under(36.0));
    }
    figures
}
