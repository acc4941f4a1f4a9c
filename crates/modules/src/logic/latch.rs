//! Latch: one gate turns it on, another off (a set-reset latch).

use crate::pulse::level;
use patchlight_core::{ModuleSpec, choice, gate, module};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

pub const SPEC: ModuleSpec = module("logic.latch", "Latch")
    .about("One trigger turns it on, another off; between them it stays. Makes a long gate of two short ones.")
    .tags(&["set", "reset", "sr latch", "hold", "memory", "start stop", "switch"])
    .inputs(&[gate("set", "Turns it on while high"), gate("reset", "Turns it off while high")])
    .params(&[choice("priority", &["reset", "set"], 0).about("Who wins while both are on")])
    .outputs(&[gate("out", "The state"), gate("inverted", "The opposite")]);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |_| Latch { is_on: false })
}

struct Latch {
    is_on: bool,
}

impl RowKernel for Latch {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (set, reset, priority) = (io.input(0), io.input(1), io.param(0));
        let [out, inverted] = io.outputs();
        for n in 0..out.len() {
            self.is_on = match (set[n] > 0.5, reset[n] > 0.5) {
                (true, true) => priority.at(n) >= 0.5,
                (true, false) => true,
                (false, true) => false,
                (false, false) => self.is_on,
            };
            (out[n], inverted[n]) = (level(self.is_on), level(!self.is_on));
        }
    }

    fn reset(&mut self) {
        self.is_on = false;
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[0] = level(self.is_on);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, gate};

    #[test]
    fn it_stays_between_set_and_reset() {
        let inputs = [("set", gate(500, &[(100, 110), (300, 350)])), ("reset", gate(500, &[(200, 210), (320, 330)]))];
        let out = |priority: f32| driven(&SPEC, build, &[("priority", priority)], &inputs, 500).mono(0).to_vec();
        assert_eq!(out(0.0), gate(500, &[(100, 200), (300, 320), (330, 500)]));
        assert_eq!(out(1.0), gate(500, &[(100, 200), (300, 500)]));
    }
}
