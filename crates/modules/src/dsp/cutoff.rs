//! Where a filter of eight lanes works: its knob, the notes played, and FM at audio rate.

use patchlight_engine::simd::{Lanes, Simd, SimdBase, SimdFloat, exp2, f32x8, load, share_pi, splat, store};
use patchlight_engine::{BLOCK, GROUP, GroupIo, LaneParam, Oct};

/// What 1 at the FM input adds.
const FM_HZ: f32 = 1_000.0;
/// The cutoff goes no higher, as a share of the rate.
const HIGHEST: f32 = 0.49;

/// Where the module declares what sets its cutoff.
pub struct Places {
    pub cutoff_param: usize,
    pub tracking_param: usize,
    pub pitch_input: usize,
    pub fm_input: Option<usize>,
}

/// What sets the cutoff during a call.
#[derive(Clone, Copy)]
pub struct Cutoff<'a> {
    knob_hz: LaneParam<'a>,
    tracking: LaneParam<'a>,
    key: Option<&'a [Oct]>,
    fm: Option<&'a [Oct]>,
    /// One frame in seconds.
    frame_secs: f32,
}

impl<'a> Cutoff<'a> {
    #[inline(always)]
    pub fn new(io: &GroupIo<'_, 'a>, places: &Places) -> Self {
        Self {
            knob_hz: io.param(places.cutoff_param),
            tracking: io.param(places.tracking_param),
            key: io.wired(places.pitch_input),
            fm: places.fm_input.and_then(|input| io.wired(input)),
            frame_secs: 1.0 / io.sample_rate_hz(),
        }
    }

    /// Whether it may differ from frame to frame.
    pub fn moves(&self) -> bool {
        self.key.is_some() || self.fm.is_some() || matches!(self.knob_hz, LaneParam::Signal(_))
    }

    #[inline(always)]
    pub fn hz<S: Simd>(&self, simd: S, n: usize) -> f32x8<S> {
        let mut hz = self.knob_hz.at(simd, n);
        if let Some(key) = self.key {
            hz *= exp2(simd, load(simd, &key[n]) * self.tracking.at(simd, n));
        }
        if let Some(fm) = self.fm {
            hz = load(simd, &fm[n]).mul_add(splat(simd, FM_HZ), hz).max(splat(simd, 0.0));
        }
        hz
    }

    /// What a trapezoidal one-pole takes of its step: g/(1 + g), g being the integrators' gain.
    #[inline(always)]
    pub fn share<S: Simd>(&self, simd: S, n: usize) -> f32x8<S> {
        share_pi(simd, self.turns(simd, n))
    }

    /// The cutoff in all frames: the knob's signal, where nothing else moves it, or what is written to `row`, which is not touched before it is needed.
    #[inline(always)]
    pub fn all_hz<'r, S: Simd>(&self, simd: S, frames: usize, row: &'r mut Option<[Oct; BLOCK]>) -> &'r [Oct]
    where
        'a: 'r,
    {
        if self.key.is_none()
            && self.fm.is_none()
            && let LaneParam::Signal(hz) = self.knob_hz
        {
            return hz;
        }
        let row = &mut row.insert([[0.0; GROUP]; BLOCK])[..frames];
        for (n, hz) in row.iter_mut().enumerate() {
            store(self.hz(simd, n), hz);
        }
        row
    }

    /// The cutoff as a share of the rate, as far as it goes.
    #[inline(always)]
    pub fn turns<S: Simd>(&self, simd: S, n: usize) -> f32x8<S> {
        self.turns_of(simd, self.hz(simd, n))
    }

    /// A cutoff as a share of the rate, as far as it goes.
    #[inline(always)]
    pub fn turns_of<S: Simd, V: Lanes<S>>(&self, simd: S, hz: V) -> V {
        (hz * V::splat(simd, self.frame_secs)).min(V::splat(simd, HIGHEST))
    }
}
