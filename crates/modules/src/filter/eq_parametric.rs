//! Parametric equalizer: eight bands, each a bell, a shelf, a pass or a notch.
//!
//! Each band is a state-variable filter ([`crate::dsp::svf_full`]): it may be moved as fast as you like.

use crate::dsp::Memo;
use crate::dsp::svf_full::{Bell, BellState, Bells, Shape};
use patchlight_core::{Curve, Face, ModuleSpec, audio, choice, db, hz, module, preset, unit};
use patchlight_engine::simd::{Simd, SimdJob, load, vectorize};
use patchlight_engine::{BuildContext, GROUP, RowIo, RowKernel, RowParam, Unit, rows};

const BANDS: usize = 8;
const PER_BAND: usize = 4;
const LEVEL: usize = BANDS * PER_BAND;
const SHAPES: &[&str] = &["bell", "low shelf", "high shelf", "low pass", "high pass", "notch"];

pub const SPEC: ModuleSpec = module("filter.eq_parametric", "Parametric EQ")
    .about("Eight bands to carve a sound: lift what you like, lower what rings, cut what rumbles.")
    .tags(&["equalizer", "eq", "bell", "shelf", "notch", "tone", "mixing", "mastering", "peak"])
    .inputs(&[audio("in", "Sound to shape")])
    .params(&[
        hz("band_1_hz", 20.0..=20_000.0, 60.0).about("Where band 1 works"),
        db("gain_1_db", -24.0..=24.0, 0.0).about("How much band 1 lifts or lowers; passes and notches have no gain"),
        unit("q_1", 0.1..=24.0, 0.71).curve(Curve::Log).about("How narrow band 1 is").hidden(),
        choice("shape_1", SHAPES, 1).about("What band 1 does").structural().hidden(),
        hz("band_2_hz", 20.0..=20_000.0, 120.0).about("Where band 2 works").hidden(),
        db("gain_2_db", -24.0..=24.0, 0.0).about("How much band 2 lifts or lowers; passes and notches have no gain").hidden(),
        unit("q_2", 0.1..=24.0, 1.0).curve(Curve::Log).about("How narrow band 2 is").hidden(),
        choice("shape_2", SHAPES, 0).about("What band 2 does").structural().hidden(),
        hz("band_3_hz", 20.0..=20_000.0, 250.0).about("Where band 3 works"),
        db("gain_3_db", -24.0..=24.0, 0.0).about("How much band 3 lifts or lowers; passes and notches have no gain"),
        unit("q_3", 0.1..=24.0, 1.0).curve(Curve::Log).about("How narrow band 3 is").hidden(),
        choice("shape_3", SHAPES, 0).about("What band 3 does").structural().hidden(),
        hz("band_4_hz", 20.0..=20_000.0, 500.0).about("Where band 4 works").hidden(),
        db("gain_4_db", -24.0..=24.0, 0.0).about("How much band 4 lifts or lowers; passes and notches have no gain").hidden(),
        unit("q_4", 0.1..=24.0, 1.0).curve(Curve::Log).about("How narrow band 4 is").hidden(),
        choice("shape_4", SHAPES, 0).about("What band 4 does").structural().hidden(),
        hz("band_5_hz", 20.0..=20_000.0, 1000.0).about("Where band 5 works"),
        db("gain_5_db", -24.0..=24.0, 0.0).about("How much band 5 lifts or lowers; passes and notches have no gain"),
        unit("q_5", 0.1..=24.0, 1.0).curve(Curve::Log).about("How narrow band 5 is").hidden(),
        choice("shape_5", SHAPES, 0).about("What band 5 does").structural().hidden(),
        hz("band_6_hz", 20.0..=20_000.0, 2500.0).about("Where band 6 works").hidden(),
        db("gain_6_db", -24.0..=24.0, 0.0).about("How much band 6 lifts or lowers; passes and notches have no gain").hidden(),
        unit("q_6", 0.1..=24.0, 1.0).curve(Curve::Log).about("How narrow band 6 is").hidden(),
        choice("shape_6", SHAPES, 0).about("What band 6 does").structural().hidden(),
        hz("band_7_hz", 20.0..=20_000.0, 6000.0).about("Where band 7 works"),
        db("gain_7_db", -24.0..=24.0, 0.0).about("How much band 7 lifts or lowers; passes and notches have no gain"),
        unit("q_7", 0.1..=24.0, 1.0).curve(Curve::Log).about("How narrow band 7 is").hidden(),
        choice("shape_7", SHAPES, 0).about("What band 7 does").structural().hidden(),
        hz("band_8_hz", 20.0..=20_000.0, 12000.0).about("Where band 8 works").hidden(),
        db("gain_8_db", -24.0..=24.0, 0.0).about("How much band 8 lifts or lowers; passes and notches have no gain").hidden(),
        unit("q_8", 0.1..=24.0, 0.71).curve(Curve::Log).about("How narrow band 8 is").hidden(),
        choice("shape_8", SHAPES, 2).about("What band 8 does").structural().hidden(),
        db("level_db", -24.0..=24.0, 0.0).about("Level behind all bands").hidden(),
    ])
    .presets(&[
        preset(
            "Vocal lift",
            "voice clean",
            "band_1_hz 90; shape_1 high pass; band_3_hz 300; gain_3_db -3; band_6_hz 3200; gain_6_db 3; band_8_hz 11000; gain_8_db 2.5",
        ),
        preset("Kick", "drum punch", "band_1_hz 60; gain_1_db 4; band_4_hz 400; gain_4_db -5; q_4 1.2; band_6_hz 3500; gain_6_db 4"),
        preset("De-mud", "mix clean", "band_3_hz 260; gain_3_db -4; q_3 0.9"),
        preset("Smile", "loudness bright", "gain_1_db 4; band_5_hz 900; gain_5_db -3; q_5 0.6; gain_8_db 4"),
        preset(
            "Old radio",
            "effect narrow",
            "band_1_hz 400; shape_1 high pass; band_5_hz 1500; gain_5_db 6; band_8_hz 3500; shape_8 low pass",
        ),
    ])
    .outputs(&[audio("out", "Shaped sound")])
    .face(Face::Equalizer);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    let shape = |band: usize| match context.params.get(band * PER_BAND + 3).map_or(0, |shape| *shape as usize) {
        0 => Shape::Bell,
        1 => Shape::LowShelf,
        2 => Shape::HighShelf,
        3 => Shape::LowPass,
        4 => Shape::HighPass,
        _ => Shape::Notch,
    };
    rows(context, |_| Equalizer {
        shapes: std::array::from_fn(shape),
        bells: [Memo::new(); BANDS],
        states: [BellState::default(); BANDS],
        level: Memo::new(),
    })
}

struct Equalizer {
    shapes: [Shape; BANDS],
    bells: [Memo<[f32; 3], Bell>; BANDS],
    states: [BellState; BANDS],
    level: Memo<f32, f32>,
}

/// A band of which a knob moves.
struct MovedBand<'a, 'p> {
    knobs: [RowParam<'p>; 3],
    shape: Shape,
    rate_hz: f32,
    state: &'a mut BellState,
    out: &'a mut [f32],
}

impl SimdJob for MovedBand<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { knobs, shape, rate_hz, state, out } = self;
        for (number, frames) in out.chunks_mut(GROUP).enumerate() {
            let mut values = [[0.0; GROUP]; 3];
            for (values, knob) in values.iter_mut().zip(&knobs) {
                for (k, value) in values.iter_mut().enumerate() {
                    // Behind the last frame it is the last again.
                    *value = knob.at(number * GROUP + k.min(frames.len() - 1));
                }
            }
            let bells = Bells::new(simd, shape, [load(simd, &values[0]), load(simd, &values[1]), load(simd, &values[2])], rate_hz);
            for (k, x) in frames.iter_mut().enumerate() {
                *x = state.next(*x, &bells.at(k));
            }
        }
    }
}

impl RowKernel for Equalizer {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (input, rate_hz, level) = (io.input(0), io.sample_rate_hz(), io.param(LEVEL));
        let params: [_; LEVEL] = std::array::from_fn(|index| io.param(index));
        let out = io.output(0);
        out.copy_from_slice(input);
        for band in 0..BANDS {
            let shape = self.shapes[band];
            let [hz, gain_db, q] = [0, 1, 2].map(|index| params[band * PER_BAND + index]);
            let bends = matches!(shape, Shape::Bell | Shape::LowShelf | Shape::HighShelf);
            // A band that stands at 0 dB changes nothing, and rings out into nothing.
            if bends && gain_db.constant() == Some(0.0) && hz.constant().is_some() {
                self.states[band] = BellState::default();
                continue;
            }
            let state = &mut self.states[band];
            if let (Some(hz), Some(q), Some(gain_db)) = (hz.constant(), q.constant(), gain_db.constant()) {
                let bell = self.bells[band].get([hz, q, gain_db], |[hz, q, gain_db]| Bell::new(shape, hz, q, gain_db, rate_hz));
                out.iter_mut().for_each(|x| *x = state.next(*x, &bell));
            } else {
                vectorize(MovedBand { knobs: [hz, q, gain_db], shape, rate_hz, state, out });
            }
        }
        for (n, x) in out.iter_mut().enumerate() {
            *x *= self.level.get(level.at(n), crate::glide::gain_from_db);
        }
    }

    fn reset(&mut self) {
        self.states = [BellState::default(); BANDS];
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::driven;
    use patchlight_testkit::magnitude_response_db;

    #[test]
    fn bells_and_shelves_are_where_their_formulas_say() {
        let mut impulse = vec![0.0; 65_536];
        impulse[0] = 1.0;
        let at = |params: &[(&'static str, f32)], hz: f64| {
            magnitude_response_db(driven(&SPEC, build, params, &[("in", impulse.clone())], 65_536).mono(0), 48_000.0, hz)
        };
        let bell = [("band_5_hz", 1_000.0), ("gain_5_db", 9.0), ("q_5", 2.0)];
        assert!((at(&bell, 1_000.0) - 9.0).abs() < 0.05 && at(&bell, 100.0).abs() < 0.1 && at(&bell, 10_000.0).abs() < 0.1);
        // The analog bell with Q 2 and 9 dB, warped: A = 10^(9/40).
        let warp = |hz: f64| (std::f64::consts::PI * hz / 48_000.0).tan();
        let (a, w) = (10_f64.powf(9.0 / 40.0), warp(1_500.0) / warp(1_000.0));
        let part = |width: f64| ((1.0 - w * w).powi(2) + (width * w).powi(2)).sqrt();
        let expected = 20.0 * (part(a / 2.0) / part(1.0 / (2.0 * a))).log10();
        assert!((at(&bell, 1_500.0) - expected).abs() < 0.05, "{} for {expected}", at(&bell, 1_500.0));
        let low = [("band_1_hz", 200.0), ("gain_1_db", -6.0)];
        assert!((at(&low, 20.0) + 6.0).abs() < 0.15 && (at(&low, 200.0) + 3.0).abs() < 0.15 && at(&low, 5_000.0).abs() < 0.05);
        let high = [("band_8_hz", 4_000.0), ("gain_8_db", 6.0)];
        assert!((at(&high, 18_000.0) - 6.0).abs() < 0.1 && (at(&high, 4_000.0) - 3.0).abs() < 0.15 && at(&high, 100.0).abs() < 0.05);
        let pass = [("band_1_hz", 100.0), ("shape_1", 4.0)];
        assert!((at(&pass, 100.0) + 3.0).abs() < 0.1 && at(&pass, 25.0) < -23.0);
    }
}
