//! Writes the peers' workloads to `patches/bench`: `cargo xtask bench-patches`.

#[path = "../benches/workloads.rs"]
mod workloads;

use patchlight_modules::LIBRARY;
use patchlight_patch::write_patch;
use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../patches/bench");
    std::fs::create_dir_all(&folder)?;
    for (name, patch, _) in workloads::workloads() {
        std::fs::write(folder.join(format!("{name}.ron")), write_patch(&patch, &LIBRARY))?;
    }
    Ok(())
}
