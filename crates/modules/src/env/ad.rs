//! AD envelope: up and down once for each trigger, or round and round.
//!
//! The segments are those of the ADSR: an exponential aimed beyond its goal, so each takes exactly its time.
//!
//! Face: `[0]` stage (0 idle, 1 attack, 2 decay), `[1]` level.

use patchlight_core::{Face, ModuleSpec, control, gate, module, secs, toggle, unit};
use patchlight_engine::simd::{Simd, SimdBase, exp2, f32x8, load, select, splat, store};
use patchlight_engine::{BuildContext, FACE, GroupIo, LaneKernel, LaneParam, Oct, Unit, eight_lanes};

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
    .eight_lanes()
    .face(Face::Envelope);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |_| Ad { scale: [1.0; 8], ..Ad::default() })
}

const IDLE: f32 = 0.0;
const RISING: f32 = 1.0;
const FALLING: f32 = 2.0;

#[derive(Clone, Copy, Default)]
struct Ad {
    level: Oct,
    stage: Oct,
    scale: Oct,
    trig: Oct,
}

struct Times<S: Simd> {
    attack: f32x8<S>,
    decay: f32x8<S>,
    beyond: f32x8<S>,
}

#[inline(always)]
fn times<S: Simd>(simd: S, rate: f32, params: &[LaneParam<'_>; 3], n: usize) -> Times<S> {
    let one = splat(simd, 1.0);
    let steepness = params[CURVE].at(simd, n) * splat(simd, std::f32::consts::LOG2_E);
    let factor = |secs: f32x8<S>| exp2(simd, -steepness / (secs * splat(simd, rate)).max(one));
    let e = exp2(simd, -steepness);
    Times { attack: factor(params[ATTACK].at(simd, n)), decay: factor(params[DECAY].at(simd, n)), beyond: e / (one - e) }
}

impl LaneKernel for Ad {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let (frames, rate) = (io.frames(), io.sample_rate_hz());
        let (trigs, accents, has_accent) = (io.input(0), io.input(1), io.is_connected(1));
        let params: [LaneParam<'_>; 3] = std::array::from_fn(|index| io.param(index));
        let moves = params.iter().any(|param| matches!(param, LaneParam::Signal(_)));
        let loops = splat(simd, if io.param(LOOP).first() >= 0.5 { RISING } else { IDLE });
        let (zero, one, half) = (splat(simd, 0.0), splat(simd, 1.0), splat(simd, 0.5));
        let (rising_stage, falling_stage) = (splat(simd, RISING), splat(simd, FALLING));
        let (mut level, mut stage) = (load(simd, &self.level), load(simd, &self.stage));
        let (mut scale, mut before) = (load(simd, &self.scale), load(simd, &self.trig));
        let mut t = times(simd, rate, &params, 0);
        let [out, end] = io.outputs::<2>();
        for n in 0..frames {
            if moves {
                t = times(simd, rate, &params, n);
            }
            let trig = select(load(simd, &trigs[n]).simd_gt(half), one, zero);
            let opens = (trig - before).simd_gt(half);
            before = trig;
            if has_accent {
                let wanted = load(simd, &accents[n]).max(zero).min(one);
                // The level goes on from where it is heard: a softer hit must not jump.
                let heard = level * scale;
                level = select(opens, (heard / wanted.max(splat(simd, 1e-3))).min(one), level);
                scale = select(opens, wanted.max(splat(simd, 1e-3)), scale);
            }
            stage = select(opens, rising_stage, select(stage.simd_eq(zero), loops, stage));
            let is_rising = stage.simd_eq(rising_stage);
            let is_falling = stage.simd_eq(falling_stage);
            let up = (one + t.beyond) + (level - (one + t.beyond)) * t.attack;
            let down = -t.beyond + (level + t.beyond) * t.decay;
            let moved = select(is_rising, up, select(is_falling, down, zero));
            let top = moved.simd_ge(one);
            let ended = moved.simd_le(splat(simd, 1e-6));
            stage = select(is_rising, select(top, falling_stage, stage), select(is_falling, select(ended, zero, stage), stage));
            level = moved.max(zero).min(one);
            store(level * scale, &mut out[n]);
            store(select(stage.simd_eq(zero), one, zero), &mut end[n]);
        }
        store(level, &mut self.level);
        store(stage, &mut self.stage);
        store(scale, &mut self.scale);
        store(before, &mut self.trig);
    }

    fn reset(&mut self) {
        *self = Self { scale: [1.0; 8], ..Self::default() };
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        face[..2].copy_from_slice(&[self.stage[lane], self.level[lane] * self.scale[lane]]);
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
