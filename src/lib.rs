//! Patchlight.
