//! Comments and frames under the hand: moved, made larger, written anew.

use super::{Desk, Drag};
use crate::gestures::drag::CLICK_PX;
use crate::layout::{GRID, layout_of};
use crate::state::CanvasAction;
use bevy::math::{Rect, Vec2};
use patchlight_core::ModuleId;
use patchlight_patch::{Edit, Gesture, Note, Shown};

/// The least width and height, canvas units.
const SIZE_MIN: f32 = 60.0;

#[derive(Clone, Debug, PartialEq)]
pub struct NoteDrag {
    pub id: String,
    /// By its corner, which makes it larger.
    pub corner: bool,
    /// As it was.
    note: Note,
    /// What lies in a frame, where it was, and goes along.
    inside: Vec<(ModuleId, [f32; 2])>,
    from: Vec2,
    moved: bool,
    gesture: Gesture,
}

impl Desk<'_, '_, '_> {
    pub(super) fn press_note(&mut self, id: String, corner: bool, canvas: Vec2, double: bool) {
        let Some(note) = self.document.patch.notes.get(&id).cloned() else { return };
        if double && !corner {
            self.asked.push(CanvasAction::WriteNote(id));
            return;
        }
        self.selection.clear();
        let inside = if note.is_frame && !corner { self.inside(&note) } else { Vec::new() };
        let gesture = self.new_gesture();
        self.hand.drag = Some(Drag::Note(NoteDrag { id, corner, note, inside, from: canvas, moved: false, gesture }));
    }

    /// Modules and groups that lie wholly in a frame.
    fn inside(&self, frame: &Note) -> Vec<(ModuleId, [f32; 2])> {
        let (patch, level) = (&self.document.patch, self.document.level.as_ref());
        let area = Rect::from_corners(Vec2::from(frame.at), Vec2::from(frame.at) + Vec2::from(frame.size));
        let modules =
            patch.modules.iter().filter(|(id, _)| patch.shown(id.as_str(), level) == Shown::AsItself).map(|(id, module)| (id, module.at));
        let groups = patch.groups.iter().filter(|(id, _)| patch.groups_at(level).contains(id)).map(|(id, group)| (id, group.at));
        let lies_in = |(id, at): &(&ModuleId, [f32; 2])| {
            let rect = layout_of(patch, &self.document.library, id.as_str()).map(|layout| layout.rect(Vec2::from(*at)));
            rect.is_some_and(|rect| area.contains(rect.min) && area.contains(rect.max))
        };
        modules.chain(groups).filter(lies_in).map(|(id, at)| (id.clone(), at)).collect()
    }

    pub(super) fn drag_note(&mut self, mut drag: NoteDrag, canvas: Vec2) -> NoteDrag {
        let shift = canvas - drag.from;
        drag.moved |= shift.length() * self.view.zoom > CLICK_PX;
        if !drag.moved {
            return drag;
        }
        let snap = |place: Vec2| if self.hand.held.alt { place } else { (place / GRID).round() * GRID };
        let mut note = drag.note.clone();
        if drag.corner {
            note.size = snap(Vec2::from(note.size) + shift).max(Vec2::splat(SIZE_MIN)).to_array();
        } else {
            note.at = snap(Vec2::from(note.at) + shift).to_array();
        }
        self.set_note(&drag, note);
        drag
    }

    pub(super) fn cancel_note(&mut self, drag: &NoteDrag) {
        if drag.moved {
            self.set_note(drag, drag.note.clone());
        }
    }

    /// The note as it is now, with what lies in it as far from where it was.
    fn set_note(&mut self, drag: &NoteDrag, note: Note) {
        let shift = [note.at[0] - drag.note.at[0], note.at[1] - drag.note.at[1]];
        let places: Vec<_> = drag.inside.iter().map(|(id, at)| (id.clone(), [at[0] + shift[0], at[1] + shift[1]])).collect();
        let verb = match (drag.corner, note.is_frame) {
            (true, _) => "Resize a note",
            (false, true) => "Move a frame",
            (false, false) => "Move a comment",
        };
        let edit =
            Edit::Batch(vec![Edit::SetNote { id: drag.id.clone(), note: Some(Box::new(note)) }, self.document.patch.move_to(&places)]);
        self.ask(verb, edit, Some(drag.gesture));
    }
}
