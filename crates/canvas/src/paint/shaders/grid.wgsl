// The dots behind the canvas: one small quad each, placed by its number, so that nothing is drawn between them.

#import patchlight::view::{view, ink, seen, clip_from_px}

struct Fragment {
    @builtin(position) position: vec4<f32>,
    @location(0) local: vec2<f32>,
    @location(1) @interpolate(flat) color: vec4<f32>,
}

@vertex
fn vertex(@builtin(vertex_index) vertex: u32, @builtin(instance_index) instance: u32) -> Fragment {
    let cell = vec2<i32>(i32(instance % view.grid_columns), i32(instance / view.grid_columns));
    let index = view.grid_first + cell;
    // Every fourth dot stays when the ones between fade out.
    let coarse = (index.x & 3) == 0 && (index.y & 3) == 0;
    let side = vec2(f32(vertex & 1u), f32(vertex >> 1u)) * 2.0 - 1.0;
    var out: Fragment;
    out.local = side * (view.grid_dot_px + 1.0);
    out.color = ink(view.grid_ink);
    out.color.a *= select(view.grid_fade, 1.0, coarse);
    let at = view.grid_first_px + vec2<f32>(cell) * view.grid_pitch_px;
    out.position = clip_from_px(at + out.local);
    return out;
}

@fragment
fn fragment(in: Fragment) -> @location(0) vec4<f32> {
    return seen(in.color.rgb, in.color.a * saturate(0.5 - (length(in.local) - view.grid_dot_px)));
}
