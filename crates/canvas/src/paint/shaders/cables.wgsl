// Draws cables: an instance is a Bézier curve, swept into a strip by the vertex number. The light in it comes from a storage buffer
// that changes every frame while the curves stay. Fields: cables.rs.

#import patchlight::view::{view, ink, seen, clip_from_px}

struct Light {
    flow: f32,
    fraction: f32,
    state: u32,
    newest: f32,
    // Levels as bytes, newest first.
    history: array<u32, 8>,
}

@group(1) @binding(0) var<storage, read> lights: array<Light>;

const CLIPPED = 1u;
const OFF = 2u;
const SELECTED = 4u;
const HIDDEN = 8u;
const GATE = 16u;
const FADED = 32u;

// Between grains of light, canvas units.
const GRAIN_PITCH = 28.0;
const HISTORY_STEPS = 32;

struct Instance {
    @builtin(vertex_index) vertex: u32,
    @location(0) start: vec4<f32>,
    @location(1) end: vec4<f32>,
    // Shares of the length at fifths of the curve parameter.
    @location(2) fifths: vec4<f32>,
    // length, width, travel time in steps of history
    @location(3) size: vec3<f32>,
    // ink, index of the light
    @location(4) words: vec2<u32>,
}

struct Fragment {
    @builtin(position) position: vec4<f32>,
    // Along in canvas units, across in pixels, level of the light here.
    @location(0) local: vec3<f32>,
    // Core half width, reach of the glow in pixels, flow, pixels per unit along.
    @location(1) @interpolate(flat) shape: vec4<f32>,
    @location(2) @interpolate(flat) color: vec3<f32>,
    @location(3) @interpolate(flat) state: u32,
}

fn history(light: u32, age: i32) -> f32 {
    if age < 0 {
        return lights[light].newest;
    }
    let word = lights[light].history[min(age, HISTORY_STEPS - 1) >> 2u];
    return f32((word >> (u32(age & 3) * 8u)) & 255u) / 255.0;
}

fn level_at(light: u32, steps: f32) -> f32 {
    let place = min(steps - lights[light].fraction, f32(HISTORY_STEPS - 1));
    let age = floor(place);
    return mix(history(light, i32(age)), history(light, i32(age) + 1), place - age);
}

// A third of the derivative of the curve.
fn slope_at(in: Instance, t: f32) -> vec2<f32> {
    let s = 1.0 - t;
    return (in.start.zw - in.start.xy) * (s * s) + (in.end.xy - in.start.zw) * (2.0 * s * t) + (in.end.zw - in.end.xy) * (t * t);
}

// The share of the length that lies behind t: cubic between the known fifths, with the speed of the curve as its slope.
fn share_at(in: Instance, t: f32) -> f32 {
    let piece = min(floor(t * 5.0), 4.0);
    let x = t * 5.0 - piece;
    var known = array<f32, 6>(0.0, in.fifths.x, in.fifths.y, in.fifths.z, in.fifths.w, 1.0);
    let behind = known[u32(piece)];
    let ahead = known[u32(piece) + 1u];
    let per_piece = 3.0 / (5.0 * max(in.size.x, 1e-3));
    let v0 = length(slope_at(in, piece / 5.0)) * per_piece;
    let v1 = length(slope_at(in, (piece + 1.0) / 5.0)) * per_piece;
    let xx = x * x;
    let xxx = xx * x;
    return behind * (2.0 * xxx - 3.0 * xx + 1.0) + ahead * (3.0 * xx - 2.0 * xxx) + v0 * (xxx - 2.0 * xx + x) + v1 * (xxx - xx);
}

@vertex
fn vertex(in: Instance) -> Fragment {
    var out: Fragment;
    let light = in.words.y;
    let state = lights[light].state;
    let t = f32(in.vertex >> 1u) / view.cable_pieces;
    let share = share_at(in, t);
    let side = f32(in.vertex & 1u) * 2.0 - 1.0;
    let s = 1.0 - t;
    let at = in.start.xy * (s * s * s) + in.start.zw * (3.0 * s * s * t) + in.end.xy * (3.0 * s * t * t) + in.end.zw * (t * t * t);
    let slope = slope_at(in, t);
    let along = slope / max(length(slope), 1e-5);
    let unit = view.px_per_unit;
    let selected = (state & SELECTED) != 0u;
    let core = max(in.size.y * unit, 1.0) * select(0.5, 0.75, selected);
    let reach = core + clamp(9.0 * unit, 2.0, 22.0);
    // Inside a bend the strip ends before the centre of the bend, or it would fold over itself.
    let bend = 2.0 * ((in.end.xy - 2.0 * in.start.zw + in.start.xy) * s + (in.end.zw - 2.0 * in.end.xy + in.start.zw) * t);
    let curvature = (slope.x * bend.y - slope.y * bend.x) / (3.0 * max(pow(length(slope), 3.0), 1e-3));
    let radius = unit / max(abs(curvature), 1e-6);
    let across = side * select(reach, min(reach, max(0.9 * radius, core + 1.0)), side * curvature > 0.0);
    let px = at * unit + view.offset_px + vec2(-along.y, along.x) * across;
    out.local = vec3(share * in.size.x, across, level_at(light, share * in.size.z));
    out.shape = vec4(core, reach, lights[light].flow, unit);
    out.color = ink(select(in.words.x, view.clip_ink, (state & CLIPPED) != 0u)).rgb;
    out.state = state;
    out.position = clip_from_px(px);
    if (state & HIDDEN) != 0u {
        out.position = vec4(-2.0, -2.0, 0.0, 1.0);
    }
    return out;
}

// A number from 0 to 1 for each grain; the same after 64 grains, where the flow wraps.
fn grain_chance(grain: f32) -> f32 {
    let n = grain - floor(grain / 64.0) * 64.0;
    return fract(sin(n * 12.9898) * 43758.547);
}

fn over(front: vec4<f32>, back: vec4<f32>) -> vec4<f32> {
    return front + back * (1.0 - front.a);
}

@fragment
fn fragment(in: Fragment) -> @location(0) vec4<f32> {
    let across = abs(in.local.y);
    let core = in.shape.x;
    let selected = (in.state & SELECTED) != 0u;
    let off = (in.state & OFF) != 0u;
    var level = in.local.z;
    if (in.state & GATE) != 0u { level = smoothstep(0.35, 0.65, level); }
    if off { level = 0.0; }
    // Quiet signals are seen too: the eye, like the ear, is not linear.
    let light = sqrt(level);
    let fade = select(1.0, 0.3, (in.state & FADED) != 0u);

    let outside = saturate(1.0 - max(across - core, 0.0) / (in.shape.y - core));
    let glow_opacity = (0.02 + 0.42 * light + select(0.0, 0.15, selected)) * fade;
    var color = seen(in.color, glow_opacity * outside * outside * outside);
    // Light adds to what it falls on more than it covers it.
    color.a *= 0.6;

    let shade = seen(ink(view.shade_ink).rgb, 0.75 * fade * saturate(core + 2.0 - across));
    color = over(color, shade);

    var body_opacity = mix(0.34, 0.96, light);
    if off {
        let dash = abs(fract(in.local.x / 9.0) - 0.5) * 9.0;
        body_opacity = 0.4 * saturate(0.5 + (2.4 - dash) * in.shape.w);
    }
    let hot = mix(in.color, vec3(1.0), 0.35 * level * level * saturate(1.0 - across / core) + select(0.0, 0.25, selected));
    color = over(seen(hot, max(body_opacity, select(0.0, 0.8, selected)) * fade * saturate(core + 0.5 - across)), color);

    if level > 0.004 && in.shape.w > 0.35 {
        let run = (in.local.x - in.shape.z) / GRAIN_PITCH;
        let chance = grain_chance(floor(run));
        let from_grain = vec2((fract(run) - 0.5) * GRAIN_PITCH * in.shape.w, in.local.y);
        let size = core * (0.7 + 0.9 * light * chance);
        let grain = saturate(0.5 + size - length(from_grain));
        color = over(seen(ink(view.bright_ink).rgb, grain * (0.3 + 0.7 * chance) * light * fade), color);
    }
    return color;
}
