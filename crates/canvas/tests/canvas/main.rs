//! The canvas without a window: the world follows the patch, and the hand asks for the right edits.

mod bench;
mod drawing;
mod gestures;
mod operators;
mod projection;
mod support;
