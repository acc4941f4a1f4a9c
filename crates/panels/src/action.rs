//! What a person asks for in a panel; the app carries it out.

use egui::Pos2;
use patchlight_core::{ModuleId, PortRef};
use patchlight_patch::{CableId, Edit, EntryId, Gesture};
use std::path::PathBuf;

/// One thing that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// A change of the patch, for [`patchlight_patch::History::apply`]. Its gesture numbers have the highest bit set, so that they
    /// never meet those of the canvas.
    Edit {
        edit: Edit,
        name: String,
        gesture: Option<Gesture>,
    },
    Undo,
    Redo,
    JumpTo(EntryId),
    /// An empty patch.
    New,
    OpenPath(PathBuf),
    /// One of [`crate::StudioView::factory`], by its id.
    OpenFactory(String),
    /// To where it was opened from. Only asked for where there is such a place.
    Save,
    /// The path has its ending. Whether a file that exists may be replaced was asked already.
    SaveAs(PathBuf),
    TogglePlay,
    /// To beat 0.
    Rewind,
    /// Silence everything that hangs.
    Panic,
    /// Forget that it clipped.
    ResetClip,
    /// Select this module alone.
    Select(ModuleId),
    /// Select this cable alone.
    SelectCable(CableId),
    /// Bring this module into view.
    Frame(ModuleId),
    ZoomToFit,
    /// A new module of this kind, in the middle of the view or at a point of the screen, wired where `wire` says.
    AddModule {
        kind: &'static str,
        /// In egui points, from the upper left corner of the window.
        at: Option<Pos2>,
        wire: Option<WireTo>,
    },
    /// Keep the settings of a module under a name.
    SavePreset {
        module: ModuleId,
        name: String,
        tags: Vec<String>,
    },
    /// One of [`crate::StudioView::user_presets`], by its path.
    DeletePreset(PathBuf),
    /// Read a file's text into a field of a module's data.
    ReadText {
        module: ModuleId,
        field: String,
        path: PathBuf,
    },
    /// A new patch in which a module of this kind can be tried.
    Try(&'static str),
    /// Take a message off the list, by its index in [`crate::StudioView::messages`].
    Dismiss(usize),
    /// Play on this device; `None` follows the system's default.
    SelectDevice(Option<String>),
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
