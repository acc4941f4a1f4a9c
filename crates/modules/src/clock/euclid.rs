//! Euclidean rhythm: pulses spread as evenly as possible over a number of steps.
//!
//! Step i plays when ⌊i·pulses/steps⌋ differs from ⌊(i − 1)·pulses/steps⌋, which gives the necklaces of Bjorklund's algorithm
//! (Toussaint, "The Euclidean algorithm generates traditional musical rhythms", 2005), begun on a pulse.
//!
//! Face cells: [0] current step, [1] steps, [2] pulses, [3] rotation, [4] whether the gate is on.

use crate::pulse::{Clocks, DIVISIONS, Pulse, SIXTEENTHS, division_beats, put_out};
use patchlight_core::{Face, ModuleSpec, Voices, choice, gate, integer, module, percent, preset};
use patchlight_engine::{BLOCK, BuildContext, FACE, Io, Unit};

const STEPS: usize = 0;
const PULSES: usize = 1;
const ROTATION: usize = 2;
const GATE_LENGTH: usize = 3;
const DIVISION: usize = 4;
const SWING: usize = 5;

pub const SPEC: ModuleSpec = module("clock.euclid", "Euclid")
    .about("Spreads a number of hits evenly over a bar: instant rhythms. Try 5 in 16 into a drum.")
    .tags(&["euclidean", "rhythm", "trigger", "pattern", "polyrhythm", "drum", "sequencer"])
    .inputs(&[gate("clock", "Moves on by one step. Not wired, it follows the transport"), gate("reset", "The next step is the first")])
    .params(&[
        integer("steps", 1..=32, 16).about("Length of the pattern"),
        integer("pulses", 0..=32, 5).about("How many of the steps play"),
        integer("rotation", 0..=31, 0).about("Turns the pattern so that it begins later in itself"),
        percent("gate_length", 0.5).about("How much of a step the gate stays on; at 100 % neighbours join"),
        choice("division", DIVISIONS, SIXTEENTHS).about("The note value of a step when `clock` is not wired").hidden(),
        percent("swing", 0.0).about("Delays every second step, at 100 % by half a step, when `clock` is not wired").hidden(),
    ])
    .presets(&[
        preset("Tresillo", "cuban", "steps 8; pulses 3; division 1/8"),
        preset("Cinquillo", "cuban", "steps 8; pulses 5; division 1/8"),
        preset("Four on the floor", "kick", "steps 16; pulses 4"),
        preset("Bossa", "clave", "steps 16; pulses 5; rotation 3"),
        preset("Seven of twelve", "african bell", "steps 12; pulses 7; division 1/8T"),
    ])
    .outputs(&[
        gate("out", "On for the steps that play"),
        gate("rest", "On for the steps that do not"),
        gate("first", "On for the first step of the pattern"),
    ])
    .voices(Voices::One)
    .face(Face::Steps);

pub fn build(_context: &BuildContext<'_>) -> Box<dyn Unit> {
    Box::new(Euclid { pulse: Pulse::new(), face: [0.0; 5] })
}

struct Euclid {
    pulse: Pulse,
    face: [f32; 5],
}

/// Whether a step of the pattern plays.
fn plays(step: i64, steps: i64, pulses: i64, rotation: i64) -> bool {
    let step = (step + rotation).rem_euclid(steps);
    (step * pulses).rem_euclid(steps) < pulses
}

impl Unit for Euclid {
    fn process(&mut self, io: &mut Io<'_>) {
        let frames = io.frames();
        let clocks = Clocks::new(io);
        let params: [_; 6] = std::array::from_fn(|index| io.param(index));
        let mut made = [[0.0; 3]; BLOCK];
        for (n, made) in made[..frames].iter_mut().enumerate() {
            let at = |index: usize| params[index].at(n, 0);
            let place = self.pulse.next(&clocks, n, division_beats(at(DIVISION)), f64::from(at(SWING)));
            let (steps, pulses, rotation) = (at(STEPS) as i64, at(PULSES) as i64, at(ROTATION) as i64);
            let pulses = pulses.min(steps);
            let step = place.step.rem_euclid(steps);
            let is_on = place.runs && (place.phase < at(GATE_LENGTH) || (place.begins && at(GATE_LENGTH) > 0.0));
            let on = if is_on { 1.0 } else { 0.0 };
            let hit = plays(step, steps, pulses, rotation);
            *made = [if hit { on } else { 0.0 }, if hit { 0.0 } else { on }, if step == 0 { on } else { 0.0 }];
            self.face = [step as f32, steps as f32, pulses as f32, rotation as f32, made[0]];
        }
        put_out(io, &made);
    }

    fn reset(&mut self) {
        *self = Self { pulse: Pulse::new(), face: [0.0; 5] };
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        face[..5].copy_from_slice(&self.face);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build, plays};
    use patchlight_engine::{Solo, SoloConfig};

    fn pattern(steps: i64, pulses: i64, rotation: i64) -> String {
        (0..steps).map(|step| if plays(step, steps, pulses, rotation) { 'x' } else { '.' }).collect()
    }

    #[test]
    fn the_necklaces_are_the_known_ones() {
        assert_eq!(pattern(8, 3, 0), "x..x..x.");
        assert_eq!(pattern(4, 4, 0), "xxxx");
        assert_eq!(pattern(5, 0, 0), ".....");
        // The cinquillo, and the son's bell, up to rotation.
        assert!((0..8).any(|rotation| pattern(8, 5, rotation) == "x.xx.xx."));
        assert!((0..16).any(|rotation| pattern(16, 5, rotation) == "x..x..x..x..x..."));
        assert_eq!(pattern(8, 3, 3), "x..x.x..");
    }

    fn hits(row: &[f32]) -> Vec<usize> {
        (0..row.len()).filter(|n| row[*n] > 0.5 && (*n == 0 || row[n - 1] <= 0.5)).collect()
    }

    #[test]
    fn it_runs_by_itself_and_by_a_cable() {
        let config = SoloConfig { params: vec![("steps", 8.0), ("pulses", 3.0)], ..SoloConfig::default() };
        let mut own = Solo::new(&SPEC, build, &config, &[]);
        assert_eq!(hits(own.run(48_064, 64).mono(0)), [0, 18_000, 36_000, 48_000]);
        let mut wired = Solo::new(&SPEC, build, &config, &["clock", "reset"]);
        let mut reset = vec![0.0; 9000];
        reset[4050] = 1.0;
        wired.drive("clock", vec![(0..9000).map(|n| if n % 1000 < 100 { 1.0 } else { 0.0 }).collect()]);
        wired.drive("reset", vec![reset]);
        // Steps 0 to 4, then from 0 again.
        assert_eq!(hits(wired.run(9000, 64).mono(0)), [0, 3000, 5000, 8000]);
    }
}
