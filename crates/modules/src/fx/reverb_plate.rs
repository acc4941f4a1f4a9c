//! Plate reverb: a feedback network of sixteen delay lines under a Hadamard matrix, dense from the start.
//!
//! The network and its decay follow Jot and Chaigne ("Digital delay networks for designing artificial reverberators", AES
//! 1991): line i of m frames is damped each pass by g = 10^(−3m/(T60·rate)) at low frequencies and by g² at the damping
//! frequency, with the one-pole h(z) = g(1−p)/(1−p·z⁻¹); so the tail lasts T60 seconds, and half of that at the damping
//! frequency, whatever the length of the line. Four allpasses a channel (Schroeder 1962) thicken what enters, and slow sines
//! move the lines' lengths so that no resonance stands still (read by cubic interpolation).
//!
//! Telemetry: `[0]` predelay in seconds, `[1]` decay in seconds, `[2]` peak of the tail of late.

use crate::dsp::{Approach, DelayLine, Memo, OnePole, balance, damping_pole, mix_sixteen};
use patchlight_core::{Face, ModuleSpec, Voices, audio, hz, module, percent, preset, secs};
use patchlight_engine::{BuildContext, FACE, In, Io, Param, Unit};

const PREDELAY: usize = 0;
const DECAY: usize = 1;
const SIZE: usize = 2;
const DAMPING: usize = 3;
const LOW_CUT: usize = 4;
const DIFFUSION: usize = 5;
const MODULATION: usize = 6;
const WIDTH: usize = 7;
const MIX: usize = 8;

pub const SPEC: ModuleSpec = module("fx.reverb_plate", "Plate reverb")
    .about("A bright, dense space, from a shimmer behind a snare to a tail without end. Try it last, before the output.")
    .tags(&["reverb", "room", "hall", "space", "ambience", "plate", "tail", "echo"])
    .inputs(&[audio("in", "What is put into the space").stereo()])
    .params(&[
        secs("predelay_secs", 0.0..=0.25, 0.01).about("Silence before the space answers: keeps the sound in front"),
        secs("decay_secs", 0.2..=30.0, 2.2).about("Time until the tail is 60 dB down"),
        percent("size", 0.6).about("From a small plate to a huge one"),
        hz("damping_hz", 500.0..=20_000.0, 6_000.0).about("Here the tail lasts half as long; above, shorter still"),
        hz("low_cut_hz", 20.0..=1_000.0, 90.0).about("What is below stays out of the space: keeps the bass clear"),
        percent("diffusion", 0.8).about("From separate grains to a smooth wash at the start").hidden(),
        percent("modulation", 0.35).about("How much the space moves: less metallic, then a chorus"),
        percent("width", 1.0).about("From mono to the full width of the tail"),
        percent("mix", 0.3).about("From the dry sound alone, both full in the middle, to the tail alone"),
    ])
    .presets(&[
        preset("Vocal plate", "voice bright", "predelay_secs 0.03; decay_secs 1.8; damping_hz 8000; mix 25"),
        preset("Long cathedral", "pad huge", "decay_secs 9; size 100; damping_hz 4000; mix 45"),
        preset("Drum plate", "drum short", "decay_secs 0.9; size 40; mix 22; low_cut_hz 200"),
        preset("Dark", "pad warm", "decay_secs 4; damping_hz 1800; modulation 60"),
        preset("Endless", "drone freeze", "decay_secs 30; size 100; diffusion 95; mix 60"),
    ])
    .outputs(&[audio("out", "The sound in its space").stereo()])
    .voices(Voices::One)
    .face(Face::Echoes);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    Box::new(Plate::new(context.sample_rate_hz))
}

const LINES: usize = 16;
/// Lengths of the lines at the largest size; no two in a simple ratio; the sum is 1.35 s.
const LINE_SECS: [f32; LINES] =
    [0.0407, 0.0461, 0.0521, 0.0573, 0.0629, 0.0683, 0.0743, 0.0797, 0.0859, 0.0929, 0.0989, 0.1061, 0.1123, 0.1187, 0.1249, 0.1327];
/// The smallest size is this share of the largest.
const SMALLEST: f32 = 0.2;
const ALLPASS_SECS: [[f32; 4]; 2] = [[0.0047, 0.0036, 0.0127, 0.0093], [0.0051, 0.0033, 0.0121, 0.0099]];
/// How far modulation moves a line at the most, and how fast the slowest and the quickest.
const SWAY_SECS: f32 = 0.000_5;
const SWAY_HZ: (f32, f32) = (0.31, 1.13);
/// Where the lines stand in their sway at the start, in turns: spread by the golden ratio.
const SWAY_STARTS: [f64; LINES] = {
    let mut starts = [0.0; LINES];
    let mut i = 1;
    while i < LINES {
        starts[i] = starts[i - 1] + 0.618_034;
        if starts[i] >= 1.0 {
            starts[i] -= 1.0;
        }
        i += 1;
    }
    starts
};
const LONGEST_PREDELAY_SECS: f32 = 0.25;
/// Sixteen lines share the energy that enters; this brings the tail near the loudness of the dry sound.
const TAIL_GAIN: f32 = 0.3;

/// One channel's way into the network.
struct Entrance {
    predelay: DelayLine,
    low_cut: [OnePole; 2],
    allpasses: [DelayLine; 4],
    lengths: [usize; 4],
}

impl Entrance {
    fn new(channel: usize, rate: f32) -> Self {
        let lengths = ALLPASS_SECS[channel].map(|secs| (secs * rate) as usize);
        Self {
            predelay: DelayLine::new((LONGEST_PREDELAY_SECS * rate) as usize + 8),
            low_cut: [OnePole::default(); 2],
            allpasses: lengths.map(DelayLine::new),
            lengths,
        }
    }

    fn next(&mut self, x: f32, predelay: f64, low_share: f32, diffusion: f32) -> f32 {
        self.predelay.push(x);
        let mut y = self.predelay.cubic(predelay);
        for pole in &mut self.low_cut {
            y = pole.high(y, low_share);
        }
        for (line, length) in self.allpasses.iter_mut().zip(self.lengths) {
            let late = line.at(length);
            let enters = y - diffusion * late;
            line.push(enters);
            y = late + diffusion * enters;
        }
        y
    }

    fn reset(&mut self) {
        self.predelay.reset();
        self.allpasses.iter_mut().for_each(DelayLine::reset);
        self.low_cut = [OnePole::default(); 2];
    }
}

/// What the decay makes of each line: the pole and the gain of its filter.
type Damping = [(f32, f32); LINES];

struct Plate {
    rate: f32,
    entrances: [Entrance; 2],
    lines: [DelayLine; LINES],
    filters: [f32; LINES],
    /// Phases of the lines' modulation, in turns, and turns per frame.
    sways: [f64; LINES],
    sway_steps: [f64; LINES],
    predelay: Approach,
    /// Lengths of the lines in frames. They glide to whole frames, which are read without loss.
    lengths: [Approach; LINES],
    damping: Memo<(f32, f32, f32), Damping>,
    low_share: Memo<f32, f32>,
    face: [f32; 3],
}

impl Plate {
    fn new(rate: f32) -> Self {
        let sway_hz = |i: usize| SWAY_HZ.0 + (SWAY_HZ.1 - SWAY_HZ.0) * ((7 * i) % LINES) as f32 / (LINES - 1) as f32;
        Self {
            rate,
            entrances: [Entrance::new(0, rate), Entrance::new(1, rate)],
            lines: LINE_SECS.map(|secs| DelayLine::new(((secs + 2.0 * SWAY_SECS) * rate) as usize + 8)),
            filters: [0.0; LINES],
            sways: SWAY_STARTS,
            sway_steps: std::array::from_fn(|i| f64::from(sway_hz(i) / rate)),
            predelay: Approach::default(),
            lengths: [Approach::default(); LINES],
            damping: Memo::new(),
            low_share: Memo::new(),
            face: [0.0; 3],
        }
    }

    /// One frame of the network: what the two channels of the tail are when `enters` enters.
    fn turn(&mut self, enters: [f32; 2], size: f32, modulation: f32, damping: &Damping) -> [f32; 2] {
        let mut values = [0.0; LINES];
        let glide = 1.0 / (0.3 * f64::from(self.rate));
        for (i, value) in values.iter_mut().enumerate() {
            let mut late = self.lengths[i].next(f64::from((LINE_SECS[i] * size * self.rate).round()), glide);
            self.sways[i] += self.sway_steps[i];
            self.sways[i] -= self.sways[i].floor();
            if modulation > 0.0 {
                late += f64::from(modulation * SWAY_SECS * self.rate) * (1.0 + (std::f64::consts::TAU * self.sways[i]).sin());
            }
            let (pole, gain) = damping[i];
            let heard = self.lines[i].cubic(late);
            self.filters[i] = gain * heard + pole * self.filters[i];
            *value = (self.filters[i] + 1e-18) - 1e-18;
        }
        let mut tail = [0.0; 2];
        for (i, value) in values.iter().enumerate() {
            // Signs in the order of a Thue–Morse sequence keep the two sums apart.
            tail[i % 2] += if (i / 2).count_ones() % 2 == 0 { *value } else { -*value };
        }
        mix_sixteen(&mut values);
        for (i, line) in self.lines.iter_mut().enumerate() {
            let sign = if (i / 2) % 2 == 0 { 1.0 } else { -1.0 };
            line.push(values[i] + sign * enters[i % 2]);
        }
        tail.map(|sum| sum * TAIL_GAIN)
    }
}

/// Poles and gains for a decay in seconds, a damping frequency and a size.
fn damping(decay_secs: f32, damping_hz: f32, size: f32, rate: f32) -> Damping {
    let cos = (std::f64::consts::TAU * f64::from(damping_hz / rate).min(0.49)).cos();
    LINE_SECS.map(|secs| {
        let gain = (-9.965_784 * secs * size / decay_secs).exp2();
        let pole = damping_pole(f64::from(gain), cos) as f32;
        (pole, gain * (1.0 - pole))
    })
}

impl Unit for Plate {
    fn process(&mut self, io: &mut Io<'_>) {
        let (frames, rate) = (io.frames(), self.rate);
        let input: In<'_> = io.input(0);
        let dry = [input.row(0, 0), input.row(1, 0)];
        let params: [Param<'_>; 9] = std::array::from_fn(|index| io.param(index));
        let mut out = io.output(0);
        let (left, Some(right)) = out.pair(0) else { return };
        self.face[2] *= 0.995_f32.powi(frames as i32);
        for n in 0..frames {
            let at = |index: usize| params[index].at(n, 0);
            let predelay = self.predelay.next(f64::from((at(PREDELAY) * rate).round() + 2.0), 1.0 / (0.05 * f64::from(rate)));
            let size = SMALLEST + (1.0 - SMALLEST) * at(SIZE);
            let damping = self.damping.get((at(DECAY), at(DAMPING), size), |(decay, hz, size)| damping(decay, hz, size, rate));
            let low_share = self.low_share.get(at(LOW_CUT), |hz| OnePole::share(hz, rate));
            let diffusion = 0.75 * at(DIFFUSION);
            let x = [dry[0][n], dry[1][n]];
            let enters = std::array::from_fn(|c| self.entrances[c].next(x[c], predelay, low_share, diffusion));
            let tail = self.turn(enters, size, at(MODULATION), &damping);
            let (middle, side) = (0.5 * (tail[0] + tail[1]), 0.5 * (tail[0] - tail[1]) * at(WIDTH));
            let (dry_gain, wet_gain) = balance(at(MIX));
            left[n] = x[0] * dry_gain + (middle + side) * wet_gain;
            right[n] = x[1] * dry_gain + (middle - side) * wet_gain;
            self.face = [at(PREDELAY), at(DECAY), self.face[2].max(tail[0].abs()).max(tail[1].abs())];
        }
    }

    fn reset(&mut self) {
        self.sways = SWAY_STARTS;
        self.entrances.iter_mut().for_each(Entrance::reset);
        self.lines.iter_mut().for_each(DelayLine::reset);
        self.filters = [0.0; LINES];
        (self.predelay, self.lengths) = (Approach::default(), [Approach::default(); LINES]);
        self.face = [0.0; 3];
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        face[..3].copy_from_slice(&self.face);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};
    use patchlight_testkit::{db, rms, strongest_resonance_db, t60_secs};

    const RATE: usize = 48_000;

    /// The answer to an impulse, wet alone.
    fn answer(params: &[(&'static str, f32)], frames: usize) -> Vec<Vec<f32>> {
        let params = [params, &[("mix", 1.0), ("low_cut_hz", 20.0)]].concat();
        let mut solo = Solo::new(&SPEC, build, &SoloConfig { params, channels: 2, ..SoloConfig::default() }, &["in"]);
        solo.drive("in", vec![vec![1.0]]);
        solo.run(frames, 64).outputs.remove(0)
    }

    #[test]
    fn the_tail_lasts_as_long_as_the_knob_says() {
        for (decay_secs, size) in [(1.0_f32, 0.6), (2.2, 0.6), (2.2, 0.0), (6.0, 1.0)] {
            let out = answer(&[("decay_secs", decay_secs), ("size", size)], (f64::from(decay_secs) * 40_000.0) as usize);
            let heard = t60_secs(&out[0][4800..], 48_000.0, 300.0, 1500.0);
            assert!((heard / f64::from(decay_secs) - 1.0).abs() < 0.1, "{heard} s for {decay_secs} s at size {size}");
        }
    }

    #[test]
    fn damping_halves_the_tail_at_its_frequency() {
        let out = answer(&[("decay_secs", 3.0), ("damping_hz", 4000.0), ("modulation", 0.0)], 60_000);
        let heard = t60_secs(&out[0][4800..], 48_000.0, 3600.0, 4400.0);
        assert!((heard / 1.5 - 1.0).abs() < 0.1, "{heard} s");
    }

    #[test]
    fn no_resonance_stands_out_late_in_the_tail() {
        for params in [vec![], vec![("size", 0.3), ("decay_secs", 1.5)]] {
            let out = answer(&params, 2 * RATE);
            let (over_db, hz) = strongest_resonance_db(&out[0][RATE..RATE + 32_768], 48_000.0);
            assert!(over_db < 12.0, "{over_db} dB at {hz} Hz with {params:?}");
        }
    }

    #[test]
    fn the_answer_waits_for_the_predelay_and_is_as_wide_as_asked() {
        let out = answer(&[("predelay_secs", 0.1), ("width", 0.0)], RATE / 2);
        assert!(rms(&out[0][..4800]) < 1e-9 && rms(&out[0][4800..]) > 1e-4);
        assert_eq!(out[0], out[1]);
        let wide = answer(&[], RATE);
        let product: f64 = wide[0].iter().zip(&wide[1]).map(|(l, r)| f64::from(l * r)).sum();
        let correlation = product / (rms(&wide[0]) * rms(&wide[1]) * RATE as f64);
        assert!(correlation.abs() < 0.25, "{correlation}");
    }

    #[test]
    fn the_tail_is_about_as_loud_as_what_made_it() {
        let noise: Vec<f32> = (0..2 * RATE).map(|n| ((n as f32 * 12.9898).sin() * 43_758.547).fract()).collect();
        let config = SoloConfig { params: vec![("mix", 1.0)], channels: 2, ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &["in"]);
        let dry_db = db(rms(&noise));
        solo.drive("in", vec![noise]);
        let wet_db = db(rms(&solo.run(2 * RATE, 64).mono(0)[RATE..]));
        assert!((wet_db - dry_db).abs() < 3.0, "{wet_db} against {dry_db}");
    }
}
