//! Display lists without a GPU: everything is drawn, at every zoom and in every state, and nothing is drawn again without need.

use crate::bench::Bench;
use crate::support::{document, signals};
use bevy::math::Vec2;
use bevy::prelude::{DetectChanges, Entity, Messages, Ref};
use bevy::window::RequestRedraw;
use patchlight_canvas::paint::{Cables, CanvasView, Fonts, Shapes, Theme};
use patchlight_canvas::{CanvasDrawPlugin, Document, Signals};
use patchlight_core::{Library, ModuleId};
use patchlight_patch::{Cable, CableId, Edit, Module, Patch};
use std::collections::HashMap;

fn drawn(document: Document) -> Bench {
    let mut bench = Bench::with(document, |app| {
        app.insert_resource(Fonts::load().expect("the fonts are built in")).init_resource::<Theme>().add_plugins(CanvasDrawPlugin);
    });
    bench.step();
    bench
}

/// When each list was last made.
fn ticks(bench: &mut Bench) -> HashMap<Entity, u32> {
    let world = bench.app.world_mut();
    let mut ticks: HashMap<Entity, u32> =
        world.query::<(Entity, Ref<Shapes>)>().iter(world).map(|(entity, shapes)| (entity, shapes.last_changed().get())).collect();
    ticks.extend(world.query::<(Entity, Ref<Cables>)>().iter(world).map(|(entity, cables)| (entity, cables.last_changed().get())));
    ticks
}

/// Shapes and cables in all lists.
fn counts(bench: &mut Bench) -> (usize, usize) {
    let world = bench.app.world_mut();
    let shapes = world.query::<&Shapes>().iter(world).map(Shapes::len).sum();
    let cables = world.query::<&Cables>().iter(world).map(Cables::len).sum();
    (shapes, cables)
}

#[test]
fn everything_in_view_is_drawn() {
    let mut bench = drawn(document());
    let (still, cables) = counts(&mut bench);
    assert!(still > 800, "{still} shapes");
    assert_eq!(cables, bench.patch().cables.len());
    bench.app.insert_resource(signals());
    bench.step();
    assert!(counts(&mut bench).0 > still + 30, "faces and ports have light");
    bench.app.world_mut().resource_mut::<CanvasView>().center = Vec2::splat(50_000.0);
    bench.step();
    let (away, cables) = counts(&mut bench);
    assert_eq!(away, 0, "nothing is drawn that is not seen");
    assert_eq!(cables, bench.patch().cables.len(), "curves stay with the GPU");
    let mut view = bench.app.world_mut().resource_mut::<CanvasView>();
    (view.center, view.zoom) = (Vec2::new(600.0, 350.0), 0.12);
    bench.step();
    let far = counts(&mut bench).0;
    assert!(far > 20 && far < still / 4, "from far there are blocks: {far} shapes");
}

#[test]
fn nothing_is_drawn_again_when_nothing_changes() {
    let mut bench = drawn(document());
    bench.app.insert_resource(signals());
    bench.step();
    // Light that is still under way may run out; the sound has stopped.
    bench.app.insert_resource(Signals::default());
    std::thread::sleep(std::time::Duration::from_millis(700));
    for _ in 0..3 {
        bench.step();
    }
    let before = ticks(&mut bench);
    for _ in 0..10 {
        bench.step();
    }
    assert_eq!(ticks(&mut bench), before);
    assert!(bench.app.world().resource::<Messages<RequestRedraw>>().is_empty());
}

#[test]
fn moving_the_pointer_does_not_draw_the_modules_again() {
    let mut bench = drawn(document());
    let largest = |bench: &mut Bench| {
        let world = bench.app.world_mut();
        world
            .query::<(Entity, &Shapes)>()
            .iter(world)
            .max_by_key(|(_, shapes)| shapes.len())
            .map(|(entity, _)| entity)
            .expect("there are lists")
    };
    let modules = largest(&mut bench);
    let before = ticks(&mut bench)[&modules];
    let port = bench.port("osc.out");
    for step in 0..10 {
        bench.point(port + Vec2::splat(20.0 - 2.0 * step as f32));
        bench.step();
    }
    assert_eq!(ticks(&mut bench)[&modules], before);
    assert_ne!(*bench.selection(), patchlight_canvas::Selection::default(), "something is under the pointer");
}

#[test]
fn every_state_can_be_drawn() {
    let mut bench = drawn(document());
    let mut broken = signals();
    for module in broken.modules.values_mut() {
        module.face = [f32::NAN; 16];
        module.fault = true;
        for output in &mut module.outputs {
            (output.peak, output.rms, output.last) = (f32::INFINITY, f32::NAN, f32::NAN);
            output.samples.fill(f32::NAN);
        }
    }
    bench.app.insert_resource(broken);
    bench.apply(Edit::SetBypassed { module: "osc".into(), bypassed: true });
    bench.apply(Edit::SetMuted { module: "lfo".into(), muted: true });
    bench.apply(Edit::set_param("filter", "cutoff_hz", f32::NAN));
    bench.apply(Edit::SetCableAmount { id: "osc.out -> filter.in".parse().unwrap(), amount: f32::NAN });
    bench.call("select.all");
    let (from, to) = (bench.port("kick.out"), bench.knob("delay", "mix"));
    bench.grab(from, to);
    assert!(counts(&mut bench).0 > 1_000);
}

#[test]
fn a_thousand_modules_are_borne() {
    let library: Library = crate::support::LIBRARY;
    let mut patch = Patch::default();
    let kinds = ["osc.analog", "filter.ladder", "env.adsr", "amp.vca"];
    for i in 0..1_000 {
        let at = [(i % 40) as f32 * 300.0, (i / 40) as f32 * 320.0];
        patch.modules.insert(ModuleId::new(format!("m{i}")), Module::new(kinds[i % 4], at));
    }
    for i in 0..3_000 {
        let id = format!("m{}.out -> m{}.{}", i % 1_000, (i * 7 + i / 1_000 + 1) % 1_000, if i % 3 == 0 { "in" } else { "pitch" });
        patch.cables.insert(id.parse::<CableId>().expect("a cable"), Cable::default());
    }
    let cables = patch.cables.len();
    let mut bench = drawn(Document::new(patch, library));
    assert_eq!(counts(&mut bench).1, cables);
    bench.tap(bevy::input::keyboard::Key::Character("f".into()));
    assert!(counts(&mut bench).0 > 1_000, "all are in view");
    let started = std::time::Instant::now();
    for step in 0..60 {
        bench.apply(Edit::MoveModules(vec![("m0".into(), [step as f32, 0.0])]));
    }
    println!("a frame in which a module moves: {:.2} ms", started.elapsed().as_secs_f64() * 1000.0 / 60.0);
}
