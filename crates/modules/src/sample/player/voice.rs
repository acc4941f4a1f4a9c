//! One voice of the player: its two heads and what moves them.

use super::head::{FRACTION_BITS, FRAME, Head, Place, Region};
use crate::dsp::Memo;
use crate::pulse::Edge;
use patchlight_engine::Sample;

/// A stroke, a stop and a jump fade over this.
const FADE_SECS: f32 = 0.002;
/// The shortest region, in frames.
pub(super) const SHORTEST: i64 = 4;
/// Nothing goes faster, in frames a frame.
const FASTEST: f64 = 1e6;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    OneShot,
    Loop,
    PingPong,
    Reverse,
}

impl Mode {
    pub(super) fn of(choice: f32) -> Self {
        match choice as u32 {
            0 => Self::OneShot,
            1 => Self::Loop,
            2 => Self::PingPong,
            _ => Self::Reverse,
        }
    }
}

/// What the knobs say of where a voice plays; mostly it stands still.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Route {
    pub(super) mode: Mode,
    /// Start and end as shares of the file.
    pub(super) region: (f32, f32),
    pub(super) crossfade_secs: f32,
}

/// The same in frames of the sample.
#[derive(Clone, Copy, Debug)]
pub(super) struct Course {
    mode: Mode,
    region: Region,
    /// Frames of the loop's crossfade: no more than there is before the start, nor half the loop.
    crossfade: i64,
    /// The level of a fade changes by this a frame.
    fade_step: f32,
}

impl Course {
    fn new(route: &Route, sample: &Sample, rate: f32) -> Self {
        let length = sample.frames() as i64;
        let place = |share: f32| (f64::from(share) * length as f64).round() as i64;
        let start = place(route.region.0).clamp(0, (length - SHORTEST).max(0));
        let region = Region { start, end: place(route.region.1).clamp((start + SHORTEST).min(length), length) };
        let wanted = f64::from(route.crossfade_secs * sample.sample_rate_hz);
        let crossfade = wanted.min(region.start as f64).min(0.5 * region.len() as f64).floor() as i64;
        Self { mode: route.mode, region, crossfade, fade_step: 1.0 / (FADE_SECS * rate) }
    }

    /// The loop that is read around, if the start lies behind the end.
    pub(super) fn seamless(&self) -> Option<Region> {
        (self.mode == Mode::Loop && self.crossfade == 0).then_some(self.region)
    }

    /// Whether a head that goes from one place to another by steps of up to `longest` meets nothing where it would turn, fade or hand over.
    fn is_clear(&self, from: Place, to: Place, direction: i64, longest: Place) -> bool {
        let whole = |frame: i64| frame << FRACTION_BITS;
        let (start, end, crossfade) = (whole(self.region.start), whole(self.region.end), whole(self.crossfade));
        match self.mode {
            Mode::OneShot => direction == 1 && end.saturating_sub(to) > self.tail(longest).saturating_add(1),
            Mode::Reverse => direction == -1 && to.saturating_sub(start) > self.tail(longest).saturating_add(1),
            Mode::Loop if crossfade == 0 => direction == 1 && from >= start && from < end && longest < end - start,
            Mode::Loop => direction == 1 && from >= start - crossfade && to < end - crossfade,
            Mode::PingPong if direction == 1 => from > start && to < end - FRAME,
            Mode::PingPong => direction == -1 && from < end - FRAME && to > start,
        }
    }

    /// What is left to play when the last frames must fade out.
    fn tail(&self, step: Place) -> Place {
        (step as f64 / f64::from(self.fade_step)) as i64
    }
}

/// What a voice hears in one frame.
#[derive(Clone, Copy)]
pub(super) struct Cue {
    pub(super) trig: f32,
    pub(super) gate: f32,
    /// Way in one frame.
    pub(super) step: Place,
    /// The sample is about to be replaced: fade out, begin nothing.
    pub(super) is_leaving: bool,
}

/// Where the heads are in one frame, and how loud.
pub(super) type Heads = [(Place, f32); 2];

#[derive(Clone, Copy, Debug)]
pub(super) struct Voice {
    trig: Edge,
    gate: Edge,
    /// The head that plays, and the one that fades out behind it.
    head: Head,
    leaving: Head,
    /// A stroke waits for a free head.
    wants_start: bool,
    is_playing: bool,
    ratio: Memo<f32, f64>,
    course: Memo<(Route, usize, f32, f32), Course>,
    pub(super) gain: Memo<f32, f32>,
}

impl Default for Voice {
    fn default() -> Self {
        Self {
            trig: Edge::default(),
            gate: Edge::default(),
            head: Head::default(),
            leaving: Head::default(),
            wants_start: false,
            is_playing: false,
            ratio: Memo::new(),
            course: Memo::new(),
            gain: Memo::new(),
        }
    }
}

/// 2^octaves, within 1e-12: the powers of ln 2 · f for the share f that is no whole octave, up to the tenth. Plain arithmetic, so that
/// several frames can be computed at once; so are whole numbers taken from the last bits of a sum with a large one.
#[inline(always)]
#[expect(clippy::manual_clamp, reason = "what is not a number becomes one, which `clamp` does not do")]
pub(super) fn ratio(octaves: f32) -> f64 {
    /// 1.5 · 2⁵²: what is added to it is rounded to a whole number in its last bits.
    const ROUNDS: f64 = 6_755_399_441_055_744.0;
    let octaves = f64::from(octaves).max(-10.0).min(10.0);
    let shifted = octaves + ROUNDS;
    let x = (octaves - (shifted - ROUNDS)) * std::f64::consts::LN_2;
    // 1/k!, written out: a loop would not be unrolled, and then no frames would be computed at once.
    let low = 1.0 + x * (1.0 + x * (1.0 / 2.0 + x * (1.0 / 6.0 + x * (1.0 / 24.0 + x * (1.0 / 120.0)))));
    let high = 1.0 / 720.0 + x * (1.0 / 5_040.0 + x * (1.0 / 40_320.0 + x * (1.0 / 362_880.0 + x * (1.0 / 3_628_800.0))));
    let cube = x * x * x;
    let sum = low + cube * cube * high;
    sum * f64::from_bits((shifted.to_bits() << 52).wrapping_add(1023 << 52))
}

/// The way in one frame at a ratio of pitch and a speed in frames.
#[inline(always)]
#[expect(clippy::manual_clamp, reason = "what is not a number becomes one, which `clamp` does not do")]
pub(super) fn way(ratio: f64, speed: f64) -> Place {
    /// 2⁵²: more than any way.
    const ROUNDS: f64 = 4_503_599_627_370_496.0;
    const { assert!(FASTEST * (FRAME as f64) < ROUNDS) };
    let frames = (ratio * speed).max(0.0).min(FASTEST);
    (frames * FRAME as f64 + ROUNDS).to_bits().wrapping_sub(ROUNDS.to_bits()) as i64
}

impl Voice {
    pub(super) fn sounds(&self) -> bool {
        self.head.sounds() || self.leaving.sounds()
    }

    /// Where the head is, in frames.
    pub(super) fn place(&self) -> f64 {
        self.head.place as f64 / FRAME as f64
    }

    /// Where it plays.
    #[inline(always)]
    pub(super) fn course(&mut self, route: Route, sample: &Sample, rate: f32) -> Course {
        let known = (route, sample.frames(), sample.sample_rate_hz, rate);
        self.course.get(known, |(route, ..)| Course::new(&route, sample, rate))
    }

    /// The way of one frame; `speed` in frames of the sample.
    #[inline]
    pub(super) fn step(&mut self, octaves: f32, speed: f64) -> Place {
        way(self.ratio.get(octaves, ratio), speed)
    }

    /// Whether these, standing still, tell it nothing new.
    pub(super) fn expects(&self, trig: f32, gate: f32) -> bool {
        self.trig.is_high() == (trig > 0.5) && self.gate.is_high() == (gate > 0.5) && !self.wants_start
    }

    /// Writes where the head is in each of the next frames and says that it did, if nothing but its steps happens to it meanwhile: the
    /// caller has seen to it that no cue does. It is what [`Voice::next`] would give, with a full level for the head and none for the
    /// other. `steps` gives the way in each frame; they add up to `whole_way`, and none is longer than `longest`.
    #[inline(always)]
    pub(super) fn roll(
        &mut self,
        course: &Course,
        (whole_way, longest): (Place, Place),
        steps: impl Fn(usize) -> Place,
        places: &mut [Place],
    ) -> bool {
        let Head { mut place, direction, level, step: fade } = self.head;
        let is_steady = self.is_playing && level == 1.0 && fade >= 0.0 && !self.leaving.sounds() && self.leaving.level <= 0.0;
        let last = place.saturating_add(direction * whole_way);
        if !is_steady || !course.is_clear(place, last, direction, longest) {
            return false;
        }
        let (start, end) = (course.region.start << FRACTION_BITS, course.region.end << FRACTION_BITS);
        if course.seamless().is_some() && last >= end {
            for (n, frame) in places.iter_mut().enumerate() {
                *frame = place;
                place += steps(n);
                if place >= end {
                    place -= end - start;
                }
            }
        } else {
            for (n, frame) in places.iter_mut().enumerate() {
                *frame = place;
                place += direction * steps(n);
            }
        }
        self.head.place = place;
        true
    }

    /// Where the heads are in one frame.
    pub(super) fn next(&mut self, course: &Course, cue: &Cue) -> Heads {
        self.listen(course, cue);
        if !(self.sounds() || self.wants_start) {
            return [(0, 0.0); 2];
        }
        if self.wants_start && !self.leaving.sounds() {
            self.start(course);
        }
        self.head.fade();
        self.leaving.fade();
        let heads = [(self.head.place, self.head.level), (self.leaving.place, self.leaving.level)];
        self.leaving.advance(cue.step);
        self.advance(course, cue.step);
        heads
    }

    /// Strokes and stops.
    fn listen(&mut self, course: &Course, cue: &Cue) {
        let was_on = self.gate.is_high();
        let struck = self.trig.rises(cue.trig) | self.gate.rises(cue.gate);
        let released = was_on && !self.gate.is_high();
        if cue.is_leaving || (released && !struck) {
            self.stop(course.fade_step);
        } else if struck {
            self.wants_start = true;
        }
        if self.wants_start {
            self.leaving.step = self.leaving.step.min(-course.fade_step);
        }
    }

    fn stop(&mut self, fade_step: f32) {
        self.wants_start = false;
        self.is_playing = false;
        self.head.step = -fade_step;
        self.leaving.step = self.leaving.step.min(-fade_step);
    }

    /// Hands over to a head at the start of the region (its end, backwards).
    fn start(&mut self, course: &Course) {
        let Course { mode, region, fade_step, .. } = *course;
        self.leave(fade_step);
        self.wants_start = false;
        self.is_playing = true;
        let is_backwards = mode == Mode::Reverse;
        let direction = if is_backwards { -1 } else { 1 };
        let place = if is_backwards { region.end - 1 } else { region.start } << FRACTION_BITS;
        let keeps_attack = !is_backwards && region.start == 0;
        self.head = Head { place, direction, level: if keeps_attack { 1.0 } else { 0.0 }, step: fade_step };
    }

    /// The head that played fades out.
    fn leave(&mut self, fade_step: f32) {
        self.leaving = Head { step: -fade_step, ..self.head };
    }

    /// Moves the head, and turns it or hands over where the region ends.
    fn advance(&mut self, course: &Course, step: Place) {
        let (start, end) = (course.region.start << FRACTION_BITS, course.region.end << FRACTION_BITS);
        self.head.advance(step);
        if !self.is_playing {
            return;
        }
        match course.mode {
            Mode::OneShot | Mode::Reverse => {
                let is_reverse = course.mode == Mode::Reverse;
                self.head.direction = if is_reverse { -1 } else { 1 };
                // The last frames fade out, so that a file cut short ends without a click.
                let left = if is_reverse { self.head.place - start } else { end - self.head.place };
                if left <= course.tail(step) {
                    self.stop(course.fade_step);
                }
            }
            Mode::Loop => {
                self.head.direction = 1;
                self.turn_loop(course, step, start, end);
            }
            Mode::PingPong => {
                if self.head.place >= end - FRAME {
                    self.head.direction = -1;
                } else if self.head.place <= start {
                    self.head.direction = 1;
                }
                let is_far = self.head.place > end + step || self.head.place < start - step;
                if is_far && !self.leaving.sounds() {
                    self.hand_over(self.head.place.clamp(start, end - FRAME), course.fade_step);
                }
            }
        }
    }

    fn turn_loop(&mut self, course: &Course, step: Place, start: Place, end: Place) {
        let (len, crossfade) = (end - start, course.crossfade << FRACTION_BITS);
        let place = self.head.place;
        if crossfade > 0 && place >= end - crossfade && place <= end + step {
            if !self.leaving.sounds() {
                self.hand_over(place - len, (step as f64 / crossfade as f64).clamp(1e-6, 1.0) as f32);
            }
        } else if place >= end && place <= end + step && crossfade == 0 {
            self.head.place = start + (place - start).rem_euclid(len);
        } else if (place > end + step || place < start - crossfade - step) && !self.leaving.sounds() {
            self.hand_over(start + (place - start).rem_euclid(len), course.fade_step);
        }
    }

    /// The head fades out where it is and another fades in at `place`.
    fn hand_over(&mut self, place: Place, fade_step: f32) {
        self.leave(fade_step);
        self.head = Head { place, level: 0.0, step: fade_step, ..self.head };
    }

    /// All that it remembers.
    pub(super) fn words(&self) -> [u32; Self::WORDS] {
        let flags = [self.trig.is_high(), self.gate.is_high(), self.wants_start, self.is_playing];
        let mut words = [0; Self::WORDS];
        words[0] = flags.iter().enumerate().map(|(bit, flag)| u32::from(*flag) << bit).sum();
        words[1..6].copy_from_slice(&self.head.words());
        words[6..11].copy_from_slice(&self.leaving.words());
        words
    }

    pub(super) const WORDS: usize = 11;

    pub(super) fn from_words([flags, a, b, c, d, e, f, g, h, i, j]: [u32; Self::WORDS]) -> Self {
        let flag = |bit: u32| flags >> bit & 1 != 0;
        Self {
            trig: Edge::at(flag(0)),
            gate: Edge::at(flag(1)),
            wants_start: flag(2),
            is_playing: flag(3),
            head: Head::from_words([a, b, c, d, e]),
            leaving: Head::from_words([f, g, h, i, j]),
            ..Self::default()
        }
    }
}
