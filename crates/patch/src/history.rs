//! Undo and redo, with names. What was done after an undo is a branch beside what was undone: nothing is forgotten.
//!
//! ```text
//! OPENED ── Add Saw ── Wire Saw to Out ── Turn cutoff      (a branch that was left)
//!                            └── Add Ladder ── Wire …      (the one that the patch is in)
//! ```
//!
//! Every step keeps one edit: what undoes it while it is in the patch, and what does it again while it is not.

use crate::edit::{Edit, EditError};
use crate::patch::Patch;
use crate::touched::Touched;
use serde::{Deserialize, Serialize};

/// A state of the patch, named by the entry that led to it. [`EntryId::OPENED`] is the state before all entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
    /// The state that it was done in.
    pub parent: EntryId,
    pub name: &'a str,
    /// Whether it is in the patch now.
    pub done: bool,
    /// 0 for the first branch; every later one is a step further to the side.
    pub branch: usize,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Step {
    id: EntryId,
    name: String,
    #[serde(skip)]
    gesture: Option<Gesture>,
    /// Undoes the step while it is done, and redoes it while it is undone.
    flip: Edit,
    /// The step that it followed; `None` for the first of a branch from the beginning. Always an earlier one.
    parent: Option<usize>,
    /// The step that is done again by a redo.
    next: Option<usize>,
}

/// What was done to a patch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct History {
    /// In the order in which they were done.
    steps: Vec<Step>,
    /// The last step that is in the patch.
    current: Option<usize>,
    /// What a redo does at the beginning.
    first: Option<usize>,
    /// The state that is in the file; `None` where it can no longer be reached.
    saved: Option<EntryId>,
    next_id: u64,
}

impl Default for History {
    fn default() -> Self {
        Self { steps: Vec::new(), current: None, first: None, saved: Some(EntryId::OPENED), next_id: 1 }
    }
}

impl History {
    /// When there are this many steps, the oldest are let go.
    pub const MAX: usize = 4_000;

    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Applies an edit and records it under a name, such as `Wire LFO to Cutoff`. Edits of the same gesture in a row become one entry,
    /// under the name of the first. What was undone before stays as a branch. An edit that does nothing is not recorded.
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
        let edit = patch.with_twins(edit);
        let mut touched = edit.touches();
        let reverse = patch.apply(edit)?;
        touched.merge(reverse.touches());
        let id = EntryId(self.next_id);
        self.next_id += 1;
        match self.growing(gesture) {
            Some(step) => {
                // A new id, because the state is another one than before.
                step.id = id;
                step.flip = both(reverse, std::mem::replace(&mut step.flip, Edit::Batch(Vec::new())));
            }
            None => {
                let index = self.steps.len();
                self.steps.push(Step { id, name: name.into(), gesture, flip: reverse, parent: self.current, next: None });
                *self.next_of(self.current) = Some(index);
                self.current = Some(index);
            }
        }
        if self.steps.len() > Self::MAX {
            self.trim(Self::MAX * 3 / 4);
        }
        Ok(touched)
    }

    /// The step that a gesture goes on with: the last one, where nothing was done after it.
    fn growing(&mut self, gesture: Option<Gesture>) -> Option<&mut Step> {
        let step = self.steps.get_mut(self.current?)?;
        (gesture.is_some() && step.gesture == gesture && step.next.is_none()).then_some(step)
    }

    fn next_of(&mut self, step: Option<usize>) -> &mut Option<usize> {
        match step {
            Some(step) => &mut self.steps[step].next,
            None => &mut self.first,
        }
    }

    /// Takes back the last entry; `None` when there is none.
    ///
    /// # Errors
    /// When the patch was changed without this history; both are then as they were.
    pub fn undo(&mut self, patch: &mut Patch) -> Result<Option<Touched>, EditError> {
        let Some(index) = self.current else { return Ok(None) };
        let touched = self.flip(patch, index)?;
        self.current = self.steps[index].parent;
        *self.next_of(self.current) = Some(index);
        Ok(Some(touched))
    }

    /// Does again what was last taken back; `None` when there is nothing.
    ///
    /// # Errors
    /// As [`History::undo`].
    pub fn redo(&mut self, patch: &mut Patch) -> Result<Option<Touched>, EditError> {
        let Some(index) = *self.next_of(self.current) else { return Ok(None) };
        let touched = self.flip(patch, index)?;
        self.current = Some(index);
        Ok(Some(touched))
    }

    /// Undoes and redoes until the patch is in the state after this entry, in whatever branch it is. An entry that is not in the list
    /// changes nothing.
    ///
    /// # Errors
    /// As [`History::undo`]; the patch is then in the last state that could be reached.
    pub fn jump_to(&mut self, patch: &mut Patch, id: EntryId) -> Result<Touched, EditError> {
        let index = self.steps.iter().position(|step| step.id == id);
        let mut all = Touched::default();
        if index.is_none() && id != EntryId::OPENED {
            return Ok(all);
        }
        // The way down to the goal, so that redoing follows it from wherever the two ways part.
        let path = self.path(index);
        for pair in path.windows(2) {
            self.steps[pair[0]].next = Some(pair[1]);
        }
        if let Some(first) = path.first() {
            self.first = Some(*first);
        }
        while let Some(current) = self.current.filter(|current| !path.contains(current)) {
            all.merge(self.flip(patch, current)?);
            self.current = self.steps[current].parent;
        }
        while self.current != index {
            match self.redo(patch)? {
                Some(touched) => all.merge(touched),
                None => break,
            }
        }
        Ok(all)
    }

    /// The steps from the beginning to this one.
    fn path(&self, to: Option<usize>) -> Vec<usize> {
        let mut path: Vec<usize> = std::iter::successors(to, |step| self.steps[*step].parent).collect();
        path.reverse();
        path
    }

    /// All entries, from the oldest to the newest, whatever their branch.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = Entry<'_>> + ExactSizeIterator {
        let mut done = vec![false; self.steps.len()];
        self.path(self.current).into_iter().for_each(|step| done[step] = true);
        // A step goes on with the branch of its parent, where no other does so already.
        let mut branches: Vec<usize> = Vec::with_capacity(self.steps.len());
        let mut continued = vec![false; self.steps.len() + 1];
        let mut count = 0;
        for step in &self.steps {
            let parent = step.parent.map_or(self.steps.len(), |parent| parent);
            let branch = if std::mem::replace(&mut continued[parent], true) {
                count += 1;
                count
            } else {
                step.parent.map_or(0, |parent| branches[parent])
            };
            branches.push(branch);
        }
        let id_of = |step: Option<usize>| step.map_or(EntryId::OPENED, |step| self.steps[step].id);
        let entries = self.steps.iter().zip(done.into_iter().zip(branches));
        entries.map(move |(step, (done, branch))| Entry { id: step.id, parent: id_of(step.parent), name: &step.name, done, branch })
    }

    /// The name of what [`History::undo`] would take back.
    #[must_use]
    pub fn undo_name(&self) -> Option<&str> {
        Some(self.steps.get(self.current?)?.name.as_str())
    }

    /// The name of what [`History::redo`] would do again.
    #[must_use]
    pub fn redo_name(&self) -> Option<&str> {
        let next = match self.current {
            Some(current) => self.steps[current].next,
            None => self.first,
        };
        Some(self.steps.get(next?)?.name.as_str())
    }

    /// The state that the patch is in.
    #[must_use]
    pub fn current(&self) -> EntryId {
        self.current.map_or(EntryId::OPENED, |index| self.steps[index].id)
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

    /// Applies a step's edit and keeps the reverse of that.
    fn flip(&mut self, patch: &mut Patch, index: usize) -> Result<Touched, EditError> {
        let step = &mut self.steps[index];
        let mut touched = step.flip.touches();
        let reverse = patch.apply(step.flip.clone())?;
        touched.merge(reverse.touches());
        step.flip = reverse;
        Ok(touched)
    }

    /// Lets the oldest go until no more than `max` steps are left: branches that lead away from the oldest state first, then that state,
    /// so that the one after it becomes the beginning.
    pub(crate) fn trim(&mut self, max: usize) {
        let mut path = self.path(self.current);
        let mut keep = vec![true; self.steps.len()];
        let mut left = self.steps.len();
        let mut root = None;
        while left > max {
            let on_path = path.first().copied();
            let branch = (0..self.steps.len()).find(|step| keep[*step] && self.steps[*step].parent == root && Some(*step) != on_path);
            match (branch, on_path) {
                (Some(branch), _) => left -= self.drop_branch(branch, &mut keep),
                (None, Some(step)) => {
                    keep[step] = false;
                    left -= 1;
                    root = Some(step);
                    path.remove(0);
                }
                (None, None) => break,
            }
        }
        self.keep_only(&keep);
    }

    /// Marks a step and all that follow it; gives back how many they are.
    fn drop_branch(&self, branch: usize, keep: &mut [bool]) -> usize {
        let mut dropped = 0;
        for step in branch..self.steps.len() {
            let goes = step == branch || (keep[step] && self.steps[step].parent.is_some_and(|parent| parent >= branch && !keep[parent]));
            if goes {
                keep[step] = false;
                dropped += 1;
            }
        }
        dropped
    }

    fn keep_only(&mut self, keep: &[bool]) {
        let mut moved = vec![None; keep.len()];
        for (count, place) in moved.iter_mut().zip(keep).filter(|(_, keep)| **keep).map(|(place, _)| place).enumerate() {
            *place = Some(count);
        }
        let new = |step: Option<usize>| step.and_then(|step| moved[step]);
        let saved_lives = self.steps.iter().zip(keep).any(|(step, keep)| *keep && Some(step.id) == self.saved);
        if !saved_lives {
            // Also `OPENED`, which is another state from now on.
            self.saved = None;
        }
        let steps = std::mem::take(&mut self.steps).into_iter().zip(keep).filter(|(_, keep)| **keep);
        self.steps = steps.map(|(step, _)| Step { parent: new(step.parent), next: new(step.next), ..step }).collect();
        self.current = new(self.current);
        self.first = self.path(self.current).first().copied().or(if self.steps.is_empty() { None } else { Some(0) });
    }

    /// Whether the links hold together, as they might not in a file that was tampered with.
    fn is_sound(&self) -> bool {
        let within = |step: Option<usize>| step.is_none_or(|step| step < self.steps.len());
        let child = |parent: Option<usize>, next: Option<usize>| next.is_none_or(|next| self.steps[next].parent == parent);
        let mut ids: Vec<EntryId> = self.steps.iter().map(|step| step.id).collect();
        ids.sort_unstable();
        let fits = |(index, step): (usize, &Step)| within(step.next) && step.parent.is_none_or(|parent| parent < index);
        within(self.current)
            && within(self.first)
            && self.steps.iter().enumerate().all(fits)
            && child(None, self.first)
            && self.steps.iter().enumerate().all(|(index, step)| child(Some(index), step.next))
            && ids.windows(2).all(|pair| pair[0] != pair[1])
            && ids.iter().all(|id| (1..self.next_id).contains(&id.0))
    }
}

/// A history in a file, and of which text of a patch it is the history. Written from a borrowed one.
#[derive(Serialize, Deserialize)]
struct Stored<H> {
    patchlight_history: u32,
    of: u64,
    history: H,
}

/// The version of the format of a stored history.
const VERSION: u32 = 1;

impl History {
    /// The history as text, to be kept beside the text of the patch as it is now.
    ///
    /// # Errors
    /// When a value cannot be written, which no edit of a patch has been seen to do.
    pub fn to_text(&self, patch_text: &str) -> Result<String, ron::Error> {
        ron::to_string(&Stored { patchlight_history: VERSION, of: fingerprint(patch_text), history: self })
    }

    /// Reads what [`History::to_text`] wrote. `None` where it is another patch's, or that of a text that was changed since: its edits
    /// would not fit.
    #[must_use]
    pub fn from_text(text: &str, patch_text: &str) -> Option<Self> {
        let stored: Stored<Self> = ron::from_str(text).ok()?;
        let is_own = stored.patchlight_history == VERSION && stored.of == fingerprint(patch_text);
        let mut history = Some(stored.history).filter(|history| is_own && history.is_sound())?;
        history.mark_saved();
        Some(history)
    }
}

/// FNV-1a over the bytes (Fowler, Noll, Vo 1991): tells texts apart that were not made to be alike.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
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
        (Edit::SetGroup { id: a, .. }, Edit::SetGroup { id: b, .. }) => a == b,
        (Edit::SetNote { id: a, .. }, Edit::SetNote { id: b, .. }) => a == b,
        (Edit::SetCableAmount { id: a, .. }, Edit::SetCableAmount { id: b, .. })
        | (Edit::SetCableColor { id: a, .. }, Edit::SetCableColor { id: b, .. }) => a == b,
        (Edit::MoveModules(a), Edit::MoveModules(b)) => a.iter().map(|(id, _)| id).eq(b.iter().map(|(id, _)| id)),
        (Edit::SetPatchName(_), Edit::SetPatchName(_)) | (Edit::SetPatchAbout(_), Edit::SetPatchAbout(_)) => true,
        (Edit::Batch(a), Edit::Batch(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| sets_the_same(a, b)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{EntryId, History};
    use crate::{Edit, Module, Patch};

    #[test]
    fn the_oldest_go_first_and_what_is_left_can_be_undone() {
        let (mut patch, mut history) = (Patch::default(), History::new());
        patch.apply(Edit::add("a", Module::new("osc.analog", [0.0, 0.0]))).expect("adds");
        for step in 0..40 {
            if step % 4 == 3 {
                history.undo(&mut patch).expect("undoes");
            }
            let edit = Edit::set_param("a", "width", step as f32);
            history.apply(&mut patch, format!("Turn {step}"), edit, None).expect("turns");
        }
        let newest = history.current();
        history.trim(12);
        assert!(history.steps.len() <= 12 && history.is_sound());
        assert_eq!(history.current(), newest);
        let now = patch.clone();
        while history.undo(&mut patch).expect("undoes").is_some() {}
        assert!(patch.modules["a"].params["width"] > 20.0, "the oldest that is left: {:?}", patch.modules["a"].params);
        assert_eq!(history.current(), EntryId::OPENED);
        history.jump_to(&mut patch, newest).expect("jumps");
        assert_eq!(patch, now);
        assert!(history.is_dirty(), "the file's state is no longer among them");
    }

    #[test]
    fn a_history_is_found_again_beside_its_own_patch_only() {
        let (mut patch, mut history) = (Patch::default(), History::new());
        history.apply(&mut patch, "Add", Edit::add("a", Module::new("osc.analog", [0.0, 0.0])), None).expect("adds");
        history.apply(&mut patch, "Turn", Edit::set_param("a", "width", f32::INFINITY), None).expect("turns");
        history.undo(&mut patch).expect("undoes");
        history.apply(&mut patch, "Name", Edit::SetPatchName("new".to_owned()), None).expect("names");
        let text = history.to_text("the patch").expect("writes");
        assert!(History::from_text(&text, "another patch").is_none());
        assert!(History::from_text("nonsense", "the patch").is_none());
        assert!(History::from_text(&text.replace("parent:Some(0)", "parent:Some(7)"), "the patch").is_none());
        let mut again = History::from_text(&text, "the patch").expect("reads");
        assert!(!again.is_dirty());
        let names: Vec<(&str, bool, usize)> = again.entries().map(|entry| (entry.name, entry.done, entry.branch)).collect();
        assert_eq!(names, [("Add", true, 0), ("Turn", false, 0), ("Name", true, 1)]);
        let turn = again.entries().nth(1).expect("an entry").id;
        again.jump_to(&mut patch, turn).expect("jumps");
        assert_eq!((patch.name.as_str(), patch.modules["a"].params["width"]), ("", f32::INFINITY));
        while again.undo(&mut patch).expect("undoes").is_some() {}
        assert_eq!(patch, Patch::default());
    }
}
