//! Snare: two modes of the skin, and the wires below it.

use crate::dsp::{Beater, Memo, Strike, Svf, White, fall_60_db};
use patchlight_core::{Face, ModuleSpec, audio, control, gate, hz, module, percent, pitch, preset, secs};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

const TUNE: usize = 0;
const DECAY: usize = 1;
const SNAPPY: usize = 2;
const TONE: usize = 3;
const WIRES: usize = 4;

pub const SPEC: ModuleSpec = module("osc.snare", "Snare")
    .about("A snare drum from tight to trashy: the skin by tune, the wires by snappy.")
    .tags(&["snare drum", "808", "909", "backbeat", "drum", "clap", "rimshot", "noise"])
    .inputs(&[
        gate("trig", "Strikes the drum"),
        control("accent", "How hard it is struck, 0 to 1, read at the stroke. Not wired, full"),
        pitch("pitch", "Moves the tuning"),
    ])
    .params(&[
        hz("tune_hz", 80.0..=500.0, 180.0).about("The lower of the two modes of the skin"),
        secs("decay_secs", 0.03..=1.0, 0.18).about("Time of the skin to fall by 60 dB"),
        percent("snappy", 0.6).about("The wires against the skin"),
        hz("tone_hz", 500.0..=12_000.0, 3_500.0).about("Where the wires are brightest"),
        secs("wires_secs", 0.03..=2.0, 0.25).about("Time of the wires to fall by 60 dB"),
    ])
    .presets(&[
        preset("Analog crack", "snare 808", "tune_hz 185; decay_secs 0.14; snappy 65"),
        preset("Fat wood", "snare deep", "tune_hz 140; decay_secs 0.3; snappy 40; tone_hz 2200"),
        preset("Noise burst", "snare electro", "tune_hz 230; snappy 100; wires_secs 0.12; tone_hz 6000"),
        preset("Brushes", "snare soft", "snappy 80; wires_secs 0.5; tone_hz 5000; decay_secs 0.06"),
        preset("Rim", "snare dry", "tune_hz 460; decay_secs 0.05; snappy 10"),
    ])
    .outputs(&[audio("out", "The drum").mono()])
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |lane| Snare { seed: lane.build.seed, state: State::new(lane.build.seed), corner: Memo::new(), high: Memo::new() })
}

struct Snare {
    seed: u64,
    state: State,
    corner: Memo<f32, f32>,
    high: Memo<f32, f32>,
}

struct State {
    beater: Beater,
    skin: Strike,
    wires: Strike,
    bend: f32,
    phases: [f64; 2],
    noise: White,
    filters: [Svf; 2],
}

impl State {
    fn new(seed: u64) -> Self {
        let (beater, skin, wires) = (Beater::new(), Strike::default(), Strike::default());
        Self { beater, skin, wires, bend: 0.0, phases: [0.0; 2], noise: White::new(seed), filters: [Svf::default(); 2] }
    }
}

/// The second mode of a circular skin above the first (1,1 over 0,1), raised by the air in the shell.
const SECOND_MODE: f32 = 1.78;

impl RowKernel for Snare {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (trig, accent, pitch, rate) = (io.input(0), io.input(1), io.input(2), io.sample_rate_hz());
        let has_accent = io.is_connected(1);
        let params: [_; 5] = std::array::from_fn(|index| io.param(index));
        let bend_fall = (-1.0 / (0.012 * rate)).exp();
        let state = &mut self.state;
        let out = io.output(0);
        for n in 0..out.len() {
            let at = |index: usize| params[index].at(n);
            if let Some(peak) = state.beater.strikes(trig[n], has_accent.then(|| accent[n])) {
                if state.skin.is_over() {
                    state.phases = [0.0; 2];
                }
                state.skin.hit(peak, rate);
                state.wires.hit(peak, rate);
                state.bend = 0.6;
            }
            let noise = state.noise.next();
            if state.skin.is_over() && state.wires.is_over() {
                state.filters = [Svf::default(); 2];
                out[n] = 0.0;
                continue;
            }
            let hz = at(TUNE) * (pitch[n] + state.bend).exp2();
            state.bend *= bend_fall;
            let mut skin = 0.0;
            for (mode, (phase, level)) in state.phases.iter_mut().zip([0.7, 0.45]).enumerate() {
                let ratio = if mode == 0 { 1.0 } else { SECOND_MODE };
                *phase = (*phase + f64::from((hz * ratio / rate).min(0.4))).fract();
                skin += level * (std::f64::consts::TAU * *phase).sin() as f32;
            }
            let corner = self.corner.get(at(TONE), |hz| Svf::corner(hz, rate));
            let high = self.high.get(0.35 * at(TONE), |hz| Svf::corner(hz, rate));
            let bright = state.filters[0].next(noise, corner, 0.9).band;
            let wires = state.filters[1].next(bright, high, 1.4).high * state.wires.next(fall_60_db(at(WIRES), rate)) * 2.2;
            let skin = skin * state.skin.next(fall_60_db(at(DECAY), rate));
            let snappy = at(SNAPPY);
            out[n] = 0.8 * (skin * (1.0 - 0.7 * snappy) + wires * snappy).tanh();
        }
    }

    fn reset(&mut self) {
        self.state = State::new(self.seed);
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[0] = self.state.skin.level.max(self.state.wires.level);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, gate};
    use patchlight_testkit::{Spectrum, rms};

    fn hit(params: &[(&'static str, f32)]) -> Vec<f32> {
        driven(&SPEC, build, params, &[("trig", gate(48_000, &[(0, 100)]))], 48_000).mono(0).to_vec()
    }

    #[test]
    fn snappy_goes_from_skin_to_wires() {
        let share_above = |snappy: f32| {
            let spectrum = Spectrum::new(&hit(&[("snappy", snappy)])[..16_384], 48_000.0);
            let power = |from: f64, to: f64| (from as usize..to as usize).step_by(10).map(|hz| spectrum.at(hz as f64).powi(2)).sum::<f64>();
            power(1_000.0, 10_000.0) / power(100.0, 1_000.0)
        };
        assert!(share_above(0.0) < 0.01 && share_above(1.0) > 2.0 * share_above(0.5));
    }

    #[test]
    fn it_rings_out_to_silence() {
        let out = hit(&[]);
        assert!(rms(&out[..2_400]) > 0.1 && rms(&out[36_000..]) < 1e-5);
    }
}
