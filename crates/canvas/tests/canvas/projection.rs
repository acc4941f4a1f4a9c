//! The world equals the patch, whatever was done to it: every module, port, knob and cable is there once, in its place.

use crate::bench::Bench;
use crate::support::{LIBRARY, document, signals};
use bevy::math::Vec2;
use bevy::prelude::{ChildOf, With};
use patchlight_canvas::layout::{layout_of, port_position};
use patchlight_canvas::{CableNode, Document, KnobNode, ModuleNode, ModuleSignals, PortNode, Projection, Selection, Watch};
use patchlight_core::{ModuleId, PortRef};
use patchlight_patch::{Cable, CableId, Edit, Module};
use std::collections::{BTreeMap, HashSet};

/// Compares the world with the patch.
fn check(bench: &mut Bench) {
    let patch = bench.patch().clone();
    let world = bench.app.world_mut();
    let mut modules = BTreeMap::new();
    for node in world.query::<&ModuleNode>().iter(world) {
        assert!(modules.insert(node.id.clone(), node.clone()).is_none(), "{} is there twice", node.id);
    }
    assert_eq!(
        modules.keys().collect::<Vec<_>>(),
        patch.modules.keys().collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    );
    let mut ports: BTreeMap<(PortRef, bool), usize> = BTreeMap::new();
    for port in world.query_filtered::<&PortNode, With<ChildOf>>().iter(world) {
        assert!(ports.insert((port.port.clone(), port.output), port.cables).is_none(), "{} is there twice", port.port);
    }
    let mut knobs: BTreeMap<PortRef, usize> = BTreeMap::new();
    for knob in world.query_filtered::<&KnobNode, With<ChildOf>>().iter(world) {
        assert!(knobs.insert(knob.port.clone(), knob.cables).is_none(), "{} is there twice", knob.port);
    }
    let (mut port_count, mut knob_count) = (0, 0);
    for (z, (id, module)) in patch.modules.iter().enumerate() {
        let node = &modules[id];
        let layout = layout_of(&patch, &LIBRARY, id.as_str()).expect("it is in the patch");
        assert_eq!((node.at, node.z, &*node.layout), (Vec2::from(module.at), z, &layout), "{id}");
        for place in &layout.ports {
            let port = PortRef::new(id.clone(), place.id.clone());
            let plugged = if place.output { patch.cables_out_of(&port).count() } else { patch.cables_into(&port).count() };
            assert_eq!(ports.get(&(port.clone(), place.output)), Some(&plugged), "{port}");
        }
        for place in &layout.knobs {
            let port = PortRef::new(id.clone(), place.param.id);
            assert_eq!(knobs.get(&port), Some(&patch.cables_into(&port).count()), "{port}");
        }
        port_count += layout.ports.len();
        knob_count += layout.knobs.len();
    }
    assert_eq!((ports.len(), knobs.len()), (port_count, knob_count));
    let mut cables = HashSet::new();
    let mut lights = HashSet::new();
    for node in world.query::<&CableNode>().iter(world) {
        assert!(cables.insert(node.id.clone()), "{} is there twice", node.id);
        assert!(lights.insert(node.light), "two cables share a light");
        if let (Some(to), true) = (port_position(&patch, &LIBRARY, &node.id.to), patch.modules.contains_key(&node.id.from.module)) {
            assert_eq!(node.curve.at(1.0), to, "{}", node.id);
        }
    }
    assert_eq!(cables, patch.cables.keys().cloned().collect());
    let projection = world.resource::<Projection>();
    assert_eq!((projection.modules.len(), projection.cables.len()), (patch.modules.len(), patch.cables.len()));
}

/// Numbers that are the same in every run (Steele, Lea and Flood, 2014: SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n.max(1) as u64) as usize
    }

    fn edit(&mut self, bench: &Bench) -> Option<Edit> {
        let patch = bench.patch();
        let module = |dice: &mut Self| patch.modules.get_index(dice.below(patch.modules.len())).map(|(id, _)| id.clone());
        let kinds = ["osc.analog", "filter.ladder", "mod.lfo", "fx.unheard_of", "io.audio_out"];
        let place = |dice: &mut Self| [dice.below(2_000) as f32, dice.below(2_000) as f32];
        Some(match self.below(9) {
            0 | 1 => {
                let kind = kinds[self.below(kinds.len())];
                Edit::add(patch.fresh_id(kind), Module::new(kind, place(self)))
            }
            2 => Edit::remove(module(self)?),
            3 => Edit::SetModule { id: module(self)?, module: Box::new(Module::new(kinds[self.below(kinds.len())], place(self))) },
            4 => Edit::MoveModules(vec![(module(self)?, place(self))]),
            5 => Edit::Disconnect { id: patch.cables.get_index(self.below(patch.cables.len()))?.0.clone() },
            _ => {
                let (from, to) = (module(self)?, module(self)?);
                let port = ["in", "pitch", "cutoff_hz", "rate_hz", "nothing"][self.below(5)];
                Edit::connect(CableId::new(PortRef::new(from, "out"), PortRef::new(to, port)), Cable::default())
            }
        })
    }
}

#[test]
fn the_world_equals_the_patch_after_any_edits() {
    let mut bench = Bench::new(document());
    check(&mut bench);
    let mut dice = Dice(7);
    let mut undo = Vec::new();
    let first = bench.patch().clone();
    for _ in 0..400 {
        let Some(edit) = dice.edit(&bench) else { continue };
        let mut tried = bench.patch().clone();
        let Ok(inverse) = tried.apply(edit.clone()) else { continue };
        undo.push(inverse);
        bench.apply(edit);
        check(&mut bench);
    }
    assert!(undo.len() > 250, "most edits fit: {}", undo.len());
    while let Some(inverse) = undo.pop() {
        bench.apply(inverse);
    }
    check(&mut bench);
    assert_eq!(*bench.patch(), first);
}

#[test]
fn what_stays_keeps_its_entity() {
    let mut bench = Bench::new(document());
    let before = bench.app.world().resource::<Projection>().modules.clone();
    bench.apply(Edit::MoveModules(vec![("osc".into(), [5.0, 5.0])]));
    bench.apply(Edit::remove("lfo"));
    let after = &bench.app.world().resource::<Projection>().modules;
    assert_eq!(after.len(), before.len() - 1);
    assert!(after.iter().all(|(id, entity)| before[id] == *entity));
}

#[test]
fn signals_light_cables_and_are_asked_for() {
    let mut bench = Bench::new(document());
    let watch = bench.app.world().resource::<Watch>().outputs.clone();
    let is_watched = |id: &str| watch.contains(&(ModuleId::from(id), 0));
    assert!(is_watched("scope") && is_watched("osc") && is_watched("filter") && !is_watched("env"), "{watch:?}");
    assert!(watch.len() <= Watch::MAX);
    let mut measured = signals();
    measured.modules.insert("kick".into(), ModuleSignals { fault: true, ..ModuleSignals::default() });
    bench.app.insert_resource(measured);
    bench.step();
    let world = bench.app.world_mut();
    let level = |world: &mut bevy::prelude::World, id: &str| {
        let mut cables = world.query::<(&CableNode, &patchlight_canvas::CableLevel)>();
        cables.iter(world).find(|(node, _)| node.id.to_string() == id).map(|(_, level)| level.0).expect(id)
    };
    assert!(level(world, "osc.out -> filter.in") > 0.6);
    assert_eq!(level(world, "steps.gate -> env.gate"), 1.0);
    assert_eq!(level(world, "steps.pitch -> filter.pitch"), 0.0, "it is off");
    assert_eq!(level(world, "kick.out -> comp.key"), 0.0, "the module is silent");
    let mut statuses = world.query::<(&ModuleNode, &patchlight_canvas::ModuleStatus)>();
    assert!(statuses.iter(world).all(|(node, status)| status.fault == (node.id.as_str() == "kick")));
}

#[test]
fn what_is_put_elsewhere_glides_there_and_arrives() {
    let mut bench = Bench::new(document());
    let id = bench.patch().modules.keys().next().expect("a module").clone();
    let at = |bench: &mut Bench| {
        let world = bench.app.world_mut();
        world.query::<&ModuleNode>().iter(world).find(|node| node.id == id).expect("is shown").at
    };
    let (from, goal) = (at(&mut bench), Vec2::new(4_000.0, -300.0));
    let mut document = bench.app.world_mut().resource_mut::<Document>();
    document.patch.apply(Edit::MoveModules(vec![(id.clone(), goal.to_array())])).expect("moves");
    document.touch();
    document.glide();
    bench.step();
    assert!(at(&mut bench).distance(from) < 1.0, "it begins where it was");
    std::thread::sleep(std::time::Duration::from_millis(300));
    bench.step();
    bench.step();
    assert_eq!(at(&mut bench), goal);
    check(&mut bench);
}

#[test]
fn the_selected_cable_is_watched_so_that_its_scope_can_be_frozen() {
    let mut bench = Bench::new(document());
    let watches_steps = |bench: &Bench| bench.app.world().resource::<Watch>().outputs.contains(&(ModuleId::from("steps"), 1));
    assert!(!watches_steps(&bench));
    bench.app.world_mut().resource_mut::<Selection>().cable = Some("steps.gate -> env.gate".parse::<CableId>().expect("a cable"));
    bench.step();
    assert!(watches_steps(&bench));
}
