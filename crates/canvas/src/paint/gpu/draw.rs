//! Sends the frame's changes and draws the layers in order.

use super::super::fonts::DISTANCE_RANGE_EM;
use super::super::view::CanvasCamera;
use super::pipelines::Pipelines;
use super::{FrameView, Scene, Space};
use bevy::ecs::entity::EntityHashMap;
use bevy::math::{Rect, URect, UVec2, Vec2};
use bevy::prelude::{Local, Res, ResMut, With};
use bevy::render::camera::ExtractedCamera;
use bevy::render::render_phase::TrackedRenderPass;
use bevy::render::render_resource::{
    BindGroup, BindGroupEntries, BindingResource, Buffer, BufferBinding, BufferDescriptor, BufferUsages, PipelineCache,
    RenderPassDescriptor,
};
use bevy::render::renderer::{RenderContext, RenderDevice, RenderQueue, ViewQuery};
use bevy::render::view::ViewTarget;
use bytemuck::{Pod, Zeroable};
use std::num::NonZero;
use std::ops::Range;

/// Between dots of the grid at zoom 1, canvas units.
const GRID_PITCH: f32 = 28.0;
/// How far shapes and cables reach beyond their bounds at most: the antialiased edge and thin lines; light and width.
const SHAPE_REACH_PX: f32 = 2.0;
const CABLE_REACH_PX: f32 = 48.0;
/// Views in the uniform buffer begin at multiples of this; every device allows it.
const VIEW_STRIDE: usize = 256;

/// `View` in `shaders/view.wgsl`.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
pub(super) struct ViewUniform {
    offset_px: [f32; 2],
    target_px: [f32; 2],
    px_per_unit: f32,
    /// Brightness of the background, on the scale of the square roots of linear light.
    ground: f32,
    distance_range_em: f32,
    cable_pieces: f32,
    grid_first_px: [f32; 2],
    grid_pitch_px: f32,
    grid_fade: f32,
    grid_first: [i32; 2],
    grid_columns: u32,
    grid_dot_px: f32,
    grid_ink: u32,
    clip_ink: u32,
    shade_ink: u32,
    bright_ink: u32,
}

/// The frame in physical pixels.
#[derive(Clone, Copy)]
struct Frame {
    canvas: ViewUniform,
    screen: ViewUniform,
    canvas_scissor: URect,
    /// What is seen of each space, in its own units.
    canvas_seen: Rect,
    screen_seen: Rect,
    grid_dots: u32,
    cable_pieces: u32,
}

impl Frame {
    fn new(frame: &FrameView, target_px: Vec2) -> Self {
        let FrameView { view, theme, scale_factor } = frame;
        let px_per_unit = view.zoom * scale_factor;
        let viewport_px = Rect { min: view.viewport.min * *scale_factor, max: view.viewport.max * *scale_factor };
        // On whole pixels, so that at zoom 1 what has whole coordinates is sharp however the canvas was moved.
        let offset_px = (viewport_px.center() - view.center * px_per_unit).round();
        let cable_pieces = match px_per_unit {
            far if far < 0.4 => 12,
            near if near > 1.5 => 64,
            _ => 32,
        };
        let screen = ViewUniform {
            target_px: target_px.to_array(),
            px_per_unit: *scale_factor,
            ground: theme.background.luma(),
            distance_range_em: DISTANCE_RANGE_EM,
            cable_pieces: cable_pieces as f32,
            grid_ink: theme.grid_dot.to_bits(),
            clip_ink: theme.clip.to_bits(),
            shade_ink: theme.cable_shade.to_bits(),
            bright_ink: theme.playhead.to_bits(),
            ..ViewUniform::default()
        };
        let mut canvas = ViewUniform { offset_px: offset_px.to_array(), px_per_unit, ..screen };
        let grid_dots = lay_grid(&mut canvas, viewport_px, offset_px, px_per_unit, *scale_factor);
        let whole = Rect::from_corners(Vec2::ZERO, target_px);
        let seen = viewport_px.intersect(whole);
        let canvas_scissor = URect::from_corners(seen.min.floor().as_uvec2(), seen.max.ceil().as_uvec2());
        let screen_seen = Rect::from_corners(Vec2::ZERO, target_px / *scale_factor);
        Self { canvas, screen, canvas_scissor, canvas_seen: view.visible(), screen_seen, grid_dots, cable_pieces }
    }
}

/// Places the dots that are seen. Their pitch stays between 14 and 56 logical pixels; the dots that a step out would lose fade before.
fn lay_grid(view: &mut ViewUniform, viewport_px: Rect, offset_px: Vec2, px_per_unit: f32, scale_factor: f32) -> u32 {
    let mut pitch = GRID_PITCH;
    while pitch * px_per_unit < 14.0 * scale_factor {
        pitch *= 4.0;
    }
    let pitch_px = pitch * px_per_unit;
    let first = ((viewport_px.min - offset_px) / pitch_px).floor();
    let cells = ((viewport_px.max - offset_px) / pitch_px).ceil() - first + 1.0;
    view.grid_first = first.as_ivec2().to_array();
    view.grid_first_px = (first * pitch_px + offset_px).to_array();
    view.grid_pitch_px = pitch_px;
    view.grid_columns = cells.x.max(1.0) as u32;
    let fade = ((pitch_px / scale_factor - 14.0) / 10.0).clamp(0.0, 1.0);
    view.grid_fade = fade * fade * (3.0 - 2.0 * fade);
    view.grid_dot_px = scale_factor * (pitch_px / (GRID_PITCH * scale_factor)).clamp(0.75, 1.5);
    view.grid_columns * cells.y.max(1.0) as u32
}

/// Sends staged lists into their buffers.
pub(super) fn upload(mut scene: ResMut<Scene>, device: Res<RenderDevice>, queue: Res<RenderQueue>) {
    let scene = &mut *scene;
    scene.lights.upload(&device, &queue, BufferUsages::STORAGE);
    for layer in scene.layers.values_mut() {
        layer.shapes.upload(&device, &queue, BufferUsages::VERTEX);
        layer.points.upload(&device, &queue, BufferUsages::STORAGE);
        layer.cables.upload(&device, &queue, BufferUsages::VERTEX);
    }
}

/// Draws the grid and all layers into the target of the canvas camera.
pub(super) fn paint(
    view: ViewQuery<(&ExtractedCamera, &ViewTarget), With<CanvasCamera>>,
    scene: Res<Scene>,
    frame: Res<FrameView>,
    (pipelines, cache, queue): (Res<Pipelines>, Res<PipelineCache>, Res<RenderQueue>),
    mut kept: Local<Kept>,
    mut context: RenderContext<'_, '_>,
) {
    let (camera, target) = view.into_inner();
    let Some(target_size) = camera.physical_target_size else { return };
    let Some(built) = pipelines.built(&cache) else { return };
    let frame = Frame::new(&frame, target_size.as_vec2());
    kept.send_views(&frame, &pipelines, &cache, context.render_device(), &queue);
    kept.group_lists(&scene, &pipelines, &cache, context.render_device());
    let Some(groups) = kept.groups() else { return };
    let mut pass = context.begin_tracked_render_pass(RenderPassDescriptor {
        label: Some("paint"),
        color_attachments: &[Some(target.get_unsampled_color_attachment())],
        ..RenderPassDescriptor::default()
    });
    let whole = URect::from_corners(UVec2::ZERO, target_size);
    if !frame.canvas_scissor.is_empty() {
        set_space(&mut pass, groups.view, Space::Canvas, frame.canvas_scissor);
        pass.set_bind_group(1, groups.lights, &[]);
        pass.set_render_pipeline(built.grid);
        pass.draw(0..4, 0..frame.grid_dots);
    }
    for entity in &scene.sorted {
        let layer = &scene.layers[entity];
        let (view, scissor, seen) = match layer.layer.space {
            Space::Canvas => (&frame.canvas, frame.canvas_scissor, frame.canvas_seen),
            Space::Screen => (&frame.screen, whole, frame.screen_seen),
        };
        if scissor.is_empty() {
            continue;
        }
        set_space(&mut pass, groups.view, layer.layer.space, scissor);
        if let Some(buffer) = layer.cables.buffer().filter(|_| !layer.cable_bounds.is_empty()) {
            pass.set_render_pipeline(built.cables);
            pass.set_bind_group(1, groups.lights, &[]);
            pass.set_vertex_buffer(0, buffer.slice(..));
            let near = seen.inflate(CABLE_REACH_PX / view.px_per_unit);
            for cables in seen_runs(layer.cable_bounds.iter().copied().zip(1..), near) {
                pass.draw(0..2 * (frame.cable_pieces + 1), cables);
            }
        }
        let Some((_, points_group)) = groups.points.get(entity) else { continue };
        if let Some(buffer) = layer.shapes.buffer().filter(|_| !layer.shape_groups.is_empty()) {
            pass.set_render_pipeline(built.shapes);
            pass.set_bind_group(1, points_group, &[]);
            pass.set_vertex_buffer(0, buffer.slice(..));
            let near = seen.inflate(SHAPE_REACH_PX / view.px_per_unit);
            for shapes in seen_runs(layer.shape_groups.iter().map(|group| (group.bounds, group.end)), near) {
                pass.draw(0..4, shapes);
            }
        }
    }
}

/// The runs of a list that are in sight, neighbours joined. Each item is the bounds of a part and the index after its end.
fn seen_runs(parts: impl Iterator<Item = (Rect, u32)>, seen: Rect) -> impl Iterator<Item = Range<u32>> {
    let in_sight = move |b: Rect| b.min.x <= seen.max.x && b.max.x >= seen.min.x && b.min.y <= seen.max.y && b.max.y >= seen.min.y;
    let mut parts = parts.peekable();
    let mut next = 0;
    std::iter::from_fn(move || {
        while let Some((_, end)) = parts.next_if(|&(bounds, _)| !in_sight(bounds)) {
            next = end;
        }
        let start = next;
        while let Some((_, end)) = parts.next_if(|&(bounds, _)| in_sight(bounds)) {
            next = end;
        }
        (next > start).then_some(start..next)
    })
}

fn set_space<'a>(pass: &mut TrackedRenderPass<'a>, view_group: &'a BindGroup, space: Space, scissor: URect) {
    let offset = if space == Space::Canvas { 0 } else { VIEW_STRIDE as u32 };
    pass.set_bind_group(0, view_group, &[offset]);
    pass.set_scissor_rect(scissor.min.x, scissor.min.y, scissor.width(), scissor.height());
}

/// A bind group with the buffer that it was made for.
type ListGroup = (Buffer, BindGroup);

/// What is kept between frames for drawing.
#[derive(Default)]
pub(super) struct Kept {
    views: Option<Buffer>,
    view_group: Option<BindGroup>,
    lights_group: Option<ListGroup>,
    points_groups: EntityHashMap<ListGroup>,
}

struct Groups<'a> {
    view: &'a BindGroup,
    lights: &'a BindGroup,
    points: &'a EntityHashMap<ListGroup>,
}

impl Kept {
    fn send_views(&mut self, frame: &Frame, pipelines: &Pipelines, cache: &PipelineCache, device: &RenderDevice, queue: &RenderQueue) {
        let size = size_of::<ViewUniform>();
        let mut bytes = [0; VIEW_STRIDE * 2];
        bytes[..size].copy_from_slice(bytemuck::bytes_of(&frame.canvas));
        bytes[VIEW_STRIDE..VIEW_STRIDE + size].copy_from_slice(bytemuck::bytes_of(&frame.screen));
        let views = self.views.get_or_insert_with(|| {
            device.create_buffer(&BufferDescriptor {
                label: Some("paint views"),
                size: bytes.len() as u64,
                usage: BufferUsages::UNIFORM | BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        });
        queue.write_buffer(views, 0, &bytes);
        self.view_group.get_or_insert_with(|| {
            let window = BufferBinding { buffer: views, offset: 0, size: NonZero::new(size as u64) };
            let entries = BindGroupEntries::sequential((BindingResource::Buffer(window), &pipelines.atlas, &pipelines.sampler));
            device.create_bind_group("paint view", &cache.get_bind_group_layout(&pipelines.view_layout), &entries)
        });
    }

    /// Makes the bind groups of lists that have none, or whose buffer has grown into another.
    fn group_lists(&mut self, scene: &Scene, pipelines: &Pipelines, cache: &PipelineCache, device: &RenderDevice) {
        let group = |buffer: &Buffer| {
            let entries = BindGroupEntries::single(buffer.as_entire_binding());
            let layout = cache.get_bind_group_layout(&pipelines.list_layout);
            (buffer.clone(), device.create_bind_group("paint list", &layout, &entries))
        };
        let is_of = |known: Option<&ListGroup>, buffer: &Buffer| known.is_some_and(|(of, _)| of.id() == buffer.id());
        self.points_groups.retain(|layer, _| scene.layers.contains_key(layer));
        for (&entity, layer) in &scene.layers {
            if let Some(buffer) = layer.points.buffer().filter(|buffer| !is_of(self.points_groups.get(&entity), buffer)) {
                self.points_groups.insert(entity, group(buffer));
            }
        }
        if let Some(buffer) = scene.lights.buffer().filter(|buffer| !is_of(self.lights_group.as_ref(), buffer)) {
            self.lights_group = Some(group(buffer));
        }
    }

    fn groups(&self) -> Option<Groups<'_>> {
        let (_, lights) = self.lights_group.as_ref()?;
        Some(Groups { view: self.view_group.as_ref()?, lights, points: &self.points_groups })
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::theme::Theme;
    use super::super::super::view::CanvasView;
    use super::{Frame, FrameView, seen_runs};
    use bevy::math::{Rect, Vec2};

    #[test]
    fn what_is_out_of_sight_is_left_out_and_neighbours_are_drawn_together() {
        let near = |x: f32| Rect::new(x, 0.0, x + 10.0, 10.0);
        let parts = [(near(500.0), 3), (near(0.0), 5), (near(20.0), 9), (near(-300.0), 12), (near(95.0), 13), (near(300.0), 20)];
        let runs: Vec<_> = seen_runs(parts.into_iter(), Rect::new(0.0, 0.0, 100.0, 100.0)).collect();
        assert_eq!(runs, [3..9, 12..13]);
        let mut all = seen_runs(parts.into_iter(), Rect::new(-900.0, 0.0, 900.0, 9.0));
        assert_eq!((all.next(), all.next()), (Some(0..20), None));
        assert_eq!(seen_runs([].into_iter(), Rect::new(0.0, 0.0, 9.0, 9.0)).count(), 0);
    }

    fn frame(zoom: f32, center: Vec2) -> Frame {
        let view = CanvasView { center, zoom, ..CanvasView::default() };
        Frame::new(&FrameView { view, theme: Theme::default(), scale_factor: 1.0 }, Vec2::new(1280.0, 720.0))
    }

    #[test]
    fn at_any_zoom_there_are_enough_dots_and_not_too_many() {
        for zoom in [0.05, 0.1, 0.25, 0.49, 0.51, 1.0, 2.0, 8.0] {
            let frame = frame(zoom, Vec2::new(-17.0, 4321.0));
            let pitch = frame.canvas.grid_pitch_px;
            assert!((14.0..=28.0 * 8.0).contains(&pitch), "{pitch} px at zoom {zoom}");
            let [x, y] = frame.canvas.grid_first_px;
            assert!(x <= 0.0 && x > -pitch * 1.01 && y <= 0.0 && y > -pitch * 1.01);
            let columns = frame.canvas.grid_columns;
            let rows = frame.grid_dots / columns;
            assert!(x + pitch * (columns - 1) as f32 >= 1280.0 - pitch && y + pitch * (rows - 1) as f32 >= 720.0 - pitch);
            assert!(frame.grid_dots < 6000, "{} dots at zoom {zoom}", frame.grid_dots);
        }
    }

    #[test]
    fn whole_coordinates_lie_on_whole_pixels() {
        let frame = frame(1.0, Vec2::new(100.3, -7.7));
        assert!(frame.canvas.offset_px.iter().all(|offset| offset.fract() == 0.0));
    }
}
