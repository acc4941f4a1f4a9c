//! Undo, saving, the transport, the tempo, the meter and the device.

use crate::bench::{App, window};
use egui::Key;
use egui_kittest::kittest::{NodeT, Queryable};
use patchlight_operators::Action;
use patchlight_patch::Edit;

#[test]
fn undo_is_off_until_there_is_something_to_undo() {
    let mut harness = window(App::busy());
    assert!(harness.get_by_label("undo").accesskit_node().is_disabled());
    let app = harness.state_mut();
    app.history.apply(&mut app.patch, "Name it", Edit::SetPatchName("Other".into()), None).expect("applies");
    harness.run();
    assert!(!harness.get_by_label("undo").accesskit_node().is_disabled());
    assert!(harness.get_by_label("redo").accesskit_node().is_disabled());
    assert!(harness.query_by_label("not saved").is_some());
    harness.get_by_label("undo").click();
    harness.run();
    assert_eq!(harness.state().patch.name, "Pumping Bass");
    assert!(!harness.get_by_label("redo").accesskit_node().is_disabled());
}

#[test]
fn the_clip_light_is_reset_by_a_click() {
    let mut harness = window(App { clipped_frames: 3, ..App::busy() });
    harness.get_by_label("clipped, 3 frames").click();
    harness.run();
    assert_eq!(harness.state().asked, [Action::ResetClip]);
    assert!(harness.query_by_label("no clip").is_some());
}

#[test]
fn play_becomes_stop() {
    let mut harness = window(App::busy());
    harness.get_by_label("play").click();
    harness.run();
    harness.get_by_label("stop").click();
    harness.get_by_label("rewind").click();
    harness.get_by_label("panic").click();
    harness.run();
    assert_eq!(harness.state().asked, ["transport.play", "transport.play", "transport.rewind", "transport.panic"].map(Action::Run));
}

#[test]
fn the_tempo_is_typed_into_the_module_that_leads() {
    let mut harness = window(App::busy());
    harness.get_by_label("tempo in BPM").click();
    harness.run();
    harness.get_by_label("tempo in BPM").type_text("140");
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().param("clock", "tempo_bpm"), Some(140.0));
}

#[test]
fn without_a_transport_the_tempo_is_off() {
    let harness = window(App::empty());
    assert!(harness.get_by_label("tempo in BPM").accesskit_node().is_disabled());
}

#[test]
fn buttons_call_operators_and_tell_their_keys() {
    let mut app = App::busy();
    app.keymap = app.keymap.bound("file.save", Some("F6".parse().expect("a key")));
    let mut harness = window(app);
    harness.get_by_label("save").click();
    harness.run();
    harness.get_by_label("zoom to fit").click();
    harness.run();
    harness.get_by_label("history").click();
    harness.run();
    assert_eq!(harness.state().asked, ["file.save", "view.fit", "panel.history"].map(Action::Run));
}

#[test]
fn the_patch_is_named_in_the_bar() {
    let mut harness = window(App::busy());
    harness.get_by_label("patch name").click();
    harness.run();
    harness.get_by_label("patch name").type_text("Ducked");
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().patch.name, "Ducked");
}

#[test]
fn the_device_says_how_it_is_and_can_be_changed() {
    let mut harness = window(App { load: 0.9, ..App::busy() });
    harness.get_by_label("device Speakers is near its limit").click();
    harness.run();
    harness.get_by_label("Headphones").click();
    harness.run();
    assert_eq!(harness.state().asked, [Action::SelectDevice(Some("Headphones".into()))]);
    let harness = window(App { silent_why: Some("The device is unplugged."), ..App::busy() });
    assert!(harness.query_by_label("device Speakers is silent").is_some());
    assert!(harness.query_by_label("The device is unplugged.").is_some(), "the reason stands in the bar");
}
