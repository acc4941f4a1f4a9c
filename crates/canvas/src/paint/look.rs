//! How shapes and text look: fills, strokes, shadows, type and anchors.

use super::fonts::Font;
use super::theme::Ink;

/// How a rounded box looks. Start from [`Look::fill`] or [`Look::stroke`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Look {
    pub fill: Ink,
    pub stroke: Ink,
    /// Inside the edge, canvas units; never thinner than a pixel on screen.
    pub stroke_width: f32,
    /// Corner radius, canvas units.
    pub radius: f32,
    /// Reach of a soft shadow outside the edge, canvas units; 0 has none.
    pub shadow_reach: f32,
    /// Opacity of the shadow at the edge.
    pub shadow_opacity: f32,
    /// How much lighter the fill is at its top, 0 to 1.
    pub sheen: f32,
}

impl Look {
    #[must_use]
    pub fn fill(fill: Ink) -> Self {
        Self { fill, ..Self::default() }
    }

    #[must_use]
    pub fn stroke(stroke: Ink, stroke_width: f32) -> Self {
        Self { stroke, stroke_width, ..Self::default() }
    }

    #[must_use]
    pub const fn with_stroke(mut self, stroke: Ink, stroke_width: f32) -> Self {
        self.stroke = stroke;
        self.stroke_width = stroke_width;
        self
    }

    #[must_use]
    pub const fn radius(mut self, radius: f32) -> Self {
        self.radius = radius;
        self
    }

    #[must_use]
    pub const fn shadow(mut self, reach: f32, opacity: f32) -> Self {
        self.shadow_reach = reach;
        self.shadow_opacity = opacity;
        self
    }

    #[must_use]
    pub const fn sheen(mut self, sheen: f32) -> Self {
        self.sheen = sheen;
        self
    }
}

/// Which point of a line of text lies at the given position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    #[default]
    Left,
    Middle,
    Right,
}

/// How a line of text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TextStyle {
    pub font: Font,
    /// Em, canvas units.
    pub size: f32,
    pub ink: Ink,
    pub align: Align,
}

impl TextStyle {
    #[must_use]
    pub const fn new(font: Font, size: f32, ink: Ink) -> Self {
        Self { font, size, ink, align: Align::Left }
    }

    #[must_use]
    pub const fn align(mut self, align: Align) -> Self {
        self.align = align;
        self
    }
}

/// A curve through evenly spaced samples: waveforms, responses, spectra.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plot {
    pub line: Ink,
    pub width: f32,
    /// Colour of the area between the curve and `base_y` where they are furthest apart; clear leaves it out.
    pub area: Ink,
    /// Canvas y of the base of the area.
    pub base_y: f32,
}
