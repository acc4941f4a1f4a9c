//! Decoding, resampling and writing of audio files, and MIDI files.
//!
//! ```text
//! decode_file ─► AudioClip ─► resample ─► a sampler's table
//! rendered blocks ─► WavWriter ─► PartFile ─► renamed onto the target
//! read_midi_file ─► MidiSong ─► notes with a time in seconds
//! ```
//!
//! **Invariant:** nothing that a file contains can make this crate panic; a broken file becomes one [`MediaError`] that names it,
//! or a clip or song with a warning.
//!
//! **Invariant:** a file that exists is never half overwritten: writing happens beside it, and a rename ends it.

mod clip;
mod decode;
mod error;
mod guard;
mod mend;
mod midi;
mod part_file;
mod resample;
mod wav;

pub use clip::AudioClip;
pub use decode::decode_file;
pub use error::MediaError;
pub use midi::{MidiEvent, MidiMessage, MidiSong, read_midi_file};
pub use part_file::PartFile;
pub use resample::resample;
pub use wav::{WavFormat, WavWriter, write_wav};
