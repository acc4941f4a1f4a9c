//! State-variable filter: two trapezoidal integrators in a loop solved without delay.
//!
//! After A. Simper, *Linear Trapezoidal State Variable Filter* (Cytomic, 2021) and V. Zavalishin, *The Art of VA Filter Design*, ch. 4:
//! `g = tan(π·f/rate)`, `v1 = (ic1 + g·(x − ic2))/(1 + g·(g + k))`, `v2 = ic2 + g·v1`. With `g = p/q` the factors are `q²/d`, `p·q/d` and `p²/d`,
//! where `d = p² + k·p·q + q²`: one division a frame, and no tangent that runs away near half the rate. The integrators go on to `2·v1 − ic1` and
//! `2·v2 − ic2`, which are straight lines in `ic1` and `x − ic2` too and are computed as such: `v1` and `v2` are the means of what stood before and
//! what stands after, so that the next frame need not wait for them. It stays
//! stable under modulation at audio rate, since its states are the integrators' own. At resonance 0 both slopes
//! are Butterworth, so the cutoff is the −3 dB point: `k = √2·(1 − r)` for one stage; for two, the first stands at 2·cos(π/8) and the
//! second at 2·cos(3π/8)·(1 − r).
//!
//! Face: `[0]` cutoff in Hz, `[1]` resonance, as modulated.

mod stages;

use self::stages::{Sweeping, standing};
use crate::dsp::cutoff::{Cutoff, Places};
use crate::dsp::lane_glide::{LaneGlide, LaneSwitch};
use crate::dsp::levels::factor_from_db;
use crate::dsp::vectors::{Inputs, Several, side_by_side, up_to_four};
use crate::glide::switch_step;
use patchlight_core::{Face, ModuleSpec, audio, choice, db, hz, module, percent, pitch, preset};
use patchlight_engine::simd::{Lanes, Simd, SimdBase, SimdFloat, f32x8, load, select, splat, store, tan_pi_fraction, tanh};
use patchlight_engine::{BuildContext, FACE, GROUP, GroupIo, LaneKernel, LaneParam, LaneVisit, Oct, Unit, eight_lanes, lane_state};

const IN: usize = 0;
const PITCH_IN: usize = 1;
const FM_IN: usize = 2;

const CUTOFF: usize = 0;
const RESONANCE: usize = 1;
const MODE: usize = 2;
const SLOPE: usize = 3;
const MORPH: usize = 4;
const DRIVE: usize = 5;
const TRACKING: usize = 6;

const PLACES: Places = Places { cutoff_param: CUTOFF, tracking_param: TRACKING, pitch_input: PITCH_IN, fm_input: Some(FM_IN) };

pub const SPEC: ModuleSpec = module("filter.svf", "Filter")
    .about("Clean filter of every shape: low, high, band, notch, peak. Try it after an oscillator, an envelope on its cutoff.")
    .tags(&["lowpass", "low-pass", "highpass", "high-pass", "bandpass", "notch", "wah", "tone", "brightness", "state variable"])
    .inputs(&[
        audio("in", "Signal to filter"),
        pitch("pitch", "Moves the cutoff with the notes played, as far as tracking says"),
        audio("fm", "Moves the cutoff in a straight line, for FM at audio rate: 1 is 1 kHz up").mono(),
    ])
    .params(&[
        hz("cutoff_hz", 20.0..=20_000.0, 1_000.0).about("Corner frequency: where the filter begins to work"),
        percent("resonance", 0.1).about("Emphasis at the cutoff; near 100 % it rings"),
        choice("mode", &["low", "high", "band", "notch", "peak", "morph"], 0).about("What is let through"),
        choice("slope", &["12 dB", "24 dB"], 0).about("How steeply the rest is turned down, per octave"),
        percent("morph", 0.0).about("In morph mode: from low through band to high").hidden(),
        db("drive_db", 0.0..=36.0, 0.0).about("Pushes the input into soft saturation").hidden(),
        percent("tracking", 1.0).about("How much the pitch input moves the cutoff; 100 % follows the keys").hidden(),
    ])
    .presets(&[
        preset("Warm low-pass", "low warm", "mode low; cutoff_hz 700; resonance 15; drive_db 6"),
        preset("Steep low-pass", "low steep", "mode low; slope 24 dB; cutoff_hz 500; resonance 30"),
        preset("Telephone", "band narrow", "mode band; cutoff_hz 1400; resonance 55"),
        preset("Rumble cut", "high clean", "mode high; slope 24 dB; cutoff_hz 80; resonance 0; tracking 0"),
        preset("Whistle", "peak sing", "mode peak; cutoff_hz 2200; resonance 92"),
        preset("Notch sweep", "notch phaser", "mode notch; cutoff_hz 900; resonance 20"),
    ])
    .outputs(&[audio("out", "Filtered signal")])
    .bundles()
    .face(Face::Filter);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| Svf {
        state: State::default(),
        step: switch_step(lanes.sample_rate_hz),
        shown: [[0.0; GROUP]; 2],
        kept: None,
        is_loud: false,
    })
}

struct Svf {
    state: State,
    /// Of what glides, a frame.
    step: f32,
    shown: [Oct; 2],
    /// Those of the last call, if it was [`Standing`].
    kept: Option<Factors<Oct>>,
    /// The states were last seen near their limit, or beyond.
    is_loud: bool,
}

struct State {
    /// The integrators of the first stage and the second, in units of [`UNIT`].
    first: [Oct; 2],
    second: [Oct; 2],
    /// What must not jump: the mix of low, band and high, and the share of the second stage.
    weights: [LaneGlide; 3],
    slope: LaneSwitch,
    /// Lanes that have not begun: they begin at their goals.
    fresh: [bool; GROUP],
}

impl Default for State {
    fn default() -> Self {
        Self {
            first: [[0.0; GROUP]; 2],
            second: [[0.0; GROUP]; 2],
            weights: [LaneGlide::default(); 3],
            slope: LaneSwitch::default(),
            fresh: [true; GROUP],
        }
    }
}

/// Damping of one stage without resonance, and of the two of a fourth-order Butterworth.
const K_ONE: f32 = std::f32::consts::SQRT_2;
const K_FIRST: f32 = 1.847_759;
const K_SECOND: f32 = 0.765_366_9;
/// The least damping: a ring of about Q = 140, held by the clamp of the states.
const K_LEAST: f32 = 0.005;
/// What integrators hold 1 of: their limit of ±16 is then ±2, which [`reaches_two`] sees.
const UNIT: f32 = 8.0;
const LIMIT: f32 = 2.0;

/// What the loop is solved with: twice those of the formulas above, and what makes the band of the sum of the first integrator's states.
#[derive(Clone, Copy)]
struct Factors<V> {
    b1: V,
    b2: V,
    b3: V,
    band: V,
}

/// Low, band and what came in, of one stage.
#[derive(Clone, Copy)]
struct Taps<V> {
    low: V,
    band: V,
    x: V,
}

impl<V> Factors<V> {
    #[inline(always)]
    fn new<S: Simd>(simd: S, turns: V, k: V) -> Self
    where
        V: Lanes<S>,
    {
        let (p, q) = tan_pi_fraction(simd, turns);
        let k = k.max(V::splat(simd, K_LEAST));
        let (pp, pq, qq) = (p * p, p * q, q * q);
        let solve = V::splat(simd, 2.0) / k.mul_add(pq, pp + qq);
        Self { b1: qq.mul_add(solve, V::splat(simd, -1.0)), b2: pq * solve, b3: pp * solve, band: k * V::splat(simd, 0.5 * UNIT) }
    }

    /// One frame of a stage, `state` being its integrators, which are held within their limits if `HOLDS`.
    #[inline(always)]
    fn step<S: Simd, const HOLDS: bool>(&self, simd: S, state: &mut [V; 2], x: V) -> Taps<V>
    where
        V: Lanes<S>,
    {
        let [ic1, ic2] = *state;
        let v3 = x.mul_add(V::splat(simd, 1.0 / UNIT), -ic2);
        let next1 = self.b2.mul_add(v3, self.b1 * ic1);
        let next2 = self.b3.mul_add(v3, self.b2.mul_add(ic1, ic2));
        *state = [next1, next2];
        if HOLDS {
            let limit = V::splat(simd, LIMIT);
            *state = [next1.max(-limit).min(limit), next2.max(-limit).min(limit)];
        }
        // Never −0, whichever way it was computed.
        let zero = V::splat(simd, 0.0);
        Taps { low: (ic2 + next2).mul_add(V::splat(simd, 0.5 * UNIT), zero), band: (ic1 + next1).mul_add(self.band, zero), x }
    }
}

impl<V> Taps<V> {
    #[inline(always)]
    fn high<S: Simd>(self) -> V
    where
        V: Lanes<S>,
    {
        self.x - self.band - self.low
    }

    #[inline(always)]
    fn mix<S: Simd>(self, weights: &[V; 3]) -> V
    where
        V: Lanes<S>,
    {
        weights[0].mul_add(self.low, weights[1].mul_add(self.band, weights[2] * self.high()))
    }
}

/// What a mode lets through, known when it is compiled.
const LOW: u8 = 0;
const HIGH: u8 = 1;
const BAND: u8 = 2;
const MIXED: u8 = 3;

/// What a call reads.
#[derive(Clone, Copy)]
struct Call<'a> {
    input: &'a [Oct],
    cutoff: Cutoff<'a>,
    resonance: LaneParam<'a>,
    morph: LaneParam<'a>,
    drive: LaneParam<'a>,
    mode: u8,
    slope: f32,
}

fn is_still(param: &LaneParam<'_>) -> bool {
    matches!(param, LaneParam::Constant(_))
}

impl<'a> Call<'a> {
    #[inline(always)]
    fn new(io: &GroupIo<'_, 'a>) -> Self {
        Self {
            input: io.input(IN),
            cutoff: Cutoff::new(io, &PLACES),
            resonance: io.param(RESONANCE),
            morph: io.param(MORPH),
            drive: io.param(DRIVE),
            mode: io.param(MODE).first() as u8,
            slope: io.param(SLOPE).first(),
        }
    }

    /// Shares of low, band and high in the output.
    #[inline(always)]
    fn weights<S: Simd>(&self, simd: S, n: usize) -> [f32x8<S>; 3] {
        let [zero, one] = [splat(simd, 0.0), splat(simd, 1.0)];
        match self.mode {
            0 => [one, zero, zero],
            1 => [zero, zero, one],
            2 => [zero, one, zero],
            3 => [one, zero, one],
            4 => [one, zero, -one],
            _ => {
                let turn = splat(simd, 2.0) * self.morph.at(simd, n) - one;
                [(-turn).max(zero), one - turn.abs(), turn.max(zero)]
            }
        }
    }

    /// The factors of both stages in a frame, where `slope` is the share of the second.
    #[inline(always)]
    fn factors<S: Simd>(&self, simd: S, n: usize, slope: f32x8<S>) -> [Factors<f32x8<S>>; 2] {
        let turns = self.cutoff.turns(simd, n);
        let one = splat(simd, 1.0);
        let open = one - self.resonance.at(simd, n);
        let k = splat(simd, K_FIRST).mul_add(slope, open * splat(simd, K_ONE) * (one - slope));
        [Factors::new(simd, turns, k), Factors::new(simd, turns, open * splat(simd, K_SECOND))]
    }

    /// The damping of a stage that stands alone.
    #[inline(always)]
    fn damping<S: Simd>(&self, simd: S, n: usize) -> f32x8<S> {
        (splat(simd, 1.0) - self.resonance.at(simd, n)) * splat(simd, K_ONE)
    }

    /// A frame of the input, pushed. Unity for small signals at no drive; the louder the push, the rounder.
    #[inline(always)]
    fn pushed<S: Simd>(&self, simd: S, n: usize) -> f32x8<S> {
        let x = load(simd, &self.input[n]);
        let one = splat(simd, 1.0);
        let gain = factor_from_db(simd, self.drive.at(simd, n));
        let amount = one - one / gain;
        select(gain.simd_gt(one), x + (tanh(simd, x * gain) - x) * amount, x)
    }

    fn is_driven(&self) -> bool {
        match self.drive {
            LaneParam::Constant(value) => value.iter().any(|drive| *drive > 0.0),
            LaneParam::Signal(_) => true,
        }
    }

    fn moves(&self) -> bool {
        self.cutoff.moves() || self.resonates()
    }

    /// Whether the resonance moves.
    fn resonates(&self) -> bool {
        !is_still(&self.resonance)
    }
}

impl Svf {
    /// Lanes that are new begin at their goals. Says whether nothing glides.
    #[inline(always)]
    fn begin<S: Simd>(&mut self, simd: S, call: &Call<'_>) -> bool {
        let [low, band, high] = call.weights(simd, 0);
        let goals: [Oct; 3] = [low.into(), band.into(), high.into()];
        let state = &mut self.state;
        let mut settled = state.slope.begin(call.slope) && (call.mode < 5 || is_still(&call.morph));
        if state.fresh != [false; GROUP] {
            for lane in 0..GROUP {
                if state.fresh[lane] {
                    for index in 0..3 {
                        state.weights[index].set(lane, goals[index][lane]);
                    }
                }
            }
            state.fresh = [false; GROUP];
        }
        for index in 0..3 {
            settled &= *state.weights[index].now() == goals[index];
        }
        settled
    }

    /// A call of any kind.
    #[inline(always)]
    fn whatever<S: Simd>(&mut self, simd: S, call: &Call<'_>, is_settled: bool, out: &mut [Oct]) {
        match (is_settled, call.mode, call.slope > 0.0) {
            (false, ..) => self.gliding(simd, call, out),
            (_, 0, false) => self.settled::<S, LOW, false>(simd, call, out),
            (_, 0, true) => self.settled::<S, LOW, true>(simd, call, out),
            (_, 1, false) => self.settled::<S, HIGH, false>(simd, call, out),
            (_, 2, false) => self.settled::<S, BAND, false>(simd, call, out),
            (_, _, false) => self.settled::<S, MIXED, false>(simd, call, out),
            (_, _, true) => self.settled::<S, MIXED, true>(simd, call, out),
        }
        let State { first, second, .. } = &self.state;
        self.is_loud = first.as_flattened().iter().chain(second.as_flattened()).any(|state| state.abs() > 0.5 * LIMIT);
    }

    /// Nothing glides: only what is heard is computed.
    #[inline(always)]
    fn settled<S: Simd, const TAP: u8, const STEEP: bool>(&mut self, simd: S, call: &Call<'_>, out: &mut [Oct]) {
        let (zero, slope) = (splat(simd, 0.0), splat(simd, call.slope));
        let weights =
            [load(simd, self.state.weights[0].now()), load(simd, self.state.weights[1].now()), load(simd, self.state.weights[2].now())];
        let mut first = [load(simd, &self.state.first[0]), load(simd, &self.state.first[1])];
        let mut second = [load(simd, &self.state.second[0]), load(simd, &self.state.second[1])];
        let (is_driven, moves) = (call.is_driven(), call.moves());
        let mut factors = call.factors(simd, 0, slope);
        for n in 0..out.len() {
            if moves {
                factors = call.factors(simd, n, slope);
            }
            let x = if is_driven { call.pushed(simd, n) } else { load(simd, &call.input[n]) };
            let mut heard = tap::<S, _, TAP>(simd, factors[0].step::<S, true>(simd, &mut first, x), &weights);
            if STEEP {
                heard = tap::<S, _, TAP>(simd, factors[1].step::<S, true>(simd, &mut second, heard), &weights);
            }
            store(heard, &mut out[n]);
        }
        if !STEEP {
            second = [zero; 2];
        }
        self.keep(first, second);
    }

    /// Something glides.
    #[inline(always)]
    fn gliding<S: Simd>(&mut self, simd: S, call: &Call<'_>, out: &mut [Oct]) {
        let (zero, one) = (splat(simd, 0.0), splat(simd, 1.0));
        let mut first = [load(simd, &self.state.first[0]), load(simd, &self.state.first[1])];
        let mut second = [load(simd, &self.state.second[0]), load(simd, &self.state.second[1])];
        for n in 0..out.len() {
            let goals = call.weights(simd, n);
            let mut weights = goals;
            for index in 0..3 {
                weights[index] = self.state.weights[index].next(simd, goals[index], self.step);
            }
            let slope = self.state.slope.next(simd, splat(simd, call.slope), self.step);
            let factors = call.factors(simd, n, slope);
            let a = factors[0].step::<S, true>(simd, &mut first, call.pushed(simd, n)).mix(&weights);
            let b = factors[1].step::<S, true>(simd, &mut second, a).mix(&weights);
            let steep = slope.simd_gt(zero);
            // Where it is not heard the second stage rests, as it does when all is settled.
            second = [select(steep, second[0], zero), select(steep, second[1], zero)];
            store(slope.mul_add(b, (one - slope) * a) + zero, &mut out[n]);
        }
        self.keep(first, second);
    }

    #[inline(always)]
    fn keep<S: Simd>(&mut self, first: [f32x8<S>; 2], second: [f32x8<S>; 2]) {
        for index in 0..2 {
            store(first[index], &mut self.state.first[index]);
            store(second[index], &mut self.state.second[index]);
        }
    }
}

#[inline(always)]
fn tap<S: Simd, V: Lanes<S>, const TAP: u8>(simd: S, taps: Taps<V>, weights: &[V; 3]) -> V {
    let zero = V::splat(simd, 0.0);
    match TAP {
        LOW => taps.low,
        HIGH => taps.high() + zero,
        BAND => taps.band,
        _ => taps.mix(weights) + zero,
    }
}

impl LaneKernel for Svf {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        Self::several::<S, f32x8<S>, f32x8<S>, 1>(std::array::from_mut(self), simd, std::array::from_mut(io));
    }

    #[inline(always)]
    fn run_several<S: Simd>(kernels: &mut [Self], simd: S, io: &mut [GroupIo<'_, '_>]) -> usize {
        up_to_four(kernels, simd, io)
    }

    fn reset(&mut self) {
        self.state = State::default();
        (self.kept, self.is_loud) = (None, false);
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        (face[0], face[1]) = (self.shown[0][lane], self.shown[1][lane]);
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        let State { first: [a, b], second: [c, d], weights: [e, f, g], slope, fresh } = &mut self.state;
        lane_state!(visit; *a, *b, *c, *d, *e, *f, *g, *slope, *fresh);
    }
}

/// A stage waits for its own last frame, so one is computed while another waits.
impl Several for Svf {
    #[inline(always)]
    fn several<S: Simd, V: Lanes<S>, W: Lanes<S>, const N: usize>(
        kernels: &mut [Self; N],
        simd: S,
        io: &mut [GroupIo<'_, '_>; N],
    ) -> usize {
        let mode = io[0].param(MODE).first() as u8;
        let is_kept = io[0].is_same() && kernels.iter().all(|kernel| kernel.kept.is_some());
        if is_kept && standing::<S, V, W, N>(kernels, simd, io, mode) {
            return N;
        }
        let calls = &io.each_ref().map(|io| Call::new(io));
        let (mut is_settled, mut is_plain, mut moves) = (true, (mode == 0 || mode == 2) && !is_kept, false);
        for index in 0..N {
            let (kernel, call) = (&mut kernels[index], &calls[index]);
            is_settled &= kernel.begin(simd, call);
            is_plain &= call.slope == 0.0 && !call.is_driven() && !call.resonates() && !kernel.is_loud;
            moves |= call.moves();
            kernel.kept = None;
        }
        let ran = match mode {
            _ if !is_settled || !is_plain => false,
            _ if moves => {
                let mut rows = [const { None }; N];
                let mut inputs = calls.each_ref().map(|call| Inputs::alone(call.input));
                for ((input, call), row) in inputs.iter_mut().zip(calls).zip(&mut rows) {
                    input.hz = call.cutoff.all_hz(simd, input.x.len(), row);
                }
                match mode {
                    0 => side_by_side::<S, Sweeping<V, LOW>, Sweeping<W, LOW>, _, _, N>(kernels, simd, io, calls, inputs),
                    _ => side_by_side::<S, Sweeping<V, BAND>, Sweeping<W, BAND>, _, _, N>(kernels, simd, io, calls, inputs),
                }
            }
            _ => {
                for index in 0..N {
                    let call = &calls[index];
                    let Factors { b1, b2, b3, band } = Factors::new(simd, call.cutoff.turns(simd, 0), call.damping(simd, 0));
                    kernels[index].kept = Some(Factors { b1: b1.into(), b2: b2.into(), b3: b3.into(), band: band.into() });
                }
                standing::<S, V, W, N>(kernels, simd, io, mode)
            }
        };
        if !ran && N > 1 {
            return 0;
        }
        if !ran {
            kernels[0].kept = None;
            kernels[0].whatever(simd, &calls[0], is_settled, io[0].output(0));
        }
        for index in 0..N {
            let (kernel, call, last) = (&mut kernels[index], &calls[index], io[index].frames().saturating_sub(1));
            store(call.cutoff.hz(simd, last), &mut kernel.shown[0]);
            store(call.resonance.at(simd, last), &mut kernel.shown[1]);
        }
        N
    }
}

#[cfg(test)]
mod tests;
