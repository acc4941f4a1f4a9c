//! Listening with numbers: renders, spectra, fingerprints (development only).
