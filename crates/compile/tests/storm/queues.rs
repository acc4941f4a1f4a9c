//! Full queues, in either direction, lose nothing.

use crate::rig::{RATE, Rig, module, plain_out, sine};
use patchlight_core::Steps;
use patchlight_engine::{Data, EngineConfig, Message};
use patchlight_patch::Edit;
use patchlight_testkit::peak;
use std::sync::{Arc, Weak};

fn with_queue(queue_len: usize) -> Rig {
    Rig::with(EngineConfig { queue_len, ..EngineConfig::new(RATE as f32) })
}

/// Every pattern goes to the sequencer and all but the last come home: the weak ends tell where each is.
#[test]
fn five_thousand_messages_to_a_renderer_that_does_not_run_all_arrive() {
    let mut rig = with_queue(256);
    rig.edit(Edit::add("seq", module("seq.steps")));
    let slot = rig.compiler.slot_of("seq").unwrap();
    let sent: Vec<Weak<Steps>> = (0..5_000)
        .map(|_| {
            let steps = Arc::new("C4 . E4".parse::<Steps>().unwrap());
            let watched = Arc::downgrade(&steps);
            rig.controller.send(Message::Data { slot, index: 0, data: Data::Steps(steps) });
            watched
        })
        .collect();
    rig.controller.pump();
    assert!(rig.controller.pending() >= 5_000, "they wait, as the renderer does not run");
    assert!(sent.iter().all(|watched| watched.strong_count() == 1), "none was dropped on the way");
    let mut blocks = 0;
    while rig.controller.pending() > 0 {
        rig.render(64);
        blocks += 1;
        assert!(blocks < 1_000, "{} messages never arrive", rig.controller.pending());
    }
    rig.render(64);
    rig.controller.pump();
    let alive: Vec<usize> = (0..sent.len()).filter(|index| sent[*index].strong_count() > 0).collect();
    assert_eq!(alive, [4_999], "each was swapped in, in order, and all but the newest came home and were dropped");
}

/// When nobody takes what comes home, swaps wait on the audio side, the sound goes on, and all of them happen later.
#[test]
fn a_full_way_home_defers_swaps_and_loses_none() {
    let mut rig = with_queue(4);
    for (id, module) in [("osc", sine(0.0)), ("out", plain_out())] {
        rig.edit(Edit::add(id, module));
    }
    rig.edit(crate::rig::connect("osc.out -> out.in", 0.5));
    rig.render(4_800);
    let telemetry = Arc::clone(rig.controller.telemetry());
    let before = telemetry.swaps();
    let (mut left, mut right) = (vec![0.0; 64], vec![0.0; 64]);
    for number in 0..12 {
        rig.edit(Edit::add(format!("lfo_{number}").as_str(), module("mod.lfo")));
        // The renderer runs, and what it sends home stays there.
        rig.renderer.render(None, [&mut left, &mut right]);
    }
    assert!(telemetry.swaps() <= before + 4, "only as many swaps as fit on the way home");
    assert!(telemetry.deferred() > 0, "the rest waits, and is counted");
    assert!(peak(&left) > 0.1, "the sound goes on meanwhile");
    for _ in 0..40 {
        rig.render(64);
    }
    assert_eq!((telemetry.swaps(), rig.controller.pending()), (before + 12, 0), "all of them happened");
}
