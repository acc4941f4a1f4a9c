//! The shape of an envelope, and a dot at where it is.

use super::{FaceView, TRACE_POINTS, curve};
use crate::paint::{Look, Painter};
use bevy::math::Vec2;
use patchlight_core::ModuleSpec;

/// The share of the width that the sustain takes.
const SUSTAIN_SHARE: f32 = 0.2;
/// Samples of the curve.
const POINTS: usize = 160;

/// An envelope as a row of stages.
#[derive(Clone, Debug, PartialEq)]
struct Shape {
    /// Where attack, decay, sustain and release end, 0 to 1 of the width.
    ends: [f32; 4],
    /// Where the delay before the attack ends, and the hold behind it.
    begin: f32,
    top: f32,
    sustain: f32,
    /// How bent the stages are: near 0 straight.
    bend: f32,
}

impl Shape {
    /// Times from milliseconds to minutes on one face: widths follow the third root.
    fn new([delay_secs, attack_secs, hold_secs, decay_secs]: [f32; 4], sustain: Option<f32>, release_secs: f32, bend: f32) -> Self {
        let counted = |secs: f32| if secs > 0.0 { secs.cbrt() } else { 0.0 };
        let width = |secs: f32| secs.max(0.0005).cbrt();
        let hold = if sustain.is_some() { SUSTAIN_SHARE } else { 0.0 };
        let release = if sustain.is_some() { width(release_secs) } else { 0.0 };
        let total = (counted(delay_secs) + width(attack_secs) + counted(hold_secs) + width(decay_secs) + release) / (1.0 - hold);
        let begin = counted(delay_secs) / total;
        let attack = begin + width(attack_secs) / total;
        let top = attack + counted(hold_secs) / total;
        let decay = top + width(decay_secs) / total;
        Self { ends: [attack, decay, decay + hold, 1.0], begin, top, sustain: sustain.unwrap_or(0.0), bend: bend.max(0.01) }
    }

    /// The level at 0 to 1 of the width: exponential towards each stage's goal.
    fn level(&self, x: f32) -> f32 {
        let [attack, decay, hold, _] = self.ends;
        // From `from` to exactly `to` over a share of 0 to 1.
        let bend = self.bend;
        let towards = |from: f32, to: f32, share: f32| from + (to - from) * (1.0 - (-bend * share).exp()) / (1.0 - (-bend).exp());
        match x {
            x if x < self.begin => 0.0,
            x if x < attack => towards(0.0, 1.0, (x - self.begin) / (attack - self.begin)),
            x if x < self.top => 1.0,
            x if x < decay => towards(1.0, self.sustain, (x - self.top) / (decay - self.top)),
            x if x < hold => self.sustain,
            x => towards(self.sustain, 0.0, ((x - hold) / (1.0 - hold).max(1e-6)).min(1.0)),
        }
    }
}

/// Whether a module follows what it hears, so that it has no shape of its own: its level over time is shown.
pub(super) fn follows(spec: &ModuleSpec) -> bool {
    spec.params.iter().all(|param| param.name() != "decay")
}

pub(super) fn draw(painter: &mut Painter<'_>, face: &FaceView<'_>) {
    let rect = face.inside().inflate(-4.0);
    if follows(face.spec) {
        let missing = TRACE_POINTS.saturating_sub(face.memory.trace.len());
        let trace = std::iter::repeat_n(0.0, missing).chain(face.memory.trace.iter().copied());
        return painter.shapes.plot(rect, trace.map(|level| 1.0 - level.clamp(0.0, 1.0)), curve(face.ink, rect.max.y));
    }
    let sustain = face.find(&["sustain"]).map(
        |(param, value)| {
            if param.unit == patchlight_core::Unit::Db { 10.0_f32.powf(value / 20.0) } else { value }
        },
    );
    let shape = Shape::new(
        [face.value(&["delay"], 0.0), face.value(&["attack"], 0.01), face.value(&["hold"], 0.0), face.value(&["decay"], 0.2)],
        sustain,
        face.value(&["release"], 0.3),
        face.value(&["curve"], 3.0),
    );
    let points = (0..=POINTS).map(|i| 1.0 - shape.level(i as f32 / POINTS as f32));
    painter.shapes.plot(rect, points, curve(face.ink, rect.max.y));
    if let Some(x) = place(&shape, face) {
        let at = Vec2::new(rect.min.x + rect.width() * x, rect.max.y - rect.height() * face.cell(LEVEL).clamp(0.0, 1.0));
        painter.shapes.glow(at, 2.0, 10.0, face.ink.alpha(0.6));
        painter.shapes.circle(at, 3.2, Look::fill(painter.theme.playhead));
    }
}

/// Cells of envelopes: the stage (0 rest, 1 attack, 2 decay, 3 sustain, 4 release) and the level.
const STAGE: usize = 0;
const LEVEL: usize = 1;

/// Where the dot is along the width: in its stage, where the curve has the level.
fn place(shape: &Shape, face: &FaceView<'_>) -> Option<f32> {
    let stage = face.cell(STAGE) as usize;
    let level = face.cell(LEVEL);
    let [attack, decay, hold, end] = shape.ends;
    let (from, to) = match stage {
        1 => (0.0, attack),
        2 => (attack, decay),
        3 => return Some((decay + hold) * 0.5),
        4 => (hold, end),
        _ => return None,
    };
    let steps = 40;
    let at = |i: usize| from + (to - from) * i as f32 / steps as f32;
    (0..=steps).map(at).min_by(|a, b| (shape.level(*a) - level).abs().total_cmp(&(shape.level(*b) - level).abs()))
}

#[cfg(test)]
mod tests {
    use super::Shape;

    #[test]
    fn stages_meet_and_end_where_they_should() {
        let shape = Shape::new([0.0, 0.01, 0.0, 0.2], Some(0.5), 0.6, 3.0);
        let [attack, decay, hold, _] = shape.ends;
        assert!(shape.level(0.0).abs() < 1e-3, "{}", shape.level(0.0));
        assert!((shape.level(attack - 1e-5) - 1.0).abs() < 1e-2, "{}", shape.level(attack - 1e-5));
        assert!((shape.level(decay - 1e-5) - 0.5).abs() < 1e-3);
        assert_eq!(shape.level((decay + hold) * 0.5), 0.5);
        assert!(shape.level(1.0).abs() < 1e-3);
        let held = Shape::new([0.1, 0.01, 0.1, 0.2], Some(0.5), 0.6, 3.0);
        assert!(held.level(held.begin * 0.9) == 0.0 && held.level((held.ends[0] + held.top) * 0.5) == 1.0);
        let struck = Shape::new([0.0, 0.001, 0.0, 0.3], None, 0.0, 0.01);
        assert!(struck.level(1.0).abs() < 1e-3 && (struck.ends[1] - 1.0).abs() < 1e-4);
    }
}
