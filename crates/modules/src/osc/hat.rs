//! Hi-hat: six squares that share no harmonics, with noise, through band-passes and a high-pass.
//!
//! The cymbals of the TR-808 begin with six Schmitt-trigger oscillators at 205.3, 304.4, 369.6, 522.7, 540 and 800 Hz, heard
//! through band-passes at 3.4 and 7.1 kHz (Werner, Abel, Smith, "The TR-808 cymbal", ICMC 2014). Here the squares are smoothed at
//! their edges by two-point PolyBLEP (Välimäki and Huovilainen 2007), the filters are state-variable, and noise can take the
//! squares' place. The level is continuous over strokes and chokes.
//!
//! Telemetry: `[0]` level 0 to 1, `[1]` 1 while choked.

use crate::dsp::{Beater, Memo, Strike, Svf, White, fall_60_db};
use crate::glide::gain_from_db;
use crate::pulse::Edge;
use patchlight_core::{Face, ModuleSpec, audio, control, db, gate, hz, module, percent, preset, secs, semitones};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

const DECAY: usize = 0;
const TONE: usize = 1;
const METAL: usize = 2;
const TUNE: usize = 3;
const LEVEL: usize = 4;

pub const SPEC: ModuleSpec = module("osc.hat", "Hat")
    .about("Hi-hat, closed or open, metallic or airy. Try euclid into trig; the closed hat's trigger into choke of the open one.")
    .tags(&["drum", "hihat", "hi-hat", "cymbal", "808", "percussion", "metal", "noise"])
    .inputs(&[
        gate("trig", "A rising edge strikes the hat"),
        gate("choke", "A rising edge closes the hat: the sound ends within 20 ms"),
        control("accent", "How hard it is struck, 0 to 1, read at the stroke. Not wired, full"),
    ])
    .params(&[
        secs("decay_secs", 0.02..=4.0, 0.18).about("Time until it is 60 dB down: short is closed, long is open"),
        hz("tone_hz", 1_000.0..=14_000.0, 6_500.0).about("High-pass: low is full, high is thin and bright"),
        percent("metal", 0.75).about("From noise alone to the six clashing squares alone"),
        semitones("tune_semitones", -24.0..=24.0, 0.0).about("Moves the squares up and down"),
        db("level_db", -60.0..=6.0, 0.0).about("Loudness; −60 dB is off"),
    ])
    .presets(&[
        preset("Closed", "hat tight", "decay_secs 0.05"),
        preset("Open", "hat long", "decay_secs 0.6"),
        preset("Pedal", "hat soft", "decay_secs 0.09; tone_hz 4500; metal 50"),
        preset("Shaker", "shaker noise", "decay_secs 0.12; metal 5; tone_hz 8000"),
        preset("Trash", "hat dirty", "decay_secs 0.3; metal 100; tune_semitones -9; tone_hz 3500"),
    ])
    .outputs(&[audio("out", "The sound of the hat")])
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    let seed = context.seed;
    rows(context, |_| Hat::new(seed))
}

const SQUARES_HZ: [f32; 6] = [205.3, 304.4, 369.6, 522.7, 540.0, 800.0];
const BANDS_HZ: [f32; 2] = [3_440.0, 7_100.0];
/// 1/Q of the band-passes and of the high-pass.
const BAND_DAMPING: f32 = 0.7;
const HIGH_DAMPING: f32 = 1.2;
/// Brings the peaks of the filtered sources to about full scale, measured.
const SQUARES_GAIN: f32 = 2.2;
const NOISE_GAIN: f32 = 0.8;
const CHOKE_SECS: f32 = 0.02;

struct Hat {
    seed: u64,
    beater: Beater,
    choke: Edge,
    choked: bool,
    strike: Strike,
    white: White,
    /// Positions of the squares in their cycles, in turns.
    phases: [f32; 6],
    bands: [Svf; 2],
    high: Svf,
    fall: Memo<f32, f32>,
    corner: Memo<f32, f32>,
    ratio: Memo<f32, f32>,
    gain: Memo<f32, f32>,
}

impl Hat {
    fn new(seed: u64) -> Self {
        Self {
            seed,
            beater: Beater::new(),
            choke: Edge::default(),
            choked: false,
            strike: Strike::default(),
            white: White::new(seed),
            phases: [0.0, 0.17, 0.34, 0.51, 0.68, 0.85],
            bands: [Svf::default(); 2],
            high: Svf::default(),
            fall: Memo::new(),
            corner: Memo::new(),
            ratio: Memo::new(),
            gain: Memo::new(),
        }
    }

    /// The sum of the squares, about ±1.
    fn squares(&mut self, turns_per_hz: f32) -> f32 {
        let mut sum = 0.0;
        for (phase, hz) in self.phases.iter_mut().zip(SQUARES_HZ) {
            let step = (hz * turns_per_hz).min(0.2);
            *phase += step;
            *phase -= phase.floor();
            let half = *phase + 0.5;
            let naive = if *phase < 0.5 { 1.0 } else { -1.0 };
            sum += naive + blep(*phase, step) - blep(half - half.floor(), step);
        }
        sum / 6.0
    }
}

/// What two-point PolyBLEP adds to a step of 2 at phase 0.
fn blep(phase: f32, step: f32) -> f32 {
    if phase < step {
        let t = phase / step;
        2.0 * t - t * t - 1.0
    } else if phase > 1.0 - step {
        let t = (phase - 1.0) / step;
        t * t + 2.0 * t + 1.0
    } else {
        0.0
    }
}

impl RowKernel for Hat {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (frames, rate) = (io.frames(), io.sample_rate_hz());
        let (trig, choke, accent) = (io.input(0), io.input(1), io.input(2));
        let accented = io.is_connected(2);
        let params: [_; 5] = std::array::from_fn(|index| io.param(index));
        let corners = BANDS_HZ.map(|hz| Svf::corner(hz, rate));
        let choke_fall = fall_60_db(CHOKE_SECS, rate);
        let out = io.output(0);
        for n in 0..frames {
            self.choked |= self.choke.rises(choke[n]);
            if let Some(peak) = self.beater.strikes(trig[n], accented.then(|| accent[n])) {
                self.choked = false;
                self.strike.hit(peak, rate);
            }
            if self.strike.is_over() {
                out[n] = 0.0;
                continue;
            }
            let fall = self.fall.get(params[DECAY].at(n), |secs| fall_60_db(secs, rate));
            let level = self.strike.next(if self.choked { choke_fall.min(fall) } else { fall });
            let ratio = self.ratio.get(params[TUNE].at(n), |semitones| (semitones / 12.0).exp2());
            let metal = params[METAL].at(n);
            let squares = SQUARES_GAIN * self.squares(ratio / rate);
            let source = squares * metal.sqrt() + NOISE_GAIN * self.white.next() * (1.0 - metal).sqrt();
            let banded =
                self.bands[0].next(source, corners[0], BAND_DAMPING).band + self.bands[1].next(source, corners[1], BAND_DAMPING).band;
            let corner = self.corner.get(params[TONE].at(n), |hz| Svf::corner(hz, rate));
            let bright = self.high.next(banded, corner, HIGH_DAMPING).high;
            out[n] = bright * level * self.gain.get(params[LEVEL].at(n), gain_from_db);
        }
    }

    fn reset(&mut self) {
        *self = Self::new(self.seed);
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[0] = self.strike.level;
        face[1] = if self.choked { 1.0 } else { 0.0 };
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};
    use patchlight_testkit::{Spectrum, db, is_silent, peak, rms};

    fn play(params: &[(&'static str, f32)], choke_at: Option<usize>, frames: usize) -> Vec<f32> {
        let config = SoloConfig { params: params.to_vec(), ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &["trig", "choke"]);
        solo.drive("trig", vec![vec![1.0; 480]]);
        solo.drive("choke", vec![(0..frames).map(|n| if choke_at.is_some_and(|at| n >= at) { 1.0 } else { 0.0 }).collect()]);
        solo.run(frames, 64).mono(0).to_vec()
    }

    #[test]
    fn its_level_is_near_full_scale_whatever_the_mix() {
        for metal in [0.0, 0.5, 0.75, 1.0] {
            let loudest = peak(&play(&[("metal", metal), ("decay_secs", 2.0)], None, 48_000));
            assert!((0.4..1.1).contains(&loudest), "metal {metal}: {loudest}");
        }
    }

    #[test]
    fn tone_makes_it_brighter_and_metal_makes_lines() {
        let spectrum = |params: &[(&'static str, f32)]| Spectrum::new(&play(params, None, 32_768), 48_000.0);
        let centroid = |hz: f32| spectrum(&[("tone_hz", hz), ("decay_secs", 4.0)]).centroid_hz();
        assert!(centroid(10_000.0) > centroid(2_000.0) + 1000.0);
        let crest = |metal: f32| {
            let spectrum = spectrum(&[("metal", metal), ("decay_secs", 4.0)]);
            spectrum.magnitudes.iter().copied().fold(0.0, f64::max) / spectrum.band(3_000.0, 12_000.0)
        };
        assert!(crest(1.0) > 3.0 * crest(0.0), "{} against {}", crest(1.0), crest(0.0));
    }

    #[test]
    fn decay_is_in_seconds_and_choke_ends_it() {
        let open = play(&[("decay_secs", 1.0), ("metal", 0.0)], None, 48_000);
        let fall = db(rms(&open[4800..9600])) - db(rms(&open[28_800..33_600]));
        assert!((fall - 30.0).abs() < 2.0, "{fall} dB in half a second");
        let choked = play(&[("decay_secs", 4.0)], Some(9600), 24_000);
        assert!(peak(&choked[9000..9600]) > 0.05);
        assert!(is_silent(&choked[12_000..]));
    }
}
