//! What the canvas is told, what it knows of the hand, and what it asks for: the resources and messages at its border.
//!
//! The app writes [`Document`], [`Signals`] and [`UiFocus`] and reads [`Watch`] and [`CanvasAction`]. Nothing here edits a patch.

use crate::hit::Hit;
use bevy::math::Vec2;
use bevy::prelude::{Message, Resource};
use patchlight_core::{Library, ModuleId, PortRef, Spot};
use patchlight_patch::{CableId, Edit, Gesture, GroupId, Patch};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

impl Default for Document {
    fn default() -> Self {
        Self::new(Patch::default(), Library::new(&[]))
    }
}

/// The patch that is shown. Only the app writes it, after it has applied an [`Edit`].
#[derive(Resource, Clone, Debug)]
pub struct Document {
    pub patch: Patch,
    pub library: Library,
    /// Raised with every change of `patch`.
    pub revision: u64,
    /// Raised when another patch is opened: the canvas then shows all of it and forgets the selection.
    pub opened: u64,
    /// The group that is looked into; `None` is the whole patch.
    pub level: Option<GroupId>,
    /// Raised when another level is looked at: the canvas then shows all of it.
    pub entered: u64,
    /// Raised when modules are to glide to where they are put next.
    pub glides: u64,
}

impl Document {
    #[must_use]
    pub const fn new(patch: Patch, library: Library) -> Self {
        Self { patch, library, revision: 1, opened: 1, level: None, entered: 1, glides: 0 }
    }

    /// Tells the canvas that the patch was changed.
    pub const fn touch(&mut self) {
        self.revision += 1;
    }

    /// Has modules glide to where they are put now, instead of being there at once.
    pub const fn glide(&mut self) {
        self.glides += 1;
    }

    /// Shows another patch.
    pub fn open(&mut self, patch: Patch) {
        self.patch = patch;
        self.revision += 1;
        self.opened += 1;
        self.level = None;
    }

    /// Looks into a group, or at the whole patch. A group that is not there is left for what it lay in.
    pub fn enter(&mut self, level: Option<GroupId>) {
        let level = level.filter(|group| self.patch.groups.contains_key(group));
        if level != self.level {
            self.level = level;
            self.revision += 1;
            self.entered += 1;
        }
    }
}

/// What the engine measured, filled by the app before every frame. Leave it alone while the sound is stopped and nothing is redrawn.
#[derive(Resource, Clone, Debug, Default)]
pub struct Signals {
    pub sample_rate_hz: f32,
    pub modules: HashMap<ModuleId, ModuleSignals>,
    /// Cables that close a loop, where the delay of a sample sits.
    pub loops: HashSet<CableId>,
}

/// What is known of a module that runs.
#[derive(Clone, Debug, Default)]
pub struct ModuleSignals {
    /// What the unit shows on its face; the meaning of the cells is said where the module is declared.
    pub face: [f32; 16],
    /// It made not-a-number and is silent.
    pub fault: bool,
    pub voices: usize,
    pub channels: usize,
    /// The share of the time that there is which it took lately, 0 to 1 and beyond; 0 until it has been measured.
    pub share: f32,
    /// Frames by which its outputs lag behind its inputs.
    pub latency_frames: usize,
    /// By the index of the output.
    pub outputs: Vec<OutputSignal>,
    /// What its face shows of its data.
    pub picture: Option<Picture>,
}

/// Data as a face shows it.
#[derive(Clone, Debug, PartialEq)]
pub enum Picture {
    /// A file of sound, as the peaks of evenly spaced stretches, 0 to 1; some hundred are enough.
    File(Arc<[f32]>),
    /// A wavetable: its cycles one behind the other, each of [`Picture::POINTS`] points, −1 to 1.
    Cycles(Arc<[f32]>),
}

impl Picture {
    /// Points of a cycle.
    pub const POINTS: usize = 48;
}

/// What an output carries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OutputSignal {
    /// The largest magnitude since the frame before.
    pub peak: f32,
    pub rms: f32,
    /// The newest value.
    pub last: f32,
    /// The newest frames, oldest first, of outputs on the [`Watch`] list; else empty. 8192 are enough for every face.
    pub samples: Vec<f32>,
}

impl Signals {
    /// What an output carries, or `None` when the module does not run.
    #[must_use]
    pub fn output(&self, module: &ModuleId, index: usize) -> Option<&OutputSignal> {
        self.modules.get(module)?.outputs.get(index)
    }
}

/// Outputs whose frames are wanted, most wanted first.
#[derive(Resource, Clone, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    pub outputs: Vec<(ModuleId, usize)>,
}

impl Watch {
    /// The most that are asked for at once.
    pub const MAX: usize = 24;
}

/// What is selected and what is under the pointer.
#[derive(Resource, Clone, Debug, Default, PartialEq)]
pub struct Selection {
    pub modules: BTreeSet<ModuleId>,
    pub cable: Option<CableId>,
    /// What the keys are at.
    pub spot: Option<Spot>,
    /// The fixed end of a cable that was picked up by key, and whether it is an output.
    pub carried: Option<(PortRef, bool)>,
    pub hovered: Hit,
}

impl Selection {
    /// Selects these modules and nothing else.
    pub fn select_only(&mut self, modules: impl IntoIterator<Item = ModuleId>) {
        self.clear();
        self.modules.extend(modules);
    }

    pub fn clear(&mut self) {
        self.modules.clear();
        self.cable = None;
        self.spot = None;
        self.carried = None;
    }

    /// Forgets what the patch does not have any more.
    pub(crate) fn prune(&mut self, patch: &Patch) {
        let is_there = |id: &ModuleId| patch.modules.contains_key(id) || patch.groups.contains_key(id);
        self.modules.retain(is_there);
        self.cable.take_if(|id| !patch.cables.contains_key(id));
        self.spot.take_if(|spot| !is_there(spot.module()));
        self.carried.take_if(|(port, _)| !is_there(&port.module));
    }
}

/// A cable whose scope stands still, to be looked at.
#[derive(Resource, Clone, Debug, Default, PartialEq)]
pub struct Frozen {
    /// Written by the app: whether the scope under the pointer, or else that of the selected cable, is to stand.
    pub wanted: bool,
    pub(crate) scope: Option<FrozenScope>,
}

/// What a scope showed when it was frozen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FrozenScope {
    pub(crate) cable: CableId,
    /// Where the pointer was, logical pixels.
    pub(crate) pointer: Vec2,
    pub(crate) output: OutputSignal,
}

/// What panels have taken for themselves. While the pointer or the keyboard is theirs, the canvas begins nothing with it.
#[derive(Resource, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UiFocus {
    pub pointer: bool,
    pub keyboard: bool,
}

/// How the canvas is made comfortable.
#[derive(Resource, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Comfort {
    /// Targets are 44 logical pixels wide, for fingers.
    pub touch: bool,
    /// Nothing moves but what must: light stands in the cables instead of running.
    pub less_motion: bool,
    /// The whole patch is shown small in a corner.
    pub minimap: bool,
}

/// One end of a cable that was dropped where there is nothing yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LooseWire {
    pub port: PortRef,
    /// `port` is an output, and the new module is to receive from it.
    pub from_output: bool,
}

/// What a menu is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MenuOn {
    Canvas,
    Modules,
    Cable,
    Knob,
}

/// What the hand asks for.
#[derive(Message, Clone, Debug, PartialEq)]
pub enum CanvasAction {
    /// Apply this under a name; edits with the same gesture are one entry of the history.
    Edit { edit: Edit, name: String, gesture: Option<Gesture> },
    /// Show the search for modules; what is chosen goes to `canvas_pos`, wired to `wire`.
    OpenSearch { screen_pos: Vec2, canvas_pos: Vec2, wire: Option<LooseWire> },
    /// Show what can be done with what is under the pointer, which is selected.
    OpenMenu { screen_pos: Vec2, on: MenuOn },
    /// Look into this group.
    Enter(GroupId),
    /// Let the person write this note anew.
    WriteNote(String),
    /// Tell this to the person: a gesture could not be done.
    Notice(String),
}
