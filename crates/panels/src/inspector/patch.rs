//! The patch itself, where nothing is selected: its name, what it is, who made it, and how to find it.

use crate::theme;
use crate::view::StudioView;
use crate::widgets::{dim, mono, section, text_box_ui};
use egui::{Id, RichText, Ui};
use patchlight_operators::Actions;
use patchlight_patch::Edit;

pub fn patch_ui(ui: &mut Ui, view: &StudioView<'_>, actions: &mut Actions) {
    let patch = view.patch;
    let title = if patch.name.is_empty() { "Untitled patch" } else { &patch.name };
    ui.label(RichText::new(title).font(theme::semibold(15.0)));
    let place = view.patch_path.map_or_else(|| "not saved yet".to_owned(), |path| path.display().to_string());
    ui.add(egui::Label::new(mono(place).font(theme::mono(10.0)).color(theme::dim())).truncate());
    let plural = |n: usize, word: &str| if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") };
    ui.label(dim(format!("{}, {}", plural(patch.modules.len(), "module"), plural(patch.cables.len(), "cable"))));
    if patch.modules.is_empty() {
        ui.add_space(8.0);
        ui.label("The canvas is empty. Press Tab, or double-click it, and type what you want to hear.");
    }
    section(ui, "About");
    let font = || theme::regular(12.0);
    if let Some(about) =
        text_box_ui(ui, Id::new("patch about"), "about the patch", &patch.about, "What it is and how to play it", 4, font())
    {
        actions.edit(Edit::SetPatchAbout(about));
    }
    section(ui, "Author");
    let author = patch.author.as_deref().unwrap_or_default();
    if let Some(author) = text_box_ui(ui, Id::new("patch author"), "author", author, "Who made it", 1, font()) {
        actions.edit(Edit::SetPatchAuthor(Some(author).filter(|author| !author.is_empty())));
    }
    section(ui, "Tags");
    let tags = patch.tags.join(", ");
    if let Some(tags) = text_box_ui(ui, Id::new("patch tags"), "tags", &tags, "bass, sidechain, 128 bpm", 1, font()) {
        let tags = tags.split(',').map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect();
        actions.edit(Edit::SetPatchTags(tags));
    }
}
