//! The studio as a musician has it: a real window under a real pointer, and what is heard recorded from a real sound server.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

mod access;
mod build;
mod factory;
mod hand;
mod listen;
mod places;
mod rewire;
mod world;
