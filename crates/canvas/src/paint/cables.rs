//! Cables: where they hang, and the light that runs along them.
//!
//! Shape and light are apart. [`Cables`] changes when a module is moved or a cable made; [`CableLights`] changes with every frame of
//! sound and is a few bytes a cable. A light keeps the last half second of its signal, and the shader draws that history along the
//! cable from its start to its end: a drum hit is a pulse that travels.

use super::theme::Ink;
use bevy::math::{Rect, Vec2};
use bevy::prelude::{Component, Resource};
use bytemuck::{Pod, Zeroable};

/// Steps of history along a cable.
pub const HISTORY_STEPS: usize = 32;
/// The length of a step.
pub const HISTORY_STEP_SECS: f32 = 1.0 / 60.0;
/// How fast light runs along a cable, canvas units; longer cables are faster, so that it arrives while the sound is still the same.
pub const LIGHT_UNITS_PER_SEC: f32 = 900.0;
/// The longest that light takes from end to end.
pub const TRAVEL_SECS_MAX: f32 = (HISTORY_STEPS - 2) as f32 * HISTORY_STEP_SECS;

/// The curve of a cable: a cubic Bézier curve that leaves an output to the right and reaches an input from the left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CableCurve {
    pub points: [Vec2; 4],
}

impl CableCurve {
    /// The curve from an output to an input, canvas units.
    #[must_use]
    pub fn between(from: Vec2, to: Vec2) -> Self {
        let apart = (to - from).abs();
        let reach = if to.x > from.x { (apart.x * 0.5).max(40.0) } else { (60.0 + 0.15 * (apart.x + apart.y)).min(220.0) };
        let reach = reach.min(from.distance(to) * 0.6 + 12.0);
        Self { points: [from, from + Vec2::new(reach, 0.0), to - Vec2::new(reach, 0.0), to] }
    }

    /// The point at `t` from 0 to 1.
    #[must_use]
    pub fn at(&self, t: f32) -> Vec2 {
        let [a, b, c, d] = self.points;
        let s = 1.0 - t;
        a * (s * s * s) + b * (3.0 * s * s * t) + c * (3.0 * s * t * t) + d * (t * t * t)
    }

    /// A rectangle that the curve does not leave.
    #[must_use]
    pub fn bounds(&self) -> Rect {
        let [a, b, c, d] = self.points;
        Rect::from_corners(a.min(b).min(c).min(d), a.max(b).max(c).max(d))
    }

    /// The distance from a point to the curve, and the `t` of the nearest place.
    #[must_use]
    pub fn distance(&self, point: Vec2) -> (f32, f32) {
        const PIECES: usize = 32;
        let mut best = (f32::INFINITY, 0.0);
        let mut from = self.at(0.0);
        for piece in 0..PIECES {
            let to = self.at((piece + 1) as f32 / PIECES as f32);
            let along = to - from;
            let share = ((point - from).dot(along) / along.length_squared().max(1e-9)).clamp(0.0, 1.0);
            let distance = point.distance(from + along * share);
            if distance < best.0 {
                best = (distance, (piece as f32 + share) / PIECES as f32);
            }
            from = to;
        }
        best
    }

    /// Length in canvas units, and the share of it behind `t` of 0.2, 0.4, 0.6 and 0.8.
    fn measure(&self) -> (f32, [f32; 4]) {
        const PIECES: usize = 40;
        let mut lengths = [0.0; PIECES + 1];
        let mut from = self.at(0.0);
        for piece in 1..=PIECES {
            let to = self.at(piece as f32 / PIECES as f32);
            lengths[piece] = lengths[piece - 1] + from.distance(to);
            from = to;
        }
        let total = lengths[PIECES];
        (total, [1, 2, 3, 4].map(|fifth| lengths[PIECES / 5 * fifth] / total.max(1e-6)))
    }
}

/// What the GPU is sent for one cable.
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub(super) struct CableInstance {
    points: [[f32; 2]; 4],
    /// Shares of the length at fifths of `t`, 16 bits each.
    fifths: [u16; 4],
    length: f32,
    width: f32,
    /// Steps of history from end to end.
    travel_steps: f32,
    ink: u32,
    light: u32,
}

impl CableInstance {
    /// Around the curve, without its width and light; canvas units.
    pub(super) fn bounds(&self) -> Rect {
        CableCurve { points: self.points.map(Vec2::from) }.bounds()
    }
}

/// The cables of one layer.
#[derive(Component, Clone, Debug, Default, PartialEq)]
pub struct Cables {
    instances: Vec<CableInstance>,
}

impl Cables {
    pub fn clear(&mut self) {
        self.instances.clear();
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.instances.is_empty()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.instances.len()
    }

    /// Hangs a cable: `width` of the core in canvas units (2.2 is usual), `light` its index in [`CableLights`].
    pub fn push(&mut self, curve: CableCurve, ink: Ink, width: f32, light: usize) {
        let (length, fifths) = curve.measure();
        self.instances.push(CableInstance {
            points: curve.points.map(|p| p.to_array()),
            fifths: fifths.map(|share| (share * 65535.0).round() as u16),
            length,
            width,
            travel_steps: (length / LIGHT_UNITS_PER_SEC).min(TRAVEL_SECS_MAX) / HISTORY_STEP_SECS,
            ink: ink.to_bits(),
            light: light as u32,
        });
    }

    pub(super) fn instances(&self) -> &[CableInstance] {
        &self.instances
    }
}

/// What a cable is besides its level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CableState {
    /// Too hot: red.
    pub clipped: bool,
    /// Switched off: dashed and without light.
    pub off: bool,
    /// Under the pointer or selected: wider and brighter.
    pub selected: bool,
    /// Not drawn.
    pub hidden: bool,
    /// Its signal jumps between on and off: drawn with hard edges between light and dark.
    pub gate: bool,
    /// Something else has the attention (a traced path): dimmer.
    pub faded: bool,
}

impl CableState {
    const fn bits(self) -> u32 {
        self.clipped as u32
            | (self.off as u32) << 1
            | (self.selected as u32) << 2
            | (self.hidden as u32) << 3
            | (self.gate as u32) << 4
            | (self.faded as u32) << 5
    }
}

/// One cable's light as the GPU sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Light {
    /// How far grains of light have run, canvas units.
    flow: f32,
    /// How much of the newest step has passed, 0 to 1.
    fraction: f32,
    state: u32,
    newest: f32,
    /// Levels as bytes, newest first.
    history: [u8; HISTORY_STEPS],
}

/// The light in all cables. Cables refer to it by index.
#[derive(Resource, Clone, Debug, Default, PartialEq)]
pub struct CableLights {
    lights: Vec<Light>,
    /// Seconds since the newest step of history was made.
    since_step_secs: f32,
}

impl CableLights {
    /// Makes room for `count` cables; new ones are dark.
    pub fn resize(&mut self, count: usize) {
        self.lights.resize(count, Light::default());
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.lights.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lights.is_empty()
    }

    /// Whether any light still moves. When none does and no level changes, nothing needs to be drawn again.
    #[must_use]
    pub fn is_lit(&self) -> bool {
        self.lights.iter().any(|light| light.newest > 0.0 || light.history != [0; HISTORY_STEPS])
    }

    /// The level that enters the cable now: 0 is silent, 1 full scale. Shown from the next [`advance`](Self::advance) on.
    pub fn set_level(&mut self, light: usize, level: f32) {
        if let Some(light) = self.lights.get_mut(light) {
            light.newest = if level.is_finite() { level.clamp(0.0, 1.0) } else { 0.0 };
        }
    }

    pub fn set_state(&mut self, light: usize, state: CableState) {
        if let Some(light) = self.lights.get_mut(light) {
            light.state = state.bits();
        }
    }

    /// The light a cable would show after the same level for long: for still pictures.
    pub fn settle(&mut self) {
        for light in &mut self.lights {
            light.history = [byte(light.newest); HISTORY_STEPS];
        }
    }

    /// Lets the light run on by `elapsed_secs`.
    pub fn advance(&mut self, elapsed_secs: f32) {
        // After a pause longer than the history nothing of before is left.
        let elapsed_secs = elapsed_secs.clamp(0.0, (HISTORY_STEPS + 1) as f32 * HISTORY_STEP_SECS);
        self.since_step_secs += elapsed_secs;
        let steps = (self.since_step_secs / HISTORY_STEP_SECS) as usize;
        self.since_step_secs -= steps as f32 * HISTORY_STEP_SECS;
        let fraction = (self.since_step_secs / HISTORY_STEP_SECS).clamp(0.0, 1.0);
        for light in &mut self.lights {
            let shift = steps.min(HISTORY_STEPS);
            light.history.copy_within(..HISTORY_STEPS - shift, shift);
            light.history[..shift].fill(byte(light.newest));
            light.fraction = fraction;
            // Wrapped at a whole number of grain distances (28 units), so that the numbers stay small.
            light.flow = (light.flow + elapsed_secs * (30.0 + 110.0 * light.newest)) % (28.0 * 64.0);
        }
    }

    pub(super) fn lights(&self) -> &[Light] {
        &self.lights
    }
}

fn byte(level: f32) -> u8 {
    (level * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::{CableCurve, CableInstance, CableLights, CableState, Cables, HISTORY_STEP_SECS, HISTORY_STEPS, Light};
    use crate::paint::theme::Ink;
    use bevy::math::Vec2;

    fn s_curve() -> CableCurve {
        CableCurve::between(Vec2::new(210.0, 430.0), Vec2::new(640.0, 258.0))
    }

    #[test]
    fn layouts_are_as_the_shader_reads_them() {
        assert_eq!((size_of::<CableInstance>(), size_of::<Light>()), (60, 48));
    }

    #[test]
    fn a_cable_leaves_to_the_right_and_arrives_from_the_left() {
        for to in [Vec2::new(640.0, 258.0), Vec2::new(-300.0, 500.0), Vec2::new(212.0, 430.0)] {
            let curve = CableCurve::between(Vec2::new(210.0, 430.0), to);
            assert_eq!((curve.at(0.0), curve.at(1.0)), (curve.points[0], to));
            assert!(curve.at(0.01).x > curve.points[0].x && curve.at(0.99).x < to.x);
            let bounds = curve.bounds().inflate(0.01);
            assert!(bounds.contains(curve.at(0.3)) && bounds.contains(curve.at(0.7)));
        }
    }

    #[test]
    fn lengths_are_measured_evenly() {
        let straight = CableCurve { points: [0.0, 10.0, 20.0, 30.0].map(|x| Vec2::new(x, 0.0)) };
        let (length, fifths) = straight.measure();
        assert!((length - 30.0).abs() < 1e-3);
        assert!(fifths.iter().zip([0.2, 0.4, 0.6, 0.8]).all(|(t, want)| (t - want).abs() < 1e-3), "{fifths:?}");
        let curve = s_curve();
        let (length, shares) = curve.measure();
        let point = |i: usize| curve.at(i as f32 / 1000.0);
        let measured = |to: usize| (0..to).map(|i| point(i).distance(point(i + 1))).sum::<f32>();
        assert!((measured(1000) / length - 1.0).abs() < 0.002);
        for (share, to) in shares.into_iter().zip([200, 400, 600, 800]) {
            assert!((measured(to) / length - share).abs() < 0.002, "{share} at {to}");
        }
    }

    #[test]
    fn the_pointer_finds_the_cable() {
        let curve = s_curve();
        let (distance, t) = curve.distance(curve.at(0.37) + Vec2::new(0.5, 0.3));
        assert!(distance < 0.7 && (t - 0.37).abs() < 0.02, "{distance} at {t}");
        assert!(curve.distance(Vec2::new(0.0, 0.0)).0 > 300.0);
    }

    #[test]
    fn a_hit_travels_and_leaves() {
        let mut lights = CableLights::default();
        lights.resize(1);
        lights.set_level(0, 1.0);
        lights.advance(HISTORY_STEP_SECS * 1.01);
        lights.set_level(0, 0.0);
        for _ in 0..5 {
            lights.advance(HISTORY_STEP_SECS);
        }
        let history = lights.lights()[0].history;
        assert_eq!(history.iter().position(|&level| level == 255), Some(5));
        assert_eq!(history.iter().filter(|&&level| level > 0).count(), 1);
        assert!(lights.is_lit());
        for _ in 0..HISTORY_STEPS {
            lights.advance(HISTORY_STEP_SECS);
        }
        assert!(!lights.is_lit(), "the light has left the cable");
    }

    #[test]
    fn frames_slower_than_steps_lose_no_time() {
        let mut lights = CableLights::default();
        lights.resize(1);
        lights.set_level(0, 0.5);
        lights.advance(HISTORY_STEP_SECS * 3.5);
        assert_eq!(lights.lights()[0].history.iter().filter(|&&level| level == 128).count(), 3);
        assert!((lights.lights()[0].fraction - 0.5).abs() < 1e-3);
    }

    #[test]
    fn states_are_separate_bits_and_levels_are_safe() {
        let mut lights = CableLights::default();
        lights.resize(2);
        lights.set_state(1, CableState { clipped: true, gate: true, ..CableState::default() });
        assert_eq!(lights.lights()[1].state, 0b1_0001);
        lights.set_level(1, f32::NAN);
        lights.set_level(7, 1.0);
        lights.settle();
        assert!(!lights.is_lit());
    }

    #[test]
    fn cables_are_hung_with_their_light() {
        let mut cables = Cables::default();
        cables.push(s_curve(), Ink::WHITE, 2.2, 17);
        assert_eq!((cables.len(), cables.instances()[0].light), (1, 17));
        assert!(cables.instances()[0].length > 430.0);
        cables.clear();
        assert!(cables.is_empty());
    }
}
