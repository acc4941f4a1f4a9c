//! The painter in the render world: what changed is copied over, sent into buffers that are kept, and drawn in one pass.

mod buffers;
mod draw;
mod pipelines;

use super::cables::{CableInstance, CableLights, Cables};
use super::fonts::Fonts;
use super::shapes::{Group, Shapes};
use super::theme::Theme;
use super::view::{CanvasCamera, CanvasView};
use super::{PaintLayer, Space};
use bevy::app::App;
use bevy::asset::{AssetServer, Handle, embedded_asset, load_embedded_asset};
use bevy::core_pipeline::core_2d::main_transparent_pass_2d;
use bevy::core_pipeline::{Core2d, Core2dSystems};
use bevy::ecs::entity::EntityHashMap;
use bevy::math::Rect;
use bevy::prelude::{Camera, DetectChanges, Entity, IntoScheduleConfigs, Query, Ref, Res, ResMut, Resource, With};
use bevy::render::extract_component::ExtractComponentPlugin;
use bevy::render::{Extract, ExtractSchedule, Render, RenderApp, RenderStartup, RenderSystems};
use bevy::shader::{Shader, load_shader_library};
use buffers::GrowBuffer;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the pipelines are built, so that a frame shows everything. Shared with the render world.
#[derive(Resource, Clone, Debug, Default)]
pub struct PaintReady(Arc<AtomicBool>);

impl PaintReady {
    #[must_use]
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    fn set(&self, ready: bool) {
        self.0.store(ready, Ordering::Release);
    }
}

pub(super) fn plugin(app: &mut App) {
    load_shader_library!(app, "shaders/view.wgsl");
    embedded_asset!(app, "shaders/shapes.wgsl");
    embedded_asset!(app, "shaders/cables.wgsl");
    embedded_asset!(app, "shaders/grid.wgsl");
    app.init_resource::<PaintReady>().add_plugins(ExtractComponentPlugin::<CanvasCamera>::default());
}

struct Shaders {
    shapes: Handle<Shader>,
    cables: Handle<Shader>,
    grid: Handle<Shader>,
}

/// Here because embedded paths are relative to the file that names them.
fn load_shaders(assets: &AssetServer) -> Shaders {
    Shaders {
        shapes: load_embedded_asset!(assets, "shaders/shapes.wgsl"),
        cables: load_embedded_asset!(assets, "shaders/cables.wgsl"),
        grid: load_embedded_asset!(assets, "shaders/grid.wgsl"),
    }
}

/// The render world exists only once all plugins are built.
pub(super) fn finish(app: &mut App, fonts: &Fonts) {
    let ready = app.world().resource::<PaintReady>().clone();
    let Some(render_app) = app.get_sub_app_mut(RenderApp) else { return };
    render_app
        .insert_resource(fonts.clone())
        .insert_resource(ready)
        .init_resource::<Scene>()
        .init_resource::<FrameView>()
        .add_systems(RenderStartup, pipelines::init)
        .add_systems(ExtractSchedule, (extract_layers, extract_lights, extract_view))
        .add_systems(Render, (pipelines::specialize.in_set(RenderSystems::Prepare), draw::upload.in_set(RenderSystems::PrepareResources)))
        .add_systems(Core2d, draw::paint.after(main_transparent_pass_2d).in_set(Core2dSystems::MainPass));
}

/// What is drawn: all layers, and the light in the cables.
#[derive(Resource, Default)]
struct Scene {
    layers: EntityHashMap<LayerBuffers>,
    lights: GrowBuffer,
    /// Layers from back to front.
    sorted: Vec<Entity>,
}

struct LayerBuffers {
    layer: PaintLayer,
    shapes: GrowBuffer,
    points: GrowBuffer,
    cables: GrowBuffer,
    /// Which parts of the list lie where.
    shape_groups: Vec<Group>,
    cable_bounds: Vec<Rect>,
    seen: bool,
}

impl LayerBuffers {
    fn new(layer: PaintLayer) -> Self {
        let (shapes, points, cables) = (GrowBuffer::default(), GrowBuffer::default(), GrowBuffer::default());
        Self { layer, shapes, points, cables, shape_groups: Vec::new(), cable_bounds: Vec::new(), seen: true }
    }
}

type ChangedLists<'a> = (Entity, &'a PaintLayer, Option<Ref<'a, Shapes>>, Option<Ref<'a, Cables>>);

fn extract_layers(mut scene: ResMut<Scene>, lists: Extract<Query<ChangedLists<'_>>>) {
    let scene = &mut *scene;
    for buffers in scene.layers.values_mut() {
        buffers.seen = false;
    }
    for (entity, layer, shapes, cables) in &lists {
        let fresh = !scene.layers.contains_key(&entity);
        let buffers = scene.layers.entry(entity).or_insert_with(|| LayerBuffers::new(*layer));
        buffers.layer = *layer;
        buffers.seen = true;
        match shapes {
            Some(shapes) if fresh || shapes.is_changed() => {
                buffers.shape_groups.clear();
                buffers.shape_groups.extend_from_slice(shapes.groups());
                buffers.shapes.stage(bytemuck::cast_slice(shapes.instances()));
                buffers.points.stage(bytemuck::cast_slice(shapes.points()));
            }
            Some(_) => {}
            None => buffers.shape_groups.clear(),
        }
        match cables {
            Some(cables) if fresh || cables.is_changed() => {
                buffers.cable_bounds.clear();
                buffers.cable_bounds.extend(cables.instances().iter().map(CableInstance::bounds));
                buffers.cables.stage(bytemuck::cast_slice(cables.instances()));
            }
            Some(_) => {}
            None => buffers.cable_bounds.clear(),
        }
    }
    scene.layers.retain(|_, buffers| buffers.seen);
    scene.sorted.clear();
    scene.sorted.extend(scene.layers.iter().filter(|(_, b)| b.layer.visible).map(|(&entity, _)| entity));
    let layers = &scene.layers;
    scene.sorted.sort_by_key(|entity| (layers[entity].layer.order, *entity));
}

fn extract_lights(mut scene: ResMut<Scene>, lights: Extract<Res<CableLights>>) {
    if lights.is_changed() {
        scene.lights.stage(bytemuck::cast_slice(lights.lights()));
    }
}

/// The view and theme of this frame.
#[derive(Resource, Default)]
struct FrameView {
    view: CanvasView,
    theme: Theme,
    scale_factor: f32,
}

fn extract_view(
    mut frame: ResMut<FrameView>,
    view: Extract<Res<CanvasView>>,
    theme: Extract<Res<Theme>>,
    cameras: Extract<Query<&Camera, With<CanvasCamera>>>,
) {
    frame.view = **view;
    if theme.is_changed() {
        frame.theme = theme.clone();
    }
    frame.scale_factor = cameras.iter().find_map(Camera::target_scaling_factor).unwrap_or(1.0);
}
