//! A part of a patch that can be carried elsewhere: copy, paste, duplicate.

use crate::cable_id::CableId;
use crate::diagnostic::Diagnostic;
use crate::edit::Edit;
use crate::format::{FormatError, read_patch, write_patch};
use crate::patch::{Cable, Module, Patch, fresh_id};
use indexmap::IndexMap;
use patchlight_core::{Library, ModuleId, PortRef};

/// Modules, and the cables among them.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Fragment {
    pub modules: IndexMap<ModuleId, Module>,
    pub cables: IndexMap<CableId, Cable>,
}

/// A fragment made ready to go into a patch.
#[derive(Clone, Debug, PartialEq)]
pub struct Pasted {
    /// Adds the modules and the cables.
    pub edit: Edit,
    /// The ids that the modules will have, in the order of the fragment: what to select afterwards.
    pub ids: Vec<ModuleId>,
}

impl Fragment {
    /// The fragment as text for the clipboard. It is a whole patch, so it can also be saved as a file.
    #[must_use]
    pub fn to_text(&self, library: &Library) -> String {
        let patch = Patch { modules: self.modules.clone(), cables: self.cables.clone(), ..Patch::default() };
        write_patch(&patch, library)
    }

    /// Reads a fragment from the clipboard. Any patch will do.
    ///
    /// # Errors
    /// When the text is not a patch.
    pub fn from_text(text: &str, library: &Library) -> Result<(Self, Vec<Diagnostic>), FormatError> {
        let (patch, diagnostics) = read_patch(text, library)?;
        Ok((Self { modules: patch.modules, cables: patch.cables }, diagnostics))
    }

    /// The upper left corner around all modules, in canvas units; `None` when there are none.
    #[must_use]
    pub fn corner(&self) -> Option<[f32; 2]> {
        self.modules.values().map(|module| module.at).reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1])])
    }
}

impl Patch {
    /// Copies these modules and the cables among them, in the order of the patch.
    #[must_use]
    pub fn fragment(&self, ids: &[ModuleId]) -> Fragment {
        let modules: IndexMap<_, _> =
            self.modules.iter().filter(|(id, _)| ids.contains(id)).map(|(id, module)| (id.clone(), module.clone())).collect();
        let within = |id: &CableId| modules.contains_key(&id.from.module) && modules.contains_key(&id.to.module);
        let cables = self.cables.iter().filter(|(id, _)| within(id)).map(|(id, cable)| (id.clone(), cable.clone())).collect();
        Fragment { modules, cables }
    }

    /// What to do to add a fragment with fresh ids, moved by `offset` canvas units. Cables that leave the fragment stay behind.
    #[must_use]
    pub fn paste(&self, fragment: &Fragment, offset: [f32; 2]) -> Pasted {
        let mut renamed: IndexMap<&ModuleId, ModuleId> = IndexMap::new();
        let mut edits = Vec::new();
        for (old, module) in &fragment.modules {
            let id = fresh_id(old.as_str(), |id| self.modules.contains_key(id) || renamed.values().any(|new| new.as_str() == id));
            let at = [module.at[0] + offset[0], module.at[1] + offset[1]];
            edits.push(Edit::add(id.clone(), Module { at, ..module.clone() }));
            renamed.insert(old, id);
        }
        for (old, cable) in &fragment.cables {
            if let (Some(from), Some(to)) = (renamed.get(&old.from.module), renamed.get(&old.to.module)) {
                let from = PortRef::new(from.clone(), old.from.port.clone());
                let to = PortRef::new(to.clone(), old.to.port.clone());
                edits.push(Edit::connect(CableId::new(from, to), cable.clone()));
            }
        }
        Pasted { edit: Edit::Batch(edits), ids: renamed.into_values().collect() }
    }

    /// What to do to have these modules, and the cables among them, twice.
    #[must_use]
    pub fn duplicate(&self, ids: &[ModuleId], offset: [f32; 2]) -> Pasted {
        self.paste(&self.fragment(ids), offset)
    }
}
