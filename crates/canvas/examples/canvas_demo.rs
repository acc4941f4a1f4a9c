//! Draws the canvas with a small patch, without a window, and saves the picture.
//!
//! `cargo run -p patchlight-canvas --example canvas_demo -- picture.png [--size 1400x860] [--scale 1] [--pointer x,y] [--drag x,y]`
//!
//! `--pointer` puts the pointer at a screen position, in logical pixels; `--drag` presses there and moves on to another.

#[path = "../tests/canvas/support.rs"]
mod support;

use bevy::input::ButtonState;
use bevy::input::mouse::{MouseButton, MouseButtonInput};
use bevy::math::{UVec2, Vec2};
use bevy::prelude::{App, Entity};
use bevy::window::{CursorMoved, WindowEvent};
use patchlight_canvas::paint::{
    CableLights, Fonts, OffscreenTarget, PaintPlugin, canvas_camera, capture, offscreen_plugins, save_png, settle,
};
use patchlight_canvas::{CanvasDrawPlugin, CanvasPlugin, Signals};
use std::error::Error;
use std::path::PathBuf;

struct Options {
    path: PathBuf,
    size: UVec2,
    scale: f32,
    pointer: Option<Vec2>,
    drag: Option<Vec2>,
}

fn options() -> Result<Options, Box<dyn Error>> {
    let mut options = Options { path: "canvas_demo.png".into(), size: UVec2::new(1400, 860), scale: 1.0, pointer: None, drag: None };
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
            "--pointer" => options.pointer = Some(pair(&value()?, ',')?),
            "--drag" => options.drag = Some(pair(&value()?, ',')?),
            path => options.path = path.into(),
        }
    }
    Ok(options)
}

fn point(app: &mut App, position: Vec2) {
    let moved = CursorMoved { window: Entity::PLACEHOLDER, position, delta: None };
    app.world_mut().write_message(WindowEvent::CursorMoved(moved));
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = options()?;
    let mut app = App::new();
    app.add_plugins((offscreen_plugins(), PaintPlugin { fonts: Fonts::load()? }, CanvasPlugin, CanvasDrawPlugin));
    let target = OffscreenTarget::new(app.world_mut(), options.size, options.scale);
    app.world_mut().spawn((canvas_camera(), target.render_target()));
    app.insert_resource(support::document());
    settle(&mut app)?;
    if let Some(pointer) = options.pointer {
        point(&mut app, pointer);
    }
    if let Some(drag) = options.drag {
        let press = MouseButtonInput { button: MouseButton::Left, state: ButtonState::Pressed, window: Entity::PLACEHOLDER };
        app.world_mut().write_message(WindowEvent::MouseButtonInput(press));
        point(&mut app, drag);
    }
    for frame in 0..90 {
        let mut signals = support::signals();
        // A compressor that breathes, for its history.
        if let Some(comp) = signals.modules.get_mut("comp") {
            comp.face[1] = 16.0 * (-((frame % 28) as f32) / 9.0).exp();
        }
        signals.loops.insert("delay.out -> scope.in".parse()?);
        app.insert_resource(signals);
        app.update();
    }
    app.world_mut().resource_mut::<CableLights>().settle();
    save_png(&capture(&mut app, &target)?, &options.path)?;
    println!("{} modules with signals, saved {}", app.world().resource::<Signals>().modules.len(), options.path.display());
    Ok(())
}
