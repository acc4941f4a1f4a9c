//! How many oscillators sound together, how far apart they are tuned, and how loud each is.

use fearless_simd::SimdMask;
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, exp2, f32x8, load, select, splat, store};
use patchlight_engine::{GROUP, LaneState, LaneVisit, Oct};

pub const MAX_UNISON: usize = 16;

/// Tuning and level of every oscillator of eight lanes. The oscillators alternate about the middle, outwards.
pub struct Unison {
    /// Count, detune in cents and blend, as they were last given.
    given: [Oct; 3],
    ratios: [Oct; MAX_UNISON],
    gains: [Oct; MAX_UNISON],
    /// Where the gains go.
    targets: [Oct; MAX_UNISON],
    is_settled: bool,
    active: usize,
}

impl Unison {
    pub fn new() -> Self {
        let none = [[0.0; GROUP]; MAX_UNISON];
        Self { given: [[0.0; GROUP]; 3], ratios: [[1.0; GROUP]; MAX_UNISON], gains: none, targets: none, is_settled: true, active: 0 }
    }

    /// Oscillators that are heard in any lane.
    #[inline(always)]
    pub fn active(&self) -> usize {
        self.active
    }

    #[inline(always)]
    pub fn ratio_and_gain<S: Simd>(&self, simd: S, oscillator: usize) -> (f32x8<S>, f32x8<S>) {
        (load(simd, &self.ratios[oscillator]), load(simd, &self.gains[oscillator]))
    }

    /// Whether the gains have arrived.
    #[inline(always)]
    pub fn is_settled(&self) -> bool {
        self.is_settled
    }

    /// Whether the first oscillator is all that is heard, in every lane in tune and at full level.
    #[inline(always)]
    pub fn is_single(&self) -> bool {
        self.is_settled && self.active == 1 && self.gains[0] == [1.0; GROUP] && self.ratios[0] == [1.0; GROUP]
    }

    /// Takes count, detune in cents and blend.
    #[inline(always)]
    pub fn set<S: Simd>(&mut self, simd: S, wanted: [f32x8<S>; 3]) {
        let mut is_same = wanted[0].simd_eq(load(simd, &self.given[0]));
        is_same = is_same & wanted[1].simd_eq(load(simd, &self.given[1])) & wanted[2].simd_eq(load(simd, &self.given[2]));
        if !is_same.all_true() {
            self.tune(simd, wanted);
            for (given, wanted) in self.given.iter_mut().zip(wanted) {
                store(wanted, given);
            }
            self.is_settled = false;
        }
    }

    #[inline(always)]
    fn tune<S: Simd>(&mut self, simd: S, [count, cents, blend]: [f32x8<S>; 3]) {
        let (zero, one, half) = (splat(simd, 0.0), splat(simd, 1.0), splat(simd, 0.5));
        let is_odd = (count * half - (count * half).floor()).simd_gt(splat(simd, 0.25));
        let span = (count - one).max(one);
        let mut power = zero;
        for oscillator in 0..MAX_UNISON {
            let side = if oscillator % 2 == 0 { 1.0 } else { -1.0 };
            let if_odd = splat(simd, side * (2 * oscillator.div_ceil(2)) as f32);
            let if_even = splat(simd, side * (2 * (oscillator / 2) + 1) as f32);
            let position = select(is_odd, if_odd, if_even) / span;
            // Unequal distances, so that the beats do not fall together.
            let position = position * (position * position).mul_add(splat(simd, 0.25), splat(simd, 0.75));
            let ratio = exp2(simd, position * cents * splat(simd, 1.0 / 1200.0));
            let is_middle = if oscillator == 0 { 2.0 } else { f32::from(oscillator == 1) };
            let is_middle = select(is_odd, splat(simd, is_middle - 1.0), splat(simd, is_middle)).simd_gt(half);
            let sounds = count.simd_gt(splat(simd, oscillator as f32 + 0.5));
            let level = select(sounds, select(is_middle, one, blend), zero);
            power += level * level;
            // One that fades away keeps its tuning.
            store(select(sounds, ratio, load(simd, &self.ratios[oscillator])), &mut self.ratios[oscillator]);
            store(level, &mut self.targets[oscillator]);
        }
        let scale = one / power.sqrt();
        for target in &mut self.targets {
            store(load(simd, target) * scale, target);
        }
    }

    /// A lane's gains arrive at once.
    pub fn arrive(&mut self, lane: usize) {
        self.gains.iter_mut().zip(&self.targets).for_each(|(gain, target)| gain[lane] = target[lane]);
        self.is_settled = false;
    }

    /// Moves the gains by `most`.
    #[inline(always)]
    pub fn glide<S: Simd>(&mut self, simd: S, most: f32) {
        let (zero, most) = (splat(simd, 0.0), splat(simd, most));
        (self.is_settled, self.active) = (true, 0);
        for (oscillator, (gain, target)) in self.gains.iter_mut().zip(&self.targets).enumerate() {
            let (now, target) = (load(simd, gain), load(simd, target));
            let next = now + (target - now).max(-most).min(most);
            store(next, gain);
            self.is_settled &= next.simd_eq(target).all_true();
            if next.simd_gt(zero).any_true() || target.simd_gt(zero).any_true() {
                self.active = oscillator + 1;
            }
        }
    }
}

impl LaneState for Unison {
    fn visit(&mut self, visit: &mut LaneVisit<'_>) {
        for lanes in self.given.iter_mut().chain(&mut self.ratios).chain(&mut self.gains).chain(&mut self.targets) {
            lanes.visit(visit);
        }
        // Something may have been put in: the next glide finds out what is heard.
        self.is_settled = false;
    }
}
