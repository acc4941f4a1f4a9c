//! Delay: echoes in stereo, free or in time with the song, clean as a computer's or gliding as a tape's.
//!
//! Two lines of fixed memory. Their time is read by a head. Digital: the head stands where the time says, to the frame or by ten
//! taps between frames; when the time changes a second head fades in over 20 ms, so pitch never bends. Tape: the one head glides to
//! the new place (cubic interpolation), so pitch bends as when the motor's speed is turned, and wow and flutter sway it. In the loop: a high-pass, a low-pass, and a
//! limit that leaves ±1 untouched and bends louder echoes below ±2, so that feedback over 100 % sings and never runs away.
//!
//! Telemetry: `[0]` the time of the moment in seconds, `[1]` feedback, `[2]` peak of the last echoes, `[3]` 1 while ping-pong.

use crate::dsp::{Approach, DelayLine, EXACT_NEARER, EXACT_TAPS, ExactTaps, Memo, OnePole, balance, bend_at_one};
use crate::glide::Glide;
use patchlight_core::{Face, ModuleSpec, Voices, audio, choice, hz, module, percent, preset, secs, toggle, unit};
use patchlight_engine::{BuildContext, FACE, In, Io, Param, Unit};

const TIME: usize = 0;
const SYNC: usize = 1;
const FEEDBACK: usize = 2;
const PING_PONG: usize = 3;
const MODE: usize = 4;
const WOW: usize = 5;
const LOW_CUT: usize = 6;
const HIGH_CUT: usize = 7;
const MIX: usize = 8;

const SYNCS: &[&str] = &["free", "1/1", "1/2D", "1/2", "1/4D", "1/2T", "1/4", "1/8D", "1/4T", "1/8", "1/16D", "1/8T", "1/16", "1/32"];
/// Quarter notes of each of [`SYNCS`] behind the first.
const BEATS: [f64; 13] = [4.0, 3.0, 2.0, 1.5, 4.0 / 3.0, 1.0, 0.75, 2.0 / 3.0, 0.5, 0.375, 1.0 / 3.0, 0.25, 0.125];

pub const SPEC: ModuleSpec = module("fx.delay", "Delay")
    .about("Echoes: in time with the song, bouncing left and right, clean or as from tape. Try it behind a pluck.")
    .tags(&["echo", "tape", "ping-pong", "repeat", "dub", "slapback", "space"])
    .inputs(&[audio("in", "What is to be echoed").stereo()])
    .params(&[
        secs("time_secs", 0.001..=4.0, 0.375).about("Time between echoes, when not in time with the song"),
        choice("sync", SYNCS, 0).about("Time between echoes as a note length; D is dotted, T is a triplet; free takes the time knob"),
        unit("feedback", 0.0..=1.1, 0.45).about("How much of each echo is echoed again; over 1 it grows until the limit holds it"),
        toggle("ping_pong", false).about("Echoes bounce from left to right"),
        choice("mode", &["digital", "tape"], 0).about("Digital fades to a new time; tape glides there and bends the pitch"),
        percent("wow", 0.15).about("Tape only: how much its speed sways"),
        hz("low_cut_hz", 20.0..=2_000.0, 60.0).about("Each echo loses what is below"),
        hz("high_cut_hz", 300.0..=20_000.0, 7_000.0).about("Each echo loses what is above"),
        percent("mix", 0.3).about("From the dry sound alone, both full in the middle, to the echoes alone"),
    ])
    .presets(&[
        preset("Dotted eighth", "rhythm sync", "sync 1/8D; feedback 45; mix 30"),
        preset("Tape echo", "tape vintage", "mode tape; time_secs 0.32; feedback 55; wow 40; high_cut_hz 3500"),
        preset("Ping-pong", "stereo wide", "sync 1/8; ping_pong on; feedback 50"),
        preset("Slapback", "short rockabilly", "time_secs 0.095; feedback 5; mix 35"),
        preset("Dub", "tape long", "mode tape; sync 1/4D; feedback 85; low_cut_hz 200; high_cut_hz 2200; mix 40"),
    ])
    .outputs(&[audio("out", "The sound with its echoes").stereo()])
    .voices(Voices::One)
    .lags(least_delay_frames)
    .face(Face::Echoes);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    Box::new(Delay::new(context.sample_rate_hz))
}

/// The longest time, also of a note length at a slow tempo.
const LONGEST_SECS: f64 = 6.0;
const FADE_SECS: f64 = 0.02;
/// The tape covers all but 1/e of the way to a new time in this.
const GLIDE_SECS: f64 = 0.12;
/// Wow at 0.7 Hz by up to 2 ms, flutter at 6.3 Hz by up to 0.1 ms.
const SWAYS: [(f64, f64); 2] = [(0.7, 0.002), (6.3, 0.000_1)];
/// Cubic interpolation needs two frames.
const SHORTEST_FRAMES: f64 = 2.0;
/// The transport goes no faster.
const FASTEST_BPM: f64 = 300.0;

/// The least delay from the input to the output while these parameters stand still: the output's frame n does not depend on the input's
/// frames after n − this. Parameters in the order of the declaration, those that miss at their defaults.
#[must_use]
pub fn least_delay_frames(params: &[f32], sample_rate_hz: f32) -> usize {
    let at = |index: usize| params.get(index).copied().unwrap_or(SPEC.params[index].default);
    if balance(at(MIX)).0 != 0.0 {
        // What is dry is not late.
        return 0;
    }
    let frames = time_frames(at(TIME), at(SYNC), FASTEST_BPM, f64::from(sample_rate_hz));
    let whole = frames as usize;
    if at(MODE) > 0.5 {
        return whole - 1;
    }
    match digital_frames(frames) {
        exact if exact.fract() == 0.0 => exact as usize,
        _ => whole.saturating_sub(EXACT_NEARER),
    }
}

/// The time in frames that the knobs ask for.
fn time_frames(time_secs: f32, sync: f32, tempo_bpm: f64, rate: f64) -> f64 {
    let secs = match sync as usize {
        0 => f64::from(time_secs),
        note => BEATS[(note - 1).min(BEATS.len() - 1)] * 60.0 / tempo_bpm.max(1.0),
    };
    (secs.min(LONGEST_SECS) * rate).max(SHORTEST_FRAMES)
}

/// The same, on a frame where only the rounding of the knob keeps it from there.
fn digital_frames(frames: f64) -> f64 {
    if (frames - frames.round()).abs() < 1e-4 + 1.2e-7 * frames { frames.round() } else { frames }
}

struct Delay {
    rate: f64,
    lines: [DelayLine; 2],
    low_cuts: [OnePole; 2],
    high_cuts: [OnePole; 2],
    /// Delay of the head that is heard, in frames; `None` before the first frame.
    head: Option<f64>,
    /// The digital head that fades in, and how far it is.
    next_head: Option<(f64, f64)>,
    exact: ExactTaps,
    /// The taps of the two heads, by what their delays are over whole frames.
    taps: [Memo<f64, [f32; EXACT_TAPS]>; 2],
    /// How late the input is, and how many of the frames to come are on the line already.
    lead_frames: usize,
    heard_frames: usize,
    /// Phases of wow and flutter, in turns.
    sways: [f64; 2],
    wow: Approach,
    bounce: Glide,
    low_share: Memo<f32, f32>,
    high_share: Memo<f32, f32>,
    feedback: f32,
    loudest: f32,
}

/// Where the heads stand in one frame.
#[derive(Clone, Copy)]
struct Heads {
    first: f64,
    /// The head that fades in, and its share.
    second: Option<(f64, f32)>,
    sway: f64,
    is_tape: bool,
}

impl Delay {
    fn new(sample_rate_hz: f32) -> Self {
        let rate = f64::from(sample_rate_hz);
        let longest = ((LONGEST_SECS + SWAYS[0].1 + SWAYS[1].1) * rate) as usize + EXACT_TAPS;
        Self {
            rate,
            lines: [DelayLine::new(longest), DelayLine::new(longest)],
            low_cuts: [OnePole::default(); 2],
            high_cuts: [OnePole::default(); 2],
            head: None,
            next_head: None,
            exact: ExactTaps::new(),
            taps: [Memo::new(); 2],
            lead_frames: 0,
            heard_frames: 0,
            sways: [0.0; 2],
            wow: Approach::default(),
            bounce: Glide::default(),
            low_share: Memo::new(),
            high_share: Memo::new(),
            feedback: 0.0,
            loudest: 0.0,
        }
    }

    /// Moves the heads by one frame.
    fn roll(&mut self, target: f64, is_tape: bool, wow: f32) -> Heads {
        let target = if is_tape { target } else { digital_frames(target) };
        let head = *self.head.get_or_insert(target);
        let sway = self.sway(if is_tape { f64::from(wow) } else { 0.0 });
        let mut heads = Heads { first: head, second: None, sway, is_tape };
        if let Some((next, share)) = self.next_head {
            let share = share + 1.0 / (FADE_SECS * self.rate);
            heads.second = Some((next, share.min(1.0) as f32));
            if share >= 1.0 {
                self.head = Some(next);
                self.next_head = None;
            } else {
                self.next_head = Some((next, share));
            }
        } else if is_tape {
            let moved = head + (target - head) / (GLIDE_SECS * self.rate);
            heads.first = if (target - moved).abs() < 1e-3 { target } else { moved };
            self.head = Some(heads.first);
        } else if target != head {
            self.next_head = Some((target, 0.0));
        }
        heads
    }

    /// What the heads hear on both lines, `nearer` by so many frames.
    #[inline]
    fn hear(&mut self, heads: &Heads, nearer: usize) -> [f32; 2] {
        let first = self.at(0, heads.first, heads, nearer);
        let Some((second, share)) = heads.second else { return first };
        let second = self.at(1, second, heads, nearer);
        std::array::from_fn(|c| first[c] + (second[c] - first[c]) * share)
    }

    fn at(&mut self, number: usize, delay: f64, heads: &Heads, nearer: usize) -> [f32; 2] {
        let whole = delay as usize;
        let rest = delay - whole as f64;
        if heads.sway == 0.0 && rest == 0.0 {
            return [0, 1].map(|side| self.lines[side].at(whole.saturating_sub(nearer).max(1)));
        }
        if heads.sway != 0.0 || heads.is_tape {
            let delay = (delay + heads.sway - nearer as f64).max(SHORTEST_FRAMES);
            return [0, 1].map(|side| self.lines[side].cubic(delay));
        }
        let nearest = whole.saturating_sub(EXACT_NEARER + nearer).max(1);
        let taps = self.taps[number].get(rest, |rest| self.exact.weights(rest));
        [0, 1].map(|side| taps.iter().enumerate().map(|(k, weight)| weight * self.lines[side].at(nearest + k)).sum())
    }

    /// How far wow and flutter have moved the head, in frames: from 0 up, so that short times can sway too.
    fn sway(&mut self, wow: f64) -> f64 {
        let depth = self.wow.next(wow * 1e3, 1.0 / (0.05 * self.rate)) * 1e-3;
        let mut frames = 0.0;
        for (phase, (hz, secs)) in self.sways.iter_mut().zip(SWAYS) {
            *phase += hz / self.rate;
            *phase -= phase.floor();
            if depth > 0.0 {
                frames += (0.5 - 0.5 * (std::f64::consts::TAU * *phase).cos()) * secs * depth * self.rate;
            }
        }
        frames
    }
}

impl Unit for Delay {
    fn process(&mut self, io: &mut Io<'_>) {
        let (frames, rate, tempo_bpm) = (io.frames(), io.sample_rate_hz(), io.transport().tempo_bpm);
        let input: In<'_> = io.input(0);
        let dry = [input.row(0, 0), input.row(1, 0)];
        let params: [Param<'_>; 9] = std::array::from_fn(|index| io.param(index));
        let mut out = io.output(0);
        let (left, Some(right)) = out.pair(0) else { return };
        let bounce_step = 1.0 / (0.02 * rate);
        self.loudest *= 0.995_f32.powi(frames as i32);
        for n in 0..frames {
            let target = time_frames(params[TIME].at(n, 0), params[SYNC].at(n, 0), f64::from(tempo_bpm), self.rate);
            let heads = self.roll(target, params[MODE].at(n, 0) > 0.5, params[WOW].at(n, 0));
            let (dry_gain, wet_gain) = balance(params[MIX].at(n, 0));
            if self.heard_frames > 0 {
                // The input has just become later: what comes now came before, when it did not.
                let heard = self.hear(&heads, self.lead_frames - self.heard_frames);
                self.heard_frames -= 1;
                (left[n], right[n]) = (dry[0][n] * dry_gain + heard[0] * wet_gain, dry[1][n] * dry_gain + heard[1] * wet_gain);
                continue;
            }
            let mut heard = self.hear(&heads, 0);
            let low = self.low_share.get(params[LOW_CUT].at(n, 0), |hz| OnePole::share(hz, rate));
            let high = self.high_share.get(params[HIGH_CUT].at(n, 0), |hz| OnePole::share(hz, rate));
            self.feedback = params[FEEDBACK].at(n, 0);
            let bounce = self.bounce.next(params[PING_PONG].at(n, 0), bounce_step);
            let again: [f32; 2] = std::array::from_fn(|c| {
                let filtered = self.high_cuts[c].low(self.low_cuts[c].high(heard[c], low), high);
                bend_at_one(self.feedback * filtered)
            });
            let x = [dry[0][n], dry[1][n]];
            // Bouncing, all enters on the left and each echo changes sides.
            let enters = [x[0] + bounce * 0.5 * (x[1] - x[0]), x[1] * (1.0 - bounce)];
            for c in 0..2 {
                self.lines[c].push(enters[c] + again[c] + bounce * (again[1 - c] - again[c]));
            }
            if self.lead_frames > 0 {
                // What goes round inside is as late as ever; what is given out makes up for how late the input is. This frame's
                // is on the line by now, one frame nearer.
                heard = self.hear(&heads, self.lead_frames - 1);
            }
            left[n] = x[0] * dry_gain + heard[0] * wet_gain;
            right[n] = x[1] * dry_gain + heard[1] * wet_gain;
            self.loudest = self.loudest.max(heard[0].abs()).max(heard[1].abs());
        }
    }

    fn reset(&mut self) {
        self.lines.iter_mut().for_each(DelayLine::reset);
        self.low_cuts = [OnePole::default(); 2];
        self.high_cuts = [OnePole::default(); 2];
        (self.head, self.next_head, self.sways) = (None, None, [0.0; 2]);
        (self.wow, self.bounce) = (Approach::default(), Glide::default());
        (self.feedback, self.loudest, self.heard_frames) = (0.0, 0.0, 0);
    }

    fn lead(&mut self, frames: usize) {
        self.heard_frames = (self.heard_frames + frames).saturating_sub(self.lead_frames).min(frames);
        self.lead_frames = frames;
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        face[0] = (self.head.unwrap_or(0.0) / self.rate) as f32;
        face[1] = self.feedback;
        face[2] = self.loudest;
        face[3] = self.bounce.now();
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build, least_delay_frames};
    use patchlight_engine::{Io, Solo, SoloConfig, Transport, Unit};
    use patchlight_testkit::{cents_between, frequency_hz, largest_step, peak};

    const RATE: usize = 48_000;

    fn solo(params: &[(&'static str, f32)], input: Vec<Vec<f32>>) -> Solo {
        let config = SoloConfig { params: params.to_vec(), channels: 2, ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &["in"]);
        solo.drive("in", input);
        solo
    }

    fn impulse() -> Vec<f32> {
        [vec![1.0], vec![0.0; 10]].concat()
    }

    fn sine(hz: f64, secs: usize) -> Vec<f32> {
        (0..secs * RATE).map(|n| 0.5 * (std::f64::consts::TAU * hz * n as f64 / 48_000.0).sin() as f32).collect()
    }

    #[test]
    fn echoes_come_in_time_and_at_their_level() {
        let params = [("time_secs", 0.25), ("feedback", 0.5), ("mix", 1.0), ("high_cut_hz", 20_000.0), ("low_cut_hz", 20.0)];
        let out = solo(&params, vec![impulse(), vec![0.0]]).run(RATE, 64).outputs.remove(0);
        assert_eq!(out[0][12_000], 1.0);
        assert!(out[0][..12_000].iter().all(|x| *x == 0.0));
        assert!((0.40..0.5).contains(&out[0][24_000]), "{}", out[0][24_000]);
        assert!(peak(&out[1]) == 0.0, "the right channel has echoes of its own only");
    }

    #[test]
    fn synced_echoes_follow_the_tempo_and_bounce() {
        let mut solo = solo(&[("sync", 9.0), ("ping_pong", 1.0), ("mix", 1.0)], vec![impulse()]);
        solo.set_transport(Transport { playing: true, tempo_bpm: 150.0, beat: 0.0 });
        let out = solo.run(RATE, 64).outputs.remove(0);
        assert_eq!((out[0][9600], out[1][9600]), (1.0, 0.0), "an eighth at 150 BPM is 0.2 s, first on the left");
        assert!(out[0][19_200] == 0.0 && out[1][19_200] > 0.1, "then on the right");
    }

    #[test]
    fn neither_mode_clicks_when_the_time_jumps_and_only_tape_bends_pitch() {
        for (mode, bends) in [(0.0, false), (1.0, true)] {
            let params = [("mode", mode), ("mix", 1.0), ("feedback", 0.0), ("wow", 0.0), ("time_secs", 0.3)];
            let mut solo = solo(&params, vec![sine(300.0, 4)]);
            let steady = largest_step(&solo.run(RATE, 64).mono(0)[RATE / 2..]).1;
            solo.set("time_secs", 0.35, 240);
            let moved = solo.run(RATE, 64).mono(0).to_vec();
            assert!(largest_step(&moved).1 < 1.6 * steady, "mode {mode}: {} against {steady}", largest_step(&moved).1);
            let heard = frequency_hz(&moved[2400..4800], 48_000.0, 300.0);
            assert_eq!(cents_between(300.0, heard).abs() > 50.0, bends, "mode {mode}: {heard} Hz");
            let settled = frequency_hz(&solo.run(RATE, 64).mono(0)[RATE / 2..], 48_000.0, 300.0);
            assert!(cents_between(300.0, settled).abs() < 0.1, "mode {mode}: {settled} Hz");
        }
    }

    #[test]
    fn feedback_over_one_sings_and_stays_below_the_limit() {
        let params = [("feedback", 1.1), ("time_secs", 0.02), ("mix", 1.0), ("mode", 1.0), ("wow", 1.0)];
        let mut solo = solo(&params, vec![sine(200.0, 1)]);
        solo.run(10 * RATE, 64);
        let loudest = peak(solo.run(RATE, 64).mono(0));
        assert!((0.3..2.01).contains(&loudest), "{loudest}");
    }

    #[test]
    fn times_between_frames_keep_their_highs() {
        let params = [("time_secs", 0.010_010_4), ("feedback", 0.0), ("mix", 1.0)];
        for hz in [100.0, 5_000.0, 10_000.0, 15_000.0] {
            let out = solo(&params, vec![sine(hz, 1)]).run(RATE, 64).outputs.remove(0);
            // 480.5 frames.
            let exact = |n: usize| 0.5 * (std::f64::consts::TAU * hz * (n as f64 - 480.5) / 48_000.0).sin();
            let worst = (2000..RATE).map(|n| (f64::from(out[0][n]) - exact(n)).abs()).fold(0.0, f64::max);
            assert!(worst < 0.004, "{hz} Hz: {worst}");
        }
    }

    /// Led from frame 1,000 on, as when a loop is closed while it sounds.
    struct Led(Box<dyn Unit>, usize);

    impl Unit for Led {
        fn process(&mut self, io: &mut Io<'_>) {
            if self.1 == LED_FROM {
                self.0.lead(LEAD);
            }
            self.1 += io.frames();
            self.0.process(io);
        }

        fn reset(&mut self) {}
    }

    const LED_FROM: usize = 64 * 16;
    const LEAD: usize = 40;

    #[test]
    fn what_arrives_late_is_taken_back_and_the_echoes_of_echoes_stay() {
        for (time_secs, mode) in [(0.01, 0.0), (0.010_01, 0.0), (0.0115, 1.0), (0.001, 0.0)] {
            let params = [("time_secs", time_secs), ("mode", mode), ("wow", 0.0), ("feedback", 0.7), ("mix", 1.0)];
            let input = sine(700.0, 1);
            let plain = solo(&params, vec![input.clone()]).run(4800, 64);
            let config = SoloConfig { params: params.to_vec(), channels: 2, ..SoloConfig::default() };
            let mut led = Solo::new(&SPEC, |context| Box::new(Led(build(context), 0)), &config, &["in"]);
            // What the loop brings while it has nothing yet does not matter.
            led.drive("in", vec![[&input[..LED_FROM], &[0.3; LEAD], &input[LED_FROM..]].concat()]);
            let led = led.run(4800, 64);
            let worst = plain.mono(0).iter().zip(led.mono(0)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < 1e-6, "{time_secs} s, mode {mode}: {worst}");
        }
    }

    #[test]
    fn nothing_comes_out_before_the_least_delay() {
        let cases =
            [vec![("time_secs", 0.01)], vec![("time_secs", 0.010_01)], vec![("time_secs", 0.010_01), ("mode", 1.0)], vec![("sync", 11.0)]];
        for case in cases {
            let mut values: Vec<f32> = SPEC.params.iter().map(|param| param.default).collect();
            let params = [&case[..], &[("mix", 1.0)]].concat();
            params.iter().for_each(|(id, value)| values[SPEC.param(id).expect("a parameter").0] = *value);
            let mut solo = solo(&params, vec![impulse()]);
            solo.set_transport(Transport { playing: true, tempo_bpm: 300.0, beat: 0.0 });
            let out = solo.run(9600, 64).outputs.remove(0);
            let first = out[0].iter().position(|x| *x != 0.0).expect("an echo");
            let least = least_delay_frames(&values, 48_000.0);
            assert!(first >= least && first <= least + 10, "{first} for {least} with {case:?}");
        }
        assert_eq!(least_delay_frames(&[], 48_000.0), 0, "the dry sound is not late");
    }
}
