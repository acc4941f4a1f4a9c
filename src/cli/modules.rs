//! `patchlight modules`: the catalogue.

use super::pages;
use clap::Args;
use patchlight_core::{ModuleSpec, ParamKind, PortSpec};
use patchlight_modules::CATALOG;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct ModulesArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Write a reference page for each family into this folder, and the table of families into a README.md two folders above it
    #[arg(long, value_name = "DIR", conflicts_with = "json")]
    pages: Option<PathBuf>,
}

pub(crate) fn run(args: &ModulesArgs) -> anyhow::Result<ExitCode> {
    let specs = CATALOG.iter().map(|entry| entry.spec);
    if args.json {
        return super::print_json(&specs.map(describe).collect::<Vec<_>>());
    }
    if let Some(folder) = &args.pages {
        pages::write(folder).map_err(|error| anyhow::anyhow!("cannot write the pages to `{}`: {error}", folder.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    for spec in specs {
        super::print_line(&format!("{:<20} {:<14} {}", spec.id, spec.name, spec.about))?;
    }
    let families: Vec<String> = pages::counts().iter().map(|(family, count)| format!("{} {count}", family.id())).collect();
    // Not among the lines of the list, which other programs may count.
    eprintln!("{} modules: {}", CATALOG.len(), families.join(", "));
    Ok(ExitCode::SUCCESS)
}

fn describe(spec: &ModuleSpec) -> Value {
    let port =
        |port: &PortSpec| json!({ "id": port.id, "name": port.name(), "about": port.about, "kind": port.kind, "channels": port.channels });
    let params = spec.params.iter().map(|param| {
        json!({
            "id": param.id, "name": param.name(), "about": param.about, "unit": param.unit,
            "min": param.min, "max": param.max, "default": param.default,
            "labels": if let ParamKind::Choice(labels) = param.kind { labels } else { &[] },
            "modulated_by": param.modulatable().then(|| param.mod_map()),
        })
    });
    let data = spec.data.iter().map(
        |field| json!({ "id": field.id, "about": field.about, "kind": field.kind, "default": field.default, "choices": field.choices }),
    );
    let presets = spec.presets.iter().map(|preset| json!({ "name": preset.name, "tags": preset.tags, "settings": preset.settings }));
    json!({
        "id": spec.id, "name": spec.name, "family": spec.family(), "about": spec.about, "tags": spec.tags,
        "inputs": spec.inputs.iter().map(port).collect::<Vec<_>>(),
        "outputs": spec.outputs.iter().map(port).collect::<Vec<_>>(),
        "params": params.collect::<Vec<_>>(),
        "data": data.collect::<Vec<_>>(),
        "presets": presets.collect::<Vec<_>>(),
    })
}
