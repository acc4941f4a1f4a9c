//! What the user set for the program itself, in the user's configuration folder: looks, and keys.

use patchlight_operators::KeyMap;
use patchlight_panels::theme::Look;
use patchlight_patch::write_beside;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The steps of the interface's size, in percent.
pub const SCALES: [u32; 7] = [75, 90, 100, 125, 150, 175, 200];

/// How the program looks and feels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub look: Look,
    /// Of the whole interface, one of [`SCALES`].
    pub scale_percent: u32,
    pub less_motion: bool,
    pub touch: bool,
    pub minimap: bool,
    /// The search lets what is chosen be heard.
    pub preview: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { look: Look::Dark, scale_percent: 100, less_motion: false, touch: false, minimap: false, preview: true }
    }
}

impl Settings {
    /// The interface a step larger (1) or smaller (−1).
    pub fn resize(&mut self, step: isize) {
        let now = SCALES.iter().position(|scale| *scale >= self.scale_percent).unwrap_or(SCALES.len() - 1);
        self.scale_percent = SCALES[now.saturating_add_signed(step).min(SCALES.len() - 1)];
    }

    #[must_use]
    pub fn scale(&self) -> f32 {
        self.scale_percent.clamp(SCALES[0], SCALES[SCALES.len() - 1]) as f32 / 100.0
    }
}

fn settings_file(folder: &Path) -> PathBuf {
    folder.join("settings.ron")
}

fn key_file(folder: &Path) -> PathBuf {
    folder.join("keys.ron")
}

/// The settings and keys of a folder, and what is wrong with them; what is not there or not readable is as it comes.
#[must_use]
pub fn load(folder: &Path) -> (Settings, KeyMap, Vec<String>) {
    let mut wrong = Vec::new();
    let file = settings_file(folder);
    let settings = match std::fs::read_to_string(&file).ok().map(|text| ron::from_str(&text)) {
        Some(Ok(settings)) => settings,
        Some(Err(error)) => {
            wrong.push(format!("{}: {error}; the settings are as they come", file.display()));
            Settings::default()
        }
        None => Settings::default(),
    };
    let keymap = match std::fs::read_to_string(key_file(folder)) {
        Ok(text) => {
            let (keymap, errors) = KeyMap::read(&text);
            wrong.extend(errors.into_iter().map(|error| error.to_string()));
            keymap
        }
        Err(_) => KeyMap::default(),
    };
    (settings, keymap, wrong)
}

/// Keeps both.
///
/// # Errors
/// In words, when a file cannot be written.
pub fn save(folder: &Path, settings: &Settings, keymap: &KeyMap) -> Result<(), String> {
    let text = ron::ser::to_string_pretty(settings, ron::ser::PrettyConfig::default()).map_err(|error| error.to_string())?;
    // Whether that worked shows when the files are written.
    std::fs::create_dir_all(folder).ok();
    for (path, text) in [(settings_file(folder), text), (key_file(folder), keymap.write())] {
        write_beside(&path, |file| file.write_all(text.as_bytes())).map_err(|error| format!("settings could not be kept: {error}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Settings, load, save};
    use patchlight_operators::KeyMap;
    use patchlight_panels::theme::Look;

    #[test]
    fn settings_and_keys_are_found_again_and_rubbish_is_told() {
        let folder = std::env::temp_dir().join(format!("patchlight_settings_{}", std::process::id()));
        let mut settings = Settings { look: Look::HighContrast, ..Settings::default() };
        for _ in 0..9 {
            settings.resize(1);
        }
        assert_eq!(settings.scale(), 2.0);
        let keymap = KeyMap::default().bound("edit.undo", Some("U".parse().expect("a key")));
        save(&folder, &settings, &keymap).expect("files");
        let (again, keys, wrong) = load(&folder);
        std::fs::write(folder.join("settings.ron"), "nonsense").expect("a file");
        std::fs::write(folder.join("keys.ron"), "{\"edit.fly\": [\"Q\"]}").expect("a file");
        let (fallen_back, _, told) = load(&folder);
        std::fs::remove_dir_all(&folder).ok();
        assert_eq!((again, keys.key_text("edit.undo"), wrong), (settings, "U".to_owned(), vec![]));
        assert_eq!((fallen_back, told.len()), (Settings::default(), 2));
    }
}
