//! Signed distance fields of glyph outlines: flatten the curves, then measure every texel near an edge.
//!
//! A texel holds the distance from its centre to the outline, positive inside, as 0 to 255 over ±[`SPREAD_TEXELS`]. One small picture
//! so drawn is sharp from the smallest label to several times its own size, because the shader cuts it at the outline again.

use bevy::math::Vec2;
use ttf_parser::{Face, GlyphId, OutlineBuilder};

/// Texels per em. At a quarter of it (12 px labels) the field is still finer than the screen.
pub(super) const EM_TEXELS: f32 = 44.0;
/// Distances are kept this far from the outline, in texels; beyond, all is inside or all is outside.
pub(super) const SPREAD_TEXELS: f32 = 5.0;

/// The distance field of one glyph.
pub(super) struct GlyphField {
    /// Columns and rows in texels; both 0 when the glyph has no outline (a space).
    pub(super) size: [usize; 2],
    /// The top left corner of the field in texels from the pen position, y down.
    pub(super) origin: Vec2,
    /// Row by row from the top.
    pub(super) texels: Vec<u8>,
}

/// Draws one glyph's distance field.
pub(super) fn glyph_field(face: &Face<'_>, glyph: GlyphId) -> GlyphField {
    let mut outline = Outline::new(EM_TEXELS / f32::from(face.units_per_em()));
    if face.outline_glyph(glyph, &mut outline).is_none() || outline.segments.is_empty() {
        return GlyphField { size: [0, 0], origin: Vec2::ZERO, texels: Vec::new() };
    }
    let (min, max) = outline.bounds();
    let origin = (min - SPREAD_TEXELS).floor();
    let size = ((max + SPREAD_TEXELS).ceil() - origin).as_usizevec2().to_array();
    let segments: Vec<Segment> = outline.segments.iter().map(|s| Segment { a: s.a - origin, b: s.b - origin }).collect();
    let squared = squared_distances(&segments, size);
    let inside = inside_mask(&segments, size);
    let texels = squared.iter().zip(&inside).map(|(&squared, &inside)| encode(squared.sqrt(), inside)).collect();
    GlyphField { size, origin, texels }
}

fn encode(distance: f32, inside: bool) -> u8 {
    let signed = if inside { distance } else { -distance };
    ((0.5 + 0.5 * signed / SPREAD_TEXELS) * 255.0).round().clamp(0.0, 255.0) as u8
}

#[derive(Clone, Copy)]
struct Segment {
    a: Vec2,
    b: Vec2,
}

/// Each segment touches only the texels within the spread of it: several times faster than all texels against all segments.
fn squared_distances(segments: &[Segment], [columns, rows]: [usize; 2]) -> Vec<f32> {
    let mut squared = vec![SPREAD_TEXELS * SPREAD_TEXELS; columns * rows];
    for segment in segments {
        let (min, max) = (segment.a.min(segment.b) - SPREAD_TEXELS, segment.a.max(segment.b) + SPREAD_TEXELS);
        let clip = |value: f32, end: usize| (value.max(0.0) as usize).min(end);
        let (left, right) = (clip(min.x, columns), clip(max.x + 1.0, columns));
        let along = segment.b - segment.a;
        let per_length = along.length_squared().max(1e-12).recip();
        for row in clip(min.y, rows)..clip(max.y + 1.0, rows) {
            let line = &mut squared[row * columns + left..row * columns + right];
            let from_y = row as f32 + 0.5 - segment.a.y;
            let mut from_x = left as f32 + 0.5 - segment.a.x;
            for texel in line {
                let t = ((from_x * along.x + from_y * along.y) * per_length).clamp(0.0, 1.0);
                let (dx, dy) = (from_x - t * along.x, from_y - t * along.y);
                *texel = texel.min(dx * dx + dy * dy);
                from_x += 1.0;
            }
        }
    }
    squared
}

/// Which texel centres lie inside, by the non-zero winding rule along each row.
fn inside_mask(segments: &[Segment], [columns, rows]: [usize; 2]) -> Vec<bool> {
    let mut mask = vec![false; columns * rows];
    let mut crossings: Vec<(f32, i32)> = Vec::new();
    for row in 0..rows {
        let y = row as f32 + 0.5;
        crossings.clear();
        for Segment { a, b } in segments {
            if (a.y <= y) != (b.y <= y) {
                let x = a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x);
                crossings.push((x, if a.y <= y { 1 } else { -1 }));
            }
        }
        crossings.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut winding = 0;
        for pair in crossings.windows(2) {
            winding += pair[0].1;
            if winding != 0 {
                let first = (pair[0].0 - 0.5).ceil().max(0.0) as usize;
                let end = ((pair[1].0 - 0.5).ceil().max(0.0) as usize).min(columns);
                if first < end {
                    mask[row * columns + first..row * columns + end].fill(true);
                }
            }
        }
    }
    mask
}

/// Collects an outline as straight segments in texels, y down.
struct Outline {
    texels_per_unit: f32,
    start: Vec2,
    pen: Vec2,
    segments: Vec<Segment>,
}

impl Outline {
    fn new(texels_per_unit: f32) -> Self {
        Self { texels_per_unit, start: Vec2::ZERO, pen: Vec2::ZERO, segments: Vec::with_capacity(96) }
    }

    fn point(&self, x: f32, y: f32) -> Vec2 {
        Vec2::new(x, -y) * self.texels_per_unit
    }

    fn line(&mut self, to: Vec2) {
        if to != self.pen {
            self.segments.push(Segment { a: self.pen, b: to });
        }
        self.pen = to;
    }

    /// Enough pieces that none strays more than about a twentieth of a texel, from how far the controls lie off the chord.
    fn curve(&mut self, bend: f32, at: impl Fn(f32) -> Vec2) {
        let pieces = (bend * 4.0).sqrt().ceil().clamp(2.0, 12.0);
        for piece in 1..=pieces as usize {
            self.line(at(piece as f32 / pieces));
        }
    }

    fn bounds(&self) -> (Vec2, Vec2) {
        let start = (Vec2::INFINITY, Vec2::NEG_INFINITY);
        self.segments.iter().fold(start, |(min, max), s| (min.min(s.a).min(s.b), max.max(s.a).max(s.b)))
    }
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.pen = self.point(x, y);
        self.start = self.pen;
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.line(self.point(x, y));
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (from, control, to) = (self.pen, self.point(x1, y1), self.point(x, y));
        let bend = (from - 2.0 * control + to).length();
        self.curve(bend, |t| from.lerp(control, t).lerp(control.lerp(to, t), t));
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let (from, c1, c2, to) = (self.pen, self.point(x1, y1), self.point(x2, y2), self.point(x, y));
        let bend = (from - 2.0 * c1 + c2).length().max((c1 - 2.0 * c2 + to).length()) * 1.5;
        self.curve(bend, |t| {
            let middle = c1.lerp(c2, t);
            from.lerp(c1, t).lerp(middle, t).lerp(middle.lerp(c2.lerp(to, t), t), t)
        });
    }

    fn close(&mut self) {
        self.line(self.start);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPREAD_TEXELS, Segment, encode, inside_mask, squared_distances};
    use bevy::math::Vec2;

    /// A square from 10 to 20 with a hole from 13 to 17, wound the other way.
    fn ring() -> Vec<Segment> {
        let square = |lo: f32, hi: f32, reverse: bool| {
            let mut corners = [(lo, lo), (hi, lo), (hi, hi), (lo, hi)].map(|(x, y)| Vec2::new(x, y));
            if reverse {
                corners.reverse();
            }
            (0..4).map(move |i| Segment { a: corners[i], b: corners[(i + 1) % 4] })
        };
        square(10.0, 20.0, false).chain(square(13.0, 17.0, true)).collect()
    }

    #[test]
    fn a_ring_is_inside_where_it_should_be() {
        let mask = inside_mask(&ring(), [30, 30]);
        let inside = |x: usize, y: usize| mask[y * 30 + x];
        assert!(inside(11, 15) && inside(18, 15) && inside(15, 11) && inside(10, 10) && inside(19, 19));
        assert!(!inside(15, 15) && !inside(9, 15) && !inside(20, 15) && !inside(13, 13));
        assert_eq!(mask.iter().filter(|&&m| m).count(), 100 - 16);
    }

    #[test]
    fn distances_are_to_the_nearest_edge_and_end_at_the_spread() {
        let squared = squared_distances(&ring(), [30, 30]);
        let distance = |x: usize, y: usize| squared[y * 30 + x].sqrt();
        assert!((distance(11, 15) - 1.5).abs() < 1e-5);
        assert!((distance(15, 15) - 1.5).abs() < 1e-5);
        assert!((distance(7, 15) - 2.5).abs() < 1e-5);
        assert!((distance(8, 8) - 1.5 * 2f32.sqrt()).abs() < 1e-5);
        assert_eq!(distance(0, 0), SPREAD_TEXELS);
    }

    #[test]
    fn the_outline_is_the_middle_value() {
        assert_eq!(encode(0.0, true), 128);
        assert_eq!(encode(SPREAD_TEXELS, true), 255);
        assert_eq!(encode(SPREAD_TEXELS, false), 0);
    }
}
