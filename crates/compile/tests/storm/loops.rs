//! Loops through delays run in blocks and are as long as their delays say; others run frame by frame.

use crate::rig::{Rig, connect, latency_frames, module, plain_out, sine};
use patchlight_patch::Edit;
use patchlight_testkit::largest_step;

/// What comes in goes round through a delay of so many seconds, at half its level.
fn echoes(secs: f32) -> Rig {
    let delay = module("fx.delay")
        .with_param("time_secs", secs)
        .with_param("feedback", 0.0)
        .with_param("mix", 1.0)
        .with_param("low_cut_hz", 20.0)
        .with_param("high_cut_hz", 20_000.0);
    let modules = vec![("mic", module("io.audio_in")), ("sum", module("amp.vca")), ("delay", delay), ("out", plain_out())];
    let cables = [("mic.out -> sum.in", 1.0), ("sum.out -> delay.in", 1.0), ("delay.out -> sum.in", 0.5), ("sum.out -> out.in", 1.0)];
    Rig::playing(modules, &cables)
}

fn block_frames(rig: &Rig) -> usize {
    rig.compiler.explain().loops[0].block_frames
}

/// Where the impulse and its echoes are loudest, and how loud.
fn peaks(rig: &mut Rig, period: usize, count: usize) -> Vec<(usize, f32)> {
    rig.render(4_800);
    let mut impulse = vec![0.0; period * (count + 1) + 256];
    impulse[100] = 1.0;
    let heard = rig.render_with(&impulse);
    let first = 100 + latency_frames();
    let around = |echo: usize| (first + echo * period).saturating_sub(period / 3)..(first + echo * period + period / 3).min(heard.len());
    (0..count)
        .map(|echo| {
            let place = around(echo).max_by(|a, b| heard[*a].abs().total_cmp(&heard[*b].abs())).unwrap();
            (place - first, heard[place])
        })
        .collect()
}

#[test]
fn a_loop_through_a_delay_runs_in_blocks_and_keeps_its_length_to_the_frame() {
    for (secs, period, frames) in [(0.01, 480, 64), (0.001, 48, 32)] {
        let mut rig = echoes(secs);
        assert_eq!(block_frames(&rig), frames, "{secs} s");
        for (echo, (place, level)) in peaks(&mut rig, period, 5).into_iter().enumerate() {
            assert_eq!(place, echo * period, "{secs} s, echo {echo}");
            // The delay's own filters round it a little.
            assert!(level.abs() >= 0.25_f32.powi(echo as i32), "{secs} s, echo {echo}: {level}");
        }
    }
}

#[test]
fn a_delay_whose_time_is_moved_runs_frame_by_frame() {
    let mut rig = echoes(0.01);
    rig.edit(Edit::add("lfo", module("mod.lfo")));
    rig.edit(connect("lfo.out -> delay.time_secs", 0.001));
    assert_eq!(block_frames(&rig), 1);
}

#[test]
fn a_shorter_delay_shortens_the_block() {
    let mut rig = echoes(0.01);
    rig.render(4_800);
    rig.edit(Edit::set_param("delay", "time_secs", 0.001));
    assert_eq!(block_frames(&rig), 32);
}

fn apart(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Closing the loop makes what arrives at the delay a block late. Nobody hears that.
#[test]
fn a_loop_that_is_closed_while_it_sounds_does_not_jump() {
    let playing = || {
        let delay = module("fx.delay").with_param("time_secs", 0.05).with_param("feedback", 0.0).with_param("mix", 1.0);
        let modules = vec![("osc", sine(2.0)), ("sum", module("amp.vca")), ("delay", delay), ("out", plain_out())];
        let mut rig = Rig::playing(modules, &[("osc.out -> sum.in", 0.5), ("sum.out -> delay.in", 1.0), ("delay.out -> out.in", 1.0)]);
        rig.render(9_600);
        rig
    };
    let (mut open, mut closed) = (playing(), playing());
    // At amount 0 the loop adds nothing, and runs.
    closed.edit(connect("delay.out -> sum.in", 0.0));
    assert_eq!(block_frames(&closed), 64);
    assert_eq!(closed.compiler.closing_cables().count(), 0, "no cable is marked as late");
    let (steady, heard) = (open.render(9_600), closed.render(9_600));
    assert!(largest_step(&heard).1 < 1.05 * largest_step(&steady).1);
    // The block against DC turns the phase of 300 Hz by a degree.
    assert!(apart(&steady, &heard) < 0.02);
    // And opening it again does not either: what leads goes on leading. The sum becomes mono again, so that it is built anew and one fades
    // into the other; the new one has nothing to bring in its first block.
    closed.edit(Edit::Disconnect { id: "delay.out -> sum.in".parse().unwrap() });
    let (steady, heard) = (open.render(9_600), closed.render(9_600));
    assert!(largest_step(&heard).1 < 1.2 * largest_step(&steady).1, "{:?} {:?}", largest_step(&steady), largest_step(&heard));
    assert!(block_frames(&closed) == 64 && apart(&steady[4_800..], &heard[4_800..]) < 0.02);
}
