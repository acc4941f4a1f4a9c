//! Samples by the path written in the patch: found beside the patch, decoded once, brought to the engine's rate.

use patchlight_compile::SampleSource;
use patchlight_engine::Sample;
use patchlight_media::{decode_file, resample};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

type Loaded = Result<Option<Arc<Sample>>, String>;

/// Decoded samples. Loads at once when asked, or behind the window when made with [`SampleLibrary::in_background`].
pub struct SampleLibrary {
    /// Paths in patches are relative to this folder.
    folder: PathBuf,
    sample_rate_hz: u32,
    background: bool,
    loaded: Arc<Mutex<HashMap<PathBuf, Loaded>>>,
}

impl SampleLibrary {
    /// For a patch file: its samples lie beside it.
    #[must_use]
    pub fn beside(patch: &Path, sample_rate_hz: u32) -> Self {
        let folder = patch.parent().map(Path::to_path_buf).unwrap_or_default();
        Self { folder, sample_rate_hz, background: false, loaded: Arc::default() }
    }

    /// Loads on threads of its own; until then a module plays without its sample. [`SampleLibrary::is_loading`] tells.
    #[must_use]
    pub fn in_background(mut self) -> Self {
        self.background = true;
        self
    }

    /// Whether something is being loaded now.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        self.loaded.lock().is_ok_and(|loaded| loaded.values().any(|entry| matches!(entry, Ok(None))))
    }

    fn remember(&self, path: &Path, entry: Loaded) {
        if let Ok(mut loaded) = self.loaded.lock() {
            loaded.insert(path.to_path_buf(), entry);
        }
    }
}

impl SampleSource for SampleLibrary {
    fn sample(&self, path: &str) -> Result<Option<Arc<Sample>>, String> {
        let path = self.folder.join(path);
        if let Some(known) = self.loaded.lock().ok().and_then(|loaded| loaded.get(&path).cloned()) {
            return known;
        }
        if !self.background {
            let entry = load(&path, self.sample_rate_hz).map(Some);
            self.remember(&path, entry.clone());
            return entry;
        }
        self.remember(&path, Ok(None));
        let (loaded, rate) = (Arc::clone(&self.loaded), self.sample_rate_hz);
        std::thread::spawn(move || {
            let entry = load(&path, rate).map(Some);
            if let Ok(mut loaded) = loaded.lock() {
                loaded.insert(path, entry);
            }
        });
        Ok(None)
    }
}

fn load(path: &Path, sample_rate_hz: u32) -> Result<Arc<Sample>, String> {
    let clip = decode_file(path).map_err(|error| error.to_string())?;
    let clip = if clip.sample_rate_hz == sample_rate_hz { clip } else { resample(&clip, sample_rate_hz) };
    let mut channels = clip.channels;
    channels.truncate(2);
    Ok(Arc::new(Sample { sample_rate_hz: sample_rate_hz as f32, channels }))
}
