//! The ladder's response against its formula, and its own tone.

use super::{SPEC, build};
use patchlight_engine::{Solo, SoloConfig};
use patchlight_testkit::{cents_between, frequency_hz, magnitude_response_db, rms_db};

/// The impulse response, small enough that tanh is a straight line.
fn response(params: &[(&'static str, f32)], at_hz: &[f64]) -> Vec<f64> {
    let mut params = params.to_vec();
    params.push(("bass", 0.0));
    let mut solo = Solo::new(&SPEC, build, &SoloConfig { params, ..SoloConfig::default() }, &["in"]);
    let mut impulse = vec![0.0; 32_768];
    impulse[0] = 0.001;
    solo.drive("in", vec![impulse]);
    let rendered = solo.run(32_768, 64);
    at_hz.iter().map(|hz| magnitude_response_db(rendered.mono(0), 48_000.0, *hz) + 60.0).collect()
}

#[test]
fn the_small_signal_response_is_four_poles_in_a_loop() {
    let warp = |hz: f64| (std::f64::consts::PI * hz / 48_000.0).tan();
    for resonance in [0.0_f32, 0.5] {
        let k = 4.2 * f64::from(resonance);
        let hz = [50.0, 200.0, 600.0, 1000.0, 1500.0, 4000.0];
        let found = response(&[("cutoff_hz", 1000.0), ("resonance", resonance)], &hz);
        for (hz, found) in hz.iter().zip(found) {
            let w = warp(*hz) / warp(1000.0);
            // |1/((1 + jw)⁴ + k)|
            let (re, im) = (1.0 - 6.0 * w.powi(2) + w.powi(4) + k, 4.0 * w - 4.0 * w.powi(3));
            let expected = -10.0 * (re * re + im * im).log10();
            assert!((found - expected).abs() < 0.2, "{hz} Hz at {resonance}: {found} for {expected}");
        }
    }
}

#[test]
fn taps_fall_by_six_decibels_an_octave_each() {
    for poles in 0..4 {
        let found = response(&[("cutoff_hz", 100.0), ("resonance", 0.0), ("poles", poles as f32)], &[1600.0, 3200.0]);
        let expected = -6.02 * f64::from(poles + 1);
        assert!((found[1] - found[0] - expected).abs() < 1.0, "{poles}: {found:?}");
    }
}

#[test]
fn it_sings_in_tune_with_its_cutoff() {
    for cutoff in [110.0_f32, 440.0, 1760.0, 5000.0] {
        let config = SoloConfig { params: vec![("cutoff_hz", cutoff), ("resonance", 1.0)], ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &["in"]);
        let mut click = vec![0.0; 64];
        click[0] = 0.5;
        solo.drive("in", vec![click]);
        let rendered = solo.run(96_000, 64);
        let tail = &rendered.mono(0)[48_000..];
        assert!(rms_db(tail) > -30.0, "{cutoff} Hz: {}", rms_db(tail));
        let sung = frequency_hz(tail, 48_000.0, f64::from(cutoff));
        let cents = cents_between(f64::from(cutoff), sung);
        assert!(cents.abs() < 5.0, "{cutoff} Hz sings at {sung}, {cents} cents");
    }
}
