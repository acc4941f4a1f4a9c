//! What the player promises: clean pitch, seamless loops, no clicks, and samples exchanged without a jump.

use super::voice::{Cue, Mode, Route, Voice, ratio, way};
use super::{SPEC, build};
use patchlight_engine::{Data, Sample, Solo, SoloConfig, Strain};
use patchlight_testkit::{cents_between, frequency_hz, largest_step, peak, signal_to_noise_db};
use std::f64::consts::TAU;
use std::sync::Arc;

const RATE: usize = 48_000;

fn sine(hz: f64, level: f64, start_turns: f64, frames: usize) -> Vec<f32> {
    (0..frames).map(|n| (level * (TAU * (start_turns + hz * n as f64 / RATE as f64)).sin()) as f32).collect()
}

fn sample(channels: Vec<Vec<f32>>) -> Data {
    Data::Sample(Arc::new(Sample { sample_rate_hz: RATE as f32, channels }))
}

fn solo(data: Data, params: &[(&'static str, f32)], trig: Vec<f32>, gate: Option<Vec<f32>>) -> Solo {
    let config = SoloConfig { params: params.to_vec(), data: vec![data], ..SoloConfig::default() };
    let driven: &[&str] = if gate.is_some() { &["trig", "gate"] } else { &["trig"] };
    let mut solo = Solo::new(&SPEC, build, &config, driven);
    solo.drive("trig", vec![trig]);
    if let Some(gate) = gate {
        solo.drive("gate", vec![gate]);
    }
    solo
}

fn play(data: Data, params: &[(&'static str, f32)], frames: usize) -> Vec<f32> {
    solo(data, params, vec![1.0; frames], None).run(frames, 64).mono(0).to_vec()
}

#[test]
fn what_cannot_keep_up_plays_the_cheap_way() {
    let heard = |quality: f32, strain: Strain| {
        let data = sample(vec![sine(5_000.0, 0.9, 0.0, RATE)]);
        let mut solo = solo(data, &[("pitch_semitones", 7.0), ("quality", quality)], vec![1.0; 9_600], None);
        solo.set_strain(strain, 0);
        solo.run(9_600, 64).mono(0).to_vec()
    };
    let (sinc, cubic) = (heard(0.0, Strain::Views), heard(1.0, Strain::None));
    assert_eq!(heard(0.0, Strain::Quality), cubic);
    assert!(sinc != cubic && sinc == heard(0.0, Strain::None), "while only views are given up, the sound is as it was");
}

#[test]
fn a_fifth_up_and_down_is_ninety_decibels_clean() {
    for semitones in [7.0_f32, -7.0] {
        for hz in [1_000.0, 5_000.0, 10_000.0] {
            let heard_hz = hz * f64::from(semitones / 12.0).exp2();
            let clean = |quality: f32| {
                let data = sample(vec![sine(hz, 0.9, 0.0, 2 * RATE)]);
                let out = play(data, &[("pitch_semitones", semitones), ("quality", quality)], RATE);
                signal_to_noise_db(&out[4800..40_000], RATE as f64, heard_hz)
            };
            let (sinc, cubic) = (clean(0.0), clean(1.0));
            assert!(sinc > 90.0, "{hz} Hz by {semitones}: {sinc} dB");
            assert!(cubic > 25.0, "{hz} Hz by {semitones}: cubic {cubic} dB");
        }
    }
}

#[test]
fn at_its_own_pitch_the_file_comes_out_as_it_is() {
    let (left, right) = (sine(300.0, 0.5, 0.0, 9600), sine(400.0, 0.5, 0.0, 9600));
    let out = solo(sample(vec![left.clone(), right.clone()]), &[], vec![1.0; 9600], None).run(12_000, 64).outputs.remove(0);
    for (heard, file) in out.iter().zip([left, right]) {
        let worst = heard[..9500].iter().zip(&file).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-6, "{worst}");
        assert_eq!(peak(&heard[9600..]), 0.0);
    }
}

#[test]
fn loops_are_exact_and_seamless() {
    // A whole file of ten cycles, looped without a crossfade at another pitch, is a pure tone for as long as one likes.
    let whole = play(sample(vec![sine(480.0, 0.5, 0.25, 1000)]), &[("mode", 1.0), ("pitch_semitones", 3.0)], RATE);
    let snr = signal_to_noise_db(&whole[100..], RATE as f64, 480.0 * f64::from(3.0_f32 / 12.0).exp2());
    assert!(snr > 85.0, "{snr} dB");
    // A region that does not fit is blended.
    let params = [("mode", 1.0), ("start", 0.3), ("end", 0.713), ("crossfade_secs", 0.01)];
    let blended = play(sample(vec![sine(200.0, 0.5, 0.0, RATE / 4)]), &params, RATE);
    assert!(largest_step(&blended).1 < 0.03, "{:?}", largest_step(&blended));
    assert!(peak(&blended[RATE - 9600..]) > 0.4);
}

#[test]
fn ping_pong_turns_and_reverse_runs_backwards() {
    let ramp: Vec<f32> = (0..1000).map(|n| n as f32 / 1000.0).collect();
    let forth_and_back = play(sample(vec![ramp.clone()]), &[("mode", 2.0)], 4000);
    assert!((forth_and_back[500] - 0.5).abs() < 0.01 && (forth_and_back[1500] - 0.5).abs() < 0.01);
    assert!((forth_and_back[1100] - 0.9).abs() < 0.01 && (forth_and_back[2100] - 0.1).abs() < 0.01);
    let backwards = play(sample(vec![ramp]), &[("mode", 3.0)], 2000);
    assert!((backwards[300] - 0.7).abs() < 0.01 && backwards[300] > backwards[400] && peak(&backwards[1100..]) == 0.0);
}

#[test]
fn strokes_stops_and_regions_do_not_click() {
    // The file begins and ends at its peak: whatever is cut, is cut hard.
    let data = || sample(vec![sine(100.0, 0.5, 0.25, RATE)]);
    let slope = 0.5 * (TAU * 100.0 / RATE as f64) as f32;
    let bound = 0.5 / 96.0 * 2.0 + 2.0 * slope;
    let trig: Vec<f32> = (0..RATE).map(|n| if n % 1777 < 900 && n > 100 { 1.0 } else { 0.0 }).collect();
    let gate: Vec<f32> = (0..RATE).map(|n| if n % 2999 < 2000 && n > 100 { 1.0 } else { 0.0 }).collect();
    for mode in 0..4 {
        let params = [("mode", mode as f32), ("start", 0.1), ("end", 0.15)];
        let mut solo = solo(data(), &params, trig.clone(), Some(gate.clone()));
        let out = solo.run(RATE / 2, 64).mono(0).to_vec();
        solo.set("start", 0.4, 0);
        solo.set("end", 0.7, 0);
        let all = [out, solo.run(RATE / 2, 64).mono(0).to_vec()].concat();
        assert!(peak(&all) > 0.3);
        assert!(largest_step(&all).1 < bound, "mode {mode}: {:?}, {bound} would pass", largest_step(&all));
    }
}

#[test]
fn samples_are_exchanged_without_a_jump_and_the_head_is_told() {
    let mut solo = solo(sample(vec![sine(100.0, 0.5, 0.0, RATE)]), &[("mode", 1.0)], vec![1.0; 100], None);
    let before = solo.run(4800, 64).mono(0).to_vec();
    assert!((solo.telemetry()[0] - 0.1).abs() < 0.01 && solo.telemetry()[1] == 1.0);
    solo.set_data(0, sample(vec![sine(500.0, 0.5, 0.0, RATE)]));
    let after = solo.run(4800, 64).mono(0).to_vec();
    assert!(largest_step(&[before, after].concat()).1 < 0.5 / 96.0 + 0.01);
    assert_eq!(solo.telemetry()[1], 0.0, "the old has faded out; the new waits for a stroke");
    solo.drive("trig", vec![[vec![0.0; 9600], vec![1.0; 9600]].concat()]);
    let heard = frequency_hz(&solo.run(9600, 64).mono(0)[..9000], RATE as f64, 500.0);
    assert!(cents_between(500.0, heard).abs() < 1.0);
}

#[test]
fn the_short_way_gives_the_bits_of_the_long_one() {
    let sample = Sample { sample_rate_hz: RATE as f32, channels: vec![vec![0.0; 4000]] };
    let mut rolled = 0;
    for mode in [Mode::OneShot, Mode::Loop, Mode::PingPong, Mode::Reverse] {
        for (crossfade_secs, pace) in [(0.0, 0.3), (0.0, 7.7), (0.004, 1.9)] {
            let (mut short, mut long) = (Voice::default(), Voice::default());
            let route = Route { mode, region: (0.1, 0.9), crossfade_secs };
            let course = long.course(route, &sample, RATE as f32);
            for block in 0..200_usize {
                let steps: Vec<i64> = (0..64).map(|n| way(ratio((n as f32 * 0.1).sin()), pace)).collect();
                let mut places = [0; 64];
                let total: i64 = steps.iter().sum();
                let longest = steps.iter().copied().max().expect("64 steps");
                let is_short = block > 0 && short.roll(&course, (total, longest), |n| steps[n], &mut places);
                rolled += usize::from(is_short);
                for n in 0..64 {
                    let cue = Cue { trig: 1.0, gate: 0.0, step: steps[n], is_leaving: false };
                    let heads = long.next(&course, &cue);
                    let expected = if is_short { [(places[n], 1.0), (0, 0.0)] } else { short.next(&course, &cue) };
                    let heard = |heads: [(i64, f32); 2]| heads.map(|(place, level)| if level > 0.0 { (place, level) } else { (0, 0.0) });
                    assert_eq!(heard(heads), heard(expected), "{mode:?}, {crossfade_secs} s, block {block}, frame {n}");
                }
            }
        }
    }
    assert!(rolled > 500, "{rolled}");
    let worst = (-1000..=1000).map(|n| n as f32 / 100.0).map(|x| (ratio(x) / f64::from(x).exp2() - 1.0).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-12 && ratio(0.0) == 1.0, "{worst:e}");
}

/// Of modules that share a unit, one moves while its sample is being replaced, into a lane that another left with its sample.
#[test]
fn samples_move_with_their_module_even_while_they_are_exchanged() {
    let tone = |hz: f64| sample(vec![sine(hz, 0.5, 0.0, RATE)]);
    let configs = |tones: [f64; 2]| {
        tones.map(|hz| SoloConfig { params: vec![("mode", 1.0)], data: vec![tone(hz)], ..SoloConfig::default() }).to_vec()
    };
    let strokes: Vec<f32> = (0..4 * RATE).map(|n| if n % 9600 < 4800 { 1.0 } else { 0.0 }).collect();
    let mut from = Solo::bundle(&SPEC, build, &configs([100.0, 200.0]), &["trig"]);
    let mut to = Solo::bundle(&SPEC, build, &configs([300.0, 400.0]), &["trig"]);
    from.drive("trig", vec![strokes.clone()]);
    to.drive("trig", vec![strokes]);
    let pitch = |rendered: &[f32], expected: f64| cents_between(expected, frequency_hz(rendered, RATE as f64, expected)).abs();
    assert!(pitch(&from.run(4800, 64).outputs[0][0], 100.0) < 5.0 && pitch(&to.run(4800, 64).outputs[0][1], 400.0) < 5.0);
    from.set_data(0, tone(1000.0));
    from.run(64, 64);
    to.run(64, 64);
    from.move_lane(0, &mut to, 1);
    let heard = to.run(9600 * 2 - 4864, 64).outputs.remove(0);
    assert!(peak(&heard[1][200..4600]) == 0.0, "the old fades, the new waits for a stroke");
    assert!(pitch(&heard[1][5000..9400], 1000.0) < 5.0 && pitch(&heard[0][5000..9400], 300.0) < 5.0);
    // What was left behind went the other way.
    let left = from.run(9600 * 2 - 4864, 64).outputs.remove(0);
    assert!(pitch(&left[1][5000..9400], 200.0) < 5.0);
}
