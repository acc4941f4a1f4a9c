//! Sub-patches. All modules of a patch lie in one list, whatever they are grouped into: a group only says which of them are shown as
//! one. So a group costs nothing, making one while it sounds changes no sample, and every edit reaches what is inside.

use crate::cable_id::CableId;
use crate::edit::Edit;
use crate::fragment::Pasted;
use crate::patch::{Patch, RonText, fresh_id};
use indexmap::IndexMap;
use patchlight_core::{Library, ModuleId, PortRef};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The id of a group: of the same make as a module's, and no module has it.
pub type GroupId = ModuleId;

/// Modules that are shown as one.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Group {
    pub name: String,
    /// Its upper left corner where it is shown as one, canvas units. Always finite.
    pub at: [f32; 2],
    /// The group that it lies in itself.
    pub parent: Option<GroupId>,
    /// Ports inside that are shown although no cable crosses there.
    pub ports: Vec<PortRef>,
    /// Parameters inside that are shown as knobs.
    pub knobs: Vec<PortRef>,
    /// Groups of the same link are twins: what is done inside one is done inside all.
    #[serde(default)]
    pub link: Option<String>,
    /// Of a linked group: what inside plays which part, by the name of the part.
    #[serde(default)]
    pub parts: BTreeMap<String, ModuleId>,
    /// Fields that this version does not know.
    pub extra: IndexMap<String, RonText>,
}

/// How a module is shown while one looks into a group, or at the whole patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    AsItself,
    /// As a part of this group.
    Within(GroupId),
    /// It lies outside of what is looked into.
    Outside,
}

/// The ports of a group as a box: where cables cross its border, and what was chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupPorts {
    /// Inputs (and parameters that a cable from outside moves) of modules inside.
    pub inputs: Vec<PortRef>,
    /// Outputs of modules inside.
    pub outputs: Vec<PortRef>,
}

/// How far a chain of parents is followed: no hand nests this deep, and a file may go round in circles.
const DEPTH: usize = 64;

impl Patch {
    /// The group that a module lies in; a group that does not exist is none.
    #[must_use]
    pub fn group_of(&self, module: &str) -> Option<&GroupId> {
        let group = self.module(module)?.group.as_ref()?;
        self.groups.get_key_value(group).map(|(id, _)| id)
    }

    fn parent_of(&self, group: &GroupId) -> Option<&GroupId> {
        let parent = self.groups.get(group)?.parent.as_ref()?;
        self.groups.get_key_value(parent).map(|(id, _)| id)
    }

    /// A group and all that it lies in, from the outermost to itself.
    #[must_use]
    pub fn group_path(&self, group: &GroupId) -> Vec<GroupId> {
        let mut path: Vec<GroupId> = Vec::new();
        let mut next = self.groups.get_key_value(group).map(|(id, _)| id);
        while let Some(id) = next.filter(|id| path.len() < DEPTH && !path.contains(id)) {
            path.push(id.clone());
            next = self.parent_of(id);
        }
        path.reverse();
        path
    }

    /// How a module is shown at a level: in this group, or, without one, in the whole patch.
    #[must_use]
    pub fn shown(&self, module: &str, level: Option<&GroupId>) -> Shown {
        let path = self.group_of(module).map_or_else(Vec::new, |group| self.group_path(group));
        Self::shown_by_path(&path, level)
    }

    fn shown_by_path(path: &[GroupId], level: Option<&GroupId>) -> Shown {
        let inside = match level {
            None => path.first(),
            Some(level) => match path.iter().position(|id| id == level) {
                Some(place) => path.get(place + 1),
                None => return Shown::Outside,
            },
        };
        inside.map_or(Shown::AsItself, |group| Shown::Within(group.clone()))
    }

    /// What stands for a module at a level: itself, the group that it is shown within, or nothing.
    #[must_use]
    pub fn box_at(&self, module: &ModuleId, level: Option<&GroupId>) -> Option<ModuleId> {
        match self.shown(module.as_str(), level) {
            Shown::AsItself => Some(module.clone()),
            Shown::Within(group) => Some(group),
            Shown::Outside => None,
        }
    }

    /// The groups that are shown as boxes at a level, in the order of their ids.
    #[must_use]
    pub fn groups_at(&self, level: Option<&GroupId>) -> Vec<GroupId> {
        self.groups.keys().filter(|id| self.group_path(id).iter().rev().nth(1) == level).cloned().collect()
    }

    /// All modules in a group, however deep.
    #[must_use]
    pub fn modules_in(&self, group: &GroupId) -> Vec<ModuleId> {
        let inside = |id: &&ModuleId| self.group_of(id.as_str()).is_some_and(|own| self.group_path(own).contains(group));
        self.modules.keys().filter(inside).cloned().collect()
    }

    /// A group and the groups inside it, however deep.
    #[must_use]
    pub fn groups_in(&self, group: &GroupId) -> Vec<GroupId> {
        self.groups.keys().filter(|id| self.group_path(id).contains(group)).cloned().collect()
    }

    /// The ports of a group as a box, cables first in the order of the patch, then those that were chosen.
    #[must_use]
    pub fn group_ports(&self, group: &GroupId, library: &Library) -> GroupPorts {
        let inside: BTreeSet<ModuleId> = self.modules_in(group).into_iter().collect();
        let mut ports = GroupPorts::default();
        for id in self.cables.keys() {
            match (inside.contains(&id.from.module), inside.contains(&id.to.module)) {
                (false, true) => add_once(&mut ports.inputs, &id.to),
                (true, false) => add_once(&mut ports.outputs, &id.from),
                _ => {}
            }
        }
        let chosen = self.groups.get(group).map_or(&[][..], |group| &group.ports);
        for port in chosen.iter().filter(|port| inside.contains(&port.module)) {
            // Whether it is an output only its declaration knows.
            let is_output = self
                .module(port.module.as_str())
                .and_then(|module| library.get(&module.kind))
                .is_some_and(|spec| spec.output(&port.port).is_some());
            add_once(if is_output { &mut ports.outputs } else { &mut ports.inputs }, port);
        }
        ports
    }

    /// An id that neither a module nor a group has.
    #[must_use]
    pub fn fresh_group_id(&self, name: &str) -> GroupId {
        fresh_id(name, |id| self.modules.contains_key(id) || self.groups.contains_key(id))
    }

    /// What to do to have these modules and groups, which lie at one level, in a group of their own; and its id.
    #[must_use]
    pub fn make_group(&self, ids: &[ModuleId], name: &str, level: Option<&GroupId>) -> Option<(Edit, GroupId)> {
        let modules: Vec<&ModuleId> = ids.iter().filter(|id| self.modules.contains_key(*id)).collect();
        let groups: Vec<&GroupId> = ids.iter().filter(|id| self.groups.contains_key(*id)).collect();
        let places = modules.iter().map(|id| self.modules[*id].at).chain(groups.iter().map(|id| self.groups[*id].at));
        let at = places.reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1])])?;
        let id = self.fresh_group_id(name);
        let group = Group { name: name.to_owned(), at, parent: level.cloned(), ..Group::default() };
        let mut edits = vec![Edit::SetGroup { id: id.clone(), group: Some(Box::new(group)) }];
        edits.push(Edit::MoveToGroup(modules.into_iter().map(|module| (module.clone(), Some(id.clone()))).collect()));
        for inner in groups {
            let group = Group { parent: Some(id.clone()), ..self.groups[inner].clone() };
            edits.push(Edit::SetGroup { id: inner.clone(), group: Some(Box::new(group)) });
        }
        Some((Edit::Batch(edits), id))
    }

    /// What to do to let go of a group: what is in it comes to lie where the group lay.
    #[must_use]
    pub fn ungroup(&self, group: &GroupId) -> Edit {
        let parent = self.parent_of(group).cloned();
        let own = |id: &&ModuleId| self.group_of(id.as_str()) == Some(group);
        let mut edits = vec![Edit::MoveToGroup(self.modules.keys().filter(own).map(|id| (id.clone(), parent.clone())).collect())];
        for (id, inner) in self.groups.iter().filter(|(_, inner)| inner.parent.as_ref() == Some(group)) {
            let inner = Group { parent: parent.clone(), ..inner.clone() };
            edits.push(Edit::SetGroup { id: id.clone(), group: Some(Box::new(inner)) });
        }
        edits.push(Edit::SetGroup { id: group.clone(), group: None });
        Edit::Batch(edits)
    }

    /// What to do to move modules and groups, each to its new upper left corner.
    #[must_use]
    pub fn move_to(&self, places: &[(ModuleId, [f32; 2])]) -> Edit {
        let differs = |id: &ModuleId, at: &[f32; 2]| self.modules.get(id).is_some_and(|module| module.at != *at);
        let modules: Vec<_> = places.iter().filter(|(id, at)| differs(id, at)).cloned().collect();
        let mut edits = if modules.is_empty() { Vec::new() } else { vec![Edit::MoveModules(modules)] };
        for (id, at) in places {
            if let Some(group) = self.groups.get(id).filter(|group| group.at != *at) {
                let group = Group { at: *at, ..group.clone() };
                edits.push(Edit::SetGroup { id: id.clone(), group: Some(Box::new(group)) });
            }
        }
        Edit::Batch(edits)
    }

    /// These modules, and those in these groups; and the groups with all that lie in them.
    #[must_use]
    pub fn whole(&self, ids: &[ModuleId]) -> (Vec<ModuleId>, Vec<GroupId>) {
        let chosen: Vec<&GroupId> = ids.iter().filter(|id| self.groups.contains_key(*id)).collect();
        let within = |group: Option<&GroupId>| group.is_some_and(|group| self.group_path(group).iter().any(|id| chosen.contains(&id)));
        let modules = self.modules.keys().filter(|id| ids.contains(id) || within(self.group_of(id.as_str()))).cloned().collect();
        let groups = self.groups.keys().filter(|id| within(Some(id))).cloned().collect();
        (modules, groups)
    }
}

fn add_once(list: &mut Vec<PortRef>, port: &PortRef) {
    if !list.contains(port) {
        list.push(port.clone());
    }
}

/// Fresh ids for groups that come from elsewhere, and the edits that add them: into `level` where their parent did not come along.
pub(crate) fn paste_groups(
    patch: &Patch,
    groups: &BTreeMap<GroupId, Group>,
    taken: &[ModuleId],
    offset: [f32; 2],
    level: Option<&GroupId>,
) -> (Vec<Edit>, BTreeMap<GroupId, GroupId>) {
    let mut renamed: BTreeMap<GroupId, GroupId> = BTreeMap::new();
    for old in groups.keys() {
        let is_taken = |id: &str| {
            patch.modules.contains_key(id)
                || patch.groups.contains_key(id)
                || taken.iter().any(|new| new.as_str() == id)
                || renamed.values().any(|new| new.as_str() == id)
        };
        let id = fresh_id(old.as_str(), is_taken);
        renamed.insert(old.clone(), id);
    }
    let edit = |(old, group): (&GroupId, &Group)| {
        let parent = group.parent.as_ref().and_then(|parent| renamed.get(parent)).or(level).cloned();
        // Those that lie in another one that comes along keep their place in it.
        let shift = if group.parent.as_ref().is_some_and(|parent| renamed.contains_key(parent)) { [0.0; 2] } else { offset };
        let at = [group.at[0] + shift[0], group.at[1] + shift[1]];
        Edit::SetGroup { id: renamed[old].clone(), group: Some(Box::new(Group { at, parent, ..group.clone() })) }
    };
    (groups.iter().map(edit).collect(), renamed)
}

/// The ids at the level that was pasted into: groups, and modules that lie in none of them.
pub(crate) fn top_of(
    pasted: &[(ModuleId, Option<GroupId>)],
    groups: &BTreeMap<GroupId, Group>,
    renamed: &BTreeMap<GroupId, GroupId>,
) -> Vec<ModuleId> {
    let loose = pasted.iter().filter(|(_, group)| group.as_ref().is_none_or(|group| !renamed.values().any(|new| new == group)));
    let outer = groups.iter().filter(|(_, group)| group.parent.as_ref().is_none_or(|parent| !renamed.contains_key(parent)));
    loose.map(|(id, _)| id.clone()).chain(outer.map(|(old, _)| renamed[old].clone())).collect()
}

impl Pasted {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

/// The cable as it runs after ports were renamed by their module.
pub(crate) fn renamed_port(port: &PortRef, renamed: &IndexMap<&ModuleId, ModuleId>) -> Option<PortRef> {
    renamed.get(&port.module).map(|id| PortRef::new(id.clone(), port.port.clone()))
}

/// Both ends of a cable renamed; `None` where one did not come along.
pub(crate) fn renamed_cable(cable: &CableId, renamed: &IndexMap<&ModuleId, ModuleId>) -> Option<CableId> {
    Some(CableId::new(renamed_port(&cable.from, renamed)?, renamed_port(&cable.to, renamed)?))
}
