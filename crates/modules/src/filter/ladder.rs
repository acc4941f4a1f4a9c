//! Ladder: a four-pole low-pass with saturation in its feedback, after R. Moog's of 1965.
//!
//! Four trapezoidal one-poles in a row, the feedback solved without delay (V. Zavalishin, *The Art of VA Filter Design*, ch. 5) and
//! the sum at the input passed through tanh. With `G = g/(1 + g)`, `g = tan(π·f/rate)`, and pole states `s`, the last output is `G⁴·u + S`, so
//! `u = tanh((x − k·S)/(1 + k·G⁴))`. Since tanh has no memory it only lowers the loop gain: self-oscillation, at `k` = 4, stays in tune.
//!
//! Face: `[0]` cutoff in Hz, `[1]` resonance, as modulated.

use crate::dsp::cutoff::{Cutoff, Places};
use crate::dsp::lane_glide::LaneSwitch;
use crate::dsp::levels::OCTAVES_PER_DB;
use crate::dsp::vectors::{Frame, InVector, Inputs, Several, side_by_side, up_to_four};
use crate::glide::switch_step;
use patchlight_core::{Face, ModuleSpec, audio, choice, db, hz, module, percent, pitch, preset};
use patchlight_engine::simd::{Lanes, Simd, SimdFloat, exp2, f32x8, load, share_pi, splat, store, tanh};
use patchlight_engine::{BuildContext, FACE, GROUP, GroupIo, LaneKernel, LaneParam, LaneVisit, Oct, Unit, eight_lanes, lane_state};

const IN: usize = 0;
const PITCH_IN: usize = 1;
const FM_IN: usize = 2;

const CUTOFF: usize = 0;
const RESONANCE: usize = 1;
const DRIVE: usize = 2;
const POLES: usize = 3;
const BASS: usize = 4;
const TRACKING: usize = 5;

const PLACES: Places = Places { cutoff_param: CUTOFF, tracking_param: TRACKING, pitch_input: PITCH_IN, fm_input: Some(FM_IN) };

pub const SPEC: ModuleSpec = module("filter.ladder", "Ladder")
    .about("Warm low-pass that sings near full resonance. Try saw, ladder, vca.")
    .tags(&["lowpass", "low-pass", "moog", "acid", "fat", "warm", "brightness", "talking"])
    .inputs(&[
        audio("in", "Signal to filter"),
        pitch("pitch", "Moves the cutoff with the notes played, as far as tracking says"),
        audio("fm", "Moves the cutoff in a straight line, for FM at audio rate: 1 is 1 kHz up").mono(),
    ])
    .params(&[
        hz("cutoff_hz", 20.0..=20_000.0, 1_000.0).about("Corner frequency: everything above is turned down"),
        percent("resonance", 0.2).about("0 is gentle; from 95 % on it sings by itself"),
        db("drive_db", -12.0..=36.0, 0.0).about("How hard the input is pushed into the ladder"),
        choice("poles", &["6 dB", "12 dB", "18 dB", "24 dB"], 3).about("How steeply the highs fall, per octave").hidden(),
        percent("bass", 0.5).about("Brings back the bass that resonance takes away").hidden(),
        percent("tracking", 1.0).about("How much the pitch input moves the cutoff; 100 % follows the keys").hidden(),
    ])
    .presets(&[
        preset("Moog bass", "bass warm", "cutoff_hz 260; resonance 25; drive_db 9; bass 70"),
        preset("Squelch", "acid lead", "cutoff_hz 420; resonance 85; bass 20"),
        preset("Two poles", "bright open", "cutoff_hz 1800; poles 12 dB; resonance 30"),
        preset("Sine from nothing", "sing oscillator", "cutoff_hz 440; resonance 100; drive_db 6"),
        preset("Overdriven", "dirty lead", "cutoff_hz 900; drive_db 24; resonance 45"),
    ])
    .outputs(&[audio("out", "Filtered signal")])
    .bundles()
    .face(Face::Filter);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| Ladder { state: State::default(), step: switch_step(lanes.sample_rate_hz), shown: [[0.0; GROUP]; 2] })
}

struct Ladder {
    state: State,
    /// Of what glides, a frame.
    step: f32,
    shown: [Oct; 2],
}

#[derive(Default)]
struct State {
    poles: [Oct; 4],
    /// Shares of the four poles' outputs; they glide.
    taps: [LaneSwitch; 4],
}

/// Feedback at full resonance: a little above the 4 at which the ladder begins to sing.
const K_FULL: f32 = 4.2;

#[derive(Clone, Copy)]
struct Factors<V> {
    big_g: V,
    k: V,
    /// 1 / (1 + k·G⁴).
    solve: V,
    input_gain: V,
    output_gain: V,
}

/// What a call reads.
#[derive(Clone, Copy)]
struct Call<'a> {
    input: &'a [Oct],
    cutoff: Cutoff<'a>,
    resonance: LaneParam<'a>,
    drive: LaneParam<'a>,
    bass: LaneParam<'a>,
    /// The pole that is heard, 0 to 3.
    pole: usize,
}

/// What of a call moves from frame to frame.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Moves {
    cutoff: bool,
    /// The resonance among them.
    gains: bool,
}

fn is_signal(param: &LaneParam<'_>) -> bool {
    matches!(param, LaneParam::Signal(_))
}

impl<'a> Call<'a> {
    #[inline(always)]
    fn new(io: &GroupIo<'_, 'a>) -> Self {
        Self {
            input: io.input(IN),
            cutoff: Cutoff::new(io, &PLACES),
            resonance: io.param(RESONANCE),
            drive: io.param(DRIVE),
            bass: io.param(BASS),
            pole: (io.param(POLES).first() as usize).min(3),
        }
    }

    fn moves(&self) -> Moves {
        Moves { cutoff: self.cutoff.moves(), gains: is_signal(&self.resonance) || is_signal(&self.drive) || is_signal(&self.bass) }
    }
}

/// The factors of the groups of a vector, from the calls of its first and last.
#[inline(always)]
fn factors<S: Simd, V: Lanes<S>>(simd: S, calls: [&Call<'_>; 2], n: usize) -> Factors<V> {
    let one = V::splat(simd, 1.0);
    let blank = Factors { big_g: one, k: one, solve: one, input_gain: one, output_gain: one };
    let turns = V::join(simd, [calls[0].cutoff.turns(simd, n), calls[1].cutoff.turns(simd, n)]);
    tuned(simd, Some(turns), pushed(simd, calls, n, blank))
}

/// With the gains of this frame.
#[inline(always)]
fn pushed<S: Simd, V: Lanes<S>>(simd: S, [first, last]: [&Call<'_>; 2], n: usize, before: Factors<V>) -> Factors<V> {
    let drive = V::join(simd, [first.drive.at(simd, n), last.drive.at(simd, n)]) * V::splat(simd, OCTAVES_PER_DB);
    let k = V::join(simd, [first.resonance.at(simd, n), last.resonance.at(simd, n)]) * V::splat(simd, K_FULL);
    let bass = V::join(simd, [first.bass.at(simd, n), last.bass.at(simd, n)]);
    let [low, high] = drive.parts(simd);
    let half = splat(simd, -0.5);
    // Half of the push in decibels is taken back, so that drive adds colour more than level.
    let (gain, back) =
        (V::join(simd, [exp2(simd, low), exp2(simd, high)]), V::join(simd, [exp2(simd, low * half), exp2(simd, high * half)]));
    Factors { k, input_gain: gain * bass.mul_add(k, V::splat(simd, 1.0)), output_gain: back, ..before }
}

/// With the cutoff of this frame, where it moves, and the loop solved.
#[inline(always)]
fn tuned<S: Simd, V: Lanes<S>>(simd: S, turns: Option<V>, before: Factors<V>) -> Factors<V> {
    let one = V::splat(simd, 1.0);
    let big_g = match turns {
        Some(turns) => share_pi(simd, turns),
        None => before.big_g,
    };
    let g2 = big_g * big_g;
    Factors { big_g, solve: one / before.k.mul_add(g2 * g2, one), ..before }
}

impl<V> Factors<V> {
    /// Moves the four poles on by a frame of the input.
    ///
    /// The next frame waits for this one's tanh, so as little as can be stands between the two: each pole is a straight line in `u`, and
    /// what belongs to it besides is there before `u` is.
    #[inline(always)]
    fn step<S: Simd>(&self, simd: S, poles: &mut [V; 4], x: V)
    where
        V: Lanes<S>,
    {
        let (g, rest) = (self.big_g, V::splat(simd, 1.0) - self.big_g);
        let g2 = g * g;
        let kept = g.mul_add(poles[0], poles[1]).mul_add(g2, g.mul_add(poles[2], poles[3]));
        let u = tanh(simd, kept.mul_add(-(self.k * rest * self.solve), x * (self.input_gain * self.solve)));
        let two = V::splat(simd, 2.0);
        let (mut without, mut power) = (rest * poles[0], two * g);
        for index in 0..4 {
            if index > 0 {
                without = g.mul_add(without, rest * poles[index]);
                power *= g;
            }
            poles[index] = power.mul_add(u, two.mul_add(without, -poles[index]));
        }
    }
}

/// What a pole puts out, which is the mean of its states around a frame.
#[inline(always)]
fn heard<S: Simd, V: Lanes<S>>(simd: S, before: V, after: V) -> V {
    (before + after) * V::splat(simd, 0.5)
}

impl Ladder {
    /// Lanes that are new begin at their goals. Says whether nothing glides.
    #[inline(always)]
    fn begin(&mut self, call: &Call<'_>) -> bool {
        let mut settled = true;
        for (index, tap) in self.state.taps.iter_mut().enumerate() {
            settled &= tap.begin(if index == call.pole { 1.0 } else { 0.0 });
        }
        settled
    }

    #[inline(always)]
    fn gliding<S: Simd>(&mut self, simd: S, call: &Call<'_>, out: &mut [Oct]) {
        let mut poles = self.poles(simd);
        let (zero, one) = (splat(simd, 0.0), splat(simd, 1.0));
        for n in 0..out.len() {
            let factors: Factors<f32x8<S>> = factors(simd, [call; 2], n);
            let before = poles;
            factors.step(simd, &mut poles, load(simd, &call.input[n]));
            let mut mixed = zero;
            for index in 0..4 {
                let goal = if index == call.pole { one } else { zero };
                mixed = heard(simd, before[index], poles[index]).mul_add(self.state.taps[index].next(simd, goal, self.step), mixed);
            }
            store(mixed.mul_add(factors.output_gain, zero), &mut out[n]);
        }
        self.keep(poles);
    }

    #[inline(always)]
    fn poles<S: Simd>(&self, simd: S) -> [f32x8<S>; 4] {
        let [a, b, c, d] = &self.state.poles;
        [load(simd, a), load(simd, b), load(simd, c), load(simd, d)]
    }

    #[inline(always)]
    fn keep<S: Simd>(&mut self, poles: [f32x8<S>; 4]) {
        for index in 0..4 {
            store(poles[index], &mut self.state.poles[index]);
        }
    }

    #[inline(always)]
    fn show<S: Simd>(&mut self, simd: S, call: &Call<'_>, frames: usize) {
        store(call.cutoff.hz(simd, frames.saturating_sub(1)), &mut self.shown[0]);
        store(call.resonance.at(simd, frames.saturating_sub(1)), &mut self.shown[1]);
    }
}

/// The ladder waits for its own last frame, so one is computed while another waits.
impl Several for Ladder {
    #[inline(always)]
    fn several<S: Simd, V: Lanes<S>, W: Lanes<S>, const N: usize>(
        kernels: &mut [Self; N],
        simd: S,
        io: &mut [GroupIo<'_, '_>; N],
    ) -> usize {
        let calls = &io.each_ref().map(|io| Call::new(io));
        let inputs = calls.each_ref().map(|call| Inputs::alone(call.input));
        let mut is_settled = true;
        for index in 0..N {
            is_settled &= kernels[index].begin(&calls[index]);
        }
        // Most ladders are heard at their last pole and have gains that stand still.
        let ran = match (calls[0].pole, calls[0].moves()) {
            (3, Moves { cutoff: true, gains: false }) if is_settled => {
                let mut rows = [const { None }; N];
                let mut inputs = inputs;
                for ((input, call), row) in inputs.iter_mut().zip(calls).zip(&mut rows) {
                    input.hz = call.cutoff.all_hz(simd, input.x.len(), row);
                }
                side_by_side::<S, Vector<V, true, true, false>, Vector<W, true, true, false>, _, _, N>(kernels, simd, io, calls, inputs)
            }
            (3, Moves { cutoff: false, gains: false }) if is_settled => {
                side_by_side::<S, Vector<V, true, false, false>, Vector<W, true, false, false>, _, _, N>(kernels, simd, io, calls, inputs)
            }
            (3, _) if is_settled => {
                side_by_side::<S, Vector<V, true, true, true>, Vector<W, true, true, true>, _, _, N>(kernels, simd, io, calls, inputs)
            }
            _ if N > 1 => false,
            _ if is_settled => {
                side_by_side::<S, Vector<V, false, true, true>, Vector<W, false, true, true>, _, _, N>(kernels, simd, io, calls, inputs)
            }
            _ => {
                kernels[0].gliding(simd, &calls[0], io[0].output(0));
                true
            }
        };
        if !ran {
            return 0;
        }
        for index in 0..N {
            let frames = io[index].frames();
            kernels[index].show(simd, &calls[index], frames);
        }
        N
    }
}

/// The ladders of a vector, of which one pole is heard, the last or any. What moves is known when this is compiled.
struct Vector<V, const LAST: bool, const TUNES: bool, const PUSHES: bool> {
    poles: [V; 4],
    factors: Factors<V>,
}

impl<'c, S: Simd, V: Lanes<S>, const LAST: bool, const TUNES: bool, const PUSHES: bool> InVector<S, Ladder, Call<'c>>
    for Vector<V, LAST, TUNES, PUSHES>
{
    const GROUPS: usize = V::GROUPS;

    #[inline(always)]
    fn new(simd: S, [low, high]: [&Ladder; 2], calls: [&Call<'c>; 2]) -> Self {
        let mut poles = [V::splat(simd, 0.0); 4];
        for place in 0..4 {
            poles[place] = V::join(simd, [load(simd, &low.state.poles[place]), load(simd, &high.state.poles[place])]);
        }
        Self { poles, factors: factors(simd, calls, 0) }
    }

    #[inline(always)]
    fn frame(&mut self, simd: S, n: usize, [low, high]: [Frame<S>; 2], calls: [&Call<'c>; 2]) -> [f32x8<S>; 2] {
        if PUSHES {
            self.factors = pushed(simd, calls, n, self.factors);
            let turns = V::join(simd, [calls[0].cutoff.turns(simd, n), calls[1].cutoff.turns(simd, n)]);
            self.factors = tuned(simd, TUNES.then_some(turns), self.factors);
        } else if TUNES {
            let turns = calls[0].cutoff.turns_of(simd, V::join(simd, [low.hz, high.hz]));
            self.factors = tuned(simd, Some(turns), self.factors);
        }
        let before = self.poles;
        self.factors.step(simd, &mut self.poles, V::join(simd, [low.x, high.x]));
        let after = self.poles;
        let mut out = heard(simd, before[3], after[3]);
        if !LAST {
            let others = [heard(simd, before[0], after[0]), heard(simd, before[1], after[1]), heard(simd, before[2], after[2]), out];
            out = others[calls[0].pole];
        }
        // Never −0, whichever way it was computed.
        out.mul_add(self.factors.output_gain, V::splat(simd, 0.0)).parts(simd)
    }

    #[inline(always)]
    fn keep(&self, simd: S, part: usize, kernel: &mut Ladder) {
        for place in 0..4 {
            store(self.poles[place].parts(simd)[part], &mut kernel.state.poles[place]);
        }
    }
}

impl LaneKernel for Ladder {
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
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        (face[0], face[1]) = (self.shown[0][lane], self.shown[1][lane]);
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        let State { poles: [a, b, c, d], taps: [e, f, g, h] } = &mut self.state;
        lane_state!(visit; *a, *b, *c, *d, *e, *f, *g, *h);
    }
}

#[cfg(test)]
mod tests;
