//! Modules of the user's own: parts of patches, each saved as a patch, in the user's data folder.

use super::folders::file_stem;
use patchlight_core::ModuleId;
use patchlight_modules::LIBRARY;
use patchlight_panels::SavedModule;
use patchlight_patch::{Edit, Fragment, GroupId, OpenError, Pasted, Patch, SaveError, open_patch, save_patch, write_patch};
use std::path::{Path, PathBuf};

/// All of a folder, by name. What cannot be read is left out and stays as it is.
#[must_use]
pub fn list(folder: &Path) -> Vec<SavedModule> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let ours = entries.filter(|path| path.extension().is_some_and(|ending| ending == "ron"));
    let mut found: Vec<SavedModule> =
        ours.filter_map(|path| open_patch(&path, &LIBRARY).ok().map(|(patch, _)| SavedModule { name: patch.name, path })).collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// Keeps modules and groups under a name; one of the same name is replaced.
///
/// # Errors
/// When the folder or the file cannot be written.
pub fn save(folder: &Path, patch: &Patch, modules: &[ModuleId], name: &str) -> Result<PathBuf, SaveError> {
    let path = folder.join(format!("{}.ron", file_stem(name)));
    // Whether that worked shows when the file is written.
    std::fs::create_dir_all(folder).ok();
    let Fragment { modules, cables, groups } = patch.fragment(modules);
    let kept = Patch { name: name.to_owned(), modules, cables, groups, ..Patch::default() };
    save_patch(&path, &write_patch(&kept, &LIBRARY))?;
    Ok(path)
}

/// What to do to add one at a place: a group of its name, also where it was not one when it was saved.
///
/// # Errors
/// When the file cannot be read or is no patch.
pub fn add(path: &Path, patch: &Patch, at: [f32; 2], level: Option<&GroupId>) -> Result<Option<Pasted>, OpenError> {
    let (saved, _) = open_patch(path, &LIBRARY)?;
    let fragment = Fragment { modules: saved.modules, cables: saved.cables, groups: saved.groups };
    let Some(corner) = fragment.corner() else { return Ok(None) };
    let pasted = patch.paste(&fragment, [at[0] - corner[0], at[1] - corner[1]], level);
    if matches!(pasted.ids.as_slice(), [_]) {
        return Ok(Some(pasted));
    }
    let mut with = patch.clone();
    let grouped = match with.apply(pasted.edit.clone()) {
        Ok(_) => with.make_group(&pasted.ids, &saved.name, level),
        Err(_) => None,
    };
    Ok(Some(match grouped {
        Some((edit, group)) => Pasted { edit: Edit::Batch(vec![pasted.edit, edit]), ids: vec![group] },
        None => pasted,
    }))
}

#[cfg(test)]
mod tests {
    use super::{add, list, save};
    use patchlight_core::ModuleId;
    use patchlight_patch::{Edit, Module, Patch};

    #[test]
    fn modules_are_kept_found_and_added_as_one() {
        let folder = std::env::temp_dir().join(format!("patchlight_modules_{}", std::process::id()));
        let mut patch = Patch::default();
        for (id, kind) in [("osc", "osc.analog"), ("filter", "filter.ladder")] {
            patch.apply(Edit::add(id, Module::new(kind, [0.0, 0.0]))).expect("adds");
        }
        let ids: Vec<ModuleId> = patch.modules.keys().cloned().collect();
        let path = save(&folder, &patch, &ids, "Dark voice").expect("a file");
        let found = list(&folder);
        let added = add(&path, &patch, [100.0, 200.0], None).expect("a patch").expect("something");
        std::fs::remove_dir_all(&folder).ok();
        assert_eq!((found.len(), found[0].name.as_str()), (1, "Dark voice"));
        patch.apply(added.edit).expect("fits");
        assert_eq!((patch.modules.len(), added.ids[0].as_str()), (4, "dark_voice"));
        assert_eq!(patch.groups["dark_voice"].at, [100.0, 200.0]);
    }
}
