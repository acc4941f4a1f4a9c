//! Paths of different latency arrive together.

use crate::rig::{Rig, latency_frames, module, plain_out};

/// What comes in, by itself and through a limiter that has nothing to do, into one output.
fn parallel() -> Rig {
    let modules =
        vec![("mic", module("io.audio_in")), ("limiter", module("dyn.limiter")), ("dry", module("amp.vca")), ("out", plain_out())];
    let cables = [("mic.out -> limiter.in", 1.0), ("mic.out -> dry.in", 1.0), ("limiter.out -> out.in", 0.25), ("dry.out -> out.in", 0.25)];
    Rig::playing(modules, &cables)
}

#[test]
fn a_path_beside_a_limiter_waits_for_it() {
    let mut rig = parallel();
    rig.render(4_800);
    let mut impulse = vec![0.0; 1_024];
    impulse[100] = 0.5;
    let heard = rig.render_with(&impulse);
    let sounding: Vec<usize> = (0..heard.len()).filter(|n| heard[*n].abs() > 0.01).collect();
    let explain = rig.compiler.explain();
    let late = explain.order.iter().find(|module| module.id.as_str() == "limiter").map(|module| module.latency_frames);
    assert_eq!(Some(sounding.clone()), late.map(|late| vec![100 + latency_frames() + late]), "one impulse, not two");
    assert!((heard[sounding[0]] - 0.25).abs() < 0.01);
    assert!(explain.order.iter().any(|module| module.kind == "fx.align"), "the delay that was put in is shown");
    assert!(rig.compiler.running().all(|running| running.spec.id != "fx.align"), "and is no module of the patch");
}
