//! `cargo xtask format`: the source as rustfmt writes it, the files of the catalogue included.

use crate::workspace::{Workspace, is_there, succeed};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

pub fn format() -> Result<ExitCode> {
    rustfmt(&Workspace::find()?, false)?;
    Ok(ExitCode::SUCCESS)
}

/// Fails where a file is not as rustfmt would write it, and shows the differences.
pub fn check(workspace: &Workspace) -> Result<()> {
    rustfmt(workspace, true).context("run `cargo xtask format`")
}

fn rustfmt(workspace: &Workspace, check: bool) -> Result<()> {
    if !is_there("rustfmt", &["--version"]) {
        bail!("rustfmt is not installed: run `rustup component add rustfmt`");
    }
    let flag: &[&str] = if check { &["--check"] } else { &[] };
    succeed(workspace.cargo("fmt").arg("--all").args(flag))?;
    let mut catalogue = Command::new("rustfmt");
    catalogue.args(["--edition", "2024"]).args(flag).args(module_files(&workspace.root)?).current_dir(&workspace.root);
    // Said shortly: the command names some two hundred files.
    let status = catalogue.status().context("cannot start rustfmt")?;
    if !status.success() {
        bail!("files below crates/modules/src are not formatted ({status})");
    }
    Ok(())
}

/// The files that the catalogue declares through a macro, which `cargo fmt` does not look into.
fn module_files(root: &Path) -> Result<Vec<PathBuf>> {
    let source = root.join("crates/modules/src");
    let mut files = Vec::new();
    for family in fs::read_dir(&source).with_context(|| format!("cannot read `{}`", source.display()))? {
        let family = family?.path();
        if !family.is_dir() {
            continue;
        }
        for file in fs::read_dir(&family)? {
            let file = file?.path();
            if file.extension().is_some_and(|extension| extension == "rs") {
                files.push(file);
            }
        }
    }
    Ok(files)
}
