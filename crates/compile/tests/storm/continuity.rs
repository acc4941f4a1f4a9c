//! What an edit does to the sound around it: nothing, or a ramp.

use crate::edits::{Storm, Touching};
use crate::rig::{RATE, Rig, connect, latency_frames, plain_out, sine};
use patchlight_engine::EngineConfig;
use patchlight_patch::Edit;
use patchlight_testkit::{largest_step, peak, rms_db};

const TONE_HZ: f64 = 261.625_58;

fn steady_sine() -> Rig {
    Rig::playing(vec![("osc", sine(0.0)), ("out", plain_out())], &[("osc.out -> out.in", 0.5)])
}

/// The largest step of a sine of this amplitude, and of one that a ramp turns up or down meanwhile.
fn slope(amplitude: f32) -> f32 {
    let ramp_frames = EngineConfig::new(RATE as f32).ramp_frames() as f32;
    amplitude * ((std::f64::consts::TAU * TONE_HZ / RATE) as f32 + 1.0 / ramp_frames)
}

/// Makes an edit at many phases of the sine; nothing in it may jump.
fn stays_smooth(name: &str, mut forth: impl FnMut(&mut Rig), mut back: impl FnMut(&mut Rig)) {
    let mut rig = steady_sine();
    let mut heard = rig.render(4_800);
    let amplitude = peak(&heard);
    assert!(amplitude > 0.2, "{name}: the sine must sound, its peak is {amplitude}");
    for turn in 0..24 {
        if turn % 2 == 0 {
            forth(&mut rig)
        } else {
            back(&mut rig)
        }
        heard.extend(rig.render(1_000 + 37 * turn));
    }
    let (frame, step) = largest_step(&heard[64..]);
    assert!(step <= slope(amplitude) + 1e-4, "{name}: a step of {step} at frame {frame}, a ramp allows {}", slope(amplitude));
}

#[test]
fn cutting_and_wiring_a_cable_does_not_click() {
    let cable = || "osc.out -> out.in".parse().unwrap();
    stays_smooth("cable", |rig| rig.edit(Edit::Disconnect { id: cable() }), |rig| rig.edit(connect("osc.out -> out.in", 0.5)));
    stays_smooth(
        "cable switch",
        |rig| rig.edit(Edit::SetCableOn { id: cable(), on: false }),
        |rig| rig.edit(Edit::SetCableOn { id: cable(), on: true }),
    );
    stays_smooth(
        "cable amount",
        |rig| rig.edit(Edit::SetCableAmount { id: cable(), amount: 0.1 }),
        |rig| rig.edit(Edit::SetCableAmount { id: cable(), amount: 0.5 }),
    );
}

#[test]
fn deleting_and_restoring_modules_does_not_click() {
    for module in ["osc", "out"] {
        let undo = std::cell::RefCell::new(None);
        stays_smooth(
            module,
            |rig| {
                *undo.borrow_mut() = Some(rig.patch.apply(Edit::remove(module)).unwrap());
                rig.sync();
            },
            |rig| rig.edit(undo.borrow_mut().take().unwrap()),
        );
    }
    stays_smooth(
        "mute",
        |rig| rig.edit(Edit::SetMuted { module: "osc".into(), muted: true }),
        |rig| rig.edit(Edit::SetMuted { module: "osc".into(), muted: false }),
    );
}

#[test]
fn a_cut_cable_is_silent_after_the_ramp() {
    let mut rig = steady_sine();
    assert!(rms_db(&rig.render(9_600)[4_800..]) > -20.0);
    rig.edit(Edit::Disconnect { id: "osc.out -> out.in".parse().unwrap() });
    let after = rig.render(4_800);
    let ramp_frames = EngineConfig::new(RATE as f32).ramp_frames() as usize;
    assert_eq!(peak(&after[ramp_frames + latency_frames()..]), 0.0, "nothing is left behind the ramp");
}

/// What runs beside it may change as it likes: a sine that nobody touches is the same sine, bit for bit.
#[test]
fn an_untouched_sine_stays_bit_identical_during_ten_thousand_edits_elsewhere() {
    let (mut quiet, mut edited) = (steady_sine(), steady_sine());
    let mut storm = Storm::new(7, Touching::AllBut(&["osc", "out"]));
    let mut most = 0;
    for number in 0..10_000 {
        let edit = storm.next(&edited.patch);
        edited.edit(edit);
        most = most.max(edited.patch.modules.len());
        let (expected, heard) = (quiet.render(64), edited.render(64));
        assert_eq!(expected, heard, "after edit {number}");
    }
    assert!(most > 8, "the storm did something");
}
