//! Hand clap: a few short bursts of noise, then a tail like a room's, through a band-pass.
//!
//! As in the TR-808 and 909: a saw-toothed envelope gives several claps a few milliseconds apart, and the last is longer. The
//! level rises to each clap in half a millisecond from where it is, so nothing jumps.
//!
//! Telemetry: `[0]` level 0 to 1, `[1]` claps still to come.

use crate::dsp::{Beater, Memo, Strike, Svf, White, fall_60_db};
use crate::glide::gain_from_db;
use patchlight_core::{Face, ModuleSpec, audio, control, db, gate, hz, integer, module, percent, preset, secs};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

const DECAY: usize = 0;
const SPREAD: usize = 1;
const BURSTS: usize = 2;
const TONE: usize = 3;
const FOCUS: usize = 4;
const LEVEL: usize = 5;

pub const SPEC: ModuleSpec = module("osc.clap", "Clap")
    .about("Many hands at once: bursts of noise with a short tail. Try it on beats two and four, into a reverb.")
    .tags(&["drum", "hand clap", "snare", "808", "909", "percussion", "snap"])
    .inputs(&[gate("trig", "A rising edge claps"), control("accent", "How hard, 0 to 1, read at the stroke. Not wired, full")])
    .params(&[
        secs("decay_secs", 0.03..=3.0, 0.35).about("Time until the tail is 60 dB down"),
        secs("spread_secs", 0.002..=0.06, 0.011).about("Time between the hands"),
        integer("bursts", 1..=8, 4).about("How many hands one hears apart, the one with the tail included"),
        hz("tone_hz", 300.0..=6_000.0, 1_150.0).about("Centre of the band: low is a big hand, high is a snap"),
        percent("focus", 0.5).about("From broad noise to a narrow, hollow band"),
        db("level_db", -60.0..=6.0, 0.0).about("Loudness; −60 dB is off"),
    ])
    .presets(&[
        preset("Classic 808", "clap 808", "decay_secs 0.35; bursts 4"),
        preset("Tight", "clap short", "decay_secs 0.12; bursts 3; spread_secs 0.007"),
        preset("Crowd", "clap wide", "decay_secs 0.7; bursts 8; spread_secs 0.028; focus 20"),
        preset("Dark", "clap low", "tone_hz 650; focus 70"),
        preset("Finger snap", "snap bright", "tone_hz 2600; focus 90; bursts 2; decay_secs 0.1"),
    ])
    .outputs(&[audio("out", "The clap")])
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    let seed = context.seed;
    rows(context, |_| Clap::new(seed))
}

/// The bursts before the last fall by 60 dB in this many times the spread.
const BURST_FALL: f32 = 2.5;
/// Brings the peaks of filtered noise to about full scale, measured.
const NOISE_GAIN: f32 = 1.5;

struct Clap {
    seed: u64,
    beater: Beater,
    strike: Strike,
    white: White,
    /// Peak of this stroke's claps.
    peak: f32,
    /// Claps still to come, and frames since the last.
    to_come: u32,
    waited: f32,
    body: [Svf; 2],
    tail_fall: Memo<f32, f32>,
    burst_fall: Memo<f32, f32>,
    corner: Memo<f32, f32>,
    gain: Memo<f32, f32>,
}

impl Clap {
    fn new(seed: u64) -> Self {
        Self {
            seed,
            beater: Beater::new(),
            strike: Strike::default(),
            white: White::new(seed),
            peak: 0.0,
            to_come: 0,
            waited: 0.0,
            body: [Svf::default(); 2],
            tail_fall: Memo::new(),
            burst_fall: Memo::new(),
            corner: Memo::new(),
            gain: Memo::new(),
        }
    }

    fn clap(&mut self, rate: f32) {
        self.to_come -= 1;
        self.waited = 0.0;
        self.strike.hit(self.peak, rate);
    }
}

impl RowKernel for Clap {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (frames, rate) = (io.frames(), io.sample_rate_hz());
        let (trig, accent, accented) = (io.input(0), io.input(1), io.is_connected(1));
        let params: [_; 6] = std::array::from_fn(|index| io.param(index));
        let out = io.output(0);
        for n in 0..frames {
            let spread = params[SPREAD].at(n);
            if let Some(peak) = self.beater.strikes(trig[n], accented.then(|| accent[n])) {
                self.peak = peak;
                self.to_come = params[BURSTS].at(n).max(1.0) as u32;
                self.clap(rate);
            } else if self.to_come > 0 {
                self.waited += 1.0;
                if self.waited >= spread * rate {
                    self.clap(rate);
                }
            }
            if self.strike.is_over() && self.to_come == 0 {
                out[n] = 0.0;
                continue;
            }
            let fall = if self.to_come > 0 {
                self.burst_fall.get(spread, |secs| fall_60_db(BURST_FALL * secs, rate))
            } else {
                self.tail_fall.get(params[DECAY].at(n), |secs| fall_60_db(secs, rate))
            };
            let level = self.strike.next(fall);
            let corner = self.corner.get(params[TONE].at(n), |hz| Svf::corner(hz, rate));
            let damping = 1.6 - 1.3 * params[FOCUS].at(n);
            // A narrow band lets less noise through: the root keeps it equally loud.
            let noise = self.white.next() * NOISE_GAIN / damping.sqrt();
            let banded = self.body[0].next(noise, corner, damping).band;
            let banded = self.body[1].next(banded, 0.5 * corner, 2.0).high + 0.4 * banded;
            out[n] = banded * level * self.gain.get(params[LEVEL].at(n), gain_from_db);
        }
    }

    fn reset(&mut self) {
        *self = Self::new(self.seed);
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[0] = self.strike.level;
        face[1] = self.to_come as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};
    use patchlight_testkit::{Spectrum, db, peak, rms, windows_rms};

    fn play(params: &[(&'static str, f32)], frames: usize) -> Vec<f32> {
        let config = SoloConfig { params: params.to_vec(), ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &["trig"]);
        solo.drive("trig", vec![vec![1.0; 480]]);
        solo.run(frames, 64).mono(0).to_vec()
    }

    /// Rises of the level by more than 9 dB between windows of 4 ms.
    fn heard_bursts(out: &[f32]) -> usize {
        let levels: Vec<f64> = std::iter::once(1e-6).chain(windows_rms(out, 192)).collect();
        levels.windows(2).filter(|pair| db(pair[1] / pair[0].max(1e-6)) > 9.0).count()
    }

    #[test]
    fn one_hears_as_many_hands_as_the_knob_says() {
        for bursts in [1.0, 3.0, 5.0] {
            let out = play(&[("bursts", bursts), ("spread_secs", 0.04), ("tone_hz", 3000.0), ("decay_secs", 0.2)], 24_000);
            assert_eq!(heard_bursts(&out), bursts as usize);
        }
    }

    #[test]
    fn the_tail_falls_in_its_time_and_ends_in_silence() {
        let out = play(&[("bursts", 1.0), ("decay_secs", 1.0)], 120_000);
        let fall = db(rms(&out[4800..14_400])) - db(rms(&out[28_800..38_400]));
        assert!((fall - 30.0).abs() < 2.0, "{fall} dB in half a second");
        assert!(out[110_000..].iter().all(|x| *x == 0.0));
    }

    #[test]
    fn tone_is_the_centre_and_the_level_is_near_full_scale() {
        for tone_hz in [700.0_f32, 2000.0] {
            let out = play(&[("bursts", 1.0), ("tone_hz", tone_hz), ("focus", 1.0), ("decay_secs", 3.0)], 32_768);
            let spectrum = Spectrum::new(&out, 48_000.0);
            let band = |octaves: f64| {
                let centre = f64::from(tone_hz) * octaves.exp2();
                spectrum.band(centre / 1.1, centre * 1.1) / centre.sqrt()
            };
            assert!(band(0.0) > 2.0 * band(1.0) && band(0.0) > 2.0 * band(-1.0));
        }
        let loudest = peak(&play(&[], 24_000));
        assert!((0.4..1.3).contains(&loudest), "{loudest}");
    }
}
