//! The bodies of modules: titles, names of ports, wells, knobs, and what is the matter with them.

use super::widgets::control;
use super::{Layer, Lists, Scene, redraw};
use crate::animate::ModuleStatus;
use crate::faces::has_well;
use crate::layout::unknown_title;
use crate::paint::{Align, Font, Fonts, Ink, Look, ModuleFace, Painter, TextStyle, Theme};
use crate::project::ModuleNode;
use crate::state::Document;
use bevy::math::{Rect, Vec2};
use bevy::prelude::{DetectChanges, Query, Res};
use patchlight_core::Family;
use patchlight_patch::Module;

pub(super) fn draw(
    document: Res<Document>,
    scene: Res<Scene>,
    (fonts, theme): (Res<Fonts>, Res<Theme>),
    modules: Query<(&ModuleNode, &ModuleStatus)>,
    mut lists: Lists<'_, '_>,
) {
    if !scene.is_changed() && !theme.is_changed() {
        return;
    }
    let mut seen: Vec<_> = modules.iter().filter(|(node, _)| scene.shows(node.rect())).collect();
    seen.sort_by_key(|(node, _)| node.z);
    redraw(&mut lists, Layer::Modules, |shapes| {
        let mut painter = Painter { shapes, fonts: &fonts, theme: &theme };
        for (node, status) in seen {
            let selected = scene.selected.contains(&node.id);
            let title = document.patch.label(node.id.as_str(), &document.library);
            let Some(module) = document.patch.module(node.id.as_str()) else {
                draw_group(&mut painter, &document, node, &title, selected, scene.far);
                continue;
            };
            if scene.far {
                draw_far(&mut painter, node, module, &title, selected);
            } else {
                draw_module(&mut painter, node, module, *status, &title, selected);
            }
        }
    });
}

/// The colour of a module's family; grey where there is none.
pub(super) fn family_ink(theme: &Theme, kind: &str) -> Ink {
    Family::of(kind).map_or(theme.dim, |family| theme.family(family))
}

fn draw_far(painter: &mut Painter<'_>, node: &ModuleNode, module: &Module, title: &str, selected: bool) {
    let ink = family_ink(painter.theme, &module.kind);
    painter.module_far(node.rect(), title, if module.bypassed || module.muted { ink.alpha(0.5) } else { ink });
    if selected {
        painter.shapes.rect(node.rect(), Look::stroke(painter.theme.panel_edge_selected, 3.0).radius(9.0));
    }
}

/// Modules that are shown as one.
fn draw_group(painter: &mut Painter<'_>, document: &Document, node: &ModuleNode, title: &str, selected: bool, far: bool) {
    let ink = painter.theme.text_soft;
    if far {
        painter.module_far(node.rect(), title, ink);
        return;
    }
    let count = document.patch.modules_in(&node.id).len();
    let note = if count == 1 { "1 module".to_owned() } else { format!("{count} modules") };
    painter.module(ModuleFace { rect: node.rect(), title, ink, note: &note, selected, nested: true, dimmed: false });
    draw_port_names(painter, node, false);
    for knob in &node.layout.knobs {
        let Some(module) = document.patch.module(node.param_at(knob).module.as_str()) else { continue };
        let ink = family_ink(painter.theme, &module.kind);
        control(painter, knob, node.at, module.value(knob.param), ink);
    }
}

fn draw_module(painter: &mut Painter<'_>, node: &ModuleNode, module: &Module, status: ModuleStatus, title: &str, selected: bool) {
    let rect = node.rect();
    let ink = family_ink(painter.theme, &module.kind);
    let dimmed = module.bypassed || module.muted;
    let (unknown, note) = (node.spec.is_none(), note(module, status));
    let unknown_name = unknown_title(&module.kind);
    let title = if unknown && module.name.is_none() { &unknown_name } else { title };
    painter.module(ModuleFace { rect, title, ink, note: &note, selected, nested: false, dimmed });
    if unknown {
        draw_unknown(painter, node);
    } else if module.bypassed {
        painter.shapes.dashed_rect(rect, 9.0, 4.0, 4.0, 1.2, painter.theme.dim.alpha(0.8));
    }
    draw_port_names(painter, node, dimmed);
    if let (Some(spec), Some(face)) = (node.spec, node.layout.face)
        && has_well(spec.face)
    {
        painter.well(Rect::from_corners(node.at + face.min, node.at + face.max));
    }
    let knob_ink = if dimmed { ink.mix(painter.theme.track, 0.6) } else { ink };
    for knob in &node.layout.knobs {
        control(painter, knob, node.at, module.value(knob.param), knob_ink);
    }
    if status.fault {
        draw_fault(painter, rect);
    }
}

/// What stands at the right of the title.
fn note(module: &Module, status: ModuleStatus) -> String {
    match status {
        _ if module.soloed => "solo".to_owned(),
        _ if module.muted => "muted".to_owned(),
        _ if module.bypassed => "bypassed".to_owned(),
        ModuleStatus { voices, .. } if voices > 1 => format!("{voices} voices"),
        ModuleStatus { channels: 2, .. } => "stereo".to_owned(),
        _ => String::new(),
    }
}

fn draw_unknown(painter: &mut Painter<'_>, node: &ModuleNode) {
    let rect = node.rect();
    painter.shapes.rect(rect, Look::stroke(painter.theme.panel, 2.0).radius(9.0));
    painter.shapes.dashed_rect(rect, 9.0, 5.0, 4.0, 1.4, painter.theme.warn.alpha(0.8));
    let style = TextStyle::new(Font::Regular, 9.5, painter.theme.dim);
    let text = painter.fonts.fit(style.font, style.size, "kept as it is; carries nothing", rect.width() - 24.0).into_owned();
    painter.text(Vec2::new(rect.min.x + 12.0, rect.max.y - 12.0), &text, style);
}

fn draw_port_names(painter: &mut Painter<'_>, node: &ModuleNode, dimmed: bool) {
    for port in &node.layout.ports {
        let (x, align) = if port.output { (-12.0, Align::Right) } else { (12.0, Align::Left) };
        let ink = painter.theme.dim.alpha(if dimmed { 0.6 } else { 1.0 });
        let style = TextStyle::new(Font::Regular, 9.5, ink).align(align);
        let name = port.name();
        painter.text_centered(node.at + port.pos + Vec2::new(x, 0.0), &name, style, node.layout.size.x * 0.6);
    }
}

/// A red edge, and under it in words what happened and what to do.
fn draw_fault(painter: &mut Painter<'_>, rect: Rect) {
    let clip = painter.theme.clip;
    painter.shapes.rect(rect, Look::stroke(clip, 2.0).radius(9.0));
    let card = Rect::new(rect.min.x, rect.max.y + 6.0, rect.min.x + 204.0, rect.max.y + 26.0);
    painter.card(card, clip);
    let style = TextStyle::new(Font::Medium, 9.5, clip).align(Align::Middle);
    painter.text_centered(card.center(), "made a broken number: press R to restart", style, card.width() - 8.0);
}
