//! Compressor with a real key input: whatever is plugged in there decides how far the sound is turned down.
//!
//! Feed-forward in the logarithmic domain with a soft knee and a branching smoother on the gain reduction: the design that
//! D. Giannoulis, M. Massberg and J. Reiss recommend in *Digital Dynamic Range Compressor Design* (JAES 60/6, 2012), eq. 4 for the knee,
//! eq. 16 for the smoother. Attack and release are time constants (63 % of the way). Channels are linked: the louder one counts.
//!
//! Face: `[0]` detected level in dB, `[1]` gain reduction in dB (0 and above), `[2]` make-up in dB.

use crate::dsp::{EMPTY_ROW, Knob, Memo, PaddedRow, Powers, frames_at, put_frames};
use crate::glide::{Glide, switch_step};
use patchlight_core::{Face, ModuleSpec, audio, choice, control, db, hz, module, percent, preset, ratio, secs, toggle};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, SimdJob, exp2, f32x8, log2, select, splat, store, vectorize};
use patchlight_engine::{BLOCK, BuildContext, FACE, GROUP, Io, Unit};

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
    .presets(&[
        preset("Vocal", "voice smooth", "threshold_db -22; ratio 3; attack_secs 0.008; release_secs 0.15; knee_db 9; makeup_db 4"),
        preset("Drum punch", "drum", "threshold_db -18; ratio 4; attack_secs 0.03; release_secs 0.09; makeup_db 3"),
        preset("Parallel crush", "drum parallel", "threshold_db -36; ratio 20; attack_secs 0.001; release_secs 0.08; makeup_db 12; mix 40"),
        preset("Bass level", "bass", "threshold_db -24; ratio 6; attack_secs 0.012; release_secs 0.2; detect RMS; makeup_db 5"),
        preset("Pump", "side chain", "threshold_db -32; ratio 8; attack_secs 0.002; release_secs 0.28; knee_db 3"),
        preset("Gentle glue", "mix bus", "threshold_db -14; ratio 1.8; attack_secs 0.03; release_secs 0.3; detect RMS; knee_db 12"),
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
    let squares = Powers::new((-1.0 / (RMS_SECS * context.sample_rate_hz)).exp());
    Box::new(Compressor { voices, delay_frames, squares, face: [-120.0, 0.0, 0.0] })
}

struct Compressor {
    voices: Vec<Voice>,
    delay_frames: usize,
    /// How squares count in their mean.
    squares: Powers,
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

    /// The peaks of the key, and their mean square.
    #[inline(always)]
    fn detect<S: Simd>(&mut self, simd: S, keys: [&[f32]; 2], low_cut_hz: &Knob<'_>, rate: f32, levels: &mut PaddedRow) {
        let frames = keys[0].len();
        let is_open = low_cut_hz.constant().is_some_and(|hz| low_pole(hz, rate) == 1.0) && self.low == [0.0; 2];
        if is_open {
            for n in (0..frames).step_by(GROUP) {
                let peak = frames_at(simd, keys[0], n).abs().max(frames_at(simd, keys[1], n).abs());
                put_frames(peak, levels, n);
            }
            return;
        }
        for n in 0..frames {
            let pole = self.low_cut.get(low_cut_hz.at(n), |hz| low_pole(hz, rate));
            let mut peak = 0.0_f32;
            for (key, low) in keys.into_iter().zip(&mut self.low) {
                *low = key[n] + (*low - key[n]) * pole;
                peak = peak.max((key[n] - *low).abs());
            }
            levels[n] = peak;
        }
    }

    /// Takes the RMS in place of the peaks, as far as it is switched on.
    #[inline(always)]
    fn average<S: Simd>(&mut self, simd: S, detect: &Knob<'_>, step: f32, squares: &Powers, levels: &mut [f32]) {
        let pole = squares.rising[1];
        if detect.constant() == Some(0.0) && self.rms.is_at(0.0) {
            // Nobody hears it: it is kept up for when it is switched to.
            self.rms.next(0.0, step);
            let weights = &squares.falling[BLOCK - levels.len()..];
            let mut sum = splat(simd, 0.0);
            for n in (0..levels.len()).step_by(GROUP) {
                let level = frames_at(simd, levels, n);
                sum = (level * level).mul_add(frames_at(simd, weights, n), sum);
            }
            self.square = self.square * squares.rising[levels.len()] + simd.reduce_sum_f32x8(sum) * (1.0 - pole);
            return;
        }
        for (n, level) in levels.iter_mut().enumerate() {
            self.square = self.square * pole + *level * *level * (1.0 - pole);
            let rms = self.rms.next(detect.at(n), step);
            *level += (self.square.sqrt() - *level) * rms;
        }
    }

    /// Follows what is wanted, and writes where it is over it.
    #[inline(always)]
    fn smooth<S: Simd>(&mut self, simd: S, attack: &Knob<'_>, release: &Knob<'_>, rate: f32, reductions: &mut [f32]) {
        let pole = |secs: f32| (-1.0 / (secs * rate)).exp();
        if let (Some(attack), Some(release)) = (attack.constant(), release.constant()) {
            let (attack, release) = (self.attack.get(attack, pole), self.release.get(release, pole));
            let (attack, release, one) = (splat(simd, attack), splat(simd, release), splat(simd, 1.0));
            // Both ways are computed and one is taken, in vectors of eight times the same: so a frame waits for the last no longer than it must.
            let mut reduction = splat(simd, self.reduction_db);
            let mut lanes = [0.0; GROUP];
            for reduction_db in reductions {
                let wanted = splat(simd, *reduction_db);
                let (fast, slow) =
                    (reduction.mul_add(attack, wanted * (one - attack)), reduction.mul_add(release, wanted * (one - release)));
                reduction = select(wanted.simd_gt(reduction), fast, slow);
                store(reduction, &mut lanes);
                *reduction_db = lanes[0];
            }
            self.reduction_db = lanes[0];
        } else {
            for (n, wanted) in reductions.iter_mut().enumerate() {
                let (attack, release) = (self.attack.get(attack.at(n), pole), self.release.get(release.at(n), pole));
                let smoothing = if *wanted > self.reduction_db { attack } else { release };
                self.reduction_db = *wanted + (self.reduction_db - *wanted) * smoothing;
                *wanted = self.reduction_db;
            }
        }
    }

    /// A channel of the sound, as late as the look-ahead is long.
    fn delay(&mut self, channel: usize, input: &[f32], delayed: &mut PaddedRow) {
        let Some(ring) = self.delay.get_mut(channel).filter(|ring| !ring.is_empty()) else {
            delayed[..input.len()].copy_from_slice(input);
            return;
        };
        let mut at = self.delay_at;
        for (x, delayed) in input.iter().zip(delayed) {
            *delayed = std::mem::replace(&mut ring[at], *x);
            at = if at + 1 < ring.len() { at + 1 } else { 0 };
        }
    }
}

/// The pole of the detector's low-cut; 1 lets all pass.
fn low_pole(hz: f32, rate: f32) -> f32 {
    if hz <= 10.5 { 1.0 } else { (-std::f32::consts::TAU * hz / rate).exp() }
}

/// The reduction in dB for a level in dB (Giannoulis et al., eq. 4, as what is taken away).
#[inline(always)]
fn static_reduction_db<S: Simd>(simd: S, level_db: f32x8<S>, threshold_db: f32x8<S>, ratio: f32x8<S>, knee_db: f32x8<S>) -> f32x8<S> {
    let (zero, one, two) = (splat(simd, 0.0), splat(simd, 1.0), splat(simd, 2.0));
    let over = level_db - threshold_db;
    let slope = one - one / ratio;
    let into_knee = over + splat(simd, 0.5) * knee_db;
    // Without a knee nothing lies inside it.
    let bent = slope * into_knee * into_knee / (two * knee_db).max(splat(simd, 1e-6));
    let straight = select((two * over).simd_lt(knee_db), bent, slope * over);
    select((two * over).simd_le(-knee_db), zero, straight)
}

/// 20·log10, no lower than the floor.
#[inline(always)]
fn db_of<S: Simd>(simd: S, level: f32x8<S>) -> f32x8<S> {
    select(level.simd_gt(splat(simd, 1e-6)), log2(simd, level) * splat(simd, 20.0 * std::f32::consts::LOG10_2), splat(simd, FLOOR_DB))
}

struct Job<'u, 'io, 'a>(&'u mut Compressor, &'io mut Io<'a>);

impl SimdJob for Job<'_, '_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self(compressor, io) = self;
        let Compressor { voices, delay_frames, squares, face } = compressor;
        let rate = io.sample_rate_hz();
        let (input, key) = (io.input(0), io.input(1));
        let key = if key.is_connected() { key } else { input };
        let step = switch_step(rate);
        let frames = io.frames();
        for (number, voice) in voices.iter_mut().enumerate() {
            let knob = |index: usize| Knob::new(io.param(index), number);
            let (threshold, ratio, knee, makeup, mix, auto) =
                (knob(THRESHOLD), knob(RATIO), knob(KNEE), knob(MAKEUP), knob(MIX), knob(AUTO));
            let (attack, release, detect, low_cut) = (knob(ATTACK), knob(RELEASE), knob(DETECT), knob(LOW_CUT));
            let (mut levels, mut reductions, mut gains, mut autos) = (EMPTY_ROW, EMPTY_ROW, EMPTY_ROW, EMPTY_ROW);
            voice.detect(simd, [key.row(0, number), key.row(1, number)], &low_cut, rate, &mut levels);
            voice.average(simd, &detect, step, squares, &mut levels[..frames]);
            let has_auto = auto.constant() != Some(0.0) || !voice.auto_makeup.is_at(0.0);
            for n in 0..frames {
                autos[n] = if has_auto || n == 0 { voice.auto_makeup.next(auto.at(n), step) } else { 0.0 };
            }
            for n in (0..frames).step_by(GROUP) {
                let level_db = db_of(simd, frames_at(simd, &levels, n));
                let [threshold, ratio, knee] = [threshold.eight_at(simd, n), ratio.eight_at(simd, n), knee.eight_at(simd, n)];
                put_frames(static_reduction_db(simd, level_db, threshold, ratio, knee), &mut reductions, n);
                if n + GROUP >= frames && number == 0 {
                    put_frames(level_db, &mut levels, n);
                }
            }
            let last_db = levels[frames - 1];
            voice.smooth(simd, &attack, &release, rate, &mut reductions[..frames]);
            for n in (0..frames).step_by(GROUP) {
                let mut makeup_db = makeup.eight_at(simd, n);
                if has_auto {
                    let [threshold, ratio, knee] = [threshold.eight_at(simd, n), ratio.eight_at(simd, n), knee.eight_at(simd, n)];
                    let full = static_reduction_db(simd, splat(simd, 0.0), threshold, ratio, knee);
                    makeup_db += frames_at(simd, &autos, n) * splat(simd, 0.5) * full;
                }
                put_frames(makeup_db, &mut autos, n);
                let gain_db = (makeup_db - frames_at(simd, &reductions, n)).max(splat(simd, -59.9));
                let gain = exp2(simd, gain_db * splat(simd, std::f32::consts::LOG2_10 / 20.0));
                let one = splat(simd, 1.0);
                put_frames((gain - one).mul_add(mix.eight_at(simd, n), one), &mut gains, n);
            }
            let makeup_last_db = autos[frames - 1];
            let [mut out, mut reduction] = io.outputs::<2>();
            for channel in 0..out.channels() {
                let mut delayed = EMPTY_ROW;
                voice.delay(channel, input.row(channel, number), &mut delayed);
                for n in (0..frames).step_by(GROUP) {
                    put_frames(frames_at(simd, &delayed, n) * frames_at(simd, &gains, n), out.row(channel, number), n);
                }
            }
            voice.delay_at = if *delay_frames > 0 { (voice.delay_at + frames) % *delay_frames } else { 0 };
            for n in (0..frames).step_by(GROUP) {
                put_frames(frames_at(simd, &reductions, n) * splat(simd, 1.0 / 24.0), reduction.row(0, number), n);
            }
            if number == 0 {
                *face = [last_db, voice.reduction_db, makeup_last_db];
            }
        }
    }
}

impl Unit for Compressor {
    fn process(&mut self, io: &mut Io<'_>) {
        vectorize(Job(self, io));
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
