//! The crates of the workspace and what each depends on, read from their manifests.
//!
//! As much of TOML as our own manifests use; `cargo metadata` would tell the same, by way of a JSON parser that would slow this
//! program's first build.

use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// One crate of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crate {
    /// `patchlight-core`.
    pub package: String,
    /// Where it lies in the clone, with `/`: `crates/core`; empty for the app at the root.
    pub folder: String,
    /// Names of the packages it is built with.
    pub dependencies: Vec<String>,
    /// Names of the packages that only its tests use.
    pub dev_dependencies: Vec<String>,
}

/// All crates of the workspace, the app first.
pub struct Crates(pub Vec<Crate>);

impl Crates {
    /// Reads all manifests of the clone.
    pub fn read(root: &Path) -> Result<Self> {
        let mut folders = vec![String::new(), "xtask".to_owned()];
        let crates = root.join("crates");
        for entry in fs::read_dir(&crates).with_context(|| format!("cannot read the folder `{}`", crates.display()))? {
            let entry = entry?;
            if entry.path().join("Cargo.toml").is_file() {
                folders.push(format!("crates/{}", entry.file_name().to_string_lossy()));
            }
        }
        folders.sort();
        let mut all = Vec::new();
        for folder in folders {
            let path = root.join(&folder).join("Cargo.toml");
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
            all.push(parse(&folder, &text).with_context(|| format!("`{}` has no package name", path.display()))?);
        }
        Ok(Self(all))
    }

    /// The names of the packages that use `dependency`, themselves or through crates of the workspace.
    pub fn that_reach(&self, dependency: &str) -> Vec<&str> {
        let mut reached = vec![dependency];
        loop {
            let next = self.0.iter().map(|one| (one.package.as_str(), one));
            let mut next = next.filter(|(name, one)| !reached.contains(name) && one.uses().any(|used| reached.contains(&used)));
            match next.next() {
                Some((name, _)) => reached.push(name),
                None => break,
            }
        }
        self.0.iter().map(|one| one.package.as_str()).filter(|name| reached.contains(name)).collect()
    }
}

impl Crate {
    fn uses(&self) -> impl Iterator<Item = &str> {
        self.dependencies.iter().chain(&self.dev_dependencies).map(String::as_str)
    }
}

/// What a manifest says; `None` without a package name.
pub fn parse(folder: &str, manifest: &str) -> Option<Crate> {
    let mut package = None;
    let (mut dependencies, mut dev_dependencies) = (Vec::new(), Vec::new());
    let mut section = String::new();
    for line in manifest.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.trim().to_owned();
            // `[dependencies.bevy]` begins a table of its own.
            if let Some((table, name)) = section.rsplit_once('.')
                && let Some(list) = list_for(table, &mut dependencies, &mut dev_dependencies)
            {
                list.push(unquoted(name));
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        if section == "package" && key.trim() == "name" {
            package = Some(unquoted(value));
        } else if let Some(list) = list_for(&section, &mut dependencies, &mut dev_dependencies) {
            // Under another name it is still the same package.
            let real = value.split_once("package").and_then(|(_, rest)| rest.split('"').nth(1));
            let name = key.split('.').next().unwrap_or(key);
            list.push(real.map_or_else(|| unquoted(name), str::to_owned));
        }
    }
    Some(Crate { package: package?, folder: folder.to_owned(), dependencies, dev_dependencies })
}

fn list_for<'a>(section: &str, normal: &'a mut Vec<String>, dev: &'a mut Vec<String>) -> Option<&'a mut Vec<String>> {
    // The last part, behind any `target.'cfg(…)'.`
    match section.rsplit('.').next()? {
        _ if section.starts_with("workspace") => None,
        "dependencies" | "build-dependencies" => Some(normal),
        "dev-dependencies" => Some(dev),
        _ => None,
    }
}

fn unquoted(text: &str) -> String {
    text.trim().trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Crate, Crates, parse};

    const MANIFEST: &str = r#"
[workspace.dependencies]
not-mine = "1"

[package]
name = "patchlight-engine"
version.workspace = true

[dependencies]
patchlight-core.workspace = true
fundsp = { version = "0.23" } # units
# commented = "1"
loops = { package = "petgraph", version = "0.8" }

[target.'cfg(unix)'.dependencies]
libc = "0.2"

[dependencies.ringbuf]
version = "0.6"

[dev-dependencies]
proptest.workspace = true
"#;

    #[test]
    fn a_manifest_is_read() {
        let engine = parse("crates/engine", MANIFEST).expect("it has a name");
        assert_eq!(engine.package, "patchlight-engine");
        assert_eq!(engine.dependencies, ["patchlight-core", "fundsp", "petgraph", "libc", "ringbuf"]);
        assert_eq!(engine.dev_dependencies, ["proptest"]);
        assert_eq!(parse("", "[workspace]"), None);
    }

    #[test]
    fn reach_goes_through_the_workspace() {
        let one = |name: &str, uses: &str| Crate {
            package: name.to_owned(),
            folder: String::new(),
            dependencies: vec![uses.to_owned()],
            dev_dependencies: Vec::new(),
        };
        let crates = Crates(vec![one("app", "canvas"), one("canvas", "bevy"), one("core", "serde")]);
        assert_eq!(crates.that_reach("bevy"), ["app", "canvas"]);
        assert_eq!(crates.that_reach("serde"), ["core"]);
    }
}
