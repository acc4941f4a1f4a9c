//! Switch: one of several sounds.

use crate::glide::{Glide, switch_step};
use patchlight_core::{ModuleSpec, audio, integer, module};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

const WAYS: usize = 8;

pub const SPEC: ModuleSpec = module("amp.switch_n_to_1", "Switch N to 1")
    .about("Lets one of eight sounds through. Compare versions, or let a sequencer cut between loops. It fades, so it does not click.")
    .tags(&["selector", "multiplexer", "select", "compare", "a/b", "cut", "source"])
    .inputs(&[
        audio("in_1", "The first sound"),
        audio("in_2", "The second sound"),
        audio("in_3", "The third sound"),
        audio("in_4", "The fourth sound"),
        audio("in_5", "The fifth sound"),
        audio("in_6", "The sixth sound"),
        audio("in_7", "The seventh sound"),
        audio("in_8", "The eighth sound"),
    ])
    .params(&[integer("select", 1..=8, 1).about("Which input is heard")])
    .outputs(&[audio("out", "The sound that is chosen")]);

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
        let inputs: [&[f32]; WAYS] = std::array::from_fn(|way| io.input(way));
        let select = io.param(0);
        let chosen = select.constant().map(|chosen| chosen as usize);
        let stands = |chosen: &usize| {
            let at = |(way, gain): (usize, &Glide)| gain.is_at(if *chosen == way + 1 { 1.0 } else { 0.0 });
            self.gains.iter().enumerate().all(at)
        };
        let out = io.output(0);
        if let Some(chosen) = chosen.filter(stands) {
            // Sums of nothings and the one that is heard are what is heard.
            out.copy_from_slice(inputs[chosen.clamp(1, WAYS) - 1]);
            for (way, gain) in self.gains.iter_mut().enumerate() {
                gain.next(if chosen == way + 1 { 1.0 } else { 0.0 }, self.step);
            }
            self.now = chosen;
            return;
        }
        for (n, out) in out.iter_mut().enumerate() {
            self.now = select.at(n) as usize;
            *out = 0.0;
            for (way, gain) in self.gains.iter_mut().enumerate() {
                *out += inputs[way][n] * gain.next(if self.now == way + 1 { 1.0 } else { 0.0 }, self.step);
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
    fn the_chosen_sound_is_heard() {
        let inputs = [("in_1", 0.25), ("in_2", 0.5), ("in_8", 0.75)];
        assert_eq!([1.0, 2.0, 3.0, 8.0].map(|select| value(&SPEC, build, &[("select", select)], &inputs, 0)), [0.25, 0.5, 0.0, 0.75]);
    }
}
