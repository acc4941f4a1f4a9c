//! Whether this machine has a screen and a sound device.

use std::env;
use std::fs;
use std::path::Path;

/// Whether a window can be opened.
pub fn has_display() -> bool {
    !cfg!(target_os = "linux") || display_in(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}

fn display_in(is_set: impl Fn(&str) -> bool) -> bool {
    is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

/// Whether sound can be heard: a sound server, or a card.
pub fn has_sound() -> bool {
    if !cfg!(target_os = "linux") || env::var_os("PULSE_SERVER").is_some_and(|value| !value.is_empty()) {
        return true;
    }
    let server = env::var_os("XDG_RUNTIME_DIR").map(|folder| Path::new(&folder).join("pulse/native")).is_some_and(|socket| socket.exists());
    server || fs::read_to_string("/proc/asound/cards").is_ok_and(|cards| lists_a_card(&cards))
}

/// The kernel writes a line that begins with a number for each card, and `--- no soundcards ---` for none.
fn lists_a_card(cards: &str) -> bool {
    cards.lines().any(|line| line.trim_start().starts_with(|first: char| first.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::{display_in, lists_a_card};

    #[test]
    fn either_kind_of_display_will_do() {
        assert!(display_in(|name| name == "DISPLAY"));
        assert!(display_in(|name| name == "WAYLAND_DISPLAY"));
        assert!(!display_in(|_| false));
    }

    #[test]
    fn the_list_of_cards_is_read() {
        assert!(lists_a_card(
            " 0 [PCH            ]: HDA-Intel - HDA Intel PCH\n                      HDA Intel PCH at 0xf7f10000 irq 35\n"
        ));
        assert!(!lists_a_card("--- no soundcards ---\n"));
        assert!(!lists_a_card(""));
    }
}
