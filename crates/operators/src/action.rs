//! What is asked for, by operators and in panels; the app carries it out.

use crate::scene::{Picked, Place};
use patchlight_core::{ModuleId, PortRef};
use patchlight_patch::{CableId, Edit, EntryId, Gesture, GroupId};
use std::path::PathBuf;

/// One thing that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// A change of the patch, for [`patchlight_patch::History::apply`]. Gesture numbers of panels have the highest bit set, so that they
    /// never meet those of the canvas.
    Edit {
        edit: Edit,
        name: String,
        gesture: Option<Gesture>,
    },
    /// Run an operator, by its id.
    Run(&'static str),
    Undo,
    Redo,
    JumpTo(EntryId),
    /// An empty patch.
    New,
    OpenPath(PathBuf),
    /// One of the patches that come with the program, by its id.
    OpenFactory(String),
    /// To where it was opened from, or ask where.
    Save,
    /// The path has its ending. Whether a file that exists may be replaced was asked already.
    SaveAs(PathBuf),
    TogglePlay,
    /// To beat 0.
    Rewind,
    /// Silence everything that hangs.
    Panic,
    /// Start modules anew that made not-a-number and are silent.
    RestartFaulty,
    /// Forget that it clipped.
    ResetClip,
    /// Select this module alone.
    Select(ModuleId),
    /// Select this cable alone.
    SelectCable(CableId),
    /// Have exactly this selected.
    Pick(Picked),
    /// Put text on the clipboard.
    Copy(String),
    /// Look into a group, or at the whole patch.
    Enter(Option<GroupId>),
    /// Bring this module into view.
    Frame(ModuleId),
    ZoomToFit,
    ZoomToSelection,
    /// Around the middle of the view.
    ZoomBy(f32),
    /// Look at this place.
    LookAt(Place),
    /// A new module of this kind, in the middle of the view or at a point of the screen, wired where `wire` says.
    AddModule {
        kind: &'static str,
        /// Points of the screen, from the upper left corner of the window.
        at: Option<[f32; 2]>,
        wire: Option<WireTo>,
    },
    /// Make a module one of another kind, with its wires and the values that fit.
    Swap {
        module: ModuleId,
        kind: &'static str,
    },
    /// Add a module that the user saved, by its path, in the middle of the view or at a point of the screen.
    AddSaved {
        path: PathBuf,
        at: Option<[f32; 2]>,
    },
    /// Keep modules and groups as a module of one's own.
    SaveModule {
        modules: Vec<ModuleId>,
        name: String,
    },
    /// Keep the settings of a module under a name.
    SavePreset {
        module: ModuleId,
        name: String,
        tags: Vec<String>,
    },
    /// A preset that the user saved, by its path.
    DeletePreset(PathBuf),
    /// Read a file's text into a field of a module's data.
    ReadText {
        module: ModuleId,
        field: String,
        path: PathBuf,
    },
    /// A new patch in which a module of this kind can be tried.
    Try(&'static str),
    /// Show a dialog or a popup.
    Show(Show),
    Toggle(Toggle),
    /// Tell the person.
    Say(String),
    /// Take a message off the list, by its index.
    Dismiss(usize),
    /// Play on this device; `None` follows the system's default.
    SelectDevice(Option<String>),
    /// Let a module of this kind be heard beside the patch, or no longer any.
    Preview(Option<&'static str>),
    /// Have the next MIDI controller that is moved turn this knob from now on; `None` waits no longer.
    LearnMidi(Option<PortRef>),
    /// Call an operator by this key alone from now on; `None` gives it back its own.
    BindKey {
        operator: &'static str,
        key: Option<String>,
    },
}

/// What can be shown over the canvas.
#[derive(Clone, Debug, PartialEq)]
pub enum Show {
    Open,
    SaveAs,
    /// The search for a module to add.
    Search,
    /// The search for a kind that a module is to become.
    Swap(ModuleId),
    /// Operators by name.
    Palette,
    /// The reference page of a kind.
    Page(&'static str),
    Ask(Question),
}

/// What is asked in a line of text.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// The value of a parameter, with its unit.
    Value(PortRef),
    /// The name of a module or group.
    Name(ModuleId),
    /// The text of a note, by its id.
    Note(String),
    /// The name under which modules are kept.
    Keep(Vec<ModuleId>),
    /// The amount of a cable.
    Amount(CableId),
}

/// What can be on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toggle {
    Browser,
    Inspector,
    History,
    Messages,
    Keys,
    /// Notes on the computer's keys.
    NoteKeys,
    Minimap,
    /// The scope at the pointer stands still.
    Freeze,
    /// The search lets what is chosen be heard.
    Preview,
    /// Larger targets for fingers.
    Touch,
    /// Nothing moves but what must.
    LessMotion,
    /// The next theme: dark, light, high contrast.
    Theme,
    /// The interface a step larger or smaller.
    Larger,
    Smaller,
}

/// How a module that is about to be added gets wired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireTo {
    /// The end of the cable that is there already.
    pub loose: PortRef,
    /// Whether `loose` is an output. The new module's `port` is then an input or a parameter, else an output.
    pub loose_is_output: bool,
    /// The id of the port of the new module.
    pub port: String,
}

impl WireTo {
    /// The cable, once the id of the new module is known.
    #[must_use]
    pub fn cable(&self, new_module: &ModuleId) -> CableId {
        let new = PortRef::new(new_module.clone(), self.port.clone());
        if self.loose_is_output { CableId::new(self.loose.clone(), new) } else { CableId::new(new, self.loose.clone()) }
    }
}

/// The actions of a frame, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Actions(pub Vec<Action>);

impl Actions {
    pub fn push(&mut self, action: Action) {
        self.0.push(action);
    }

    /// An edit of its own, under the name that the edit gives itself.
    pub fn edit(&mut self, edit: Edit) {
        let name = edit.describe();
        self.edit_as(name, edit, None);
    }

    /// An edit that is one with others of the same gesture.
    pub fn edit_as(&mut self, name: impl Into<String>, edit: Edit, gesture: Option<Gesture>) {
        self.push(Action::Edit { edit, name: name.into(), gesture });
    }
}
