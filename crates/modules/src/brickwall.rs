//! A brick-wall limiter for a stereo pair that looks ahead and counts the peaks between samples.
//!
//! The needed reduction is found on the signal oversampled eight times (windowed sinc, 24 taps a phase; four times would
//! miss a third of a decibel at 17 kHz), held for as long as
//! the limiter looks ahead, released exponentially, then averaged over the same time: the average has just reached the held
//! reduction when the peak comes out of the delay (the look-ahead limiter of Udo Zölzer, DAFX, 2nd ed., section 4.2.2, with a
//! moving average in place of its one-pole attack, so that the ceiling is never passed). The average runs on whole
//! numbers, so it cannot drift and a signal that needs no limiting passes unchanged.

use crate::dsp::{PaddedRow, frames_at, put_frames};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, SimdMask, f32x8, select, splat};
use patchlight_engine::{BLOCK, GROUP};

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
    /// The frames that are delayed, by channel, then those of a call.
    lines: [Box<[f32]>; 2],
    latency: usize,
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
        // The detector looks back on its taps, which the delay may be too short for.
        let latency = latency_frames(sample_rate_hz);
        let line = vec![0.0; latency.max(TAPS) + BLOCK + GROUP].into_boxed_slice();
        Self {
            aim: crate::glide::gain_from_db(AIM_DB),
            phases: std::array::from_fn(|index| phase((index + 1) as f64 / OVERSAMPLING as f64)),
            lines: [line.clone(), line],
            latency,
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
        }
    }

    pub(crate) fn latency_frames(&self) -> usize {
        self.latency
    }

    pub(crate) fn reset(&mut self) {
        self.lines.iter_mut().for_each(|line| line.fill(0.0));
        (self.largest_first, self.largest_len, self.frame, self.released) = (0, 0, 0, 0.0);
        self.average.fill(0);
        (self.average_at, self.average_sum) = (0, 0);
    }

    /// Frames that lie on the line before those of the call.
    fn past(&self) -> usize {
        self.latency.max(TAPS)
    }

    /// Takes the first `count` frames of both channels and puts the delayed ones in their place; writes the share (0 to 1) to take off
    /// each. Tells whether any is more than nothing; if not, the shares are not written.
    #[inline(always)]
    pub(crate) fn run<S: Simd>(&mut self, simd: S, frames: &mut [PaddedRow; 2], count: usize, shares: &mut PaddedRow) -> bool {
        let past = self.past();
        for (line, frames) in self.lines.iter_mut().zip(frames.iter()) {
            line[past..past + count].copy_from_slice(&frames[..count]);
        }
        let is_needed = self.detect(simd, count, shares);
        self.delay(frames, count);
        let largest = if self.largest_len > 0 { self.largest[self.largest_first].1 } else { 0.0 };
        if !is_needed && largest == 0.0 && self.released == 0.0 && self.average_sum == 0 {
            self.rest(count);
            return false;
        }
        for share in &mut shares[..count] {
            let held = self.hold(*share);
            self.released = held.max(self.released * self.release);
            if self.released < UNIT {
                self.released = 0.0;
            }
            *share = self.smooth();
        }
        true
    }

    /// Passes over frames of silence, where silence is all that came for so long that nothing else is on the lines; tells whether it did.
    pub(crate) fn rests(&mut self, quiet_frames: usize, count: usize) -> bool {
        let is_empty = quiet_frames >= self.past() + count && self.released == 0.0 && self.average_sum == 0;
        let rests = is_empty && (self.largest_len == 0 || self.largest[self.largest_first].1 == 0.0);
        if rests {
            self.rest(count);
        }
        rests
    }

    /// Delays frames as [`Brickwall::run`] does, and limits nothing: for when the limiter is switched off. It begins anew afterwards.
    pub(crate) fn pass(&mut self, frames: &mut [PaddedRow; 2], count: usize) {
        let past = self.past();
        for (line, frames) in self.lines.iter_mut().zip(frames.iter()) {
            line[past..past + count].copy_from_slice(&frames[..count]);
        }
        self.delay(frames, count);
        if self.released > 0.0 || self.average_sum > 0 {
            self.average.fill(0);
            (self.released, self.average_sum) = (0.0, 0);
        }
        self.rest(count);
    }

    /// Puts the delayed frames in the place of those that came, and moves the lines on.
    fn delay(&mut self, frames: &mut [PaddedRow; 2], count: usize) {
        let past = self.past();
        for (line, frames) in self.lines.iter_mut().zip(frames.iter_mut()) {
            let first = past - self.latency;
            frames[..count].copy_from_slice(&line[first..first + count]);
            line.copy_within(count..count + past, 0);
        }
    }

    /// What frames leave behind of which nothing has to be taken off.
    fn rest(&mut self, count: usize) {
        self.frame += count as u64;
        self.largest[self.largest_first] = (self.frame - 1, 0.0);
        self.largest_len = 1;
        self.average_at = (self.average_at + count) % self.average.len();
    }

    /// Writes what would have to be taken off each frame; tells whether that is anything.
    #[inline(always)]
    fn detect<S: Simd>(&self, simd: S, count: usize, needed: &mut PaddedRow) -> bool {
        let past = self.past();
        let (zero, one, aim) = (splat(simd, 0.0), splat(simd, 1.0), splat(simd, self.aim));
        let mut most = zero;
        for n in (0..count).step_by(GROUP) {
            // From the oldest frame that the first of eight looks back on.
            let first = past + n + 1 - TAPS;
            let mut reduction = zero;
            let (mut left, mut right) = (zero, zero);
            for from in (first..first + TAPS + GROUP).step_by(GROUP) {
                left = left.max(frames_at(simd, &self.lines[0], from).abs());
                right = right.max(frames_at(simd, &self.lines[1], from).abs());
            }
            if left.max(right).simd_gt(splat(simd, QUIET)).any_true() {
                let peak = self.true_peaks(simd, &self.lines[0], first).max(self.true_peaks(simd, &self.lines[1], first));
                reduction = select(peak.simd_gt(aim), one - aim / peak.max(aim), zero);
            }
            put_frames(reduction, needed, n);
        }
        for n in (0..count).step_by(GROUP) {
            most = most.max(frames_at(simd, &needed[..count], n));
        }
        most.simd_gt(zero).any_true()
    }

    /// The largest magnitudes from the centre sample up to the next, of eight neighbouring frames whose oldest is at `first`.
    #[inline(always)]
    fn true_peaks<S: Simd>(&self, simd: S, line: &[f32], first: usize) -> f32x8<S> {
        let mut sums = [splat(simd, 0.0); OVERSAMPLING - 1];
        for k in 0..TAPS {
            let frames = frames_at(simd, line, first + k);
            for phase in 0..OVERSAMPLING - 1 {
                sums[phase] = frames.mul_add(splat(simd, self.phases[phase][k]), sums[phase]);
            }
        }
        let mut peak = frames_at(simd, line, first + TAPS - 1 - CENTRE).abs();
        for sum in sums {
            peak = peak.max(sum.abs());
        }
        peak
    }

    /// The largest reduction of the window that ends here: a queue from which smaller ones before larger ones are dropped.
    fn hold(&mut self, needed: f32) -> f32 {
        let len = self.largest.len();
        let place = |first: usize, offset: usize| (first + offset) % len;
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
        self.average_at = (self.average_at + 1) % self.average.len();
        self.average_sum = self.average_sum + u64::from(units) - u64::from(oldest);
        (self.average_sum as f64 / self.average.len() as f64) as f32 * UNIT
    }
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
    use crate::dsp::EMPTY_ROW;
    use patchlight_engine::BLOCK;
    use patchlight_engine::simd::{Simd, SimdJob, vectorize};

    struct Limit<'a>(&'a [f32], Brickwall, usize);

    impl SimdJob for Limit<'_> {
        type Output = Vec<f32>;

        #[inline(always)]
        fn run<S: Simd>(mut self, simd: S) -> Vec<f32> {
            let mut out = Vec::new();
            for part in self.0.chunks(self.2) {
                let (mut rows, mut shares) = ([EMPTY_ROW; 2], EMPTY_ROW);
                rows[0][..part.len()].copy_from_slice(part);
                let limits = self.1.run(simd, &mut rows, part.len(), &mut shares);
                out.extend((0..part.len()).map(|n| rows[0][n] * if limits { 1.0 - shares[n] } else { 1.0 }));
            }
            out
        }
    }

    fn limit_in_parts(samples: &[f32], rate_hz: f32, part_frames: usize) -> Vec<f32> {
        vectorize(Limit(samples, Brickwall::new(rate_hz), part_frames))
    }

    fn limit(samples: &[f32], rate_hz: f32) -> Vec<f32> {
        limit_in_parts(samples, rate_hz, BLOCK)
    }

    #[test]
    fn it_is_the_same_for_any_length_of_call_and_at_rest_as_at_work() {
        // Loud for a while, then too quiet to be looked at, and loud again.
        let wave = |n: usize| if n % 9000 < 3000 { 2.0 } else { 0.2 } * (n as f32 * 0.31).sin();
        let samples: Vec<f32> = (0..20_000).map(wave).collect();
        let whole = limit(&samples, 44_100.0);
        assert!(limit_in_parts(&samples, 44_100.0, 1) == whole && limit_in_parts(&samples, 44_100.0, 7) == whole);
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
    fn switched_off_it_is_as_late_and_on_again_it_limits() {
        let (mut limiter, mut rows) = (Brickwall::new(48_000.0), [EMPTY_ROW; 2]);
        let latency = limiter.latency_frames();
        let mut heard = Vec::new();
        for block in 0..4 {
            rows[0][..BLOCK].copy_from_slice(&std::array::from_fn::<f32, BLOCK, _>(|n| (block * BLOCK + n) as f32));
            limiter.pass(&mut rows, BLOCK);
            heard.extend_from_slice(&rows[0][..BLOCK]);
        }
        assert!(heard.iter().skip(latency).enumerate().all(|(n, x)| *x == n as f32));
        let loud = vec![4.0; 2_000];
        let limited = vectorize(Limit(&loud, limiter, BLOCK));
        assert!((limited[1_999] - 0.955).abs() < 0.01, "{}", limited[1_999]);
    }

    #[test]
    fn quiet_gaps_cannot_reach_the_ceiling() {
        for eighth in 1..8 {
            let sum: f32 = phase(f64::from(eighth) / 8.0).iter().map(|tap| tap.abs()).sum();
            assert!(sum * QUIET < 0.95, "{sum}");
        }
    }
}
