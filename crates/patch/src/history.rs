//! Undo and redo, with names. Every state of the patch has an id, so that a tree of branches can take the place of the row.

use crate::edit::{Edit, EditError};
use crate::patch::Patch;
use crate::touched::Touched;

/// A state of the patch, named by the entry that led to it. [`EntryId::OPENED`] is the state before all entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(u64);

impl EntryId {
    pub const OPENED: Self = Self(0);
}

/// One movement of the hand, such as a drag of a knob: the edits that carry the same one become a single entry. Take a new number for
/// each movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Gesture(pub u64);

/// A line of the undo list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    pub id: EntryId,
    pub name: &'a str,
    /// Whether it is in the patch now; otherwise it can be redone.
    pub done: bool,
}

#[derive(Clone, Debug)]
struct Step {
    id: EntryId,
    name: String,
    gesture: Option<Gesture>,
    /// Undoes the step while it is done, and redoes it while it is undone.
    reverse: Edit,
}

/// What was done to a patch.
#[derive(Clone, Debug)]
pub struct History {
    steps: Vec<Step>,
    /// How many of the steps are done.
    position: usize,
    /// The state that is in the file; `None` where it can no longer be reached.
    saved: Option<EntryId>,
    next_id: u64,
}

impl Default for History {
    fn default() -> Self {
        Self { steps: Vec::new(), position: 0, saved: Some(EntryId::OPENED), next_id: 1 }
    }
}

impl History {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Applies an edit and records it under a name, such as `Wire LFO to Cutoff`. Edits of the same gesture in a row become one entry,
    /// under the name of the first. What was undone before is forgotten. An edit that does nothing is not recorded.
    ///
    /// # Errors
    /// When the edit does not fit; patch and history are then as they were.
    pub fn apply(
        &mut self,
        patch: &mut Patch,
        name: impl Into<String>,
        edit: Edit,
        gesture: Option<Gesture>,
    ) -> Result<Touched, EditError> {
        if edit.is_empty() {
            return Ok(Touched::default());
        }
        let mut touched = edit.touches();
        let reverse = patch.apply(edit)?;
        touched.merge(reverse.touches());
        self.steps.truncate(self.position);
        let id = EntryId(self.next_id);
        self.next_id += 1;
        match self.steps.last_mut().filter(|step| gesture.is_some() && step.gesture == gesture) {
            Some(step) => {
                // A new id, because the state is another one than before.
                step.id = id;
                step.reverse = both(reverse, std::mem::replace(&mut step.reverse, Edit::Batch(Vec::new())));
            }
            None => self.steps.push(Step { id, name: name.into(), gesture, reverse }),
        }
        self.position = self.steps.len();
        Ok(touched)
    }

    /// Takes back the last entry; `None` when there is none.
    ///
    /// # Errors
    /// When the patch was changed without this history; both are then as they were.
    pub fn undo(&mut self, patch: &mut Patch) -> Result<Option<Touched>, EditError> {
        let Some(index) = self.position.checked_sub(1) else { return Ok(None) };
        let touched = self.flip(patch, index)?;
        self.position = index;
        Ok(Some(touched))
    }

    /// Does again what was last taken back; `None` when there is nothing.
    ///
    /// # Errors
    /// As [`History::undo`].
    pub fn redo(&mut self, patch: &mut Patch) -> Result<Option<Touched>, EditError> {
        if self.position == self.steps.len() {
            return Ok(None);
        }
        let touched = self.flip(patch, self.position)?;
        self.position += 1;
        Ok(Some(touched))
    }

    /// Undoes or redoes until the patch is in the state after this entry. An entry that is not in the list changes nothing.
    ///
    /// # Errors
    /// As [`History::undo`]; the patch is then in the last state that could be reached.
    pub fn jump_to(&mut self, patch: &mut Patch, id: EntryId) -> Result<Touched, EditError> {
        let index = self.steps.iter().position(|step| step.id == id).map(|index| index + 1);
        let goal = if id == EntryId::OPENED { Some(0) } else { index };
        let mut all = Touched::default();
        while let Some(goal) = goal.filter(|goal| *goal != self.position) {
            let touched = if goal < self.position { self.undo(patch)? } else { self.redo(patch)? };
            all.merge(touched.unwrap_or_default());
        }
        Ok(all)
    }

    /// All entries, from the oldest to the newest.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = Entry<'_>> + ExactSizeIterator {
        self.steps.iter().enumerate().map(|(index, step)| Entry { id: step.id, name: &step.name, done: index < self.position })
    }

    /// The name of what [`History::undo`] would take back.
    #[must_use]
    pub fn undo_name(&self) -> Option<&str> {
        Some(self.steps.get(self.position.checked_sub(1)?)?.name.as_str())
    }

    /// The name of what [`History::redo`] would do again.
    #[must_use]
    pub fn redo_name(&self) -> Option<&str> {
        self.steps.get(self.position).map(|step| step.name.as_str())
    }

    /// The state that the patch is in.
    #[must_use]
    pub fn current(&self) -> EntryId {
        self.position.checked_sub(1).and_then(|index| self.steps.get(index)).map_or(EntryId::OPENED, |step| step.id)
    }

    /// The patch as it is now is in the file.
    pub fn mark_saved(&mut self) {
        self.saved = Some(self.current());
    }

    /// The patch is in no file, such as one that was recovered.
    pub fn mark_unsaved(&mut self) {
        self.saved = None;
    }

    /// Whether the patch differs from its file.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        self.saved != Some(self.current())
    }

    /// Applies a step's reverse and keeps the reverse of that.
    fn flip(&mut self, patch: &mut Patch, index: usize) -> Result<Touched, EditError> {
        let step = &mut self.steps[index];
        let mut touched = step.reverse.touches();
        let reverse = patch.apply(step.reverse.clone())?;
        touched.merge(reverse.touches());
        step.reverse = reverse;
        Ok(touched)
    }
}

/// What undoes two edits: first the later one, then the earlier one. Where both set the same things, the earlier one is enough.
fn both(later: Edit, earlier: Edit) -> Edit {
    if sets_the_same(&later, &earlier) {
        return earlier;
    }
    match earlier {
        Edit::Batch(mut edits) => {
            edits.insert(0, later);
            Edit::Batch(edits)
        }
        earlier => Edit::Batch(vec![later, earlier]),
    }
}

/// Whether two edits set exactly the same things, so that one overwrites the other whatever their values.
fn sets_the_same(one: &Edit, other: &Edit) -> bool {
    match (one, other) {
        (Edit::SetParam { module: a, param: x, .. }, Edit::SetParam { module: b, param: y, .. })
        | (Edit::SetData { module: a, field: x, .. }, Edit::SetData { module: b, field: y, .. }) => a == b && x == y,
        (Edit::Rename { module: a, .. }, Edit::Rename { module: b, .. }) => a == b,
        (Edit::SetCableAmount { id: a, .. }, Edit::SetCableAmount { id: b, .. })
        | (Edit::SetCableColor { id: a, .. }, Edit::SetCableColor { id: b, .. }) => a == b,
        (Edit::MoveModules(a), Edit::MoveModules(b)) => a.iter().map(|(id, _)| id).eq(b.iter().map(|(id, _)| id)),
        (Edit::SetPatchName(_), Edit::SetPatchName(_)) | (Edit::SetPatchAbout(_), Edit::SetPatchAbout(_)) => true,
        (Edit::Batch(a), Edit::Batch(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| sets_the_same(a, b)),
        _ => false,
    }
}
