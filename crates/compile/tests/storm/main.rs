//! The engine under live editing: what is untouched goes on bit for bit, what is cut or wired does not click, nothing that is
//! sent is lost, and a storm of edits neither allocates on the audio thread nor holds it up.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

mod bundles;
mod continuity;
mod early;
mod edits;
mod latency;
mod loops;
mod memory;
mod queues;
mod rig;
mod signals;
mod storm;
mod threads;
mod voices;

/// Forbids allocation where the renderer runs, and counts what is held everywhere else.
#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;
