//! More than one thread: the same samples to the bit, and no allocation on any of them.

use crate::rig::{RATE, Rig, connect, module, plain_out, sine};
use patchlight_engine::EngineConfig;
use patchlight_patch::Edit;

/// A rig with so many threads, the helpers running where allocation is forbidden.
fn rig(threads: usize) -> Rig {
    let mut rig = Rig::with(EngineConfig { threads, ..EngineConfig::new(RATE as f32) });
    for helper in rig.renderer.take_helpers() {
        std::thread::spawn(move || {
            helper.settle();
            assert_no_alloc::assert_no_alloc(|| helper.work());
        });
    }
    rig
}

/// Two equal halves, of an oscillator, a filter that an LFO moves, a reverb and a chorus, which meet at the output.
fn fill_halves(rig: &mut Rig) {
    rig.patch.apply(Edit::add("out", plain_out())).unwrap();
    for (half, pitch) in [("a", 1.0), ("b", -1.0)] {
        let modules = [
            ("osc", sine(pitch)),
            ("lfo", module("mod.lfo").with_param("rate_hz", 3.0 + pitch)),
            ("filter", module("filter.svf")),
            ("plate", module("fx.reverb_plate")),
            ("chorus", module("fx.chorus")),
        ];
        for (name, module) in modules {
            rig.patch.apply(Edit::add(format!("{name}_{half}").as_str(), module)).unwrap();
        }
        for (cable, amount) in [
            (format!("osc_{half}.out -> filter_{half}.in"), 0.5),
            (format!("lfo_{half}.out -> filter_{half}.cutoff_hz"), 0.3),
            (format!("filter_{half}.out -> plate_{half}.in"), 1.0),
            (format!("plate_{half}.out -> chorus_{half}.in"), 1.0),
            (format!("chorus_{half}.out -> out.in"), 0.5),
        ] {
            rig.patch.apply(connect(&cable, amount)).unwrap();
        }
    }
    rig.sync();
}

fn playing_halves(threads: usize) -> Rig {
    let mut rig = rig(threads);
    fill_halves(&mut rig);
    rig
}

/// Half a second, edits of all sorts among it.
fn play(mut rig: Rig) -> Vec<f32> {
    let mut heard = rig.render(9_600);
    rig.edit(Edit::set_param("filter_a", "cutoff_hz", 300.0));
    heard.extend(rig.render(4_800));
    rig.edit(connect("lfo_a.out -> filter_b.resonance", 0.2));
    heard.extend(rig.render(4_800));
    rig.edit(Edit::remove("plate_b"));
    rig.edit(connect("filter_b.out -> out.in", 0.4));
    heard.extend(rig.render(9_600));
    heard
}

#[test]
fn any_number_of_threads_gives_the_same_samples() {
    assert_eq!(playing_halves(1).compiler.explain().sections, 1);
    assert!(playing_halves(2).compiler.explain().sections >= 2, "the halves are shared out");
    let alone = play(playing_halves(1));
    for threads in [2, 3] {
        let shared = play(playing_halves(threads));
        let other = alone.iter().zip(&shared).position(|(a, b)| a.to_bits() != b.to_bits());
        assert_eq!(other, None, "{threads} threads");
    }
}

#[test]
fn what_was_measured_makes_a_better_plan_once() {
    let mut rig = playing_halves(2);
    // Units are timed in one block of 16.
    rig.render(64 * 16 * 40);
    let swaps = rig.controller.telemetry().swaps();
    // The first program, the better one, and one that is not shared out if that does not pay here.
    assert!((2..=3).contains(&swaps), "{swaps}");
    rig.render(64 * 16 * 40);
    assert!(rig.controller.telemetry().swaps() <= 3);
}

#[test]
fn helpers_that_never_come_are_not_waited_for() {
    let mut rig = Rig::with(EngineConfig { threads: 4, ..EngineConfig::new(RATE as f32) });
    fill_halves(&mut rig);
    let heard = rig.render(9_600);
    assert_eq!(heard, playing_halves(1).render(9_600));
}

/// Two halves of eight oscillators with a filter each.
fn fill_little(rig: &mut Rig) {
    rig.patch.apply(Edit::add("out", plain_out())).unwrap();
    for half in ["a", "b"] {
        for number in 0..8 {
            let (osc, filter) = (format!("osc_{half}{number}"), format!("filter_{half}{number}"));
            rig.patch.apply(Edit::add(osc.as_str(), sine(number as f32))).unwrap();
            rig.patch.apply(Edit::add(filter.as_str(), module("filter.svf"))).unwrap();
            rig.patch.apply(connect(&format!("{osc}.out -> {filter}.in"), 0.1)).unwrap();
            rig.patch.apply(connect(&format!("{filter}.out -> out.in"), 1.0)).unwrap();
        }
    }
    rig.sync();
}

#[test]
fn next_to_nothing_is_taken_back_to_one_thread() {
    let (mut shared, mut alone) = (rig(2), rig(1));
    fill_little(&mut shared);
    fill_little(&mut alone);
    assert!(shared.compiler.explain().sections >= 2, "by guesses it is shared out");
    // Long enough to be measured, and for both ways to be tried.
    let frames = 64 * 16 * 80;
    let heard = shared.render(frames);
    assert_eq!(shared.compiler.explain().sections, 1);
    assert_eq!(shared.compiler.explain().units, alone.compiler.explain().units, "units are shared as if it had never been divided");
    let other = alone.render(frames).iter().zip(&heard).position(|(a, b)| a.to_bits() != b.to_bits());
    assert_eq!(other, None, "and no sample differs meanwhile");
}
