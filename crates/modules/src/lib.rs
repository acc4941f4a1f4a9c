//! The library: one file a module, and the catalogue.
