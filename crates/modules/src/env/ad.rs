//! AD envelope: up and down once for each trigger, or round and round.
//!
//! Each stage takes exactly its time, see [`crate::dsp::segment`].
//!
//! Face: `[0]` stage (0 idle, 1 attack, 2 decay), `[1]` level.

use crate::dsp::segment::{Segment, beyond, factor};
use patchlight_core::{Face, ModuleSpec, control, gate, module, secs, toggle, unit};
use patchlight_engine::simd::{Simd, SimdBase, SimdMask, f32x8, load, select, splat, store};
use patchlight_engine::{BuildContext, FACE, GROUP, GroupIo, LaneKernel, LaneParam, LaneVisit, Oct, Unit, eight_lanes, lane_state};

const ATTACK: usize = 0;
const DECAY: usize = 1;
const CURVE: usize = 2;
const LOOP: usize = 3;

pub const SPEC: ModuleSpec = module("env.ad", "AD")
    .about("A shape for drums and plucks: up and down once for each trigger. With loop on, it is an LFO with corners.")
    .tags(&["envelope", "decay", "percussion", "pluck", "shape", "one-shot"])
    .inputs(&[gate("trig", "Begins the attack when it opens"), control("accent", "Scales the next hit; not wired, every hit is full")])
    .params(&[
        secs("attack_secs", 0.0005..=10.0, 0.001).about("Time to rise"),
        secs("decay_secs", 0.001..=30.0, 0.3).about("Time to fall"),
        unit("curve", 0.01..=8.0, 4.0).about("How bent the stages are: near 0 straight, 8 steep"),
        toggle("loop", false).about("Begins again by itself at the end"),
    ])
    .outputs(&[control("out", "The envelope, 0 to 1"), gate("end", "Open while the envelope is at rest")])
    .bundles()
    .face(Face::Envelope);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| Ad { state: State::default(), rate_hz: lanes.sample_rate_hz })
}

const IDLE: f32 = 0.0;
const RISING: f32 = 1.0;
const FALLING: f32 = 2.0;

/// The softest hit.
const LEAST_ACCENT: f32 = 1e-3;

struct Ad {
    state: State,
    rate_hz: f32,
}

struct State {
    level: Oct,
    stage: Oct,
    scale: Oct,
    trig: Oct,
}

impl Default for State {
    fn default() -> Self {
        Self { level: [0.0; GROUP], stage: [0.0; GROUP], scale: [1.0; GROUP], trig: [0.0; GROUP] }
    }
}

/// What depends on the knobs only.
#[derive(Clone, Copy)]
struct Times<S: Simd> {
    attack: f32x8<S>,
    decay: f32x8<S>,
    beyond: f32x8<S>,
}

impl<S: Simd> Times<S> {
    #[inline(always)]
    fn new(simd: S, rate_hz: f32, params: &[LaneParam<'_>; 3], n: usize) -> Self {
        let steepness = params[CURVE].at(simd, n) * splat(simd, std::f32::consts::LOG2_E);
        Self {
            attack: factor(simd, steepness, params[ATTACK].at(simd, n), rate_hz),
            decay: factor(simd, steepness, params[DECAY].at(simd, n), rate_hz),
            beyond: beyond(simd, steepness),
        }
    }

    #[inline(always)]
    fn segment(&self, simd: S, stage: f32x8<S>) -> Segment<S> {
        let way = (splat(simd, 1.0), splat(simd, 0.0));
        Segment::rise(simd, self.attack, self.beyond).or(
            stage.simd_eq(splat(simd, RISING)),
            Segment::fall(simd, self.decay, self.beyond, way).or(stage.simd_eq(splat(simd, FALLING)), Segment::rest(simd)),
        )
    }
}

impl LaneKernel for Ad {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let frames = io.frames();
        let trigs = io.input(0);
        let accents = io.wired(1);
        let params = [io.param(ATTACK), io.param(DECAY), io.param(CURVE)];
        let moves = params.iter().any(|param| matches!(param, LaneParam::Signal(_)));
        let loops = io.param(LOOP).first() >= 0.5;
        let (zero, one, half) = (splat(simd, 0.0), splat(simd, 1.0), splat(simd, 0.5));
        let (rising, least) = (splat(simd, RISING), splat(simd, LEAST_ACCENT));
        let state = &mut self.state;
        let (mut level, mut stage) = (load(simd, &state.level), load(simd, &state.stage));
        let (mut scale, mut before) = (load(simd, &state.scale), load(simd, &state.trig));
        let mut times = Times::new(simd, self.rate_hz, &params, 0);
        let mut segment = times.segment(simd, stage);
        let is_end_read = io.is_read(1);
        let [out, end] = io.outputs::<2>();
        for n in 0..frames {
            if moves {
                times = Times::new(simd, self.rate_hz, &params, n);
                segment = times.segment(simd, stage);
            }
            let trig = select(load(simd, &trigs[n]).simd_gt(half), one, zero);
            let opens = (trig - before).simd_gt(half);
            before = trig;
            let mut begins = opens;
            if loops {
                begins |= stage.simd_eq(zero);
            }
            if begins.any_true() {
                if let Some(accents) = accents {
                    let wanted = load(simd, &accents[n]).max(least).min(one);
                    // The level goes on from where it is heard: a softer hit must not jump.
                    level = select(opens, (level * scale / wanted).min(one), level);
                    scale = select(opens, wanted, scale);
                }
                stage = select(begins, rising, stage);
                segment = times.segment(simd, stage);
            }
            level = segment.next(level);
            let ended = segment.has_ended(level);
            if ended.any_true() {
                let is_rising = stage.simd_eq(rising);
                level = select(ended, select(is_rising, one, level.max(zero)), level);
                stage = select(ended, select(is_rising, splat(simd, FALLING), splat(simd, IDLE)), stage);
                segment = times.segment(simd, stage);
            }
            store(level * scale, &mut out[n]);
            if is_end_read {
                store(select(stage.simd_eq(zero), one, zero), &mut end[n]);
            }
        }
        store(level, &mut state.level);
        store(stage, &mut state.stage);
        store(scale, &mut state.scale);
        store(before, &mut state.trig);
    }

    fn reset(&mut self) {
        self.state = State::default();
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        (face[0], face[1]) = (self.state.stage[lane], self.state.level[lane]);
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        let State { level, stage, scale, trig } = &mut self.state;
        lane_state!(visit; *level, *stage, *scale, *trig);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};

    fn envelope(params: &[(&'static str, f32)], frames: usize) -> Vec<f32> {
        let config = SoloConfig { params: params.to_vec(), ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &["trig"]);
        solo.drive("trig", vec![(0..frames).map(|n| if n < 10 { 1.0 } else { 0.0 }).collect()]);
        solo.run(frames, 64).mono(0).to_vec()
    }

    #[test]
    fn rise_and_fall_take_their_times() {
        let out = envelope(&[("attack_secs", 0.05), ("decay_secs", 0.2)], 24_000);
        let top = out.iter().position(|x| *x >= 0.999_999).expect("it rises");
        assert!((top as f32 - 2400.0).abs() <= 24.0, "{top}");
        let end = out.iter().skip(top).position(|x| *x <= 1e-6).expect("it falls");
        assert!((end as f32 - 9600.0).abs() <= 96.0, "{end}");
    }

    #[test]
    fn a_loop_comes_round_at_the_sum_of_its_times() {
        let out = envelope(&[("attack_secs", 0.05), ("decay_secs", 0.05), ("loop", 1.0)], 48_000);
        let tops = out.windows(3).filter(|w| w[0] < w[1] && w[1] >= w[2] && w[1] > 0.9).count();
        assert_eq!(tops, 10);
    }
}
