//! The reference pages: one for each family, written from the declarations.

use super::picture;
use crate::try_patch::try_patch;
use patchlight_core::{Family, ModuleSpec, ParamKind, ParamSpec, PortSpec};
use patchlight_modules::{CATALOG, LIBRARY};
use patchlight_patch::write_patch;
use std::fmt::Write;
use std::io;
use std::path::Path;

/// How many modules each family has, largest families as they stand in the palette; families without any are left out.
pub(crate) fn counts() -> Vec<(Family, usize)> {
    let count = |family: Family| CATALOG.iter().filter(|entry| entry.spec.family() == family).count();
    Family::ALL.into_iter().map(|family| (family, count(family))).filter(|(_, count)| *count > 0).collect()
}

/// What was measured of each module, as it is kept.
const QUALITY: &str = include_str!("../../docs/quality.md");

/// Writes a page for each family, a first page that leads to them, and for each module a picture and a patch to try.
///
/// # Errors
/// When the folder cannot be written.
pub(crate) fn write(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for (family, _) in counts() {
        std::fs::write(folder.join(format!("{}.md", family.id())), page(family))?;
    }
    for part in ["pictures", "try"] {
        std::fs::create_dir_all(folder.join(part))?;
    }
    for entry in CATALOG {
        let id = entry.spec.id;
        if let Some(picture) = picture::of(entry) {
            std::fs::write(folder.join(format!("pictures/{id}.svg")), picture.to_svg())?;
        }
        if let Some(patch) = try_patch(id) {
            std::fs::write(folder.join(format!("try/{id}.ron")), write_patch(&patch, &LIBRARY))?;
        }
    }
    std::fs::write(folder.join("README.md"), index())?;
    let readme = folder.join("../../README.md");
    match std::fs::read_to_string(&readme).ok().and_then(|text| with_table(&text)) {
        Some(text) => std::fs::write(readme, text),
        None => Ok(()),
    }
}

/// What stands about the table of families in a text.
const TABLE_BEGINS: &str = "<!-- families: written by `patchlight modules --pages docs/modules` -->\n";
const TABLE_ENDS: &str = "<!-- families end -->";

/// A text with its table of families written anew, or nothing for one that has no place for it.
fn with_table(text: &str) -> Option<String> {
    let (before, rest) = text.split_once(TABLE_BEGINS)?;
    let (_, after) = rest.split_once(TABLE_ENDS)?;
    Some(format!("{before}{TABLE_BEGINS}{}{TABLE_ENDS}{after}", table("docs/modules/")))
}

/// How many modules each family has, with a way to its page.
fn table(folder: &str) -> String {
    let mut text = String::from("| family | modules |\n|---|--:|\n");
    for (family, count) in counts() {
        line(&mut text, format_args!("| [{}]({folder}{}.md) | {count} |", family.title(), family.id()));
    }
    line(&mut text, format_args!("| all | {} |", CATALOG.len()));
    text
}

fn index() -> String {
    let mut text = String::from(
        "# Modules\n\nWritten by `patchlight modules --pages docs/modules`. The same texts are in the program, where a module is pointed at.\n\n",
    );
    text.push_str(&table(""));
    text
}

fn page(family: Family) -> String {
    let mut text = format!("# {}\n\n", family.title());
    let specs = || CATALOG.iter().map(|entry| entry.spec).filter(|spec| spec.family() == family);
    for spec in specs() {
        line(&mut text, format_args!("- [{}](#{})", spec.name, anchor(spec.name)));
    }
    for spec in specs() {
        module(&mut text, spec);
    }
    text
}

/// The place that a heading makes for itself.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-')).map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn line(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{what}");
}

fn module(text: &mut String, spec: &ModuleSpec) {
    line(text, format_args!("\n## {}\n\n`{}` · {}\n", spec.name, spec.id, spec.about));
    if let Some(caption) = picture::caption(spec) {
        line(text, format_args!("![{caption}](pictures/{}.svg)\n\n{caption}. [A patch to try](try/{}.ron)\n", spec.id, spec.id));
    } else {
        line(text, format_args!("[A patch to try](try/{}.ron)\n", spec.id));
    }
    ports(text, "in", spec.inputs);
    if !spec.params.is_empty() {
        text.push_str("| knob | | range | begins at |\n|---|---|---|---|\n");
        for param in spec.params {
            line(text, format_args!("| `{}` | {} | {} | {} |", param.id, param.about, range(param), param.format(param.default)));
        }
        text.push('\n');
    }
    for field in spec.data {
        line(text, format_args!("`{}`: {}\n", field.id, field.about));
        if !field.choices.is_empty() {
            line(text, format_args!("It comes with: {}.\n", field.choices.join(", ")));
        }
    }
    if !spec.presets.is_empty() {
        let names: Vec<String> = spec.presets.iter().map(|preset| format!("{} ({})", preset.name, preset.tags)).collect();
        line(text, format_args!("Presets: {}.\n", names.join(", ")));
    }
    ports(text, "out", spec.outputs);
    let measured = figures(spec.id);
    if !measured.is_empty() {
        text.push_str("| measured | figure | bar |\n|---|--:|---|\n");
        measured.iter().for_each(|[what, figure, bar]| line(text, format_args!("| {what} | {figure} | {bar} |")));
        text.push('\n');
    }
}

/// What was measured of a module, the figure, and its bar.
pub(crate) fn figures(kind: &str) -> Vec<[&'static str; 3]> {
    let cells = |row: &'static str| -> Vec<&'static str> { row.split('|').map(str::trim).collect() };
    let rows = QUALITY.lines().filter(|row| row.starts_with("| `")).map(cells);
    rows.filter(|row| row.get(1).is_some_and(|id| id.trim_matches('`') == kind) && row.len() > 4)
        .map(|row| [row[2], row[3], row[4]])
        .collect()
}

fn ports(text: &mut String, heading: &str, ports: &[PortSpec]) {
    if ports.is_empty() {
        return;
    }
    line(text, format_args!("| {heading} | kind | |\n|---|---|---|"));
    for port in ports {
        line(text, format_args!("| `{}` | {} | {} |", port.id, port.kind.name(), port.about));
    }
    text.push('\n');
}

fn range(param: &ParamSpec) -> String {
    match param.kind {
        ParamKind::Choice(labels) => labels.join(", "),
        ParamKind::Toggle => "off, on".to_owned(),
        ParamKind::Number | ParamKind::Whole => format!("{} to {}", param.format(param.min), param.format(param.max)),
    }
}

#[cfg(test)]
mod tests {
    use super::{CATALOG, LIBRARY, anchor, counts, figures, index, page, picture, try_patch, with_table, write_patch};
    use std::path::PathBuf;

    #[test]
    fn the_pages_are_those_of_this_catalogue() {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/modules");
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        let all = counts().into_iter().map(|(family, _)| (format!("{}.md", family.id()), page(family)));
        for (name, text) in all.chain([("README.md".to_owned(), index())]) {
            assert!(read(&name) == text, "docs/modules/{name} is old: run `cargo xtask run -- modules --pages docs/modules`");
        }
    }

    #[test]
    fn every_module_has_its_picture_and_its_patch() {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/modules");
        let mut still = Vec::new();
        for entry in CATALOG {
            let id = entry.spec.id;
            let kept = std::fs::read_to_string(folder.join(format!("try/{id}.ron"))).unwrap_or_default();
            let patch = try_patch(id).map(|patch| write_patch(&patch, &LIBRARY));
            assert!(Some(kept) == patch, "docs/modules/try/{id}.ron is old: run `cargo xtask run -- modules --pages docs/modules`");
            // How lines run differs a little from one processor to another.
            let is_drawn = folder.join(format!("pictures/{id}.svg")).is_file();
            assert_eq!(is_drawn, picture::caption(entry.spec).is_some(), "the picture of {id}");
            if picture::of(entry).is_some_and(|picture| !picture.moves()) {
                still.push(id);
            }
        }
        assert!(still.is_empty(), "pictures of {still:?} are straight lines");
    }

    #[test]
    fn the_readme_counts_these_families() {
        let readme = std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("the README");
        assert!(
            with_table(&readme).as_ref() == Some(&readme),
            "the README's table is old: run `cargo xtask run -- modules --pages docs/modules`"
        );
        assert_eq!(with_table("no place for it"), None);
    }

    #[test]
    fn what_was_measured_is_told() {
        assert!(
            figures("osc.analog")
                .iter()
                .any(|[what, figure, bar]| what.contains("aliases") && figure.ends_with("dB") && bar.contains("-90"))
        );
        assert!(figures("no.such").is_empty());
    }

    #[test]
    fn anchors_are_those_of_headings() {
        assert_eq!((anchor("Sample & hold").as_str(), anchor("X-Y pad").as_str()), ("sample--hold", "x-y-pad"));
    }
}
