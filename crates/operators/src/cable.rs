//! What is done to the selected cable.

use crate::action::{Action, Question, Show};
use crate::operator::{On, Operator, ask, say};
use crate::scene::Scene;
use patchlight_patch::{Cable, CableColor, CableId, Edit};

/// The colours that a key goes through, then none.
const COLORS: [CableColor; 6] = [
    CableColor([0xf0, 0x7f, 0x4f]),
    CableColor([0xf2, 0xc1, 0x4e]),
    CableColor([0x7f, 0xc9, 0x6b]),
    CableColor([0x5b, 0xc0, 0xd6]),
    CableColor([0x8f, 0x8c, 0xf0]),
    CableColor([0xe0, 0x7a, 0xb8]),
];

pub(crate) const OPERATORS: &[Operator] = &[
    Operator::new("cable.switch", "On or off", &["O"], On::Cable, |scene| {
        edit(scene, |id, cable, to| {
            let verb = if cable.on { "Switch off" } else { "Switch on" };
            (format!("{verb} the cable to {to}"), Edit::SetCableOn { id, on: !cable.on })
        })
    })
    .about("Lets nothing through, and lets it through again"),
    Operator::new("cable.amount", "Amount…", &["A"], On::Cable, amount).about("What the signal is multiplied with: a percentage, or dB"),
    Operator::new("cable.invert", "Turn over", &["I"], On::Cable, |scene| {
        edit(scene, |id, cable, to| (format!("Turn over what goes into {to}"), Edit::SetCableAmount { id, amount: -cable.amount }))
    })
    .about("What rose falls, and what fell rises"),
    Operator::new("cable.reset", "Full amount", &["Shift+0"], On::Cable, |scene| {
        edit(scene, |id, _, to| (format!("Reset the amount into {to}"), Edit::SetCableAmount { id, amount: 1.0 }))
    })
    .about("Sets the amount to 100 %"),
    Operator::new("cable.hide", "Hide or show", &["H"], On::Cable, |scene| {
        edit(scene, |id, cable, to| {
            let verb = if cable.hidden { "Show" } else { "Hide" };
            (format!("{verb} the cable to {to}"), Edit::SetCableHidden { id, hidden: !cable.hidden })
        })
    })
    .about("Shows only its ends; it sounds as before"),
    Operator::new("cable.color", "Next colour", &["C"], On::Cable, |scene| {
        edit(scene, |id, cable, to| {
            let next = match cable.color {
                None => COLORS.first().copied(),
                Some(now) => COLORS.iter().position(|color| *color == now).and_then(|place| COLORS.get(place + 1)).copied(),
            };
            (format!("Colour the cable to {to}"), Edit::SetCableColor { id, color: next })
        })
    })
    .about("Goes through six colours and back to that of its signal"),
    Operator::new("cable.delay", "Close the loop here", &["L"], On::Cable, |scene| {
        edit(scene, |id, cable, to| (format!("Mark the cable to {to}"), Edit::SetClosesLoop { id, closes_loop: !cable.closes_loop }))
    })
    .about("Where the cable lies in a loop, it is the one that gets the delay of a sample"),
    Operator::new("cable.delete", "Unplug", &[], On::Cable, |scene| {
        edit(scene, |id, _, to| (format!("Unplug {to}"), Edit::Disconnect { id }))
    })
    .about("Takes the cable out"),
];

fn edit(scene: &Scene<'_>, make: impl FnOnce(CableId, &Cable, String) -> (String, Edit)) -> Vec<Action> {
    let Some(id) = scene.cable() else { return say("No cable is selected: click one first.") };
    let (name, edit) = make(id.clone(), &scene.patch.cables[id], scene.port_text(&id.to));
    ask(name, edit)
}

fn amount(scene: &Scene<'_>) -> Vec<Action> {
    match scene.cable() {
        Some(id) => vec![Action::Show(Show::Ask(Question::Amount(id.clone())))],
        None => say("No cable is selected: click one first."),
    }
}
