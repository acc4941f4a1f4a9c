//! The patch as an ECS world: modules, ports, knobs and cables as entities.
//!
//! [`paint`] is the drawing foundation: display lists, text, cables and the camera. It knows nothing of patches.

pub mod paint;
