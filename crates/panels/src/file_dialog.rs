//! Our own small dialog to open and save patches and to choose samples: folders, files, a name to type, and the factory's patches.

use crate::theme;
use crate::view::StudioView;
use crate::widgets::{dim, error_label, mono};
use egui::{Id, Key, Modal, RichText, ScrollArea, TextEdit, Ui, vec2};
use egui_phosphor::regular as icons;
use patchlight_core::{DataKind, DataSpec, ModuleId};
use patchlight_operators::{Action, Actions};
use patchlight_patch::Edit;
use std::fs;
use std::path::{Path, PathBuf};

/// What the dialog is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialogMode {
    Open,
    SaveAs,
    /// A text to be read into a field of a module's data.
    Text {
        module: ModuleId,
        field: String,
        ending: &'static str,
    },
    /// The sound for a field of a module's data.
    Sample {
        module: ModuleId,
        field: String,
    },
}

/// An open dialog.
#[derive(Clone, Debug)]
pub struct FileDialog {
    mode: DialogMode,
    folder: PathBuf,
    /// The name in `folder`, or a whole path.
    name: String,
    /// What lies in `folder`, read when it was entered: folders first.
    entries: Vec<Entry>,
    error: Option<String>,
    /// Saving here would replace a file, which was not confirmed yet.
    replaces: Option<PathBuf>,
    focused: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    is_file: bool,
    name: String,
}

impl FileDialog {
    /// To open a patch.
    #[must_use]
    pub fn open(view: &StudioView<'_>) -> Self {
        Self::new(DialogMode::Open, &folder_of(view), String::new())
    }

    /// To save the patch under a name.
    #[must_use]
    pub fn save_as(view: &StudioView<'_>) -> Self {
        let here = view.patch_path.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        Self::new(DialogMode::SaveAs, &folder_of(view), here.unwrap_or_else(|| file_name(&view.patch.name)))
    }

    /// To choose a sound for a module.
    #[must_use]
    pub fn sample(view: &StudioView<'_>, module: ModuleId, field: String) -> Self {
        Self::new(DialogMode::Sample { module, field }, &folder_of(view), String::new())
    }

    /// To read a text into a module's data.
    #[must_use]
    pub fn text(view: &StudioView<'_>, module: ModuleId, field: &DataSpec) -> Self {
        let ending = if field.kind == DataKind::KeyMap { "kbm" } else { "scl" };
        Self::new(DialogMode::Text { module, field: field.id.to_owned(), ending }, &folder_of(view), String::new())
    }

    fn new(mode: DialogMode, folder: &Path, name: String) -> Self {
        let mut dialog = Self { mode, folder: PathBuf::new(), name, entries: Vec::new(), error: None, replaces: None, focused: false };
        dialog.enter(folder);
        dialog
    }

    #[must_use]
    pub const fn mode(&self) -> &DialogMode {
        &self.mode
    }

    /// The endings of the files that can be chosen.
    fn endings(&self) -> &'static [&'static str] {
        match self.mode {
            DialogMode::Open | DialogMode::SaveAs => &["ron"],
            DialogMode::Text { ending: "kbm", .. } => &["kbm"],
            DialogMode::Text { .. } => &["scl"],
            DialogMode::Sample { .. } => &["wav", "flac", "ogg", "mp3", "aif", "aiff"],
        }
    }

    fn enter(&mut self, folder: &Path) {
        match read_folder(folder, self.endings()) {
            Ok(entries) => {
                self.folder = folder.to_owned();
                self.entries = entries;
                self.error = None;
            }
            Err(error) => self.error = Some(format!("The folder {} cannot be read: {error}. Choose another.", folder.display())),
        }
        self.replaces = None;
    }

    /// What the typed name stands for: a folder is entered, a file is chosen.
    fn choose(&mut self) -> Option<PathBuf> {
        let typed = self.name.trim();
        if typed.is_empty() {
            self.error = Some("Type a name, or choose a file.".to_owned());
            return None;
        }
        let mut path = self.folder.join(typed);
        if path.is_dir() {
            self.name.clear();
            self.enter(&path);
            return None;
        }
        if self.mode == DialogMode::SaveAs {
            if path.extension().is_none_or(|ending| ending != "ron") {
                path.as_mut_os_string().push(".ron");
            }
            if path.exists() && self.replaces.as_ref() != Some(&path) {
                self.replaces = Some(path);
                return None;
            }
        } else if !path.is_file() {
            self.error = Some(format!("There is no file {}. Check its name, or choose one from the list.", path.display()));
            return None;
        }
        Some(path)
    }
}

fn folder_of(view: &StudioView<'_>) -> PathBuf {
    let here = view.patch_path.and_then(Path::parent).filter(|folder| folder.is_dir());
    here.unwrap_or(view.patches_folder).to_owned()
}

/// A file name for a patch of this name: `Pumping Bass` becomes `pumping_bass.ron`.
fn file_name(patch_name: &str) -> String {
    let words: Vec<String> = patch_name.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase).collect();
    if words.is_empty() { "untitled.ron".to_owned() } else { format!("{}.ron", words.join("_")) }
}

fn read_folder(folder: &Path, endings: &[&str]) -> std::io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|name| !name.starts_with('.')) else { continue };
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
        let is_file = !path.is_dir();
        if !is_file || endings.contains(&ending.as_str()) {
            entries.push(Entry { is_file, name: name.to_owned() });
        }
    }
    entries.sort();
    Ok(entries)
}

/// Draws the dialog over everything where one is open. Esc or a click beside it closes it.
pub fn file_dialog_ui(ui: &Ui, view: &StudioView<'_>, dialog: &mut Option<FileDialog>, actions: &mut Actions) {
    let Some(state) = dialog.as_mut() else { return };
    let modal = Modal::new(Id::new("file dialog")).show(ui.ctx(), |ui| {
        ui.set_width(480.0);
        dialog_ui(ui, view, state)
    });
    let left = modal.backdrop_response.clicked() || ui.input(|input| input.key_pressed(Key::Escape));
    match modal.inner {
        Some(Choice::Done(action)) => {
            actions.push(*action);
            *dialog = None;
        }
        Some(Choice::Cancelled) => *dialog = None,
        None if left => *dialog = None,
        None => {}
    }
}

enum Choice {
    Done(Box<Action>),
    Cancelled,
}

fn dialog_ui(ui: &mut Ui, view: &StudioView<'_>, state: &mut FileDialog) -> Option<Choice> {
    let (title, verb) = match state.mode {
        DialogMode::Open => ("Open a patch", "Open"),
        DialogMode::SaveAs => ("Save the patch", "Save"),
        DialogMode::Sample { .. } => ("Choose a sound", "Choose"),
        DialogMode::Text { .. } => ("Read a tuning", "Read"),
    };
    ui.label(RichText::new(title).font(theme::semibold(15.0)));
    ui.horizontal(|ui| {
        let up = ui.button(icons::ARROW_UP);
        up.widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::Button, true, "the folder above"));
        if up.on_hover_text("The folder above").clicked()
            && let Some(above) = state.folder.parent().map(Path::to_owned)
        {
            state.enter(&above);
        }
        ui.add(egui::Label::new(mono(state.folder.display().to_string()).color(theme::dim())).truncate());
    });
    let picked = list_ui(ui, state).or_else(|| factory_ui(ui, view, state));
    ui.add_space(4.0);
    let hint = RichText::new("Name, or a whole path").color(theme::dim());
    let edit = ui.add(TextEdit::singleline(&mut state.name).hint_text(hint).desired_width(f32::INFINITY).margin(vec2(8.0, 6.0)));
    ui.ctx().accesskit_node_builder(edit.id, |node| node.set_label("file name"));
    if !std::mem::replace(&mut state.focused, true) {
        edit.request_focus();
    }
    if edit.changed() {
        state.error = None;
        state.replaces = None;
    }
    let entered = edit.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    edit.on_hover_text("The name of the file in this folder, or a whole path. Enter takes it");
    reasons_ui(ui, state);
    let mut choice = picked;
    ui.horizontal(|ui| {
        let verb = if state.replaces.is_some() { "Replace" } else { verb };
        let pressed = ui.button(verb).on_hover_text("Do it (Enter)").clicked();
        if ui.button("Cancel").on_hover_text("Leave everything as it is (Esc)").clicked() {
            choice = Some(Choice::Cancelled);
        }
        if (pressed || entered)
            && let Some(path) = state.choose()
        {
            choice = Some(done(view, state, path));
        }
    });
    choice
}

fn reasons_ui(ui: &mut Ui, state: &FileDialog) {
    if let Some(error) = &state.error {
        error_label(ui, error);
    }
    if let Some(path) = &state.replaces {
        ui.label(RichText::new(format!("{} exists. Replace it?", path.display())).color(theme::warn()));
    }
}

fn list_ui(ui: &mut Ui, state: &mut FileDialog) -> Option<Choice> {
    let mut enter = None;
    let mut taken = None;
    ScrollArea::vertical().id_salt("files").max_height(240.0).auto_shrink([false, true]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        if state.entries.is_empty() {
            ui.label(dim("Nothing to choose in this folder."));
        }
        for entry in &state.entries {
            let icon = if entry.is_file { icons::FILE } else { icons::FOLDER };
            let line = ui.selectable_label(entry.is_file && entry.name == state.name, format!("{icon}  {}", entry.name));
            line.widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::SelectableLabel, true, &entry.name));
            match (entry.is_file, line.clicked()) {
                (true, true) => taken = Some(entry.name.clone()),
                (false, true) => enter = Some(state.folder.join(&entry.name)),
                (_, false) => {}
            }
            line.on_hover_text(if entry.is_file { "Click to take its name" } else { "Click to enter the folder" });
        }
    });
    if let Some(folder) = enter {
        state.enter(&folder);
    }
    if let Some(name) = taken {
        state.name = name;
        state.replaces = None;
        state.error = None;
    }
    None
}

fn factory_ui(ui: &mut Ui, view: &StudioView<'_>, state: &FileDialog) -> Option<Choice> {
    if state.mode != DialogMode::Open || view.factory.is_empty() {
        return None;
    }
    let mut choice = None;
    ui.add_space(6.0);
    ui.label(dim("Patches that come with Patchlight"));
    ScrollArea::vertical().id_salt("factory").max_height(140.0).auto_shrink([false, true]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        for patch in view.factory {
            if ui.selectable_label(false, patch.name).on_hover_text(patch.about).clicked() {
                choice = Some(Choice::Done(Box::new(Action::OpenFactory(patch.id.to_owned()))));
            }
        }
    });
    choice
}

fn done(view: &StudioView<'_>, state: &FileDialog, path: PathBuf) -> Choice {
    let action = match &state.mode {
        DialogMode::Open => Action::OpenPath(path),
        DialogMode::SaveAs => Action::SaveAs(path),
        DialogMode::Text { module, field, .. } => Action::ReadText { module: module.clone(), field: field.clone(), path },
        DialogMode::Sample { module, field } => {
            // Beside or below the patch the path is relative, so that both can be moved together.
            let folder = view.patch_path.and_then(Path::parent);
            let path = folder.and_then(|folder| path.strip_prefix(folder).ok()).unwrap_or(&path);
            let text = Some(path.to_string_lossy().replace('\\', "/"));
            let edit = Edit::SetData { module: module.clone(), field: field.clone(), text };
            Action::Edit { name: edit.describe(), edit, gesture: None }
        }
    };
    Choice::Done(Box::new(action))
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn names_become_file_names() {
        assert_eq!(file_name("Pumping Bass!"), "pumping_bass.ron");
        assert_eq!(file_name(" "), "untitled.ron");
    }
}
