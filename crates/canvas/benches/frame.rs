//! What a frame of the canvas costs with a thousand modules and three thousand lit cables in view: Bevy's main schedule with input, projection,
//! animation and display lists, and the extraction of what changed into the render world; everything but the GPU's own work.
//! `cargo bench -p patchlight-canvas` prints the median and the 99th percentile of each. Needs a Vulkan driver, as the pictures do.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]
#![allow(dead_code, reason = "the bench of the tests can do more than is measured here")]

#[path = "../tests/canvas/bench.rs"]
mod bench;
#[path = "../tests/canvas/support.rs"]
mod support;

use bench::Bench;
use bevy::app::{App, SubApps};
use bevy::input::mouse::MouseButton;
use bevy::log::LogPlugin;
use bevy::math::{UVec2, Vec2};
use patchlight_canvas::paint::{CanvasView, Fonts, OffscreenTarget, PaintPlugin, canvas_camera, offscreen_plugins, settle};
use patchlight_canvas::{CanvasDrawPlugin, Document, ModuleSignals, OutputSignal, Signals};
use patchlight_patch::{Cable, Edit, Module, Patch};
use std::time::Instant;
use support::LIBRARY;

const COLUMNS: usize = 40;
const MODULES: usize = 1_000;
const CABLES: usize = 3_000;
const FRAMES: usize = 400;

/// Oscillators, filters, envelopes and the like in rows, each wired to three that follow.
fn patch() -> Patch {
    let kinds = ["osc.analog", "filter.ladder", "fx.delay", "dyn.compressor", "amp.vca"];
    let mut patch = Patch::default();
    for number in 0..MODULES {
        let at = [(number % COLUMNS) as f32 * 300.0, (number / COLUMNS) as f32 * 330.0];
        patch.apply(Edit::add(format!("m{number}").as_str(), Module::new(kinds[number % kinds.len()], at))).unwrap();
    }
    let mut step = 1;
    while patch.cables.len() < CABLES {
        for number in 0..MODULES {
            // Oscillators take sound at their sync.
            let to = (number + step) % MODULES;
            let input = if to.is_multiple_of(kinds.len()) { "sync" } else { "in" };
            let id = format!("m{number}.out -> m{to}.{input}").parse().unwrap();
            patch.apply(Edit::connect(id, Cable::default())).unwrap();
        }
        step += 2;
    }
    patch
}

/// Everything runs.
fn signals(document: &Document) -> Signals {
    let outputs = |kind: &str| vec![OutputSignal::default(); document.library.get(kind).map_or(0, |spec| spec.outputs.len())];
    let one = |module: &Module| ModuleSignals { voices: 1, channels: 2, outputs: outputs(&module.kind), ..ModuleSignals::default() };
    let modules = document.patch.modules.iter().map(|(id, module)| (id.clone(), one(module))).collect();
    Signals { sample_rate_hz: 48_000.0, modules, ..Signals::default() }
}

/// Another level in every cable.
fn play(bench: &mut Bench, frame: usize) {
    let mut signals = bench.app.world_mut().resource_mut::<Signals>();
    for (number, module) in signals.modules.values_mut().enumerate() {
        for output in &mut module.outputs {
            let level = ((number * 7 + frame * 3) % 100) as f32 / 100.0;
            (output.peak, output.rms, output.last) = (level, level * 0.7, level);
        }
    }
}

/// A frame without the render schedule: what [`App::update`] does besides.
fn step(app: &mut App) {
    let SubApps { main, sub_apps } = app.sub_apps_mut();
    main.run_default_schedule();
    for sub_app in sub_apps.values_mut() {
        sub_app.extract(main.world_mut());
    }
    main.world_mut().clear_trackers();
}

/// Frames while something is done in each.
fn measure(name: &str, bench: &mut Bench, mut act: impl FnMut(&mut Bench, usize)) {
    let mut times_ms: Vec<f64> = (0..FRAMES)
        .map(|frame| {
            play(bench, frame);
            act(bench, frame);
            let begun = Instant::now();
            step(&mut bench.app);
            begun.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times_ms.sort_by(f64::total_cmp);
    println!("{name:<28} median {:>7.3} ms   99 % {:>7.3} ms", times_ms[FRAMES / 2], times_ms[FRAMES * 99 / 100]);
}

fn main() {
    let document = Document::new(patch(), LIBRARY);
    let mut app = App::new();
    app.add_plugins(offscreen_plugins().set(LogPlugin { filter: "error".to_owned(), ..LogPlugin::default() }));
    let mut bench = Bench::over(app, document.clone(), |app| {
        app.add_plugins((PaintPlugin { fonts: Fonts::load().unwrap() }, CanvasDrawPlugin));
        let target = OffscreenTarget::new(app.world_mut(), UVec2::new(1400, 900), 1.0);
        app.world_mut().spawn((canvas_camera(), target.render_target()));
        settle(app).unwrap();
    });
    bench.app.insert_resource(signals(&document));
    let (width, height) = (COLUMNS as f32 * 300.0, (MODULES / COLUMNS) as f32 * 330.0);
    let mut view = bench.app.world_mut().resource_mut::<CanvasView>();
    view.center = Vec2::new(width * 0.5, height * 0.5);
    view.zoom = 1400.0 / width;
    bench.step();
    println!("{} modules, {} cables, {:.0} % zoom", MODULES, bench.patch().cables.len(), bench.view().zoom * 100.0);
    measure("lit, all in view", &mut bench, |_, _| ());
    measure("panning", &mut bench, |bench, frame| {
        bench.app.world_mut().resource_mut::<CanvasView>().pan_by(Vec2::new(if frame % 80 < 40 { 3.0 } else { -3.0 }, 0.0));
    });
    let grip = bench.title("m500");
    bench.point(grip);
    bench.button(MouseButton::Left, true);
    measure("dragging a module", &mut bench, |bench, frame| bench.point(grip + Vec2::new(40.0 + 10.0 * (frame % 30) as f32, 0.0)));
    bench.button(MouseButton::Left, false);
    bench.step();
    let knob = bench.knob("m1", "cutoff_hz");
    bench.point(knob);
    bench.button(MouseButton::Left, true);
    measure("turning a knob", &mut bench, |bench, frame| bench.point(knob - Vec2::new(0.0, 40.0 + 20.0 * (frame % 40) as f32)));
    bench.button(MouseButton::Left, false);
    let mut view = bench.app.world_mut().resource_mut::<CanvasView>();
    view.zoom = 1.0;
    measure("lit, a part in view", &mut bench, |_, _| ());
}
