//! The three pipelines: shapes, cables and the dotted grid.

use super::super::cables::CableInstance;
use super::super::fonts::Fonts;
use super::super::instance::Instance;
use super::super::view::CanvasCamera;
use super::draw::ViewUniform;
use super::{PaintReady, load_shaders};
use bevy::asset::{AssetServer, Handle};
use bevy::mesh::VertexBufferLayout;
use bevy::prelude::{Commands, Query, Res, ResMut, Resource, With};
use bevy::render::render_resource::binding_types::{sampler, storage_buffer_read_only_sized, texture_2d, uniform_buffer_sized};
use bevy::render::render_resource::{
    BindGroupLayoutDescriptor, BindGroupLayoutEntries, BlendState, CachedRenderPipelineId, ColorTargetState, ColorWrites, Extent3d,
    FilterMode, FragmentState, PipelineCache, PrimitiveState, PrimitiveTopology, RenderPipeline, RenderPipelineDescriptor, Sampler,
    SamplerBindingType, SamplerDescriptor, ShaderStages, TextureDataOrder, TextureDescriptor, TextureDimension, TextureFormat,
    TextureSampleType, TextureUsages, TextureView, TextureViewDescriptor, VertexAttribute, VertexFormat, VertexState, VertexStepMode,
};
use bevy::render::renderer::{RenderDevice, RenderQueue};
use bevy::render::view::ViewTarget;
use bevy::shader::Shader;
use std::num::NonZero;

/// Layouts, shaders, the atlas on the GPU, and the pipelines for the format of the target.
#[derive(Resource)]
pub(super) struct Pipelines {
    pub(super) view_layout: BindGroupLayoutDescriptor,
    /// One read-only storage buffer: samples of plots, or lights of cables.
    pub(super) list_layout: BindGroupLayoutDescriptor,
    pub(super) atlas: TextureView,
    pub(super) sampler: Sampler,
    shapes_shader: Handle<Shader>,
    cables_shader: Handle<Shader>,
    grid_shader: Handle<Shader>,
    of_target: Option<TargetPipelines>,
}

#[derive(Clone, Copy)]
struct TargetPipelines {
    format: TextureFormat,
    shapes: CachedRenderPipelineId,
    cables: CachedRenderPipelineId,
    grid: CachedRenderPipelineId,
}

pub(super) fn init(
    mut commands: Commands,
    device: Res<RenderDevice>,
    queue: Res<RenderQueue>,
    assets: Res<AssetServer>,
    fonts: Res<Fonts>,
) {
    let shaders = load_shaders(&assets);
    let view_entries = BindGroupLayoutEntries::sequential(
        ShaderStages::VERTEX_FRAGMENT,
        (
            uniform_buffer_sized(true, NonZero::new(size_of::<ViewUniform>() as u64)),
            texture_2d(TextureSampleType::Float { filterable: true }),
            sampler(SamplerBindingType::Filtering),
        ),
    );
    let list_entries = BindGroupLayoutEntries::single(ShaderStages::VERTEX_FRAGMENT, storage_buffer_read_only_sized(false, None));
    commands.insert_resource(Pipelines {
        view_layout: BindGroupLayoutDescriptor::new("paint view", &view_entries),
        list_layout: BindGroupLayoutDescriptor::new("paint list", &list_entries),
        atlas: upload_atlas(&fonts, &device, &queue),
        sampler: device.create_sampler(&SamplerDescriptor {
            label: Some("paint atlas"),
            mag_filter: FilterMode::Linear,
            min_filter: FilterMode::Linear,
            ..SamplerDescriptor::default()
        }),
        shapes_shader: shaders.shapes,
        cables_shader: shaders.cables,
        grid_shader: shaders.grid,
        of_target: None,
    });
}

fn upload_atlas(fonts: &Fonts, device: &RenderDevice, queue: &RenderQueue) -> TextureView {
    let atlas = fonts.atlas();
    let descriptor = TextureDescriptor {
        label: Some("paint atlas"),
        size: Extent3d { width: atlas.width as u32, height: atlas.height as u32, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: TextureDimension::D2,
        format: TextureFormat::R8Unorm,
        usage: TextureUsages::TEXTURE_BINDING | TextureUsages::COPY_DST,
        view_formats: &[],
    };
    let texture = device.create_texture_with_data(queue, &descriptor, TextureDataOrder::LayerMajor, &atlas.texels);
    texture.create_view(&TextureViewDescriptor::default())
}

/// Pipelines that can be drawn with.
pub(super) struct Built<'a> {
    pub(super) shapes: &'a RenderPipeline,
    pub(super) cables: &'a RenderPipeline,
    pub(super) grid: &'a RenderPipeline,
}

/// Queues the pipelines for the target that the canvas camera draws into, and says when they are built.
pub(super) fn specialize(
    mut pipelines: ResMut<Pipelines>,
    cache: Res<PipelineCache>,
    ready: Res<PaintReady>,
    targets: Query<&ViewTarget, With<CanvasCamera>>,
) {
    let Some(format) = targets.iter().next().map(ViewTarget::main_texture_format) else { return };
    let known = pipelines.of_target.filter(|known| known.format == format);
    let of_target = known.unwrap_or_else(|| pipelines.queue(&cache, format));
    pipelines.of_target = Some(of_target);
    ready.set(pipelines.built(&cache).is_some());
}

impl Pipelines {
    /// The pipelines, once all three are built.
    pub(super) fn built<'a>(&self, cache: &'a PipelineCache) -> Option<Built<'a>> {
        let TargetPipelines { shapes, cables, grid, .. } = self.of_target?;
        let built = |id| cache.get_render_pipeline(id);
        Some(Built { shapes: built(shapes)?, cables: built(cables)?, grid: built(grid)? })
    }

    fn queue(&self, cache: &PipelineCache, format: TextureFormat) -> TargetPipelines {
        let queue = |label: &'static str, shader: &Handle<Shader>, buffers: Vec<VertexBufferLayout>| {
            cache.queue_render_pipeline(RenderPipelineDescriptor {
                label: Some(label.into()),
                layout: vec![self.view_layout.clone(), self.list_layout.clone()],
                vertex: VertexState { shader: shader.clone(), buffers, ..VertexState::default() },
                fragment: Some(FragmentState {
                    shader: shader.clone(),
                    targets: vec![Some(ColorTargetState {
                        format,
                        blend: Some(BlendState::PREMULTIPLIED_ALPHA_BLENDING),
                        write_mask: ColorWrites::ALL,
                    })],
                    ..FragmentState::default()
                }),
                primitive: PrimitiveState { topology: PrimitiveTopology::TriangleStrip, ..PrimitiveState::default() },
                ..RenderPipelineDescriptor::default()
            })
        };
        TargetPipelines {
            format,
            shapes: queue("paint shapes", &self.shapes_shader, vec![shapes_layout()]),
            cables: queue("paint cables", &self.cables_shader, vec![cables_layout()]),
            grid: queue("paint grid", &self.grid_shader, Vec::new()),
        }
    }
}

fn shapes_layout() -> VertexBufferLayout {
    layout(size_of::<Instance>(), &[VertexFormat::Float32x4, VertexFormat::Float32x4, VertexFormat::Uint32x4])
}

fn cables_layout() -> VertexBufferLayout {
    use VertexFormat::{Float32x3, Float32x4, Uint32x2, Unorm16x4};
    layout(size_of::<CableInstance>(), &[Float32x4, Float32x4, Unorm16x4, Float32x3, Uint32x2])
}

/// One attribute after the other, at locations 0, 1, 2…
fn layout(stride: usize, formats: &[VertexFormat]) -> VertexBufferLayout {
    let mut offset = 0;
    let attributes = formats
        .iter()
        .zip(0..)
        .map(|(&format, shader_location)| {
            let attribute = VertexAttribute { format, offset, shader_location };
            offset += format.size();
            attribute
        })
        .collect();
    debug_assert_eq!(offset, stride as u64);
    VertexBufferLayout { array_stride: stride as u64, step_mode: VertexStepMode::Instance, attributes }
}

#[cfg(test)]
mod tests {
    use super::{CableInstance, Instance, cables_layout, shapes_layout};

    #[test]
    fn attributes_fill_their_instances() {
        for (layout, size) in [(shapes_layout(), size_of::<Instance>()), (cables_layout(), size_of::<CableInstance>())] {
            let end = layout.attributes.last().map(|last| last.offset + last.format.size());
            assert_eq!(end, Some(size as u64));
        }
    }
}
