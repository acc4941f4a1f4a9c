//! The room's tail: how long, how dense, how wide and how loud it is.

use super::{SPEC, build};
use patchlight_engine::{Solo, SoloConfig};
use patchlight_testkit::{db, rms, strongest_resonance_db, t60_secs};

const RATE: usize = 48_000;

/// The answer to an impulse, wet alone.
fn answer(params: &[(&'static str, f32)], frames: usize) -> Vec<Vec<f32>> {
    let params = [params, &[("mix", 1.0)]].concat();
    let mut solo = Solo::new(&SPEC, build, &SoloConfig { params, channels: 2, ..SoloConfig::default() }, &["in"]);
    solo.drive("in", vec![vec![1.0]]);
    solo.run(frames, 64).outputs.remove(0)
}

#[test]
fn the_tail_lasts_as_long_as_the_knob_says() {
    for (decay_secs, size, damping) in [(1.4_f32, 0.5, 0.5), (1.4, 0.5, 0.0), (2.2, 0.0, 0.3), (5.0, 1.0, 0.5)] {
        let params = [("decay_secs", decay_secs), ("size", size), ("damping", damping)];
        let out = answer(&params, (f64::from(decay_secs) * 40_000.0) as usize);
        let heard = t60_secs(&out[0][4800..], 48_000.0, 60.0, 350.0);
        assert!((heard / f64::from(decay_secs) - 1.0).abs() < 0.1, "{heard} s for {params:?}");
    }
}

#[test]
fn damping_takes_the_highs_first() {
    let out = answer(&[("decay_secs", 3.0), ("damping", 0.5)], 2 * RATE);
    let (lows, highs) = (t60_secs(&out[0][4800..], 48_000.0, 60.0, 350.0), t60_secs(&out[0][4800..40_000], 48_000.0, 3000.0, 4000.0));
    assert!(highs < 0.5 * lows, "{highs} s against {lows} s");
}

#[test]
fn no_resonance_stands_out_late_in_the_tail() {
    for params in [vec![("decay_secs", 2.0)], vec![("size", 0.2), ("decay_secs", 1.5), ("damping", 0.2)]] {
        for side in answer(&params, 2 * RATE) {
            let (over_db, hz) = strongest_resonance_db(&side[RATE..RATE + 32_768], 48_000.0);
            assert!(over_db < 12.0, "{over_db} dB at {hz} Hz with {params:?}");
        }
    }
}

#[test]
fn the_answer_waits_for_the_predelay_and_is_as_wide_as_asked() {
    let out = answer(&[("predelay_secs", 0.1), ("width", 0.0)], RATE / 2);
    let first = out[0].iter().position(|x| *x != 0.0);
    // The shortest comb of the left side behind the predelay.
    assert_eq!(first, Some(4800 + 1202), "{first:?}");
    assert_eq!(out[0], out[1]);
    let wide = answer(&[], RATE);
    let product: f64 = wide[0].iter().zip(&wide[1]).map(|(l, r)| f64::from(l * r)).sum();
    let correlation = product / (rms(&wide[0]) * rms(&wide[1]) * RATE as f64);
    assert!(correlation.abs() < 0.3, "{correlation}");
}

#[test]
fn the_tail_is_about_as_loud_as_what_made_it() {
    let noise: Vec<f32> = (0..2 * RATE).map(|n| ((n as f32 * 12.9898).sin() * 43_758.547).fract()).collect();
    let config = SoloConfig { params: vec![("mix", 1.0)], channels: 2, ..SoloConfig::default() };
    let mut solo = Solo::new(&SPEC, build, &config, &["in"]);
    let dry_db = db(rms(&noise));
    solo.drive("in", vec![noise]);
    let wet_db = db(rms(&solo.run(2 * RATE, 64).mono(0)[RATE..]));
    assert!((wet_db - dry_db).abs() < 3.0, "{wet_db} against {dry_db}");
}
