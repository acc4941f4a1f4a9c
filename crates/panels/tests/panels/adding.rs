//! Adding modules: the browser and the search at the cursor.

use crate::bench::{App, LIBRARY, window};
use egui::{Key, pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use patchlight_core::{ModuleId, PortRef, SignalKind};
use patchlight_operators::{Action, WireTo};
use patchlight_panels::{LooseEnd, search_results};

fn browsing() -> Harness<'static, App> {
    let mut app = App::empty();
    app.panels.browser_open = true;
    window(app)
}

fn searching(loose: Option<LooseEnd>) -> Harness<'static, App> {
    let mut app = App::busy();
    app.panels.open_search(pos2(500.0, 300.0), loose);
    window(app)
}

fn loose(port: &str, kind: SignalKind, is_output: bool) -> LooseEnd {
    LooseEnd { port: port.parse::<PortRef>().expect("a port"), kind, is_output }
}

fn added(kind: &'static str) -> Action {
    Action::AddModule { kind, at: None, wire: None }
}

#[test]
fn the_browser_adds_what_is_clicked() {
    let mut harness = browsing();
    assert!(harness.query_by_label_contains("Oscillators").is_some());
    harness.get_by_label("add Ladder").click();
    harness.run();
    assert_eq!(harness.state().asked, [added("filter.ladder")]);
}

#[test]
fn the_browser_finds_by_what_a_module_does() {
    let mut harness = browsing();
    harness.get_by_label("search modules").click();
    harness.run();
    harness.get_by_label("search modules").type_text("wobble");
    harness.run();
    assert!(harness.query_by_label("add LFO").is_some());
    assert!(harness.query_by_label("add Ladder").is_none());
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().asked, [added("mod.lfo")]);
}

#[test]
fn a_module_dragged_out_of_the_browser_lands_where_it_is_dropped() {
    let mut harness = browsing();
    let start = harness.get_by_label("add Saw").rect().center();
    harness.drag_at(start);
    harness.run();
    for pos in [pos2(400.0, 300.0), pos2(700.0, 500.0)] {
        harness.hover_at(pos);
        harness.run();
    }
    harness.drop_at(pos2(700.0, 500.0));
    harness.run();
    assert_eq!(harness.state().asked, [Action::AddModule { kind: "osc.saw", at: Some([700.0, 500.0]), wire: None }]);
}

#[test]
fn enter_in_the_search_adds_the_best() {
    let mut harness = searching(None);
    harness.get_by_label("add a module").type_text("make it wobble");
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().asked, [Action::AddModule { kind: "mod.lfo", at: Some([500.0, 300.0]), wire: None }]);
    assert!(harness.state().panels.search.is_none(), "it closes");
}

#[test]
fn arrow_keys_choose_another_let_it_be_heard_and_escape_leaves() {
    let mut harness = searching(None);
    harness.key_press(Key::ArrowDown);
    harness.run();
    harness.key_press(Key::ArrowDown);
    harness.run();
    harness.key_press(Key::ArrowUp);
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    let added = Action::AddModule { kind: "osc.saw", at: Some([500.0, 300.0]), wire: None };
    let heard = |kind: &'static str| Action::Preview(Some(kind));
    assert_eq!(harness.state().asked, [heard("osc.saw"), heard("sample.player"), heard("osc.saw"), added, Action::Preview(None)]);

    let mut harness = searching(None);
    harness.key_press(Key::Escape);
    harness.run();
    assert!(harness.state().asked.is_empty() && harness.state().panels.search.is_none());

    // What is typed is not what was heard.
    let mut harness = searching(None);
    harness.key_press(Key::ArrowDown);
    harness.run();
    harness.event(egui::Event::Text("lfo".to_owned()));
    harness.run();
    assert_eq!(harness.state().asked, [heard("osc.saw"), Action::Preview(None)]);
}

#[test]
fn a_dropped_cable_is_offered_what_fits_and_is_wired() {
    let mut harness = searching(Some(loose("saw.out", SignalKind::Audio, true)));
    assert!(harness.query_by_label("Ladder, Saw out → in").is_some());
    assert!(harness.query_by_label_contains("LFO,").is_none(), "it has no audio input");
    harness.get_by_label("Ladder, Saw out → in").click();
    harness.run();
    let [Action::AddModule { kind: "filter.ladder", wire: Some(wire), .. }] = harness.state().asked.as_slice() else {
        panic!("{:?}", harness.state().asked);
    };
    assert_eq!(wire.cable(&ModuleId::from("ladder")).to_string(), "saw.out -> ladder.in");
}

#[test]
fn cables_that_hang_the_other_way_are_offered_outputs() {
    let end = loose("comp.key", SignalKind::Audio, false);
    let found = search_results(&LIBRARY, "", Some(&end));
    let names: Vec<&str> = found.iter().map(|found| found.spec.name).collect();
    assert_eq!(names, ["Saw", "Player", "Ladder", "Compressor"]);
    let wire = WireTo { loose: end.port, loose_is_output: false, port: "out".into() };
    assert_eq!(wire.cable(&ModuleId::from("saw")).to_string(), "saw.out -> comp.key");
}

#[test]
fn a_modulation_fits_parameters_and_a_kind_that_nobody_takes_converts() {
    let control = loose("lfo.out", SignalKind::Control, true);
    let found = search_results(&LIBRARY, "ladder", Some(&control));
    assert_eq!(found.iter().map(|found| found.port).collect::<Vec<_>>(), [Some("cutoff_hz")]);
    let gate = loose("seq.gate", SignalKind::Gate, true);
    let found = search_results(&LIBRARY, "ladder", Some(&gate));
    assert_eq!(found.iter().map(|found| found.kind).collect::<Vec<_>>(), [Some(SignalKind::Audio)], "it converts");
    let found = search_results(&LIBRARY, "", Some(&gate));
    assert!(found.iter().all(|found| found.kind == Some(SignalKind::Gate)), "those that fit are enough");
}
