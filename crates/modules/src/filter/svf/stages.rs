//! Filters side by side whose states are not held within their limits, but looked at: hardly any ever reaches them.

use super::{BAND, Call, Factors, IN, LOW, Svf};
use crate::dsp::vectors::{Frame, InVector, Inputs, side_by_side};
use patchlight_engine::simd::{Lanes, Simd, f32x8, load, reaches_two, splat};
use patchlight_engine::{GROUP, GroupIo};

/// Runs filters whose factors are kept. Says whether all went well.
#[inline(always)]
pub(super) fn standing<S: Simd, V: Lanes<S>, W: Lanes<S>, const N: usize>(
    kernels: &mut [Svf; N],
    simd: S,
    io: &mut [GroupIo<'_, '_>; N],
    mode: u8,
) -> bool {
    let inputs = io.each_ref().map(|io| Inputs::alone(io.input(IN)));
    match mode {
        0 => side_by_side::<S, Standing<V, LOW>, Standing<W, LOW>, _, _, N>(kernels, simd, io, &[(); N], inputs),
        _ => side_by_side::<S, Standing<V, BAND>, Standing<W, BAND>, _, _, N>(kernels, simd, io, &[(); N], inputs),
    }
}

/// The filters of a vector, one stage each without drive, where nothing glides: what [`Svf::settled`] makes of each, as long as no
/// state goes beyond its limit.
struct Stages<V> {
    state: [V; 2],
    factors: Factors<V>,
    /// The bits of all states since the beginning.
    reached: V,
}

impl<V> Stages<V> {
    #[inline(always)]
    fn new<S: Simd>(simd: S, [low, high]: [&Svf; 2], factors: Factors<V>) -> Self
    where
        V: Lanes<S>,
    {
        let (first, second) = (&low.state.first, &high.state.first);
        let state = [
            V::join(simd, [load(simd, &first[0]), load(simd, &second[0])]),
            V::join(simd, [load(simd, &first[1]), load(simd, &second[1])]),
        ];
        Self { state, factors, reached: V::splat(simd, 0.0) }
    }

    #[inline(always)]
    fn frame<S: Simd, const TAP: u8>(&mut self, simd: S, x: [f32x8<S>; 2]) -> [f32x8<S>; 2]
    where
        V: Lanes<S>,
    {
        let taps = self.factors.step::<S, false>(simd, &mut self.state, V::join(simd, x));
        self.reached = self.reached.or(self.state[0].or(self.state[1]));
        let heard = if TAP == LOW { taps.low } else { taps.band };
        heard.parts(simd)
    }

    #[inline(always)]
    fn keep<S: Simd>(&self, simd: S, part: usize, kernel: &mut Svf)
    where
        V: Lanes<S>,
    {
        kernel.keep([self.state[0].parts(simd)[part], self.state[1].parts(simd)[part]], [splat(simd, 0.0); 2]);
    }
}

/// Their factors are those that the kernels keep.
struct Standing<V, const TAP: u8>(Stages<V>);

impl<S: Simd, V: Lanes<S>, const TAP: u8> InVector<S, Svf, ()> for Standing<V, TAP> {
    const GROUPS: usize = V::GROUPS;

    #[inline(always)]
    fn new(simd: S, kernels: [&Svf; 2], _calls: [&(); 2]) -> Self {
        let blank = &Factors { b1: [0.0; GROUP], b2: [0.0; GROUP], b3: [0.0; GROUP], band: [0.0; GROUP] };
        let [low, high] = kernels.map(|kernel| kernel.kept.as_ref().unwrap_or(blank));
        let factors = Factors {
            b1: V::join(simd, [load(simd, &low.b1), load(simd, &high.b1)]),
            b2: V::join(simd, [load(simd, &low.b2), load(simd, &high.b2)]),
            b3: V::join(simd, [load(simd, &low.b3), load(simd, &high.b3)]),
            band: V::join(simd, [load(simd, &low.band), load(simd, &high.band)]),
        };
        Self(Stages::new(simd, kernels, factors))
    }

    #[inline(always)]
    fn frame(&mut self, simd: S, _n: usize, [low, high]: [Frame<S>; 2], _calls: [&(); 2]) -> [f32x8<S>; 2] {
        self.0.frame::<S, TAP>(simd, [low.x, high.x])
    }

    #[inline(always)]
    fn is_good(&self, simd: S) -> bool {
        !reaches_two(simd, self.0.reached)
    }

    #[inline(always)]
    fn keep(&self, simd: S, part: usize, kernel: &mut Svf) {
        self.0.keep(simd, part, kernel);
    }
}

/// Their factors are found in each frame, from the cutoff alone.
pub(super) struct Sweeping<V, const TAP: u8> {
    stages: Stages<V>,
    damping: V,
}

impl<'c, S: Simd, V: Lanes<S>, const TAP: u8> InVector<S, Svf, Call<'c>> for Sweeping<V, TAP> {
    const GROUPS: usize = V::GROUPS;

    #[inline(always)]
    fn new(simd: S, kernels: [&Svf; 2], calls: [&Call<'c>; 2]) -> Self {
        let turns = V::join(simd, [calls[0].cutoff.turns(simd, 0), calls[1].cutoff.turns(simd, 0)]);
        let damping = V::join(simd, [calls[0].damping(simd, 0), calls[1].damping(simd, 0)]);
        Self { stages: Stages::new(simd, kernels, Factors::new(simd, turns, damping)), damping }
    }

    #[inline(always)]
    fn frame(&mut self, simd: S, _n: usize, [low, high]: [Frame<S>; 2], calls: [&Call<'c>; 2]) -> [f32x8<S>; 2] {
        let turns = calls[0].cutoff.turns_of(simd, V::join(simd, [low.hz, high.hz]));
        self.stages.factors = Factors::new(simd, turns, self.damping);
        self.stages.frame::<S, TAP>(simd, [low.x, high.x])
    }

    #[inline(always)]
    fn is_good(&self, simd: S) -> bool {
        !reaches_two(simd, self.stages.reached)
    }

    #[inline(always)]
    fn keep(&self, simd: S, part: usize, kernel: &mut Svf) {
        self.stages.keep(simd, part, kernel);
    }
}
