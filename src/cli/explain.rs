//! `patchlight explain`: what the compiler made of a patch.

use crate::samples::SampleLibrary;
use clap::Args;
use patchlight_compile::{Compiler, StreamSpec};
use patchlight_engine::EngineConfig;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct ExplainArgs {
    patch: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &ExplainArgs) -> anyhow::Result<ExitCode> {
    let patch = super::open(&args.patch)?;
    let rate = 48_000;
    let mut compiler = Compiler::new(StreamSpec::offline(rate as f32), EngineConfig::new(rate as f32));
    let update = compiler.update(&patch, &SampleLibrary::beside(&args.patch, rate));
    super::tell(&args.patch, &update.diagnostics);
    let explain = compiler.explain();
    if args.json { super::print_json(&explain) } else { super::print_line(&explain.to_string()) }
}
