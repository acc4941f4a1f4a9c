//! What an operator is, and the list of all.

use crate::action::Action;
use crate::scene::Scene;
use crate::{arrange, cable, edit, group, module, note, pick, program, view, walk};

/// What an operator works on: where menus offer it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// The program, or whatever is there.
    Anything,
    /// The empty canvas.
    Canvas,
    /// The selected modules and groups.
    Modules,
    /// The selected cable.
    Cable,
    /// The knob that the keys are at.
    Knob,
}

/// Something that a person can do.
#[derive(Clone, Copy)]
pub struct Operator {
    /// Permanent, `family.name`.
    pub id: &'static str,
    /// On buttons and in menus.
    pub label: &'static str,
    /// What it does, in a sentence that a beginner reads.
    pub about: &'static str,
    /// The keys that call it, unless the user says otherwise: `Ctrl+Shift+Z`.
    pub keys: &'static [&'static str],
    pub on: On,
    /// A key that is held down calls it again and again.
    pub repeats: bool,
    /// Its key works also while text is typed.
    pub always: bool,
    pub run: fn(&Scene<'_>) -> Vec<Action>,
}

impl std::fmt::Debug for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Operator").field(&self.id).finish()
    }
}

impl Operator {
    pub(crate) const fn new(
        id: &'static str,
        label: &'static str,
        keys: &'static [&'static str],
        on: On,
        run: fn(&Scene<'_>) -> Vec<Action>,
    ) -> Self {
        Self { id, label, about: "", keys, on, repeats: false, always: false, run }
    }

    pub(crate) const fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    pub(crate) const fn repeating(self) -> Self {
        Self { repeats: true, ..self }
    }

    pub(crate) const fn always(self) -> Self {
        Self { always: true, ..self }
    }

    /// The part of the id before the dot.
    #[must_use]
    pub fn family(&self) -> &'static str {
        self.id.split('.').next().unwrap_or(self.id)
    }
}

/// Every operator, family by family, in the order of the table of keys.
pub const OPERATORS: &[&[Operator]] = &[
    program::FILE,
    edit::OPERATORS,
    pick::OPERATORS,
    module::OPERATORS,
    cable::OPERATORS,
    walk::OPERATORS,
    arrange::OPERATORS,
    group::OPERATORS,
    note::OPERATORS,
    view::OPERATORS,
    program::TRANSPORT,
    program::PANELS,
];

/// The operator of this id.
#[must_use]
pub fn operator(id: &str) -> Option<&'static Operator> {
    OPERATORS.iter().flat_map(|family| family.iter()).find(|operator| operator.id == id)
}

/// What can be done on something, for its menu.
pub fn operators_on(on: On) -> impl Iterator<Item = &'static Operator> {
    OPERATORS.iter().flat_map(|family| family.iter()).filter(move |operator| operator.on == on)
}

/// An edit under a name; nothing where it does nothing.
pub(crate) fn ask(name: impl Into<String>, edit: patchlight_patch::Edit) -> Vec<Action> {
    if edit.is_empty() { Vec::new() } else { vec![Action::Edit { edit, name: name.into(), gesture: None }] }
}

/// A word to the person: why nothing was done.
pub(crate) fn say(text: &str) -> Vec<Action> {
    vec![Action::Say(text.to_owned())]
}
