//! Patching by keys alone: arrow keys walk from module to module and from port to port, Enter picks up a cable and drops it.

use crate::action::Action;
use crate::operator::{On, Operator, ask, say};
use crate::scene::{Picked, Scene};
use patchlight_core::{ModuleId, PortRef, Spot};
use patchlight_patch::{CableId, Edit};

pub(crate) const OPERATORS: &[Operator] = &[
    Operator::new("walk.left", "Walk left", &["Left"], On::Anything, |scene| walk(scene, [-1.0, 0.0]))
        .about("To the next module, or from outputs over knobs to inputs")
        .repeating(),
    Operator::new("walk.right", "Walk right", &["Right"], On::Anything, |scene| walk(scene, [1.0, 0.0]))
        .about("To the next module, or from inputs over knobs to outputs")
        .repeating(),
    Operator::new("walk.up", "Walk up", &["Up"], On::Anything, |scene| walk(scene, [0.0, -1.0]))
        .about("To the module or the port above")
        .repeating(),
    Operator::new("walk.down", "Walk down", &["Down"], On::Anything, |scene| walk(scene, [0.0, 1.0]))
        .about("To the module or the port below")
        .repeating(),
    Operator::new("walk.enter", "Pick up or plug in", &["Enter"], On::Anything, |scene| enter(scene, false))
        .about("On a module: to its ports. On a port: picks up a cable, and plugs it in at the next port"),
    Operator::new("walk.enter_added", "Plug in beside others", &["Shift+Enter"], On::Anything, |scene| enter(scene, true))
        .about("Plugs the cable in and leaves those in that are there"),
    Operator::new("walk.next_cable", "Next cable", &["."], On::Anything, next_cable)
        .about("Selects the next cable of the port or module that the keys are at")
        .repeating(),
];

/// The ports and knobs of a module in the order of the keys: inputs, knobs, outputs. Of a group: its ports as a box.
#[must_use]
pub fn spots(scene: &Scene<'_>, id: &ModuleId) -> Vec<Spot> {
    if scene.patch.groups.contains_key(id) {
        let ports = scene.patch.group_ports(id, scene.library);
        let inputs = ports.inputs.into_iter().map(Spot::Input);
        return inputs.chain(ports.outputs.into_iter().map(Spot::Output)).collect();
    }
    let Some(spec) = scene.patch.module(id.as_str()).and_then(|module| scene.library.get(&module.kind)) else { return Vec::new() };
    let port = |port: &str| PortRef::new(id.clone(), port);
    let inputs = spec.inputs.iter().map(|input| Spot::Input(port(input.id)));
    let knobs = spec.params.iter().filter(|param| !param.hidden).map(|param| Spot::Knob(port(param.id)));
    inputs.chain(knobs).chain(spec.outputs.iter().map(|output| Spot::Output(port(output.id)))).collect()
}

fn at_spot(scene: &Scene<'_>, spot: Spot) -> Vec<Action> {
    vec![Action::Pick(Picked {
        modules: std::iter::once(owner(scene, &spot)).collect(),
        cable: None,
        spot: Some(spot),
        ..scene.picked.clone()
    })]
}

/// The box that a spot is on: its module, or the group that stands for it.
fn owner(scene: &Scene<'_>, spot: &Spot) -> ModuleId {
    scene.patch.box_at(spot.module(), scene.level).unwrap_or_else(|| spot.module().clone())
}

fn walk(scene: &Scene<'_>, direction: [f32; 2]) -> Vec<Action> {
    match &scene.picked.spot {
        Some(spot @ (Spot::Input(_) | Spot::Knob(_) | Spot::Output(_))) => walk_ports(scene, spot, direction),
        _ => walk_modules(scene, direction),
    }
}

/// Up and down along the ports, left and right to the next column; and from the last on to the next module.
fn walk_ports(scene: &Scene<'_>, spot: &Spot, direction: [f32; 2]) -> Vec<Action> {
    let column = |spot: &Spot| match spot {
        Spot::Module(_) | Spot::Input(_) => 0,
        Spot::Knob(_) => 1,
        Spot::Output(_) => 2,
    };
    let all = spots(scene, &owner(scene, spot));
    let Some(place) = all.iter().position(|other| other == spot) else { return walk_modules(scene, direction) };
    let (now, sideways) = (column(spot), direction[0] != 0.0);
    if !sideways {
        let next = if direction[1] > 0.0 { all.get(place + 1) } else { place.checked_sub(1).and_then(|place| all.get(place)) };
        return match next {
            Some(next) => at_spot(scene, next.clone()),
            None => walk_modules(scene, direction),
        };
    }
    let beyond = |other: &&Spot| if direction[0] > 0.0 { column(other) > now } else { column(other) < now };
    let mut others = all.iter().filter(beyond);
    let next = if direction[0] > 0.0 {
        others.next()
    } else {
        others.map(column).max().and_then(|last| all.iter().find(|other| column(other) == last))
    };
    match next {
        Some(next) => at_spot(scene, next.clone()),
        None => walk_modules(scene, direction),
    }
}

/// To the nearest module in a direction; while a cable is carried, to its ports.
fn walk_modules(scene: &Scene<'_>, direction: [f32; 2]) -> Vec<Action> {
    let seen = scene.seen();
    let from = scene.picked.spot.as_ref().map(|spot| owner(scene, spot)).or_else(|| scene.chosen().into_iter().next());
    let middle = |id: &ModuleId| {
        let ([x, y], [width, height]) = (scene.at(id), (scene.size_of)(id));
        [x + width * 0.5, y + height * 0.5]
    };
    let Some(from) = from else {
        // The first step goes to what is nearest to the middle of the view.
        let distance = |id: &ModuleId| (0..2).map(|axis| (middle(id)[axis] - scene.view.center[axis]).powi(2)).sum::<f32>();
        let nearest = seen.into_iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
        return nearest.map_or_else(|| say("The patch is empty: Tab adds a module."), |id| at_spot(scene, Spot::Module(id)));
    };
    let start = middle(&from);
    let cost = |id: &ModuleId| {
        let [x, y] = [middle(id)[0] - start[0], middle(id)[1] - start[1]];
        let along = x * direction[0] + y * direction[1];
        let across = (x * direction[1]).abs() + (y * direction[0]).abs();
        // What lies straight ahead first; what lies more to the side than ahead last.
        (along > 1.0).then_some(along + 2.0 * across)
    };
    let costs = seen.into_iter().filter(|id| *id != from).filter_map(|id| cost(&id).map(|cost| (cost, id)));
    let Some((_, goal)) = costs.min_by(|a, b| a.0.total_cmp(&b.0)) else { return Vec::new() };
    let wanted = scene.picked.carried.as_ref().map(|(_, is_output)| *is_output);
    let fits = |spot: &Spot| wanted.is_some_and(|from_output| matches!(spot, Spot::Output(_)) != from_output);
    let spot = spots(scene, &goal).into_iter().find(fits).unwrap_or(Spot::Module(goal));
    at_spot(scene, spot)
}

fn enter(scene: &Scene<'_>, add: bool) -> Vec<Action> {
    let Some(spot) = scene.picked.spot.clone().or_else(|| scene.chosen().into_iter().next().map(Spot::Module)) else {
        return say("The keys are at no module: walk to one with the arrow keys.");
    };
    let (port, is_output) = match &spot {
        Spot::Module(id) => {
            let carried_from_output = scene.picked.carried.as_ref().map(|(_, is_output)| *is_output);
            let fits = |spot: &Spot| carried_from_output.is_none_or(|from_output| matches!(spot, Spot::Output(_)) != from_output);
            return spots(scene, id)
                .into_iter()
                .find(fits)
                .map_or_else(|| say("Nothing can be plugged in here."), |spot| at_spot(scene, spot));
        }
        Spot::Input(port) | Spot::Knob(port) => (port, false),
        Spot::Output(port) => (port, true),
    };
    let lives = |port: &PortRef| scene.patch.modules.contains_key(&port.module);
    if !lives(port) {
        return say("The keys are at no module: walk to one with the arrow keys.");
    }
    match scene.picked.carried.as_ref().filter(|(fixed, _)| lives(fixed)) {
        None => vec![Action::Pick(Picked { carried: Some((port.clone(), is_output)), ..scene.picked.clone() })],
        Some((_, from_output)) if *from_output == is_output => say(if is_output {
            "The cable comes from an output: plug it into an input or a knob."
        } else {
            "The cable goes to an input: plug it into an output."
        }),
        Some((fixed, _)) => {
            let id = if is_output { CableId::new(port.clone(), fixed.clone()) } else { CableId::new(fixed.clone(), port.clone()) };
            let mut actions = plug(scene, &id, add);
            actions.push(Action::Pick(Picked { carried: None, ..scene.picked.clone() }));
            actions
        }
    }
}

/// Plugs a cable in; without `add`, in the place of those that end there.
fn plug(scene: &Scene<'_>, id: &CableId, add: bool) -> Vec<Action> {
    if scene.patch.cables.contains_key(id) {
        return say("This cable is there already.");
    }
    let others = scene.patch.cables_into(&id.to).filter(|_| !add);
    let mut edits: Vec<Edit> = others.map(|(other, _)| Edit::Disconnect { id: other.clone() }).collect();
    edits.push(Edit::connect(id.clone(), scene.patch.new_cable(id, scene.library)));
    ask(format!("Wire {} to {}", scene.port_text(&id.from), scene.port_text(&id.to)), Edit::Batch(edits))
}

fn next_cable(scene: &Scene<'_>) -> Vec<Action> {
    let at: Vec<&CableId> = match &scene.picked.spot {
        Some(Spot::Input(port) | Spot::Knob(port)) => scene.patch.cables_into(port).map(|(id, _)| id).collect(),
        Some(Spot::Output(port)) => scene.patch.cables_out_of(port).map(|(id, _)| id).collect(),
        _ => {
            let modules = scene.chosen_modules();
            let touches = |id: &&CableId| modules.iter().any(|module| id.touches(module.as_str()));
            scene.patch.cables.keys().filter(touches).collect()
        }
    };
    let place = scene.cable().and_then(|now| at.iter().position(|id| *id == now)).map_or(0, |place| place + 1);
    match at.get(place).or(at.first()) {
        Some(cable) => vec![Action::Pick(Picked { cable: Some((*cable).clone()), ..scene.picked.clone() })],
        None => say("No cable is plugged in here."),
    }
}
