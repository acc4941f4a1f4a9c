//! The curves of cables, and what is written on them.

use super::{Layer, Lists, Scene, redraw};
use crate::animate::ModuleStatus;
use crate::cable_text::pill_text;
use crate::hit::Hit;
use crate::paint::{Align, Cables, Font, Fonts, Ink, Look, Painter, TextStyle, Theme};
use crate::project::{CableNode, Projection};
use crate::state::{Document, Selection};
use bevy::math::{Rect, Vec2};
use bevy::prelude::{Changed, DetectChanges, Or, Query, RemovedComponents, Res};
use patchlight_core::SignalKind;
use patchlight_patch::Cable;

/// Widths of the core, canvas units: of one signal, of two, and of many voices.
const WIDTH: f32 = 2.2;
const STEREO_WIDTH: f32 = 3.0;
const VOICES_WIDTH: f32 = 4.0;
/// Where along a cable the mark is of what it becomes at its end.
const CONVERSION_T: f32 = 0.9;
/// Where along a loop's closing cable its mark is.
const LOOP_MARK_T: f32 = 0.72;

/// A cable hangs otherwise, or carries more or fewer signals.
type CurveChanged = Or<(Changed<CableNode>, Changed<ModuleStatus>)>;

pub(super) fn draw_curves(
    document: Res<Document>,
    theme: Res<Theme>,
    nodes: Query<&CableNode>,
    changed: Query<(), CurveChanged>,
    (projection, modules): (Res<Projection>, Query<&ModuleStatus>),
    mut removed: RemovedComponents<CableNode>,
    mut layers: Query<&mut Cables>,
) {
    let gone = removed.read().count() > 0;
    if !gone && changed.is_empty() && !document.is_changed() && !theme.is_changed() {
        return;
    }
    let mut sorted: Vec<&CableNode> = nodes.iter().collect();
    sorted.sort_by_key(|node| node.light);
    for mut cables in &mut layers {
        cables.clear();
        for node in &sorted {
            let Some(cable) = document.patch.cables.get(&node.id) else { continue };
            let status = projection.modules.get(&node.id.from.module).and_then(|entity| modules.get(*entity).ok());
            cables.push(node.curve, cable_ink(&theme, cable, node), width(status), node.light);
        }
    }
}

/// By what runs through it: one signal, two sides, or voices.
fn width(status: Option<&ModuleStatus>) -> f32 {
    match status {
        Some(status) if status.voices > 1 => VOICES_WIDTH,
        Some(status) if status.channels > 1 => STEREO_WIDTH,
        _ => WIDTH,
    }
}

/// The kind of signal that a cable is taken for at its end, where that is another than its own.
fn converted_to(document: &Document, node: &CableNode) -> Option<SignalKind> {
    let spec = document.library.get(&document.patch.module(node.id.to.module.as_str())?.kind)?;
    let (_, port) = spec.input(&node.id.to.port)?;
    (port.kind != node.kind).then_some(port.kind)
}

/// The colour that was chosen for a cable, or that of its signal.
pub(super) fn cable_ink(theme: &Theme, cable: &Cable, node: &CableNode) -> Ink {
    cable.color.map_or_else(|| theme.signal(node.kind), |color| Ink { r: color.0[0], g: color.0[1], b: color.0[2], a: 255 })
}

pub(super) fn draw_labels(
    document: Res<Document>,
    scene: Res<Scene>,
    selection: Res<Selection>,
    (fonts, theme): (Res<Fonts>, Res<Theme>),
    nodes: Query<&CableNode>,
    mut lists: Lists<'_, '_>,
) {
    if !(scene.is_changed() || selection.is_changed() || theme.is_changed()) {
        return;
    }
    redraw(&mut lists, Layer::Labels, |shapes| {
        if scene.far {
            return;
        }
        let mut painter = Painter { shapes, fonts: &fonts, theme: &theme };
        for node in nodes.iter().filter(|node| scene.shows(node.curve.bounds())) {
            let Some(cable) = document.patch.cables.get(&node.id) else { continue };
            let ink = if cable.on { cable_ink(&theme, cable, node) } else { theme.dim };
            let selected = scene.cable.as_ref() == Some(&node.id);
            let pointed = selection.hovered == Hit::Amount(node.id.clone());
            if let Some(text) = pill_text(&document, &node.id, selected) {
                painter.label(node.curve.at(0.5), &text, if selected || pointed { theme.playhead } else { ink });
            }
            if let Some(kind) = converted_to(&document, node) {
                let look = Look::fill(painter.theme.panel).with_stroke(painter.theme.signal(kind), 1.2);
                painter.signal_mark(node.curve.at(CONVERSION_T), kind, 3.4, look);
            }
            if scene.loops.contains(&node.id) {
                draw_loop_mark(&mut painter, node.curve.at(LOOP_MARK_T), ink);
            }
        }
    });
}

/// `z⁻¹`: here a loop is a sample late. The exponent is set higher and smaller, since not every face has its characters.
fn draw_loop_mark(painter: &mut Painter<'_>, center: Vec2, ink: Ink) {
    let look = Look::fill(painter.theme.face).with_stroke(ink, 1.2).radius(9.0).shadow(6.0, 0.3);
    painter.shapes.rect(Rect::from_center_half_size(center, Vec2::new(14.0, 9.0)), look);
    let letter = TextStyle::new(Font::MonoMedium, 11.0, painter.theme.text).align(Align::Middle);
    painter.text(center + Vec2::new(-4.5, 3.5), "z", letter);
    let exponent = TextStyle::new(Font::MonoMedium, 7.5, painter.theme.text).align(Align::Middle);
    painter.text(center + Vec2::new(4.0, -0.5), "−1", exponent);
}
