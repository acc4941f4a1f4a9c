//! How fast the phase of eight lanes runs: pitch, knobs and linear FM.

use crate::dsp::phase::{MAX_INCREMENT, TURN, is_flat, knob_octaves};
use patchlight_core::C4_HZ;
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, exp2, f32x8, f32x16, i32x8, load, select, splat};
use patchlight_engine::{LaneParam, Oct};

/// What sets the frequency during a call, as the module reads it.
pub struct TuningParts<'a> {
    pub pitch: &'a [Oct],
    pub is_pitch_connected: bool,
    /// Semitones and cents.
    pub knobs: [LaneParam<'a>; 2],
    /// How many octaves lower than all this, less one.
    pub octaves_below: Option<LaneParam<'a>>,
    pub fm: Option<&'a [Oct]>,
    pub depth: LaneParam<'a>,
    pub scale: LaneParam<'a>,
    pub rate_hz: f32,
}

/// What sets the frequency during a call.
pub struct Tuning<'a, S: Simd> {
    parts: TuningParts<'a>,
    /// The frequency before FM, where it stands still.
    still_hz: Option<f32x8<S>>,
    highest_hz: f32,
    /// Phase steps of one hertz.
    per_hz: f32,
}

/// How much of the tuning stands still during a call.
pub enum Stillness<'a, S: Simd> {
    /// The phase moves by the same in every frame.
    All(i32x8<S>),
    /// All but the sound that modulates: the steps without it, and those by which a 1 bends them.
    Bent {
        steps: f32x8<S>,
        bend: f32x8<S>,
        fm: &'a [Oct],
    },
    None,
}

/// Phase steps of a frame under FM, `steps` being those without, and `bend` those of a 1 at the input.
#[inline(always)]
pub fn bent_step<S: Simd>(simd: S, steps: f32x8<S>, fm: f32x8<S>, bend: f32x8<S>) -> f32x8<S> {
    let highest = splat(simd, MAX_INCREMENT * TURN);
    fm.mul_add(bend, steps).max(-highest).min(highest)
}

/// [`bent_step`] of two groups.
#[inline(always)]
pub fn bent_steps<S: Simd>(simd: S, steps: f32x16<S>, fm: f32x16<S>, bend: f32x16<S>) -> f32x16<S> {
    let highest = f32x16::splat(simd, MAX_INCREMENT * TURN);
    fm.mul_add(bend, steps).max(-highest).min(highest)
}

impl<'a, S: Simd> Tuning<'a, S> {
    #[inline(always)]
    pub fn new(simd: S, parts: TuningParts<'a>) -> Self {
        let is_still = |param: &LaneParam<'_>| matches!(param, LaneParam::Constant(_));
        let are_knobs_still = parts.knobs.iter().chain(&parts.octaves_below).all(is_still);
        let is_pitch_still = !parts.is_pitch_connected || is_flat(simd, parts.pitch);
        let (highest_hz, per_hz) = (MAX_INCREMENT * parts.rate_hz, TURN / parts.rate_hz);
        let mut tuning = Self { parts, still_hz: None, highest_hz, per_hz };
        if are_knobs_still && is_pitch_still {
            tuning.still_hz = Some(tuning.hz_at(simd, 0));
        }
        tuning
    }

    pub fn rate_hz(&self) -> f32 {
        self.parts.rate_hz
    }

    #[inline(always)]
    fn hz_at(&self, simd: S, n: usize) -> f32x8<S> {
        let [semitones, cents] = &self.parts.knobs;
        let mut octaves = load(simd, &self.parts.pitch[n]) + knob_octaves(simd, semitones.at(simd, n), cents.at(simd, n));
        if let Some(below) = self.parts.octaves_below {
            octaves -= below.at(simd, n) + splat(simd, 1.0);
        }
        (exp2(simd, octaves) * splat(simd, C4_HZ)).min(splat(simd, self.highest_hz))
    }

    /// The frequency at a frame, before FM.
    #[inline(always)]
    pub fn hz(&self, simd: S, n: usize) -> f32x8<S> {
        match self.still_hz {
            Some(hz) => hz,
            None => self.hz_at(simd, n),
        }
    }

    /// The hertz by which a 1 at the FM input bends a frequency.
    #[inline(always)]
    fn bend(&self, simd: S, n: usize, hz: f32x8<S>) -> f32x8<S> {
        self.parts.depth.at(simd, n) * select(self.parts.scale.at(simd, n).simd_gt(splat(simd, 0.5)), splat(simd, 1000.0), hz)
    }

    /// Phase steps of a frame.
    #[inline(always)]
    pub fn step(&self, simd: S, n: usize) -> f32x8<S> {
        let hz = self.hz(simd, n);
        match self.parts.fm {
            Some(fm) => {
                let per_hz = splat(simd, self.per_hz);
                bent_step(simd, hz * per_hz, load(simd, &fm[n]), self.bend(simd, n, hz) * per_hz)
            }
            None => hz * splat(simd, self.per_hz),
        }
    }

    /// The pitch that came in, where the frequency before FM stands still.
    #[inline(always)]
    pub fn still_pitch(&self) -> Option<Oct> {
        self.still_hz.map(|_| self.parts.pitch[0])
    }

    #[inline(always)]
    pub fn stillness(&self, simd: S) -> Stillness<'a, S> {
        match (self.still_hz, self.parts.fm, self.parts.depth, self.parts.scale) {
            (Some(hz), None, ..) => Stillness::All((hz * splat(simd, self.per_hz)).to_int()),
            (Some(hz), Some(fm), LaneParam::Constant(_), LaneParam::Constant(_)) => {
                let per_hz = splat(simd, self.per_hz);
                Stillness::Bent { steps: hz * per_hz, bend: self.bend(simd, 0, hz) * per_hz, fm }
            }
            _ => Stillness::None,
        }
    }
}
