//! The filter's response against its formula, and its patience with modulation.

use super::{SPEC, build};
use patchlight_engine::{Solo, SoloConfig};
use patchlight_testkit::{magnitude_response_db, peak};

fn response(params: &[(&'static str, f32)], at_hz: &[f64]) -> Vec<f64> {
    let config = SoloConfig { params: params.to_vec(), ..SoloConfig::default() };
    let mut solo = Solo::new(&SPEC, build, &config, &["in"]);
    let mut impulse = vec![0.0; 32_768];
    impulse[0] = 1.0;
    solo.drive("in", vec![impulse]);
    let rendered = solo.run(32_768, 64);
    at_hz.iter().map(|hz| magnitude_response_db(rendered.mono(0), 48_000.0, *hz)).collect()
}

#[test]
fn without_resonance_the_cutoff_is_the_minus_three_db_point_of_both_slopes() {
    for cutoff in [100.0_f32, 1000.0, 8000.0] {
        for slope in [0.0, 1.0] {
            let params = [("cutoff_hz", cutoff), ("resonance", 0.0), ("slope", slope)];
            let c = f64::from(cutoff);
            let found = response(&params, &[c * 0.99, c * 1.01, c * 0.05]);
            assert!(found[0] > -3.0103 && found[1] < -3.0103, "{cutoff} Hz, slope {slope}: {found:?}");
            assert!(found[2].abs() < 0.05);
        }
    }
}

#[test]
fn slopes_are_twelve_and_twenty_four_decibels_an_octave() {
    for (slope, expected) in [(0.0, -12.04), (1.0, -24.08)] {
        let found = response(&[("cutoff_hz", 200.0), ("resonance", 0.0), ("slope", slope)], &[1000.0, 2000.0]);
        assert!((found[1] - found[0] - expected).abs() < 0.5, "{found:?}");
        let found = response(&[("cutoff_hz", 8000.0), ("resonance", 0.0), ("mode", 1.0), ("slope", slope)], &[500.0, 1000.0]);
        assert!((found[1] - found[0] + expected).abs() < 0.5, "{found:?}");
    }
}

#[test]
fn the_response_is_the_bilinear_transform_of_the_analog_one() {
    let (cutoff, resonance) = (1000.0_f64, 0.7);
    let k = std::f64::consts::SQRT_2 * (1.0 - resonance);
    let warp = |hz: f64| (std::f64::consts::PI * hz / 48_000.0).tan();
    let hz = [100.0, 500.0, 900.0, 1000.0, 1200.0, 3000.0, 9000.0];
    let found = response(&[("cutoff_hz", 1000.0), ("resonance", 0.7)], &hz);
    for (hz, found) in hz.iter().zip(found) {
        let w = warp(*hz) / warp(cutoff);
        let expected = -10.0 * ((1.0 - w * w).powi(2) + (k * w).powi(2)).log10();
        assert!((found - expected).abs() < 0.1, "{hz} Hz: {found} for {expected}");
    }
}

#[test]
fn wild_modulation_at_audio_rate_stays_bounded() {
    let config = SoloConfig { params: vec![("resonance", 0.95)], ..SoloConfig::default() };
    let mut solo = Solo::new(&SPEC, build, &config, &["in", "cutoff_hz", "resonance"]);
    let noise = |seed: u32| {
        (0..48_000_u32).map(|n| ((n.wrapping_mul(2_654_435_761).wrapping_add(seed)) >> 8) as f32 / 8_388_608.0 - 1.0).collect::<Vec<_>>()
    };
    solo.drive("in", vec![noise(1)]);
    solo.drive("cutoff_hz", vec![noise(77).iter().map(|x| x * 4.0).collect()]);
    solo.drive("resonance", vec![noise(5)]);
    let rendered = solo.run(48_000, 64);
    assert!(!solo.is_faulty() && peak(rendered.mono(0)) < 40.0);
}

#[test]
fn what_is_loud_is_held_and_comes_out_the_same_however_blocks_are_cut() {
    // Bursts that drive the ring far beyond its limit, and quiet between them, so that calls of both kinds take turns.
    let input: Vec<f32> = (0..9_600).map(|n| if n / 1_200 % 2 == 1 { 80.0 } else { 0.1 } * (n as f32 * 0.13).sin()).collect();
    let sweep: Vec<f32> = (0..9_600).map(|n| (n as f32 * 0.001).sin()).collect();
    for mode in [0.0, 2.0] {
        for moves in [false, true] {
            let play = |block: usize| {
                let config = SoloConfig { params: vec![("resonance", 1.0), ("mode", mode)], voices: 20, ..SoloConfig::default() };
                let mut solo = Solo::new(&SPEC, build, &config, if moves { &["in", "fm"] } else { &["in"] });
                let lanes = |lane: usize| input.iter().map(|x| x / (1 + lane) as f32).collect();
                solo.drive("in", (0..20).map(lanes).collect());
                if moves {
                    solo.drive("fm", vec![sweep.clone(); 20]);
                }
                solo.run(input.len(), block).outputs.remove(0)
            };
            let whole = play(64);
            assert_eq!(whole, play(7), "mode {mode}, moving {moves}");
            let loudest = peak(&whole[0]);
            // At least damping the band is two hundredths of its integrator.
            let limits = if mode == 0.0 { 10.0..200.0 } else { 0.05..1.0 };
            assert!(limits.contains(&loudest), "mode {mode}, moving {moves}: {loudest}");
        }
    }
}
