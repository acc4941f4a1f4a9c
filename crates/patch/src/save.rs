//! Saving so that a file is either the old one or the new one, never half of both.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A file could not be written. What was there before is untouched.
#[derive(Debug, thiserror::Error)]
#[error("cannot save {}: {}. The file is as it was before. {}", path.display(), source, help(source.kind()))]
pub struct SaveError {
    pub path: PathBuf,
    pub source: io::Error,
}

fn help(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "The disk is full: free some space, or save to another disk.",
        io::ErrorKind::PermissionDenied => "You may not write there: save to a folder of your own.",
        io::ErrorKind::ReadOnlyFilesystem => "That disk is read-only: save to another one.",
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => "The folder does not exist: make it, or save elsewhere.",
        io::ErrorKind::IsADirectory => "There is a folder of that name: take another name.",
        _ => "Try again, or save elsewhere.",
    }
}

/// Writes a patch to a file: beside it first, down to the disk, then into its place.
///
/// # Errors
/// When the disk is full, the folder is missing and the like. The file is then as it was.
pub fn save_patch(path: &Path, text: &str) -> Result<(), SaveError> {
    write_beside(path, |file| file.write_all(text.as_bytes()))
}

/// Writes any file in the same safe way. `write` gets a new, empty file.
///
/// # Errors
/// When `write` fails, or the file cannot be made, flushed or renamed. The target is then as it was, and nothing is left beside it.
pub fn write_beside(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), SaveError> {
    let failed = |source| SaveError { path: path.to_owned(), source };
    // A link stays a link: what it points to is replaced.
    let target = if path.is_symlink() { fs::canonicalize(path).map_err(failed)? } else { path.to_owned() };
    if target.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    let beside = name_beside(&target).ok_or_else(|| failed(io::ErrorKind::InvalidFilename.into()))?;
    let result = fill(&beside, &target, write).and_then(|()| fs::rename(&beside, &target));
    if let Err(error) = result {
        // The first error is the one to report; what cannot be removed now is only litter.
        let _ = fs::remove_file(&beside);
        return Err(failed(error));
    }
    sync_folder(&target);
    Ok(())
}

/// `.name.ron.1234-0.tmp` in the folder of `name.ron`: the same disk, so that renaming is one step.
fn name_beside(target: &Path) -> Option<PathBuf> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut name = std::ffi::OsString::from(".");
    name.push(target.file_name()?);
    name.push(format!(".{}-{}.tmp", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    Some(target.with_file_name(name))
}

fn fill(beside: &Path, target: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(beside)?;
    if let Ok(here) = fs::metadata(target) {
        file.set_permissions(here.permissions())?;
    }
    write(&mut file)?;
    file.sync_all()
}

/// Brings the renaming itself down to the disk. The file is complete either way, so a system that cannot do it is no failure.
fn sync_folder(target: &Path) {
    #[cfg(unix)]
    {
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
    #[cfg(not(unix))]
    let _ = target;
}

#[cfg(test)]
mod tests {
    use super::{save_patch, write_beside};
    use std::fs;
    use std::io::{self, Write};

    fn names(folder: &std::path::Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_file_is_made_and_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("bass.ron");
        save_patch(&path, "first, and longer").expect("saves");
        save_patch(&path, "second").expect("saves again");
        assert_eq!(fs::read_to_string(&path).expect("reads"), "second");
        assert_eq!(names(folder.path()), ["bass.ron"]);
    }

    #[test]
    fn a_full_disk_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("bass.ron");
        save_patch(&path, "the old one").expect("saves");
        let error = write_beside(&path, |file| {
            file.write_all(b"half of the n")?;
            Err(io::ErrorKind::StorageFull.into())
        })
        .expect_err("the disk is full");
        assert!(error.to_string().contains("bass.ron") && error.to_string().contains("disk is full"), "{error}");
        assert_eq!(fs::read_to_string(&path).expect("reads"), "the old one");
        assert_eq!(names(folder.path()), ["bass.ron"]);
    }

    #[test]
    fn a_missing_folder_and_a_folder_in_the_way_are_said() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = save_patch(&folder.path().join("gone/bass.ron"), "x").expect_err("no such folder");
        assert!(error.to_string().contains("The folder does not exist"), "{error}");
        let error = save_patch(folder.path(), "x").expect_err("a folder");
        assert!(error.to_string().contains("There is a folder of that name"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().expect("a folder");
        let (real, link) = (folder.path().join("real.ron"), folder.path().join("link.ron"));
        save_patch(&real, "old").expect("saves");
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).expect("permissions");
        symlink(&real, &link).expect("a link");
        save_patch(&link, "new").expect("saves through the link");
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&real).expect("reads"), "new");
        assert_eq!(fs::metadata(&real).expect("metadata").permissions().mode() & 0o777, 0o640);
    }
}
