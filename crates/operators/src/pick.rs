//! What is selected.

use crate::action::Action;
use crate::operator::{On, Operator, say};
use crate::scene::{Picked, Scene};
use patchlight_core::{ModuleId, Spot};
use std::collections::BTreeSet;

pub(crate) const OPERATORS: &[Operator] = &[
    Operator::new("select.all", "Select all", &["Ctrl+A"], On::Canvas, |scene| picked(scene.seen()))
        .about("Selects every module that is seen"),
    Operator::new("select.none", "Select nothing", &["Escape"], On::Anything, none)
        .about("Lets go: of a cable in the hand, of a port, of the selection"),
    Operator::new("select.invert", "Select the others", &["Ctrl+I"], On::Canvas, invert)
        .about("Selects what is not selected, and nothing else"),
    Operator::new("select.upstream", "Where does this come from?", &["Shift+U"], On::Modules, |scene| along(scene, true))
        .about("Lights up everything that the selected modules hear, back to its sources"),
    Operator::new("select.downstream", "Where does this go?", &["Shift+D"], On::Modules, |scene| along(scene, false))
        .about("Lights up everything that hears the selected modules"),
    Operator::new("select.alike", "Select alike", &["Ctrl+Shift+A"], On::Modules, alike)
        .about("Selects every module of the kinds that are selected"),
];

fn picked(modules: impl IntoIterator<Item = ModuleId>) -> Vec<Action> {
    vec![Action::Pick(Picked { modules: modules.into_iter().collect(), ..Picked::default() })]
}

/// One thing after the other, the nearest to the hand first.
fn none(scene: &Scene<'_>) -> Vec<Action> {
    let now = scene.picked;
    let next = match (&now.carried, &now.spot) {
        (Some(_), _) => Picked { carried: None, ..now.clone() },
        (None, Some(spot)) if *spot != Spot::Module(spot.module().clone()) => {
            Picked { spot: Some(Spot::Module(spot.module().clone())), ..now.clone() }
        }
        _ => Picked::default(),
    };
    vec![Action::Pick(next)]
}

fn invert(scene: &Scene<'_>) -> Vec<Action> {
    let chosen = scene.chosen();
    picked(scene.seen().into_iter().filter(|id| !chosen.contains(id)))
}

fn alike(scene: &Scene<'_>) -> Vec<Action> {
    let kind = |id: &ModuleId| scene.patch.module(id.as_str()).map(|module| module.kind.as_str());
    let kinds: BTreeSet<&str> = scene.chosen().iter().filter_map(kind).collect();
    if kinds.is_empty() {
        return say("Nothing is selected: click a module first.");
    }
    picked(scene.seen().into_iter().filter(|id| kind(id).is_some_and(|kind| kinds.contains(kind))))
}

/// Everything that sound flows through on its way to (or from) what is selected.
fn along(scene: &Scene<'_>, upstream: bool) -> Vec<Action> {
    let mut found: BTreeSet<ModuleId> = scene.chosen_modules().into_iter().collect();
    if found.is_empty() {
        return say("Nothing is selected: click a module first.");
    }
    let mut reached = true;
    while std::mem::take(&mut reached) {
        for (id, cable) in &scene.patch.cables {
            let (near, far) = if upstream { (&id.to.module, &id.from.module) } else { (&id.from.module, &id.to.module) };
            if cable.on && found.contains(near) && scene.patch.modules.contains_key(far) {
                reached |= found.insert(far.clone());
            }
        }
    }
    picked(found.iter().filter_map(|id| scene.patch.box_at(id, scene.level)))
}
