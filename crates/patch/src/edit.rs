//! Everything that a person can do to a patch, as data.

use crate::cable_id::CableId;
use crate::group::{Group, GroupId};
use crate::midi::MidiControl;
use crate::note::{Bookmark, Note};
use crate::patch::{Cable, CableColor, Module};
use patchlight_core::ModuleId;
use serde::{Deserialize, Serialize};

/// One change of a patch. [`crate::Patch::apply`] carries it out and gives back its exact inverse.
///
/// Gestures that are several of these (paste, delete a selection, swap a module) are built by methods of [`crate::Patch`], such as
/// [`crate::Patch::remove_modules`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Edit {
    /// Adds a module, as the last. Fails when the id is taken or not well formed, or the position is not finite.
    AddModule {
        id: ModuleId,
        module: Box<Module>,
    },
    /// Removes a module and its cables.
    RemoveModule {
        id: ModuleId,
    },
    /// Puts another module in the place of this one; its cables stay.
    SetModule {
        id: ModuleId,
        module: Box<Module>,
    },
    /// Moves modules to these positions, in canvas units.
    MoveModules(Vec<(ModuleId, [f32; 2])>),
    /// Sets a parameter, in the unit of its declaration; `None` gives it back its default.
    SetParam {
        module: ModuleId,
        param: String,
        value: Option<f32>,
    },
    /// Sets a piece of data; `None` gives it back its default.
    SetData {
        module: ModuleId,
        field: String,
        text: Option<String>,
    },
    /// Has a parameter turned by a MIDI controller; `None` by none.
    SetMidi {
        module: ModuleId,
        param: String,
        control: Option<MidiControl>,
    },
    /// Names a module; `None` calls it as its declaration does.
    Rename {
        module: ModuleId,
        name: Option<String>,
    },
    SetBypassed {
        module: ModuleId,
        bypassed: bool,
    },
    SetMuted {
        module: ModuleId,
        muted: bool,
    },
    SetSoloed {
        module: ModuleId,
        soloed: bool,
    },
    /// Puts modules into groups, or out of all.
    MoveToGroup(Vec<(ModuleId, Option<GroupId>)>),
    /// Adds or changes a group; `None` takes it away, and what was in it lies in none. Fails where the id is a module's or not well formed,
    /// or the position is not finite.
    SetGroup {
        id: GroupId,
        group: Option<Box<Group>>,
    },
    /// Adds or changes a comment or a frame; `None` takes it away.
    SetNote {
        id: String,
        note: Option<Box<Note>>,
    },
    SetBookmark {
        number: u8,
        place: Option<Bookmark>,
    },
    /// Adds a cable, as the last. Fails when there is one, or a module is missing. Whether the ports exist is for
    /// [`crate::check_patch`], which knows the declarations.
    Connect {
        id: CableId,
        cable: Cable,
    },
    Disconnect {
        id: CableId,
    },
    SetCableAmount {
        id: CableId,
        amount: f32,
    },
    SetCableOn {
        id: CableId,
        on: bool,
    },
    SetCableColor {
        id: CableId,
        color: Option<CableColor>,
    },
    SetCableHidden {
        id: CableId,
        hidden: bool,
    },
    SetClosesLoop {
        id: CableId,
        closes_loop: bool,
    },
    SetPatchName(String),
    SetPatchAbout(String),
    SetPatchAuthor(Option<String>),
    SetPatchTags(Vec<String>),
    /// Puts back what was taken out, each in its place. The inverse of what removes.
    Restore(Box<Removed>),
    /// Takes out exactly these and no cable more, even one that then hangs loose. The inverse of what adds.
    Withdraw {
        modules: Vec<ModuleId>,
        cables: Vec<CableId>,
    },
    /// All of these in order, or none.
    Batch(Vec<Edit>),
}

/// Modules and cables that were taken out of a patch, with their places in its order, from the first to the last.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Removed {
    pub modules: Vec<(usize, ModuleId, Module)>,
    pub cables: Vec<(usize, CableId, Cable)>,
}

/// Why an edit cannot be done. The patch is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error("there is no module `{0}` in this patch: it may have been removed in the meantime")]
    NoSuchModule(ModuleId),
    #[error("there is a module `{0}` already: take a fresh id")]
    ModuleExists(ModuleId),
    #[error("there is no cable {0} in this patch: it may have been removed in the meantime")]
    NoSuchCable(CableId),
    #[error("there is a cable {0} already: change its amount instead")]
    CableExists(CableId),
    #[error("`{0}` cannot be an id: use a-z, 0-9 and _, beginning with a letter")]
    BadId(String),
    #[error("module `{0}` cannot be moved there: the position is not a finite number")]
    BadPosition(ModuleId),
    #[error("`{0}` cannot lie there: the position is not a finite number")]
    BadPlace(String),
    #[error("no module of kind `{0}` is in the library: pick one from the browser")]
    UnknownKind(String),
    #[error("{kind} cannot be put into cable {cable}: it has no input and output to pass a signal through")]
    NoThrough { kind: String, cable: CableId },
}

impl Edit {
    /// [`Edit::AddModule`].
    #[must_use]
    pub fn add(id: impl Into<ModuleId>, module: Module) -> Self {
        Self::AddModule { id: id.into(), module: Box::new(module) }
    }

    /// [`Edit::RemoveModule`].
    #[must_use]
    pub fn remove(id: impl Into<ModuleId>) -> Self {
        Self::RemoveModule { id: id.into() }
    }

    /// [`Edit::Connect`].
    #[must_use]
    pub const fn connect(id: CableId, cable: Cable) -> Self {
        Self::Connect { id, cable }
    }

    /// [`Edit::SetParam`] to a value.
    #[must_use]
    pub fn set_param(module: impl Into<ModuleId>, param: impl Into<String>, value: f32) -> Self {
        Self::SetParam { module: module.into(), param: param.into(), value: Some(value) }
    }

    /// Whether this edit does nothing: an empty batch.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Batch(edits) if edits.iter().all(Self::is_empty))
    }

    /// What the edit does, in the words of the undo list: `Set cutoff_hz of filter`.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::AddModule { id, .. } => format!("Add {id}"),
            Self::RemoveModule { id } => format!("Remove {id}"),
            Self::SetModule { id, module } => format!("Make {id} {}", module.kind),
            Self::MoveModules(moves) => match moves.as_slice() {
                [(id, _)] => format!("Move {id}"),
                _ => format!("Move {} modules", moves.len()),
            },
            Self::SetParam { module, param, value: Some(_) } => format!("Set {param} of {module}"),
            Self::SetParam { module, param, value: None } => format!("Reset {param} of {module}"),
            Self::SetData { module, field, .. } => format!("Set {field} of {module}"),
            Self::SetMidi { module, param, control: Some(control) } => format!("Turn {param} of {module} by {control}"),
            Self::SetMidi { module, param, control: None } => format!("Take the controller from {param} of {module}"),
            Self::Rename { module, .. } => format!("Rename {module}"),
            Self::SetBypassed { module, bypassed } => format!("{} {module}", if *bypassed { "Bypass" } else { "Do not bypass" }),
            Self::SetMuted { module, muted } => format!("{} {module}", if *muted { "Mute" } else { "Unmute" }),
            Self::SetSoloed { module, soloed } => format!("{} {module}", if *soloed { "Solo" } else { "Do not solo" }),
            Self::MoveToGroup(moves) => format!("Put {} elsewhere", count(moves.len(), 0)),
            Self::SetGroup { id, group } => format!("{} group {id}", if group.is_some() { "Set" } else { "Remove" }),
            Self::SetNote { note, .. } => format!("{} a note", if note.is_some() { "Write" } else { "Remove" }),
            Self::SetBookmark { number, .. } => format!("Set bookmark {number}"),
            Self::Connect { id, .. } => format!("Wire {} to {}", id.from, id.to),
            Self::Disconnect { id } => format!("Unplug {} from {}", id.from, id.to),
            Self::SetCableAmount { id, .. } => format!("Set amount of {id}"),
            Self::SetCableOn { id, on } => format!("Switch {} {id}", if *on { "on" } else { "off" }),
            Self::SetCableColor { id, .. } => format!("Colour {id}"),
            Self::SetCableHidden { id, hidden } => format!("{} {id}", if *hidden { "Hide" } else { "Show" }),
            Self::SetClosesLoop { id, .. } => format!("Move the delay of the loop at {id}"),
            Self::SetPatchName(_) => "Name the patch".to_owned(),
            Self::SetPatchAbout(_) => "Describe the patch".to_owned(),
            Self::SetPatchAuthor(_) => "Set the author".to_owned(),
            Self::SetPatchTags(_) => "Tag the patch".to_owned(),
            Self::Restore(removed) => format!("Put back {}", count(removed.modules.len(), removed.cables.len())),
            Self::Withdraw { modules, cables } => format!("Take out {}", count(modules.len(), cables.len())),
            Self::Batch(edits) => match edits.as_slice() {
                [] => "Nothing".to_owned(),
                [edit] => edit.describe(),
                [first, rest @ ..] => format!("{} and {} more", first.describe(), rest.len()),
            },
        }
    }
}

fn count(modules: usize, cables: usize) -> String {
    let plural = |n: usize, word: &str| if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") };
    match (modules, cables) {
        (modules, 0) => plural(modules, "module"),
        (0, cables) => plural(cables, "cable"),
        (modules, cables) => format!("{} and {}", plural(modules, "module"), plural(cables, "cable")),
    }
}
