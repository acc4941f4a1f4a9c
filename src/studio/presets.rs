//! Presets that the user saved: each a patch of one module, in the user's data folder.

use super::folders::file_stem;
use patchlight_modules::LIBRARY;
use patchlight_panels::UserPreset;
use patchlight_patch::{Module, Patch, SaveError, open_patch, save_patch, write_patch};
use std::path::{Path, PathBuf};

/// All of a folder, by name. What cannot be read is left out and stays as it is.
#[must_use]
pub fn list(folder: &Path) -> Vec<UserPreset> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<UserPreset> = entries
        .filter(|path| path.extension().is_some_and(|ending| ending == "ron"))
        .filter_map(|path| {
            let (patch, _) = open_patch(&path, &LIBRARY).ok()?;
            let module = patch.modules.values().next()?.clone();
            Some(UserPreset { name: patch.name, tags: patch.tags, module, path })
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// Keeps a module's settings. One of the same name and kind is replaced.
///
/// # Errors
/// When the folder or the file cannot be written.
pub fn save(folder: &Path, module: &Module, name: &str, tags: Vec<String>) -> Result<PathBuf, SaveError> {
    let path = folder.join(format!("{}-{}.ron", module.kind, file_stem(name)));
    // Whether that worked shows when the file is written.
    std::fs::create_dir_all(folder).ok();
    let mut patch = Patch { name: name.to_owned(), tags, ..Patch::default() };
    let Module { kind, params, data, .. } = module.clone();
    patch.modules.insert(patch.fresh_id(&kind), Module { params, data, ..Module::new(kind, [0.0, 0.0]) });
    save_patch(&path, &write_patch(&patch, &LIBRARY))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::{list, save};
    use patchlight_patch::Module;

    #[test]
    fn a_preset_is_kept_found_and_replaced() {
        let folder = std::env::temp_dir().join(format!("patchlight_presets_{}", std::process::id()));
        let module = Module::new("filter.svf", [10.0, 20.0]).with_param("cutoff_hz", 300.0);
        save(&folder, &module, "My bass", vec!["bass".to_owned()]).expect("a file");
        save(&folder, &module.with_param("cutoff_hz", 200.0), "My bass", Vec::new()).expect("a file");
        let found = list(&folder);
        std::fs::remove_dir_all(&folder).ok();
        assert_eq!((found.len(), found[0].name.as_str(), found[0].module.params["cutoff_hz"]), (1, "My bass", 200.0));
    }
}
