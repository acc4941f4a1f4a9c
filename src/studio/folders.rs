//! Where the program keeps what is the user's.

use directories::ProjectDirs;
use std::path::PathBuf;

fn ours(choose: impl FnOnce(&ProjectDirs) -> PathBuf) -> PathBuf {
    ProjectDirs::from("", "", "patchlight").map_or_else(std::env::temp_dir, |dirs| choose(&dirs))
}

/// A folder of the user's data, such as `presets`.
#[must_use]
pub fn data(part: &str) -> PathBuf {
    ours(|dirs| dirs.data_dir().to_owned()).join(part)
}

/// Settings and keys.
#[must_use]
pub fn settings() -> PathBuf {
    ours(|dirs| dirs.config_dir().to_owned())
}

/// A file name for something of this name: `Dark voice` becomes `dark_voice`.
#[must_use]
pub fn file_stem(name: &str) -> String {
    name.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect()
}
