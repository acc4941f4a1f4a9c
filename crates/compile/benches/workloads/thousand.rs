//! A thousand mixed modules: chains as the seventh workload has them.

use super::workloads::mixed::{FIRST, Link, chains};
use patchlight_patch::Patch;

/// The seventh's first chain, with a shaper that runs at four times the rate in place of its cheapest filter.
const CLIPPED: [Link; 20] = {
    let mut links = FIRST;
    links[15] = ("shape.clip", "in", "");
    links
};

/// The library's costliest among its kinds.
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
    ("env.slew", "in", ""),
    ("shape.rectify", "in", "amount"),
    ("filter.dj", "in", "position"),
    ("amp.switch_n_to_1", "in_1", ""),
];

/// So many chains of twenty.
#[must_use]
pub fn mixed(name: &str, count: usize) -> Patch {
    chains(name, count, &[CLIPPED, SECOND], 6.0 / count as f32)
}
