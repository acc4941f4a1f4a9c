//! Crush: fewer bits and a lower rate, as in early samplers and games.
//!
//! Rounds to 2^bits steps over ±1, and holds each value until the next tick of a lower clock, which may tremble.

use crate::dsp::{Memo, White};
use patchlight_core::{Face, ModuleSpec, audio, choice, hz, module, percent, preset, unit};
use patchlight_engine::{BuildContext, RowIo, RowKernel, Unit, rows};

const BITS: usize = 0;
const RATE: usize = 1;
const JITTER: usize = 2;
const DITHER: usize = 3;
const MIX: usize = 4;

pub const SPEC: ModuleSpec = module("shape.crush", "Crush")
    .about("Fewer bits and a lower sample rate: the grit of old samplers, the whistle of old games.")
    .tags(&["bitcrusher", "bit", "downsample", "lo-fi", "lofi", "8 bit", "sp-1200", "game", "alias", "decimate"])
    .inputs(&[audio("in", "Sound to crush")])
    .params(&[
        unit("bits", 1.0..=16.0, 8.0).about("How many bits; between whole numbers the steps change smoothly"),
        hz("rate_hz", 100.0..=48_000.0, 12_000.0).about("The sample rate it is brought down to"),
        percent("jitter", 0.0).about("How much the lower clock trembles").hidden(),
        choice("dither", &["off", "on"], 0).about("Noise in place of the distortion of few bits").hidden(),
        percent("mix", 1.0).about("Crushed against clean"),
    ])
    .presets(&[
        preset("Twelve bits", "sampler vintage", "bits 12; rate_hz 26040"),
        preset("Eight bits", "retro chip", "bits 8; rate_hz 11025"),
        preset("Telephone chip", "narrow", "bits 6; rate_hz 8000"),
        preset("Gravel", "harsh", "bits 3; rate_hz 6000; jitter 40"),
        preset("Sparkle", "parallel", "bits 16; rate_hz 3000; mix 30"),
    ])
    .outputs(&[audio("out", "Crushed sound")])
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |lane| Crush { seed: lane.build.seed, state: State::new(lane.build.seed) })
}

struct Crush {
    seed: u64,
    state: State,
}

struct State {
    held: f32,
    /// Ticks of the lower clock that are due.
    phase: f32,
    noise: White,
    steps: Memo<f32, f32>,
    dither: f32,
}

impl State {
    fn new(seed: u64) -> Self {
        Self { held: 0.0, phase: 1.0, noise: White::new(seed), steps: Memo::new(), dither: 0.0 }
    }
}

impl RowKernel for Crush {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (input, per_hz) = (io.input(0), 1.0 / io.sample_rate_hz());
        let [bits, rate, jitter, dither, mix] = [BITS, RATE, JITTER, DITHER, MIX].map(|index| io.param(index));
        let state = &mut self.state;
        let out = io.output(0);
        for n in 0..out.len() {
            let random = state.noise.next();
            if state.phase >= 1.0 {
                state.phase -= state.phase.floor();
                let steps = state.steps.get(bits.at(n), |bits| (bits - 1.0).exp2());
                let noise = 0.5 * (random + state.noise.next());
                state.dither += (dither.at(n) - state.dither).clamp(-0.05, 0.05);
                // Silence stays silence.
                let noise = if input[n] == 0.0 { 0.0 } else { noise * state.dither };
                state.held = (input[n] * steps + noise).round() / steps;
            }
            state.phase += (rate.at(n) * per_hz).min(1.0) * (1.0 + 0.9 * jitter.at(n) * random);
            out[n] = input[n] + (state.held - input[n]) * mix.at(n);
        }
    }

    fn reset(&mut self) {
        self.state = State::new(self.seed);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, sine};

    fn crushed(params: &[(&'static str, f32)]) -> Vec<f32> {
        driven(&SPEC, build, params, &[("in", sine(100.0, 0.99, 9_600))], 9_600).mono(0).to_vec()
    }

    #[test]
    fn few_bits_are_few_values() {
        for bits in [1.0_f32, 2.0, 4.0] {
            let mut values: Vec<i32> =
                crushed(&[("bits", bits), ("rate_hz", 48_000.0)]).iter().map(|x| (x * 1_000.0).round() as i32).collect();
            values.sort_unstable();
            values.dedup();
            assert_eq!(values.len(), bits.exp2() as usize + 1, "{bits} bits");
        }
    }

    #[test]
    fn a_lower_rate_holds_its_values() {
        let samples = crushed(&[("bits", 16.0), ("rate_hz", 4_800.0)]);
        let changes = samples.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!((940..=961).contains(&changes), "{changes} in 9,600 frames");
    }
}
