//! The permanent id of a cable: its two ends, `lfo.out -> filter.cutoff_hz`.

use patchlight_core::{PortRef, PortRefError};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A cable is named by its ends, so there is at most one between an output and an input.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CableId {
    /// An output.
    pub from: PortRef,
    /// An input, or a parameter.
    pub to: PortRef,
}

/// The text is not of the form `MODULE.PORT -> MODULE.PORT`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CableIdError {
    #[error("`{0}` does not name a cable: write MODULE.PORT -> MODULE.PORT, such as `lfo.out -> filter.cutoff_hz`")]
    NoArrow(String),
    #[error(transparent)]
    End(#[from] PortRefError),
}

impl CableId {
    #[must_use]
    pub const fn new(from: PortRef, to: PortRef) -> Self {
        Self { from, to }
    }

    /// Whether one of the ends is at this module.
    #[must_use]
    pub fn touches(&self, module: &str) -> bool {
        self.from.module.as_str() == module || self.to.module.as_str() == module
    }
}

impl fmt::Display for CableId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.from, self.to)
    }
}

impl FromStr for CableId {
    type Err = CableIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (from, to) = text.split_once("->").ok_or_else(|| CableIdError::NoArrow(text.to_owned()))?;
        Ok(Self { from: from.parse()?, to: to.parse()? })
    }
}

impl Serialize for CableId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CableId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::{CableId, CableIdError};

    #[test]
    fn ids_round_trip_as_text() {
        let id: CableId = "lfo.out -> filter.cutoff_hz".parse().expect("a cable");
        assert_eq!((id.from.module.as_str(), id.to.port.as_str()), ("lfo", "cutoff_hz"));
        assert_eq!(id.to_string(), "lfo.out -> filter.cutoff_hz");
        assert_eq!("lfo.out->filter.cutoff_hz".parse(), Ok(id));
    }

    #[test]
    fn what_is_no_cable_is_refused() {
        assert_eq!("lfo.out".parse::<CableId>(), Err(CableIdError::NoArrow("lfo.out".into())));
        assert!(matches!("lfo -> filter.in".parse::<CableId>(), Err(CableIdError::End(_))));
        assert!(matches!("lfo.out -> ".parse::<CableId>(), Err(CableIdError::End(_))));
    }
}
