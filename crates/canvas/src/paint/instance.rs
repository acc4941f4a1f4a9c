//! What the GPU is sent for one shape: 48 bytes, drawn as one quad.
//!
//! Only `pos` is absolute; all other lengths are relative to it, so a whole list moves by moving its positions. The meaning of the
//! fields by kind is written where each is built ([`super::shapes`]) and read in `shaders/shapes.wgsl`.

use bevy::math::{Rect, Vec2};
use bytemuck::{Pod, Zeroable};

/// What an [`Instance`] draws. The numbers are those of `shapes.wgsl`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Kind {
    /// Rounded rectangle, square, diamond or circle, with a stroke and a soft shadow.
    Box = 0,
    Segment = 1,
    Arc = 2,
    Triangle = 3,
    /// The part of an area between a line and a base.
    Slice = 4,
    /// Light that fades from the centre.
    Glow = 5,
    Glyph = 6,
    /// A curve through evenly spaced samples.
    Plot = 7,
}

impl Kind {
    pub(super) const ALL: [Self; 8] =
        [Self::Box, Self::Segment, Self::Arc, Self::Triangle, Self::Slice, Self::Glow, Self::Glyph, Self::Plot];
}

/// The edges of a box lie on whole pixels.
pub(super) const FLAG_SNAP: u32 = 1 << 8;
/// A segment that continues another: it ends at the plane between them.
pub(super) const FLAG_JOINS_PREVIOUS: u32 = 1 << 9;
pub(super) const FLAG_JOINS_NEXT: u32 = 1 << 10;

const KIND_MASK: u32 = 0xff;

/// One shape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Instance {
    /// Canvas units.
    pub(super) pos: [f32; 2],
    pub(super) half: [f32; 2],
    pub(super) params: [f32; 4],
    pub(super) fill: u32,
    pub(super) stroke: u32,
    /// [`Kind`] in the low byte, flags above.
    pub(super) kind: u32,
    pub(super) extra: u32,
}

impl Instance {
    pub(super) fn kind(&self) -> Kind {
        let number = self.kind & KIND_MASK;
        Kind::ALL.into_iter().find(|&kind| kind as u32 == number).unwrap_or(Kind::Box)
    }

    /// A rectangle that the shape does not leave by more than a pixel, canvas units.
    pub(super) fn bounds(&self) -> Rect {
        let (at, half) = (Vec2::from(self.pos), Vec2::from(self.half));
        let [p0, p1, p2, p3] = self.params;
        let around = |reach: Vec2| Rect { min: at - reach, max: at + reach };
        let between = |a: Vec2, b: Vec2, reach: f32| Rect { min: at + a.min(b) - reach, max: at + a.max(b) + reach };
        match self.kind() {
            Kind::Box if p3 == 0.0 => around(half + p2 * 1.3),
            Kind::Box | Kind::Triangle => around(Vec2::splat(half.length() + p2 * 1.3)),
            Kind::Segment => between(Vec2::ZERO, half, f32::from_bits(self.extra) * 0.5),
            Kind::Arc => around(Vec2::splat(half.x + half.y)),
            Kind::Slice => Rect { min: at + Vec2::new(0.0, p0.min(half.y).min(0.0)), max: at + Vec2::new(half.x, p0.max(half.y).max(0.0)) },
            Kind::Glow => around(Vec2::splat(half.y)),
            Kind::Glyph => between(Vec2::new(p0, p1), Vec2::new(p0 + p2, p1 + p3), 0.0),
            Kind::Plot => between(Vec2::ZERO, half, p0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Instance, Kind};

    #[test]
    fn an_instance_is_as_long_as_the_vertex_layout_says() {
        assert_eq!(size_of::<Instance>(), 48);
        for kind in Kind::ALL {
            assert_eq!(Instance { kind: kind as u32 | super::FLAG_SNAP, ..Instance::default() }.kind(), kind);
        }
    }
}
