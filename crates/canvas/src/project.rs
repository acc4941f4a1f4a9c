//! The projection: for every module, port, knob and cable of the patch there is one entity, and none besides.
//!
//! Entities hold ids, declarations and geometry, never values: those are read from the [`Document`] when they are drawn. When its
//! revision changes, what differs is spawned, moved or despawned by id; the rest is not touched.

use crate::glide::Glide;
use crate::hit::Hit;
use crate::layout::{KnobPlace, ModuleLayout, PortPlace, group_layout, module_layout, patch_bounds, unknown_of};
use crate::paint::{CableCurve, CanvasView};
use crate::state::{Document, Selection};
use bevy::math::{Rect, Vec2};
use bevy::prelude::{ChildOf, Commands, Component, DetectChangesMut, Entity, Mut, Query, Res, ResMut, Resource};
use patchlight_core::{ModuleId, ModuleSpec, ParamSpec, PortRef, SignalKind};
use patchlight_patch::{CableId, Patch, Shown};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A module. Its [`PortNode`]s and [`KnobNode`]s are its children.
#[derive(Component, Clone, Debug, PartialEq)]
pub struct ModuleNode {
    pub id: ModuleId,
    /// `None` when the kind is not in the library, and of groups.
    pub spec: Option<&'static ModuleSpec>,
    pub layout: Arc<ModuleLayout>,
    /// Upper left corner, canvas units.
    pub at: Vec2,
    /// Place in the patch: later ones lie over earlier ones.
    pub z: usize,
    /// Modules that are shown as one.
    pub is_group: bool,
}

impl ModuleNode {
    #[must_use]
    pub fn rect(&self) -> Rect {
        self.layout.rect(self.at)
    }

    /// The port that a place on it stands for.
    #[must_use]
    pub fn port_at(&self, place: &PortPlace) -> PortRef {
        place.inner.as_ref().map_or_else(|| PortRef::new(self.id.clone(), place.id.clone()), |inner| inner.port.clone())
    }

    /// The parameter that a knob on it turns.
    #[must_use]
    pub fn param_at(&self, knob: &KnobPlace) -> PortRef {
        knob.inner.as_ref().map_or_else(|| PortRef::new(self.id.clone(), knob.param.id), |inner| inner.port.clone())
    }
}

/// An input or output.
#[derive(Component, Clone, Debug, PartialEq, Eq)]
pub struct PortNode {
    pub port: PortRef,
    pub index: usize,
    pub output: bool,
    pub kind: SignalKind,
    /// How many are plugged in.
    pub cables: usize,
}

/// A parameter on the face.
#[derive(Component, Clone, Debug, PartialEq)]
pub struct KnobNode {
    /// The parameter as the end of cables.
    pub port: PortRef,
    pub param: &'static ParamSpec,
    /// How many move it.
    pub cables: usize,
}

/// A cable.
#[derive(Component, Clone, Debug, PartialEq)]
pub struct CableNode {
    pub id: CableId,
    pub curve: CableCurve,
    /// The kind of signal inside it.
    pub kind: SignalKind,
    /// The index of the output it comes from; `None` where the declaration has no such output.
    pub source: Option<usize>,
    /// Its place among the [`crate::paint::CableLights`].
    pub light: usize,
}

/// Which entity shows what, and up to which state of the document.
#[derive(Resource, Default)]
pub struct Projection {
    pub modules: HashMap<ModuleId, Entity>,
    pub cables: HashMap<CableId, Entity>,
    /// Layouts of declared kinds.
    layouts: HashMap<&'static str, Arc<ModuleLayout>>,
    free_lights: Vec<usize>,
    pub(crate) light_count: usize,
    revision: u64,
    opened: u64,
    entered: u64,
    rewired: bool,
    fitted: Option<CanvasView>,
}

impl Projection {
    fn take_light(&mut self) -> usize {
        self.free_lights.pop().unwrap_or_else(|| {
            self.light_count += 1;
            self.light_count - 1
        })
    }

    /// The document is to be projected again although it has not changed.
    pub(crate) const fn look_again(&mut self) {
        self.revision = 0;
    }

    /// The parts of a module as they should be.
    fn node(&mut self, document: &Document, glide: &Glide, z: usize, id: &ModuleId) -> Option<ModuleNode> {
        if let Some(group) = document.patch.groups.get(id) {
            let layout = Arc::new(group_layout(&document.patch, &document.library, id));
            return Some(ModuleNode { id: id.clone(), spec: None, layout, at: glide.at(id, Vec2::from(group.at)), z, is_group: true });
        }
        let module = document.patch.module(id.as_str())?;
        let spec = document.library.get(&module.kind);
        let layout = match spec {
            Some(spec) => Arc::clone(self.layouts.entry(spec.id).or_insert_with(|| Arc::new(module_layout(spec)))),
            None => Arc::new(unknown_of(&document.patch, id.as_str(), &module.kind)),
        };
        Some(ModuleNode { id: id.clone(), spec, layout, at: glide.at(id, Vec2::from(module.at)), z, is_group: false })
    }
}

/// Whether the document has moved on since it was last projected.
pub(crate) fn is_behind(document: Res<Document>, projection: Res<Projection>) -> bool {
    document.revision != projection.revision
}

pub(crate) fn project_modules(
    mut commands: Commands,
    document: Res<Document>,
    glide: Res<Glide>,
    mut projection: ResMut<Projection>,
    mut nodes: Query<&mut ModuleNode>,
) {
    let shown = seen(&document);
    let stays: HashSet<&ModuleId> = shown.iter().collect();
    let gone: Vec<ModuleId> = projection.modules.keys().filter(|id| !stays.contains(id)).cloned().collect();
    for id in gone {
        despawn(&mut commands, projection.modules.remove(&id));
        projection.rewired = true;
    }
    for (z, id) in shown.iter().enumerate() {
        let Some(wanted) = projection.node(&document, &glide, z, id) else { continue };
        let known = projection.modules.get(id).copied();
        match known.and_then(|entity| nodes.get_mut(entity).ok()) {
            Some(mut node) if same_parts(&node, &wanted) => {
                node.set_if_neq(wanted);
            }
            _ => {
                despawn(&mut commands, known);
                let entity = spawn_module(&mut commands, wanted);
                projection.modules.insert(id.clone(), entity);
                projection.rewired = true;
            }
        }
    }
}

/// Modules and groups that are seen at the level of the document, in the order of the patch, groups over modules.
fn seen(document: &Document) -> Vec<ModuleId> {
    let (patch, level) = (&document.patch, document.level.as_ref());
    let modules = patch.modules.keys().filter(|id| patch.shown(id.as_str(), level) == Shown::AsItself);
    modules.cloned().chain(patch.groups_at(level)).collect()
}

fn despawn(commands: &mut Commands, entity: Option<Entity>) {
    if let Some(entity) = entity {
        commands.entity(entity).despawn();
    }
}

/// Whether the ports and knobs stay, so that moving is enough.
fn same_parts(node: &ModuleNode, wanted: &ModuleNode) -> bool {
    node.spec.map(|spec| spec.id) == wanted.spec.map(|spec| spec.id) && node.layout == wanted.layout
}

fn spawn_module(commands: &mut Commands, node: ModuleNode) -> Entity {
    let module = commands.spawn(node.clone()).id();
    for place in &node.layout.ports {
        let port = node.port_at(place);
        commands.spawn((PortNode { port, index: place.index, output: place.output, kind: place.kind, cables: 0 }, ChildOf(module)));
    }
    for place in &node.layout.knobs {
        let port = node.param_at(place);
        commands.spawn((KnobNode { port, param: place.param, cables: 0 }, ChildOf(module)));
    }
    module
}

pub(crate) fn project_cables(
    mut commands: Commands,
    document: Res<Document>,
    mut projection: ResMut<Projection>,
    modules: Query<&ModuleNode>,
    mut nodes: Query<&mut CableNode>,
) {
    let boxes: HashMap<&ModuleId, ModuleId> =
        document.patch.modules.keys().filter_map(|id| Some((id, document.patch.box_at(id, document.level.as_ref())?))).collect();
    // A cable is seen where one of its ends is, unless both are in the same group.
    let is_seen = |id: &CableId| {
        let ends = (boxes.get(&id.from.module), boxes.get(&id.to.module));
        let is_loose = ends == (None, None)
            && !document.patch.modules.contains_key(&id.from.module)
            && !document.patch.modules.contains_key(&id.to.module);
        is_loose || (ends != (None, None) && !(ends.0 == ends.1 && ends.0.is_some_and(|id| document.patch.groups.contains_key(id))))
    };
    let stays = |id: &CableId| document.patch.cables.contains_key(id) && is_seen(id);
    let gone: Vec<CableId> = projection.cables.keys().filter(|id| !stays(id)).cloned().collect();
    for id in gone {
        let entity = projection.cables.remove(&id);
        if let Some(node) = entity.and_then(|entity| nodes.get(entity).ok()) {
            projection.free_lights.push(node.light);
        }
        despawn(&mut commands, entity);
        projection.rewired = true;
    }
    let place = |projection: &Projection, id: &ModuleId| {
        let entity = boxes.get(id).and_then(|id| projection.modules.get(id));
        entity.and_then(|entity| modules.get(*entity).ok())
    };
    for id in document.patch.cables.keys().filter(|id| is_seen(id)) {
        let (from, to) = (place(&projection, &id.from.module), place(&projection, &id.to.module));
        let curve = hang(id, from, to);
        let spec = document.patch.module(id.from.module.as_str()).and_then(|module| document.library.get(&module.kind));
        let output = spec.and_then(|spec| spec.output(&id.from.port));
        let (kind, source) = (output.map_or(SignalKind::Audio, |(_, port)| port.kind), output.map(|(index, _)| index));
        match projection.cables.get(id).and_then(|entity| nodes.get_mut(*entity).ok()) {
            Some(mut node) => {
                let light = node.light;
                update(&mut node, CableNode { id: id.clone(), curve, kind, source, light });
            }
            None => {
                let light = projection.take_light();
                let entity = commands.spawn(CableNode { id: id.clone(), curve, kind, source, light }).id();
                projection.cables.insert(id.clone(), entity);
                projection.rewired = true;
            }
        }
    }
}

fn update(node: &mut Mut<'_, CableNode>, wanted: CableNode) {
    node.set_if_neq(wanted);
}

/// The curve of a cable. An end whose module is missing hangs beside the other one; a cable with no ends at all is a point.
fn hang(id: &CableId, from: Option<&ModuleNode>, to: Option<&ModuleNode>) -> CableCurve {
    const LOOSE: Vec2 = Vec2::new(60.0, 24.0);
    let start = from.map(|node| node.at + node.layout.output_pos(&id.from));
    let end = to.map(|node| node.at + node.layout.input_pos(&id.to));
    let (start, end) = match (start, end) {
        (Some(start), Some(end)) => (start, end),
        (Some(start), None) => (start, start + LOOSE),
        (None, Some(end)) => (end - LOOSE, end),
        (None, None) => (Vec2::ZERO, Vec2::ZERO),
    };
    CableCurve::between(start, end)
}

/// Tells ports and knobs how many cables they have.
pub(crate) fn count_plugs(
    document: Res<Document>,
    mut projection: ResMut<Projection>,
    mut ports: Query<&mut PortNode>,
    mut knobs: Query<&mut KnobNode>,
) {
    if !std::mem::take(&mut projection.rewired) {
        return;
    }
    let (into, out_of) = plugs(&document.patch);
    for mut port in &mut ports {
        let counts = if port.output { &out_of } else { &into };
        let cables = counts.get(&port.port).copied().unwrap_or(0);
        if port.cables != cables {
            port.cables = cables;
        }
    }
    for mut knob in &mut knobs {
        let cables = into.get(&knob.port).copied().unwrap_or(0);
        if knob.cables != cables {
            knob.cables = cables;
        }
    }
}

type Counts<'a> = HashMap<&'a PortRef, usize>;

fn plugs(patch: &Patch) -> (Counts<'_>, Counts<'_>) {
    let (mut into, mut out_of) = (Counts::new(), Counts::new());
    for id in patch.cables.keys() {
        *into.entry(&id.to).or_default() += 1;
        *out_of.entry(&id.from).or_default() += 1;
    }
    (into, out_of)
}

/// The projection has caught up.
pub(crate) fn finish(document: Res<Document>, mut projection: ResMut<Projection>, mut selection: ResMut<Selection>) {
    projection.revision = document.revision;
    if projection.entered != document.entered {
        projection.entered = document.entered;
        projection.fitted = None;
    }
    let mut pruned = selection.clone();
    pruned.prune(&document.patch);
    // What is under the pointer may not be seen any more.
    let is_gone = pruned
        .hovered
        .module()
        .is_some_and(|module| document.patch.box_at(module, document.level.as_ref()).is_none_or(|shown| shown != *module));
    if is_gone {
        pruned.hovered = Hit::Nothing;
    }
    if projection.opened != document.opened {
        projection.opened = document.opened;
        projection.fitted = None;
        pruned = Selection::default();
    }
    selection.set_if_neq(pruned);
}

/// Room around a patch that is shown whole, logical pixels.
pub(crate) const FIT_MARGIN: f32 = 48.0;

/// Shows all of a patch that was opened, and goes on doing so while only the window changes its size.
pub(crate) fn fit_view(document: Res<Document>, mut projection: ResMut<Projection>, mut view: ResMut<CanvasView>) {
    let stays = |fitted: CanvasView| fitted.center == view.center && fitted.zoom == view.zoom && fitted.viewport != view.viewport;
    if projection.fitted.is_some_and(|fitted| !stays(fitted)) || view.viewport.is_empty() {
        return;
    }
    if let Some(bounds) = patch_bounds(&document.patch, &document.library, document.level.as_ref()) {
        view.fit(bounds, FIT_MARGIN);
    }
    projection.fitted = Some(*view);
}
