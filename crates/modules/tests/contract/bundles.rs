//! Modules that share a unit with others of their kind: each sounds as it does by itself, and moves without a trace.

use crate::harness::{bundle, hold_all, inputs, musical_drive, numeric_ends};
use patchlight_core::{ModuleSpec, ParamKind};
use patchlight_engine::{Solo, SoloConfig};
use patchlight_modules::Entry;

const FRAMES: usize = 64 * 24;
/// So many that kernels run four groups at once, and the last is not full.
const MODULES: usize = 27;
/// Where the module that is followed moves from and to.
const FROM: usize = 6;
const TO: usize = 3;

/// The knobs of the module in a lane: each somewhere else, choices as they come.
fn config(spec: &ModuleSpec, lane: usize) -> SoloConfig {
    let numbers = spec.params.iter().enumerate().filter(|(_, param)| param.kind == ParamKind::Number && !param.structural);
    let params = numbers.map(|(index, param)| {
        let place = ((lane * 7 + index * 5) % 13) as f32 / 12.0;
        // Between the default and the ends, where musicians are.
        let end = if place > 0.5 { param.max } else { param.min };
        (param.id, param.default + (end - param.default) * (place - 0.5).abs())
    });
    SoloConfig { params: params.collect(), seed: 1000 + lane as u64, ..SoloConfig::default() }
}

fn drive(solo: &mut Solo, spec: &ModuleSpec, ends: &[&'static str], lanes: &[usize]) {
    for end in ends {
        solo.drive(end, lanes.iter().map(|lane| musical_drive(spec, end, *lane, 2 * FRAMES)).collect());
    }
}

/// Modules in lanes, then lanes that are free.
fn playing(entry: &'static Entry, ends: &[&'static str], modules: &[usize]) -> Solo {
    let configs: Vec<SoloConfig> = modules.iter().map(|module| config(entry.spec, *module)).collect();
    let mut solo = bundle(entry, &configs, ends);
    let mut lanes = modules.to_vec();
    lanes.resize(lanes.len().next_multiple_of(8), FROM);
    drive(&mut solo, entry.spec, ends, &lanes);
    solo
}

fn all_wirings(spec: &ModuleSpec) -> [Vec<&'static str>; 3] {
    [Vec::new(), inputs(spec), numeric_ends(spec)]
}

fn first_difference(a: &[f32], b: &[f32]) -> Option<String> {
    let frame = a.iter().zip(b).position(|(a, b)| a.to_bits() != b.to_bits())?;
    Some(format!("frame {frame}: {} against {}", a[frame], b[frame]))
}

#[test]
fn modules_that_share_a_unit_sound_as_they_do_alone() {
    hold_all("sharing a unit changes nothing", |entry, failures| {
        if !entry.spec.bundles {
            return;
        }
        for ends in all_wirings(entry.spec) {
            let all: Vec<usize> = (0..MODULES).collect();
            let together = playing(entry, &ends, &all).run(FRAMES, 64);
            for module in [0, 3, FROM, MODULES - 1] {
                let alone = playing(entry, &ends, &[module]).run(FRAMES, 64);
                for (output, (together, alone)) in together.outputs.iter().zip(&alone.outputs).enumerate() {
                    if let Some(text) = first_difference(&together[module], &alone[0]) {
                        failures.push(format!("module {module} of {MODULES}, {} cables, output {output}, {text} alone", ends.len()));
                    }
                }
            }
        }
    });
}

#[test]
fn a_module_that_moves_to_another_unit_goes_on_bit_for_bit() {
    hold_all("moving to another unit changes nothing", |entry, failures| {
        if !entry.spec.bundles {
            return;
        }
        for ends in all_wirings(entry.spec) {
            let all: Vec<usize> = (0..MODULES).collect();
            let undisturbed = playing(entry, &ends, &all).run(2 * FRAMES, 64);
            let mut here = playing(entry, &ends, &all);
            let mut there = playing(entry, &ends, &[0, 1, 2]);
            here.run(FRAMES, 64);
            there.run(FRAMES, 64);
            here.move_lane(FROM, &mut there, TO);
            let after = there.run(FRAMES, 64);
            for (output, (undisturbed, after)) in undisturbed.outputs.iter().zip(&after.outputs).enumerate() {
                if let Some(text) = first_difference(&undisturbed[FROM][FRAMES..], &after[TO]) {
                    failures.push(format!("{} cables, output {output}, {text} after the move", ends.len()));
                }
            }
        }
    });
}
