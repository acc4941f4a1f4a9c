//! Ids: permanent strings, never indices, never names of Rust items.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Whether a string can be an id inside a patch: `a-z`, `0-9` and `_`, beginning with a letter.
#[must_use]
pub fn is_valid_id(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// The permanent id of a module in a patch, such as `bass` or `ladder_2`.
///
/// Cheap to clone: everyone who speaks of the module shares the text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleId(Arc<str>);

impl ModuleId {
    /// Takes any string; whether it is well formed is checked where patches are read ([`is_valid_id`]).
    pub fn new(text: impl Into<String>) -> Self {
        Self(Arc::from(text.into()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ModuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for ModuleId {
    fn from(text: &str) -> Self {
        Self(Arc::from(text))
    }
}

impl Serialize for ModuleId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ModuleId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

impl Borrow<str> for ModuleId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// One end of a cable: a port, or a parameter, of a module. Written `module.port`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRef {
    pub module: ModuleId,
    /// The id of an output, of an input, or of a parameter (every parameter is a port).
    pub port: String,
}

impl PortRef {
    pub fn new(module: impl Into<ModuleId>, port: impl Into<String>) -> Self {
        Self { module: module.into(), port: port.into() }
    }
}

impl fmt::Display for PortRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.module, self.port)
    }
}

impl Serialize for PortRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PortRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// `text` is not of the form `module.port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortRefError(pub String);

impl fmt::Display for PortRefError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` does not name a port: write MODULE.PORT, such as `filter.in`", self.0)
    }
}

impl std::error::Error for PortRefError {}

impl FromStr for PortRef {
    type Err = PortRefError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim().split_once('.') {
            Some((module, port)) if !module.is_empty() && !port.is_empty() => Ok(Self::new(module, port)),
            _ => Err(PortRefError(text.to_owned())),
        }
    }
}
