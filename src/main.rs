//! The `patchlight` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    patchlight::cli::run()
}
