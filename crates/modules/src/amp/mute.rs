//! Mute: silence by a switch or a gate, faded.

use crate::glide::Glide;
use patchlight_core::{ModuleSpec, audio, choice, gate, module, secs, toggle};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

const MUTED: usize = 0;
const FADE: usize = 1;
const GATE_MEANS: usize = 2;

pub const SPEC: ModuleSpec = module("amp.mute", "Mute")
    .about("Silences a sound without a click, by its switch or by a gate: chop pads with a rhythm, drop the drums for a bar.")
    .tags(&["silence", "kill", "cut", "gate", "chop", "trance gate", "switch", "off"])
    .inputs(&[audio("in", "The sound"), gate("gate", "Mutes or opens, as the knob says, when it is wired")])
    .params(&[
        toggle("muted", false).about("Silences the sound, whatever the gate says"),
        secs("fade_secs", 0.001..=10.0, 0.005).about("How long it takes to fall silent and to come back"),
        choice("gate_means", &["heard", "muted"], 0).about("What the sound is while the gate is on").hidden(),
    ])
    .outputs(&[audio("out", "The sound, or silence")]);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |_| Mute { open: Glide::off() })
}

struct Mute {
    open: Glide,
}

impl RowKernel for Mute {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (input, gate, rate_hz) = (io.input(0), io.input(1), io.sample_rate_hz());
        let has_gate = io.is_connected(1);
        let [muted, fade, means] = [MUTED, FADE, GATE_MEANS].map(|index| io.param(index));
        let out = io.output(0);
        for (n, out) in out.iter_mut().enumerate() {
            let gate_opens = !has_gate || (gate[n] > 0.5) == (means.at(n) < 0.5);
            let target = if gate_opens && muted.at(n) < 0.5 { 1.0 } else { 0.0 };
            *out = input[n] * self.open.next(target, 1.0 / (fade.at(n) * rate_hz).max(1.0));
        }
    }

    fn reset(&mut self) {
        self.open.forget();
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[0] = self.open.now();
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, gate};

    #[test]
    fn a_gate_opens_it_in_its_time() {
        let inputs = [("in", vec![1.0; 2_000]), ("gate", gate(2_000, &[(500, 1_500)]))];
        let rendered = driven(&SPEC, build, &[("fade_secs", 0.01)], &inputs, 2_000);
        let at = |n: usize| rendered.mono(0)[n];
        assert_eq!((at(400), at(1_000)), (0.0, 1.0));
        assert!((at(499 + 240) - 0.5).abs() < 0.01 && (at(1_499 + 240) - 0.5).abs() < 0.01 && at(1_999) == 0.0);
        let turned = driven(&SPEC, build, &[("gate_means", 1.0)], &inputs, 1_000);
        assert_eq!((turned.mono(0)[400], turned.mono(0)[999]), (1.0, 0.0));
    }
}
