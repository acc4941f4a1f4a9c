//! All-pass: lets all through and turns the phase. Mixed with the dry sound it is a phaser, in a row it smears clicks into zaps.
//!
//! Stages of the second order, 1 − 2·k·band of a state-variable filter (V. Zavalishin, *The Art of VA Filter Design*, ch. 4).

use crate::dsp::{Memo, Svf};
use crate::glide::{Glide, switch_step};
use patchlight_core::{Curve, Face, ModuleSpec, audio, bipolar, hz, integer, module, percent, preset, unit};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

const FREQUENCY: usize = 0;
const Q: usize = 1;
const STAGES: usize = 2;
const FEEDBACK: usize = 3;
const MIX: usize = 4;
const MOST: usize = 24;

pub const SPEC: ModuleSpec = module("filter.allpass", "All-pass")
    .about("Turns the phase and leaves the loudness: half mixed it cuts moving notches like a phaser, many stages smear drums into lasers.")
    .tags(&["phase", "phaser", "dispersion", "disperser", "smear", "notch", "zap", "rotate"])
    .inputs(&[audio("in", "Sound to turn")])
    .params(&[
        hz("frequency_hz", 20.0..=20_000.0, 800.0).about("Where the phase turns over"),
        unit("q", 0.1..=20.0, 0.7).curve(Curve::Log).about("How suddenly it turns there"),
        integer("stages", 1..=24, 4).about("How often, one behind the other"),
        bipolar("feedback", 0.0).about("From the end back to the beginning: sharper"),
        percent("mix", 0.5).about("The turned against the dry sound: 50 % is a phaser, 100 % turns only"),
    ])
    .presets(&[
        preset("Slow phaser", "phaser classic", "frequency_hz 700; stages 4; feedback 50"),
        preset("Deep phaser", "phaser deep", "frequency_hz 500; stages 12; feedback 70; mix 50"),
        preset("Laser tail", "dispersion effect", "frequency_hz 300; stages 24; q 4; mix 100"),
        preset("Phase turner", "utility phase", "frequency_hz 120; stages 2; q 0.5; mix 100"),
        preset("Negative", "phaser hollow", "frequency_hz 900; stages 6; feedback -60"),
    ])
    .outputs(&[audio("out", "The turned sound")])
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |lane| Allpass {
        stages: [Stage::default(); MOST],
        corner: Memo::new(),
        narrowness: Glide::off(),
        last: 0.0,
        step: switch_step(lane.sample_rate_hz),
    })
}

#[derive(Clone, Copy, Default)]
struct Stage {
    filter: Svf,
    /// 0 is out of the row, 1 in it.
    on: Glide,
}

struct Allpass {
    stages: [Stage; MOST],
    corner: Memo<f32, f32>,
    /// log2 of q; an octave takes ten milliseconds.
    narrowness: Glide,
    last: f32,
    step: f32,
}

/// The loop never gains.
const MOST_FEEDBACK: f32 = 0.95;

impl RowKernel for Allpass {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (input, rate_hz) = (io.input(0), io.sample_rate_hz());
        let [frequency, q, stages, feedback, mix] = [FREQUENCY, Q, STAGES, FEEDBACK, MIX].map(|index| io.param(index));
        let out = io.output(0);
        for n in 0..out.len() {
            let corner = self.corner.get(frequency.at(n), |hz| Svf::corner(hz, rate_hz));
            let damping = (-self.narrowness.next(q.at(n).log2(), 0.5 * self.step)).exp2();
            let count = stages.at(n) as usize;
            let mut x = input[n] + self.last * feedback.at(n) * MOST_FEEDBACK;
            for (index, stage) in self.stages.iter_mut().enumerate() {
                let target = if index < count { 1.0 } else { 0.0 };
                if index >= count && stage.on.is_at(0.0) {
                    stage.on.next(0.0, self.step);
                    continue;
                }
                let turned = x - 2.0 * stage.filter.next(x, corner, damping).band;
                x += (turned - x) * stage.on.next(target, self.step);
            }
            self.last = (x + 1e-18) - 1e-18;
            out[n] = input[n] + (x - input[n]) * mix.at(n);
        }
    }

    fn reset(&mut self) {
        (self.stages, self.last, self.narrowness) = ([Stage::default(); MOST], 0.0, Glide::off());
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[0] = self.last;
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::driven;
    use patchlight_testkit::magnitude_response_db;

    #[test]
    fn alone_it_is_flat_and_mixed_it_has_notches() {
        let mut impulse = vec![0.0; 65_536];
        impulse[0] = 1.0;
        let at = |params: &[(&'static str, f32)], hz: f64| {
            magnitude_response_db(driven(&SPEC, build, params, &[("in", impulse.clone())], 65_536).mono(0), 48_000.0, hz)
        };
        for hz in [100.0, 800.0, 5_000.0] {
            assert!(at(&[("mix", 1.0)], hz).abs() < 0.02, "{hz} Hz");
        }
        // One stage turns by half a turn at its frequency: there it cancels the dry sound.
        assert!(at(&[("stages", 1.0)], 800.0) < -50.0 && at(&[("stages", 1.0)], 50.0).abs() < 0.3);
    }
}
