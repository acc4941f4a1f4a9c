//! What stands for the studio where the program is built without it: says so.

use crate::cli::StudioArgs;
use clap::Args;
use std::process::ExitCode;

/// `patchlight screenshot`, whatever it is given.
#[derive(Args)]
pub(crate) struct ScreenshotArgs {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    _any: Vec<String>,
}

const MISSING: &str = "built without the studio: build with `cargo build --features studio`, or see `patchlight --help` for the commands";

pub(crate) fn run(_: &StudioArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!(MISSING)
}

pub(crate) fn screenshot(_: &ScreenshotArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!(MISSING)
}
