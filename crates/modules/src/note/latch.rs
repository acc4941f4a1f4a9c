//! Latch: notes go on when the key is let go, until the same is struck again.

use crate::pulse::{Edge, level};
use patchlight_core::{ModuleSpec, choice, gate, module, pitch};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

pub const SPEC: ModuleSpec = module("note.latch", "Note latch")
    .about("Notes go on by themselves when the key is let go: hands free for the knobs. The same key again ends its note.")
    .tags(&["hold", "sustain", "drone", "latch", "freeze", "keys", "infinite"])
    .inputs(&[pitch("pitch", "The pitch of the keys"), gate("gate", "The keys"), gate("clear", "Ends the note")])
    .params(&[choice("again", &["ends the note", "begins it anew"], 0).about("What the same key does while its note goes on")])
    .outputs(&[pitch("pitch", "The pitch of the note that goes on"), gate("gate", "On until the note is ended")]);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |_| NoteLatch::default())
}

/// Pitches this near are the same key: half a semitone.
const SAME_KEY: f32 = 0.5 / 12.0;

#[derive(Default)]
struct NoteLatch {
    key: Edge,
    clear: Edge,
    pitch: f32,
    is_on: bool,
    /// The gate is off for one frame, so that envelopes begin anew.
    drops: bool,
}

impl RowKernel for NoteLatch {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let [pitches, gates, clears] = [0, 1, 2].map(|input| io.input(input));
        let again = io.param(0);
        let [pitch, gate] = io.outputs();
        for n in 0..gate.len() {
            if self.key.rises(gates[n]) {
                let is_same = self.is_on && (pitches[n] - self.pitch).abs() < SAME_KEY;
                self.drops = self.is_on;
                self.is_on = !(is_same && again.at(n) < 0.5);
                self.pitch = pitches[n];
            }
            if self.clear.rises(clears[n]) {
                self.is_on = false;
            }
            // While the key is down its bends are followed.
            if self.key.is_high() && self.is_on {
                self.pitch = pitches[n];
            }
            pitch[n] = self.pitch;
            gate[n] = level(self.is_on && !std::mem::take(&mut self.drops));
        }
    }

    fn reset(&mut self) {
        *self = Self::default();
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        (face[0], face[1]) = (self.pitch, level(self.is_on));
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, gate};

    #[test]
    fn the_same_key_ends_what_another_replaces() {
        let pitch: Vec<f32> = (0..1_000).map(|n| if n < 350 { 0.25 } else { 0.5 }).collect();
        let inputs = [("pitch", pitch), ("gate", gate(1_000, &[(100, 150), (400, 450), (600, 650)]))];
        let rendered = driven(&SPEC, build, &[], &inputs, 1_000);
        // The second key replaces the first, with one frame between; then it ends itself.
        assert_eq!(rendered.outputs[1][0], gate(1_000, &[(100, 400), (401, 600)]));
        assert_eq!([380, 420].map(|n| rendered.mono(0)[n]), [0.25, 0.5], "let go, a note keeps its pitch");
    }
}
