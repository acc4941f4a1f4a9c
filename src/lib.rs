//! Patchlight: the command line, the session, and the studio's wiring. What it wires together lives in `crates/`.

pub mod cli;
mod cpu_time;
mod loudness;
mod offline;
mod samples;
mod stems;
#[cfg(feature = "studio")]
pub mod studio;
#[cfg(not(feature = "studio"))]
#[path = "no_studio.rs"]
mod studio;
mod try_patch;

pub use loudness::{Levels, Meter};
pub use offline::Offline;
pub use samples::SampleLibrary;
