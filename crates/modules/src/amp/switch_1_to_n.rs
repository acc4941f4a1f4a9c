//! Switch: one sound to one of several places.

use crate::glide::{Glide, switch_step};
use patchlight_core::{ModuleSpec, audio, integer, module};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

const WAYS: usize = 8;

pub const SPEC: ModuleSpec = module("amp.switch_1_to_n", "Switch 1 to N")
    .about("Sends a sound to one of eight places. Move the knob with a sequencer to throw hits at effects. It fades, so it does not click.")
    .tags(&["router", "selector", "demultiplexer", "select", "send", "a/b"])
    .inputs(&[audio("in", "The sound")])
    .params(&[integer("select", 1..=8, 1).about("Which output it goes to")])
    .outputs(&[
        audio("out_1", "The first place"),
        audio("out_2", "The second place"),
        audio("out_3", "The third place"),
        audio("out_4", "The fourth place"),
        audio("out_5", "The fifth place"),
        audio("out_6", "The sixth place"),
        audio("out_7", "The seventh place"),
        audio("out_8", "The eighth place"),
    ]);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |lane| Switch { gains: [Glide::off(); WAYS], step: switch_step(lane.sample_rate_hz), now: 0 })
}

struct Switch {
    gains: [Glide; WAYS],
    step: f32,
    now: usize,
}

impl RowKernel for Switch {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (input, select) = (io.input(0), io.param(0));
        let outs: [&mut [f32]; WAYS] = io.outputs();
        for (way, (out, gain)) in outs.into_iter().zip(&mut self.gains).enumerate() {
            for (n, out) in out.iter_mut().enumerate() {
                self.now = select.at(n) as usize;
                let target = if self.now == way + 1 { 1.0 } else { 0.0 };
                *out = input[n] * gain.next(target, self.step);
            }
        }
    }

    fn reset(&mut self) {
        self.gains.iter_mut().for_each(Glide::forget);
        self.now = 0;
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[0] = self.now as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::value;

    #[test]
    fn one_place_hears_it() {
        let at = |select: f32| (0..8).map(|output| value(&SPEC, build, &[("select", select)], &[("in", 0.5)], output)).collect::<Vec<_>>();
        assert_eq!(at(1.0), [0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(at(6.0), [0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0]);
    }
}
