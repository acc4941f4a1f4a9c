//! What the modules share that make one gate of up to four.

use patchlight_core::{PortSpec, gate};
use patchlight_engine::simd::{Simd, f32x8, splat};

pub const GATES: usize = 4;

pub const INPUTS: &[PortSpec; GATES] =
    &[gate("a", "The first gate"), gate("b", "The second gate"), gate("c", "A third gate, if wired"), gate("d", "A fourth gate, if wired")];

pub const INVERTED: PortSpec = gate("inverted", "On while `out` is off");

/// A gate and its opposite.
#[inline(always)]
pub fn both<S: Simd>(simd: S, out: f32x8<S>) -> [f32x8<S>; 2] {
    [out, splat(simd, 1.0) - out]
}
