//! Every operator on a busy patch, done, undone and done again; on an empty one; and what single ones are about.

use patchlight_core::{ModuleId, PortRef, Spot};
use patchlight_modules::LIBRARY;
use patchlight_operators::{Action, OPERATORS, Operator, Picked, Place, Scene, Show, operator};
use patchlight_patch::{CableId, Edit, GroupId, History, MidiControl, Patch, read_patch, write_patch};

/// What an app does with actions, as far as a patch and a selection go.
#[derive(Clone)]
struct Desk {
    patch: Patch,
    history: History,
    picked: Picked,
    level: Option<GroupId>,
    clipboard: String,
    /// What was asked for besides.
    asked: Vec<Action>,
}

impl Desk {
    fn new(patch: Patch) -> Self {
        Self { patch, history: History::new(), picked: Picked::default(), level: None, clipboard: String::new(), asked: Vec::new() }
    }

    fn open(name: &str) -> Self {
        let path = format!("{}/../../patches/{name}.ron", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).expect("the patch is there");
        Self::new(read_patch(&text, &LIBRARY).expect("a patch").0)
    }

    fn scene<R>(&self, look: impl FnOnce(&Scene<'_>) -> R) -> R {
        look(&Scene {
            patch: &self.patch,
            library: &LIBRARY,
            picked: &self.picked,
            level: self.level.as_ref(),
            clipboard: &|| self.clipboard.clone(),
            here: [120.0, 460.0],
            view: Place { center: [0.0, 0.0], zoom: 1.0 },
            size_of: &|_| [200.0, 150.0],
        })
    }

    fn run(&mut self, operator: &Operator) {
        for action in self.scene(|scene| (operator.run)(scene)) {
            match action {
                Action::Edit { edit, name, gesture } => {
                    self.history.apply(&mut self.patch, name, edit, gesture).unwrap_or_else(|error| panic!("{}: {error}", operator.id));
                }
                Action::Undo => {
                    self.history.undo(&mut self.patch).expect("undoes");
                }
                Action::Redo => {
                    self.history.redo(&mut self.patch).expect("redoes");
                }
                Action::Pick(picked) => self.picked = picked,
                Action::Copy(text) => self.clipboard = text,
                Action::Enter(level) => self.level = level,
                other => self.asked.push(other),
            }
        }
    }

    fn call(&mut self, id: &str) -> &mut Self {
        self.run(operator(id).unwrap_or_else(|| panic!("there is no {id}")));
        self
    }

    fn pick(&mut self, ids: &[&str]) -> &mut Self {
        self.picked = Picked { modules: ids.iter().map(|id| ModuleId::from(*id)).collect(), ..Picked::default() };
        self
    }

    fn said(&self) -> String {
        self.asked
            .iter()
            .rev()
            .find_map(|action| if let Action::Say(text) = action { Some(text.clone()) } else { None })
            .unwrap_or_default()
    }
}

fn all() -> impl Iterator<Item = &'static Operator> {
    OPERATORS.iter().flat_map(|family| family.iter())
}

/// A patch in which something of each sort is selected, in turn.
fn situations() -> Vec<Desk> {
    let mut desk = Desk::open("first_light");
    let first: Vec<ModuleId> = desk.patch.modules.keys().take(3).cloned().collect();
    let cable: CableId = desk.patch.cables.keys().next().expect("a cable").clone();
    let knob = desk.scene(|scene| {
        scene.seen().iter().flat_map(|id| patchlight_operators::spots(scene, id)).find(|spot| matches!(spot, Spot::Knob(_)))
    });
    desk.clipboard = desk.patch.fragment(&first).to_text(&LIBRARY);
    let plain = desk.clone();
    let mut several = desk.clone();
    several.picked.modules = first.iter().cloned().collect();
    let mut wired = desk.clone();
    wired.picked.cable = Some(cable);
    let mut turning = desk.clone();
    turning.picked.spot = knob;
    turning.picked.modules = turning.picked.spot.iter().map(|spot| spot.module().clone()).collect();
    let (learned, mut grouped) = (with_learned_knob(&turning), several.clone());
    grouped.call("group.make").call("note.frame").call("note.comment").call("view.keep_1");
    let mut inside = grouped.clone();
    inside.call("group.enter").call("select.all");
    let mut exposing = inside.clone();
    let knob = exposing.scene(|scene| {
        scene.seen().iter().flat_map(|id| patchlight_operators::spots(scene, id)).find(|spot| matches!(spot, Spot::Knob(_)))
    });
    exposing.picked = Picked { spot: knob, ..Picked::default() };
    let mut linked = grouped.clone();
    linked.call("group.link_copy");
    vec![plain, several, wired, turning, learned, grouped, inside, exposing, linked]
}

/// The same, its knob turned by a controller.
fn with_learned_knob(desk: &Desk) -> Desk {
    let mut desk = desk.clone();
    let Some(Spot::Knob(port)) = desk.picked.spot.clone() else { return desk };
    let control = Some(MidiControl { number: 74, channel: None });
    let edit = Edit::SetMidi { module: port.module, param: port.port, control };
    desk.history.apply(&mut desk.patch, "Learn", edit, None).expect("learns");
    desk
}

#[test]
fn every_operator_is_undone_and_done_again_exactly() {
    let mut edited: Vec<&str> = Vec::new();
    for desk in situations() {
        for operator in all() {
            let mut now = desk.clone();
            let before = write_patch(&now.patch, &LIBRARY);
            let entries = now.history.entries().len();
            now.run(operator);
            if now.history.entries().len() == entries {
                continue;
            }
            edited.push(operator.id);
            let after = write_patch(&now.patch, &LIBRARY);
            now.history.undo(&mut now.patch).expect("undoes");
            assert_eq!(write_patch(&now.patch, &LIBRARY), before, "{}", operator.id);
            now.history.redo(&mut now.patch).expect("redoes");
            assert_eq!(write_patch(&now.patch, &LIBRARY), after, "{}", operator.id);
        }
    }
    edited.sort_unstable();
    edited.dedup();
    // Those that can change a patch did so in one of the situations.
    let changes = |operator: &&Operator| {
        ["module", "cable", "arrange", "group", "note", "knob"].contains(&operator.family())
            || ["edit.cut", "edit.paste", "edit.duplicate", "edit.delete", "edit.delete_bare", "view.keep_1"].contains(&operator.id)
    };
    let only_ask = [
        "module.add",
        "module.swap",
        "module.rename",
        "module.page",
        "knob.type",
        "knob.learn_midi",
        "cable.amount",
        "group.enter",
        "group.leave",
        "group.keep",
    ];
    let idle: Vec<&str> =
        all().filter(changes).map(|operator| operator.id).filter(|id| !edited.contains(id) && !only_ask.contains(id)).collect();
    assert_eq!(idle, ["knob.reset", "cable.reset"].into_iter().filter(|id| !edited.contains(id)).collect::<Vec<_>>());
}

#[test]
fn an_empty_patch_bears_every_operator() {
    let mut desk = Desk::new(Patch::default());
    for operator in all() {
        desk.run(operator);
    }
    // And with a selection of what is not there.
    let gone = PortRef::new("ghost", "out");
    for spot in [Spot::Module("ghost".into()), Spot::Input(gone.clone()), Spot::Knob(gone.clone()), Spot::Output(gone.clone())] {
        for operator in all() {
            let mut desk = Desk::new(Patch::default());
            desk.level = Some("nowhere".into());
            desk.picked = Picked {
                modules: [ModuleId::from("ghost")].into(),
                cable: Some("ghost.out -> ghost.in".parse().expect("a cable")),
                spot: Some(spot.clone()),
                carried: Some((gone.clone(), true)),
            };
            desk.run(operator);
        }
    }
}

#[test]
fn a_voice_is_patched_by_keys_alone() {
    let mut desk = Desk::new(Patch::default());
    for (number, (id, kind)) in [("osc", "osc.analog"), ("filter", "filter.ladder"), ("out", "io.audio_out")].into_iter().enumerate() {
        let module = patchlight_patch::Module::new(kind, [300.0 * number as f32, 0.0]);
        desk.patch.apply(Edit::add(id, module)).expect("adds");
    }
    let walk = |desk: &mut Desk, keys: &str| {
        for key in keys.split_whitespace() {
            desk.call(key);
        }
    };
    // To the nearest module, into its ports, over to its outputs; a cable to the next module's first input.
    walk(&mut desk, "walk.right walk.left walk.enter walk.right walk.right");
    assert!(matches!(&desk.picked.spot, Some(Spot::Output(port)) if port.to_string() == "osc.out"), "{:?}", desk.picked.spot);
    walk(&mut desk, "walk.enter walk.right walk.enter");
    assert_eq!(desk.history.undo_name(), Some("Wire out of Analog to in of Ladder"));
    walk(&mut desk, "walk.right walk.right walk.enter walk.right walk.enter");
    let cables: Vec<String> = desk.patch.cables.keys().map(ToString::to_string).collect();
    assert_eq!(cables, ["osc.out -> filter.in", "filter.out -> out.in"]);
    // To a knob, turned and set back.
    walk(&mut desk, "select.none walk.left walk.enter walk.right knob.up");
    assert_eq!(desk.history.undo_name(), Some("Turn cutoff of Ladder"));
    walk(&mut desk, "knob.reset knob.type");
    assert!(matches!(desk.asked.last(), Some(Action::Show(Show::Ask(_)))));
    // At the filter's input, Delete unplugs.
    walk(&mut desk, "walk.left edit.delete");
    assert_eq!(desk.patch.cables.len(), 1);
    walk(&mut desk, "edit.delete");
    assert_eq!((desk.patch.modules.len(), desk.said().as_str()), (3, "No cable is plugged in here. Escape goes back to the module."));
    walk(&mut desk, "select.none edit.delete");
    assert_eq!(desk.patch.modules.len(), 2);
}

#[test]
fn a_cable_is_not_plugged_into_an_end_of_its_own_sort() {
    let mut desk = Desk::open("first_light");
    let outputs: Vec<PortRef> = desk.patch.cables.keys().map(|id| id.from.clone()).collect();
    desk.picked.carried = Some((outputs[0].clone(), true));
    desk.picked.spot = Some(Spot::Output(outputs[outputs.len() - 1].clone()));
    desk.call("walk.enter");
    assert_eq!(desk.said(), "The cable comes from an output: plug it into an input or a knob.");
}

#[test]
fn tidy_lays_modules_out_as_the_signal_flows_and_apart() {
    let mut desk = Desk::open("pumping_bass");
    desk.call("arrange.tidy");
    let patch = &desk.patch;
    let at: Vec<[f32; 2]> = patch.modules.values().map(|module| module.at).collect();
    for (index, a) in at.iter().enumerate() {
        for b in &at[index + 1..] {
            let apart = (a[0] - b[0]).abs() >= 200.0 || (a[1] - b[1]).abs() >= 150.0;
            assert!(apart, "{a:?} lies on {b:?}");
        }
    }
    let backwards = patch.cables.keys().filter(|id| patch.modules[&id.from.module].at[0] >= patch.modules[&id.to.module].at[0]).count();
    assert_eq!(backwards, 0, "no cable runs back where there is no loop");
}

#[test]
fn the_way_of_the_sound_is_lit_upstream() {
    let mut desk = Desk::open("pumping_bass");
    let out = desk.patch.modules.iter().find(|(_, module)| module.kind == "io.audio_out").map(|(id, _)| id.clone()).expect("an output");
    desk.pick(&[out.as_str()]).call("select.upstream");
    assert!(desk.picked.modules.len() > 3 && desk.picked.modules.contains(&out));
    let source = desk.patch.cables.keys().next().expect("a cable").from.module.clone();
    desk.pick(&[source.as_str()]).call("select.downstream");
    assert!(desk.picked.modules.contains(&source));
}

#[test]
fn copies_go_through_text_and_groups_too() {
    let mut desk = Desk::open("first_light");
    let ids: Vec<String> = desk.patch.modules.keys().take(2).map(ToString::to_string).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    desk.pick(&ids).call("group.make");
    let group = desk.picked.modules.iter().next().expect("the group").clone();
    let count = desk.patch.modules.len();
    desk.call("edit.copy").call("edit.paste");
    assert_eq!((desk.patch.groups.len(), desk.patch.modules.len()), (2, count + 2));
    let copy = desk.picked.modules.iter().next().expect("the copy").clone();
    assert_eq!(desk.patch.groups[&copy].at, [120.0, 460.0], "at the pointer, on the grid");
    desk.call("group.ungroup");
    assert_eq!(desk.picked.modules.len(), 2);
    desk.pick(&[group.as_str()]).call("edit.cut");
    assert_eq!((desk.patch.groups.len(), desk.patch.modules.len()), (0, count));
    desk.clipboard = "no patch".to_owned();
    desk.call("edit.paste");
    assert_eq!(desk.said(), "The clipboard holds no modules: copy some first.");
}

#[test]
fn a_knob_of_a_sub_patch_is_shown_on_its_box_and_hidden_again() {
    let mut desk = Desk::open("first_light");
    let ids: Vec<String> = desk.patch.modules.keys().take(2).map(ToString::to_string).collect();
    desk.pick(&[&ids[0], &ids[1]]).call("group.make").call("group.enter");
    let knob = desk
        .scene(|scene| patchlight_operators::spots(scene, &ids[0].as_str().into()).into_iter().find(|spot| matches!(spot, Spot::Knob(_))));
    desk.picked = Picked { spot: knob.clone(), ..Picked::default() };
    desk.call("group.expose");
    let group = desk.patch.groups.values().next().expect("the group").clone();
    let Some(Spot::Knob(port)) = knob else { panic!("it has a knob") };
    assert_eq!(group.knobs, [port]);
    desk.call("group.expose");
    assert!(desk.patch.groups.values().all(|group| group.knobs.is_empty()));
    desk.call("select.none").call("group.expose");
    assert!(desk.said().starts_with("The keys are at no knob or port"));
}

#[test]
fn aligning_and_spreading_use_the_outermost() {
    let mut desk = Desk::new(Patch::default());
    for (id, at) in [("a", [0.0, 5.0]), ("b", [330.0, 40.0]), ("c", [900.0, 0.0])] {
        desk.patch.apply(Edit::add(id, patchlight_patch::Module::new("osc.analog", at))).expect("adds");
    }
    desk.pick(&["a", "b", "c"]).call("arrange.align_top").call("arrange.spread_across");
    let at: Vec<[f32; 2]> = desk.patch.modules.values().map(|module| module.at).collect();
    assert_eq!(at, [[0.0, 0.0], [450.0, 0.0], [900.0, 0.0]]);
    desk.pick(&["a"]).call("arrange.align_left");
    assert_eq!(desk.said(), "Select two modules or more to align them.");
}
