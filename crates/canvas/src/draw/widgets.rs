//! What the painter does not have: selectors, switches, and texts that wrap.

use crate::layout::{Control, KnobPlace};
use crate::paint::{Align, Font, Fonts, Ink, KnobFace, Look, Painter, TextStyle};
use bevy::math::{Rect, Vec2};
use patchlight_core::ParamSpec;

const NAME_SIZE: f32 = 9.5;

/// Draws what turns a parameter, with its name and value.
pub(super) fn control(painter: &mut Painter<'_>, place: &KnobPlace, at: Vec2, value: f32, ink: Ink) {
    let center = at + place.pos;
    let name = painter.fonts.fit(Font::Medium, NAME_SIZE, &place.param.name(), place.width - 2.0).into_owned();
    match place.control {
        Control::Knob => {
            let text = knob_text(painter.fonts, place.param, value, place.width);
            painter.knob(KnobFace {
                center,
                radius: place.radius,
                travel: place.param.travel_from_value(value),
                bipolar: place.param.min < 0.0 && place.param.max > 0.0 && place.param.min == -place.param.max,
                ink,
                name: &name,
                value: &text,
            });
        }
        Control::Selector => {
            let rect = Rect::from_center_half_size(center, place.half_size());
            painter.shapes.rect(rect, Look::fill(painter.theme.face).with_stroke(painter.theme.track, 1.0).radius(5.0));
            let style = TextStyle::new(Font::Mono, 9.0, painter.theme.text).align(Align::Middle);
            painter.text_centered(center, &place.param.format(value), style, rect.width() - 6.0);
            let mark = Vec2::new(rect.min.x + 0.5, center.y);
            painter.shapes.smooth_rect(Rect::from_center_half_size(mark, Vec2::new(1.0, 4.0)), Look::fill(ink).radius(1.0));
            name_under(painter, place, center, &name);
        }
        Control::Switch => {
            let on = value >= 0.5;
            let rect = Rect::from_center_half_size(center, place.half_size());
            let fill = if on { ink.alpha(0.85) } else { painter.theme.track_dark };
            painter.shapes.rect(rect, Look::fill(fill).radius(rect.height() * 0.5));
            let side = if on { 1.0 } else { -1.0 } * (rect.width() * 0.5 - rect.height() * 0.5);
            let dot = if on { painter.theme.face } else { painter.theme.dim };
            painter.shapes.circle(center + Vec2::new(side, 0.0), rect.height() * 0.5 - 3.0, Look::fill(dot));
            name_under(painter, place, center, &name);
        }
    }
}

fn name_under(painter: &mut Painter<'_>, place: &KnobPlace, center: Vec2, name: &str) {
    let style = TextStyle::new(Font::Medium, NAME_SIZE, painter.theme.dim).align(Align::Middle);
    painter.text(center + Vec2::new(0.0, place.radius + 14.0), name, style);
}

/// The value, without the space before its unit where room is short.
fn knob_text(fonts: &Fonts, param: &ParamSpec, value: f32, width: f32) -> String {
    let text = param.format(value);
    if fonts.width(Font::Mono, NAME_SIZE, &text) <= width {
        return text;
    }
    fonts.fit(Font::Mono, NAME_SIZE, &text.replace(' ', ""), width).into_owned()
}

/// Words in lines no wider than `max_width`.
pub(super) fn wrap(fonts: &Fonts, font: Font, size: f32, text: &str, max_width: f32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let joined = lines.last().map(|line| format!("{line} {word}")).filter(|line| fonts.width(font, size, line) <= max_width);
        match (joined, lines.last_mut()) {
            (Some(joined), Some(line)) => *line = joined,
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
