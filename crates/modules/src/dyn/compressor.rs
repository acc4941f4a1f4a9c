//! Compressor with a real key input: whatever is plugged in there decides how far the sound is turned down.
//!
//! Feed-forward in the logarithmic domain with a soft knee and a branching smoother on the gain reduction: the design that
//! D. Giannoulis, M. Massberg and J. Reiss recommend in *Digital Dynamic Range Compressor Design* (JAES 60/6, 2012), eq. 4 for the knee,
//! eq. 16 for the smoother. Attack and release are time constants (63 % of the way). Channels are linked: the louder one counts.
//!
//! Face: `[0]` detected level in dB, `[1]` gain reduction in dB (0 and above), `[2]` make-up in dB.

use crate::dsp::Memo;
use crate::glide::{Glide, gain_from_db, switch_step};
use patchlight_core::{Face, ModuleSpec, audio, choice, control, db, hz, module, percent, ratio, secs, toggle};
use patchlight_engine::{BuildContext, FACE, Io, Param, Unit};

const THRESHOLD: usize = 0;
const RATIO: usize = 1;
const ATTACK: usize = 2;
const RELEASE: usize = 3;
const KNEE: usize = 4;
const MAKEUP: usize = 5;
const MIX: usize = 6;
const DETECT: usize = 7;
const LOW_CUT: usize = 8;
const AUTO: usize = 9;
const LOOKAHEAD: usize = 10;

pub const SPEC: ModuleSpec = module("dyn.compressor", "Compressor")
    .about("Turns down what is louder than the threshold. Plug a kick into its key and the bass ducks with every hit.")
    .tags(&["sidechain", "duck", "pump", "dynamics", "glue", "key", "squash", "level"])
    .inputs(&[audio("in", "Sound to turn down"), audio("key", "Listens to this instead of the sound itself, when wired")])
    .params(&[
        db("threshold_db", -60.0..=0.0, -18.0).about("Above this level it begins to work"),
        ratio("ratio", 1.0..=50.0, 4.0).about("How much of the excess is taken away: 4 : 1 leaves a quarter"),
        secs("attack_secs", 0.0001..=0.25, 0.005).about("How fast it turns down"),
        secs("release_secs", 0.005..=3.0, 0.12).about("How fast it lets go"),
        db("knee_db", 0.0..=24.0, 6.0).about("How gently it begins around the threshold").hidden(),
        db("makeup_db", -12.0..=30.0, 0.0).about("Gain afterwards, to bring back the loudness"),
        percent("mix", 1.0).about("Compressed against untouched: below 100 % is parallel compression").hidden(),
        choice("detect", &["peak", "RMS"], 0).about("Peak reacts to the waveform, RMS to the power").hidden(),
        hz("low_cut_hz", 10.0..=1000.0, 10.0).about("Keeps lows out of the detector, so that a bass does not pump the rest").hidden(),
        toggle("auto_makeup", false).about("Brings back half of what a full-scale sound would lose").hidden(),
        secs("lookahead_secs", 0.0..=0.01, 0.0)
            .about("Hears the key earlier than the sound; delays the sound by as much")
            .structural()
            .hidden(),
    ])
    .outputs(&[audio("out", "The sound, turned down"), control("reduction", "How far it is turned down: 1 is 24 dB").mono()])
    .latency(delay_frames)
    .face(Face::Dynamics);

/// How far ahead the key is heard.
fn delay_frames(params: &[f32], sample_rate_hz: f32) -> usize {
    (params.get(LOOKAHEAD).copied().unwrap_or(0.0) * sample_rate_hz).round() as usize
}

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    let delay_frames = delay_frames(context.params, context.sample_rate_hz);
    let voices = (0..context.voices).map(|_| Voice::new(context.channels, delay_frames)).collect();
    Box::new(Compressor { voices, delay_frames, face: [-120.0, 0.0, 0.0] })
}

struct Compressor {
    voices: Vec<Voice>,
    delay_frames: usize,
    face: [f32; 3],
}

/// A linked set of channels.
struct Voice {
    /// One ring for each channel.
    delay: Vec<Box<[f32]>>,
    delay_at: usize,
    /// One-pole low-cut memories: of the key, by channel.
    low: [f32; 2],
    square: f32,
    reduction_db: f32,
    rms: Glide,
    auto_makeup: Glide,
    attack: Memo<f32, f32>,
    release: Memo<f32, f32>,
    low_cut: Memo<f32, f32>,
}

/// What the RMS detector averages over.
const RMS_SECS: f32 = 0.01;
const FLOOR_DB: f32 = -120.0;

impl Voice {
    fn new(channels: usize, delay_frames: usize) -> Self {
        Self {
            delay: vec![vec![0.0; delay_frames].into_boxed_slice(); channels],
            delay_at: 0,
            low: [0.0; 2],
            square: 0.0,
            reduction_db: 0.0,
            rms: Glide::default(),
            auto_makeup: Glide::default(),
            attack: Memo::new(),
            release: Memo::new(),
            low_cut: Memo::new(),
        }
    }

    fn reset(&mut self) {
        self.delay.iter_mut().for_each(|ring| ring.fill(0.0));
        (self.delay_at, self.low, self.square, self.reduction_db) = (0, [0.0; 2], 0.0, 0.0);
        self.rms.forget();
        self.auto_makeup.forget();
    }

    /// The level of a frame of the key, in dB.
    fn detect(&mut self, key: [f32; 2], low_pole: f32, square_pole: f32, rms: f32) -> f32 {
        let mut peak = 0.0_f32;
        for (x, low) in key.into_iter().zip(&mut self.low) {
            *low = x + (*low - x) * low_pole;
            peak = peak.max((x - *low).abs());
        }
        self.square = peak * peak + (self.square - peak * peak) * square_pole;
        let level = peak + (self.square.sqrt() - peak) * rms;
        if level > 1e-6 { 20.0 * level.log10() } else { FLOOR_DB }
    }
}

/// The reduction in dB for a level in dB (Giannoulis et al., eq. 4, as what is taken away).
fn static_reduction_db(level_db: f32, threshold_db: f32, ratio: f32, knee_db: f32) -> f32 {
    let over = level_db - threshold_db;
    let slope = 1.0 - 1.0 / ratio;
    if 2.0 * over <= -knee_db {
        0.0
    } else if 2.0 * over < knee_db {
        slope * (over + 0.5 * knee_db).powi(2) / (2.0 * knee_db)
    } else {
        slope * over
    }
}

impl Unit for Compressor {
    fn process(&mut self, io: &mut Io<'_>) {
        let rate = io.sample_rate_hz();
        let (input, key) = (io.input(0), io.input(1));
        let key = if key.is_connected() { key } else { input };
        let params: [Param<'_>; 10] = std::array::from_fn(|index| io.param(index));
        let pole = |secs: f32| (-1.0 / (secs * rate)).exp();
        let low_pole = |hz: f32| if hz <= 10.5 { 1.0 } else { (-std::f32::consts::TAU * hz / rate).exp() };
        let square_pole = pole(RMS_SECS);
        let step = switch_step(rate);
        let frames = io.frames();
        let [mut out, mut reduction] = io.outputs::<2>();
        for (number, voice) in self.voices.iter_mut().enumerate() {
            let keys = [key.row(0, number), key.row(1, number)];
            for n in 0..frames {
                let at = |index: usize| params[index].at(n, number);
                let attack = voice.attack.get(at(ATTACK), pole);
                let release = voice.release.get(at(RELEASE), pole);
                let low = voice.low_cut.get(at(LOW_CUT), low_pole);
                let rms = voice.rms.next(at(DETECT), step);
                let level_db = voice.detect([keys[0][n], keys[1][n]], low, square_pole, rms);
                let wanted = static_reduction_db(level_db, at(THRESHOLD), at(RATIO), at(KNEE));
                let smoothing = if wanted > voice.reduction_db { attack } else { release };
                voice.reduction_db = wanted + (voice.reduction_db - wanted) * smoothing;
                let auto = voice.auto_makeup.next(at(AUTO), step);
                let makeup_db = at(MAKEUP) + auto * 0.5 * static_reduction_db(0.0, at(THRESHOLD), at(RATIO), at(KNEE));
                let gain = gain_from_db((makeup_db - voice.reduction_db).max(-59.9));
                let wet = at(MIX);
                for channel in 0..out.channels() {
                    let mut x = input.row(channel, number)[n];
                    if let Some(ring) = voice.delay.get_mut(channel).filter(|ring| !ring.is_empty()) {
                        std::mem::swap(&mut ring[voice.delay_at], &mut x);
                    }
                    out.row(channel, number)[n] = x * (1.0 + (gain - 1.0) * wet);
                }
                voice.delay_at = if voice.delay_at + 1 < self.delay_frames { voice.delay_at + 1 } else { 0 };
                reduction.row(0, number)[n] = voice.reduction_db / 24.0;
                if number == 0 {
                    self.face = [level_db, voice.reduction_db, makeup_db];
                }
            }
        }
    }

    fn reset(&mut self) {
        self.voices.iter_mut().for_each(Voice::reset);
        self.face = [FLOOR_DB, 0.0, 0.0];
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        face[..3].copy_from_slice(&self.face);
    }

    fn latency_frames(&self) -> usize {
        self.delay_frames
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};

    fn db(x: f32) -> f32 {
        20.0 * x.log10()
    }

    /// The gain reduction, in dB, for a key that stands at `key_db`.
    fn reduction_db(params: &[(&'static str, f32)], key_db: f32) -> f32 {
        let config = SoloConfig { params: params.to_vec(), ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &["in", "key"]);
        solo.drive("in", vec![vec![0.5; 96_000]]);
        solo.drive("key", vec![vec![10.0_f32.powf(key_db / 20.0); 96_000]]);
        -db(solo.run(96_000, 64).mono(0)[95_999] / 0.5)
    }

    #[test]
    fn the_static_curve_is_right_within_a_tenth_of_a_decibel() {
        let params = [("threshold_db", -24.0), ("ratio", 4.0), ("knee_db", 6.0)];
        for (key_db, expected) in [(-40.0, 0.0), (-27.0, 0.0), (-24.0, 0.75 * 9.0 / 12.0), (-21.0, 2.25), (-12.0, 9.0), (0.0, 18.0)] {
            let found = reduction_db(&params, key_db);
            assert!((found - expected).abs() < 0.1, "{key_db} dB: {found} for {expected}");
        }
    }

    #[test]
    fn attack_and_release_are_time_constants_of_the_reduction() {
        let params = vec![("threshold_db", -20.0), ("ratio", 50.0), ("knee_db", 0.0), ("attack_secs", 0.01), ("release_secs", 0.2)];
        let mut solo = Solo::new(&SPEC, build, &SoloConfig { params, ..SoloConfig::default() }, &["in", "key"]);
        solo.drive("in", vec![vec![1.0; 96_000]]);
        solo.drive("key", vec![(0..96_000).map(|n| if n < 48_000 { 1.0 } else { 0.0 }).collect()]);
        let rendered = solo.run(96_000, 64);
        let reduction: Vec<f32> = rendered.mono(0).iter().map(|x| -db(*x)).collect();
        let full = 20.0 * (1.0 - 1.0 / 50.0);
        let attack = reduction.iter().position(|r| *r >= full * (1.0 - (-1.0_f32).exp())).expect("it works");
        assert!((attack as f32 / 480.0 - 1.0).abs() < 0.05, "{attack}");
        let release = reduction[48_000..].iter().position(|r| *r <= full * (-1.0_f32).exp()).expect("it lets go");
        assert!((release as f32 / 9600.0 - 1.0).abs() < 0.05, "{release}");
    }

    #[test]
    fn the_key_decides_and_the_sound_does_not() {
        let params = [("threshold_db", -24.0), ("ratio", 8.0)];
        assert!(reduction_db(&params, -60.0).abs() < 1e-3);
        assert!(reduction_db(&params, 0.0) > 15.0);
    }

    #[test]
    fn lookahead_delays_the_sound_by_what_it_says() {
        let config = SoloConfig { params: vec![("lookahead_secs", 0.005), ("threshold_db", 0.0)], ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &["in"]);
        let mut click = vec![0.0; 1000];
        click[100] = 0.5;
        solo.drive("in", vec![click]);
        let rendered = solo.run(1000, 64);
        assert_eq!(solo.latency_frames(), 240);
        assert_eq!(rendered.mono(0).iter().position(|x| *x != 0.0), Some(340));
    }
}
