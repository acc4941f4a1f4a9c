//! Files by the path written in the patch: found beside the patch, decoded once, and made what the engine takes.

use patchlight_compile::SampleSource;
use patchlight_device::Wake;
use patchlight_engine::{Sample, Wavetable};
use patchlight_media::{decode_file, resample};
use std::collections::HashMap;
use std::hash::Hash;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Decoded files. Loads at once when asked, or behind the window when made with [`SampleLibrary::in_background`].
pub struct SampleLibrary {
    /// Paths in patches are relative to this folder.
    folder: PathBuf,
    sample_rate_hz: u32,
    /// Loads on threads of their own, and tells when something is there.
    background: Option<Wake>,
    samples: Shelf<PathBuf, Sample>,
    /// By path and frames of a cycle.
    wavetables: Shelf<(PathBuf, usize), Wavetable>,
}

type Loaded<T> = Result<Option<Arc<T>>, String>;

/// What has been loaded, what is being loaded (`Ok(None)`), and why some could not be.
struct Shelf<K, T>(Arc<Mutex<HashMap<K, Loaded<T>>>>);

impl SampleLibrary {
    /// For a patch file: its samples lie beside it.
    #[must_use]
    pub fn beside(patch: &Path, sample_rate_hz: u32) -> Self {
        let folder = patch.parent().map(Path::to_path_buf).unwrap_or_default();
        Self { folder, sample_rate_hz, background: None, samples: Shelf::new(), wavetables: Shelf::new() }
    }

    /// Loads on threads of its own; until then a module plays without its file. [`SampleLibrary::is_loading`] tells, and `wake` is called when
    /// there is something new.
    #[must_use]
    pub fn in_background(mut self, wake: Wake) -> Self {
        self.background = Some(wake);
        self
    }

    /// Whether something is being loaded now.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        self.samples.is_loading() || self.wavetables.is_loading()
    }
}

impl SampleSource for SampleLibrary {
    fn sample(&self, path: &str) -> Result<Option<Arc<Sample>>, String> {
        let (path, rate_hz) = (self.folder.join(path), self.sample_rate_hz);
        self.samples.get(path.clone(), self.background.as_ref(), move || load_sample(&path, rate_hz))
    }

    fn wavetable(&self, path: &str, cycle_frames: usize) -> Result<Option<Arc<Wavetable>>, String> {
        let path = self.folder.join(path);
        self.wavetables.get((path.clone(), cycle_frames), self.background.as_ref(), move || load_wavetable(&path, cycle_frames))
    }
}

impl<K: Hash + Eq + Clone + Send + 'static, T: Send + Sync + 'static> Shelf<K, T> {
    fn new() -> Self {
        Self(Arc::default())
    }

    fn is_loading(&self) -> bool {
        self.0.lock().is_ok_and(|loaded| loaded.values().any(|entry| matches!(entry, Ok(None))))
    }

    /// What was loaded before, or what is loaded now; in the background nothing until it is there.
    fn get(&self, key: K, background: Option<&Wake>, load: impl FnOnce() -> Result<T, String> + Send + 'static) -> Loaded<T> {
        if let Some(known) = self.0.lock().ok().and_then(|loaded| loaded.get(&key).cloned()) {
            return known;
        }
        let Some(wake) = background.cloned() else {
            let entry = load().map(|loaded| Some(Arc::new(loaded)));
            put(&self.0, key, entry.clone());
            return entry;
        };
        put(&self.0, key.clone(), Ok(None));
        let shelf = Arc::clone(&self.0);
        std::thread::spawn(move || {
            put(&shelf, key, load().map(|loaded| Some(Arc::new(loaded))));
            wake();
        });
        Ok(None)
    }
}

fn put<K: Hash + Eq, T>(shelf: &Mutex<HashMap<K, Loaded<T>>>, key: K, entry: Loaded<T>) {
    if let Ok(mut loaded) = shelf.lock() {
        loaded.insert(key, entry);
    }
}

fn load_sample(path: &Path, sample_rate_hz: u32) -> Result<Sample, String> {
    let clip = decode_file(path).map_err(|error| error.to_string())?;
    let clip = if clip.sample_rate_hz == sample_rate_hz { clip } else { resample(&clip, sample_rate_hz) };
    let mut channels = clip.channels;
    channels.truncate(2);
    Ok(Sample { sample_rate_hz: sample_rate_hz as f32, channels })
}

/// The first channel; the file says how long its cycles are, unless the patch does.
fn load_wavetable(path: &Path, cycle_frames: usize) -> Result<Wavetable, String> {
    let clip = decode_file(path).map_err(|error| error.to_string())?;
    let frames = if cycle_frames == 0 { clip.cycle_frames.unwrap_or(0) as usize } else { cycle_frames };
    Wavetable::new(clip.channels.first().map_or(&[], Vec::as_slice), frames).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::SampleLibrary;
    use patchlight_compile::SampleSource;
    use std::path::Path;

    #[test]
    fn a_wavetable_is_cut_as_its_file_or_the_patch_says() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/wavetables/patch.ron");
        let library = SampleLibrary::beside(&folder, 44_100);
        let cycles = |frames: usize| library.wavetable("vowels.wav", frames).map(|table| table.map(|table| table.cycles()));
        assert_eq!((cycles(0), cycles(1024)), (Ok(Some(16)), Ok(Some(32))));
        let why = library.wavetable("vowels.wav", 64).expect_err("too many cycles");
        assert!(why.contains("512 cycles") && why.contains("choose"), "{why}");
        assert!(library.wavetable("missing.wav", 0).expect_err("no file").contains("does not exist"));
    }
}
