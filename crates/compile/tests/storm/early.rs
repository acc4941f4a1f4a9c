//! Many sources at one input: each is added as soon as it has run, and that changes nothing but where it lies meanwhile.

use crate::rig::{RATE, Rig, connect, module, plain_out};
use patchlight_engine::EngineConfig;
use patchlight_patch::Edit;
use patchlight_testkit::peak;

const BANDS: usize = 200;

/// A noise through band-passes beside each other, more than one unit holds, and if there is a `rest`, through a room.
fn bank(threads: usize, bands: std::ops::Range<usize>, rest: bool) -> Rig {
    let mut rig = Rig::with(EngineConfig { threads, ..EngineConfig::new(RATE as f32) });
    rig.patch.apply(Edit::add("out", plain_out())).unwrap();
    rig.patch.apply(Edit::add("noise", module("osc.noise"))).unwrap();
    for band in bands {
        let id = format!("band_{band}");
        let filter = module("filter.svf").with_param("cutoff_hz", 50.0 + 40.0 * band as f32).with_param("resonance", 0.9);
        rig.patch.apply(Edit::add(id.as_str(), filter.with_param("mode", 2.0))).unwrap();
        rig.patch.apply(connect(&format!("noise.out -> {id}.in"), 1.0)).unwrap();
        rig.patch.apply(connect(&format!("{id}.out -> out.in"), 0.1)).unwrap();
    }
    // What is no lane of a group is added last.
    if rest {
        rig.patch.apply(Edit::add("room", module("fx.reverb_room"))).unwrap();
        rig.patch.apply(connect("noise.out -> room.in", 0.3)).unwrap();
        rig.patch.apply(connect("room.out -> out.in", 0.3)).unwrap();
    }
    rig.sync();
    rig
}

/// A fifth of a second, gains moving and filters coming and going in it.
fn play(mut rig: Rig) -> Vec<f32> {
    let mut heard = rig.render(2_400);
    rig.edit(Edit::SetCableAmount { id: "band_3.out -> out.in".parse().unwrap(), amount: 0.4 });
    rig.edit(Edit::remove("band_150"));
    heard.extend(rig.render(2_400));
    rig.edit(Edit::add("late", module("filter.svf")));
    rig.edit(connect("noise.out -> late.in", 1.0));
    rig.edit(connect("late.out -> out.in", 0.2));
    heard.extend(rig.render(4_800));
    heard
}

#[test]
fn a_bank_is_the_sum_of_its_bands() {
    let whole = bank(1, 0..BANDS, true).render(4_800);
    let mut sum = vec![0.0; whole.len()];
    for first in (0..BANDS).step_by(4) {
        bank(1, first..first + 4, first == 0).render(4_800).iter().zip(&mut sum).for_each(|(x, sum)| *sum += x);
    }
    let largest = whole.iter().zip(&sum).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(largest < 1e-5 && peak(&whole) > 0.1, "off by {largest} of {}", peak(&whole));
}

#[test]
fn a_sum_at_the_end_is_the_same_to_the_bit() {
    for rest in [false, true] {
        let [alone, shared] = [1, 2].map(|threads| bank(threads, 0..BANDS, rest));
        assert_eq!(alone.compiler.explain().sections, 1);
        assert!(shared.compiler.explain().sections >= 2, "its sources run in several sections");
        let (early, late) = (play(alone), play(shared));
        assert_eq!(early.iter().zip(&late).position(|(a, b)| a.to_bits() != b.to_bits()), None, "with a rest: {rest}");
    }
}

#[test]
fn more_sources_take_no_more_memory() {
    let [some, many] = [64, 256].map(|bands| bank(1, 0..bands, true).compiler.explain().memory_bytes);
    assert_eq!(some, many);
}
