//! The page of keys, `docs/keys.md`, written from the operators.

use crate::operator::OPERATORS;
use std::fmt::Write;

/// What the pointer does, which is not bound to keys.
pub const GESTURES: &[(&str, &str)] = &[
    ("double-click", "add a module there; on a knob: reset it; on a sub-patch: look inside; on a comment: write it anew"),
    ("drag from a port", "wire; into the empty canvas: add a module there and wire it"),
    ("Shift + drop", "add the cable to those that already end there"),
    ("drag a cable's pill", "change its amount"),
    ("Alt + click a cable", "switch it off and on"),
    ("drop a module on a cable", "put it in between"),
    ("drag a knob, Shift, wheel", "turn it, finely, in steps"),
    ("drag on the canvas", "select what the frame touches; Shift adds to what is selected"),
    ("Alt + drag", "move freely, off the grid"),
    ("right-click, long press", "what can be done here"),
    ("wheel, middle drag, Space + drag, two fingers", "zoom, move the canvas"),
];

/// The page as it is to be kept.
#[must_use]
pub fn key_page() -> String {
    let mut text = String::from(
        "# Keys\n\nEverything that can be done, by family, with its key. In the studio **F1** shows this table, and a click on a key binds another; **Ctrl+K** finds \
         all of it by name, and a right-click offers what can be done with what lies under the pointer.\n\nYour own keys are kept in `keys.ron`, in the folder for settings of \
         your system (on Linux `~/.config/patchlight`), as `{\"edit.undo\": [\"Ctrl+Z\"]}`.\n",
    );
    for family in OPERATORS {
        text.push_str("\n| key | does | by name |\n|---|---|---|\n");
        for operator in *family {
            let keys = if operator.keys.is_empty() { "–".to_owned() } else { operator.keys.join(", ").replace('|', "\\|") };
            writeln!(text, "| {keys} | **{}**: {} | `{}` |", operator.label, operator.about, operator.id).unwrap_or_default();
        }
    }
    text.push_str("\n## Pointer and fingers\n\n| gesture | does |\n|---|---|\n");
    for (gesture, does) in GESTURES {
        writeln!(text, "| {gesture} | {does} |").unwrap_or_default();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::key_page;

    #[test]
    fn the_page_is_that_of_these_operators() {
        let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/keys.md");
        if std::env::var_os("PATCHLIGHT_BLESS").is_some() {
            std::fs::write(kept, key_page()).expect("the page is written");
        }
        let text = std::fs::read_to_string(kept).unwrap_or_default();
        assert!(text == key_page(), "docs/keys.md is old: run `PATCHLIGHT_BLESS=1 cargo test -p patchlight-operators`");
    }
}
