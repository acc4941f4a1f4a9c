// Draws display lists: one quad an instance, cut out by its distance to the shape's edge. All lengths here are physical pixels, so
// half a pixel on either side of distance 0 is the antialiased edge. Kinds and fields: instance.rs and shapes.rs.

#import patchlight::view::{view, ink, seen, clip_from_px}

@group(0) @binding(1) var atlas: texture_2d<f32>;
@group(0) @binding(2) var atlas_sampler: sampler;
@group(1) @binding(0) var<storage, read> points: array<f32>;

const BOX = 0u;
const SEGMENT = 1u;
const ARC = 2u;
const TRIANGLE = 3u;
const SLICE = 4u;
const GLOW = 5u;
const GLYPH = 6u;
const PLOT = 7u;
const SNAP = 256u;
const JOINS_PREVIOUS = 512u;
const JOINS_NEXT = 1024u;

// Text of so many pixels cannot be read and is not drawn; it fades in above.
const SMALLEST_TEXT_PX = 4.0;
const FULL_TEXT_PX = 6.5;

struct Instance {
    @builtin(vertex_index) vertex: u32,
    @location(0) pos_half: vec4<f32>,
    @location(1) params: vec4<f32>,
    // fill, stroke, kind and flags, extra
    @location(2) words: vec4<u32>,
}

struct Fragment {
    @builtin(position) position: vec4<f32>,
    // Pixels from the shape's own origin; for glyphs the place in the atlas.
    @location(0) local: vec2<f32>,
    @location(1) @interpolate(flat) fill: vec4<f32>,
    @location(2) @interpolate(flat) stroke: vec4<f32>,
    @location(3) @interpolate(flat) a: vec4<f32>,
    @location(4) @interpolate(flat) b: vec4<f32>,
    @location(5) @interpolate(flat) kind: u32,
}

fn turned(v: vec2<f32>, turn: f32) -> vec2<f32> {
    let c = cos(turn);
    let s = sin(turn);
    return vec2(v.x * c - v.y * s, v.x * s + v.y * c);
}

@vertex
fn vertex(in: Instance) -> Fragment {
    let unit = view.px_per_unit;
    let kind = in.words.z & 255u;
    let flags = in.words.z;
    // 0 or 1 to the right and down.
    let corner = vec2(f32(in.vertex & 1u), f32(in.vertex >> 1u));
    let side = corner * 2.0 - 1.0;
    var at = in.pos_half.xy * unit + view.offset_px;
    let half = in.pos_half.zw * unit;
    var out: Fragment;
    out.fill = ink(in.words.x);
    out.stroke = vec4(0.0);
    out.a = vec4(0.0);
    out.b = vec4(0.0);
    out.kind = flags;
    var px = at;
    switch kind {
        case BOX: {
            var h = half;
            var stroke_px = select(0.0, max(in.params.y * unit, 1.0), in.params.y > 0.0);
            out.stroke = ink(in.words.y);
            if (flags & SNAP) != 0u {
                let low = round(at - half);
                let high = max(round(at + half), low + 1.0);
                at = (low + high) * 0.5;
                h = (high - low) * 0.5;
                stroke_px = round(stroke_px);
            } else {
                out.stroke.a *= min(in.params.y * unit, 1.0);
            }
            let soft = unpack4x8unorm(in.words.w);
            let shadow_px = in.params.z * unit;
            out.local = side * (h + 1.0 + shadow_px * 1.3);
            out.a = vec4(h, min(in.params.x * unit, min(h.x, h.y)), stroke_px);
            out.b = vec4(shadow_px, soft.x, soft.y, 0.0);
            px = at + turned(out.local, in.params.w);
        }
        case SEGMENT: {
            let width = bitcast<f32>(in.words.w) * unit;
            let radius = max(width, 1.0) * 0.5;
            out.fill.a *= min(width, 1.0);
            let len = length(half);
            let along = select(vec2(1.0, 0.0), half / max(len, 1e-6), len > 1e-6);
            let across = vec2(-along.y, along.x);
            out.local = vec2(mix(-radius - 1.0, len + radius + 1.0, corner.x), side.y * (radius + 1.0));
            out.a = vec4(len, radius, 0.0, 0.0);
            let n0 = in.params.xy;
            let n1 = in.params.zw;
            out.b = vec4(dot(n0, along), dot(n0, across), dot(n1, along), dot(n1, across));
            px = at + along * out.local.x + across * out.local.y;
        }
        case ARC: {
            let half_width = max(half.y, 1.0) * 0.5;
            out.fill.a *= min(half.y, 1.0);
            out.local = side * (half.x + half_width + 1.0);
            out.a = vec4(half.x, half_width, sin(in.params.y), cos(in.params.y));
            let s = sin(in.params.x);
            let c = cos(in.params.x);
            px = at + vec2(c, s) * out.local.x + vec2(s, -c) * out.local.y;
        }
        case TRIANGLE: {
            out.stroke = ink(in.words.y);
            out.stroke.a *= min(in.params.y * unit, 1.0);
            out.local = side * (half + 1.0);
            out.a = vec4(half, select(0.0, max(in.params.y * unit, 1.0), in.params.y > 0.0), in.params.x * unit);
            px = at + turned(out.local, in.params.w);
        }
        case SLICE: {
            let base = in.params.x * unit;
            let low = min(min(0.0, half.y), base) - 1.0;
            let high = max(max(0.0, half.y), base) + 1.0;
            out.local = vec2(half.x * corner.x, mix(low, high, corner.y));
            out.a = vec4(half, base, in.params.y);
            out.b = vec4(in.params.z * unit, 0.0, 0.0, 0.0);
            px = at + out.local;
        }
        case GLOW: {
            out.local = side * half.y;
            out.a = vec4(half, 0.0, 0.0);
            px = at + out.local;
        }
        case GLYPH: {
            at.y = round(at.y);
            let size_px = half.x;
            let texel_min = vec2(f32(in.words.w & 65535u), f32(in.words.w >> 16u));
            let texels = vec2(f32(in.words.y & 65535u), f32(in.words.y >> 16u));
            out.local = (texel_min + texels * corner) / vec2<f32>(textureDimensions(atlas));
            // Small letters are drawn a little heavier, or their thin strokes would be grey.
            out.a = vec4(view.distance_range_em * size_px, 0.5 + 0.12 * saturate((17.0 - size_px) / 6.0), 0.0, 0.0);
            out.fill.a *= saturate((size_px - SMALLEST_TEXT_PX) / (FULL_TEXT_PX - SMALLEST_TEXT_PX));
            px = at + (in.params.xy + in.params.zw * corner) * unit;
            if size_px < SMALLEST_TEXT_PX {
                px = vec2(-10.0);
            }
        }
        default: {
            let half_width = max(in.params.x * unit, 1.0) * 0.5;
            out.stroke = ink(in.words.y);
            out.stroke.a *= min(in.params.x * unit, 1.0);
            out.local = mix(vec2(-half_width - 1.0), half + half_width + 1.0, corner);
            out.a = vec4(half_width, in.params.y * unit, in.params.z, half.x / (in.params.z - 1.0));
            out.b = vec4(bitcast<f32>(in.words.w), half.y, 0.0, 0.0);
            px = at + out.local;
        }
    }
    out.position = clip_from_px(px);
    return out;
}

fn round_box(p: vec2<f32>, half: vec2<f32>, radius: f32) -> f32 {
    let q = abs(p) - half + radius;
    return length(max(q, vec2(0.0))) + min(max(q.x, q.y), 0.0) - radius;
}

fn coverage(distance_px: f32) -> f32 {
    return saturate(0.5 - distance_px);
}

// A stroke of the given width inside the edge, over the fill.
fn filled_and_stroked(distance_px: f32, stroke_px: f32, fill: vec4<f32>, stroke: vec4<f32>) -> vec4<f32> {
    let ring = select(0.0, stroke.a * saturate(0.5 + distance_px + stroke_px), stroke_px > 0.0);
    let alpha = ring + fill.a * (1.0 - ring);
    let rgb = (stroke.rgb * ring + fill.rgb * (fill.a * (1.0 - ring))) / max(alpha, 1e-4);
    return seen(rgb, alpha * coverage(distance_px));
}

fn draw_box(in: Fragment) -> vec4<f32> {
    let half = in.a.xy;
    let d = round_box(in.local, half, in.a.z);
    let lighter = in.b.z * saturate(0.5 - 0.5 * in.local.y / half.y);
    let fill = vec4(mix(in.fill.rgb, vec3(1.0), lighter), in.fill.a);
    let shape = filled_and_stroked(d, in.a.w, fill, in.stroke);
    if in.b.x <= 0.0 || d < -0.5 {
        return shape;
    }
    let fade = saturate(1.0 - round_box(in.local - vec2(0.0, in.b.x * 0.3), half, in.a.z) / in.b.x);
    let shade = seen(vec3(0.0), in.b.y * fade * fade);
    return shape + shade * (1.0 - shape.a);
}

fn draw_segment(in: Fragment) -> vec4<f32> {
    // The neighbour has what lies beyond the plane between us; a hundredth of a pixel is left to both, so that rounding leaves no gap.
    let before = dot(in.local, in.b.xy) < -0.01 && (in.kind & JOINS_PREVIOUS) != 0u;
    let after = dot(in.local - vec2(in.a.x, 0.0), in.b.zw) > 0.01 && (in.kind & JOINS_NEXT) != 0u;
    if before || after {
        return vec4(0.0);
    }
    let beyond = max(max(-in.local.x, in.local.x - in.a.x), 0.0);
    return seen(in.fill.rgb, in.fill.a * coverage(length(vec2(beyond, in.local.y)) - in.a.y));
}

fn draw_arc(in: Fragment) -> vec4<f32> {
    let p = vec2(abs(in.local.x), in.local.y);
    let on_ring = abs(length(p) - in.a.x);
    let at_end = length(p - in.a.zw * in.a.x);
    let d = select(on_ring, at_end, in.a.w * p.x > in.a.z * p.y) - in.a.y;
    return seen(in.fill.rgb, in.fill.a * coverage(d));
}

fn draw_triangle(in: Fragment) -> vec4<f32> {
    let half = in.a.xy;
    let p = vec2(abs(in.local.x), in.local.y);
    let slope = normalize(vec2(2.0 * half.y, -half.x));
    let d = max(dot(p - vec2(0.0, -half.y), slope), p.y - half.y);
    return filled_and_stroked(d, in.a.z, in.fill, in.stroke);
}

fn draw_slice(in: Fragment) -> vec4<f32> {
    let slope = in.a.y / max(in.a.x, 1e-4);
    let line = slope * in.local.x;
    let base = in.a.z;
    let steep = inverseSqrt(1.0 + slope * slope);
    let cover = saturate(0.5 + (in.local.y - line) * steep) * saturate(0.5 - (in.local.y - base));
    let down = saturate((in.local.y - in.b.x) / max(base - in.b.x, 1e-4));
    return seen(in.fill.rgb, in.fill.a * cover * mix(1.0, in.a.w, down));
}

fn draw_glow(in: Fragment) -> vec4<f32> {
    let fade = saturate((in.a.y - length(in.local)) / max(in.a.y - in.a.x, 1e-4));
    return seen(in.fill.rgb, in.fill.a * fade * fade);
}

fn draw_glyph(in: Fragment) -> vec4<f32> {
    let distance_px = (textureSampleLevel(atlas, atlas_sampler, in.local, 0.0).r - 0.5) * in.a.x;
    return seen(in.fill.rgb, in.fill.a * saturate(in.a.y + distance_px));
}

fn sample(first: u32, index: i32) -> f32 {
    return points[first + u32(index)] * view.px_per_unit;
}

fn draw_plot(in: Fragment) -> vec4<f32> {
    let first = bitcast<u32>(in.b.x);
    let last = i32(in.a.z) - 1;
    let pitch = in.a.w;
    let reach = in.a.x + 1.0;
    let low = clamp(i32(floor((in.local.x - reach) / pitch)), 0, last);
    let high = clamp(i32(ceil((in.local.x + reach) / pitch)), 0, last);
    // Far out, many samples fall on one pixel: sixteen of them are enough.
    let stride = max((high - low + 15) / 16, 1);
    var nearest = 1e6;
    var a = vec2(f32(low) * pitch, sample(first, low));
    for (var i = low + stride; i <= high; i += stride) {
        let b = vec2(f32(i) * pitch, sample(first, i));
        let along = b - a;
        let p = in.local - a;
        let off = p - along * saturate(dot(p, along) / max(dot(along, along), 1e-6));
        nearest = min(nearest, dot(off, off));
        a = b;
    }
    let line = seen(in.stroke.rgb, in.stroke.a * coverage(sqrt(nearest) - in.a.x));
    if in.fill.a <= 0.0 {
        return line;
    }
    let place = clamp(in.local.x / pitch, 0.0, in.a.z - 1.0);
    let index = min(i32(place), last - 1);
    let curve = mix(sample(first, index), sample(first, index + 1), place - f32(index));
    let base = in.a.y;
    let within = saturate(0.5 + in.local.y - min(curve, base)) * saturate(0.5 + max(curve, base) - in.local.y)
        * saturate(0.5 + in.local.x) * saturate(0.5 + pitch * f32(last) - in.local.x);
    let height = abs(in.local.y - base) / max(max(base, in.b.y - base), 1e-4);
    let area = seen(in.fill.rgb, in.fill.a * within * mix(0.25, 1.0, saturate(height)));
    return line + area * (1.0 - line.a);
}

@fragment
fn fragment(in: Fragment) -> @location(0) vec4<f32> {
    switch in.kind & 255u {
        case BOX: { return draw_box(in); }
        case SEGMENT: { return draw_segment(in); }
        case ARC: { return draw_arc(in); }
        case TRIANGLE: { return draw_triangle(in); }
        case SLICE: { return draw_slice(in); }
        case GLOW: { return draw_glow(in); }
        case GLYPH: { return draw_glyph(in); }
        default: { return draw_plot(in); }
    }
}
