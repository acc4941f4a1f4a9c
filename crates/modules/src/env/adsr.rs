//! ADSR envelope, with curves from straight to steep.
//!
//! Each stage runs to its goal in exactly its time along `f(x) = (1 − e^(−c·x))/(1 − e^(−c))`, an exponential aimed beyond the goal, as a
//! capacitor that is cut off on its way: `y ← A + (y − A)·m` with `m = e^(−c/(T·rate))` and the asymptote `A` behind the goal.
//! Attack begins from where the level is, so a retrigger does not click.
//!
//! Face: `[0]` stage (0 idle, 1 attack, 2 decay, 3 sustain, 4 release), `[1]` level, `[2]` seconds in the stage.

use patchlight_core::{Face, ModuleSpec, control, gate, module, percent, secs, unit};
use patchlight_engine::simd::{Simd, SimdBase, exp2, f32x8, load, select, splat, store};
use patchlight_engine::{BuildContext, FACE, GroupIo, LaneKernel, LaneParam, Oct, Unit, eight_lanes};

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
    .outputs(&[control("out", "The envelope, 0 to 1"), gate("end", "Open while the envelope is at rest")])
    .eight_lanes()
    .face(Face::Envelope);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |_| Adsr::default())
}

const IDLE: f32 = 0.0;
const RISING: f32 = 1.0;
const FALLING: f32 = 2.0;
const HOLDING: f32 = 3.0;
const RELEASING: f32 = 4.0;

#[derive(Clone, Copy, Default)]
struct Adsr {
    level: Oct,
    stage: Oct,
    /// Where the release began.
    from: Oct,
    scale: Oct,
    gate: Oct,
    retrigger: Oct,
    /// Frames in the stage, of the first lane.
    frames_in_stage: u32,
    stage_secs: f32,
}

/// What depends on the knobs only.
struct Times<S: Simd> {
    attack: f32x8<S>,
    decay: f32x8<S>,
    release: f32x8<S>,
    sustain: f32x8<S>,
    /// e^(−c) / (1 − e^(−c)): how far behind the goal the asymptote lies.
    beyond: f32x8<S>,
}

#[inline(always)]
fn times<S: Simd>(simd: S, rate: f32, params: &[LaneParam<'_>; 5], n: usize) -> Times<S> {
    let one = splat(simd, 1.0);
    let curve = params[CURVE].at(simd, n);
    let steepness = curve * splat(simd, std::f32::consts::LOG2_E);
    let factor = |secs: f32x8<S>| exp2(simd, -steepness / (secs * splat(simd, rate)).max(one));
    let e = exp2(simd, -steepness);
    Times {
        attack: factor(params[ATTACK].at(simd, n)),
        decay: factor(params[DECAY].at(simd, n)),
        release: factor(params[RELEASE].at(simd, n)),
        sustain: params[SUSTAIN].at(simd, n),
        beyond: e / (one - e),
    }
}

impl LaneKernel for Adsr {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let (frames, rate) = (io.frames(), io.sample_rate_hz());
        let (gates, retriggers, velocities) = (io.input(0), io.input(1), io.input(2));
        let has_velocity = io.is_connected(2);
        let params: [LaneParam<'_>; 5] = std::array::from_fn(|index| io.param(index));
        let velocity_amount = io.param(VELOCITY);
        let moves = params.iter().any(|param| matches!(param, LaneParam::Signal(_)));
        let (zero, one, half) = (splat(simd, 0.0), splat(simd, 1.0), splat(simd, 0.5));
        let number = |stage: f32| splat(simd, stage);
        let mut level = load(simd, &self.level);
        let mut stage = load(simd, &self.stage);
        let mut from = load(simd, &self.from);
        let mut scale = load(simd, &self.scale);
        let mut gate_before = load(simd, &self.gate);
        let mut retrigger_before = load(simd, &self.retrigger);
        let before = self.stage[0];
        let mut t = times(simd, rate, &params, 0);
        let [out, end] = io.outputs::<2>();
        for n in 0..frames {
            if moves {
                t = times(simd, rate, &params, n);
            }
            let gate = select(load(simd, &gates[n]).simd_gt(half), one, zero);
            let retrigger = select(load(simd, &retriggers[n]).simd_gt(half), one, zero);
            let opens = (gate - gate_before).max((retrigger - retrigger_before) * gate).simd_gt(half);
            let closes = (gate_before - gate).simd_gt(half);
            (gate_before, retrigger_before) = (gate, retrigger);
            if has_velocity {
                let amount = velocity_amount.at(simd, n);
                let wanted = one + (load(simd, &velocities[n]).max(zero).min(one) - one) * amount;
                scale = select(opens, wanted, scale);
            } else {
                scale = one;
            }
            from = select(closes, level, from);
            stage = select(closes, number(RELEASING), select(opens, number(RISING), stage));
            let rising = stage.simd_eq(number(RISING));
            let falling = stage.simd_eq(number(FALLING));
            let releasing = stage.simd_eq(number(RELEASING));
            let up = (one + t.beyond) + (level - (one + t.beyond)) * t.attack;
            let low = t.sustain - (one - t.sustain) * t.beyond;
            let down = low + (level - low) * t.decay;
            let bottom = -from * t.beyond;
            let away = bottom + (level - bottom) * t.release;
            // In sustain the knob is followed, with the decay's own speed.
            let held = level + (t.sustain - level) * (one - t.decay).max(splat(simd, 0.002));
            let moved =
                select(rising, up, select(falling, down, select(releasing, away, select(stage.simd_eq(number(HOLDING)), held, zero))));
            let top = moved.simd_ge(one);
            let reached = moved.simd_le(t.sustain);
            let ended = moved.simd_le(splat(simd, 1e-6));
            stage = select(
                rising,
                select(top, number(FALLING), stage),
                select(falling, select(reached, number(HOLDING), stage), select(releasing, select(ended, number(IDLE), stage), stage)),
            );
            level = select(falling, moved.max(t.sustain), moved).max(zero).min(one);
            store(level * scale, &mut out[n]);
            store(select(stage.simd_eq(number(IDLE)), one, zero), &mut end[n]);
        }
        store(level, &mut self.level);
        store(stage, &mut self.stage);
        store(from, &mut self.from);
        store(scale, &mut self.scale);
        store(gate_before, &mut self.gate);
        store(retrigger_before, &mut self.retrigger);
        self.frames_in_stage = if self.stage[0] == before { self.frames_in_stage.saturating_add(frames as u32) } else { 0 };
        self.stage_secs = self.frames_in_stage as f32 / rate;
    }

    fn reset(&mut self) {
        *self = Self::default();
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        face[..3].copy_from_slice(&[self.stage[0], self.level[0], self.stage_secs]);
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
