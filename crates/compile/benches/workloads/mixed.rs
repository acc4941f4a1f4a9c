//! Chains of twenty modules each, of forty kinds in all, mono, every second module moved at audio rate; and the seventh workload, which is
//! made of them.

use super::Maker;
use patchlight_patch::Patch;

/// A module of a chain: its kind, where the chain enters it (nothing for what makes sound or moves others), and what of it is moved.
pub type Link = (&'static str, &'static str, &'static str);

/// Kinds that move others; each moves those behind it, until the next. What enters them goes on to those behind as well.
const MOVERS: &[&str] = &[
    "osc.analog",
    "mod.lfo",
    "mod.random_smooth",
    "osc.operator",
    "env.ad",
    "osc.sub",
    "mod.sample_hold",
    "mod.drift",
    "env.follower",
    "env.slew",
];

/// The first chain of the seventh workload. Its kinds are those that scsynth has as unit generators too; what is made of them there is in
/// `benches/scsynth/w7.scd`.
pub const FIRST: [Link; 20] = [
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
    ("filter.dc_block", "in", ""),
    ("filter.allpass", "in", "frequency_hz"),
    ("filter.tilt", "in", "tilt_db"),
    ("dyn.compressor", "in", ""),
    ("amp.mute", "in", ""),
];

/// The second chain.
const SECOND: [Link; 20] = [
    ("mod.drift", "", ""),
    ("osc.sub", "", ""),
    ("osc.formant", "", ""),
    ("amp.matrix", "in_1", "from_1_to_1"),
    ("clock.clock", "", ""),
    ("env.ad", "", ""),
    ("filter.sallen_key", "in", "fm"),
    ("osc.chaos", "", ""),
    ("filter.diode", "in", "fm"),
    ("env.follower", "in", ""),
    ("filter.ms20", "in", "fm"),
    ("amp.send", "in", "level_db"),
    ("math.abs", "in", ""),
    ("filter.crossover", "in", "low_hz"),
    ("filter.eq_parametric", "in", "band_5_hz"),
    ("env.slew", "in", ""),
    ("filter.dj", "in", "position"),
    ("math.scale", "in", "out_high"),
    ("math.compare", "a", ""),
    ("amp.switch_n_to_1", "in_1", ""),
];

/// Fifteen chains of the seventh workload.
#[must_use]
pub fn seventh(name: &str) -> Patch {
    chains(name, 15, &[FIRST, SECOND], 2.0)
}

/// So many chains of twenty, each of the first or the second kind by turns.
#[must_use]
pub fn chains(name: &str, count: usize, kinds: &[[Link; 20]; 2], loudness: f32) -> Patch {
    let mut maker = Maker::new(name, "Our own workload: modules of forty kinds, mono, every second one moved at audio rate");
    for chain in 0..count {
        let links = &kinds[chain % 2];
        let (mut arriving, mut mover, mut clock): (Vec<String>, Option<String>, Option<String>) = (Vec::new(), None, None);
        for (place, (kind, enters, moved)) in links.iter().enumerate() {
            let id = format!("{}_{chain}_{place}", kind.replace('.', "_"));
            maker.add(&id, kind, &params(kind, chain));
            let is_aside = MOVERS.contains(kind) || *kind == "math.compare";
            if !enters.is_empty() {
                arriving.iter().for_each(|from| maker.wire(&format!("{from} -> {id}.{enters}"), 0.7));
                arriving.retain(|_| is_aside);
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
            if !is_aside && !enters.is_empty() || kind.starts_with("osc.") {
                arriving.push(output);
            }
        }
        arriving.drain(..).for_each(|from| maker.wire(&format!("{from} -> out.in"), loudness));
    }
    maker.into_patch()
}

fn output(kind: &str) -> &'static str {
    match kind {
        "amp.matrix" => "out_1",
        "filter.crossover" => "mid",
        "math.compare" => "greater",
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
        "math.scale" => vec![("out_low", -1.0)],
        "filter.eq_parametric" => vec![("gain_5_db", 6.0)],
        "clock.clock" => vec![("tempo_bpm", 90.0 + 3.0 * number)],
        _ => Vec::new(),
    }
}
