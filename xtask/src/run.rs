//! `cargo xtask run`: from a fresh clone to a patch that plays.

use crate::machine::{has_display, has_sound};
use crate::packages::{self, Host};
use crate::workspace::{Workspace, command_line, succeed};
use anyhow::{Context, Result};
use clap::Args;
use std::ffi::OsString;
use std::fs;
use std::process::{Command, ExitCode};

#[derive(Args)]
pub struct RunArguments {
    /// Install missing system packages without asking
    #[arg(long)]
    pub yes: bool,
    /// Build with all optimisations: takes longer to build, leaves more room for voices
    #[arg(long)]
    pub release: bool,
    /// What the studio is called with, such as `-- patches/glass_fm.ron`
    #[arg(last = true, value_name = "ARGS")]
    pub studio: Vec<OsString>,
}

pub fn run(arguments: &RunArguments) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    packages::ensure(&[&packages::BUILD, &packages::WINDOW], arguments.yes, "cargo xtask run", &mut Host)?;
    workspace.claim_target()?;
    let build = Build { workspace: &workspace, release: arguments.release };
    println!("Building. The first time takes a while (about half an hour on two cores), later a few seconds.");
    succeed(&mut build.cargo("build"))?;
    if !arguments.studio.is_empty() {
        return open(&build, &arguments.studio);
    }
    match (has_display(), has_sound()) {
        (true, true) => open(&build, &[]),
        (true, false) => {
            println!("No sound device was found, so the starter patch is also written to a file, and the studio opens silent.");
            render_starter(&build)?;
            open(&build, &[])
        }
        (false, _) => {
            println!(
                "There is no display (DISPLAY and WAYLAND_DISPLAY are not set), so the starter patch is rendered in place of the studio."
            );
            render_starter(&build)?;
            draw_starter(&build)?;
            println!("On a machine with a display, `cargo xtask run` opens the studio.");
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// How the program is built and called.
struct Build<'a> {
    workspace: &'a Workspace,
    release: bool,
}

impl Build<'_> {
    fn cargo(&self, subcommand: &str) -> Command {
        let mut command = self.workspace.cargo(subcommand);
        command.args(["--package", "patchlight", "--bin", "patchlight"]);
        if self.release {
            command.arg("--release");
        }
        command
    }

    fn patchlight(&self) -> Command {
        let mut command = self.cargo("run");
        command.args(["--quiet", "--"]);
        command
    }
}

/// Runs the program until it is closed, and hands its exit code on.
fn open(build: &Build<'_>, arguments: &[OsString]) -> Result<ExitCode> {
    let mut command = build.patchlight();
    command.args(arguments);
    let status = command.status().with_context(|| format!("cannot start `{}`", command_line(&command)))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

fn render_starter(build: &Build<'_>) -> Result<()> {
    write_starter(build, "render", "first_light.wav", &["--seconds", "30"], "Listen to")
}

fn draw_starter(build: &Build<'_>) -> Result<()> {
    write_starter(build, "screenshot", "first_light.png", &[], "Look at")
}

fn write_starter(build: &Build<'_>, subcommand: &str, name: &str, more: &[&str], invitation: &str) -> Result<()> {
    let root = &build.workspace.root;
    let folder = root.join("out");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
    let file = folder.join(name);
    let mut command = build.patchlight();
    command.arg(subcommand).arg(root.join("patches/first_light.ron")).arg("-o").arg(&file).args(more);
    succeed(&mut command)?;
    println!("{invitation} {}", file.display());
    Ok(())
}
