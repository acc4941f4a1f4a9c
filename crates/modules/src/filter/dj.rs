//! DJ filter: one knob, low-pass to the left, high-pass to the right, nothing in the middle.

use crate::dsp::Memo;
use crate::dsp::svf_full::{Bell, BellState, Shape};
use crate::glide::Glide;
use patchlight_core::{Face, ModuleSpec, audio, bipolar, module, percent};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

const POSITION: usize = 0;
const RESONANCE: usize = 1;

pub const SPEC: ModuleSpec = module("filter.dj", "DJ filter")
    .about("One knob for the whole mix: to the left the highs go, to the right the lows. Sweeps, builds and drops.")
    .tags(&["performance", "sweep", "lowpass", "highpass", "mixer", "build up", "one knob"])
    .inputs(&[audio("in", "Sound to filter")])
    .params(&[
        bipolar("position", 0.0).about("Below 0 a low-pass comes down, above 0 a high-pass goes up"),
        percent("resonance", 0.2).about("Emphasis at the corner"),
    ])
    .outputs(&[audio("out", "Filtered sound")])
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |_| Dj {
        low: [BellState::default(); 2],
        high: [BellState::default(); 2],
        position: Glide::off(),
        bells: Memo::new(),
        shown_hz: 0.0,
    })
}

/// So near the middle it fades to the sound as it is.
const FADE: f32 = 0.05;

struct Dj {
    low: [BellState; 2],
    high: [BellState; 2],
    /// From end to end in sixty milliseconds.
    position: Glide,
    bells: Memo<[f32; 2], [Bell; 2]>,
    shown_hz: f32,
}

/// Ten octaves from end to end.
fn corners_hz(position: f32) -> [f32; 2] {
    let (down, up) = ((-position).max(0.0), position.max(0.0));
    [20_000.0 * (-9.0 * down).exp2(), 20.0 * (9.0 * up).exp2()]
}

impl RowKernel for Dj {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (input, position, resonance, rate_hz) = (io.input(0), io.param(POSITION), io.param(RESONANCE), io.sample_rate_hz());
        let out = io.output(0);
        for n in 0..out.len() {
            let (position, resonance) = (self.position.next(position.at(n), 1.0 / (0.03 * rate_hz)), resonance.at(n));
            let [low, high] = self.bells.get([position, resonance], |[position, resonance]| {
                let [low_hz, high_hz] = corners_hz(position);
                let q = 0.707 * (3.0 * resonance).exp2();
                [Bell::new(Shape::LowPass, low_hz, q, 0.0, rate_hz), Bell::new(Shape::HighPass, high_hz, q, 0.0, rate_hz)]
            });
            let x = input[n];
            let lows = self.low.iter_mut().fold(x, |x, state| state.next(x, &low));
            let highs = self.high.iter_mut().fold(x, |x, state| state.next(x, &high));
            let (down, up) = ((-position / FADE).clamp(0.0, 1.0), (position / FADE).clamp(0.0, 1.0));
            out[n] = x + (lows - x) * down + (highs - x) * up;
            self.shown_hz = corners_hz(position)[usize::from(position > 0.0)];
        }
    }

    fn reset(&mut self) {
        (self.low, self.high) = ([BellState::default(); 2], [BellState::default(); 2]);
        self.position.forget();
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[0] = self.shown_hz;
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::driven;
    use patchlight_testkit::magnitude_response_db;

    #[test]
    fn one_knob_takes_highs_or_lows_or_nothing() {
        let mut impulse = vec![0.0; 65_536];
        impulse[0] = 1.0;
        let at = |position: f32, hz: f64| {
            let params = [("position", position), ("resonance", 0.0)];
            magnitude_response_db(driven(&SPEC, build, &params, &[("in", impulse.clone())], 65_536).mono(0), 48_000.0, hz)
        };
        assert!([30.0, 1_000.0, 20_000.0].iter().all(|hz| at(0.0, *hz).abs() < 1e-3));
        // Half way: 20 kHz less four and a half octaves.
        let corner = 20_000.0 / 2_f64.powf(4.5);
        assert!((at(-0.5, corner) + 6.0).abs() < 0.3 && at(-0.5, 4.0 * corner) < -40.0 && at(-0.5, 50.0).abs() < 0.1);
        assert!(at(0.5, 50.0) < -40.0 && at(0.5, 8_000.0).abs() < 0.1);
    }
}
