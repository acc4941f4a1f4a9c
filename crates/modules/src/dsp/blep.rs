//! Band-limited edges: what turns a jump between samples, or a corner, into one without aliases.
//!
//! A waveform with jumps is written as it stands ("naive"), [`DELAY`] frames late, and to it is added, for every jump, the
//! difference between a low-passed step and a bare one; for a corner, the difference between the integrals of the two; for a
//! change of curvature the difference between the second integrals. The differences last [`TAPS`] frames and are tabled at
//! 256 instants between two samples, linear in between. See docs/adr/0004-band-limited-oscillators.md.
//!
//! The low-pass is minimum-phase. Its steps lag behind by a little more than two samples; the tables bring that to exactly
//! [`DELAY`], because only with a whole delay do the differences of corners fade to nothing.

use crate::dsp::min_phase::kernel;
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, f32x8, load, splat};
use patchlight_engine::{BLOCK, GROUP, Oct};
use std::sync::OnceLock;

/// Frames that an edge lasts.
pub const TAPS: usize = 32;

/// Frames by which what is written lags behind the phase that made it.
pub const DELAY: usize = 3;

/// Instants between two samples.
const PHASES: usize = 256;

/// The low-pass: −0.1 dB at 18.2 kHz and below −85 dB from 28.5 kHz on, at 48 kHz.
const LEN_SAMPLES: usize = TAPS - 2;
const CUTOFF: f64 = 0.46;
const BETA: f64 = 9.1;

/// One kind of edge: for each instant, the differences to add to the frames from now on.
pub struct Residual(Box<[[f32; TAPS]]>);

/// The three kinds of edges.
pub struct Residuals {
    /// For a jump of 1.
    pub step: Residual,
    /// For a slope that changes by 1 a frame.
    pub corner: Residual,
    /// For a slope whose growth changes by 1 a frame a frame.
    pub bend: Residual,
}

/// The tables, made at the first call (a few milliseconds, so ask for them in `build` and keep the reference).
pub fn residuals() -> &'static Residuals {
    static TABLES: OnceLock<Residuals> = OnceLock::new();
    TABLES.get_or_init(|| {
        let step = integrated(&delayed(&kernel(LEN_SAMPLES, PHASES, CUTOFF, BETA)));
        let corner = integrated(&step);
        let bend = integrated(&corner);
        Residuals {
            step: Residual::new(&step, |_| 1.0),
            corner: Residual::new(&corner, |since| since),
            bend: Residual::new(&bend, |since| 0.5 * since * since),
        }
    })
}

/// The kernel moved so that its centre of gravity, and with it the delay of slow signals, is exactly [`DELAY`].
fn delayed(kernel: &[f64]) -> Vec<f64> {
    let centre = kernel.iter().enumerate().map(|(i, tap)| i as f64 * tap).sum::<f64>() / kernel.iter().sum::<f64>();
    let shift = (DELAY * PHASES) as f64 - centre;
    let (whole, part) = (shift.floor() as usize, shift.fract());
    let mut moved = vec![0.0; TAPS * PHASES + 1];
    for (i, tap) in kernel.iter().enumerate().take(moved.len() - whole - 1) {
        moved[i + whole] += tap * (1.0 - part);
        moved[i + whole + 1] += tap * part;
    }
    moved
}

/// The running integral over samples, by trapezoids.
fn integrated(values: &[f64]) -> Vec<f64> {
    let areas = values.windows(2).scan(0.0, |sum, pair| {
        *sum += (pair[0] + pair[1]) / (2 * PHASES) as f64;
        Some(*sum)
    });
    std::iter::once(0.0).chain(areas).collect()
}

impl Residual {
    /// `naive` is the edge without low-pass, by the samples since it.
    fn new(filtered: &[f64], naive: fn(f64) -> f64) -> Self {
        let cell = |phase: usize, tap: usize| {
            let since = tap as f64 + phase as f64 / PHASES as f64 - DELAY as f64;
            // The row of age 1 ends just before the edge, so the tap decides and not the time.
            filtered[tap * PHASES + phase] - if tap >= DELAY { naive(since) } else { 0.0 }
        };
        Self((0..=PHASES).map(|phase| std::array::from_fn(|tap| cell(phase, tap) as f32)).collect())
    }

    #[inline(always)]
    fn add<S: Simd>(&self, simd: S, into: &mut [f32], age: f32, height: f32) {
        let position = age.clamp(0.0, 1.0) * PHASES as f32;
        let row = (position as usize).min(PHASES - 1);
        let (between, height) = (splat(simd, position - row as f32), splat(simd, height));
        let (before, after) = (&self.0[row], &self.0[row + 1]);
        for at in (0..TAPS).step_by(GROUP) {
            let (a, b) = (f32x8::from_slice(simd, &before[at..at + GROUP]), f32x8::from_slice(simd, &after[at..at + GROUP]));
            let sum = f32x8::from_slice(simd, &into[at..at + GROUP]);
            (b - a).mul_add(between, a).mul_add(height, sum).store_slice(&mut into[at..at + GROUP]);
        }
    }
}

const CELLS: usize = 2 * BLOCK + TAPS;

/// The edges of eight lanes that are still to be heard, and the naive frames that wait for them.
pub struct Pending {
    cells: [[f32; CELLS]; GROUP],
    /// The cell of the first frame of this call.
    at: usize,
    naive: [Oct; DELAY],
}

/// Where and when an edge happens.
#[derive(Clone, Copy)]
pub struct Moment {
    /// The frame of this call.
    pub frame: usize,
    pub lane: usize,
    /// How long before that frame, in samples, 0 to 1.
    pub age: f32,
}

impl Pending {
    pub fn new() -> Self {
        Self { cells: [[0.0; CELLS]; GROUP], at: 0, naive: [[0.0; GROUP]; DELAY] }
    }

    pub fn reset(&mut self) {
        *self = Self::new();
    }

    /// Makes room for a call of so many frames.
    #[inline(always)]
    pub fn begin(&mut self, frames: usize) {
        if self.at + frames + TAPS > CELLS {
            for lane in &mut self.cells {
                lane.copy_within(self.at..self.at + TAPS, 0);
                lane[TAPS..].fill(0.0);
            }
            self.at = 0;
        }
    }

    /// Ends it.
    #[inline(always)]
    pub fn end(&mut self, frames: usize) {
        self.at += frames;
    }

    /// Adds an edge.
    #[inline(always)]
    pub fn add<S: Simd>(&mut self, simd: S, residual: &Residual, moment: Moment, height: f32) {
        let start = self.at + moment.frame;
        residual.add(simd, &mut self.cells[moment.lane][start..start + TAPS], moment.age, height);
    }

    /// Takes a naive frame and gives the band-limited one of [`DELAY`] frames before. Add the frame's edges first.
    #[inline(always)]
    pub fn exchange<S: Simd>(&mut self, simd: S, frame: usize, naive: f32x8<S>) -> f32x8<S> {
        let cell = self.at + frame;
        let edges: Oct = std::array::from_fn(|lane| self.cells[lane][cell]);
        let late = load(simd, &self.naive[0]);
        self.naive.copy_within(1.., 0);
        naive.store_slice(&mut self.naive[DELAY - 1]);
        late + load(simd, &edges)
    }
}

#[cfg(test)]
mod tests {
    use super::{DELAY, PHASES, Residual, TAPS, residuals};

    fn largest_at_the_ends(residual: &Residual) -> f32 {
        residual.0.iter().map(|row| row[TAPS - 1].abs()).fold(0.0, f32::max)
    }

    #[test]
    fn edges_fade_to_nothing_and_join_from_sample_to_sample() {
        let tables = residuals();
        assert!(largest_at_the_ends(&tables.step) < 1e-4);
        assert!(largest_at_the_ends(&tables.corner) < 1e-4);
        assert!(largest_at_the_ends(&tables.bend) < 2e-3);
        for tap in (0..TAPS - 1).filter(|tap| *tap != DELAY - 1) {
            assert!((tables.step.0[PHASES][tap] - tables.step.0[0][tap + 1]).abs() < 1e-6, "tap {tap}");
        }
        let jump = tables.step.0[PHASES][DELAY - 1] - tables.step.0[0][DELAY];
        assert!((jump - 1.0).abs() < 1e-6, "the difference jumps by what the naive step jumps: {jump}");
    }
}
