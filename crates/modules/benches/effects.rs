//! What effects and the sample player cost: each case runs one block of 64 frames in stereo, effects with one voice, the player with
//! 32 (`cargo bench -p patchlight-modules --bench effects`). The counter says frames: a throughput of 100 M items/s is 10 ns a stereo
//! frame (of all voices). `harness_*` run a unit that does nothing: what the engine around it costs, to be taken off the rest.

mod harness;

use divan::Bencher;
use divan::counter::ItemsCount;
use harness::{Case, cases, nothing};
use patchlight_core::ModuleSpec;
use patchlight_engine::{BLOCK, Build, Data, Sample, Solo, SoloConfig};
use patchlight_modules::find;
use std::sync::Arc;

const BLOCKS: usize = 64;
const VOICES: usize = 32;

fn main() {
    divan::main();
}

/// Two seconds of two tones a side, as in the workload W6.
fn sample() -> Data {
    let tone = |a: f32, b: f32| -> Vec<f32> {
        let at = |t: f32| 0.5 * (-1.5 * t).exp() * ((std::f32::consts::TAU * a * t).sin() + 0.5 * (std::f32::consts::TAU * b * t).sin());
        (0..96_000).map(|n| at(n as f32 / 48_000.0)).collect()
    };
    Data::Sample(Arc::new(Sample { sample_rate_hz: 48_000.0, channels: vec![tone(220.0, 663.0), tone(221.0, 441.0)] }))
}

/// What arrives at an end, in each lane: half-scale tones, notes over two octaves, and a gate that stays on.
fn lanes(end: &str) -> Vec<Vec<f32>> {
    let lane = |lane: usize| -> Vec<f32> {
        let tone = |n: usize| 0.5 * ((n * (lane + 3)) as f32 * 0.02).sin();
        (0..BLOCK)
            .map(|n| match end {
                "pitch" => lane as f32 / 16.0 - 1.0,
                "trig" | "gate" => 1.0,
                _ => tone(n),
            })
            .collect()
    };
    (0..2 * VOICES).map(lane).collect()
}

fn run(bencher: Bencher<'_, '_>, id: &str, build: Option<Build>, (params, driven): Case) {
    let entry = find(id).expect("the module exists");
    let spec: &'static ModuleSpec = entry.spec;
    let (voices, data) = if spec.data.is_empty() { (1, Vec::new()) } else { (VOICES, vec![sample()]) };
    let config = SoloConfig { voices, channels: 2, params: params.to_vec(), data, ..SoloConfig::default() };
    let mut solo = Solo::new(spec, build.unwrap_or(entry.build), &config, driven);
    for end in driven {
        solo.drive(end, lanes(end));
    }
    solo.run_blocks(1000);
    bencher.counter(ItemsCount::new(BLOCK * BLOCKS)).bench_local(|| solo.run_blocks(BLOCKS));
}

#[divan::bench]
fn harness_of_an_effect(bencher: Bencher<'_, '_>) {
    run(bencher, "fx.chorus", Some(nothing), (&[], &["in"]));
}

#[divan::bench]
fn harness_of_32_players(bencher: Bencher<'_, '_>) {
    run(bencher, "sample.player", Some(nothing), (&[], &["trig", "pitch"]));
}

cases! {
    player_cubic_loop: "sample.player", &[("mode", 1.0), ("quality", 1.0)], &["trig", "pitch"];
    player_sinc_loop: "sample.player", &[("mode", 1.0)], &["trig", "pitch"];
    player_moving_pitch: "sample.player", &[("mode", 1.0), ("quality", 1.0)], &["trig", "pitch_semitones"];
    chorus: "fx.chorus", &[], &["in"];
    chorus_four: "fx.chorus", &[("voices", 4.0)], &["in"];
    delay: "fx.delay", &[], &["in"];
    delay_tape: "fx.delay", &[("mode", 1.0)], &["in"];
    chorus_spread: "fx.chorus", &[("voices", 4.0), ("delay_secs", 0.0175), ("depth_secs", 0.0025), ("spacing_secs", 0.0175), ("drift_hz", 0.02)], &["in"];
    chorus_feedback: "fx.chorus", &[("feedback", 0.5)], &["in"];
    multitap_four: "fx.multitap", &[("feedback_1", 0.15), ("feedback_2", 0.15)], &["in"];
    room: "fx.reverb_room", &[], &["in"];
    plate: "fx.reverb_plate", &[], &["in"];
    compressor: "dyn.compressor", &[], &["in", "key"];
    limiter_quiet: "dyn.limiter", &[("input_gain_db", -12.0)], &["in"];
    limiter_loud: "dyn.limiter", &[("input_gain_db", 12.0)], &["in"];
    audio_out: "io.audio_out", &[], &["in"];
    mixer_two: "amp.mixer", &[], &["in_1", "in_2"];
}
