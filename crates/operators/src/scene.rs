//! What an operator sees.

use patchlight_core::{Library, ModuleId, PortRef, Spot};
use patchlight_patch::{CableId, GroupId, Patch, Shown};
use std::collections::BTreeSet;

/// What is selected, where the keys are, and what they carry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picked {
    /// Modules and groups.
    pub modules: BTreeSet<ModuleId>,
    pub cable: Option<CableId>,
    pub spot: Option<Spot>,
    /// The fixed end of a cable that was picked up by key, and whether it is an output.
    pub carried: Option<(PortRef, bool)>,
}

/// A part of the canvas as it is seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// In the middle of the view, canvas units.
    pub center: [f32; 2],
    /// Logical pixels for a canvas unit.
    pub zoom: f32,
}

/// Everything that an operator goes by.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub patch: &'a Patch,
    pub library: &'a Library,
    pub picked: &'a Picked,
    /// The group that one looks into.
    pub level: Option<&'a GroupId>,
    /// What was copied, by this program or another. Asking the system takes its time.
    pub clipboard: &'a dyn Fn() -> String,
    /// Where new things go, canvas units: under the pointer, or in the middle of the view.
    pub here: [f32; 2],
    pub view: Place,
    /// Width and height of a module or group, canvas units.
    pub size_of: &'a dyn Fn(&ModuleId) -> [f32; 2],
}

/// Of the whole canvas.
pub(crate) const GRID: f32 = 10.0;

pub(crate) fn snapped(at: [f32; 2]) -> [f32; 2] {
    at.map(|x| (x / GRID).round() * GRID)
}

impl Scene<'_> {
    /// Modules and groups that are seen at this level, in the order of the patch, groups last.
    #[must_use]
    pub fn seen(&self) -> Vec<ModuleId> {
        let modules = self.patch.modules.keys().filter(|id| self.patch.shown(id.as_str(), self.level) == Shown::AsItself);
        modules.cloned().chain(self.patch.groups_at(self.level)).collect()
    }

    /// The selected modules and groups that exist, in the same order; without any, the one that the keys are at.
    #[must_use]
    pub fn chosen(&self) -> Vec<ModuleId> {
        let at = self.picked.spot.as_ref().map(Spot::module).filter(|_| self.picked.modules.is_empty());
        let is_chosen = |id: &ModuleId| self.picked.modules.contains(id) || at == Some(id);
        self.seen().into_iter().filter(is_chosen).collect()
    }

    /// All modules that are selected, those in selected groups too.
    #[must_use]
    pub fn chosen_modules(&self) -> Vec<ModuleId> {
        self.patch.whole(&self.chosen()).0
    }

    /// The selected cable, if it exists.
    pub(crate) fn cable(&self) -> Option<&CableId> {
        let id = self.picked.cable.as_ref()?;
        self.patch.cables.get_key_value(id).map(|(id, _)| id)
    }

    /// The upper left corner of a module or group.
    #[must_use]
    pub fn at(&self, id: &ModuleId) -> [f32; 2] {
        let group = || self.patch.groups.get(id).map(|group| group.at);
        self.patch.module(id.as_str()).map(|module| module.at).or_else(group).unwrap_or_default()
    }

    #[must_use]
    pub fn label(&self, id: &ModuleId) -> String {
        self.patch.label(id.as_str(), self.library)
    }

    /// `Ladder`, or `3 modules`.
    pub(crate) fn count_text(&self, ids: &[ModuleId]) -> String {
        match ids {
            [id] => self.label(id),
            ids => format!("{} modules", ids.len()),
        }
    }

    /// `cutoff of Ladder`.
    pub(crate) fn port_text(&self, port: &PortRef) -> String {
        let spec = self.patch.module(port.module.as_str()).and_then(|module| self.library.get(&module.kind));
        let param = spec.and_then(|spec| spec.param(&port.port)).map(|(_, param)| param.name());
        format!("{} of {}", param.unwrap_or_else(|| port.port.replace('_', " ")), self.label(&port.module))
    }
}
