//! A plucked string: an extended Karplus–Strong waveguide (Jaffe and Smith, Computer Music Journal 7(2), 1983).
//!
//! The loop is a delay, a one-pole low-pass h(z) = (1−p)/(1−p·z⁻¹), a blocker of DC and a gain. Its phase delay at the note's
//! own frequency must be one period: the delay line is read (fifth-order Lagrange interpolation) at the period less the exact
//! phase delays of both filters there. The gain makes the fundamental fall by 60 dB in the decay time; p makes partials at the
//! brightness' frequency lose twice as much. A pluck is one period of noise less itself a share of the period later, which is
//! how a string plucked there lacks partials; what comes in by cable excites it at the same place.
//!
//! Telemetry: `[0]` the frequency in Hz, `[1]` peak of the string of late.

use crate::dsp::{Approach, DelayLine, Memo, OnePole, White, bend_at_one, damping_pole};
use crate::glide::gain_from_db;
use crate::pulse::Edge;
use patchlight_core::{C4_HZ, Face, ModuleSpec, audio, control, db, gate, module, percent, pitch, preset, secs, semitones, unit};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

const TUNE: usize = 0;
const DECAY: usize = 1;
const BRIGHTNESS: usize = 2;
const POSITION: usize = 3;
const LEVEL: usize = 4;

pub const SPEC: ModuleSpec = module("osc.string", "String")
    .about("A plucked string: guitar, harp, harpsichord, or anything that rings when you send a sound into it.")
    .tags(&["pluck", "guitar", "karplus", "strong", "harp", "physical", "model", "resonator", "waveguide"])
    .inputs(&[
        pitch("pitch", "The note, in octaves from C4"),
        gate("trig", "A rising edge plucks the string"),
        control("accent", "How hard it is plucked, 0 to 1, read at the pluck. Not wired, full"),
        audio("excitation", "A sound that sets the string in motion, at the pluck's place"),
    ])
    .params(&[
        semitones("tune_semitones", -36.0..=36.0, 0.0).about("Moves the note up and down"),
        secs("decay_secs", 0.05..=30.0, 3.0).about("Time until the note is 60 dB down"),
        percent("brightness", 0.6).about("From nylon under the thumb to steel under a pick"),
        unit("position", 0.02..=0.5, 0.13).about("Where it is plucked: small is near the bridge and thin, 0.5 the middle and hollow"),
        db("level_db", -60.0..=12.0, 0.0).about("Loudness; −60 dB is off"),
    ])
    .presets(&[
        preset("Steel guitar", "guitar pluck", "decay_secs 4; brightness 80; position 0.12"),
        preset("Nylon", "guitar soft", "decay_secs 2.5; brightness 35; position 0.3"),
        preset("Muted bass", "bass pluck", "tune_semitones -24; decay_secs 0.6; brightness 30; position 0.2"),
        preset("Harp", "harp pluck", "decay_secs 6; brightness 55; position 0.42"),
        preset("Harpsichord", "keys bright", "decay_secs 3; brightness 95; position 0.05"),
    ])
    .outputs(&[audio("out", "The string")])
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    let seed = context.seed;
    rows(context, |lane| Pluck::new(seed ^ ((lane.channel as u64) << 32), lane.sample_rate_hz))
}

const LOWEST_HZ: f32 = 20.0;
/// The shortest period, in frames, that the filters and the interpolation leave room for.
const SHORTEST_FRAMES: f32 = 7.0;
const BLOCKER_HZ: f64 = 2.0;
/// Brightness from 0 to 1 spans these frequencies.
const DARKEST_HZ: f32 = 400.0;
const BRIGHT_OCTAVES: f32 = 5.6;
/// Brings the peak of a full pluck near full scale.
const OUT_GAIN: f32 = 1.1;
const PLUCK: f32 = 0.7;
/// A string below this for a while is at rest.
const REST: f32 = 1e-7;
/// The pitch glides over this, and by no more than a frame of period a frame: what rings is never squeezed by more than an
/// octave on its way to a new note, so that a jump of the note does not click.
const GLIDE_SECS: f64 = 0.001_5;

/// What a note makes of the loop.
#[derive(Clone, Copy, Debug)]
struct Tuning {
    /// Frames by which the line is read.
    delay: f64,
    pole: f32,
    /// Gain of the loop, the low-pass' numerator included.
    gain: f32,
    period: f32,
}

/// Tunes the loop to `hz` at `rate`, both filters' phase delays and magnitudes taken off.
fn tune(hz: f32, decay_secs: f32, brightness: f32, rate: f32) -> Tuning {
    let (rate, hz) = (f64::from(rate), f64::from(hz));
    let omega = std::f64::consts::TAU * hz / rate;
    let (sin, cos) = omega.sin_cos();
    let gain = 10.0_f64.powf(-3.0 / (hz * f64::from(decay_secs)));
    let bright_hz = f64::from(bright_hz(brightness)).max(1.5 * hz).min(0.45 * rate);
    let pole = damping_pole(gain, (std::f64::consts::TAU * bright_hz / rate).cos());
    let low_lag = (pole * sin).atan2(1.0 - pole * cos);
    let low_gain = (1.0 - pole) / (1.0 - 2.0 * pole * cos + pole * pole).sqrt();
    let blocker = blocker_pole(rate);
    let blocker_lead = sin.atan2(1.0 - cos) - (blocker * sin).atan2(1.0 - blocker * cos);
    let blocker_gain = ((2.0 - 2.0 * cos) / (1.0 - 2.0 * blocker * cos + blocker * blocker)).sqrt();
    Tuning {
        delay: (rate / hz - (low_lag - blocker_lead) / omega).max(3.0),
        pole: pole as f32,
        gain: (gain / (low_gain * blocker_gain) * (1.0 - pole)) as f32,
        period: (rate / hz) as f32,
    }
}

fn bright_hz(brightness: f32) -> f32 {
    DARKEST_HZ * (BRIGHT_OCTAVES * brightness).exp2()
}

fn blocker_pole(rate: f64) -> f64 {
    1.0 - std::f64::consts::TAU * BLOCKER_HZ / rate
}

struct Pluck {
    seed: u64,
    trig: Edge,
    white: White,
    line: DelayLine,
    excitation: DelayLine,
    softened: OnePole,
    /// Frames of the pluck still to come, and its strength.
    burst: u32,
    strength: f32,
    low: f32,
    /// Input and output of the DC blocker a frame ago.
    blocker: [f32; 2],
    delay: Approach,
    tuning: Memo<(f32, f32, f32), Tuning>,
    soft_share: Memo<f32, f32>,
    gain: Memo<f32, f32>,
    /// Frames since the string moved.
    still: u32,
    hz: f32,
    loudest: f32,
}

impl Pluck {
    fn new(seed: u64, rate: f32) -> Self {
        let longest = (rate / LOWEST_HZ) as usize + 8;
        Self {
            seed,
            trig: Edge::default(),
            white: White::new(seed),
            line: DelayLine::new(longest),
            excitation: DelayLine::new(longest),
            softened: OnePole::default(),
            burst: 0,
            strength: 0.0,
            low: 0.0,
            blocker: [0.0; 2],
            delay: Approach::default(),
            tuning: Memo::new(),
            soft_share: Memo::new(),
            gain: Memo::new(),
            still: u32::MAX,
            hz: 0.0,
            loudest: 0.0,
        }
    }

    /// What sets the string in motion in this frame.
    fn excite(&mut self, sound: f32, share: f32, comb: f64) -> f32 {
        let noise = if self.burst > 0 {
            self.burst -= 1;
            self.white.next() * self.strength
        } else {
            0.0
        };
        let soft = self.softened.low(noise, share) + sound;
        self.excitation.push(soft);
        soft - self.excitation.cubic(comb)
    }

    /// One turn of the loop.
    fn turn(&mut self, excitation: f32, tuning: &Tuning, share: f64, blocker: f32) -> f32 {
        // No faster than a frame a frame: what rings is never squeezed by more than an octave on its way to a new note.
        let delay = self.delay.next_at_most(tuning.delay, share, 1.0);
        let heard = self.line.quintic(delay as f32);
        self.low = tuning.gain * heard + tuning.pole * self.low;
        let blocked = self.low - self.blocker[0] + blocker * self.blocker[1];
        self.blocker = [self.low, (blocked + 1e-18) - 1e-18];
        let moves = bend_at_one(self.blocker[1] + excitation);
        self.line.push(moves);
        self.still = if moves.abs() > REST { 0 } else { self.still.saturating_add(1) };
        moves
    }
}

impl RowKernel for Pluck {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (frames, rate) = (io.frames(), io.sample_rate_hz());
        let (pitch, trig, accent, sound) = (io.input(0), io.input(1), io.input(2), io.input(3));
        let accented = io.is_connected(2);
        let params: [_; 5] = std::array::from_fn(|index| io.param(index));
        let glide = 1.0 / (GLIDE_SECS * f64::from(rate));
        let blocker = blocker_pole(f64::from(rate)) as f32;
        let rest_frames = (rate / 10.0) as u32;
        self.loudest *= 0.999_f32.powi(frames as i32);
        let out = io.output(0);
        for n in 0..frames {
            let octaves = (pitch[n] + params[TUNE].at(n) / 12.0).clamp(-10.0, 10.0);
            self.hz = (C4_HZ * octaves.exp2()).clamp(LOWEST_HZ, rate / SHORTEST_FRAMES);
            let brightness = params[BRIGHTNESS].at(n);
            let tuning = self.tuning.get((self.hz, params[DECAY].at(n), brightness), |(hz, decay, bright)| tune(hz, decay, bright, rate));
            if self.trig.rises(trig[n]) {
                self.burst = tuning.period.round() as u32;
                self.strength = PLUCK * if accented { 0.25 + 0.75 * accent[n].clamp(0.0, 1.0) } else { 1.0 };
            }
            if self.burst == 0 && self.still > rest_frames && sound[n].abs() <= REST {
                out[n] = 0.0;
                continue;
            }
            let share = self.soft_share.get(brightness, |bright| OnePole::share(2.0 * bright_hz(bright), rate));
            let comb = f64::from(params[POSITION].at(n) * tuning.period).max(2.0);
            let excitation = self.excite(sound[n], share, comb);
            let moves = self.turn(excitation, &tuning, glide, blocker);
            self.loudest = self.loudest.max(moves.abs());
            out[n] = OUT_GAIN * moves * self.gain.get(params[LEVEL].at(n), gain_from_db);
        }
    }

    fn reset(&mut self) {
        let (line, excitation) = (&mut self.line, &mut self.excitation);
        line.reset();
        excitation.reset();
        (self.trig, self.white, self.softened) = (Edge::default(), White::new(self.seed), OnePole::default());
        (self.burst, self.strength, self.low, self.blocker) = (0, 0.0, 0.0, [0.0; 2]);
        (self.delay, self.still, self.loudest) = (Approach::default(), u32::MAX, 0.0);
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[0] = self.hz;
        face[1] = self.loudest;
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_core::octaves_from_hz;
    use patchlight_engine::{Solo, SoloConfig};
    use patchlight_testkit::{Spectrum, cents_between, db, frequency_hz, peak, tone};

    fn play(hz: f32, rate: f32, params: &[(&'static str, f32)], frames: usize) -> Vec<f32> {
        let config = SoloConfig { sample_rate_hz: rate, params: params.to_vec(), ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &["pitch", "trig"]);
        solo.drive("pitch", vec![vec![octaves_from_hz(hz); frames]]);
        solo.drive("trig", vec![vec![1.0; frames]]);
        solo.run(frames, 64).mono(0).to_vec()
    }

    #[test]
    fn it_is_in_tune_within_a_cent_whatever_the_knobs() {
        for rate in [44_100.0_f32, 48_000.0, 96_000.0] {
            for hz in [41.2_f32, 110.0, 261.63, 440.0, 1046.5, 2093.0, 3520.0] {
                for brightness in [0.1, 0.6, 1.0] {
                    let out = play(hz, rate, &[("brightness", brightness), ("decay_secs", 8.0)], rate as usize);
                    let heard = frequency_hz(&out[rate as usize / 8..], f64::from(rate), f64::from(hz));
                    let off = cents_between(f64::from(hz), heard).abs();

                    assert!(off < 1.0, "{hz} Hz at {rate} Hz, brightness {brightness}: {heard} Hz, {off} cents");
                }
            }
        }
    }

    #[test]
    fn the_fundamental_falls_in_the_decay_time() {
        for (hz, decay_secs) in [(110.0_f32, 1.0_f32), (440.0, 2.0), (1000.0, 1.0)] {
            let out = play(hz, 48_000.0, &[("decay_secs", decay_secs), ("brightness", 0.5)], 48_000);
            let level = |from: usize| db(tone(&out[from..from + 9600], 48_000.0, f64::from(hz)).0);
            let heard = 60.0 * 0.5 / (level(9600) - level(33_600));
            assert!((heard / f64::from(decay_secs) - 1.0).abs() < 0.05, "{heard} s for {decay_secs} s at {hz} Hz");
        }
    }

    #[test]
    fn position_takes_partials_away_and_brightness_gives_them() {
        let partial = |params: &[(&'static str, f32)], number: f64| {
            let out = play(220.0, 48_000.0, params, 40_000);
            let spectrum = Spectrum::new(&out[2400..2400 + 32_768], 48_000.0);
            db(spectrum.at(220.0 * number)) - db(spectrum.at(220.0))
        };
        let middle = partial(&[("position", 0.5)], 2.0);
        assert!(middle < -20.0, "plucked in the middle, the octave is missing: {middle} dB");
        let high = |brightness: f32| {
            let out = play(220.0, 48_000.0, &[("brightness", brightness)], 40_000);
            let spectrum = Spectrum::new(&out[2400..2400 + 32_768], 48_000.0);
            db(spectrum.band(3000.0, 8000.0)) - db(spectrum.band(100.0, 1000.0))
        };
        assert!(high(1.0) > high(0.2) + 20.0, "{} against {}", high(1.0), high(0.2));
    }

    #[test]
    fn a_pluck_is_near_full_scale_and_a_string_left_alone_is_silent() {
        for hz in [82.4_f32, 440.0, 1760.0] {
            let loudest = peak(&play(hz, 48_000.0, &[], 24_000));
            assert!((0.5..1.2).contains(&loudest), "{hz} Hz: {loudest}");
        }
        let mut solo = Solo::new(&SPEC, build, &SoloConfig::default(), &["excitation"]);
        solo.drive("excitation", vec![vec![0.0; 640]]);
        assert_eq!(peak(solo.run(4800, 64).mono(0)), 0.0);
        solo.drive("excitation", vec![[vec![0.0; 5000], vec![0.5; 1]].concat()]);
        let rung = solo.run(48_000, 64).mono(0).to_vec();
        let heard = frequency_hz(&rung[4800..], 48_000.0, 261.6);
        assert!(cents_between(261.6256, heard).abs() < 1.0 && peak(&rung[40_000..]) > 0.001, "what comes by cable rings it: {heard} Hz");
    }
}
