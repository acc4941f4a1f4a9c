//! What the analogue oscillator must sound like, by ear of numbers.

use super::oscillator::LEVEL;
use super::{SPEC, build};
use patchlight_core::octaves_from_hz;
use patchlight_engine::{Solo, SoloConfig};
use patchlight_testkit::{Spectrum, alias_db, cents_between, db, frequency_hz, largest_step, rms, tone};

const RATE_HZ: f64 = 48_000.0;
const WINDOW: usize = 65_536;
const LEAD_IN: usize = 512;
const SHAPES: [&str; 4] = ["sine", "triangle", "saw", "square"];

/// The frequency nearest `hz` that lies on a bin of the window, an odd one.
fn on_bin(hz: f64) -> f64 {
    RATE_HZ / WINDOW as f64 * ((hz * WINDOW as f64 / RATE_HZ) as usize | 1) as f64
}

fn config(params: &[(&'static str, f32)]) -> SoloConfig {
    SoloConfig { params: params.to_vec(), ..SoloConfig::default() }
}

/// A window of a steady note, after its beginning.
fn note(hz: f64, params: &[(&'static str, f32)], sync: Option<Vec<f32>>) -> Vec<f32> {
    let mut solo = Solo::new(&SPEC, build, &config(params), if sync.is_some() { &["pitch", "sync"] } else { &["pitch"] });
    solo.drive("pitch", vec![vec![octaves_from_hz(hz as f32); LEAD_IN + WINDOW]]);
    if let Some(sync) = sync {
        solo.drive("sync", vec![sync]);
    }
    solo.run(LEAD_IN + WINDOW, 64).mono(0)[LEAD_IN..].to_vec()
}

#[test]
fn nothing_is_heard_that_is_not_a_harmonic() {
    for hz in [1250.0, 2000.0, 5000.0].map(on_bin) {
        for shape in [1.0, 2.0, 3.0] {
            for width in if shape == 3.0 { vec![0.5, 0.13] } else { vec![0.5] } {
                let aliases = alias_db(&note(hz, &[("shape", shape), ("pulse_width", width)], None), RATE_HZ, hz);
                println!("{} {width} at {hz:.0} Hz: {aliases:.1} dB", SHAPES[shape as usize]);
                assert!(aliases < -95.0);
            }
        }
    }
}

/// A bare ramp that rises through zero once a cycle of `hz`.
fn ramp(hz: f64) -> Vec<f32> {
    (0..LEAD_IN + WINDOW).map(|n| (2.0 * (hz * n as f64 / RATE_HZ + 0.3).fract() - 1.0) as f32).collect()
}

#[test]
fn hard_sync_is_as_clean() {
    for hz in [1250.0, 2000.0, 5000.0].map(on_bin) {
        for shape in [0.0, 1.0, 2.0, 3.0] {
            for ratio in [1.37, 2.71] {
                let samples = note(hz * ratio, &[("shape", shape)], Some(ramp(hz)));
                let aliases = alias_db(&samples, RATE_HZ, hz);
                println!("{} sync {ratio} at {hz:.0} Hz: {aliases:.1} dB", SHAPES[shape as usize]);
                assert!(aliases < -92.0);
            }
        }
    }
}

#[test]
fn one_oscillator_syncs_another() {
    let hz = on_bin(1250.0);
    for (name, output, bar) in [("out", 0, -78.0), ("phase", 1, -100.0)] {
        let mut master = Solo::new(&SPEC, build, &config(&[]), &["pitch"]);
        master.drive("pitch", vec![vec![octaves_from_hz(hz as f32); LEAD_IN + WINDOW]]);
        let sync = master.run(LEAD_IN + WINDOW, 64).mono(output).to_vec();
        let aliases = alias_db(&note(hz * 1.618, &[], Some(sync)), RATE_HZ, hz);
        println!("synced by {name}: {aliases:.1} dB");
        assert!(aliases < bar);
    }
}

#[test]
fn pitch_is_right_at_every_rate() {
    for rate_hz in [44_100.0_f32, 48_000.0, 96_000.0, 192_000.0] {
        for hz in [20.0_f32, 261.6, 1000.0, 10_000.0] {
            let mut solo = Solo::new(&SPEC, build, &SoloConfig { sample_rate_hz: rate_hz, ..config(&[("shape", 0.0)]) }, &["pitch"]);
            let frames = rate_hz as usize;
            solo.drive("pitch", vec![vec![octaves_from_hz(hz); frames]]);
            let heard = frequency_hz(&solo.run(frames, 64).mono(0)[64..], f64::from(rate_hz), f64::from(hz) * 1.001);
            let error = cents_between(f64::from(hz), heard);
            assert!(error.abs() < 0.02, "{hz} Hz at {rate_hz}: {error} cents");
        }
    }
}

#[test]
fn harmonics_have_the_levels_of_the_ideal_waveforms() {
    let hz = on_bin(1000.0);
    let level = |samples: &[f32], harmonic: usize| db(Spectrum::new(samples, RATE_HZ).at(hz * harmonic as f64));
    for (shape, ideal) in
        [(1.0_f32, 8.0 / std::f64::consts::PI.powi(2)), (2.0, 2.0 / std::f64::consts::PI), (3.0, 4.0 / std::f64::consts::PI)]
    {
        let samples = note(hz, &[("shape", shape)], None);
        for harmonic in (1..=17).filter(|h| shape == 2.0 || h % 2 == 1) {
            let power = if shape == 1.0 { 2 } else { 1 };
            let error = level(&samples, harmonic) - db(f64::from(LEVEL) * ideal / (harmonic as f64).powi(power));
            assert!(error.abs() < 0.05, "shape {shape}, harmonic {harmonic}: {error} dB");
        }
    }
}

#[test]
fn a_pulse_has_the_width_asked_for_and_no_dc() {
    let samples = note(on_bin(110.0), &[("shape", 3.0), ("pulse_width", 0.2)], None);
    let high = samples.iter().filter(|x| **x > 0.0).count() as f64 / samples.len() as f64;
    let mean = samples.iter().map(|x| f64::from(*x)).sum::<f64>() / samples.len() as f64;
    assert!((high - 0.2).abs() < 0.005, "{high}");
    assert!(mean.abs() < 1e-3, "{mean}");
}

#[test]
fn linear_fm_goes_through_zero_and_keeps_the_pitch() {
    // A sine at half the frequency, depth 1.5: the frequency turns negative, the spectrum is Bessel's and the pitch stays.
    let (carrier, modulator) = (on_bin(2000.0), on_bin(500.0));
    let mut solo = Solo::new(&SPEC, build, &config(&[("shape", 0.0), ("fm_depth", 1.5)]), &["pitch", "fm"]);
    solo.drive("pitch", vec![vec![octaves_from_hz(carrier as f32); LEAD_IN + WINDOW]]);
    let step = std::f64::consts::TAU * modulator / RATE_HZ;
    solo.drive("fm", vec![(0..LEAD_IN + WINDOW).map(|n| (step * (n as f64 + 0.5)).cos() as f32).collect()]);
    let samples = solo.run(LEAD_IN + WINDOW, 64).mono(0)[LEAD_IN..].to_vec();
    // Index: 1.5 × 2000 / 500 = 6, corrected for the sum of samples that stands for the integral.
    let index = 1.5 * carrier / RATE_HZ * std::f64::consts::PI / (step / 2.0).sin();
    for order in 0..4 {
        let expected = f64::from(LEVEL) * bessel(order, index).abs();
        let heard = tone(&samples, RATE_HZ, carrier + order as f64 * modulator).0;
        // Lower side bands that fold at 0 Hz fall on upper ones only from order 8 down, where Bessel's are small.
        assert!((heard - expected).abs() < 0.06, "order {order}: {heard} for {expected}");
    }
}

/// The Bessel function of the first kind, from its integral.
fn bessel(order: i32, x: f64) -> f64 {
    let steps = 2000;
    let angle = |i: i32| std::f64::consts::PI * (f64::from(i) + 0.5) / f64::from(steps);
    (0..steps).map(|i| (f64::from(order) * angle(i) - x * angle(i).sin()).cos()).sum::<f64>() / f64::from(steps)
}

#[test]
fn unison_keeps_its_level_and_spreads_as_far_as_detuned() {
    let one = rms(&note(220.0, &[], None));
    for count in [2.0, 7.0, 16.0] {
        let many = rms(&note(220.0, &[("unison", count), ("detune_cents", 30.0)], None));
        assert!(db(many / one).abs() < 2.0, "{count}: {} dB", db(many / one));
    }
    let samples = note(1000.0, &[("shape", 0.0), ("unison", 3.0), ("detune_cents", 50.0)], None);
    let level = |hz: f64| tone(&samples, RATE_HZ, hz).0;
    let side = 2_f64.powf(50.0 / 1200.0);
    for hz in [1000.0 / side, 1000.0, 1000.0 * side] {
        assert!((level(hz) - f64::from(LEVEL) / 3_f64.sqrt()).abs() < 0.01, "{hz}: {}", level(hz));
    }
    assert!(level(1000.0 * side.sqrt()) < 0.01);
}

#[test]
fn changing_shape_does_not_click() {
    let mut solo = Solo::new(&SPEC, build, &config(&[("pitch_semitones", -24.0), ("shape", 0.0)]), &[]);
    let mut samples = solo.run(5000, 64).mono(0).to_vec();
    solo.set("shape", 1.0, 0);
    samples.extend_from_slice(solo.run(5000, 64).mono(0));
    assert!(largest_step(&samples[16..]).1 < 0.02, "{:?}", largest_step(&samples[16..]));
}

/// Everything that can move moves, at audio rate.
fn wild(voices: usize, block: usize) -> Vec<Vec<f32>> {
    let frames = 3000;
    let driven = ["pitch", "sync", "fm", "pulse_width", "shape", "unison", "detune_cents", "start_degrees"];
    let mut solo = Solo::new(&SPEC, build, &SoloConfig { voices, ..config(&[("fm_depth", 8.0)]) }, &driven);
    for (number, id) in driven.iter().enumerate() {
        let wave = |lane: usize, n: usize| ((n * (7 + 3 * number + lane)) as f32 * 0.013).sin();
        solo.drive(id, (0..voices).map(|lane| (0..frames).map(|n| wave(lane, n)).collect()).collect());
    }
    solo.run(frames, block).outputs.swap_remove(0)
}

#[test]
fn blocks_and_neighbours_make_no_difference_and_nothing_blows_up() {
    let eight = wild(8, 64);
    assert!(eight.iter().flatten().all(|x| x.abs() < 20.0));
    assert_eq!(eight, wild(8, 1));
    assert_eq!(eight, wild(8, 7));
    assert_eq!(eight[0], wild(1, 64)[0]);
}

/// Three groups of voices (a pair and one alone), with and without what brings the loop for all: a cable at a knob that has no effect.
fn by_both_loops(params: &[(&'static str, f32)], driven: &[&'static str]) -> [Vec<Vec<f32>>; 2] {
    [None, Some("detune_cents")].map(|idle| {
        let ends: Vec<&str> = driven.iter().copied().chain(idle).collect();
        let frames = 4000;
        let mut solo = Solo::new(&SPEC, build, &SoloConfig { voices: 24, ..config(params) }, &ends);
        for (number, id) in driven.iter().enumerate() {
            let wave = |lane: usize, n: usize| 2.0 * ((n * (7 + 3 * number + lane)) as f32 * 0.013).sin();
            solo.drive(id, (0..24).map(|lane| (0..frames).map(|n| wave(lane, n)).collect()).collect());
        }
        if let Some(idle) = idle {
            solo.drive(idle, vec![vec![0.0; frames]]);
        }
        solo.run(frames, 64).outputs.into_iter().flatten().collect()
    })
}

#[test]
fn the_loop_for_one_oscillator_gives_the_samples_of_the_loop_for_all() {
    for shape in [0.0, 1.0, 2.0, 3.0] {
        for scale in [0.0, 1.0] {
            for driven in
                [vec![], vec!["pitch"], vec!["fm"], vec!["pitch", "fm", "pulse_width"], vec!["fm", "fm_depth"], vec!["fine_cents"]]
            {
                let params = [("shape", shape), ("fm_scale", scale), ("fm_depth", 1.7), ("pitch_semitones", 20.0), ("pulse_width", 0.3)];
                let [single, all] = by_both_loops(&params, &driven);
                assert!(single[0].iter().any(|x| x.abs() > 0.1));
                assert_eq!(single, all, "shape {shape}, fm scale {scale}, {driven:?}");
            }
        }
    }
}
