//! The grid of a pattern, and its text.

use crate::bench::{App, window};
use egui::{Key, vec2};
use egui_kittest::kittest::Queryable;

fn pattern(app: &App) -> &str {
    &app.patch.modules["seq"].data["pattern"]
}

#[test]
fn a_click_plays_or_rests_a_step() {
    let mut harness = window(App::busy().selecting(&["seq"]));
    harness.get_by_label("step 2, rest").click();
    harness.run();
    assert_eq!(pattern(harness.state()), "C2 C2 Eb2! _ G2*2 C3?50 . .");
    harness.get_by_label("step 1, C2").click();
    harness.run();
    assert_eq!(pattern(harness.state()), ". C2 Eb2! _ G2*2 C3?50 . .");
}

#[test]
fn dragging_a_step_changes_its_pitch_and_keeps_its_marks() {
    let mut harness = window(App::busy().selecting(&["seq"]));
    let start = harness.get_by_label("step 3, Eb2!").rect().center();
    harness.drag_at(start);
    harness.run();
    for step in 1..=4 {
        harness.hover_at(start - vec2(0.0, 5.0 * step as f32));
        harness.run();
    }
    harness.drop_at(start - vec2(0.0, 20.0));
    harness.run();
    assert_eq!(pattern(harness.state()), "C2 . Ab2! _ G2*2 C3?50 . .");
    assert_eq!(harness.state().history.entries().len(), 1, "a drag is one entry");
}

#[test]
fn arrow_keys_change_the_pitch() {
    let mut harness = window(App::busy().selecting(&["seq"]));
    harness.get_by_label("step 1, C2").focus();
    harness.run();
    harness.key_press(Key::ArrowUp);
    harness.run();
    assert!(pattern(harness.state()).starts_with("C#2 . Eb2!"));
}

#[test]
fn the_menu_sets_holds_repeats_and_chance() {
    let mut harness = window(App::busy().selecting(&["seq"]));
    harness.get_by_label("step 1, C2").click_secondary();
    harness.run();
    harness.get_by_label("×3").click();
    harness.run();
    assert!(pattern(harness.state()).starts_with("C2*3 . "));
    harness.get_by_label("step 2, rest").click_secondary();
    harness.run();
    harness.get_by_label("Hold the step before").click();
    harness.run();
    assert!(pattern(harness.state()).starts_with("C2*3 _ "));
}

#[test]
fn steps_are_added_and_taken_off() {
    let mut harness = window(App::busy().selecting(&["seq"]));
    harness.get_by_label("more steps").click();
    harness.run();
    assert!(harness.query_by_label("step 9, rest").is_some());
    harness.get_by_label("fewer steps").click();
    harness.run();
    assert!(harness.query_by_label("step 9, rest").is_none());
}

#[test]
fn text_that_is_no_pattern_is_named_word_by_word() {
    let mut app = App::busy().selecting(&["seq"]);
    app.patch.modules["seq"].data.insert("pattern".into(), "C2 . H9".into());
    let harness = window(app);
    assert!(harness.query_by_label_contains("step 3: `H9` is not a step").is_some());
}
