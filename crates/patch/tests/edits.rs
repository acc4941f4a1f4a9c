//! Edits: each has an exact inverse, a failed one changes nothing, and a patch stays a patch.

mod common;

use common::{FIXTURE, LIBRARY, cable, fixture, id};
use patchlight_core::{ModuleId, is_valid_id};
use patchlight_patch::{
    Bookmark, Cable, CableColor, CableId, Edit, EditError, Group, MidiControl, Module, Note, Patch, Reach, write_patch,
};
use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::test_runner::Config;

/// An osc, two filters in a row and an LFO on the second.
fn chain() -> Patch {
    let mut patch = Patch::default();
    let add = |name: &str, kind: &str| Edit::add(name, Module::new(kind, [0.0, 0.0]));
    let edits = vec![
        add("osc", "osc.analog"),
        add("one", "filter.ladder"),
        add("two", "filter.ladder"),
        add("lfo", "mod.lfo"),
        add("comp", "dyn.compressor"),
        Edit::connect(cable("osc.out -> one.in"), Cable::with_amount(0.5)),
        Edit::connect(cable("one.out -> two.in"), Cable::with_amount(-0.5)),
        Edit::connect(cable("lfo.out -> two.cutoff_hz"), Cable::default()),
        Edit::connect(cable("two.out -> comp.in"), Cable::with_amount(2.0)),
        Edit::connect(cable("two.out -> comp.key"), Cable { on: false, ..Cable::default() }),
    ];
    patch.apply(Edit::Batch(edits)).expect("a patch");
    patch
}

fn cables(patch: &Patch) -> Vec<String> {
    patch.cables.iter().map(|(id, cable)| format!("{id} {}{}", cable.amount, if cable.on { "" } else { " off" })).collect()
}

#[test]
fn removing_takes_the_cables_and_undo_brings_all_back_in_its_place() {
    for name in ["seq", "ladder", "future", "player"] {
        let mut patch = fixture();
        let undo = patch.apply(Edit::remove(name)).expect("removes");
        assert!(patch.module(name).is_none() && patch.cables_of(name).next().is_none());
        patch.apply(undo).expect("undoes");
        assert_eq!(write_patch(&patch, &LIBRARY), FIXTURE);
    }
}

#[test]
fn adding_under_a_hanging_cable_is_undone_without_it() {
    let mut patch = fixture();
    let undo = patch.apply(Edit::add("ghost", Module::new("osc.analog", [0.0, 0.0]))).expect("adds");
    patch.apply(undo).expect("undoes");
    assert_eq!(write_patch(&patch, &LIBRARY), FIXTURE);
}

#[test]
fn a_batch_that_fails_at_its_end_changes_nothing() {
    let mut patch = chain();
    let before = patch.clone();
    let batch = Edit::Batch(vec![
        Edit::remove("one"),
        Edit::set_param("two", "cutoff_hz", 300.0),
        Edit::Batch(vec![Edit::remove("lfo"), Edit::add("osc", Module::new("osc.analog", [0.0, 0.0]))]),
    ]);
    assert_eq!(patch.apply(batch), Err(EditError::ModuleExists(id("osc"))));
    assert_eq!(patch, before);
}

#[test]
fn edits_that_do_not_fit_say_why() {
    let mut patch = chain();
    let before = patch.clone();
    let failures = [
        (Edit::remove("nobody"), "there is no module `nobody` in this patch"),
        (Edit::set_param("nobody", "x", 1.0), "there is no module `nobody`"),
        (Edit::add("osc", Module::new("osc.analog", [0.0, 0.0])), "there is a module `osc` already"),
        (Edit::add("Big Lead", Module::new("osc.analog", [0.0, 0.0])), "`Big Lead` cannot be an id: use a-z"),
        (Edit::add("new", Module::new("osc.analog", [f32::NAN, 0.0])), "module `new` cannot be moved there"),
        (Edit::MoveModules(vec![(id("osc"), [1.0, 1.0]), (id("one"), [f32::INFINITY, 0.0])]), "module `one` cannot be moved"),
        (Edit::connect(cable("osc.out -> one.in"), Cable::default()), "there is a cable osc.out -> one.in already"),
        (Edit::connect(cable("osc.out -> nobody.in"), Cable::default()), "there is no module `nobody`"),
        (Edit::Disconnect { id: cable("osc.out -> two.in") }, "there is no cable osc.out -> two.in in this patch"),
        (Edit::SetCableOn { id: cable("osc.out -> two.in"), on: true }, "there is no cable osc.out -> two.in"),
    ];
    for (edit, message) in failures {
        let error = patch.apply(edit.clone()).expect_err("does not fit").to_string();
        assert!(error.contains(message), "{edit:?} gives {error}");
        assert_eq!(patch, before);
    }
}

#[test]
fn queries_find_cables_and_names() {
    let patch = chain();
    let ids = |cables: Vec<(&CableId, &Cable)>| cables.iter().map(|(id, _)| id.to_string()).collect::<Vec<_>>();
    let cutoff = "two.cutoff_hz".parse().expect("a port");
    assert_eq!(ids(patch.cables_into(&cutoff).collect()), ["lfo.out -> two.cutoff_hz"]);
    let out = "two.out".parse().expect("a port");
    assert_eq!(ids(patch.cables_out_of(&out).collect()), ["two.out -> comp.in", "two.out -> comp.key"]);
    assert_eq!((patch.inputs_of("two").count(), patch.outputs_of("two").count(), patch.cables_of("two").count()), (2, 2, 4));
    assert_eq!(patch.label("lfo", &LIBRARY), "LFO");
    assert_eq!(fixture().label("seq", &LIBRARY), "Bass line");
    assert_eq!(fixture().label("future", &LIBRARY), "future");
}

#[test]
fn deleting_heals_cables_through_a_chain() {
    let mut patch = chain();
    let remove = patch.remove_modules(&[id("one"), id("two"), id("one"), id("nobody")], Some(&LIBRARY));
    let undo = patch.apply(remove).expect("removes");
    assert_eq!(cables(&patch), ["osc.out -> comp.in -0.5", "osc.out -> comp.key -0.25 off"]);
    patch.apply(undo).expect("undoes");
    assert_eq!(patch, chain());
    let remove = patch.remove_modules(&[id("one"), id("two")], None);
    patch.apply(remove).expect("removes");
    assert_eq!(cables(&patch), [] as [&str; 0]);
}

#[test]
fn deleting_a_modulator_heals_nothing() {
    let mut patch = chain();
    patch.apply(patch.remove_modules(&[id("lfo")], Some(&LIBRARY))).expect("removes");
    assert_eq!(patch.cables.len(), 4);
}

#[test]
fn a_module_goes_into_a_cable() {
    let mut patch = chain();
    let svf = Module::new("filter.svf", [0.0, 0.0]);
    let into = |cable_id: &str, module: Module| patch.insert_into_cable(&cable(cable_id), id("svf"), module, &LIBRARY);
    assert!(matches!(into("osc.out -> two.in", svf.clone()), Err(EditError::NoSuchCable(_))));
    assert!(matches!(into("osc.out -> one.in", Module::new("x.y", [0.0; 2])), Err(EditError::UnknownKind(_))));
    assert!(matches!(into("osc.out -> one.in", Module::new("mod.lfo", [0.0; 2])), Err(EditError::NoThrough { .. })));
    let edit = into("osc.out -> one.in", svf).expect("fits");
    let undo = patch.apply(edit).expect("inserts");
    assert_eq!(cables(&patch)[4..], ["osc.out -> svf.signal 1", "svf.low -> one.in 0.5"]);
    patch.apply(undo).expect("undoes");
    assert_eq!(patch, chain());
}

#[test]
fn a_pasted_fragment_gets_fresh_ids_and_keeps_its_cables() {
    let mut patch = chain();
    let pasted = patch.duplicate(&[id("two"), id("lfo"), id("one")], [10.0, 20.0]);
    assert_eq!(pasted.ids, [id("one_2"), id("two_2"), id("lfo_2")]);
    patch.apply(pasted.edit).expect("pastes");
    assert_eq!(cables(&patch)[5..], ["one_2.out -> two_2.in -0.5", "lfo_2.out -> two_2.cutoff_hz 1"]);
    assert_eq!(patch.modules["lfo_2"].at, [10.0, 20.0]);
    // A fragment that holds `one` and `one_2` must not give both the same id.
    let both = patch.duplicate(&[id("one"), id("one_2")], [0.0, 0.0]);
    assert_eq!(both.ids, [id("one_3"), id("one_4")]);
}

#[test]
fn swapping_a_kind_keeps_what_matches() {
    let mut patch = chain();
    let before = patch.clone();
    patch.apply(Edit::set_param("two", "cutoff_hz", 300.0)).expect("sets");
    patch.apply(Edit::set_param("two", "resonance", 0.9)).expect("sets");
    patch.apply(Edit::set_param("two", "slope", 1.0)).expect("sets");
    patch.apply(Edit::connect(cable("lfo.out -> two.resonance"), Cable::default())).expect("wires");
    let set = patch.clone();
    let swap = patch.replace_kind(&id("two"), "filter.svf", &LIBRARY).expect("can be swapped");
    let undo = patch.apply(swap).expect("swaps");
    let two = &patch.modules["two"];
    assert_eq!((two.kind.as_str(), two.params.len()), ("filter.svf", 2));
    assert_eq!((two.params["cutoff_hz"], two.params["slope"]), (300.0, 1.0), "`24 dB` is 24 dB");
    let expected = ["osc.out -> one.in 0.5", "one.out -> two.signal -0.5", "lfo.out -> two.cutoff_hz 1"];
    assert_eq!(cables(&patch)[..3], expected);
    assert_eq!(cables(&patch)[3..], ["two.low -> comp.in 2", "two.low -> comp.key 1 off"]);
    patch.apply(undo).expect("undoes");
    assert_eq!(patch, set);
    assert!(matches!(before.replace_kind(&id("two"), "x.y", &LIBRARY), Err(EditError::UnknownKind(_))));
}

#[test]
fn what_must_be_compiled_anew_is_known() {
    let mut patch = chain();
    patch.apply(Edit::add("notes", Module::new("io.note_in", [0.0, 0.0]))).expect("adds");
    let needs = |edit: Edit| edit.touches().needs_compile(&patch, &LIBRARY);
    assert!(!needs(Edit::set_param("two", "cutoff_hz", 1.0)));
    assert!(needs(Edit::set_param("notes", "voices", 4.0)), "voices are structural");
    assert!(!needs(Edit::SetCableAmount { id: cable("osc.out -> one.in"), amount: 0.0 }));
    assert!(!needs(Edit::MoveModules(vec![(id("osc"), [5.0, 5.0])])));
    assert!(needs(Edit::remove("osc")));
    assert_eq!(Edit::Rename { module: id("osc"), name: None }.touches().reach, Reach::Cosmetic);
}

fn module_id() -> impl Strategy<Value = ModuleId> {
    prop::sample::select(vec!["seq", "osc", "ladder", "future", "ghost", "new", "Not Good"]).prop_map(ModuleId::from)
}

fn group_id() -> impl Strategy<Value = ModuleId> {
    prop::sample::select(vec!["drums", "inner", "osc", "Not Good"]).prop_map(ModuleId::from)
}

fn cable_id() -> impl Strategy<Value = CableId> {
    let from = prop::sample::select(vec!["seq.pitch", "osc.out", "ladder.out", "ghost.out", "new.out"]);
    let to = prop::sample::select(vec!["osc.pitch", "ladder.in", "future.in", "new.in", "seq.clock", "osc.BAD"]);
    (from, to).prop_map(|(from, to)| cable(&format!("{from} -> {to}")))
}

fn any_edit() -> impl Strategy<Value = Edit> {
    let kind = prop::sample::select(vec!["osc.analog", "filter.ladder", "x.unknown"]);
    let at = prop_oneof![9 => any::<(i16, i16)>().prop_map(|(x, y)| [f32::from(x), f32::from(y)]), 1 => Just([f32::NAN, 0.0])];
    let at_again = at.clone();
    let module = (kind, at.clone()).prop_map(|(kind, at)| Module::new(kind, at).with_param("width", 0.25));
    let param = prop::sample::select(vec!["width", "shape", "depth", "huge"]);
    let word = prop::option::of("[a-z]{0,3}");
    let edit = prop_oneof![
        3 => (module_id(), module.clone()).prop_map(|(id, module)| Edit::add(id, module)),
        2 => module_id().prop_map(Edit::remove),
        1 => (module_id(), module).prop_map(|(id, module)| Edit::SetModule { id, module: Box::new(module) }),
        1 => prop::collection::vec((module_id(), at), 0..4).prop_map(Edit::MoveModules),
        1 => (module_id(), param, prop::option::of(-9.0_f32..9.0))
            .prop_map(|(module, param, value)| Edit::SetParam { module, param: param.to_owned(), value }),
        1 => (module_id(), "steps|text|map", word.clone()).prop_map(|(module, field, text)| Edit::SetData { module, field, text }),
        1 => (module_id(), "width|shape", prop::option::of(0_u8..4)).prop_map(|(module, param, number)| {
            let control = number.map(|number| MidiControl { number, channel: None });
            Edit::SetMidi { module, param, control }
        }),
        1 => (module_id(), word.clone()).prop_map(|(module, name)| Edit::Rename { module, name }),
        1 => (module_id(), any::<bool>()).prop_map(|(module, bypassed)| Edit::SetBypassed { module, bypassed }),
        1 => (module_id(), any::<bool>()).prop_map(|(module, muted)| Edit::SetMuted { module, muted }),
        1 => (module_id(), any::<bool>()).prop_map(|(module, soloed)| Edit::SetSoloed { module, soloed }),
        1 => prop::collection::vec((module_id(), prop::option::of(group_id())), 0..4).prop_map(Edit::MoveToGroup),
        2 => (group_id(), prop::option::of((at_again.clone(), prop::option::of(group_id()))))
            .prop_map(|(id, group)| Edit::SetGroup { id, group: group.map(|(at, parent)| Box::new(Group { at, parent, ..Group::default() })) }),
        1 => ("a|b", prop::option::of(at_again.clone()))
            .prop_map(|(id, at)| Edit::SetNote { id, note: at.map(|at| Box::new(Note { at, ..Note::default() })) }),
        1 => (0_u8..3, prop::option::of(at_again))
            .prop_map(|(number, at)| Edit::SetBookmark { number, place: at.map(|center| Bookmark { center, zoom: 1.0, group: None }) }),
        1 => (cable_id(), any::<bool>()).prop_map(|(id, hidden)| Edit::SetCableHidden { id, hidden }),
        4 => (cable_id(), -2.0_f32..2.0).prop_map(|(id, amount)| Edit::connect(id, Cable::with_amount(amount))),
        2 => cable_id().prop_map(|id| Edit::Disconnect { id }),
        1 => (cable_id(), -2.0_f32..2.0).prop_map(|(id, amount)| Edit::SetCableAmount { id, amount }),
        1 => (cable_id(), any::<bool>()).prop_map(|(id, on)| Edit::SetCableOn { id, on }),
        1 => (cable_id(), prop::option::of(any::<[u8; 3]>()))
            .prop_map(|(id, color)| Edit::SetCableColor { id, color: color.map(CableColor) }),
        1 => (cable_id(), any::<bool>()).prop_map(|(id, closes_loop)| Edit::SetClosesLoop { id, closes_loop }),
        1 => "[a-z]{0,3}".prop_map(Edit::SetPatchName),
        1 => "[a-z]{0,3}".prop_map(Edit::SetPatchAbout),
        1 => word.prop_map(Edit::SetPatchAuthor),
        1 => prop::collection::vec("[a-z]{1,3}", 0..3).prop_map(Edit::SetPatchTags),
    ];
    edit.prop_recursive(2, 8, 4, |inner| prop::collection::vec(inner, 0..4).prop_map(Edit::Batch))
}

/// What holds of every patch.
fn is_sound(patch: &Patch, hanging_before: usize) -> bool {
    let ids = patch.modules.iter().all(|(id, module)| is_valid_id(id.as_str()) && module.at.iter().all(|x| x.is_finite()));
    let has = |id: &ModuleId| patch.modules.contains_key(id);
    let hanging = patch.cables.keys().filter(|id| !has(&id.from.module) || !has(&id.to.module)).count();
    let groups = patch.groups.iter().all(|(id, group)| is_valid_id(id.as_str()) && !has(id) && group.at.iter().all(|x| x.is_finite()));
    // However they go round in circles, looking at them ends.
    let paths = patch.groups.keys().all(|id| patch.group_path(id).last() == Some(id));
    ids && groups && paths && hanging <= hanging_before
}

/// Without the value that is not equal to itself.
fn start() -> Patch {
    let mut patch = fixture();
    patch.apply(Edit::remove("odd")).expect("removes");
    patch
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

    #[test]
    fn undo_after_do_is_identity(edits in prop::collection::vec(any_edit(), 1..24)) {
        let first = start();
        let mut patch = first.clone();
        let mut inverses = Vec::new();
        for edit in edits {
            let before = patch.clone();
            match patch.apply(edit.clone()) {
                Err(_) => prop_assert_eq!(&patch, &before),
                Ok(inverse) => {
                    let after = patch.clone();
                    let mut touched = edit.touches();
                    touched.merge(inverse.touches());
                    if touched.reach < Reach::Structure {
                        prop_assert!(patch.modules.keys().eq(before.modules.keys()) && patch.cables.keys().eq(before.cables.keys()));
                    }
                    for (id, module) in &before.modules {
                        prop_assert!(touched.modules.contains(id) || patch.modules.get(id) == Some(module), "{} was touched unsaid", id);
                    }
                    for (id, cable) in &before.cables {
                        prop_assert!(touched.cables.contains(id) || patch.cables.get(id) == Some(cable), "{} was touched unsaid", id);
                    }
                    let redo = patch.apply(inverse.clone()).expect("undoes");
                    prop_assert_eq!(&patch, &before);
                    let undo = patch.apply(redo).expect("does again");
                    prop_assert_eq!(&patch, &after);
                    prop_assert_eq!(undo, inverse.clone());
                    inverses.push(inverse);
                }
            }
            prop_assert!(is_sound(&patch, 1), "{:?}", edit);
        }
        for inverse in inverses.into_iter().rev() {
            patch.apply(inverse).expect("undoes");
        }
        prop_assert_eq!(patch, first);
    }

    #[test]
    fn built_gestures_always_fit(
        edits in prop::collection::vec(any_edit(), 0..12),
        chosen in prop::collection::vec(module_id(), 0..4),
        kind in prop::sample::select(vec!["osc.analog", "filter.svf", "dyn.compressor"]),
    ) {
        let mut patch = start();
        for edit in edits {
            let _ = patch.apply(edit);
        }
        let mut gestures = vec![patch.remove_modules(&chosen, Some(&LIBRARY)), patch.remove_modules(&chosen, None)];
        gestures.extend(patch.make_group(&chosen, "New", None).map(|(edit, _)| edit));
        gestures.extend(patch.groups.keys().map(|id| patch.ungroup(id)));
        let groups: Vec<ModuleId> = patch.groups.keys().cloned().collect();
        gestures.push(patch.remove_modules(&groups, Some(&LIBRARY)));
        gestures.push(patch.duplicate(&groups, [32.0, 32.0]).edit);
        gestures.push(patch.duplicate(&chosen, [32.0, 32.0]).edit);
        gestures.extend(chosen.iter().filter_map(|id| patch.replace_kind(id, kind, &LIBRARY).ok()));
        for gesture in gestures {
            let before = patch.clone();
            let undo = patch.apply(gesture).expect("fits");
            prop_assert!(is_sound(&patch, 1));
            patch.apply(undo).expect("undoes");
            prop_assert_eq!(&patch, &before);
        }
    }
}
