//! Mixer 16: sixteen strips of gain, pan, mute and solo into one stereo pair.
//!
//! Face cells: [0..16] the peak of each strip behind its gain, falling 20 dB a second.

use crate::desk::{Desk, strips};
use patchlight_core::{Face, ModuleSpec, Voices, audio, module, preset};
use patchlight_engine::{BuildContext, Unit};

strips!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16);

pub const SPEC: ModuleSpec = module("amp.mixer_16", "Mixer 16")
    .about("Sixteen sounds into one stereo pair, each with gain, pan, mute and solo.")
    .tags(&["mix", "sum", "channels", "pan", "mute", "solo", "desk", "console", "fader"])
    .inputs(INPUTS)
    .params(PARAMS)
    .presets(&[
        preset(
            "Fan",
            "stereo spread",
            "pan_1 -100; pan_2 -87; pan_3 -73; pan_4 -60; pan_5 -47; pan_6 -33; pan_7 -20; pan_8 -7; pan_9 7; pan_10 20; pan_11 33; pan_12 47; pan_13 60; pan_14 73; pan_15 87; pan_16 100",
        ),
        preset(
            "Quiet start",
            "headroom",
            "gain_1_db -12; gain_2_db -12; gain_3_db -12; gain_4_db -12; gain_5_db -12; gain_6_db -12; gain_7_db -12; gain_8_db -12; gain_9_db -12; gain_10_db -12; gain_11_db -12; gain_12_db -12; gain_13_db -12; gain_14_db -12; gain_15_db -12; gain_16_db -12",
        ),
        preset(
            "Wide pairs",
            "stereo",
            "pan_1 20; pan_2 -20; pan_3 30; pan_4 -30; pan_5 40; pan_6 -40; pan_7 50; pan_8 -50; pan_9 60; pan_10 -60; pan_11 70; pan_12 -70; pan_13 80; pan_14 -80; pan_15 90; pan_16 -90",
        ),
        preset("Two groups", "balance", "gain_1_db -6; gain_2_db -6; gain_3_db -6; gain_4_db -6; gain_5_db -6; gain_6_db -6; gain_7_db -6; gain_8_db -6; gain_9_db -10; gain_10_db -10; gain_11_db -10; gain_12_db -10; gain_13_db -10; gain_14_db -10; gain_15_db -10; gain_16_db -10"),
        preset("Drum kit", "drums", "pan_3 25; pan_4 -35; pan_5 -20; pan_6 30; pan_7 -60; pan_8 60; gain_3_db -4; gain_4_db -6; gain_7_db -9; gain_8_db -9"),
    ])
    .outputs(&[audio("out", "The mix of all strips").stereo()])
    .voices(Voices::Sum)
    .face(Face::Strips);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    Box::new(Desk::<16>::new(context))
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};

    #[test]
    fn the_last_of_its_strips_is_as_the_first() {
        let heard = |input: &'static str, solo: &'static str| {
            let mut solo = Solo::new(&SPEC, build, &SoloConfig { params: vec![(solo, 1.0)], ..SoloConfig::default() }, &[input]);
            solo.drive(input, vec![vec![0.5; 640]]);
            solo.run(640, 64).outputs[0][0][639]
        };
        assert_eq!(heard("in_16", "solo_16"), 0.5);
        assert_eq!(heard("in_16", "solo_1"), 0.0);
        assert_eq!(heard("in_1", "solo_16"), 0.0);
    }
}
