//! From text to a patch. What is not understood is kept as text.

use super::comments::comment_lines;
use super::literal;
use super::node::{Node, Pair};
use super::{FORMAT_VERSION, FormatError};
use crate::cable_id::CableId;
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::group::Group;
use crate::note::{Bookmark, Note};
use crate::patch::{Cable, CableColor, Module, Patch, RonText};
use patchlight_core::{Library, ModuleId, ModuleSpec, ParamKind, ParamSpec};

/// Reads a patch. The diagnostics are about the file itself: a newer version, something that will not be kept; what is wrong with
/// the patch says [`crate::check_patch`].
///
/// The library says which values are labels and switches. Without a module's declaration its values are kept as text, and written back.
///
/// # Errors
/// When the text is not RON or not a patch. Never panics, whatever the text.
pub fn read_patch(text: &str, library: &Library) -> Result<(Patch, Vec<Diagnostic>), FormatError> {
    let whole = Node::whole(text);
    if text.trim().is_empty() {
        return Err(whole.error("the file is empty", "Open a copy from before, or begin a new patch."));
    }
    let mut reader = Reader { library, diagnostics: Vec::new() };
    let patch = reader.patch(whole)?;
    if let [first, rest @ ..] = comment_lines(text).as_slice() {
        let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
        let message = format!("the comment in line {first}{more} will not be there when this patch is saved");
        let help = "Words that are to stay belong into `about`.";
        reader.diagnostics.push(Diagnostic::warning(DiagnosticKind::NotKept, message).help(help));
    }
    Ok((patch, reader.diagnostics))
}

struct Reader<'l> {
    library: &'l Library,
    diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn patch(&mut self, whole: Node) -> Result<Patch, FormatError> {
        let fields = whole.fields()?;
        let mut patch = Patch { version: self.version(whole, &fields)?, ..Patch::default() };
        for Pair { name, value } in fields {
            match name.as_str() {
                "patchlight" => {}
                "name" => patch.name = value.parse()?,
                "about" => patch.about = value.parse()?,
                "author" => patch.author = Some(value.parse()?),
                "tags" => patch.tags = value.parse()?,
                "modules" => {
                    for Pair { name, value } in value.entries()? {
                        let id = ModuleId::new(name);
                        let module = self.module(&id, value)?;
                        patch.modules.insert(id, module);
                    }
                }
                "cables" => {
                    for Pair { name, value } in value.entries()? {
                        let id: CableId =
                            name.parse().map_err(|error| value.error(format!("{error}"), "Correct it, or delete the line."))?;
                        if patch.cables.insert(id, cable(value)?).is_some() {
                            return Err(value.error(format!("cable `{name}` is here for the second time"), "Delete one of the two."));
                        }
                    }
                }
                "groups" => {
                    for Pair { name, value } in value.entries()? {
                        patch.groups.insert(ModuleId::new(name), self.group(value)?);
                    }
                }
                "notes" => {
                    for Pair { name, value } in value.entries()? {
                        patch.notes.insert(name, self.note(value)?);
                    }
                }
                "bookmarks" => {
                    for Pair { name, value } in value.entries()? {
                        let number =
                            name.parse().map_err(|_| value.error(format!("`{name}` is no number of a bookmark"), "Use 0 to 9."))?;
                        patch.bookmarks.insert(number, self.bookmark(value)?);
                    }
                }
                _ => {
                    patch.extra.insert(name, RonText::new(value.text));
                }
            }
        }
        Ok(patch)
    }

    fn version(&mut self, whole: Node, fields: &[Pair]) -> Result<u32, FormatError> {
        let help = "Pick a file that Patchlight saved; its first field is `patchlight: 1`.";
        let field = fields.iter().find(|field| field.name == "patchlight");
        let field = field.ok_or_else(|| whole.error("this is not a patch: it has no field `patchlight`", help))?;
        let version = field.value.get::<u32>().filter(|version| *version > 0);
        let version = version.ok_or_else(|| field.value.error("the version of a patch is a whole number from 1", help))?;
        if version > FORMAT_VERSION {
            let message = format!("this patch was saved by a newer Patchlight (format {version}, known here up to {FORMAT_VERSION})");
            let help = "What this version does not know is kept and written back, but does not sound. Update to hear it all.";
            self.diagnostics.push(Diagnostic::warning(DiagnosticKind::NewerFormat, message).help(help));
        }
        Ok(version)
    }

    fn module(&mut self, id: &ModuleId, node: Node) -> Result<Module, FormatError> {
        let fields = node.fields()?;
        let kind = fields.iter().find(|field| field.name == "kind");
        let kind = kind.ok_or_else(|| {
            node.error(format!("module `{id}` does not say what it is"), "Give it a kind, such as `kind: \"filter.ladder\"`.")
        })?;
        let mut module = Module::new(kind.value.parse::<String>()?, [0.0, 0.0]);
        let spec = self.library.get(&module.kind);
        for Pair { name, value } in fields {
            match name.as_str() {
                "kind" => {}
                "at" => module.at = self.position(value, Some(id))?,
                "name" => module.name = Some(value.parse()?),
                "params" => params(&mut module, spec, value)?,
                "data" => data(&mut module, value)?,
                "midi" => match value.get() {
                    Some(controls) => module.midi = controls,
                    None => {
                        module.extra.insert(name, RonText::new(value.text));
                    }
                },
                "bypassed" => module.bypassed = value.parse()?,
                "muted" => module.muted = value.parse()?,
                "soloed" => module.soloed = value.parse()?,
                "group" => module.group = Some(value.parse()?),
                _ => {
                    module.extra.insert(name, RonText::new(value.text));
                }
            }
        }
        Ok(module)
    }

    fn group(&mut self, node: Node) -> Result<Group, FormatError> {
        let mut group = Group::default();
        for Pair { name, value } in node.fields()? {
            match name.as_str() {
                "name" => group.name = value.parse()?,
                "at" => group.at = self.position(value, None)?,
                "group" => group.parent = Some(value.parse()?),
                "ports" => group.ports = value.parse()?,
                "knobs" => group.knobs = value.parse()?,
                "link" => group.link = Some(value.parse()?),
                "parts" => group.parts = value.parse()?,
                _ => {
                    group.extra.insert(name, RonText::new(value.text));
                }
            }
        }
        Ok(group)
    }

    fn note(&mut self, node: Node) -> Result<Note, FormatError> {
        let mut note = Note::default();
        for Pair { name, value } in node.fields()? {
            match name.as_str() {
                "text" => note.text = value.parse()?,
                "at" => note.at = self.position(value, None)?,
                "size" => note.size = self.position(value, None)?,
                "color" => note.color = Some(color(value)?),
                "frame" => note.is_frame = value.parse()?,
                "group" => note.group = Some(value.parse()?),
                _ => {
                    note.extra.insert(name, RonText::new(value.text));
                }
            }
        }
        Ok(note)
    }

    fn bookmark(&mut self, node: Node) -> Result<Bookmark, FormatError> {
        let mut place = Bookmark { center: [0.0; 2], zoom: 1.0, group: None };
        for Pair { name, value } in node.fields()? {
            match name.as_str() {
                "at" => place.center = self.position(value, None)?,
                "zoom" => place.zoom = value.parse::<f32>().map(|zoom| if zoom.is_finite() { zoom } else { 1.0 })?,
                "group" => place.group = Some(value.parse()?),
                _ => return Err(value.error(format!("a bookmark has no `{name}`"), "It has at, zoom and group.")),
            }
        }
        Ok(place)
    }

    fn position(&mut self, node: Node, id: Option<&ModuleId>) -> Result<[f32; 2], FormatError> {
        let (x, y): (f32, f32) = node.parse()?;
        if x.is_finite() && y.is_finite() {
            return Ok([x, y]);
        }
        let message = format!("the position {} is not finite, so (0, 0) is taken", node.text);
        let diagnostic = Diagnostic::warning(DiagnosticKind::NotKept, message).help("Move it to where it belongs.");
        self.diagnostics.push(match id {
            Some(id) => diagnostic.at_module(id),
            None => diagnostic,
        });
        Ok([0.0, 0.0])
    }
}

fn params(module: &mut Module, spec: Option<&ModuleSpec>, node: Node) -> Result<(), FormatError> {
    for Pair { name, value } in node.entries()? {
        let known = spec.and_then(|spec| spec.param(&name));
        match param_value(known.map(|(_, param)| param), value) {
            Some(number) => {
                module.params.insert(name, number);
            }
            None => {
                module.unread.params.insert(name, RonText::new(value.text));
            }
        }
    }
    Ok(())
}

/// The value of a parameter; `None` where only its text keeps all that is there.
fn param_value(spec: Option<&ParamSpec>, node: Node) -> Option<f32> {
    let number = || {
        // A number too large for 32 bits would read as infinite.
        let spelled_out = node.text.bytes().any(|b| b.is_ascii_digit());
        node.get::<f32>().filter(|value| value.is_finite() || !spelled_out)
    };
    let Some(spec) = spec else {
        return number().filter(|value| literal::number(*value) == node.text);
    };
    match spec.kind {
        ParamKind::Number | ParamKind::Whole => number(),
        ParamKind::Toggle => node.get::<bool>().map(f32::from).or_else(number),
        ParamKind::Choice(labels) => match node.get::<String>() {
            Some(label) => labels.iter().position(|other| *other == label).map(|index| index as f32),
            None => number(),
        },
    }
}

fn data(module: &mut Module, node: Node) -> Result<(), FormatError> {
    for Pair { name, value } in node.entries()? {
        match value.get::<String>() {
            Some(text) => {
                module.data.insert(name, text);
            }
            None => {
                module.unread.data.insert(name, RonText::new(value.text));
            }
        }
    }
    Ok(())
}

fn color(node: Node) -> Result<CableColor, FormatError> {
    let color = node.parse::<String>()?.parse::<CableColor>();
    color.map_err(|error| node.error(error.to_string(), "Correct it, or delete it."))
}

fn cable(node: Node) -> Result<Cable, FormatError> {
    let mut cable = Cable::default();
    for Pair { name, value } in node.fields()? {
        match name.as_str() {
            "amount" => cable.amount = value.parse()?,
            "on" => cable.on = value.parse()?,
            "color" => cable.color = Some(color(value)?),
            "hidden" => cable.hidden = value.parse()?,
            "closes_loop" => cable.closes_loop = value.parse()?,
            _ => {
                cable.extra.insert(name, RonText::new(value.text));
            }
        }
    }
    Ok(cable)
}
