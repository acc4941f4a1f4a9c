//! Sallen-Key filter: 12 dB an octave, with a resonance that bends rather than breaks.
//!
//! Two one-poles in a row and feedback of what the second takes away: with v = LP(u), w = LP(v) and u = x + k·(v − w), low-pass w/x =
//! 1/(s² + (2 − k)·s + 1) (R. Sallen and E. Key, 1955; V. Zavalishin, *The Art of VA Filter Design*, ch. 5). The loop is solved for a straight
//! feedback, which then bends as tanh: quiet signals hear the formula exactly.
//!
//! Face: `[0]` cutoff in Hz, as modulated, `[1]` resonance.

use crate::dsp::cutoff::{Cutoff, Places};
use crate::dsp::lane_glide::LaneSwitch;
use crate::dsp::levels::factor_from_db;
use crate::glide::switch_step;
use patchlight_core::{Face, ModuleSpec, audio, choice, db, hz, module, percent, pitch, preset};
use patchlight_engine::simd::{Simd, SimdFloat, f32x8, load, splat, store, tanh};
use patchlight_engine::{BuildContext, FACE, GROUP, GroupIo, LaneKernel, LaneVisit, Oct, Unit, eight_lanes, lane_state};

const CUTOFF: usize = 0;
const RESONANCE: usize = 1;
const MODE: usize = 2;
const DRIVE: usize = 3;
const TRACKING: usize = 4;

const PLACES: Places = Places { cutoff_param: CUTOFF, tracking_param: TRACKING, pitch_input: 1, fm_input: Some(2) };

pub const SPEC: ModuleSpec = module("filter.sallen_key", "Sallen-Key")
    .about("A clear filter of 12 dB an octave that sings softly at full resonance. Good for sequences and for sweeping whole mixes.")
    .tags(&["lowpass", "low-pass", "highpass", "high-pass", "bandpass", "12 dB", "analog", "steiner", "warm"])
    .inputs(&[
        audio("in", "Signal to filter"),
        pitch("pitch", "Moves the cutoff with the notes played, as far as tracking says"),
        audio("fm", "Moves the cutoff at audio rate, by 1 kHz for 1").mono(),
    ])
    .params(&[
        hz("cutoff_hz", 20.0..=20_000.0, 1_000.0).about("Where the filter begins to work, and where it sings"),
        percent("resonance", 0.3).about("Emphasis at the cutoff; from 95 % on it sings by itself"),
        choice("mode", &["low", "band", "high"], 0).about("What is let through"),
        db("drive_db", 0.0..=36.0, 0.0).about("Pushes the resonance into its bend: fatter, and tamer"),
        percent("tracking", 1.0).about("How much the pitch input moves the cutoff; 100 % follows the keys").hidden(),
    ])
    .presets(&[
        preset("Steiner low", "low bright", "mode low; cutoff_hz 900; resonance 45"),
        preset("Steiner band", "band vocal", "mode band; cutoff_hz 1100; resonance 60"),
        preset("Steiner high", "high thin", "mode high; cutoff_hz 500; resonance 40"),
        preset("Scream", "dirty lead", "mode low; cutoff_hz 1300; resonance 90; drive_db 20"),
        preset("Soft roll-off", "low gentle", "mode low; cutoff_hz 2500; resonance 0"),
    ])
    .outputs(&[audio("out", "Filtered signal")])
    .bundles()
    .face(Face::Filter);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| SallenKey { state: State::default(), step: switch_step(lanes.sample_rate_hz), shown: [[0.0; GROUP]; 2] })
}

/// Feedback at full resonance: a little above the 2 at which it begins to sing.
const K_FULL: f32 = 2.1;

struct SallenKey {
    state: State,
    step: f32,
    shown: [Oct; 2],
}

#[derive(Default)]
struct State {
    poles: [Oct; 2],
    /// Shares of low, band and high; they glide.
    taps: [LaneSwitch; 3],
}

/// What two one-poles and their feedback make of a frame: low, band and high.
#[inline(always)]
pub(crate) fn two_poles<S: Simd>(
    simd: S,
    poles: &mut [f32x8<S>; 2],
    x: f32x8<S>,
    (big_g, k, drive): (f32x8<S>, f32x8<S>, f32x8<S>),
) -> [f32x8<S>; 3] {
    let one = splat(simd, 1.0);
    let rest = one - big_g;
    // What is left of both poles if nothing comes in; then the straight loop, solved.
    let (left, right) = (rest * poles[0], poles[1]);
    let straight = k * rest * ((left - right) + big_g * x) / (one - k * big_g * rest);
    let u = x + tanh(simd, straight * drive) / drive;
    let v = big_g * u + left;
    let w = big_g * v + rest * poles[1];
    poles[0] = v + v - poles[0];
    poles[1] = w + w - poles[1];
    let band = v - w;
    [w, band, u - band - v]
}

impl LaneKernel for SallenKey {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let (frames, input) = (io.frames(), io.input(0));
        let cutoff = Cutoff::new(io, &PLACES);
        let (resonance, drive) = (io.param(RESONANCE), io.param(DRIVE));
        let mode = (io.param(MODE).first() as usize).min(2);
        let goals = [0, 1, 2].map(|tap| if tap == mode { 1.0 } else { 0.0 });
        let mut settled = true;
        for tap in 0..3 {
            settled &= self.state.taps[tap].begin(goals[tap]);
        }
        let moves = cutoff.moves();
        let mut big_g = cutoff.share(simd, 0);
        let mut poles = [load(simd, &self.state.poles[0]), load(simd, &self.state.poles[1])];
        let out = io.output(0);
        for n in 0..frames {
            if moves {
                big_g = cutoff.share(simd, n);
            }
            let k = resonance.at(simd, n) * splat(simd, K_FULL);
            let push = factor_from_db(simd, drive.at(simd, n));
            let taps = two_poles(simd, &mut poles, load(simd, &input[n]), (big_g, k, push));
            let mut sum = splat(simd, 0.0);
            for tap in 0..3 {
                let goal = splat(simd, goals[tap]);
                let weight = if settled { goal } else { self.state.taps[tap].next(simd, goal, self.step) };
                sum = taps[tap].mul_add(weight, sum);
            }
            store(sum, &mut out[n]);
        }
        store(poles[0], &mut self.state.poles[0]);
        store(poles[1], &mut self.state.poles[1]);
        let last = frames.saturating_sub(1);
        store(cutoff.hz(simd, last), &mut self.shown[0]);
        store(resonance.at(simd, last), &mut self.shown[1]);
    }

    fn reset(&mut self) {
        self.state = State::default();
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        (face[0], face[1]) = (self.shown[0][lane], self.shown[1][lane]);
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        let State { poles: [a, b], taps: [low, band, high] } = &mut self.state;
        lane_state!(visit; *a, *b, *low, *band, *high);
    }
}

#[cfg(test)]
mod tests {
    use super::{K_FULL, SPEC, build};
    use crate::testing::driven;
    use patchlight_testkit::{cents_between, frequency_hz, magnitude_response_db, rms};

    #[test]
    fn quiet_signals_hear_the_formula() {
        let warp = |hz: f64| (std::f64::consts::PI * hz / 48_000.0).tan();
        let mut impulse = vec![0.0; 32_768];
        impulse[0] = 0.001;
        for (mode, resonance) in [(0, 0.0), (0, 0.5), (1, 0.5), (2, 0.3)] {
            let params = [("mode", mode as f32), ("resonance", resonance)];
            let rendered = driven(&SPEC, build, &params, &[("in", impulse.clone())], 32_768);
            for hz in [100.0, 700.0, 1_000.0, 4_000.0, 12_000.0] {
                let w = warp(hz) / warp(1_000.0);
                let damping = 2.0 - f64::from(resonance * K_FULL);
                let below = ((1.0 - w * w).powi(2) + (damping * w).powi(2)).sqrt();
                let passed = [1.0, w, w * w][mode] / below;
                let found = magnitude_response_db(rendered.mono(0), 48_000.0, hz) + 60.0;
                assert!((found - 20.0 * passed.log10()).abs() < 0.1, "mode {mode}, {hz} Hz: {found}");
            }
        }
    }

    #[test]
    fn it_sings_at_its_cutoff_and_does_not_run_away() {
        for hz in [110.0, 1_000.0, 5_000.0] {
            let mut kick = vec![0.0; 96_000];
            kick[0] = 1.0;
            let rendered = driven(&SPEC, build, &[("cutoff_hz", hz), ("resonance", 1.0)], &[("in", kick)], 96_000);
            let sung = &rendered.mono(0)[48_000..];
            let cents = cents_between(f64::from(hz), frequency_hz(sung, 48_000.0, f64::from(hz)));
            assert!(cents.abs() < 5.0 && (0.05..2.0).contains(&rms(sung)), "{hz} Hz: {cents} cents, {}", rms(sung));
        }
    }
}
