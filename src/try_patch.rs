//! A patch in which a module can be tried: something to feed each kind of its inputs, and something that lets its output be heard.

use patchlight_core::{Family, ModuleId, ModuleSpec, PortRef, PortSpec, SignalKind};
use patchlight_modules::find;
use patchlight_patch::{Cable, CableId, Module, Patch};

/// The id of the module that is tried.
pub const TRIED: &str = "tried";

/// Columns of the canvas.
const STEP_X: f32 = 320.0;
/// What is heard is this much quieter than full scale.
const HEARD: f32 = 0.4;

/// The patch for a kind, or nothing for a kind that there is not.
#[must_use]
pub fn try_patch(kind: &str) -> Option<Patch> {
    let spec = find(kind)?.spec;
    let mut bench = Bench { patch: Patch::default(), spec };
    bench.patch.name = format!("Try {}", spec.name);
    bench.patch.about = format!("{}\nTurn its knobs while it plays.", spec.about);
    bench.patch.tags = vec!["try".to_owned(), spec.family().id().to_owned()];
    bench.add(TRIED, kind, 2.0, 0.0);
    bench.feed();
    bench.listen();
    Some(bench.patch)
}

struct Bench {
    patch: Patch,
    spec: &'static ModuleSpec,
}

fn first(ports: &[PortSpec], kind: SignalKind) -> Option<&PortSpec> {
    ports.iter().find(|port| port.kind == kind)
}

impl Bench {
    fn add(&mut self, id: &str, kind: &str, column: f32, row: f32) {
        self.patch.modules.entry(ModuleId::new(id)).or_insert_with(|| Module::new(kind, [column * STEP_X, row * 260.0]));
    }

    fn set(&mut self, id: &str, param: &str, value: f32) {
        if let Some(module) = self.patch.modules.get_mut(id) {
            module.params.insert(param.to_owned(), value);
        }
    }

    fn wire(&mut self, from: (&str, &str), to: (&str, &str), amount: f32) {
        let port = |(module, port): (&str, &str)| PortRef::new(ModuleId::new(module), port);
        self.patch.cables.insert(CableId::new(port(from), port(to)), Cable::with_amount(amount));
    }

    /// The melody that drives everything.
    fn notes(&mut self) {
        self.add("notes", "seq.steps", 0.0, 0.0);
        self.set("notes", "division", 4.0);
        if let Some(notes) = self.patch.modules.get_mut("notes") {
            notes.data.insert("steps".to_owned(), "C3 Eb3 G3 . C4! Bb3 G3 .".to_owned());
        }
    }

    /// Plucked notes, as a source of sound.
    fn pluck(&mut self) -> (&'static str, &'static str) {
        self.notes();
        self.add("saw", "osc.analog", 1.0, 0.0);
        self.add("contour", "env.adsr", 1.0, 2.0);
        self.add("amp", "amp.vca", 1.5, 1.0);
        self.set("contour", "sustain", 0.3);
        self.wire(("notes", "pitch"), ("saw", "pitch"), 1.0);
        self.wire(("notes", "gate"), ("contour", "gate"), 1.0);
        self.wire(("saw", "out"), ("amp", "in"), 1.0);
        self.wire(("contour", "out"), ("amp", "level"), 1.0);
        ("amp", "out")
    }

    /// Something into each kind of input.
    fn feed(&mut self) {
        let inputs = self.spec.inputs;
        if let Some(port) = first(inputs, SignalKind::Audio).filter(|_| self.spec.family() != Family::Osc) {
            let from = self.pluck();
            self.wire(from, (TRIED, port.id), 1.0);
        }
        if let Some(port) = first(inputs, SignalKind::Pitch) {
            self.notes();
            self.wire(("notes", "pitch"), (TRIED, port.id), 1.0);
        }
        let gates: Vec<&str> = inputs.iter().filter(|port| port.kind == SignalKind::Gate).map(|port| port.id).collect();
        match (self.spec.family(), gates.first()) {
            // Clocks and sequencers run by themselves, but for those that change another's clock.
            (Family::Seq, _) | (_, None) => {}
            (Family::Clock, Some(gate)) if !matches!(*gate, "clock" | "trig") => {}
            (Family::Clock, Some(gate)) => {
                self.add("pulse", "clock.clock", 0.0, 2.0);
                self.wire(("pulse", "out"), (TRIED, gate), 1.0);
            }
            (_, Some(gate)) => {
                self.notes();
                self.wire(("notes", "gate"), (TRIED, gate), 1.0);
            }
        }
        if let Some(second) = gates.get(1).filter(|_| self.spec.family() == Family::Logic) {
            self.add("rhythm", "clock.euclid", 0.0, 2.0);
            self.wire(("rhythm", "out"), (TRIED, second), 1.0);
        }
        if let Some(port) = first(inputs, SignalKind::Control) {
            self.add("slow", "mod.lfo", 0.0, 3.0);
            self.wire(("slow", "out"), (TRIED, port.id), 1.0);
        }
    }

    /// Makes the first output heard, each kind in its way.
    fn listen(&mut self) {
        if self.spec.id != "io.audio_out" {
            self.add("out", "io.audio_out", 5.0, 0.0);
        }
        let outputs = self.spec.outputs;
        let gate = first(outputs, SignalKind::Gate).map(|port| port.id);
        match outputs.first() {
            // What only shows something lets its sound be heard beside it.
            None if self.spec.id != "io.audio_out" => {
                let from = self.pluck();
                self.wire(from, ("out", "in"), HEARD);
            }
            None => {}
            Some(port) => match port.kind {
                SignalKind::Audio => self.wire((TRIED, port.id), ("out", "in"), HEARD),
                SignalKind::Pitch => {
                    self.voice(gate.map_or(("notes", "gate"), |gate| (TRIED, gate)));
                    self.wire((TRIED, port.id), ("tone", "pitch"), 1.0);
                }
                SignalKind::Gate => self.voice((TRIED, port.id)),
                SignalKind::Control => self.sweep(port.id),
            },
        }
    }

    /// A tone that a gate lets through.
    fn voice(&mut self, gate: (&str, &str)) {
        if gate.0 == "notes" {
            self.notes();
        }
        self.add("tone", "osc.analog", 3.0, 0.0);
        self.add("shape", "env.ad", 3.0, 2.0);
        self.add("level", "amp.vca", 4.0, 0.0);
        self.wire(gate, ("shape", "trig"), 1.0);
        self.wire(("tone", "out"), ("level", "in"), 1.0);
        self.wire(("shape", "out"), ("level", "level"), 1.0);
        self.wire(("level", "out"), ("out", "in"), HEARD);
    }

    /// A filter that a control opens.
    fn sweep(&mut self, output: &str) {
        self.add("tone", "osc.analog", 3.0, 0.0);
        self.set("tone", "pitch_semitones", -12.0);
        self.add("filter", "filter.ladder", 4.0, 0.0);
        self.set("filter", "cutoff_hz", 300.0);
        self.set("filter", "resonance", 0.5);
        self.wire(("tone", "out"), ("filter", "in"), 1.0);
        self.wire((TRIED, output), ("filter", "cutoff_hz"), 3.0);
        self.wire(("filter", "out"), ("out", "in"), HEARD);
    }
}

#[cfg(test)]
mod tests {
    use super::try_patch;
    use crate::offline::Offline;
    use patchlight_compile::NoSamples;
    use patchlight_modules::{CATALOG, LIBRARY};
    use patchlight_patch::{Severity, check_patch};

    /// Modules that are silent without something from outside, or until they are asked.
    const SILENT: [(&str, &str); 4] = [
        ("io.note_in", "waits for keys"),
        ("io.audio_in", "waits for a device"),
        ("sample.player", "waits for a file"),
        ("amp.mute", "a muted signal is what it is for; its switch begins off"),
    ];

    #[test]
    fn every_module_has_a_patch_that_is_whole_and_is_heard() {
        let mut failures = Vec::new();
        for entry in CATALOG {
            let id = entry.spec.id;
            let patch = try_patch(id).expect("a module of the catalogue");
            failures.extend(check_patch(&patch, &LIBRARY).iter().map(|diagnostic| format!("{id}: {}", diagnostic.message)));
            let mut offline = Offline::new(&patch, &NoSamples, 48_000, 1);
            let worst = offline.diagnostics().iter().filter(|diagnostic| diagnostic.severity > Severity::Note);
            failures.extend(worst.map(|diagnostic| format!("{id}: {}", diagnostic.message)));
            let (mut left, mut right) = (vec![0.0; 3 * 48_000], vec![0.0; 3 * 48_000]);
            offline.render(&mut left, &mut right);
            let peak = left.iter().chain(&right).fold(0.0_f32, |peak, x| peak.max(x.abs()));
            if !left.iter().all(|x| x.is_finite()) || (peak < 0.01 && !SILENT.iter().any(|(silent, _)| *silent == id)) {
                failures.push(format!("{id}: a peak of {peak}"));
            }
        }
        assert!(failures.is_empty(), "{failures:#?}");
        assert!(try_patch("no.such").is_none());
    }
}
