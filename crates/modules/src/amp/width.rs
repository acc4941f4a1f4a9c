//! Width: how wide a stereo sound is, with the bass kept in the middle.
//!
//! The side signal is scaled; below a corner it goes through a high-pass of 12 dB an octave first.

use crate::dsp::{Memo, Svf};
use crate::stereo::{StereoIo, StereoKernel, stereo};
use patchlight_core::{ModuleSpec, audio, hz, module, unit};
use patchlight_engine::{BLOCK, BuildContext, Unit};

const WIDTH: usize = 0;
const BASS: usize = 1;

pub const SPEC: ModuleSpec = module("amp.width", "Width")
    .about("From mono over stereo to wider than it was. Keeps the bass in the middle, where it belongs.")
    .tags(&["stereo", "wide", "narrow", "mono maker", "bass mono", "spread", "image"])
    .inputs(&[audio("in", "A stereo sound").stereo()])
    .params(&[
        unit("width", 0.0..=3.0, 1.0).about("0 is mono, 1 as it is, 2 twice as wide"),
        hz("mono_below_hz", 10.0..=500.0, 10.0).about("Below this the sound is mono; 10 Hz leaves all as it is"),
    ])
    .outputs(&[audio("out", "The sound in its new width").stereo()]);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    stereo(context, || Width { filter: Svf::default(), corner: Memo::new() })
}

struct Width {
    filter: Svf,
    corner: Memo<f32, f32>,
}

impl StereoKernel for Width {
    fn run(&mut self, io: &mut StereoIo<'_, '_>) {
        let ([left, right], width, bass, rate_hz) = (io.input(0), io.param(WIDTH), io.param(BASS), io.sample_rate_hz());
        let mut made = [[0.0; 2]; BLOCK];
        for n in 0..io.frames() {
            let (mid, side) = (0.5 * (left[n] + right[n]), 0.5 * (left[n] - right[n]));
            let below_hz = bass.at(n);
            let corner = self.corner.get(below_hz, |hz| Svf::corner(hz, rate_hz));
            let high = self.filter.next(side, corner, std::f32::consts::SQRT_2).high;
            // Half an octave from "leaves all as it is" to the filter alone, so that the knob does not jump.
            let share = ((below_hz / 10.0).log2() * 2.0).clamp(0.0, 1.0);
            let side = (side + (high - side) * share) * width.at(n);
            made[n] = [mid + side, mid - side];
        }
        io.put(0, &made);
    }

    fn reset(&mut self) {
        self.filter = Svf::default();
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::sine;
    use patchlight_engine::{Solo, SoloConfig};
    use patchlight_testkit::{db, rms};

    /// Left minus right behind it, of a sound that is all side.
    fn side_db(params: &[(&'static str, f32)], hz: f64) -> f64 {
        let mut solo = Solo::new(&SPEC, build, &SoloConfig { params: params.to_vec(), ..SoloConfig::default() }, &["in"]);
        let tone = sine(hz, 0.5, 48_000);
        solo.drive("in", vec![tone.clone(), tone.iter().map(|x| -x).collect()]);
        let outputs = solo.run(48_000, 64).outputs;
        db(rms(&outputs[0][0][24_000..]) / rms(&tone[24_000..]))
    }

    #[test]
    fn the_sides_follow_the_knobs() {
        assert!(side_db(&[], 100.0).abs() < 1e-4);
        assert!((side_db(&[("width", 2.0)], 100.0) - 6.0206).abs() < 1e-3);
        assert!(side_db(&[("width", 0.0)], 100.0) < -120.0);
        let kept = [("mono_below_hz", 200.0)];
        assert!((side_db(&kept, 200.0) + 3.01).abs() < 0.1 && side_db(&kept, 50.0) < -23.0 && side_db(&kept, 2_000.0).abs() < 0.1);
    }
}
