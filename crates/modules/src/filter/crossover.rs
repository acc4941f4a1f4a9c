//! Crossover: lows, middles and highs apart, which together are as loud as before.
//!
//! Linkwitz-Riley, 24 dB an octave (S. Linkwitz, *Active crossover networks for noncoincident drivers*, 1976): two Butterworth filters in a row. The lows
//! pass the second split's all-pass, so that the three add up without a dip.

use crate::dsp::Memo;
use crate::dsp::svf_full::{Bell, BellState, Shape};
use patchlight_core::{Face, ModuleSpec, audio, hz, module};
use patchlight_engine::{BuildContext, RowIo, RowKernel, Unit, rows};

pub const SPEC: ModuleSpec = module("filter.crossover", "Crossover")
    .about("Splits a sound into lows, middles and highs. Process each by itself and mix them again: nothing is lost.")
    .tags(&["multiband", "split", "bands", "linkwitz", "lr4", "low", "mid", "high", "isolator"])
    .inputs(&[audio("in", "Sound to split")])
    .params(&[
        hz("low_hz", 25.0..=2_000.0, 200.0).about("Between lows and middles"),
        hz("high_hz", 500.0..=16_000.0, 2_500.0).about("Between middles and highs"),
    ])
    .outputs(&[audio("low", "The lows"), audio("mid", "The middles"), audio("high", "The highs")])
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |_| Crossover { states: [[BellState::default(); 2]; 6], bells: [Memo::new(); 2] })
}

struct Crossover {
    /// Low and rest at the first split; middles and highs at the second; and the lows' way through both sides of that.
    states: [[BellState; 2]; 6],
    bells: [Memo<f32, [Bell; 2]>; 2],
}

fn twice(states: &mut [BellState; 2], x: f32, bell: &Bell) -> f32 {
    states.iter_mut().fold(x, |x, state| state.next(x, bell))
}

impl RowKernel for Crossover {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (input, low_hz, high_hz, rate_hz) = (io.input(0), io.param(0), io.param(1), io.sample_rate_hz());
        let pair = |hz: f32| {
            let q = std::f32::consts::FRAC_1_SQRT_2;
            [Shape::LowPass, Shape::HighPass].map(|shape| Bell::new(shape, hz, q, 0.0, rate_hz))
        };
        let [lows, mids, highs] = io.outputs();
        for n in 0..lows.len() {
            let first = self.bells[0].get(low_hz.at(n), pair);
            let second = self.bells[1].get(high_hz.at(n).max(low_hz.at(n)), pair);
            let [low, rest, mid, high, through_low, through_high] = &mut self.states;
            let below = twice(low, input[n], &first[0]);
            let above = twice(rest, input[n], &first[1]);
            mids[n] = twice(mid, above, &second[0]);
            highs[n] = twice(high, above, &second[1]);
            // Both halves of a Linkwitz-Riley split add up to an all-pass.
            lows[n] = twice(through_low, below, &second[0]) + twice(through_high, below, &second[1]);
        }
    }

    fn reset(&mut self) {
        self.states = [[BellState::default(); 2]; 6];
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::driven;
    use patchlight_testkit::magnitude_response_db;

    #[test]
    fn the_bands_part_steeply_and_add_up_flat() {
        let mut impulse = vec![0.0; 65_536];
        impulse[0] = 1.0;
        let rendered = driven(&SPEC, build, &[], &[("in", impulse)], 65_536);
        let at = |output: usize, hz: f64| magnitude_response_db(rendered.mono(output), 48_000.0, hz);
        assert!((at(0, 200.0) + 6.02).abs() < 0.1 && (at(2, 2_500.0) + 6.02).abs() < 0.1);
        assert!(at(0, 800.0) < -44.0 && at(2, 625.0) < -44.0 && at(1, 25.0) < -60.0);
        let sum: Vec<f32> = (0..65_536).map(|n| (0..3).map(|output| rendered.mono(output)[n]).sum()).collect();
        for hz in [50.0, 200.0, 700.0, 2_500.0, 10_000.0] {
            let found = magnitude_response_db(&sum, 48_000.0, hz);
            assert!(found.abs() < 0.05, "{hz} Hz: {found}");
        }
    }
}
