//! Pitch detector: what note a sound plays.
//!
//! The normalised square difference of P. McLeod and G. Wyvill, *A smarter way to find pitch* (ICMC 2005), on the signal at about 12 kHz:
//! n(τ) = 2·Σ x(j)·x(j+τ) / Σ (x(j)² + x(j+τ)²). The first of its peaks that comes near the highest is the period, refined by a
//! parabola. A look is spread over the frames until the next, so that no block costs more than another.

use crate::dsp::OnePole;
use crate::pulse::level;
use patchlight_core::{ModuleSpec, audio, control, gate, module, octaves_from_hz, percent, pitch, secs};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

const CONFIDENCE: usize = 0;
const GLIDE: usize = 1;
const GATE_LEVEL: usize = 2;

pub const SPEC: ModuleSpec = module("note.pitch_detect", "Pitch detect")
    .about("Hears what note is played or sung, and gives it on as pitch and gate: play a synth with your voice.")
    .tags(&["pitch tracker", "tuner", "voice", "guitar", "to midi", "follow", "autocorrelation", "frequency"])
    .inputs(&[audio("in", "One voice or instrument, one note at a time").mono()])
    .params(&[
        percent("confidence", 0.85).about("How sure it must be before it follows"),
        secs("glide_secs", 0.0..=1.0, 0.02).about("How softly it follows"),
        percent("gate_level", 0.02).about("How loud a sound must be to be a note"),
    ])
    .outputs(&[
        pitch("pitch", "The note, kept while there is none"),
        gate("gate", "On while there is a note"),
        control("confidence", "How sure it is, 0 to 1"),
    ]);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |lane| PitchDetect::new(lane.sample_rate_hz))
}

/// Samples that are compared, at the low rate, and the longest period: 12 kHz / 300 is 40 Hz.
const WINDOW: usize = 600;
const LONGEST: usize = 300;
/// The shortest period: 12 kHz / 10 is 1,200 Hz.
const SHORTEST: usize = 10;
const HISTORY: usize = 1024;
/// A peak counts that is at least this share of the highest.
const NEAR_HIGHEST: f32 = 0.9;

struct PitchDetect {
    rate_hz: f32,
    /// Frames for each sample at the low rate.
    decimation: usize,
    share: f32,
    state: State,
}

struct State {
    low_pass: [OnePole; 3],
    phase: usize,
    history: Box<[f32; HISTORY]>,
    newest: usize,
    /// What is looked at, taken when the look began.
    seen: Box<[f32; HISTORY]>,
    difference: Box<[f32; LONGEST + 1]>,
    /// The period that is computed next.
    lag: usize,
    octaves: f32,
    shown: f32,
    confidence: f32,
    loudness: f32,
    has_begun: bool,
}

impl State {
    fn new() -> Self {
        Self {
            low_pass: [OnePole::default(); 3],
            phase: 0,
            history: Box::new([0.0; HISTORY]),
            newest: 0,
            seen: Box::new([0.0; HISTORY]),
            difference: Box::new([0.0; LONGEST + 1]),
            lag: 0,
            octaves: 0.0,
            shown: 0.0,
            confidence: 0.0,
            loudness: 0.0,
            has_begun: false,
        }
    }

    fn clear(&mut self) {
        self.low_pass = [OnePole::default(); 3];
        (self.phase, self.newest, self.lag) = (0, 0, 0);
        self.history.fill(0.0);
        self.seen.fill(0.0);
        self.difference.fill(0.0);
        (self.octaves, self.shown, self.confidence, self.loudness, self.has_begun) = (0.0, 0.0, 0.0, 0.0, false);
    }

    /// n(τ) of one period.
    fn compare(&mut self) {
        let lag = self.lag;
        let (a, b) = (&self.seen[..WINDOW], &self.seen[lag..lag + WINDOW]);
        let (mut product, mut power) = (0.0, 1e-9);
        for (a, b) in a.iter().zip(b) {
            product += a * b;
            power += a * a + b * b;
        }
        self.difference[lag] = 2.0 * product / power;
    }

    /// The period in samples of the low rate and how sure it is.
    fn period(&self) -> Option<(f32, f32)> {
        let n = &*self.difference;
        // Peaks behind the first crossing of zero.
        let first = (1..LONGEST).find(|lag| n[*lag] < 0.0)?;
        let is_peak = |lag: &usize| n[*lag] > n[*lag - 1] && n[*lag] >= n[*lag + 1] && n[*lag] > 0.0;
        let peaks = || (first.max(SHORTEST)..LONGEST).filter(is_peak);
        let highest = peaks().map(|lag| n[lag]).fold(0.0, f32::max);
        let lag = peaks().find(|lag| n[*lag] >= NEAR_HIGHEST * highest)?;
        let (before, at, after) = (n[lag - 1], n[lag], n[lag + 1]);
        let bend = before - 2.0 * at + after;
        let shift = if bend < -1e-9 { 0.5 * (before - after) / bend } else { 0.0 };
        Some((lag as f32 + shift, at.clamp(0.0, 1.0)))
    }
}

impl PitchDetect {
    fn new(rate_hz: f32) -> Self {
        let decimation = (rate_hz / 12_000.0).round().max(1.0) as usize;
        Self { rate_hz, decimation, share: OnePole::share(2_500.0, rate_hz), state: State::new() }
    }

    /// One sample at the low rate: some periods are looked at, and at the end of a look the pitch is known.
    fn sample(&mut self, x: f32, sureness: f32) {
        let state = &mut self.state;
        state.newest = (state.newest + 1) % HISTORY;
        state.history[state.newest] = x;
        if state.lag == 0 {
            let (new, old) = state.history.split_at(state.newest + 1);
            state.seen[..old.len()].copy_from_slice(old);
            state.seen[old.len()..].copy_from_slice(new);
            state.seen.rotate_left(HISTORY - WINDOW - LONGEST);
        }
        for _ in 0..2 {
            state.compare();
            state.lag += 1;
        }
        if state.lag < LONGEST {
            return;
        }
        state.compare();
        state.lag = 0;
        let found = state.period();
        state.confidence = found.map_or(0.0, |(_, confidence)| confidence);
        if let Some((period, confidence)) = found
            && confidence >= sureness
        {
            state.octaves = octaves_from_hz(self.rate_hz / self.decimation as f32 / period);
            if !std::mem::replace(&mut state.has_begun, true) {
                state.shown = state.octaves;
            }
        }
    }
}

impl RowKernel for PitchDetect {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let input = io.input(0);
        let [sureness, glide, gate_level] = [CONFIDENCE, GLIDE, GATE_LEVEL].map(|index| io.param(index));
        let fall = (-1.0 / (0.02 * self.rate_hz)).exp();
        let [pitch, gate, confidence] = io.outputs();
        for n in 0..pitch.len() {
            let share = self.share;
            let low = self.state.low_pass.iter_mut().fold(input[n], |x, pole| pole.low(x, share));
            self.state.phase = (self.state.phase + 1) % self.decimation;
            if self.state.phase == 0 {
                self.sample(low, sureness.at(n));
            }
            let state = &mut self.state;
            state.loudness = (state.loudness * fall).max(input[n].abs());
            let is_note = state.has_begun && state.confidence >= sureness.at(n) && state.loudness >= gate_level.at(n).max(1e-4);
            let glide_frames = glide.at(n) * self.rate_hz;
            let step = if glide_frames > 1.0 { 1.0 - (-3.0 / glide_frames).exp() } else { 1.0 };
            state.shown += (state.octaves - state.shown) * step;
            (pitch[n], gate[n], confidence[n]) = (state.shown, level(is_note), state.confidence);
        }
    }

    fn reset(&mut self) {
        self.state.clear();
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        (face[0], face[1]) = (self.state.shown, self.state.confidence);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, sine};
    use patchlight_core::octaves_from_hz;

    #[test]
    fn it_hears_the_note_within_a_few_cents() {
        for hz in [55.0, 110.0, 261.6, 523.3, 880.0] {
            // A fundamental that is weaker than its harmonics.
            let harmonics: Vec<Vec<f32>> = [(1.0, 0.2), (2.0, 0.4), (3.0, 0.3)].map(|(k, level)| sine(hz * k, level, 24_000)).to_vec();
            let sound: Vec<f32> = (0..24_000).map(|n| harmonics.iter().map(|harmonic| harmonic[n]).sum()).collect();
            let rendered = driven(&SPEC, build, &[], &[("in", sound)], 24_000);
            let cents = (rendered.mono(0)[23_999] - octaves_from_hz(hz as f32)) * 1_200.0;
            assert!(cents.abs() < 6.0, "{hz} Hz: {cents} cents off");
            assert_eq!(rendered.outputs[1][0][23_999], 1.0);
        }
    }

    #[test]
    fn noise_and_silence_are_no_notes() {
        let mut white = crate::dsp::White::new(5);
        let noise: Vec<f32> = (0..24_000).map(|_| 0.5 * white.next()).collect();
        assert_eq!(driven(&SPEC, build, &[], &[("in", noise)], 24_000).outputs[1][0][23_999], 0.0);
        assert_eq!(driven(&SPEC, build, &[], &[("in", Vec::new())], 24_000).outputs[1][0][23_999], 0.0);
    }
}
