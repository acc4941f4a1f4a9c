//! Finite whatever happens: every parameter at its extremes, everything driven by noise, at every rate; and no allocation.

use crate::harness::{all_ends, hold_all, inputs, noise, rows, solo, take_violations};
use patchlight_core::ModuleSpec;
use patchlight_engine::{Rendered, Solo, SoloConfig};
use patchlight_modules::Entry;

const RATES_HZ: [f32; 4] = [44_100.0, 48_000.0, 96_000.0, 192_000.0];

/// 100 dB over full scale: what is louder has run away.
const CEILING: f32 = 1e5;

/// Tells what is wrong with what was rendered, if anything.
fn inspect(spec: &ModuleSpec, solo: &Solo, rendered: &Rendered, during: &str, failures: &mut Vec<String>) {
    if solo.is_faulty() {
        failures.push(format!("not-a-number or infinity, {during}"));
    } else if let Some((name, _)) = rows(spec, rendered).find(|(_, samples)| samples.iter().any(|x| x.is_nan() || x.abs() >= CEILING)) {
        failures.push(format!("{name} ran away, {during}"));
    }
    match take_violations() {
        0 => {}
        count => failures.push(format!("{count} allocations or frees while processing, {during}")),
    }
}

#[test]
fn finite_with_everything_driven_by_full_scale_noise() {
    hold_all("noise into every input and parameter gives finite samples without allocating", |entry, failures| {
        let spec = entry.spec;
        for sample_rate_hz in RATES_HZ {
            let ends = all_ends(spec);
            for (voices, channels, frames) in [(1, 2, 1024), (9, 1, 1024)] {
                let config = SoloConfig { sample_rate_hz, voices, channels, ..SoloConfig::default() };
                let mut solo = solo(entry, &config, &ends);
                for (number, end) in ends.iter().enumerate() {
                    let lanes = (0..3).map(|lane| noise((number * 3 + lane) as u64 + 1, frames)).collect();
                    solo.drive(end, lanes);
                }
                let rendered = solo.run(frames, 64);
                inspect(spec, &solo, &rendered, &format!("driven by noise at {sample_rate_hz} Hz"), failures);
            }
        }
    });
}

fn with_noise(entry: &'static Entry, config: &SoloConfig, frames: usize) -> Solo {
    let ends = inputs(entry.spec);
    let mut solo = solo(entry, config, &ends);
    for (number, end) in ends.iter().enumerate() {
        solo.drive(end, vec![noise(number as u64 + 1, frames)]);
    }
    solo
}

#[test]
fn finite_at_the_extremes_of_each_parameter() {
    hold_all("each parameter at each end gives finite samples without allocating", |entry, failures| {
        let spec = entry.spec;
        for sample_rate_hz in RATES_HZ {
            let config = SoloConfig { sample_rate_hz, ..SoloConfig::default() };
            let mut solo = with_noise(entry, &config, 128 * 3 * spec.params.len().max(1));
            for param in spec.params.iter().filter(|param| !param.structural) {
                for value in [param.min, param.max, param.default] {
                    solo.set(param.id, value, 48);
                    let rendered = solo.run(128, 64);
                    inspect(spec, &solo, &rendered, &format!("{} = {value} at {sample_rate_hz} Hz", param.id), failures);
                }
            }
        }
    });
}

#[test]
fn finite_with_all_parameters_at_the_same_end() {
    hold_all("all parameters at one end give finite samples without allocating", |entry, failures| {
        let spec = entry.spec;
        for sample_rate_hz in RATES_HZ {
            for low in [true, false] {
                let params = spec.params.iter().map(|param| (param.id, if low { param.min } else { param.max })).collect();
                let mut solo = with_noise(entry, &SoloConfig { sample_rate_hz, params, ..SoloConfig::default() }, 1024);
                let rendered = solo.run(1024, 64);
                let end = if low { "lowest" } else { "highest" };
                inspect(spec, &solo, &rendered, &format!("all parameters at their {end} at {sample_rate_hz} Hz"), failures);
                solo.reset();
                let mut face = solo.telemetry();
                face.iter_mut().for_each(|cell| *cell -= *cell);
                if face != [0.0; 16] {
                    failures.push("its face shows not-a-number".to_owned());
                }
            }
        }
    });
}
