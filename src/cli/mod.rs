//! The command line: names and flags are a contract.
//!
//! Exit codes: 0 for success, 1 for a failure, 2 for wrong use. What goes wrong is one line on standard error that says where
//! and what to do next.

mod check;
mod devices;
mod explain;
mod modules;
pub(crate) mod pages;
pub(crate) mod picture;
mod play;
mod render;

use clap::{Args, Parser, Subcommand};
use patchlight_modules::LIBRARY;
use patchlight_patch::{Diagnostic, Patch, open_patch};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Patchlight: wire modules with cables whose light is the signal inside.
#[derive(Parser)]
#[command(version, about, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    studio: StudioArgs,
}

#[derive(Args)]
pub(crate) struct StudioArgs {
    /// The patch to open; the starter patch when none is named
    pub(crate) patch: Option<PathBuf>,
    /// A part of the sound device's name; "null" for none
    #[arg(long)]
    pub(crate) device: Option<String>,
    /// Frames the device takes at a time
    #[arg(long, default_value_t = 256)]
    pub(crate) buffer: u32,
}

#[derive(Subcommand)]
enum Command {
    /// Bounce a patch to a WAV file, faster than real time
    Render(render::RenderArgs),
    /// Say what is wrong with patches, and where
    Check(check::CheckArgs),
    /// Play a patch without a window
    Play(play::PlayArgs),
    /// List the modules with their ports and parameters
    Modules(modules::ModulesArgs),
    /// Say what the compiler makes of a patch
    Explain(explain::ExplainArgs),
    /// Draw the canvas to a picture, without a window
    Screenshot(crate::studio::ScreenshotArgs),
    /// List sound and MIDI devices
    Devices(devices::DevicesArgs),
}

/// Runs the command that the process was started with.
#[must_use]
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        None => crate::studio::run(&cli.studio),
        Some(Command::Render(args)) => render::run(&args),
        Some(Command::Check(args)) => check::run(&args),
        Some(Command::Play(args)) => play::run(&args),
        Some(Command::Modules(args)) => modules::run(&args),
        Some(Command::Explain(args)) => explain::run(&args),
        Some(Command::Screenshot(args)) => crate::studio::screenshot(&args),
        Some(Command::Devices(args)) => devices::run(&args),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("patchlight: {}", one_line(&error));
            if error.is::<WrongUse>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

/// An error and its causes, without those that the error already tells of.
fn one_line(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |line, cause| match line.as_str() {
        "" => cause,
        told if told.contains(&cause) => line,
        told => format!("{told}: {cause}"),
    })
}

/// The command was given something that it cannot be given.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct WrongUse(pub(crate) String);

/// Opens a patch; what it says by the way goes to standard error.
pub(crate) fn open(path: &Path) -> anyhow::Result<Patch> {
    let (patch, notes) = open_patch(path, &LIBRARY)?;
    notes.iter().for_each(|note| eprintln!("{}: {note}", path.display()));
    Ok(patch)
}

/// Errors and warnings of a patch that is about to sound.
pub(crate) fn tell(path: &Path, diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics.iter().filter(|diagnostic| diagnostic.severity > patchlight_patch::Severity::Note) {
        eprintln!("{}: {diagnostic}", path.display());
    }
}

/// Prints a value as JSON on one line.
pub(crate) fn print_json(value: &impl serde::Serialize) -> anyhow::Result<ExitCode> {
    print_line(&serde_json::to_string(value)?)
}

/// Prints, and does not mind when the reader has gone (`patchlight modules | head`).
pub(crate) fn print_line(line: &str) -> anyhow::Result<ExitCode> {
    use std::io::{ErrorKind, Write};
    match writeln!(std::io::stdout().lock(), "{line}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}
