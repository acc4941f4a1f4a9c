//! Undo, the clipboard, deleting.

use crate::action::Action;
use crate::operator::{On, Operator, ask, say};
use crate::scene::{Picked, Scene, snapped};
use patchlight_core::Spot;
use patchlight_patch::{Edit, Fragment, Pasted};

/// How far a duplicate lies from its original, canvas units.
const DUPLICATE_OFFSET: [f32; 2] = [30.0, 30.0];

pub(crate) const OPERATORS: &[Operator] = &[
    Operator::new("edit.undo", "Undo", &["Ctrl+Z"], On::Anything, |_| vec![Action::Undo])
        .about("Takes back the last thing that was done")
        .repeating(),
    Operator::new("edit.redo", "Redo", &["Ctrl+Shift+Z", "Ctrl+Y"], On::Anything, |_| vec![Action::Redo])
        .about("Does again what was taken back")
        .repeating(),
    Operator::new("edit.cut", "Cut", &["Ctrl+X"], On::Modules, cut).about("Copies what is selected and takes it out"),
    Operator::new("edit.copy", "Copy", &["Ctrl+C"], On::Modules, copy).about("Copies what is selected with the cables between, as text"),
    Operator::new("edit.paste", "Paste", &["Ctrl+V"], On::Canvas, paste).about("Adds what was copied at the pointer"),
    Operator::new("edit.duplicate", "Duplicate", &["Ctrl+D"], On::Modules, duplicate)
        .about("Has what is selected twice, with the cables between"),
    Operator::new("edit.delete", "Delete", &["Delete", "Backspace"], On::Modules, |scene| delete(scene, true))
        .about("Takes out what is selected; cables that went through are joined"),
    Operator::new("edit.delete_bare", "Delete with cables", &["Shift+Delete"], On::Modules, |scene| delete(scene, false))
        .about("Takes out what is selected and joins no cables"),
];

fn copy(scene: &Scene<'_>) -> Vec<Action> {
    let ids = scene.chosen();
    if ids.is_empty() {
        return say("Nothing is selected to copy: click a module first.");
    }
    vec![Action::Copy(scene.patch.fragment(&ids).to_text(scene.library))]
}

/// A cable that is selected is not cut: there is nothing to paste it to.
fn cut(scene: &Scene<'_>) -> Vec<Action> {
    let mut actions = copy(scene);
    if !scene.chosen().is_empty() {
        let ids = scene.chosen();
        actions.extend(ask(format!("Cut {}", scene.count_text(&ids)), scene.patch.remove_modules(&ids, None)));
    }
    actions
}

fn paste(scene: &Scene<'_>) -> Vec<Action> {
    let fragment = match Fragment::from_text(&(scene.clipboard)(), scene.library) {
        Ok((fragment, _)) => fragment,
        Err(_) => return say("The clipboard holds no modules: copy some first."),
    };
    let Some(corner) = fragment.corner() else { return say("The clipboard holds no modules: copy some first.") };
    let goal = snapped(scene.here);
    placed(scene, scene.patch.paste(&fragment, [goal[0] - corner[0], goal[1] - corner[1]], scene.level), "Paste")
}

fn duplicate(scene: &Scene<'_>) -> Vec<Action> {
    placed(scene, scene.patch.duplicate(&scene.chosen(), DUPLICATE_OFFSET), "Duplicate")
}

/// Adds modules and selects them.
fn placed(scene: &Scene<'_>, pasted: Pasted, verb: &str) -> Vec<Action> {
    if pasted.is_empty() {
        return say("Nothing is selected: click a module first.");
    }
    let count = pasted.ids.len();
    let name = format!("{verb} {count} module{}", if count == 1 { "" } else { "s" });
    let mut actions = ask(name, pasted.edit);
    actions.push(Action::Pick(Picked { modules: pasted.ids.into_iter().collect(), ..scene.picked.clone() }.without_spot()));
    actions
}

impl Picked {
    /// The same with the keys nowhere and nothing in them.
    pub(crate) fn without_spot(self) -> Self {
        Self { spot: None, carried: None, cable: None, ..self }
    }
}

fn delete(scene: &Scene<'_>, heal: bool) -> Vec<Action> {
    if let Some(cable) = scene.cable() {
        return ask(format!("Unplug {}", scene.port_text(&cable.to)), Edit::Disconnect { id: cable.clone() });
    }
    // With the keys at a port, its newest cable is meant.
    let newest = match &scene.picked.spot {
        Some(Spot::Input(port) | Spot::Knob(port)) => scene.patch.cables_into(port).last(),
        Some(Spot::Output(port)) => scene.patch.cables_out_of(port).last(),
        Some(Spot::Module(_)) | None => None,
    };
    if let Some((cable, _)) = newest {
        return ask(format!("Unplug {}", scene.port_text(&cable.to)), Edit::Disconnect { id: cable.clone() });
    }
    if matches!(scene.picked.spot, Some(Spot::Input(_) | Spot::Output(_))) {
        return say("No cable is plugged in here. Escape goes back to the module.");
    }
    let ids = scene.chosen();
    if ids.is_empty() {
        return say("Nothing is selected to delete: click a module or a cable first.");
    }
    let edit = scene.patch.remove_modules(&ids, heal.then_some(scene.library));
    ask(format!("Delete {}", scene.count_text(&ids)), edit)
}
