//! Effects: silence in gives silence out, at once or after their tail, and no number too small to compute quickly.

use crate::harness::{hold_all, noise, rows, solo};
use patchlight_core::{Family, ModuleSpec, SignalKind};
use patchlight_engine::{Solo, SoloConfig};
use patchlight_modules::Entry;
use patchlight_testkit::peak;

/// The longest a tail may last with default settings.
const LONGEST_TAIL_SECS: usize = 20;

/// Effects that make sound by themselves, and why.
const SOUNDS_BY_ITSELF: &[(&str, &str)] = &[];

/// −100 dBFS.
const SILENT: f32 = 1e-5;

fn is_effect(spec: &ModuleSpec) -> bool {
    let has_audio = |ports: &[patchlight_core::PortSpec]| ports.iter().any(|port| port.kind == SignalKind::Audio);
    let family = matches!(spec.family(), Family::Shape | Family::Filter | Family::Amp | Family::Dyn | Family::Fx);
    family && has_audio(spec.inputs) && has_audio(spec.outputs) && !SOUNDS_BY_ITSELF.iter().any(|(id, _)| *id == spec.id)
}

/// The effect with a quarter of a second of noise (or nothing) in its audio inputs; controls fully open, gates off.
fn effect(entry: &'static Entry, burst: &[f32]) -> Solo {
    let ends: Vec<&str> = entry.spec.inputs.iter().filter(|port| port.kind != SignalKind::Gate).map(|port| port.id).collect();
    let mut solo = solo(entry, &SoloConfig { channels: 2, ..SoloConfig::default() }, &ends);
    for (_, port) in ends.iter().filter_map(|end| entry.spec.input(end)) {
        match port.kind {
            SignalKind::Audio => solo.drive(port.id, vec![burst.to_vec()]),
            SignalKind::Control => solo.drive(port.id, vec![vec![1.0; 48_000 * LONGEST_TAIL_SECS]]),
            SignalKind::Pitch | SignalKind::Gate => {}
        }
    }
    solo
}

#[test]
fn silence_in_gives_silence_out() {
    hold_all("an effect that hears nothing makes nothing", |entry, failures| {
        if is_effect(entry.spec) {
            let rendered = effect(entry, &[]).run(24_000, 64);
            for (name, samples) in rows(entry.spec, &rendered).filter(|(_, samples)| peak(samples) > SILENT) {
                failures.push(format!("{name} reaches {} without a sound at the input", peak(samples)));
            }
        }
    });
}

#[test]
fn tails_end_and_leave_no_denormals() {
    hold_all("after a sound an effect becomes silent", |entry, failures| {
        if !is_effect(entry.spec) {
            return;
        }
        let mut solo = effect(entry, &noise(5, 12_000));
        solo.run(12_032, 64);
        let mut loudest = f32::MAX;
        for _ in 0..LONGEST_TAIL_SECS * 4 {
            let rendered = solo.run(12_032, 64);
            if let Some((name, _)) = rows(entry.spec, &rendered).find(|(_, samples)| samples.iter().any(|x| x.is_subnormal())) {
                failures.push(format!("{name} carries denormal numbers"));
                return;
            }
            loudest = rows(entry.spec, &rendered).map(|(_, samples)| peak(samples)).fold(0.0, f32::max);
            if loudest < SILENT {
                return;
            }
        }
        failures.push(format!("still at {loudest} after {LONGEST_TAIL_SECS} s"));
    });
}
