//! Development commands: `cargo xtask run` opens the studio, `cargo xtask test` checks everything.
//!
//! Both begin with what a fresh machine lacks, so that a clone and Rust are all that anyone needs. This crate must therefore build
//! without any system library, and in seconds.

mod bench;
mod format;
mod machine;
mod manifest;
mod packages;
mod pictures;
mod quality;
mod report;
mod run;
mod test;
mod tidy;
mod workspace;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "xtask", bin_name = "cargo xtask", about = "Development commands of Patchlight")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what is missing, build, and open the studio; without a display, render the starter patch instead
    Run(run::RunArguments),
    /// Install what is missing, and check everything: tidiness, format, lints, tests
    Test(test::TestArguments),
    /// Format the source, the files of the catalogue included
    Format,
    /// Measure what units, compiling, swapping and whole patches cost, alone or beside other engines
    Bench(bench::BenchArguments),
    /// Write the benchmark workloads to patches/bench anew
    BenchPatches,
    /// Measure every bar that modules are held to, and keep the table as docs/quality.md
    Quality,
    /// Draw the pictures of the documentation anew, in docs/pictures
    Pictures,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Run(arguments) => run::run(&arguments),
        Task::Test(arguments) => test::test(&arguments),
        Task::Format => format::format(),
        Task::Bench(arguments) => bench::bench(&arguments),
        Task::BenchPatches => bench::patches(),
        Task::Quality => quality::quality(),
        Task::Pictures => pictures::pictures(),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Arguments, Task};
    use clap::{CommandFactory, Parser};

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn what_is_behind_the_dashes_goes_to_the_studio() {
        let arguments =
            Arguments::try_parse_from(["xtask", "run", "--yes", "--release", "--", "render", "a.ron", "--yes"]).expect("right use");
        let Task::Run(run) = arguments.task else { panic!("not `run`") };
        assert!(run.yes && run.release);
        assert_eq!(run.studio, ["render", "a.ron", "--yes"]);
        assert!(Arguments::try_parse_from(["xtask", "run", "render"]).is_err(), "without the dashes it is wrong use");
        assert!(Arguments::try_parse_from(["xtask"]).is_err());
    }

    #[test]
    fn bench_takes_a_kit_or_a_filter() {
        let Task::Bench(bench) = Arguments::try_parse_from(["xtask", "bench", "--peers", "kit"]).expect("right use").task else {
            panic!("not `bench`")
        };
        assert_eq!((bench.peers, bench.rounds, bench.filter), (Some("kit".into()), 5, None));
    }

    #[test]
    fn test_takes_its_flags() {
        let Task::Test(test) = Arguments::try_parse_from(["xtask", "test", "--fast"]).expect("right use").task else {
            panic!("not `test`")
        };
        assert!(test.fast && !test.yes);
    }
}
