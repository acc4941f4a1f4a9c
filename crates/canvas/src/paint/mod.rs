//! A small, fast vector painter: crisp at every zoom, antialiased in the shader, a few draw calls a frame.
//!
//! What is shown is data. A layer is an entity with a [`PaintLayer`] and a display list ([`Shapes`]), cables ([`Cables`]) or both; change
//! the list and that layer alone is sent to the GPU again. [`CableLights`] holds the light in all cables and may change every frame.
//! [`CanvasView`] says what is looked at.
//!
//! ```text
//! Shapes, Cables, CableLights, CanvasView        main world, plain data
//!        │  extract: only what changed
//!        ▼
//! buffers: 48 bytes a shape, 60 a cable, 48 a light      render world
//!        │  one pass over the layers in order
//!        ▼
//! camera target, before egui draws its panels
//! ```
//!
//! **Invariant:** lists are in canvas units with y down; pixels appear in the shaders only.

mod cables;
mod fonts;
mod gpu;
mod instance;
mod look;
mod offscreen;
mod sdf;
mod shapes;
mod theme;
mod view;
mod widgets;

pub use cables::{CableCurve, CableLights, CableState, Cables, HISTORY_STEP_SECS, HISTORY_STEPS};
pub use fonts::{Font, FontError, Fonts};
pub use gpu::PaintReady;
pub use look::{Align, Look, Plot, TextStyle};
pub use offscreen::{OffscreenError, OffscreenTarget, capture, offscreen_plugins, save_png, settle};
pub use shapes::Shapes;
pub use theme::{Ink, Theme};
pub use view::{CanvasCamera, CanvasView, ZOOM_MAX, ZOOM_MIN, canvas_camera, canvas_from_world, world_from_canvas};
pub use widgets::{KnobFace, ModuleFace, Painter, PortFace};

use bevy::app::{App, Plugin, PostUpdate};
use bevy::camera::CameraUpdateSystems;
use bevy::prelude::{Component, IntoScheduleConfigs, TransformSystems};

/// Usual places of layers, from back to front. The dotted grid lies behind them all.
pub mod order {
    /// Comments and frames.
    pub const NOTES: i32 = 50;
    pub const CABLES_UNDER: i32 = 100;
    pub const MODULES: i32 = 200;
    pub const LIVE: i32 = 300;
    pub const CABLES_OVER: i32 = 400;
    /// Over the ends of the cables.
    pub const PORTS: i32 = 450;
    pub const LABELS: i32 = 500;
    pub const OVERLAY: i32 = 600;
}

/// Which coordinates a layer is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Space {
    /// Canvas units: moves and scales with the [`CanvasView`], and is cut off at its viewport.
    #[default]
    Canvas,
    /// Logical pixels from the top left of the screen.
    Screen,
}

/// Shows the [`Shapes`] and [`Cables`] of its entity.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaintLayer {
    /// Higher is nearer; see [`order`].
    pub order: i32,
    pub space: Space,
    pub visible: bool,
}

impl PaintLayer {
    /// A layer that moves with the canvas.
    #[must_use]
    pub const fn canvas(order: i32) -> Self {
        Self { order, space: Space::Canvas, visible: true }
    }

    /// A layer that stands on the screen.
    #[must_use]
    pub const fn screen(order: i32) -> Self {
        Self { order, space: Space::Screen, visible: true }
    }
}

/// Draws layers through the camera marked [`CanvasCamera`].
pub struct PaintPlugin {
    /// Read with [`Fonts::load`], so that a broken font is told before a window opens.
    pub fonts: Fonts,
}

impl Plugin for PaintPlugin {
    fn build(&self, app: &mut App) {
        app.insert_resource(self.fonts.clone())
            .init_resource::<Theme>()
            .init_resource::<CanvasView>()
            .init_resource::<CableLights>()
            .add_systems(PostUpdate, view::follow_view.after(CameraUpdateSystems).before(TransformSystems::Propagate));
        gpu::plugin(app);
    }

    fn finish(&self, app: &mut App) {
        gpu::finish(app, &self.fonts);
    }
}
