//! The document: patch, edits, history and the file format.
