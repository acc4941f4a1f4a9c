//! From a patch to text that reads well and changes little from one save to the next.

use super::FORMAT_VERSION;
use super::literal::{field_name, number, quoted, short_number};
use crate::group::Group;
use crate::note::Note;
use crate::patch::{Cable, Module, Patch, RonText};
use indexmap::IndexMap;
use patchlight_core::{Library, ModuleSpec, ParamKind, ParamSpec};
use std::collections::BTreeMap;

/// Lines longer than this are broken up, in characters.
const WIDTH: usize = 120;

/// Writes a patch: modules and cables in the order of the document, one on a line where it fits, and only what differs from the
/// defaults. The library says which values are defaults, and which are labels and switches.
#[must_use]
pub fn write_patch(patch: &Patch, library: &Library) -> String {
    let mut fields = vec![format!("patchlight: {}", patch.version.max(FORMAT_VERSION))];
    fields.push(format!("name: {}", quoted(&patch.name)));
    if !patch.about.is_empty() {
        fields.push(format!("about: {}", quoted(&patch.about)));
    }
    if let Some(author) = &patch.author {
        fields.push(format!("author: {}", quoted(author)));
    }
    if !patch.tags.is_empty() {
        let tags: Vec<String> = patch.tags.iter().map(|tag| quoted(tag)).collect();
        fields.push(format!("tags: [{}]", tags.join(", ")));
    }
    let modules = patch.modules.iter().map(|(id, module)| (id.as_str(), write_module(id.as_str(), module, library.get(&module.kind))));
    fields.push(format!("modules: {}", lines_of(modules)));
    let cables = patch.cables.iter().map(|(id, cable)| {
        let id = id.to_string();
        let fields = cable_fields(cable);
        let line = format!("({})", fields.join(", "));
        (id.clone(), if fits(8, &quoted(&id), &line) { line } else { broken(8, &fields) })
    });
    fields.push(format!("cables: {}", lines_of(cables)));
    fields.extend(canvas_fields(patch));
    fields.extend(unknown_fields(&patch.extra));
    format!("{}\n", broken(0, &fields))
}

/// Groups, notes and bookmarks, each only where there are any.
fn canvas_fields(patch: &Patch) -> Vec<String> {
    let line = |fields: Vec<String>| format!("({})", fields.join(", "));
    let groups = patch.groups.iter().map(|(id, group)| (id.as_str(), line(group_fields(group))));
    let notes = patch.notes.iter().map(|(id, note)| (id.as_str(), line(note_fields(note))));
    let bookmarks = patch.bookmarks.iter().map(|(number, place)| {
        let mut fields = vec![format!("at: {}", pair(place.center)), format!("zoom: {}", short_number(place.zoom))];
        fields.extend(place.group.as_ref().map(|group| format!("group: {}", quoted(group.as_str()))));
        (number.to_string(), line(fields))
    });
    let mut fields = Vec::new();
    if !patch.groups.is_empty() {
        fields.push(format!("groups: {}", lines_of(groups)));
    }
    if !patch.notes.is_empty() {
        fields.push(format!("notes: {}", lines_of(notes)));
    }
    if !patch.bookmarks.is_empty() {
        fields.push(format!("bookmarks: {}", lines_of(bookmarks)));
    }
    fields
}

fn group_fields(group: &Group) -> Vec<String> {
    let mut fields = vec![format!("name: {}", quoted(&group.name)), format!("at: {}", pair(group.at))];
    fields.extend(group.parent.as_ref().map(|parent| format!("group: {}", quoted(parent.as_str()))));
    for (name, ports) in [("ports", &group.ports), ("knobs", &group.knobs)] {
        if !ports.is_empty() {
            let ports: Vec<String> = ports.iter().map(|port| quoted(&port.to_string())).collect();
            fields.push(format!("{name}: [{}]", ports.join(", ")));
        }
    }
    fields.extend(group.link.as_ref().map(|link| format!("link: {}", quoted(link))));
    if !group.parts.is_empty() {
        let parts = group.parts.iter().map(|(part, id)| (part.as_str(), quoted(id.as_str()))).collect();
        fields.push(format!("parts: {}", one_line(&parts)));
    }
    fields.extend(unknown_fields(&group.extra));
    fields
}

fn note_fields(note: &Note) -> Vec<String> {
    let mut fields = vec![format!("text: {}", quoted(&note.text)), format!("at: {}", pair(note.at)), format!("size: {}", pair(note.size))];
    fields.extend(note.color.map(|color| format!("color: {}", quoted(&color.to_string()))));
    if note.is_frame {
        fields.push("frame: true".to_owned());
    }
    fields.extend(note.group.as_ref().map(|group| format!("group: {}", quoted(group.as_str()))));
    fields.extend(unknown_fields(&note.extra));
    fields
}

fn pair([x, y]: [f32; 2]) -> String {
    format!("({}, {})", short_number(x), short_number(y))
}

/// A map with an entry on each line, two steps in.
fn lines_of<K: AsRef<str>>(entries: impl Iterator<Item = (K, String)>) -> String {
    let lines: String = entries.map(|(name, value)| format!("        {}: {value},\n", quoted(name.as_ref()))).collect();
    if lines.is_empty() { "{}".to_owned() } else { format!("{{\n{lines}    }}") }
}

/// Whether a name and its value fit on a line that begins this far in.
fn fits(indent: usize, name: &str, value: &str) -> bool {
    !value.contains('\n') && indent + name.chars().count() + value.chars().count() + 3 <= WIDTH
}

/// Fields in round brackets, each on a line, where the bracket itself is this far in.
fn broken(indent: usize, fields: &[String]) -> String {
    let inner = " ".repeat(indent + 4);
    let lines: String = fields.iter().map(|field| format!("{inner}{field},\n")).collect();
    format!("(\n{lines}{})", " ".repeat(indent))
}

fn unknown_fields(extra: &IndexMap<String, RonText>) -> impl Iterator<Item = String> {
    extra.iter().map(|(name, value)| format!("{}: {}", field_name(name), value.as_str()))
}

fn write_module(id: &str, module: &Module, spec: Option<&ModuleSpec>) -> String {
    let params = params(module, spec);
    let data = data(module, spec);
    let line = format!("({})", module_fields(module, &one_line(&params), &one_line(&data)).join(", "));
    if fits(8, &quoted(id), &line) {
        return line;
    }
    broken(8, &module_fields(module, &map(12, "params", &params), &map(12, "data", &data)))
}

fn module_fields(module: &Module, params: &str, data: &str) -> Vec<String> {
    let mut fields = vec![format!("kind: {}", quoted(&module.kind)), format!("at: {}", pair(module.at))];
    if let Some(name) = &module.name {
        fields.push(format!("name: {}", quoted(name)));
    }
    for (name, map) in [("params", params), ("data", data)] {
        if map != "{}" {
            fields.push(format!("{name}: {map}"));
        }
    }
    if !module.midi.is_empty() {
        let controls = module.midi.iter().map(|(param, control)| (param.as_str(), quoted(&control.to_string()))).collect();
        fields.push(format!("midi: {}", one_line(&controls)));
    }
    if let Some(group) = &module.group {
        fields.push(format!("group: {}", quoted(group.as_str())));
    }
    for (name, set) in [("bypassed", module.bypassed), ("muted", module.muted), ("soloed", module.soloed)] {
        if set {
            fields.push(format!("{name}: true"));
        }
    }
    fields.extend(unknown_fields(&module.extra));
    fields
}

/// A map on one line, or with an entry on each where that is too long.
fn map(indent: usize, name: &str, entries: &BTreeMap<&str, String>) -> String {
    let line = one_line(entries);
    if fits(indent, name, &line) {
        return line;
    }
    let inner = " ".repeat(indent + 4);
    let lines: String = entries.iter().map(|(name, value)| format!("{inner}{}: {value},\n", quoted(name))).collect();
    format!("{{\n{lines}{}}}", " ".repeat(indent))
}

fn one_line(entries: &BTreeMap<&str, String>) -> String {
    let entries: Vec<String> = entries.iter().map(|(name, value)| format!("{}: {value}", quoted(name))).collect();
    format!("{{{}}}", entries.join(", "))
}

fn params<'m>(module: &'m Module, spec: Option<&ModuleSpec>) -> BTreeMap<&'m str, String> {
    let mut entries = BTreeMap::new();
    for (id, text) in &module.unread.params {
        entries.insert(id.as_str(), text.as_str().to_owned());
    }
    for (id, value) in &module.params {
        match spec.and_then(|spec| spec.param(id)) {
            // What was set stands before what could not be read, also where it is the default.
            Some((_, param)) if *value == param.default => entries.remove(id.as_str()),
            known => entries.insert(id.as_str(), param_text(*value, known.map(|(_, param)| param))),
        };
    }
    entries
}

/// A value as the file has it: a label, a switch, or a number.
fn param_text(value: f32, spec: Option<&ParamSpec>) -> String {
    let whole = value.fract() == 0.0 && value >= 0.0;
    match spec.map(|spec| spec.kind) {
        Some(ParamKind::Toggle) if value == 0.0 => "false".to_owned(),
        Some(ParamKind::Toggle) if value == 1.0 => "true".to_owned(),
        Some(ParamKind::Choice(labels)) if whole && (value as usize) < labels.len() => quoted(labels[value as usize]),
        Some(ParamKind::Whole) => short_number(value),
        _ => number(value),
    }
}

fn data<'m>(module: &'m Module, spec: Option<&ModuleSpec>) -> BTreeMap<&'m str, String> {
    let mut entries = BTreeMap::new();
    for (id, text) in &module.unread.data {
        entries.insert(id.as_str(), text.as_str().to_owned());
    }
    for (id, text) in &module.data {
        match spec.and_then(|spec| spec.data_field(id)) {
            Some((_, field)) if *text == field.default => entries.remove(id.as_str()),
            _ => entries.insert(id.as_str(), quoted(text)),
        };
    }
    entries
}

fn cable_fields(cable: &Cable) -> Vec<String> {
    let mut fields = Vec::new();
    // Not by `==`, so that a negative zero is written too.
    if cable.amount.to_bits() != 1.0_f32.to_bits() {
        fields.push(format!("amount: {}", number(cable.amount)));
    }
    if !cable.on {
        fields.push("on: false".to_owned());
    }
    if let Some(color) = cable.color {
        fields.push(format!("color: {}", quoted(&color.to_string())));
    }
    if cable.hidden {
        fields.push("hidden: true".to_owned());
    }
    if cable.closes_loop {
        fields.push("closes_loop: true".to_owned());
    }
    fields.extend(unknown_fields(&cable.extra));
    fields
}
