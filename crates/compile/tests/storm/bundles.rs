//! Modules of one kind share a unit: who does, that it changes nothing but the time it takes, and that they part without a trace.

use crate::rig::{Rig, connect, module, plain_out, sine};
use patchlight_patch::Edit;
use patchlight_testkit::peak;

/// Chains of an oscillator, a filter that an LFO moves, and an amplifier.
fn chains(count: usize) -> Rig {
    let mut rig = Rig::new();
    rig.patch.apply(Edit::add("out", plain_out())).unwrap();
    for chain in 0..count {
        let id = |name: &str| format!("{name}_{chain}");
        let lfo = module("mod.lfo").with_param("rate_hz", 0.3 + chain as f32);
        let filter = module("filter.svf").with_param("cutoff_hz", 300.0 + 100.0 * chain as f32);
        rig.patch.apply(Edit::add(id("osc").as_str(), sine(chain as f32 * 5.0 - 20.0).with_param("shape", 2.0))).unwrap();
        rig.patch.apply(Edit::add(id("lfo").as_str(), lfo)).unwrap();
        rig.patch.apply(Edit::add(id("filter").as_str(), filter)).unwrap();
        rig.patch.apply(Edit::add(id("vca").as_str(), module("amp.vca"))).unwrap();
        for (cable, amount) in [
            (format!("{} -> {}", id("osc") + ".out", id("filter") + ".in"), 1.0),
            (format!("{} -> {}", id("lfo") + ".out", id("filter") + ".cutoff_hz"), 1.5),
            (format!("{} -> {}", id("filter") + ".out", id("vca") + ".in"), 0.7),
            (format!("{} -> out.in", id("vca") + ".out"), 0.1),
        ] {
            rig.patch.apply(connect(&cable, amount)).unwrap();
        }
    }
    rig.sync();
    rig
}

fn units_of(rig: &Rig, name: &str) -> Vec<(usize, usize)> {
    let order = rig.compiler.explain().order;
    let mut found: Vec<(usize, usize)> =
        order.iter().filter(|module| module.id.as_str().starts_with(name)).map(|module| (module.unit, module.lane)).collect();
    found.sort_unstable();
    found
}

#[test]
fn twenty_equal_modules_run_in_one_unit_in_the_order_of_the_patch() {
    let rig = chains(20);
    for name in ["osc", "lfo", "filter", "vca"] {
        let units = units_of(&rig, name);
        assert!(units.iter().all(|(unit, _)| *unit == units[0].0), "{name}: {units:?}");
        assert_eq!(units.iter().map(|(_, lane)| *lane).collect::<Vec<_>>(), (0..20).collect::<Vec<_>>(), "{name}");
    }
    assert_eq!(rig.compiler.explain().units, 5, "one for each kind, and the output");
}

#[test]
fn a_chain_among_others_is_the_sum_of_chains_by_themselves() {
    let together = chains(3).render(24_000);
    let mut sum = vec![0.0; together.len()];
    for alone in 0..3 {
        let mut rig = chains(3);
        for other in (0..3).filter(|other| *other != alone) {
            for name in ["osc", "lfo", "filter", "vca"] {
                rig.patch.apply(Edit::remove(format!("{name}_{other}").as_str())).unwrap();
            }
        }
        // An engine of its own, so that nothing fades.
        let mut fresh = Rig::new();
        fresh.patch = rig.patch;
        fresh.sync();
        fresh.render(24_000).iter().zip(&mut sum).for_each(|(x, sum)| *sum += x);
    }
    let largest = together.iter().zip(&sum).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(largest < 1e-5 && peak(&together) > 0.05, "off by {largest}");
}

/// A knob of choice takes a module out of its unit, and back; a cable does too. Its neighbours go on bit for bit.
#[test]
fn modules_leave_a_unit_and_come_back_while_their_neighbours_go_on() {
    let (mut still, mut edited) = (chains(9), chains(9));
    // Only what is not edited is heard.
    for rig in [&mut still, &mut edited] {
        rig.edit(Edit::Disconnect { id: "vca_4.out -> out.in".parse().unwrap() });
        rig.render(4_800);
    }
    let cable = "lfo_3.out -> osc_4.pulse_width";
    let edits = [
        Edit::set_param("osc_4", "shape", 3.0),
        Edit::set_param("filter_4", "mode", 2.0),
        connect(cable, 0.1),
        Edit::set_param("osc_4", "shape", 2.0),
        Edit::Disconnect { id: cable.parse().unwrap() },
        Edit::set_param("filter_4", "mode", 0.0),
        Edit::remove("lfo_4"),
        Edit::add("lfo_4", module("mod.lfo")),
        Edit::add("osc_new", sine(3.0).with_param("shape", 2.0)),
    ];
    for (number, edit) in edits.into_iter().enumerate() {
        edited.edit(edit);
        assert_eq!(still.render(2_400), edited.render(2_400), "edit {number}");
    }
    let order = edited.compiler.explain().order;
    let seat = |id: &str| order.iter().find(|module| module.id.as_str() == id).map(|module| module.unit);
    assert!([seat("osc_0"), seat("osc_4")].contains(&seat("osc_new")), "a newcomer takes a lane that is free");
}
