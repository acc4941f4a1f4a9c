//! Where the workspace lies, where it is built, and how cargo is called in it.

use anyhow::{Context, Result, bail};
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Names, inside a target folder, the clone that built there last.
const CLONE_MARK: &str = ".patchlight-clone";

/// This clone and its target folder.
pub struct Workspace {
    pub root: PathBuf,
    /// `None` where cargo decides by itself.
    target: Option<PathBuf>,
}

impl Workspace {
    /// The clone this program was started from.
    pub fn find() -> Result<Self> {
        // Cargo sets the variable when it runs this program; the folder it was compiled in serves when it is started by hand.
        let package = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = package.parent().context("the xtask folder lies inside the clone")?.to_owned();
        if !root.join("Cargo.toml").is_file() {
            bail!("`{}` is not a clone of Patchlight: call `cargo xtask` inside one", root.display());
        }
        Ok(Self { root, target: target_folder(|name| env::var_os(name)) })
    }

    /// Where cargo puts what it builds.
    pub fn target_folder(&self) -> PathBuf {
        self.target.clone().unwrap_or_else(|| self.root.join("target"))
    }

    /// Cargo with arguments, in the folder from which the user called.
    ///
    /// The manifest is named in place of changing folders, so that relative paths behind `--` mean what the user means.
    pub fn cargo(&self, subcommand: &str) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.arg(subcommand).arg("--manifest-path").arg(self.root.join("Cargo.toml"));
        if let Some(target) = &self.target {
            command.env("CARGO_TARGET_DIR", target);
        }
        command
    }

    /// Removes what another clone built of these same crates, where the target folder was last used by one.
    ///
    /// Cargo tells clones apart by the age of their files alone, so it would take the other clone's crates for ours. Dependencies
    /// are shared and stay.
    pub fn claim_target(&self) -> Result<()> {
        let Some(target) = &self.target else { return Ok(()) };
        fs::create_dir_all(target).with_context(|| format!("cannot make the build folder `{}`", target.display()))?;
        let mark = target.join(CLONE_MARK);
        let root = self.root.to_string_lossy();
        if built_by_another(&mark, &root) {
            println!("`{}` was last used by another clone: its crates are built anew", target.display());
            succeed(self.cargo("clean").args(["--workspace", "--quiet"]))?;
        }
        fs::create_dir_all(target)?;
        fs::write(&mark, root.as_bytes()).with_context(|| format!("cannot write `{}`", mark.display()))
    }
}

fn built_by_another(mark: &Path, root: &str) -> bool {
    fs::read_to_string(mark).is_ok_and(|other| other != root)
}

/// The target folder: what the user set, or else one in the cache, outside of the clone.
fn target_folder(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let chosen = set("CARGO_TARGET_DIR").or_else(|| set("CARGO_BUILD_TARGET_DIR"));
    chosen.or_else(|| {
        // A relative cache folder is to be ignored, says the XDG base directory specification.
        let cache = set("XDG_CACHE_HOME").filter(|path| path.is_absolute()).or_else(|| Some(set("HOME")?.join(".cache")))?;
        Some(cache.join("patchlight/target"))
    })
}

/// Runs a command to its end and shows what it prints.
pub fn succeed(command: &mut Command) -> Result<()> {
    let line = command_line(command);
    let status = command.status().with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Whether a tool is there: whether this command can be started and succeeds. Prints nothing.
pub fn is_there(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// A command as one would type it.
pub fn command_line(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program()).to_string_lossy().into_owned();
    let mut words = vec![program];
    let mut arguments = command.get_args().map(|argument| argument.to_string_lossy());
    while let Some(argument) = arguments.next() {
        if argument == "--manifest-path" {
            arguments.next();
        } else {
            words.push(argument.into_owned());
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{Workspace, built_by_another, command_line, target_folder};
    use std::path::{Path, PathBuf};

    fn with(variables: &[(&str, &str)]) -> Option<PathBuf> {
        target_folder(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn the_target_folder_is_what_was_set_or_lies_in_the_cache() {
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(with(&[("CARGO_TARGET_DIR", "/t"), ("HOME", "/home/ada")]), path("/t"));
        assert_eq!(with(&[("CARGO_TARGET_DIR", ""), ("HOME", "/home/ada")]), path("/home/ada/.cache/patchlight/target"));
        assert_eq!(with(&[("CARGO_BUILD_TARGET_DIR", "/b"), ("HOME", "/home/ada")]), path("/b"));
        assert_eq!(with(&[("XDG_CACHE_HOME", "/c"), ("HOME", "/home/ada")]), path("/c/patchlight/target"));
        assert_eq!(with(&[("XDG_CACHE_HOME", "c"), ("HOME", "/home/ada")]), path("/home/ada/.cache/patchlight/target"));
        assert_eq!(with(&[]), None);
    }

    #[test]
    fn commands_are_shown_as_one_types_them() {
        let workspace = Workspace { root: PathBuf::from("/clone"), target: Some(PathBuf::from("/t")) };
        let mut command = workspace.cargo("test");
        command.arg("--workspace");
        assert!(command_line(&command).ends_with("test --workspace"), "{}", command_line(&command));
        assert!(!command_line(&command).contains("manifest"));
    }

    #[test]
    fn a_folder_without_a_mark_belongs_to_nobody() {
        assert!(!built_by_another(Path::new("/nowhere/at/all"), "/clone"));
        let mark = std::env::temp_dir().join(format!("patchlight-mark-{}", std::process::id()));
        std::fs::write(&mark, "/clone").expect("a disk");
        assert!(!built_by_another(&mark, "/clone"));
        assert!(built_by_another(&mark, "/other"));
        std::fs::remove_file(&mark).expect("it was there");
    }
}
