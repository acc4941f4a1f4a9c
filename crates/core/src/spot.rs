//! A place on a patch that keys or a screen reader can be at.

use crate::id::{ModuleId, PortRef};

/// What the keys are at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Spot {
    /// A module or a group.
    Module(ModuleId),
    /// An input.
    Input(PortRef),
    /// A parameter.
    Knob(PortRef),
    Output(PortRef),
}

impl Spot {
    #[must_use]
    pub const fn module(&self) -> &ModuleId {
        match self {
            Self::Module(module) => module,
            Self::Input(port) | Self::Knob(port) | Self::Output(port) => &port.module,
        }
    }
}
