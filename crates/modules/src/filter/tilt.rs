//! Tilt: brighter or darker with one knob.
//!
//! One pole splits the sound at the pivot; lows are turned down by half the knob as highs are turned up, and the other way round.

use crate::dsp::Memo;
use crate::glide::gain_from_db;
use patchlight_core::{Face, ModuleSpec, audio, db, hz, module};
use patchlight_engine::{BuildContext, RowIo, RowKernel, Unit, rows};

pub const SPEC: ModuleSpec = module("filter.tilt", "Tilt")
    .about("Darker to the left, brighter to the right: tips the whole sound around a pivot.")
    .tags(&["eq", "tone", "bright", "dark", "balance", "spectrum", "shelf"])
    .inputs(&[audio("in", "Sound to tilt")])
    .params(&[
        db("tilt_db", -24.0..=24.0, 0.0).about("How much louder highs are than lows, far from the pivot"),
        hz("pivot_hz", 50.0..=10_000.0, 800.0).about("Where lows end and highs begin"),
    ])
    .outputs(&[audio("out", "The tilted sound")])
    .face(Face::Equalizer);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |_| Tilt { low: 0.0, share: Memo::new(), gains: Memo::new() })
}

struct Tilt {
    /// State of the one-pole, trapezoidal.
    low: f32,
    share: Memo<f32, f32>,
    gains: Memo<f32, [f32; 2]>,
}

impl RowKernel for Tilt {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (input, tilt, pivot, rate_hz) = (io.input(0), io.param(0), io.param(1), io.sample_rate_hz());
        let out = io.output(0);
        for n in 0..out.len() {
            let share = self.share.get(pivot.at(n), |hz| {
                let g = (std::f32::consts::PI * (hz / rate_hz).min(0.45)).tan();
                g / (1.0 + g)
            });
            let [lows, highs] = self.gains.get(tilt.at(n), |db| [gain_from_db(-0.5 * db), gain_from_db(0.5 * db)]);
            let v = (input[n] - self.low) * share;
            let low = v + self.low;
            self.low = (low + v + 1e-18) - 1e-18;
            out[n] = low * lows + (input[n] - low) * highs;
        }
    }

    fn reset(&mut self) {
        self.low = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::driven;
    use patchlight_testkit::magnitude_response_db;

    #[test]
    fn it_tips_around_its_pivot() {
        let mut impulse = vec![0.0; 65_536];
        impulse[0] = 1.0;
        for tilt in [-12.0, 12.0] {
            let rendered = driven(&SPEC, build, &[("tilt_db", tilt)], &[("in", impulse.clone())], 65_536);
            let at = |hz: f64| magnitude_response_db(rendered.mono(0), 48_000.0, hz);
            let half = f64::from(tilt) / 2.0;
            assert!((at(20.0) + half).abs() < 0.1 && (at(20_000.0) - half).abs() < 0.1, "{} and {}", at(20.0), at(20_000.0));
            // Both ways are equally loud there, a quarter turn apart.
            let middle = 10.0 * ((10_f64.powf(half / 10.0) + 10_f64.powf(-half / 10.0)) / 2.0).log10();
            assert!((at(800.0) - middle).abs() < 0.05, "{}", at(800.0));
        }
    }
}
