//! Chorus: one to four copies of a sound, each a little late by an amount that sways, so that one becomes many.
//!
//! Voice v reads its delay line at delay + depth · sin(2π(phase + v/4)), the right channel a quarter turn (at full width)
//! ahead of the left; read by cubic interpolation (third-order Lagrange). Feedback returns the voices' sum into the line,
//! below a limit. Voices fade in and out, times glide, so that no knob clicks.
//!
//! Telemetry: `[0]` the sweep's phase 0 to 1, `[1]` delay of the first voice in seconds.

use crate::dsp::{Approach, DelayLine, bend_at_one};
use crate::glide::Glide;
use patchlight_core::{Face, ModuleSpec, Voices, audio, hz, integer, module, percent, secs, unit};
use patchlight_engine::{BuildContext, FACE, In, Io, Param, Unit};

const VOICES: usize = 0;
const RATE: usize = 1;
const DEPTH: usize = 2;
const DELAY: usize = 3;
const FEEDBACK: usize = 4;
const WIDTH: usize = 5;
const MIX: usize = 6;

pub const SPEC: ModuleSpec = module("fx.chorus", "Chorus")
    .about("One voice becomes several that drift: wide, liquid, eighties. Try it on strings, pads and bass.")
    .tags(&["ensemble", "detune", "width", "stereo", "modulation", "juno", "vibrato", "doubler"])
    .inputs(&[audio("in", "What is to be thickened").stereo()])
    .params(&[
        integer("voices", 1..=MAX_VOICES as i32, 2).about("Copies in each channel"),
        hz("rate_hz", 0.02..=12.0, 0.6).about("How often the copies sway"),
        secs("depth_secs", 0.0..=0.01, 0.002).about("How far the copies sway in time"),
        secs("delay_secs", 0.001..=0.04, 0.009).about("How late the copies are on average"),
        unit("feedback", -0.95..=0.95, 0.0).about("Copies of the copies: towards a flanger"),
        percent("width", 1.0).about("How differently the left and the right sway"),
        percent("mix", 0.5).about("From the dry sound alone to the copies alone (a vibrato, with one voice)"),
    ])
    .outputs(&[audio("out", "The sound and its copies").stereo()])
    .voices(Voices::One)
    .face(Face::Echoes);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    Box::new(Chorus::new(context.sample_rate_hz))
}

const MAX_VOICES: usize = 4;
const LONGEST_SECS: f32 = 0.051;
/// Where the four voices stand in the sweep, in turns: two are opposite, four are quarters.
const PLACES: [f32; MAX_VOICES] = [0.0, 0.5, 0.25, 0.75];

struct Chorus {
    lines: [DelayLine; 2],
    phase: f64,
    delay: Approach,
    depth: Approach,
    gains: [Glide; MAX_VOICES],
    loudness: Approach,
    /// What the feedback returns.
    returns: [f32; 2],
    first_secs: f32,
}

impl Chorus {
    fn new(sample_rate_hz: f32) -> Self {
        let longest = (LONGEST_SECS * sample_rate_hz) as usize + 8;
        Self {
            lines: [DelayLine::new(longest), DelayLine::new(longest)],
            phase: 0.0,
            delay: Approach::default(),
            depth: Approach::default(),
            gains: [Glide::default(); MAX_VOICES],
            loudness: Approach::default(),
            returns: [0.0; 2],
            first_secs: 0.0,
        }
    }

    /// The sum of a channel's voices.
    fn voices(&self, channel: usize, phase: f32, delay: f64, depth: f64, gains: &[f32; MAX_VOICES]) -> f32 {
        let mut sum = 0.0;
        for (place, gain) in PLACES.iter().zip(gains) {
            if *gain > 0.0 {
                let sway = (std::f32::consts::TAU * (phase + place)).sin();
                let late = (delay + depth * f64::from(sway)).max(2.0);
                sum += gain * self.lines[channel].cubic(late);
            }
        }
        sum
    }
}

impl Unit for Chorus {
    fn process(&mut self, io: &mut Io<'_>) {
        let (frames, rate) = (io.frames(), io.sample_rate_hz());
        let input: In<'_> = io.input(0);
        let dry = [input.row(0, 0), input.row(1, 0)];
        let params: [Param<'_>; 7] = std::array::from_fn(|index| io.param(index));
        let mut out = io.output(0);
        let (left, Some(right)) = out.pair(0) else { return };
        // Times glide over 60 ms: a knob that jumps bends the pitch a little, and does not click.
        let glide = 1.0 / (0.06 * f64::from(rate));
        let fade = 1.0 / (0.02 * rate);
        for n in 0..frames {
            self.phase += f64::from(params[RATE].at(n, 0) / rate);
            self.phase -= self.phase.floor();
            let delay = self.delay.next(f64::from(params[DELAY].at(n, 0) * rate), glide);
            // The sway must not pass the present.
            let depth = self.depth.next(f64::from(params[DEPTH].at(n, 0) * rate), glide).min(delay - 2.0).max(0.0);
            let count = params[VOICES].at(n, 0);
            let gains: [f32; MAX_VOICES] = std::array::from_fn(|v| self.gains[v].next(if (v as f32) < count { 1.0 } else { 0.0 }, fade));
            let loudness = self.loudness.next(1.0 / f64::from(count.max(1.0)).sqrt(), glide) as f32;
            let width = params[WIDTH].at(n, 0);
            let (feedback, mix) = (params[FEEDBACK].at(n, 0), params[MIX].at(n, 0));
            for (c, row) in [&mut *left, &mut *right].into_iter().enumerate() {
                let x = dry[c][n];
                self.lines[c].push(x + bend_at_one(feedback * self.returns[c]));
                let phase = self.phase as f32 + if c == 1 { 0.25 * width } else { 0.0 };
                let sum = self.voices(c, phase, delay, depth, &gains);
                self.returns[c] = sum * loudness * loudness;
                row[n] = x + (sum * loudness - x) * mix;
            }
            self.first_secs = ((delay + depth * (std::f64::consts::TAU * self.phase).sin()) / f64::from(rate)) as f32;
        }
    }

    fn reset(&mut self) {
        self.lines.iter_mut().for_each(DelayLine::reset);
        self.phase = 0.0;
        (self.delay, self.depth, self.loudness) = (Approach::default(), Approach::default(), Approach::default());
        self.gains = [Glide::default(); MAX_VOICES];
        self.returns = [0.0; 2];
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        face[0] = self.phase as f32;
        face[1] = self.first_secs;
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};
    use patchlight_testkit::{cents_between, frequency_hz, rms};

    const RATE: usize = 48_000;

    fn play(params: &[(&'static str, f32)], input: Vec<f32>) -> Vec<Vec<f32>> {
        let config = SoloConfig { params: params.to_vec(), channels: 2, ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &["in"]);
        let frames = input.len();
        solo.drive("in", vec![input]);
        solo.run(frames, 64).outputs.remove(0)
    }

    fn sine(hz: f64, frames: usize) -> Vec<f32> {
        (0..frames).map(|n| 0.5 * (std::f64::consts::TAU * hz * n as f64 / 48_000.0).sin() as f32).collect()
    }

    #[test]
    fn one_voice_alone_bends_pitch_by_the_formula() {
        // 2 ms of sway once a second: at its steepest the delay changes by 2π · 0.002 s/s.
        let params = [("voices", 1.0), ("rate_hz", 1.0), ("depth_secs", 0.002), ("mix", 1.0), ("width", 0.0)];
        let out = play(&params, sine(1000.0, 2 * RATE)).remove(0);
        let heard = frequency_hz(&out[RATE - 600..RATE + 600], 48_000.0, 990.0);
        let expected = 1000.0 * (1.0 - std::f64::consts::TAU * 0.002);
        assert!(cents_between(expected, heard).abs() < 1.0, "{heard} Hz for {expected}");
    }

    #[test]
    fn width_parts_the_channels_and_no_width_joins_them() {
        let differ = |width: f32| {
            let out = play(&[("width", width), ("mix", 1.0)], sine(440.0, RATE));
            let side: Vec<f32> = out[0].iter().zip(&out[1]).map(|(l, r)| l - r).collect();
            rms(&side)
        };
        assert_eq!(differ(0.0), 0.0);
        assert!(differ(1.0) > 0.1);
    }

    #[test]
    fn dry_is_dry_and_every_voice_is_heard() {
        let input = sine(440.0, 4800);
        assert_eq!(play(&[("mix", 0.0)], input.clone())[0], input);
        // An impulse comes back once for each voice that stands elsewhere in the sweep.
        let impulse = [vec![1.0], vec![0.0; 4799]].concat();
        for voices in 1..=4_u8 {
            let params = [("voices", f32::from(voices)), ("mix", 1.0), ("depth_secs", 0.004), ("rate_hz", 2.0)];
            let out = play(&params, impulse.clone()).remove(0);
            let echoes = out.windows(3).filter(|w| w[1] > 0.2 && w[1] >= w[0] && w[1] > w[2]).count();
            assert_eq!(echoes, usize::from(voices));
        }
    }
}
