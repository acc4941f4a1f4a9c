//! History: undo, redo, gestures, jumps, and whether the file is behind.

mod common;

use common::id;
use patchlight_patch::{Cable, Edit, EntryId, Gesture, History, Module, Patch, Reach};
use proptest::prelude::{Strategy, any, prop, prop_assert_eq, prop_oneof, proptest};
use proptest::test_runner::Config;
use std::collections::HashMap;

fn two_modules() -> Patch {
    let mut patch = Patch::default();
    for name in ["a", "b"] {
        patch.apply(Edit::add(name, Module::new("osc.analog", [0.0, 0.0]))).expect("adds");
    }
    patch
}

fn names(history: &History) -> Vec<(&str, bool)> {
    history.entries().map(|entry| (entry.name, entry.done)).collect()
}

#[test]
fn a_drag_is_one_entry() {
    let (mut patch, mut history) = (two_modules(), History::new());
    for step in 0..50 {
        let turn = Edit::set_param("a", "width", step as f32 / 100.0);
        history.apply(&mut patch, "Turn width", turn, Some(Gesture(1))).expect("turns");
    }
    for step in 0..50 {
        let edit = Edit::MoveModules(vec![(id("a"), [step as f32, 0.0]), (id("b"), [0.0, step as f32])]);
        history.apply(&mut patch, "Move two modules", edit, Some(Gesture(2))).expect("moves");
    }
    assert_eq!(names(&history), [("Turn width", true), ("Move two modules", true)]);
    assert_eq!(patch.modules["b"].at, [0.0, 49.0]);
    history.undo(&mut patch).expect("undoes");
    assert_eq!((patch.modules["b"].at, patch.modules["a"].params["width"]), ([0.0, 0.0], 0.49));
    let touched = history.undo(&mut patch).expect("undoes").expect("an entry");
    assert_eq!((touched.reach, touched.params.len()), (Reach::Values, 1));
    assert_eq!(patch, two_modules());
    assert_eq!(history.undo(&mut patch), Ok(None));
    history.redo(&mut patch).expect("redoes");
    history.redo(&mut patch).expect("redoes");
    assert_eq!((patch.modules["b"].at, patch.modules["a"].params["width"]), ([0.0, 49.0], 0.49));
    assert_eq!(history.redo(&mut patch), Ok(None));
}

#[test]
fn two_drags_of_one_knob_are_two_entries() {
    let (mut patch, mut history) = (two_modules(), History::new());
    for gesture in [Some(Gesture(1)), Some(Gesture(2)), None, None] {
        history.apply(&mut patch, "Turn", Edit::set_param("a", "width", 0.1), gesture).expect("turns");
    }
    assert_eq!(history.entries().len(), 4);
}

#[test]
fn a_gesture_of_different_edits_is_undone_whole() {
    let (mut patch, mut history) = (two_modules(), History::new());
    let wire = Edit::connect("a.out -> b.pitch".parse().expect("a cable"), Cable::default());
    for edit in [Edit::set_param("a", "width", 0.1), wire, Edit::set_param("a", "width", 0.2), Edit::remove("a")] {
        history.apply(&mut patch, "Tidy", edit, Some(Gesture(1))).expect("fits");
    }
    assert_eq!(names(&history), [("Tidy", true)]);
    history.undo(&mut patch).expect("undoes");
    assert_eq!(patch, two_modules());
}

#[test]
fn removing_names_the_cables_that_go_along() {
    let (mut patch, mut history) = (two_modules(), History::new());
    let wire = Edit::connect("a.out -> b.pitch".parse().expect("a cable"), Cable::default());
    history.apply(&mut patch, "Wire", wire, None).expect("wires");
    let touched = history.apply(&mut patch, "Remove", Edit::remove("a"), None).expect("removes");
    assert_eq!((touched.modules.len(), touched.cables.len(), touched.reach), (1, 1, Reach::Structure));
}

#[test]
fn the_file_is_behind_exactly_when_it_is() {
    let (mut patch, mut history) = (two_modules(), History::new());
    let turn = |history: &mut History, patch: &mut Patch, value: f32, gesture: u64| {
        history.apply(patch, "Turn", Edit::set_param("a", "width", value), Some(Gesture(gesture))).expect("turns");
    };
    assert!(!history.is_dirty());
    turn(&mut history, &mut patch, 0.1, 1);
    assert!(history.is_dirty());
    history.mark_saved();
    assert!(!history.is_dirty());
    // The same movement goes on after the save: what is saved is no longer on the way.
    turn(&mut history, &mut patch, 0.2, 1);
    assert!(history.is_dirty());
    history.undo(&mut patch).expect("undoes");
    assert!(history.is_dirty());
    turn(&mut history, &mut patch, 0.3, 2);
    history.mark_saved();
    history.undo(&mut patch).expect("undoes");
    assert!(history.is_dirty());
    history.redo(&mut patch).expect("redoes");
    assert!(!history.is_dirty());
    history.undo(&mut patch).expect("undoes");
    turn(&mut history, &mut patch, 0.4, 3);
    assert!(history.is_dirty(), "as many entries as when it was saved, but others");
    history.mark_unsaved();
    history.undo(&mut patch).expect("undoes");
    assert!(history.is_dirty());
}

#[test]
fn what_was_undone_stays_as_a_branch() {
    let (mut patch, mut history) = (two_modules(), History::new());
    let mut turn = |history: &mut History, value: f32| {
        history.apply(&mut patch, format!("Turn to {value}"), Edit::set_param("a", "width", value), None).expect("turns");
        (history.current(), patch.clone())
    };
    let (_, _) = turn(&mut history, 0.1);
    let (left, left_patch) = turn(&mut history, 0.2);
    history.undo(&mut patch).expect("undoes");
    history.apply(&mut patch, "Turn to 0.3", Edit::set_param("a", "width", 0.3), None).expect("turns");
    let right = history.current();
    let lines: Vec<_> = history.entries().map(|entry| (entry.name, entry.done, entry.branch)).collect();
    assert_eq!(lines, [("Turn to 0.1", true, 0), ("Turn to 0.2", false, 0), ("Turn to 0.3", true, 1)]);
    history.jump_to(&mut patch, left).expect("jumps");
    assert_eq!(patch, left_patch);
    history.undo(&mut patch).expect("undoes");
    assert_eq!(history.redo_name(), Some("Turn to 0.2"), "redo goes on where one was");
    history.jump_to(&mut patch, right).expect("jumps");
    assert_eq!(patch.modules["a"].params["width"], 0.3);
    history.jump_to(&mut patch, EntryId::OPENED).expect("jumps");
    assert_eq!((patch.clone(), history.redo_name()), (two_modules(), Some("Turn to 0.1")));
}

#[test]
fn what_fails_or_does_nothing_is_not_recorded() {
    let (mut patch, mut history) = (two_modules(), History::new());
    history.apply(&mut patch, "Turn", Edit::set_param("a", "width", 0.1), None).expect("turns");
    history.undo(&mut patch).expect("undoes");
    assert!(history.apply(&mut patch, "Remove", Edit::remove("nobody"), None).is_err());
    history.apply(&mut patch, "Paste nothing", Edit::Batch(vec![]), None).expect("does nothing");
    assert_eq!(names(&history), [("Turn", false)]);
    assert_eq!((history.undo_name(), history.redo_name()), (None, Some("Turn")));
}

#[derive(Clone, Debug)]
enum Act {
    Apply(Edit, Option<Gesture>),
    Undo,
    Redo,
    Jump(prop::sample::Index),
}

fn act() -> impl Strategy<Value = Act> {
    let id = || prop::sample::select(vec!["a", "b", "c"]);
    let edit = prop_oneof![
        (id(), 0.0_f32..1.0).prop_map(|(id, value)| Edit::set_param(id, "width", value)),
        (id(), any::<i8>()).prop_map(|(id, x)| Edit::MoveModules(vec![(id.into(), [f32::from(x), 0.0])])),
        id().prop_map(|id| Edit::add(id, Module::new("osc.analog", [0.0, 0.0]))),
        id().prop_map(Edit::remove),
        (id(), id()).prop_map(|(a, b)| Edit::connect(common::cable(&format!("{a}.out -> {b}.pitch")), Cable::default())),
    ];
    prop_oneof![
        5 => (edit, prop::option::of((0_u64..3).prop_map(Gesture))).prop_map(|(edit, gesture)| Act::Apply(edit, gesture)),
        2 => proptest::strategy::Just(Act::Undo),
        2 => proptest::strategy::Just(Act::Redo),
        1 => any::<prop::sample::Index>().prop_map(Act::Jump),
    ]
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

    /// Every state that has an id is the same patch whenever it is come back to.
    #[test]
    fn a_state_is_what_it_was(acts in prop::collection::vec(act(), 1..60)) {
        let (mut patch, mut history) = (two_modules(), History::new());
        let mut states = HashMap::from([(EntryId::OPENED, patch.clone())]);
        for act in acts {
            match act {
                Act::Apply(edit, gesture) => {
                    if history.apply(&mut patch, edit.describe(), edit, gesture).is_ok() {
                        prop_assert_eq!(states.insert(history.current(), patch.clone()), None);
                    }
                }
                Act::Undo => { history.undo(&mut patch).expect("undoes"); }
                Act::Redo => { history.redo(&mut patch).expect("redoes"); }
                Act::Jump(index) => {
                    let mut ids = vec![EntryId::OPENED];
                    ids.extend(history.entries().map(|entry| entry.id));
                    let goal = ids[index.index(ids.len())];
                    history.jump_to(&mut patch, goal).expect("jumps");
                    prop_assert_eq!(history.current(), goal);
                }
            }
            prop_assert_eq!(&patch, &states[&history.current()]);
            // What is in the patch is one way from the beginning to the current entry.
            let mut at = EntryId::OPENED;
            for entry in history.entries().filter(|entry| entry.done) {
                prop_assert_eq!(entry.parent, at);
                at = entry.id;
            }
            prop_assert_eq!(at, history.current());
        }
    }
}
