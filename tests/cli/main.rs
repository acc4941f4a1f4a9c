//! The command line as a contract: names, flags, JSON keys and exit codes, and what it says of files that are broken.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

mod broken;
mod contract;
mod program;
mod render;
