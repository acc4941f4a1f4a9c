//! Every command with its flags, its JSON and its exit codes.

use crate::program::{Place, SINE, keys};
use patchlight_modules::LIBRARY;

#[test]
fn help_names_every_command() {
    let place = Place::new();
    let help = place.ok(&["--help"]).stdout;
    for command in ["render", "check", "play", "modules", "explain", "screenshot", "devices"] {
        assert!(help.contains(&format!("\n  {command} ")), "{command} is in:\n{help}");
        place.ok(&[command, "--help"]);
    }
    assert!(place.ok(&["--version"]).stdout.starts_with("patchlight "));
    place.fails(2, &["--sing"], &["--sing"]);
}

#[test]
fn check_has_an_exit_code_for_scripts() {
    let place = Place::with("sine.ron", SINE);
    place.write("bad.ron", SINE.replace("osc.analog", "osc.none"));
    assert!(place.ok(&["check", "sine.ron"]).stdout.contains("sine.ron: ok"));
    let ran = place.run(&["check", "sine.ron", "bad.ron", "none.ron", "--json"]);
    assert_eq!(ran.code, 1);
    let checked: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(keys(&checked[0]), ["diagnostics", "ok", "patch"]);
    assert_eq!(
        (checked[0]["ok"].as_bool(), checked[1]["ok"].as_bool(), checked[2]["ok"].as_bool()),
        (Some(true), Some(false), Some(false))
    );
    let diagnostic = &checked[1]["diagnostics"][0];
    assert_eq!(keys(diagnostic), ["cable", "help", "kind", "message", "module", "port", "severity"]);
    assert_eq!(
        (&diagnostic["severity"], &diagnostic["kind"], &diagnostic["module"]),
        (&"error".into(), &"unknown_kind".into(), &"osc".into())
    );
    assert!(checked[2]["error"].as_str().unwrap().contains("none.ron"));
    place.fails(2, &["check"], &["required"]);
}

#[test]
fn modules_is_the_whole_catalogue() {
    let place = Place::new();
    let listed = place.json(&["modules", "--json"]);
    let ids: Vec<&str> = listed.as_array().unwrap().iter().map(|module| module["id"].as_str().unwrap()).collect();
    let expected: Vec<&str> = LIBRARY.specs().iter().map(|spec| spec.id).collect();
    assert_eq!(ids, expected);
    assert!(ids.len() >= 34);
    for module in listed.as_array().unwrap() {
        for key in ["about", "family", "id", "inputs", "name", "outputs", "params"] {
            assert!(!module[key].is_null(), "{} has {key}", module["id"]);
        }
        for param in module["params"].as_array().unwrap() {
            let value = |key: &str| param[key].as_f64().unwrap();
            assert!(value("min") <= value("default") && value("default") <= value("max") && param["unit"].is_string(), "{param}");
        }
    }
    let text = place.ok(&["modules"]).stdout;
    assert_eq!(text.lines().count(), ids.len());
}

#[test]
fn explain_says_order_loops_and_what_is_left_out() {
    let patch = SINE
        .replace(
            "\"out\":",
            "\"vca\": (kind: \"amp.vca\", at: (100, 0)),\n        \"idle\": (kind: \"osc.noise\", at: (0, 400)),\n        \"out\":",
        )
        .replace(
            "\"osc.out -> out.in\": (amount: 0.5)",
            "\"osc.out -> vca.in\": (amount: 0.5),\n        \"vca.out -> vca.in\": (amount: 0.5),\n        \"vca.out -> out.in\": ()",
        );
    let place = Place::with("loop.ron", &patch);
    let explained = place.json(&["explain", "loop.ron", "--json"]);
    let order: Vec<&str> = explained["order"].as_array().unwrap().iter().map(|module| module["id"].as_str().unwrap()).collect();
    assert_eq!(order, ["osc", "vca", "out"]);
    assert_eq!(explained["loops"][0]["closing"][0], "vca.out -> vca.in");
    assert_eq!(explained["not_run"][0]["id"], "idle");
    assert!(explained["memory_bytes"].as_u64().unwrap() > 0 && explained["lanes"].as_u64().unwrap() > 0);
    let text = place.ok(&["explain", "loop.ron"]).stdout;
    assert!(text.contains("vca.out -> vca.in") && text.contains("idle"), "{text}");
    place.fails(1, &["explain", "none.ron"], &["none.ron"]);
}

#[test]
fn devices_is_told_even_where_there_are_none() {
    let place = Place::new();
    let listed = place.json(&["devices", "--json"]);
    assert_eq!(keys(&listed), ["audio", "midi_inputs", "midi_outputs", "midi_unavailable"]);
    assert!(!place.ok(&["devices"]).stdout.is_empty());
}

#[test]
fn play_runs_for_as_long_as_it_is_told() {
    let place = Place::with("sine.ron", SINE);
    let report = place.json(&["play", "sine.ron", "--device", "null", "--seconds", "1", "--json"]);
    for key in ["device", "load", "seconds", "xruns"] {
        assert!(!report[key].is_null(), "{report} has {key}");
    }
    let seconds = report["seconds"].as_f64().unwrap();
    assert!((0.5..1.5).contains(&seconds), "about a second was rendered: {seconds}");
    place.fails(1, &["play", "none.ron", "--device", "null"], &["none.ron"]);
}

#[test]
fn without_a_display_it_names_what_works() {
    let place = Place::with("sine.ron", SINE);
    place.fails(1, &["sine.ron"], &["no display", "patchlight render", "patchlight screenshot"]);
    place.fails(1, &[], &["no display", "patchlight render"]);
}

#[test]
fn a_screenshot_is_a_picture_of_the_size_asked_for() {
    let place = Place::with("sine.ron", SINE);
    place.ok(&["screenshot", "sine.ron", "-o", "sine.png", "--size", "640x400", "--seconds", "0.5"]);
    let picture = place.read("sine.png");
    assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n"), "a PNG file");
    let side = |at: usize| u32::from_be_bytes(picture[at..at + 4].try_into().unwrap());
    assert_eq!((side(16), side(20)), (640, 400));
    // One colour packs into some hundred bytes; modules, cables and words do not.
    assert!(picture.len() > 8_000, "there is something on it: {} bytes", picture.len());
    for size in ["640", "0x0", "640x", "99999x99999"] {
        place.fails(2, &["screenshot", "sine.ron", "-o", "no.png", "--size", size], &["--size", "WIDTHxHEIGHT"]);
    }
    assert_eq!(place.names(), ["sine.png", "sine.ron"]);
}
