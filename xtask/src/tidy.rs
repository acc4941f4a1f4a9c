//! What no compiler checks: that files say what they are, stay small, and that the crates keep to the architecture.

use crate::manifest::{Crate, Crates};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// The longest file, in lines. Whatever is longer is two things.
const MAX_LINES: usize = 600;

/// Where our own source lies.
const SOURCE_FOLDERS: [&str; 6] = ["benches", "crates", "examples", "src", "tests", "xtask"];

/// A rule about what a crate may be built with.
struct Law {
    /// The crate, without `patchlight-`.
    krate: &'static str,
    forbidden: &'static [&'static str],
    reason: &'static str,
}

/// The column "must not use" of the table in ARCHITECTURE.md. Tests may use what they like.
const LAWS: [Law; 8] = [
    Law {
        krate: "engine",
        forbidden: &["bevy", "egui", "cpal", "midir", "patchlight-patch", "patchlight-compile", "patchlight-modules"],
        reason: "the audio thread runs a Program and knows no patch, no window and no device",
    },
    Law {
        krate: "modules",
        forbidden: &["bevy", "egui", "cpal", "midir", "patchlight-patch", "patchlight-compile"],
        reason: "a module is sound alone, so that every host can run it",
    },
    Law {
        krate: "patch",
        forbidden: &["bevy", "egui", "fundsp", "cpal", "patchlight-engine", "patchlight-modules"],
        reason: "the document is the truth, and neither the canvas nor the sound",
    },
    Law { krate: "compile", forbidden: &["bevy", "egui", "cpal", "midir"], reason: "compiling is a pure function of the patch" },
    Law { krate: "media", forbidden: &["bevy", "egui", "patchlight-patch"], reason: "files of sound are read the same for every patch" },
    Law { krate: "device", forbidden: &["bevy", "egui", "patchlight-patch"], reason: "a device plays whatever it is given" },
    Law { krate: "canvas", forbidden: &["fundsp", "cpal", "midir"], reason: "what draws never touches what sounds" },
    Law { krate: "panels", forbidden: &["bevy", "fundsp", "cpal"], reason: "panels are functions of a view, tested without a window" },
];

/// Crates that do no input or output: what is written in their source is refused.
const PURE_CRATES: [&str; 3] = ["core", "engine", "compile"];
const IO_PATHS: [&str; 3] = ["std::fs", "std::net", "std::process"];

/// All that is untidy in a clone, one line each: where, what, and what to do.
pub fn check(root: &Path, crates: &Crates) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for folder in SOURCE_FOLDERS.map(|name| root.join(name)).iter().filter(|folder| folder.is_dir()) {
        check_folder(root, folder, &mut problems)?;
    }
    for krate in &crates.0 {
        problems.extend(check_dependencies(krate));
    }
    let architecture = root.join("ARCHITECTURE.md");
    if architecture.is_file() {
        let text = fs::read_to_string(&architecture).with_context(|| format!("cannot read `{}`", architecture.display()))?;
        problems.extend(check_crate_table(&text, crates));
    }
    Ok(problems)
}

fn check_folder(root: &Path, folder: &Path, problems: &mut Vec<String>) -> Result<()> {
    let mut entries: Vec<_> = fs::read_dir(folder)?.collect::<std::io::Result<_>>()?;
    entries.sort_by_key(fs::DirEntry::path);
    for entry in entries {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() && name != "target" {
            check_folder(root, &path, problems)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
            let shown = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            problems.extend(check_source(&shown, &text));
        }
    }
    Ok(())
}

fn check_source(path: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if !text.starts_with("//! ") {
        problems.push(format!("{path}:1: the first line does not say what the file is for: begin with `//! `"));
    }
    let lines = text.lines().count();
    if lines > MAX_LINES {
        problems.push(format!("{path}: {lines} lines, and {MAX_LINES} is the most: split it by what its parts do"));
    }
    let pure = PURE_CRATES.iter().any(|name| path.starts_with(&format!("crates/{name}/src/")));
    // Tests of a pure crate may read their own files; they stand last in a file.
    let tests_from = text.lines().position(|line| line.trim() == "#[cfg(test)]").unwrap_or(lines);
    for (number, line) in (1..).zip(text.lines()) {
        // In two parts, so that this file does not find itself.
        for mark in [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("to", "do!("), concat!("unimpl", "emented!(")] {
            if has_word(line, mark) {
                problems.push(format!("{path}:{number}: `{mark}`: finish it, or open an issue and say in words what holds today"));
            }
        }
        for io in IO_PATHS.iter().filter(|io| pure && number <= tests_from && line.contains(**io)) {
            problems.push(format!("{path}:{number}: `{io}`: this crate does no input or output: let the app do it and hand the result in"));
        }
    }
    problems
}

/// Whether `word` stands in `line` with no letter before it, nor behind it.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && (word.ends_with('(') || !after.is_some_and(char::is_alphanumeric))
    })
}

fn check_dependencies(krate: &Crate) -> Vec<String> {
    let mut problems = Vec::new();
    let mut refuse = |dependency: &str, reason: &str| {
        let folder = if krate.folder.is_empty() { String::new() } else { format!("{}/", krate.folder) };
        problems.push(format!("{folder}Cargo.toml: `{}` must not use `{dependency}`: {reason}", krate.package));
    };
    let short = krate.package.strip_prefix("patchlight-").unwrap_or(&krate.package);
    for dependency in &krate.dependencies {
        if short == "core" && dependency != "serde" {
            refuse(dependency, "the vocabulary depends on serde and nothing else, so that every crate can speak it");
        }
        if dependency == "patchlight-testkit" && short != "quality" {
            refuse(dependency, "the test kit is never shipped: make it a dev-dependency");
        }
        for law in LAWS.iter().filter(|law| law.krate == short) {
            if law.forbidden.iter().any(|forbidden| is_of(dependency, forbidden)) {
                refuse(dependency, law.reason);
            }
        }
    }
    problems
}

/// Whether a package is `family`, or one of its parts (`bevy_ecs` is of `bevy`, and `bevy_egui` of `egui` too).
fn is_of(package: &str, family: &str) -> bool {
    let parts = package.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with(['_', '-']));
    parts || package.strip_suffix(family).is_some_and(|rest| rest.ends_with('_'))
}

/// Compares the table of crates in ARCHITECTURE.md with the crates that there are.
fn check_crate_table(architecture: &str, crates: &Crates) -> Vec<String> {
    let mut rows = architecture.lines().skip_while(|line| !line.trim_start().to_lowercase().starts_with("| crate "));
    if rows.next().is_none() {
        return vec!["ARCHITECTURE.md: no table whose first column is `crate`: list the crates and what each is for".to_owned()];
    }
    let listed: Vec<&str> = rows
        .take_while(|line| line.trim_start().starts_with('|'))
        .filter_map(|row| row.split('`').nth(1))
        .map(|name| name.strip_prefix("patchlight-").unwrap_or(name))
        .collect();
    let real: Vec<&str> = crates.0.iter().filter_map(|krate| krate.folder.strip_prefix("crates/")).collect();
    let mut problems = Vec::new();
    for name in real.iter().filter(|name| !listed.contains(name)) {
        problems.push(format!("ARCHITECTURE.md: the crate `{name}` is not in the table: add what it is for, and what it must not use"));
    }
    for name in listed.iter().filter(|name| !real.contains(name)) {
        problems.push(format!("ARCHITECTURE.md: the table lists `{name}`, and there is no `crates/{name}`: take it out"));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::{check, check_crate_table, check_dependencies, check_source};
    use crate::manifest::{Crate, Crates};
    use std::path::Path;

    fn krate(name: &str, dependencies: &[&str]) -> Crate {
        Crate {
            package: format!("patchlight-{name}"),
            folder: format!("crates/{name}"),
            dependencies: dependencies.iter().map(|name| (*name).to_owned()).collect(),
            dev_dependencies: vec!["bevy".to_owned(), "patchlight-testkit".to_owned()],
        }
    }

    #[test]
    fn good_source_passes() {
        assert!(check_source("src/a.rs", "//! What it is for.\n\nfn methodology() {}\n").is_empty());
        let longest = format!("//! Long.\n{}", "\n".repeat(599));
        assert!(check_source("src/a.rs", &longest).is_empty());
    }

    #[test]
    fn each_fault_of_a_file_is_found_where_it_is() {
        let faults = |text: &str| check_source("crates/core/src/a.rs", text);
        assert!(faults("fn a() {}\n")[0].starts_with("crates/core/src/a.rs:1: the first line"));
        assert!(faults("")[0].contains("begin with"));
        assert!(faults(&format!("//! Long.\n{}", "\n".repeat(600)))[0].contains("601 lines"));
        for mark in [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")] {
            let found = faults(&format!("//! A.\n\n// {mark}: later\n"));
            assert!(found.len() == 1 && found[0].starts_with("crates/core/src/a.rs:3: "), "{found:?}");
        }
        for call in [concat!("to", "do!()"), concat!("unimpl", "emented!(\"later\")")] {
            assert_eq!(faults(&format!("//! A.\nfn a() {{ {call} }}\n")).len(), 1, "{call}");
        }
        assert!(faults("//! A.\nuse std::fs;\n")[0].contains("no input or output"));
        assert!(faults("//! A.\n#[cfg(test)]\nmod tests { use std::fs; }\n").is_empty());
        assert!(check_source("crates/media/src/a.rs", "//! A.\nuse std::fs;\n").is_empty());
    }

    #[test]
    fn dependencies_against_the_law_are_refused_with_the_reason() {
        let refused = |name: &str, dependency: &str| check_dependencies(&krate(name, &["serde", dependency]));
        for (name, dependency) in [
            ("core", "thiserror"),
            ("engine", "bevy_ecs"),
            ("engine", "cpal"),
            ("engine", "patchlight-patch"),
            ("modules", "bevy_egui"),
            ("modules", "egui"),
            ("patch", "fundsp"),
            ("patch", "bevy"),
            ("compile", "cpal"),
            ("media", "patchlight-patch"),
            ("device", "bevy"),
            ("canvas", "fundsp"),
            ("panels", "bevy"),
            ("panels", "bevy_egui"),
            ("compile", "patchlight-testkit"),
        ] {
            let problems = refused(name, dependency);
            assert_eq!(problems.len(), 1, "{name} and {dependency}: {problems:?}");
            assert!(problems[0].starts_with(&format!("crates/{name}/Cargo.toml: `patchlight-{name}` must not use `{dependency}`: ")));
        }
        for (name, dependency) in [("engine", "fundsp"), ("panels", "egui"), ("canvas", "bevy"), ("device", "cpal"), ("patch", "ron")] {
            assert!(refused(name, dependency).is_empty(), "{name} may use {dependency}");
        }
    }

    #[test]
    fn the_table_of_crates_is_compared_both_ways() {
        let crates = Crates(vec![krate("core", &[]), krate("engine", &[])]);
        let table = |names: &[&str]| {
            let rows: String = names.iter().map(|name| format!("| `{name}` | things | - | - |\n")).collect();
            format!(
                "# Architecture\n\n| crate | for | may use | must not use |\n|---|---|---|---|\n{rows}\n`src/` is the app.\n\n| `other` | table |\n"
            )
        };
        assert!(check_crate_table(&table(&["core", "patchlight-engine"]), &crates).is_empty());
        assert!(check_crate_table(&table(&["core"]), &crates)[0].contains("`engine` is not in the table"));
        assert!(check_crate_table(&table(&["core", "engine", "ghost"]), &crates)[0].contains("no `crates/ghost`"));
        assert!(check_crate_table("# Architecture\n", &crates)[0].contains("no table"));
    }

    #[test]
    fn this_clone_can_be_walked() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the clone");
        let crates = Crates::read(root).expect("manifests");
        assert!(crates.0.len() >= 3 && crates.0[0].package == "patchlight");
        check(root, &crates).expect("every source file can be read");
    }
}
