//! The wavetable oscillator against saws and sines: aliases, pitch, position, warps, unison, and exchanges without a click.

use super::{SPEC, WAVETABLES, build, factory_wavetable};
use patchlight_core::octaves_from_hz;
use patchlight_engine::{Data, Solo, SoloConfig, Wavetable};
use patchlight_testkit::{Spectrum, alias_db, cents_between, db, frequency_hz, rms, tone};
use std::sync::Arc;

const RATE_HZ: f64 = 48_000.0;
const FRAMES: usize = 65_536;

fn table(name: &str) -> Data {
    Data::Wavetable(factory_wavetable(name).expect(name))
}

/// Saws, one cycle.
fn saw() -> Data {
    let samples: Vec<f32> = (0..2048).map(|n| 1.0 - (n as f32 + 0.5) / 1024.0).collect();
    Data::Wavetable(Arc::new(Wavetable::new(&samples, 2048).expect("a table")))
}

fn play(data: Data, hz: f64, params: &[(&'static str, f32)]) -> Vec<Vec<f32>> {
    let config = SoloConfig { params: params.to_vec(), data: vec![data], ..SoloConfig::default() };
    let mut solo = Solo::new(&SPEC, build, &config, &["pitch"]);
    solo.drive("pitch", vec![vec![octaves_from_hz(hz as f32); FRAMES + 4_800]]);
    let mut sides = solo.run(FRAMES + 4_800, 64).outputs.swap_remove(0);
    sides.iter_mut().for_each(|side| drop(side.drain(..4_800)));
    sides
}

/// Aliases in dB of all that sounds: in some tables the fundamental is missing.
fn aliases_of_all_db(sound: &[f32], hz: f64) -> f64 {
    alias_db(sound, RATE_HZ, hz) + db(Spectrum::new(sound, RATE_HZ).at(hz)) - db(rms(sound))
}

/// A note on a bin.
fn on_bin(hz: f64) -> f64 {
    (hz * FRAMES as f64 / RATE_HZ).round() * RATE_HZ / FRAMES as f64
}

#[test]
fn a_saw_of_the_table_is_a_saw_without_aliases() {
    for hz in [110.0, 1_250.0, 2_000.0, 5_000.0].map(on_bin) {
        let sound = &play(saw(), hz, &[])[0];
        let level = alias_db(sound, RATE_HZ, hz);
        println!("wavetable saw at {hz:.1} Hz: {level:.1} dB");
        assert!(level < -90.0, "{hz}: {level}");
        let fundamental = tone(sound, RATE_HZ, hz).0;
        assert!((fundamental * std::f64::consts::PI / 2.0 - 1.0).abs() < 0.01, "{fundamental}");
        // All harmonics up to 19 kHz are there.
        for harmonic in 2..=(19_000.0 / hz) as usize {
            let level = tone(sound, RATE_HZ, hz * harmonic as f64).0 * harmonic as f64 / fundamental;
            assert!((level - 1.0).abs() < 0.03, "{hz}, harmonic {harmonic}: {level}");
        }
    }
}

#[test]
fn no_table_has_aliases() {
    for name in WAVETABLES {
        for (hz, position) in [(1_250.0, 0.5), (2_000.0, 1.0)] {
            let hz = on_bin(hz);
            let sound = &play(table(name), hz, &[("position", position)])[0];
            let level = aliases_of_all_db(sound, hz);
            assert!(level < -90.0, "{name} at {hz:.0} Hz: {level:.1} dB");
        }
    }
}

#[test]
fn the_position_blends_two_cycles() {
    let cycle = |harmonic: usize| (0..2048).map(move |n| (std::f32::consts::TAU * (harmonic * n) as f32 / 2048.0).sin());
    let samples: Vec<f32> = cycle(1).chain(cycle(3)).collect();
    let data = || Data::Wavetable(Arc::new(Wavetable::new(&samples, 2048).expect("a table")));
    for (position, first, third) in [(0.0, 1.0, 0.0), (0.25, 0.75, 0.25), (1.0, 0.0, 1.0)] {
        let sound = &play(data(), 300.0, &[("position", position)])[0];
        assert!((tone(sound, RATE_HZ, 300.0).0 - first).abs() < 2e-3 && (tone(sound, RATE_HZ, 900.0).0 - third).abs() < 2e-3);
    }
}

#[test]
fn it_is_in_tune() {
    for hz in [20.0, 440.0, 10_000.0] {
        let sound = &play(table("basic shapes"), hz, &[])[0];
        let found = frequency_hz(sound, RATE_HZ, hz);
        assert!(cents_between(hz, found).abs() < 0.1, "{hz}: {found}");
    }
}

#[test]
fn warps_keep_the_pitch_and_their_aliases_low() {
    let mut missed = Vec::new();
    for warp in 1..=5 {
        for (position, amount) in [(0.0, 0.4), (0.3, 0.4), (0.66, 0.3), (0.3, 0.8)] {
            let params = [("position", position), ("warp", warp as f32), ("warp_amount", amount)];
            let plain = &play(table("basic shapes"), on_bin(1_250.0), &[("position", position)])[0];
            for hz in [1_250.0, 2_000.0, 5_000.0].map(on_bin) {
                let sound = &play(table("basic shapes"), hz, &params)[0];
                let level = aliases_of_all_db(sound, hz);
                println!("warp {warp} of {position} by {amount} at {hz:.0} Hz: {level:.1} dB");
                if level > -90.0 {
                    missed.push((warp, position, amount, hz, level));
                }
                if hz < 1_300.0 {
                    let off: Vec<f32> = sound.iter().zip(plain).map(|(a, b)| a - b).collect();
                    assert!(rms(&off) > 0.05, "warp {warp} does nothing");
                }
            }
        }
    }
    assert!(missed.is_empty(), "{missed:?}");
}

#[test]
fn sync_by_two_octaves_is_the_cycle_four_times() {
    let sound = &play(table("basic shapes"), 200.0, &[("warp", 4.0), ("warp_amount", 0.5)])[0];
    assert!((tone(sound, RATE_HZ, 800.0).0 - 1.0).abs() < 0.03 && tone(sound, RATE_HZ, 200.0).0 < 1e-3);
}

#[test]
fn unison_keeps_its_level_and_spreads() {
    let one = rms(&play(saw(), 220.0, &[])[0]);
    let wide = play(saw(), 220.0, &[("unison", 7.0), ("detune_cents", 25.0), ("width", 1.0)]);
    assert!(wide.iter().all(|side| db(rms(side) / one).abs() < 2.0));
    let side: Vec<f32> = wide[0].iter().zip(&wide[1]).map(|(left, right)| 0.5 * (left - right)).collect();
    assert!(db(rms(&side) / one) > -12.0);
    let mono = play(saw(), 220.0, &[("unison", 7.0), ("width", 0.0)]);
    assert_eq!(mono[0], mono[1]);
}

#[test]
fn another_table_or_warp_comes_in_without_a_click() {
    let params = vec![("position", 0.2)];
    let mut solo = Solo::new(&SPEC, build, &SoloConfig { data: vec![table("octaves")], params, ..SoloConfig::default() }, &["warp"]);
    let bent = (0..19_200).map(|n| if n < 9_600 { 0.0 } else { 1.0 }).collect();
    solo.drive("warp", vec![bent]);
    let mut sound = solo.run(4_800, 64).outputs.swap_remove(0).swap_remove(0);
    solo.set_data(0, table("organ"));
    sound.extend_from_slice(&solo.run(14_400, 64).outputs[0][0]);
    let bend = |sound: &[f32]| sound.windows(3).map(|w| (w[2] - 2.0 * w[1] + w[0]).abs()).fold(0.0, f32::max);
    let steady = [1_000..4_700, 6_000..9_500, 10_000..19_000].map(|part| bend(&sound[part])).into_iter().fold(0.0, f32::max);
    assert!(bend(&sound[1_000..]) < 1.2 * steady, "{} against {steady}", bend(&sound[1_000..]));
}
