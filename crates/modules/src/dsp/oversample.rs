//! Curves at a multiple of the rate: what a curve makes above half the rate is filtered away before it could fold back.
//!
//! Each doubling is a pair of half-band filters (Kaiser-windowed sinc, designed here: 95 dB), longest at the base rate. What passes is late by
//! whole frames, [`latency_frames`], so that other paths can be delayed to match.

/// Eight times the rate.
pub(crate) const MAX_STAGES: usize = 3;
/// Taps on one side of the centre that are not zero, for the stage next to the base rate and those above: the higher the rate, the
/// wider the gap between what is kept and what must go.
const SIDE_TAPS: [usize; MAX_STAGES] = [20, 7, 5];

/// Samples at the highest rate by which a curve is late: they round the delay of the filters up to whole frames, and a curve may use
/// them to look ahead (see [`super::corners`]).
pub(crate) const CURVE_LAG: usize = 2;

/// Frames by which so many doublings are late.
pub(crate) const fn latency_frames(stages: usize) -> usize {
    // Stage k delays by 2·(2·taps − 1) samples of its rate: 39, 6½ and 2¼ frames.
    match stages {
        0 => 0,
        1 => 40,
        2 => 46,
        _ => 48,
    }
}

/// The same of a curve that is itself late by [`CURVE_LAG`], without oversampling too.
pub(crate) const fn late_curve_frames(stages: usize) -> usize {
    if stages == 0 { CURVE_LAG } else { latency_frames(stages) }
}

/// A half-band low-pass, for doubling and halving a rate.
struct HalfBand {
    /// The taps at odd distances from the centre, from the oldest to the newest.
    taps: Vec<f32>,
    /// A ring of the newest samples, twice in a row.
    up: Vec<f32>,
    down: [Vec<f32>; 2],
    up_at: usize,
    down_at: usize,
}

/// The taps of a half-band filter at odd distances from the centre, outermost first, of one side and then the other.
fn taps(side_taps: usize) -> Vec<f32> {
    let half = (2 * side_taps) as f64;
    let mut side: Vec<f64> = (0..side_taps)
        .map(|k| {
            let t = (2 * k + 1) as f64;
            let sinc = (std::f64::consts::FRAC_PI_2 * t).sin() / (std::f64::consts::PI * t);
            sinc * bessel_i0(9.0 * (1.0 - (t / half).powi(2)).sqrt()) / bessel_i0(9.0)
        })
        .collect();
    let sum: f64 = side.iter().sum();
    side.iter_mut().for_each(|tap| *tap *= 0.25 / sum);
    side.iter().rev().chain(&side).map(|tap| *tap as f32).collect()
}

/// The taps of so many doublings, at most [`MAX_STAGES`], the one at the base rate first.
pub(crate) fn half_bands(stages: usize) -> Vec<Vec<f32>> {
    SIDE_TAPS[..stages.min(MAX_STAGES)].iter().map(|side_taps| taps(*side_taps)).collect()
}

impl HalfBand {
    fn new(taps: Vec<f32>) -> Self {
        let ring = || vec![0.0; 2 * taps.len()];
        Self { up: ring(), down: [ring(), ring()], taps, up_at: 0, down_at: 0 }
    }

    fn reset(&mut self) {
        self.up.fill(0.0);
        self.down.iter_mut().for_each(|ring| ring.fill(0.0));
        (self.up_at, self.down_at) = (0, 0);
    }

    /// One sample in, two out at twice the rate.
    fn double(&mut self, x: f32) -> [f32; 2] {
        let newest = push(&mut self.up, &mut self.up_at, x);
        // The taps of one phase are the odd ones, of the other the centre alone. Gain 2 makes up for the zeros between.
        [2.0 * dot(&self.taps, newest), newest[self.taps.len() / 2]]
    }

    /// Two samples in, one out at half the rate.
    fn halve(&mut self, pair: [f32; 2]) -> f32 {
        let mut at = self.down_at;
        let sides = dot(&self.taps, push(&mut self.down[0], &mut at, pair[0]));
        let second = push(&mut self.down[1], &mut self.down_at, pair[1]);
        sides + 0.5 * second[self.taps.len() / 2 - 1]
    }
}

/// The sum of the products, in eight sums side by side, so that the compiler makes vectors of them.
#[inline]
fn dot(taps: &[f32], samples: &[f32]) -> f32 {
    let ((taps, taps_left), (samples, samples_left)) = (taps.as_chunks::<8>(), samples.as_chunks::<8>());
    let mut sums = [0.0_f32; 8];
    for (taps, samples) in taps.iter().zip(samples) {
        for lane in 0..8 {
            sums[lane] += taps[lane] * samples[lane];
        }
    }
    let left: f32 = taps_left.iter().zip(samples_left).map(|(tap, sample)| tap * sample).sum();
    let [a, b, c, d, e, f, g, h] = sums;
    ((a + b) + (c + d)) + ((e + f) + (g + h)) + left
}

/// Puts a sample into a doubled ring; gives all of the ring, oldest first.
fn push<'a>(ring: &'a mut [f32], at: &mut usize, x: f32) -> &'a [f32] {
    let len = ring.len() / 2;
    ring[*at] = x;
    ring[*at + len] = x;
    *at = if *at + 1 == len { 0 } else { *at + 1 };
    &ring[*at..*at + len]
}

fn bessel_i0(x: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..40 {
        term *= (x / (2.0 * f64::from(k))).powi(2);
        sum += term;
    }
    sum
}

/// Runs a curve at 1, 2, 4 or 8 times the rate.
pub(crate) struct Oversampler {
    stages: Vec<HalfBand>,
    /// What the curve gave last, see [`CURVE_LAG`].
    late: [f32; CURVE_LAG],
}

impl Oversampler {
    /// `stages` doublings, at most [`MAX_STAGES`].
    pub(crate) fn new(stages: usize) -> Self {
        Self { stages: half_bands(stages).into_iter().map(HalfBand::new).collect(), late: [0.0; CURVE_LAG] }
    }

    pub(crate) fn reset(&mut self) {
        self.stages.iter_mut().for_each(HalfBand::reset);
        self.late = [0.0; CURVE_LAG];
    }

    pub(crate) fn latency_frames(&self) -> usize {
        latency_frames(self.stages.len())
    }

    /// One sample in, one out; the curve is asked for each between.
    #[inline]
    pub(crate) fn run(&mut self, x: f32, curve: &mut impl FnMut(f32) -> f32) -> f32 {
        let Self { stages, late } = self;
        if stages.is_empty() {
            return curve(x);
        }
        through(stages, x, &mut |x| {
            let [newer, older] = *late;
            *late = [curve(x), newer];
            older
        })
    }
}

fn through<F: FnMut(f32) -> f32>(stages: &mut [HalfBand], x: f32, curve: &mut F) -> f32 {
    let Some((stage, rest)) = stages.split_first_mut() else { return curve(x) };
    let [first, second] = stage.double(x);
    let pair = [through(rest, first, curve), through(rest, second, curve)];
    stage.halve(pair)
}

/// The labels of the knob that chooses how often a curve runs; its value is the number of doublings.
pub(crate) const OVERSAMPLING: &[&str] = &["off", "2x", "4x", "8x"];

/// Lets no constant through: 8 Hz, 6 dB an octave.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DcBlock([f32; 2]);

impl DcBlock {
    /// The factor that belongs to a rate.
    pub(crate) fn pole(rate_hz: f32) -> f32 {
        1.0 - std::f32::consts::TAU * 8.0 / rate_hz
    }

    #[inline]
    pub(crate) fn next(&mut self, x: f32, pole: f32) -> f32 {
        let y = x - self.0[0] + pole * self.0[1];
        self.0 = [x, (y + 1e-18) - 1e-18];
        y
    }
}
