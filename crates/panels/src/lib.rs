//! The panels around the canvas: functions from a view of the app to the actions that a person asks for.
//!
//! Nothing here knows Bevy or the engine. The app fills a [`StudioView`] with borrows, calls [`studio_ui`] in each frame, and
//! carries out the [`patchlight_operators::Action`]s that come back. What is only about the panels themselves (which are open, what is typed into a
//! search) lives in [`Panels`], which the app keeps.
//!
//! ```text
//!  Patch, History, telemetry ──borrow──► StudioView ─┐
//!                                                    ├─► studio_ui ──► Vec<Action> ──► the app: History::apply, open, save, play…
//!                                    Panels (own) ───┘        └─────► Rect left free for the canvas
//! ```
//!
//! **Invariant:** a panel never changes the patch; it only asks for an edit.

mod access;
mod amount;
mod browser;
mod chrome;
mod file_dialog;
mod hint;
mod history;
mod inspector;
mod keys;
mod levels;
mod messages;
mod page;
mod palette;
mod path;
mod prompt;
mod search;
mod staging;
mod state;
pub mod theme;
mod top_bar;
mod view;
mod widgets;

pub use access::access_ui;
pub use amount::{amount_from_text, amount_text};
pub use browser::browser_ui;
pub use chrome::{Studio, root_ui, studio_ui};
pub use file_dialog::{DialogMode, FileDialog, file_dialog_ui};
pub use hint::{HINT, hint_ui};
pub use history::history_ui;
pub use inspector::{Chance, InspectorState, inspector_ui};
pub use keys::{KeyTable, keys_ui};
pub use levels::master_meter_ui;
pub use messages::messages_ui;
pub use palette::{Menu, Palette, menu_ui, palette_results, palette_ui};
pub use path::path_ui;
pub use prompt::{Prompt, prompt_ui};
pub use search::{Found, LooseEnd, Search, search_results, search_ui};
pub use staging::{GainStage, gain_stages};
pub use state::Panels;
pub use top_bar::top_bar_ui;
pub use view::{
    DeviceLight, EngineView, FactoryPatch, MasterView, MessageView, ModuleLevels, PageView, PortLevel, SavedModule, SelectionView,
    StudioView, TransportView, UserPreset,
};
