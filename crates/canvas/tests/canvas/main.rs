//! The canvas without a window: the world follows the patch, and the hand asks for the right edits.

mod bench;
mod gestures;
mod projection;
mod support;
