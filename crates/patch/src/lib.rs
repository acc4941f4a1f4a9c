//! The document: patch, edits, history and the file format.
//!
//! **One law: the [`Patch`] is the truth; the canvas and the sound are both projections of it.** Whoever wants it to be
//! different makes an [`Edit`]; [`Patch::apply`] carries it out and gives back its exact inverse, and [`History`] keeps those.
//!
//! ```text
//!  file ──read_patch──► Patch ──write_patch──► text ──save_patch──► file
//!                        │ ▲
//!             check_patch│ │apply(Edit) -> inverse     (History: names, undo, redo, gestures)
//!                        ▼ │
//!              Diagnostics  gestures, panels, MIDI, command line
//! ```
//!
//! ```
//! use patchlight_patch::{Cable, Edit, Module, Patch};
//!
//! let mut patch = Patch::default();
//! patch.apply(Edit::add("lfo", Module::new("mod.lfo", [0.0, 0.0])))?;
//! patch.apply(Edit::add("filter", Module::new("filter.ladder", [240.0, 0.0])))?;
//! let wire = Edit::connect("lfo.out -> filter.cutoff_hz".parse()?, Cable { amount: 0.5, ..Cable::default() });
//! let undo = patch.apply(wire)?;
//! assert_eq!(patch.cables.len(), 1);
//! patch.apply(undo)?;
//! assert!(patch.cables.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **Invariant:** nothing that was read is lost: modules, parameters, data, fields and cables that this version does not know
//! are kept and written back as they were.

mod apply;
mod cable_id;
mod check;
mod compose;
mod diagnostic;
mod edit;
mod format;
mod fragment;
mod group;
mod history;
mod midi;
mod note;
mod patch;
mod save;
mod touched;
mod twin;

pub use cable_id::{CableId, CableIdError};
pub use check::check_patch;
pub use diagnostic::{Diagnostic, DiagnosticKind, Severity};
pub use edit::{Edit, EditError, Removed};
pub use format::{FORMAT_VERSION, FormatError, OpenError, open_patch, read_patch, write_patch};
pub use fragment::{Fragment, Pasted};
pub use group::{Group, GroupId, GroupPorts, Shown};
pub use history::{Entry, EntryId, Gesture, History};
pub use indexmap::IndexMap;
pub use midi::{MidiControl, MidiControlError};
pub use note::{Bookmark, Note};
pub use patch::{Cable, CableColor, CableColorError, Module, Patch, RonText, Unread};
pub use save::{SaveError, save_patch, write_beside};
pub use touched::{Reach, Touched};
