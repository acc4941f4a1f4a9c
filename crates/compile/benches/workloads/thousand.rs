//! A thousand mixed modules: chains as the seventh workload has them, of the kinds of the library that differ most, its costliest among them.

use super::workloads::mixed::{Link, chains};
use patchlight_patch::Patch;

const FIRST: [Link; 20] = [
    ("mod.lfo", "", ""),
    ("osc.analog", "", "fm"),
    ("osc.noise", "", ""),
    ("math.add", "a", "amount_b"),
    ("mod.sample_hold", "", ""),
    ("filter.svf", "in", "fm"),
    ("math.multiply", "a", "gain"),
    ("filter.ladder", "in", "fm"),
    ("amp.vca", "in", "gain_db"),
    ("osc.operator", "", ""),
    ("math.attenuvert", "in", "amount"),
    ("filter.one_pole", "in", "cutoff_hz"),
    ("math.crossfade", "a", "position"),
    ("mod.random_smooth", "", ""),
    ("filter.comb", "in", "frequency_hz"),
    ("shape.clip", "in", ""),
    ("filter.allpass", "in", "frequency_hz"),
    ("filter.tilt", "in", "tilt_db"),
    ("dyn.compressor", "in", ""),
    ("amp.mute", "in", ""),
];

const SECOND: [Link; 20] = [
    ("mod.drift", "", ""),
    ("osc.phase_distortion", "", "amount"),
    ("osc.sub", "", ""),
    ("amp.matrix", "in_1", "from_1_to_1"),
    ("clock.clock", "", ""),
    ("env.ad", "", ""),
    ("filter.sallen_key", "in", "fm"),
    ("osc.formant", "", "formant_1_hz"),
    ("filter.diode", "in", "fm"),
    ("shape.fold", "in", "folds"),
    ("osc.supersaw", "", ""),
    ("filter.ms20", "in", "fm"),
    ("amp.send", "in", "level_db"),
    ("osc.chaos", "", ""),
    ("shape.crush", "in", "rate_hz"),
    ("filter.formant", "in", "vowel"),
    ("env.slew", "", ""),
    ("shape.rectify", "in", "amount"),
    ("filter.dj", "in", "position"),
    ("amp.switch_n_to_1", "in_1", ""),
];

/// So many chains of twenty.
#[must_use]
pub fn mixed(name: &str, count: usize) -> Patch {
    chains(name, count, &[FIRST, SECOND], 6.0 / count as f32)
}
