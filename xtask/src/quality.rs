//! `cargo xtask quality`: measures every bar that modules are held to, and keeps the table as `docs/quality.md`.

use crate::workspace::Workspace;
use anyhow::{Context, Result};
use std::process::ExitCode;

/// Prints and keeps the table; fails where a bar is missed, and keeps it all the same, for it says which.
pub fn quality() -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    workspace.claim_target()?;
    let output = workspace.cargo("run").args(["--quiet", "--package", "patchlight-quality"]).output().context("cargo cannot be run")?;
    let table = String::from_utf8_lossy(&output.stdout);
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    if !table.starts_with("# Quality") {
        return Ok(ExitCode::FAILURE);
    }
    print!("{table}");
    let path = workspace.root.join("docs/quality.md");
    std::fs::write(&path, table.as_bytes()).with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(if output.status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
