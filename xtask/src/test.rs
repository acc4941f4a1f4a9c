//! `cargo xtask test`: everything a change is held to, here and wherever changes are checked.

use crate::format;
use crate::manifest::Crates;
use crate::packages::{self, Host, System};
use crate::report::{Outcome, Report};
use crate::tidy;
use crate::workspace::{Workspace, command_line, is_there, succeed};
use anyhow::{Result, bail};
use clap::Args;
use std::env;
use std::process::{Command, ExitCode};

#[derive(Args)]
pub struct TestArguments {
    /// Install missing system packages without asking (as root, or where CI is set, nobody is asked anyway)
    #[arg(long)]
    pub yes: bool,
    /// Only what needs neither Bevy nor a window: minutes in place of half an hour on a fresh clone
    #[arg(long)]
    pub fast: bool,
}

pub fn test(arguments: &TestArguments) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let mut host = Host;
    let without_asking = arguments.yes || host.is_root() || env::var_os("CI").is_some_and(|value| !value.is_empty());
    let groups: &[&packages::Group] =
        if arguments.fast { &[&packages::BUILD] } else { &[&packages::BUILD, &packages::WINDOW, &packages::TESTS] };
    packages::ensure(groups, without_asking, "cargo xtask test", &mut host)?;
    workspace.claim_target()?;

    let crates = Crates::read(&workspace.root)?;
    let selection = selection(&crates, arguments.fast);
    let mut report = Report::default();
    report.step("tidy", || tidy_step(&workspace, &crates));
    report.step("format", || format::check(&workspace));
    // Lints check what tests compile, and share neither's artefacts with the other: cargo keeps checked crates apart from built ones.
    report.step("clippy", || {
        let mut words = selection.clone();
        words.extend(["--all-targets", "--", "-D", "warnings"]);
        cargo(&workspace, "clippy", &words, "rustup component add clippy")?;
        // The command line without the studio is made of the same files, and nothing else builds it.
        let alone = ["--package", "patchlight", "--no-default-features", "--", "-D", "warnings"];
        cargo(&workspace, "clippy", &alone, "rustup component add clippy")
    });
    report.step("tests", || {
        let mut words = selection.clone();
        words.push("--no-fail-fast");
        cargo(&workspace, "test", &words, "")
    });
    report.step("licences", || optional(&workspace, "cargo-deny", &["deny", "--offline", "check", "licenses", "bans", "sources"]));
    report.step("spelling", || optional(&workspace, "typos", &[]));
    Ok(report.finish())
}

/// Which packages cargo is to look at.
fn selection(crates: &Crates, fast: bool) -> Vec<&str> {
    let mut words = vec!["--workspace"];
    if fast {
        for package in crates.that_reach("bevy") {
            words.extend(["--exclude", package]);
        }
    }
    words
}

fn tidy_step(workspace: &Workspace, crates: &Crates) -> Result<()> {
    let problems = tidy::check(&workspace.root, crates)?;
    for problem in &problems {
        println!("{problem}");
    }
    if !problems.is_empty() {
        bail!("{} places are untidy", problems.len());
    }
    Ok(())
}

fn cargo(workspace: &Workspace, subcommand: &str, words: &[&str], remedy: &str) -> Result<()> {
    let mut command = workspace.cargo(subcommand);
    command.args(words);
    if !remedy.is_empty() && !is_there(&command.get_program().to_string_lossy(), &[subcommand, "--version"]) {
        bail!("cargo {subcommand} is not installed: run `{remedy}`");
    }
    println!("$ {}", command_line(&command));
    succeed(&mut command)
}

/// A tool that not everybody has: where it is missing the step is skipped, and says so.
fn optional(workspace: &Workspace, tool: &str, words: &[&str]) -> Outcome {
    if !is_there(tool, &["--version"]) {
        return Outcome::Skipped(format!("{tool} is not installed (cargo install {})", if tool == "typos" { "typos-cli" } else { tool }));
    }
    let mut command = Command::new(tool);
    command.args(words).current_dir(&workspace.root);
    println!("$ {}", command_line(&command));
    succeed(&mut command).into()
}

#[cfg(test)]
mod tests {
    use super::selection;
    use crate::manifest::{Crate, Crates};

    #[test]
    fn fast_leaves_out_whatever_reaches_bevy() {
        let package = |name: &str, uses: &[&str]| Crate {
            package: name.to_owned(),
            folder: name.to_owned(),
            dependencies: uses.iter().map(|name| (*name).to_owned()).collect(),
            dev_dependencies: Vec::new(),
        };
        let crates = Crates(vec![
            package("patchlight", &["patchlight-canvas"]),
            package("patchlight-canvas", &["bevy"]),
            package("patchlight-core", &["serde"]),
        ]);
        assert_eq!(selection(&crates, false), ["--workspace"]);
        assert_eq!(selection(&crates, true), ["--workspace", "--exclude", "patchlight", "--exclude", "patchlight-canvas"]);
    }
}
