//! Clock: pulses at a tempo of their own, apart from the song's.

use crate::pulse::{DIVISIONS, Edge, SIXTEENTHS, division_beats, grid, level};
use patchlight_core::{ModuleSpec, Voices, bpm, choice, control, gate, module, percent};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

const TEMPO: usize = 0;
const DIVISION: usize = 1;
const WIDTH: usize = 2;
const SWING: usize = 3;

pub const SPEC: ModuleSpec = module("clock.clock", "Clock")
    .about("Pulses at a tempo of its own. Move the tempo by a cable to speed up and slow down; two clocks drift against each other.")
    .tags(&["tempo", "bpm", "metronome", "pulse", "beat", "rate", "trigger", "drive"])
    .inputs(&[gate("run", "Runs while on; not wired, it always runs"), gate("reset", "Begins again with a pulse")])
    .params(&[
        bpm("tempo_bpm", 1.0..=999.0, 120.0).about("Quarter notes a minute"),
        choice("division", DIVISIONS, SIXTEENTHS).about("The note value of a pulse"),
        percent("pulse_width", 0.5).about("Share of the time between two pulses that each is on"),
        percent("swing", 0.0).about("Delays every second pulse, at 100 % by half the time between two"),
    ])
    .outputs(&[gate("out", "The pulses"), control("phase", "From 0 to 1 between two pulses")])
    .voices(Voices::One);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |_| Clock::default())
}

#[derive(Default)]
struct Clock {
    beat: f64,
    reset: Edge,
    is_on: bool,
}

impl RowKernel for Clock {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (run, reset, always_runs) = (io.input(0), io.input(1), !io.is_connected(0));
        let [tempo, division, width, swing] = [TEMPO, DIVISION, WIDTH, SWING].map(|index| io.param(index));
        let per_frame = 1.0 / (60.0 * f64::from(io.sample_rate_hz()));
        let [out, phases] = io.outputs();
        for n in 0..out.len() {
            let begins_anew = self.reset.rises(reset[n]);
            if begins_anew {
                self.beat = 0.0;
            }
            let runs = always_runs || run[n] > 0.5;
            let (_, phase) = grid(self.beat / division_beats(division.at(n)), f64::from(swing.at(n)));
            // Off for one frame, so that what begins anew is a pulse of its own.
            self.is_on = runs && phase < width.at(n) && !(begins_anew && self.is_on);
            (out[n], phases[n]) = (level(self.is_on), phase);
            if runs {
                self.beat += f64::from(tempo.at(n)) * per_frame;
            }
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
    use crate::testing::{driven, gate, rises};

    #[test]
    fn pulses_come_at_the_tempo_and_swing() {
        let at = |params: &[(&'static str, f32)]| rises(driven(&SPEC, build, params, &[], 48_000).mono(0));
        assert_eq!(at(&[]), (0..8).map(|n| n * 6_000).collect::<Vec<_>>());
        assert_eq!(at(&[("tempo_bpm", 60.0), ("division", 2.0)]), [0]);
        assert_eq!(at(&[("swing", 1.0)])[..4], [0, 9_000, 12_000, 21_000]);
    }

    #[test]
    fn a_reset_begins_again_and_run_holds_it() {
        let inputs = [("run", gate(20_000, &[(0, 1_000), (4_000, 20_000)])), ("reset", gate(20_000, &[(10_000, 10_001)]))];
        assert_eq!(rises(driven(&SPEC, build, &[], &inputs, 20_000).mono(0)), [0, 4_000, 9_000, 10_001, 16_000]);
    }
}
