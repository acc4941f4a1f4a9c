//! Where the canvas is looked at from, and the one place where canvas, screen and Bevy coordinates meet.
//!
//! Canvas: y down, one unit is one logical pixel at zoom 1. Screen: logical pixels from the top left of the window, y down. Bevy's
//! world: the canvas with y up.

use super::theme::Theme;
use bevy::camera::{ScalingMode, Viewport};
use bevy::prelude::{
    Camera, Camera2d, ClearColor, Component, DetectChanges, Msaa, OrthographicProjection, Projection, Query, Rect, Res, ResMut, Resource,
    Transform, Vec2, Vec3, With,
};
use bevy::render::extract_component::ExtractComponent;

/// How far out and in the canvas goes.
pub const ZOOM_MIN: f32 = 0.05;
pub const ZOOM_MAX: f32 = 8.0;

/// What of the canvas is seen. Change it freely: the camera follows.
#[derive(Resource, Clone, Copy, Debug, PartialEq)]
pub struct CanvasView {
    /// The canvas point in the middle of `viewport`.
    pub center: Vec2,
    /// Logical pixels per canvas unit.
    pub zoom: f32,
    /// The part of the screen that shows the canvas, in logical pixels.
    pub viewport: Rect,
    /// `viewport` is kept equal to the whole camera target. Turn it off where panels take room.
    pub fills_target: bool,
}

impl Default for CanvasView {
    fn default() -> Self {
        Self { center: Vec2::ZERO, zoom: 1.0, viewport: Rect::new(0.0, 0.0, 1280.0, 720.0), fills_target: true }
    }
}

impl CanvasView {
    /// The screen position, in logical pixels, of a canvas point.
    #[must_use]
    pub fn screen_from_canvas(&self, canvas: Vec2) -> Vec2 {
        self.viewport.center() + (canvas - self.center) * self.zoom
    }

    /// The canvas point under a screen position in logical pixels.
    #[must_use]
    pub fn canvas_from_screen(&self, screen: Vec2) -> Vec2 {
        self.center + (screen - self.viewport.center()) / self.zoom
    }

    /// The part of the canvas that is seen.
    #[must_use]
    pub fn visible(&self) -> Rect {
        Rect::from_center_size(self.center, self.viewport.size() / self.zoom)
    }

    /// Zooms by a factor while the canvas point under `screen` stays where it is.
    pub fn zoom_at(&mut self, screen: Vec2, factor: f32) {
        let anchor = self.canvas_from_screen(screen);
        self.zoom = (self.zoom * factor).clamp(ZOOM_MIN, ZOOM_MAX);
        self.center = anchor - (screen - self.viewport.center()) / self.zoom;
    }

    /// Moves the canvas with the hand by logical pixels.
    pub fn pan_by(&mut self, screen_delta: Vec2) {
        self.center -= screen_delta / self.zoom;
    }

    /// Shows a whole rectangle of the canvas with `margin` logical pixels around it, no closer than zoom 1.
    pub fn fit(&mut self, canvas: Rect, margin: f32) {
        if canvas.is_empty() {
            return;
        }
        let room = (self.viewport.size() - Vec2::splat(2.0 * margin)).max(Vec2::ONE);
        self.zoom = (room / canvas.size()).min_element().clamp(ZOOM_MIN, 1.0);
        self.center = canvas.center();
    }
}

/// A point of Bevy's world (y up) from a canvas point (y down).
#[must_use]
pub fn world_from_canvas(canvas: Vec2) -> Vec2 {
    Vec2::new(canvas.x, -canvas.y)
}

/// A canvas point (y down) from a point of Bevy's world (y up).
#[must_use]
pub fn canvas_from_world(world: Vec2) -> Vec2 {
    Vec2::new(world.x, -world.y)
}

/// Marks the one camera that shows the canvas; spawn [`canvas_camera`].
#[derive(Component, ExtractComponent, Clone, Copy, Debug, Default)]
pub struct CanvasCamera;

/// The components of the canvas camera. Add a `RenderTarget` to draw elsewhere than into the primary window.
#[must_use]
pub fn canvas_camera() -> impl bevy::prelude::Bundle {
    let projection = OrthographicProjection { scaling_mode: ScalingMode::WindowSize, ..OrthographicProjection::default_2d() };
    (CanvasCamera, Camera2d, Msaa::Off, Projection::Orthographic(projection))
}

/// Lets Bevy's camera look where the [`CanvasView`] looks, and keeps a filling viewport as large as the target.
pub(super) fn follow_view(
    mut view: ResMut<CanvasView>,
    theme: Res<Theme>,
    mut clear: ResMut<ClearColor>,
    mut cameras: Query<(&Camera, &mut Transform, &mut Projection), With<CanvasCamera>>,
) {
    if theme.is_changed() {
        clear.0 = theme.background.into();
    }
    for (camera, mut transform, mut projection) in &mut cameras {
        let Some(target) = camera.logical_target_size() else { continue };
        let whole = Rect::from_corners(Vec2::ZERO, target);
        if view.fills_target && view.viewport != whole {
            view.viewport = whole;
        }
        let seen = camera.viewport.as_ref().map_or(whole, |viewport| logical_rect(viewport, camera.target_scaling_factor().unwrap_or(1.0)));
        let middle = world_from_canvas(view.canvas_from_screen(seen.center()));
        let place = Vec3::new(middle.x, middle.y, transform.translation.z);
        if transform.translation != place {
            transform.translation = place;
        }
        if let Projection::Orthographic(orthographic) = &*projection
            && orthographic.scale != view.zoom.recip()
            && let Projection::Orthographic(orthographic) = &mut *projection
        {
            orthographic.scale = view.zoom.recip();
        }
    }
}

fn logical_rect(viewport: &Viewport, scale_factor: f32) -> Rect {
    let min = viewport.physical_position.as_vec2() / scale_factor;
    Rect::from_corners(min, min + viewport.physical_size.as_vec2() / scale_factor)
}

#[cfg(test)]
mod tests {
    use super::{CanvasView, ZOOM_MAX, canvas_from_world, world_from_canvas};
    use bevy::prelude::{Rect, Vec2};

    fn view() -> CanvasView {
        CanvasView { center: Vec2::new(120.0, -40.0), zoom: 2.5, viewport: Rect::new(0.0, 52.0, 1260.0, 1000.0), fills_target: false }
    }

    #[test]
    fn screen_and_canvas_are_inverse() {
        let view = view();
        for point in [Vec2::ZERO, Vec2::new(333.0, -81.5), Vec2::new(-4000.0, 9000.0)] {
            assert!(view.canvas_from_screen(view.screen_from_canvas(point)).distance(point) < 1e-2);
        }
        assert_eq!(view.screen_from_canvas(view.center), view.viewport.center());
        let right = view.screen_from_canvas(view.center + Vec2::X) - view.viewport.center();
        assert_eq!(right, Vec2::new(2.5, 0.0));
    }

    #[test]
    fn zooming_keeps_the_point_under_the_pointer() {
        let mut view = view();
        let pointer = Vec2::new(900.0, 300.0);
        let before = view.canvas_from_screen(pointer);
        view.zoom_at(pointer, 1.7);
        assert!(view.canvas_from_screen(pointer).distance(before) < 1e-3);
        view.zoom_at(pointer, 1e9);
        assert_eq!(view.zoom, ZOOM_MAX);
        assert!(view.canvas_from_screen(pointer).distance(before) < 1e-3);
    }

    #[test]
    fn fitting_shows_all_of_a_rectangle_and_no_closer_than_one_to_one() {
        let mut view = view();
        let large = Rect::new(-500.0, 0.0, 3000.0, 900.0);
        view.fit(large, 40.0);
        let seen = view.visible();
        assert!(seen.contains(large.min) && seen.contains(large.max));
        view.fit(Rect::new(0.0, 0.0, 10.0, 10.0), 40.0);
        assert_eq!((view.zoom, view.center), (1.0, Vec2::splat(5.0)));
    }

    #[test]
    fn the_hand_drags_the_canvas_along() {
        let mut view = view();
        let grabbed = view.canvas_from_screen(Vec2::new(200.0, 200.0));
        view.pan_by(Vec2::new(31.0, -8.0));
        assert!(view.screen_from_canvas(grabbed).distance(Vec2::new(231.0, 192.0)) < 1e-3);
    }

    #[test]
    fn bevy_looks_at_it_upside_down() {
        let canvas = Vec2::new(3.0, 7.0);
        assert_eq!(world_from_canvas(canvas), Vec2::new(3.0, -7.0));
        assert_eq!(canvas_from_world(world_from_canvas(canvas)), canvas);
    }
}
