//! `cargo xtask pictures`: draws the pictures of the documentation anew, in `docs/pictures`.

use crate::workspace::{Workspace, succeed};
use anyhow::Result;
use std::process::ExitCode;

/// The name of a picture, the patch that it shows, and what the studio is told besides.
const PICTURES: [(&str, &str, &[&str]); 16] = [
    ("first_light", "first_light", &["--size", "1600x1000"]),
    ("pumping_bass", "pumping_bass", &[]),
    ("drum_machine", "drum_machine", &[]),
    ("glass_fm", "glass_fm", &["--select", "strike"]),
    ("talking_filter", "talking_filter", &[]),
    ("teacher_filter", "teacher_filter", &[]),
    ("pad_choir", "pad_choir", &[]),
    ("sequence_berlin", "sequence_berlin", &["--call", "view.minimap", "--call", "panel.browser"]),
    ("search", "teacher_filter", &["--call", "module.add"]),
    ("palette", "teacher_filter", &["--call", "panel.palette"]),
    ("hover_scope", "teacher_filter", &["--point", "first"]),
    ("sub_patch", "drum_machine", &["--inside", "hats"]),
    ("light", "first_light", &["--theme", "light", "--size", "1600x1000"]),
    ("light_200", "teacher_filter", &["--theme", "light", "--scale", "200", "--size", "2560x1600"]),
    ("high_contrast", "first_light", &["--theme", "high-contrast", "--size", "1600x1000"]),
    ("high_contrast_200", "teacher_filter", &["--theme", "high-contrast", "--scale", "200", "--size", "2560x1600"]),
];

/// Draws all, one after the other.
pub fn pictures() -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    workspace.claim_target()?;
    succeed(workspace.cargo("build").arg("--quiet"))?;
    for (number, (name, patch, more)) in PICTURES.iter().enumerate() {
        eprintln!("{}/{}  docs/pictures/{name}.png", number + 1, PICTURES.len());
        let mut command = workspace.cargo("run");
        command.args(["--quiet", "--", "screenshot", &format!("patches/{patch}.ron"), "-o", &format!("docs/pictures/{name}.png")]);
        if !more.contains(&"--size") {
            command.args(["--size", "1280x800"]);
        }
        succeed(command.args(*more).current_dir(&workspace.root))?;
    }
    Ok(ExitCode::SUCCESS)
}
