//! Draws a patch as it should look, without a window, saves the picture and says what a frame costs.
//!
//! `cargo run -p patchlight-canvas --example paint_demo -- picture.png [--size 1280x720] [--scale 1] [--zoom 1] [--center x,y] [--frames 120]
//! [--copies 1]`

mod faces;
mod scene;

use bevy::math::UVec2;
use bevy::prelude::{App, Res, ResMut, Resource, Update, Vec2};
use patchlight_canvas::paint::{
    CableLights, CanvasView, Fonts, OffscreenTarget, PaintPlugin, canvas_camera, capture, offscreen_plugins, save_png, settle,
};
use scene::Scene;
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

struct Options {
    path: PathBuf,
    size: UVec2,
    scale: f32,
    zoom: f32,
    center: Vec2,
    frames: u32,
    copies: usize,
}

fn options() -> Result<Options, Box<dyn Error>> {
    let mut options = Options {
        path: "paint_demo.png".into(),
        size: UVec2::new(1280, 720),
        scale: 1.0,
        zoom: 1.0,
        center: Vec2::new(620.0, 440.0),
        frames: 120,
        copies: 1,
    };
    let pair = |text: &str, by: char| -> Result<Vec2, Box<dyn Error>> {
        let (x, y) = text.split_once(by).ok_or_else(|| format!("two numbers with {by} between, not {text}"))?;
        Ok(Vec2::new(x.parse()?, y.parse()?))
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--size" => options.size = pair(&value()?, 'x')?.as_uvec2(),
            "--scale" => options.scale = value()?.parse()?,
            "--zoom" => options.zoom = value()?.parse()?,
            "--center" => options.center = pair(&value()?, ',')?,
            "--copies" => options.copies = value()?.parse()?,
            "--frames" => options.frames = value()?.parse()?,
            path => options.path = path.into(),
        }
    }
    Ok(options)
}

#[derive(Resource, Default)]
struct Clock {
    secs: f32,
}

fn animate(mut clock: ResMut<Clock>, mut lights: ResMut<CableLights>, mut scene: ResMut<Scene>, fonts: Res<Fonts>) {
    const FRAME_SECS: f32 = 1.0 / 60.0;
    clock.secs += FRAME_SECS;
    scene.animate(clock.secs, &mut lights, &fonts);
    lights.advance(FRAME_SECS);
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = options()?;
    let started = Instant::now();
    let fonts = Fonts::load()?;
    println!("fonts: {:.0} ms", started.elapsed().as_secs_f64() * 1000.0);
    let mut app = App::new();
    app.add_plugins((offscreen_plugins(), PaintPlugin { fonts }));
    let target = OffscreenTarget::new(app.world_mut(), options.size, options.scale);
    app.world_mut().spawn((canvas_camera(), target.render_target()));
    app.insert_resource(CanvasView { center: options.center, zoom: options.zoom, ..CanvasView::default() }).init_resource::<Clock>();
    let scene = Scene::spawn(app.world_mut(), options.copies);
    app.insert_resource(scene).add_systems(Update, (animate, scene::show_live));
    settle(&mut app)?;
    for _ in 0..40 {
        app.update();
    }
    let started = Instant::now();
    for _ in 0..options.frames {
        app.update();
    }
    let frame_ms = started.elapsed().as_secs_f64() * 1000.0 / f64::from(options.frames.max(1));
    println!("{}x{}: {frame_ms:.1} ms a frame, {:.1} a second", options.size.x, options.size.y, 1000.0 / frame_ms);
    save_png(&capture(&mut app, &target)?, &options.path)?;
    println!("{}", options.path.display());
    Ok(())
}
