//! Kick in the manner of the 909: a triangle bent to a sine that falls in pitch, and a click of noise and pulse.

use crate::dsp::{Beater, Memo, OnePole, Strike, White, fall_60_db};
use patchlight_core::{Face, ModuleSpec, audio, control, gate, hz, module, percent, pitch, preset, secs, semitones};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

const TUNE: usize = 0;
const DECAY: usize = 1;
const ATTACK: usize = 2;
const SWEEP: usize = 3;
const SWEEP_TIME: usize = 4;
const DRIVE: usize = 5;

pub const SPEC: ModuleSpec = module("osc.kick_909", "Kick 909")
    .about("The punchy kick of house and techno: short, tight, with a click that cuts through.")
    .tags(&["bass drum", "kick", "909", "house", "techno", "punch", "drum", "four on the floor"])
    .inputs(&[
        gate("trig", "Strikes the drum"),
        control("accent", "How hard it is struck, 0 to 1, read at the stroke. Not wired, full"),
        pitch("pitch", "Moves the tuning"),
    ])
    .params(&[
        hz("tune_hz", 25.0..=150.0, 48.0).about("The pitch it falls to"),
        secs("decay_secs", 0.05..=3.0, 0.4).about("Time to fall by 60 dB"),
        percent("attack", 0.5).about("Loudness of the click"),
        semitones("sweep_semitones", 0.0..=60.0, 32.0).about("How far above the tuning it begins"),
        secs("sweep_secs", 0.005..=0.3, 0.045).about("How quickly it falls").hidden(),
        percent("drive", 0.2).about("Bends it: louder on small speakers"),
    ])
    .presets(&[
        preset("House", "909 kick", "tune_hz 50; decay_secs 0.38; attack 55"),
        preset("Techno thump", "909 techno", "tune_hz 44; decay_secs 0.6; attack 30; drive 55"),
        preset("Hard top", "909 hard", "tune_hz 55; decay_secs 0.3; attack 95; drive 80"),
        preset("Soft", "909 deep", "tune_hz 46; decay_secs 0.5; attack 10; drive 0"),
        preset("Rumble", "909 dark", "tune_hz 36; decay_secs 1.4; sweep_semitones 20; drive 40"),
    ])
    .outputs(&[audio("out", "The drum").mono()])
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |lane| Kick { seed: lane.build.seed, state: State::new(lane.build.seed), tune: Memo::new() })
}

struct Kick {
    seed: u64,
    state: State,
    tune: Memo<f32, f32>,
}

struct State {
    beater: Beater,
    body: Strike,
    click: Strike,
    /// Octaves above the tuning.
    sweep: f32,
    phase: f64,
    noise: White,
    tone: OnePole,
}

impl State {
    fn new(seed: u64) -> Self {
        let (beater, body, click) = (Beater::new(), Strike::default(), Strike::default());
        Self { beater, body, click, sweep: 0.0, phase: 0.0, noise: White::new(seed), tone: OnePole::default() }
    }
}

/// A triangle whose corners are bent off: near a sine, with a third harmonic of a twentieth.
fn bent(phase: f64) -> f32 {
    let sine = (std::f64::consts::TAU * phase).sin();
    (sine * (1.05 - 0.2 * (1.0 - sine * sine))) as f32
}

impl RowKernel for Kick {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (trig, accent, pitch, rate) = (io.input(0), io.input(1), io.input(2), io.sample_rate_hz());
        let has_accent = io.is_connected(1);
        let params: [_; 6] = std::array::from_fn(|index| io.param(index));
        let click_fall = fall_60_db(0.02, rate);
        let share = OnePole::share(4_000.0, rate);
        let state = &mut self.state;
        let out = io.output(0);
        for n in 0..out.len() {
            let at = |index: usize| params[index].at(n);
            if let Some(peak) = state.beater.strikes(trig[n], has_accent.then(|| accent[n])) {
                if state.body.is_over() {
                    state.phase = 0.0;
                }
                state.body.hit(peak, rate);
                state.click.hit(peak, rate);
                state.sweep = at(SWEEP) / 12.0;
            }
            let noise = state.noise.next();
            if state.body.is_over() && state.click.is_over() {
                out[n] = 0.0;
                continue;
            }
            let octaves = pitch[n] + state.sweep;
            let hz = at(TUNE) * octaves.exp2();
            state.phase = (state.phase + f64::from((hz / rate).min(0.4))).fract();
            state.sweep *= self.tune.get(at(SWEEP_TIME), |secs| (-1.0 / (secs * rate)).exp());
            let body = bent(state.phase) * state.body.next(fall_60_db(at(DECAY), rate));
            let click = state.tone.low(noise, share) * state.click.next(click_fall) * 1.5 * at(ATTACK);
            let push = 1.0 + 5.0 * at(DRIVE) * at(DRIVE);
            out[n] = 0.8 * ((body + click) * push).tanh() / push.tanh();
        }
    }

    fn reset(&mut self) {
        self.state = State::new(self.seed);
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[0] = self.state.body.level;
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, gate};
    use patchlight_testkit::{frequency_hz, peak, rms};

    #[test]
    fn it_falls_to_its_tuning_and_dies() {
        let params = [("tune_hz", 60.0), ("decay_secs", 1.0), ("attack", 0.0), ("drive", 0.0)];
        let rendered = driven(&SPEC, build, &params, &[("trig", gate(96_000, &[(100, 200)]))], 96_000);
        let out = rendered.mono(0);
        assert!((frequency_hz(&out[24_000..40_000], 48_000.0, 60.0) - 60.0).abs() < 0.3);
        assert!(out[..100].iter().all(|x| *x == 0.0) && peak(&out[..2_000]) > 0.5);
        // 60 dB in a second: 20 dB between a third and two thirds of it.
        let fall = 20.0 * (rms(&out[16_000..18_400]) / rms(&out[32_000..34_400])).log10();
        assert!((fall - 20.0).abs() < 1.0, "{fall}");
    }
}
