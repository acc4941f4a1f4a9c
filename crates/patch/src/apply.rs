//! Carrying edits out. Every function checks first and changes then, so that an edit that fails changes nothing.

use crate::cable_id::CableId;
use crate::edit::{Edit, EditError, Removed};
use crate::group::{Group, GroupId};
use crate::patch::{Cable, Module, Patch};
use patchlight_core::{ModuleId, PortRef, is_valid_id};
use std::collections::BTreeMap;
use std::mem::replace;

impl Patch {
    /// Carries out an edit and gives back the edit that undoes it exactly: order, unknown fields and all.
    ///
    /// # Errors
    /// When the edit does not fit the patch, such as a module that is not there. The patch is then as it was, also where only the
    /// last edit of a batch fails.
    pub fn apply(&mut self, edit: Edit) -> Result<Edit, EditError> {
        match edit {
            Edit::AddModule { id, module } => self.add_module(id, *module),
            Edit::RemoveModule { id } => self.remove_module(&id),
            Edit::SetModule { id, module } => {
                let module = finite(&id, *module)?;
                let module = Box::new(replace(self.module_mut(&id)?, module));
                Ok(Edit::SetModule { id, module })
            }
            Edit::MoveModules(moves) => self.move_modules(moves),
            Edit::SetParam { module, param, value } => {
                let value = exchange(&mut self.module_mut(&module)?.params, &param, value);
                Ok(Edit::SetParam { module, param, value })
            }
            Edit::SetData { module, field, text } => {
                let text = exchange(&mut self.module_mut(&module)?.data, &field, text);
                Ok(Edit::SetData { module, field, text })
            }
            Edit::SetMidi { module, param, control } => {
                let control = exchange(&mut self.module_mut(&module)?.midi, &param, control);
                Ok(Edit::SetMidi { module, param, control })
            }
            Edit::Rename { module, name } => {
                let name = replace(&mut self.module_mut(&module)?.name, name);
                Ok(Edit::Rename { module, name })
            }
            Edit::SetBypassed { module, bypassed } => {
                let bypassed = replace(&mut self.module_mut(&module)?.bypassed, bypassed);
                Ok(Edit::SetBypassed { module, bypassed })
            }
            Edit::SetMuted { module, muted } => {
                let muted = replace(&mut self.module_mut(&module)?.muted, muted);
                Ok(Edit::SetMuted { module, muted })
            }
            Edit::SetSoloed { module, soloed } => {
                let soloed = replace(&mut self.module_mut(&module)?.soloed, soloed);
                Ok(Edit::SetSoloed { module, soloed })
            }
            Edit::MoveToGroup(moves) => self.move_to_group(moves),
            Edit::SetGroup { id, group } => self.set_group(id, group),
            Edit::SetNote { id, note } => {
                if note.as_ref().is_some_and(|note| !note.at.iter().chain(&note.size).all(|x| x.is_finite())) {
                    return Err(EditError::BadPlace(id));
                }
                let note = exchange(&mut self.notes, &id, note.map(|note| *note)).map(Box::new);
                Ok(Edit::SetNote { id, note })
            }
            Edit::SetBookmark { number, place } => {
                if place.as_ref().is_some_and(|place| !place.center.iter().chain([&place.zoom]).all(|x| x.is_finite())) {
                    return Err(EditError::BadPlace(format!("bookmark {number}")));
                }
                let place = match place {
                    Some(place) => self.bookmarks.insert(number, place),
                    None => self.bookmarks.remove(&number),
                };
                Ok(Edit::SetBookmark { number, place })
            }
            Edit::Connect { id, cable } => self.connect(id, cable),
            Edit::Disconnect { id } => self.withdraw(&[], std::slice::from_ref(&id)),
            Edit::SetCableAmount { id, amount } => {
                let amount = replace(&mut self.cable_mut(&id)?.amount, amount);
                Ok(Edit::SetCableAmount { id, amount })
            }
            Edit::SetCableOn { id, on } => {
                let on = replace(&mut self.cable_mut(&id)?.on, on);
                Ok(Edit::SetCableOn { id, on })
            }
            Edit::SetCableColor { id, color } => {
                let color = replace(&mut self.cable_mut(&id)?.color, color);
                Ok(Edit::SetCableColor { id, color })
            }
            Edit::SetCableHidden { id, hidden } => {
                let hidden = replace(&mut self.cable_mut(&id)?.hidden, hidden);
                Ok(Edit::SetCableHidden { id, hidden })
            }
            Edit::SetClosesLoop { id, closes_loop } => {
                let closes_loop = replace(&mut self.cable_mut(&id)?.closes_loop, closes_loop);
                Ok(Edit::SetClosesLoop { id, closes_loop })
            }
            Edit::SetPatchName(name) => Ok(Edit::SetPatchName(replace(&mut self.name, name))),
            Edit::SetPatchAbout(about) => Ok(Edit::SetPatchAbout(replace(&mut self.about, about))),
            Edit::SetPatchAuthor(author) => Ok(Edit::SetPatchAuthor(replace(&mut self.author, author))),
            Edit::SetPatchTags(tags) => Ok(Edit::SetPatchTags(replace(&mut self.tags, tags))),
            Edit::Restore(removed) => self.restore(*removed),
            Edit::Withdraw { modules, cables } => self.withdraw(&modules, &cables),
            Edit::Batch(edits) => self.batch(edits),
        }
    }

    fn module_mut(&mut self, id: &ModuleId) -> Result<&mut Module, EditError> {
        self.modules.get_mut(id).ok_or_else(|| EditError::NoSuchModule(id.clone()))
    }

    fn cable_mut(&mut self, id: &CableId) -> Result<&mut Cable, EditError> {
        self.cables.get_mut(id).ok_or_else(|| EditError::NoSuchCable(id.clone()))
    }

    fn add_module(&mut self, id: ModuleId, module: Module) -> Result<Edit, EditError> {
        if !is_valid_id(id.as_str()) {
            return Err(EditError::BadId(id.to_string()));
        }
        if self.modules.contains_key(&id) || self.groups.contains_key(&id) {
            return Err(EditError::ModuleExists(id));
        }
        self.modules.insert(id.clone(), finite(&id, module)?);
        Ok(Edit::Withdraw { modules: vec![id], cables: Vec::new() })
    }

    fn remove_module(&mut self, id: &ModuleId) -> Result<Edit, EditError> {
        let cables: Vec<CableId> = self.cables_of(id.as_str()).map(|(cable, _)| cable.clone()).collect();
        self.withdraw(std::slice::from_ref(id), &cables)
    }

    fn move_modules(&mut self, moves: Vec<(ModuleId, [f32; 2])>) -> Result<Edit, EditError> {
        for (id, at) in &moves {
            if !self.modules.contains_key(id) {
                return Err(EditError::NoSuchModule(id.clone()));
            }
            if !at.iter().all(|x| x.is_finite()) {
                return Err(EditError::BadPosition(id.clone()));
            }
        }
        let mut back = Vec::with_capacity(moves.len());
        for (id, at) in moves {
            let at = replace(&mut self.module_mut(&id)?.at, at);
            back.push((id, at));
        }
        // From the last to the first, in case a module was named twice.
        back.reverse();
        Ok(Edit::MoveModules(back))
    }

    fn move_to_group(&mut self, moves: Vec<(ModuleId, Option<GroupId>)>) -> Result<Edit, EditError> {
        if let Some((id, _)) = moves.iter().find(|(id, _)| !self.modules.contains_key(id)) {
            return Err(EditError::NoSuchModule(id.clone()));
        }
        let mut back = Vec::with_capacity(moves.len());
        for (id, group) in moves {
            let group = replace(&mut self.module_mut(&id)?.group, group);
            back.push((id, group));
        }
        back.reverse();
        Ok(Edit::MoveToGroup(back))
    }

    fn set_group(&mut self, id: GroupId, group: Option<Box<Group>>) -> Result<Edit, EditError> {
        if let Some(group) = &group {
            if !is_valid_id(id.as_str()) {
                return Err(EditError::BadId(id.to_string()));
            }
            if self.modules.contains_key(&id) {
                return Err(EditError::ModuleExists(id));
            }
            if !group.at.iter().all(|x| x.is_finite()) {
                return Err(EditError::BadPosition(id));
            }
        }
        let group = match group {
            Some(group) => self.groups.insert(id.clone(), *group),
            None => self.groups.remove(&id),
        };
        Ok(Edit::SetGroup { id, group: group.map(Box::new) })
    }

    fn connect(&mut self, id: CableId, cable: Cable) -> Result<Edit, EditError> {
        for PortRef { module, port } in [&id.from, &id.to] {
            if !self.modules.contains_key(module) {
                return Err(EditError::NoSuchModule(module.clone()));
            }
            if !is_valid_id(port) {
                return Err(EditError::BadId(port.clone()));
            }
        }
        if self.cables.contains_key(&id) {
            return Err(EditError::CableExists(id));
        }
        self.cables.insert(id.clone(), cable);
        Ok(Edit::Withdraw { modules: Vec::new(), cables: vec![id] })
    }

    fn restore(&mut self, removed: Removed) -> Result<Edit, EditError> {
        let is_taken = |id: &ModuleId| self.modules.contains_key(id) || self.groups.contains_key(id);
        if let Some((_, id, _)) = removed.modules.iter().find(|(_, id, _)| is_taken(id)) {
            return Err(EditError::ModuleExists(id.clone()));
        }
        if let Some((_, id, _)) = removed.cables.iter().find(|(_, id, _)| self.cables.contains_key(id)) {
            return Err(EditError::CableExists(id.clone()));
        }
        let (mut modules, mut cables) = (Vec::new(), Vec::new());
        for (place, id, module) in removed.modules {
            modules.push(id.clone());
            self.modules.shift_insert(place.min(self.modules.len()), id, module);
        }
        for (place, id, cable) in removed.cables {
            cables.push(id.clone());
            self.cables.shift_insert(place.min(self.cables.len()), id, cable);
        }
        Ok(Edit::Withdraw { modules, cables })
    }

    fn withdraw(&mut self, modules: &[ModuleId], cables: &[CableId]) -> Result<Edit, EditError> {
        let missing = |id: &ModuleId| EditError::NoSuchModule(id.clone());
        let places = modules.iter().map(|id| self.modules.get_index_of(id).ok_or_else(|| missing(id)));
        let module_places = from_last(places.collect::<Result<_, _>>()?);
        let missing = |id: &CableId| EditError::NoSuchCable(id.clone());
        let places = cables.iter().map(|id| self.cables.get_index_of(id).ok_or_else(|| missing(id)));
        let cable_places = from_last(places.collect::<Result<_, _>>()?);

        let mut removed = Removed::default();
        for place in module_places {
            removed.modules.extend(self.modules.shift_remove_index(place).map(|(id, module)| (place, id, module)));
        }
        for place in cable_places {
            removed.cables.extend(self.cables.shift_remove_index(place).map(|(id, cable)| (place, id, cable)));
        }
        removed.modules.reverse();
        removed.cables.reverse();
        Ok(Edit::Restore(Box::new(removed)))
    }

    fn batch(&mut self, edits: Vec<Edit>) -> Result<Edit, EditError> {
        let mut back = Vec::with_capacity(edits.len());
        for edit in edits {
            match self.apply(edit) {
                Ok(inverse) => back.push(inverse),
                Err(error) => {
                    while let Some(inverse) = back.pop() {
                        self.apply(inverse).expect("an inverse fits the patch that its edit left behind");
                    }
                    return Err(error);
                }
            }
        }
        back.reverse();
        Ok(Edit::Batch(back))
    }
}

fn finite(id: &ModuleId, module: Module) -> Result<Module, EditError> {
    if module.at.iter().all(|x| x.is_finite()) { Ok(module) } else { Err(EditError::BadPosition(id.clone())) }
}

/// Sets or takes out a value; gives back what was there.
fn exchange<V>(map: &mut BTreeMap<String, V>, key: &str, value: Option<V>) -> Option<V> {
    match value {
        Some(value) => map.insert(key.to_owned(), value),
        None => map.remove(key),
    }
}

/// Places in an order, from the last to the first and each once, so that taking one out leaves those to come as they are.
fn from_last(mut places: Vec<usize>) -> Vec<usize> {
    places.sort_unstable_by(|a, b| b.cmp(a));
    places.dedup();
    places
}
