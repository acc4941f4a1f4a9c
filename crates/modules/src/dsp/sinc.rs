//! Reading samples between their frames: a sixteen-tap sinc under a Kaiser window, as a table of phases.

use std::sync::OnceLock;

/// Frames that one output sample is made of.
pub(crate) const SINC_TAPS: usize = 16;
/// Phases between two frames. Between phases the table is read linearly, an error under −120 dB at 10 kHz.
const PHASES: usize = 512;
/// The window's shape: about 100 dB of attenuation.
const KAISER_BETA: f64 = 10.0;

/// The weights of each phase, and of the one behind the last.
pub(crate) struct SincTable(Box<[[f32; SINC_TAPS]]>);

impl SincTable {
    /// The table, computed by the first who asks. Ask away from the audio thread.
    pub(crate) fn shared() -> &'static Self {
        static TABLE: OnceLock<SincTable> = OnceLock::new();
        TABLE.get_or_init(|| Self((0..=PHASES).map(|phase| weights(phase as f64 / PHASES as f64)).collect()))
    }

    /// Weights of the frames −7 to 8 around a place that lies a fraction (in 2⁻³²) behind frame 0: those of the phase before, those of the
    /// next, and the share of the way between.
    #[inline(always)]
    pub(crate) fn around(&self, fraction: u32) -> (&[f32; SINC_TAPS], &[f32; SINC_TAPS], f32) {
        const SHIFT: u32 = 32 - PHASES.trailing_zeros();
        let phase = (fraction >> SHIFT) as usize;
        let share = (fraction & ((1 << SHIFT) - 1)) as f32 * (1.0 / (1_u32 << SHIFT) as f32);
        (&self.0[phase], &self.0[phase + 1], share)
    }
}

/// Exact weights, scaled to a sum of 1.
fn weights(fraction: f64) -> [f32; SINC_TAPS] {
    let half = SINC_TAPS as f64 / 2.0;
    let exact: [f64; SINC_TAPS] = std::array::from_fn(|i| {
        let x = i as f64 - (half - 1.0) - fraction;
        let sinc = if x.abs() < 1e-9 { 1.0 } else { (std::f64::consts::PI * x).sin() / (std::f64::consts::PI * x) };
        let inside = (1.0 - (x / half).powi(2)).max(0.0);
        sinc * bessel_i0(KAISER_BETA * inside.sqrt()) / bessel_i0(KAISER_BETA)
    });
    let sum: f64 = exact.iter().sum();
    exact.map(|weight| (weight / sum) as f32)
}

/// The modified Bessel function of order zero, by its series.
fn bessel_i0(x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for k in 1..60 {
        term *= (x / (2.0 * f64::from(k))).powi(2);
        sum += term;
    }
    sum
}
