//! The minimap in its corner.

use super::{Layer, Lists, Scene, redraw};
use crate::draw::modules::family_ink;
use crate::minimap::Minimap;
use crate::paint::{CanvasView, Fonts, Look, Painter, Theme};
use crate::project::ModuleNode;
use crate::state::Comfort;
use bevy::prelude::{DetectChanges, Query, Res};

pub(super) fn draw(
    scene: Res<Scene>,
    (comfort, view): (Res<Comfort>, Res<CanvasView>),
    (fonts, theme): (Res<Fonts>, Res<Theme>),
    modules: Query<&ModuleNode>,
    mut lists: Lists<'_, '_>,
) {
    if !(scene.is_changed() || comfort.is_changed() || view.is_changed() || theme.is_changed()) {
        return;
    }
    redraw(&mut lists, Layer::Minimap, |shapes| {
        let Some(map) = Minimap::new(&view, modules.iter().map(ModuleNode::rect)).filter(|_| comfort.minimap) else { return };
        let painter = Painter { shapes, fonts: &fonts, theme: &theme };
        let look = Look::fill(theme.face.alpha(0.92)).with_stroke(theme.face_edge, 1.0).radius(8.0).shadow(10.0, 0.4);
        painter.shapes.rect(map.area.inflate(5.0), look);
        for node in &modules {
            let ink = node.spec.map_or(theme.text_soft, |spec| family_ink(&theme, spec.id));
            let selected = scene.selected.contains(&node.id);
            painter.shapes.rect(map.rect(node.rect()), Look::fill(ink.alpha(if selected { 1.0 } else { 0.55 })).radius(1.5));
        }
        let seen = map.rect(view.visible());
        painter.shapes.rect(seen, Look::fill(theme.text.alpha(0.06)).with_stroke(theme.text_soft, 1.0).radius(2.0));
    });
}
