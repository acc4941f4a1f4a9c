//! What the low-frequency oscillator must do.

use super::{SHAPES, SPEC, build};
use patchlight_engine::{Solo, SoloConfig, Transport};
use patchlight_testkit::{largest_step, peak};

fn solo(rate_hz: f32, params: &[(&'static str, f32)], driven: &[&str]) -> Solo {
    Solo::new(&SPEC, build, &SoloConfig { sample_rate_hz: rate_hz, params: params.to_vec(), ..SoloConfig::default() }, driven)
}

/// Frames at which it crosses zero upwards.
fn crossings(samples: &[f32]) -> Vec<usize> {
    (1..samples.len()).filter(|n| samples[*n] >= 0.0 && samples[n - 1] < 0.0).collect()
}

#[test]
fn rates_are_exact_at_both_ends() {
    let mut slow = solo(192_000.0, &[("rate_hz", 0.01)], &[]);
    let quarter = slow.run(25 * 192_000 + 1, 64);
    let top = quarter.mono(0)[25 * 192_000];
    assert!((slow.telemetry()[0] - 0.25).abs() < 1e-4 && top > 0.999_99, "{:?}", slow.telemetry());
    let fast = crossings(solo(44_100.0, &[("rate_hz", 100.0)], &[]).run(441_001, 64).mono(0)).len();
    assert!((999..=1000).contains(&fast), "{fast} cycles in ten seconds at 100 Hz");
}

#[test]
fn shapes_begin_and_peak_where_they_should() {
    let expected: [[f32; 4]; 5] =
        [[0.0, 1.0, 0.0, -1.0], [0.0, 1.0, 0.0, -1.0], [-1.0, -0.5, 0.0, 0.5], [1.0, 0.5, 0.0, -0.5], [1.0, 1.0, -1.0, -1.0]];
    for (shape, expected) in expected.iter().enumerate() {
        let rendered = solo(48_000.0, &[("shape", shape as f32), ("rate_hz", 1.0)], &[]).run(48_000, 64);
        let found = [10, 12_010, 24_010, 36_010].map(|n| rendered.mono(0)[n]);
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 2e-3), "{}: {found:?}", SHAPES[shape]);
    }
    for shape in [5.0, 6.0] {
        let rendered = solo(48_000.0, &[("shape", shape), ("rate_hz", 100.0)], &[]).run(96_000, 64);
        let mean = rendered.mono(0).iter().sum::<f32>() / 96_000.0;
        assert!(mean.abs() < 0.2 && peak(rendered.mono(0)) > 0.9 && peak(rendered.mono(0)) <= 1.0, "{mean}");
    }
}

#[test]
fn synced_it_keeps_to_the_song() {
    let mut synced = solo(48_000.0, &[("sync", 8.0)], &[]);
    let rendered = synced.run(48_000 * 20, 64);
    let found = crossings(rendered.mono(0));
    assert!(found.iter().enumerate().all(|(cycle, n)| n.abs_diff((cycle + 1) * 24_000) <= 1), "{found:?}");
    let mut moved = solo(48_000.0, &[("sync", 8.0)], &[]);
    moved.set_transport(Transport { playing: true, tempo_bpm: 120.0, beat: 7.25 });
    assert!((moved.run(64, 64).mono(0)[0] - 1.0).abs() < 1e-6);
}

#[test]
fn switches_and_shapes_do_not_click() {
    let mut lfo = solo(48_000.0, &[("rate_hz", 0.5)], &[]);
    lfo.run(12_032, 64);
    for (id, value) in [("shape", 2.0), ("shape", 1.0), ("unipolar", 1.0), ("shape", 6.0), ("unipolar", 0.0)] {
        lfo.set(id, value, 240);
        let (_, step) = largest_step(lfo.run(4800, 64).mono(0));
        assert!(step < 0.012, "{id} to {value}: {step}");
    }
}

#[test]
fn it_fades_in_and_a_one_shot_ends() {
    let mut lfo = solo(48_000.0, &[("rate_hz", 1.0), ("shape", 2.0), ("one_shot", 1.0), ("fade_secs", 0.5)], &["reset"]);
    lfo.drive("reset", vec![(0..200_000).map(|n| if n == 100_000 { 1.0 } else { 0.0 }).collect()]);
    let rendered = lfo.run(148_000, 64);
    let out = rendered.mono(0);
    assert!((out[12_000] + 0.25).abs() < 1e-3, "half faded in: {}", out[12_000]);
    assert!((out[36_000] - 0.5).abs() < 1e-3);
    assert!(out[60_000] > 0.9999 && out[99_999] > 0.9999, "it holds its end");
    assert!((out[112_000] + 0.25).abs() < 1e-3, "and begins again");
}

#[test]
fn the_square_is_high_for_the_share_asked_for() {
    // A gate every half second, on for 60 % of it, from the first frame on.
    let params = [("rate_hz", 2.0), ("shape", 4.0), ("unipolar", 1.0), ("pulse_width", 0.6)];
    let rendered = solo(48_000.0, &params, &[]).run(48_000 * 10, 64);
    let out = rendered.mono(0);
    assert_eq!(out[0], 1.0);
    for (n, value) in out.iter().enumerate() {
        let place = n % 24_000;
        let is_near_an_edge = place < 2 || place.abs_diff(14_400) < 2 || place > 23_998;
        assert!(is_near_an_edge || *value == if place < 14_400 { 1.0 } else { 0.0 }, "frame {n}: {value}");
    }
}

#[test]
fn the_loop_for_one_shape_gives_the_samples_of_the_loop_for_all() {
    for shape in 0..SHAPES.len() {
        for unipolar in [0.0, 1.0] {
            for driven in [vec![], vec!["rate_hz"], vec!["phase_degrees", "pulse_width"]] {
                let run = |idle: Option<&'static str>| {
                    let params = vec![("shape", shape as f32), ("unipolar", unipolar), ("rate_hz", 30.0), ("phase_degrees", 100.0)];
                    let ends: Vec<&str> = driven.iter().copied().chain(idle).collect();
                    let mut lfo = Solo::new(&SPEC, build, &SoloConfig { params, voices: 24, ..SoloConfig::default() }, &ends);
                    for id in &driven {
                        let wave = |lane: usize, n: usize| ((n * (3 + lane)) as f32 * 0.003).sin();
                        lfo.drive(id, (0..24).map(|lane| (0..6000).map(|n| wave(lane, n)).collect()).collect());
                    }
                    lfo.run(6000, 64).outputs
                };
                // A reset that never comes brings the loop for all.
                assert_eq!(run(None), run(Some("reset")), "{} {unipolar} {driven:?}", SHAPES[shape]);
            }
        }
    }
}
