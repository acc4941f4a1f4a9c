//! Six-stage envelope: delay, attack, hold, decay, sustain, release, as ARP and Roland later built them.
//!
//! The curved stages are segments of exponentials, see [`crate::dsp::segment`]; delay and hold are counted in frames.
//!
//! Face cells: [0] stage as of all envelopes (0 rest or delay, 1 attack, 2 hold or decay, 3 sustain, 4 release), [1] level.

use crate::dsp::segment::{Segment, beyond, factor};
use patchlight_core::{Face, ModuleSpec, control, gate, module, percent, preset, secs, toggle, unit};
use patchlight_engine::simd::{Simd, SimdBase, SimdMask, f32x8, load, mask32x8, select, splat, store};
use patchlight_engine::{BuildContext, FACE, GroupIo, LaneKernel, LaneParam, LaneVisit, Oct, Unit, eight_lanes, lane_state};

const DELAY: usize = 0;
const ATTACK: usize = 1;
const HOLD: usize = 2;
const DECAY: usize = 3;
const SUSTAIN: usize = 4;
const RELEASE: usize = 5;
const CURVE: usize = 6;
const KNOBS: usize = 7;
const LOOP: usize = 7;

pub const SPEC: ModuleSpec = module("env.dahdsr", "DAHDSR")
    .about("An envelope that can wait before it rises and stay at the top before it falls. With loop it goes round while the gate is on.")
    .tags(&["envelope", "delay", "hold", "adsr", "six stage", "contour", "loop", "ahdsr"])
    .inputs(&[gate("gate", "Begins at its rise, lets go at its fall"), gate("retrigger", "Begins again from where the level is")])
    .params(&[
        secs("delay_secs", 0.0..=10.0, 0.0).about("Waits so long before it rises"),
        secs("attack_secs", 0.0005..=20.0, 0.01).about("Time to rise to the top"),
        secs("hold_secs", 0.0..=10.0, 0.05).about("Stays at the top so long"),
        secs("decay_secs", 0.0005..=20.0, 0.3).about("Time to fall to sustain"),
        percent("sustain", 0.6).about("The level it holds until the gate ends"),
        secs("release_secs", 0.0005..=20.0, 0.4).about("Time to fall to nothing"),
        unit("curve", 0.01..=10.0, 3.0).about("0 is straight; more is fast first and slow at the end").hidden(),
        toggle("loop", false).about("Begins again after the decay, while the gate is on").hidden(),
    ])
    .presets(&[
        preset("Late bloom", "pad slow", "delay_secs 0.6; attack_secs 1.5; sustain 80; release_secs 3"),
        preset("Gated snare", "drum gate", "hold_secs 0.18; decay_secs 0.02; sustain 0; release_secs 0.02"),
        preset("Round and round", "loop lfo", "attack_secs 0.2; hold_secs 0.1; decay_secs 0.3; sustain 0; loop on"),
        preset("Held pluck", "pluck", "attack_secs 0.001; hold_secs 0.12; decay_secs 0.4; sustain 0"),
        preset("Echo of a note", "delay", "delay_secs 0.25; attack_secs 0.005; decay_secs 0.3; sustain 0"),
    ])
    .outputs(&[
        control("out", "The envelope, 0 to 1"),
        control("inverted", "From 1 down: ducks and closes"),
        gate("end", "On while it rests"),
    ])
    .bundles()
    .face(Face::Envelope);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| Dahdsr { rate_hz: lanes.sample_rate_hz, state: State::default() })
}

/// Stages, as numbers that lanes can hold.
const REST: f32 = 0.0;
const DELAYING: f32 = 1.0;
const RISING: f32 = 2.0;
const HOLDING: f32 = 3.0;
const FALLING: f32 = 4.0;
const SUSTAINING: f32 = 5.0;
const RELEASING: f32 = 6.0;
/// A sustain that moves is followed with this time constant.
const FOLLOW_SECS: f32 = 0.005;

#[derive(Default)]
struct State {
    level: Oct,
    stage: Oct,
    /// Frames that a counted stage goes on.
    left: Oct,
    /// Where a release began.
    from: Oct,
    gate: Oct,
    retrigger: Oct,
}

struct Dahdsr {
    rate_hz: f32,
    state: State,
}

/// What depends on the knobs only.
#[derive(Clone, Copy)]
struct Times<S: Simd> {
    attack: f32x8<S>,
    decay: f32x8<S>,
    release: f32x8<S>,
    beyond: f32x8<S>,
    sustain: f32x8<S>,
    delay_frames: f32x8<S>,
    hold_frames: f32x8<S>,
    follow: f32,
}

impl<S: Simd> Times<S> {
    #[inline(always)]
    fn new(simd: S, rate_hz: f32, params: &[LaneParam<'_>; KNOBS], n: usize) -> Self {
        let steepness = params[CURVE].at(simd, n) * splat(simd, std::f32::consts::LOG2_E);
        let rate = splat(simd, rate_hz);
        Self {
            attack: factor(simd, steepness, params[ATTACK].at(simd, n), rate_hz),
            decay: factor(simd, steepness, params[DECAY].at(simd, n), rate_hz),
            release: factor(simd, steepness, params[RELEASE].at(simd, n), rate_hz),
            beyond: beyond(simd, steepness),
            sustain: params[SUSTAIN].at(simd, n),
            delay_frames: params[DELAY].at(simd, n) * rate,
            hold_frames: params[HOLD].at(simd, n) * rate,
            follow: (-1.0 / (FOLLOW_SECS * rate_hz)).exp(),
        }
    }

    #[inline(always)]
    fn segment(&self, simd: S, stage: f32x8<S>, from: f32x8<S>) -> Segment<S> {
        let (zero, one) = (splat(simd, 0.0), splat(simd, 1.0));
        // Waiting and holding stay where they are.
        let stay = Segment::follow(simd, one, zero);
        let mut segment = Segment::rest(simd).or(stage.simd_eq(splat(simd, REST)), stay);
        segment = Segment::rise(simd, self.attack, self.beyond).or(stage.simd_eq(splat(simd, RISING)), segment);
        segment = Segment::fall(simd, self.decay, self.beyond, (one, self.sustain)).or(stage.simd_eq(splat(simd, FALLING)), segment);
        segment = Segment::follow(simd, splat(simd, self.follow), self.sustain).or(stage.simd_eq(splat(simd, SUSTAINING)), segment);
        Segment::fall(simd, self.release, self.beyond, (from, zero)).or(stage.simd_eq(splat(simd, RELEASING)), segment)
    }
}

/// The lanes of the mask that are in a stage go to another.
#[inline(always)]
fn go<S: Simd>(simd: S, stage: f32x8<S>, before: f32x8<S>, from: f32, to: f32, ended: mask32x8<S>) -> f32x8<S> {
    select(ended & before.simd_eq(splat(simd, from)), splat(simd, to), stage)
}

impl LaneKernel for Dahdsr {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let frames = io.frames();
        let (gates, retriggers) = (io.input(0), io.input(1));
        let params: [LaneParam<'_>; KNOBS] = std::array::from_fn(|index| io.param(index));
        let moves = params.iter().any(|param| matches!(param, LaneParam::Signal(_)));
        let loops = io.param(LOOP).first() >= 0.5;
        let (zero, one, half) = (splat(simd, 0.0), splat(simd, 1.0), splat(simd, 0.5));
        let state = &mut self.state;
        let (mut level, mut stage, mut left) = (load(simd, &state.level), load(simd, &state.stage), load(simd, &state.left));
        let (mut from, mut gate_before) = (load(simd, &state.from), load(simd, &state.gate));
        let mut retrigger_before = load(simd, &state.retrigger);
        let mut times = Times::new(simd, self.rate_hz, &params, 0);
        let mut segment = times.segment(simd, stage, from);
        let [out, inverted, end] = io.outputs::<3>();
        for n in 0..frames {
            if moves {
                times = Times::new(simd, self.rate_hz, &params, n);
                segment = times.segment(simd, stage, from);
            }
            let gate = select(load(simd, &gates[n]).simd_gt(half), one, zero);
            let retrigger = select(load(simd, &retriggers[n]).simd_gt(half), one, zero);
            let opens = (gate - gate_before).simd_gt(half) | ((retrigger - retrigger_before).simd_gt(half) & gate.simd_gt(half));
            let closes = (gate_before - gate).simd_gt(half);
            (gate_before, retrigger_before) = (gate, retrigger);
            if (opens | closes).any_true() {
                stage = select(opens, splat(simd, DELAYING), stage);
                left = select(opens, times.delay_frames, left);
                from = select(closes, level, from);
                stage = select(closes, splat(simd, RELEASING), stage);
                segment = times.segment(simd, stage, from);
            }
            let is_counted = stage.simd_eq(splat(simd, DELAYING)) | stage.simd_eq(splat(simd, HOLDING));
            let is_over = is_counted & left.simd_lt(one);
            left -= select(is_counted, one, zero);
            if is_over.any_true() {
                let before = stage;
                stage = go(simd, stage, before, DELAYING, RISING, is_over);
                stage = go(simd, stage, before, HOLDING, FALLING, is_over);
                segment = times.segment(simd, stage, from);
            }
            level = segment.next(level);
            let ended = segment.has_ended(level);
            if ended.any_true() {
                let before = stage;
                level = select(ended & before.simd_eq(splat(simd, RISING)), one, level);
                level = select(ended & before.simd_eq(splat(simd, RELEASING)), zero, level);
                stage = go(simd, stage, before, RISING, HOLDING, ended);
                stage = go(simd, stage, before, FALLING, if loops { DELAYING } else { SUSTAINING }, ended);
                stage = go(simd, stage, before, RELEASING, REST, ended);
                left = select(ended, select(before.simd_eq(splat(simd, RISING)), times.hold_frames, times.delay_frames), left);
                segment = times.segment(simd, stage, from);
            }
            store(level, &mut out[n]);
            store(one - level, &mut inverted[n]);
            store(select(stage.simd_eq(splat(simd, REST)), one, zero), &mut end[n]);
        }
        store(level, &mut state.level);
        store(stage, &mut state.stage);
        store(left, &mut state.left);
        store(from, &mut state.from);
        store(gate_before, &mut state.gate);
        store(retrigger_before, &mut state.retrigger);
    }

    fn reset(&mut self) {
        self.state = State::default();
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        const SHOWN: [f32; 7] = [0.0, 0.0, 1.0, 2.0, 2.0, 3.0, 4.0];
        (face[0], face[1]) = (SHOWN[(self.state.stage[lane] as usize).min(6)], self.state.level[lane]);
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        let State { level, stage, left, from, gate, retrigger } = &mut self.state;
        lane_state!(visit; *level, *stage, *left, *from, *gate, *retrigger);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, gate};

    const PARAMS: [(&str, f32); 6] =
        [("delay_secs", 0.02), ("attack_secs", 0.05), ("hold_secs", 0.03), ("decay_secs", 0.1), ("sustain", 0.5), ("release_secs", 0.2)];

    fn first(out: &[f32], from: usize, is: impl Fn(f32) -> bool) -> f32 {
        out.iter().skip(from).position(|x| is(*x)).map_or(f32::NAN, |n| (n + from) as f32)
    }

    #[test]
    fn every_stage_takes_its_time() {
        let rendered = driven(&SPEC, build, &PARAMS, &[("gate", gate(40_000, &[(0, 20_000)]))], 40_000);
        let out = rendered.mono(0);
        let begins = first(out, 0, |x| x > 0.0);
        let top = first(out, 0, |x| x >= 1.0);
        let falls = first(out, top as usize, |x| x < 1.0);
        let sustained = first(out, falls as usize, |x| x <= 0.5);
        let rests = first(out, 20_000, |x| x <= 0.0);
        for (found, expected) in [(begins, 960.0), (top - begins, 2_400.0), (falls - top, 1_440.0), (sustained - falls, 4_800.0)] {
            assert!((found - expected).abs() <= 0.01 * expected + 2.0, "{found} for {expected}");
        }
        assert!((rests - 20_000.0 - 9_600.0).abs() <= 98.0, "{rests}");
    }

    #[test]
    fn a_loop_goes_round_while_the_gate_is_on() {
        let params = [&PARAMS[..], &[("loop", 1.0)]].concat();
        let out = driven(&SPEC, build, &params, &[("gate", gate(60_000, &[(0, 50_000)]))], 60_000).mono(0).to_vec();
        let tops = out.windows(2).filter(|pair| pair[0] < 1.0 && pair[1] >= 1.0).count();
        // 0.02 + 0.05 · (share from sustain up) + 0.03 + 0.1 seconds each: six in 1.04 seconds.
        assert!((5..=7).contains(&tops), "{tops}");
        assert_eq!(out[59_999], 0.0);
    }
}
