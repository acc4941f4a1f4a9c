//! A play head: a place in the file, the loop it reads around, and its own fade.

use crate::dsp::{SINC_TAPS, SincTable, cubic_weights};
use patchlight_engine::Sample;

/// Whole frames from the first played to the one behind the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) start: i64,
    pub(super) end: i64,
}

impl Region {
    pub(super) fn len(self) -> f64 {
        (self.end - self.start) as f64
    }
}

/// A place in the file, and how loud it is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Head {
    pub(super) place: f64,
    /// 1 forwards, −1 backwards.
    pub(super) direction: f64,
    pub(super) level: f32,
    /// Change of the level per frame; the level stays within 0 to 1.
    pub(super) step: f32,
}

impl Head {
    pub(super) fn sounds(&self) -> bool {
        self.level > 0.0 || self.step > 0.0
    }

    pub(super) fn fade(&mut self) {
        self.level = (self.level + self.step).clamp(0.0, 1.0);
    }

    /// The sound at its place. In a loop without crossfade, the start lies behind the end.
    #[inline]
    pub(super) fn read(&self, sample: &Sample, seamless: Option<Region>, is_cubic: bool, sinc: &SincTable) -> [f32; 2] {
        let whole = self.place.floor();
        let fraction = (self.place - whole) as f32;
        let whole = whole as i64;
        let seamless = seamless.filter(|region| (region.start..region.end).contains(&whole));
        if is_cubic {
            gather(sample, whole - 1, &cubic_weights(fraction), seamless)
        } else {
            gather(sample, whole + 1 - SINC_TAPS as i64 / 2, &sinc.weights(fraction), seamless)
        }
    }
}

/// Weighted frames from `first` on, left and right; outside the file is silence.
#[inline]
fn gather<const N: usize>(sample: &Sample, first: i64, weights: &[f32; N], seamless: Option<Region>) -> [f32; 2] {
    let length = sample.frames() as i64;
    let (inside_start, inside_end) = seamless.map_or((0, length), |region| (region.start, region.end));
    let channel = |samples: &[f32]| -> f32 {
        if first >= inside_start && first + N as i64 <= inside_end {
            let frames = &samples[first as usize..first as usize + N];
            return frames.iter().zip(weights).map(|(x, w)| x * w).sum();
        }
        let frame = |k: i64| match seamless {
            Some(region) => samples[(region.start + (k - region.start).rem_euclid(region.end - region.start)) as usize],
            _ if (0..length).contains(&k) => samples[k as usize],
            _ => 0.0,
        };
        weights.iter().enumerate().map(|(i, w)| frame(first + i as i64) * w).sum()
    };
    match sample.channels.as_slice() {
        [] => [0.0; 2],
        [mono] => [channel(mono); 2],
        [left, right, ..] => [channel(left), channel(right)],
    }
}
