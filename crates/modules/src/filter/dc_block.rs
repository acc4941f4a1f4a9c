//! DC block: fundsp's first-order high-pass, `y[n] = x[n] − x[n−1] + p·y[n−1]` with its zero at 0 Hz, one for each lane.

use fundsp::audiounit::AudioUnit;
use fundsp::prelude32::dcblock_hz;
use patchlight_core::{ModuleSpec, audio, module};
use patchlight_engine::{BuildContext, Unit, fundsp_unit};

/// Low enough that a kick keeps its weight.
const CUTOFF_HZ: f32 = 10.0;

pub const SPEC: ModuleSpec = module("filter.dc_block", "DC block")
    .about("Takes away a constant offset, which nobody hears and which eats headroom. Try it behind heavy distortion or a feedback loop.")
    .tags(&["offset", "high-pass", "rumble", "clean", "feedback", "utility"])
    .inputs(&[audio("in", "Signal that leans to one side")])
    .outputs(&[audio("out", "The same, around zero")]);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    fundsp_unit(context, SPEC.inputs.len(), |_| Box::new(dcblock_hz(CUTOFF_HZ)) as Box<dyn AudioUnit>)
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};

    #[test]
    fn an_offset_goes_and_a_tone_stays() {
        let mut solo = Solo::new(&SPEC, build, &SoloConfig::default(), &["in"]);
        let tone = |n: usize| 0.5 * (std::f32::consts::TAU * 1000.0 * n as f32 / 48_000.0).sin();
        solo.drive("in", vec![(0..48_000).map(|n| 0.4 + tone(n)).collect()]);
        let out = solo.run(48_000, 64);
        let settled = &out.mono(0)[24_000..];
        let mean = settled.iter().sum::<f32>() / settled.len() as f32;
        let peak = settled.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
        assert!(mean.abs() < 1e-3 && (peak - 0.5).abs() < 5e-3, "mean {mean}, peak {peak}");
    }
}
