//! Tom and conga: a tuned skin that bends down, with a breath of noise.

use crate::dsp::{Beater, OnePole, Strike, White, fall_60_db};
use patchlight_core::{Face, ModuleSpec, audio, control, gate, hz, module, percent, pitch, preset, secs, semitones};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

const TUNE: usize = 0;
const DECAY: usize = 1;
const BEND: usize = 2;
const NOISE: usize = 3;
const RING: usize = 4;

pub const SPEC: ModuleSpec = module("osc.tom", "Tom")
    .about("Toms, congas and deep electronic drums. Play it from a sequencer by its pitch input.")
    .tags(&["tom tom", "conga", "808", "simmons", "drum", "percussion", "tuned", "membrane"])
    .inputs(&[
        gate("trig", "Strikes the drum"),
        control("accent", "How hard it is struck, 0 to 1, read at the stroke. Not wired, full"),
        pitch("pitch", "Moves the tuning"),
    ])
    .params(&[
        hz("tune_hz", 40.0..=800.0, 120.0).about("The pitch it comes to rest at"),
        secs("decay_secs", 0.05..=4.0, 0.5).about("Time to fall by 60 dB"),
        semitones("bend_semitones", 0.0..=24.0, 4.0).about("How far above its pitch a stroke begins"),
        percent("noise", 0.15).about("The breath of the stroke"),
        percent("ring", 0.3).about("The second mode of the skin: from a conga to a tom"),
    ])
    .presets(&[
        preset("Floor", "tom low", "tune_hz 75; decay_secs 0.8"),
        preset("Rack", "tom middle", "tune_hz 130; decay_secs 0.5"),
        preset("High", "tom high", "tune_hz 210; decay_secs 0.35"),
        preset("Electro", "tom synth", "tune_hz 150; bend_semitones 18; decay_secs 0.6; noise 0"),
        preset("Bongo", "conga hand", "tune_hz 320; decay_secs 0.18; ring 70; noise 5"),
    ])
    .outputs(&[audio("out", "The drum").mono()])
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |lane| Tom { seed: lane.build.seed, state: State::new(lane.build.seed) })
}

struct Tom {
    seed: u64,
    state: State,
}

struct State {
    beater: Beater,
    skin: Strike,
    breath: Strike,
    bend: f32,
    phases: [f64; 2],
    noise: White,
    low: OnePole,
}

impl State {
    fn new(seed: u64) -> Self {
        let (beater, skin, breath) = (Beater::new(), Strike::default(), Strike::default());
        Self { beater, skin, breath, bend: 0.0, phases: [0.0; 2], noise: White::new(seed), low: OnePole::default() }
    }
}

/// The second mode of an ideal round skin (1,1 over 0,1): the quotient of the first zeros of J₁ and J₀.
const SECOND_MODE: f32 = 1.593_34;

impl RowKernel for Tom {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (trig, accent, pitch, rate) = (io.input(0), io.input(1), io.input(2), io.sample_rate_hz());
        let has_accent = io.is_connected(1);
        let params: [_; 5] = std::array::from_fn(|index| io.param(index));
        let bend_fall = (-1.0 / (0.06 * rate)).exp();
        let (breath_fall, share) = (fall_60_db(0.12, rate), OnePole::share(1_800.0, rate));
        let state = &mut self.state;
        let out = io.output(0);
        for n in 0..out.len() {
            let at = |index: usize| params[index].at(n);
            if let Some(peak) = state.beater.strikes(trig[n], has_accent.then(|| accent[n])) {
                if state.skin.is_over() {
                    state.phases = [0.0; 2];
                }
                state.skin.hit(peak, rate);
                state.breath.hit(peak, rate);
                // A softer stroke bends less.
                state.bend = at(BEND) / 12.0 * peak;
            }
            let noise = state.noise.next();
            if state.skin.is_over() && state.breath.is_over() {
                out[n] = 0.0;
                continue;
            }
            let hz = at(TUNE) * (pitch[n] + state.bend).exp2();
            state.bend *= bend_fall;
            let ring = at(RING);
            let mut skin = 0.0;
            for (mode, (phase, level)) in state.phases.iter_mut().zip([1.0 - 0.4 * ring, 0.6 * ring]).enumerate() {
                let ratio = if mode == 0 { 1.0 } else { SECOND_MODE };
                *phase = (*phase + f64::from((hz * ratio / rate).min(0.4))).fract();
                skin += level * (std::f64::consts::TAU * *phase).sin() as f32;
            }
            let skin = skin * state.skin.next(fall_60_db(at(DECAY), rate));
            let breath = state.low.low(noise, share) * state.breath.next(breath_fall) * at(NOISE) * 2.0;
            out[n] = 0.75 * (skin + breath);
        }
    }

    fn reset(&mut self) {
        self.state = State::new(self.seed);
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[0] = self.state.skin.level;
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, gate};
    use patchlight_testkit::{frequency_hz, rms, tone};

    #[test]
    fn a_stroke_without_an_accent_is_soft_and_heard() {
        let level = |accent: f32| {
            let inputs = [("trig", gate(9_600, &[(0, 100)])), ("accent", vec![accent; 9_600])];
            rms(driven(&SPEC, build, &[("bend_semitones", 0.0)], &inputs, 9_600).mono(0))
        };
        assert!((level(0.0) / level(1.0) - 0.25).abs() < 0.01, "{}", level(0.0) / level(1.0));
    }

    #[test]
    fn it_comes_to_rest_at_its_pitch_and_rings_at_the_second_mode() {
        let params = [("decay_secs", 4.0), ("noise", 0.0), ("ring", 1.0), ("tune_hz", 200.0)];
        let rendered = driven(&SPEC, build, &params, &[("trig", gate(96_000, &[(0, 100)]))], 96_000);
        let late = &rendered.mono(0)[40_000..80_000];
        let (first, second) = (tone(late, 48_000.0, 200.0).0, tone(late, 48_000.0, 200.0 * 1.593_34).0);
        assert!((second / first - 1.0).abs() < 0.05, "equally loud at full ring: {first} {second}");
        let plain =
            driven(&SPEC, build, &[("decay_secs", 4.0), ("noise", 0.0), ("ring", 0.0)], &[("trig", gate(96_000, &[(0, 100)]))], 96_000);
        assert!((frequency_hz(&plain.mono(0)[40_000..60_000], 48_000.0, 120.0) - 120.0).abs() < 0.1);
    }
}
