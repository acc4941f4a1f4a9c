//! Listening with numbers: levels, spectra, pitch and jumps of rendered samples. For tests and measurements only.

mod fingerprint;
mod level;
mod pitch;
mod signals;
mod spectrum;

pub use fingerprint::{Fingerprint, NoFingerprint};
pub use level::{db, is_silent, largest_step, lufs, peak, rms, rms_db, true_peak_db, windows_rms};
pub use pitch::{cents_between, frequency_hz};
pub use signals::noise;
pub use spectrum::{Spectrum, alias_db, magnitude_response_db, signal_to_noise_db, strongest_resonance_db, t60_secs, tone};
