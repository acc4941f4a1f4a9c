//! Mixer: eight strips of gain, pan, mute and solo into one stereo pair.
//!
//! Face cells: [0..8] the peak of each strip behind its gain, falling 20 dB a second.

use crate::desk::{Desk, strips};
use patchlight_core::{Face, ModuleSpec, Voices, audio, module, preset};
use patchlight_engine::{BuildContext, Unit};

strips!(1 2 3 4 5 6 7 8);

pub const SPEC: ModuleSpec = module("amp.mixer", "Mixer")
    .about("Eight sounds into one stereo pair, each with gain, pan, mute and solo.")
    .tags(&["mix", "sum", "channels", "pan", "mute", "solo", "desk", "console", "fader"])
    .inputs(INPUTS)
    .params(PARAMS)
    .presets(&[
        preset("Wide pairs", "stereo", "pan_1 -80; pan_2 80; pan_3 -50; pan_4 50"),
        preset("Drum kit", "drums", "pan_3 25; pan_4 -35; pan_5 -20; pan_6 30; gain_3_db -4; gain_4_db -6"),
        preset(
            "Quiet start",
            "headroom",
            "gain_1_db -9; gain_2_db -9; gain_3_db -9; gain_4_db -9; gain_5_db -9; gain_6_db -9; gain_7_db -9; gain_8_db -9",
        ),
        preset("Fan", "stereo spread", "pan_1 -100; pan_2 -70; pan_3 -40; pan_4 -15; pan_5 15; pan_6 40; pan_7 70; pan_8 100"),
        preset("Lead and backing", "voices", "gain_1_db 0; gain_2_db -8; gain_3_db -8; pan_2 -60; pan_3 60"),
    ])
    .outputs(&[audio("out", "The mix of all strips").stereo()])
    .voices(Voices::Sum)
    .face(Face::Strips);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    Box::new(Desk::<8>::new(context))
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};

    /// Left and right after settings have settled; strip 1 is given 0.5, strip 2 0.25.
    fn mixed(params: &[(&'static str, f32)]) -> [f32; 2] {
        let config = SoloConfig { params: params.to_vec(), channels: 1, ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &["in_1", "in_2"]);
        solo.drive("in_1", vec![vec![0.5; 640]]);
        solo.drive("in_2", vec![vec![0.25; 640]]);
        let rendered = solo.run(640, 64);
        [rendered.outputs[0][0][639], rendered.outputs[0][1][639]]
    }

    #[test]
    fn strips_add_up_and_switches_choose_among_them() {
        assert_eq!(mixed(&[]), [0.75, 0.75]);
        assert_eq!(mixed(&[("mute_1", 1.0)]), [0.25, 0.25]);
        assert_eq!(mixed(&[("solo_1", 1.0)]), [0.5, 0.5]);
        assert_eq!(mixed(&[("solo_1", 1.0), ("mute_1", 1.0)]), [0.0, 0.0]);
        assert_eq!(mixed(&[("gain_1_db", -60.0), ("gain_2_db", -60.0)]), [0.0, 0.0]);
        let halved = mixed(&[("level_db", -6.0206)])[0];
        assert!((halved - 0.375).abs() < 1e-5, "{halved}");
    }

    #[test]
    fn panning_keeps_the_power_and_reaches_the_sides() {
        for pan in [-1.0, -0.6, 0.0, 0.3, 1.0] {
            let [left, right] = mixed(&[("pan_1", pan), ("mute_2", 1.0)]);
            assert!((left * left + right * right - 0.5).abs() < 1e-5, "{pan}: {left} {right}");
        }
        let [left, right] = mixed(&[("pan_1", 1.0), ("mute_2", 1.0)]);
        assert!(left.abs() < 1e-6 && right > 0.7);
    }

    #[test]
    fn voices_are_summed_and_each_strip_shows_its_peak() {
        let mut solo = Solo::new(&SPEC, build, &SoloConfig { voices: 3, channels: 2, ..SoloConfig::default() }, &["in_4"]);
        solo.drive("in_4", (0..6).map(|lane| vec![0.1 * (lane + 1) as f32; 64]).collect());
        let rendered = solo.run(64, 64);
        assert!((rendered.outputs[0][0][63] - 0.6).abs() < 1e-6 && (rendered.outputs[0][1][63] - 1.5).abs() < 1e-6);
        let face = solo.telemetry();
        assert!((face[3] - 1.5).abs() < 1e-6 && face[0] == 0.0);
    }
}
