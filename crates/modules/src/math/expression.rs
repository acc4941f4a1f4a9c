//! Expression: a formula of your own.

use crate::held::Held;
use patchlight_core::{DataSpec, ModuleSpec, audio, formula_text, module, unit};
use patchlight_engine::{BuildContext, Data, Io, Unit};

const FORMULA: DataSpec = formula_text(
    "formula",
    "a * p",
    "With a, b, c, d (the inputs), p, q (the knobs), t (seconds), f (frames), rate, pi; sin, cos, tanh, exp2, abs, min, max, clamp, mix, if …",
);

pub const SPEC: ModuleSpec = module("math.expression", "Expression")
    .about("Works out a formula that you type, frame by frame: `a * b`, `sin(2 * pi * 440 * t)`, `if(a > p, 1, 0)`.")
    .tags(&["formula", "equation", "calculator", "function", "math", "script", "custom"])
    .inputs(&[
        audio("a", "a in the formula"),
        audio("b", "b in the formula"),
        audio("c", "c in the formula"),
        audio("d", "d in the formula"),
    ])
    .params(&[unit("p", -10.0..=10.0, 1.0).about("p in the formula"), unit("q", -10.0..=10.0, 0.0).about("q in the formula")])
    .data(&[FORMULA])
    .outputs(&[audio("out", "Its value; what is no number is 0")]);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    Box::new(Expression {
        formula: Held::new(context.data(0), context.sample_rate_hz),
        channels: context.channels.max(1),
        voices: context.voices.max(1),
        frame: 0,
    })
}

struct Expression {
    formula: Held,
    channels: usize,
    voices: usize,
    /// Frames since it began.
    frame: u64,
}

impl Unit for Expression {
    fn process(&mut self, io: &mut Io<'_>) {
        let (frames, rate_hz) = (io.frames(), io.sample_rate_hz());
        let inputs = [0, 1, 2, 3].map(|input| io.input(input));
        let (p, q) = (io.param(0), io.param(1));
        let begin = self.frame;
        let value = |data: &Data, names: &[f32; 9]| data.formula().map_or(0.0, |formula| formula.value(names));
        for channel in 0..self.channels {
            for voice in 0..self.voices {
                if !io.is_awake(voice) {
                    continue;
                }
                let rows = inputs.map(|input| input.row(channel, voice));
                let mut out = io.output(0);
                for (n, out) in out.row(channel, voice).iter_mut().enumerate() {
                    let [a, b, c, d] = rows.map(|row| row[n]);
                    let frame = begin + n as u64;
                    let secs = (frame as f64 / f64::from(rate_hz)) as f32;
                    let names = [a, b, c, d, p.at(n, voice), q.at(n, voice), secs, frame as f32, rate_hz];
                    *out = self.formula.blend(n, |data| value(data, &names));
                }
            }
        }
        self.formula.advance(frames);
        self.frame += frames as u64;
    }

    fn reset(&mut self) {
        self.frame = 0;
        self.formula.settle();
    }

    fn swap_data(&mut self, _lane: usize, _index: usize, data: &mut Data) {
        self.formula.swap(data);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_core::Formula;
    use patchlight_engine::{Data, Solo, SoloConfig};
    use std::sync::Arc;

    fn formula(text: &str) -> Data {
        Data::Formula(Arc::new(text.parse::<Formula>().expect("a formula")))
    }

    #[test]
    fn it_works_out_what_is_typed_and_fades_to_what_is_typed_next() {
        let config = SoloConfig { data: vec![formula("a * b + p")], ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &["a", "b"]);
        solo.drive("a", vec![vec![0.5; 1_000]]);
        solo.drive("b", vec![vec![-0.5; 1_000]]);
        assert_eq!(solo.run(64, 64).mono(0)[63], 0.75);
        solo.set_data(0, formula("0.25"));
        let after = solo.run(448, 64);
        assert!((after.mono(0)[120] - 0.5).abs() < 0.01 && after.mono(0)[300] == 0.25);
    }

    #[test]
    fn time_runs_in_seconds() {
        let mut solo = Solo::new(&SPEC, build, &SoloConfig { data: vec![formula("t + f")], ..SoloConfig::default() }, &[]);
        assert!((solo.run(480, 64).mono(0)[240] - 240.005).abs() < 1e-3);
    }
}
