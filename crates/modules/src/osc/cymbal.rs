//! Cymbal: six squares that have nothing in common, struck and shimmering.
//!
//! The six of the 808 (205.3, 304.4, 369.6, 522.7, 540 and 800 Hz) with band-limited edges of two points, each modulated in frequency by its
//! neighbour for density, through two band-passes with decays of their own.

use crate::dsp::{Beater, Memo, Strike, Svf, White, fall_60_db};
use crate::pulse::Edge;
use patchlight_core::{Face, ModuleSpec, audio, control, gate, hz, module, percent, pitch, preset, secs, unit};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

const TUNE: usize = 0;
const DECAY: usize = 1;
const TONE: usize = 2;
const DENSITY: usize = 3;
const BELL: usize = 4;
const CHOKE_SECS: f32 = 0.03;

pub const SPEC: ModuleSpec = module("osc.cymbal", "Cymbal")
    .about("Crash, ride and everything metallic that rings for long. Choke it with a second gate.")
    .tags(&["crash", "ride", "metal", "808", "gong", "drum", "percussion", "shimmer"])
    .inputs(&[
        gate("trig", "Strikes the cymbal"),
        gate("choke", "Grabs it: it falls silent at once"),
        control("accent", "How hard it is struck, 0 to 1, read at the stroke. Not wired, full"),
        pitch("pitch", "Moves the tuning"),
    ])
    .params(&[
        unit("tune", 0.25..=4.0, 1.0).about("Size: below 1 larger and lower"),
        secs("decay_secs", 0.1..=12.0, 2.5).about("Time to fall by 60 dB"),
        hz("tone_hz", 1_000.0..=14_000.0, 7_000.0).about("Where it is brightest"),
        percent("density", 0.4).about("From six clear tones to a wash"),
        percent("bell", 0.3).about("The clear part in the middle: a ride has more of it"),
    ])
    .presets(&[
        preset("Crash", "cymbal crash", "decay_secs 2.5; density 60"),
        preset("Ride", "cymbal ride", "decay_secs 1.4; density 25; bell 65"),
        preset("Bell of the ride", "cymbal bell", "decay_secs 1; bell 100; density 10"),
        preset("Splash", "cymbal short", "tune 1.6; decay_secs 0.7; density 70"),
        preset("Gong", "cymbal low", "tune 0.35; decay_secs 9; tone_hz 2500; bell 45"),
    ])
    .outputs(&[audio("out", "The cymbal").mono()])
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |lane| Cymbal { seed: lane.build.seed, state: State::new(lane.build.seed), corners: Memo::new(), low: Memo::new() })
}

const SQUARES_HZ: [f32; 6] = [205.3, 304.4, 369.6, 522.7, 540.0, 800.0];

struct Cymbal {
    seed: u64,
    state: State,
    corners: Memo<f32, f32>,
    low: Memo<f32, f32>,
}

struct State {
    beater: Beater,
    choke: Edge,
    wash: Strike,
    bell: Strike,
    is_choked: bool,
    phases: [f32; 6],
    noise: White,
    filters: [Svf; 3],
}

impl State {
    fn new(seed: u64) -> Self {
        let mut noise = White::new(seed);
        Self {
            beater: Beater::new(),
            choke: Edge::LOW,
            wash: Strike::default(),
            bell: Strike::default(),
            is_choked: false,
            phases: std::array::from_fn(|_| 0.5 + 0.5 * noise.next()),
            noise,
            filters: [Svf::default(); 3],
        }
    }
}

/// What rounds the corner of a square near a jump: two points of a parabola.
fn corner(phase: f32, step: f32) -> f32 {
    if phase < step {
        let t = phase / step;
        t + t - t * t - 1.0
    } else if phase > 1.0 - step {
        let t = (phase - 1.0) / step;
        t * t + t + t + 1.0
    } else {
        0.0
    }
}

impl RowKernel for Cymbal {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let [trig, choke, accent, pitch] = [0, 1, 2, 3].map(|input| io.input(input));
        let (rate, has_accent) = (io.sample_rate_hz(), io.is_connected(2));
        let params: [_; 5] = std::array::from_fn(|index| io.param(index));
        let state = &mut self.state;
        let out = io.output(0);
        for n in 0..out.len() {
            let at = |index: usize| params[index].at(n);
            if let Some(peak) = state.beater.strikes(trig[n], has_accent.then(|| accent[n])) {
                state.wash.hit(peak, rate);
                state.bell.hit(peak, rate);
                state.is_choked = false;
            }
            if state.choke.rises(choke[n]) {
                state.is_choked = true;
            }
            let noise = state.noise.next();
            if state.wash.is_over() && state.bell.is_over() {
                state.filters = [Svf::default(); 3];
                out[n] = 0.0;
                continue;
            }
            let scale = at(TUNE) * pitch[n].clamp(-4.0, 4.0).exp2() / rate;
            let density = at(DENSITY);
            let (mut metal, mut before) = (0.0, 0.0);
            for (phase, hz) in state.phases.iter_mut().zip(SQUARES_HZ) {
                let step = (hz * scale * (1.0 + 0.8 * density * before)).clamp(1e-5, 0.24);
                *phase = (*phase + step).fract();
                let square = if *phase < 0.5 { 1.0 } else { -1.0 };
                before = square + corner(*phase, step) - corner((*phase + 0.5).fract(), step);
                metal += before;
            }
            let source = metal / 6.0 + 0.4 * density * noise;
            let tone = self.corners.get(at(TONE), |hz| Svf::corner(hz, rate));
            let low = self.low.get(0.45 * at(TONE), |hz| Svf::corner(hz, rate));
            let decay = if state.is_choked { CHOKE_SECS } else { at(DECAY) };
            let wash = state.filters[0].next(source, tone, 1.1).high * state.wash.next(fall_60_db(decay, rate));
            let middle = state.filters[1].next(source, low, 0.35).band;
            let bell = state.filters[2].next(middle, low, 1.4).high * state.bell.next(fall_60_db(0.6 * decay, rate));
            out[n] = 1.2 * (wash * (1.0 - 0.5 * at(BELL)) + 1.5 * bell * at(BELL)).tanh();
        }
    }

    fn reset(&mut self) {
        self.state = State::new(self.seed);
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[0] = self.state.wash.level.max(self.state.bell.level);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, gate};
    use patchlight_testkit::rms;

    #[test]
    fn it_rings_for_its_time_and_can_be_choked() {
        let trig = ("trig", gate(96_000, &[(0, 100)]));
        let free = driven(&SPEC, build, &[("decay_secs", 2.0), ("bell", 0.0)], std::slice::from_ref(&trig), 96_000);
        let fall = 20.0 * (rms(&free.mono(0)[9_600..19_200]) / rms(&free.mono(0)[57_600..67_200])).log10();
        assert!((fall - 30.0).abs() < 2.0, "30 dB in a second: {fall}");
        let choked = driven(&SPEC, build, &[], &[trig, ("choke", gate(96_000, &[(24_000, 24_100)]))], 96_000);
        assert!(rms(&choked.mono(0)[20_000..24_000]) > 0.01 && rms(&choked.mono(0)[28_000..]) < 1e-4);
    }
}
