//! Prints the table of [`patchlight_quality::all`] as Markdown. Ends with 1 where a bar is missed.

use std::io::Write;
use std::process::ExitCode;

const HEAD: &str = "# Quality

How the modules sound, measured on rendered samples against formulas: `cargo xtask quality` writes this table, and fails where a bar is missed. The
measurements are in `crates/quality`; its tests try each on a module that is bad on purpose. Aliases are what is no harmonic below 20 kHz.

| module | what | figure | bar | |
|---|---|--:|--:|---|
";

fn main() -> ExitCode {
    let figures = patchlight_quality::all();
    let mut out = std::io::stdout().lock();
    let mut text = HEAD.to_owned();
    figures.iter().for_each(|figure| text.push_str(&format!("{figure}\n")));
    let written = out.write_all(text.as_bytes());
    let missed = figures.iter().filter(|figure| !figure.is_met()).count();
    if missed > 0 {
        eprintln!("{missed} of {} bars are missed", figures.len());
    }
    if written.is_ok() && missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
