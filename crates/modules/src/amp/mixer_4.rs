//! Mixer 4: four strips of gain, pan, mute and solo into one stereo pair.
//!
//! Face cells: [0..4] the peak of each strip behind its gain, falling 20 dB a second.

use crate::desk::{Desk, strips};
use patchlight_core::{Face, ModuleSpec, Voices, audio, module, preset};
use patchlight_engine::{BuildContext, Unit};

strips!(1 2 3 4);

pub const SPEC: ModuleSpec = module("amp.mixer_4", "Mixer 4")
    .about("Four sounds into one stereo pair, each with gain, pan, mute and solo.")
    .tags(&["mix", "sum", "channels", "pan", "mute", "solo", "desk", "console", "fader"])
    .inputs(INPUTS)
    .params(PARAMS)
    .presets(&[
        preset("Wide pairs", "stereo", "pan_1 -80; pan_2 80; pan_3 -50; pan_4 50"),
        preset("Drums and bass", "drums", "pan_3 25; gain_3_db -4; gain_4_db -6"),
        preset("Quiet start", "headroom", "gain_1_db -9; gain_2_db -9; gain_3_db -9; gain_4_db -9"),
        preset("Fan", "stereo spread", "pan_1 -100; pan_2 -35; pan_3 35; pan_4 100"),
        preset("Lead and backing", "voices", "gain_2_db -8; gain_3_db -8; pan_2 -60; pan_3 60"),
    ])
    .outputs(&[audio("out", "The mix of all strips").stereo()])
    .voices(Voices::Sum)
    .face(Face::Strips);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    Box::new(Desk::<4>::new(context))
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
        assert_eq!(heard("in_4", "solo_4"), 0.5);
        assert_eq!(heard("in_4", "solo_1"), 0.0);
        assert_eq!(heard("in_1", "solo_4"), 0.0);
    }
}
