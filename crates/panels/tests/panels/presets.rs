//! Presets, settings by chance, reference pages and tunings.

use crate::bench::{App, window};
use egui_kittest::kittest::Queryable;
use patchlight_core::ModuleId;
use patchlight_operators::Action;
use patchlight_patch::{Edit, Module};

#[test]
fn a_preset_sets_all_parameters_as_one_entry() {
    let mut app = App::busy().selecting(&["filter"]);
    app.patch.modules["filter"].params.insert("slope".into(), 0.0);
    let mut harness = window(app);
    harness.get_by_label("presets").click();
    harness.run();
    harness.get_by_label("Dark bass").click();
    harness.run();
    let app = harness.state();
    assert_eq!((app.param("filter", "cutoff_hz"), app.param("filter", "resonance")), (Some(200.0), Some(0.5)));
    assert_eq!(app.param("filter", "slope"), None, "what a preset does not name is at its default");
    assert_eq!(app.history.undo_name(), Some("Preset Dark bass"));
    assert_eq!(app.history.entries().len(), 1);
}

#[test]
fn chance_leaves_what_is_locked_alone() {
    let mut app = App::busy().selecting(&["filter"]);
    app.panels.chance.amount = 1.0;
    app.panels.chance.locked.insert((ModuleId::new("filter"), "cutoff_hz"));
    let mut harness = window(app);
    for _ in 0..4 {
        harness.get_by_label("randomize").click();
        harness.run();
    }
    let app = harness.state();
    assert_eq!(app.param("filter", "cutoff_hz"), None, "it is locked");
    assert!(app.param("filter", "resonance").is_some());
    assert_eq!(app.history.entries().len(), 4);
}

#[test]
fn saving_a_preset_asks_for_it_with_its_tags() {
    let mut harness = window(App::busy().selecting(&["filter"]));
    harness.get_by_label("presets").click();
    harness.run();
    harness.get_by_label("preset name").focus();
    harness.run();
    harness.get_by_label("preset name").type_text("Night bass #Dark #bass");
    harness.run();
    harness.get_by_label("Save").click();
    harness.run();
    let wanted = Action::SavePreset {
        module: ModuleId::new("filter"),
        name: "Night bass".to_owned(),
        tags: vec!["dark".to_owned(), "bass".to_owned()],
    };
    assert_eq!(harness.state().asked.last(), Some(&wanted));
}

#[test]
fn the_reference_page_opens_from_the_module_and_offers_to_try_it() {
    let mut harness = window(App::busy().selecting(&["filter"]));
    harness.get_by_label("reference page").click();
    harness.run();
    assert!(harness.query_by_label("cutoff_hz").is_some() && harness.query_by_label_contains("Dark bass").is_some());
    assert!(harness.query_by_label("0 cents").is_some() && harness.query_all_by_label("A picture").count() > 0);
    harness.get_by_label("Try it").click();
    harness.run();
    assert_eq!(harness.state().asked.last(), Some(&Action::Try("filter.ladder")));
    assert!(harness.query_by_label("Try it").is_none(), "it closes");
}

#[test]
fn a_scale_is_typed_and_what_is_wrong_with_it_is_said() {
    let mut app = App::busy();
    app.patch.modules.insert(ModuleId::new("tuning"), Module::new("note.tuning", [0.0, 0.0]).with_data("scale", "9/8 high"));
    let mut harness = window(app.selecting(&["tuning"]));
    harness.run();
    assert!(harness.query_by_label_contains("`high` is no note").is_some());
    harness.get_by_label("clear scale").click();
    harness.run();
    let cleared = Edit::SetData { module: ModuleId::new("tuning"), field: "scale".to_owned(), text: None };
    assert!(harness.state().asked.iter().any(|action| matches!(action, Action::Edit { edit, .. } if *edit == cleared)));
}
