//! The session: one patch being worked on. Applies edits, remembers them, keeps the engine and the file in step.

use super::engine_link::EngineLink;
use super::folders;
use super::preview::{is_preview, with_preview};
use patchlight_core::Library;
use patchlight_modules::LIBRARY;
use patchlight_patch::{
    Diagnostic, Edit, EntryId, Gesture, History, OpenError, Patch, Reach, SaveError, Touched, open_patch, save_patch, write_beside,
    write_patch,
};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Something said to the person.
#[derive(Clone, Debug)]
pub struct Notice {
    pub text: String,
    pub is_error: bool,
    pub at: Instant,
}

/// Everything about the patch that is not in the patch: where it lies, what was done to it, what sounds.
pub struct Session {
    pub engine: EngineLink,
    pub history: History,
    pub path: Option<PathBuf>,
    /// What is wrong with the patch as it is now.
    pub diagnostics: Vec<Diagnostic>,
    pub notices: Vec<Notice>,
    /// The kind that is heard beside the patch, before it is added.
    preview: Option<&'static str>,
}

/// The path from the root: dialogs begin in the folder of the patch, also where it was opened by its name alone.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Notices that are kept.
const MAX_NOTICES: usize = 50;

impl Session {
    #[must_use]
    pub fn new(engine: EngineLink) -> Self {
        Self { engine, history: History::new(), path: None, diagnostics: Vec::new(), notices: Vec::new(), preview: None }
    }

    #[must_use]
    pub const fn library(&self) -> Library {
        LIBRARY
    }

    pub fn say(&mut self, text: impl Into<String>) {
        self.push(text.into(), false);
    }

    pub fn complain(&mut self, text: impl Into<String>) {
        self.push(text.into(), true);
    }

    fn push(&mut self, text: String, is_error: bool) {
        if self.notices.len() == MAX_NOTICES {
            self.notices.remove(0);
        }
        self.notices.push(Notice { text, is_error, at: Instant::now() });
    }

    /// Applies an edit under a name. Edits of one gesture become one entry of the history. False when it could not be done.
    pub fn apply(&mut self, patch: &mut Patch, edit: Edit, name: &str, gesture: Option<Gesture>) -> bool {
        match self.history.apply(patch, name, edit, gesture) {
            Ok(touched) => {
                self.follow(patch, &touched);
                true
            }
            Err(error) => {
                self.complain(error.to_string());
                false
            }
        }
    }

    pub fn undo(&mut self, patch: &mut Patch) {
        let undone = self.history.undo(patch);
        self.follow_history(patch, undone);
    }

    pub fn redo(&mut self, patch: &mut Patch) {
        let redone = self.history.redo(patch);
        self.follow_history(patch, redone);
    }

    pub fn jump_to(&mut self, patch: &mut Patch, entry: EntryId) {
        let jumped = self.history.jump_to(patch, entry).map(Some);
        self.follow_history(patch, jumped);
    }

    fn follow_history(&mut self, patch: &Patch, outcome: Result<Option<Touched>, patchlight_patch::EditError>) {
        match outcome {
            Ok(Some(touched)) => self.follow(patch, &touched),
            Ok(None) => {}
            Err(error) => self.complain(error.to_string()),
        }
    }

    fn follow(&mut self, patch: &Patch, touched: &Touched) {
        if touched.reach > Reach::Cosmetic {
            self.sync(patch);
        }
    }

    /// Brings the engine to where the patch is.
    pub fn sync(&mut self, patch: &Patch) {
        let both = self.preview.and_then(|kind| with_preview(patch, kind));
        self.diagnostics = self.engine.sync(both.as_ref().unwrap_or(patch));
        self.diagnostics.retain(|diagnostic| !diagnostic.module.as_ref().is_some_and(is_preview));
        self.engine.rewatch();
    }

    /// Lets a module be heard beside the patch, or no longer.
    pub fn preview(&mut self, patch: &Patch, kind: Option<&'static str>) {
        if self.preview != kind {
            self.preview = kind;
            self.sync(patch);
        }
    }

    /// To be called for every frame of the window.
    pub fn tick(&mut self, patch: &Patch) {
        if self.engine.tick() {
            self.sync(patch);
        }
        for notice in self.engine.take_notices() {
            self.say(notice);
        }
    }

    /// Opens a file over what was open before. On success the patch is returned and sounds, and unsaved work was kept aside; otherwise
    /// nothing has changed.
    ///
    /// # Errors
    /// When the file cannot be read or is no patch.
    pub fn open(&mut self, path: &Path, before: &Patch) -> Result<Patch, OpenError> {
        let (patch, notes) = open_patch(path, &LIBRARY)?;
        self.set_aside(before);
        self.history = history_beside(path).unwrap_or_default();
        self.path = Some(absolute(path));
        self.engine.set_patch_path(path);
        self.sync(&patch);
        notes.iter().for_each(|note| self.say(note.to_string()));
        Ok(patch)
    }

    /// Before another patch takes the place of this one: what was not saved is kept aside.
    fn set_aside(&mut self, patch: &Patch) {
        if !self.history.is_dirty() {
            return;
        }
        match self.rescue(patch) {
            Ok(path) => self.say(format!("what was not saved was kept in {}", path.display())),
            Err(error) => self.complain(format!("what was not saved could not be kept: {error}")),
        }
    }

    /// Begins an empty patch.
    pub fn start_new(&mut self, before: &Patch) -> Patch {
        self.start_with(Patch { name: "Untitled".to_owned(), ..Patch::default() }, before)
    }

    /// Begins a patch that has no file.
    pub fn start_with(&mut self, patch: Patch, before: &Patch) -> Patch {
        self.set_aside(before);
        self.history = History::new();
        self.path = None;
        self.engine.set_patch_path(Path::new(""));
        self.sync(&patch);
        patch
    }

    /// Keeps a patch that was not saved, in the user's data folder. Returns where.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn rescue(&self, patch: &Patch) -> Result<PathBuf, SaveError> {
        let folder = folders::data("rescued");
        // Whether that worked shows when the file is written.
        std::fs::create_dir_all(&folder).ok();
        let stamp = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let stem = self
            .path
            .as_deref()
            .and_then(Path::file_stem)
            .map_or_else(|| "untitled".to_owned(), |stem| stem.to_string_lossy().into_owned());
        let path = folder.join(format!("{stem}_{stamp}.ron"));
        save_patch(&path, &write_patch(patch, &LIBRARY))?;
        Ok(path)
    }

    /// Writes the patch: beside its target, then renamed, so that what was there is never half overwritten.
    ///
    /// # Errors
    /// When the file cannot be written; the one that was there is as it was.
    pub fn save(&mut self, patch: &Patch, path: &Path) -> Result<(), SaveError> {
        let text = write_patch(patch, &LIBRARY);
        save_patch(path, &text)?;
        self.history.mark_saved();
        self.path = Some(absolute(path));
        self.say(format!("saved {}", path.display()));
        // The patch is safe; that its past may not be is worth a word.
        if let Err(why) = self.save_history(path, &text) {
            self.complain(format!("its history could not be kept: {why}"));
        }
        Ok(())
    }

    fn save_history(&self, path: &Path, patch_text: &str) -> Result<(), String> {
        let text = self.history.to_text(patch_text).map_err(|error| error.to_string())?;
        write_beside(&history_file(path), |file| file.write_all(text.as_bytes())).map_err(|error| error.to_string())
    }
}

/// Where the history of a patch lies: `bass.history` beside `bass.ron`.
fn history_file(path: &Path) -> PathBuf {
    path.with_extension("history")
}

/// The history that was kept with a patch, where it is the history of the file as it is now.
fn history_beside(path: &Path) -> Option<History> {
    let text = std::fs::read_to_string(history_file(path)).ok()?;
    History::from_text(&text, &std::fs::read_to_string(path).ok()?)
}
