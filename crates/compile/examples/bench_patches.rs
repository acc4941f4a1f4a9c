//! Writes the peers' workloads to `patches/bench`: `cargo xtask bench-patches`.

#[path = "../benches/workloads.rs"]
mod workloads;

use patchlight_modules::LIBRARY;
use patchlight_patch::write_patch;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../patches/bench");
    std::fs::create_dir_all(&folder)?;
    for (name, patch, _) in workloads::workloads() {
        std::fs::write(folder.join(format!("{name}.ron")), write_patch(&patch, &LIBRARY))?;
    }
    let spec = hound::WavSpec { channels: 2, sample_rate: 48_000, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut writer = hound::WavWriter::create(folder.join("W6.wav"), spec)?;
    let [left, right] = workloads::sample();
    for sample in left.iter().zip(&right).flat_map(|(left, right)| [left, right]) {
        writer.write_sample((sample * 32_767.0).round() as i16)?;
    }
    writer.finalize()?;
    Ok(())
}
