//! Comments and frames.

use crate::action::{Action, Question, Show};
use crate::operator::{On, Operator, ask, say};
use crate::scene::{Scene, snapped};
use patchlight_patch::{Edit, Note, Patch};

/// Room between a frame and what is in it, and for its title, canvas units.
const MARGIN: f32 = 30.0;
const TITLE: f32 = 40.0;

pub(crate) const OPERATORS: &[Operator] = &[
    Operator::new("note.comment", "Write a comment…", &["N"], On::Canvas, comment).about("Words on the canvas, at the pointer"),
    Operator::new("note.frame", "Frame…", &["Shift+N"], On::Modules, frame).about("Draws a frame with a title around what is selected"),
    Operator::new("note.delete", "Remove the note here", &["Alt+Delete"], On::Canvas, delete)
        .about("Takes the comment or frame under the pointer away"),
];

fn fresh_id(patch: &Patch) -> String {
    let mut number = patch.notes.len() + 1;
    while patch.notes.contains_key(&format!("note_{number}")) {
        number += 1;
    }
    format!("note_{number}")
}

fn written(scene: &Scene<'_>, name: &str, note: Note) -> Vec<Action> {
    let id = fresh_id(scene.patch);
    let mut actions = ask(name, Edit::SetNote { id: id.clone(), note: Some(Box::new(note)) });
    actions.push(Action::Show(Show::Ask(Question::Note(id))));
    actions
}

fn comment(scene: &Scene<'_>) -> Vec<Action> {
    let note =
        Note { text: "Comment".to_owned(), at: snapped(scene.here), size: [240.0, 80.0], group: scene.level.cloned(), ..Note::default() };
    written(scene, "Write a comment", note)
}

fn frame(scene: &Scene<'_>) -> Vec<Action> {
    let ids = scene.chosen();
    if ids.is_empty() {
        return say("Nothing is selected: select what is to be framed.");
    }
    let (mut low, mut high) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
    for id in &ids {
        let (at, size) = (scene.at(id), (scene.size_of)(id));
        for axis in 0..2 {
            low[axis] = low[axis].min(at[axis]);
            high[axis] = high[axis].max(at[axis] + size[axis]);
        }
    }
    let at = [low[0] - MARGIN, low[1] - MARGIN - TITLE];
    let size = [high[0] + MARGIN - at[0], high[1] + MARGIN - at[1]];
    let note = Note { text: "Frame".to_owned(), at, size, is_frame: true, group: scene.level.cloned(), ..Note::default() };
    written(scene, &format!("Frame {}", scene.count_text(&ids)), note)
}

fn delete(scene: &Scene<'_>) -> Vec<Action> {
    let here = |note: &&Note| note.group.as_ref() == scene.level && note.contains(scene.here);
    // The smallest: a comment in a frame before the frame.
    let area = |note: &Note| note.size[0] * note.size[1];
    let found = scene.patch.notes.iter().filter(|(_, note)| here(note)).min_by(|a, b| area(a.1).total_cmp(&area(b.1)));
    match found {
        Some((id, _)) => ask("Remove a note", Edit::SetNote { id: id.clone(), note: None }),
        None => say("No comment or frame lies under the pointer."),
    }
}
