//! Comments and frames, under everything else.

use super::widgets::wrap;
use super::{Layer, Lists, Scene, redraw};
use crate::hit::{NOTE_CORNER, NOTE_TITLE};
use crate::paint::{Font, Fonts, Ink, Look, Painter, TextStyle, Theme};
use crate::state::Document;
use bevy::math::{Rect, Vec2};
use bevy::prelude::{DetectChanges, Res};
use patchlight_patch::Note;

const MARGIN: f32 = 12.0;
const TITLE_SIZE: f32 = 13.0;
const TEXT_SIZE: f32 = 11.5;
const LINE: f32 = 16.0;

pub(super) fn draw(document: Res<Document>, scene: Res<Scene>, (fonts, theme): (Res<Fonts>, Res<Theme>), mut lists: Lists<'_, '_>) {
    if !scene.is_changed() && !theme.is_changed() {
        return;
    }
    redraw(&mut lists, Layer::Notes, |shapes| {
        let mut painter = Painter { shapes, fonts: &fonts, theme: &theme };
        let here = document.patch.notes.values().filter(|note| note.group == document.level);
        let mut notes: Vec<(&Note, Rect)> = here.map(|note| (note, area(note))).filter(|(_, rect)| scene.shows(*rect)).collect();
        // Frames under comments, large ones under small ones.
        notes.sort_by(|a, b| b.0.is_frame.cmp(&a.0.is_frame).then(b.1.size().element_product().total_cmp(&a.1.size().element_product())));
        for (note, rect) in notes {
            draw_note(&mut painter, note, rect);
        }
    });
}

fn area(note: &Note) -> Rect {
    Rect::from_corners(Vec2::from(note.at), Vec2::from(note.at) + Vec2::from(note.size))
}

fn draw_note(painter: &mut Painter<'_>, note: &Note, rect: Rect) {
    let ink = note.color.map_or(painter.theme.dim, |color| Ink { r: color.0[0], g: color.0[1], b: color.0[2], a: 255 });
    let (fill, edge) = if note.is_frame { (0.06, 0.45) } else { (0.12, 0.35) };
    painter.shapes.rect(rect, Look::fill(ink.alpha(fill)).with_stroke(ink.alpha(edge), 1.0).radius(10.0));
    if note.is_frame {
        let style = TextStyle::new(Font::SemiBold, TITLE_SIZE, painter.theme.text_soft);
        let title = note.text.lines().next().unwrap_or_default();
        painter.text_centered(rect.min + Vec2::new(MARGIN, NOTE_TITLE * 0.5), title, style, rect.width() - 2.0 * MARGIN);
    } else {
        let style = TextStyle::new(Font::Regular, TEXT_SIZE, painter.theme.text_soft);
        let paragraphs = note.text.lines().flat_map(|text| wrap(painter.fonts, style.font, style.size, text, rect.width() - 2.0 * MARGIN));
        let rows = ((rect.height() - MARGIN) / LINE).max(1.0) as usize;
        for (row, line) in paragraphs.collect::<Vec<_>>().iter().take(rows).enumerate() {
            painter.text(rect.min + Vec2::new(MARGIN, 20.0 + LINE * row as f32), line, style);
        }
    }
    // Two strokes in the corner by which it is made larger.
    for share in [0.45, 0.8] {
        let reach = NOTE_CORNER * share;
        painter.shapes.line(rect.max - Vec2::new(reach, 4.0), rect.max - Vec2::new(4.0, reach), 1.0, ink.alpha(0.5));
    }
}
