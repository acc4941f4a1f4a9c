//! Divide and multiply: a clock slower and faster by whole numbers, three for two if you like.

use crate::pulse::{Edge, level};
use patchlight_core::{ModuleSpec, Voices, control, gate, integer, module, percent};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

pub const SPEC: ModuleSpec = module("clock.divide_multiply", "Divide multiply")
    .about("A clock made slower or faster by whole numbers: multiply 3, divide 2 plays triplets against it.")
    .tags(&["divider", "multiplier", "polyrhythm", "triplets", "half time", "double time", "ratio", "sync"])
    .inputs(&[gate("clock", "The clock; its period is measured from pulse to pulse"), gate("reset", "The next pulse is the first")])
    .params(&[
        integer("multiply", 1..=32, 1).about("So many pulses for each of the clock …"),
        integer("divide", 1..=32, 1).about("… or for so many of the clock"),
        percent("pulse_width", 0.5).about("Share of the time between two pulses that each is on"),
    ])
    .outputs(&[gate("out", "The new pulses"), control("phase", "From 0 to 1 between two of them")])
    .voices(Voices::One);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |_| DivideMultiply::default())
}

#[derive(Default)]
struct DivideMultiply {
    clock: Edge,
    reset: Edge,
    /// Pulses of the clock since the first; nothing before it.
    pulses: Option<i64>,
    frames_since: u32,
    /// Frames between the last two pulses; 0 while unknown.
    period: u32,
    is_on: bool,
    /// The pulse that ended with the clock's, because the period was not known.
    cut: Option<i64>,
}

impl DivideMultiply {
    /// Pulses of the clock so far, with what has gone of the present one.
    fn position(&self, pulses: i64) -> f64 {
        let gone = if self.period > 0 { f64::from(self.frames_since) / f64::from(self.period) } else { 0.0 };
        // A late pulse is waited for.
        pulses as f64 + gone.min(1.0 - 1e-9)
    }
}

impl RowKernel for DivideMultiply {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (clock, reset) = (io.input(0), io.input(1));
        let [multiply, divide, width] = [0, 1, 2].map(|index| io.param(index));
        let [out, phases] = io.outputs();
        for n in 0..out.len() {
            self.frames_since = self.frames_since.saturating_add(1);
            if self.reset.rises(reset[n]) {
                (self.pulses, self.cut) = (None, None);
            }
            if self.clock.rises(clock[n]) {
                self.period = if self.pulses.is_some() { self.frames_since } else { self.period };
                self.pulses = Some(self.pulses.map_or(0, |pulses| pulses + 1));
                self.frames_since = 0;
            }
            let Some(pulses) = self.pulses else {
                (out[n], phases[n], self.is_on) = (0.0, 0.0, false);
                continue;
            };
            // Sums of thirds end just short of whole numbers.
            let made = self.position(pulses) * f64::from(multiply.at(n)) / f64::from(divide.at(n)) + 1e-7;
            let (number, phase) = (made.floor() as i64, (made - made.floor()) as f32);
            if self.period == 0 && !self.clock.is_high() {
                self.cut = Some(number);
            }
            self.is_on = phase < width.at(n) && self.cut != Some(number);
            (out[n], phases[n]) = (level(self.is_on), phase);
        }
    }

    fn reset(&mut self) {
        *self = Self::default();
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[0] = level(self.is_on);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, rises};

    #[test]
    fn three_for_two_comes_out_even() {
        let clock: Vec<f32> = (0..12_000).map(|n| if n % 1_200 < 300 { 1.0 } else { 0.0 }).collect();
        let at = |params: &[(&'static str, f32)]| rises(driven(&SPEC, build, params, &[("clock", clock.clone())], 12_000).mono(0));
        assert_eq!(at(&[("divide", 4.0)]), [0, 4_800, 9_600]);
        // From the second pulse on the period is known.
        assert_eq!(at(&[("multiply", 4.0)])[1..6], [1_200, 1_500, 1_800, 2_100, 2_400]);
        assert_eq!(at(&[("multiply", 3.0), ("divide", 2.0)])[2..6], [2_400, 3_200, 4_000, 4_800]);
    }
}
