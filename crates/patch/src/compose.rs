//! Gestures that are several edits: deleting so that cables heal, inserting into a cable, swapping a module for another.

use crate::cable_id::CableId;
use crate::edit::{Edit, EditError, Removed};
use crate::patch::{Cable, Module, Patch};
use patchlight_core::{Library, ModMap, ModuleId, ModuleSpec, ParamKind, ParamSpec, PortRef, PortSpec};
use std::collections::HashSet;

impl Patch {
    /// What to do to remove these modules, these groups with all that is in them, and their cables. With a library, cables heal: what went through a removed module, into
    /// its first input and out of its first output of the same kind, is wired directly, with the amounts multiplied.
    #[must_use]
    pub fn remove_modules(&self, ids: &[ModuleId], heal: Option<&Library>) -> Edit {
        let (ids, groups) = self.whole(ids);
        // Healing works on a copy, so that a chain of removed modules heals from end to end.
        let mut rest = self.clone();
        let mut edits = Vec::new();
        for id in &ids {
            let healed = heal.map_or_else(Vec::new, |library| rest.healed(id, library));
            let step = healed.into_iter().chain([Edit::remove(id.clone())]);
            // An id that was named twice fails here the second time, and so does not get into the batch.
            edits.extend(step.filter(|edit| rest.apply(edit.clone()).is_ok()));
        }
        edits.extend(groups.into_iter().map(|id| Edit::SetGroup { id, group: None }));
        Edit::Batch(edits)
    }

    /// The cables that take the place of those through a module.
    fn healed(&self, id: &ModuleId, library: &Library) -> Vec<Edit> {
        let spec = self.modules.get(id).and_then(|module| library.get(&module.kind));
        let Some((input, output)) = spec.and_then(through) else { return Vec::new() };
        let (input, output) = (PortRef::new(id.clone(), input.id), PortRef::new(id.clone(), output.id));
        let mut edits = Vec::new();
        for (before, first) in self.cables_into(&input).filter(|(before, _)| before.from.module != *id) {
            for (after, second) in self.cables_out_of(&output).filter(|(after, _)| after.to.module != *id) {
                let cable = Cable { amount: first.amount * second.amount, on: first.on && second.on, ..second.clone() };
                let direct = CableId::new(before.from.clone(), after.to.clone());
                if !self.cables.contains_key(&direct) {
                    edits.push(Edit::connect(direct, cable));
                }
            }
        }
        edits
    }

    /// What to do to add a module in the middle of a cable: the signal passes through its first input and output of the same kind. The
    /// cable's amount stays at its far end, where it counts.
    ///
    /// # Errors
    /// When the cable or the kind is not there, or the module has nothing to pass a signal through.
    pub fn insert_into_cable(&self, cable: &CableId, id: ModuleId, module: Module, library: &Library) -> Result<Edit, EditError> {
        let here = self.cables.get(cable).ok_or_else(|| EditError::NoSuchCable(cable.clone()))?;
        let spec = library.get(&module.kind).ok_or_else(|| EditError::UnknownKind(module.kind.clone()))?;
        let no_through = || EditError::NoThrough { kind: module.kind.clone(), cable: cable.clone() };
        let (input, output) = through(spec).ok_or_else(no_through)?;
        let before = CableId::new(cable.from.clone(), PortRef::new(id.clone(), input.id));
        let after = CableId::new(PortRef::new(id.clone(), output.id), cable.to.clone());
        Ok(Edit::Batch(vec![
            Edit::add(id, module),
            Edit::Disconnect { id: cable.clone() },
            Edit::connect(before, Cable { on: here.on, color: here.color, ..Cable::default() }),
            Edit::connect(after, here.clone()),
        ]))
    }

    /// The same with a module that is there already.
    ///
    /// # Errors
    /// When the cable or the module is not there, or the module has nothing to pass a signal through.
    pub fn insert_existing(&self, cable: &CableId, id: &ModuleId, library: &Library) -> Result<Edit, EditError> {
        let here = self.cables.get(cable).ok_or_else(|| EditError::NoSuchCable(cable.clone()))?;
        let module = self.modules.get(id).ok_or_else(|| EditError::NoSuchModule(id.clone()))?;
        let spec = library.get(&module.kind).ok_or_else(|| EditError::UnknownKind(module.kind.clone()))?;
        let no_through = || EditError::NoThrough { kind: module.kind.clone(), cable: cable.clone() };
        let (input, output) = through(spec).filter(|_| !cable.touches(id.as_str())).ok_or_else(no_through)?;
        let before = CableId::new(cable.from.clone(), PortRef::new(id.clone(), input.id));
        let after = CableId::new(PortRef::new(id.clone(), output.id), cable.to.clone());
        if [&before, &after].into_iter().any(|id| self.cables.contains_key(id)) {
            return Err(no_through());
        }
        Ok(Edit::Batch(vec![
            Edit::Disconnect { id: cable.clone() },
            Edit::connect(before, Cable { on: here.on, color: here.color, ..Cable::default() }),
            Edit::connect(after, here.clone()),
        ]))
    }

    /// A cable as it is when it is new: all of its signal, but half the range of a parameter that is not counted in octaves.
    #[must_use]
    pub fn new_cable(&self, id: &CableId, library: &Library) -> Cable {
        Self::cable_into_kind(self.modules.get(&id.to.module).map_or("", |module| &module.kind), &id.to.port, library)
    }

    /// The same into a port of a module of a kind that is yet to be added.
    #[must_use]
    pub fn cable_into_kind(kind: &str, port: &str, library: &Library) -> Cable {
        let map = library.get(kind).and_then(|spec| spec.param(port)).map(|(_, param)| param.mod_map());
        Cable::with_amount(match map {
            Some(ModMap::Linear { .. }) => 0.5,
            Some(ModMap::Octaves) | None => 1.0,
        })
    }

    /// What to do to make a module one of another kind. It keeps its id, place and name; parameters and data of the same id (choices by
    /// their label); cables by the id of their port, or from first input to first input and first output to first output. What
    /// matches nothing is left out.
    ///
    /// # Errors
    /// When the module is not there, or its kind or the new one is not in the library.
    pub fn replace_kind(&self, id: &ModuleId, kind: &str, library: &Library) -> Result<Edit, EditError> {
        let module = self.modules.get(id).ok_or_else(|| EditError::NoSuchModule(id.clone()))?;
        let known = |kind: &str| library.get(kind).ok_or_else(|| EditError::UnknownKind(kind.to_owned()));
        let (old, new) = (known(&module.kind)?, known(kind)?);
        let mut edits = vec![Edit::SetModule { id: id.clone(), module: Box::new(converted(module, old, new)) }];
        let mut wired: HashSet<CableId> = HashSet::new();
        let mut dropped = 0;
        for (index, (cable_id, cable)) in self.cables.iter().enumerate().filter(|(_, (cable, _))| cable.touches(id.as_str())) {
            let moved = moved_cable(cable_id, id, old, new);
            if moved.as_ref() == Some(cable_id) {
                wired.insert(cable_id.clone());
                continue;
            }
            edits.push(Edit::Disconnect { id: cable_id.clone() });
            // Two cables may come to lie on one; the first is kept.
            match moved.filter(|moved| !self.cables.contains_key(moved) && wired.insert(moved.clone())) {
                // Into the place of the old one; and a cable whose other end hangs loose goes on hanging.
                Some(moved) => {
                    let cables = vec![(index - dropped, moved, cable.clone())];
                    edits.push(Edit::Restore(Box::new(Removed { modules: Vec::new(), cables })));
                }
                None => dropped += 1,
            }
        }
        Ok(Edit::Batch(edits))
    }
}

/// The ports that a signal goes through: the first input and the first output that are of the same kind.
fn through(spec: &ModuleSpec) -> Option<(&'static PortSpec, &'static PortSpec)> {
    let (input, output) = (spec.inputs.first()?, spec.outputs.first()?);
    (input.kind == output.kind).then_some((input, output))
}

/// The cable as it runs when module `id` is no longer an `old` but a `new`; `None` where nothing takes over its port.
fn moved_cable(cable: &CableId, id: &ModuleId, old: &ModuleSpec, new: &ModuleSpec) -> Option<CableId> {
    let mut moved = cable.clone();
    if cable.from.module == *id {
        moved.from.port = matching(&cable.from.port, old.outputs, new.outputs)?.to_owned();
    }
    if cable.to.module == *id {
        let modulates = new.param(&cable.to.port).is_some_and(|(_, param)| param.modulatable());
        if !modulates {
            moved.to.port = matching(&cable.to.port, old.inputs, new.inputs)?.to_owned();
        }
    }
    Some(moved)
}

/// The port that takes over from `port`: the one of the same id, or the first where `port` was the first.
fn matching(port: &str, old: &[PortSpec], new: &[PortSpec]) -> Option<&'static str> {
    let same = new.iter().find(|spec| spec.id == port);
    let first = || new.first().filter(|_| old.first().is_some_and(|spec| spec.id == port));
    same.or_else(first).map(|spec| spec.id)
}

fn converted(module: &Module, old: &ModuleSpec, new: &ModuleSpec) -> Module {
    let mut made = Module { kind: new.id.to_owned(), ..module.clone() };
    made.unread = crate::Unread::default();
    made.params.clear();
    for (id, value) in &module.params {
        if let (Some((_, from)), Some((_, to))) = (old.param(id), new.param(id)) {
            made.params.extend(converted_value(*value, from, to).map(|value| (id.clone(), value)));
        }
    }
    made.data.retain(|id, _| {
        let kind = |spec: &ModuleSpec| spec.data_field(id).map(|(_, field)| field.kind);
        kind(new).is_some() && kind(new) == kind(old)
    });
    made
}

/// A value carried over to a parameter of the same id; `None` where it means something else there.
fn converted_value(value: f32, from: &ParamSpec, to: &ParamSpec) -> Option<f32> {
    match (from.kind, to.kind) {
        (ParamKind::Choice(old), ParamKind::Choice(new)) => {
            let label = old.get(from.clamp(value) as usize)?;
            new.iter().position(|other| other == label).map(|index| index as f32)
        }
        (from_kind, to_kind) if from_kind == to_kind && from.unit == to.unit => Some(to.clamp(value)),
        _ => None,
    }
}
