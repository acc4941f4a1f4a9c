//! What several modules share: phases, band-limited edges, random numbers, decays, filters and delay lines, each written once.

mod along;
pub mod blep;
pub(crate) mod corners;
pub mod cutoff;
mod delay_line;
mod delay_line_exact;
mod filter;
mod gate_line;
mod guarded_line;
mod hadamard;
pub(crate) mod joint;
pub mod lane_glide;
pub mod levels;
mod min_phase;
pub mod oversample;
pub(crate) mod oversample_lanes;
pub mod phase;
pub mod rng;
pub mod segment;
mod sinc;
pub mod slow_phase;
pub mod svf_full;
pub(crate) mod vectors;

use crate::pulse::Edge;

pub(crate) use along::{EMPTY_ROW, Knob, PaddedRow, Powers, frames_at, put_frames};
pub(crate) use delay_line::DelayLine;
pub(crate) use delay_line_exact::{EXACT_NEARER, EXACT_TAPS, ExactTaps};
pub(crate) use filter::{LaneSvf, LaneSvfFactors, OnePole, Svf, damping_pole};
pub(crate) use gate_line::GateLine;
pub(crate) use guarded_line::{GuardedLine, split_delay};
pub(crate) use hadamard::mix_sixteen;
pub(crate) use sinc::{SINC_TAPS, SincTable};

/// White noise over ±1 (xorshift, 64 bits; Marsaglia 2003).
#[derive(Clone, Copy, Debug)]
pub(crate) struct White(u64);

impl White {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    #[inline]
    pub(crate) fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 * (1.0 / (1 << 23) as f32) - 1.0
    }
}

/// The factor per frame of a level that falls by 60 dB in `secs`.
#[inline]
pub(crate) fn fall_60_db(secs: f32, sample_rate_hz: f32) -> f32 {
    (-levels::OCTAVES_PER_60_DB / (secs * sample_rate_hz).max(1.0)).exp2()
}

/// A function's last result, for arguments that mostly stand still.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memo<A, R>(Option<(A, R)>);

impl<A: Copy + PartialEq, R: Copy> Memo<A, R> {
    pub(crate) const fn new() -> Self {
        Self(None)
    }

    /// The result, if this was the last argument.
    #[inline]
    pub(crate) fn known(&self, argument: A) -> Option<R> {
        self.0.filter(|(known, _)| *known == argument).map(|(_, result)| result)
    }

    #[inline]
    pub(crate) fn get(&mut self, argument: A, function: impl FnOnce(A) -> R) -> R {
        match self.0 {
            Some((known, result)) if known == argument => result,
            _ => {
                let result = function(argument);
                self.0 = Some((argument, result));
                result
            }
        }
    }
}

/// The level of a struck sound: a rise of half a millisecond from wherever it was, then an exponential fall. A new stroke
/// never makes it jump.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Strike {
    pub(crate) level: f32,
    step: f32,
    rising: u32,
}

/// What strikes a drum, and how hard.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beater(Edge);

impl Beater {
    pub(crate) const fn new() -> Self {
        Self(Edge::LOW)
    }

    /// The peak of the stroke that falls into this frame, if one does: from a quarter, where the accent is nothing, to 1, where it is full
    /// or not wired. A soft stroke is heard: sequencers leave most of their steps without an accent.
    #[inline]
    pub(crate) fn strikes(&mut self, trig: f32, accent: Option<f32>) -> Option<f32> {
        self.0.rises(trig).then(|| 0.25 + 0.75 * accent.map_or(1.0, |accent| accent.clamp(0.0, 1.0)))
    }
}

/// Below this a struck sound is over.
const OVER: f32 = 1e-6;

impl Strike {
    #[inline]
    pub(crate) fn hit(&mut self, peak: f32, sample_rate_hz: f32) {
        self.rising = ((0.000_5 * sample_rate_hz) as u32).max(1);
        self.step = (peak - self.level) / self.rising as f32;
    }

    /// The level of this frame; `fall` is the factor per frame.
    #[inline]
    pub(crate) fn next(&mut self, fall: f32) -> f32 {
        if self.rising > 0 {
            self.rising -= 1;
            self.level += self.step;
        } else {
            self.level *= fall;
            if self.level < OVER {
                self.level = 0.0;
            }
        }
        self.level
    }

    #[inline]
    pub(crate) fn is_over(&self) -> bool {
        self.level == 0.0 && self.rising == 0
    }
}

/// A value that approaches its target exponentially, and stands at its first target at once.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Approach(Option<f64>);

impl Approach {
    /// `share` of the distance is covered each frame; within a thousandth it arrives.
    #[inline]
    pub(crate) fn next(&mut self, target: f64, share: f64) -> f64 {
        self.next_at_most(target, share, f64::INFINITY)
    }

    /// Whether nothing changes while this is the target.
    #[inline]
    pub(crate) fn stands_at(&self, target: f64) -> bool {
        self.0.is_none_or(|value| value == target)
    }

    /// Likewise, by at most `most` a frame.
    #[inline]
    pub(crate) fn next_at_most(&mut self, target: f64, share: f64, most: f64) -> f64 {
        let value = match self.0 {
            Some(value) if (target - value).abs() > 1e-3 => value + ((target - value) * share).clamp(-most, most),
            _ => target,
        };
        self.0 = Some(value);
        value
    }
}

/// The gains of dry and wet: both full in the middle, so that turning up an effect does not turn down the sound.
#[inline]
pub(crate) fn balance(mix: f32) -> (f32, f32) {
    ((2.0 - 2.0 * mix).min(1.0), (2.0 * mix).min(1.0))
}

/// Leaves ±1 untouched and bends what is louder towards ±2: what keeps a loop with a gain over one from running away.
#[inline]
pub(crate) fn bend_at_one(x: f32) -> f32 {
    let over = x.abs() - 1.0;
    if over > 0.0 { (1.0 + over.tanh()).copysign(x) } else { x }
}
