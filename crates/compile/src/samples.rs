//! Where decoded samples come from: the compiler itself reads no files.

use patchlight_engine::Sample;
use std::sync::Arc;

/// Gives samples by the path written in the patch.
pub trait SampleSource {
    /// `Ok(None)` while it is still being loaded.
    ///
    /// # Errors
    /// One line that says why the file cannot be used.
    fn sample(&self, path: &str) -> Result<Option<Arc<Sample>>, String>;
}

/// Knows no samples.
pub struct NoSamples;

impl SampleSource for NoSamples {
    fn sample(&self, _path: &str) -> Result<Option<Arc<Sample>>, String> {
        Err("samples are not loaded here".to_owned())
    }
}
