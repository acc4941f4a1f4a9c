//! Scope: shows the wave that passes through. The screen reads what is tapped at `out` and draws it by these settings.
//!
//! Face cells: [0] peak of the last call.

use crate::through::through;
use patchlight_core::{Face, ModuleSpec, audio, bipolar, choice, db, module, secs};
use patchlight_engine::{BuildContext, Unit};

pub const SPEC: ModuleSpec = module("view.scope", "Scope")
    .about("Shows the wave that passes through. Put it anywhere in a cable's way; it changes nothing.")
    .tags(&["oscilloscope", "waveform", "look", "display", "view", "analyse", "wave"])
    .inputs(&[audio("in", "Signal to look at")])
    .params(&[
        secs("time_secs", 0.001..=0.16, 0.02).about("How much time the screen shows"),
        choice("trigger", &["rising", "falling", "free"], 0).about("Where the picture begins, so that it stands still"),
        bipolar("trigger_level", 0.0).about("The level at which the picture begins").hidden(),
        db("zoom_db", -24.0..=60.0, 0.0).about("Height of the picture; the sound does not change").hidden(),
    ])
    .outputs(&[audio("out", "The same signal, unchanged")])
    .face(Face::Scope);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    through(context)
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};

    #[test]
    fn it_changes_nothing_in_any_lane() {
        let mut solo = Solo::new(&SPEC, build, &SoloConfig { voices: 2, channels: 2, ..SoloConfig::default() }, &["in"]);
        let lanes: Vec<Vec<f32>> = (0..4).map(|lane| (0..200).map(|n| (n * lane) as f32 * 0.01).collect()).collect();
        solo.drive("in", lanes.clone());
        assert_eq!(solo.run(200, 64).outputs[0], lanes);
    }
}
