//! `patchlight check`: loads and compiles, and prints every diagnostic.

use crate::samples::SampleLibrary;
use clap::Args;
use patchlight_compile::{Compiler, StreamSpec};
use patchlight_engine::EngineConfig;
use patchlight_modules::LIBRARY;
use patchlight_patch::{Diagnostic, Severity, open_patch};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct CheckArgs {
    /// Patch files
    #[arg(required = true)]
    patches: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Checked {
    patch: PathBuf,
    ok: bool,
    /// Why the file could not be read at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    diagnostics: Vec<Diagnostic>,
}

pub(crate) fn run(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let checked: Vec<Checked> = args.patches.iter().map(|path| check(path)).collect();
    if args.json {
        super::print_json(&checked)?;
    } else {
        checked.iter().try_for_each(print)?;
    }
    Ok(if checked.iter().all(|patch| patch.ok) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn check(path: &Path) -> Checked {
    match open_patch(path, &LIBRARY) {
        Err(error) => Checked { patch: path.to_owned(), ok: false, error: Some(error.to_string()), diagnostics: Vec::new() },
        Ok((patch, mut diagnostics)) => {
            let rate = 48_000;
            let samples = SampleLibrary::beside(path, rate);
            let mut compiler = Compiler::new(StreamSpec::offline(rate as f32), EngineConfig::new(rate as f32));
            for found in compiler.update(&patch, &samples).diagnostics {
                if !diagnostics.contains(&found) {
                    diagnostics.push(found);
                }
            }
            let ok = !diagnostics.iter().any(Diagnostic::is_error);
            Checked { patch: path.to_owned(), ok, error: None, diagnostics }
        }
    }
}

fn print(checked: &Checked) -> anyhow::Result<()> {
    let path = checked.patch.display();
    if let Some(error) = &checked.error {
        eprintln!("error: {error}");
    }
    for diagnostic in &checked.diagnostics {
        eprintln!("{path}: {diagnostic}");
    }
    let count = |severity| checked.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    if checked.error.is_none() {
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        super::print_line(&format!(
            "{path}: {}",
            if errors + warnings == 0 { "ok".to_owned() } else { format!("{errors} errors, {warnings} warnings") }
        ))?;
    }
    Ok(())
}
