//! Where decoded samples come from: the compiler itself reads no files.

use patchlight_engine::{Sample, Wavetable};
use std::sync::Arc;

/// Gives samples by the path written in the patch.
pub trait SampleSource {
    /// `Ok(None)` while it is still being loaded.
    ///
    /// # Errors
    /// One line that says why the file cannot be used.
    fn sample(&self, path: &str) -> Result<Option<Arc<Sample>>, String>;

    /// A wavetable in a file, its cycles of so many frames (0: as the file says, or as can be guessed). `Ok(None)` while it is being loaded.
    ///
    /// # Errors
    /// One line that says why the file cannot be used.
    fn wavetable(&self, path: &str, cycle_frames: usize) -> Result<Option<Arc<Wavetable>>, String>;
}

/// Knows no samples.
pub struct NoSamples;

impl SampleSource for NoSamples {
    fn sample(&self, _path: &str) -> Result<Option<Arc<Sample>>, String> {
        Err("samples are not loaded here".to_owned())
    }

    fn wavetable(&self, _path: &str, _cycle_frames: usize) -> Result<Option<Arc<Wavetable>>, String> {
        Err("files are not loaded here".to_owned())
    }
}
