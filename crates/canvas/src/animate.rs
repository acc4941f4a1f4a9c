//! What moves while nothing is touched: the light in the cables, what faces remember, and the list of what is to be watched.
//!
//! All of it rests while [`Signals`] do not change and no light is on its way.

use crate::faces::{FaceMemory, FaceView, Wants, remember, wants};
use crate::gestures::{Drag, Hand};
use crate::hit::Hit;
use crate::paint::{CableLights, CableState, CanvasView, Ink};
use crate::project::{CableNode, ModuleNode, Projection};
use crate::state::{Comfort, Document, Selection, Signals, Watch};
use bevy::math::Rect;
use bevy::prelude::{Changed, Commands, Component, DetectChanges, DetectChangesMut, Entity, Query, Real, Res, ResMut, Time, Without};
use patchlight_core::{ModuleId, PortRef, SignalKind};
use patchlight_patch::CableId;

/// The level at which audio is dark, in dB.
const DARK_DB: f32 = -60.0;
/// The light of a pitch: it is always there while its module runs, and its value is told in words.
const PITCH_LEVEL: f32 = 0.45;

/// What is told beside the title of a module.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ModuleStatus {
    pub fault: bool,
    pub voices: usize,
    pub channels: usize,
}

/// The light that enters a cable, 0 to 1.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq)]
pub struct CableLevel(pub f32);

/// Gives new entities what animation needs.
pub(crate) fn equip(
    mut commands: Commands,
    modules: Query<Entity, (Changed<ModuleNode>, Without<FaceMemory>)>,
    cables: Query<Entity, (Changed<CableNode>, Without<CableLevel>)>,
) {
    for module in &modules {
        commands.entity(module).insert((FaceMemory::default(), ModuleStatus::default()));
    }
    for cable in &cables {
        commands.entity(cable).insert(CableLevel::default());
    }
}

/// The brightness of a signal.
#[must_use]
pub fn light_level(kind: SignalKind, peak: f32, rms: f32, last: f32) -> f32 {
    match kind {
        SignalKind::Audio => {
            // Short sounds are seen by their peak, steady ones by their power.
            let level = rms.max(peak * 0.5);
            if level > 1e-4 { (1.0 - 20.0 * level.log10() / DARK_DB).clamp(0.0, 1.0) } else { 0.0 }
        }
        SignalKind::Control => last.abs().max(peak * 0.25).clamp(0.0, 1.0),
        SignalKind::Pitch => PITCH_LEVEL,
        SignalKind::Gate => f32::from(u8::from(last > 0.5 || peak > 0.5)),
    }
}

/// Which cables are shown otherwise than by their signal.
struct Attention<'a> {
    selected: Option<&'a CableId>,
    hovered: Option<&'a CableId>,
    taken: Option<&'a CableId>,
}

impl<'a> Attention<'a> {
    fn of(selection: &'a Selection, hand: &'a Hand) -> Self {
        let hovered = match &selection.hovered {
            Hit::Cable(id) | Hit::Amount(id) => Some(id),
            _ => None,
        };
        let taken = match &hand.drag {
            Some(Drag::Wire(drag)) => drag.taken.as_ref(),
            _ => None,
        };
        Self { selected: selection.cable.as_ref(), hovered, taken }
    }
}

pub(crate) fn light_cables(
    document: Res<Document>,
    signals: Res<Signals>,
    (selection, hand): (Res<Selection>, Res<Hand>),
    projection: Res<Projection>,
    (time, comfort): (Res<Time<Real>>, Res<Comfort>),
    mut lights: ResMut<CableLights>,
    mut cables: Query<(&CableNode, &mut CableLevel)>,
) {
    let settled = !(document.is_changed() || signals.is_changed() || selection.is_changed() || hand.is_changed());
    if settled && !lights.is_lit() {
        return;
    }
    let attention = Attention::of(&selection, &hand);
    if lights.len() != projection.light_count {
        lights.resize(projection.light_count);
    }
    for (node, mut level) in &mut cables {
        let Some(cable) = document.patch.cables.get(&node.id) else { continue };
        let source = node.source.and_then(|index| signals.output(&node.id.from.module, index));
        let lit = source.map_or(0.0, |signal| light_level(node.kind, signal.peak, signal.rms, signal.last));
        let lit = lit * cable.gain().abs().min(1.0);
        level.set_if_neq(CableLevel(lit));
        lights.set_level(node.light, lit);
        let is = |id: Option<&CableId>| id == Some(&node.id);
        let loud = source.is_some_and(|signal| node.kind == SignalKind::Audio && signal.peak * cable.gain().abs() > 1.0);
        let state = CableState {
            clipped: loud,
            off: !cable.on,
            selected: is(attention.selected) || is(attention.hovered),
            hidden: is(attention.taken) || (cable.hidden && !is(attention.selected)),
            gate: node.kind == SignalKind::Gate,
            faded: false,
        };
        lights.set_state(node.light, state);
    }
    // Light that stands still shows the level all the same.
    if !comfort.less_motion {
        lights.advance(time.delta_secs());
    }
}

/// Where the frames come from that a module's face shows.
#[must_use]
pub fn watched_output(document: &Document, node: &ModuleNode) -> Option<(ModuleId, usize)> {
    let spec = node.spec?;
    let own = || (!spec.outputs.is_empty()).then(|| (node.id.clone(), 0));
    match wants(spec) {
        Wants::Nothing => None,
        Wants::Output => own(),
        Wants::Through => own().or_else(|| source_of(document, &PortRef::new(node.id.clone(), spec.inputs.first()?.id))),
    }
}

/// The output at the other end of the newest cable into an input that is on.
fn source_of(document: &Document, input: &PortRef) -> Option<(ModuleId, usize)> {
    let (id, _) = document.patch.cables_into(input).filter(|(_, cable)| cable.on).last()?;
    let spec = document.library.get(&document.patch.module(id.from.module.as_str())?.kind)?;
    Some((id.from.module.clone(), spec.output(&id.from.port)?.0))
}

/// Says which frames are wanted: of the cable under the pointer first, of the selected one, then of faces in view, scopes and spectra before others.
pub(crate) fn choose_watched(
    document: Res<Document>,
    selection: Res<Selection>,
    view: Res<CanvasView>,
    modules: Query<&ModuleNode>,
    cables: Query<&CableNode>,
    mut watch: ResMut<Watch>,
) {
    if !(document.is_changed() || selection.is_changed() || view.is_changed()) {
        return;
    }
    let mut wanted: Vec<(ModuleId, usize)> = Vec::new();
    let hovered = if let Hit::Cable(id) | Hit::Amount(id) = &selection.hovered { Some(id) } else { None };
    for id in hovered.into_iter().chain(&selection.cable) {
        let output = cables.iter().find(|node| node.id == *id).and_then(|node| Some((node.id.from.module.clone(), node.source?)));
        wanted.extend(output.filter(|output| !wanted.contains(output)));
    }
    let visible = view.visible();
    let mut seen: Vec<&ModuleNode> = modules.iter().filter(|node| !node.rect().intersect(visible).is_empty()).collect();
    seen.sort_by_key(|node| (node.spec.map(wants) != Some(Wants::Through), node.z));
    for output in seen.into_iter().filter_map(|node| watched_output(&document, node)) {
        if wanted.len() < Watch::MAX && !wanted.contains(&output) {
            wanted.push(output);
        }
    }
    watch.set_if_neq(Watch { outputs: wanted });
}

/// Lets faces take in what came, and titles say what changed.
pub(crate) fn remember_signals(
    document: Res<Document>,
    signals: Res<Signals>,
    time: Res<Time<Real>>,
    mut modules: Query<(&ModuleNode, &mut FaceMemory, &mut ModuleStatus)>,
) {
    if !signals.is_changed() {
        return;
    }
    for (node, mut memory, mut status) in &mut modules {
        let known = signals.modules.get(&node.id);
        let now = known.map_or_else(ModuleStatus::default, |signals| ModuleStatus {
            fault: signals.fault,
            voices: signals.voices,
            channels: signals.channels,
        });
        status.set_if_neq(now);
        if let Some((face, known)) = face_of(&document, &signals, node, &memory, Ink::NONE).zip(known) {
            let next = remember(&face, known, time.delta_secs());
            memory.set_if_neq(next);
        }
    }
}

/// What the face of a module draws from; `None` for a module whose kind is not known.
pub(crate) fn face_of<'a>(
    document: &'a Document,
    signals: &'a Signals,
    node: &ModuleNode,
    memory: &'a FaceMemory,
    ink: Ink,
) -> Option<FaceView<'a>> {
    let watched = watched_output(document, node).and_then(|(module, index)| signals.output(&module, index));
    let rect = node.layout.face.unwrap_or_default();
    Some(FaceView {
        spec: node.spec?,
        module: document.patch.module(node.id.as_str())?,
        rect: Rect::from_corners(node.at + rect.min, node.at + rect.max),
        ink,
        signals: signals.modules.get(&node.id),
        samples: watched.map_or(&[][..], |output| &output.samples),
        sample_rate_hz: signals.sample_rate_hz,
        memory,
    })
}

#[cfg(test)]
mod tests {
    use super::light_level;
    use patchlight_core::SignalKind;

    #[test]
    fn light_follows_what_each_kind_means() {
        let audio = |level: f32| light_level(SignalKind::Audio, level, level * 0.7, 0.0);
        assert!(audio(1.0) > audio(0.1) && audio(0.1) > audio(0.01) && audio(0.01) > 0.0);
        assert_eq!(audio(0.0), 0.0);
        assert_eq!(light_level(SignalKind::Gate, 1.0, 0.1, 0.0), 1.0, "a short trigger is not missed");
        assert_eq!(light_level(SignalKind::Gate, 0.2, 0.2, 0.2), 0.0);
        assert_eq!(light_level(SignalKind::Control, 0.5, 0.5, -0.5), 0.5);
    }
}
