//! Groups: what is shown where, ports as a box, making, letting go, copying; and notes and bookmarks in the file.

mod common;

use common::{LIBRARY, cable, id};
use patchlight_core::{ModuleId, PortRef};
use patchlight_patch::{Bookmark, Cable, CableColor, CableId, Edit, Group, History, Module, Note, Patch, Shown, read_patch, write_patch};
use proptest::prelude::{prop_assert_eq, proptest};

/// seq → osc → filter → comp, and an LFO at the filter.
fn voice() -> Patch {
    let mut patch = Patch::default();
    let kinds = [("seq", "seq.steps"), ("osc", "osc.analog"), ("filter", "filter.ladder"), ("lfo", "mod.lfo"), ("comp", "dyn.compressor")];
    for (number, (name, kind)) in kinds.into_iter().enumerate() {
        patch.apply(Edit::add(name, Module::new(kind, [100.0 * number as f32, 50.0]))).expect("adds");
    }
    for wire in ["seq.pitch -> osc.pitch", "osc.out -> filter.in", "lfo.out -> filter.cutoff_hz", "filter.out -> comp.in"] {
        patch.apply(Edit::connect(cable(wire), Cable::default())).expect("wires");
    }
    patch
}

fn group(patch: &mut Patch, ids: &[&str], name: &str, level: Option<&ModuleId>) -> (ModuleId, Edit) {
    let ids: Vec<ModuleId> = ids.iter().map(|name| id(name)).collect();
    let (edit, group) = patch.make_group(&ids, name, level).expect("there is something to group");
    (group, patch.apply(edit).expect("groups"))
}

fn names(ports: &[PortRef]) -> Vec<String> {
    ports.iter().map(PortRef::to_string).collect()
}

#[test]
fn the_cables_that_cross_are_the_ports() {
    let (mut patch, before) = (voice(), voice());
    let (tone, undo) = group(&mut patch, &["osc", "filter"], "Tone", None);
    let ports = patch.group_ports(&tone, &LIBRARY);
    assert_eq!(names(&ports.inputs), ["osc.pitch", "filter.cutoff_hz"]);
    assert_eq!(names(&ports.outputs), ["filter.out"]);
    assert_eq!(patch.groups[&tone].at, [100.0, 50.0]);
    assert_eq!(patch.cables.len(), 4, "no cable is touched");
    assert_eq!((patch.shown("osc", None), patch.shown("osc", Some(&tone))), (Shown::Within(tone.clone()), Shown::AsItself));
    assert_eq!((patch.shown("seq", None), patch.shown("seq", Some(&tone))), (Shown::AsItself, Shown::Outside));
    let mut chosen = patch.groups[&tone].clone();
    chosen.ports =
        vec![PortRef::new("filter", "in"), PortRef::new("osc", "out"), PortRef::new("osc", "pitch"), PortRef::new("seq", "gate")];
    patch.apply(Edit::SetGroup { id: tone.clone(), group: Some(Box::new(chosen)) }).expect("sets");
    let ports = patch.group_ports(&tone, &LIBRARY);
    assert_eq!(names(&ports.inputs), ["osc.pitch", "filter.cutoff_hz", "filter.in"]);
    assert_eq!(names(&ports.outputs), ["filter.out", "osc.out"]);
    patch.apply(undo).expect("undoes");
    assert_eq!(patch, before);
}

#[test]
fn groups_nest_and_let_go() {
    let mut patch = voice();
    let (inner, _) = group(&mut patch, &["osc"], "Osc part", None);
    assert_eq!(inner.as_str(), "osc_part");
    let (outer, _) = group(&mut patch, &["osc_part", "filter"], "Voice", None);
    assert_eq!(patch.group_path(&inner), [outer.clone(), inner.clone()]);
    assert_eq!((patch.groups_at(None), patch.groups_at(Some(&outer))), (vec![outer.clone()], vec![inner.clone()]));
    assert_eq!(patch.modules_in(&outer), [id("osc"), id("filter")]);
    assert_eq!(patch.shown("osc", None), Shown::Within(outer.clone()));
    assert_eq!(patch.shown("osc", Some(&outer)), Shown::Within(inner.clone()));
    let whole = patch.clone();
    let undo = patch.apply(patch.ungroup(&outer)).expect("lets go");
    assert_eq!((patch.groups_at(None), patch.group_of("filter")), (vec![inner.clone()], None));
    assert_eq!(patch.group_of("osc"), Some(&inner));
    patch.apply(undo).expect("undoes");
    assert_eq!(patch, whole);
}

#[test]
fn a_group_is_copied_with_all_that_is_in_it() {
    let mut patch = voice();
    let (inner, _) = group(&mut patch, &["osc"], "Inner", None);
    let (outer, _) = group(&mut patch, &["inner", "filter"], "Outer", None);
    let text = patch.fragment(std::slice::from_ref(&outer)).to_text(&LIBRARY);
    let (fragment, _) = patchlight_patch::Fragment::from_text(&text, &LIBRARY).expect("reads");
    assert_eq!((fragment.modules.len(), fragment.groups.len(), fragment.corner()), (2, 2, Some([100.0, 50.0])));
    let pasted = patch.paste(&fragment, [30.0, 30.0], None);
    assert_eq!(pasted.ids, [id("outer_2")]);
    patch.apply(pasted.edit).expect("pastes");
    assert_eq!(patch.modules_in(&id("outer_2")), [id("osc_2"), id("filter_2")]);
    assert_eq!(patch.group_path(&id("inner_2")), [id("outer_2"), id("inner_2")]);
    assert_eq!(patch.groups[&id("outer_2")].at, [130.0, 80.0]);
    assert_eq!(patch.modules["osc_2"].at, [100.0, 50.0], "inside, everything is where it was");
    assert!(patch.cables.contains_key(&cable("osc_2.out -> filter_2.in")));
    let undo = patch.apply(patch.remove_modules(std::slice::from_ref(&outer), Some(&LIBRARY))).expect("removes");
    assert!(!patch.modules.contains_key("osc") && !patch.groups.contains_key(&inner) && !patch.groups.contains_key(&outer));
    patch.apply(undo).expect("undoes");
    assert!(patch.groups.contains_key(&inner) && patch.modules.contains_key("osc"));
    let into = patch.paste(&fragment, [0.0, 0.0], Some(&outer));
    patch.apply(into.edit).expect("pastes");
    assert_eq!(patch.group_path(&into.ids[0]), [outer, into.ids[0].clone()]);
}

#[test]
fn parents_in_a_circle_are_borne() {
    let mut patch = voice();
    let (a, _) = group(&mut patch, &["osc"], "A", None);
    let (b, _) = group(&mut patch, &["filter"], "B", Some(&a));
    let mut circle = patch.groups[&a].clone();
    circle.parent = Some(b.clone());
    patch.apply(Edit::SetGroup { id: a.clone(), group: Some(Box::new(circle)) }).expect("sets");
    assert_eq!(patch.group_path(&a).last(), Some(&a));
    assert!(!patch.modules_in(&a).is_empty());
    let _ = (patch.shown("osc", Some(&b)), patch.groups_at(None), patch.group_ports(&b, &LIBRARY));
}

#[test]
fn the_file_has_groups_notes_bookmarks_solo_and_hidden_cables() {
    let mut patch = voice();
    let (tone, _) = group(&mut patch, &["osc", "filter"], "Tone \"1\"", None);
    let mut chosen = patch.groups[&tone].clone();
    (chosen.ports, chosen.knobs) = (vec![PortRef::new("filter", "in")], vec![PortRef::new("filter", "cutoff_hz")]);
    let note = Note {
        text: "Two\nlines".to_owned(),
        at: [-10.5, 0.0],
        size: [200.0, 80.0],
        color: Some(CableColor([1, 2, 3])),
        ..Note::default()
    };
    let frame = Note { is_frame: true, group: Some(tone.clone()), ..note.clone() };
    for edit in [
        Edit::SetGroup { id: tone.clone(), group: Some(Box::new(chosen)) },
        Edit::SetNote { id: "note".to_owned(), note: Some(Box::new(note)) },
        Edit::SetNote { id: "frame".to_owned(), note: Some(Box::new(frame)) },
        Edit::SetBookmark { number: 3, place: Some(Bookmark { center: [5.0, -7.25], zoom: 0.5, group: Some(tone) }) },
        Edit::SetSoloed { module: id("osc"), soloed: true },
        Edit::SetCableHidden { id: cable("filter.out -> comp.in"), hidden: true },
    ] {
        patch.apply(edit).expect("fits");
    }
    let text = write_patch(&patch, &LIBRARY);
    let (again, notes) = read_patch(&text, &LIBRARY).expect("reads");
    assert_eq!((again, notes), (patch, vec![]));
    let wrong = text.replace("at: (5, -7.25)", "at: (5, inf)").replace("\"3\": (", "\"x\": (");
    assert!(read_patch(&wrong, &LIBRARY).expect_err("no number").to_string().contains("`x` is no number of a bookmark"));
}

/// The voice with osc and filter as a group, and its linked copy.
fn linked() -> (Patch, ModuleId, ModuleId, History) {
    let (mut patch, mut history) = (voice(), History::new());
    let (tone, _) = group(&mut patch, &["osc", "filter"], "Tone", None);
    let (edit, twin) = patch.link_copy(&tone, [0.0, 200.0], &LIBRARY).expect("a group");
    history.apply(&mut patch, "Link", edit, None).expect("links");
    (patch, tone, twin, history)
}

#[test]
fn a_linked_copy_has_the_same_inside_and_cables_of_its_own() {
    let (patch, tone, twin, _) = linked();
    assert_eq!((twin.as_str(), patch.modules_in(&twin)), ("tone_2", vec![id("osc_2"), id("filter_2")]));
    assert!(patch.cables.contains_key(&cable("osc_2.out -> filter_2.in")), "the cable inside came along");
    assert!(!patch.cables.keys().any(|cable| cable.to.module == id("osc_2")), "those that cross did not");
    let ports = patch.group_ports(&twin, &LIBRARY);
    assert_eq!(
        (names(&ports.inputs), names(&ports.outputs)),
        (vec!["osc_2.pitch".into(), "filter_2.cutoff_hz".into()], vec!["filter_2.out".into()])
    );
    assert_eq!((patch.twins(&tone), patch.twins(&twin)), (vec![twin.clone()], vec![tone.clone()]));
    let (text, library) = (write_patch(&patch, &LIBRARY), &LIBRARY);
    assert_eq!(read_patch(&text, library).expect("reads").0, patch);
}

#[test]
fn what_is_done_in_one_is_done_in_both_and_undone_as_one() {
    let (mut patch, tone, twin, mut history) = linked();
    let before = patch.clone();
    let shaper = Module { group: Some(twin.clone()), ..Module::new("shape.clip", [300.0, 0.0]) };
    let rewire = Edit::Batch(vec![
        Edit::add("clip", shaper),
        Edit::Disconnect { id: cable("osc_2.out -> filter_2.in") },
        Edit::connect(cable("osc_2.out -> clip.in"), Cable::default()),
        Edit::connect(cable("clip.out -> filter_2.in"), Cable::with_amount(0.5)),
    ]);
    history.apply(&mut patch, "Insert", rewire, None).expect("inserts");
    let inside = patch.modules_in(&tone);
    assert_eq!(inside, [id("osc"), id("filter"), id("clip_2")]);
    assert!(patch.cables.contains_key(&cable("osc.out -> clip_2.in")) && !patch.cables.contains_key(&cable("osc.out -> filter.in")));
    assert_eq!(patch.cables[&cable("clip_2.out -> filter.in")].amount, 0.5);
    assert!(patch.cables.contains_key(&cable("seq.pitch -> osc.pitch")), "what crosses the border is left");

    history.apply(&mut patch, "Turn", Edit::set_param("filter", "cutoff_hz", 440.0), None).expect("turns");
    assert_eq!(patch.modules["filter_2"].params["cutoff_hz"], 440.0);
    history.apply(&mut patch, "Remove", Edit::remove("clip_2"), None).expect("removes");
    assert!(!patch.modules.contains_key("clip"), "its twin went with it");
    for _ in 0..3 {
        history.undo(&mut patch).expect("undoes");
    }
    assert_eq!(patch, before);
}

#[test]
fn knobs_on_the_box_and_detached_copies_are_left_alone() {
    let (mut patch, tone, twin, mut history) = linked();
    let mut shown = patch.groups[&tone].clone();
    shown.knobs = vec![PortRef::new("filter", "cutoff_hz")];
    let edit = Edit::Batch(vec![Edit::set_param("osc", "width", 0.3), Edit::SetGroup { id: tone, group: Some(Box::new(shown)) }]);
    history.apply(&mut patch, "Show", edit, None).expect("shows");
    assert_eq!(names(&patch.groups[&twin].knobs), ["filter_2.cutoff_hz"]);
    history.apply(&mut patch, "Turn", Edit::set_param("filter", "cutoff_hz", 220.0), None).expect("turns");
    assert!(!patch.modules["filter_2"].params.contains_key("cutoff_hz"), "each has its own");
    let free = Group { link: None, parts: Default::default(), ..patch.groups[&twin].clone() };
    history.apply(&mut patch, "Detach", Edit::SetGroup { id: twin, group: Some(Box::new(free)) }, None).expect("detaches");
    history.apply(&mut patch, "Turn", Edit::set_param("osc", "width", 0.7), None).expect("turns");
    assert_eq!(patch.modules["osc_2"].params["width"], 0.3);
}

proptest! {
    /// Whatever is done inside of one, the insides stay alike, and undo brings all of it back.
    #[test]
    fn twins_stay_alike(steps in proptest::collection::vec((0_u8..6, 0_usize..4, -1.0_f32..1.0), 1..12)) {
        let (mut patch, tone, twin, mut history) = linked();
        let first = patch.clone();
        for (what, which, value) in steps {
            let group = if which % 2 == 0 { &tone } else { &twin };
            let inside = patch.modules_in(group);
            let chosen = inside.get(which % inside.len().max(1)).cloned();
            let edit = match (what, chosen) {
                (0, _) => Edit::add(patch.fresh_id("mod.lfo"), Module { group: Some(group.clone()), ..Module::new("mod.lfo", [value, 0.0]) }),
                (_, None) => continue,
                (1, Some(module)) => Edit::remove(module),
                (2, Some(module)) => Edit::set_param(module, "width", value),
                (3, Some(module)) => Edit::MoveModules(vec![(module, [value, value])]),
                (4, Some(module)) => Edit::SetMuted { module, muted: value > 0.0 },
                (_, Some(module)) => {
                    let other = PortRef::new(inside[(which + 1) % inside.len()].clone(), "in");
                    let wire = CableId::new(PortRef::new(module, "out"), other);
                    if patch.cables.contains_key(&wire) { Edit::Disconnect { id: wire } } else { Edit::connect(wire, Cable::with_amount(value)) }
                }
            };
            history.apply(&mut patch, "Edit", edit, None).expect("applies");
            let content = |group: &ModuleId| {
                let inside = patch.modules_in(group);
                let modules: Vec<Module> = inside.iter().map(|id| Module { group: None, ..patch.modules[id].clone() }).collect();
                let place = |id: &ModuleId| inside.iter().position(|other| other == id);
                let mut cables: Vec<String> = patch
                    .cables
                    .iter()
                    .filter_map(|(id, cable)| Some(format!("{}.{} {}.{} {}", place(&id.from.module)?, id.from.port, place(&id.to.module)?, id.to.port, cable.amount)))
                    .collect();
                cables.sort();
                (modules, cables)
            };
            prop_assert_eq!(content(&tone), content(&twin));
        }
        while patch != first && history.undo(&mut patch).expect("undoes").is_some() {}
        prop_assert_eq!(patch, first);
    }
}
