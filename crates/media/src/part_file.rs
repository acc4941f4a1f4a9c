//! A file that is written beside its target and takes its place only when it is complete.

use crate::error::MediaError;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A file being written. [`PartFile::finish`] puts it in the place of its target; dropped before, it vanishes and the target stays as it was.
#[derive(Debug)]
pub struct PartFile {
    file: File,
    target: PathBuf,
    part: PathBuf,
    finished: bool,
}

impl PartFile {
    /// Begins a file that will be `target`, in the same folder under a hidden name.
    ///
    /// # Errors
    /// When the folder does not exist or cannot be written, or when `target` exists and is no ordinary file.
    pub fn create(target: impl AsRef<Path>) -> Result<Self, MediaError> {
        let named = target.as_ref();
        let target = match fs::metadata(named) {
            Ok(meta) if meta.is_dir() => return Err(MediaError::Folder { path: named.to_owned() }),
            Ok(meta) if !meta.is_file() => return Err(MediaError::NotAFile { path: named.to_owned() }),
            // Through a link, so that the link stays a link.
            Ok(_) => fs::canonicalize(named).map_err(|source| MediaError::writing(named, source))?,
            Err(_) => named.to_owned(),
        };
        let name = target.file_name().ok_or_else(|| MediaError::Folder { path: named.to_owned() })?.to_string_lossy().into_owned();
        let folder = match target.parent() {
            Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
            Some(folder) => folder,
            None => Path::new("/"),
        };
        if !folder.is_dir() {
            return Err(MediaError::NoFolder { path: named.to_owned(), folder: folder.to_owned() });
        }
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let part = folder.join(format!(".{name}.{}-{}.part", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
        let file = OpenOptions::new().write(true).create_new(true).open(&part).map_err(|source| MediaError::writing(named, source))?;
        Ok(Self { file, target, part, finished: false })
    }

    /// The path the file will have.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Writes over what was written first.
    pub(crate) fn write_first(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(bytes)
    }

    /// Waits until everything is on the disk, then puts the file in the place of its target.
    ///
    /// # Errors
    /// When the disk is full or fails; the target is then as it was.
    pub fn finish(mut self) -> Result<(), MediaError> {
        self.file
            .sync_all()
            .and_then(|()| fs::rename(&self.part, &self.target))
            .map_err(|source| MediaError::writing(&self.target, source))?;
        self.finished = true;
        Ok(())
    }
}

impl Write for PartFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if !self.finished {
            // Nobody is left to tell: at worst a hidden file stays behind.
            let _ = fs::remove_file(&self.part);
        }
    }
}
