//! Patch files: RON, version 1. `docs/patch-format.md` describes them; why they are so is in `docs/adr/0003-patch-format.md`.
//!
//! ```text
//! text ──node──► names and pieces of text, with their lines ──read──► Patch ──write──► text
//! ```
//!
//! **Invariant:** `write(read(text)) == text` for every text that [`write_patch`] made, whatever library made it.

mod comments;
mod literal;
mod node;
mod read;
mod write;

pub use read::read_patch;
pub use write::write_patch;

use crate::diagnostic::Diagnostic;
use crate::patch::Patch;
use patchlight_core::Library;
use std::path::{Path, PathBuf};

/// The version that [`write_patch`] writes and that [`read_patch`] knows entirely.
pub const FORMAT_VERSION: u32 = 1;

/// The text is not a patch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}. {help}")]
pub struct FormatError {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong, without a full stop.
    pub problem: String,
    /// What to do next.
    pub help: String,
}

/// A patch file could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("cannot open {}: {source}. Check the name, and that you may read it", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{}: {error}", path.display())]
    Format { path: PathBuf, error: FormatError },
}

/// Reads a patch file.
///
/// # Errors
/// When the file cannot be read, or is not a patch; see [`read_patch`].
pub fn open_patch(path: &Path, library: &Library) -> Result<(Patch, Vec<Diagnostic>), OpenError> {
    let bytes = std::fs::read(path).map_err(|source| OpenError::Read { path: path.to_owned(), source })?;
    let text = text_from(&bytes);
    text.and_then(|text| read_patch(text, library)).map_err(|error| OpenError::Format { path: path.to_owned(), error })
}

fn text_from(bytes: &[u8]) -> Result<&str, FormatError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let (line, column) = node::position(&good);
        let help = "It is damaged, or another sort of file: open a copy from before, or pick a file that Patchlight saved.".to_owned();
        FormatError { line, column, problem: "this is not text (UTF-8)".to_owned(), help }
    })
}
