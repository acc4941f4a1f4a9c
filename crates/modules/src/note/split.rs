//! Split: low notes here, high notes there.

use crate::pulse::{Edge, level};
use patchlight_core::{ModuleSpec, gate, module, pitch, semitones};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

pub const SPEC: ModuleSpec = module("note.split", "Split")
    .about("Divides the keyboard: a bass under the left hand, a lead under the right. A note stays where it began.")
    .tags(&["keyboard split", "zone", "range", "left hand", "bass", "low", "high", "threshold"])
    .inputs(&[pitch("pitch", "The pitch of the notes"), gate("gate", "The notes")])
    .params(&[semitones("split_semitones", -60.0..=60.0, 0.0).about("The lowest note of the upper part; 0 is C4")])
    .outputs(&[
        pitch("low_pitch", "The pitch of the last low note"),
        gate("low_gate", "The low notes"),
        pitch("high_pitch", "The pitch of the last high note"),
        gate("high_gate", "The high notes"),
    ]);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |_| Split::default())
}

#[derive(Default)]
struct Split {
    edge: Edge,
    is_high: bool,
    pitches: [f32; 2],
}

impl RowKernel for Split {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (pitch, gate, split) = (io.input(0), io.input(1), io.param(0));
        let [low_pitch, low_gate, high_pitch, high_gate] = io.outputs();
        for n in 0..low_gate.len() {
            if self.edge.rises(gate[n]) {
                // A hair below still is the note itself.
                self.is_high = pitch[n] * 12.0 >= split.at(n) - 0.01;
            }
            if self.edge.is_high() {
                self.pitches[usize::from(self.is_high)] = pitch[n];
            }
            let is_on = self.edge.is_high();
            (low_pitch[n], low_gate[n]) = (self.pitches[0], level(is_on && !self.is_high));
            (high_pitch[n], high_gate[n]) = (self.pitches[1], level(is_on && self.is_high));
        }
    }

    fn reset(&mut self) {
        *self = Self::default();
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[0] = level(self.is_high);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, gate};

    #[test]
    fn each_hand_has_its_part() {
        let pitch: Vec<f32> = (0..600).map(|n| if n < 250 { -1.0 } else { 0.0 }).collect();
        let rendered = driven(&SPEC, build, &[], &[("pitch", pitch), ("gate", gate(600, &[(100, 300), (400, 500)]))], 600);
        assert_eq!(rendered.outputs[1][0], gate(600, &[(100, 300)]), "a bend does not change hands");
        assert_eq!(rendered.outputs[3][0], gate(600, &[(400, 500)]));
    }
}
