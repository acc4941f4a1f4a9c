//! Counter: counts triggers up and down, round and round or to the end.

use crate::pulse::{Edge, level};
use patchlight_core::{ModuleSpec, choice, control, gate, integer, module};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

pub const SPEC: ModuleSpec = module("logic.counter", "Counter")
    .about("Counts triggers. Its stairs address a sequential switch, its carry begins the next section.")
    .tags(&["count", "number", "address", "stairs", "up", "down", "carry", "steps"])
    .inputs(&[
        gate("up", "Each rise counts one up"),
        gate("down", "Each rise counts one down"),
        gate("reset", "Back to 0 (without a carry)"),
    ])
    .params(&[
        integer("length", 1..=64, 8).about("How many numbers there are, from 0 on"),
        choice("at_end", &["go round", "stay"], 0).about("What follows the last number"),
    ])
    .outputs(&[
        control("count", "The number itself, 0, 1, 2 and on"),
        control("stairs", "The number as a share of the way, from 0 to 1 at the last"),
        gate("carry", "On while the trigger is on that went round, or that met the end"),
    ]);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |_| Counter::default())
}

#[derive(Default)]
struct Counter {
    count: i32,
    up: Edge,
    down: Edge,
    reset: Edge,
    carries: bool,
}

impl Counter {
    fn step(&mut self, by: i32, length: i32, stays: bool) {
        let next = self.count + by;
        self.carries = !(0..length).contains(&next);
        self.count = if stays { next.clamp(0, length - 1) } else { next.rem_euclid(length) };
    }
}

impl RowKernel for Counter {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let [up, down, reset] = [0, 1, 2].map(|input| io.input(input));
        let (length, at_end) = (io.param(0), io.param(1));
        let [count, stairs, carry] = io.outputs();
        for n in 0..count.len() {
            let (length, stays) = (length.at(n) as i32, at_end.at(n) >= 0.5);
            self.count = self.count.min(length - 1);
            if self.up.rises(up[n]) {
                self.step(1, length, stays);
            }
            if self.down.rises(down[n]) {
                self.step(-1, length, stays);
            }
            if self.reset.rises(reset[n]) {
                (self.count, self.carries) = (0, false);
            }
            let is_on = self.up.is_high() || self.down.is_high();
            count[n] = self.count as f32;
            stairs[n] = self.count as f32 / (length - 1).max(1) as f32;
            carry[n] = level(self.carries && is_on);
        }
    }

    fn reset(&mut self) {
        *self = Self::default();
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[0] = self.count as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, gate, rises};

    #[test]
    fn it_goes_round_with_a_carry_or_stays() {
        let up = gate(1000, &[(100, 110), (200, 210), (300, 310), (400, 410), (500, 510)]);
        let rendered = driven(&SPEC, build, &[("length", 3.0)], &[("up", up.clone())], 1000);
        assert_eq!([50, 150, 250, 350, 450, 550].map(|n| rendered.mono(0)[n]), [0.0, 1.0, 2.0, 0.0, 1.0, 2.0]);
        assert_eq!((rendered.mono(1)[250], rises(&rendered.outputs[2][0])), (1.0, vec![300]));
        let inputs = [("up", up), ("down", gate(1000, &[(600, 610)])), ("reset", gate(1000, &[(700, 701)]))];
        let rendered = driven(&SPEC, build, &[("length", 3.0), ("at_end", 1.0)], &inputs, 1000);
        assert_eq!([350, 550, 650, 750].map(|n| rendered.mono(0)[n]), [2.0, 2.0, 1.0, 0.0]);
    }
}
