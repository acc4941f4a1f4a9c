//! Multiply: one signal times another. Two sounds make sums and differences of their frequencies (ring modulation).

use patchlight_core::{ModuleSpec, audio, module, unit};
use patchlight_engine::simd::{Simd, load, splat, store};
use patchlight_engine::{BuildContext, GroupIo, LaneKernel, LaneParam, LaneVisit, Unit, eight_lanes};

const GAIN: usize = 0;

pub const SPEC: ModuleSpec = module("math.multiply", "Multiply")
    .about("One signal times another: ring modulation of two sounds, tremolo with an LFO, an envelope on anything.")
    .tags(&["product", "ring modulation", "ring mod", "times", "am", "amplitude modulation", "vca"])
    .inputs(&[audio("a", "One factor; not wired, it is 1"), audio("b", "The other factor; not wired, it is 1")])
    .params(&[unit("gain", -10.0..=10.0, 1.0).about("Times this")])
    .outputs(&[audio("out", "The product")])
    .bundles();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |_| Multiply)
}

/// Has no state: a frame depends on nothing but itself.
struct Multiply;

impl LaneKernel for Multiply {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let frames = io.frames();
        let (a, b) = (io.input(0), io.input(1));
        let (has_a, has_b) = (io.is_connected(0), io.is_connected(1));
        let gain = io.param(GAIN);
        let moves = matches!(gain, LaneParam::Signal(_));
        let mut factor = gain.at(simd, 0);
        let one = splat(simd, 1.0);
        let out = io.output(0);
        for n in 0..frames {
            if moves {
                factor = gain.at(simd, n);
            }
            let x = if has_a { load(simd, &a[n]) } else { one };
            let y = if has_b { load(simd, &b[n]) } else { one };
            store(x * y * factor, &mut out[n]);
        }
    }

    fn reset(&mut self) {}

    fn state(&mut self, _visit: &mut LaneVisit<'_>) {}
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};
    use patchlight_testkit::Spectrum;

    #[test]
    fn two_sines_become_their_sum_and_difference() {
        let sine =
            |bin: usize| (0..65_536).map(|n| (std::f64::consts::TAU * bin as f64 * n as f64 / 65_536.0).sin() as f32).collect::<Vec<_>>();
        let mut solo = Solo::new(&SPEC, build, &SoloConfig::default(), &["a", "b"]);
        solo.drive("a", vec![sine(3_000)]);
        solo.drive("b", vec![sine(1_000)]);
        let spectrum = Spectrum::new(solo.run(65_536, 64).mono(0), 48_000.0);
        let level = |bin: usize| 20.0 * spectrum.at(bin as f64 * 48_000.0 / 65_536.0).max(1e-12).log10();
        assert!((level(2_000) - level(4_000)).abs() < 0.01);
        assert!(level(3_000) < level(4_000) - 100.0 && level(1_000) < level(4_000) - 100.0, "the carrier is gone");
    }

    #[test]
    fn what_is_not_wired_is_one() {
        let mut solo = Solo::new(&SPEC, build, &SoloConfig { params: vec![("gain", 0.5)], ..SoloConfig::default() }, &["b"]);
        solo.drive("b", vec![vec![-0.25; 64]]);
        assert_eq!(solo.run(64, 64).mono(0)[63], -0.125);
    }
}
