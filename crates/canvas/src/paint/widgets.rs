//! The words of the canvas's language: panels, wells, knobs, ports, labels, bars. Faces are drawn with these and with [`Shapes`].

use super::fonts::{Font, Fonts};
use super::look::{Align, Look, TextStyle};
use super::shapes::Shapes;
use super::theme::{Ink, Theme};
use bevy::math::{Rect, Vec2};
use patchlight_core::SignalKind;
use std::f32::consts::PI;

/// Half the travel of a knob: it turns 270 degrees, from lower left over the top to lower right.
const KNOB_HALF_TURN: f32 = 0.75 * PI;
/// Sizes of type, canvas units.
const TITLE_SIZE: f32 = 12.0;
const SMALL_SIZE: f32 = 9.5;
const LABEL_SIZE: f32 = 10.0;

/// Draws into a list, with the fonts and colours at hand.
pub struct Painter<'a> {
    pub shapes: &'a mut Shapes,
    pub fonts: &'a Fonts,
    pub theme: &'a Theme,
}

/// The body of a module.
#[derive(Clone, Copy, Debug)]
pub struct ModuleFace<'a> {
    pub rect: Rect,
    pub title: &'a str,
    /// Colour of its family.
    pub ink: Ink,
    /// Small text at the right of the title: `8 voices`, `24 dB`. May be empty.
    pub note: &'a str,
    pub selected: bool,
    /// A dashed line inside the edge: there is a patch in it.
    pub nested: bool,
    /// Bypassed or muted: everything is dimmed.
    pub dimmed: bool,
}

/// A knob with its name and value under it.
#[derive(Clone, Copy, Debug)]
pub struct KnobFace<'a> {
    pub center: Vec2,
    pub radius: f32,
    /// 0 to 1.
    pub travel: f32,
    /// The arc begins in the middle: gains and offsets.
    pub bipolar: bool,
    pub ink: Ink,
    pub name: &'a str,
    pub value: &'a str,
}

/// A port: its shape tells its kind, without colour.
#[derive(Clone, Copy, Debug)]
pub struct PortFace<'a> {
    pub center: Vec2,
    pub kind: SignalKind,
    /// Filled when something is plugged in.
    pub connected: bool,
    /// Written beside it, inside the module; may be empty.
    pub name: &'a str,
    pub output: bool,
}

impl Painter<'_> {
    /// Text with its baseline at `at`. Returns its width.
    pub fn text(&mut self, at: Vec2, text: &str, style: TextStyle) -> f32 {
        self.shapes.text(self.fonts, at, text, style)
    }

    /// Text whose capitals are centred on `at.y`, cut with an ellipsis at `max_width`.
    pub fn text_centered(&mut self, at: Vec2, text: &str, style: TextStyle, max_width: f32) -> f32 {
        let fitted = self.fonts.fit(style.font, style.size, text, max_width);
        let baseline = at + Vec2::new(0.0, self.fonts.cap_height(style.font, style.size) * 0.5);
        self.shapes.text(self.fonts, baseline, &fitted, style)
    }

    /// The panel of a module with its title.
    pub fn module(&mut self, face: ModuleFace<'_>) {
        let ModuleFace { rect, ink, .. } = face;
        let edge = if face.selected { self.theme.panel_edge_selected } else { self.theme.panel_edge };
        let look = Look::fill(self.theme.panel).with_stroke(edge, if face.selected { 1.5 } else { 1.0 });
        self.shapes.rect(rect, look.radius(9.0).shadow(14.0, 0.4).sheen(0.004));
        if face.nested {
            self.shapes.dashed_rect(rect.inflate(-4.0), 6.0, 3.0, 4.0, 1.0, self.theme.panel_edge);
        }
        let strength = if face.dimmed { 0.45 } else { 1.0 };
        let mark = rect.min + Vec2::new(12.0, 11.0);
        self.shapes.rect(Rect::from_corners(mark, mark + Vec2::new(3.0, 13.0)), Look::fill(ink.alpha(strength)).radius(1.5));
        let note_style = TextStyle::new(Font::Mono, SMALL_SIZE, self.theme.dim.alpha(strength)).align(Align::Right);
        let note_width = self.text(Vec2::new(rect.max.x - 12.0, rect.min.y + 22.0), face.note, note_style);
        let title_width = rect.width() - 22.0 - 12.0 - if note_width > 0.0 { note_width + 8.0 } else { 0.0 };
        let title = self.fonts.fit(Font::SemiBold, TITLE_SIZE, face.title, title_width);
        let title_style = TextStyle::new(Font::SemiBold, TITLE_SIZE, self.theme.text.alpha(strength));
        self.text(rect.min + Vec2::new(22.0, 22.0), &title, title_style);
    }

    /// A module seen from far: a block in its colour with its title, which is left out when it would be smaller than the screen shows.
    pub fn module_far(&mut self, rect: Rect, title: &str, ink: Ink) {
        let look = Look::fill(self.theme.panel.mix(ink, 0.13)).with_stroke(self.theme.panel_edge.mix(ink, 0.3), 1.0);
        self.shapes.rect(rect, look.radius(9.0));
        let size = (rect.height() * 0.3).min(30.0);
        let style = TextStyle::new(Font::SemiBold, size, self.theme.text).align(Align::Middle);
        self.text_centered(rect.center(), title, style, rect.width() - 16.0);
    }

    /// The dark well in which a face draws.
    pub fn well(&mut self, rect: Rect) {
        self.shapes.rect(rect, Look::fill(self.theme.face).with_stroke(self.theme.face_edge, 1.0).radius(5.0));
    }

    /// A knob, all but the modulation that moves it.
    pub fn knob(&mut self, knob: KnobFace<'_>) {
        let KnobFace { center, radius, ink, .. } = knob;
        let travel = knob.travel.clamp(0.0, 1.0);
        let angle = |travel: f32| KNOB_HALF_TURN * (2.0 * travel - 1.0);
        self.shapes.arc(center, radius, -KNOB_HALF_TURN, KNOB_HALF_TURN, 3.2, self.theme.track);
        let from = if knob.bipolar { 0.0 } else { -KNOB_HALF_TURN };
        let (low, high) = (from.min(angle(travel)), from.max(angle(travel)));
        self.shapes.arc(center, radius, low, high, 3.2, ink);
        let hand = Vec2::new(angle(travel).sin(), -angle(travel).cos());
        self.shapes.line(center + hand * (radius * 0.27), center + hand * (radius - 4.0), 2.0, self.theme.text);
        let name = TextStyle::new(Font::Medium, SMALL_SIZE, self.theme.dim).align(Align::Middle);
        self.text(center + Vec2::new(0.0, radius + 14.0), knob.name, name);
        let value = TextStyle::new(Font::Mono, SMALL_SIZE, self.theme.text).align(Align::Middle);
        self.text(center + Vec2::new(0.0, radius + 26.0), knob.value, value);
    }

    /// What modulation does to a knob: a thin arc between two travels, and a dot at where it is now.
    pub fn knob_modulation(&mut self, center: Vec2, radius: f32, from: f32, to: f32, now: f32) {
        let angle = |travel: f32| KNOB_HALF_TURN * (2.0 * travel.clamp(0.0, 1.0) - 1.0);
        let (low, high) = (from.min(to), from.max(to));
        let ring = radius + 4.5;
        self.shapes.arc(center, ring, angle(low), angle(high), 1.6, self.theme.control.alpha(0.7));
        let at = center + Vec2::new(angle(now).sin(), -angle(now).cos()) * ring;
        self.shapes.circle(at, 2.2, Look::fill(self.theme.playhead));
    }

    /// A port and its name.
    pub fn port(&mut self, port: PortFace<'_>) {
        let ink = self.theme.signal(port.kind);
        let fill = if port.connected { ink } else { self.theme.background };
        let ink = if port.connected { ink } else { ink.alpha(0.8) };
        self.signal_mark(port.center, port.kind, 5.0, Look::fill(fill).with_stroke(ink, 1.6));
        let (x, align) = if port.output { (-11.0, Align::Right) } else { (11.0, Align::Left) };
        let style = TextStyle::new(Font::Regular, SMALL_SIZE, self.theme.dim).align(align);
        self.text_centered(port.center + Vec2::new(x, 0.0), port.name, style, f32::INFINITY);
    }

    /// The shape of a kind of signal: circle, diamond, triangle or square, all of about the same weight.
    pub fn signal_mark(&mut self, center: Vec2, kind: SignalKind, radius: f32, look: Look) {
        match kind {
            SignalKind::Audio => self.shapes.circle(center, radius, look),
            SignalKind::Control => self.shapes.diamond(center, radius * 1.3, look.radius(radius * 0.16)),
            SignalKind::Pitch => {
                let size = Vec2::new(radius * 2.3, radius * 2.1);
                self.shapes.triangle(center - Vec2::new(0.0, radius * 0.1), size, 0.0, look);
            }
            SignalKind::Gate => {
                let half = Vec2::splat(radius * 0.93);
                self.shapes.smooth_rect(Rect::from_center_half_size(center, half), look.radius(radius * 0.16));
            }
        }
    }

    /// The light around a port at a level of 0 to 1.
    pub fn port_light(&mut self, center: Vec2, kind: SignalKind, level: f32) {
        if level > 0.0 {
            self.shapes.glow(center, 3.0, 15.0, self.theme.signal(kind).alpha(0.6 * level.min(1.0).sqrt()));
        }
    }

    /// A label in a capsule, as cables wear it.
    pub fn label(&mut self, center: Vec2, text: &str, ink: Ink) {
        let style = TextStyle::new(Font::Mono, LABEL_SIZE, self.theme.text).align(Align::Middle);
        let half = Vec2::new(self.fonts.width(style.font, style.size, text) * 0.5 + 10.0, 9.5);
        let look = Look::fill(self.theme.face).with_stroke(ink.alpha(0.65), 1.0).radius(9.5).shadow(8.0, 0.35);
        self.shapes.rect(Rect::from_center_half_size(center, half), look);
        self.text_centered(center, text, style, f32::INFINITY);
    }

    /// A card that floats above the canvas.
    pub fn card(&mut self, rect: Rect, ink: Ink) {
        let look = Look::fill(self.theme.face).with_stroke(ink.alpha(0.5), 1.0).radius(9.0).shadow(18.0, 0.5);
        self.shapes.rect(rect, look);
    }

    /// A row of lamps from −48 dB to +3 dB, lit up to `level_db`, with a lone lamp at `peak_db`.
    pub fn meter(&mut self, rect: Rect, level_db: f32, peak_db: f32) {
        const LAMPS: usize = 28;
        let lamp_db = |lamp: usize| -48.0 + 51.0 * (lamp as f32 + 1.0) / LAMPS as f32;
        let pitch = rect.width() / LAMPS as f32;
        for lamp in 0..LAMPS {
            let lit = lamp_db(lamp) <= level_db || (lamp_db(lamp) <= peak_db && peak_db < lamp_db(lamp + 1));
            let ink = if lit { self.theme.level(lamp_db(lamp)) } else { self.theme.track_dark };
            let left = rect.min.x + pitch * lamp as f32;
            self.shapes.smooth_rect(Rect::new(left, rect.min.y, left + pitch * 0.72, rect.max.y), Look::fill(ink).radius(1.2));
        }
    }

    /// A bar filled from the left by 0 to 1.
    pub fn bar(&mut self, rect: Rect, share: f32, ink: Ink) {
        let radius = rect.height() * 0.5;
        self.shapes.rect(rect, Look::fill(self.theme.track_dark).radius(radius));
        let width = rect.width() * share.clamp(0.0, 1.0);
        if width > 0.0 {
            let filled = Rect::from_corners(rect.min, Vec2::new(rect.min.x + width.max(rect.height()), rect.max.y));
            self.shapes.smooth_rect(filled, Look::fill(ink).radius(radius));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{KnobFace, ModuleFace, Painter, PortFace};
    use crate::paint::fonts::Fonts;
    use crate::paint::instance::{Instance, Kind};
    use crate::paint::shapes::Shapes;
    use crate::paint::theme::Theme;
    use bevy::math::{Rect, Vec2};
    use patchlight_core::SignalKind;

    fn drawn(draw: impl FnOnce(&mut Painter<'_>)) -> Vec<Instance> {
        let (mut shapes, fonts, theme) = (Shapes::new(), Fonts::load().expect("the built-in fonts"), Theme::default());
        draw(&mut Painter { shapes: &mut shapes, fonts: &fonts, theme: &theme });
        shapes.instances().to_vec()
    }

    #[test]
    fn a_knob_points_where_its_travel_says() {
        for (travel, right) in [(0.0, -1.0), (0.5, 0.0), (1.0, 1.0)] {
            let knob =
                KnobFace { center: Vec2::ZERO, radius: 15.0, travel, bipolar: false, ink: Theme::default().text, name: "", value: "" };
            let instances = drawn(|painter| painter.knob(knob));
            let [track, lit, hand] = &instances[..] else { panic!("two arcs and a hand") };
            assert_eq!((track.kind(), lit.kind(), hand.kind()), (Kind::Arc, Kind::Arc, Kind::Segment));
            assert!((lit.params[1] - track.params[1] * travel).abs() < 1e-5, "the lit part is the travel's share");
            assert!((hand.half[0].signum() * f32::from(hand.half[0].abs() > 1e-3) - right).abs() < 1e-5);
        }
    }

    #[test]
    fn kinds_of_signal_differ_in_shape() {
        let shape = |kind| {
            let instances = drawn(|p| p.port(PortFace { center: Vec2::ZERO, kind, connected: true, name: "", output: false }));
            let mark = instances[0];
            (mark.kind(), (mark.params[3] * 100.0) as i32, mark.params[0] >= mark.half[0])
        };
        let kinds = [SignalKind::Audio, SignalKind::Control, SignalKind::Pitch, SignalKind::Gate];
        let shapes: std::collections::HashSet<_> = kinds.map(|kind| format!("{:?}", shape(kind))).into_iter().collect();
        assert_eq!(shapes.len(), 4);
    }

    #[test]
    fn a_long_title_leaves_room_for_the_note() {
        let rect = Rect::new(0.0, 0.0, 170.0, 100.0);
        let title = "An extremely long name of a module";
        let face = ModuleFace { rect, title, ink: Theme::default().text, note: "0.31 Hz", selected: false, nested: false, dimmed: false };
        let instances = drawn(|painter| painter.module(face));
        let glyphs = instances.iter().filter(|i| i.kind() == Kind::Glyph);
        let (title, note): (Vec<&Instance>, Vec<&Instance>) = glyphs.partition(|i| i.half[0] > 11.0);
        let title_end = title.iter().map(|i| i.pos[0] + i.params[0] + i.params[2]).fold(0.0, f32::max);
        let note_start = note.iter().map(|i| i.pos[0]).fold(f32::INFINITY, f32::min);
        assert!(note.len() == 6 && title.len() > 3 && title.len() < 30);
        assert!(title_end < note_start, "{title_end} and {note_start}");
    }

    #[test]
    fn a_meter_lights_up_to_its_level_and_at_its_peak() {
        let theme = Theme::default();
        let lit = |level, peak| {
            drawn(|p| p.meter(Rect::new(0.0, 0.0, 180.0, 10.0), level, peak))
                .iter()
                .filter(|i| i.fill != theme.track_dark.to_bits())
                .count()
        };
        assert_eq!(lit(-200.0, -200.0), 0);
        assert_eq!(lit(-200.0, -10.0), 1);
        assert_eq!(lit(10.0, 10.0), 28);
        assert!(lit(-20.0, -20.0) < lit(-10.0, -10.0));
    }
}
