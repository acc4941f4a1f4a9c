//! The table of keys, the palette, menus, questions, and the path out of a sub-patch.

use crate::bench::{App, window};
use egui::{Key, Modifiers, pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use patchlight_core::{ModuleId, PortRef};
use patchlight_operators::{Action, On, Question};
use patchlight_panels::{KeyTable, Menu, Palette, Prompt, palette_results};
use patchlight_patch::Edit;

fn asking(question: Question) -> Harness<'static, App> {
    let mut app = App::busy();
    let prompt = app.with_view(|view| Prompt::new(question, view));
    app.panels.prompt = Some(prompt);
    window(app)
}

fn answer(harness: &mut Harness<'_, App>, label: &str, text: &str) {
    harness.get_by_label(label).type_text(text);
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
}

#[test]
fn the_keys_are_told_and_bound_anew() {
    let mut app = App::empty();
    app.panels.keys = Some(KeyTable::default());
    let mut harness = window(app);
    harness.get_by_label("key of Undo, Ctrl+Z").click();
    harness.run();
    assert!(harness.query_by_label("key of Undo, press a key…").is_some());
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::U);
    harness.run();
    let bound = Action::BindKey { operator: "edit.undo", key: Some("Ctrl+Shift+U".to_owned()) };
    assert_eq!(harness.state().asked, [bound]);
    harness.get_by_label("key of Undo, Ctrl+Z").click();
    harness.run();
    harness.key_press(Key::Escape);
    harness.run();
    assert!(harness.state().panels.keys.is_some(), "Escape while a key is awaited leaves the key as it is");
    assert_eq!(harness.state().asked.len(), 1);
    harness.key_press(Key::Escape);
    harness.run();
    assert!(harness.state().panels.keys.is_none());
}

#[test]
fn the_palette_finds_by_name_and_by_what_is_done() {
    let found = |query: &str| palette_results(query).first().map(|operator| operator.id);
    assert_eq!(found("undo"), Some("edit.undo"));
    assert_eq!(found("tidy"), Some("arrange.tidy"));
    assert_eq!(found("source"), Some("select.upstream"));
    assert!(palette_results("no such thing at all").is_empty());
    let mut app = App::busy();
    app.panels.palette = Some(Palette::default());
    let mut harness = window(app);
    harness.get_by_label("what to do").type_text("align");
    harness.run();
    harness.key_press(Key::ArrowDown);
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().asked, [Action::Run(palette_results("align")[1].id)]);
    assert!(harness.state().panels.palette.is_none());
}

#[test]
fn a_menu_offers_what_can_be_done_with_what_was_clicked() {
    let mut app = App::busy();
    app.panels.menu = Some(Menu::new(pos2(400.0, 300.0), On::Cable));
    let mut harness = window(app);
    assert!(harness.query_by_label("Mute").is_none() || harness.query_by_label("Turn over").is_some());
    harness.get_by_label("Turn over").click();
    harness.run();
    assert_eq!(harness.state().asked, [Action::Run("cable.invert")]);
    assert!(harness.state().panels.menu.is_none());
}

#[test]
fn a_value_is_typed_with_its_unit_and_rubbish_is_answered() {
    let mut harness = asking(Question::Value(PortRef::new("filter", "cutoff_hz")));
    answer(&mut harness, "cutoff of Ladder, answer", "loud");
    assert!(harness.state().panels.prompt.is_some());
    assert!(harness.query_by_label_contains("is not a value here").is_some());
    harness.key_press(Key::Escape);
    harness.run();
    let mut harness = asking(Question::Value(PortRef::new("filter", "cutoff_hz")));
    answer(&mut harness, "cutoff of Ladder, answer", "440 Hz");
    assert_eq!(harness.state().param("filter", "cutoff_hz"), Some(440.0));
}

#[test]
fn names_and_amounts_are_asked_for() {
    let mut harness = asking(Question::Name(ModuleId::from("filter")));
    answer(&mut harness, "Name, answer", "Warm");
    assert_eq!(harness.state().patch.modules["filter"].name.as_deref(), Some("Warm"));
    let mut harness = asking(Question::Amount("kick.out -> comp.key".parse().expect("a cable")));
    answer(&mut harness, "Amount of the cable, answer", "-6 dB");
    let amount = harness.state().patch.cables[&crate::bench::cable("kick.out -> comp.key")].amount;
    assert!((amount - 0.501).abs() < 0.001, "{amount}");
    let mut harness = asking(Question::Keep(vec![ModuleId::from("filter")]));
    answer(&mut harness, "Keep this as a module named, answer", "Dark");
    assert_eq!(harness.state().asked, [Action::SaveModule { modules: vec![ModuleId::from("filter")], name: "Dark".to_owned() }]);
}

#[test]
fn modules_of_ones_own_are_found_in_the_search_and_a_swap_offers_others() {
    let mut app = App::busy();
    app.panels.open_search(pos2(500.0, 300.0), None);
    let mut harness = window(app);
    harness.get_by_label("add a module").type_text("my drum");
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    let added = Action::AddSaved { path: "my_drum.ron".into(), at: Some([500.0, 300.0]) };
    assert_eq!(harness.state().asked, [added]);
    let mut app = App::busy();
    app.panels.open_swap(pos2(500.0, 300.0), ModuleId::from("comp"));
    let mut harness = window(app);
    harness.get_by_label("add a module").type_text("ladder");
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().asked, [Action::Swap { module: ModuleId::from("comp"), kind: "filter.ladder" }]);
}

#[test]
fn the_path_leads_out_of_a_group() {
    let mut app = App::busy();
    for (name, ids) in [("Inner", vec!["saw"]), ("Outer", vec!["inner", "filter"])] {
        let ids: Vec<ModuleId> = ids.into_iter().map(ModuleId::from).collect();
        let (edit, id) = app.patch.make_group(&ids, name, None).expect("groups");
        app.patch.apply(edit).expect("fits");
        app.level = Some(id);
    }
    app.level = Some("inner".into());
    let mut harness = window(app);
    assert!(harness.query_by_label("Inner").is_some());
    harness.get_by_label("back to Outer").click();
    harness.run();
    harness.get_by_label("back to Pumping Bass").click();
    harness.run();
    assert_eq!(harness.state().asked, [Action::Enter(Some("outer".into())), Action::Enter(None)]);
}

#[test]
fn the_history_shows_its_branches() {
    let mut app = App::busy();
    for name in ["One", "Two"] {
        app.history.apply(&mut app.patch, name, Edit::SetPatchName(name.into()), None).expect("applies");
    }
    app.history.undo(&mut app.patch).expect("undoes");
    app.history.apply(&mut app.patch, "Three", Edit::SetPatchName("Three".into()), None).expect("applies");
    app.panels.history_open = true;
    let mut harness = window(app);
    harness.get_by_label("Two").click();
    harness.run();
    assert_eq!(harness.state().patch.name, "Two");
    harness.get_by_label("Three").click();
    harness.run();
    assert_eq!(harness.state().patch.name, "Three");
}

#[test]
fn a_sub_patch_is_named_and_its_knobs_are_taken_off_its_box() {
    let mut app = App::busy();
    let (edit, id) = app.patch.make_group(&[ModuleId::from("saw"), ModuleId::from("filter")], "Voice", None).expect("groups");
    app.patch.apply(edit).expect("fits");
    let mut group = app.patch.groups[&id].clone();
    group.knobs = vec![PortRef::new("filter", "cutoff_hz")];
    app.patch.apply(Edit::SetGroup { id: id.clone(), group: Some(Box::new(group)) }).expect("fits");
    let mut harness = window(app.selecting(&[id.as_str()]));
    assert!(harness.query_by_label("Ladder cutoff").is_some());
    harness.get_by_label("hide filter.cutoff_hz").click();
    harness.run();
    assert!(harness.state().patch.groups[&id].knobs.is_empty());
    harness.get_by_label("sub-patch name").click();
    harness.run();
    harness.get_by_label("sub-patch name").type_text("Lead");
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().patch.groups[&id].name, "Lead");
    harness.get_by_label("Look inside").click();
    harness.run();
    assert_eq!(harness.state().asked.last(), Some(&Action::Run("group.enter")));
}
