//! The peers' workloads: the files are what the generator writes, and each sounds at the level that its description states.

#[path = "../benches/workloads.rs"]
mod workloads;

use patchlight_compile::{Compiler, NoSamples, SampleSource, StreamSpec};
use patchlight_engine::{EngineConfig, Sample, Wavetable, engine};
use patchlight_modules::LIBRARY;
use patchlight_patch::{Severity, write_patch};
use patchlight_testkit::rms;
use std::path::PathBuf;
use std::sync::Arc;

const RATE: usize = 48_000;

/// Gives the sample without its file.
struct Computed;

impl SampleSource for Computed {
    fn sample(&self, _path: &str) -> Result<Option<Arc<Sample>>, String> {
        Ok(Some(Arc::new(Sample { sample_rate_hz: RATE as f32, channels: workloads::sample().to_vec() })))
    }

    fn wavetable(&self, path: &str, cycle_frames: usize) -> Result<Option<Arc<Wavetable>>, String> {
        NoSamples.wavetable(path, cycle_frames)
    }
}

#[test]
fn the_files_are_what_the_generator_writes() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../patches/bench");
    for (name, patch, _) in workloads::workloads() {
        let text = std::fs::read_to_string(folder.join(format!("{name}.ron"))).expect("its file");
        assert!(text == write_patch(&patch, &LIBRARY), "{name}: run `cargo xtask bench-patches`");
    }
}

#[test]
fn each_is_as_loud_as_it_must_be() {
    for (name, patch, level) in workloads::workloads() {
        let config = EngineConfig::new(RATE as f32);
        let (mut controller, mut renderer) = engine(config);
        let update = Compiler::new(StreamSpec::offline(RATE as f32), config).update(&patch, &Computed);
        let bad: Vec<_> = update.diagnostics.iter().filter(|diagnostic| diagnostic.severity > Severity::Note).collect();
        assert!(bad.is_empty(), "{name}: {bad:?}");
        update.messages.into_iter().for_each(|message| controller.send(message));
        let [mut left, mut right] = [vec![0.0; 4 * RATE], vec![0.0; 4 * RATE]];
        renderer.render(None, [&mut left, &mut right]);
        left.append(&mut right);
        assert!(level.contains(&rms(&left)), "{name}: {} for {level:?}", rms(&left));
    }
}
