//! What colours white noise: chains of first-order sections, and the dice of velvet.

use super::LEVEL_RMS;
use crate::dsp::rng::Streams;
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, f32x8, load, mask32x8, select, splat, store};
use patchlight_engine::{GROUP, Oct};
use std::f32::consts::TAU;

/// y = x + s, s ← feed·x + back·y: a zero at −feed and a pole at back.
#[derive(Clone, Copy)]
pub struct Section {
    feed: f32,
    back: f32,
    pub state: Oct,
}

/// Sections in a row that colour white noise, and the gain behind them.
pub struct Filter {
    pub sections: Vec<Section>,
    gain: f32,
}

impl Filter {
    /// Of zeros and poles in pairs; the gain gives white noise from −1 to 1 the level of all colours.
    pub fn new(pairs: impl Iterator<Item = (f32, f32)>, rate_hz: f32) -> Self {
        let sections: Vec<Section> = pairs.map(|(zero, pole)| Section { feed: -zero, back: pole, state: [0.0; GROUP] }).collect();
        let mut states = vec![0.0_f64; sections.len()];
        // The impulse response, until the slowest pole (8 Hz) has died away.
        let power: f64 = (0..rate_hz as usize / 5)
            .map(|n| {
                let mut x = if n == 0 { 1.0 } else { 0.0 };
                for (section, state) in sections.iter().zip(&mut states) {
                    let y = x + *state;
                    *state = f64::from(section.feed) * x + f64::from(section.back) * y;
                    x = y;
                }
                x * x
            })
            .sum();
        Self { sections, gain: LEVEL_RMS * 3_f32.sqrt() / power.sqrt() as f32 }
    }

    /// The next frame; in lanes that do not hear it nothing moves on.
    #[inline(always)]
    pub fn run<S: Simd>(&mut self, simd: S, white: f32x8<S>, is_heard: mask32x8<S>) -> f32x8<S> {
        let mut x = white;
        for section in &mut self.sections {
            let before = load(simd, &section.state);
            let y = x + before;
            let after = y.mul_add(splat(simd, section.back), x * splat(simd, section.feed));
            store(select(is_heard, after, before), &mut section.state);
            x = y;
        }
        x * splat(simd, self.gain)
    }

    /// A call's worth, heard in all lanes.
    #[inline(always)]
    pub fn run_all<S: Simd>(&mut self, simd: S, frames: &mut [Oct]) {
        for section in &mut self.sections {
            let (feed, back) = (splat(simd, section.feed), splat(simd, section.back));
            let mut state = load(simd, &section.state);
            for frame in frames.iter_mut() {
                let x = load(simd, frame);
                let y = x + state;
                state = y.mul_add(back, x * feed);
                store(y, frame);
            }
            store(state, &mut section.state);
        }
        let gain = splat(simd, self.gain);
        for frame in frames {
            store(load(simd, frame) * gain, frame);
        }
    }

    pub fn reset(&mut self) {
        self.sections.iter_mut().for_each(|section| section.state = [0.0; GROUP]);
    }
}

/// Zeros and poles of pink noise.
pub fn pink(rate_hz: f32) -> Vec<(f32, f32)> {
    let at = |hz: f32| (-TAU * hz / rate_hz).exp();
    let poles_hz = std::iter::successors(Some(8.0_f32), |hz| Some(4.0 * hz)).take_while(|hz| *hz < rate_hz);
    poles_hz.map(|hz| (at(2.0 * hz), at(hz))).chain([(-0.065, 0.0)]).collect()
}

/// Zero and pole of brown noise whose spectrum bends at `corner_hz`.
pub fn brown(corner_hz: f32, rate_hz: f32) -> (f32, f32) {
    (-1.0 / 7.0, (-TAU * corner_hz / rate_hz).exp())
}

pub fn turned_over((zero, pole): (f32, f32)) -> (f32, f32) {
    (pole, zero)
}

/// Where the impulses of velvet noise fall.
pub struct Velvet {
    pub dice: Streams,
    /// How far the present stretch has gone, 0 to 1.
    pub position: Oct,
    /// Where in it the impulse is, and its sign.
    pub spot: Oct,
    pub sign: Oct,
}

impl Velvet {
    pub fn new(begins: [u32; GROUP]) -> Self {
        // The end of a stretch whose impulse is over.
        Self { dice: Streams::new(begins), position: [1.0; GROUP], spot: [0.0; GROUP], sign: [0.0; GROUP] }
    }

    /// The next frame; in lanes that do not hear it nothing moves on.
    #[inline(always)]
    pub fn run<S: Simd>(&mut self, simd: S, density_hz: f32x8<S>, rate_hz: f32, is_heard: mask32x8<S>) -> f32x8<S> {
        let (zero, one) = (splat(simd, 0.0), splat(simd, 1.0));
        let step = (density_hz * splat(simd, 1.0 / rate_hz)).min(splat(simd, 0.5));
        let (before, spot, sign) = (load(simd, &self.position), load(simd, &self.spot), load(simd, &self.sign));
        let after = before + step;
        let fires = select(spot.simd_gt(before), select(spot.simd_le(after), sign, zero), zero);
        let next_spot = self.dice.bipolar(simd, is_heard).abs();
        let next_sign = one.copysign(self.dice.bipolar(simd, is_heard));
        let is_over = after.simd_ge(one);
        let position = select(is_over, after - one, after);
        let fires_next = select(is_over, select(next_spot.simd_le(position), next_sign, zero), zero);
        store(select(is_heard, position, before), &mut self.position);
        let is_next = is_heard & is_over;
        store(select(is_next, next_spot, spot), &mut self.spot);
        store(select(is_next, next_sign, sign), &mut self.sign);
        let loudness = (splat(simd, LEVEL_RMS * LEVEL_RMS) / step).sqrt().min(one);
        (fires + fires_next) * loudness
    }
}
