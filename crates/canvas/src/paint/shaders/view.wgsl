// What all of the painter's shaders share: the view, colours, and how opacities are blended.
#define_import_path patchlight::view

struct View {
    offset_px: vec2<f32>,
    target_px: vec2<f32>,
    px_per_unit: f32,
    ground: f32,
    distance_range_em: f32,
    cable_pieces: f32,
    grid_first_px: vec2<f32>,
    grid_pitch_px: f32,
    grid_fade: f32,
    grid_first: vec2<i32>,
    grid_columns: u32,
    grid_dot_px: f32,
    grid_ink: u32,
    clip_ink: u32,
    shade_ink: u32,
    bright_ink: u32,
}

@group(0) @binding(0) var<uniform> view: View;
fn linear_from_srgb(srgb: vec3<f32>) -> vec3<f32> {
    return select(pow((srgb + 0.055) / 1.055, vec3(2.4)), srgb / 12.92, srgb <= vec3(0.04045));
}

fn ink(bits: u32) -> vec4<f32> {
    let srgb = unpack4x8unorm(bits);
    return vec4(linear_from_srgb(srgb.rgb), srgb.a);
}

// The target blends linear light, but opacities are chosen by eye: this opacity gives over the background what the given one would
// give if encoded values were blended (with squares in place of the sRGB curve). Premultiplied.
fn seen(rgb: vec3<f32>, opacity: f32) -> vec4<f32> {
    let bright = sqrt(dot(rgb, vec3(0.2126, 0.7152, 0.0722)));
    let contrast = (bright - view.ground) / max(bright + view.ground, 1e-4);
    let a = opacity * (1.0 - contrast + contrast * opacity);
    return vec4(rgb * a, a);
}

fn clip_from_px(px: vec2<f32>) -> vec4<f32> {
    let ndc = px / view.target_px * 2.0 - 1.0;
    return vec4(ndc.x, -ndc.y, 0.0, 1.0);
}
