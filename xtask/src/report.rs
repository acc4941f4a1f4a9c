//! The steps of a check: each is named, timed, and listed at the end.

use std::fmt::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Passed,
    /// Why, in one line.
    Failed(String),
    /// Why.
    Skipped(String),
}

impl From<anyhow::Result<()>> for Outcome {
    fn from(result: anyhow::Result<()>) -> Self {
        match result {
            Ok(()) => Self::Passed,
            Err(error) => Self::Failed(format!("{error:#}")),
        }
    }
}

/// The steps so far.
#[derive(Default)]
pub struct Report {
    steps: Vec<(&'static str, Duration, Outcome)>,
}

impl Report {
    /// Runs a step. The steps behind a failed one run all the same: one run shows all that is wrong.
    pub fn step<T: Into<Outcome>>(&mut self, name: &'static str, work: impl FnOnce() -> T) {
        println!("\n── {name}");
        let start = Instant::now();
        let outcome = work().into();
        let took = start.elapsed();
        println!("── {}", line(name, took, &outcome));
        self.steps.push((name, took, outcome));
    }

    /// All steps in order, and what to make of them.
    fn summary(&self) -> String {
        let mut text = String::from("\nSummary\n");
        for (name, took, outcome) in &self.steps {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {}", line(name, *took, outcome));
        }
        let failed: Vec<&str> = self.failed().collect();
        text.push_str(&if failed.is_empty() {
            "All checks that ran are fine.".to_owned()
        } else {
            format!("FAILED: {}", failed.join(", "))
        });
        text
    }

    fn failed(&self) -> impl Iterator<Item = &'static str> {
        self.steps.iter().filter(|(.., outcome)| matches!(outcome, Outcome::Failed(_))).map(|(name, ..)| *name)
    }

    /// Prints the summary; the exit code is a failure if any step failed.
    pub fn finish(&self) -> ExitCode {
        println!("{}", self.summary());
        if self.failed().next().is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

fn line(name: &str, took: Duration, outcome: &Outcome) -> String {
    let (word, why) = match outcome {
        Outcome::Passed => ("ok", ""),
        Outcome::Failed(why) => ("FAILED", why.as_str()),
        Outcome::Skipped(why) => ("skipped", why.as_str()),
    };
    format!("{name:<10} {:>8.1} s  {word}{}{why}", took.as_secs_f64(), if why.is_empty() { "" } else { ": " })
}

#[cfg(test)]
mod tests {
    use super::{Outcome, Report};
    use std::process::ExitCode;

    #[test]
    fn one_failure_fails_the_whole_and_the_rest_still_runs() {
        let mut report = Report::default();
        let mut ran = 0;
        report.step("format", || {
            ran += 1;
            Outcome::Passed
        });
        report.step("tests", || Err(anyhow::anyhow!("`cargo test` failed")));
        report.step("typos", || {
            ran += 1;
            Outcome::Skipped("not installed".to_owned())
        });
        assert_eq!(ran, 2);
        let summary = report.summary();
        assert!(summary.ends_with("FAILED: tests"), "{summary}");
        assert!(summary.contains("FAILED: `cargo test` failed") && summary.contains("skipped: not installed"), "{summary}");
        assert_eq!(format!("{:?}", report.finish()), format!("{:?}", ExitCode::FAILURE));
    }

    #[test]
    fn a_skipped_step_is_no_failure() {
        let mut report = Report::default();
        report.step("typos", || Outcome::Skipped("not installed".to_owned()));
        assert_eq!(format!("{:?}", report.finish()), format!("{:?}", ExitCode::SUCCESS));
    }
}
