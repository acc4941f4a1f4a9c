//! Strum: the voices of a chord begin one after the other.

use crate::dsp::GateLine;
use crate::pulse::level;
use patchlight_core::{ModuleSpec, choice, gate, module, secs};
use patchlight_engine::{BuildContext, RowIo, RowKernel, Unit, rows};

const TIME: usize = 0;
const ORDER: usize = 1;

pub const SPEC: ModuleSpec = module("note.strum", "Strum")
    .about("The notes of a chord begin one after the other, as on a guitar. Put it behind the gate of a Note in or a Chord.")
    .tags(&["guitar", "arpeggio", "spread", "roll", "delay", "chord", "rake"])
    .inputs(&[gate("gate", "The gates of all voices")])
    .params(&[
        secs("time_secs", 0.0..=0.5, 0.03).about("From one voice to the next"),
        choice("order", &["up", "down", "from the middle"], 0).about("Which voice begins"),
    ])
    .outputs(&[gate("gate", "The gates, each voice in its time")]);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |lane| Strum {
        voice: lane.voice,
        voices: lane.build.voices.max(1),
        line: GateLine::new(),
        delay_frames: 0,
        was_on: false,
    })
}

struct Strum {
    voice: usize,
    voices: usize,
    line: GateLine,
    delay_frames: u64,
    was_on: bool,
}

/// How many voices come before this one.
fn place(voice: usize, voices: usize, order: usize) -> f32 {
    match order {
        0 => voice as f32,
        1 => (voices - 1 - voice) as f32,
        _ => (voice as f32 - 0.5 * (voices - 1) as f32).abs(),
    }
}

impl RowKernel for Strum {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (gate, time, order, rate_hz) = (io.input(0), io.param(TIME), io.param(ORDER), io.sample_rate_hz());
        let out = io.output(0);
        for n in 0..out.len() {
            let is_on = gate[n] > 0.5;
            if is_on && !self.was_on {
                let before = place(self.voice, self.voices, order.at(n) as usize);
                self.delay_frames = (before * time.at(n) * rate_hz).round() as u64;
            }
            self.was_on = is_on;
            out[n] = level(self.line.next(is_on, self.delay_frames));
        }
    }

    fn reset(&mut self) {
        (self.line, self.delay_frames, self.was_on) = (GateLine::new(), 0, false);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{gate, rises};
    use patchlight_engine::{Solo, SoloConfig};

    #[test]
    fn one_voice_after_the_other() {
        for (order, expected) in [(0.0, [100, 148, 196, 244]), (1.0, [244, 196, 148, 100]), (2.0, [172, 124, 124, 172])] {
            let config = SoloConfig { voices: 4, params: vec![("time_secs", 0.001), ("order", order)], ..SoloConfig::default() };
            let mut solo = Solo::new(&SPEC, build, &config, &["gate"]);
            solo.drive("gate", vec![gate(600, &[(100, 300)])]);
            let found: Vec<usize> = solo.run(600, 64).outputs[0].iter().map(|lane| rises(lane)[0]).collect();
            assert_eq!(found, expected);
        }
    }
}
