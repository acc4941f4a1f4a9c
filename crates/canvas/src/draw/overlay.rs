//! What the hand does: the cable that is being wired and the ports that take it, the lasso, and a light on what the pointer is over.

use super::{Layer, Lists, Scene, redraw};
use crate::gestures::{Drag, Fit, Hand, WireDrag, fits, sockets};
use crate::hit::{Board, Hit};
use crate::layout::Control;
use crate::paint::{CableCurve, Fonts, Ink, Look, Painter, Theme};
use crate::state::Selection;
use bevy::math::{Rect, Vec2};
use bevy::prelude::{DetectChanges, Res};
use patchlight_core::{PortRef, SignalKind, Spot};

pub(super) fn draw(
    scene: Res<Scene>,
    (hand, selection): (Res<Hand>, Res<Selection>),
    (fonts, theme): (Res<Fonts>, Res<Theme>),
    board: Board,
    mut lists: Lists<'_, '_>,
) {
    if !(scene.is_changed() || hand.is_changed() || selection.is_changed() || theme.is_changed()) {
        return;
    }
    redraw(&mut lists, Layer::Overlay, |shapes| {
        let mut painter = Painter { shapes, fonts: &fonts, theme: &theme };
        match &hand.drag {
            Some(Drag::Wire(drag)) => draw_wire(&mut painter, &board, &scene, drag),
            Some(Drag::Lasso { from, to, .. }) => draw_lasso(&mut painter, Rect::from_corners(*from, *to)),
            Some(Drag::Modules(_)) => draw_hover(&mut painter, &board, &selection.hovered),
            Some(Drag::Pan | Drag::Amount(_) | Drag::Note(_) | Drag::Minimap | Drag::Curve(_)) => {}
            None | Some(Drag::Knob(_)) => draw_hover(&mut painter, &board, &selection.hovered),
        }
        if let Some(spot) = &selection.spot {
            draw_spot(&mut painter, &board, spot);
            draw_carried(&mut painter, &board, &selection, spot);
        }
    });
}

fn draw_lasso(painter: &mut Painter<'_>, area: Rect) {
    let ink = painter.theme.panel_edge_selected;
    painter.shapes.rect(area, Look::fill(ink.alpha(0.07)).with_stroke(ink.alpha(0.7), 1.0).radius(3.0));
}

fn draw_wire(painter: &mut Painter<'_>, board: &Board<'_, '_>, scene: &Scene, drag: &WireDrag) {
    let Some((fixed, kind)) = board.port(&drag.port, drag.from_output) else { return };
    let ink = kind.map_or(painter.theme.control, |kind| painter.theme.signal(kind));
    let modules = board.modules.iter().filter(|node| scene.shows(node.rect()));
    for socket in modules.flat_map(|node| sockets(node, !drag.from_output)).filter(|socket| socket.port != drag.port) {
        let target = drag.target.as_ref() == Some(&socket.port);
        draw_socket(painter, socket.pos, kind, socket.kind, target);
    }
    let (from, to) = if drag.from_output { (fixed, drag.to) } else { (drag.to, fixed) };
    draw_loose_cable(painter, CableCurve::between(from, to), ink);
    painter.shapes.circle(drag.to, 4.0, Look::fill(ink).with_stroke(painter.theme.playhead, 1.2));
}

fn draw_socket(painter: &mut Painter<'_>, at: Vec2, signal: Option<SignalKind>, port: Option<SignalKind>, target: bool) {
    let fit = signal.map_or(Fit::Well, |signal| fits(signal, port));
    let ink = port.map_or(painter.theme.control, |kind| painter.theme.signal(kind));
    let (radius, strength) = match (target, port.is_some(), fit) {
        (true, ..) => (10.0, 1.0),
        (false, true, Fit::Well) => (8.5, 0.85),
        (false, true, Fit::Converted) => (7.5, 0.3),
        // The plugs of knobs show themselves while a cable is in the hand.
        (false, false, _) => return,
    };
    if target || (port.is_some() && fit == Fit::Well) {
        painter.shapes.glow(at, 4.0, if target { 22.0 } else { 15.0 }, ink.alpha(if target { 0.8 } else { 0.35 }));
    }
    painter.shapes.circle(at, radius, Look::stroke(ink.alpha(strength), 1.4));
}

fn draw_loose_cable(painter: &mut Painter<'_>, curve: CableCurve, ink: Ink) {
    let points: Vec<Vec2> = (0..=48).map(|i| curve.at(i as f32 / 48.0)).collect();
    painter.shapes.polyline(&points, 6.0, painter.theme.cable_shade.alpha(0.6));
    painter.shapes.polyline(&points, 2.4, ink);
}

/// Where the keys are.
fn draw_spot(painter: &mut Painter<'_>, board: &Board<'_, '_>, spot: &Spot) {
    let look = Look::stroke(painter.theme.panel_edge_selected, 2.0);
    match spot {
        Spot::Module(module) => {
            if let Some(node) = board.module(module) {
                painter.shapes.rect(node.rect().inflate(4.0), look.radius(12.0));
            }
        }
        Spot::Input(port) | Spot::Output(port) => {
            if let Some((at, _)) = board.port(port, matches!(spot, Spot::Output(_))) {
                painter.shapes.circle(at, 11.0, look);
            }
        }
        Spot::Knob(port) => {
            let place = board.owner(port).and_then(|node| Some((node.at, node.layout.knob_of(port)?)));
            if let Some((at, knob)) = place {
                let rect = Rect::from_center_half_size(at + knob.pos, knob.half_size() + 4.0);
                match knob.control {
                    Control::Knob => painter.shapes.circle(at + knob.pos, knob.radius + 5.0, look),
                    Control::Selector | Control::Switch => painter.shapes.rect(rect, look.radius(8.0)),
                }
            }
        }
    }
}

/// The cable that was picked up by key hangs at where the keys are.
fn draw_carried(painter: &mut Painter<'_>, board: &Board<'_, '_>, selection: &Selection, spot: &Spot) {
    let Some((fixed, from_output)) = &selection.carried else { return };
    let goal = match spot {
        Spot::Module(module) => board.module(module).map(|node| node.rect().center()),
        Spot::Input(port) | Spot::Knob(port) => board.port(port, false).map(|(at, _)| at),
        Spot::Output(port) => board.port(port, true).map(|(at, _)| at),
    };
    if let (Some((from, kind)), Some(to)) = (board.port(fixed, *from_output), goal) {
        let ink = kind.map_or(painter.theme.control, |kind| painter.theme.signal(kind));
        let (from, to) = if *from_output { (from, to) } else { (to, from) };
        draw_loose_cable(painter, CableCurve::between(from, to), ink);
    }
}

/// A ring or edge in light around what would be taken.
fn draw_hover(painter: &mut Painter<'_>, board: &Board<'_, '_>, hovered: &Hit) {
    let light = painter.theme.playhead;
    match hovered {
        Hit::Port { port, output } => {
            if let Some((at, kind)) = board.port(port, *output) {
                let radius = if kind.is_some() { 9.0 } else { 6.5 };
                painter.shapes.circle(at, radius, Look::stroke(light.alpha(0.75), 1.4));
            }
        }
        Hit::Knob { module, param } => {
            let port = PortRef::new(module.clone(), *param);
            let place = board.owner(&port).and_then(|node| Some((node.at, node.layout.knob_of(&port)?)));
            if let Some((at, knob)) = place {
                let rect = Rect::from_center_half_size(at + knob.pos, knob.half_size() + 3.0);
                match knob.control {
                    Control::Knob => painter.shapes.circle(at + knob.pos, knob.radius - 4.5, Look::fill(light.alpha(0.06))),
                    Control::Selector => painter.shapes.rect(rect.inflate(-3.0), Look::stroke(light.alpha(0.35), 1.0).radius(5.0)),
                    Control::Switch => painter.shapes.rect(rect, Look::stroke(light.alpha(0.3), 1.0).radius(rect.height() * 0.5)),
                }
            }
        }
        Hit::Module(module) => {
            if let Some(node) = board.module(module) {
                painter.shapes.rect(node.rect(), Look::stroke(light.alpha(0.09), 1.0).radius(9.0));
            }
        }
        // The cable that a module would be dropped into is lit by its light.
        Hit::Nothing | Hit::Amount(_) | Hit::Cable(_) | Hit::Note(_) | Hit::NoteCorner(_) => {}
    }
}
