//! `cargo xtask bench`: what units, compiling, swapping and whole patches cost; and beside other engines, where their kit is.

use crate::workspace::{Workspace, succeed};
use anyhow::{Context, Result};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

#[derive(Args)]
pub struct BenchArguments {
    /// Render the workloads of patches/bench beside other engines: the folder with the kit's run.py, its engines set up
    #[arg(long, value_name = "DIR")]
    pub peers: Option<PathBuf>,
    /// Rounds of the peers' run; the table shows their medians
    #[arg(long, default_value_t = 5)]
    pub rounds: u32,
    /// Only benchmarks whose names contain this
    pub filter: Option<String>,
}

pub fn bench(arguments: &BenchArguments) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    workspace.claim_target()?;
    if let Some(kit) = &arguments.peers {
        return peers(&workspace, kit, arguments.rounds);
    }
    let mut command = workspace.cargo("bench");
    command.args(["--package", "patchlight-modules", "--package", "patchlight-compile", "--benches"]);
    if let Some(filter) = &arguments.filter {
        command.args(["--", filter]);
    }
    succeed(&mut command)?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the workloads anew, builds the command line without the studio, and hands both to the kit.
fn peers(workspace: &Workspace, kit: &Path, rounds: u32) -> Result<ExitCode> {
    patches()?;
    succeed(workspace.cargo("build").args(["--release", "--package", "patchlight", "--no-default-features"]))?;
    let script = kit.join("run.py").canonicalize().with_context(|| format!("no run.py in {}", kit.display()))?;
    let mut command = Command::new("python3");
    command.arg(script).args(["-n", &rounds.to_string()]).arg("--patchlight").arg(workspace.target_folder().join("release/patchlight"));
    command.arg("--patches").arg(workspace.root.join("patches/bench"));
    succeed(&mut command)?;
    Ok(ExitCode::SUCCESS)
}

/// `cargo xtask bench-patches`: writes `patches/bench`.
pub fn patches() -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    workspace.claim_target()?;
    succeed(workspace.cargo("run").args(["--quiet", "--package", "patchlight-compile", "--example", "bench_patches"]))?;
    Ok(ExitCode::SUCCESS)
}
