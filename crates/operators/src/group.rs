//! Sub-patches.

use crate::action::{Action, Question, Show};
use crate::operator::{On, Operator, ask, say};
use crate::scene::{Picked, Scene};

pub(crate) const OPERATORS: &[Operator] = &[
    Operator::new("group.make", "Group", &["Ctrl+G"], On::Modules, make)
        .about("Makes a sub-patch of what is selected, with the cables that cross as its ports"),
    Operator::new("group.ungroup", "Ungroup", &["Ctrl+Shift+G"], On::Modules, ungroup)
        .about("Puts what is in a sub-patch back where it lies"),
    Operator::new("group.enter", "Look inside", &["PageDown"], On::Modules, enter)
        .about("Shows what is in a sub-patch, while it sounds on"),
    Operator::new("group.leave", "Back out", &["PageUp"], On::Canvas, leave).about("Shows what is around the sub-patch"),
    Operator::new("group.keep", "Keep as my module…", &["Ctrl+Shift+M"], On::Modules, keep)
        .about("Saves what is selected under a name; it is found again in the search"),
];

fn make(scene: &Scene<'_>) -> Vec<Action> {
    let Some((edit, id)) = scene.patch.make_group(&scene.chosen(), "Group", scene.level) else {
        return say("Nothing is selected: select the modules that are to be one.");
    };
    let mut actions = ask(format!("Group {}", scene.count_text(&scene.chosen())), edit);
    actions.push(Action::Pick(Picked { modules: std::iter::once(id).collect(), ..Picked::default() }));
    actions
}

fn ungroup(scene: &Scene<'_>) -> Vec<Action> {
    let groups: Vec<_> = scene.chosen().into_iter().filter(|id| scene.patch.groups.contains_key(id)).collect();
    let [group] = groups.as_slice() else { return say("Select one sub-patch to let go of it.") };
    let inside = scene.patch.modules_in(group);
    let mut actions = ask(format!("Ungroup {}", scene.label(group)), scene.patch.ungroup(group));
    actions.push(Action::Pick(Picked { modules: inside.into_iter().collect(), ..Picked::default() }));
    actions
}

fn enter(scene: &Scene<'_>) -> Vec<Action> {
    match scene.chosen().into_iter().find(|id| scene.patch.groups.contains_key(id)) {
        Some(group) => vec![Action::Enter(Some(group))],
        None => say("Select a sub-patch to look inside; Ctrl+G makes one."),
    }
}

fn leave(scene: &Scene<'_>) -> Vec<Action> {
    let Some(level) = scene.level else { return say("This is the whole patch already.") };
    let path = scene.patch.group_path(level);
    let parent = path.len().checked_sub(2).and_then(|place| path.get(place)).cloned();
    let left = Picked { modules: std::iter::once(level.clone()).collect(), ..Picked::default() };
    vec![Action::Enter(parent), Action::Pick(left)]
}

fn keep(scene: &Scene<'_>) -> Vec<Action> {
    match scene.chosen() {
        chosen if chosen.is_empty() => say("Nothing is selected: select what is to be kept."),
        chosen => vec![Action::Show(Show::Ask(Question::Keep(chosen)))],
    }
}
