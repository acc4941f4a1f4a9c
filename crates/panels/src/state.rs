//! What the panels remember between frames: which are open, and what is being typed.

use crate::file_dialog::FileDialog;
use crate::inspector::Chance;
use crate::keys::KeyTable;
use crate::palette::{Menu, Palette};
use crate::prompt::Prompt;
use crate::search::{LooseEnd, Search};
use egui::Pos2;
use patchlight_core::ModuleId;

/// The state of all panels. The app keeps one and hands it to [`crate::studio_ui`].
#[derive(Debug)]
pub struct Panels {
    pub browser_open: bool,
    pub inspector_open: bool,
    pub history_open: bool,
    pub messages_open: bool,
    /// The table of keys, while it is shown.
    pub keys: Option<KeyTable>,
    pub palette: Option<Palette>,
    /// What can be done with what was clicked.
    pub menu: Option<Menu>,
    pub prompt: Option<Prompt>,
    /// What is typed into the browser's search box.
    pub browser_query: String,
    /// The popup that adds a module at the cursor.
    pub search: Option<Search>,
    pub file_dialog: Option<FileDialog>,
    /// What Randomize goes by.
    pub chance: Chance,
    /// The module whose reference page is shown.
    pub page: Option<&'static str>,
}

impl Default for Panels {
    fn default() -> Self {
        Self {
            browser_open: false,
            inspector_open: true,
            history_open: false,
            messages_open: false,
            keys: None,
            palette: None,
            menu: None,
            prompt: None,
            browser_query: String::new(),
            search: None,
            file_dialog: None,
            chance: Chance::default(),
            page: None,
        }
    }
}

impl Panels {
    /// Opens the search at a point of the screen, for a cable's loose end where one was dropped.
    pub fn open_search(&mut self, at: Pos2, loose: Option<LooseEnd>) {
        self.search = Some(Search::new(at, loose));
    }

    /// Opens the search for a kind that a module is to become.
    pub fn open_swap(&mut self, at: Pos2, module: ModuleId) {
        self.search = Some(Search::swapping(at, module));
    }

    /// Whether something lies over the canvas and takes the keys.
    #[must_use]
    pub const fn is_modal_open(&self) -> bool {
        self.search.is_some()
            || self.file_dialog.is_some()
            || self.keys.is_some()
            || self.page.is_some()
            || self.palette.is_some()
            || self.menu.is_some()
            || self.prompt.is_some()
    }
}
