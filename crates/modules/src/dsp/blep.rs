//! Band-limited edges: what turns a jump between samples, or a corner, into one without aliases.
//!
//! A waveform with jumps is written as it stands ("naive"), [`DELAY`] frames late, and to it is added, for every jump, the
//! difference between a low-passed step and a bare one; for a corner, the difference between the integrals of the two. The
//! differences last [`TAPS`] frames and are tabled at 256 instants between two samples, linear in between. A sine that is cut
//! short jumps in all its derivatives: [`Residuals::sine_start`]. See docs/adr/0004-band-limited-oscillators.md.
//!
//! The low-pass is minimum-phase. Its steps lag behind by a little more than two samples; the tables bring that to exactly
//! [`DELAY`], because only with a whole delay do the differences of corners fade to nothing.

use crate::dsp::min_phase::kernel;
use fearless_simd::f32x4;
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, cos_turns, f32x8, f32x16, load, sin_turns, splat, store};
use patchlight_engine::{BLOCK, GROUP, LaneState, LaneVisit, Oct};
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

/// The kinds of edges.
pub struct Residuals {
    /// For a jump of 1.
    pub step: Residual,
    /// For a slope that changes by 1 a frame.
    pub corner: Residual,
    /// The low-pass itself.
    kernel: Residual,
}

/// The tables, made at the first call (a few milliseconds, so ask for them in `build` and keep the reference).
pub fn residuals() -> &'static Residuals {
    static TABLES: OnceLock<Residuals> = OnceLock::new();
    TABLES.get_or_init(|| {
        let kernel = delayed(&kernel(LEN_SAMPLES, PHASES, CUTOFF, BETA));
        let step = integrated(&kernel);
        let corner = integrated(&step);
        Residuals {
            step: Residual::new(&step, |_| 1.0),
            corner: Residual::new(&corner, |since| since),
            kernel: Residual::new(&kernel, |_| 0.0),
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

    /// The differences for an edge that is `age` frames old, eight taps from `tap` on.
    #[inline(always)]
    fn taps<S: Simd>(&self, simd: S, age: f32, tap: usize) -> f32x8<S> {
        let position = age.clamp(0.0, 1.0) * PHASES as f32;
        let row = (position as usize).min(PHASES - 1);
        let (before, after) = (&self.0[row][tap..tap + GROUP], &self.0[row + 1][tap..tap + GROUP]);
        let (before, after) = (f32x8::from_slice(simd, before), f32x8::from_slice(simd, after));
        (after - before).mul_add(splat(simd, position - row as f32), before)
    }
}

/// Points of the time axis to a sample where a cut sine is filtered.
const FINE: usize = 4;

impl Residuals {
    /// The low-pass at ages of `age` and 0 to 7 frames more, from `tap` on.
    #[inline(always)]
    pub fn kernel_taps<S: Simd>(&self, simd: S, age: f32, tap: usize) -> f32x8<S> {
        self.kernel.taps(simd, age, tap)
    }

    /// The difference between a low-passed and a bare e^(2πi·turns·t) that begins at t = 0, `age` frames ago: real and
    /// imaginary part.
    ///
    /// The low-passed one is the sum over points a quarter of a sample apart, y(t) = ¼ Σ e^(2πi·turns·m/4) · g(t − m/4), its
    /// first term halved: the kernel g alone decides what of it lies above the band, so nothing aliases. It is a little late
    /// or early where the low-pass is, and moves over to the bare one's phase while the table lasts.
    #[inline(always)]
    pub fn sine_start<S: Simd>(&self, simd: S, turns: f32, age: f32) -> [[f32; TAPS]; 2] {
        let angles = [0.0, turns * 0.25, turns * 0.5, turns * 0.75, turns, turns * age, -turns * DELAY as f32, 0.0];
        let (mut sin, mut cos) = ([0.0; GROUP], [0.0; GROUP]);
        store(sin_turns(simd, load(simd, &angles)), &mut sin);
        store(cos_turns(simd, load(simd, &angles)), &mut cos);
        let [mut re, mut im] = self.new_terms(simd, age, &cos, &sin);
        // What has begun goes on turning.
        for tap in 1..TAPS {
            re[tap] += re[tap - 1] * cos[4] - im[tap - 1] * sin[4];
            im[tap] += re[tap - 1] * sin[4] + im[tap - 1] * cos[4];
        }
        for tap in (0..TAPS).step_by(GROUP) {
            let half_term = self.kernel.taps(simd, age, tap) * splat(simd, -0.5 / FINE as f32);
            let terms = &mut re[tap..tap + GROUP];
            (f32x8::from_slice(simd, terms) + half_term).store_slice(terms);
        }
        subtract_bare(&mut re, &mut im, age, (cos, sin));
        [re, im]
    }

    /// For each tap the terms of the sum that are new since the tap before.
    #[inline(always)]
    fn new_terms<S: Simd>(&self, simd: S, age: f32, cos: &Oct, sin: &Oct) -> [[f32; TAPS]; 2] {
        // One tap more in front: points before the tap's own sample belong to the kernel's tap before.
        let (mut re, mut im) = ([0.0; TAPS + 1], [0.0; TAPS + 1]);
        for m in 0..FINE {
            let since = age - m as f32 / FINE as f32;
            let (phase, shift) = if since < 0.0 { (since + 1.0, 1) } else { (since, 0) };
            let (cos, sin) = (splat(simd, cos[m] / FINE as f32), splat(simd, sin[m] / FINE as f32));
            for tap in (0..TAPS).step_by(GROUP) {
                let (kernel, at) = (self.kernel.taps(simd, phase, tap), tap + shift..tap + shift + GROUP);
                kernel.mul_add(cos, f32x8::from_slice(simd, &re[at.clone()])).store_slice(&mut re[at.clone()]);
                kernel.mul_add(sin, f32x8::from_slice(simd, &im[at.clone()])).store_slice(&mut im[at]);
            }
        }
        [re, im].map(|part| std::array::from_fn(|tap| part[tap]))
    }
}

/// Takes the bare sine off the low-passed one, and fades what remains of it at the end out over all taps.
#[inline(always)]
fn subtract_bare(re: &mut [f32; TAPS], im: &mut [f32; TAPS], age: f32, (cos, sin): (Oct, Oct)) {
    let times = |a: (f32, f32), b: (f32, f32)| (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0);
    let (turn, late) = ((cos[4], sin[4]), (cos[6], sin[6]));
    let mut now = [(cos[5], sin[5]); TAPS];
    for tap in 1..TAPS {
        now[tap] = times(now[tap - 1], turn);
    }
    let end = times((re[TAPS - 1], im[TAPS - 1]), (now[TAPS - 1].0, -now[TAPS - 1].1));
    let lasting = (end.0 - late.0, end.1 - late.1);
    for tap in 0..TAPS {
        let share = fade(tap as f32 + age);
        let bare = if tap >= DELAY { late } else { (0.0, 0.0) };
        let bare = times((bare.0 + share * lasting.0, bare.1 + share * lasting.1), now[tap]);
        (re[tap], im[tap]) = (re[tap] - bare.0, im[tap] - bare.1);
    }
}

/// 0 to 1 over the taps, with three smooth derivatives at either end.
pub fn fade(frames: f32) -> f32 {
    let x = (frames / (TAPS - 1) as f32).min(1.0);
    x * x * x * x * (x * (x * (70.0 - x * 20.0) - 84.0) + 35.0)
}

const CELLS: usize = 2 * BLOCK + TAPS;

/// The edges of eight lanes that are still to be heard, and the naive frames that wait for them.
///
/// A call goes [`Pending::begin`], then for each frame [`Late::exchange`] into the output and [`Pending::add`] for its edges, in the
/// order of time, then [`Pending::end`], which adds the edges to the output.
pub struct Pending {
    /// Apart from the rest, which every call touches.
    cells: Box<[[f32; CELLS]; GROUP]>,
    /// The cell of the first frame of this call.
    at: usize,
    /// So many frames from there on may hold edges; behind them all is zero.
    busy: usize,
    /// Cells from here on have held no edge since they were cleared.
    clean: usize,
    naive: [Oct; DELAY],
}

/// The naive frames that wait, during a call.
#[derive(Clone, Copy)]
pub struct Late<S: Simd>([f32x8<S>; DELAY]);

impl<S: Simd> Late<S> {
    /// Takes a naive frame and gives the one of [`DELAY`] frames before.
    #[inline(always)]
    pub fn exchange(&mut self, naive: f32x8<S>) -> f32x8<S> {
        let [late, second, third] = self.0;
        self.0 = [second, third, naive];
        late
    }
}

/// The naive frames that wait of two groups.
#[derive(Clone, Copy)]
pub struct LatePair<S: Simd>([f32x16<S>; DELAY]);

impl<S: Simd> LatePair<S> {
    #[inline(always)]
    pub fn new(simd: S, low: Late<S>, high: Late<S>) -> Self {
        let ([a, b, c], [d, e, f]) = (low.0, high.0);
        Self([simd.combine_f32x8(a, d), simd.combine_f32x8(b, e), simd.combine_f32x8(c, f)])
    }

    #[inline(always)]
    pub fn split(self, simd: S) -> (Late<S>, Late<S>) {
        let [a, b, c] = self.0;
        let ((a, d), (b, e), (c, f)) = (simd.split_f32x16(a), simd.split_f32x16(b), simd.split_f32x16(c));
        (Late([a, b, c]), Late([d, e, f]))
    }

    /// As [`Late::exchange`].
    #[inline(always)]
    pub fn exchange(&mut self, naive: f32x16<S>) -> f32x16<S> {
        let [late, second, third] = self.0;
        self.0 = [second, third, naive];
        late
    }
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
        Self { cells: Box::new([[0.0; CELLS]; GROUP]), at: 0, busy: 0, clean: 0, naive: [[0.0; GROUP]; DELAY] }
    }

    pub fn reset(&mut self) {
        self.cells.as_flattened_mut().fill(0.0);
        (self.at, self.busy, self.clean, self.naive) = (0, 0, 0, [[0.0; GROUP]; DELAY]);
    }

    /// Makes room for a call of so many frames.
    #[inline(always)]
    pub fn begin<S: Simd>(&mut self, simd: S, frames: usize) -> Late<S> {
        if self.at + frames + TAPS > CELLS {
            self.begin_anew();
        }
        let [late, second, third] = &self.naive;
        Late([load(simd, late), load(simd, second), load(simd, third)])
    }

    /// Brings what is still to be heard to the first cells. What was never touched is not touched.
    #[inline(always)]
    fn begin_anew(&mut self) {
        let kept = if self.busy > 0 { TAPS } else { 0 };
        for lane in self.cells.iter_mut().filter(|_| self.clean > 0) {
            lane.copy_within(self.at..self.at + kept, 0);
            lane[kept..self.clean.max(kept)].fill(0.0);
        }
        (self.at, self.clean) = (0, kept);
    }

    /// Adds an edge.
    #[inline(always)]
    pub fn add<S: Simd>(&mut self, simd: S, residual: &Residual, moment: Moment, height: f32) {
        self.busy = self.busy.max(moment.frame + TAPS);
        let start = self.at + moment.frame;
        self.clean = self.clean.max(start + TAPS);
        let cells = &mut self.cells[moment.lane][start..start + TAPS];
        for (tap, cells) in (0..TAPS).step_by(GROUP).zip(cells.chunks_exact_mut(GROUP)) {
            let sum = residual.taps(simd, moment.age, tap).mul_add(splat(simd, height), f32x8::from_slice(simd, cells));
            sum.store_slice(cells);
        }
    }

    /// Adds differences that were computed for this one edge.
    #[inline(always)]
    pub fn add_row(&mut self, moment: Moment, row: &[f32; TAPS], weight: f32) {
        self.busy = self.busy.max(moment.frame + TAPS);
        let start = self.at + moment.frame;
        self.clean = self.clean.max(start + TAPS);
        let cells = &mut self.cells[moment.lane][start..start + TAPS];
        cells.iter_mut().zip(row).for_each(|(cell, difference)| *cell += difference * weight);
    }

    /// Adds a weighted sum of differences that were computed before.
    #[inline(always)]
    pub fn add_rows(&mut self, moment: Moment, rows: &[[f32; TAPS]; 2], weights: [f32; 2]) {
        self.busy = self.busy.max(moment.frame + TAPS);
        let start = self.at + moment.frame;
        self.clean = self.clean.max(start + TAPS);
        let cells = &mut self.cells[moment.lane][start..start + TAPS];
        for ((cell, first), second) in cells.iter_mut().zip(&rows[0]).zip(&rows[1]) {
            *cell += first * weights[0] + second * weights[1];
        }
    }

    /// Ends a call: adds the edges to what [`Late::exchange`] gave for its frames.
    #[inline(always)]
    pub fn end<S: Simd>(&mut self, simd: S, late: Late<S>, out: &mut [Oct]) {
        // One by one: an array of vectors that is walked through goes by way of the memory, and is waited for.
        for index in 0..DELAY {
            store(late.0[index], &mut self.naive[index]);
        }
        if self.busy > 0 {
            let busy = self.busy.min(out.len());
            let (tiles, rest) = out[..busy].as_chunks_mut::<GROUP>();
            for (number, tile) in tiles.iter_mut().enumerate() {
                self.add_tile(simd, self.at + GROUP * number, tile);
            }
            let first = self.at + busy - rest.len();
            for (number, frame) in rest.iter_mut().enumerate() {
                frame.iter_mut().zip(self.cells.iter()).for_each(|(sample, cells)| *sample += cells[first + number]);
            }
        }
        self.at += out.len();
        self.busy = self.busy.saturating_sub(out.len());
    }

    /// Four frames of a lane.
    #[inline(always)]
    fn four<S: Simd>(&self, simd: S, lane: usize, cell: usize) -> f32x4<S> {
        f32x4::from_slice(simd, &self.cells[lane][cell..cell + 4])
    }

    /// Adds the edges of eight frames, whose lanes lie in rows, to frames of eight lanes: four blocks of four by four, turned.
    #[inline(always)]
    fn add_tile<S: Simd>(&self, simd: S, cell: usize, tile: &mut [Oct; GROUP]) {
        for (lane, frame) in [(0, 0), (0, 4), (4, 0), (4, 4)] {
            let [a, b, c, d] = [lane, lane + 1, lane + 2, lane + 3];
            let (a, b) = (self.four(simd, a, cell + frame), self.four(simd, b, cell + frame));
            let (c, d) = (self.four(simd, c, cell + frame), self.four(simd, d, cell + frame));
            let (even, odd) = ([a.zip_low(c), a.zip_high(c)], [b.zip_low(d), b.zip_high(d)]);
            let turned = [even[0].zip_low(odd[0]), even[0].zip_high(odd[0]), even[1].zip_low(odd[1]), even[1].zip_high(odd[1])];
            for (number, edges) in turned.into_iter().enumerate() {
                let samples = &mut tile[frame + number][lane..lane + 4];
                (f32x4::from_slice(simd, samples) + edges).store_slice(samples);
            }
        }
    }
}

impl LaneState for Pending {
    fn visit(&mut self, visit: &mut LaneVisit<'_>) {
        for cell in self.at..self.at + TAPS {
            let mut word = self.cells.each_ref().map(|lane| lane[cell].to_bits());
            visit(&mut word);
            self.cells.iter_mut().zip(word).for_each(|(lane, word)| lane[cell] = f32::from_bits(word));
        }
        self.naive.iter_mut().for_each(|naive| naive.visit(visit));
        // Something may have been put in.
        self.busy = TAPS;
        self.clean = self.clean.max(self.at + TAPS);
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
        for tap in (0..TAPS - 1).filter(|tap| *tap != DELAY - 1) {
            assert!((tables.step.0[PHASES][tap] - tables.step.0[0][tap + 1]).abs() < 1e-6, "tap {tap}");
        }
        let jump = tables.step.0[PHASES][DELAY - 1] - tables.step.0[0][DELAY];
        assert!((jump - 1.0).abs() < 1e-6, "the difference jumps by what the naive step jumps: {jump}");
    }
}
