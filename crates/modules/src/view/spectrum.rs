//! Spectrum: shows the frequencies that pass through. The screen reads what is tapped at `out` and draws it by these settings.
//!
//! Face cells: [0] peak of the last call.

use patchlight_core::{Face, ModuleSpec, audio, choice, db, module, percent};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

pub const SPEC: ModuleSpec = module("view.spectrum", "Spectrum")
    .about("Shows which frequencies pass through. Put it anywhere in a cable's way; it changes nothing.")
    .tags(&["analyser", "analyzer", "fft", "frequency", "look", "display", "view", "eq"])
    .inputs(&[audio("in", "Signal to look at")])
    .params(&[
        choice("size", &["1024", "2048", "4096", "8192"], 2).about("Frames of each picture: more shows finer frequencies, later"),
        percent("smoothing", 0.6).about("How slowly the picture falls back"),
        db("floor_db", -120.0..=-30.0, -90.0).about("The level at the bottom of the picture").hidden(),
        db("slope_db", 0.0..=6.0, 3.0).about("Tilts the picture by this much an octave, so that music looks level").hidden(),
    ])
    .outputs(&[audio("out", "The same signal, unchanged")])
    .face(Face::Spectrum);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |_| Through { peak: 0.0 })
}

struct Through {
    peak: f32,
}

impl RowKernel for Through {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let input = io.input(0);
        io.output(0).copy_from_slice(input);
        self.peak = input.iter().fold(0.0, |peak, sample| peak.max(sample.abs()));
    }

    fn reset(&mut self) {
        self.peak = 0.0;
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[0] = self.peak;
    }
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
