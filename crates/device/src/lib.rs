//! Audio and MIDI streams, with a null device where there is none.
