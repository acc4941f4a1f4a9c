//! Sub-patches.

use crate::action::{Action, Question, Show};
use crate::operator::{On, Operator, ask, say};
use crate::scene::{Picked, Scene};
use patchlight_core::Spot;
use patchlight_patch::{Edit, Group, GroupId};
use std::collections::BTreeMap;

pub(crate) const OPERATORS: &[Operator] = &[
    Operator::new("group.make", "Group", &["Ctrl+G"], On::Modules, make)
        .about("Makes a sub-patch of what is selected, with the cables that cross as its ports"),
    Operator::new("group.ungroup", "Ungroup", &["Ctrl+Shift+G"], On::Modules, ungroup)
        .about("Puts what is in a sub-patch back where it lies"),
    Operator::new("group.enter", "Look inside", &["PageDown"], On::Modules, enter)
        .about("Shows what is in a sub-patch, while it sounds on"),
    Operator::new("group.leave", "Back out", &["PageUp"], On::Canvas, leave).about("Shows what is around the sub-patch"),
    Operator::new("group.expose", "On the box of the sub-patch", &["E"], On::Knob, expose)
        .about("Shows the knob or port that the keys are at on the box of its sub-patch, or no longer"),
    Operator::new("group.keep", "Keep as my module…", &["Ctrl+Shift+M"], On::Modules, keep)
        .about("Saves what is selected under a name; it is found again in the search"),
    Operator::new("group.link_copy", "Linked copy", &["Alt+D"], On::Modules, link_copy)
        .about("Has the sub-patch twice: what is done inside one is done inside both; the knobs on its box are each one's own"),
    Operator::new("group.detach", "Detach", &["Alt+Shift+D"], On::Modules, detach)
        .about("What is done inside the sub-patch is no longer done inside its linked copies"),
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
    let Some(group) = only(scene) else { return say("Select one sub-patch to let go of it.") };
    let inside = scene.patch.modules_in(&group);
    let mut actions = ask(format!("Ungroup {}", scene.label(&group)), scene.patch.ungroup(&group));
    actions.push(Action::Pick(Picked { modules: inside.into_iter().collect(), ..Picked::default() }));
    actions
}

/// Where a copy lies beside what it is a copy of.
const BESIDE: [f32; 2] = [40.0, 220.0];

/// The one group that is selected.
fn only(scene: &Scene<'_>) -> Option<GroupId> {
    let groups: Vec<GroupId> = scene.chosen().into_iter().filter(|id| scene.patch.groups.contains_key(id)).collect();
    if let [group] = groups.as_slice() { Some(group.clone()) } else { None }
}

fn link_copy(scene: &Scene<'_>) -> Vec<Action> {
    let copied = only(scene).and_then(|group| Some((scene.label(&group), scene.patch.link_copy(&group, BESIDE, scene.library)?)));
    let Some((label, (edit, twin))) = copied else { return say("Select one sub-patch to have a linked copy of it; Ctrl+G makes one.") };
    let mut actions = ask(format!("Link a copy of {label}"), edit);
    actions.push(Action::Pick(Picked { modules: std::iter::once(twin).collect(), ..Picked::default() }));
    actions
}

fn detach(scene: &Scene<'_>) -> Vec<Action> {
    let linked = only(scene).filter(|group| scene.patch.groups[group].link.is_some());
    let Some(id) = linked else { return say("Select a linked sub-patch to detach it; Alt+D makes one.") };
    let group = Group { link: None, parts: BTreeMap::new(), ..scene.patch.groups[&id].clone() };
    ask(format!("Detach {}", scene.label(&id)), Edit::SetGroup { id, group: Some(Box::new(group)) })
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

fn expose(scene: &Scene<'_>) -> Vec<Action> {
    let (port, is_knob) = match &scene.picked.spot {
        Some(Spot::Knob(port)) => (port, true),
        Some(Spot::Input(port) | Spot::Output(port)) => (port, false),
        Some(Spot::Module(_)) | None => return say("The keys are at no knob or port: walk to one with the arrow keys, or click a knob."),
    };
    let Some(id) = scene.patch.group_of(port.module.as_str()) else { return say("This module lies in no sub-patch; Ctrl+G makes one.") };
    let mut group = scene.patch.groups[id].clone();
    let list = if is_knob { &mut group.knobs } else { &mut group.ports };
    let shown = list.iter().position(|other| other == port);
    match shown {
        Some(place) => {
            list.remove(place);
        }
        None => list.push(port.clone()),
    }
    let verb = if shown.is_some() { "Hide" } else { "Show" };
    let name = format!("{verb} {} on {}", scene.port_text(port), scene.label(id));
    ask(name, Edit::SetGroup { id: id.clone(), group: Some(Box::new(group)) })
}

fn keep(scene: &Scene<'_>) -> Vec<Action> {
    match scene.chosen() {
        chosen if chosen.is_empty() => say("Nothing is selected: select what is to be kept."),
        chosen => vec![Action::Show(Show::Ask(Question::Keep(chosen)))],
    }
}
