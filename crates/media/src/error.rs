//! What can go wrong with a media file: each error is one line that names the file, what is wrong and what to do.

use std::io;
use std::path::{Path, PathBuf};

/// Why a file was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    #[error("`{}` does not exist: check the spelling, or where the file was moved to", .path.display())]
    Missing { path: PathBuf },
    #[error("`{}` is a folder: name a file inside it", .path.display())]
    Folder { path: PathBuf },
    #[error("`{}` is not an ordinary file: name a file on disk", .path.display())]
    NotAFile { path: PathBuf },
    #[error("`{}` is empty (0 bytes): copy or export it again", .path.display())]
    Empty { path: PathBuf },
    #[error("`{}` cannot be read ({source}): check its permissions and its disk", .path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("`{}` is too long to load whole ({detail}): cut it into shorter files", .path.display())]
    TooLong { path: PathBuf, detail: String },
    #[error("`{}` is not an audio file that can be read here: convert it to WAV, AIFF, FLAC, OGG Vorbis or MP3", .path.display())]
    NotAudio { path: PathBuf },
    #[error("`{}` is a broken {kind} file ({detail}): export it again, or repair it in an audio editor", .path.display())]
    Broken { path: PathBuf, kind: &'static str, detail: String },
    #[error("`{}` is a {kind} file without any sound in it: export it again", .path.display())]
    NoSound { path: PathBuf, kind: &'static str },
    #[error("`{}` is not a MIDI file: export the song as a standard MIDI file (.mid)", .path.display())]
    NotMidi { path: PathBuf },
    #[error("`{}` is a broken MIDI file ({detail}): export it again as a standard MIDI file of format 0 or 1", .path.display())]
    BrokenMidi { path: PathBuf, detail: String },
    #[error("cannot write `{}`: the folder `{}` does not exist: create it, or choose another", .path.display(), .folder.display())]
    NoFolder { path: PathBuf, folder: PathBuf },
    #[error("cannot write `{}`: the disk is full: free some space or choose another disk (nothing was overwritten)", .path.display())]
    DiskFull { path: PathBuf },
    #[error("cannot write `{}` ({source}): check the folder's permissions (nothing was overwritten)", .path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot write `{}`: a WAV file ends at 4 GiB: write fewer seconds, or fewer bits (nothing was overwritten)", .path.display())]
    WavTooLong { path: PathBuf },
    #[error("cannot write `{}`: {detail}", .path.display())]
    Unwritable { path: PathBuf, detail: String },
}

impl MediaError {
    /// Sorts a reading error of the system into its kind.
    pub(crate) fn reading(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::Missing { path },
            io::ErrorKind::IsADirectory => Self::Folder { path },
            _ => Self::Read { path, source },
        }
    }

    /// Sorts a writing error of the system into its kind.
    pub(crate) fn writing(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => Self::DiskFull { path },
            _ => Self::Write { path, source },
        }
    }
}

/// Reads a whole file of at most `max_bytes`.
pub(crate) fn read_whole(path: &Path, max_bytes: u64) -> Result<Vec<u8>, MediaError> {
    let meta = std::fs::metadata(path).map_err(|source| MediaError::reading(path, source))?;
    let path_buf = || path.to_owned();
    if meta.is_dir() {
        return Err(MediaError::Folder { path: path_buf() });
    }
    if !meta.is_file() {
        return Err(MediaError::NotAFile { path: path_buf() });
    }
    if meta.len() == 0 {
        return Err(MediaError::Empty { path: path_buf() });
    }
    if meta.len() > max_bytes {
        return Err(MediaError::TooLong { path: path_buf(), detail: format!("{} MB", meta.len() / 1_000_000) });
    }
    std::fs::read(path).map_err(|source| MediaError::reading(path, source))
}
