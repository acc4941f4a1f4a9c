//! What oscillators and modulators cost: each case runs one block of four groups of eight lanes (`cargo bench -p patchlight-modules
//! --bench oscillators`). The counter says group-frames: a throughput of 250 M items/s is 4 ns a group-frame. `harness` runs a
//! unit that does nothing: what the engine around it costs (it measures each output), to be taken off the rest.

mod harness;

use divan::Bencher;
use divan::counter::ItemsCount;
use harness::{Case, cases, nothing};
use patchlight_core::ModuleSpec;
use patchlight_engine::{BLOCK, Build, GROUP, Solo, SoloConfig};
use patchlight_modules::find;

const GROUPS: usize = 4;
const BLOCKS: usize = 16;

fn main() {
    divan::main();
}

/// Notes of 50 to 700 Hz, one for each lane.
fn notes() -> Vec<Vec<f32>> {
    let octaves = |lane: usize| (50.0 / 261.626 * 14_f32.powf(lane as f32 / (GROUPS * GROUP - 1) as f32)).log2();
    (0..GROUPS * GROUP).map(|lane| vec![octaves(lane); BLOCK]).collect()
}

/// A different wave for each lane.
fn waves(depth: f32) -> Vec<Vec<f32>> {
    let wave = |lane: usize, n: usize| depth * ((n * (lane + 3)) as f32 * 0.02).sin();
    (0..GROUPS * GROUP).map(|lane| (0..BLOCK).map(|n| wave(lane, n)).collect()).collect()
}

fn run(bencher: Bencher<'_, '_>, id: &str, build: Option<Build>, (params, driven): Case) {
    let entry = find(id).expect("the module exists");
    let spec: &'static ModuleSpec = entry.spec;
    let config = SoloConfig { voices: GROUPS * GROUP, params: params.to_vec(), ..SoloConfig::default() };
    let mut solo = Solo::new(spec, build.unwrap_or(entry.build), &config, driven);
    for end in driven {
        solo.drive(end, if *end == "pitch" { notes() } else { waves(1.0) });
    }
    solo.run_blocks(64);
    bencher.counter(ItemsCount::new(GROUPS * BLOCK * BLOCKS)).bench_local(|| solo.run_blocks(BLOCKS));
}

const SINE: (&str, f32) = ("shape", 0.0);

#[divan::bench]
fn harness_of_two_outputs(bencher: Bencher<'_, '_>) {
    run(bencher, "osc.analog", Some(nothing), (&[], &["pitch"]));
}

#[divan::bench]
fn harness_of_one_output(bencher: Bencher<'_, '_>) {
    run(bencher, "mod.lfo", Some(nothing), (&[], &[]));
}

cases! {
    saw: "osc.analog", &[], &["pitch"];
    saw_low: "osc.analog", &[("pitch_semitones", -12.0)], &[];
    saw_fm: "osc.analog", &[("fm_depth", 0.5)], &["pitch", "fm"];
    saw_sync: "osc.analog", &[], &["pitch", "sync"];
    saw_unison_7: "osc.analog", &[("unison", 7.0)], &["pitch"];
    square: "osc.analog", &[("shape", 3.0)], &["pitch"];
    square_pwm: "osc.analog", &[("shape", 3.0)], &["pitch", "pulse_width"];
    triangle: "osc.analog", &[("shape", 1.0)], &["pitch"];
    sine: "osc.analog", &[SINE], &["pitch"];
    sine_fm: "osc.analog", &[SINE], &["pitch", "fm"];
    sine_vibrato: "osc.analog", &[SINE], &["pitch", "fine_cents"];
    operator: "osc.operator", &[], &["pitch"];
    operator_pm: "osc.operator", &[], &["pitch", "pm"];
    operator_feedback: "osc.operator", &[("feedback", 0.5)], &["pitch"];
    supersaw: "osc.supersaw", &[], &["pitch"];
    noise_white: "osc.noise", &[], &[];
    noise_pink: "osc.noise", &[("color", 1.0)], &[];
    lfo_sine: "mod.lfo", &[], &[];
    lfo_sine_moving: "mod.lfo", &[], &["rate_hz"];
    lfo_square: "mod.lfo", &[("shape", 4.0)], &[];
    lfo_synced: "mod.lfo", &[("sync", 8.0)], &[];
    sample_hold: "mod.sample_hold", &[], &[];
}
