//! Mid and side: what both channels have in common, and in what they differ.
//!
//! mid = (L + R)/2, side = (L − R)/2, and back: L = mid + side, R = mid − side (A. Blumlein, patent 394,325, 1931).

use crate::dsp::Memo;
use crate::glide::gain_from_db;
use crate::stereo::{StereoIo, StereoKernel, stereo};
use patchlight_core::{ModuleSpec, audio, db, module};
use patchlight_engine::{BLOCK, BuildContext, Unit};

const MID_IN: usize = 1;
const SIDE_IN: usize = 2;

pub const SPEC: ModuleSpec = module("amp.mid_side", "Mid side")
    .about("Splits stereo into middle and sides and joins them again. What is wired back into mid or side takes the place of its own.")
    .tags(&["ms", "m/s", "stereo", "encode", "decode", "matrix", "mastering", "mono"])
    .inputs(&[
        audio("in", "A stereo sound").stereo(),
        audio("mid", "If wired, takes the place of its middle").mono(),
        audio("side", "If wired, takes the place of its sides").mono(),
    ])
    .params(&[
        db("mid_db", -60.0..=12.0, 0.0).about("Level of the middle in the joined sound; −60 dB is off"),
        db("side_db", -60.0..=12.0, 0.0).about("Level of the sides in the joined sound; −60 dB is mono"),
    ])
    .outputs(&[
        audio("out", "Middle and sides joined").stereo(),
        audio("mid", "What both channels have in common").mono(),
        audio("side", "In what they differ").mono(),
    ]);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    stereo(context, || MidSide { gains: [Memo::new(); 2] })
}

struct MidSide {
    gains: [Memo<f32, f32>; 2],
}

impl StereoKernel for MidSide {
    fn run(&mut self, io: &mut StereoIo<'_, '_>) {
        let [left, right] = io.input(0);
        let ([mid_in, _], [side_in, _]) = (io.input(MID_IN), io.input(SIDE_IN));
        let (has_mid, has_side) = (io.is_connected(MID_IN), io.is_connected(SIDE_IN));
        let (mid_db, side_db) = (io.param(0), io.param(1));
        let (mut joined, mut mids, mut sides) = ([[0.0; 2]; BLOCK], [[0.0; 2]; BLOCK], [[0.0; 2]; BLOCK]);
        for n in 0..io.frames() {
            let (mid, side) = (0.5 * (left[n] + right[n]), 0.5 * (left[n] - right[n]));
            (mids[n], sides[n]) = ([mid; 2], [side; 2]);
            let mid = if has_mid { mid_in[n] } else { mid } * self.gains[0].get(mid_db.at(n), gain_from_db);
            let side = if has_side { side_in[n] } else { side } * self.gains[1].get(side_db.at(n), gain_from_db);
            joined[n] = [mid + side, mid - side];
        }
        io.put(0, &joined);
        io.put(1, &mids);
        io.put(2, &sides);
    }

    fn reset(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};

    fn through(params: &[(&'static str, f32)], ends: &[&str]) -> [f32; 4] {
        let mut solo = Solo::new(&SPEC, build, &SoloConfig { params: params.to_vec(), ..SoloConfig::default() }, ends);
        solo.drive("in", vec![vec![0.75; 64], vec![0.25; 64]]);
        if ends.contains(&"side") {
            solo.drive("side", vec![vec![-0.125; 64]]);
        }
        let outputs = solo.run(64, 64).outputs;
        [outputs[0][0][63], outputs[0][1][63], outputs[1][0][63], outputs[2][0][63]]
    }

    #[test]
    fn there_and_back_is_as_before() {
        assert_eq!(through(&[], &["in"]), [0.75, 0.25, 0.5, 0.25]);
        assert_eq!(through(&[("side_db", -60.0)], &["in"])[..2], [0.5, 0.5], "without sides it is mono");
        assert_eq!(through(&[], &["in", "side"])[..2], [0.375, 0.625]);
    }
}
