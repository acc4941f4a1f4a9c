//! A part of a patch that can be carried elsewhere: copy, paste, duplicate.

use crate::cable_id::CableId;
use crate::diagnostic::Diagnostic;
use crate::edit::Edit;
use crate::format::{FormatError, read_patch, write_patch};
use crate::group::{Group, GroupId, paste_groups, renamed_cable, renamed_port, top_of};
use crate::patch::{Cable, Module, Patch, fresh_id};
use indexmap::IndexMap;
use patchlight_core::{Library, ModuleId, PortRef};
use std::collections::BTreeMap;

/// Modules, and the cables among them.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Fragment {
    pub modules: IndexMap<ModuleId, Module>,
    pub cables: IndexMap<CableId, Cable>,
    /// The groups that some of the modules lie in.
    pub groups: BTreeMap<GroupId, Group>,
}

/// A fragment made ready to go into a patch.
#[derive(Clone, Debug, PartialEq)]
pub struct Pasted {
    /// Adds the modules and the cables.
    pub edit: Edit,
    /// The ids that the modules and groups at the top will have: what to select afterwards.
    pub ids: Vec<ModuleId>,
}

impl Fragment {
    /// The fragment as text for the clipboard. It is a whole patch, so it can also be saved as a file.
    #[must_use]
    pub fn to_text(&self, library: &Library) -> String {
        let patch = Patch { modules: self.modules.clone(), cables: self.cables.clone(), groups: self.groups.clone(), ..Patch::default() };
        write_patch(&patch, library)
    }

    /// Reads a fragment from the clipboard. Any patch will do.
    ///
    /// # Errors
    /// When the text is not a patch.
    pub fn from_text(text: &str, library: &Library) -> Result<(Self, Vec<Diagnostic>), FormatError> {
        let (patch, diagnostics) = read_patch(text, library)?;
        Ok((Self { modules: patch.modules, cables: patch.cables, groups: patch.groups }, diagnostics))
    }

    /// The upper left corner around all modules, in canvas units; `None` when there are none.
    #[must_use]
    pub fn corner(&self) -> Option<[f32; 2]> {
        let loose = self.modules.values().filter(|module| module.group.is_none()).map(|module| module.at);
        let outer =
            self.groups.values().filter(|group| group.parent.as_ref().is_none_or(|id| !self.groups.contains_key(id))).map(|group| group.at);
        loose.chain(outer).reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1])])
    }
}

impl Patch {
    /// Copies these modules, what is in these groups, and the cables among them, in the order of the patch.
    #[must_use]
    pub fn fragment(&self, ids: &[ModuleId]) -> Fragment {
        let (chosen, groups) = self.whole(ids);
        let groups: BTreeMap<_, _> = groups.into_iter().map(|id| (id.clone(), self.groups[&id].clone())).collect();
        let copy = |id: &ModuleId| {
            let mut module = self.modules[id].clone();
            module.group = module.group.filter(|group| groups.contains_key(group));
            (id.clone(), module)
        };
        let modules: IndexMap<_, _> = chosen.iter().map(copy).collect();
        let within = |id: &CableId| modules.contains_key(&id.from.module) && modules.contains_key(&id.to.module);
        let cables = self.cables.iter().filter(|(id, _)| within(id)).map(|(id, cable)| (id.clone(), cable.clone())).collect();
        Fragment { modules, cables, groups }
    }

    /// What to do to add a fragment with fresh ids, moved by `offset` canvas units, into a group or, without one, into none. Cables that
    /// leave the fragment stay behind.
    #[must_use]
    pub fn paste(&self, fragment: &Fragment, offset: [f32; 2], level: Option<&GroupId>) -> Pasted {
        let mut renamed: IndexMap<&ModuleId, ModuleId> = IndexMap::new();
        for old in fragment.modules.keys() {
            let is_taken =
                |id: &str| self.modules.contains_key(id) || self.groups.contains_key(id) || renamed.values().any(|new| new.as_str() == id);
            let id = fresh_id(old.as_str(), is_taken);
            renamed.insert(old, id);
        }
        let taken: Vec<ModuleId> = renamed.values().cloned().collect();
        let groups = with_renamed_ports(&fragment.groups, &renamed);
        let (mut edits, renamed_groups) = paste_groups(self, &groups, &taken, offset, level);
        let mut pasted = Vec::new();
        for (old, module) in &fragment.modules {
            let own = module.group.as_ref().and_then(|group| renamed_groups.get(group));
            let shift = if own.is_some() { [0.0; 2] } else { offset };
            let at = [module.at[0] + shift[0], module.at[1] + shift[1]];
            let group = own.or(level).cloned();
            pasted.push((renamed[old].clone(), group.clone()));
            edits.push(Edit::add(renamed[old].clone(), Module { at, group, ..module.clone() }));
        }
        for (old, cable) in &fragment.cables {
            edits.extend(renamed_cable(old, &renamed).map(|id| Edit::connect(id, cable.clone())));
        }
        Pasted { edit: Edit::Batch(edits), ids: top_of(&pasted, &fragment.groups, &renamed_groups) }
    }

    /// What to do to have these modules, and the cables among them, twice.
    #[must_use]
    pub fn duplicate(&self, ids: &[ModuleId], offset: [f32; 2]) -> Pasted {
        let level = ids.iter().find_map(|id| self.group_of(id.as_str()).or_else(|| self.groups.get(id)?.parent.as_ref()));
        self.paste(&self.fragment(ids), offset, level)
    }
}

/// Groups whose ports and knobs are those of the modules under their new ids.
fn with_renamed_ports(groups: &BTreeMap<GroupId, Group>, renamed: &IndexMap<&ModuleId, ModuleId>) -> BTreeMap<GroupId, Group> {
    let all = |ports: &[PortRef]| ports.iter().filter_map(|port| renamed_port(port, renamed)).collect();
    let one = |group: &Group| Group { ports: all(&group.ports), knobs: all(&group.knobs), ..group.clone() };
    groups.iter().map(|(id, group)| (id.clone(), one(group))).collect()
}
