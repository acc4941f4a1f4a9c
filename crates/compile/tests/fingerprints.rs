//! Fingerprints of every factory patch: what they sound like, kept as text in `tests/fingerprints/`. A change of sound fails here.
//!
//! When a change is meant: `PATCHLIGHT_BLESS=1 cargo test -p patchlight-compile --test fingerprints`, listen, and commit the texts.

use patchlight_compile::{Compiler, NoSamples, StreamSpec};
use patchlight_engine::{EngineConfig, engine};
use patchlight_modules::LIBRARY;
use patchlight_patch::open_patch;
use patchlight_testkit::Fingerprint;
use std::path::{Path, PathBuf};

const RATE_HZ: f32 = 48_000.0;
/// A power of two, a little under eleven seconds.
const FRAMES: usize = 1 << 19;

/// The mean of both channels.
fn render(path: &Path) -> Vec<f32> {
    let (patch, _) = open_patch(path, &LIBRARY).expect("a factory patch");
    let config = EngineConfig::new(RATE_HZ);
    let (mut controller, mut renderer) = engine(config);
    controller.telemetry().watch(false);
    let update = Compiler::new(StreamSpec::offline(RATE_HZ), config).update(&patch, &NoSamples);
    update.messages.into_iter().for_each(|message| controller.send(message));
    let (mut left, mut right) = (vec![0.0; FRAMES], vec![0.0; FRAMES]);
    renderer.render(None, [&mut left, &mut right]);
    left.iter().zip(&right).map(|(left, right)| 0.5 * (left + right)).collect()
}

#[test]
fn every_factory_patch_sounds_as_it_did() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let prints = root.join("tests/fingerprints");
    let bless = std::env::var_os("PATCHLIGHT_BLESS").is_some();
    let mut patches: Vec<PathBuf> =
        std::fs::read_dir(root.join("../../patches")).expect("the folder").map(|entry| entry.expect("an entry").path()).collect();
    patches.sort();
    let mut failures = Vec::new();
    for path in patches.iter().filter(|path| path.extension().is_some_and(|extension| extension == "ron")) {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let print = Fingerprint::of(&render(path), f64::from(RATE_HZ));
        let kept = prints.join(format!("{name}.txt"));
        if bless {
            std::fs::create_dir_all(&prints).expect("a folder");
            std::fs::write(&kept, print.to_string()).expect("a fingerprint is kept");
        }
        match std::fs::read_to_string(&kept).ok().and_then(|text| text.parse().ok()) {
            Some(before) => failures.extend(print.differences(&before).into_iter().map(|difference| format!("{name}: {difference}"))),
            None => failures.push(format!("{name}: no fingerprint is kept")),
        }
    }
    assert!(
        failures.is_empty(),
        "{}\nWhere this is meant, keep it: PATCHLIGHT_BLESS=1 cargo test -p patchlight-compile --test fingerprints",
        failures.join("\n")
    );
}
