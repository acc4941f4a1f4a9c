//! Parameters, modulations, names, switches, cables and gain staging.

use crate::bench::{App, cable, window};
use egui::{Key, Modifiers, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use patchlight_core::ModuleId;
use patchlight_operators::Action;
use patchlight_panels::{amount_from_text, amount_text, gain_stages};
use patchlight_patch::{CableColor, Edit};

fn type_into(harness: &mut Harness<'_, App>, label: &str, text: &str) {
    harness.get_by_label(label).click();
    harness.run();
    harness.get_by_label(label).type_text(text);
    harness.key_press(Key::Enter);
    harness.run();
}

#[test]
fn dragging_a_slider_sets_the_parameter_as_one_gesture() {
    let mut harness = window(App::busy().selecting(&["filter"]));
    let rect = harness.get_by_label("Ladder, cutoff, 1.00 kHz").rect();
    harness.drag_at(rect.center());
    harness.run();
    for step in 1..=4 {
        harness.hover_at(rect.center() + vec2(10.0 * step as f32, 0.0));
        harness.run();
    }
    harness.drop_at(rect.center() + vec2(40.0, 0.0));
    harness.run();
    let app = harness.state();
    let cutoff_hz = app.param("filter", "cutoff_hz").expect("it was set");
    // The slider is logarithmic: three decades over its width.
    let expected_hz = 1_000.0 * 1000_f32.powf(40.0 / rect.width());
    assert!((cutoff_hz / expected_hz - 1.0).abs() < 0.02, "{cutoff_hz} Hz, expected {expected_hz} Hz");
    assert!(app.asked.len() > 1, "it moves while the hand does");
    assert_eq!(app.history.entries().len(), 1, "a drag is one entry");
    assert_eq!(app.history.undo_name(), Some("Set cutoff of Ladder"));
}

#[test]
fn a_double_click_resets() {
    let mut app = App::busy().selecting(&["filter"]);
    app.patch.modules["filter"].params.insert("resonance".into(), 0.9);
    let mut harness = window(app);
    let rect = harness.get_by_label("Ladder, resonance, 90 %").rect();
    for _ in 0..2 {
        harness.drag_at(rect.center());
        harness.drop_at(rect.center());
    }
    harness.run();
    assert_eq!(harness.state().param("filter", "resonance"), None);
}

#[test]
fn arrow_keys_move_a_slider_that_has_the_keys() {
    let mut harness = window(App::busy().selecting(&["filter"]));
    harness.get_by_label("Ladder, resonance, 20 %").focus();
    harness.run();
    harness.key_press(Key::ArrowRight);
    harness.run();
    harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowRight);
    harness.run();
    let resonance = harness.state().param("filter", "resonance").expect("it was set");
    assert!((resonance - 0.211).abs() < 1e-4, "{resonance}");
}

#[test]
fn a_typed_value_counts_with_its_unit() {
    let mut harness = window(App::busy().selecting(&["filter"]));
    type_into(&mut harness, "Ladder, cutoff, value", "440 Hz");
    assert_eq!(harness.state().param("filter", "cutoff_hz"), Some(440.0));
    assert!(harness.query_by_label("Ladder, cutoff, 440 Hz").is_some());
}

#[test]
fn rubbish_is_answered_in_words_and_changes_nothing() {
    let mut harness = window(App::busy().selecting(&["filter"]));
    type_into(&mut harness, "Ladder, cutoff, value", "loud");
    assert_eq!(harness.state().asked, []);
    let said = "`loud` is not a value here: type a number from 20.0 Hz to 20.0 kHz";
    assert!(harness.query_by_label(said).is_some());
    type_into(&mut harness, "Ladder, cutoff, value", "2k");
    assert!(harness.query_by_label(said).is_none());
    assert_eq!(harness.state().param("filter", "cutoff_hz"), Some(2_000.0));
}

#[test]
fn escape_takes_back_what_is_typed() {
    let mut harness = window(App::busy().selecting(&["filter"]));
    harness.get_by_label("Ladder, cutoff, value").click();
    harness.run();
    harness.get_by_label("Ladder, cutoff, value").type_text("440 Hz");
    harness.key_press(Key::Escape);
    harness.run();
    assert_eq!(harness.state().asked, []);
    assert_eq!(harness.get_by_label("Ladder, cutoff, value").value().as_deref(), Some("1.00 kHz"));
}

#[test]
fn toggles_and_choices_are_set() {
    let mut harness = window(App::busy().selecting(&["filter"]));
    harness.get_by_label("Ladder, oversample, off").click();
    harness.run();
    assert_eq!(harness.state().param("filter", "oversample"), Some(1.0));
    harness.get_by_label("Ladder, slope, 24 dB").click();
    harness.run();
    harness.get_by_label("12 dB").click();
    harness.run();
    assert_eq!(harness.state().param("filter", "slope"), Some(0.0));
}

#[test]
fn hidden_parameters_are_there_too() {
    let harness = window(App::busy().selecting(&["filter"]));
    assert!(harness.query_by_label("Ladder, glide, 10.0 ms").is_some());
}

#[test]
fn a_modulation_has_an_amount_a_switch_and_an_end() {
    let mut harness = window(App::busy().selecting(&["filter"]));
    let lfo = cable("lfo.out -> filter.cutoff_hz");
    type_into(&mut harness, "amount of lfo.out -> filter.cutoff_hz, value", "-1.5 oct");
    assert_eq!(harness.state().patch.cables[&lfo].amount, -1.5);
    harness.get_by_label("cable from LFO out, on").click();
    harness.run();
    assert!(!harness.state().patch.cables[&lfo].on);
    harness.get_by_label("unplug LFO out").click();
    harness.run();
    assert!(!harness.state().patch.cables.contains_key(&lfo));
}

#[test]
fn a_module_is_renamed_bypassed_muted_and_deleted() {
    let mut harness = window(App::busy().selecting(&["filter"]));
    type_into(&mut harness, "module name", "Growl");
    assert_eq!(harness.state().patch.modules["filter"].name.as_deref(), Some("Growl"));
    harness.get_by_label("Growl, bypass").click();
    harness.get_by_label("Growl, mute").click();
    harness.run();
    let filter = &harness.state().patch.modules["filter"];
    assert!(filter.bypassed && filter.muted);
    type_into(&mut harness, "module name", "Ladder");
    assert_eq!(harness.state().patch.modules["filter"].name, None, "its own name needs no other");
    harness.get_by_label("delete module").click();
    harness.run();
    let patch = &harness.state().patch;
    assert!(patch.module("filter").is_none());
    assert!(patch.cables.contains_key(&cable("saw.out -> comp.in")), "the cable heals");
}

#[test]
fn a_cable_has_an_amount_in_decibels_a_switch_and_a_colour() {
    let id = "kick.out -> comp.key";
    let mut harness = window(App::busy().selecting_cable(id));
    type_into(&mut harness, "amount of kick.out -> comp.key, value", "-12 dB");
    let amount = harness.state().patch.cables[&cable(id)].amount;
    assert!((amount - 0.251_19).abs() < 1e-4, "{amount}");
    harness.get_by_label("cable, on").click();
    harness.get_by_label("cable, closes a loop").click();
    harness.run();
    harness.get_by_label("colour #7ee787").click();
    harness.run();
    let plugged = &harness.state().patch.cables[&cable(id)];
    assert!(!plugged.on && plugged.closes_loop);
    assert_eq!(plugged.color, Some(CableColor([0x7e, 0xe7, 0x87])));
    type_into(&mut harness, "cable colour", "red");
    assert!(harness.query_by_label_contains("`red` is not a colour").is_some());
}

#[test]
fn amounts_are_said_and_typed_in_the_unit_of_where_they_end() {
    let app = App::busy();
    let library = crate::bench::LIBRARY;
    for (end, amount, text) in [
        ("filter.cutoff_hz", 0.8, "+0.80 oct"),
        ("filter.resonance", -0.4, "−40 %"),
        ("filter.slope", 1.0, "+1.0"),
        ("comp.threshold_db", 0.25, "+6.00 dB"),
        ("comp.in", 0.0, "−∞ dB"),
        ("saw.pitch", 0.5, "× 0.50"),
    ] {
        let end = end.parse().expect("a port");
        assert_eq!(amount_text(&app.patch, &library, &end, amount), text);
        let back = amount_from_text(&app.patch, &library, &end, text).expect("what is said can be typed");
        assert!((back - amount).abs() < 1e-3, "{text}: {back}");
    }
    let end = "comp.in".parse().expect("a port");
    let halved = amount_from_text(&app.patch, &library, &end, "inverted −6.0 dB").expect("an amount");
    assert!((halved + 0.501_19).abs() < 1e-4, "{halved}");
    let error = amount_from_text(&app.patch, &library, &end, "3 oct").expect_err("no octaves in a level");
    assert!(error.contains("-6 dB"), "{error}");
}

#[test]
fn gain_staging_goes_from_the_source_to_the_output_and_marks_the_hottest() {
    let app = App::busy();
    let stages = app.with_view(gain_stages);
    let told: Vec<(&str, f32, bool)> = stages.iter().map(|stage| (stage.label.as_str(), stage.peak_db, stage.hottest)).collect();
    // The kick is wired to nothing before it, so it comes as the file has it.
    assert_eq!(
        told,
        [("Player", -2.0, true), ("Saw", -9.6, false), ("Ladder", -11.2, false), ("Compressor", -14.8, false), ("Output", -3.1, false)]
    );
    let mut harness = window(app);
    harness.get_by_label("Player, peak −2.0 dB, the hottest").click();
    harness.run();
    assert_eq!(harness.state().asked, [Action::Select(ModuleId::from("kick"))]);
}

#[test]
fn several_modules_are_muted_together() {
    let mut harness = window(App::busy().selecting(&["saw", "filter"]));
    assert!(harness.query_by_label("2 modules").is_some());
    harness.get_by_label("Mute all").click();
    harness.run();
    let patch = &harness.state().patch;
    assert!(patch.modules["saw"].muted && patch.modules["filter"].muted && !patch.modules["comp"].muted);
    assert_eq!(harness.state().history.entries().len(), 1);
}

#[test]
fn an_unknown_module_is_explained() {
    let harness = window(App::busy().selecting(&["odd"]));
    assert!(harness.query_by_label_contains("no module of kind fx.from_the_future").is_some());
}

#[test]
fn the_patch_is_described() {
    let mut harness = window(App::busy());
    type_into(&mut harness, "tags", "bass, pump");
    assert_eq!(harness.state().patch.tags, ["bass", "pump"]);
    let asked = &harness.state().asked;
    assert!(matches!(&asked[..], [Action::Edit { edit: Edit::SetPatchTags(_), .. }]), "{asked:?}");
    type_into(&mut harness, "author", "Ada");
    assert_eq!(harness.state().patch.author.as_deref(), Some("Ada"));
}
