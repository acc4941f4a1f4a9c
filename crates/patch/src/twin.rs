//! Linked sub-patches: what is done inside one is done inside all of them.
//!
//! Groups of one [`link`](Group::link) are twins. Every module (and group) inside has a part, which its counterparts share; which of them plays
//! which part is kept with each group. After an edit the twins of what it changed are brought to the same state, as a part of that edit, so
//! that it is undone as one. Two things are each twin's own: the cables that cross its border, and the knobs on its box.

use crate::cable_id::CableId;
use crate::edit::Edit;
use crate::group::{Group, GroupId, GroupPorts};
use crate::patch::{Cable, Module, Patch, fresh_id};
use patchlight_core::{Library, ModuleId, PortRef};
use std::collections::{BTreeMap, BTreeSet};

type Parts = BTreeMap<String, ModuleId>;

/// Everything that twins share.
#[derive(PartialEq)]
struct Inside<'a> {
    modules: Vec<(&'a ModuleId, &'a Module)>,
    cables: Vec<(&'a CableId, &'a Cable)>,
    groups: Vec<(&'a GroupId, &'a Group)>,
    on_the_box: [&'a [PortRef]; 2],
}

impl Patch {
    /// What to do to have a group twice, linked: the twin's id, beside it by `offset` canvas units. Where cables cross the border of the one, both
    /// show a port.
    #[must_use]
    pub fn link_copy(&self, group: &GroupId, offset: [f32; 2], library: &Library) -> Option<(Edit, GroupId)> {
        let original = self.groups.get(group)?;
        let link = original.link.clone().unwrap_or_else(|| group.to_string());
        let parts = self.parts(group);
        let id = self.fresh_group_id(group.as_str());
        let at = [original.at[0] + offset[0], original.at[1] + offset[1]];
        let GroupPorts { inputs, outputs } = self.group_ports(group, library);
        let linked = Group { link: Some(link), parts, ports: inputs.into_iter().chain(outputs).collect(), ..original.clone() };
        let twin = Group { at, parts: Parts::new(), knobs: Vec::new(), ports: Vec::new(), ..linked.clone() };
        let mut edits = vec![set(group, linked), set(&id, twin)];
        let mut after = self.clone();
        after.apply(Edit::Batch(edits.clone())).ok()?;
        edits.push(after.mirrored(group, &id));
        Some((Edit::Batch(edits), id))
    }

    /// The edit, and what it takes to bring twins to where it brings what it changes.
    #[must_use]
    pub(crate) fn with_twins(&self, edit: Edit) -> Edit {
        if self.groups.values().all(|group| group.link.is_none()) {
            return edit;
        }
        let mut after = self.clone();
        if after.apply(edit.clone()).is_err() {
            return edit;
        }
        let mut edits = vec![edit];
        let mut done: BTreeSet<&str> = BTreeSet::new();
        let linked: Vec<(&GroupId, &str)> = self.groups.iter().filter_map(|(id, group)| Some((id, group.link.as_deref()?))).collect();
        for (id, link) in &linked {
            let stays = after.groups.get(*id).is_some_and(|group| group.link.as_deref() == Some(link));
            if !stays || done.contains(link) || self.inside(id) == after.inside(id) {
                continue;
            }
            done.insert(link);
            for mirrored in after.twins(id).into_iter().map(|twin| after.mirrored(id, &twin)).collect::<Vec<_>>() {
                // Each is made for the patch as it is after those before it.
                if after.apply(mirrored.clone()).is_ok() {
                    edits.push(mirrored);
                }
            }
            let parts = after.parts(id);
            if after.groups[*id].parts != parts {
                let named = set(id, Group { parts, ..after.groups[*id].clone() });
                if after.apply(named.clone()).is_ok() {
                    edits.push(named);
                }
            }
        }
        if edits.len() == 1 { edits.remove(0) } else { Edit::Batch(edits) }
    }

    /// The other groups of its link.
    #[must_use]
    pub fn twins(&self, group: &GroupId) -> Vec<GroupId> {
        let link = self.groups.get(group).and_then(|group| group.link.as_ref());
        let is_twin = |id: &&GroupId, other: &Group| *id != group && link.is_some() && other.link.as_ref() == link;
        self.groups.iter().filter(|(id, other)| is_twin(id, other)).map(|(id, _)| id.clone()).collect()
    }

    /// Modules and groups inside a group, without itself.
    fn members(&self, group: &GroupId) -> Vec<ModuleId> {
        let groups = self.groups_in(group).into_iter().filter(|id| id != group);
        self.modules_in(group).into_iter().chain(groups).collect()
    }

    /// Who plays which part; what has none yet is called after itself.
    fn parts(&self, group: &GroupId) -> Parts {
        let members = self.members(group);
        let known = self.groups.get(group).map(|group| group.parts.clone()).unwrap_or_default();
        let mut parts: Parts = known.into_iter().filter(|(_, id)| members.contains(id)).collect();
        let playing: BTreeSet<ModuleId> = parts.values().cloned().collect();
        for id in members.into_iter().filter(|id| !playing.contains(id)) {
            let part = fresh_id(id.as_str(), |name| parts.contains_key(name)).to_string();
            parts.insert(part, id);
        }
        parts
    }

    /// To see whether what twins share has changed.
    fn inside(&self, group: &GroupId) -> Inside<'_> {
        let modules: BTreeSet<ModuleId> = self.modules_in(group).into_iter().collect();
        let groups: BTreeSet<GroupId> = self.groups_in(group).into_iter().filter(|id| id != group).collect();
        let within = |id: &CableId| modules.contains(&id.from.module) && modules.contains(&id.to.module);
        Inside {
            modules: self.modules.iter().filter(|(id, _)| modules.contains(*id)).collect(),
            cables: self.cables.iter().filter(|(id, _)| within(id)).collect(),
            groups: self.groups.iter().filter(|(id, _)| groups.contains(*id)).collect(),
            on_the_box: self.groups.get(group).map_or([&[], &[]], |group| [&group.ports, &group.knobs]),
        }
    }

    /// What to do to make a twin as `source` is now.
    fn mirrored(&self, source: &GroupId, twin: &GroupId) -> Edit {
        let (wanted, mut there) = (self.parts(source), self.parts(twin));
        let mut edits = Vec::new();
        let leaves: Vec<(String, ModuleId)> =
            there.iter().filter(|(part, _)| !wanted.contains_key(*part)).map(|(part, id)| (part.clone(), id.clone())).collect();
        for (part, id) in &leaves {
            there.remove(part);
            edits.push(if self.modules.contains_key(id) {
                Edit::remove(id.clone())
            } else {
                Edit::SetGroup { id: id.clone(), group: None }
            });
        }
        for part in wanted.keys().filter(|part| !there.contains_key(*part)).cloned().collect::<Vec<_>>() {
            let taken = |id: &str| {
                self.modules.contains_key(id) || self.groups.contains_key(id) || there.values().any(|other| other.as_str() == id)
            };
            let id = fresh_id(wanted[&part].as_str(), taken);
            there.insert(part, id);
        }
        // From what plays a part here to what plays it there; the groups themselves correspond too.
        let mut there_by_here: BTreeMap<&ModuleId, &ModuleId> = wanted.iter().map(|(part, id)| (id, &there[part])).collect();
        there_by_here.insert(source, twin);
        let mirror = Mirror { patch: self, source, names: &there_by_here };
        edits.extend(mirror.groups(&wanted));
        edits.extend(mirror.modules(&wanted));
        edits.extend(mirror.cables(&leaves.into_iter().map(|(_, id)| id).collect()));
        edits.push(mirror.own(twin, there.clone()));
        Edit::Batch(edits.into_iter().filter(|edit| !edit.is_empty()).collect())
    }
}

fn set(id: &GroupId, group: Group) -> Edit {
    Edit::SetGroup { id: id.clone(), group: Some(Box::new(group)) }
}

/// A group, and the names that its parts have in a twin.
struct Mirror<'a> {
    patch: &'a Patch,
    source: &'a GroupId,
    names: &'a BTreeMap<&'a ModuleId, &'a ModuleId>,
}

impl Mirror<'_> {
    fn name(&self, id: &ModuleId) -> Option<ModuleId> {
        self.names.get(id).map(|id| (*id).clone())
    }

    fn port(&self, port: &PortRef) -> Option<PortRef> {
        Some(PortRef::new(self.name(&port.module)?, port.port.clone()))
    }

    fn ports(&self, ports: &[PortRef]) -> Vec<PortRef> {
        ports.iter().filter_map(|port| self.port(port)).collect()
    }

    /// The groups inside.
    fn groups(&self, wanted: &Parts) -> Vec<Edit> {
        let inner = wanted.values().filter_map(|id| Some((id, self.patch.groups.get(id)?)));
        let edit = |(id, group): (&GroupId, &Group)| {
            let name = self.name(id)?;
            let parent = group.parent.as_ref().and_then(|parent| self.name(parent));
            // A link inside of a link is the outer one's affair.
            let (ports, knobs) = (self.ports(&group.ports), self.ports(&group.knobs));
            let group = Group { parent, ports, knobs, link: None, parts: Parts::new(), ..group.clone() };
            (self.patch.groups.get(&name) != Some(&group)).then(|| set(&name, group))
        };
        inner.filter_map(edit).collect()
    }

    fn modules(&self, wanted: &Parts) -> Vec<Edit> {
        // In the order of the patch, so that twins lie over each other alike.
        let ids: BTreeSet<&ModuleId> = wanted.values().collect();
        let here = self.patch.modules.iter().filter(|(id, _)| ids.contains(id));
        here.filter_map(|(id, module)| Some(self.module(id, module, self.name(id)?))).flatten().collect()
    }

    fn module(&self, id: &ModuleId, module: &Module, name: ModuleId) -> Vec<Edit> {
        let mut wanted = Module { group: module.group.as_ref().and_then(|group| self.name(group)), ..module.clone() };
        let Some(there) = self.patch.modules.get(&name) else { return vec![Edit::add(name, wanted)] };
        for knob in self.patch.groups[self.source].knobs.iter().filter(|knob| knob.module == *id) {
            match there.params.get(&knob.port) {
                Some(value) => wanted.params.insert(knob.port.clone(), *value),
                None => wanted.params.remove(&knob.port),
            };
        }
        let turned = Module { params: wanted.params.clone(), ..there.clone() };
        let moved = Module { at: wanted.at, ..turned.clone() };
        if moved != wanted {
            return vec![Edit::SetModule { id: name, module: Box::new(wanted) }];
        }
        // What only turns or moves must not be built anew.
        let params: BTreeSet<&String> = there.params.keys().chain(wanted.params.keys()).collect();
        let differ = params.into_iter().filter(|param| there.params.get(*param) != wanted.params.get(*param));
        let turn = |param: &String| Edit::SetParam { module: name.clone(), param: param.clone(), value: wanted.params.get(param).copied() };
        let mut edits: Vec<Edit> = differ.map(turn).collect();
        if there.at != wanted.at {
            edits.push(Edit::MoveModules(vec![(name.clone(), wanted.at)]));
        }
        edits
    }

    /// The cables inside. Those of modules that leave go with them.
    fn cables(&self, leaves: &BTreeSet<ModuleId>) -> Vec<Edit> {
        let patch = self.patch;
        let renamed = |id: &CableId| Some(CableId::new(self.port(&id.from)?, self.port(&id.to)?));
        let wanted: Vec<(CableId, &Cable)> = patch.cables.iter().filter_map(|(id, cable)| Some((renamed(id)?, cable))).collect();
        let twins: BTreeSet<&ModuleId> = self.names.values().copied().collect();
        let within = |id: &CableId| twins.contains(&id.from.module) && twins.contains(&id.to.module);
        let stays = |id: &CableId| wanted.iter().any(|(other, _)| other == id);
        let is_gone = |id: &CableId| leaves.contains(&id.from.module) || leaves.contains(&id.to.module);
        let loose = patch.cables.keys().filter(|id| within(id) && !stays(id) && !is_gone(id));
        let mut edits: Vec<Edit> = loose.map(|id| Edit::Disconnect { id: id.clone() }).collect();
        for (id, cable) in &wanted {
            match patch.cables.get(id) {
                None => edits.push(Edit::connect(id.clone(), (*cable).clone())),
                Some(there) if there == *cable => {}
                Some(there) if Cable { amount: cable.amount, ..there.clone() } == **cable => {
                    edits.push(Edit::SetCableAmount { id: id.clone(), amount: cable.amount });
                }
                Some(_) => {
                    edits.push(Edit::Disconnect { id: id.clone() });
                    edits.push(Edit::connect(id.clone(), (*cable).clone()));
                }
            }
        }
        edits
    }

    /// The twin itself: its place and name are its own, what is shown on its box is shared.
    fn own(&self, twin: &GroupId, parts: Parts) -> Edit {
        let (source, there) = (&self.patch.groups[self.source], &self.patch.groups[twin]);
        let wanted = Group { ports: self.ports(&source.ports), knobs: self.ports(&source.knobs), parts, ..there.clone() };
        if wanted == *there { Edit::Batch(Vec::new()) } else { set(twin, wanted) }
    }
}
