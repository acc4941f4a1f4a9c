//! Phase: a ramp that runs from 0 to 1 over a number of steps, with the song or with a clock.

use crate::pulse::{Clocks, DIVISIONS, Pulse, SIXTEENTHS, division_beats, put_out};
use patchlight_core::{ModuleSpec, Voices, choice, control, degrees, gate, integer, module};
use patchlight_engine::{BLOCK, BuildContext, FACE, Io, Unit};

pub const SPEC: ModuleSpec = module("clock.phase", "Phase")
    .about("A ramp from 0 to 1 over a bar, or as many steps as you like: where the song is. Reads samples and shapes in time.")
    .tags(&["ramp", "phasor", "position", "bar", "playhead", "transport", "sync", "sawtooth"])
    .inputs(&[gate("clock", "Moves on by one step. Not wired, it follows the transport"), gate("reset", "The next step is the first")])
    .params(&[
        integer("length", 1..=128, 16).about("Steps from 0 to 1"),
        choice("division", DIVISIONS, SIXTEENTHS).about("The note value of a step when `clock` is not wired"),
        degrees("offset_degrees", -360.0..=360.0, 0.0).about("Begins earlier or later in the ramp; 360° is once round"),
    ])
    .outputs(&[
        control("phase", "The ramp"),
        control("inverted", "The same, falling from 1 to 0"),
        gate("first", "On during the first step of the ramp"),
    ])
    .voices(Voices::One);

pub fn build(_context: &BuildContext<'_>) -> Box<dyn Unit> {
    Box::new(Phase { pulse: Pulse::new(), now: 0.0 })
}

struct Phase {
    pulse: Pulse,
    now: f32,
}

impl Unit for Phase {
    fn process(&mut self, io: &mut Io<'_>) {
        let frames = io.frames();
        let clocks = Clocks::new(io);
        let [length, division, offset] = [0, 1, 2].map(|index| io.param(index));
        let mut made = [[0.0; 3]; BLOCK];
        for (n, made) in made[..frames].iter_mut().enumerate() {
            let place = self.pulse.next(&clocks, n, division_beats(division.at(n, 0)), 0.0);
            let length = length.at(n, 0);
            let step = place.step.rem_euclid(length as i64) as f32;
            let position = ((step + place.phase.min(0.999_999)) / length + offset.at(n, 0) / 360.0).rem_euclid(1.0);
            // What is a little below 0 comes round to 1, which is 0 again.
            self.now = if position < 1.0 { position } else { 0.0 };
            *made = [self.now, 1.0 - self.now, if self.now * length < 1.0 { 1.0 } else { 0.0 }];
        }
        put_out(io, &made);
    }

    fn reset(&mut self) {
        *self = Self { pulse: Pulse::new(), now: 0.0 };
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        face[0] = self.now;
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::driven;

    #[test]
    fn it_is_where_the_song_is() {
        // At 120 BPM a bar of sixteen sixteenths takes two seconds.
        let rendered = driven(&SPEC, build, &[], &[], 100_032);
        let at = |n: usize| rendered.mono(0)[n];
        assert!((at(24_000) - 0.25).abs() < 1e-4 && (at(72_000) - 0.75).abs() < 1e-4 && at(96_010) < 0.001);
        assert_eq!((rendered.outputs[2][0][5_900], rendered.outputs[2][0][6_100]), (1.0, 0.0));
        let turned = driven(&SPEC, build, &[("offset_degrees", 90.0)], &[], 24_064);
        assert!((turned.mono(0)[24_000] - 0.5).abs() < 1e-4);
    }
}
