//! The studio: the window, the session behind it, and the picture of the canvas.

use crate::cli::StudioArgs;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// `patchlight screenshot`.
#[derive(Args)]
pub struct ScreenshotArgs {
    patch: PathBuf,
    /// The PNG file to write
    #[arg(short)]
    out: PathBuf,
    /// Width and height in pixels
    #[arg(long, default_value = "1600x1000")]
    size: String,
}

pub(crate) fn run(_args: &StudioArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!("no window in this build")
}

pub(crate) fn screenshot(_args: &ScreenshotArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!("no window in this build")
}
