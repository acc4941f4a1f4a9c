//! The display list: what a layer shows, in canvas coordinates.
//!
//! A list is plain data. Build one per module, keep it, and [`append`](Shapes::append) it where the module stands: moving a module
//! then costs a copy. Later shapes lie over earlier ones.

use super::fonts::Fonts;
use super::instance::{FLAG_JOINS_NEXT, FLAG_JOINS_PREVIOUS, FLAG_SNAP, Instance, Kind};
use super::look::{Align, Look, Plot, TextStyle};
use super::theme::Ink;
use bevy::math::{Rect, Vec2};
use bevy::prelude::Component;
use std::f32::consts::FRAC_PI_4;

/// Neighbours in a list that are drawn or left out together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Group {
    pub(super) bounds: Rect,
    /// The index after its last instance.
    pub(super) end: u32,
    /// Came with an appended list: nothing is added to it.
    sealed: bool,
}

/// A display list.
#[derive(Component, Clone, Debug, Default, PartialEq)]
pub struct Shapes {
    instances: Vec<Instance>,
    groups: Vec<Group>,
    /// Samples of plots, y relative to the top of the plot, canvas units.
    points: Vec<f32>,
}

impl Shapes {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Empties the list and keeps its memory.
    pub fn clear(&mut self) {
        self.instances.clear();
        self.groups.clear();
        self.points.clear();
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.instances.is_empty()
    }

    /// Shapes in the list; each glyph is one.
    #[must_use]
    pub fn len(&self) -> usize {
        self.instances.len()
    }

    pub(super) fn instances(&self) -> &[Instance] {
        &self.instances
    }

    /// In order, without gaps.
    pub(super) fn groups(&self) -> &[Group] {
        &self.groups
    }

    pub(super) fn points(&self) -> &[f32] {
        &self.points
    }

    /// A rectangle around everything in the list, canvas units; empty when the list is.
    #[must_use]
    pub fn bounds(&self) -> Rect {
        self.groups.iter().map(|group| group.bounds).reduce(|all, bounds| all.union(bounds)).unwrap_or_default()
    }

    fn push(&mut self, instance: Instance) {
        let bounds = instance.bounds();
        self.instances.push(instance);
        let end = self.instances.len() as u32;
        match self.groups.last_mut() {
            Some(group) if !group.sealed => {
                group.bounds = group.bounds.union(bounds);
                group.end = end;
            }
            _ => self.groups.push(Group { bounds, end, sealed: false }),
        }
    }

    /// Adds another list, moved by `offset`. What is appended together is left out together when it is out of sight.
    pub fn append(&mut self, other: &Self, offset: Vec2) {
        let (first_point, first_instance) = (self.points.len() as u32, self.instances.len() as u32);
        self.points.extend_from_slice(&other.points);
        self.instances.extend(other.instances.iter().map(|instance| {
            let mut moved = *instance;
            moved.pos = (Vec2::from(instance.pos) + offset).to_array();
            if instance.kind() == Kind::Plot {
                moved.extra += first_point;
            }
            moved
        }));
        self.groups.extend(other.groups.iter().map(|group| Group {
            bounds: Rect { min: group.bounds.min + offset, max: group.bounds.max + offset },
            end: first_instance + group.end,
            sealed: true,
        }));
    }

    /// A rounded rectangle whose edges lie on whole pixels.
    pub fn rect(&mut self, rect: Rect, look: Look) {
        self.push_box(rect, look, 0.0, FLAG_SNAP);
    }

    /// A rounded rectangle that moves by less than pixels: bars that follow a level.
    pub fn smooth_rect(&mut self, rect: Rect, look: Look) {
        self.push_box(rect, look, 0.0, 0);
    }

    pub fn circle(&mut self, center: Vec2, radius: f32, look: Look) {
        self.push_box(Rect::from_center_half_size(center, Vec2::splat(radius)), look.radius(radius), 0.0, 0);
    }

    /// A square on its corner, `radius` from the centre to the corners.
    pub fn diamond(&mut self, center: Vec2, radius: f32, look: Look) {
        let half = Vec2::splat(radius * FRAC_PI_4.sin());
        self.push_box(Rect::from_center_half_size(center, half), look, FRAC_PI_4, 0);
    }

    /// `half`: half sizes; `params`: corner radius, stroke width, shadow reach, turn in radians; `extra`: opacity of the shadow
    /// and sheen, a byte each.
    fn push_box(&mut self, rect: Rect, look: Look, turn_radians: f32, flags: u32) {
        let byte = |share: f32| (share.clamp(0.0, 1.0) * 255.0).round() as u8;
        self.push(Instance {
            pos: rect.center().to_array(),
            half: rect.half_size().to_array(),
            params: [look.radius, look.stroke_width, look.shadow_reach, turn_radians],
            fill: look.fill.to_bits(),
            stroke: look.stroke.to_bits(),
            kind: Kind::Box as u32 | flags,
            extra: u32::from_le_bytes([byte(look.shadow_opacity), byte(look.sheen), 0, 0]),
        });
    }

    /// A triangle as wide and high as `size`, pointing up and turned clockwise by radians.
    pub fn triangle(&mut self, center: Vec2, size: Vec2, turn_radians: f32, look: Look) {
        self.push(Instance {
            pos: center.to_array(),
            half: (size * 0.5).to_array(),
            params: [look.radius, look.stroke_width, 0.0, turn_radians],
            fill: look.fill.to_bits(),
            stroke: look.stroke.to_bits(),
            kind: Kind::Triangle as u32,
            extra: 0,
        });
    }

    /// Light that is strongest within `radius` and gone at `reach`.
    pub fn glow(&mut self, center: Vec2, radius: f32, reach: f32, ink: Ink) {
        self.push(Instance {
            pos: center.to_array(),
            half: [radius, reach],
            fill: ink.to_bits(),
            kind: Kind::Glow as u32,
            ..Instance::default()
        });
    }

    /// A round-ended arc about `center`, clockwise from the top, between two angles in radians.
    pub fn arc(&mut self, center: Vec2, radius: f32, from_radians: f32, to_radians: f32, width: f32, ink: Ink) {
        let middle = (from_radians + to_radians) * 0.5;
        let half_sweep = (to_radians - from_radians).abs() * 0.5;
        self.push(Instance {
            pos: center.to_array(),
            half: [radius, width],
            params: [middle, half_sweep, 0.0, 0.0],
            fill: ink.to_bits(),
            kind: Kind::Arc as u32,
            ..Instance::default()
        });
    }

    /// A straight line with round ends.
    pub fn line(&mut self, from: Vec2, to: Vec2, width: f32, ink: Ink) {
        self.push_segment(from, to, width, ink, None, None);
    }

    /// A line through all points with round joins and ends. Its pieces meet without overlap, so it may be translucent.
    pub fn polyline(&mut self, points: &[Vec2], width: f32, ink: Ink) {
        let joint = |i: usize| {
            let (before, after) = ((points[i] - points[i - 1]).normalize_or_zero(), (points[i + 1] - points[i]).normalize_or_zero());
            let normal = (before + after).normalize_or_zero();
            if normal == Vec2::ZERO { before } else { normal }
        };
        let last = points.len().saturating_sub(1);
        for i in 0..last {
            let start = (i > 0).then(|| joint(i));
            let end = (i + 1 < last).then(|| joint(i + 1));
            self.push_segment(points[i], points[i + 1], width, ink, start, end);
        }
    }

    /// `half`: from start to end; `params`: normals of the planes in which it meets its neighbours; `extra`: width.
    fn push_segment(&mut self, from: Vec2, to: Vec2, width: f32, ink: Ink, start: Option<Vec2>, end: Option<Vec2>) {
        if from == to && (start.is_some() || end.is_some()) {
            return;
        }
        let (n0, n1) = (start.unwrap_or_default(), end.unwrap_or_default());
        let joins = if start.is_some() { FLAG_JOINS_PREVIOUS } else { 0 } | if end.is_some() { FLAG_JOINS_NEXT } else { 0 };
        self.push(Instance {
            pos: from.to_array(),
            half: (to - from).to_array(),
            params: [n0.x, n0.y, n1.x, n1.y],
            fill: ink.to_bits(),
            kind: Kind::Segment as u32 | joins,
            extra: width.to_bits(),
            ..Instance::default()
        });
    }

    /// The edge of a rounded rectangle in dashes of `dash` and gaps of about `gap`, canvas units.
    pub fn dashed_rect(&mut self, rect: Rect, radius: f32, dash: f32, gap: f32, width: f32, ink: Ink) {
        let inner = rect.inflate(-radius);
        let sides = [
            (Vec2::new(inner.min.x, rect.min.y), Vec2::new(inner.max.x, rect.min.y)),
            (Vec2::new(rect.max.x, inner.min.y), Vec2::new(rect.max.x, inner.max.y)),
            (Vec2::new(inner.max.x, rect.max.y), Vec2::new(inner.min.x, rect.max.y)),
            (Vec2::new(rect.min.x, inner.max.y), Vec2::new(rect.min.x, inner.min.y)),
        ];
        for (from, to) in sides {
            let length = from.distance(to);
            let count = ((length + gap) / (dash + gap)).round().max(1.0);
            let pitch = (length + gap) / count;
            let along = (to - from).normalize_or_zero();
            for i in 0..count as usize {
                let start = from + along * (pitch * i as f32);
                self.line(start, start + along * (pitch - gap), width, ink);
            }
        }
        let quarter = std::f32::consts::FRAC_PI_2;
        let corners = [inner.max.with_y(inner.min.y), inner.max, inner.min.with_y(inner.max.y), inner.min];
        for (i, corner) in corners.into_iter().enumerate() {
            let from = quarter * i as f32;
            self.arc(corner, radius, from + quarter * 0.2, from + quarter * 0.8, width, ink);
        }
    }

    /// The area between a line through points (ascending x) and `base_y`: `ink` at the line, fading to `base_opacity` of it at the base.
    pub fn area(&mut self, points: &[Vec2], base_y: f32, ink: Ink, base_opacity: f32) {
        let top = points.iter().fold(f32::INFINITY, |top, point| top.min(point.y));
        for pair in points.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            if b.x <= a.x {
                continue;
            }
            self.push(Instance {
                pos: a.to_array(),
                half: (b - a).to_array(),
                params: [base_y - a.y, base_opacity, top - a.y, 0.0],
                fill: ink.to_bits(),
                kind: Kind::Slice as u32,
                ..Instance::default()
            });
        }
    }

    /// A curve through samples that are evenly spaced over the width of `rect`: 0 is its top, 1 its bottom. The curve may leave
    /// the rectangle by half its width.
    pub fn plot(&mut self, rect: Rect, samples: impl IntoIterator<Item = f32>, plot: Plot) {
        let first = self.points.len();
        self.points.extend(samples.into_iter().map(|y| if y.is_finite() { y.clamp(0.0, 1.0) * rect.height() } else { rect.height() }));
        let count = self.points.len() - first;
        if count < 2 {
            self.points.truncate(first);
            return;
        }
        self.push(Instance {
            pos: rect.min.to_array(),
            half: rect.size().to_array(),
            params: [plot.width, plot.base_y - rect.min.y, count as f32, 0.0],
            fill: plot.area.to_bits(),
            stroke: plot.line.to_bits(),
            kind: Kind::Plot as u32,
            extra: first as u32,
        });
    }

    /// A line of text with its baseline at `at.y`. Returns its width in canvas units.
    pub fn text(&mut self, fonts: &Fonts, at: Vec2, text: &str, style: TextStyle) -> f32 {
        let TextStyle { font, size, ink, align } = style;
        let width = fonts.width(font, size, text);
        let start = match align {
            Align::Left => at.x,
            Align::Middle => at.x - width * 0.5,
            Align::Right => at.x - width,
        };
        for (pen, character) in fonts.pens(font, text) {
            let glyph = fonts.glyph(font, character);
            if glyph.atlas_size == [0, 0] {
                continue;
            }
            let (offset, extent) = (glyph.offset * size, glyph.size * size);
            let pack = |[x, y]: [u16; 2]| u32::from(x) | u32::from(y) << 16;
            self.push(Instance {
                pos: [start + pen * size, at.y],
                half: [size, 0.0],
                params: [offset.x, offset.y, extent.x, extent.y],
                fill: ink.to_bits(),
                stroke: pack(glyph.atlas_size),
                kind: Kind::Glyph as u32,
                extra: pack(glyph.atlas_min),
            });
        }
        width
    }
}

#[cfg(test)]
mod tests {
    use super::Shapes;
    use crate::paint::fonts::{Font, Fonts};
    use crate::paint::instance::{FLAG_JOINS_NEXT, FLAG_JOINS_PREVIOUS, Instance, Kind};
    use crate::paint::look::{Align, Look, Plot, TextStyle};
    use crate::paint::theme::Ink;
    use bevy::math::{Rect, Vec2};
    use std::sync::LazyLock;

    static FONTS: LazyLock<Fonts> = LazyLock::new(|| Fonts::load().expect("the built-in fonts"));

    fn joins(instance: &Instance) -> (bool, bool) {
        (instance.kind & FLAG_JOINS_PREVIOUS != 0, instance.kind & FLAG_JOINS_NEXT != 0)
    }

    #[test]
    fn a_list_moves_whole_when_it_is_appended() {
        let mut module = Shapes::new();
        module.rect(Rect::new(0.0, 0.0, 100.0, 50.0), Look::fill(Ink::WHITE));
        let plot = Plot { line: Ink::WHITE, width: 1.0, area: Ink::NONE, base_y: 40.0 };
        module.plot(Rect::new(10.0, 10.0, 90.0, 40.0), [0.0, 0.5, 1.0], plot);
        let mut layer = Shapes::new();
        layer.append(&module, Vec2::new(5.0, 6.0));
        layer.append(&module, Vec2::new(500.0, 600.0));
        assert_eq!(layer.len(), 4);
        assert_eq!(layer.instances()[2].pos, [550.0, 625.0]);
        assert_eq!(layer.instances()[2].half, module.instances()[0].half);
        assert_eq!((layer.instances()[1].extra, layer.instances()[3].extra), (0, 3), "each plot has its own samples");
        assert_eq!(layer.points(), [0.0, 15.0, 30.0, 0.0, 15.0, 30.0]);
    }

    #[test]
    fn the_pieces_of_a_polyline_share_their_planes() {
        let mut shapes = Shapes::new();
        shapes.polyline(&[Vec2::ZERO, Vec2::new(10.0, 0.0), Vec2::new(10.0, 10.0), Vec2::new(30.0, 10.0)], 2.0, Ink::WHITE);
        let [a, b, c] = shapes.instances() else { panic!("three pieces") };
        assert_eq!((joins(a), joins(b), joins(c)), ((false, true), (true, true), (true, false)));
        assert_eq!(a.params[2..], b.params[..2]);
        assert_eq!(b.params[2..], c.params[..2]);
        let normal = Vec2::new(a.params[2], a.params[3]);
        assert!(normal.distance(Vec2::ONE.normalize()) < 1e-6, "the plane halves the corner");
    }

    #[test]
    fn text_is_set_from_its_anchor() {
        let style = TextStyle::new(Font::Mono, 10.0, Ink::WHITE);
        let first_pen = |align: Align| {
            let mut shapes = Shapes::new();
            let width = shapes.text(&FONTS, Vec2::new(100.0, 20.0), "8 voices", style.align(align));
            assert!((width - 48.0).abs() < 0.1);
            assert_eq!(shapes.len(), 7, "the space draws nothing");
            shapes.instances()[0].pos[0]
        };
        assert!((first_pen(Align::Left) - 100.0).abs() < 1e-3);
        assert!((first_pen(Align::Middle) - 76.0).abs() < 0.1);
        assert!((first_pen(Align::Right) - 52.0).abs() < 0.1);
    }

    #[test]
    fn a_plot_stays_in_its_rectangle_whatever_the_samples() {
        let mut shapes = Shapes::new();
        let plot = Plot { line: Ink::WHITE, width: 1.0, area: Ink::NONE, base_y: 0.0 };
        shapes.plot(Rect::new(0.0, 0.0, 10.0, 20.0), [-3.0, f32::NAN, f32::INFINITY, 0.25, 7.0], plot);
        assert_eq!(shapes.points(), [0.0, 20.0, 20.0, 5.0, 20.0]);
        shapes.plot(Rect::new(0.0, 0.0, 10.0, 20.0), [0.5], plot);
        assert_eq!((shapes.len(), shapes.points().len()), (1, 5), "one sample is no curve");
    }

    #[test]
    fn an_area_has_a_slice_for_each_rise_of_x() {
        let mut shapes = Shapes::new();
        shapes.area(&[Vec2::ZERO, Vec2::new(5.0, -8.0), Vec2::new(5.0, 0.0), Vec2::new(9.0, 2.0)], 4.0, Ink::WHITE, 0.0);
        let kinds: Vec<Kind> = shapes.instances().iter().map(Instance::kind).collect();
        assert_eq!(kinds, [Kind::Slice, Kind::Slice]);
        assert_eq!(shapes.instances()[1].params[0], 4.0);
        assert_eq!(shapes.instances()[0].params[2], -8.0);
    }

    #[test]
    fn dashes_go_all_round_and_do_not_touch() {
        let mut shapes = Shapes::new();
        shapes.dashed_rect(Rect::new(0.0, 0.0, 100.0, 60.0), 6.0, 3.0, 4.0, 1.0, Ink::WHITE);
        let lines: Vec<&Instance> = shapes.instances().iter().filter(|i| i.kind() == Kind::Segment).collect();
        assert!(lines.len() >= 40, "{} dashes", lines.len());
        assert!(lines.iter().all(|line| Vec2::from(line.half).length() < 5.0));
        assert_eq!(shapes.instances().iter().filter(|i| i.kind() == Kind::Arc).count(), 4);
    }

    #[test]
    fn appended_lists_are_groups_with_their_bounds() {
        let mut module = Shapes::new();
        module.rect(Rect::new(0.0, 0.0, 100.0, 50.0), Look::fill(Ink::WHITE).shadow(10.0, 0.5));
        module.text(&FONTS, Vec2::new(10.0, 20.0), "Delay", TextStyle::new(Font::SemiBold, 12.0, Ink::WHITE));
        assert_eq!(module.bounds(), Rect::new(-13.0, -13.0, 113.0, 63.0));
        let mut layer = Shapes::new();
        layer.append(&module, Vec2::new(1000.0, 0.0));
        layer.line(Vec2::ZERO, Vec2::new(9.0, 5.0), 2.0, Ink::WHITE);
        layer.append(&module, Vec2::ZERO);
        let ends: Vec<u32> = layer.groups().iter().map(|group| group.end).collect();
        assert_eq!(ends, [6, 7, 13]);
        assert_eq!(layer.groups()[0].bounds, Rect::new(987.0, -13.0, 1113.0, 63.0));
        assert_eq!(layer.groups()[1].bounds, Rect::new(-1.0, -1.0, 10.0, 6.0));
        assert_eq!(layer.bounds(), Rect::new(-13.0, -13.0, 1113.0, 63.0));
        assert!(Shapes::new().bounds().is_empty());
    }

    #[test]
    fn every_shape_knows_how_far_it_reaches() {
        let reaches = |draw: &dyn Fn(&mut Shapes), want: Rect| {
            let mut shapes = Shapes::new();
            draw(&mut shapes);
            assert_eq!(shapes.bounds(), want);
        };
        let at = Vec2::splat(50.0);
        reaches(&|s| s.circle(at, 10.0, Look::fill(Ink::WHITE)), Rect::new(40.0, 40.0, 60.0, 60.0));
        reaches(&|s| s.arc(at, 10.0, 0.0, 1.0, 3.0, Ink::WHITE), Rect::new(37.0, 37.0, 63.0, 63.0));
        reaches(&|s| s.glow(at, 3.0, 20.0, Ink::WHITE), Rect::new(30.0, 30.0, 70.0, 70.0));
        reaches(&|s| s.triangle(at, Vec2::new(6.0, 8.0), 0.0, Look::fill(Ink::WHITE)), Rect::new(45.0, 45.0, 55.0, 55.0));
        reaches(&|s| s.area(&[at, Vec2::new(60.0, 30.0)], 70.0, Ink::WHITE, 0.0), Rect::new(50.0, 30.0, 60.0, 70.0));
        let plot = Plot { line: Ink::WHITE, width: 2.0, area: Ink::NONE, base_y: 0.0 };
        reaches(&|s| s.plot(Rect::new(10.0, 10.0, 30.0, 20.0), [0.0, 1.0], plot), Rect::new(8.0, 8.0, 32.0, 22.0));
    }

    #[test]
    fn an_emptied_list_keeps_its_memory() {
        let mut shapes = Shapes::new();
        for i in 0..100 {
            shapes.circle(Vec2::splat(i as f32), 3.0, Look::fill(Ink::WHITE));
        }
        let capacity = shapes.instances.capacity();
        shapes.clear();
        assert!(shapes.is_empty() && shapes.instances.capacity() == capacity);
    }
}
