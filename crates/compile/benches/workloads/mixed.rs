//! The seventh workload, our own: chains of twenty modules each, of forty kinds in all, mono, every second module moved at audio rate.

use super::Maker;
use patchlight_patch::Patch;

/// A module of a chain: its kind, where the chain enters it (nothing for what makes sound or moves others), and what of it is moved.
type Link = (&'static str, &'static str, &'static str);

/// Kinds that move others; each moves those behind it, until the next.
const MOVERS: &[&str] =
    &["osc.analog", "mod.lfo", "mod.random_smooth", "osc.operator", "env.ad", "osc.sub", "mod.sample_hold", "mod.drift"];

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

/// So many chains of twenty, each of the first or the second kind by turns.
#[must_use]
pub fn mixed(name: &str, chains: usize) -> Patch {
    let mut maker = Maker::new(name, "Our own workload: modules of forty kinds, mono, every second one moved at audio rate");
    for chain in 0..chains {
        let links = if chain % 2 == 0 { &FIRST } else { &SECOND };
        let (mut arriving, mut mover, mut clock): (Vec<String>, Option<String>, Option<String>) = (Vec::new(), None, None);
        for (place, (kind, enters, moved)) in links.iter().enumerate() {
            let id = format!("{}_{chain}_{place}", kind.replace('.', "_"));
            maker.add(&id, kind, &params(kind, chain));
            if !enters.is_empty() {
                arriving.drain(..).for_each(|from| maker.wire(&format!("{from} -> {id}.{enters}"), 0.7));
            }
            if let Some(mover) = mover.as_ref().filter(|_| !moved.is_empty()) {
                maker.wire(&format!("{mover} -> {id}.{moved}"), 0.15);
            }
            if let Some(clock) = clock.take_if(|_| *kind == "env.ad") {
                maker.wire(&format!("{clock} -> {id}.trig"), 1.0);
            }
            let output = format!("{id}.{}", output(kind));
            match *kind {
                "clock.clock" => clock = Some(output.clone()),
                _ if MOVERS.contains(kind) => mover = Some(output.clone()),
                _ => {}
            }
            if !enters.is_empty() || kind.starts_with("osc.") {
                arriving.push(output);
            }
        }
        arriving.drain(..).for_each(|from| maker.wire(&format!("{from} -> out.in"), 6.0 / chains as f32));
    }
    maker.into_patch()
}

fn output(kind: &str) -> &'static str {
    match kind {
        "amp.matrix" => "out_1",
        _ => "out",
    }
}

/// No two chains alike.
fn params(kind: &str, chain: usize) -> Vec<(&'static str, f32)> {
    let number = chain as f32;
    match kind {
        "osc.analog" | "osc.phase_distortion" | "osc.formant" | "osc.operator" | "osc.supersaw" => {
            vec![("pitch_semitones", number % 24.0 - 18.0)]
        }
        "osc.sub" => vec![("pitch_semitones", number % 12.0 - 6.0)],
        "mod.lfo" => vec![("rate_hz", 0.5 + 0.3 * number)],
        "filter.svf" | "filter.ladder" | "filter.sallen_key" | "filter.diode" => vec![("cutoff_hz", 400.0 + 150.0 * number)],
        "clock.clock" => vec![("tempo_bpm", 90.0 + 3.0 * number)],
        _ => Vec::new(),
    }
}
