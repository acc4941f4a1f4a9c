//! What cables mean: sums, loops of one sample, voices.

use crate::rig::{RATE, Rig, latency_frames, module, plain_out, sine};
use patchlight_engine::EventKind;
use patchlight_patch::Edit;
use patchlight_testkit::{Spectrum, cents_between, db, frequency_hz, rms_db};

#[test]
fn cables_into_one_input_are_summed() {
    let both = [("a.out -> out.in", 0.5), ("b.out -> out.in", -0.25)];
    let modules = || vec![("a", sine(0.0)), ("b", sine(7.0)), ("out", plain_out())];
    let render = |cables: &[(&str, f32)]| Rig::playing(modules(), cables).render(4_800);
    let (a, b, sum) = (render(&both[..1]), render(&both[1..]), render(&both));
    let largest = a.iter().zip(&b).zip(&sum).map(|((a, b), sum)| (a + b - sum).abs()).fold(0.0, f32::max);
    assert!(largest < 1e-6, "the sum is off by {largest}");
    assert!(rms_db(&a[480..]) > -24.0 && rms_db(&b[480..]) > -30.0, "both sound");
}

/// Forward cables have no delay however long the chain; the one that closes a loop delays by exactly a sample.
#[test]
fn a_loop_delays_exactly_one_sample() {
    let half = || module("amp.vca").with_param("gain_db", -6.0206);
    let mut modules = vec![("mic", module("io.audio_in")), ("a", half()), ("b", module("amp.vca")), ("out", plain_out())];
    modules.push(("c", module("amp.vca")));
    let cables =
        [("mic.out -> a.in", 1.0), ("a.out -> b.in", 1.0), ("b.out -> c.in", 1.0), ("c.out -> a.in", 1.0), ("c.out -> out.in", 1.0)];
    let mut rig = Rig::playing(modules, &cables);
    assert_eq!(rig.compiler.closing_cables().map(ToString::to_string).collect::<Vec<_>>(), ["c.out -> a.in"]);
    rig.render(4_800);
    let mut impulse = vec![0.0; 512];
    impulse[100] = 1.0;
    let heard = rig.render_with(&impulse);
    let arrives = 100 + latency_frames();
    assert!(heard[..arrives].iter().all(|x| x.abs() < 1e-9), "nothing before it");
    for turn in 0..12 {
        let (found, expected) = (heard[arrives + turn], 0.5_f32.powi(turn as i32 + 1));
        // The block against DC takes a two-thousandth in each turn.
        assert!((found - expected).abs() < 0.002 * expected + 0.0015, "turn {turn}: {found}, expected {expected}");
    }
}

/// One key, one voice: three keys come out of oscillator, envelope and amplifier as three pitches, and end together.
#[test]
fn a_chord_of_three_notes_has_three_pitches() {
    let modules = vec![
        ("keys", module("io.note_in")),
        ("osc", sine(0.0)),
        ("env", module("env.adsr").with_param("sustain", 1.0).with_param("release_secs", 0.05)),
        ("vca", module("amp.vca")),
        ("mix", module("amp.mixer")),
        ("out", plain_out()),
    ];
    let cables = [
        ("keys.pitch -> osc.pitch", 1.0),
        ("keys.gate -> env.gate", 1.0),
        ("osc.out -> vca.in", 1.0),
        ("env.out -> vca.level", 1.0),
        ("vca.out -> mix.in_1", 0.25),
        ("mix.out -> out.in", 1.0),
    ];
    let mut rig = Rig::playing(modules, &cables);
    assert_eq!(rig.compiler.width_of("vca").map(|(voices, _)| voices), Some(8));
    assert!(rig.render(4_800).iter().all(|x| *x == 0.0), "no key, no sound");
    let keys = [60_u8, 64, 67];
    keys.iter().for_each(|key| rig.note(EventKind::NoteOn { channel: 0, key: *key, velocity: 0.8 }));
    rig.render(24_000);
    let chord = rig.render(65_536);
    let spectrum = Spectrum::new(&chord, RATE);
    let hz = |key: u8| 440.0 * ((f64::from(key) - 69.0) / 12.0).exp2();
    let levels = keys.map(|key| db(spectrum.at(hz(key))));
    assert!(levels.iter().all(|level| (level - levels[0]).abs() < 0.5 && *level > -30.0), "equally loud: {levels:?} dB");
    for key in keys {
        let found = frequency_hz(&chord, RATE, hz(key));
        assert!(cents_between(hz(key), found).abs() < 0.5, "key {key}: {found} Hz");
    }
    for silent in [62, 65, 69, 72] {
        assert!(db(spectrum.at(hz(silent))) < levels[0] - 70.0, "nothing at key {silent}");
    }
    keys.iter().for_each(|key| rig.note(EventKind::NoteOff { channel: 0, key: *key }));
    rig.render(48_000);
    assert!(rms_db(&rig.render(4_800)) < -100.0, "and it ends with the keys");
    rig.edit(Edit::set_param("keys", "voices", 2.0));
    assert_eq!(rig.compiler.width_of("vca").map(|(voices, _)| voices), Some(2));
}
