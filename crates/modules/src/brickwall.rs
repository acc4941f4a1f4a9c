//! A brick-wall limiter for a stereo pair that looks ahead and counts the peaks between samples.
//!
//! The needed reduction is found on the signal oversampled eight times (windowed sinc, 24 taps a phase; four times would
//! miss a third of a decibel at 17 kHz), held for as long as
//! the limiter looks ahead, released exponentially, then averaged over the same time: the average has just reached the held
//! reduction when the peak comes out of the delay (the look-ahead limiter of Udo Zölzer, DAFX, 2nd ed., section 4.2.2, with a
//! moving average in place of its one-pole attack, so that the ceiling is never passed). The average runs on whole
//! numbers, so it cannot drift and a signal that needs no limiting passes unchanged.

/// What the limiter lets through, in dBFS of true peak.
pub(crate) const CEILING_DB: f32 = -0.3;
/// What the limiter aims at: the detector misses up to a tenth of a decibel in the top octave.
const AIM_DB: f32 = CEILING_DB - 0.1;
const LOOKAHEAD_SECS: f32 = 0.0015;
const RELEASE_SECS: f32 = 0.08;
const OVERSAMPLING: usize = 8;
/// Taps of each phase of the detector.
const TAPS: usize = 24;
/// The detector looks at the gap behind this sample, counted back from the newest.
const CENTRE: usize = TAPS / 2;
/// Below this, no gap between samples can reach the ceiling: the taps of a phase add up to less than 2.3 in magnitude.
const QUIET: f32 = 0.4;
/// Reductions are whole numbers of this fraction.
const UNIT: f32 = 1.0 / 16_777_216.0;

pub(crate) struct Brickwall {
    /// The true peak aimed at, as an amplitude.
    aim: f32,
    /// For each eighth of the way between samples.
    phases: [[f32; TAPS]; OVERSAMPLING - 1],
    /// The newest samples of each channel, twice in a row so that they can be read as one slice.
    history: [[f32; 2 * TAPS]; 2],
    history_at: usize,
    frames_since_loud: usize,
    /// Candidates for the largest reduction of the window: (frame, reduction), reductions falling.
    largest: Box<[(u64, f32)]>,
    largest_first: usize,
    largest_len: usize,
    frame: u64,
    released: f32,
    release: f32,
    /// The last reductions of the average, in [`UNIT`]s, and their sum.
    average: Box<[u32]>,
    average_at: usize,
    average_sum: u64,
    delay: Box<[[f32; 2]]>,
    delay_at: usize,
    /// The detector has not seen the last frames: they passed.
    is_blind: bool,
}

/// The place after `at` in a ring of `len`.
#[inline]
fn after(at: usize, len: usize) -> usize {
    if at + 1 < len { at + 1 } else { 0 }
}

/// How far the limiter looks ahead.
fn window_frames(sample_rate_hz: f32) -> usize {
    (LOOKAHEAD_SECS * sample_rate_hz).round().max(1.0) as usize
}

/// By how much what it puts out is late.
pub(crate) fn latency_frames(sample_rate_hz: f32) -> usize {
    CENTRE + window_frames(sample_rate_hz) - 1
}

impl Brickwall {
    pub(crate) fn new(sample_rate_hz: f32) -> Self {
        let window = window_frames(sample_rate_hz);
        Self {
            aim: crate::glide::gain_from_db(AIM_DB),
            phases: std::array::from_fn(|index| phase((index + 1) as f64 / OVERSAMPLING as f64)),
            history: [[0.0; 2 * TAPS]; 2],
            history_at: 0,
            frames_since_loud: TAPS,
            // One frame more than the average: the gap behind a sample reaches to the next one.
            largest: vec![(0, 0.0); window + 1].into_boxed_slice(),
            largest_first: 0,
            largest_len: 0,
            frame: 0,
            released: 0.0,
            release: (-1.0 / (RELEASE_SECS * sample_rate_hz)).exp(),
            average: vec![0; window].into_boxed_slice(),
            average_at: 0,
            average_sum: 0,
            delay: vec![[0.0; 2]; CENTRE + window].into_boxed_slice(),
            delay_at: 0,
            is_blind: false,
        }
    }

    pub(crate) fn latency_frames(&self) -> usize {
        self.delay.len() - 1
    }

    pub(crate) fn reset(&mut self) {
        self.forget();
        self.delay.fill([0.0; 2]);
        self.delay_at = 0;
    }

    /// What the detector has seen.
    fn forget(&mut self) {
        self.history = [[0.0; 2 * TAPS]; 2];
        (self.history_at, self.frames_since_loud, self.frame) = (0, TAPS, 0);
        (self.largest_first, self.largest_len, self.released) = (0, 0, 0.0);
        self.average.fill(0);
        (self.average_at, self.average_sum) = (0, 0);
        self.is_blind = false;
    }

    /// Delays frames as [`Brickwall::next`] does, and limits nothing.
    pub(crate) fn pass(&mut self, sides: [&mut [f32]; 2]) {
        let [left, right] = sides;
        for (left, right) in left.iter_mut().zip(right) {
            self.delay[self.delay_at] = [*left, *right];
            self.delay_at = after(self.delay_at, self.delay.len());
            [*left, *right] = self.delay[self.delay_at];
        }
        self.is_blind = true;
    }

    /// Takes a frame; gives the delayed frame and the share (0 to 1) to take off it.
    #[inline]
    pub(crate) fn next(&mut self, input: [f32; 2]) -> ([f32; 2], f32) {
        if self.is_blind {
            self.forget();
        }
        let peak = self.true_peak(input);
        let needed = if peak > self.aim { 1.0 - self.aim / peak } else { 0.0 };
        let held = self.hold(needed);
        self.released = held.max(self.released * self.release);
        if self.released < UNIT {
            self.released = 0.0;
        }
        self.delay[self.delay_at] = input;
        self.delay_at = after(self.delay_at, self.delay.len());
        (self.delay[self.delay_at], self.smooth())
    }

    /// The largest magnitude of both channels from the centre sample up to the next.
    fn true_peak(&mut self, input: [f32; 2]) -> f32 {
        let at = self.history_at;
        for (history, sample) in self.history.iter_mut().zip(input) {
            history[at] = sample;
            history[at + TAPS] = sample;
        }
        self.history_at = after(at, TAPS);
        let is_loud = input[0].abs().max(input[1].abs()) > QUIET;
        self.frames_since_loud = if is_loud { 0 } else { (self.frames_since_loud + 1).min(TAPS) };
        if self.frames_since_loud >= TAPS {
            return 0.0;
        }
        let mut peak = 0.0_f32;
        for history in &self.history {
            let newest = &history[self.history_at..self.history_at + TAPS];
            peak = peak.max(newest[TAPS - 1 - CENTRE].abs());
            for taps in &self.phases {
                peak = peak.max(dot(taps, newest).abs());
            }
        }
        peak
    }

    /// The largest reduction of the window that ends here: a queue from which smaller ones before larger ones are dropped.
    fn hold(&mut self, needed: f32) -> f32 {
        let len = self.largest.len();
        let place = |first: usize, offset: usize| if first + offset < len { first + offset } else { first + offset - len };
        while self.largest_len > 0 && self.largest[place(self.largest_first, self.largest_len - 1)].1 <= needed {
            self.largest_len -= 1;
        }
        if self.largest_len > 0 && self.largest[self.largest_first].0 + len as u64 <= self.frame {
            self.largest_first = place(self.largest_first, 1);
            self.largest_len -= 1;
        }
        self.largest[place(self.largest_first, self.largest_len)] = (self.frame, needed);
        self.largest_len += 1;
        self.frame += 1;
        self.largest[self.largest_first].1
    }

    fn smooth(&mut self) -> f32 {
        let units = (self.released / UNIT).ceil() as u32;
        let oldest = std::mem::replace(&mut self.average[self.average_at], units);
        self.average_at = after(self.average_at, self.average.len());
        self.average_sum = self.average_sum + u64::from(units) - u64::from(oldest);
        (self.average_sum as f64 / self.average.len() as f64) as f32 * UNIT
    }
}

fn dot(taps: &[f32; TAPS], samples: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    for (taps, samples) in taps.chunks_exact(8).zip(samples.chunks_exact(8)) {
        for lane in 0..8 {
            sums[lane] += taps[lane] * samples[lane];
        }
    }
    sums.iter().sum()
}

/// A sinc under a Kaiser window (β = 6), `fraction` of a sample behind the centre.
fn phase(fraction: f64) -> [f32; TAPS] {
    let taps: [f64; TAPS] = std::array::from_fn(|k| {
        let t = k as f64 - (TAPS - 1 - CENTRE) as f64 - fraction;
        let x = std::f64::consts::PI * t;
        x.sin() / x * bessel_i0(6.0 * (1.0 - (t / CENTRE as f64).powi(2)).max(0.0).sqrt())
    });
    let sum: f64 = taps.iter().sum();
    taps.map(|tap| (tap / sum) as f32)
}

/// The modified Bessel function of order zero, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..40 {
        term *= (x / (2.0 * f64::from(k))).powi(2);
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::{Brickwall, CEILING_DB, QUIET, phase};

    fn limit(samples: &[f32], rate_hz: f32) -> Vec<f32> {
        let mut limiter = Brickwall::new(rate_hz);
        samples.iter().map(|x| limiter.next([*x, 0.0])).map(|(out, less)| out[0] * (1.0 - less)).collect()
    }

    /// The largest magnitude of the signal oversampled eight times by a long sinc, in dB: a judge better than the detector.
    fn true_peak_db(samples: &[f32]) -> f64 {
        const HALF: isize = 48;
        let mut peak = 0.0_f64;
        for n in HALF as usize..samples.len() - HALF as usize {
            for fraction in 0..8 {
                let mut sum = 0.0;
                for k in -HALF + 1..=HALF {
                    let t = k as f64 - f64::from(fraction) / 8.0;
                    let x = std::f64::consts::PI * t;
                    let sinc = if t == 0.0 { 1.0 } else { x.sin() / x };
                    let window = 0.5 + 0.5 * (x / HALF as f64).cos();
                    sum += sinc * window * f64::from(samples[(n as isize + k) as usize]);
                }
                peak = peak.max(sum.abs());
            }
        }
        20.0 * peak.log10()
    }

    #[test]
    fn no_true_peak_passes_the_ceiling() {
        let rate = 48_000.0;
        let bursts = |hz: f64, level: f64| -> Vec<f32> {
            (0..2400)
                .map(|n| level * f64::from((n / 300) % 2) * (std::f64::consts::TAU * hz * f64::from(n) / 48_000.0 + 0.7).sin())
                .map(|x| x as f32)
                .collect()
        };
        let mut square = bursts(500.0, 3.0);
        square.iter_mut().for_each(|x| *x = x.clamp(-1.5, 1.5));
        for (name, signal) in [
            ("bass", bursts(110.0, 2.0)),
            ("a quarter of the rate, between samples", bursts(12_000.0, 1.38)),
            ("high", bursts(17_000.0, 4.0)),
            ("clipped", square),
        ] {
            let peak_db = true_peak_db(&limit(&signal, rate));
            assert!(peak_db <= f64::from(CEILING_DB) + 0.1, "{name}: {peak_db} dB");
        }
    }

    #[test]
    fn what_needs_no_limiting_passes_unchanged_and_late_by_the_latency() {
        let quiet: Vec<f32> = (0..2000).map(|n| 0.9 * (n as f32 * 0.05).sin()).collect();
        let latency = Brickwall::new(96_000.0).latency_frames();
        assert_eq!(limit(&quiet, 96_000.0)[latency..], quiet[..2000 - latency]);
    }

    #[test]
    fn quiet_gaps_cannot_reach_the_ceiling() {
        for eighth in 1..8 {
            let sum: f32 = phase(f64::from(eighth) / 8.0).iter().map(|tap| tap.abs()).sum();
            assert!(sum * QUIET < 0.95, "{sum}");
        }
    }
}
