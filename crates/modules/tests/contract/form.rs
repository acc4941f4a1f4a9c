//! How declarations are written: ids, texts, defaults, files.

use crate::harness::{default_data, hold_all, solo};
use patchlight_core::{DataKind, Family, LaneLayout, ModuleSpec, ParamKind, Unit, Voices, is_valid_id};
use patchlight_engine::{MAX_PARAMS, SoloConfig};
use patchlight_modules::{CATALOG, LIBRARY, find};
use std::collections::BTreeSet;

/// The library only grows.
const FLOOR: usize = 14;

#[test]
fn the_library_does_not_shrink_and_no_id_is_used_twice() {
    assert!(CATALOG.len() >= FLOOR, "{} modules", CATALOG.len());
    let ids: BTreeSet<_> = CATALOG.iter().map(|entry| entry.spec.id).collect();
    assert_eq!(ids.len(), CATALOG.len());
    assert_eq!(LIBRARY.specs().len(), CATALOG.len());
}

#[test]
fn ids_are_well_formed_and_unique() {
    hold_all("ids are `family.snake_name`, and names inside a module are unique", |entry, failures| {
        let spec = entry.spec;
        let name = spec.id.split_once('.').map_or("", |(_, name)| name);
        if Family::of(spec.id).is_none() || !is_valid_id(name) {
            failures.push("its id is not family.snake_name".to_owned());
        }
        let (mut ends, mut outputs) = (BTreeSet::new(), BTreeSet::new());
        let named_ends = spec.inputs.iter().map(|port| port.id).chain(spec.params.iter().map(|param| param.id));
        for id in named_ends.chain(spec.data.iter().map(|field| field.id)) {
            if !is_valid_id(id) || !ends.insert(id) {
                failures.push(format!("`{id}` is malformed or names two things that cables or edits could mean"));
            }
        }
        for port in spec.outputs {
            if !is_valid_id(port.id) || !outputs.insert(port.id) {
                failures.push(format!("output `{}` is malformed or there twice", port.id));
            }
        }
    });
}

#[test]
fn everything_says_what_it_is() {
    hold_all("every module, port and parameter has a help text", |entry, failures| {
        let spec = entry.spec;
        let ports = spec.inputs.iter().chain(spec.outputs).map(|port| (port.id, port.about));
        let params = spec.params.iter().map(|param| (param.id, param.about));
        let data = spec.data.iter().map(|field| (field.id, field.about));
        for (id, about) in ports.chain(params).chain(data).chain([(spec.id, spec.about)]) {
            if about.len() < 8 || about.trim() != about {
                failures.push(format!("`{id}` has no real help text: {about:?}"));
            }
        }
        if spec.name.is_empty() || spec.tags.is_empty() {
            failures.push("it has no name or no tags to be found by".to_owned());
        }
    });
}

/// What a parameter's id must end in, so that a file says its units.
fn suffix(unit: Unit) -> &'static str {
    match unit {
        Unit::Hz => "hz",
        Unit::Secs => "secs",
        Unit::Db => "db",
        Unit::Semitones => "semitones",
        Unit::Cents => "cents",
        Unit::Bpm => "bpm",
        Unit::Degrees => "degrees",
        Unit::Percent | Unit::Plain | Unit::Ratio => "",
    }
}

#[test]
fn parameters_name_their_units_and_defaults_lie_in_range() {
    hold_all("numbers name their units, defaults are values", |entry, failures| {
        let spec = entry.spec;
        for param in spec.params {
            if !param.id.ends_with(suffix(param.unit)) {
                failures.push(format!("`{}` is in {:?} and does not say so", param.id, param.unit));
            }
            if param.clamp(param.default) != param.default || param.value_from_travel(1.0) != param.max {
                failures.push(format!("`{}` has a default or a range that does not hold", param.id));
            }
            if let ParamKind::Choice(labels) = param.kind
                && labels.iter().any(|label| label.is_empty() || labels.iter().filter(|other| *other == label).count() > 1)
            {
                failures.push(format!("`{}` has empty or equal labels", param.id));
            }
        }
        for field in spec.data {
            let may_be_empty = matches!(field.kind, DataKind::Scale | DataKind::KeyMap) && field.default.is_empty();
            if !may_be_empty && matches!(default_data(field), patchlight_engine::Data::None) {
                failures.push(format!("the default of `{}` cannot be read: {:?}", field.id, field.default));
            }
        }
        if spec.params.len() > MAX_PARAMS {
            failures.push(format!("{} parameters; the engine takes {MAX_PARAMS}", spec.params.len()));
        }
        if spec.voices == Voices::Source && !spec.param("voices").is_some_and(|(_, param)| param.structural) {
            failures.push("a source of voices has a structural parameter `voices`".to_owned());
        }
        if spec.voices == Voices::Sum && spec.layout == LaneLayout::Groups {
            failures.push("a unit that sums voices gives out one lane: it takes rows".to_owned());
        }
    });
}

/// From so many parameters on a module is easier begun with a preset.
const PRESETS_FROM: usize = 5;
const PRESETS: usize = 5;

#[test]
fn modules_of_many_parameters_have_presets_that_hold() {
    hold_all("five presets or more, each of known values, each another", |entry, failures| {
        let spec = entry.spec;
        if spec.params.len() >= PRESETS_FROM && spec.presets.len() < PRESETS {
            failures.push(format!("{} parameters and {} presets", spec.params.len(), spec.presets.len()));
        }
        for (number, preset) in spec.presets.iter().enumerate() {
            if preset.name.is_empty() || preset.tags.is_empty() {
                failures.push(format!("preset {number} has no name or no tags"));
            }
            match preset.settings(spec) {
                Err(error) => failures.push(format!("\"{}\": {error}", preset.name)),
                Ok(settings) => {
                    let mut data = settings.data.iter().map(|(field, text)| patchlight_core::DataSpec { default: text, ..**field });
                    if data.any(|field| matches!(default_data(&field), patchlight_engine::Data::None)) {
                        failures.push(format!("\"{}\" has data that cannot be read", preset.name));
                    }
                    let twin =
                        |other: &patchlight_core::Preset| other.name == preset.name || other.settings(spec).as_ref() == Ok(&settings);
                    if spec.presets[..number].iter().any(twin) {
                        failures.push(format!("\"{}\" is there twice", preset.name));
                    }
                }
            }
        }
    });
}

#[test]
fn what_a_module_says_of_its_latency_is_so() {
    hold_all("the declared latency is the unit's", |entry, failures| {
        let spec = entry.spec;
        let ends_here = spec.outputs.is_empty();
        for sample_rate_hz in [44_100.0, 96_000.0] {
            for place in [0.0, 1.0] {
                let structural = spec.params.iter().filter(|param| param.structural);
                let params: Vec<_> = structural.map(|param| (param.id, param.min + (param.max - param.min) * place)).collect();
                let mut values: Vec<f32> = spec.params.iter().map(|param| param.default).collect();
                for (id, value) in &params {
                    let (index, param) = spec.param(id).expect("its own");
                    values[index] = param.clamp(*value);
                }
                let said = spec.latency.map_or(0, |latency| (latency.0)(&values, sample_rate_hz));
                let found = solo(entry, &SoloConfig { sample_rate_hz, params, ..SoloConfig::default() }, &[]).latency_frames();
                if said != found && !ends_here {
                    failures.push(format!("{said} frames are declared at {sample_rate_hz} Hz, {found} are so"));
                }
            }
        }
    });
}

#[test]
fn every_file_of_a_family_is_in_the_catalogue() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = 0;
    for family in Family::ALL.map(Family::id) {
        let Ok(folder) = std::fs::read_dir(source.join(family)) else { continue };
        for file in folder {
            let path = file.expect("a readable folder").path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("a readable name");
                assert!(find(&format!("{family}.{stem}")).is_some(), "{} is not in the catalogue", path.display());
                files += 1;
            }
        }
    }
    assert_eq!(files, CATALOG.len(), "every module has a file of its own");
}

#[test]
fn search_finds_a_module_by_its_name() {
    hold_all("a module is among what a search for its name finds", |entry, failures| {
        let found: Vec<&ModuleSpec> = LIBRARY.search(entry.spec.name);
        if !found.iter().any(|spec| spec.id == entry.spec.id) {
            failures.push(format!("a search for {:?} does not find it", entry.spec.name));
        }
    });
}
