//! Groups: what is shown where, ports as a box, making, letting go, copying; and notes and bookmarks in the file.

mod common;

use common::{LIBRARY, cable, id};
use patchlight_core::{ModuleId, PortRef};
use patchlight_patch::{Bookmark, Cable, CableColor, Edit, Module, Note, Patch, Shown, read_patch, write_patch};

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
