//! ADSR envelope, with curves from straight to steep.
//!
//! Each stage runs to its goal in exactly its time, see [`crate::dsp::segment`]. Attack begins from where the level is, so a retrigger does not
//! click.
//!
//! Face: `[0]` stage (0 idle, 1 attack, 2 decay, 3 sustain, 4 release), `[1]` level, `[2]` seconds in the stage.

use crate::dsp::segment::{Segment, beyond, factor};
use patchlight_core::{Face, ModuleSpec, control, gate, module, percent, preset, secs, unit};
use patchlight_engine::simd::{Lanes, Simd, SimdBase, SimdMask, f32x8, f32x16, load, select, splat, store};
use patchlight_engine::{BuildContext, FACE, GROUP, GroupIo, LaneKernel, LaneParam, LaneVisit, Oct, Unit, eight_lanes, lane_state};

const ATTACK: usize = 0;
const DECAY: usize = 1;
const SUSTAIN: usize = 2;
const RELEASE: usize = 3;
const CURVE: usize = 4;
const VELOCITY: usize = 5;

pub const SPEC: ModuleSpec = module("env.adsr", "ADSR")
    .about("Shapes a note in time: rise, fall, hold, let go. Into a VCA it is loudness, into a cutoff it is brightness.")
    .tags(&["envelope", "eg", "contour", "attack", "release", "shape"])
    .inputs(&[
        gate("gate", "Begins the attack when it opens, the release when it closes"),
        gate("retrigger", "Begins the attack anew while the gate is open"),
        control("velocity", "How hard the note was played; as far as the velocity knob says"),
    ])
    .params(&[
        secs("attack_secs", 0.0005..=20.0, 0.005).about("Time to rise to the top"),
        secs("decay_secs", 0.001..=20.0, 0.25).about("Time to fall to the sustain level"),
        percent("sustain", 0.6).about("Level held while the gate is open"),
        secs("release_secs", 0.001..=30.0, 0.3).about("Time to fall to silence after the gate closes"),
        unit("curve", 0.01..=8.0, 3.0).about("How bent the stages are: near 0 straight, 8 steep").hidden(),
        percent("velocity_amount", 0.0).about("How much the velocity input scales the envelope").hidden(),
    ])
    .presets(&[
        preset("Pluck", "pluck short", "attack_secs 0.001; decay_secs 0.25; sustain 0; release_secs 0.2"),
        preset("Pad", "pad slow", "attack_secs 1.2; decay_secs 2; sustain 75; release_secs 2.5"),
        preset("Organ", "gate keys", "attack_secs 0.003; sustain 100; release_secs 0.02"),
        preset("Brass", "swell lead", "attack_secs 0.06; decay_secs 0.4; sustain 70; release_secs 0.15; velocity_amount 50"),
        preset("Piano", "keys velocity", "attack_secs 0.001; decay_secs 2.5; sustain 0; release_secs 0.25; velocity_amount 80"),
        preset("Snap", "percussion", "attack_secs 0.0005; decay_secs 0.06; sustain 0; release_secs 0.04; curve 6"),
    ])
    .outputs(&[control("out", "The envelope, 0 to 1"), gate("end", "Open while the envelope is at rest")])
    .bundles()
    .face(Face::Envelope);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| Adsr { state: State::default(), rate_hz: lanes.sample_rate_hz, times: [[0.0; GROUP]; 5] })
}

const IDLE: f32 = 0.0;
const RISING: f32 = 1.0;
const FALLING: f32 = 2.0;
const HOLDING: f32 = 3.0;
const RELEASING: f32 = 4.0;

/// In sustain the knob is followed with the decay's own speed, but at least with this share a frame.
const LEAST_FOLLOW: f32 = 0.002;

struct Adsr {
    state: State,
    rate_hz: f32,
    /// The [`Times`] of the last call.
    times: [Oct; 5],
}

#[derive(Default)]
struct State {
    level: Oct,
    stage: Oct,
    /// Where the release began.
    from: Oct,
    scale: Oct,
    gate: Oct,
    retrigger: Oct,
    frames_in_stage: Oct,
}

/// What depends on the knobs only.
#[derive(Clone, Copy)]
struct Times<S: Simd> {
    attack: f32x8<S>,
    decay: f32x8<S>,
    release: f32x8<S>,
    sustain: f32x8<S>,
    beyond: f32x8<S>,
}

impl<S: Simd> Times<S> {
    #[inline(always)]
    fn new(simd: S, rate_hz: f32, params: &[LaneParam<'_>; 5], n: usize) -> Self {
        let steepness = params[CURVE].at(simd, n) * splat(simd, std::f32::consts::LOG2_E);
        Self {
            attack: factor(simd, steepness, params[ATTACK].at(simd, n), rate_hz),
            decay: factor(simd, steepness, params[DECAY].at(simd, n), rate_hz),
            release: factor(simd, steepness, params[RELEASE].at(simd, n), rate_hz),
            sustain: params[SUSTAIN].at(simd, n),
            beyond: beyond(simd, steepness),
        }
    }

    #[inline(always)]
    fn kept(simd: S, [attack, decay, release, sustain, beyond]: &[Oct; 5]) -> Self {
        Self {
            attack: load(simd, attack),
            decay: load(simd, decay),
            release: load(simd, release),
            sustain: load(simd, sustain),
            beyond: load(simd, beyond),
        }
    }

    #[inline(always)]
    fn keep(&self, [attack, decay, release, sustain, beyond]: &mut [Oct; 5]) {
        store(self.attack, attack);
        store(self.decay, decay);
        store(self.release, release);
        store(self.sustain, sustain);
        store(self.beyond, beyond);
    }

    /// What the lanes do in their stages.
    #[inline(always)]
    fn segment(&self, simd: S, stage: f32x8<S>, from: f32x8<S>) -> Segment<S> {
        let (zero, one) = (splat(simd, 0.0), splat(simd, 1.0));
        let slowest = splat(simd, 1.0 - LEAST_FOLLOW);
        Segment::rise(simd, self.attack, self.beyond).or(
            stage.simd_eq(splat(simd, RISING)),
            Segment::fall(simd, self.decay, self.beyond, (one, self.sustain)).or(
                stage.simd_eq(splat(simd, FALLING)),
                Segment::fall(simd, self.release, self.beyond, (from, zero)).or(
                    stage.simd_eq(splat(simd, RELEASING)),
                    Segment::follow(simd, self.decay.min(slowest), self.sustain)
                        .or(stage.simd_eq(splat(simd, HOLDING)), Segment::rest(simd)),
                ),
            ),
        )
    }
}

/// Whether no gate opens or closes.
#[inline(always)]
fn is_quiet<S: Simd>(simd: S, gates: &[Oct], gate_before: f32x8<S>) -> bool {
    let (zero, one, half) = (splat(simd, 0.0), splat(simd, 1.0), splat(simd, 0.5));
    let (mut lowest, mut highest) = (one, zero);
    for gate in gates {
        let gate = load(simd, gate);
        (lowest, highest) = (lowest.min(gate), highest.max(gate));
    }
    let stays =
        select(lowest.simd_gt(half), one, zero).simd_eq(gate_before) & select(highest.simd_gt(half), one, zero).simd_eq(gate_before);
    stays.all_true()
}

impl Adsr {
    /// Where the lanes are going, if no knob moves and no gate opens or closes in this call.
    #[inline(always)]
    fn going<S: Simd>(&self, simd: S, io: &GroupIo<'_, '_>) -> Option<Segment<S>> {
        let is_moved = [ATTACK, DECAY, SUSTAIN, RELEASE, CURVE].iter().any(|index| matches!(io.param(*index), LaneParam::Signal(_)));
        let is_told = io.wired(1).is_some() || !is_quiet(simd, io.input(0), load(simd, &self.state.gate));
        if !io.is_same() || is_moved || is_told {
            return None;
        }
        Some(Times::kept(simd, &self.times).segment(simd, load(simd, &self.state.stage), load(simd, &self.state.from)))
    }

    /// Two groups side by side, if no lane of them comes to another stage in this call: what [`Adsr::run`] makes of each.
    #[inline(always)]
    fn run_pair<S: Simd>(kernels: &mut [Self; 2], simd: S, io: &mut [GroupIo<'_, '_>; 2]) -> bool {
        let (Some(low), Some(high)) = (kernels[0].going(simd, &io[0]), kernels[1].going(simd, &io[1])) else { return false };
        let frames = io[0].frames();
        let one = splat(simd, 1.0);
        let low_scale = if io[0].is_connected(2) { load(simd, &kernels[0].state.scale) } else { one };
        let high_scale = if io[1].is_connected(2) { load(simd, &kernels[1].state.scale) } else { one };
        let (pair, scale) = (low.beside(simd, &high), f32x16::join(simd, [low_scale, high_scale]));
        let before = f32x16::join(simd, [load(simd, &kernels[0].state.level), load(simd, &kernels[1].state.level)]);
        let mut level = before;
        let [first, second] = io;
        let is_end_read = first.is_read(1);
        let ([low_out, low_end], [high_out, high_end]) = (first.outputs::<2>(), second.outputs::<2>());
        for (low, high) in low_out[..frames].iter_mut().zip(&mut high_out[..frames]) {
            level = pair.next(level);
            let [first, second] = (level * scale).parts(simd);
            store(first, low);
            store(second, high);
        }
        // Levels only rise or only fall, so an end that is passed in between is passed at the first frame or at the last.
        let ([first_low, first_high], [last_low, last_high]) = (pair.next(before).parts(simd), level.parts(simd));
        let ends = low.has_ended(first_low) | low.has_ended(last_low) | high.has_ended(first_high) | high.has_ended(last_high);
        if ends.any_true() {
            return false;
        }
        let kept = [(last_low, low_scale, low_end), (last_high, high_scale, high_end)];
        for (kernel, (level, scale, end)) in kernels.iter_mut().zip(kept) {
            if is_end_read {
                end.fill(kernel.state.stage.map(|stage| if stage == IDLE { 1.0 } else { 0.0 }));
            }
            store(level, &mut kernel.state.level);
            store(scale, &mut kernel.state.scale);
            kernel.state.frames_in_stage.iter_mut().for_each(|in_stage| *in_stage += frames as f32);
        }
        true
    }
}

impl LaneKernel for Adsr {
    #[inline(always)]
    fn run_several<S: Simd>(kernels: &mut [Self], simd: S, io: &mut [GroupIo<'_, '_>]) -> usize {
        let (Some(pair), Some(io)) = (kernels.first_chunk_mut(), io.first_chunk_mut()) else { return 0 };
        if Self::run_pair(pair, simd, io) { 2 } else { 0 }
    }

    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let frames = io.frames();
        let gates = io.input(0);
        let retriggers = io.wired(1);
        let velocities = io.wired(2);
        let params = [io.param(ATTACK), io.param(DECAY), io.param(SUSTAIN), io.param(RELEASE), io.param(CURVE)];
        let velocity_amount = io.param(VELOCITY);
        let moves = params.iter().any(|param| matches!(param, LaneParam::Signal(_)));
        let (zero, one, half) = (splat(simd, 0.0), splat(simd, 1.0), splat(simd, 0.5));
        let state = &mut self.state;
        let (mut level, mut stage) = (load(simd, &state.level), load(simd, &state.stage));
        let (mut from, mut scale) = (load(simd, &state.from), load(simd, &state.scale));
        let (mut gate_before, mut retrigger_before) = (load(simd, &state.gate), load(simd, &state.retrigger));
        let stage_before = stage;
        let mut times = if io.is_same() { Times::kept(simd, &self.times) } else { Times::new(simd, self.rate_hz, &params, 0) };
        times.keep(&mut self.times);
        let mut segment = times.segment(simd, stage, from);
        if velocities.is_none() {
            scale = one;
        }
        let quiet = retriggers.is_none() && is_quiet(simd, gates, gate_before);
        let is_end_read = io.is_read(1);
        let [out, end] = io.outputs::<2>();
        for n in 0..frames {
            if moves {
                times = Times::new(simd, self.rate_hz, &params, n);
                segment = times.segment(simd, stage, from);
            }
            if !quiet {
                let gate = select(load(simd, &gates[n]).simd_gt(half), one, zero);
                let mut opens = gate - gate_before;
                let closes = -opens;
                gate_before = gate;
                if let Some(retriggers) = retriggers {
                    let retrigger = select(load(simd, &retriggers[n]).simd_gt(half), one, zero);
                    opens = opens.max((retrigger - retrigger_before) * gate);
                    retrigger_before = retrigger;
                }
                let (opens, closes) = (opens.simd_gt(half), closes.simd_gt(half));
                if (opens | closes).any_true() {
                    if let Some(velocities) = velocities {
                        let wanted = one + (load(simd, &velocities[n]).max(zero).min(one) - one) * velocity_amount.at(simd, n);
                        scale = select(opens, wanted, scale);
                    }
                    from = select(closes, level, from);
                    stage = select(closes, splat(simd, RELEASING), select(opens, splat(simd, RISING), stage));
                    segment = times.segment(simd, stage, from);
                }
            }
            level = segment.next(level);
            let ended = segment.has_ended(level);
            if ended.any_true() {
                let is_rising = stage.simd_eq(splat(simd, RISING));
                let is_falling = stage.simd_eq(splat(simd, FALLING));
                let next = select(is_rising, splat(simd, FALLING), select(is_falling, splat(simd, HOLDING), splat(simd, IDLE)));
                let at = select(is_rising, one, select(is_falling, times.sustain, level.max(zero)));
                level = select(ended, at, level);
                stage = select(ended, next, stage);
                segment = times.segment(simd, stage, from);
            }
            store(level * scale, &mut out[n]);
            if is_end_read {
                store(select(stage.simd_eq(zero), one, zero), &mut end[n]);
            }
        }
        store(level, &mut state.level);
        store(stage, &mut state.stage);
        store(from, &mut state.from);
        store(scale, &mut state.scale);
        store(gate_before, &mut state.gate);
        store(retrigger_before, &mut state.retrigger);
        let there = load(simd, &state.frames_in_stage) + splat(simd, frames as f32);
        store(select(stage.simd_eq(stage_before), there, zero), &mut state.frames_in_stage);
    }

    fn reset(&mut self) {
        self.state = State::default();
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        let State { stage, level, frames_in_stage, .. } = &self.state;
        face[..3].copy_from_slice(&[stage[lane], level[lane], frames_in_stage[lane] / self.rate_hz]);
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        let State { level, stage, from, scale, gate, retrigger, frames_in_stage } = &mut self.state;
        lane_state!(visit; *level, *stage, *from, *scale, *gate, *retrigger, *frames_in_stage);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};
    use patchlight_testkit::largest_step;

    fn envelope(params: &[(&'static str, f32)], open: std::ops::Range<usize>, frames: usize) -> Vec<f32> {
        let config = SoloConfig { params: params.to_vec(), ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &["gate"]);
        solo.drive("gate", vec![(0..frames).map(|n| if open.contains(&n) { 1.0 } else { 0.0 }).collect()]);
        solo.run(frames, 64).mono(0).to_vec()
    }

    #[test]
    fn every_stage_takes_its_time_within_one_per_cent() {
        let params = [("attack_secs", 0.1), ("decay_secs", 0.2), ("sustain", 0.5), ("release_secs", 0.4)];
        let out = envelope(&params, 0..24_000, 60_000);
        let top = out.iter().position(|x| *x >= 0.999_999).expect("it rises");
        assert!((top as f32 - 4800.0).abs() <= 48.0, "attack took {top} frames");
        let held = out.iter().skip(top).position(|x| *x <= 0.500_001).expect("it falls");
        assert!((held as f32 - 9600.0).abs() <= 96.0, "decay took {held} frames");
        assert!((out[23_000] - 0.5).abs() < 1e-4);
        let silent = out.iter().skip(24_000).position(|x| *x <= 1e-6).expect("it ends");
        assert!((silent as f32 - 19_200.0).abs() <= 192.0, "release took {silent} frames");
    }

    #[test]
    fn release_and_retrigger_begin_where_the_level_is() {
        let params = [("attack_secs", 0.1), ("decay_secs", 0.2), ("release_secs", 0.1)];
        let out = envelope(&params, 0..2400, 9600);
        assert!(largest_step(&out).1 < 0.002, "{:?}", largest_step(&out));
    }

    #[test]
    fn the_curve_bends_the_attack() {
        let straight = envelope(&[("attack_secs", 0.1), ("curve", 0.01)], 0..9600, 9600);
        assert!((straight[2400] - 0.5).abs() < 0.01);
        let bent = envelope(&[("attack_secs", 0.1), ("curve", 4.0)], 0..9600, 9600);
        let expected = (1.0 - (-2.0_f32).exp()) / (1.0 - (-4.0_f32).exp());
        assert!((bent[2400] - expected).abs() < 0.01, "{} for {expected}", bent[2400]);
    }
}
