//! Voices that sleep: which are run, and that nobody hears a difference.

use crate::rig::{Rig, connect, module, plain_out, sine};
use patchlight_engine::EventKind;
use patchlight_patch::Edit;
use patchlight_testkit::rms_db;

/// Sixteen voices: an oscillator, a ladder that its envelope opens, an amplifier.
fn synth() -> Rig {
    let modules = vec![
        ("keys", module("io.note_in").with_param("voices", 16.0)),
        ("osc", module("osc.analog")),
        ("env", module("env.adsr").with_param("release_secs", 0.1)),
        ("ladder", module("filter.ladder")),
        ("vca", module("amp.vca")),
        ("out", plain_out()),
    ];
    let cables = [
        ("keys.pitch -> osc.pitch", 1.0),
        ("keys.gate -> env.gate", 1.0),
        ("osc.out -> ladder.in", 1.0),
        ("env.out -> ladder.cutoff_hz", 2.0),
        ("ladder.out -> vca.in", 1.0),
        ("env.out -> vca.level", 1.0),
        ("vca.out -> out.in", 0.2),
    ];
    Rig::playing(modules, &cables)
}

impl Rig {
    fn awake(&self, module: &str) -> u32 {
        let slot = self.compiler.slot_of(module).unwrap();
        self.controller.telemetry().voices_awake(slot as usize) & 0xffff
    }

    fn press(&mut self, key: u8) {
        self.note(EventKind::NoteOn { channel: 0, key, velocity: 0.8 });
    }

    fn release(&mut self, key: u8) {
        self.note(EventKind::NoteOff { channel: 0, key });
    }
}

#[test]
fn one_voice_beside_many_is_as_loud_as_alone() {
    for (sum, input, output) in [("out", "in", None), ("mixer", "in_1", Some("mixer.out -> out.in"))] {
        let play = |mut rig: Rig| {
            rig.patch.apply(Edit::add("sine", sine(0.0))).unwrap();
            if let Some(output) = output {
                rig.patch.apply(Edit::add(sum, module("amp.mixer_4"))).unwrap();
                rig.patch.apply(connect(output, 1.0)).unwrap();
            }
            rig.patch.apply(connect(&format!("sine.out -> {sum}.{input}"), 0.5)).unwrap();
            if output.is_some() && rig.patch.module("vca").is_some() {
                rig.patch.apply(connect(&format!("vca.out -> {sum}.{input}"), 0.5)).unwrap();
            }
            rig.sync();
            rig.render(4_800)
        };
        // Nobody plays: the sixteen voices are silent.
        let (alone, beside) = (play(Rig::playing(vec![("out", plain_out())], &[])), play(synth()));
        let largest = alone.iter().zip(&beside).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(rms_db(&alone[2_400..]) > -20.0 && largest < 1e-6, "{sum}: off by {largest}");
    }
}

#[test]
fn voices_sleep_when_they_are_silent_and_wake_with_their_note() {
    let mut rig = synth();
    rig.render(30_000);
    assert_eq!(rig.awake("keys"), 0, "nobody plays");
    rig.press(48);
    rig.press(55);
    let first = rig.render(4_800);
    assert_eq!(rig.awake("keys").count_ones(), 2);
    assert!(rms_db(&first) > -40.0);
    rig.release(48);
    rig.render(9_600);
    assert_eq!(rig.awake("keys").count_ones(), 2, "the release is over, half a second of silence is not");
    rig.render(30_000);
    assert_eq!(rig.awake("keys").count_ones(), 1, "the other key is down");
    rig.release(55);
    rig.render(48_000);
    assert_eq!(rig.awake("keys"), 0);
    assert!(rig.render(4_800).iter().all(|x| *x == 0.0));
    rig.press(60);
    assert!(rms_db(&rig.render(4_800)) > -40.0, "and it wakes");
}

/// The first note after a sleep begins on the frame on which it would have begun without one, and as loud.
#[test]
fn a_note_after_a_sleep_begins_on_its_frame() {
    let onset = |rest_frames: usize| {
        let mut rig = synth();
        rig.render(rest_frames);
        rig.press(60);
        let heard = rig.render(9_600);
        (heard.iter().position(|x| x.abs() > 1e-6).unwrap(), rms_db(&heard[4_800..]))
    };
    let (rested, awake) = (onset(96_000), onset(640));
    assert_eq!(rested.0, awake.0);
    assert!((rested.1 - awake.1).abs() < 0.2, "{rested:?} {awake:?}");
}

/// What sleeps is skipped as a whole while nobody looks at it. Here some of it is summed with what never sleeps, and a knob is turned meanwhile.
#[test]
fn what_is_skipped_is_heard_as_what_is_looked_at() {
    let play = |is_watched: bool| {
        let mut rig = synth();
        rig.edit(Edit::add("drone", sine(-12.0)));
        rig.edit(connect("drone.out -> out.in", 0.1));
        rig.controller.telemetry().watch(is_watched);
        let mut heard = rig.render(30_000);
        for (key, cutoff_hz) in [(48, 400.0), (55, 3_000.0), (48, 900.0)] {
            rig.press(key);
            heard.extend(rig.render(4_800));
            rig.release(key);
            heard.extend(rig.render(48_000));
            assert_eq!(rig.awake("keys"), 0);
            rig.edit(Edit::set_param("ladder", "cutoff_hz", cutoff_hz));
            heard.extend(rig.render(4_800));
        }
        heard
    };
    let (skipped, looked_at) = (play(false), play(true));
    assert!(rms_db(&skipped[30_000..34_800]) > -40.0 && skipped == looked_at);
}

#[test]
fn what_may_have_an_echo_left_does_not_sleep() {
    let modules = vec![("keys", module("io.note_in").with_param("voices", 4.0)), ("player", module("sample.player")), ("out", plain_out())];
    let mut rig = Rig::playing(modules, &[("keys.gate -> player.gate", 1.0), ("player.out -> out.in", 1.0)]);
    rig.render(60_000);
    assert_eq!(rig.awake("keys") & 0xf, 0xf, "a sample may be silent in the middle");
}
