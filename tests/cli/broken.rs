//! Broken files: what is wrong and where in one line, no panic, and nothing that was there is lost.

use crate::program::{Place, SINE};
use patchlight_modules::LIBRARY;
use patchlight_patch::{Edit, read_patch, save_patch, write_patch};

/// From a version that knows more: everything strange in it has to survive.
const NEWER: &str = r#"(
    patchlight: 1,
    name: "Newer",
    mood: Dusk(lamp: [1, 2.50, "three"]),
    modules: {
        "osc": (kind: "osc.analog", at: (0, 0), params: {"wobble": 0.25, "shape": "sine"}, glow: {"a": (1, 2)}),
        "future": (kind: "fx.time_machine", at: (200, 0), params: {"year": 2085, "who": "me"}, data: {"map": "x y z"}, pilot: Some("Ada")),
        "out": (kind: "io.audio_out", at: (400, 0)),
    },
    cables: {
        "osc.out -> future.in": (amount: 0.5, braid: 3),
        "future.out -> out.in": (),
        "osc.out -> out.nowhere": (),
    },
)
"#;

#[test]
fn check_says_what_and_where() {
    let place = Place::new();
    let broken = |from: &str, to: &str| {
        assert!(SINE.contains(from), "the text that is to be broken is there");
        SINE.replace(from, to)
    };
    let cases: [(String, &[&str]); 6] = [
        (broken("osc.out -> out.in", "osc.out -> out.inn"), &["bad.ron", "osc.out -> out.inn", "no input", "in"]),
        (broken("osc.out -> out.in", "osc.sub -> out.in"), &["bad.ron", "osc.sub -> out.in", "out"]),
        (broken("osc.out -> out.in", "ghost.out -> out.in"), &["bad.ron", "ghost"]),
        (broken("osc.analog", "osc.analogue"), &["bad.ron", "osc:", "osc.analogue", "osc.analog?"]),
        (SINE[..SINE.len() / 2].to_owned(), &["bad.ron", "line"]),
        (String::new(), &["bad.ron", "empty"]),
    ];
    for (text, words) in cases {
        place.write("bad.ron", &text);
        place.fails(1, &["check", "bad.ron"], words);
        assert_eq!(place.read("bad.ron"), text.as_bytes(), "checking changes nothing");
        place.run(&["render", "bad.ron", "--seconds", "0.1", "-o", "new.wav"]);
        place.run(&["explain", "bad.ron"]);
        place.run(&["bad.ron"]);
        assert_eq!(place.read("bad.ron"), text.as_bytes());
    }
    place.write("bad.ron", [0x28, 0xff, 0xfe, 0x00]);
    place.fails(1, &["check", "bad.ron"], &["bad.ron"]);
    place.fails(1, &["check", "none.ron"], &["none.ron", "cannot open"]);
}

/// Cut anywhere, changed anywhere: an answer, never a panic.
#[test]
fn no_cut_makes_it_panic() {
    let place = Place::new();
    let cuts: Vec<String> = (0..SINE.len()).step_by(9).map(|end| format!("cut_{end}.ron")).collect();
    for (name, end) in cuts.iter().zip((0..SINE.len()).step_by(9)) {
        place.write(name, &SINE[..end]);
    }
    let names: Vec<&str> = cuts.iter().map(String::as_str).collect();
    let ran = place.run(&[&["check"], names.as_slice()].concat());
    assert_eq!(ran.code, 1);
    for name in names {
        assert!(ran.stderr.lines().any(|line| line.contains(name)), "{name} is named: {}", ran.stderr);
    }
}

#[test]
fn an_empty_sample_is_told_and_the_rest_plays() {
    let patch =
        SINE.replace("\"out\":", "\"break\": (kind: \"sample.player\", at: (0, 300), data: {\"sample\": \"amen.wav\"}),\n        \"out\":");
    let place = Place::with("break.ron", &patch);
    place.write("amen.wav", "");
    place.fails(1, &["check", "break.ron"], &["break.ron", "break.sample", "amen.wav", "0 bytes"]);
    let ran = place.ok(&["render", "break.ron", "-o", "out.wav", "--seconds", "0.5", "--json"]);
    assert!(ran.stderr.contains("amen.wav"), "the bounce says so too: {}", ran.stderr);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(report["rms_dbfs"].as_f64().unwrap() > -20.0, "the sine beside it sounds");
    std::fs::remove_file(place.path("amen.wav")).unwrap();
    place.fails(1, &["check", "break.ron"], &["break.sample", "amen.wav", "does not exist"]);
    place.write("amen.wav", "RIFF\0\0");
    place.fails(1, &["check", "break.ron"], &["break.sample", "amen.wav"]);
}

/// A bounce that cannot be made leaves what was there.
#[test]
fn nothing_is_overwritten_half_way() {
    let place = Place::with("cut.ron", &SINE[..SINE.len() / 2]);
    place.write("out.wav", "the bounce of yesterday");
    place.fails(1, &["render", "cut.ron", "-o", "out.wav", "--seconds", "1"], &["cut.ron", "line"]);
    place.fails(1, &["screenshot", "cut.ron", "-o", "out.wav"], &["cut.ron", "line"]);
    assert_eq!(place.read("out.wav"), b"the bounce of yesterday");
    assert_eq!(place.names(), ["cut.ron", "out.wav"]);
}

/// What this version does not know is still there after it was opened, changed and saved.
#[test]
fn saving_what_was_opened_loses_nothing() {
    let place = Place::with("newer.ron", NEWER);
    let (mut patch, _) = read_patch(NEWER, &LIBRARY).unwrap();
    let written = write_patch(&patch, &LIBRARY);
    let (again, _) = read_patch(&written, &LIBRARY).unwrap();
    assert_eq!(again, patch, "nothing is lost or moved");
    assert_eq!(write_patch(&again, &LIBRARY), written, "and a second save changes nothing");
    patch.apply(Edit::set_param("osc", "pitch_semitones", 7.0)).unwrap();
    save_patch(&place.path("newer.ron"), &write_patch(&patch, &LIBRARY)).unwrap();
    let saved = String::from_utf8(place.read("newer.ron")).unwrap();
    let kept = [
        r#"Dusk(lamp: [1, 2.50, "three"])"#,
        r#""wobble": 0.25"#,
        r#"glow: {"a": (1, 2)}"#,
        r#"kind: "fx.time_machine""#,
        r#""year": 2085"#,
        r#""who": "me""#,
        r#""map": "x y z""#,
        r#"pilot: Some("Ada")"#,
        "braid: 3",
        r#""future.out -> out.in""#,
        r#""osc.out -> out.nowhere""#,
    ];
    for words in kept {
        assert!(saved.contains(words), "{words} is kept:\n{saved}");
    }
    place.fails(1, &["check", "newer.ron"], &["future", "fx.time_machine"]);
    place.fails(2, &["render", "newer.ron", "--set", "future.year=1"], &["future", "fx.time_machine"]);
}
