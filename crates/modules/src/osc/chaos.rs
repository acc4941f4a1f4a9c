//! Chaos: three systems that never repeat.
//!
//! Lorenz: x' = σ(y − x), y' = x(ρ − z) − y, z' = xy − βz (E. Lorenz, *Deterministic nonperiodic flow*, 1963). Chua: x' = α(y − x − f(x)), y' = x − y + z,
//! z' = −βy, f of two slopes (L. Chua, 1983). Both by Runge-Kutta of the fourth order. Logistic: x ← r·x(1 − x) (R. May, 1976), joined by lines.

use crate::dsp::lane_glide::{LaneShares, LaneSwitch};
use crate::dsp::oversample::DcBlock;
use crate::dsp::oversample_lanes::LaneDcBlock;
use crate::glide::switch_step;
use fearless_simd::{SimdMask, mask32x8};
use patchlight_core::{Face, ModuleSpec, audio, choice, control, gate, hz, module, percent, pitch, toggle};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, exp2, f32x8, load, select, splat, store};
use patchlight_engine::{BuildContext, FACE, GROUP, GroupIo, LaneKernel, LaneVisit, Oct, Unit, eight_lanes, lane_state};

const SYSTEM: usize = 0;
const RATE: usize = 1;
const CHAOS: usize = 2;
const DC: usize = 3;

pub const SPEC: ModuleSpec = module("osc.chaos", "Chaos")
    .about("Never the same twice and yet no noise: growls at high rates, wanders at low ones. Its three outputs belong together.")
    .tags(&["lorenz", "chua", "logistic", "attractor", "random", "strange", "noise", "organic", "wander"])
    .inputs(&[pitch("pitch", "Moves the rate by octaves"), gate("reset", "Begins again from the same place")])
    .params(&[
        choice("system", &["Lorenz", "Chua", "logistic"], 0).about("Which system runs"),
        hz("rate_hz", 0.01..=8_000.0, 110.0).about("About how often it goes round in a second"),
        percent("chaos", 0.7).about("From orderly to wild"),
        toggle("dc_block", true).about("Keeps `out` around zero, for sound; off for modulation").hidden(),
    ])
    .outputs(&[audio("out", "The first coordinate").mono(), control("y", "The second coordinate"), control("z", "The third coordinate")])
    .bundles()
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |_| Chaos::begin())
}

/// Where Lorenz, Chua and the logistic map begin.
const BEGIN: [[f32; 3]; 3] = [[1.0, 1.5, 20.0], [0.3, -0.1, 0.2], [0.4, 0.4, 0.4]];

struct Chaos {
    /// The points of Lorenz and Chua; of the logistic map the values before and now.
    points: [[Oct; 3]; 3],
    phase: Oct,
    dc: LaneDcBlock,
    dc_share: LaneSwitch,
    shares: LaneShares<3>,
    /// The reset input in the frame before.
    reset: Oct,
    out: [Oct; 3],
}

impl Chaos {
    fn begin() -> Self {
        Self {
            points: BEGIN.map(|point| point.map(|axis| [axis; GROUP])),
            phase: [0.0; GROUP],
            dc: LaneDcBlock::default(),
            dc_share: LaneSwitch::default(),
            shares: LaneShares::default(),
            reset: [0.0; GROUP],
            out: [[0.0; GROUP]; 3],
        }
    }
}

/// A point of eight lanes.
type Point<S> = [f32x8<S>; 3];

/// How a system moves.
trait Flow<S: Simd> {
    fn at(&self, simd: S, point: Point<S>) -> Point<S>;
}

/// ρ.
struct Lorenz<S: Simd>(f32x8<S>);

impl<S: Simd> Flow<S> for Lorenz<S> {
    #[inline(always)]
    fn at(&self, simd: S, [x, y, z]: Point<S>) -> Point<S> {
        [(y - x) * splat(simd, 10.0), x * (self.0 - z) - y, x * y - z * splat(simd, 8.0 / 3.0)]
    }
}

/// α.
struct Chua<S: Simd>(f32x8<S>);

impl<S: Simd> Flow<S> for Chua<S> {
    #[inline(always)]
    fn at(&self, simd: S, [x, y, z]: Point<S>) -> Point<S> {
        let one = splat(simd, 1.0);
        let f = x * splat(simd, -0.714) - ((x + one).abs() - (x - one).abs()) * splat(simd, 0.2145);
        [self.0 * (y - x - f), x - y + z, y * splat(simd, -14.28)]
    }
}

#[inline(always)]
fn add<S: Simd>(a: Point<S>, b: Point<S>, by: f32x8<S>) -> Point<S> {
    [b[0].mul_add(by, a[0]), b[1].mul_add(by, a[1]), b[2].mul_add(by, a[2])]
}

/// One step of Runge and Kutta, held within where the system lives.
#[inline(always)]
fn step<S: Simd>(simd: S, point: Point<S>, flow: &impl Flow<S>, dt: f32x8<S>, bound: f32) -> Point<S> {
    let half = dt * splat(simd, 0.5);
    let k1 = flow.at(simd, point);
    let k2 = flow.at(simd, add(point, k1, half));
    let k3 = flow.at(simd, add(point, k2, half));
    let k4 = flow.at(simd, add(point, k3, dt));
    let (sixth, two, bound) = (dt * splat(simd, 1.0 / 6.0), splat(simd, 2.0), splat(simd, bound));
    let mut next = point;
    for axis in 0..3 {
        let sum = (k2[axis] + k3[axis]).mul_add(two, k1[axis] + k4[axis]);
        let moved = sum.mul_add(sixth, point[axis]);
        // Not a number is equal to nothing.
        next[axis] = select(moved.simd_eq(moved), moved.max(-bound).min(bound), splat(simd, 0.1));
    }
    next
}

/// As many equal steps as it takes each lane to stay on its path.
#[inline(always)]
fn walk<S: Simd>(simd: S, mut point: Point<S>, flow: &impl Flow<S>, dt: f32x8<S>, bound: f32) -> Point<S> {
    let steps = (dt * splat(simd, 1.0 / LONGEST_STEP)).ceil().max(splat(simd, 1.0)).min(splat(simd, MOST_STEPS));
    let dt = dt / steps;
    let mut taken = splat(simd, 0.0);
    loop {
        let goes: mask32x8<S> = taken.simd_lt(steps);
        if !goes.any_true() {
            return point;
        }
        let next = step(simd, point, flow, dt, bound);
        for axis in 0..3 {
            point[axis] = select(goes, next[axis], point[axis]);
        }
        taken += splat(simd, 1.0);
    }
}

/// Lorenz goes round about once in 0.65 of its time, Chua in 2.4.
const LORENZ_ROUND: f32 = 0.65;
const CHUA_ROUND: f32 = 2.4;
/// A step longer than this leaves the path.
const LONGEST_STEP: f32 = 0.02;
const MOST_STEPS: f32 = 32.0;

impl Chaos {
    /// Moves one of the systems on; gives its coordinates.
    #[inline(always)]
    fn advance<S: Simd>(&mut self, simd: S, system: usize, rounds: f32x8<S>, chaos: f32x8<S>) -> Point<S> {
        let point = self.points[system].each_ref().map(|axis| load(simd, axis));
        let (one, two) = (splat(simd, 1.0), splat(simd, 2.0));
        let (moved, shown) = match system {
            0 => {
                let flow = Lorenz(chaos.mul_add(splat(simd, 30.0), splat(simd, 14.0)));
                let [x, y, z] = walk(simd, point, &flow, rounds * splat(simd, LORENZ_ROUND), 80.0);
                let shown = [x * splat(simd, 1.0 / 22.0), y * splat(simd, 1.0 / 28.0), (z - splat(simd, 25.0)) * splat(simd, 0.04)];
                ([x, y, z], shown)
            }
            1 => {
                let flow = Chua(chaos.mul_add(splat(simd, 1.9), splat(simd, 8.2)));
                let [x, y, z] = walk(simd, point, &flow, rounds * splat(simd, CHUA_ROUND), 12.0);
                ([x, y, z], [x * splat(simd, 1.0 / 2.6), y * splat(simd, 1.8), z * splat(simd, 1.0 / 3.8)])
            }
            _ => {
                let phase = load(simd, &self.phase) + rounds;
                let wraps = phase.simd_ge(one);
                let phase = select(wraps, phase - one, phase);
                store(phase, &mut self.phase);
                let [before, now, _] = point;
                let r = chaos.mul_add(splat(simd, 0.6), splat(simd, 3.4));
                // At exactly 0 or 1 it would stop.
                let next = (r * now * (one - now)).max(splat(simd, 1e-4)).min(splat(simd, 1.0 - 1e-4));
                let (before, now) = (select(wraps, now, before), select(wraps, next, now));
                let line = (now - before).mul_add(phase, before);
                ([before, now, now], [line * two - one, now * two - one, phase * two - one])
            }
        };
        self.points[system].iter_mut().zip(moved).for_each(|(axis, moved)| store(moved, axis));
        shown
    }
}

impl LaneKernel for Chaos {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let (pitch, reset, rate_hz) = (io.input(0), io.input(1), io.sample_rate_hz());
        let (rate, chaos) = (io.param(RATE), io.param(CHAOS));
        let (chosen, dc) = (io.param(SYSTEM).first() as usize, io.param(DC).first());
        let (pole, glide) = (DcBlock::pole(rate_hz), switch_step(rate_hz));
        let heard = self.shares.begin(chosen);
        self.dc_share.begin(dc);
        let (ten, half, goal) = (splat(simd, 10.0), splat(simd, 0.5), splat(simd, dc));
        let [out, y, z] = io.outputs();
        for n in 0..out.len() {
            let now = load(simd, &reset[n]);
            let rises = now.simd_gt(half) & !load(simd, &self.reset).simd_gt(half);
            store(now, &mut self.reset);
            if rises.any_true() {
                self.begin_again(simd, rises);
            }
            let octaves = load(simd, &pitch[n]).max(-ten).min(ten);
            let rounds = (rate.at(simd, n) * exp2(simd, octaves) * splat(simd, 1.0 / rate_hz)).min(splat(simd, 0.25));
            let (chaos, shares) = (chaos.at(simd, n), self.shares.next(simd, chosen, glide));
            let mut sum = [splat(simd, 0.0); 3];
            for system in 0..3 {
                if heard[system] {
                    let point = self.advance(simd, system, rounds, chaos);
                    for axis in 0..3 {
                        sum[axis] = point[axis].mul_add(shares[system], sum[axis]);
                    }
                }
            }
            let blocked = self.dc.next(simd, sum[0], pole);
            let share = self.dc_share.next(simd, goal, glide);
            store((blocked - sum[0]).mul_add(share, sum[0]), &mut out[n]);
            store(sum[1], &mut y[n]);
            store(sum[2], &mut z[n]);
            self.out.iter_mut().zip(sum).for_each(|(axis, sum)| store(sum, axis));
        }
    }

    fn reset(&mut self) {
        *self = Self::begin();
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        for axis in 0..3 {
            face[axis] = self.out[axis][lane];
        }
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        for axis in self.points.as_flattened_mut() {
            lane_state!(visit; *axis);
        }
        for axis in &mut self.out {
            lane_state!(visit; *axis);
        }
        lane_state!(visit; self.phase, self.dc, self.dc_share, self.shares, self.reset);
    }
}

impl Chaos {
    /// Lanes that are reset are where they began.
    #[inline(always)]
    fn begin_again<S: Simd>(&mut self, simd: S, lanes: mask32x8<S>) {
        for (system, begin) in self.points.iter_mut().zip(BEGIN) {
            for (axis, begin) in system.iter_mut().zip(begin) {
                store(select(lanes, splat(simd, begin), load(simd, axis)), axis);
            }
        }
        store(select(lanes, splat(simd, 0.0), load(simd, &self.phase)), &mut self.phase);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::driven;
    use patchlight_testkit::{peak, rms};

    fn run(params: &[(&'static str, f32)]) -> Vec<Vec<f32>> {
        driven(&SPEC, build, params, &[], 96_000).outputs.into_iter().map(|mut lanes| lanes.remove(0)).collect()
    }

    #[test]
    fn lorenz_changes_wings_and_stays_bounded() {
        let out = run(&[("chaos", 0.467), ("dc_block", 0.0)]);
        // ρ = 28: both wings are visited many times.
        let changes = out[0].windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
        assert!((20..400).contains(&changes), "{changes}");
        assert!(peak(&out[0]) < 1.2 && peak(&out[2]) < 1.2 && rms(&out[0]) > 0.1);
        // z is never below 0 on the attractor: its mean is ρ − 1 − a little.
        assert!(out[2].iter().all(|z| *z > -1.0));
    }

    #[test]
    fn calm_systems_settle_and_the_logistic_map_doubles_its_period() {
        let calm = run(&[("chaos", 0.0), ("dc_block", 0.0)]);
        assert!(
            rms(&calm[0][90_000..]) > 0.0 && calm[0][90_000..].iter().all(|x| (x - calm[0][95_999]).abs() < 0.05),
            "below 24.7 it rests"
        );
        let map = run(&[("system", 2.0), ("chaos", 0.0), ("rate_hz", 4_800.0), ("dc_block", 0.0)]);
        let values: Vec<f32> = map[1][48_005..].iter().step_by(10).copied().collect();
        assert!(
            values.windows(3).all(|three| (three[0] - three[2]).abs() < 1e-3 && (three[0] - three[1]).abs() > 0.1),
            "period two at 3.4"
        );
    }
}
