//! Any row of operators keeps entities and patch equal, and undo brings back the first patch.

use crate::bench::Bench;
use crate::support::document;
use bevy::prelude::With;
use patchlight_canvas::{CableNode, KnobNode, ModuleNode, PortNode};
use patchlight_core::ModuleId;
use patchlight_operators::{OPERATORS, Operator};
use patchlight_patch::{Shown, write_patch};
use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};
use proptest::test_runner::Config;
use std::collections::BTreeMap;

/// Once each: every module, port, knob and cable that is seen, and none besides.
fn entities_equal_the_patch(bench: &mut Bench) {
    let document = bench.document().clone();
    let (patch, level) = (&document.patch, document.level.as_ref());
    let mut wanted: Vec<ModuleId> = patch.modules.keys().filter(|id| patch.shown(id.as_str(), level) == Shown::AsItself).cloned().collect();
    wanted.extend(patch.groups_at(level));
    wanted.sort();
    let world = bench.app.world_mut();
    let nodes: Vec<ModuleNode> = world.query::<&ModuleNode>().iter(world).cloned().collect();
    let mut found: Vec<ModuleId> = nodes.iter().map(|node| node.id.clone()).collect();
    found.sort();
    assert_eq!(found, wanted);
    let ports: usize = nodes.iter().map(|node| node.layout.ports.len()).sum();
    let knobs: usize = nodes.iter().map(|node| node.layout.knobs.len()).sum();
    assert_eq!(world.query_filtered::<(), With<PortNode>>().iter(world).count(), ports);
    assert_eq!(world.query_filtered::<(), With<KnobNode>>().iter(world).count(), knobs);
    let mut cables: BTreeMap<String, usize> = BTreeMap::new();
    for node in world.query::<&CableNode>().iter(world) {
        *cables.entry(node.id.to_string()).or_default() += 1;
    }
    let boxed = |id: &ModuleId| patch.box_at(id, level);
    let seen = patch.cables.keys().filter(|id| {
        let (from, to) = (boxed(&id.from.module), boxed(&id.to.module));
        (from.is_some() || to.is_some()) && !(from == to && from.is_some_and(|id| patch.groups.contains_key(&id)))
    });
    assert_eq!(cables, seen.map(|id| (id.to_string(), 1)).collect());
}

/// An operator, or another selection for the next ones.
#[derive(Clone, Debug)]
enum Act {
    Call(&'static str),
    Pick(prop::sample::Index, usize),
    PickCable(prop::sample::Index),
}

fn act() -> impl Strategy<Value = Act> {
    let all: Vec<&'static Operator> = OPERATORS.iter().flat_map(|family| family.iter()).collect();
    let id = (0..all.len()).prop_map(move |index| all[index].id);
    prop_oneof![
        5 => id.prop_map(Act::Call),
        2 => (any::<prop::sample::Index>(), 1_usize..4).prop_map(|(first, count)| Act::Pick(first, count)),
        1 => any::<prop::sample::Index>().prop_map(Act::PickCable),
        1 => Just(Act::Call("edit.duplicate")),
    ]
}

fn perform(bench: &mut Bench, act: &Act) {
    match act {
        Act::Call(id) => bench.call(id),
        Act::Pick(first, count) => {
            let patch = bench.patch();
            let ids: Vec<ModuleId> = patch.modules.keys().chain(patch.groups.keys()).cloned().collect();
            if !ids.is_empty() {
                let first = first.index(ids.len());
                let chosen: Vec<ModuleId> = ids.iter().cycle().skip(first).take(*count).cloned().collect();
                bench.app.world_mut().resource_mut::<patchlight_canvas::Selection>().select_only(chosen);
            }
        }
        Act::PickCable(index) => {
            let ids: Vec<_> = bench.patch().cables.keys().cloned().collect();
            if !ids.is_empty() {
                let cable = ids[index.index(ids.len())].clone();
                bench.app.world_mut().resource_mut::<patchlight_canvas::Selection>().cable = Some(cable);
            }
        }
    }
    // A patch that doubles without end says nothing more.
    if bench.patch().modules.len() > 120 {
        bench.call("edit.undo");
    }
}

proptest! {
    #![proptest_config(Config { cases: 4, failure_persistence: None, max_shrink_iters: 200, ..Config::default() })]

    #[test]
    fn any_thousand_operators_keep_canvas_and_patch_equal(acts in prop::collection::vec(act(), 1_000)) {
        let mut bench = Bench::new(document());
        let first = write_patch(&document().patch, &document().library);
        for (number, act) in acts.iter().enumerate() {
            perform(&mut bench, act);
            if number % 10 == 0 {
                entities_equal_the_patch(&mut bench);
            }
        }
        while bench.undo() {}
        entities_equal_the_patch(&mut bench);
        assert_eq!(write_patch(bench.patch(), &document().library), first);
    }
}
