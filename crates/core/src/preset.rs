//! Presets: settings of a module under a name, written as people type them, `cutoff_hz 300; mode low; resonance 40 %`.

use crate::module::{DataSpec, ModuleSpec};
use crate::parse::{ValueError, parse_value};
use crate::spec::ParamSpec;
use serde::Serialize;
use std::fmt;

/// Settings under a name. What is not named is at its default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Preset {
    pub name: &'static str,
    /// Words to find it by, parted by spaces.
    pub tags: &'static str,
    /// Ids and values, parted by semicolons.
    pub settings: &'static str,
}

/// A preset of a module's declaration.
#[must_use]
pub const fn preset(name: &'static str, tags: &'static str, settings: &'static str) -> Preset {
    Preset { name, tags, settings }
}

/// What a preset sets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    pub params: Vec<(&'static ParamSpec, f32)>,
    pub data: Vec<(&'static DataSpec, &'static str)>,
}

/// A setting of a preset is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PresetError {
    Unknown(String),
    Value(String, ValueError),
}

impl fmt::Display for PresetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(id) => write!(f, "the module has neither a parameter nor data `{id}`"),
            Self::Value(id, error) => write!(f, "{id}: {error}"),
        }
    }
}

impl std::error::Error for PresetError {}

impl Preset {
    /// The settings for the module it belongs to.
    ///
    /// # Errors
    /// When an id is none of the module's, or a value is none for it.
    pub fn settings(&self, spec: &ModuleSpec) -> Result<Settings, PresetError> {
        let mut settings = Settings::default();
        for part in self.settings.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (id, value) = part.split_once(' ').unwrap_or((part, ""));
            if let Some((_, param)) = spec.param(id) {
                let value = parse_value(param, value).map_err(|error| PresetError::Value(id.to_owned(), error))?;
                settings.params.push((param, value));
            } else if let Some((_, field)) = spec.data_field(id) {
                settings.data.push((field, value.trim()));
            } else {
                return Err(PresetError::Unknown(id.to_owned()));
            }
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::{PresetError, preset};
    use crate::{ModuleSpec, choice, formula_text, hz, module, percent};

    const SPEC: ModuleSpec = module("filter.test", "Test")
        .params(&[hz("cutoff_hz", 20.0..=20_000.0, 1_000.0), percent("resonance", 0.1), choice("mode", &["low", "12 dB high"], 0)])
        .data(&[formula_text("formula", "a", "A formula")]);

    #[test]
    fn settings_are_read_as_people_type_them() {
        let settings =
            preset("Test", "a b", "cutoff_hz 1.2k; resonance 50 %; mode 12 dB high; formula a * b").settings(&SPEC).expect("settings");
        let values: Vec<(&str, f32)> = settings.params.iter().map(|(param, value)| (param.id, *value)).collect();
        assert_eq!(values, [("cutoff_hz", 1_200.0), ("resonance", 0.5), ("mode", 1.0)]);
        assert_eq!(settings.data[0].1, "a * b");
    }

    #[test]
    fn what_is_not_understood_is_named() {
        assert_eq!(preset("Test", "", "tone 3").settings(&SPEC), Err(PresetError::Unknown("tone".to_owned())));
        assert!(matches!(preset("Test", "", "cutoff_hz loud").settings(&SPEC), Err(PresetError::Value(id, _)) if id == "cutoff_hz"));
    }
}
