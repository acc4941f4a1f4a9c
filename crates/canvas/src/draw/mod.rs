//! Drawing: entities and what is known of them become display lists, layer by layer.
//!
//! | layer | holds | is made anew when |
//! |---|---|---|
//! | notes | comments and frames, under all else | the document changes |
//! | modules | bodies, titles, names, knobs | the document, the selection or a status changes, or other modules come into view |
//! | live | faces, modulation | signals or one of the above change |
//! | cables | curves | a cable is made, moved or unplugged, or carries more or fewer signals |
//! | ports | marks and their light, notes on pitches | as live |
//! | labels | amounts, marks of loops and of conversions | the document or the selection changes |
//! | overlay | what the hand does, what is under the pointer | the hand moves |
//!
//! Only what is in view is drawn; far out, modules are blocks with a title.

mod cables;
mod cards;
mod live;
mod minimap;
mod modules;
mod notes;
mod overlay;
mod widgets;

use crate::CanvasSystems;
use crate::animate::ModuleStatus;
use crate::paint::{Cables, CanvasView, PaintLayer, Shapes, order};
use crate::project::ModuleNode;
use crate::state::{Document, Selection, Signals};
use bevy::app::{App, Plugin, PostUpdate, Startup};
use bevy::math::Rect;
use bevy::prelude::{Changed, Commands, Component, DetectChanges, IntoScheduleConfigs, Or, Query, Res, ResMut, Resource};
use patchlight_core::ModuleId;
use patchlight_patch::CableId;
use std::collections::{BTreeSet, HashSet};

/// Draws the canvas through [`crate::paint::PaintPlugin`], which is to be added too.
pub struct CanvasDrawPlugin;

impl Plugin for CanvasDrawPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Scene>().add_systems(Startup, spawn_layers).add_systems(
            PostUpdate,
            (
                look,
                (
                    notes::draw,
                    modules::draw,
                    cables::draw_curves,
                    cables::draw_labels,
                    live::draw,
                    live::draw_ports,
                    overlay::draw,
                    minimap::draw,
                    cards::draw,
                ),
            )
                .chain()
                .in_set(CanvasSystems::Draw),
        );
    }
}

/// Which layer an entity is.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
enum Layer {
    Notes,
    Modules,
    Live,
    Cables,
    Ports,
    Labels,
    Overlay,
    Minimap,
    Cards,
}

fn spawn_layers(mut commands: Commands) {
    commands.spawn((Layer::Notes, PaintLayer::canvas(order::NOTES), Shapes::new()));
    commands.spawn((Layer::Modules, PaintLayer::canvas(order::MODULES), Shapes::new()));
    commands.spawn((Layer::Live, PaintLayer::canvas(order::LIVE), Shapes::new()));
    commands.spawn((Layer::Cables, PaintLayer::canvas(order::CABLES_OVER), Cables::default()));
    commands.spawn((Layer::Ports, PaintLayer::canvas(order::PORTS), Shapes::new()));
    commands.spawn((Layer::Labels, PaintLayer::canvas(order::LABELS), Shapes::new()));
    commands.spawn((Layer::Overlay, PaintLayer::canvas(order::OVERLAY), Shapes::new()));
    commands.spawn((Layer::Minimap, PaintLayer::screen(order::OVERLAY + 1), Shapes::new()));
    commands.spawn((Layer::Cards, PaintLayer::screen(order::OVERLAY + 2), Shapes::new()));
}

type Lists<'w, 's> = Query<'w, 's, (&'static Layer, &'static mut Shapes)>;

/// Makes the list of one layer anew.
fn redraw(lists: &mut Lists<'_, '_>, layer: Layer, draw: impl FnOnce(&mut Shapes)) {
    if let Some((_, mut shapes)) = lists.iter_mut().find(|(this, _)| **this == layer) {
        shapes.clear();
        draw(&mut shapes);
    }
}

/// Below this zoom modules are blocks.
const FAR_ZOOM: f32 = 0.32;

/// What the lists were made for; they are made anew when it differs.
#[derive(Resource, Clone, Debug, Default, PartialEq)]
pub(crate) struct Scene {
    revision: u64,
    /// Some module is soloed: the others are dimmed.
    soloed: bool,
    selected: BTreeSet<ModuleId>,
    cable: Option<CableId>,
    loops: HashSet<CableId>,
    /// The part of the canvas that is drawn: what is seen and some around it.
    area: Rect,
    far: bool,
    /// Counts changes of modules and of what is told beside their titles.
    changes: u64,
}

impl Scene {
    fn shows(&self, rect: Rect) -> bool {
        !self.area.intersect(rect).is_empty()
    }
}

/// What the body of a module shows has changed.
type BodyChanged = Or<(Changed<ModuleStatus>, Changed<ModuleNode>)>;

/// Looks at what has changed since the lists were made.
fn look(
    document: Res<Document>,
    selection: Res<Selection>,
    signals: Res<Signals>,
    view: Res<CanvasView>,
    changed: Query<(), BodyChanged>,
    mut scene: ResMut<Scene>,
) {
    let visible = view.visible();
    let far = view.zoom < FAR_ZOOM;
    let holds = scene.area.contains(visible.min) && scene.area.contains(visible.max);
    // After zooming in, an area that was made for more is cut down.
    if far != scene.far || !holds || scene.area.width() > visible.width() * 4.0 {
        scene.area = visible.inflate(visible.size().max_element() * 0.4);
        scene.far = far;
    }
    if !changed.is_empty() {
        scene.changes += 1;
    }
    if scene.revision != document.revision {
        scene.revision = document.revision;
        scene.soloed = document.patch.modules.values().any(|module| module.soloed);
    }
    if selection.is_changed() && (scene.selected != selection.modules || scene.cable != selection.cable) {
        scene.selected.clone_from(&selection.modules);
        scene.cable.clone_from(&selection.cable);
    }
    if signals.is_changed() && scene.loops != signals.loops {
        scene.loops.clone_from(&signals.loops);
    }
}
