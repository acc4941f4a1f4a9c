//! The patches that come along look as they should: nothing lies on anything else.

use bevy::math::{Rect, Vec2};
use patchlight_canvas::layout::layout_of;
use patchlight_core::ModuleId;
use patchlight_modules::LIBRARY;
use patchlight_patch::{GroupId, Patch, Shown, read_patch};

/// What is seen at a level, and where.
fn boxes(patch: &Patch, level: Option<&GroupId>) -> Vec<(ModuleId, Rect)> {
    let modules =
        patch.modules.iter().filter(|(id, _)| patch.shown(id.as_str(), level) == Shown::AsItself).map(|(id, module)| (id, module.at));
    let groups = patch.groups_at(level);
    let groups = groups.iter().map(|id| (id, patch.groups[id].at));
    let rect = |(id, at): (&ModuleId, [f32; 2])| {
        let layout = layout_of(patch, &LIBRARY, id.as_str()).unwrap();
        (id.clone(), layout.rect(Vec2::from(at)))
    };
    modules.chain(groups).map(rect).collect()
}

#[test]
fn no_module_of_a_factory_patch_lies_on_another() {
    let mut overlaps = Vec::new();
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/patches")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "ron") {
            continue;
        }
        let patch = read_patch(&std::fs::read_to_string(&path).unwrap(), &LIBRARY).unwrap().0;
        let levels = std::iter::once(None).chain(patch.groups.keys().map(Some));
        for boxes in levels.map(|level| boxes(&patch, level)) {
            for (place, (id, rect)) in boxes.iter().enumerate() {
                for (other, beside) in &boxes[place + 1..] {
                    let both = rect.intersect(*beside);
                    if !both.is_empty() {
                        overlaps.push(format!("{}: {id} and {other} by {:?}", path.file_stem().unwrap().display(), both.size()));
                    }
                }
            }
        }
    }
    overlaps.sort();
    assert!(overlaps.is_empty(), "{overlaps:#?}");
}
