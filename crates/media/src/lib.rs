//! Decoding, resampling and writing of audio files, and MIDI files.
