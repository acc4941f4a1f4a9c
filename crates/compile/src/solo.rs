//! Solo: while any module is soloed, only what comes from soloed ones is heard.
//!
//! Everything that a soloed module leads to goes on; sound that comes into that way from elsewhere is left out, as the other strips
//! of a desk are. What a soloed module itself hears, and what moves knobs, clocks and notes, stays.

use crate::resolve::{Graph, Target};
use patchlight_core::SignalKind;
use patchlight_patch::Patch;

/// Takes out of a graph what is not heard beside soloed modules: cables at gain 0, and outputs muted, so that it fades as these do.
pub(crate) fn solo(patch: &Patch, graph: &mut Graph<'_>) {
    let is_soloed = |id: &str| patch.module(id).is_some_and(|module| module.soloed);
    let soloed: Vec<bool> = graph.nodes.iter().map(|node| is_soloed(node.id.as_str())).collect();
    if !soloed.contains(&true) {
        return;
    }
    let mut reached = soloed.clone();
    let mut grows = true;
    while std::mem::take(&mut grows) {
        for wire in graph.wires.iter().filter(|wire| wire.gain != 0.0) {
            if reached[wire.from] && !reached[wire.to] {
                reached[wire.to] = true;
                grows = true;
            }
        }
    }
    let Graph { nodes, wires } = graph;
    for wire in wires {
        let is_sound =
            matches!(wire.target, Target::Input(input) if nodes[wire.to].entry.spec.inputs[usize::from(input)].kind == SignalKind::Audio);
        if is_sound && reached[wire.to] && !soloed[wire.to] && !reached[wire.from] {
            wire.gain = 0.0;
        }
    }
    for (node, reached) in nodes.iter_mut().zip(reached) {
        node.muted |= !reached && node.entry.spec.id == "io.audio_out";
    }
}

#[cfg(test)]
mod tests {
    use super::solo;
    use crate::resolve::resolve;
    use crate::samples::NoSamples;
    use patchlight_patch::{Cable, Edit, Module, Patch};

    fn desk(soloed: &[&str]) -> Patch {
        let mut patch = Patch::default();
        let kinds = [
            ("kick", "osc.noise"),
            ("bass", "osc.analog"),
            ("lfo", "mod.lfo"),
            ("filter", "filter.svf"),
            ("mix", "amp.mixer"),
            ("out", "io.audio_out"),
            ("other", "io.audio_out"),
        ];
        for (id, kind) in kinds {
            let module = Module { soloed: soloed.contains(&id), ..Module::new(kind, [0.0, 0.0]) };
            patch.apply(Edit::add(id, module)).expect("adds");
        }
        for wire in [
            "kick.out -> mix.in_1",
            "bass.out -> filter.in",
            "lfo.out -> filter.cutoff_hz",
            "filter.out -> mix.in_2",
            "mix.out -> out.in",
            "kick.out -> other.in",
        ] {
            patch.apply(Edit::connect(wire.parse().expect("a cable"), Cable::default())).expect("wires");
        }
        patch
    }

    /// Cables that are silent, and modules that are muted.
    fn silent(soloed: &[&str]) -> (Vec<String>, Vec<String>) {
        let patch = desk(soloed);
        let mut graph = resolve(&patch, &NoSamples, &mut Vec::new());
        solo(&patch, &mut graph);
        let cables = graph.wires.iter().filter(|wire| wire.gain == 0.0).map(|wire| wire.id.to_string()).collect();
        (cables, graph.nodes.iter().filter(|node| node.muted).map(|node| node.id.to_string()).collect())
    }

    #[test]
    fn the_other_strips_and_outputs_are_silent_and_modulation_stays() {
        let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(silent(&[]), (vec![], vec![]));
        assert_eq!(silent(&["filter"]), (names(&["kick.out -> mix.in_1"]), names(&["other"])));
        assert_eq!(silent(&["bass"]), (names(&["kick.out -> mix.in_1"]), names(&["other"])));
        assert_eq!(silent(&["kick"]), (names(&["filter.out -> mix.in_2"]), vec![]));
        assert_eq!(silent(&["kick", "filter"]), (vec![], vec![]));
    }
}
