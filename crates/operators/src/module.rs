//! What is done to modules.

use crate::action::{Action, Question, Show};
use crate::operator::{On, Operator, ask, say};
use crate::scene::Scene;
use patchlight_core::{ModuleId, ParamKind, ParamSpec, PortRef, Spot};
use patchlight_patch::{Edit, Module};

/// One press of a key at a knob, in parts of its travel.
const KNOB_STEP: f32 = 0.02;

pub(crate) const OPERATORS: &[Operator] = &[
    Operator::new("module.add", "Add a module…", &["Tab"], On::Canvas, |_| vec![Action::Show(Show::Search)])
        .about("Searches by name, tag and what it does: type `make it wobble`"),
    Operator::new("module.swap", "Swap for another…", &["X"], On::Modules, swap)
        .about("Makes it a module of another kind, with its wires and the values that fit"),
    Operator::new("module.bypass", "Bypass", &["B"], On::Modules, |scene| {
        switch(scene, "Bypass", |module| module.bypassed, |module, bypassed| Edit::SetBypassed { module, bypassed })
    })
    .about("Lets the signal pass by unchanged"),
    Operator::new("module.mute", "Mute", &["M"], On::Modules, |scene| {
        switch(scene, "Mute", |module| module.muted, |module, muted| Edit::SetMuted { module, muted })
    })
    .about("Silences the outputs"),
    Operator::new("module.solo", "Solo", &["S"], On::Modules, |scene| {
        switch(scene, "Solo", |module| module.soloed, |module, soloed| Edit::SetSoloed { module, soloed })
    })
    .about("Only what comes from soloed modules is heard"),
    Operator::new("module.rename", "Rename…", &["Ctrl+R"], On::Modules, rename).about("Gives it a name of its own"),
    Operator::new("module.reset", "Reset", &["Ctrl+0"], On::Modules, reset).about("Sets every knob back to its default"),
    Operator::new("module.page", "Reference page", &["?"], On::Modules, page).about("What it is, its knobs and ports, and a patch to try"),
    Operator::new("knob.up", "Turn up", &["Alt+Up"], On::Knob, |scene| turn(scene, KNOB_STEP))
        .about("Turns the knob that the keys are at")
        .repeating(),
    Operator::new("knob.down", "Turn down", &["Alt+Down"], On::Knob, |scene| turn(scene, -KNOB_STEP))
        .about("Turns the knob that the keys are at")
        .repeating(),
    Operator::new("knob.up_finely", "Turn up finely", &["Alt+Shift+Up"], On::Knob, |scene| turn(scene, KNOB_STEP * 0.1))
        .about("A tenth of a step up")
        .repeating(),
    Operator::new("knob.down_finely", "Turn down finely", &["Alt+Shift+Down"], On::Knob, |scene| turn(scene, -KNOB_STEP * 0.1))
        .about("A tenth of a step down")
        .repeating(),
    Operator::new("knob.type", "Type a value…", &["="], On::Knob, type_value).about("With its unit: `440 Hz`, `-6 dB`, `C4`, `1/8`"),
    Operator::new("knob.reset", "Reset the knob", &["Alt+0"], On::Knob, reset_knob).about("Sets the knob back to its default"),
    Operator::new("knob.learn_midi", "Learn MIDI", &["Alt+L"], On::Knob, learn_midi)
        .about("Then move a knob of your controller: from now on it turns this one"),
    Operator::new("knob.forget_midi", "Forget MIDI", &["Alt+Shift+L"], On::Knob, forget_midi)
        .about("No controller turns this knob any more"),
];

fn swap(scene: &Scene<'_>) -> Vec<Action> {
    match only(scene) {
        Some(id) => vec![Action::Show(Show::Swap(id))],
        None => say("Select one module to swap it for another."),
    }
}

/// The one module that is selected.
fn only(scene: &Scene<'_>) -> Option<ModuleId> {
    match scene.chosen().as_slice() {
        [id] if scene.patch.modules.contains_key(id) => Some(id.clone()),
        _ => None,
    }
}

/// Sets a switch of all selected modules: on, where one of them is off.
fn switch(scene: &Scene<'_>, verb: &str, is_on: fn(&Module) -> bool, edit: fn(ModuleId, bool) -> Edit) -> Vec<Action> {
    let ids = scene.chosen_modules();
    if ids.is_empty() {
        return say("Nothing is selected: click a module first.");
    }
    let on = ids.iter().any(|id| !is_on(&scene.patch.modules[id]));
    let edits: Vec<Edit> = ids.iter().map(|id| edit(id.clone(), on)).collect();
    let chosen = scene.count_text(&scene.chosen());
    ask(if on { format!("{verb} {chosen}") } else { format!("{verb} off: {chosen}") }, Edit::Batch(edits))
}

fn rename(scene: &Scene<'_>) -> Vec<Action> {
    match scene.chosen().as_slice() {
        [id] => vec![Action::Show(Show::Ask(Question::Name(id.clone())))],
        _ => say("Select one module to rename it."),
    }
}

fn reset(scene: &Scene<'_>) -> Vec<Action> {
    let ids = scene.chosen_modules();
    let set = |id: &ModuleId| scene.patch.modules[id].params.keys().map(|param| (id.clone(), param.clone())).collect::<Vec<_>>();
    let edits = ids.iter().flat_map(set).map(|(module, param)| Edit::SetParam { module, param, value: None }).collect();
    ask(format!("Reset {}", scene.count_text(&scene.chosen())), Edit::Batch(edits))
}

fn page(scene: &Scene<'_>) -> Vec<Action> {
    let spec = only(scene).and_then(|id| scene.library.get(&scene.patch.modules[&id].kind));
    match spec {
        Some(spec) => vec![Action::Show(Show::Page(spec.id))],
        None => say("Select one module to read about it."),
    }
}

/// The knob that the keys are at, and its value.
fn knob<'s>(scene: &'s Scene<'_>) -> Option<(&'s PortRef, &'static ParamSpec, f32)> {
    let Some(Spot::Knob(port)) = &scene.picked.spot else { return None };
    let module = scene.patch.module(port.module.as_str())?;
    let (_, spec) = scene.library.get(&module.kind)?.param(&port.port)?;
    Some((port, spec, module.value(spec)))
}

const NO_KNOB: &str = "The keys are at no knob: walk to one with the arrow keys, or click it.";

fn turn(scene: &Scene<'_>, step: f32) -> Vec<Action> {
    let Some((port, spec, value)) = knob(scene) else { return say(NO_KNOB) };
    let turned = match spec.kind {
        ParamKind::Number => spec.value_from_travel((spec.travel_from_value(value) + step).clamp(0.0, 1.0)),
        ParamKind::Whole | ParamKind::Choice(_) | ParamKind::Toggle => spec.clamp(value + step.signum()),
    };
    if turned == value {
        return Vec::new();
    }
    ask(format!("Turn {}", scene.port_text(port)), Edit::set_param(port.module.clone(), port.port.clone(), turned))
}

fn type_value(scene: &Scene<'_>) -> Vec<Action> {
    match knob(scene) {
        Some((port, ..)) => vec![Action::Show(Show::Ask(Question::Value(port.clone())))],
        None => say(NO_KNOB),
    }
}

fn learn_midi(scene: &Scene<'_>) -> Vec<Action> {
    match knob(scene) {
        Some((port, ..)) => vec![Action::LearnMidi(Some(port.clone()))],
        None => say(NO_KNOB),
    }
}

fn forget_midi(scene: &Scene<'_>) -> Vec<Action> {
    let Some((port, ..)) = knob(scene) else { return say(NO_KNOB) };
    let is_learned = scene.patch.modules[&port.module].midi.contains_key(&port.port);
    let edit = Edit::SetMidi { module: port.module.clone(), param: port.port.clone(), control: None };
    let name = format!("Forget MIDI of {}", scene.port_text(port));
    if is_learned { ask(name, edit) } else { say("No MIDI controller turns this knob.") }
}

fn reset_knob(scene: &Scene<'_>) -> Vec<Action> {
    let Some((port, ..)) = knob(scene) else { return say(NO_KNOB) };
    let is_set = scene.patch.modules[&port.module].params.contains_key(&port.port);
    let edit = Edit::SetParam { module: port.module.clone(), param: port.port.clone(), value: None };
    if is_set { ask(format!("Reset {}", scene.port_text(port)), edit) } else { Vec::new() }
}
