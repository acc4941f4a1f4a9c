//! Drawing without a window: into an image, and from there into a PNG. Needs no display; a software Vulkan driver is enough.
//!
//! ```no_run
//! # use bevy::prelude::*;
//! # use patchlight_canvas::paint::{Fonts, OffscreenTarget, PaintPlugin, canvas_camera, capture, offscreen_plugins, save_png};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut app = App::new();
//! app.add_plugins((offscreen_plugins(), PaintPlugin { fonts: Fonts::load()? }));
//! let target = OffscreenTarget::new(app.world_mut(), UVec2::new(1280, 720), 1.0);
//! app.world_mut().spawn((canvas_camera(), target.render_target()));
//! // … spawn layers …
//! save_png(&capture(&mut app, &target)?, "canvas.png".as_ref())?;
//! # Ok(())
//! # }
//! ```

use super::gpu::PaintReady;
use bevy::app::{App, PluginGroup, PluginGroupBuilder, PluginsState};
use bevy::asset::{Assets, Handle};
use bevy::camera::{ImageRenderTarget, RenderTarget};
use bevy::image::{Image, IntoDynamicImageError};
use bevy::math::UVec2;
use bevy::prelude::{DefaultPlugins, On, ResMut, Resource, World};
use bevy::render::RenderPlugin;
use bevy::render::pipelined_rendering::PipelinedRenderingPlugin;
use bevy::render::render_resource::{TextureFormat, TextureUsages};
use bevy::render::view::screenshot::{Screenshot, ScreenshotCaptured};
use bevy::tasks::tick_global_task_pools_on_main_thread;
use bevy::window::{ExitCondition, WindowPlugin};
use bevy::winit::WinitPlugin;
use std::path::{Path, PathBuf};
use std::time::Duration;
use thiserror::Error;

/// Updates to wait for pipelines, or for a picture to come back; a few are usual.
const PATIENCE_UPDATES: usize = 2000;

/// Why there is no picture.
#[derive(Debug, Error)]
pub enum OffscreenError {
    #[error("the painter was not ready after {PATIENCE_UPDATES} frames: a shader does not build on this driver; the log says which")]
    NotReady,
    #[error(
        "the picture did not come back from the GPU after {PATIENCE_UPDATES} frames; try another driver (WGPU_BACKEND, WGPU_ADAPTER_NAME)"
    )]
    NotRead,
    #[error("the picture cannot be converted: {0}")]
    Format(#[from] IntoDynamicImageError),
    #[error("cannot write {path}: {reason}; is the folder there and the name ending in .png?")]
    Write { path: PathBuf, reason: String },
}

/// Bevy's plugins without window, event loop and parallel rendering, so that each `app.update()` is one whole frame.
#[must_use]
pub fn offscreen_plugins() -> PluginGroupBuilder {
    DefaultPlugins
        .build()
        .disable::<WinitPlugin>()
        .disable::<PipelinedRenderingPlugin>()
        .set(WindowPlugin { primary_window: None, exit_condition: ExitCondition::DontExit, ..WindowPlugin::default() })
        .set(RenderPlugin { synchronous_pipeline_compilation: true, ..RenderPlugin::default() })
}

/// An image that cameras draw into.
#[derive(Clone, Debug)]
pub struct OffscreenTarget {
    image: Handle<Image>,
    scale_factor: f32,
}

impl OffscreenTarget {
    /// An image of physical pixels; `scale_factor` of them to a logical pixel.
    pub fn new(world: &mut World, size_px: UVec2, scale_factor: f32) -> Self {
        let mut image = Image::new_target_texture(size_px.x, size_px.y, TextureFormat::Rgba8UnormSrgb, None);
        image.texture_descriptor.usage |= TextureUsages::COPY_SRC;
        Self { image: world.resource_mut::<Assets<Image>>().add(image), scale_factor }
    }

    /// For the camera entity.
    #[must_use]
    pub fn render_target(&self) -> RenderTarget {
        RenderTarget::Image(ImageRenderTarget { handle: self.image.clone(), scale_factor: self.scale_factor })
    }
}

#[derive(Resource, Default)]
struct Captured(Option<Image>);

/// Updates the app until everything is drawn, and brings the picture back.
///
/// # Errors
/// When the driver does not build the shaders or does not give the picture.
pub fn capture(app: &mut App, target: &OffscreenTarget) -> Result<Image, OffscreenError> {
    settle(app)?;
    app.init_resource::<Captured>();
    app.world_mut().spawn(Screenshot(target.render_target())).observe(|event: On<ScreenshotCaptured>, mut captured: ResMut<Captured>| {
        captured.0 = Some(event.image.clone());
    });
    for _ in 0..PATIENCE_UPDATES {
        app.update();
        if let Some(image) = app.world_mut().resource_mut::<Captured>().0.take() {
            return Ok(image);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Err(OffscreenError::NotRead)
}

/// Updates the app until its pipelines are built and one frame has been drawn with them.
///
/// # Errors
/// When the driver does not build the shaders.
pub fn settle(app: &mut App) -> Result<(), OffscreenError> {
    if app.plugins_state() != PluginsState::Cleaned {
        while app.plugins_state() == PluginsState::Adding {
            tick_global_task_pools_on_main_thread();
        }
        app.finish();
        app.cleanup();
    }
    let ready = app.world().resource::<PaintReady>().clone();
    for _ in 0..PATIENCE_UPDATES {
        app.update();
        if ready.get() {
            app.update();
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Err(OffscreenError::NotReady)
}

/// Writes a captured picture without its alpha channel.
///
/// # Errors
/// When the picture has no common format or the file cannot be written.
pub fn save_png(image: &Image, path: &Path) -> Result<(), OffscreenError> {
    let picture = image.clone().try_into_dynamic()?.to_rgb8();
    picture.save(path).map_err(|error| OffscreenError::Write { path: path.to_owned(), reason: error.to_string() })
}
