//! Swing: every second pulse of a clock comes later.

use crate::dsp::GateLine;
use crate::pulse::{Edge, level};
use patchlight_core::{ModuleSpec, Voices, gate, module, percent};
use patchlight_engine::{BuildContext, RowIo, RowKernel, Unit, rows};

pub const SPEC: ModuleSpec = module("clock.swing", "Swing")
    .about("Makes any straight clock swing: every second pulse comes later. 66 % is triplets.")
    .tags(&["shuffle", "groove", "mpc", "triplet", "feel", "late", "humanize"])
    .inputs(&[gate("clock", "A straight clock"), gate("reset", "The next pulse is the first and stays where it is")])
    .params(&[percent("swing", 0.3).about("How much later every second pulse comes, at 100 % by half the time between two")])
    .outputs(&[gate("out", "The clock that swings")])
    .voices(Voices::One);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |_| Swing::new())
}

struct Swing {
    clock: Edge,
    reset: Edge,
    line: GateLine,
    /// Whether the pulse that comes next is a second one.
    is_second: bool,
    frames_since: u64,
    period: u64,
    delay_frames: u64,
}

impl Swing {
    const fn new() -> Self {
        let (clock, reset, line) = (Edge::LOW, Edge::LOW, GateLine::new());
        Self { clock, reset, line, is_second: false, frames_since: 0, period: 0, delay_frames: 0 }
    }
}

impl RowKernel for Swing {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (clock, reset, swing) = (io.input(0), io.input(1), io.param(0));
        let out = io.output(0);
        for n in 0..out.len() {
            self.frames_since += 1;
            if self.reset.rises(reset[n]) {
                self.is_second = false;
            }
            if self.clock.rises(clock[n]) {
                self.period = self.frames_since;
                self.frames_since = 0;
                self.delay_frames = if self.is_second { (0.5 * swing.at(n) * self.period as f32).round() as u64 } else { 0 };
                self.is_second = !self.is_second;
            }
            out[n] = level(self.line.next(clock[n] > 0.5, self.delay_frames));
        }
    }

    fn reset(&mut self) {
        *self = Self::new();
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, frames_on, rises};

    #[test]
    fn every_second_pulse_is_late_and_as_long_as_before() {
        let clock: Vec<f32> = (0..4_000).map(|n| if n % 500 < 100 { 1.0 } else { 0.0 }).collect();
        let rendered = driven(&SPEC, build, &[("swing", 0.6)], &[("clock", clock)], 4_000);
        assert_eq!(rises(rendered.mono(0)), [0, 650, 1_000, 1_650, 2_000, 2_650, 3_000, 3_650]);
        assert_eq!(frames_on(rendered.mono(0)), 800);
    }
}
