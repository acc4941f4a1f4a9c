//! The reference pages: one for each family, written from the declarations.

use patchlight_core::{Family, ModuleSpec, ParamKind, ParamSpec, PortSpec};
use patchlight_modules::CATALOG;
use std::fmt::Write;
use std::io;
use std::path::Path;

/// How many modules each family has, largest families as they stand in the palette; families without any are left out.
pub(crate) fn counts() -> Vec<(Family, usize)> {
    let count = |family: Family| CATALOG.iter().filter(|entry| entry.spec.family() == family).count();
    Family::ALL.into_iter().map(|family| (family, count(family))).filter(|(_, count)| *count > 0).collect()
}

/// Writes a page for each family, and a first page that leads to them.
///
/// # Errors
/// When the folder cannot be written.
pub(crate) fn write(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for (family, _) in counts() {
        std::fs::write(folder.join(format!("{}.md", family.id())), page(family))?;
    }
    std::fs::write(folder.join("README.md"), index())
}

fn index() -> String {
    let mut text = String::from(
        "# Modules\n\nWritten by `patchlight modules --pages docs/modules`. The same texts are in the program, where a module is pointed at.\n\n",
    );
    text.push_str("| family | modules |\n|---|--:|\n");
    for (family, count) in counts() {
        line(&mut text, format_args!("| [{}]({}.md) | {count} |", family.title(), family.id()));
    }
    line(&mut text, format_args!("| all | {} |", CATALOG.len()));
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
    use super::{anchor, counts, index, page};
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
    fn anchors_are_those_of_headings() {
        assert_eq!((anchor("Sample & hold").as_str(), anchor("X-Y pad").as_str()), ("sample--hold", "x-y-pad"));
    }
}
