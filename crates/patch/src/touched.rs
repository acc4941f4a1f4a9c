//! What an edit reaches: whether the sound must be compiled anew, and which entities of the canvas are to be looked at again.

use crate::cable_id::CableId;
use crate::edit::Edit;
use crate::patch::Patch;
use patchlight_core::{Library, ModuleId};
use std::collections::BTreeSet;

/// How deep an edit goes. The deepest is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Reach {
    /// Nothing that sounds: positions, names, colours.
    #[default]
    Cosmetic,
    /// Values of parameters, and amounts and switches of cables: a message to the engine will do.
    Values,
    /// What there is and how it is wired: the patch is to be compiled anew.
    Structure,
}

/// The parts of a patch that an edit changes, adds or takes out.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Touched {
    pub reach: Reach,
    pub modules: BTreeSet<ModuleId>,
    pub cables: BTreeSet<CableId>,
    /// Parameters, by module; their modules are in `modules` too.
    pub params: BTreeSet<(ModuleId, String)>,
    /// The patch's own name, description, author or tags.
    pub info: bool,
}

impl Touched {
    /// Takes in what another edit touches.
    pub fn merge(&mut self, other: Self) {
        self.reach = self.reach.max(other.reach);
        self.modules.extend(other.modules);
        self.cables.extend(other.cables);
        self.params.extend(other.params);
        self.info |= other.info;
    }

    /// Whether the patch, as it is after the edit, must be compiled anew; if not, setting the touched values is enough.
    #[must_use]
    pub fn needs_compile(&self, patch: &Patch, library: &Library) -> bool {
        let shapes_the_graph = |(module, param): &(ModuleId, String)| {
            let spec = patch.modules.get(module).and_then(|module| library.get(&module.kind));
            spec.and_then(|spec| spec.param(param)).is_some_and(|(_, param)| param.structural)
        };
        match self.reach {
            Reach::Cosmetic => false,
            Reach::Values => self.params.iter().any(shapes_the_graph),
            Reach::Structure => true,
        }
    }

    fn of_module(reach: Reach, module: &ModuleId) -> Self {
        Self { reach, modules: BTreeSet::from([module.clone()]), ..Self::default() }
    }

    fn of_cable(reach: Reach, cable: &CableId) -> Self {
        Self { reach, cables: BTreeSet::from([cable.clone()]), ..Self::default() }
    }
}

impl Edit {
    /// What this edit touches, as far as it says so itself: the cables that go with a removed module are named by the inverse. The
    /// whole is the two merged, which [`crate::History`] gives back.
    #[must_use]
    pub fn touches(&self) -> Touched {
        match self {
            Self::AddModule { id, .. } | Self::RemoveModule { id } | Self::SetModule { id, .. } => Touched::of_module(Reach::Structure, id),
            Self::SetData { module, .. }
            | Self::SetBypassed { module, .. }
            | Self::SetMuted { module, .. }
            | Self::SetSoloed { module, .. } => Touched::of_module(Reach::Structure, module),
            Self::SetParam { module, param, .. } => {
                let params = BTreeSet::from([(module.clone(), param.clone())]);
                Touched { params, ..Touched::of_module(Reach::Values, module) }
            }
            Self::MoveModules(moves) => Touched { modules: moves.iter().map(|(id, _)| id.clone()).collect(), ..Touched::default() },
            Self::MoveToGroup(moves) => Touched { modules: moves.iter().map(|(id, _)| id.clone()).collect(), ..Touched::default() },
            Self::SetGroup { .. } | Self::SetNote { .. } | Self::SetBookmark { .. } => Touched::default(),
            Self::Rename { module, .. } | Self::SetMidi { module, .. } => Touched::of_module(Reach::Cosmetic, module),
            Self::Connect { id, .. } | Self::Disconnect { id } | Self::SetClosesLoop { id, .. } => Touched::of_cable(Reach::Structure, id),
            Self::SetCableAmount { id, .. } | Self::SetCableOn { id, .. } => Touched::of_cable(Reach::Values, id),
            Self::SetCableColor { id, .. } | Self::SetCableHidden { id, .. } => Touched::of_cable(Reach::Cosmetic, id),
            Self::SetPatchName(_) | Self::SetPatchAbout(_) | Self::SetPatchAuthor(_) | Self::SetPatchTags(_) => {
                Touched { info: true, ..Touched::default() }
            }
            Self::Restore(removed) => Touched {
                reach: Reach::Structure,
                modules: removed.modules.iter().map(|(_, id, _)| id.clone()).collect(),
                cables: removed.cables.iter().map(|(_, id, _)| id.clone()).collect(),
                ..Touched::default()
            },
            Self::Withdraw { modules, cables } => Touched {
                reach: Reach::Structure,
                modules: modules.iter().cloned().collect(),
                cables: cables.iter().cloned().collect(),
                ..Touched::default()
            },
            Self::Batch(edits) => edits.iter().map(Self::touches).fold(Touched::default(), |mut all, touched| {
                all.merge(touched);
                all
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Reach;
    use crate::{Cable, Edit};

    #[test]
    fn a_batch_reaches_as_deep_as_its_deepest_edit() {
        let moved = Edit::MoveModules(vec![("a".into(), [1.0, 2.0])]);
        let turned = Edit::set_param("b", "gain_db", -6.0);
        let wired = Edit::connect("a.out -> b.in".parse().expect("a cable"), Cable::default());
        assert_eq!(moved.touches().reach, Reach::Cosmetic);
        assert_eq!(Edit::Batch(vec![moved.clone(), turned.clone()]).touches().reach, Reach::Values);
        let all = Edit::Batch(vec![moved, turned, wired]).touches();
        assert_eq!((all.reach, all.modules.len(), all.cables.len(), all.params.len()), (Reach::Structure, 2, 1, 1));
    }
}
