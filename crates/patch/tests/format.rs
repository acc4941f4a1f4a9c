//! The file format: what is written is read, what is not understood is kept, what is broken is said.

mod common;

use common::{FIXTURE, LIBRARY, cable, fixture};
use patchlight_core::Library;
use patchlight_patch::{
    CableColor, DiagnosticKind, Edit, Fragment, Module, OpenError, Patch, check_patch, open_patch, read_patch, save_patch, write_patch,
};
use proptest::prelude::{Strategy, any, prop, prop_assert, prop_assert_eq, proptest};
use proptest::test_runner::Config;

#[test]
fn version_1_reads_as_it_always_did() {
    let patch = fixture();
    assert_eq!((patch.version, patch.name.as_str(), patch.author.as_deref()), (1, "Everything \"v1\"", Some("Ada")));
    assert_eq!(patch.about, "One of each thing that a file of version 1 can hold.\nTwo lines, an é and a \\.");
    assert_eq!(patch.tags, ["bass", "study"]);
    let ids: Vec<&str> = patch.modules.keys().map(|id| id.as_str()).collect();
    assert_eq!(ids, ["seq", "osc", "ladder", "lfo", "odd", "player", "future"]);

    let osc = &patch.modules["osc"];
    assert_eq!((osc.at, osc.params["shape"], osc.params["octave"], osc.params["width"]), ([240.5, -16.0], 3.0, -2.0, 0.1));
    let seq = &patch.modules["seq"];
    assert_eq!((seq.name.as_deref(), seq.params["loop"], seq.data["steps"].as_str()), (Some("Bass line"), 0.0, "C2 . Eb2"));
    assert!(patch.modules["ladder"].bypassed && !patch.modules["ladder"].muted && patch.modules["lfo"].muted);
    assert_eq!(patch.modules["lfo"].params["rate_hz"], 1e6, "kept, though out of range");
    let odd = &patch.modules["odd"];
    assert!(odd.params["width"].is_nan() && !odd.params.contains_key("shape"));
    assert_eq!((odd.unread.params["shape"].as_str(), odd.unread.params["sparkle"].as_str()), ("\"trapezoid\"", "(1, 2)"));
    let future = &patch.modules["future"];
    assert_eq!(future.params.keys().collect::<Vec<_>>(), ["depth"]);
    assert_eq!((future.data["text"].as_str(), future.extra["with-dash"].as_str()), ("kept", "'x'"));

    let wire = &patch.cables[&cable("lfo.out -> ladder.cutoff_hz")];
    assert_eq!((wire.amount, wire.on, wire.color, wire.closes_loop), (-1.5, false, Some(CableColor([255, 136, 0])), true));
    assert_eq!(wire.extra["glow"].as_str(), "\"soft\"");
    assert_eq!(patch.cables.len(), 6);
    assert!(patch.cables.contains_key(&cable("ghost.out -> ladder.in")));
    assert_eq!(patch.extra.keys().collect::<Vec<_>>(), ["scenes", "window"]);
}

#[test]
fn version_1_is_written_as_it_was_read() {
    assert_eq!(write_patch(&fixture(), &LIBRARY), FIXTURE);
}

#[test]
fn a_library_that_knows_nothing_loses_nothing() {
    let nothing = Library::new(&[]);
    let (patch, _) = read_patch(FIXTURE, &nothing).expect("reads");
    assert_eq!(write_patch(&patch, &nothing), FIXTURE);
}

#[test]
fn the_example_in_the_documentation_is_a_patch_as_it_is_saved() {
    let page = include_str!("../../../docs/patch-format.md");
    let example = page.split("```\n").nth(1).expect("a block of code");
    let (patch, diagnostics) = read_patch(example, &LIBRARY).expect("reads");
    assert_eq!((write_patch(&patch, &LIBRARY).as_str(), diagnostics), (example, vec![]));
}

#[test]
fn files_by_hand_are_read_in_any_order_and_tidied() {
    let by_hand = r#"
// my patch
( modules:{"osc":(params:{"shape":0,"octave":1.0,"width":0.5,},at:(1,2.0),kind:"osc.analog"), // the sound
 }, patchlight :1, cables: {"osc.out->osc.width": (amount: 1)} )"#;
    let (patch, diagnostics) = read_patch(by_hand, &LIBRARY).expect("reads");
    let tidy = r#"(
    patchlight: 1,
    name: "",
    modules: {
        "osc": (kind: "osc.analog", at: (1, 2), params: {"octave": 1, "shape": "sine"}),
    },
    cables: {
        "osc.out -> osc.width": (),
    },
)
"#;
    assert_eq!(write_patch(&patch, &LIBRARY), tidy);
    let [comment] = diagnostics.as_slice() else { panic!("one warning, not {diagnostics:?}") };
    assert_eq!(comment.kind, DiagnosticKind::NotKept);
    assert!(comment.message.contains("line 2 and 1 more"), "{comment}");
}

#[test]
fn a_newer_file_opens_with_a_warning_and_keeps_its_version() {
    let newer = FIXTURE.replace("patchlight: 1", "patchlight: 7");
    let (patch, diagnostics) = read_patch(&newer, &LIBRARY).expect("reads");
    assert_eq!(diagnostics[0].kind, DiagnosticKind::NewerFormat);
    assert!(diagnostics[0].to_string().contains("format 7"), "{}", diagnostics[0]);
    assert_eq!(write_patch(&patch, &LIBRARY), newer);
}

#[test]
fn setting_a_value_replaces_what_could_not_be_read() {
    let mut patch = fixture();
    let undo = patch.apply(Edit::set_param("odd", "shape", 1.0)).expect("sets");
    assert!(write_patch(&patch, &LIBRARY).contains(r#""shape": "triangle", "sparkle": (1, 2)"#));
    patch.apply(undo).expect("undoes");
    assert_eq!(write_patch(&patch, &LIBRARY), FIXTURE);
    // The default too: it is not written, and so must not let the old text through.
    patch.apply(Edit::set_param("odd", "shape", 2.0)).expect("sets");
    assert!(write_patch(&patch, &LIBRARY).contains(r#"params: {"sparkle": (1, 2), "width": NaN}"#));
}

#[test]
fn long_modules_are_broken_into_lines() {
    let mut patch = Patch::default();
    let mut module = Module::new("fx.unknown", [0.0, 0.0]).with_data("steps", "C2 ".repeat(40));
    for n in 0..12 {
        module = module.with_param(format!("parameter_{n:02}"), 0.5);
    }
    patch.apply(Edit::add("fx", module)).expect("adds");
    let text = write_patch(&patch, &LIBRARY);
    assert!(text.contains("\n            params: {\n                \"parameter_00\": 0.5,\n"), "{text}");
    assert!(text.contains("\n            data: {\n                \"steps\": \"C2 C2"), "{text}");
    assert_eq!(read_patch(&text, &LIBRARY).expect("reads").0, patch);
}

/// The error of `text`, as one line.
fn error_of(text: &str) -> String {
    read_patch(text, &LIBRARY).expect_err("no patch").to_string()
}

#[test]
fn errors_say_where_and_what_to_do() {
    let patch = |inside: &str| format!("(\n    patchlight: 1,\n    {inside}\n)");
    let expected = [
        (String::new(), "line 1, column 1: the file is empty. Open a copy from before, or begin a new patch."),
        (" \n\t".into(), "line 1, column 1: the file is empty."),
        ("(name: \"x\")".into(), "line 1, column 1: this is not a patch: it has no field `patchlight`. Pick a file"),
        ("(patchlight: \"one\")".into(), "line 1, column 14: the version of a patch is a whole number from 1."),
        ("(patchlight: 0)".into(), "line 1, column 14: the version of a patch is a whole number from 1."),
        ("PK\u{3}\u{4}".into(), "line 1, column 3: expected only opening `(`"),
        (patch("name: \"x"), "line 3, column 12: the text that begins here has no closing quote. It looks cut off: open a copy"),
        (patch("name: 3"), "line 3, column 11: expected string"),
        (patch("modules: {\"a\": ()}"), "line 3, column 20: module `a` does not say what it is. Give it a kind, such as"),
        (patch("modules: {\"a\": (kind: \"x.y\", at: (1, \"b\"))}"), "line 3, column 42: expected float"),
        (patch("modules: {\n\"a\": (kind: \"x.y\"),\n\"a\": (kind: \"x.z\"),\n}"), "line 5, column 6: `a` is here for the second time."),
        (patch("modules: {\"a\": (kind: \"x.y\") \"b\": ()}"), "line 3, column 34: expected comma. Look just before this place"),
        (patch("cables: {\"a.out\": ()}"), "line 3, column 23: `a.out` does not name a cable: write MODULE.PORT -> MODULE.PORT"),
        (patch("cables: {\"a.o -> b.i\": (), \"a.o->b.i\": ()}"), "line 3, column 44: cable `a.o->b.i` is here for the second time."),
        (patch("cables: {\"a.o -> b.i\": (color: \"red\")}"), "line 3, column 36: `red` is not a colour: write # and six"),
        (format!("{FIXTURE}\nmore"), "there is something behind the end of the patch. Delete what follows the last bracket."),
        (patch(&format!("deep: {}", "[".repeat(5_000))), "brackets within brackets, too deep."),
    ];
    for (text, message) in expected {
        let error = error_of(&text);
        assert!(error.contains(message), "{text}\n  gives: {error}\n  not:   {message}");
    }
}

#[test]
fn a_file_cut_anywhere_is_an_error_and_never_half_a_patch() {
    let whole = FIXTURE.trim_end();
    for (at, _) in whole.char_indices() {
        let error = read_patch(&whole[..at], &LIBRARY).expect_err("cut off");
        let last_line = 1 + whole[..at].matches('\n').count();
        assert!(error.line <= last_line && !error.help.is_empty(), "cut at {at} (line {last_line}): {error}");
    }
}

#[test]
fn files_are_opened_and_errors_name_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bass.ron");
    assert!(matches!(open_patch(&path, &LIBRARY), Err(OpenError::Read { .. })));
    save_patch(&path, FIXTURE).expect("saves");
    assert_eq!(write_patch(&open_patch(&path, &LIBRARY).expect("opens").0, &LIBRARY), FIXTURE);
    std::fs::write(&path, b"(patchlight: 1,\n name: \"\xff\xfe").expect("writes");
    let error = open_patch(&path, &LIBRARY).expect_err("not text").to_string();
    assert!(error.contains("bass.ron: line 2, column 9: this is not text"), "{error}");
}

#[test]
fn check_says_what_is_wrong_with_the_fixture() {
    let lines: Vec<String> = check_patch(&fixture(), &LIBRARY).iter().map(ToString::to_string).collect();
    let expected = [
        "warning: lfo.rate_hz: 1000000 is not among the values from 0.01 to 100. 100 Hz is used. Turn the knob to set it.",
        "warning: odd.width: NaN is not among the values from 0 to 1. 50 % is used. Turn the knob to set it.",
        "warning: odd.shape: \"trapezoid\" is no value for it, so the default is used. \
         Write one of \"sine\", \"triangle\", \"saw\", \"square\".",
        "warning: odd.sparkle: odd (osc.analog) has no parameter \"sparkle\", so it does nothing. It has: shape, octave, width.",
        "warning: player.slices: [1, 2, 3] is no value for it, so the default is used. Write text in quotes.",
        "error: future: there is no module of kind \"fx.time_machine\", so it is silent. \
         It is kept as it is; `patchlight modules` lists what there is.",
        "error: cable ghost.out -> ladder.in: there is no module \"ghost\" in this patch. Unplug it, or add the module.",
        "error: cable osc.sub -> ladder.drive: osc (osc.analog) has no output \"sub\". It has: out.",
        "error: cable osc.sub -> ladder.drive: ladder (filter.ladder) has no input or parameter \"drive\". \
         It has: in, cutoff_hz, resonance, slope.",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn check_says_what_is_wrong_with_data_ids_and_modulations() {
    let text = r#"(patchlight: 1, modules: {
        "Lead 1": (kind: "osc.analogue", at: (0, 0)),
        "seq": (kind: "seq.steps", at: (0, 0), data: {"steps": "C2 . H9", "swing": "x"}),
        "notes": (kind: "io.note_in", at: (0, 0)),
        "lfo": (kind: "mod.lfo", at: (0, 0)),
    }, cables: {"lfo.out -> notes.voices": (amount: inf), "lf.out -> seq.clock": ()})"#;
    let (patch, _) = read_patch(text, &LIBRARY).expect("reads");
    let lines: Vec<String> = check_patch(&patch, &LIBRARY).iter().map(ToString::to_string).collect();
    let beginnings = [
        "error: Lead 1: `Lead 1` cannot be the id of a module. Use a-z",
        "error: Lead 1: there is no module of kind \"osc.analogue\", so it is silent. Did you mean osc.analog? It is kept",
        "error: seq.steps: step 3: `H9` is not a step: write a note",
        "warning: seq.swing: seq (seq.steps) has no data \"swing\", so it does nothing. It has: steps.",
        "error: cable lfo.out -> notes.voices: notes (io.note_in) builds itself by \"voices\", so no cable can move it.",
        "warning: cable lfo.out -> notes.voices: the amount inf is not a number",
        "error: cable lf.out -> seq.clock: there is no module \"lf\" in this patch. Did you mean lfo?",
    ];
    assert_eq!(lines.len(), beginnings.len(), "{lines:#?}");
    for (line, beginning) in lines.iter().zip(beginnings) {
        assert!(line.starts_with(beginning), "{line}\n  not: {beginning}");
    }
}

#[test]
fn fragments_travel_as_text() {
    let patch = fixture();
    let fragment = patch.fragment(&[common::id("ladder"), common::id("lfo"), common::id("future")]);
    assert_eq!((fragment.modules.len(), fragment.cables.len(), fragment.corner()), (3, 2, Some([240.0, 0.0])));
    let (read, diagnostics) = Fragment::from_text(&fragment.to_text(&LIBRARY), &LIBRARY).expect("reads");
    assert_eq!((read, diagnostics), (fragment, vec![]));
    assert!(Fragment::from_text("a shopping list", &LIBRARY).is_err());
}

/// A value of RON, of whatever sort.
fn ron_value() -> impl Strategy<Value = String> {
    let leaf = proptest::prop_oneof![
        any::<f32>().prop_map(|x| format!("{x:?}")),
        any::<i64>().prop_map(|x| x.to_string()),
        any::<bool>().prop_map(|x| x.to_string()),
        "[a-z\"\\\\/\n]{0,6}".prop_map(|x| format!("{x:?}")),
        proptest::sample::select(vec!["None", "Some(1)", "Round(radius: 3)", "()", "'\"'", "r#\"a\"b\"#", "0x1F", "1e300", "-0"])
            .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        proptest::prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|all| format!("[{}]", all.join(", "))),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|all| format!("( {}, )", all.join(" , "))),
            inner.prop_map(|x| format!("{{\"k\":\n  {x} /* kept */}}")),
        ]
    })
}

/// Text of a patch with whatever values, as a newer version might write it.
fn patch_text() -> impl Strategy<Value = String> {
    let kind = proptest::sample::select(vec!["osc.analog", "filter.ladder", "mod.lfo", "seq.steps", "x.unknown"]);
    let param = proptest::sample::select(vec!["shape", "octave", "width", "cutoff_hz", "sync", "loop", "slope", "other"]);
    let params = prop::collection::btree_map(param, ron_value(), 0..5);
    let data = prop::collection::btree_map("[a-z]{1,5}", ron_value(), 0..3);
    let extra = || prop::collection::btree_map("x_[a-z]{1,3}", ron_value(), 0..3);
    let pairs = |map: Vec<(String, String)>| map.into_iter().map(|(k, v)| format!("{k}: {v}")).collect::<Vec<_>>().join(", ");
    let module = (kind, any::<(i16, f32)>(), params, data, extra()).prop_map(move |(kind, (x, y), params, data, extra)| {
        let params = pairs(params.iter().map(|(k, v)| (format!("{k:?}"), v.clone())).collect());
        let data = pairs(data.iter().map(|(k, v)| (format!("{k:?}"), v.clone())).collect());
        let y = if y.is_finite() { y } else { 0.0 };
        let extra: String = extra.iter().map(|(k, v)| format!(", {k}: {v}")).collect();
        format!("(kind: {kind:?}, at: ({x}, {y:?}), params: {{{params}}}, data: {{{data}}}{extra})")
    });
    let modules = prop::collection::btree_map("[a-z]{1,3}", module, 0..6);
    let cables = prop::collection::btree_map("[a-z]{1,3}\\.[a-z]{1,2} -> [a-z]{1,3}\\.[a-z]{1,2}", any::<(f32, bool)>(), 0..6);
    (modules, cables, extra(), any::<String>()).prop_map(|(modules, cables, extra, about)| {
        let modules: String = modules.iter().map(|(k, v)| format!("{k:?}: {v},\n")).collect();
        let cables: String = cables.iter().map(|(k, (amount, on))| format!("{k:?}: (amount: {amount:?}, on: {on}),")).collect();
        let extra: String = extra.iter().map(|(k, v)| format!(", {k}: {v}")).collect();
        let about: String = about.chars().map(|c| format!("\\u{{{:x}}}", u32::from(c))).collect();
        format!("(patchlight: 2, about: \"{about}\", modules: {{{modules}}}, cables: {{{cables}}}{extra})")
    })
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

    #[test]
    fn what_is_written_is_read_and_written_the_same(text in patch_text()) {
        let (patch, _) = read_patch(&text, &LIBRARY).expect("a patch");
        let written = write_patch(&patch, &LIBRARY);
        let (again, _) = read_patch(&written, &LIBRARY).expect("its own text");
        prop_assert_eq!(write_patch(&again, &LIBRARY), written.clone());
        // Nothing is lost on the way through a version that knows no module at all.
        let nothing = Library::new(&[]);
        let (ignorant, _) = read_patch(&written, &nothing).expect("its own text");
        prop_assert_eq!(write_patch(&ignorant, &nothing), written);
        // Every value is there, or is the default.
        for (id, module) in &patch.modules {
            let same = &again.modules[id];
            prop_assert_eq!(&module.unread, &same.unread);
            prop_assert_eq!(&module.extra, &same.extra);
            for (param, value) in &module.params {
                let default = LIBRARY.get(&module.kind).and_then(|spec| spec.param(param)).map(|(_, spec)| spec.default);
                let kept = same.params.get(param).copied().or(default).expect("a value");
                prop_assert!(kept.to_bits() == value.to_bits() || kept == *value, "{param} of {id}: {value} became {kept}");
            }
        }
        prop_assert!(check_patch(&patch, &LIBRARY).iter().all(|found| !found.message.is_empty()));
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,80}") {
        let _ = read_patch(&text, &LIBRARY);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), bytes).expect("writes");
        prop_assert!(open_patch(file.path(), &LIBRARY).is_err());
    }

    #[test]
    fn a_damaged_file_is_an_error_or_a_patch(at in 0..FIXTURE.len(), length in 0_usize..40, put in "[(){}\\[\\]\"',:/*#\\\\a-z0-9.\n -]{0,6}") {
        let begin = (0..=at).rev().find(|i| FIXTURE.is_char_boundary(*i)).expect("0 is one");
        let end = (at + length..=FIXTURE.len()).find(|i| FIXTURE.is_char_boundary(*i)).unwrap_or(FIXTURE.len());
        let damaged = format!("{}{put}{}", &FIXTURE[..begin], &FIXTURE[end..]);
        match read_patch(&damaged, &LIBRARY) {
            Ok((patch, _)) => {
                let written = write_patch(&patch, &LIBRARY);
                let (again, _) = read_patch(&written, &LIBRARY).expect("its own text");
                prop_assert_eq!(write_patch(&again, &LIBRARY), written);
            }
            Err(error) => {
                prop_assert!(error.line >= 1 && error.line <= 1 + damaged.matches('\n').count());
                prop_assert!(!error.problem.is_empty() && !error.help.is_empty());
            }
        }
    }
}
