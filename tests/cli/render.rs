//! `patchlight render`: what it writes is what it was asked for, and the same every time.

use crate::program::{Place, SINE, keys, wav};
use patchlight_testkit::{db, frequency_hz, peak, rms_db};

const C4_HZ: f64 = 261.625_58;

/// Noise, a loop of one sample, an echo, a sequence: all that could depend on how the engine is called.
const BUSY: &str = r#"(
    patchlight: 1,
    name: "Busy",
    modules: {
        "seq": (kind: "seq.steps", at: (0, 0)),
        "osc": (kind: "osc.supersaw", at: (200, 0)),
        "noise": (kind: "osc.noise", at: (200, 200)),
        "filter": (kind: "filter.ladder", at: (400, 0)),
        "lfo": (kind: "mod.lfo", at: (200, 400)),
        "loop": (kind: "amp.vca", at: (600, 0), params: {"gain_db": -9}),
        "delay": (kind: "fx.delay", at: (800, 0)),
        "plate": (kind: "fx.reverb_plate", at: (900, 0)),
        "out": (kind: "io.audio_out", at: (1000, 0)),
    },
    cables: {
        "seq.pitch -> osc.pitch": (),
        "osc.out -> filter.in": (amount: 0.5),
        "noise.out -> filter.in": (amount: 0.1),
        "lfo.out -> filter.cutoff_hz": (amount: 2),
        "filter.out -> loop.in": (),
        "loop.out -> filter.in": (amount: -0.5),
        "loop.out -> delay.in": (),
        "delay.out -> plate.in": (),
        "plate.out -> out.in": (amount: 0.5),
    },
)
"#;

#[test]
fn json_has_the_promised_keys_and_says_what_is_in_the_file() {
    let place = Place::with("sine.ron", SINE);
    let report = place.json(&["render", "sine.ron", "-o", "sine.wav", "--seconds", "2", "--bits", "32", "--json"]);
    let promised = [
        "clipped_frames",
        "cpu_secs",
        "lufs",
        "modules",
        "nonfinite_frames",
        "peak_dbfs",
        "realtime_factor",
        "rms_dbfs",
        "seconds",
        "voices",
    ];
    assert_eq!(keys(&report), promised);
    let number = |key: &str| report[key].as_f64().unwrap();
    let (spec, [left, right]) = wav(&place.path("sine.wav"));
    assert_eq!((spec.sample_rate, spec.bits_per_sample, left.len()), (48_000, 32, 96_000));
    assert_eq!(left, right, "mono goes to both sides");
    assert!((number("peak_dbfs") - db(f64::from(peak(&left)))).abs() < 1e-3);
    assert!((number("rms_dbfs") - rms_db(&left)).abs() < 1e-3);
    assert_eq!((number("seconds"), number("modules"), number("voices")), (2.0, 2.0, 1.0));
    assert_eq!((number("clipped_frames"), number("nonfinite_frames")), (0.0, 0.0));
    assert!(number("cpu_secs") > 0.0 && (number("realtime_factor") * number("cpu_secs") - 2.0).abs() < 1e-6);
    assert!((frequency_hz(&left[9_600..], 48_000.0, C4_HZ) - C4_HZ).abs() < 0.01);
}

#[test]
fn rendering_twice_gives_the_same_bytes() {
    let place = Place::with("busy.ron", BUSY);
    for out in ["one.wav", "two.wav"] {
        place.ok(&["render", "busy.ron", "-o", out, "--seconds", "3"]);
    }
    assert!(place.read("one.wav") == place.read("two.wav"));
    assert!(rms_db(&wav(&place.path("one.wav")).1[0]) > -50.0, "and it is not silence");
    assert_eq!(place.names(), ["busy.ron", "one.wav", "two.wav"], "nothing is left beside");
}

#[test]
fn samples_do_not_depend_on_the_block() {
    let first_light = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/patches/first_light.ron")).unwrap();
    for (name, patch) in [("busy", BUSY), ("first_light", &first_light)] {
        let place = Place::with("patch.ron", patch);
        let render = |block: &str| {
            place.ok(&["render", "patch.ron", "-o", "out.wav", "--seconds", "2.5", "--bits", "32", "--block", block]);
            place.read("out.wav")
        };
        let expected = render("512");
        for block in ["1", "32", "64", "100"] {
            assert!(render(block) == expected, "{name}: --block {block} differs from 512");
        }
    }
}

#[test]
fn bits_and_rate_are_as_asked() {
    let place = Place::with("sine.ron", SINE);
    let render = |more: &[&str]| {
        place.ok(&[&["render", "sine.ron", "-o", "out.wav", "--seconds", "1"], more].concat());
        wav(&place.path("out.wav"))
    };
    let (_, [exact, _]) = render(&["--bits", "32"]);
    for (bits, step) in [(16, 1.0 / 32_768.0), (24, 1.0 / 8_388_608.0)] {
        let (spec, [left, _]) = render(&["--bits", &bits.to_string()]);
        assert_eq!((spec.bits_per_sample, spec.sample_format), (bits, hound::SampleFormat::Int));
        let worst = exact.iter().zip(&left).map(|(exact, rounded)| (exact - rounded).abs()).fold(0.0, f32::max);
        // Half a step of rounding, and up to one of dither.
        assert!(worst <= 2.0 * step, "{bits} bits are off by {} steps", worst / step);
    }
    let (spec, [left, _]) = render(&["--rate", "44100"]);
    assert_eq!((spec.sample_rate, left.len()), (44_100, 44_100));
    assert!((frequency_hz(&left[9_600..], 44_100.0, C4_HZ) - C4_HZ).abs() < 0.01);
}

#[test]
fn set_turns_a_knob() {
    let place = Place::with("sine.ron", SINE);
    place.ok(&["render", "sine.ron", "-o", "a.wav", "--seconds", "1", "--set", "osc.pitch_semitones=A4", "--set", "out.level_db=-6 dB"]);
    let (_, [left, _]) = wav(&place.path("a.wav"));
    assert!((frequency_hz(&left[9_600..], 48_000.0, 440.0) - 440.0).abs() < 0.01);
    place.ok(&["render", "sine.ron", "-o", "b.wav", "--seconds", "1"]);
    let (_, [plain, _]) = wav(&place.path("b.wav"));
    assert!((rms_db(&plain[9_600..]) - rms_db(&left[9_600..]) - 6.0).abs() < 0.05);
    assert_eq!(place.read("sine.ron"), SINE.as_bytes(), "the patch itself is as it was");
    let set = |value: &'static str| ["render", "sine.ron", "--seconds", "1", "--set", value];
    place.fails(2, &set("osc"), &["--set osc", "MODULE.PARAM=VALUE"]);
    place.fails(2, &set("bass.shape=saw"), &["no module \"bass\"", "osc, out"]);
    place.fails(2, &set("osc.cutoff=1"), &["no parameter \"cutoff\"", "pitch_semitones"]);
    place.fails(2, &set("osc.shape=octagon"), &["octagon"]);
}

#[test]
fn a_midi_file_is_played() {
    let patch = SINE.replace(
        "\"osc\":",
        "\"keys\": (kind: \"io.note_in\", at: (-200, 0)),\n        \"vca\": (kind: \"amp.vca\", at: (0, 0)),\n        \"osc\":",
    );
    let patch = patch.replace(
        "\"osc.out -> out.in\"",
        "\"keys.pitch -> osc.pitch\": (),\n        \"osc.out -> vca.in\": (),\n        \"keys.gate -> vca.level\": (),\n        \"vca.out -> out.in\"",
    );
    let place = Place::with("keys.ron", &patch);
    // 480 ticks a quarter at 120 BPM: A4 from 0.5 s to 1.5 s.
    let track: &[u8] = &[0x83, 0x60, 0x90, 69, 100, 0x87, 0x40, 0x80, 69, 0, 0, 0xff, 0x2f, 0];
    let mut song = b"MThd\0\0\0\x06\0\0\0\x01\x01\xe0MTrk".to_vec();
    song.extend((track.len() as u32).to_be_bytes());
    song.extend(track);
    place.write("song.mid", &song);
    let report = place.json(&["render", "keys.ron", "-o", "song.wav", "--midi", "song.mid", "--json"]);
    assert!((report["seconds"].as_f64().unwrap() - 4.5).abs() < 0.01, "the song and three seconds: {}", report["seconds"]);
    let (_, [left, _]) = wav(&place.path("song.wav"));
    assert!(peak(&left[..23_900]) < 1e-4, "silent before the note");
    let note = &left[30_000..70_000];
    assert!((frequency_hz(note, 48_000.0, 440.0) - 440.0).abs() < 0.05 && rms_db(note) > -20.0);
    assert!(peak(&left[100_000..]) < 1e-4, "silent behind it");
    place.write("song.mid", b"not a song");
    place.fails(1, &["render", "keys.ron", "--midi", "song.mid"], &["song.mid", "MIDI"]);
    place.fails(1, &["render", "keys.ron", "--midi", "none.mid"], &["none.mid", "does not exist"]);
}

#[test]
fn stems_line_up_and_add_up_to_the_mix() {
    let patch = SINE
        .replace(
            "\"out\":",
            "\"b\": (kind: \"osc.analog\", at: (0, 300)),\n        \"mix\": (kind: \"amp.mixer\", at: (100, 0)),\n        \"out\":",
        )
        .replace(
            "\"osc.out -> out.in\": (amount: 0.5)",
            "\"osc.out -> mix.in_1\": (amount: 0.5),\n        \"b.out -> mix.in_2\": (amount: 0.25),\n        \"mix.out -> out.in\": ()",
        );
    let place = Place::with("two.ron", &patch);
    place.ok(&["render", "two.ron", "-o", "mix.wav", "--seconds", "1", "--bits", "32", "--stems", "stems"]);
    let stem = |name: &str| wav(&place.path("stems").join(name)).1;
    let ([one, one_right], [two, _]) = (stem("01_osc.wav"), stem("02_b.wav"));
    let (_, [mix, mix_right]) = wav(&place.path("mix.wav"));
    assert_eq!((one.len(), two.len()), (mix.len(), mix.len()));
    let worst = mix.iter().zip(&one).zip(&two).map(|((mix, one), two)| (mix - one - two).abs()).fold(0.0, f32::max);
    assert!(worst < 1e-5, "the stems are off by {worst}");
    assert!(rms_db(&one) > -30.0 && rms_db(&two) > -30.0 && one.len() == one_right.len() && mix.len() == mix_right.len());
    place.write("lone.ron", "(patchlight: 1, name: \"Lone\", modules: {\"osc\": (kind: \"osc.analog\", at: (0, 0))})");
    place.fails(1, &["render", "lone.ron", "--seconds", "1", "--stems", "none"], &["lone.ron", "Audio Out"]);
}

#[test]
fn wrong_use_is_told_and_nothing_is_written() {
    let place = Place::with("sine.ron", SINE);
    let render = |flag: &'static str, value: &'static str| ["render", "sine.ron", "-o", "out.wav", flag, value];
    place.fails(2, &render("--bits", "8"), &["--bits 8", "16, 24 or 32"]);
    place.fails(2, &render("--block", "0"), &["--block 0"]);
    place.fails(2, &render("--rate", "11"), &["--rate 11"]);
    place.fails(2, &render("--seconds", "0"), &["--seconds 0"]);
    place.fails(2, &render("--seconds", "inf"), &["--seconds inf"]);
    place.fails(2, &render("--seconds", "soon"), &["soon", "--seconds"]);
    place.fails(2, &render("--loud", "1"), &["--loud"]);
    place.fails(2, &["render"], &["required"]);
    place.fails(1, &["render", "sine.ron", "-o", "no/folder/out.wav", "--seconds", "1"], &["no/folder", "does not exist"]);
    assert_eq!(place.names(), ["sine.ron"]);
}
