//! What is wrong with a patch, as far as the declarations alone tell.

use crate::cable_id::CableId;
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::patch::{Module, Patch};
use patchlight_core::{
    DataKind, DrawnCurve, Formula, KeyMap, Library, ModuleId, ModuleSpec, ParamKind, ParamSpec, PortRef, Scale, Steps, is_valid_id,
};

/// Checks a patch against the declarations: unknown kinds, cables without an end, unknown parameters and data, values outside of
/// their range, patterns that cannot be read. In the order of the document; empty when all is well.
#[must_use]
pub fn check_patch(patch: &Patch, library: &Library) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let specs: Vec<Option<&ModuleSpec>> = patch.modules.values().map(|module| library.get(&module.kind)).collect();
    for ((id, module), spec) in patch.modules.iter().zip(&specs) {
        if !is_valid_id(id.as_str()) {
            let help = "Use a-z, 0-9 and _, beginning with a letter.";
            found.push(Diagnostic::error(DiagnosticKind::BadId, format!("`{id}` cannot be the id of a module")).at_module(id).help(help));
        }
        match spec {
            Some(spec) => check_module(id, module, spec, &mut found),
            None => found.push(unknown_kind(id, &module.kind, library)),
        }
    }
    for (id, cable) in &patch.cables {
        found.extend(check_from(id, patch, &specs));
        found.extend(check_to(id, patch, &specs));
        if !cable.amount.is_finite() {
            let message =
                format!("the amount {} is not a number that a signal can be multiplied with, so the cable is silent", cable.amount);
            found.push(Diagnostic::warning(DiagnosticKind::OutOfRange, message).at_cable(id).help("Set the amount again."));
        }
    }
    found
}

fn unknown_kind(id: &ModuleId, kind: &str, library: &Library) -> Diagnostic {
    let near = nearest(kind, library.specs().iter().map(|spec| spec.id));
    let meant = near.map(|near| format!("Did you mean {near}? ")).unwrap_or_default();
    Diagnostic::error(DiagnosticKind::UnknownKind, format!("there is no module of kind \"{kind}\", so it is silent"))
        .at_module(id)
        .help(format!("{meant}It is kept as it is; `patchlight modules` lists what there is."))
}

fn check_module(id: &ModuleId, module: &Module, spec: &ModuleSpec, found: &mut Vec<Diagnostic>) {
    let named = || format!("{id} ({})", spec.id);
    for (param_id, value) in &module.params {
        match spec.param(param_id) {
            Some((_, param)) => found.extend(check_value(id, param, *value)),
            None => found.push(unknown_param(id, param_id, &named(), spec)),
        }
    }
    for (param_id, text) in module.unread.params.iter().filter(|(param_id, _)| !module.params.contains_key(*param_id)) {
        found.push(match spec.param(param_id) {
            Some((_, param)) => unreadable(id, param_id, text.as_str(), expected(param)),
            None => unknown_param(id, param_id, &named(), spec),
        });
    }
    for (field_id, text) in &module.data {
        let problem = match spec.data_field(field_id) {
            Some((_, field)) => check_data(field.kind, text)
                .map(|problem| Diagnostic::error(DiagnosticKind::BadData, problem).help("Correct it; until then the default plays.")),
            None => Some(unknown_data(field_id, &named(), spec)),
        };
        found.extend(problem.map(|problem| problem.at_module(id).at_port(field_id)));
    }
    for (field_id, text) in module.unread.data.iter().filter(|(field_id, _)| !module.data.contains_key(*field_id)) {
        found.push(unreadable(id, field_id, text.as_str(), "text in quotes".to_owned()));
    }
}

fn check_value(id: &ModuleId, param: &ParamSpec, value: f32) -> Option<Diagnostic> {
    let used = param.clamp(value);
    (used != value).then(|| {
        let message = format!("{value} is not among the values from {} to {}", param.min, param.max);
        Diagnostic::warning(DiagnosticKind::OutOfRange, message)
            .at_module(id)
            .at_port(param.id)
            .help(format!("{} is used. Turn the knob to set it.", param.format(used)))
    })
}

fn unreadable(id: &ModuleId, port: &str, text: &str, expected: String) -> Diagnostic {
    Diagnostic::warning(DiagnosticKind::UnreadableValue, format!("{text} is no value for it, so the default is used"))
        .at_module(id)
        .at_port(port)
        .help(format!("Write {expected}."))
}

fn expected(param: &ParamSpec) -> String {
    match param.kind {
        ParamKind::Choice(labels) => format!("one of \"{}\"", labels.join("\", \"")),
        ParamKind::Toggle => "true or false".to_owned(),
        ParamKind::Number | ParamKind::Whole => format!("a number from {} to {}", param.min, param.max),
    }
}

fn unknown_param(id: &ModuleId, param_id: &str, named: &str, spec: &ModuleSpec) -> Diagnostic {
    Diagnostic::warning(DiagnosticKind::UnknownParam, format!("{named} has no parameter \"{param_id}\", so it does nothing"))
        .at_module(id)
        .at_port(param_id)
        .help(has(spec.params.iter().map(|param| param.id)))
}

fn unknown_data(field_id: &str, named: &str, spec: &ModuleSpec) -> Diagnostic {
    Diagnostic::warning(DiagnosticKind::UnknownData, format!("{named} has no data \"{field_id}\", so it does nothing"))
        .help(has(spec.data.iter().map(|field| field.id)))
}

/// What is wrong with a piece of data, as far as its text tells; whether a sample is there is for those who open files.
fn check_data(kind: DataKind, text: &str) -> Option<String> {
    match kind {
        DataKind::Steps => text.parse::<Steps>().err().map(|error| error.to_string()),
        DataKind::Formula => text.parse::<Formula>().err().map(|error| error.to_string()),
        DataKind::Curve => text.parse::<DrawnCurve>().err().map(|error| error.to_string()),
        DataKind::Scale if text.is_empty() => None,
        DataKind::Scale => text.parse::<Scale>().err().map(|error| error.to_string()),
        DataKind::KeyMap if text.is_empty() => None,
        DataKind::KeyMap => text.parse::<KeyMap>().err().map(|error| error.to_string()),
        DataKind::Sample | DataKind::Wavetable => None,
    }
}

fn check_from(id: &CableId, patch: &Patch, specs: &[Option<&ModuleSpec>]) -> Option<Diagnostic> {
    let PortRef { module, port } = &id.from;
    let Some(here) = patch.modules.get_index_of(module) else { return Some(missing_module(id, module, patch)) };
    // An unknown kind has ports that nobody knows; that is said of the module itself.
    let spec = specs[here]?;
    spec.output(port).is_none().then(|| {
        let message = format!("{module} ({}) has no output \"{port}\"", spec.id);
        let help = has(spec.outputs.iter().map(|port| port.id));
        Diagnostic::error(DiagnosticKind::MissingPort, message).at_cable(id).at_module(module).at_port(port).help(help)
    })
}

fn check_to(id: &CableId, patch: &Patch, specs: &[Option<&ModuleSpec>]) -> Option<Diagnostic> {
    let PortRef { module, port } = &id.to;
    let Some(here) = patch.modules.get_index_of(module) else { return Some(missing_module(id, module, patch)) };
    // An unknown kind has ports that nobody knows; that is said of the module itself.
    let spec = specs[here]?;
    let at = |diagnostic: Diagnostic| diagnostic.at_cable(id).at_module(module).at_port(port);
    let movable = || spec.params.iter().filter(|param| param.modulatable()).map(|param| param.id);
    match (spec.input(port), spec.param(port)) {
        (Some(_), _) => None,
        (None, Some((_, param))) if param.modulatable() => None,
        (None, Some(_)) => {
            let message = format!("{module} ({}) builds itself by \"{port}\", so no cable can move it", spec.id);
            Some(at(Diagnostic::error(DiagnosticKind::NotModulatable, message)).help("Unplug the cable and set the value by hand."))
        }
        (None, None) => {
            let message = format!("{module} ({}) has no input or parameter \"{port}\"", spec.id);
            let help = has(spec.inputs.iter().map(|port| port.id).chain(movable()));
            Some(at(Diagnostic::error(DiagnosticKind::MissingPort, message)).help(help))
        }
    }
}

fn missing_module(id: &CableId, module: &ModuleId, patch: &Patch) -> Diagnostic {
    let near = nearest(module.as_str(), patch.modules.keys().map(ModuleId::as_str));
    let help = near.map_or("Unplug it, or add the module.".to_owned(), |near| format!("Did you mean {near}?"));
    let message = format!("there is no module \"{module}\" in this patch");
    Diagnostic::error(DiagnosticKind::MissingModule, message).at_cable(id).at_module(module).help(help)
}

fn has<'a>(ids: impl Iterator<Item = &'a str>) -> String {
    let ids: Vec<&str> = ids.collect();
    if ids.is_empty() { "It has none.".to_owned() } else { format!("It has: {}.", ids.join(", ")) }
}

/// The candidate that is spelled most like `text`, if one is near.
fn nearest<'a>(text: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distances = candidates.map(|candidate| (distance(text, candidate), candidate));
    let (distance, candidate) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance * 3 <= text.chars().count().max(candidate.chars().count())).then_some(candidate)
}

/// The Levenshtein distance in characters (V. Levenshtein, 1966).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn near_spellings_are_found() {
        assert_eq!((distance("ladder", "ladder"), distance("lader", "ladder"), distance("", "abc")), (0, 1, 3));
        let kinds = ["filter.ladder", "filter.svf", "osc.analog"];
        assert_eq!(nearest("filter.lader", kinds.into_iter()), Some("filter.ladder"));
        assert_eq!(nearest("fx.spring", kinds.into_iter()), None);
    }
}
