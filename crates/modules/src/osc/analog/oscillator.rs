//! The oscillator behind `osc.analog` and `osc.sub`.

use super::bank::{Bank, Frame};
use super::pair::{Pair, is_paired};
use super::single::{Single, Width};
use super::sync::SyncInput;
use super::tuning::{Stillness, Tuning, bent_step, bent_steps};
use crate::dsp::phase::{TURN, is_flat};
use patchlight_core::C4_HZ;
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, f32x8, i32x8, load, splat, store};
use patchlight_engine::{GROUP, LaneContext, LaneParam, LaneState, LaneVisit, Oct, lane_state};

/// The ideal waveform's peak. A band-limited edge overshoots by a fifth of its jump: so much room keeps a saw under full scale.
pub const LEVEL: f32 = 0.63;

/// How long a change of shape or of unison fades.
const FADE_SECS: f32 = 0.005;

/// The oscillators of eight lanes, whatever module they belong to.
pub struct Oscillator {
    bank: Bank,
    sync: SyncInput,
    /// How far the second saw of the pulse was from half a cycle behind the first.
    offset: [i32; GROUP],
    /// Lanes that have not begun.
    fresh: [bool; GROUP],
    /// The frequency last heard, for the face.
    hz: Oct,
    /// What the last call came to, where the next can go on with it.
    again: Option<Again>,
}

/// A call for one oscillator of one shape, of which nothing moved but the sound that modulates.
struct Again {
    shape: usize,
    /// What came in at the pitch input.
    pitch: Oct,
    steps: Steps,
}

impl Again {
    /// Whether this pitch is the same as that of the last call.
    #[inline(always)]
    fn holds<S: Simd>(&self, simd: S, pitch: Option<&[Oct]>) -> bool {
        pitch.is_none_or(|pitch| pitch[0] == self.pitch && is_flat(simd, pitch))
    }
}

enum Steps {
    Still([i32; GROUP]),
    /// Those without FM, and those by which a 1 bends them.
    Bent([Oct; 2]),
}

/// Where the second saw of a pulse of this width is, from half a cycle behind the first.
#[inline(always)]
pub fn pulse_offset<S: Simd>(simd: S, width: f32x8<S>) -> i32x8<S> {
    let width = width.max(splat(simd, 0.01)).min(splat(simd, 0.99));
    ((splat(simd, 0.5) - width) * splat(simd, TURN)).to_int()
}

/// The phase of an angle from the start of the cycle.
#[inline(always)]
fn start_phase<S: Simd>(simd: S, angle_degrees: f32x8<S>) -> i32x8<S> {
    let turns = angle_degrees * splat(simd, 1.0 / 360.0) - splat(simd, 0.5);
    (turns.min(splat(simd, 0.499_999_9)) * splat(simd, TURN)).to_int()
}

/// Reads the knobs at a frame.
#[inline(always)]
fn read<S: Simd>(simd: S, still: &[LaneParam<'_>; 5], n: usize) -> Knobs<S> {
    let [start, shape, count, detune, blend] = still;
    Knobs {
        start: start_phase(simd, start.at(simd, n)),
        shape: shape.at(simd, n),
        unison: [count.at(simd, n), detune.at(simd, n), blend.at(simd, n)],
    }
}

/// The knobs that mostly stand still, at one frame.
struct Knobs<S: Simd> {
    start: i32x8<S>,
    shape: f32x8<S>,
    /// Count, detune and blend.
    unison: [f32x8<S>; 3],
}

/// What a call reads, and where it writes.
pub struct Call<'a, S: Simd> {
    still: [LaneParam<'a>; 5],
    is_still: bool,
    knobs: Knobs<S>,
    width: Width<'a, S>,
    sync: Option<&'a [Oct]>,
    tuning: Tuning<'a, S>,
}

impl Oscillator {
    pub fn new(lanes: &LaneContext<'_>) -> Self {
        Self { bank: Bank::new(lanes), sync: SyncInput::new(), offset: [0; GROUP], fresh: [true; GROUP], hz: [C4_HZ; GROUP], again: None }
    }

    pub fn reset(&mut self) {
        self.bank.reset();
        self.sync = SyncInput::new();
        self.fresh = [true; GROUP];
        self.again = None;
    }

    /// The frequency last heard.
    pub fn hz(&self, lane: usize) -> f32 {
        self.hz[lane]
    }

    /// The phase of the first oscillator, −1 to 1.
    pub fn phase(&self, lane: usize) -> f32 {
        self.bank.first_phase(lane)
    }

    /// Renders a call: the sound, and the bare ramp where it is read. Compiled once for all modules that have an oscillator.
    #[inline(never)]
    pub fn run<S: Simd>(&mut self, simd: S, call: &mut Call<'_, S>, out: &mut [Oct], ramp: Option<&mut [Oct]>) {
        simd.vectorize(
            #[inline(always)]
            || {
                self.begin_fresh(simd, call);
                let shape = if call.is_still && call.sync.is_none() { self.bank.single_shape(&call.still[1]) } else { None };
                self.again = None;
                match shape {
                    Some(shape) => self.run_single(simd, call, shape, out, ramp),
                    None => self.run_all(simd, call, out, ramp),
                }
                store(call.tuning.hz(simd, out.len() - 1), &mut self.hz);
            },
        );
    }

    /// Renders a call like the last, if nothing differs but the sound that modulates: the same samples as [`Oscillator::run`] gives, but
    /// knobs that do not move are not looked at. To be asked where the parameters and cables are those of the last call.
    #[inline(always)]
    pub fn run_again<S: Simd>(
        &mut self,
        simd: S,
        pitch: Option<&[Oct]>,
        fm: Option<&[Oct]>,
        out: &mut [Oct],
        ramp: Option<&mut [Oct]>,
    ) -> bool {
        let Some(again) = self.again.as_ref().filter(|again| again.holds(simd, pitch)) else { return false };
        let width = Width::still(simd, &self.offset);
        let mut single = Single { bank: &mut self.bank, offset: &mut self.offset, width: &width, shape: again.shape };
        match (&again.steps, fm) {
            (Steps::Still(steps), None) => {
                let step = i32x8::from_slice(simd, steps);
                single.run(
                    simd,
                    out,
                    ramp,
                    #[inline(always)]
                    |_| step,
                );
            }
            (Steps::Bent([steps, bend]), Some(fm)) => {
                let (steps, bend) = (load(simd, steps), load(simd, bend));
                single.run(
                    simd,
                    out,
                    ramp,
                    #[inline(always)]
                    |n| bent_step(simd, steps, load(simd, &fm[n]), bend).to_int(),
                );
            }
            _ => return false,
        }
        true
    }

    /// [`Oscillator::run_again`] for two groups at once, if both can and are of one kind.
    #[inline(always)]
    pub fn run_pair_again<S: Simd>(
        pair: [&mut Self; 2],
        simd: S,
        [low_pitch, high_pitch]: [Option<&[Oct]>; 2],
        fm: [Option<&[Oct]>; 2],
        outs: [&mut [Oct]; 2],
        ramps: Option<[&mut [Oct]; 2]>,
    ) -> bool {
        let [low, high] = pair;
        let (Some(first), Some(second)) = (&low.again, &high.again) else { return false };
        let shape = first.shape;
        if shape != second.shape || !is_paired(shape) || !first.holds(simd, low_pitch) || !second.holds(simd, high_pitch) {
            return false;
        }
        let mut pair = Pair { banks: [&mut low.bank, &mut high.bank], outs, ramps };
        match (&first.steps, &second.steps, fm) {
            (Steps::Still(first), Steps::Still(second), [None, None]) => {
                let step = simd.combine_i32x8(i32x8::from_slice(simd, first), i32x8::from_slice(simd, second));
                pair.run(
                    simd,
                    shape,
                    #[inline(always)]
                    |_| step,
                );
            }
            (Steps::Bent([first, first_bend]), Steps::Bent([second, second_bend]), [Some(low), Some(high)]) => {
                let steps = simd.combine_f32x8(load(simd, first), load(simd, second));
                let bend = simd.combine_f32x8(load(simd, first_bend), load(simd, second_bend));
                pair.run(
                    simd,
                    shape,
                    #[inline(always)]
                    |n| bent_steps(simd, steps, simd.combine_f32x8(load(simd, &low[n]), load(simd, &high[n])), bend).to_int(),
                );
            }
            _ => return false,
        }
        true
    }

    /// Lanes that are new begin.
    #[inline(always)]
    fn begin_fresh<S: Simd>(&mut self, simd: S, call: &Call<'_, S>) {
        self.bank.unison.set(simd, call.knobs.unison);
        if self.fresh.contains(&true) {
            let (mut start, mut offset, mut shape) = ([0; GROUP], [0; GROUP], [0.0; GROUP]);
            call.knobs.start.store_slice(&mut start);
            call.width.at(simd, 0).store_slice(&mut offset);
            store(call.knobs.shape, &mut shape);
            for lane in (0..GROUP).filter(|lane| self.fresh[*lane]) {
                self.bank.start(lane, start[lane], shape[lane]);
                self.offset[lane] = offset[lane];
            }
            self.fresh = [false; GROUP];
        }
    }

    /// One oscillator of one shape, which nothing resets: most of what is played.
    #[inline(always)]
    fn run_single<S: Simd>(&mut self, simd: S, call: &Call<'_, S>, shape: usize, out: &mut [Oct], ramp: Option<&mut [Oct]>) {
        let mut single = Single { bank: &mut self.bank, offset: &mut self.offset, width: &call.width, shape };
        let pitch = call.tuning.still_pitch();
        let stillness = call.tuning.stillness(simd);
        let steps = match &stillness {
            Stillness::All(step) => Some(Steps::Still((*step).into())),
            Stillness::Bent { steps, bend, .. } => Some(Steps::Bent([(*steps).into(), (*bend).into()])),
            Stillness::None => None,
        };
        self.again = pitch.zip(steps).map(|(pitch, steps)| Again { shape, pitch, steps });
        match stillness {
            Stillness::All(step) => single.run(
                simd,
                out,
                ramp,
                #[inline(always)]
                |_| step,
            ),
            Stillness::Bent { steps, bend, fm } => single.run(
                simd,
                out,
                ramp,
                #[inline(always)]
                |n| bent_step(simd, steps, load(simd, &fm[n]), bend).to_int(),
            ),
            Stillness::None => single.run(
                simd,
                out,
                ramp,
                #[inline(always)]
                |n| call.tuning.step(simd, n).to_int(),
            ),
        }
    }

    /// Whatever there is: several oscillators, shapes that fade, sync.
    #[inline(always)]
    fn run_all<S: Simd>(&mut self, simd: S, call: &mut Call<'_, S>, out: &mut [Oct], mut ramp: Option<&mut [Oct]>) {
        let fade_step = 1.0 / (FADE_SECS * call.tuning.rate_hz());
        let mut late = self.bank.begin(simd, &call.still[1], out.len());
        let mut offset_before = i32x8::from_slice(simd, &self.offset);
        for n in 0..out.len() {
            if n > 0 && !call.is_still {
                call.knobs = read(simd, &call.still, n);
                self.bank.unison.set(simd, call.knobs.unison);
            }
            self.bank.glide(simd, call.knobs.shape, fade_step);
            let (synced, sync_age) = if let Some(sync) = call.sync { self.sync.rises(simd, &sync[n]) } else { (0, splat(simd, 0.0)) };
            let (step, offset, start) = (call.tuning.step(simd, n), call.width.at(simd, n), call.knobs.start);
            let frame = Frame { number: n, step, offset_before, offset, start, synced, sync_age };
            offset_before = offset;
            store(late.exchange(self.bank.frame(simd, &frame) * splat(simd, LEVEL)), &mut out[n]);
            if let Some(ramp) = ramp.as_mut() {
                store(self.bank.ramp(simd), &mut ramp[n]);
            }
        }
        offset_before.store_slice(&mut self.offset);
        self.bank.end(simd, late, out);
    }
}

impl<'a, S: Simd> Call<'a, S> {
    /// `still` is where the cycle starts in degrees, shape, and unison's count, detune and blend.
    #[inline(always)]
    pub fn new(simd: S, still: [LaneParam<'a>; 5], width: LaneParam<'a>, sync: Option<&'a [Oct]>, tuning: Tuning<'a, S>) -> Self {
        Self {
            still,
            is_still: still.iter().all(|param| matches!(param, LaneParam::Constant(_))),
            knobs: read(simd, &still, 0),
            width: Width::new(simd, width),
            sync,
            tuning,
        }
    }
}

impl LaneState for Oscillator {
    fn visit(&mut self, visit: &mut LaneVisit<'_>) {
        lane_state!(visit; self.bank, self.sync, self.offset, self.fresh, self.hz);
    }
}
