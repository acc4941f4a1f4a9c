//! Eight voices of the player for one call: what they hear, where their heads are, and their sound.

use super::head::Place;
use super::reading::{Reading, Row};
use super::rolling::{Rolling, Source};
use super::voice::{Course, Cue, Mode, Route, SHORTEST, Voice, ratio, way};
use super::{Bank, CROSSFADE, END, LEVEL, MODE, PITCH, QUALITY, SPEED, START};
use crate::dsp::SincTable;
use crate::glide::gain_from_db;
use patchlight_engine::simd::{Simd, SimdBase, f32x8, load, splat, store, transpose};
use patchlight_engine::{BLOCK, GROUP, Io, LaneParam, Oct, Sample, Strain};

/// Values of eight lanes, and which of them are the same in all frames of this call.
struct Heard<'a> {
    values: LaneParam<'a>,
    is_still: [bool; GROUP],
}

impl<'a> Heard<'a> {
    /// `threshold`: only what side of it a value lies on counts.
    #[inline(always)]
    fn new<S: Simd>(simd: S, values: LaneParam<'a>, threshold: Option<f32>) -> Self {
        let mut is_still = [true; GROUP];
        if let LaneParam::Signal(frames) = values
            && let Some(first) = frames.first()
        {
            let (mut low, mut high) = (load(simd, first), load(simd, first));
            for frame in frames {
                let frame = load(simd, frame);
                (low, high) = (low.min(frame), high.max(frame));
            }
            let (mut lows, mut highs): (Oct, Oct) = ([0.0; GROUP], [0.0; GROUP]);
            store(low, &mut lows);
            store(high, &mut highs);
            for lane in 0..GROUP {
                is_still[lane] = match threshold {
                    Some(threshold) => (lows[lane] > threshold) == (highs[lane] > threshold),
                    None => lows[lane] == highs[lane],
                };
            }
        }
        Self { values, is_still }
    }

    #[inline(always)]
    fn at(&self, frame: usize, lane: usize) -> f32 {
        match self.values {
            LaneParam::Constant(values) => values[lane],
            LaneParam::Signal(values) => values[frame][lane],
        }
    }
}

/// What eight voices hear during a call.
pub(super) struct Call<'a> {
    frames: usize,
    rate: f32,
    must_be_cheap: bool,
    trig: Heard<'a>,
    gate: Heard<'a>,
    pitch: Heard<'a>,
    params: [Heard<'a>; 8],
}

impl<'a> Call<'a> {
    #[inline(always)]
    pub(super) fn new<S: Simd>(simd: S, io: &Io<'a>, group: usize) -> Self {
        let input = |index: usize| {
            let input = io.input(index);
            if input.is_connected() { LaneParam::Signal(input.group(0, group)) } else { LaneParam::Constant(&[0.0; GROUP]) }
        };
        let param = |index: usize| io.param(index).lanes(group);
        // One by one: a closure that vectors pass through would not be compiled for this processor.
        Self {
            frames: io.frames(),
            rate: io.sample_rate_hz(),
            must_be_cheap: io.strain() >= Strain::Quality,
            trig: Heard::new(simd, input(0), Some(0.5)),
            gate: Heard::new(simd, input(1), Some(0.5)),
            pitch: Heard::new(simd, input(2), None),
            params: [
                Heard::new(simd, param(0), None),
                Heard::new(simd, param(1), None),
                Heard::new(simd, param(2), None),
                Heard::new(simd, param(3), None),
                Heard::new(simd, param(4), None),
                Heard::new(simd, param(5), None),
                Heard::new(simd, param(6), None),
                Heard::new(simd, param(7), None),
            ],
        }
    }

    fn is_still(&self, params: &[usize], lane: usize) -> bool {
        params.iter().all(|param| self.params[*param].is_still[lane])
    }

    fn route(&self, n: usize, lane: usize) -> Route {
        let at = |param: usize| self.params[param].at(n, lane);
        Route { mode: Mode::of(at(MODE)), region: (at(START), at(END)), crossfade_secs: at(CROSSFADE) }
    }

    fn is_cubic(&self, n: usize, lane: usize) -> bool {
        self.must_be_cheap || self.params[QUALITY].at(n, lane) > 0.5
    }

    /// The ways of all frames, as [`Call::step`] gives them.
    #[inline(always)]
    fn steps(&self, lane: usize, sample: &Sample, steps: &mut [Place]) {
        let rate = f64::from(sample.sample_rate_hz / self.rate);
        let (mut octaves, mut speeds) = ([0.0; BLOCK], [0.0; BLOCK]);
        for n in 0..steps.len() {
            octaves[n] = self.pitch.at(n, lane) + self.params[PITCH].at(n, lane) / 12.0;
            speeds[n] = self.params[SPEED].at(n, lane);
        }
        let mut ratios = [0.0; BLOCK];
        for n in 0..BLOCK {
            ratios[n] = ratio(octaves[n]);
        }
        for (n, step) in steps.iter_mut().enumerate() {
            *step = way(ratios[n], f64::from(speeds[n]) * rate);
        }
    }

    fn step(&self, n: usize, lane: usize, voice: &mut Voice, sample: &Sample) -> Place {
        let octaves = self.pitch.at(n, lane) + self.params[PITCH].at(n, lane) / 12.0;
        voice.step(octaves, f64::from(self.params[SPEED].at(n, lane)) * f64::from(sample.sample_rate_hz / self.rate))
    }
}

/// Factors of all frames, or of each.
pub(super) enum Gains<'a> {
    Still(Oct),
    Moving(&'a [Oct; BLOCK]),
}

impl Gains<'_> {
    #[inline(always)]
    fn at(&self, frame: usize) -> &Oct {
        match self {
            Self::Still(gains) => gains,
            Self::Moving(table) => &table[frame],
        }
    }
}

/// Memory for one group at a time.
pub(super) struct Scratch {
    /// The sound of each lane, by channel.
    rows: [[Row; GROUP]; 2],
    places: [[Place; BLOCK]; 2],
    steps: [Place; BLOCK],
    levels: [[f32; BLOCK]; 2],
    gains: [Oct; BLOCK],
    rolling: Rolling,
}

impl Scratch {
    pub(super) fn new() -> Self {
        Self {
            rows: [[[0.0; BLOCK + GROUP]; GROUP]; 2],
            places: [[0; BLOCK]; 2],
            steps: [0; BLOCK],
            levels: [[0.0; BLOCK]; 2],
            gains: [[0.0; GROUP]; BLOCK],
            rolling: Rolling::new(),
        }
    }

    /// Makes the sound of eight voices, of a bank each or of one for all.
    #[inline(always)]
    pub(super) fn render<S: Simd>(
        &mut self,
        simd: S,
        call: &Call<'_>,
        voices: &mut [Voice],
        banks: &[Bank],
        sinc: &SincTable,
        out: [&mut [Oct]; 2],
    ) {
        let mut sources = [Source::Silence; GROUP];
        for lane in 0..GROUP {
            let bank = banks.get(lane).or(banks.first());
            let sample = bank.and_then(|bank| bank.sample.as_deref().map(|sample| (sample, bank.is_changing)));
            if let (Some(voice), Some((sample, is_leaving))) = (voices.get_mut(lane), sample) {
                sources[lane] = self.lane(simd, call, lane, voice, sample, is_leaving, sinc);
            }
        }
        let [left, right] = out;
        let gains = gains(&mut self.gains, call, voices);
        let is_any = |wanted: fn(&Source<'_>) -> bool| sources.iter().any(wanted);
        if is_any(|source| matches!(source, Source::Frames(_) | Source::Copies)) {
            self.rolling.put_out(simd, &sources, &gains, [&mut *left, &mut *right]);
            for lane in (0..GROUP).filter(|lane| matches!(sources[*lane], Source::Row)) {
                put_row(&self.rows[0][lane], lane, &gains, left);
                put_row(&self.rows[1][lane], lane, &gains, right);
            }
        } else if is_any(|source| matches!(source, Source::Row)) {
            for lane in (0..GROUP).filter(|lane| matches!(sources[*lane], Source::Silence)) {
                self.rows[0][lane].fill(0.0);
                self.rows[1][lane].fill(0.0);
            }
            put_rows(simd, &self.rows[0], &gains, left);
            put_rows(simd, &self.rows[1], &gains, right);
        } else {
            left.fill([0.0; GROUP]);
            right.fill([0.0; GROUP]);
        }
    }

    /// Makes the sound of one voice, if it has any.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "all that a voice plays from")]
    fn lane<'s, S: Simd>(
        &mut self,
        simd: S,
        call: &Call<'_>,
        lane: usize,
        voice: &mut Voice,
        sample: &'s Sample,
        is_leaving: bool,
        sinc: &'s SincTable,
    ) -> Source<'s> {
        let frames = call.frames;
        let Some(first) = (frames > 0).then(|| call.route(0, lane)) else { return Source::Silence };
        let course = voice.course(first, sample, call.rate);
        let is_routed = call.is_still(&[MODE, START, END, CROSSFADE, QUALITY], lane);
        let is_told_nothing = call.trig.is_still[lane] && call.gate.is_still[lane] && !is_leaving;
        if is_routed && is_told_nothing && voice.expects(call.trig.at(0, lane), call.gate.at(0, lane)) {
            if !voice.sounds() {
                return Source::Silence;
            }
            let is_paced = call.pitch.is_still[lane] && call.is_still(&[PITCH, SPEED], lane);
            let places = &mut self.places[0][..frames];
            let rolls = if sample.frames() as i64 >= SHORTEST && is_paced {
                let step = call.step(0, lane, voice, sample);
                voice.roll(&course, (step.saturating_mul(frames as i64), step), |_| step, places)
            } else if sample.frames() as i64 >= SHORTEST {
                let steps = &mut self.steps[..frames];
                call.steps(lane, sample, steps);
                let (whole_way, longest) = (steps.iter().sum(), steps.iter().copied().max().unwrap_or_default());
                voice.roll(&course, (whole_way, longest), |n| steps[n], places)
            } else {
                false
            };
            if rolls {
                let is_cubic = call.is_cubic(0, lane);
                let reading = Reading::new(sample, course.seamless(), is_cubic, sinc);
                if is_cubic {
                    return self.rolling.prepare(simd, lane, &reading, &self.places[0][..frames]);
                }
                let [left, right] = &mut self.rows;
                reading.read(simd, &self.places[0][..frames], None, 0, [&mut left[lane], &mut right[lane]], false);
                return Source::Row;
            }
        }
        // Where it plays may change from frame to frame: then each is read by itself.
        let stretch = if is_routed { frames } else { 1 };
        let mut heard = false;
        let mut course = course;
        for from in (0..frames).step_by(stretch) {
            if !is_routed {
                course = voice.course(call.route(from, lane), sample, call.rate);
            }
            let to = (from + stretch).min(frames);
            let sounds = self.follow(call, lane, voice, sample, &course, is_leaving, from..to);
            let reading = Reading::new(sample, course.seamless(), call.is_cubic(from, lane), sinc);
            let [left, right] = &mut self.rows;
            let [left, right] = [&mut left[lane], &mut right[lane]];
            left[from..to].fill(0.0);
            right[from..to].fill(0.0);
            for head in 0..2 {
                if sounds[head] {
                    heard = true;
                    reading.read(simd, &self.places[head][from..to], Some(&self.levels[head][from..to]), from, [left, right], true);
                }
            }
        }
        if heard { Source::Row } else { Source::Silence }
    }

    /// Writes where the heads are in each frame; tells which of them sound.
    #[expect(clippy::too_many_arguments, reason = "all that moves a voice")]
    fn follow(
        &mut self,
        call: &Call<'_>,
        lane: usize,
        voice: &mut Voice,
        sample: &Sample,
        course: &Course,
        is_leaving: bool,
        range: std::ops::Range<usize>,
    ) -> [bool; 2] {
        let mut sounds = [false; 2];
        for n in range {
            let step = call.step(n, lane, voice, sample);
            let cue = Cue { trig: call.trig.at(n, lane), gate: call.gate.at(n, lane), step, is_leaving };
            let is_long_enough = sample.frames() as i64 >= SHORTEST;
            let heads = if is_long_enough { voice.next(course, &cue) } else { [(0, 0.0); 2] };
            for (head, (place, level)) in heads.into_iter().enumerate() {
                (self.places[head][n], self.levels[head][n]) = (place, level);
                sounds[head] |= level > 0.0;
            }
        }
        sounds
    }
}

/// Eight rows become the frames of a group, each lane at its gain.
#[inline(always)]
fn put_rows<S: Simd>(simd: S, rows: &[Row; GROUP], gains: &Gains<'_>, out: &mut [Oct]) {
    let zero = splat(simd, 0.0);
    for from in (0..out.len()).step_by(GROUP) {
        let mut frames = [zero; GROUP];
        for lane in 0..GROUP {
            let Some(row) = rows[lane].get(from..).and_then(<[f32]>::first_chunk::<GROUP>) else { return };
            frames[lane] = load(simd, row);
        }
        let frames = transpose(frames);
        for (k, out) in out[from..].iter_mut().take(GROUP).enumerate() {
            let gain: f32x8<S> = load(simd, gains.at(from + k));
            store(frames[k] * gain, out);
        }
    }
}

/// One row becomes a lane.
fn put_row(row: &Row, lane: usize, gains: &Gains<'_>, out: &mut [Oct]) {
    for (n, (frame, sound)) in out.iter_mut().zip(row).enumerate() {
        frame[lane] = sound * gains.at(n)[lane];
    }
}

/// What the level knobs say, for each lane for itself.
fn gains<'t>(table: &'t mut [Oct; BLOCK], call: &Call<'_>, voices: &mut [Voice]) -> Gains<'t> {
    let level = &call.params[LEVEL];
    if let LaneParam::Constant(levels) = level.values {
        let mut gains = [0.0; GROUP];
        for (lane, voice) in voices.iter_mut().enumerate() {
            gains[lane] = voice.gain.get(levels[lane], gain_from_db);
        }
        return Gains::Still(gains);
    }
    for (n, gains) in table.iter_mut().enumerate().take(call.frames) {
        for (lane, voice) in voices.iter_mut().enumerate() {
            gains[lane] = voice.gain.get(level.at(n, lane), gain_from_db);
        }
    }
    Gains::Moving(table)
}
