//! What moves: faces, what modulation does to knobs, and the light at ports.

use super::modules::family_ink;
use super::{Layer, Lists, Scene, redraw};
use crate::animate::{CableLevel, face_of, light_level};
use crate::cable_text::{gain_db, value_text};
use crate::faces::{self, FaceMemory};
use crate::gestures::{Drag, Hand};
use crate::layout::{Control, KnobPlace};
use crate::paint::{Align, CableLights, Font, Fonts, Look, Painter, PortFace, TextStyle, Theme};
use crate::project::{CableNode, KnobNode, ModuleNode, PortNode};
use crate::state::{Document, Signals};
use bevy::math::{Rect, Vec2};
use bevy::prelude::{Children, DetectChanges, Entity, Query, RelationshipTarget, Res};
use patchlight_core::{ModMap, ParamSpec, PortRef, SignalKind};

pub(super) fn draw(
    document: Res<Document>,
    (scene, signals): (Res<Scene>, Res<Signals>),
    (fonts, theme): (Res<Fonts>, Res<Theme>),
    modules: Query<(&ModuleNode, &FaceMemory, Option<&Children>)>,
    knobs: Query<&KnobNode>,
    mut lists: Lists<'_, '_>,
) {
    if !(scene.is_changed() || signals.is_changed() || theme.is_changed()) {
        return;
    }
    let mut seen: Vec<_> = modules.iter().filter(|(node, ..)| scene.shows(node.rect())).collect();
    seen.sort_by_key(|(node, ..)| node.z);
    let rects: Vec<Rect> = seen.iter().map(|(node, ..)| node.rect()).collect();
    redraw(&mut lists, Layer::Live, |shapes| {
        let mut painter = Painter { shapes, fonts: &fonts, theme: &theme };
        for (place, (node, memory, children)) in seen.iter().enumerate() {
            if scene.far {
                draw_level(&mut painter, &signals, node);
                continue;
            }
            let covered = |part: Rect| rects[place + 1..].iter().any(|rect| !rect.intersect(part).is_empty());
            draw_face(&mut painter, &document, &signals, node, memory, covered);
            let moved = parts(*children).filter_map(|child| knobs.get(child).ok()).filter(|knob| knob.cables > 0);
            for knob in moved {
                draw_modulation(&mut painter, &document, &signals, node, knob, covered);
            }
        }
    });
}

/// The ports and knobs of a module; one of an unknown kind may have none.
fn parts(children: Option<&Children>) -> impl Iterator<Item = Entity> {
    children.into_iter().flat_map(Children::iter)
}

/// Faces lie over all bodies, so one that another module lies on is left out.
fn draw_face(
    painter: &mut Painter<'_>,
    document: &Document,
    signals: &Signals,
    node: &ModuleNode,
    memory: &FaceMemory,
    covered: impl Fn(Rect) -> bool,
) {
    let Some(module) = document.patch.module(node.id.as_str()) else { return };
    let ink = family_ink(painter.theme, &module.kind);
    let ink = if module.bypassed || module.muted { ink.mix(painter.theme.track, 0.55) } else { ink };
    if let Some(face) = face_of(document, signals, node, memory, ink).filter(|face| !face.rect.is_empty() && !covered(face.rect)) {
        faces::draw(painter, &face);
    }
}

/// How loud a module is, as a bar at the bottom of its block.
fn draw_level(painter: &mut Painter<'_>, signals: &Signals, node: &ModuleNode) {
    let sounds = node.spec.is_some_and(|spec| spec.outputs.first().is_some_and(|port| port.kind == SignalKind::Audio));
    let Some(output) = signals.output(&node.id, 0).filter(|_| sounds) else { return };
    let rect = node.rect();
    let level = ((gain_db(output.rms) + 60.0) / 60.0).clamp(0.0, 1.0);
    let bar = Rect::new(rect.min.x + 10.0, rect.max.y - 20.0, rect.min.x + 10.0 + (rect.width() - 20.0) * level, rect.max.y - 10.0);
    if level > 0.01 {
        painter.shapes.smooth_rect(bar, Look::fill(painter.theme.level(gain_db(output.peak))).radius(5.0));
    }
}

/// What cables into a knob do to it: how far they reach, and where it is now.
struct Modulation {
    low: f32,
    high: f32,
    now: f32,
}

/// The travel of a knob whose base `value` is moved by the sum of `signal`s.
fn moved_travel(param: &ParamSpec, value: f32, signal: f32) -> f32 {
    let moved = match param.mod_map() {
        ModMap::Octaves => value * signal.exp2(),
        ModMap::Linear { scale } => value + signal * scale,
    };
    param.travel_from_value(moved.clamp(param.min, param.max))
}

fn modulation_of(document: &Document, signals: &Signals, knob: &KnobNode, value: f32) -> Modulation {
    let (mut low, mut high, mut now) = (0.0, 0.0, 0.0);
    for (id, cable) in document.patch.cables_into(&knob.port) {
        let (gain, source) = (cable.gain(), output_of(document, &id.from));
        let last = source.and_then(|(index, _)| signals.output(&id.from.module, index)).map_or(0.0, |output| output.last);
        now += gain * last;
        // Gates and envelopes only rise; what swings both ways is drawn both ways.
        let rises = source.is_some_and(|(_, kind)| kind == SignalKind::Gate) || is_envelope(document, &id.from);
        high += gain.abs();
        low -= if rises { 0.0 } else { gain.abs() };
        if rises && gain < 0.0 {
            (low, high) = (low + gain, high + gain);
        }
    }
    Modulation {
        low: moved_travel(knob.param, value, low),
        high: moved_travel(knob.param, value, high),
        now: moved_travel(knob.param, value, now),
    }
}

fn is_envelope(document: &Document, output: &PortRef) -> bool {
    document.patch.module(output.module.as_str()).is_some_and(|module| module.kind.starts_with("env."))
}

fn output_of(document: &Document, output: &PortRef) -> Option<(usize, SignalKind)> {
    let spec = document.library.get(&document.patch.module(output.module.as_str())?.kind)?;
    spec.output(&output.port).map(|(index, port)| (index, port.kind))
}

fn draw_modulation(
    painter: &mut Painter<'_>,
    document: &Document,
    signals: &Signals,
    node: &ModuleNode,
    knob: &KnobNode,
    covered: impl Fn(Rect) -> bool,
) {
    let place: Option<&KnobPlace> = node.layout.knob_of(&knob.port).filter(|place| place.control == Control::Knob);
    let module = document.patch.module(knob.port.module.as_str());
    let (Some(place), Some(module)) = (place, module) else { return };
    let center = node.at + place.pos;
    if covered(Rect::from_center_half_size(center, Vec2::splat(place.radius + 6.0))) {
        return;
    }
    let Modulation { low, high, now } = modulation_of(document, signals, knob, module.value(knob.param));
    painter.knob_modulation(center, place.radius, low, high, now);
}

/// Marks of ports over the cables, each with the light of what it carries.
pub(super) fn draw_ports(
    document: Res<Document>,
    (scene, signals, hand, lights): (Res<Scene>, Res<Signals>, Res<Hand>, Res<CableLights>),
    (fonts, theme): (Res<Fonts>, Res<Theme>),
    modules: Query<(&ModuleNode, Option<&Children>)>,
    (ports, knobs): (Query<&PortNode>, Query<&KnobNode>),
    cables: Query<(&CableNode, &CableLevel)>,
    mut lists: Lists<'_, '_>,
) {
    if !(scene.is_changed() || signals.is_changed() || theme.is_changed() || lights.is_changed() || hand.is_changed()) {
        return;
    }
    let wiring = matches!(hand.drag, Some(Drag::Wire(_)));
    redraw(&mut lists, Layer::Ports, |shapes| {
        if scene.far {
            return;
        }
        let mut painter = Painter { shapes, fonts: &fonts, theme: &theme };
        for (node, level) in cables.iter().filter(|(node, _)| scene.shows(node.curve.bounds())) {
            painter.port_light(node.curve.at(1.0), node.kind, level.0);
            if node.kind == SignalKind::Pitch {
                draw_note(&mut painter, &signals, node);
            }
        }
        for (node, children) in modules.iter().filter(|(node, _)| scene.shows(node.rect())) {
            for port in parts(children).filter_map(|child| ports.get(child).ok()) {
                draw_port(&mut painter, &document, &signals, node, port);
            }
            for knob in parts(children).filter_map(|child| knobs.get(child).ok()).filter(|knob| knob.cables > 0 || wiring) {
                draw_plug(&mut painter, &document, node, knob);
            }
        }
    });
}

/// Where along a pitch's cable its note is told.
const NOTE_T: f32 = 0.16;

/// The note that a pitch is at, over its cable.
fn draw_note(painter: &mut Painter<'_>, signals: &Signals, node: &CableNode) {
    let Some(output) = node.source.and_then(|index| signals.output(&node.id.from.module, index)) else { return };
    let style = TextStyle::new(Font::Mono, 8.5, painter.theme.signal(SignalKind::Pitch)).align(Align::Middle);
    painter.text(node.curve.at(NOTE_T) - Vec2::new(0.0, 5.0), &value_text(node.kind, output.rms, output.last), style);
}

fn draw_port(painter: &mut Painter<'_>, document: &Document, signals: &Signals, node: &ModuleNode, port: &PortNode) {
    let Some(place) = node.layout.place_of(&port.port, port.output) else { return };
    let center = node.at + place.pos;
    let index = if node.is_group { output_of(document, &port.port).map_or(usize::MAX, |(index, _)| index) } else { port.index };
    if let Some(output) = signals.output(&port.port.module, index).filter(|_| port.output) {
        painter.port_light(center, port.kind, light_level(port.kind, output.peak, output.rms, output.last));
    }
    painter.port(PortFace { center, kind: port.kind, connected: port.cables > 0, name: "", output: port.output });
}

/// The plug at a parameter: small, and as the signal that is in it.
fn draw_plug(painter: &mut Painter<'_>, document: &Document, node: &ModuleNode, knob: &KnobNode) {
    let Some(place) = node.layout.knob_of(&knob.port).filter(|_| knob.param.modulatable()) else { return };
    let source = document.patch.cables_into(&knob.port).last().and_then(|(id, _)| output_of(document, &id.from));
    let kind = source.map_or(SignalKind::Control, |(_, kind)| kind);
    let ink = painter.theme.signal(kind);
    let look = if knob.cables > 0 { Look::fill(ink) } else { Look::fill(painter.theme.background).with_stroke(ink.alpha(0.7), 1.2) };
    painter.signal_mark(
        node.at + place.port_pos(),
        kind,
        3.4,
        look.with_stroke(if knob.cables > 0 { painter.theme.panel } else { ink }, 1.2),
    );
}
