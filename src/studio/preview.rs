//! Hearing a module before it is added: its patch to try plays beside the patch, and is part of neither file nor history.

use crate::try_patch::try_patch;
use patchlight_core::{ModuleId, PortRef};
use patchlight_modules::find;
use patchlight_patch::{Cable, CableId, Module, Patch};

/// What is only heard has ids that begin so; no module of a patch that was made here does.
const PREFIX: &str = "preview_of_";
/// Notes a second that drive what is heard, whether the song's clock runs or not.
const NOTES_HZ: f32 = 4.0;

/// Whether this module is only heard.
pub fn is_preview(id: &ModuleId) -> bool {
    id.as_str().starts_with(PREFIX)
}

/// The patch as it sounds while a module is tried: itself, and beside it what lets the module be heard. `None` where the module is not to be heard
/// beside others: it leads the clock, or is an input or output.
pub fn with_preview(patch: &Patch, kind: &str) -> Option<Patch> {
    let entry = find(kind).filter(|entry| !entry.spec.leads_all && entry.spec.family().id() != "io")?;
    let tried = try_patch(entry.spec.id)?;
    let own = |id: &ModuleId| ModuleId::new(format!("{PREFIX}{id}"));
    let end = |port: &PortRef| PortRef::new(own(&port.module), port.port.clone());
    let mut both = patch.clone();
    for (id, module) in &tried.modules {
        both.modules.insert(own(id), module.clone());
    }
    for (id, cable) in &tried.cables {
        both.cables.insert(CableId::new(end(&id.from), end(&id.to)), cable.clone());
    }
    let pulse = ModuleId::new(format!("{PREFIX}pulse"));
    let mut driven = false;
    for (id, module) in tried.modules.iter().filter(|(_, module)| module.kind.starts_with("seq.") || module.kind.starts_with("clock.")) {
        let clock = PortRef::new(own(id), "clock");
        let has_clock = find(&module.kind).is_some_and(|entry| entry.spec.input("clock").is_some());
        if has_clock && both.cables_into(&clock).next().is_none() {
            both.cables.insert(CableId::new(PortRef::new(pulse.clone(), "out"), clock), Cable::default());
            driven = true;
        }
    }
    if driven {
        let square = Module::new("mod.lfo", [0.0; 2]).with_param("rate_hz", NOTES_HZ).with_param("shape", SQUARE);
        both.modules.insert(pulse, square);
    }
    Some(both)
}

/// The place of the square among the shapes of the LFO.
const SQUARE: f32 = 4.0;

#[cfg(test)]
mod tests {
    use super::{SQUARE, is_preview, with_preview};
    use crate::offline::Offline;
    use patchlight_compile::NoSamples;
    use patchlight_core::ParamKind;
    use patchlight_modules::{LIBRARY, find};
    use patchlight_patch::{Patch, check_patch};

    #[test]
    fn the_pulse_is_a_square() {
        let (_, shape) = find("mod.lfo").and_then(|entry| entry.spec.param("shape")).expect("a shape");
        assert!(matches!(shape.kind, ParamKind::Choice(labels) if labels[SQUARE as usize] == "square"));
    }

    #[test]
    fn it_is_heard_beside_the_patch_also_while_the_clock_stands() {
        for kind in ["osc.analog", "filter.ladder", "env.adsr", "fx.delay", "clock.euclid", "seq.steps", "logic.and"] {
            let both = with_preview(&Patch::default(), kind).expect(kind);
            assert!(both.modules.keys().all(is_preview));
            assert_eq!(check_patch(&both, &LIBRARY), [], "{kind}");
            let mut offline = Offline::new(&both, &NoSamples, 48_000, 1);
            offline.set_playing(false);
            let (mut left, mut right) = (vec![0.0; 96_000], vec![0.0; 96_000]);
            offline.render(&mut left, &mut right);
            let peak = left.iter().chain(&right).fold(0.0_f32, |peak, x| peak.max(x.abs()));
            assert!(peak > 0.01, "{kind}: a peak of {peak}");
        }
        for kind in ["clock.transport", "io.audio_out", "no.such"] {
            assert!(with_preview(&Patch::default(), kind).is_none(), "{kind}");
        }
    }

    #[test]
    fn the_patch_itself_is_all_there() {
        let patch = crate::try_patch::try_patch("filter.svf").expect("a patch");
        let both = with_preview(&patch, "filter.ladder").expect("heard");
        let own: Vec<_> = both.modules.iter().filter(|(id, _)| !is_preview(id)).collect();
        assert_eq!(own, patch.modules.iter().collect::<Vec<_>>());
        assert!(patch.cables.iter().all(|(id, cable)| both.cables.get(id) == Some(cable)));
    }
}
