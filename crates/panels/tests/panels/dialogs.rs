//! Opening and saving, samples, messages, history and the table of keys.

use crate::bench::{App, window};
use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use patchlight_core::ModuleId;
use patchlight_operators::Action;
use patchlight_patch::{Edit, EntryId};
use std::fs;
use std::path::PathBuf;

/// A folder of its own with two patches, a sound and something else; removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("patchlight-panels-{name}-{}", std::process::id()));
        fs::create_dir_all(folder.join("sounds")).expect("makes folders");
        for file in ["bass.ron", "lead.ron", "notes.txt", "sounds/kick.wav"] {
            fs::write(folder.join(file), "").expect("writes a file");
        }
        Self(folder)
    }

    fn app(&self) -> App {
        App { folder: self.0.clone(), ..App::busy() }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Only litter in the temporary folder if it fails.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What was asked for besides the operators that buttons call.
fn beyond_buttons(harness: &Harness<'_, App>) -> Vec<Action> {
    harness.state().asked.iter().filter(|action| !matches!(action, Action::Run(_))).cloned().collect()
}

fn press(harness: &mut Harness<'_, App>, label: &str) {
    harness.get_by_label(label).click();
    harness.run();
}

#[test]
fn a_patch_is_opened_from_the_list() {
    let folder = Folder::new("open");
    let mut harness = window(folder.app());
    press(&mut harness, "open");
    assert!(harness.query_by_label("notes.txt").is_none(), "only patches are offered");
    press(&mut harness, "lead.ron");
    press(&mut harness, "Open");
    assert_eq!(beyond_buttons(&harness), [Action::OpenPath(folder.0.join("lead.ron"))]);
    assert!(harness.state().panels.file_dialog.is_none());
}

#[test]
fn what_is_not_there_is_said() {
    let folder = Folder::new("missing");
    let mut harness = window(folder.app());
    press(&mut harness, "open");
    harness.get_by_label("file name").type_text("gone.ron");
    harness.key_press(Key::Enter);
    harness.run();
    assert!(harness.query_by_label_contains("There is no file").is_some());
    assert_eq!(beyond_buttons(&harness), []);
    harness.key_press(Key::Escape);
    harness.run();
    assert!(harness.state().panels.file_dialog.is_none());
}

#[test]
fn factory_patches_are_opened_by_their_id() {
    let folder = Folder::new("factory");
    let mut harness = window(folder.app());
    press(&mut harness, "open");
    press(&mut harness, "Starter");
    assert_eq!(beyond_buttons(&harness), [Action::OpenFactory("starter".into())]);
}

#[test]
fn a_new_file_gets_its_ending_and_an_old_one_is_asked_about() {
    let folder = Folder::new("save");
    let mut harness = window(folder.app());
    press(&mut harness, "save as");
    press(&mut harness, "Save");
    assert_eq!(beyond_buttons(&harness), [Action::SaveAs(folder.0.join("pumping_bass.ron"))]);

    let mut harness = window(folder.app());
    press(&mut harness, "save as");
    press(&mut harness, "bass.ron");
    press(&mut harness, "Save");
    assert_eq!(beyond_buttons(&harness), [], "it would replace a file");
    press(&mut harness, "Replace");
    assert_eq!(beyond_buttons(&harness), [Action::SaveAs(folder.0.join("bass.ron"))]);
}

#[test]
fn a_sample_below_the_patch_is_named_from_there() {
    let folder = Folder::new("sample");
    let app = App { path: Some(folder.0.join("bass.ron")), ..folder.app() }.selecting(&["kick"]);
    let mut harness = window(app);
    press(&mut harness, "choose file");
    press(&mut harness, "sounds");
    press(&mut harness, "kick.wav");
    press(&mut harness, "Choose");
    assert_eq!(harness.state().patch.modules["kick"].data["file"], "sounds/kick.wav");
    assert_eq!(harness.state().history.entries().len(), 1);
}

#[test]
fn a_message_leads_to_its_module_and_can_be_dismissed() {
    let mut harness = window(App::busy());
    press(&mut harness, "messages, 1 error");
    let line = "error: no module of kind fx.from_the_future. Look at it. (2 times, 12 s ago)";
    press(&mut harness, line);
    press(&mut harness, "dismiss message 2");
    let odd = ModuleId::from("odd");
    assert_eq!(beyond_buttons(&harness), [Action::Select(odd.clone()), Action::Frame(odd), Action::Dismiss(1)]);
}

#[test]
fn history_jumps_to_what_is_clicked() {
    let mut harness = window(App::busy());
    press(&mut harness, "history");
    let app = harness.state_mut();
    for name in ["One", "Two"] {
        app.history.apply(&mut app.patch, name, Edit::SetPatchName(name.into()), None).expect("applies");
    }
    harness.run();
    press(&mut harness, "One");
    assert_eq!(harness.state().patch.name, "One");
    press(&mut harness, "Opened");
    assert_eq!(harness.state().patch.name, "Pumping Bass");
    assert_eq!(harness.state().history.current(), EntryId::OPENED);
    press(&mut harness, "Two");
    assert_eq!(harness.state().patch.name, "Two");
}
