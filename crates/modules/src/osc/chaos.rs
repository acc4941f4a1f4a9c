//! Chaos: three systems that never repeat.
//!
//! Lorenz: x' = σ(y − x), y' = x(ρ − z) − y, z' = xy − βz (E. Lorenz, *Deterministic nonperiodic flow*, 1963). Chua: x' = α(y − x − f(x)), y' = x − y + z,
//! z' = −βy, f of two slopes (L. Chua, 1983). Both by Runge-Kutta of the fourth order. Logistic: x ← r·x(1 − x) (R. May, 1976), joined by lines.

use crate::dsp::oversample::DcBlock;
use crate::glide::{Glide, switch_step};
use crate::pulse::Edge;
use patchlight_core::{Face, ModuleSpec, audio, choice, control, gate, hz, module, percent, pitch, toggle};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

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
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |_| Chaos::begin())
}

type Point = [f32; 3];

struct Chaos {
    flows: [Point; 2],
    /// The logistic map: the values before and now, and how far between.
    map: [f32; 3],
    phase: f32,
    dc: DcBlock,
    dc_share: Glide,
    shares: [Glide; 3],
    reset: Edge,
    out: Point,
}

impl Chaos {
    fn begin() -> Self {
        Self {
            flows: [[1.0, 1.5, 20.0], [0.3, -0.1, 0.2]],
            map: [0.4, 0.4, 0.4],
            phase: 0.0,
            dc: DcBlock::default(),
            dc_share: Glide::off(),
            shares: [Glide::off(); 3],
            reset: Edge::LOW,
            out: [0.0; 3],
        }
    }
}

fn lorenz([x, y, z]: Point, chaos: f32) -> Point {
    let rho = 14.0 + 30.0 * chaos;
    [10.0 * (y - x), x * (rho - z) - y, x * y - 8.0 / 3.0 * z]
}

fn chua([x, y, z]: Point, chaos: f32) -> Point {
    let alpha = 8.2 + 1.9 * chaos;
    let f = -0.714 * x - 0.2145 * ((x + 1.0).abs() - (x - 1.0).abs());
    [alpha * (y - x - f), x - y + z, -14.28 * y]
}

/// One step of Runge and Kutta, held within where the system lives.
fn step(point: Point, flow: impl Fn(Point) -> Point, dt: f32, bound: f32) -> Point {
    let add = |a: Point, b: Point, by: f32| -> Point { std::array::from_fn(|axis| a[axis] + b[axis] * by) };
    let k1 = flow(point);
    let k2 = flow(add(point, k1, 0.5 * dt));
    let k3 = flow(add(point, k2, 0.5 * dt));
    let k4 = flow(add(point, k3, dt));
    std::array::from_fn(|axis| {
        let next = point[axis] + dt / 6.0 * (k1[axis] + 2.0 * k2[axis] + 2.0 * k3[axis] + k4[axis]);
        if next.is_finite() { next.clamp(-bound, bound) } else { 0.1 }
    })
}

/// Lorenz goes round about once in 0.65 of its time, Chua in 2.4.
const LORENZ_ROUND: f32 = 0.65;
const CHUA_ROUND: f32 = 2.4;
/// A step longer than this leaves the path.
const LONGEST_STEP: f32 = 0.02;

impl RowKernel for Chaos {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (pitch, reset, rate_hz) = (io.input(0), io.input(1), io.sample_rate_hz());
        let [system, rate, chaos, dc] = [SYSTEM, RATE, CHAOS, DC].map(|index| io.param(index));
        let (pole, glide) = (DcBlock::pole(rate_hz), switch_step(rate_hz));
        let [out, y, z] = io.outputs();
        for n in 0..out.len() {
            if self.reset.rises(reset[n]) {
                let begin = Self::begin();
                (self.flows, self.map, self.phase) = (begin.flows, begin.map, begin.phase);
            }
            let rounds = (rate.at(n) * pitch[n].clamp(-10.0, 10.0).exp2() / rate_hz).min(0.25);
            let chaos = chaos.at(n);
            let chosen = system.at(n) as usize;
            let mut sum = [0.0; 3];
            for (index, share) in self.shares.iter_mut().enumerate() {
                let share = share.next(if index == chosen { 1.0 } else { 0.0 }, glide);
                if share == 0.0 {
                    continue;
                }
                let point = match index {
                    0 => {
                        self.flows[0] = walk(self.flows[0], |point| lorenz(point, chaos), rounds * LORENZ_ROUND, 80.0);
                        let [x, y, z] = self.flows[0];
                        [x / 22.0, y / 28.0, (z - 25.0) / 25.0]
                    }
                    1 => {
                        self.flows[1] = walk(self.flows[1], |point| chua(point, chaos), rounds * CHUA_ROUND, 12.0);
                        let [x, y, z] = self.flows[1];
                        [x / 2.6, y * 1.8, z / 3.8]
                    }
                    _ => {
                        self.phase += rounds;
                        if self.phase >= 1.0 {
                            self.phase -= 1.0;
                            let [_, before, now] = self.map;
                            let r = 3.4 + 0.6 * chaos;
                            // At exactly 0 or 1 it would stop.
                            self.map = [before, now, (r * now * (1.0 - now)).clamp(1e-4, 1.0 - 1e-4)];
                        }
                        let [_, before, now] = self.map;
                        let line = before + (now - before) * self.phase;
                        [2.0 * line - 1.0, 2.0 * now - 1.0, 2.0 * self.phase - 1.0]
                    }
                };
                (0..3).for_each(|axis| sum[axis] += share * point[axis]);
            }
            let blocked = self.dc.next(sum[0], pole);
            out[n] = sum[0] + (blocked - sum[0]) * self.dc_share.next(dc.at(n), glide);
            (y[n], z[n]) = (sum[1], sum[2]);
            self.out = sum;
        }
    }

    fn reset(&mut self) {
        *self = Self::begin();
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[..3].copy_from_slice(&self.out);
    }
}

/// As many equal steps as it takes to stay on the path.
fn walk(mut point: Point, flow: impl Fn(Point) -> Point, dt: f32, bound: f32) -> Point {
    let steps = (dt / LONGEST_STEP).ceil().clamp(1.0, 32.0);
    for _ in 0..steps as usize {
        point = step(point, &flow, dt / steps, bound);
    }
    point
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
