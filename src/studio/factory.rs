//! The patches that come with the program.

use patchlight_modules::LIBRARY;
use patchlight_patch::{Patch, open_patch, read_patch};
use std::path::{Path, PathBuf};

/// Built in, so that there is always something to hear.
const STARTER: &str = include_str!("../../patches/first_light.ron");

/// A patch of the folder.
#[derive(Clone, Debug)]
pub struct Factory {
    pub path: PathBuf,
    pub id: String,
    pub name: String,
    pub about: String,
}

/// The starter patch.
///
/// # Panics
/// Never: a test reads it.
#[must_use]
pub fn starter() -> Patch {
    read_patch(STARTER, &LIBRARY).expect("the starter patch is part of the program").0
}

/// Where patches are: beside the program, in the system's shared data, in this folder, or in the clone it was built from.
#[must_use]
pub fn folder() -> PathBuf {
    let beside = std::env::current_exe().ok().and_then(|program| program.parent().map(Path::to_path_buf)).unwrap_or_default();
    let places = [beside.join("patches"), beside.join("../share/patchlight/patches"), PathBuf::from("patches")];
    let clone = Path::new(env!("CARGO_MANIFEST_DIR")).join("patches");
    places.into_iter().find(|place| place.join("first_light.ron").is_file()).unwrap_or(clone)
}

/// The patches of the folder, by name. Those that cannot be read are left out: `patchlight check` says why.
#[must_use]
pub fn list(folder: &Path) -> Vec<Factory> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<Factory> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "ron"))
        .filter_map(|path| {
            let (patch, _) = open_patch(&path, &LIBRARY).ok()?;
            let id = path.file_stem()?.to_string_lossy().into_owned();
            Some(Factory { path, id, name: patch.name, about: patch.about })
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

#[cfg(test)]
mod tests {
    use super::starter;

    #[test]
    fn the_starter_is_read() {
        assert!(!starter().modules.is_empty());
    }
}
